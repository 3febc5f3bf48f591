"""When the next level of an item is due: offsets, deadlines, and the levels that are dropped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.holds import Stop
from engine.model import DueSource, HoldReason, ReminderState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import HistoryLine, OpenItem
    from engine.plan import Level, Plan

# A customer needs time to receive and enter an invoice: no reminder earlier than this many days after its issue.
DAYS_AFTER_ISSUE: Final = 10

_ONE_DAY: Final = timedelta(days=1)
# A level in one of these states has been used; `cancelled` reaches history only for a level that a person skipped.
_USED: Final = frozenset(
    {
        ReminderState.SENT,
        ReminderState.UNCERTAIN,
        ReminderState.HANDING_OVER,
        ReminderState.CLAIMED,
        ReminderState.CANCELLED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelDue:
    """The level that an item has reached, and the first day on which it may be sent."""

    level: Level
    on: date
    facts: tuple[tuple[str, str], ...] = ()


def told(history: Sequence[HistoryLine], item: OpenItem) -> list[HistoryLine]:
    """List the reminders of an item that have left or may have, extra ones too, in the order of their days."""
    return sorted(
        (line for line in history if line.item_id == item.item_id and line.state in _USED),
        key=lambda line: (line.sent_on, line.offset, line.reminder_id),
    )


def used(history: Sequence[HistoryLine], item: OpenItem) -> list[HistoryLine]:
    """List the levels of an item that have been used, in the order of their days."""
    return [line for line in told(history, item) if line.takes_level]


def reminded_after_due(history: Sequence[HistoryLine], item: OpenItem) -> bool:
    """Tell whether an item was reminded at a level after its due date."""
    return any(line.offset >= 0 for line in told(history, item))


def under_way(history: Sequence[HistoryLine], item: OpenItem) -> Stop | None:
    """Give the stop of an item whose last reminder is not finished: waiting for a person, failed, or of unknown outcome."""
    for line in sorted(history, key=lambda line: (line.sent_on, line.reminder_id), reverse=True):
        if line.item_id != item.item_id:
            continue
        facts = (("reminder", line.reminder_id), ("level", line.level_id))
        if line.state is ReminderState.AWAITING_APPROVAL or (line.state is ReminderState.PLANNED and line.approved):
            return Stop(reason=HoldReason.AWAITING_APPROVAL, facts=facts)
        if line.state is ReminderState.FAILED:
            return Stop(reason=HoldReason.ADDRESS_FAILED, facts=facts)
        if line.state in {ReminderState.UNCERTAIN, ReminderState.HANDING_OVER}:
            return Stop(reason=HoldReason.HOLD, facts=(("cause", "uncertain_reminder"), *facts))
    return None


def next_step(
    item: OpenItem,
    plan: Plan,
    history: Sequence[HistoryLine],
    calendar: BusinessCalendar,
    as_of: date,
    *,
    in_chase: bool,
    age_accepted: bool,
) -> LevelDue | Stop:
    """Give the level an item has reached on a day, or why none is due.

    `in_chase` says that the customer has another open item that was reminded after its due date: courtesy mails before
    the due date would then contradict the chase. `age_accepted` says that a person released an item that was too old.
    """
    past = told(history, item)
    facts = _facts(item, past, as_of)
    reached = max((plan.rank(line) for line in past if line.takes_level), default=-1)
    deadline = _deadline(past)
    for level in plan.levels[reached + 1 :]:
        earliest = _earliest(item, level, deadline=deadline, first=not reminded_after_due(history, item))
        if level.before_due:
            sending = calendar.next_sending_day(max(as_of, earliest))
            if in_chase or _dropped(item, past, sending):
                continue
        return _timed(item, level, earliest, deadline, calendar, as_of, plan, past, facts, age_accepted=age_accepted)
    if deadline is not None and as_of <= deadline:
        return Stop(reason=HoldReason.DEADLINE_RUNNING, until=deadline, facts=facts)
    return Stop(reason=HoldReason.PLAN_FINISHED, facts=facts)


def _deadline(past: Sequence[HistoryLine]) -> date | None:
    """Give the day for payment that the last reminder which printed one gave; no level comes before it has passed."""
    return next((line.deadline_on for line in reversed(past) if line.deadline_on is not None), None)


def _earliest(item: OpenItem, level: Level, *, deadline: date | None, first: bool) -> date:
    earliest = item.due_on + timedelta(days=level.offset)
    if first:
        earliest = max(earliest, item.issued_on + timedelta(days=DAYS_AFTER_ISSUE))
    if deadline is not None:
        earliest = max(earliest, deadline + _ONE_DAY)
    return earliest


def _dropped(item: OpenItem, past: Sequence[HistoryLine], sending: date | None) -> bool:
    """Tell whether a level before the due date must not be sent any more, or not on an assumed due date."""
    return (
        item.due_source is DueSource.ASSUMED
        or any(line.offset >= 0 for line in past)
        or sending is None
        or sending >= item.due_on
    )


def _timed(
    item: OpenItem,
    level: Level,
    earliest: date,
    deadline: date | None,
    calendar: BusinessCalendar,
    as_of: date,
    plan: Plan,
    past: Sequence[HistoryLine],
    facts: tuple[tuple[str, str], ...],
    *,
    age_accepted: bool,
) -> LevelDue | Stop:
    facts = (*facts, ("level", level.level_id))
    if as_of < earliest:
        waits_only_for_deadline = deadline is not None and as_of <= deadline and earliest == deadline + _ONE_DAY
        if waits_only_for_deadline and as_of >= item.due_on + timedelta(days=level.offset):
            return Stop(reason=HoldReason.DEADLINE_RUNNING, until=deadline, facts=facts)
        return Stop(reason=HoldReason.NOT_DUE, until=earliest, facts=facts)
    if not past and not age_accepted and item.days_late(as_of) > plan.ask_after_days_late:
        return Stop(reason=HoldReason.TOO_OLD, facts=(*facts, ("limit", str(plan.ask_after_days_late))))
    if level.is_formal and item.due_source is DueSource.ASSUMED:
        return Stop(reason=HoldReason.DUE_DATE_ASSUMED, facts=facts)
    on = calendar.next_sending_day(as_of)
    if on is None:
        return Stop(reason=HoldReason.CLOSED_PERIOD, facts=facts)
    return LevelDue(level=level, on=on, facts=facts)


def _facts(item: OpenItem, past: Sequence[HistoryLine], as_of: date) -> tuple[tuple[str, str], ...]:
    facts: tuple[tuple[str, str], ...] = (
        ("due_on", item.due_on.isoformat()),
        ("due_source", item.due_source.value),
        ("days_late", str(item.days_late(as_of))),
        ("balance", f"{item.balance} {item.currency}"),
    )
    if past:
        last = past[-1]
        facts += (
            ("last_level", last.level_id if last.takes_level else "extra"),
            ("last_sent", last.sent_on.isoformat()),
        )
        deadline = _deadline(past)
        if deadline is not None:
            facts += (("deadline", deadline.isoformat()),)
    return facts
