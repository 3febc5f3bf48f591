"""How a customer stands: what is open and overdue, and how late they have paid so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from engine.kinds import ItemKind
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from engine.model import OpenItem

# Invoices settled this many days back and no further count for the average.
LATE_WINDOW_DAYS: Final = 365
# An average of fewer invoices says nothing.
LATE_AT_LEAST: Final = 3

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysLate:
    """The invoices that a customer settled within a year: how many, and by how many days in all they were late.

    A payment before its due date counts against it. `oldest_on` is the day of the first of these payments.
    """

    invoices: int = 0
    days: int = 0
    oldest_on: date | None = None

    @property
    def average(self) -> Decimal | None:
        """The average in days, to one decimal; None where there are too few invoices."""
        if self.invoices < LATE_AT_LEAST:
            return None
        return (Decimal(self.days) / self.invoices).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)

    def over(self, limit: int) -> bool:
        """Tell whether the average is more than so many days."""
        return self.invoices >= LATE_AT_LEAST and self.days > limit * self.invoices


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a customer stands on a day: what is open and overdue in each currency, and how late they pay.

    `open` is net of credit notes and unapplied payments, `overdue` the balances of the invoices past their due date;
    `next_overdue_on` the next day on which another becomes overdue by itself.
    """

    open: tuple[Money, ...] = ()
    overdue: tuple[Money, ...] = ()
    next_overdue_on: date | None = None
    late: DaysLate | None = None

    def amount(self, currency: str, *, overdue: bool) -> Money:
        """Give what is open, or overdue, in a currency."""
        amounts = self.overdue if overdue else self.open
        return next((one for one in amounts if one.currency == currency), Money.zero(currency))


NOTHING_KNOWN: Final = Standing()


def standing_of(items: Iterable[OpenItem], as_of: date, late: DaysLate | None = None) -> Standing:
    """Add up how a customer stands from their open items; what left the books without a word is not counted."""
    opened: dict[str, Money] = {}
    overdue: dict[str, Money] = {}
    coming: list[date] = []
    for item in items:
        if item.unseen:
            continue
        zero = Money.zero(item.currency)
        opened[item.currency] = opened.get(item.currency, zero) + item.balance
        if item.kind is ItemKind.INVOICE and item.due_on < as_of:
            overdue[item.currency] = overdue.get(item.currency, zero) + item.balance
        elif item.kind is ItemKind.INVOICE:
            coming.append(item.due_on + _ONE_DAY)
    return Standing(
        open=tuple(opened.values()),
        overdue=tuple(overdue.values()),
        next_overdue_on=min(coming, default=None),
        late=late,
    )
