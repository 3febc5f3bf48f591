from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.kinds import Channel, HoldKind, HoldReason
from engine.model import Decision, Hold, Remind
from engine.money import Money
from tests.builders import day, eur, invoice
from tests.state.conftest import C, Desk

NOTHING = Money.zero("EUR")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", "C2"))
    return desk


def hold(item_id: str = "F1", *, until: str = "2026-03-07", reason: HoldReason = HoldReason.NOT_DUE) -> Hold:
    return Hold(
        item_id=item_id,
        reason=reason,
        until=day(until),
        held=eur("1000.00"),
        covered=eur("200.00"),
        facts=(("due_on", "2026-03-02"), ("days_late", "3")),
    )


def remind(item_id: str = "F1", *, on: str = "2026-03-09", asked: str = "1200.00") -> Remind:
    return Remind(
        item_id=item_id, level_id="first", channel=Channel.EMAIL, on=day(on), asked=eur(asked), covered=NOTHING
    )


def record(desk: Desk, *decided: Decision, on: str = "2026-03-05", then: str | None = "2026-03-07") -> None:
    days: date | None = day(then) if then else None
    desk.store.record_decisions(C, day(on), [(one, days) for one in decided], desk.later())


def told(desk: Desk, item_id: str = "F1") -> list[str]:
    return [one.kind for one in desk.store.item_history(C, item_id) if one.kind.startswith("decided")]


def test_a_decision_is_kept_with_its_reason_and_what_it_was_made_on(desk: Desk) -> None:
    assert desk.store.latest_decision(C, "F1") is None
    record(desk, hold())
    kept = desk.store.latest_decision(C, "F1")
    assert kept is not None
    assert (kept.action, kept.reason, kept.until, kept.on) == ("hold", "not_due", day("2026-03-07"), None)
    assert (kept.asked, kept.held, kept.covered) == (NOTHING, eur("1000.00"), eur("200.00"))
    assert kept.facts == (("due_on", "2026-03-02"), ("days_late", "3"))
    assert (kept.as_of, kept.at) == (day("2026-03-05"), desk.now)


def test_the_same_decision_the_next_day_is_not_stored_again(desk: Desk) -> None:
    record(desk, hold())
    record(desk, replace(hold(), facts=(("days_late", "4"),)), on="2026-03-06")
    kept = desk.store.latest_decision(C, "F1")
    assert kept is not None
    assert kept.as_of == day("2026-03-05")
    assert told(desk) == ["decided_hold"]


@pytest.mark.parametrize(
    "other",
    [
        remind(),
        hold(until="2026-03-08"),
        hold(reason=HoldReason.INTERVAL),
        replace(hold(), level_id="first"),
    ],
)
def test_a_decision_that_differs_is_stored_and_the_old_one_stays(desk: Desk, other: Decision) -> None:
    record(desk, hold())
    record(desk, other, on="2026-03-06")
    kept = desk.store.latest_decision(C, "F1")
    assert kept is not None
    assert kept.as_of == day("2026-03-06")
    assert len(told(desk)) == 2


def test_what_is_asked_and_when_makes_a_decision_differ(desk: Desk) -> None:
    record(desk, remind())
    record(desk, remind(asked="700.00"))
    record(desk, remind(asked="700.00", on="2026-03-10"))
    record(desk, remind(asked="700.00", on="2026-03-10"))
    assert len(told(desk)) == 3


def test_an_item_waits_for_its_next_day_of_action(desk: Desk) -> None:
    record(desk, hold("F1"), hold("F2"), then="2026-03-07")
    record(desk, hold("F3"), then=None)
    assert desk.store.customers_due(C, day("2026-03-06")) == []
    assert desk.store.customers_due(C, day("2026-03-07")) == ["C1"]
    rows = {row.item.item_id: (row.next_action_on, row.look_again) for row in desk.store.items(C)}
    assert rows == {"F1": (day("2026-03-07"), False), "F2": (day("2026-03-07"), False), "F3": (None, False)}


def test_what_is_to_be_looked_at_each_run_stays_so(desk: Desk) -> None:
    desk.store.record_decisions(C, day("2026-03-05"), [(hold("F1"), date.min)], desk.later())
    assert "C1" in desk.due()


def test_a_decision_made_before_a_hold_was_recorded_does_not_cover_it_up(desk: Desk) -> None:
    desk.store.case_file(C, "C1", rehearsal=False)
    desk.store.add_hold(C, kind=HoldKind.DISPUTE, reason="", author="a", now=desk.later(), item_ids=["F1"])
    record(desk, remind("F1"), remind("F2"), then=None)
    assert "C1" in desk.due()
    # Read again, the hold is known, and the decision stands.
    desk.store.case_file(C, "C1", rehearsal=False)
    record(desk, hold("F1", reason=HoldReason.DISPUTE), hold("F2"), then=None)
    assert desk.due() == ["C2"]


def test_a_settled_item_is_never_due_again(desk: Desk) -> None:
    desk.sync(invoice("F1", balance="0.00"), invoice("F2"), invoice("F3", "C2"))
    record(desk, hold("F1"), hold("F2"))
    assert desk.store.db.value("SELECT next_action_on FROM items WHERE item_id = 'F1'") is None
