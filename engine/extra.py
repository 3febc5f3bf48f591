"""An extra reminder that a person asks for now: it takes no level, and counts as a contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.credits import allocate, is_claim
from engine.holds import Stop, contested, still_contested, stopped_by
from engine.kinds import DueSource, HoldReason
from engine.notices import Due, build, recipient
from engine.offsets import LevelDue, under_way, used

if TYPE_CHECKING:
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import CompanyBlock, Notice, OpenItem
    from engine.plan import Level, Plan
    from engine.records import CaseFile


def extra_notice(
    case: CaseFile, plan: Plan, calendar: BusinessCalendar, as_of: date, item_id: str, block: CompanyBlock | None
) -> Notice | Stop:
    """Give the notice of an extra reminder: the words of the item's last level (the first one after the due date where none was sent).

    Neither offset, deadline nor gap stands in its way, since a person asks; everything that stops the chasing does.
    """
    item = next((one for one in case.items if one.item_id == item_id and is_claim(one)), None)
    if item is None:
        return Stop(reason=HoldReason.COVERED_BY_CREDIT)
    stop = stopped_by(item, case, calendar, as_of) or under_way(case.history, item)
    if stop is not None:
        return stop
    if block is not None:
        return Stop(reason=block.reason)
    allocation = allocate(case.items, contested(case.holds, case.items, as_of))
    if allocation.asked(item).minor <= 0:
        return still_contested(item, case, calendar, as_of) or Stop(reason=HoldReason.COVERED_BY_CREDIT)
    allocation.use_receipts(item)
    if allocation.asked(item).minor <= 0:
        return Stop(reason=HoldReason.PAYMENT_TO_ALLOCATE)
    level = _level(item, plan, case)
    if level is None:
        return Stop(reason=HoldReason.PLAN_FINISHED)
    to = recipient(level, case.customer)
    if isinstance(to, Stop):
        return to
    on = calendar.next_sending_day(as_of)
    if on is None:
        return Stop(reason=HoldReason.CLOSED_PERIOD)
    return build([Due(item=item, step=LevelDue(level=level, on=on))], to, case, allocation, plan, calendar)


def _level(item: OpenItem, plan: Plan, case: CaseFile) -> Level | None:
    """Give the last level sent that is a mail and no formal notice; a person repeats a reminder, not a summons."""
    usable = [level for level in plan.levels if not level.is_formal and not level.before_due]
    past = used(case.history, item)
    sent = {line.level_id for line in past}
    if item.due_source is DueSource.ASSUMED:
        usable = usable[:1] + [level for level in usable[1:] if level.level_id in sent]
    reached = [level for level in usable if level.level_id in sent]
    return reached[-1] if reached else next(iter(usable), None)
