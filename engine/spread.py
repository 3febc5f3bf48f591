"""Spreading: no more than so many notices of a company a day, the longest waiting first, and fewer in its first days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.kinds import HoldReason
from engine.model import Hold, Remind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.model import CustomerOutcome, Decision, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How many notices may leave on a company's first day of use, and by how many more on each day after it."""

    start: int
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How many notices of a company may leave in a day: `per_day`, and while it is young no more than its ramp says."""

    per_day: int | None = None
    ramp: Ramp | None = None

    def limit(self, days_of_use: int) -> int | None:
        """Give how many may leave on a day before which reminders left on `days_of_use` other days; None for no limit."""
        limits = [self.per_day] if self.per_day is not None else []
        if self.ramp is not None:
            limits.append(self.ramp.start + self.ramp.step * days_of_use)
        return min(limits, default=None)


def spread(outcomes: Sequence[CustomerOutcome], as_of: date, *, limit: int, taken: int) -> tuple[CustomerOutcome, ...]:
    """Hold what goes beyond a day's limit; `taken` of it are gone already or cannot be called back.

    The notices whose lines have waited longest come first, then the firmer ones, then those with the oldest due date:
    what is held today stands further ahead tomorrow, so nothing waits for ever. Everything else is left as it is.
    """
    today = [
        (_turn(notice), place, notice)
        for place, outcome in enumerate(outcomes)
        for notice in outcome.notices
        if notice.on == as_of
    ]
    today.sort(key=lambda one: one[0])
    free = max(limit - taken, 0)
    held: dict[int, dict[int, int]] = {}
    for ahead, (_, place, notice) in enumerate(today[free:], start=taken + free):
        held.setdefault(place, {})[id(notice)] = ahead
    return tuple(
        _without(outcome, held[place], limit) if place in held else outcome for place, outcome in enumerate(outcomes)
    )


def _turn(notice: Notice) -> tuple[date, int, date, str, str]:
    """Order notices: the longest due first, then the firmer level, the older due date, and last the customer."""
    return (
        notice.due_since or notice.on,
        -notice.offset,
        min(line.item.due_on for line in notice.lines),
        notice.customer_id,
        min(line.item.item_id for line in notice.lines),
    )


def _without(outcome: CustomerOutcome, held: dict[int, int], limit: int) -> CustomerOutcome:
    waiting = {
        line.item.item_id: held[id(notice)] for notice in outcome.notices if id(notice) in held for line in notice.lines
    }
    return replace(
        outcome,
        decisions=tuple(_held(one, waiting, limit) for one in outcome.decisions),
        notices=tuple(notice for notice in outcome.notices if id(notice) not in held),
    )


def _held(decision: Decision, waiting: dict[str, int], limit: int) -> Decision:
    if not isinstance(decision, Remind) or decision.item_id not in waiting:
        return decision
    return Hold(
        item_id=decision.item_id,
        reason=HoldReason.CAP_REACHED,
        until=None,
        held=decision.asked,
        covered=decision.covered,
        level_id=decision.level_id,
        channel=decision.channel,
        facts=(
            *decision.facts,
            ("cause", "company"),
            ("per_day", str(limit)),
            ("ahead", str(waiting[decision.item_id])),
        ),
    )
