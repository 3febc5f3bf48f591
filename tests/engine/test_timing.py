"""On which day something leaves: the customer's holidays, bridge days, preferred days, long closures, the customer's cap."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import BusinessCalendar, Period
from engine.decide import next_action_on
from engine.kinds import Channel, HoldReason
from engine.model import Remind
from engine.plan import CustomerCap
from tests.fakes.case_builders import FRANCE, decided, decision_of, hold_of, said, sent
from tests.fakes.customer_life import CUSTOMER, STANDARD, Life, case_file, invoice
from tests.fakes.generated_cases import calendars

ANY_DAY = st.dates(date(2026, 1, 1), date(2027, 12, 31))


# The customer's public holidays.


@pytest.mark.parametrize(
    ("country", "part", "postcode", "holiday"),
    [
        ("DE", "", "", "2026-10-03"),  # German Unity, a Saturday: only a calendar of every day shows it
        ("DE", "BY", "", "2026-11-01"),
        ("ES", "", "", "2026-10-12"),
        ("FR", "", "67000", "2026-12-26"),
        ("", "", "97400", "2026-12-20"),
        ("", "6AE", "", "2026-04-03"),
    ],
)
def test_nothing_leaves_on_a_public_holiday_of_the_customer(
    country: str, part: str, postcode: str, holiday: str
) -> None:
    every_day = BusinessCalendar(send_days=frozenset(range(7)))
    day = date.fromisoformat(holiday)
    assert not every_day.for_customer(country, part, postcode).is_sending_day(day)
    alone = replace(every_day, customer_holidays=False).for_customer(country, part, postcode)
    assert alone.is_sending_day(day) is not every_day.is_holiday(day)


def test_a_customer_at_home_or_nowhere_known_keeps_the_companys_own_calendar() -> None:
    assert FRANCE.for_customer("FR") is FRANCE
    assert FRANCE.for_customer("") is FRANCE
    assert FRANCE.for_customer("XX") is FRANCE
    # An unknown part of a known country: the country's own holidays are kept.
    assert FRANCE.for_customer("DE", "QQ").also_kept == (("DE", None),)


def test_the_customers_holidays_change_no_working_day_and_no_deadline() -> None:
    unity = date(2025, 10, 3)
    german = FRANCE.for_customer("DE")
    assert german.is_working_day(unity)
    assert not german.is_sending_day(unity)


@given(calendar=calendars(), day=ANY_DAY, country=st.sampled_from(["DE", "ES", "BE", "FR", ""]))
def test_a_customers_calendar_only_ever_takes_days_away(calendar: BusinessCalendar, day: date, country: str) -> None:
    assert not calendar.for_customer(country).is_sending_day(day) or calendar.is_sending_day(day)


# Bridge days.


@pytest.mark.parametrize(
    ("day", "bridge"),
    [
        ("2026-05-15", True),  # Friday after Ascension
        ("2026-07-13", True),  # Monday before 14 July, a Tuesday
        ("2026-05-13", False),  # Wednesday before Ascension
        ("2026-05-29", False),  # an ordinary Friday
        ("2026-05-14", False),  # the holiday itself
    ],
)
def test_a_bridge_day_is_a_single_working_day_beside_a_holiday(day: str, bridge: bool) -> None:
    found = date.fromisoformat(day)
    assert FRANCE.is_bridge_day(found) is bridge
    assert replace(FRANCE, bridge_days=False).is_sending_day(found) is (not bridge and FRANCE.is_sending_day(found))


def test_a_bridge_day_is_a_working_day_all_the_same() -> None:
    assert replace(FRANCE, bridge_days=False).next_working_day(date(2026, 5, 14)) == date(2026, 5, 15)


# Preferred days.

TUESDAYS = replace(FRANCE, prefer=frozenset({1}), prefer_within=3)


@pytest.mark.parametrize(
    ("day", "sent_on"),
    [
        ("2026-03-06", "2026-03-06"),  # Friday: Tuesday is four days away
        ("2026-03-09", "2026-03-10"),
        ("2026-03-10", "2026-03-10"),
        ("2026-03-11", "2026-03-11"),
    ],
)
def test_sending_waits_for_a_preferred_day_that_is_near_enough(day: str, sent_on: str) -> None:
    assert TUESDAYS.preferred_day(date.fromisoformat(day)) == date.fromisoformat(sent_on)


def test_a_preferred_day_that_is_a_holiday_is_none() -> None:
    # Tue 14 July 2026 is a holiday, so Mon 13 is as good as any.
    assert TUESDAYS.preferred_day(date(2026, 7, 13)) == date(2026, 7, 13)


def test_what_is_moved_to_a_preferred_day_says_so() -> None:
    case = case_file([invoice("F1", due_on=date(2026, 3, 2))])
    remind = decision_of(decided(case, date(2026, 3, 9), calendar=TUESDAYS), "F1")
    assert isinstance(remind, Remind)
    assert (remind.on, dict(remind.facts)["preferred"]) == (date(2026, 3, 10), "2026-03-10")


def test_a_courtesy_never_waits_for_a_preferred_day_until_it_is_due() -> None:
    # Due on Tue 10 March: its -5 is Thu 5, and the next Tuesday would be the due date itself.
    case = case_file([invoice("F1", due_on=date(2026, 3, 10))])
    wednesdays = replace(FRANCE, prefer=frozenset({1}), prefer_within=6)
    remind = decision_of(decided(case, date(2026, 3, 5), calendar=wednesdays), "F1")
    assert isinstance(remind, Remind)
    assert remind.on == date(2026, 3, 5)


def test_a_courtesy_that_cannot_wait_takes_the_others_with_it() -> None:
    items = [invoice("F1", due_on=date(2026, 3, 10)), invoice("F2", due_on=date(2026, 3, 11))]
    tuesdays = replace(FRANCE, prefer=frozenset({1}), prefer_within=6)
    outcome = decided(case_file(items), date(2026, 3, 6), calendar=tuesdays)
    (notice,) = outcome.notices
    assert notice.on == date(2026, 3, 6)
    assert {line.item.number for line in notice.lines} == {"F1", "F2"}
    assert {one.on for one in outcome.decisions if isinstance(one, Remind)} == {date(2026, 3, 6)}


@given(
    calendar=calendars(),
    prefer=st.frozensets(st.integers(0, 6), max_size=3),
    within=st.integers(1, 6),
    day=ANY_DAY,
)
def test_a_preferred_day_is_a_sending_day_and_never_further_than_allowed(
    calendar: BusinessCalendar, prefer: frozenset[int], within: int, day: date
) -> None:
    sending = calendar.next_sending_day(day)
    assert sending is not None
    moved = replace(calendar, prefer=prefer, prefer_within=within).preferred_day(sending)
    assert calendar.is_sending_day(moved)
    assert sending <= moved <= sending + timedelta(days=within)
    # Asked again on any day in between, the answer is the same day: nothing is put off for ever.
    assert replace(calendar, prefer=prefer, prefer_within=within).preferred_day(moved) == moved


def test_with_preferred_days_the_same_levels_go() -> None:
    usual = Life(case=case_file([invoice("F1", due_on=date(2026, 3, 2))]), plan=STANDARD, calendar=FRANCE)
    moved = Life(case=usual.case, plan=STANDARD, calendar=replace(TUESDAYS, prefer_within=6))
    for life in (usual, moved):
        life.run_daily(date(2026, 2, 20), date(2026, 6, 30))
    assert usual.levels_of("i-F1") == moved.levels_of("i-F1")
    assert {one.on.weekday() for one in moved.contacts if one.levels["i-F1"] != "pre_due"} == {1}


# Closed for long.


def test_a_closure_of_years_is_passed_and_its_end_is_known() -> None:
    closed = replace(
        FRANCE,
        closed=(
            Period(first=date(2026, 3, 1), last=date(2027, 6, 30)),
            Period(first=date(2027, 7, 1), last=date(2030, 12, 31)),
        ),
    )
    assert closed.closed_until(date(2026, 3, 9)) == date(2030, 12, 31)
    assert closed.closed_until(date(2026, 2, 9)) is None
    case = case_file([invoice("F1", due_on=date(2026, 3, 2))])
    hold = hold_of(decided(case, date(2026, 3, 9), calendar=closed), "F1", HoldReason.CLOSED_PERIOD)
    assert hold.until == date(2030, 12, 31)
    assert next_action_on(hold) == date(2031, 1, 1)


def test_a_closure_over_the_turn_of_the_year_moves_sending_to_its_end() -> None:
    closed = replace(FRANCE, closed=(Period(first=date(2026, 12, 24), last=date(2027, 1, 2)),))
    case = case_file([invoice("F1", due_on=date(2026, 12, 21))])
    remind = decision_of(decided(case, date(2026, 12, 28), calendar=closed), "F1")
    assert isinstance(remind, Remind)
    assert remind.on == date(2027, 1, 4)


# The customer's cap.

CAPPED = replace(STANDARD, customer_cap=CustomerCap(contacts=2, days=30), min_gap_days=1)


def test_a_customer_is_contacted_no_more_often_than_the_cap_allows() -> None:
    case = replace(
        case_file([invoice("F1", due_on=date(2026, 3, 2))]),
        last_contact_on=date(2026, 3, 2),
        contact_days=(date(2026, 3, 2), date(2026, 2, 23)),
    )
    hold = hold_of(decided(case, date(2026, 3, 9), plan=CAPPED), "F1", HoldReason.CAP_REACHED)
    # The contact of 23 February is 30 days old on Wednesday 25 March.
    assert hold.until == date(2026, 3, 24)
    assert (dict(hold.facts)["cause"], dict(hold.facts)["contacts"]) == ("customer", "2")
    assert next_action_on(hold) == date(2026, 3, 25)
    hold_of(decided(case, date(2026, 3, 24), plan=CAPPED), "F1", HoldReason.CAP_REACHED)
    assert isinstance(decision_of(decided(case, date(2026, 3, 25), plan=CAPPED), "F1"), Remind)


def test_two_notices_of_one_day_are_two_contacts() -> None:
    # Nothing but the cap keeps a mail and a call apart here.
    call = replace(STANDARD.levels[2], channel=Channel.CALL)
    plan = replace(
        STANDARD, levels=(STANDARD.levels[1], call), min_gap_days=0, customer_cap=CustomerCap(contacts=1, days=10)
    )
    old = invoice("F1", due_on=date(2026, 2, 20))
    case = case_file(
        [old, invoice("F2", due_on=date(2026, 3, 4))],
        history=[sent(old, "first", date(2026, 2, 25), deadline=date(2026, 3, 5))],
    )
    free = decided(case, date(2026, 3, 9), plan=replace(plan, customer_cap=None))
    assert [notice.channel for notice in free.notices] == [Channel.CALL, Channel.EMAIL]
    capped = decided(replace(case, contact_days=(date(2026, 2, 25),)), date(2026, 3, 9), plan=plan)
    assert said(capped) == {"F1": "second", "F2": "hold:cap_reached"}


@settings(max_examples=12)
@given(
    dues=st.lists(st.integers(0, 40), min_size=1, max_size=4),
    contacts=st.integers(1, 3),
    window=st.integers(5, 40),
)
def test_no_window_ever_holds_more_contacts_than_the_cap(dues: list[int], contacts: int, window: int) -> None:
    plan = replace(STANDARD, min_gap_days=1, customer_cap=CustomerCap(contacts=contacts, days=window))
    items = [invoice(f"F{n}", due_on=date(2026, 3, 2) + timedelta(days=due)) for n, due in enumerate(dues)]
    life = Life(case=case_file(items, customer=CUSTOMER), plan=plan, calendar=FRANCE)
    life.run_daily(date(2026, 2, 20), date(2026, 5, 20))
    sent = [one.on for one in life.contacts]
    for day in sent:
        assert sum(day - timedelta(days=window) < other <= day for other in sent) <= contacts
