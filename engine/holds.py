"""What stops the chasing of an item: records of a person or the books, and how a promise is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from engine.model import HoldKind, HoldReason, PaymentMethod
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import Customer, Facts, HoldRecord, OpenItem
    from engine.plan import Plan

# Working days after the promised day before a promise is judged (design: promises and dates).
GRACE_WORKING_DAYS: Final = 2

# The most final first: when several records stop an item, this is the one that is told.
_PRECEDENCE: Final = {
    HoldKind.HANDED_OVER: HoldReason.HANDED_OVER,
    HoldKind.WRITTEN_OFF: HoldReason.HOLD,
    HoldKind.STOPPED: HoldReason.HOLD,
    HoldKind.INSOLVENCY: HoldReason.INSOLVENCY,
    HoldKind.FACTORED: HoldReason.FACTORED,
    HoldKind.INTERCOMPANY: HoldReason.INTERCOMPANY,
    HoldKind.DISPUTE: HoldReason.DISPUTE,
    HoldKind.PROMISE: HoldReason.PROMISE,
    HoldKind.INSTALMENTS: HoldReason.INSTALMENTS,
    HoldKind.HOLD: HoldReason.HOLD,
}


class PromiseOutcome(StrEnum):
    """What became of a promise."""

    PENDING = "pending"
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Why an item is not asked, and the last day on which that holds (None: until something changes)."""

    reason: HoldReason
    until: date | None = None
    facts: Facts = ()


def in_force(holds: Iterable[HoldRecord], item: OpenItem, as_of: date) -> list[HoldRecord]:
    """List the records that concern an item on a day; a broken promise no longer stops anything."""
    return [
        hold
        for hold in holds
        if hold.covers(item) and (hold.until is None or as_of <= hold.until) and hold.broken_on is None
    ]


def is_disputed(holds: Iterable[HoldRecord], item: OpenItem, as_of: date) -> bool:
    """Tell whether the customer contests an item."""
    return any(hold.kind is HoldKind.DISPUTE for hold in in_force(holds, item, as_of))


def judgement_day(promised_on: date, calendar: BusinessCalendar) -> date:
    """Give the last day of grace of a promise: it is judged on the first run after it."""
    return calendar.add_working_days(promised_on, GRACE_WORKING_DAYS)


def judge_promise(
    promise: HoldRecord, balance: Money, plan: Plan, calendar: BusinessCalendar, as_of: date, known_until: date
) -> PromiseOutcome:
    """Judge a promise on what was received since it was given, on books that know payments up to `known_until`.

    Kept when at least the promised amount less the tolerance was received; never judged before the grace is over, nor
    on books that do not reach to its end.
    """
    if promise.promised_on is None or promise.balance_then is None:
        return PromiseOutcome.PENDING
    last_day = judgement_day(promise.promised_on, calendar)
    if as_of <= last_day or known_until < last_day:
        return PromiseOutcome.PENDING
    promised = promise.promised or promise.balance_then
    if promised.currency != balance.currency:
        return PromiseOutcome.PENDING
    tolerance = Money.of(plan.promise_tolerance.quantize(Money.zero(balance.currency).amount), balance.currency)
    received = promise.balance_then - balance
    return PromiseOutcome.KEPT if promised - tolerance <= received else PromiseOutcome.BROKEN


def with_promises_judged(
    holds: Sequence[HoldRecord],
    items: Sequence[OpenItem],
    plan: Plan,
    calendar: BusinessCalendar,
    as_of: date,
    known_until: date,
) -> tuple[HoldRecord, ...]:
    """Give the records as they stand once every promise that can be judged has been: kept ones are gone, broken ones dated."""
    balances = {item.item_id: item.balance for item in items}
    judged: list[HoldRecord] = []
    for hold in holds:
        balance = balances.get(hold.item_id or "")
        if hold.kind is not HoldKind.PROMISE or hold.broken_on is not None or balance is None:
            judged.append(hold)
            continue
        outcome = judge_promise(hold, balance, plan, calendar, as_of, known_until)
        if outcome is PromiseOutcome.PENDING:
            judged.append(hold)
        elif outcome is PromiseOutcome.BROKEN:
            judged.append(replace(hold, broken_on=as_of))
    return tuple(judged)


def broken_promise(holds: Iterable[HoldRecord], item: OpenItem) -> HoldRecord | None:
    """Give the broken promise that the next reminder of an item speaks of."""
    broken = [h for h in holds if h.covers(item) and h.kind is HoldKind.PROMISE and h.broken_on is not None]
    return max(broken, key=lambda hold: (hold.broken_on, hold.hold_id), default=None)


def stopped_by(
    item: OpenItem, customer: Customer, holds: Sequence[HoldRecord], calendar: BusinessCalendar, as_of: date
) -> Stop | None:
    """Give what stops an item on a day, None when nothing does."""
    if item.unseen:
        return Stop(reason=HoldReason.UNSEEN)
    if item.is_opening:
        return Stop(reason=HoldReason.HOLD, facts=(("cause", "opening_line"),))
    records = sorted(in_force(holds, item, as_of), key=lambda hold: (list(_PRECEDENCE).index(hold.kind), hold.hold_id))
    final = next((hold for hold in records if _PRECEDENCE[hold.kind] is HoldReason.HANDED_OVER), None)
    if final is None and customer.do_not_contact:
        return Stop(reason=HoldReason.DO_NOT_CONTACT)
    if records:
        return _stop_of(records[0], calendar)
    if customer.payment_method is PaymentMethod.DIRECT_DEBIT:
        return Stop(reason=HoldReason.DIRECT_DEBIT)
    return None


def _stop_of(hold: HoldRecord, calendar: BusinessCalendar) -> Stop:
    facts: Facts = (("kind", hold.kind.value), ("reason", hold.reason), ("author", hold.author))
    until = hold.until
    if hold.kind is HoldKind.PROMISE and hold.promised_on is not None:
        until = judgement_day(hold.promised_on, calendar)
        facts += (("promised_on", hold.promised_on.isoformat()),)
        if hold.promised is not None:
            facts += (("promised", f"{hold.promised} {hold.promised.currency}"),)
    return Stop(reason=_PRECEDENCE[hold.kind], until=until, facts=facts)
