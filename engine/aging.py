"""The figures of a company: what is open by age, how long money stays out, and what reminding brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.effects import LevelEffect, PromisesKept, level_effects, promises_kept
from engine.kinds import ItemKind
from engine.ledgered import Ledger, Ledgered, LevelSent, Period, PromiseJudged, Received, one_decimal, percent
from engine.money import Money
from engine.ratios import Days, collection_effectiveness, count_back, days_of_sales, months_back, payment_delay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal
    from fractions import Fraction

__all__ = [
    "Aging",
    "Bucket",
    "CompanyStats",
    "CurrencyStats",
    "Days",
    "Ledgered",
    "LevelEffect",
    "LevelSent",
    "Period",
    "PromiseJudged",
    "PromisesKept",
    "Received",
    "aging",
    "company_stats",
]

# Sales of this many days up to the day of the figures: long enough for terms of 60 days, short enough to follow a change.
SALES_DAYS: Final = 90
# Money that comes in later than this after a level is not counted as its effect.
EFFECT_DAYS: Final = 15

# The French "balance âgée": last day of lateness of each bucket, None for no end.
_BUCKETS: Final[tuple[tuple[str, int | None], ...]] = (
    ("not_due", 0),
    ("1-30", 30),
    ("31-60", 60),
    ("61-90", 90),
    (">90", None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The invoices that are late by a number of days: `not_due`, `1-30`, `31-60`, `61-90` or `>90`."""

    name: str
    count: int
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Aging:
    """What is open in one currency by days late on a day; credits and unallocated payments stand apart, as negatives.

    `receivable` is the sum of the buckets and `overdue` that of all but the first; `net` takes the credits off.
    """

    as_of: date
    currency: str
    buckets: tuple[Bucket, ...]
    receivable: Money
    overdue: Money
    credits: Money
    unallocated: Money
    net: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyStats:
    """The figures of one currency; None where there is nothing to work a figure out from.

    Days have one decimal and percentages two, both rounded half up. `average_delay` is `dso` less `best_dso` as
    printed. Receivables are open invoices (credits stand apart in `aging`), sales what was invoiced, VAT included.
    """

    currency: str
    aging: Aging
    sales: Money
    dso: Decimal | None
    dso_count_back: Days
    best_dso: Decimal | None
    average_delay: Decimal | None
    days_beyond_terms: Decimal | None
    days_to_pay: Decimal | None
    collection_effectiveness: Decimal | None
    promises: PromisesKept
    levels: tuple[LevelEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyStats:
    """A company's figures on a day; `period` is what sales, payments and collection look at."""

    as_of: date
    period: Period
    effect_days: int
    currencies: tuple[CurrencyStats, ...]


def aging(as_of: date, items: Iterable[Ledgered], currency: str) -> Aging:
    """Sort what is open in a currency by days late, counted from the due date; the due date itself is not late."""
    zero = Money.zero(currency)
    sums = dict.fromkeys((name for name, _ in _BUCKETS), zero)
    counts = dict.fromkeys(sums, 0)
    credit = unallocated = zero
    for item in items:
        if item.balance.currency != currency:
            continue
        if item.balance.minor > 0:
            name = _bucket((as_of - item.due_on).days)
            sums[name] += item.balance
            counts[name] += 1
        elif item.kind is ItemKind.PAYMENT:
            unallocated += item.balance
        else:
            credit += item.balance
    receivable = sum(sums.values(), start=zero)
    return Aging(
        as_of=as_of,
        currency=currency,
        buckets=tuple(Bucket(name=name, count=counts[name], amount=sums[name]) for name in sums),
        receivable=receivable,
        overdue=receivable - sums["not_due"],
        credits=credit,
        unallocated=unallocated,
        net=receivable + credit + unallocated,
    )


def _bucket(days_late: int) -> str:
    return next(name for name, last in _BUCKETS if last is None or days_late <= last)


def company_stats(
    as_of: date,
    items: Sequence[Ledgered],
    payments: Sequence[Received],
    levels: Sequence[LevelSent],
    promises: Sequence[PromiseJudged],
    *,
    sales_days: int = SALES_DAYS,
    effect_days: int = EFFECT_DAYS,
) -> CompanyStats:
    """Work out the figures of a company on a day, currency by currency.

    `items` are all that the books ever showed, paid ones included: sales are read from them.
    """
    period = Period(first=as_of - timedelta(days=sales_days - 1), last=as_of)
    known = {item.balance.currency for item in items} | {promise.amount.currency for promise in promises}
    return CompanyStats(
        as_of=as_of,
        period=period,
        effect_days=effect_days,
        currencies=tuple(
            _currency_stats(
                Ledger(items, payments, currency),
                aging(as_of, items, currency),
                period,
                promises=promises_kept(promises, currency),
                effects=level_effects(Ledger(items, payments, currency), levels, as_of, within_days=effect_days),
            )
            for currency in sorted(known)
        ),
    )


def _currency_stats(
    ledger: Ledger, aged: Aging, period: Period, *, promises: PromisesKept, effects: tuple[LevelEffect, ...]
) -> CurrencyStats:
    sales, current = ledger.sales(period), ledger.not_overdue(period.last)
    dso = _days(days_of_sales(ledger.still_open(), sales, period.days))
    best = _days(days_of_sales(current, sales, period.days))
    counted, at_least = count_back(ledger.still_open(), tuple(months_back(ledger, period.last)))
    delay = payment_delay(ledger, period)
    begin = ledger.open_on(period.first - timedelta(days=1))
    effectiveness = collection_effectiveness(begin, sales, ledger.still_open(), current)
    return CurrencyStats(
        currency=ledger.currency,
        aging=aged,
        sales=sales,
        dso=dso,
        dso_count_back=Days(days=one_decimal(counted), at_least=at_least),
        best_dso=best,
        average_delay=None if dso is None or best is None else dso - best,
        days_beyond_terms=delay.beyond_terms,
        days_to_pay=delay.to_pay,
        collection_effectiveness=None if effectiveness is None else percent(effectiveness),
        promises=promises,
        levels=effects,
    )


def _days(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else one_decimal(exact)
