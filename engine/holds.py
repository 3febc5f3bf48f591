"""What stops the chasing of an item: records of a person or the books, and how a promise is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from engine.kinds import HoldKind, HoldReason, PaymentMethod
from engine.money import Money, totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import Facts, HoldRecord, Instalment, OpenItem
    from engine.plan import Plan
    from engine.records import CaseFile, PaymentSeen

# Working days after its day before a promise or an instalment is judged (design: promises and dates).
GRACE_WORKING_DAYS: Final = 2
# Who pays so is never asked by mail: the creditor takes the money.
_COLLECTED: Final = frozenset({PaymentMethod.DIRECT_DEBIT, PaymentMethod.CARD})

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
    """List the records that concern an item on a day; a broken promise or plan no longer stops anything."""
    return [
        hold
        for hold in holds
        if hold.covers(item) and (hold.until is None or as_of <= hold.until) and hold.broken_on is None
    ]


def dispute_of(holds: Iterable[HoldRecord], item: OpenItem, as_of: date) -> HoldRecord | None:
    """Give the dispute of an item that contests the most of it, None where nothing is contested."""
    disputes = [hold for hold in in_force(holds, item, as_of) if hold.kind is HoldKind.DISPUTE]
    return max(disputes, key=lambda hold: (_part(hold, item), hold.hold_id), default=None)


def contested(holds: Sequence[HoldRecord], items: Iterable[OpenItem], as_of: date) -> dict[str, Money]:
    """Give what the customer contests of each open invoice, for those of which something is."""
    disputes = [hold for hold in holds if hold.kind is HoldKind.DISPUTE]
    if not disputes:
        return {}
    found = {item.item_id: (item, dispute_of(disputes, item, as_of)) for item in items if item.balance.minor > 0}
    return {item_id: _part(hold, item) for item_id, (item, hold) in found.items() if hold is not None}


def contested_until(holds: Sequence[HoldRecord], items: Iterable[OpenItem], as_of: date) -> date | None:
    """Give the first day on which the dispute of a part has ended: more is asked then, or credit goes elsewhere."""
    ends = [
        hold.until + timedelta(days=1)
        for hold in holds
        if hold.kind is HoldKind.DISPUTE and hold.until is not None and as_of <= hold.until
        if any(item.balance.minor > 0 and hold.covers(item) and _leaves_something(hold, item) for item in items)
    ]
    return min(ends, default=None)


def _part(dispute: HoldRecord, item: OpenItem) -> Money:
    if dispute.disputed is None or dispute.disputed.currency != item.currency:
        return item.balance
    return min(dispute.disputed, item.balance)


def tolerance(plan: Plan, currency: str) -> Money:
    """Give what may be missing of what was promised, in a currency."""
    return Money.of(plan.promise_tolerance.quantize(Money.zero(currency).amount), currency)


def judgement_day(promised_on: date, calendar: BusinessCalendar) -> date:
    """Give the last day of grace of a promise or an instalment: it is judged on the first run after it."""
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
    enough = promised - tolerance(plan, balance.currency)
    return PromiseOutcome.KEPT if enough <= promise.balance_then - balance else PromiseOutcome.BROKEN


def received_since(promise: HoldRecord, balance: Money) -> Money:
    """Give what has come in for an item since its promise was given: nothing where it owes more by now."""
    nothing = Money.zero(balance.currency)
    if promise.balance_then is None or promise.balance_then.currency != balance.currency:
        return nothing
    return max(promise.balance_then - balance, nothing)


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
            judged.append(replace(hold, broken_on=as_of, received=received_since(hold, balance)))
    return tuple(judged)


def broken_promise(holds: Iterable[HoldRecord], item: OpenItem) -> HoldRecord | None:
    """Give the broken promise that the next reminder of an item speaks of."""
    return _latest_broken(holds, item, HoldKind.PROMISE)


def broken_plan(holds: Iterable[HoldRecord], item: OpenItem) -> HoldRecord | None:
    """Give the plan in instalments that an item was part of and that was not kept."""
    return _latest_broken(holds, item, HoldKind.INSTALMENTS)


def _latest_broken(holds: Iterable[HoldRecord], item: OpenItem, kind: HoldKind) -> HoldRecord | None:
    broken = [hold for hold in holds if hold.kind is kind and hold.broken_on is not None and hold.covers(item)]
    return max(broken, key=lambda hold: (hold.broken_on, hold.hold_id), default=None)


def promised_and_received(promises: Iterable[HoldRecord]) -> list[tuple[Money, Money]]:
    """Sum, for each currency, what was promised and what came in of it."""
    listed = [(h.promised or h.balance_then, h.received) for h in promises]
    pairs = [(promised, received or Money.zero(promised.currency)) for promised, received in listed if promised]
    sums = totals([received for _, received in pairs])
    return [(promised, sums[currency]) for currency, promised in totals([one for one, _ in pairs]).items()]


def stopped_by(item: OpenItem, case: CaseFile, calendar: BusinessCalendar, as_of: date) -> Stop | None:
    """Give what stops an item on a day, None when nothing does.

    A dispute of a part stops nothing: the rest is asked. Whom the customer pays for is not written to either where one
    of the two must not be, and is collected from as they themselves pay.
    """
    if item.unseen:
        return Stop(reason=HoldReason.UNSEEN)
    if item.is_opening:
        return Stop(reason=HoldReason.HOLD, facts=(("cause", "opening_line"),))
    records = sorted(
        (hold for hold in in_force(case.holds, item, as_of) if not _leaves_something(hold, item)),
        key=lambda hold: (list(_PRECEDENCE).index(hold.kind), hold.hold_id),
    )
    final = next((hold for hold in records if _PRECEDENCE[hold.kind] is HoldReason.HANDED_OVER), None)
    debtor = case.debtor(item)
    if final is None and (case.customer.do_not_contact or debtor.do_not_contact):
        return Stop(reason=HoldReason.DO_NOT_CONTACT)
    if records:
        return _stop_of(records[0], case.instalments, calendar, as_of)
    method = debtor.payment_method or case.customer.payment_method
    if method in _COLLECTED:
        return _collected(item, case, method)
    return None


def still_contested(item: OpenItem, case: CaseFile, calendar: BusinessCalendar, as_of: date) -> Stop | None:
    """Give the dispute of a part, for an item of which credit has left nothing else."""
    dispute = dispute_of(case.holds, item, as_of)
    return None if dispute is None else _stop_of(dispute, case.instalments, calendar, as_of)


def _leaves_something(hold: HoldRecord, item: OpenItem) -> bool:
    return hold.kind is HoldKind.DISPUTE and _part(hold, item) < item.balance


def _collected(item: OpenItem, case: CaseFile, method: PaymentMethod) -> Stop:
    facts: Facts = (("method", method.value),)
    taken_back = max((one for one in case.returned if one.item_id == item.item_id), key=_by_day, default=None)
    if taken_back is not None:
        amount = -taken_back.amount
        facts = (
            ("cause", "debit_rejected"),
            *facts,
            ("returned_on", taken_back.paid_on.isoformat()),
            ("returned", f"{amount} {amount.currency}"),
            ("returned_id", taken_back.payment_id),
        )
    return Stop(reason=HoldReason.DIRECT_DEBIT, facts=facts)


def _by_day(seen: PaymentSeen) -> tuple[date, str]:
    return (seen.paid_on, seen.payment_id)


def _stop_of(hold: HoldRecord, instalments: Sequence[Instalment], calendar: BusinessCalendar, as_of: date) -> Stop:
    facts: Facts = (("kind", hold.kind.value), ("reason", hold.reason), ("author", hold.author))
    until = hold.until
    if hold.kind is HoldKind.PROMISE and hold.promised_on is not None:
        until = judgement_day(hold.promised_on, calendar)
        facts += (("promised_on", hold.promised_on.isoformat()),)
        if hold.promised is not None:
            facts += (("promised", f"{hold.promised} {hold.promised.currency}"),)
    if hold.kind is HoldKind.DISPUTE:
        if hold.disputed is not None:
            facts += (("disputed", f"{hold.disputed} {hold.disputed.currency}"),)
        if hold.credit_note_to_come:
            facts = (("cause", "credit_note_to_come"), *facts)
    if hold.judgment_on is not None:
        facts += (("judgment_on", hold.judgment_on.isoformat()),)
    if hold.kind is HoldKind.INSTALMENTS:
        coming = [(judgement_day(one.due_on, calendar), one) for one in instalments if one.plan_id == hold.plan_id]
        found = next((pair for pair in coming if pair[0] >= as_of), None)
        if found is not None:
            until, one = found
            facts += (("next_on", one.due_on.isoformat()), ("next_amount", f"{one.amount} {one.amount.currency}"))
    return Stop(reason=_PRECEDENCE[hold.kind], until=until, facts=facts)
