"""How days become a fraction of a year: interest is base x rate x this fraction."""

from __future__ import annotations

from calendar import isleap
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

_COMMON: Final = 365
_LEAP: Final = 366
_BANKERS: Final = 360
_MONTH: Final = 30


class DayCount(StrEnum):
    """The conventions: actual days over 365, over the days of each year, or months of thirty days (German courts)."""

    ACT_365 = "act/365"
    ACT_ACT = "act/act"
    THIRTY_360 = "30/360"


def days_between(after: date, until: date, count: DayCount) -> int:
    """Count the days from the day after `after` to `until`, both included; 0 where there are none."""
    if until <= after:
        return 0
    if count is DayCount.THIRTY_360:
        return _thirties(until) - _thirties(after)
    return (until - after).days


def year_fraction(after: date, until: date, count: DayCount) -> Fraction:
    """Give the exact part of a year that lies from the day after `after` to `until`; it adds up over split periods."""
    if until <= after:
        return Fraction(0)
    if count is DayCount.THIRTY_360:
        return Fraction(days_between(after, until, count), _BANKERS)
    if count is DayCount.ACT_365:
        return Fraction(days_between(after, until, count), _COMMON)
    return _position(until) - _position(after)


def _position(day: date) -> Fraction:
    """Give where a day ends on an axis of years, each as long as it really is."""
    return day.year + Fraction(day.timetuple().tm_yday, _LEAP if isleap(day.year) else _COMMON)


def _thirties(day: date) -> int:
    """Give the number of a day in a calendar of twelve months of thirty days; a 31st is a 30th."""
    return (day.year * 12 + day.month) * _MONTH + min(day.day, _MONTH)
