"""Counting days and months: terms in months, and days as the fraction of a year that interest is reckoned by."""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

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


def months_later(day: date, months: int) -> date:
    """Give the same day so many months later (earlier, with a negative count), or the last day of a month without it."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, monthrange(day.year + years, month + 1)[1]))
