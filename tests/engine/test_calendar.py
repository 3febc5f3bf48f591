from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import BusinessCalendar, Period, UnknownHolidayAreaError, french_area, public_holidays

FRANCE = BusinessCalendar()


def in_2026(*days: str) -> set[date]:
    return {date.fromisoformat(f"2026-{day}") for day in days}


# The eleven holidays of the whole of France in 2026.
MAINLAND = in_2026(
    "01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11", "12-25"
)  # fmt: skip


def area(subdivision: str | None) -> set[date]:
    return set(public_holidays("FR", subdivision, 2026))


def test_mainland_france_has_its_eleven_holidays_in_2026() -> None:
    assert area(None) == MAINLAND


@pytest.mark.parametrize(
    ("subdivision", "also"),
    [
        ("6AE", ["04-03", "12-26"]),
        ("57", ["04-03", "12-26"]),
        ("971", ["03-12", "04-03", "05-27", "07-21"]),
        ("972", ["05-22", "07-21"]),
        ("973", ["06-10"]),
        ("974", ["12-20"]),
        ("976", ["04-27"]),
        ("NC", ["09-24"]),
        ("PF", ["03-05", "04-03", "11-20"]),
        ("WF", ["04-28", "06-29", "07-29"]),
    ],
)
def test_alsace_moselle_and_overseas_keep_holidays_of_their_own(subdivision: str, also: list[str]) -> None:
    assert in_2026(*also) <= area(subdivision)
    assert not in_2026(*also) & area(None)


def test_alsace_moselle_adds_good_friday_and_the_second_day_of_christmas_and_nothing_else() -> None:
    assert area("6AE") == area("57") == MAINLAND | in_2026("04-03", "12-26")


def test_may_2026_has_seventeen_working_days_in_france() -> None:
    may = [date(2026, 5, 1) + timedelta(days=n) for n in range(31)]
    assert sum(FRANCE.is_working_day(day) for day in may) == 17


def test_the_friday_after_ascension_is_a_working_day_by_law() -> None:
    assert not FRANCE.is_working_day(date(2026, 5, 14))
    assert FRANCE.is_working_day(date(2026, 5, 15))


@pytest.mark.parametrize(
    ("postcode", "expected"),
    [
        ("75001", None),
        ("69002", None),
        ("57000", "57"),
        ("67000", "6AE"),
        ("68100", "6AE"),
        ("97110", "971"),
        ("97200", "972"),
        ("97300", "973"),
        ("97400", "974"),
        ("97600", "976"),
        ("97133", "BL"),
        ("97150", "MF"),
        ("97500", "PM"),
        ("98600", "WF"),
        ("98714", "PF"),
        ("98800", "NC"),
        ("05700", None),
        ("", None),
        ("5", None),
    ],
)
def test_a_french_postcode_tells_its_holiday_area(postcode: str, expected: str | None) -> None:
    assert french_area(postcode) == expected
    public_holidays("FR", french_area(postcode), 2026)


def test_a_country_or_area_without_a_table_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownHolidayAreaError, match="no holiday table for FR-67"):
        public_holidays("FR", "67", 2026)
    with pytest.raises(UnknownHolidayAreaError, match="no holiday table for ZZ"):
        public_holidays("ZZ", None, 2026)


# Sending days


def test_week_ends_and_holidays_are_no_sending_days() -> None:
    assert FRANCE.is_sending_day(date(2026, 5, 13))
    assert not FRANCE.is_sending_day(date(2026, 5, 16))
    assert not FRANCE.is_sending_day(date(2026, 5, 17))
    assert not FRANCE.is_sending_day(date(2026, 5, 14))


@pytest.mark.parametrize(
    ("wished", "sent"),
    [
        ("2026-04-03", "2026-04-03"),  # Good Friday: a working day outside Alsace-Moselle
        ("2026-04-04", "2026-04-07"),  # Easter: Saturday to Monday
        ("2026-05-01", "2026-05-04"),  # 1 May is a Friday
        ("2026-05-08", "2026-05-11"),  # 8 May is a Friday
        ("2026-05-14", "2026-05-15"),  # Ascension, the bridge is worked
        ("2026-05-23", "2026-05-26"),  # Whitsun: Saturday to Monday
        ("2026-12-25", "2026-12-28"),
    ],
)
def test_sending_moves_forward_past_a_long_week_end(wished: str, sent: str) -> None:
    assert FRANCE.next_sending_day(date.fromisoformat(wished)) == date.fromisoformat(sent)


def test_in_alsace_good_friday_moves_sending_to_tuesday() -> None:
    alsace = BusinessCalendar(subdivision="6AE")
    assert alsace.next_sending_day(date(2026, 4, 3)) == date(2026, 4, 7)


def test_a_closed_period_is_closed_from_its_first_to_its_last_day() -> None:
    closed = BusinessCalendar(closed=(Period(first=date(2026, 8, 3), last=date(2026, 8, 14)),))
    assert closed.is_sending_day(date(2026, 7, 31))
    assert not closed.is_sending_day(date(2026, 8, 3))
    assert not closed.is_sending_day(date(2026, 8, 14))
    # 15 August is a Saturday.
    assert closed.next_sending_day(date(2026, 8, 3)) == date(2026, 8, 17)


