"""The budget of calls and the day's parking, which outlive the process; and when a company is looked at next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import BooksBusyError
from state.store import Store
from tests.state.conftest import C

if TYPE_CHECKING:
    from tests.state.conftest import Desk

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)


def test_the_calls_of_a_day_are_counted_and_end_at_midnight_utc(desk: Desk) -> None:
    budget = desk.store.call_budget(C, most=3)
    for _ in range(3):
        budget.before_call(NOON)
    with pytest.raises(BooksBusyError, match="3 calls") as busy:
        budget.before_call(NOON)
    assert busy.value.retry_at == datetime(2026, 3, 10, tzinfo=UTC)
    budget.before_call(datetime(2026, 3, 10, tzinfo=UTC))
    assert desk.store.calls_made(C, datetime(2026, 3, 10, tzinfo=UTC)) == (1, None)


def test_what_the_provider_says_is_left_is_remembered(desk: Desk) -> None:
    budget = desk.store.call_budget(C)
    budget.before_call(NOON)
    budget.after_call(NOON, 997)
    budget.before_call(NOON)
    budget.after_call(NOON, None)
    assert desk.store.calls_made(C, NOON) == (2, 997)
    assert desk.store.calls_made(C, NOON + timedelta(days=1)) == (0, None)


def test_a_parked_company_makes_no_call_from_any_process_until_its_time(desk: Desk) -> None:
    desk.store.call_budget(C).park(NOON + timedelta(hours=7), "the day's calls are used up")
    with Store.open(desk.store.db.path, now=NOON) as other:
        with pytest.raises(BooksBusyError, match="used up") as busy:
            other.call_budget(C).before_call(NOON + timedelta(hours=6))
        assert busy.value.retry_at == NOON + timedelta(hours=7)
        other.call_budget(C).before_call(NOON + timedelta(hours=7))
    desk.store.call_budget(C).before_call(NOON)


def test_one_companys_parking_never_stops_another(desk: Desk) -> None:
    desk.store.call_budget(C).park(NOON + timedelta(hours=7), "x")
    desk.store.call_budget("martin").before_call(NOON)
    assert desk.store.calls_made("martin", NOON) == (1, None)


def test_when_a_company_is_looked_at_next_is_a_row_and_failures_in_a_row_are_counted(desk: Desk) -> None:
    assert desk.store.due_at(C) is None
    assert desk.store.failures_of(C) == 0
    desk.store.look_next(C, NOON, failed=True)
    desk.store.look_next(C, NOON, failed=True)
    assert desk.store.failures_of(C) == 2
    desk.store.look_next(C, NOON + timedelta(hours=1), failed=False)
    assert desk.store.failures_of(C) == 0
    assert desk.store.due_at(C) == NOON + timedelta(hours=1)
