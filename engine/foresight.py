"""What will leave in some sending days, if nothing changes until then: the days between are lived through in advance."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.decide import decide
from engine.digest import Foreseen
from engine.kinds import ReminderState
from engine.model import HistoryLine, OwnerTold
from engine.owner_first import add_sending_days, is_owned, told_on

if TYPE_CHECKING:
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import CompanyBlock, Notice
    from engine.plan import Plan
    from engine.records import CaseFile

# What is planned or waits for a person has not left: it is foreseen like everything else.
_NOT_LEFT: Final = frozenset({ReminderState.PLANNED, ReminderState.AWAITING_APPROVAL})


def horizon(plan: Plan, calendar: BusinessCalendar, as_of: date) -> date | None:
    """Give the day whose reminders an account owner is told of on a day; None where no owner is told first.

    A customer's own calendar gives their day, the company's the usual one.
    """
    return None if plan.owner_days is None else add_sending_days(calendar, as_of, plan.owner_days)


def foreseen(
    case: CaseFile, plan: Plan, calendar: BusinessCalendar, as_of: date, block: CompanyBlock | None
) -> tuple[Foreseen, ...]:
    """Give the notices after the due date of one customer that leave on the horizon and that hold a line untold so far.

    `calendar` is the customer's own, as for deciding. The days up to it are decided one after the other as if their notices had left, and as if the owner were told today
    of everything they do not know yet: that is what telling them today brings about.
    """
    last = horizon(plan, calendar, as_of)
    if last is None or not is_owned(case, plan):
        return ()
    untold = frozenset(
        (item.item_id, level.level_id)
        for item in case.items
        for level in plan.levels
        if not level.before_due and told_on(case, item.item_id, level.level_id) is None
    )
    assumed = tuple(OwnerTold(item_id=item, level_id=level, told_on=as_of) for item, level in sorted(untold))
    left = tuple(line for line in case.history if line.state not in _NOT_LEFT)
    lived = replace(case, history=left, owner_told=(*case.owner_told, *assumed))
    day = as_of
    while day < last:
        for notice in decide(lived, plan, calendar, day, block).notices:
            if notice.on == day:
                lived = _after(lived, notice, plan)
        day += timedelta(days=1)
    leaving = [notice for notice in decide(lived, plan, calendar, last, block).notices if notice.on == last]
    found = [
        Foreseen(
            customer=case.customer,
            notice=notice,
            history=case.history,
            untold=untold & {(line.item.item_id, line.level_id) for line in notice.lines},
        )
        for notice in leaving
    ]
    return tuple(one for one in found if one.untold)


def _after(case: CaseFile, notice: Notice, plan: Plan) -> CaseFile:
    """Give the customer's file once a notice has left, or waits for its approval."""
    offsets = {level.level_id: level.offset for level in plan.levels}
    state = ReminderState.AWAITING_APPROVAL if notice.needs_approval else ReminderState.SENT
    lines = tuple(
        HistoryLine(
            item_id=line.item.item_id,
            level_id=line.level_id,
            offset=offsets[line.level_id],
            channel=notice.channel,
            state=state,
            sent_on=notice.on,
            deadline_on=notice.deadline_on,
            reminder_id=f"foreseen {notice.on} {notice.level_id}",
        )
        for line in notice.lines
    )
    contact = case.last_contact_on if notice.needs_approval else notice.on
    return replace(case, history=(*case.history, *lines), last_contact_on=contact)
