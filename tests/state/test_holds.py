from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.kinds import HoldKind
from state.errors import HoldTargetError, UnknownCustomerError, UnknownItemError
from tests.builders import credit_note, customer, day, eur, invoice, money, queued
from tests.state.conftest import C, Desk

if TYPE_CHECKING:
    from datetime import date

    from engine.model import HoldRecord


def holds(desk: Desk, customer_id: str = "C1") -> tuple[HoldRecord, ...]:
    return desk.store.case_file(C, customer_id, rehearsal=False).holds


def promise(desk: Desk, *item_ids: str, on: str = "2026-03-20") -> int:
    return desk.store.add_hold(
        C,
        kind=HoldKind.PROMISE,
        reason="by phone",
        author="anne",
        now=desk.later(),
        item_ids=item_ids,
        promised_on=day(on),
    )


def dispute(desk: Desk, *item_ids: str, customer_id: str | None = None, until: date | None = None) -> int:
    return desk.store.add_hold(
        C,
        kind=HoldKind.DISPUTE,
        reason="broken door",
        author="anne",
        now=desk.later(),
        item_ids=item_ids,
        customer_id=customer_id,
        until=until,
    )


def release(
    desk: Desk, *item_ids: str, customer_id: str | None = None, company: bool = False, restart: bool = False
) -> int:
    return desk.store.release(
        C,
        author="anne",
        now=desk.later(),
        item_ids=item_ids,
        customer_id=customer_id,
        whole_company=company,
        restart=restart,
    )