def test_a_closed_period_is_still_worked_by_banks_and_counts_for_deadlines() -> None:
    closed = BusinessCalendar(closed=(Period(first=date(2026, 8, 3), last=date(2026, 8, 14)),))
    assert closed.next_working_day(date(2026, 8, 5)) == date(2026, 8, 5)


def test_a_company_may_send_on_holidays_or_on_other_days_of_the_week() -> None:
    busy = BusinessCalendar(keep_holidays=False, send_days=frozenset(range(7)))
    assert busy.next_sending_day(date(2026, 12, 25)) == date(2026, 12, 25)
    tuesdays = BusinessCalendar(send_days=frozenset({1}))
    assert tuesdays.next_sending_day(date(2026, 5, 20)) == date(2026, 5, 26)
    assert not busy.is_working_day(date(2026, 12, 25))


def test_a_company_that_is_closed_for_years_has_no_sending_day() -> None:
    shut = BusinessCalendar(closed=(Period(first=date(2026, 1, 1), last=date(2036, 1, 1)),))
    assert shut.next_sending_day(date(2026, 5, 4)) is None
    assert BusinessCalendar(send_days=frozenset()).next_sending_day(date(2026, 5, 4)) is None


# Working days


@pytest.mark.parametrize(
    ("day", "moved"),
    [
        ("2026-05-13", "2026-05-13"),
        ("2026-05-14", "2026-05-15"),
        ("2026-04-04", "2026-04-07"),
        ("2026-12-31", "2026-12-31"),
        ("2027-01-01", "2027-01-04"),
    ],
)
def test_a_deadline_moves_to_the_next_working_day(day: str, moved: str) -> None:
    assert FRANCE.next_working_day(date.fromisoformat(day)) == date.fromisoformat(moved)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-05-12", 2, "2026-05-15"),  # over Ascension
        ("2026-05-07", 2, "2026-05-12"),  # over Friday 8 May and the week-end
        ("2026-05-09", 1, "2026-05-11"),
        ("2026-05-09", 0, "2026-05-09"),
        ("2026-12-31", 1, "2027-01-04"),
    ],
)
def test_working_days_are_counted_over_week_ends_and_holidays(day: str, count: int, expected: str) -> None:
    assert FRANCE.add_working_days(date.fromisoformat(day), count) == date.fromisoformat(expected)


# The send window


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-01-14T07:59:59+00:00", False),  # winter: Paris is UTC+1
        ("2026-01-14T08:00:00+00:00", True),
        ("2026-01-14T15:59:59+00:00", True),
        ("2026-01-14T16:00:00+00:00", False),
        ("2026-07-15T06:59:59+00:00", False),  # summer: UTC+2
        ("2026-07-15T07:00:00+00:00", True),
        ("2026-07-15T15:00:00+00:00", False),
        ("2026-07-14T09:00:00+00:00", False),  # a holiday
        ("2026-07-18T09:00:00+00:00", False),  # a Saturday
    ],
)
def test_the_send_window_is_local_time_on_a_sending_day(instant: str, is_open: bool) -> None:
    assert FRANCE.is_open(datetime.fromisoformat(instant)) is is_open


@pytest.mark.parametrize(
    ("day", "opens_at"),
    [
        (date(2026, 3, 28), "2026-03-28T08:00:00+00:00"),
        (date(2026, 3, 29), "2026-03-29T07:00:00+00:00"),  # the clock goes forward that night
        (date(2026, 10, 24), "2026-10-24T07:00:00+00:00"),
        (date(2026, 10, 25), "2026-10-25T08:00:00+00:00"),  # and back
    ],
)
def test_the_window_opens_at_the_same_local_hour_on_the_days_the_clock_changes(day: date, opens_at: str) -> None:
    assert FRANCE.opening(day) == datetime.fromisoformat(opens_at)
    every_day = BusinessCalendar(send_days=frozenset(range(7)))
    assert every_day.is_open(FRANCE.opening(day))
    assert not every_day.is_open(FRANCE.opening(day) - timedelta(seconds=1))


def test_a_window_inside_the_hour_that_comes_twice_is_open_both_times() -> None:
    night = BusinessCalendar(send_days=frozenset(range(7)), opens=time(2, 0), closes=time(3, 0))
    assert night.is_open(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert night.is_open(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert not night.is_open(datetime(2026, 10, 25, 2, 30, tzinfo=UTC))


def test_the_local_day_is_that_of_the_company_not_of_the_server() -> None:
    late = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
    assert FRANCE.local(late).date() == date(2026, 5, 5)
    assert BusinessCalendar(timezone="America/Cayenne").local(late).date() == date(2026, 5, 4)


@given(st.dates(date(2026, 1, 1), date(2035, 12, 31)), st.integers(0, 15))
def test_moving_to_a_sending_or_working_day_never_goes_back_and_lands_on_one(day: date, count: int) -> None:
    sending, working = FRANCE.next_sending_day(day), FRANCE.next_working_day(day)
    assert sending is not None
    assert sending >= day
    assert FRANCE.is_sending_day(sending)
    assert not any(FRANCE.is_sending_day(day + timedelta(days=n)) for n in range((sending - day).days))
    assert working == sending  # with the default settings both are the same days
    counted = FRANCE.add_working_days(day, count)
    between = [day + timedelta(days=n) for n in range(1, (counted - day).days + 1)]
    assert sum(FRANCE.is_working_day(one) for one in between) == count
