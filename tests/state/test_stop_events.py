"""Ends that nobody brings about: a hold that ran out, a credit note that came; and the claim to be filed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.kinds import HoldKind
from state.errors import HoldTargetError
from tests.builders import credit_note, day, eur, invoice, money
from tests.state.conftest import C

if TYPE_CHECKING:
    from datetime import date

    from engine.money import Money
    from tests.state.conftest import Desk


def put(
    desk: Desk,
    kind: HoldKind,
    *,
    item: str | None = "F1",
    customer: str | None = None,
    until: str | None = None,
    disputed: Money | None = None,
    to_come: bool = False,
    judgment_on: date | None = None,
) -> None:
    desk.store.add_hold(
        C,
        kind=kind,
        reason="we owe an answer",
        author="anne",
        now=desk.later(),
        item_ids=[item] if item else (),
        customer_id=customer,
        until=day(until) if until else None,
        disputed=disputed,
        credit_note_to_come=to_come,
        judgment_on=judgment_on,
    )


def tasks(desk: Desk) -> list[str]:
    return [task.key.partition(":")[0] for task in desk.store.open_tasks(C)]


def ended(desk: Desk, on: str) -> int:
    return desk.store.tell_ended_holds(C, day(on), desk.later())


def test_the_end_of_a_hold_is_told_once_with_its_reason_and_author(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    put(desk, HoldKind.HOLD, until="2026-03-11")
    assert (ended(desk, "2026-03-11"), tasks(desk)) == (0, [])
    assert (ended(desk, "2026-03-12"), tasks(desk)) == (1, ["hold_ended"])
    assert ended(desk, "2026-03-13") == 0
    (task,) = desk.store.open_tasks(C)
    facts = dict(task.facts)
    assert (task.title, facts["author"], facts["reason"], facts["until"]) == (
        "F1",
        "anne",
        "we owe an answer",
        "2026-03-11",
    )
    told = [entry for entry in desk.store.item_history(C, "F1") if entry.kind == "hold_ended"]
    assert [(entry.author, entry.detail["until"]) for entry in told] == [("anne", "2026-03-11")]


def test_it_is_shown_for_a_week_or_until_a_later_reminder_leaves(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", "C2"))
    put(desk, HoldKind.HOLD, until="2026-03-08")
    put(desk, HoldKind.DISPUTE, item="F2", until="2026-03-08")
    put(desk, HoldKind.HOLD, item=None, customer="C2", until="2026-03-08")
    assert ended(desk, "2026-03-09") == 3
    desk.send(invoice("F1"), on="2026-03-09")
    assert len(tasks(desk)) == 3
    desk.send(invoice("F1"), level="second", offset=15, on="2026-03-10")
    assert sorted(task.title for task in desk.store.open_tasks(C)) == ["C2", "F2"]
    desk.send(invoice("F3", "C2"), on="2026-03-10")
    assert [task.title for task in desk.store.open_tasks(C)] == ["F2"]
    ended(desk, "2026-03-15")
    assert tasks(desk) == ["hold_ended"]
    ended(desk, "2026-03-16")
    assert tasks(desk) == []


def test_the_end_of_what_was_paid_or_released_meanwhile_is_not_told(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    put(desk, HoldKind.HOLD, until="2026-03-11")
    put(desk, HoldKind.HOLD, item="F2", until="2026-03-11")
    desk.store.release(C, item_ids=["F2"], author="anne", now=desk.later())
    desk.sync(invoice("F1", balance="0.00"), invoice("F2"))
    ended(desk, "2026-03-12")
    assert (tasks(desk), desk.events().count("hold_ended")) == ([], 0)


@pytest.mark.parametrize(
    ("reduces", "total", "ends"),
    [("F1", "-1.00", True), ("", "-120.00", True), ("", "-119.99", False), ("F2", "-500.00", False)],
)
def test_what_awaits_a_credit_note_ends_when_one_comes_that_names_it_or_covers_it(
    desk: Desk, reduces: str, total: str, *, ends: bool
) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    put(desk, HoldKind.DISPUTE, disputed=eur("120.00"), to_come=True)
    desk.quiet()
    desk.sync(invoice("F1"), invoice("F2"), credit_note("A1", total=total, reduces=reduces))
    holds = desk.store.case_file(C, "C1", rehearsal=False).holds
    assert (holds == ()) is ends
    assert ("credit_note_came" in desk.events()) is ends


def test_a_credit_note_known_before_or_of_somebody_else_ends_nothing(desk: Desk) -> None:
    known = credit_note("A1", total="-500.00", reduces="F1")
    desk.sync(invoice("F1"), known)
    put(desk, HoldKind.DISPUTE, disputed=eur("120.00"), to_come=True)
    put(desk, HoldKind.HOLD, until="2026-05-01")
    desk.sync(
        invoice("F1"),
        known,
        credit_note("A2", "C2", total="-500.00"),
        credit_note("A3", total="-500.00", currency="USD"),
    )
    kinds = {hold.kind for hold in desk.store.case_file(C, "C1", rehearsal=False).holds}
    assert kinds == {HoldKind.DISPUTE, HoldKind.HOLD}


def test_a_dispute_that_awaits_nothing_stays_when_a_credit_note_comes(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    put(desk, HoldKind.DISPUTE, disputed=eur("120.00"))
    desk.sync(invoice("F1"), credit_note("A1", total="-120.00", reduces="F1"))
    (hold,) = desk.store.case_file(C, "C1", rehearsal=False).holds
    assert (hold.kind, hold.disputed, hold.credit_note_to_come) == (HoldKind.DISPUTE, eur("120.00"), False)


def claim(desk: Desk, *, judgment_on: str | None = None, due_on: str = "2026-05-27") -> None:
    judged = day(judgment_on) if judgment_on else None
    desk.store.ask_for_claim(
        C, "C1", facts=(("basis", "published"),), judgment_on=judged, due_on=day(due_on), now=desk.later()
    )


def test_a_claim_is_a_dated_task_for_what_is_owed_from_before_the_judgment(desk: Desk) -> None:
    desk.sync(
        invoice("F1", issued="2026-02-01"),
        invoice("F2", issued="2026-02-10", total="50.00"),
        invoice("F3", issued="2026-01-01", total="30.00", currency="USD"),
        credit_note("A1", total="-200.00"),
        invoice("F4", "C2", issued="2026-01-01"),
    )
    claim(desk, judgment_on="2026-02-10")
    (task,) = desk.store.open_tasks(C)
    assert (task.key, task.due_on) == ("claim_to_file:C1", day("2026-05-27"))
    assert dict(task.facts) == {"basis": "published", "amount": "1000.00 EUR; 30.00 USD"}


def test_a_claim_follows_its_dates_and_stays_open_until_a_person_closes_it(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    claim(desk, due_on="2026-03-09")
    claim(desk, due_on="2026-05-27")
    (task,) = desk.store.open_tasks(C)
    assert (task.due_on, dict(task.facts)["amount"]) == (day("2026-05-27"), "1200.00 EUR")
    desk.store.close_task(C, "claim_to_file:C1", "anne", desk.later())
    claim(desk, due_on="2026-05-27")
    assert tasks(desk) == []
    claim(desk, due_on="2026-06-27")
    assert tasks(desk) == ["claim_to_file"]


def test_who_owes_nothing_leaves_nothing_to_claim(desk: Desk) -> None:
    desk.sync(invoice("F1", issued="2026-02-10"), credit_note("A1"))
    claim(desk, judgment_on="2026-02-10")
    assert tasks(desk) == []


def test_a_contested_part_is_of_one_item_in_its_currency_and_no_more_than_was_invoiced(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    put(desk, HoldKind.DISPUTE, disputed=eur("1200.00"))
    with pytest.raises(HoldTargetError, match=r"1200.01 EUR is more than the 1200.00 EUR of F1"):
        put(desk, HoldKind.DISPUTE, disputed=eur("1200.01"))
    with pytest.raises(HoldTargetError, match="the item is in EUR, the disputed amount in USD"):
        put(desk, HoldKind.DISPUTE, disputed=money("10.00", "USD"))
    with pytest.raises(HoldTargetError, match="exactly one item"):
        put(desk, HoldKind.DISPUTE, item=None, customer="C1", disputed=eur("10.00"))
    with pytest.raises(HoldTargetError, match="name its NUMBER"):
        put(desk, HoldKind.DISPUTE, item=None, customer="C1", to_come=True)


def test_insolvency_is_of_a_customer_and_alone_has_a_judgment(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    with pytest.raises(HoldTargetError, match="--customer ID"):
        put(desk, HoldKind.INSOLVENCY)
    with pytest.raises(HoldTargetError, match="only insolvency"):
        put(desk, HoldKind.FACTORED, judgment_on=day("2026-02-10"))
    put(desk, HoldKind.INSOLVENCY, item=None, customer="C1", judgment_on=day("2026-02-10"))
    (hold,) = desk.store.case_file(C, "C1", rehearsal=False).holds
    assert hold.judgment_on == day("2026-02-10")
