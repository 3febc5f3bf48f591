"""The business calendar: on which local days mail may leave, and which days count as working days."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays as holiday_tables

_ONE_DAY: Final = timedelta(days=1)
_HORIZON_DAYS: Final = 750
_WEEKEND: Final = frozenset({5, 6})

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


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCalendar:
    """When a company may write: weekdays (Monday is 0), public holidays, its own closed periods, hours, time zone."""

    country: str = "FR"
    subdivision: str | None = None
    timezone: str = "Europe/Paris"
    send_days: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    opens: time = time(9, 0)
    closes: time = time(17, 0)
    keep_holidays: bool = True
    closed: tuple[Period, ...] = field(default=())

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
        return not (self.keep_holidays and self.is_holiday(day))

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