def test_a_hold_says_why_by_whom_and_until_when(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"))
    assert dispute(desk, "F1", until=day("2026-04-01")) == 1
    (hold,) = holds(desk)
    assert (hold.kind, hold.reason, hold.author, hold.until) == (
        HoldKind.DISPUTE,
        "broken door",
        "anne",
        day("2026-04-01"),
    )
    assert (hold.item_id, hold.customer_id, hold.recorded_at) == ("F1", None, desk.now)
    assert holds(desk, "C2") == ()


def test_holds_on_item_customer_and_company_all_concern_the_customer(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"))
    dispute(desk, "F1")
    dispute(desk, customer_id="C1")
    dispute(desk)
    assert [(hold.item_id, hold.customer_id) for hold in holds(desk)] == [("F1", None), (None, "C1"), (None, None)]
    assert [(hold.item_id, hold.customer_id) for hold in holds(desk, "C2")] == [(None, None)]


def test_a_second_hold_of_the_same_kind_replaces_the_first(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    dispute(desk, "F1")
    dispute(desk, "F1", until=day("2026-05-01"))
    promise(desk, "F1")
    assert [(hold.kind, hold.until) for hold in holds(desk)] == [
        (HoldKind.DISPUTE, day("2026-05-01")),
        (HoldKind.PROMISE, None),
    ]


def test_a_promise_keeps_the_balance_of_its_moment(desk: Desk) -> None:
    desk.sync(invoice("F1", balance="700.00"))
    made = desk.store.add_hold(
        C,
        kind=HoldKind.PROMISE,
        reason="",
        author="anne",
        now=desk.later(),
        item_ids=["F1"],
        promised_on=day("2026-03-20"),
        promised=eur("300.00"),
    )
    (hold,) = holds(desk)
    assert (made, hold.promised_on, hold.promised, hold.balance_then) == (
        1,
        day("2026-03-20"),
        eur("300.00"),
        eur("700.00"),
    )


def test_a_customers_promise_is_kept_for_each_of_their_open_invoices(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", balance="0.00"), credit_note("A1"), invoice("F9", "C2"))
    made = desk.store.add_hold(
        C,
        kind=HoldKind.PROMISE,
        reason="",
        author="anne",
        now=desk.later(),
        customer_id="C1",
        promised_on=day("2026-03-20"),
    )
    assert made == 2
    assert [hold.item_id for hold in holds(desk)] == ["F1", "F2"]
    # Released as it was given: by the customer.
    assert release(desk, customer_id="C1") == 2
    assert holds(desk) == ()


def test_a_hold_needs_one_clear_target(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), customers=(customer(),))
    with pytest.raises(HoldTargetError, match="not both"):
        dispute(desk, "F1", customer_id="C1")
    with pytest.raises(UnknownItemError, match="F404"):
        dispute(desk, "F1", "F404")
    with pytest.raises(UnknownCustomerError):
        dispute(desk, customer_id="C404")
    with pytest.raises(HoldTargetError, match="needs the day"):
        desk.store.add_hold(C, kind=HoldKind.PROMISE, reason="", author="a", now=desk.later(), item_ids=["F1"])
    with pytest.raises(HoldTargetError, match="not by everyone"):
        promise(desk)
    with pytest.raises(HoldTargetError, match="exactly one item"):
        desk.store.add_hold(
            C,
            kind=HoldKind.PROMISE,
            reason="",
            author="a",
            now=desk.later(),
            item_ids=["F1", "F2"],
            promised_on=day("2026-03-20"),
            promised=eur("1.00"),
        )
    with pytest.raises(HoldTargetError, match="in EUR"):
        desk.store.add_hold(
            C,
            kind=HoldKind.PROMISE,
            reason="",
            author="a",
            now=desk.later(),
            item_ids=["F1"],
            promised_on=day("2026-03-20"),
            promised=money("1.00", "USD"),
        )
    assert holds(desk) == ()
    assert desk.events() == []


def test_whatever_a_person_records_or_ends_has_the_customer_looked_at_again(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"))
    desk.quiet()
    dispute(desk, "F1")
    assert desk.due() == ["C1"]
    desk.quiet()
    release(desk, "F1")
    assert desk.due() == ["C1"]
    desk.quiet()
    dispute(desk, customer_id="C2")
    assert desk.due() == ["C2"]
    desk.quiet()
    dispute(desk)
    assert desk.due() == ["C1", "C2"]


def test_a_release_ends_what_was_recorded_on_its_target_and_nothing_else(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    dispute(desk, "F1")
    dispute(desk, customer_id="C1")
    dispute(desk)
    promise(desk, "F1")
    assert release(desk, "F1") == 1
    assert [(hold.item_id, hold.customer_id) for hold in holds(desk)] == [(None, "C1"), (None, None)]
    assert release(desk, customer_id="C1") == 1
    assert release(desk, company=True) == 1
    assert holds(desk) == ()
    assert release(desk, company=True) == 0


def test_a_customers_release_leaves_a_dispute_on_one_item(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    dispute(desk, "F1")
    dispute(desk, customer_id="C1")
    release(desk, customer_id="C1")
    assert [hold.item_id for hold in holds(desk)] == ["F1"]


def test_a_released_item_may_be_asked_whatever_its_age(desk: Desk) -> None:
    desk.sync(invoice("F1", due="2024-01-02"), invoice("F2"))
    assert release(desk, "F1") == 1
    assert desk.store.case_file(C, "C1", rehearsal=False).age_accepted == {"F1"}
    assert release(desk, "F1") == 0


def test_a_release_names_exactly_one_target(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    with pytest.raises(HoldTargetError):
        release(desk)
    with pytest.raises(HoldTargetError):
        release(desk, "F1", company=True)
    with pytest.raises(UnknownItemError):
        release(desk, "F404")


def test_started_again_an_item_begins_at_its_first_level(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    first = desk.send(invoice("F1"))
    waiting = desk.queue(queued(invoice("F1"), level="second", offset=15, needs_approval=True))
    assert release(desk, "F1", restart=True) == 1
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert case.history == ()
    assert case.last_contact_on == day("2026-03-09")
    assert desk.store.find_reminder(waiting.reminder_id).state.value == "cancelled"
    again = desk.queue(queued(invoice("F1")))
    assert again.lines[0].cycle == first.lines[0].cycle + 1
    assert again.message_id != first.message_id


def test_a_customer_started_again_has_all_open_items_in_a_new_cycle(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", "C2"))
    assert release(desk, customer_id="C1", restart=True) == 2
    cycles = {row["item_id"]: row["cycle"] for row in desk.store.db.all("SELECT item_id, cycle FROM items")}
    assert cycles == {"F1": 2, "F2": 2, "F3": 1}


def test_a_closed_item_is_no_longer_chased(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.store.close_item(C, "F1", HoldKind.HANDED_OVER, "anne", desk.later())
    assert [hold.kind for hold in holds(desk)] == [HoldKind.HANDED_OVER]
    with pytest.raises(HoldTargetError):
        desk.store.close_item(C, "F1", HoldKind.DISPUTE, "anne", desk.later())


def test_promises_are_found_from_their_day_on_until_they_are_judged(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3"))
    promise(desk, "F1", on="2026-03-20")
    promise(desk, "F2", on="2026-03-21")
    promise(desk, "F3", on="2026-03-20")
    assert desk.store.promises(C, day("2026-03-19")) == []
    first, third = desk.store.promises(C, day("2026-03-20"))
    assert (first.item_id, third.item_id) == ("F1", "F3")
    desk.quiet()
    desk.store.judge_promise(C, first.hold_id, kept=True, judged_on=day("2026-03-25"), now=desk.later())
    assert desk.due() == ["C1"]
    desk.store.judge_promise(C, third.hold_id, kept=False, judged_on=day("2026-03-25"), now=desk.later())
    assert [one.item_id for one in desk.store.promises(C, day("2026-03-31"))] == ["F2"]
    assert {hold.item_id: hold.broken_on for hold in holds(desk)} == {
        "F2": None,
        third.item_id: day("2026-03-25"),
    }
    assert [(one.promised_on, one.amount, one.kept) for one in desk.store.promises_judged(C)] == [
        (day("2026-03-20"), eur("1200.00"), True),
        (day("2026-03-20"), eur("1200.00"), False),
    ]


def test_a_promise_of_a_paid_item_is_still_judged(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    promise(desk, "F1")
    desk.sync(invoice("F1", balance="0.00"), on="2026-03-18")
    assert len(desk.store.promises(C, day("2026-03-20"))) == 1


def test_a_promise_released_meanwhile_is_not_judged(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    promise(desk, "F1")
    (given,) = holds(desk)
    release(desk, "F1")
    desk.store.judge_promise(C, given.hold_id, kept=False, judged_on=day("2026-03-25"), now=desk.later())
    assert desk.events()[-1] == "hold_released"
    assert desk.store.promises_judged(C) == []


def test_a_broken_promise_is_told_in_the_next_level_and_then_over(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    promise(desk, "F1", on="2026-03-05")
    (given,) = holds(desk)
    desk.store.judge_promise(C, given.hold_id, kept=False, judged_on=day("2026-03-09"), now=desk.later())
    desk.send(invoice("F2"))
    assert [hold.broken_on for hold in holds(desk)] == [day("2026-03-09")]
    desk.send(invoice("F1"))
    assert holds(desk) == ()
    assert "broken_promise_told" in desk.events()


def test_a_promise_still_running_outlives_a_reminder(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    promise(desk, "F1", on="2026-03-30")
    desk.send(invoice("F1"))
    assert len(holds(desk)) == 1
