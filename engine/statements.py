"""Statements of account: on demand, and once a month to the customers who have something open."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.holds import stopped_by
from engine.kinds import Channel, HoldReason, Purpose
from engine.money import totals
from engine.records import Queued
from engine.telling import addressee, on_statement, told_lines

if TYPE_CHECKING:
    from engine.calendar import BusinessCalendar
    from engine.records import CaseFile
    from engine.setup import Statements

# A statement that an outage delayed still leaves for this long; after it, the month goes without.
_LATE_DAYS: Final = 6
# Whom a customer's statement would come at the wrong time, or from the wrong hand: nobody writes to them unasked.
_SILENT: Final = frozenset(
    {
        HoldReason.DO_NOT_CONTACT,
        HoldReason.INSOLVENCY,
        HoldReason.HANDED_OVER,
        HoldReason.FACTORED,
        HoldReason.INTERCOMPANY,
        HoldReason.DIRECT_DEBIT,
        HoldReason.COLLECTING,
        HoldReason.HOLD,
        HoldReason.UNSEEN,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A round of statements that is due: the month it is for, and the day on which it was to leave."""

    month: str
    day: date


def due_round(settings: Statements, calendar: BusinessCalendar, as_of: date) -> Due | None:
    """Give the round of statements that leaves on a day, None for none."""
    if not calendar.is_sending_day(as_of):
        return None
    last_month = as_of.replace(day=1) - timedelta(days=1)
    for month in (as_of, last_month):
        nominal = month.replace(day=min(settings.day, monthrange(month.year, month.month)[1]))
        day = calendar.next_sending_day(nominal)
        if day is not None and nominal <= as_of and day <= as_of <= day + timedelta(days=_LATE_DAYS):
            return Due(month=f"{nominal:%Y-%m}", day=day)
    return None


def is_wanted(case: CaseFile, settings: Statements, calendar: BusinessCalendar, due: Due, as_of: date) -> bool:
    """Tell whether a customer gets the round's statement: something open then, enough of it, and nothing against it."""
    invoices = [item for item in case.items if item.balance.minor > 0 and item.issued_on <= due.day]
    counted = [item for item in invoices if item.due_on < due.day or not settings.only_overdue]
    enough = any(settings.min_balance <= total.amount for total in totals([item.balance for item in counted]).values())
    return bool(counted) and enough and may_be_told(case, calendar, as_of)


def may_be_told(case: CaseFile, calendar: BusinessCalendar, as_of: date) -> bool:
    """Tell whether a customer may be sent a statement that they did not ask for."""
    if addressee(case.customer) is None or case.customer.do_not_contact:
        return False
    stops = [stopped_by(item, case, calendar, as_of) for item in case.items if item.balance.minor > 0]
    return not any(stop is not None and stop.reason in _SILENT for stop in stops)


def statement(
    case: CaseFile,
    on: date,
    occasion: str,
    *,
    needs_approval: bool,
    rehearsal: bool,
    approved_by: str = "",
) -> Queued:
    """Give a customer's statement as a mail to write into the outbox."""
    return Queued(
        customer_id=case.customer.customer_id,
        purpose=Purpose.STATEMENT,
        level_id=Purpose.STATEMENT.value,
        channel=Channel.EMAIL,
        on=on,
        deadline_on=None,
        lines=told_lines(Purpose.STATEMENT, on_statement(case.items)),
        needs_approval=needs_approval,
        occasion=occasion,
        rehearsal=rehearsal,
        approved_by=approved_by,
    )
