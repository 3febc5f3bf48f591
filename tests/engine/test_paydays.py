"""Customers who pay on fixed days: the chase counts from their pay day, and from nothing earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import BusinessCalendar
from engine.kinds import HoldReason
from engine.model import Remind
from engine.paydays import chased_from, earliest_after_pay_day
from tests.fakes.case_builders import FRANCE, decided, decision_of, hold_of
from tests.fakes.customer_life import CUSTOMER, STANDARD, Life, case_file, invoice, level

DAYS = st.lists(st.integers(1, 31), min_size=1, max_size=3, unique=True).map(tuple)


@pytest.mark.parametrize(
    ("due", "pay_days", "counts_from"),
    [
        ("2026-03-02", (10,), "2026-03-10"),
        ("2026-03-10", (10,), "2026-03-10"),
        ("2026-03-11", (10,), "2026-04-10"),
        ("2026-12-11", (10,), "2027-01-10"),
        ("2026-03-11", (10, 25), "2026-03-25"),
        ("2026-02-11", (31,), "2026-02-28"),
        ("2028-02-11", (30,), "2028-02-29"),
        ("2026-03-02", (), "2026-03-02"),
    ],
)
def test_the_chase_counts_from_the_first_pay_day_on_or_after_the_due_date(
    due: str, pay_days: tuple[int, ...], counts_from: str
) -> None:
    assert chased_from(date.fromisoformat(due), pay_days) == date.fromisoformat(counts_from)


def test_nothing_comes_before_the_money_had_time_to_arrive() -> None:
    # Paid on Fri 10 Apr 2026: Mon 13 and Tue 14 are the working days that a transfer takes.
    assert earliest_after_pay_day(date(2026, 4, 10), 0, FRANCE) == date(2026, 4, 15)
    assert earliest_after_pay_day(date(2026, 4, 10), 8, FRANCE) == date(2026, 4, 18)


def test_levels_after_the_due_date_count_from_the_pay_day_and_the_courtesy_from_the_due_date() -> None:
    # Due Mon 2 Mar, paid on the 10th: -5 is Wed 25 Feb as ever, +5 is Sun 15 Mar, so Mon 16, not Mon 9.
    tenth = replace(CUSTOMER, pay_days=(10,))
    life = Life(
        case=case_file([invoice("F1", due_on=date(2026, 3, 2))], customer=tenth), plan=STANDARD, calendar=FRANCE
    )
    life.run_daily(date(2026, 2, 20), date(2026, 3, 20))
    assert [(one.on, one.levels["i-F1"]) for one in life.contacts] == [
        (date(2026, 2, 25), "pre_due"),
        (date(2026, 3, 16), "first"),
    ]


def test_a_held_item_says_which_pay_day_it_waits_for() -> None:
    case = case_file([invoice("F1", due_on=date(2026, 3, 2))], customer=replace(CUSTOMER, pay_days=(10,)))
    hold = hold_of(decided(case, date(2026, 3, 9)), "F1", HoldReason.NOT_DUE)
    assert hold.until == date(2026, 3, 15)
    assert dict(hold.facts)["pay_day"] == "2026-03-10"
    assert dict(hold.facts)["days_late"] == "7"


def test_a_level_on_the_due_date_waits_for_the_pay_day_too() -> None:
    plan = replace(STANDARD, levels=(level("due", 0, STANDARD.levels[0].tone),))
    case = case_file([invoice("F1", due_on=date(2026, 3, 2))], customer=replace(CUSTOMER, pay_days=(10,)))
    assert hold_of(decided(case, date(2026, 3, 12), plan=plan), "F1", HoldReason.NOT_DUE).until == date(2026, 3, 13)
    assert isinstance(decision_of(decided(case, date(2026, 3, 13), plan=plan), "F1"), Remind)


@given(due=st.dates(date(2026, 1, 1), date(2027, 12, 31)), pay_days=DAYS, offset=st.integers(0, 90))
def test_pay_days_never_make_a_level_earlier(due: date, pay_days: tuple[int, ...], offset: int) -> None:
    pay_day = chased_from(due, pay_days)
    assert pay_day >= due
    assert pay_day.day in pay_days or (pay_day + timedelta(days=1)).day == 1
    assert earliest_after_pay_day(pay_day, offset, BusinessCalendar()) >= due + timedelta(days=offset)


@settings(max_examples=20)
@given(pay_days=DAYS, due=st.dates(date(2026, 1, 20), date(2026, 6, 30)))
def test_a_customer_with_pay_days_gets_the_same_levels_after_the_due_date_and_none_earlier(
    pay_days: tuple[int, ...], due: date
) -> None:
    lives = []
    for customer in (CUSTOMER, replace(CUSTOMER, pay_days=pay_days)):
        life = Life(case=case_file([invoice("F1", due_on=due)], customer=customer), plan=STANDARD, calendar=FRANCE)
        life.run_daily(due - timedelta(days=15), due + timedelta(days=160))
        lives.append({one.levels["i-F1"]: one.on for one in life.contacts})
    usual, moved = lives
    assert list(usual) == list(moved)
    assert all(moved[name] >= day for name, day in usual.items())
