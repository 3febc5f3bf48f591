"""The decision: for every open item of one customer on one day, remind or hold, with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.credits import allocate, is_claim, oldest_first
from engine.holds import Stop, contested, contested_until, still_contested, stopped_by
from engine.kinds import HoldReason, ItemKind
from engine.model import CustomerOutcome, Hold, Remind
from engine.money import Money
from engine.notices import (
    Due,
    below_minimum,
    build,
    capped,
    groups,
    highest_level,
    interval,
    recipient,
    sending_day,
    told_besides,
    without_covered_by_receipts,
)
from engine.offsets import LevelDue, last_reaction, next_step, reminded_after_due, under_way
from engine.owner_first import owner_first
from engine.pace import pace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.calendar import BusinessCalendar
    from engine.credits import Allocation
    from engine.model import CompanyBlock, Decision, HistoryLine, Notice, OpenItem
    from engine.plan import Plan
    from engine.records import CaseFile

# Reasons that end without any change of the item: they are looked at again at every run.
_LOOK_AGAIN: Final = frozenset(
    {
        HoldReason.STALE_BOOKS,
        HoldReason.QUARANTINED,
        HoldReason.MODE_OFF,
        HoldReason.BACKLOG_NOT_ACCEPTED,
        HoldReason.CAP_REACHED,
        HoldReason.COLLECTING,
    }
)
_EVERY_RUN: Final = date.min
_IN_ANOTHER_NOTICE: Final = Stop(reason=HoldReason.INTERVAL, facts=(("cause", "another_notice"),))


def decide(
    case: CaseFile,
    plan: Plan,
    calendar: BusinessCalendar,
    as_of: date,
    block: CompanyBlock | None = None,
    *,
    only: frozenset[str] | None = None,
) -> CustomerOutcome:
    """Decide every open item of a customer on a day, and group what is asked into notices.

    Pure: the same arguments give the same answer, however often and in whatever order it is asked. `block` says why the
    company as a whole may not send; it turns what would be asked into a hold and leaves every other reason as it is.
    Promises in `case.holds` are taken as they stand: judge them first with `engine.holds.with_promises_judged`. `only`
    keeps a notice that is about to leave to the items it was planned for; the rest of the customer's account still
    counts for credit, gap and chase.
    """
    return _Desk(case, plan, calendar, as_of, block).outcome(only)


def next_action_on(decision: Decision) -> date | None:
    """Give the first day on which a decision may change with no change in its inputs; None when only a change can.

    The smallest date stands for "look again at every run".
    """
    if isinstance(decision, Remind):
        return decision.on
    by_the_day = decision.reason is HoldReason.CAP_REACHED and decision.until is not None
    if decision.reason in _LOOK_AGAIN and not by_the_day:
        return _EVERY_RUN
    if decision.until is None:
        return None
    return decision.until if decision.reason is HoldReason.NOT_DUE else decision.until + timedelta(days=1)


class _Desk:
    """One customer's file on the desk for one day; each step narrows what is asked."""

    def __init__(
        self, case: CaseFile, plan: Plan, calendar: BusinessCalendar, as_of: date, block: CompanyBlock | None
    ) -> None:
        self.case, self.plan, self.calendar, self.as_of, self.block = case, plan, calendar, as_of, block
        self.items = sorted(case.items, key=oldest_first)
        # A customer may have thousands of items: what is told of one is found once, not once for every other.
        self.history: dict[str, list[HistoryLine]] = {}
        for line in case.history:
            self.history.setdefault(line.item_id, []).append(line)
        self.chased = {i.item_id for i in self.items if is_claim(i) and reminded_after_due(self._history(i), i)}
        self.owed = _owed(self.items)
        self.allocation: Allocation = allocate(self.items, contested(case.holds, self.items, as_of))
        self.verdicts: dict[str, Decision] = {}
        self.notices: list[Notice] = []
        self.contact_on = case.last_contact_on
        self.contact_days = list(case.contact_days)

    def outcome(self, only: frozenset[str] | None) -> CustomerOutcome:
        due = [one for item in self.items if (one := self._item(item)) is not None]
        if only is not None:
            self._hold_all([one for one in due if one.item.item_id not in only], _IN_ANOTHER_NOTICE)
            due = [one for one in due if one.item.item_id in only]
        for group in groups(due, self.plan):
            self._group(group)
        return CustomerOutcome(
            customer_id=self.case.customer.customer_id,
            decisions=tuple(self.verdicts[item.item_id] for item in self.items),
            notices=tuple(self.notices),
            recheck_on=contested_until(self.case.holds, self.items, self.as_of),
        )

    def _item(self, item: OpenItem) -> Due | None:
        """Decide what the item alone decides; return it when it has reached a level."""
        if not is_claim(item):
            self._hold_credit(item)
            return None
        stop = stopped_by(item, self.case, self.calendar, self.as_of)
        stop = stop or under_way(self._history(item), item) or self._covered(item)
        if stop is None:
            step = next_step(
                item,
                self.plan,
                self._history(item),
                self.calendar,
                self.as_of,
                in_chase=self._others_in_chase(item),
                age_accepted=item.item_id in self.case.age_accepted,
                left=self.allocation.left(item),
                pay_days=self.case.customer.pay_days,
                reacted_on=last_reaction(item, self.case),
                pace=pace_of(self.case.customer),
            )
            if isinstance(step, LevelDue):
                return Due(item=item, step=step)
            stop = step
        self._hold(item, stop)
        return None

    def _covered(self, item: OpenItem) -> Stop | None:
        # Where credit notes outweigh all that is owed in a currency, the customer is never written to.
        if self.allocation.asked(item).minor > 0 and self.owed[item.currency] > 0:
            return None
        if self.allocation.disputed(item).minor > 0:
            return still_contested(item, self.case, self.calendar, self.as_of)
        credits_used = self.allocation.used.get(item.item_id, ())
        numbers = ", ".join(dict.fromkeys(line.item.number for line in credits_used))
        facts = (("credits", numbers),) if numbers else ()
        return Stop(reason=HoldReason.COVERED_BY_CREDIT, facts=facts)

    def _history(self, item: OpenItem) -> Sequence[HistoryLine]:
        return self.history.get(item.item_id, ())

    def _others_in_chase(self, item: OpenItem) -> bool:
        return len(self.chased) > (item.item_id in self.chased)

    def _group(self, group: list[Due]) -> None:
        """Apply the rules of the whole notice, and write it down when something is left to ask."""
        level = highest_level(group, self.plan)
        if level.is_formal and self.allocation.has_unallocated:
            return self._hold_all(group, Stop(reason=HoldReason.PAYMENT_TO_ALLOCATE, facts=(("cause", "formal"),)))
        asked, covered = without_covered_by_receipts(group, self.allocation)
        self._hold_all(covered, Stop(reason=HoldReason.PAYMENT_TO_ALLOCATE))
        small = below_minimum(asked, self.allocation, self.plan)
        self._hold_all(small, Stop(reason=HoldReason.BELOW_MINIMUM, facts=(("minimum", f"{self.plan.min_balance}"),)))
        too_small = {one.item.item_id for one in small}
        asked = [one for one in asked if one.item.item_id not in too_small]
        if not asked:
            return None
        to = recipient(highest_level(asked, self.plan), self.case.customer)
        if isinstance(to, Stop):
            return self._hold_all(asked, to)
        on = sending_day(asked)
        too_soon = interval(on, self.contact_on, self.plan) or capped(on, self.contact_days, self.plan)
        if too_soon is not None:
            return self._hold_all(asked, too_soon)
        if self.block is not None:
            facts = (("detail", self.block.detail),) if self.block.detail else ()
            return self._hold_all(asked, Stop(reason=self.block.reason, facts=facts))
        asked = self._known_to_owner(asked, on)
        if not asked:
            return None
        on = sending_day(asked)
        # What a person must still approve has not reached the customer, so it does not keep the others waiting.
        notice = build(asked, to, self.case, self.allocation, self.plan, self.calendar)
        if not notice.needs_approval:
            self.contact_on = on
            self.contact_days.append(on)
        self.notices.append(notice)
        for one in asked:
            self._remind(one, on)
        return None

    def _known_to_owner(self, asked: list[Due], on: date) -> list[Due]:
        """Hold what the customer's account owner has not known of for long enough; what is left asks enough, or waits."""
        left: list[Due] = []
        for one in asked:
            stop = owner_first(self.case, one.item.item_id, one.level, self.plan, self.calendar, self.as_of, on)
            if stop is None:
                left.append(one)
            else:
                self._hold(one.item, replace(stop, facts=(*one.step.facts, *stop.facts)), one)
        if len(left) == len(asked):
            return left
        small = below_minimum(left, self.allocation, self.plan)
        self._hold_all(small, Stop(reason=HoldReason.BELOW_MINIMUM, facts=(("minimum", f"{self.plan.min_balance}"),)))
        too_small = {one.item.item_id for one in small}
        return [one for one in left if one.item.item_id not in too_small]

    def _remind(self, one: Due, on: date) -> None:
        disputed = self.allocation.disputed(one.item)
        self.verdicts[one.item.item_id] = Remind(
            item_id=one.item.item_id,
            level_id=one.level.level_id,
            channel=one.level.channel,
            on=on,
            asked=self.allocation.asked(one.item),
            covered=self.allocation.taken_off(one.item),
            facts=(*one.step.facts, *told_besides(one.item, self.case)),
            disputed=disputed if disputed.minor else None,
        )

    def _hold_all(self, group: Iterable[Due], stop: Stop) -> None:
        for one in group:
            facts = (*one.step.facts, *stop.facts)
            until = stop.until
            if until is None and one.level.before_due and stop.reason not in _LOOK_AGAIN:
                # On its due date the level is dropped, and the item joins others at the next one.
                until = one.item.due_on - timedelta(days=1)
            self._hold(one.item, Stop(reason=stop.reason, until=until, facts=facts), one)

    def _hold(self, item: OpenItem, stop: Stop, due: Due | None = None) -> None:
        named = dict(stop.facts).get("level", "")
        level = due.level if due else self.plan.level(named)
        self.verdicts[item.item_id] = Hold(
            item_id=item.item_id,
            reason=stop.reason,
            until=stop.until,
            held=self.allocation.left(item),
            covered=self.allocation.taken_off(item),
            level_id=level.level_id if level else "",
            channel=level.channel if level else None,
            facts=stop.facts,
        )

    def _hold_credit(self, item: OpenItem) -> None:
        """Say what becomes of a credit, which is never asked."""
        reason = HoldReason.COVERED_BY_CREDIT if item.kind is ItemKind.CREDIT_NOTE else HoldReason.PAYMENT_TO_ALLOCATE
        if item.unseen:
            reason = HoldReason.UNSEEN
        nothing = Money.zero(item.currency)
        self.verdicts[item.item_id] = Hold(
            item_id=item.item_id, reason=reason, until=None, held=nothing, covered=nothing, facts=(("credit", "yes"),)
        )


def _owed(items: Iterable[OpenItem]) -> dict[str, int]:
    """Sum, in minor units, what is owed in each currency less credit notes; payments and what left the books stay out."""
    owed: dict[str, int] = {}
    for item in items:
        counts = item.kind is not ItemKind.PAYMENT and not item.unseen
        owed[item.currency] = owed.get(item.currency, 0) + (item.balance.minor if counts else 0)
    return owed


def is_due(decision: Decision) -> bool:
    """Tell whether a day's plan shows a decision: what is asked, and what is held although its level has come."""
    return isinstance(decision, Remind) or decision.reason is not HoldReason.NOT_DUE
