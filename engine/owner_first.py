"""The account owner first: a reminder after the due date waits until its customer's owner has known of it for some days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.holds import Stop
from engine.kinds import HoldReason

if TYPE_CHECKING:
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import Facts
    from engine.plan import Level, Plan
    from engine.records import CaseFile


def is_owned(case: CaseFile, plan: Plan) -> bool:
    """Tell whether reminders of a customer wait for an account owner: one who can be written to."""
    return plan.owner_days is not None and bool(case.customer.owner_email)


def told_on(case: CaseFile, item_id: str, level_id: str) -> date | None:
    """Give the day on which the owner was first told that an item will be reminded at a level, None for not yet."""
    days = (told.told_on for told in case.owner_told if (told.item_id, told.level_id) == (item_id, level_id))
    return min(days, default=None)


def leaves_on(told: date, plan: Plan, calendar: BusinessCalendar) -> date | None:
    """Give the first day on which what an owner was told on a day may leave; None without a sending day in sight."""
    return add_sending_days(calendar, told, plan.owner_days or 0)


def add_sending_days(calendar: BusinessCalendar, day: date, count: int) -> date | None:
    """Count sending days after `day`; None where there are not so many in sight."""
    found: date | None = day
    for _ in range(count):
        found = None if found is None else calendar.next_sending_day(found + timedelta(days=1))
    return found


def owner_first(
    case: CaseFile, item_id: str, level: Level, plan: Plan, calendar: BusinessCalendar, as_of: date, on: date
) -> Stop | None:
    """Give the stop of a reminder for the day `on` whose account owner has not known of it for long enough.

    The sending days of `calendar` are counted, the customer's own. The owner who was not told yet is told on the next
    sending day: until then plus their days nothing leaves, and a day on which that did not happen moves the stop on.
    """
    if level.before_due or not is_owned(case, plan):
        return None
    told = told_on(case, item_id, level.level_id)
    leaves = leaves_on(told or calendar.next_sending_day(as_of) or as_of, plan, calendar)
    if leaves is not None and leaves <= on:
        return None
    facts: Facts = (("cause", "owner_first"), ("owner", case.customer.owner or case.customer.owner_email))
    if told is not None:
        facts += (("told_on", told.isoformat()),)
    # Without a sending day in sight it is looked at again tomorrow.
    return Stop(reason=HoldReason.INTERVAL, until=as_of if leaves is None else leaves - timedelta(days=1), facts=facts)
