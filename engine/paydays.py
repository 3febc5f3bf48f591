"""Customers who pay on fixed days of the month: the chase counts from their pay day, the law from the due date."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.calendar import BusinessCalendar

# A transfer ordered on the pay day takes a working day, and the books show it on the next.
GRACE_WORKING_DAYS: Final = 2


def chased_from(due_on: date, pay_days: Sequence[int]) -> date:
    """Give the first pay day on or after a due date; the due date itself where there are no pay days.

    In a month that has no such day its last one counts: the 31st is the end of the month.
    """
    if not pay_days:
        return due_on
    year, month = due_on.year, due_on.month
    while True:
        last = monthrange(year, month)[1]
        days = sorted({date(year, month, min(one, last)) for one in pay_days})
        if found := next((one for one in days if one >= due_on), None):
            return found
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)  # noqa: PLR2004 (months of a year)


def earliest_after_pay_day(pay_day: date, offset: int, calendar: BusinessCalendar) -> date:
    """Give the first day of a level that counts from a pay day: never before the money had time to arrive."""
    arrived = calendar.add_working_days(pay_day, GRACE_WORKING_DAYS)
    return max(pay_day + timedelta(days=offset), arrived + timedelta(days=1))
