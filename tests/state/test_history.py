"""Whose history an event belongs to, and what it tells there."""

from __future__ import annotations

from dataclasses import replace

from engine.kinds import HoldKind, HoldReason
from engine.model import Hold
from engine.money import Money
from engine.setup import Wanted
from tests.builders import customer, day, eur, invoice
from tests.state.conftest import C, Desk


def told(desk: Desk, item_id: str) -> list[tuple[str, str]]:
    return [(one.kind, one.scope) for one in desk.store.item_history(C, item_id)][1:]


def test_a_task_that_is_over_is_told_where_it_was_opened_and_of_no_other_invoice(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    asked = Wanted(key="too_old:F1", kind="too_old", customer_id="C1", item_id="F1")
    for wanted in ([asked], [], [asked]):
        desk.store.want_tasks(C, "C1", wanted, desk.later())
    desk.store.close_task(C, "too_old:F1", "anne", desk.later())
    assert told(desk, "F1") == [("task_opened", "item"), ("task_closed", "item")] * 2
    assert told(desk, "F2") == []


def test_an_address_that_failed_is_told_to_its_customers_alone(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"), customers=(customer(),))
    desk.store.mark_address_failed(C, "AP@client.example", "550 no such user", desk.later())
    assert told(desk, "F1") == [("address_failed", "customer")]
    assert told(desk, "F2") == []


def test_what_stops_the_whole_company_is_told_of_each_invoice_seen_before(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"))
    desk.store.add_hold(C, kind=HoldKind.HOLD, reason="congés", author="anne", now=desk.later())
    desk.later()
    desk.sync(invoice("F1"), invoice("F2", "C2"), invoice("F3"), on="2026-03-12")
    desk.store.release(C, author="anne", now=desk.later(), whole_company=True)
    both = [("hold_recorded", "company"), ("hold_released", "company")]
    assert (told(desk, "F1"), told(desk, "F2")) == (both, both)
    assert told(desk, "F3") == both[1:]


def test_a_decision_tells_its_cause_where_there_is_one(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    waits = Hold(
        item_id="F1",
        reason=HoldReason.INTERVAL,
        until=day("2026-03-07"),
        held=eur("1200.00"),
        covered=Money.zero("EUR"),
        facts=(("cause", "owner_first"),),
    )
    for decided in (waits, replace(waits, reason=HoldReason.NOT_DUE, facts=())):
        desk.store.record_decisions(C, day("2026-03-05"), [(decided, None)], desk.later())
    first, second = desk.store.item_history(C, "F1")[1:]
    assert first.detail["cause"] == "owner_first"
    assert "cause" not in second.detail
