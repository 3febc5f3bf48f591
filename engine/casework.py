"""Small steps shared by planning and sending: a customer's file made ready, a notice made into outbox lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.holds import with_promises_judged
from engine.instalments import with_instalments_judged
from engine.kinds import Purpose
from engine.records import Queued, QueuedLine

if TYPE_CHECKING:
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import Notice
    from engine.plan import Plan
    from engine.records import CaseFile


def judged(case: CaseFile, plan: Plan, calendar: BusinessCalendar, as_of: date, known_until: date) -> CaseFile:
    """Give a customer's file with every promise and plan judged that can be on books known until a day."""
    case = replace(case, holds=with_promises_judged(case.holds, case.items, plan, calendar, as_of, known_until))
    return replace(case, holds=with_instalments_judged(case, plan, calendar, as_of, known_until))


def without_reminder(case: CaseFile, reminder_id: str) -> CaseFile:
    """Give a customer's file as it would be had this reminder never been planned."""
    return replace(case, history=tuple(line for line in case.history if line.reminder_id != reminder_id))


def queued_lines(notice: Notice, plan: Plan) -> tuple[QueuedLine, ...]:
    """Give the lines of a notice as the outbox keeps them."""
    levels = {level.level_id: level for level in plan.levels}
    return tuple(
        QueuedLine(
            item_id=line.item.item_id,
            number=line.item.number,
            level_id=line.level_id,
            offset=levels[line.level_id].offset,
            asked=line.asked,
            balance=line.item.balance,
            tone=levels[line.level_id].tone,
        )
        for line in notice.lines
    )


def queued(notice: Notice, plan: Plan, *, approve_all: bool, rehearsal: bool) -> Queued:
    """Give a level's notice as a reminder to write into the outbox."""
    return Queued(
        customer_id=notice.customer_id,
        purpose=Purpose.LEVEL,
        level_id=notice.level_id,
        channel=notice.channel,
        on=notice.on,
        deadline_on=notice.deadline_on,
        lines=queued_lines(notice, plan),
        needs_approval=approve_all or notice.needs_approval,
        rehearsal=rehearsal,
    )
