"""When the next level of an item is due: offsets, deadlines, and the levels that are dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.holds import Stop
from engine.kinds import DueSource, HoldKind, HoldReason, ReminderState
from engine.pace import USUAL
from engine.paydays import chased_from, earliest_after_pay_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import HistoryLine, OpenItem
    from engine.money import Money
    from engine.pace import Pace
    from engine.plan import Level, Plan
    from engine.records import CaseFile

# A customer needs time to receive and enter an invoice: no reminder earlier than this many days after its issue.
DAYS_AFTER_ISSUE: Final = 10

_ONE_DAY: Final = timedelta(days=1)
# What shows that the customer has heard, besides money.
_REACTIONS: Final = frozenset({HoldKind.PROMISE, HoldKind.DISPUTE, HoldKind.INSTALMENTS})
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
    """The level that an item has reached, and the first day on which it may be sent; it has been due `since`."""

    level: Level
    on: date
    facts: tuple[tuple[str, str], ...] = ()
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standpoint:
    """What an item's next level is timed by: the day the chase counts from, and the last deadline that was printed."""

    item: OpenItem
    plan: Plan
    calendar: BusinessCalendar
    as_of: date
    past: Sequence[HistoryLine]
    counts_from: date
    deadline: date | None
    by_pay_day: bool
    pace: Pace

    def reached_on(self, level: Level) -> date:
        """Give the day on which the item reaches a level by its offset, the customer's pay days and their pace."""
        return self.pace.day(self._usual(level), before_due=level.before_due)

    def pace_facts(self, level: Level) -> tuple[tuple[str, str], ...]:
        """Give what explains the day of a level where a slower pace moved it."""
        return self.pace.facts(self._usual(level), before_due=level.before_due)

    def _usual(self, level: Level) -> date:
        # A courtesy before the due date speaks of the due date, whatever day the customer pays on.
        if level.before_due or not self.by_pay_day:
            return self.item.due_on + timedelta(days=level.offset)
        return earliest_after_pay_day(self.counts_from, level.offset, self.calendar)

    def earliest(self, level: Level) -> date:
        """Give the first day on which a level may come."""
        earliest = self.reached_on(level)
        if not any(line.offset >= 0 for line in self.past):
            earliest = max(earliest, self.item.issued_on + timedelta(days=DAYS_AFTER_ISSUE))
        if self.deadline is not None:
            earliest = max(earliest, self.deadline + _ONE_DAY)
        return earliest


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


def last_reaction(item: OpenItem, case: CaseFile) -> date | None:
    """Give the day on which the customer last reacted: any payment, or a promise or dispute about the item."""
    days = [seen.paid_on for seen in case.payments if seen.amount.minor > 0 and not seen.undone]
    days += [hold.recorded_at.date() for hold in case.holds if hold.kind in _REACTIONS and hold.covers(item)]
    return max(days, default=None)


def next_step(
    item: OpenItem,
    plan: Plan,
    history: Sequence[HistoryLine],
    calendar: BusinessCalendar,
    as_of: date,
    *,
    in_chase: bool,
    age_accepted: bool,
    left: Money | None = None,
    pay_days: Sequence[int] = (),
    reacted_on: date | None = None,
    pace: Pace = USUAL,
) -> LevelDue | Stop:
    """Give the level an item has reached on a day, or why none is due.

    `in_chase` says that the customer has another open item that was reminded after its due date: courtesy mails before
    the due date would then contradict the chase. `age_accepted` says that a person released an item that was too old.
    `left` is what is left to pay after credit (the balance, where not given), `pay_days` the days of the month on which
    the customer pays, `reacted_on` the day of their last reaction, `pace` how much more slowly they are chased.
    """
    past = told(history, item)
    at = _Standpoint(
        item=item,
        plan=plan,
        calendar=calendar,
        as_of=as_of,
        past=past,
        counts_from=chased_from(item.due_on, pay_days),
        deadline=_deadline(past),
        by_pay_day=bool(pay_days),
        pace=pace,
    )
    facts = _facts(at)
    reached = max((plan.rank(line) for line in past if line.takes_level), default=-1)
    skipped: list[Level] = []
    for level in plan.levels[reached + 1 :]:
        if not level.takes(item.balance if left is None else left):
            skipped.append(level)
            continue
        if level.before_due:
            sending = calendar.next_sending_day(max(as_of, at.earliest(level)))
            if in_chase or _dropped(item, past, sending):
                continue
        return _timed(at, _in_silence(level, past, reacted_on), (*facts, *_skipped(skipped)), age_accepted=age_accepted)
    facts = (*facts, *_skipped(skipped))
    if at.deadline is not None and as_of <= at.deadline:
        return Stop(reason=HoldReason.DEADLINE_RUNNING, until=at.deadline, facts=(*facts, *_taken(past)))
    return Stop(reason=HoldReason.PLAN_FINISHED, facts=facts)


