"""The business calendar: on which local days mail may leave, and which days count as working days."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays as holiday_tables

_ONE_DAY: Final = timedelta(days=1)
_HORIZON_DAYS: Final = 750
_WEEKEND: Final = frozenset({5, 6})
_FRANCE: Final = "FR"
# Any year will do to ask whether a table exists.
_SAMPLE_YEAR: Final = 2026

# Postcodes whose area has its own holidays: Alsace-Moselle and overseas (the tables have no '67' or '68').
_FRENCH_AREAS: Final = {
    "57": "57", "67": "6AE", "68": "6AE",
    "971": "971", "972": "972", "973": "973", "974": "974", "976": "976",
    "97133": "BL", "97150": "MF", "975": "PM", "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip


class UnknownHolidayAreaError(ValueError):
    """There is no holiday table for this country or subdivision; see the list in docs/configuration.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def french_area(postcode: str) -> str | None:
    """Give the holiday subdivision of a French postcode, None for the general calendar of mainland France."""
    for length in (5, 3, 2):
        area = _FRENCH_AREAS.get(postcode[:length]) if len(postcode) >= length else None
        if area:
            return area
    return None


@lru_cache(maxsize=256)
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """List the public holidays of a year; raise UnknownHolidayAreaError for a country or subdivision without a table."""
    try:
        return frozenset(holiday_tables.country_holidays(country, subdiv=subdivision, years=year).keys())
    except NotImplementedError as error:
        area = f"{country}-{subdivision}" if subdivision else country
        raise UnknownHolidayAreaError(f"no holiday table for {area}") from error


def _is_known(country: str, subdivision: str | None) -> bool:
    try:
        public_holidays(country, subdivision, _SAMPLE_YEAR)
    except UnknownHolidayAreaError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCalendar:
    """When a company may write: weekdays (Monday is 0), public holidays, its own closed periods, hours, time zone.

    `prefer` are weekdays to which a sending is moved when one lies at most `prefer_within` days ahead. `bridge_days` says
    whether mail may leave on a working day between a public holiday and a week-end or another holiday. `also_kept` are
    further countries (with a part of them) on whose public holidays nothing leaves: the customer's, laid on by
    `for_customer` where `customer_holidays` is set.
    """

    country: str = "FR"
    subdivision: str | None = None
    timezone: str = "Europe/Paris"
    send_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    opens: time = time(9, 0)
    closes: time = time(17, 0)
    keep_holidays: bool = True
    closed: tuple[Period, ...] = field(default=())
    prefer: frozenset[int] = frozenset()
    prefer_within: int = 3
    bridge_days: bool = True
    customer_holidays: bool = True
    also_kept: tuple[tuple[str, str | None], ...] = ()

    def is_holiday(self, day: date) -> bool:
        """Tell whether the day is a public holiday where the company is."""
        return day in public_holidays(self.country, self.subdivision, day.year)

    def is_working_day(self, day: date) -> bool:
        """Tell whether banks and offices work: neither a week-end nor a public holiday."""
        return day.weekday() not in _WEEKEND and not self.is_holiday(day)

    def is_sending_day(self, day: date) -> bool:
        """Tell whether reminders may leave on this day."""
        if day.weekday() not in self.send_days or any(day in period for period in self.closed):
            return False
        if (self.keep_holidays and self.is_holiday(day)) or self._is_holiday_elsewhere(day):
            return False
        return self.bridge_days or not self.is_bridge_day(day)

    def is_bridge_day(self, day: date) -> bool:
        """Tell whether the day is a single working day between a public holiday and a week-end or another holiday."""
        before, after = day - _ONE_DAY, day + _ONE_DAY
        # No working day lies between two week-ends alone, so one of the two is a holiday.
        return self.is_working_day(day) and not self.is_working_day(before) and not self.is_working_day(after)

    def for_customer(self, country: str, subdivision: str = "", postcode: str = "") -> BusinessCalendar:
        """Give this calendar with a customer's public holidays kept too; itself where they are unknown or its own."""
        country = country or self.country
        area = subdivision or (french_area(postcode) if country == _FRANCE else None) or None
        if not self.customer_holidays or (country, area) in {(self.country, self.subdivision), (self.country, None)}:
            return self
        known = next((part for part in (area, None) if _is_known(country, part)), "")
        return self if known == "" else replace(self, also_kept=(*self.also_kept, (country, known)))

    def preferred_day(self, day: date) -> date:
        """Give the first preferred sending day from a sending day on, as far ahead as is allowed; else the day itself."""
        if not self.prefer:
            return day
        ahead = (day + count * _ONE_DAY for count in range(self.prefer_within + 1))
        return next((one for one in ahead if one.weekday() in self.prefer and self.is_sending_day(one)), day)

    def closed_until(self, day: date) -> date | None:
        """Give the last day of the closed period that a day lies in, with those that follow without a gap; None for none."""
        last: date | None = None
        while period := next((one for one in self.closed if day in one), None):
            last, day = period.last, period.last + _ONE_DAY
        return last

    def _is_holiday_elsewhere(self, day: date) -> bool:
        return any(day in public_holidays(country, part, day.year) for country, part in self.also_kept)

    def next_sending_day(self, day: date) -> date | None:
        """Give the first sending day on or after `day`; None when there is none within two years."""
        for ahead in range(_HORIZON_DAYS):
            candidate = day + ahead * _ONE_DAY
            if self.is_sending_day(candidate):
                return candidate
        return None

    def next_working_day(self, day: date) -> date:
        """Move a day forward to a working day, where it is not one."""
        while not self.is_working_day(day):
            day += _ONE_DAY
        return day

    def add_working_days(self, day: date, count: int) -> date:
        """Count working days after `day`."""
        for _ in range(count):
            day = self.next_working_day(day + _ONE_DAY)
        return day

    def local(self, now: datetime) -> datetime:
        """Convert an instant to the company's local time."""
        return now.astimezone(ZoneInfo(self.timezone))

    def is_open(self, now: datetime) -> bool:
        """Tell whether the instant lies inside the send window of a sending day."""
        local = self.local(now)
        return self.is_sending_day(local.date()) and self.opens <= local.time() < self.closes

    def opening(self, day: date) -> datetime:
        """Give the start of the send window of a day, as an instant with the company's offset."""
        return datetime.combine(day, self.opens, tzinfo=ZoneInfo(self.timezone))
