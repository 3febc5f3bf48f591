"""A plan replayed over the past: which reminders it would have sent, day by day, on what was known each day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.decide import decide, next_action_on
from engine.holds import with_promises_judged
from engine.kinds import DueSource, ItemKind, ReminderState
from engine.model import HistoryLine
from engine.records import CaseFile
from engine.standing import LATE_WINDOW_DAYS, DaysLate, standing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from engine.calendar import BusinessCalendar
    from engine.model import Customer, Notice
    from engine.past import Past
    from engine.plan import Plan
    from engine.standing import Standing

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A notice that the plan would have sent; `after_payment` are the items that had been paid whole before that day."""

    notice: Notice
    after_payment: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Backtest:
    """What a plan would have done: notices in all, those that would have reached a customer after a payment, and how they spread.

    `per_level` counts notices by the level they speak at, `per_day` by their day, `per_channel` by how they go.
    """

    first: date
    last: date
    reminders: int = 0
    after_payment: int = 0
    per_level: Counter[str] = field(default_factory=Counter)
    per_channel: Counter[str] = field(default_factory=Counter)
    per_day: Counter[date] = field(default_factory=Counter)

    def count(self, sent: Replayed) -> None:
        """Count one notice."""
        self.reminders += 1
        self.after_payment += bool(sent.after_payment)
        self.per_level[sent.notice.level_id] += 1
        self.per_channel[sent.notice.channel.value] += 1
        self.per_day[sent.notice.on] += 1


def backtest(
    pasts: Iterable[Past],
    plan_of: Callable[[Customer, Standing], Plan],
    calendar_for: Callable[[Customer], BusinessCalendar],
    first: date,
    last: date,
) -> Backtest:
    """Replay a plan over the days from `first` to `last`, both included, and count what it would have sent.

    Every reminder is taken as approved and sent on its day, by a company that may send; what a person recorded stood
    when it really stood, and rules chose the plan by how the customer stood that day. Notices are not spread over days,
    so that the busiest ones show. Nothing that the reminders would have changed is guessed: money came when it came.
    """
    found = Backtest(first=first, last=last)
    for past in pasts:
        for sent in replay(past, plan_of, calendar_for(past.customer), first, last):
            found.count(sent)
    return found


def replay(
    past: Past, plan_of: Callable[[Customer, Standing], Plan], calendar: BusinessCalendar, first: date, last: date
) -> Iterator[Replayed]:
    """Give the notices that a plan would have sent to one customer, in the order of their days.

    A day on which nothing is due and nothing changes is passed over.
    """
    changes = sorted(_changes(past))
    history: list[HistoryLine] = []
    contact: date | None = None
    day = first
    while day <= last:
        following = next((change for change in changes if change > day), None)
        case = _case(past, history, contact, day)
        if case.items:
            plan = plan_of(past.customer, standing_of(case.items, day, days_late(past, day)))
            judged = replace(case, holds=with_promises_judged(case.holds, case.items, plan, calendar, day, day))
            outcome = decide(judged, plan, calendar, day)
            sent = [notice for notice in outcome.notices if notice.on == day]
            for notice in sent:
                contact = day
                history += _lines(notice, plan, len(history))
                yield Replayed(notice=notice, after_payment=_paid_before(past, notice, day))
            actions = [next_action_on(decision) for decision in outcome.decisions]
            following = min([one for one in (*actions, following) if one is not None and one > day], default=None)
            if sent or any(action is not None and action <= day for action in actions):
                following = day + _ONE_DAY
        if following is None:
            return
        day = following


def days_late(past: Past, day: date) -> DaysLate:
    """Add up how late a customer had settled the invoices of the year before a day, as the books told it then."""
    settled = [
        (one.settled_on(), one.item.due_on)
        for one in past.items
        if one.item.kind is ItemKind.INVOICE and one.item.due_source is not DueSource.ASSUMED and one.is_settled(day)
    ]
    since = day - timedelta(days=LATE_WINDOW_DAYS)
    counted = [(paid_on, due_on) for paid_on, due_on in settled if paid_on is not None and since <= paid_on <= day]
    return DaysLate(
        invoices=len(counted),
        days=sum((paid_on - due_on).days for paid_on, due_on in counted),
        oldest_on=min((paid_on for paid_on, _ in counted), default=None),
    )


def _changes(past: Past) -> Iterator[date]:
    for one in past.items:
        yield one.item.issued_on
        # A rule may look at what is overdue.
        yield one.item.due_on + _ONE_DAY
        yield from (fall.known_on for fall in one.falls)
    for hold in past.holds:
        yield hold.first
        if hold.last is not None:
            yield hold.last + _ONE_DAY


def _case(past: Past, history: Sequence[HistoryLine], contact: date | None, day: date) -> CaseFile:
    items = tuple(item for one in past.items if (item := one.known(day)) is not None)
    holds = tuple(hold.record for hold in past.holds if hold.first <= day and (hold.last is None or day <= hold.last))
    return CaseFile(
        customer=past.customer,
        items=items,
        history=tuple(line for line in history if any(line.item_id == item.item_id for item in items)),
        holds=holds,
        last_contact_on=contact,
        # The past is replayed as by a company that had the tool all along: nothing had to wait for a first look.
        age_accepted=frozenset(item.item_id for item in items),
    )


def _lines(notice: Notice, plan: Plan, number: int) -> list[HistoryLine]:
    offsets = {level.level_id: level.offset for level in plan.levels}
    return [
        HistoryLine(
            item_id=line.item.item_id,
            level_id=line.level_id,
            offset=offsets[line.level_id],
            channel=notice.channel,
            state=ReminderState.SENT,
            sent_on=notice.on,
            deadline_on=notice.deadline_on,
            reminder_id=f"replayed-{number:06}",
        )
        for line in notice.lines
    ]


def _paid_before(past: Past, notice: Notice, day: date) -> tuple[str, ...]:
    asked = {line.item.item_id for line in notice.lines}
    return tuple(one.item.number for one in past.items if one.item.item_id in asked and one.really_left(day).minor <= 0)
