"""How long money stays out: DSO in two methods, delay, days to pay, and how much of what could be collected was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from engine.ledgered import Period, one_decimal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from engine.ledgered import Ledger
    from engine.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSales:
    """What was invoiced in a month, and how many of its days count."""

    days: int
    invoiced: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """A number of days to one decimal; `at_least` says that the sales known do not reach far enough to tell more."""

    days: Decimal
    at_least: bool = False

    def __str__(self) -> str:
        """Give the figure as it is read: ``73.7`` or ``>= 90.0``."""
        return f">= {self.days}" if self.at_least else f"{self.days}"


def days_of_sales(receivable: Money, sales: Money, days: int) -> Fraction | None:
    """Give how many days of the period's sales an amount stands for; None without sales.

    On all that is open this is the simple DSO, on what is not overdue the best possible DSO.
    """
    return Fraction(receivable.minor * days, sales.minor) if sales.minor > 0 else None


def count_back(receivable: Money, months: Sequence[MonthSales]) -> tuple[Fraction, bool]:
    """Count the days back over which sales add up to what is open, newest month first; the last month pro rata.

    The flag says that sales ran out before: the true figure is at least the one given.
    """
    left, counted = receivable.minor, Fraction(0)
    for month in months:
        if left <= 0:
            break
        invoiced = month.invoiced.minor
        if invoiced > left:
            return counted + Fraction(left * month.days, invoiced), False
        left -= invoiced
        counted += month.days
    return counted, left > 0


def months_back(ledger: Ledger, as_of: date) -> Iterator[MonthSales]:
    """Give sales by calendar month, the one under way first and only up to `as_of`, back to the oldest invoice."""
    oldest = min((item.issued_on for item in ledger.invoices.values()), default=as_of)
    last = as_of
    while last >= oldest:
        month = Period(first=last.replace(day=1), last=last)
        yield MonthSales(days=month.days, invoiced=ledger.sales(month))
        last = month.first - timedelta(days=1)


def collection_effectiveness(begin: Money, sales: Money, end: Money, end_current: Money) -> Fraction | None:
    """Give the collection effectiveness index (CEI) as a share of one: what was collected of what could be."""
    collectable = (begin + sales - end_current).minor
    return Fraction((begin + sales - end).minor, collectable) if collectable > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDelay:
    """How late and how long after the invoice money came in, weighted by amount; None where nothing came in."""

    beyond_terms: Decimal | None
    to_pay: Decimal | None


def payment_delay(ledger: Ledger, period: Period) -> PaymentDelay:
    """Weigh by amount the days between due date and receipt, and between invoice and receipt, of a period's receipts."""
    weight = beyond = taken = 0
    for item in ledger.invoices.values():
        for payment in ledger.received(item):
            if payment.on in period:
                weight += payment.amount.minor
                beyond += payment.amount.minor * (payment.on - item.due_on).days
                taken += payment.amount.minor * (payment.on - item.issued_on).days
    if weight <= 0:
        return PaymentDelay(beyond_terms=None, to_pay=None)
    return PaymentDelay(beyond_terms=one_decimal(Fraction(beyond, weight)), to_pay=one_decimal(Fraction(taken, weight)))
