"""Plans in instalments as the store keeps them: agreed, paid, missed, replaced, released."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.kinds import HoldKind
from state.errors import HoldTargetError
from tests.builders import credit_note, day, eur, invoice
from tests.state.conftest import C

if TYPE_CHECKING:
    from engine.model import Instalment
    from tests.state.conftest import Desk

LINES = ((day("2026-03-20"), eur("400.00")), (day("2026-04-20"), eur("800.00")))


def agree(desk: Desk, *item_ids: str, amounts: tuple[str, str] = ("400.00", "800.00")) -> str:
    lines = [(due_on, eur(amount)) for (due_on, _), amount in zip(LINES, amounts, strict=True)]
    return desk.store.agree_instalments(
        C, item_ids=item_ids, given_to="item", lines=lines, reason="by phone", author="anne", now=desk.later()
    )


def lines(desk: Desk, customer_id: str = "C1") -> list[tuple[str, str, str]]:
    found: tuple[Instalment, ...] = desk.store.case_file(C, customer_id, rehearsal=False).instalments
    return [(str(one.due_on), str(one.amount), str(one.received)) for one in found]


def kinds(desk: Desk, customer_id: str = "C1") -> dict[str | None, tuple[HoldKind, bool]]:
    holds = desk.store.case_file(C, customer_id, rehearsal=False).holds
    return {hold.item_id: (hold.kind, hold.broken_on is not None) for hold in holds}


def test_money_that_comes_in_goes_to_the_earliest_instalment_first(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    plan_id = agree(desk, "F1")
    assert lines(desk) == [("2026-03-20", "400.00", "0.00"), ("2026-04-20", "800.00", "0.00")]
    desk.sync(invoice("F1", balance="700.00"))
    assert lines(desk) == [("2026-03-20", "400.00", "400.00"), ("2026-04-20", "800.00", "100.00")]
    (hold,) = desk.store.case_file(C, "C1", rehearsal=False).holds
    assert (hold.plan_id, hold.balance_then, hold.reason, hold.author) == (plan_id, eur("1200.00"), "by phone", "anne")
    # A corrected invoice may owe more than it did: nothing is taken back from what was agreed.
    desk.sync(invoice("F1", total="1300.00"))
    assert lines(desk) == [("2026-03-20", "400.00", "0.00"), ("2026-04-20", "800.00", "0.00")]


def test_a_plan_of_several_invoices_adds_up_what_came_in_for_each_even_once_one_is_paid(desk: Desk) -> None:
    desk.sync(invoice("F1", total="500.00"), invoice("F2", total="700.00"))
    agree(desk, "F1", "F2")
    assert kinds(desk) == {"F1": (HoldKind.INSTALMENTS, False), "F2": (HoldKind.INSTALMENTS, False)}
    desk.sync(invoice("F1", total="500.00", balance="0.00"), invoice("F2", total="700.00"))
    assert kinds(desk) == {"F2": (HoldKind.INSTALMENTS, False)}
    assert lines(desk) == [("2026-03-20", "400.00", "400.00"), ("2026-04-20", "800.00", "100.00")]
    (plan,) = desk.store.agreed_plans(C)
    assert (plan.customer_id, plan.item_ids, [one.received for one in plan.lines]) == (
        "C1",
        ("F1", "F2"),
        [eur("400.00"), eur("100.00")],
    )


def test_a_plan_that_was_kept_through_ends_without_a_word(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    plan_id = agree(desk, "F1")
    desk.quiet()
    desk.store.end_plan(C, plan_id, missed=(), judged_on=day("2026-04-23"), now=desk.later())
    assert (kinds(desk), desk.store.agreed_plans(C), desk.store.open_tasks(C)) == ({}, [], [])
    assert desk.due() == ["C1"]
    assert desk.events()[-1] == "instalments_kept"


def test_a_missed_plan_no_longer_stops_anything_and_is_a_task_with_what_was_missing(desk: Desk) -> None:
    desk.sync(invoice("F1", total="500.00"), invoice("F2", total="700.00"))
    plan_id = agree(desk, "F1", "F2")
    facts = (("position", "1"), ("missing", "400.00 EUR"))
    desk.store.end_plan(C, plan_id, missed=facts, judged_on=day("2026-03-25"), now=desk.later())
    assert kinds(desk) == {"F1": (HoldKind.INSTALMENTS, True), "F2": (HoldKind.INSTALMENTS, True)}
    assert desk.store.agreed_plans(C) == []
    (task,) = desk.store.open_tasks(C)
    assert (task.key, task.title, task.facts) == (f"instalment_missed:{plan_id}", "F1, F2", facts)
    assert (task.customer_id, task.due_on) == ("C1", day("2026-03-25"))
    # Judged twice, it is told once; the next level has spoken of it, and what is left of the plan is over.
    desk.store.end_plan(C, plan_id, missed=facts, judged_on=day("2026-03-26"), now=desk.later())
    assert desk.events().count("instalment_missed") == 2
    desk.send(invoice("F1", total="500.00"), on="2026-03-26")
    assert kinds(desk) == {"F2": (HoldKind.INSTALMENTS, True)}


def test_a_new_plan_takes_the_place_of_every_plan_that_one_of_its_invoices_was_part_of(desk: Desk) -> None:
    desk.sync(invoice("F1", total="500.00"), invoice("F2", total="700.00"), invoice("F3", total="100.00"))
    agree(desk, "F1", "F2")
    new = agree(desk, "F2", "F3", amounts=("400.00", "400.00"))
    assert {hold.item_id: hold.plan_id for hold in desk.store.case_file(C, "C1", rehearsal=False).holds} == {
        "F2": new,
        "F3": new,
    }
    assert [plan.plan_id for plan in desk.store.agreed_plans(C)] == [new]


def test_a_plan_released_for_one_invoice_is_over_for_all_of_them(desk: Desk) -> None:
    desk.sync(invoice("F1", total="500.00"), invoice("F2", total="700.00"))
    agree(desk, "F1", "F2")
    desk.store.release(C, item_ids=["F1"], author="anne", now=desk.later())
    assert kinds(desk) == {}
    assert desk.store.agreed_plans(C) == []


def test_a_plan_is_for_one_customer_and_one_currency(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"), invoice("F3", currency="USD"), credit_note("A1"))
    for pair in (("F1", "F2"), ("F1", "F3")):
        with pytest.raises(HoldTargetError, match="one customer and one currency"):
            agree(desk, *pair)
    with pytest.raises(HoldTargetError, match="USD"):
        agree(desk, "F3")
    assert desk.store.agreed_plans(C) == []
