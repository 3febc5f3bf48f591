"""What the figures of a company are worked out from: its ledger as plain facts, and how figures are rounded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from engine.kinds import ItemKind
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from fractions import Fraction

_TENTH: Final = Decimal("0.1")
_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgered:
    """An item that the books showed at some time: paid, open, or a credit (negative).

    `settled_on` is the day on which its balance was first seen at zero, None while it is open.
    """

    item_id: str
    kind: ItemKind
    issued_on: date
    due_on: date
    total: Money
    balance: Money
    settled_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Money that came in for an item; the amount is positive."""

    item_id: str
    on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSent:
    """A level of the plan that left for an item."""

    item_id: str
    level_id: str
    sent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseJudged:
    """A promise that fell due and was judged, with the amount that was promised.

    `received` is what had come in of one that was not kept, None where that is not known.
    """

    promised_on: date
    amount: Money
    kept: bool
    received: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that a figure looks at, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Count the days."""
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


class Ledger:
    """The invoices of one currency with the money received for them."""

    def __init__(self, items: Iterable[Ledgered], payments: Sequence[Received], currency: str) -> None:
        self.currency = currency
        self.invoices = {i.item_id: i for i in items if i.kind is ItemKind.INVOICE and i.total.currency == currency}
        self._received: dict[str, list[Received]] = {}
        for payment in payments:
            if payment.item_id in self.invoices and payment.amount.currency == currency:
                self._received.setdefault(payment.item_id, []).append(payment)

    def received(self, item: Ledgered) -> list[Received]:
        """List what came in for an invoice; one settled by payments that nobody recorded counts as paid whole, that day."""
        known = self._received.get(item.item_id, [])
        if known or item.settled_on is None:
            return known
        return [Received(item_id=item.item_id, on=item.settled_on, amount=item.total)]

    def balance_on(self, item: Ledgered, day: date) -> Money:
        """Give what was open at the end of a day: today's balance and what has come in since."""
        if item.issued_on > day:
            return Money.zero(self.currency)
        later = (payment.amount for payment in self.received(item) if payment.on > day)
        return sum(later, start=item.balance)

    def open_on(self, day: date) -> Money:
        """Sum what was open at the end of a day, credits left apart."""
        return self._sum(self.balance_on(item, day) for item in self.invoices.values())

    def still_open(self) -> Money:
        """Sum what is open in the books as they are."""
        return self._sum(item.balance for item in self.invoices.values() if item.balance.minor > 0)

    def not_overdue(self, as_of: date) -> Money:
        """Sum what is open and not late on a day."""
        current = (i for i in self.invoices.values() if i.balance.minor > 0 and i.due_on >= as_of)
        return self._sum(item.balance for item in current)

    def sales(self, period: Period) -> Money:
        """Sum what was invoiced in a period, VAT included as in the balances."""
        return self._sum(item.total for item in self.invoices.values() if item.issued_on in period)

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return sum(amounts, start=Money.zero(self.currency))


def one_decimal(days: Fraction) -> Decimal:
    """Round a number of days half up to one decimal."""
    return _decimal(days).quantize(_TENTH, rounding=ROUND_HALF_UP)


def percent(share: Fraction) -> Decimal:
    """Give a share of one as a percentage, rounded half up to two decimals."""
    return _decimal(share * 100).quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)
