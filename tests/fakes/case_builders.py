"""Small parts of a case file that `customer_life` has no need of: credits, sent lines, holds, and one-line decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.calendar import BusinessCalendar
from engine.decide import decide
from engine.kinds import HoldKind, HoldReason, ItemKind, ReminderState
from engine.model import HistoryLine, Hold, HoldRecord, Remind
from engine.money import Money
from tests.fakes.customer_life import STANDARD, invoice

if TYPE_CHECKING:
    from engine.model import CompanyBlock, CustomerOutcome, Decision, Notice, OpenItem
    from engine.plan import Plan
    from engine.records import CaseFile

FRANCE = BusinessCalendar()
# An invoice due on Monday 2 March 2026 lives by these days under the standard plan.
DUE = date(2026, 3, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirWorkingDays(BusinessCalendar):
    """A calendar that counts a customer's working days by the customer's own holidays alone."""

    def for_customer(self, country: str, subdivision: str = "", postcode: str = "") -> BusinessCalendar:
        del postcode
        return BusinessCalendar(country=country, subdivision=subdivision or None)


def credit(
    number: str,
    amount: str,
    *,
    kind: ItemKind = ItemKind.CREDIT_NOTE,
    reduces: str = "",
    currency: str = "EUR",
    dated: date = date(2026, 2, 20),
) -> OpenItem:
    """Build a credit note or an unapplied payment; the amount is given positive."""
    money = -Money.of(Decimal(amount), currency)
    plain = invoice(number, due_on=dated, issued_on=dated, currency=currency)
    return replace(plain, kind=kind, total=money, balance=money, reduces=reduces)


def payment(number: str, amount: str, *, currency: str = "EUR") -> OpenItem:
    """Build an unapplied payment; the amount is given positive."""
    return credit(number, amount, kind=ItemKind.PAYMENT, currency=currency)


def sent(
    item: OpenItem,
    level_id: str,
    on: date,
    *,
    deadline: date | None = None,
    plan: Plan = STANDARD,
    state: ReminderState = ReminderState.SENT,
    reminder_id: str = "",
    approved: bool = False,
) -> HistoryLine:
    """Build the line of a reminder that left for an item on a day."""
    level = plan.level(level_id)
    assert level is not None
    return HistoryLine(
        item_id=item.item_id,
        level_id=level_id,
        offset=level.offset,
        channel=level.channel,
        state=state,
        sent_on=on,
        deadline_on=deadline,
        reminder_id=reminder_id or f"r-{item.number}-{level_id}",
        approved=approved,
    )


def held(
    kind: HoldKind,
    *,
    item: OpenItem | None = None,
    customer_id: str | None = None,
    until: date | None = None,
    reason: str = "asked",
    hold_id: str = "h1",
) -> HoldRecord:
    """Build a record that stops an item, a customer, or (with neither) the company."""
    return HoldRecord(
        hold_id=hold_id,
        kind=kind,
        reason=reason,
        author="camille",
        recorded_at=datetime(2026, 1, 5, 9, 0, tzinfo=UTC),
        item_id=item.item_id if item else None,
        customer_id=customer_id,
        until=until,
    )


def promise(
    item: OpenItem, on: date, *, amount: str | None = None, broken_on: date | None = None, hold_id: str = "p1"
) -> HoldRecord:
    """Build a promise given while the whole of the item's present total was open."""
    return replace(
        held(HoldKind.PROMISE, item=item, hold_id=hold_id),
        promised_on=on,
        promised=Money.of(Decimal(amount), item.currency) if amount else None,
        balance_then=item.total,
        broken_on=broken_on,
    )


def decided(
    case: CaseFile,
    on: date,
    *,
    plan: Plan = STANDARD,
    calendar: BusinessCalendar = FRANCE,
    block: CompanyBlock | None = None,
) -> CustomerOutcome:
    return decide(case, plan, calendar, on, block)


def decision_of(outcome: CustomerOutcome, number: str) -> Decision:
    return next(one for one in outcome.decisions if one.item_id == f"i-{number}")


def said(outcome: CustomerOutcome) -> dict[str, str]:
    """Say of each item, by number, the level that it is asked at or the reason why it is held."""
    return {
        one.item_id.removeprefix("i-"): one.level_id if isinstance(one, Remind) else f"hold:{one.reason.value}"
        for one in outcome.decisions
    }


def hold_of(outcome: CustomerOutcome, number: str, reason: HoldReason) -> Hold:
    """Give the hold of an item, which must be for this reason."""
    decision = decision_of(outcome, number)
    assert isinstance(decision, Hold), decision
    assert decision.reason is reason
    return decision


def only_notice(outcome: CustomerOutcome) -> Notice:
    (notice,) = outcome.notices
    return notice


def asked(outcome: CustomerOutcome) -> list[dict[str, tuple[str, str]]]:
    """Say of each notice which items it asks, at which level, for how much."""
    return [{line.item.number: (line.level_id, str(line.asked)) for line in notice.lines} for notice in outcome.notices]