def _in_silence(level: Level, past: Sequence[HistoryLine], reacted_on: date | None) -> tuple[Level, int]:
    """Give the level by the channel it takes, and how many levels in a row the customer left unanswered (0: not silent)."""
    if level.after_silence is None:
        return level, 0
    unanswered = [
        line
        for line in past
        if line.takes_level and line.offset >= 0 and (reacted_on is None or line.sent_on > reacted_on)
    ]
    count = len({line.level_id for line in unanswered})
    if count < level.after_silence.levels:
        return level, 0
    return replace(level, channel=level.after_silence.channel), count


def _skipped(levels: Sequence[Level]) -> tuple[tuple[str, str], ...]:
    return (("skipped", ", ".join(level.level_id for level in levels)),) if levels else ()


def _deadline(past: Sequence[HistoryLine]) -> date | None:
    """Give the day for payment that the last reminder which printed one gave; no level comes before it has passed."""
    return next((line.deadline_on for line in reversed(past) if line.deadline_on is not None), None)


def _taken(past: Sequence[HistoryLine]) -> tuple[tuple[str, str], ...]:
    """Say where the deadline that runs is one that a person asked for who contacted the customer themselves."""
    taken = next((line.taken for line in reversed(past) if line.deadline_on is not None), False)
    return (("cause", "taken"),) if taken else ()


def _dropped(item: OpenItem, past: Sequence[HistoryLine], sending: date | None) -> bool:
    """Tell whether a level before the due date must not be sent any more, or not on an assumed due date."""
    return (
        item.due_source is DueSource.ASSUMED
        or any(line.offset >= 0 for line in past)
        or sending is None
        or sending >= item.due_on
    )


def _timed(
    at: _Standpoint, chosen: tuple[Level, int], facts: tuple[tuple[str, str], ...], *, age_accepted: bool
) -> LevelDue | Stop:
    (level, unanswered), item = chosen, at.item
    facts = (*facts, ("level", level.level_id), *at.pace_facts(level))
    earliest = at.earliest(level)
    if at.as_of < earliest:
        waits_only_for_deadline = (
            at.deadline is not None and at.as_of <= at.deadline and earliest == at.deadline + _ONE_DAY
        )
        if waits_only_for_deadline and at.as_of >= at.reached_on(level):
            return Stop(reason=HoldReason.DEADLINE_RUNNING, until=at.deadline, facts=(*facts, *_taken(at.past)))
        return Stop(reason=HoldReason.NOT_DUE, until=earliest, facts=facts)
    if not at.past and not age_accepted and item.days_late(at.as_of) > at.plan.ask_after_days_late:
        return Stop(reason=HoldReason.TOO_OLD, facts=(*facts, ("limit", str(at.plan.ask_after_days_late))))
    if level.is_formal and item.due_source is DueSource.ASSUMED:
        return Stop(reason=HoldReason.DUE_DATE_ASSUMED, facts=facts)
    on = at.calendar.next_sending_day(at.as_of)
    if on is None:
        return Stop(reason=HoldReason.CLOSED_PERIOD, until=at.calendar.closed_until(at.as_of), facts=facts)
    preferred = at.calendar.preferred_day(on)
    if preferred != on and not (level.before_due and preferred >= item.due_on):
        facts, on = (*facts, ("preferred", preferred.isoformat())), preferred
    if unanswered:
        facts = (*facts, ("unanswered", str(unanswered)))
    return LevelDue(level=level, on=on, facts=facts, since=earliest)


def _facts(at: _Standpoint) -> tuple[tuple[str, str], ...]:
    item, past = at.item, at.past
    facts: tuple[tuple[str, str], ...] = (
        ("due_on", item.due_on.isoformat()),
        ("due_source", item.due_source.value),
        ("days_late", str(item.days_late(at.as_of))),
        ("balance", f"{item.balance} {item.currency}"),
    )
    if at.by_pay_day:
        facts += (("pay_day", at.counts_from.isoformat()),)
    if past:
        last = past[-1]
        facts += (
            ("last_level", last.level_id if last.takes_level else "extra"),
            ("last_sent", last.sent_on.isoformat()),
        )
        if at.deadline is not None:
            facts += (("deadline", at.deadline.isoformat()),)
    return facts
