"""Taking a reminder over: which levels a person's own contact stands for, and until when the next one waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.errors import RelanceError
from engine.freshness import known_until
from engine.kinds import TAKEN, Channel, HoldReason, Purpose
from engine.model import Hold, Remind
from engine.money import Money
from engine.notices import deadline
from engine.records import Queued, QueuedLine
from engine.run import plan_customer
from engine.setup import business_time
from relance.customer_file import find_customer
from relance.finding import find_item
from relance.installation import author
from relance.stops import TargetError
from relance.wiring import setup_of

if TYPE_CHECKING:
    from datetime import date

    from engine.model import Decision
    from engine.plan import Level, Plan
    from engine.records import CaseFile, Reminder
    from relance.installation import Installation
    from state.store import Store

# A level in one of these holds has not come; it is taken over only by whom it was announced to.
_NOT_YET: Final = frozenset({HoldReason.NOT_DUE, HoldReason.DEADLINE_RUNNING})


class NothingToTakeError(RelanceError):
    """No level after the due date has come for this item or customer, so there is nothing to take over."""


class PastDayError(RelanceError):
    """The next level cannot wait until a day that is over."""


def take(
    installation: Installation,
    store: Store,
    number: str | None,
    customer_id: str | None,
    *,
    until: date | None,
    note: str,
    on: date | None,
) -> Reminder:
    """Record that a person contacts a customer in place of the levels that have come, or that they were told of.

    `until` is the last day before which no further level comes; without it, the deadline of the highest level taken.
    """
    if (number is None) is (customer_id is None):
        raise TargetError("name exactly one of NUMBER and --customer ID")
    item_id = None
    if customer_id is not None:
        company_id = find_customer(installation, store, customer_id)
    else:
        found = find_item(installation, store, number or "")
        company_id, customer_id, item_id = found.company_id, found.item.customer_id, found.item.item_id
    setup = setup_of(installation.config, installation.company(company_id))
    now = installation.clock.now()
    day = on or business_time(setup.calendar, now, None).as_of
    if until is not None and until < day:
        raise PastDayError(f"{until} is before {day}: name the last day on which nothing further is sent")
    known = known_until(store.company_state(company_id), day, now)
    planned = plan_customer(setup, store, customer_id, day, None, known)
    case, plan = planned.case, planned.plan
    lines = [
        line for one in planned.outcome.decisions if item_id in {None, one.item_id} and (line := _line(one, case, plan))
    ]
    if not lines:
        raise NothingToTakeError(f"{number or customer_id}: no level after the due date has come, nothing to take over")
    top = max((level for line in lines if (level := plan.level(line.level_id))), key=plan.levels.index)
    queued = Queued(
        customer_id=case.customer.customer_id,
        purpose=Purpose.LEVEL,
        level_id=top.level_id,
        channel=Channel.CALL,
        on=day,
        deadline_on=until or deadline(top, day, setup.calendar),
        lines=tuple(lines),
        needs_approval=False,
        occasion=TAKEN,
        approved_by=author(),
    )
    return store.take(company_id, queued, author(), note, day, now)


def _line(decision: Decision, case: CaseFile, plan: Plan) -> QueuedLine | None:
    """Give the line of an item whose level has come, or was announced to its account owner; None for all others."""
    level = plan.level(decision.level_id)
    if level is None or level.before_due or not _has_come(decision, level, case):
        return None
    item = next(one for one in case.items if one.item_id == decision.item_id)
    asked = decision.asked if isinstance(decision, Remind) else decision.held
    return QueuedLine(
        item_id=item.item_id,
        number=item.number,
        level_id=level.level_id,
        offset=level.offset,
        asked=asked if asked.minor > 0 else Money.zero(item.currency),
        balance=item.balance,
        tone=level.tone,
    )


def _has_come(decision: Decision, level: Level, case: CaseFile) -> bool:
    if not isinstance(decision, Hold) or decision.reason not in _NOT_YET:
        return True
    return any((told.item_id, told.level_id) == (decision.item_id, level.level_id) for told in case.owner_told)
