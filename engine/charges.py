"""Statutory interest and indemnity of one invoice: what is owed for lateness on a day, segment by segment.

The first day that bears interest is the day after the due date, the last one the day asked for (or of a payment). Each
day bears the rate of the half-year that it falls in, or the first one's where the law says so. Interest is simple and is
not exact but in its segments: each is rounded half up to the currency's smallest unit, and the total is the sum of the
segments as they are printed, so that the table adds up for its reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from engine.charge_law import WIK_DAYS, Law, Start, Unclaimed, law_for
from engine.charge_remarks import remarks_on
from engine.claims import CONTRACT, Segment, Statement
from engine.day_count import days_between, year_fraction
from engine.kinds import CustomerKind, DueSource, Imputation
from engine.money import Money
from engine.rates import HalfYear

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from engine.claims import Claim
    from engine.day_count import DayCount
    from engine.rates import RateEntry, Rates

_ONE_DAY: Final = timedelta(days=1)


def statement_of(claim: Claim, rates: Rates) -> Statement:
    """Reckon what is owed; raise MissingRateError for a rate that the table lacks, ValueError for a claim without sense.

    A sum, payment or rate must not be negative, and payments are in the invoice's currency.
    """
    _refuse_nonsense(claim)
    law = law_for(claim.country, claim.kind)
    reason = law if isinstance(law, Unclaimed) else _unclaimed(claim, law)
    if reason is not None or isinstance(law, Unclaimed):
        return _nothing(claim, law, reason)
    account = _Account(claim=claim, law=law, rates=rates, start=_start(claim, law))
    return account.statement()


def exact_interest(base: Money, rate: Decimal, after: date, until: date, count: DayCount) -> Fraction:
    """Give the interest of the days after `after` to `until`, in minor units, before any rounding."""
    return base.minor * Fraction(rate) / 100 * year_fraction(after, until, count)


def _refuse_nonsense(claim: Claim) -> None:
    if claim.principal.minor < 0:
        raise ValueError("the sum must not be negative")
    if claim.contract_rate is not None and claim.contract_rate < 0:
        raise ValueError("the rate must not be negative")
    for _, amount in claim.payments:
        if amount.currency != claim.principal.currency:
            raise ValueError(f"a payment in {amount.currency} cannot be set against {claim.principal.currency}")
        if amount.minor <= 0:
            raise ValueError("a payment must be more than nothing")


def _unclaimed(claim: Claim, law: Law) -> Unclaimed | None:
    if claim.due_source is DueSource.ASSUMED:
        return Unclaimed.DUE_DATE_ASSUMED
    if claim.contract_rate is None and (
        law.series is None or (law.start is Start.FORMAL_NOTICE and claim.formal_notice_on is None)
    ):
        return Unclaimed.CONSUMER
    if claim.until <= _start(claim, law):
        return Unclaimed.NOT_LATE
    return None


def _start(claim: Claim, law: Law) -> date:
    """Give the last day that bears no interest."""
    if law.start is Start.FORMAL_NOTICE and claim.contract_rate is None and claim.formal_notice_on is not None:
        return max(claim.due_on, claim.formal_notice_on)
    return claim.due_on


def _nothing(claim: Claim, law: Law | Unclaimed, reason: Unclaimed | None) -> Statement:
    zero = Money.zero(claim.principal.currency)
    left, surplus = claim.principal, zero
    for paid_on, amount in claim.payments:
        if paid_on <= claim.until:
            taken = min(left, amount)
            left, surplus = left - taken, surplus + (amount - taken)
    return Statement(
        law="" if isinstance(law, Unclaimed) else law.law_id,
        principal=left,
        interest=zero,
        indemnity=zero,
        interest_paid=zero,
        indemnity_paid=zero,
        surplus=surplus,
        imputation=claim.imputation,
        day_count=claim.day_count,
        reason=reason,
        sources=() if isinstance(law, Unclaimed) else law.sources,
    )


@dataclass(slots=True, kw_only=True)
class _Account:
    """The running account of one claim: what is left of the sum and of the charges as payments come in."""

    claim: Claim
    law: Law
    rates: Rates
    start: date
    segments: list[Segment] = field(default_factory=list)

    def statement(self) -> Statement:
        claim, zero = self.claim, Money.zero(self.claim.principal.currency)
        left, surplus, interest_paid, indemnity_paid = claim.principal, zero, zero, zero
        payments = sorted((one for one in claim.payments if one[0] <= claim.until), key=lambda one: one[0])
        # 1. What came before interest began lowers the sum, and does not make the claim late.
        early = [amount for paid_on, amount in payments if paid_on <= self.start]
        for amount in early:
            taken = min(left, amount)
            left, surplus = left - taken, surplus + (amount - taken)
        if left.minor == 0:
            return _nothing(claim, self.law, Unclaimed.NOTHING_OWED)
        # 2. The fixed sum is due once and in full, whatever is paid later.
        fixed = self._fixed(left)
        apart = fixed if fixed is not None and fixed.currency != claim.principal.currency else None
        indemnity = fixed if fixed is not None and apart is None else zero
        # 3. Interest runs to each payment's day, which still bears it on the whole; then the payment is set off.
        cursor = self.start
        for paid_on, amount in payments[len(early) :]:
            self._accrue(cursor, paid_on, left)
            cursor = paid_on
            owed = self._interest() - interest_paid
            if claim.imputation is Imputation.INTEREST:
                on_interest = min(owed, amount)
                on_principal = min(left, amount - on_interest)
            else:
                on_principal = min(left, amount)
                on_interest = min(owed, amount - on_principal)
            beyond = amount - on_principal - on_interest
            on_indemnity = min(indemnity - indemnity_paid, beyond)
            left, interest_paid = left - on_principal, interest_paid + on_interest
            indemnity_paid, surplus = indemnity_paid + on_indemnity, surplus + (beyond - on_indemnity)
        self._accrue(cursor, claim.until, left)
        interest = self._interest()
        return Statement(
            law=self.law.law_id,
            principal=left,
            interest=interest,
            indemnity=indemnity,
            interest_paid=interest_paid,
            indemnity_paid=indemnity_paid,
            surplus=surplus,
            imputation=claim.imputation,
            day_count=claim.day_count,
            segments=tuple(self.segments),
            indemnity_apart=apart,
            remarks=remarks_on(claim, self.law, self.segments, self.rates, apart=apart),
            sources=self._sources(),
        )

    def _interest(self) -> Money:
        return sum((one.amount for one in self.segments), start=Money.zero(self.claim.principal.currency))

    def _fixed(self, principal: Money) -> Money | None:
        claim, law = self.claim, self.law
        if law.fixed is None or (claim.contract_rate is not None and not law.fixed_with_contract):
            return None
        if claim.kind is CustomerKind.CONSUMER:
            noticed = claim.formal_notice_on
            return law.fixed(principal) if noticed and (claim.until - noticed).days > WIK_DAYS else None
        return law.fixed(principal)

    def _accrue(self, after: date, until: date, base: Money) -> None:
        """Add the segments of the days after `after` to `until`, unless nothing is left to bear interest."""
        if base.minor == 0 or until <= after:
            return
        for first_not, last, rate, series, half_year, entry in self._runs(after, until):
            days = days_between(first_not, last, self.claim.day_count)
            if days == 0:
                continue  # a 31st where months have thirty days
            exact = exact_interest(base, rate, first_not, last, self.claim.day_count)
            self.segments.append(
                Segment(
                    first=first_not + _ONE_DAY,
                    last=last,
                    days=days,
                    base=base,
                    rate=rate,
                    amount=Money(minor=_half_up(exact), currency=base.currency),
                    series=series,
                    half_year=half_year,
                    entry=entry,
                )
            )

    def _runs(
        self, after: date, until: date
    ) -> Iterator[tuple[date, date, Decimal, str, HalfYear | None, RateEntry | None]]:
        """Split a period where its rate may change: at the end of each half-year, or not at all."""
        law, contract = self.law, self.claim.contract_rate
        if (contract is not None and law.takes_contract) or law.series is None:
            yield after, until, contract or Decimal(0), CONTRACT, None, None
            return
        if not law.splits:
            began = HalfYear.of(self.start + _ONE_DAY)
            entry = self.rates.entry(law.series, began)
            yield after, until, entry.rate + law.points, law.series, began, entry
            return
        while after < until:
            half_year = HalfYear.of(after + _ONE_DAY)
            last = min(half_year.last, until)
            entry = self.rates.entry(law.series, half_year)
            yield after, last, entry.rate + law.points, law.series, half_year, entry
            after = last

    def _sources(self) -> tuple[str, ...]:
        """Name the articles, and each rate with where it was read, once."""
        read = [
            f"{one.series} {one.half_year}: {one.entry.rate} ({one.entry.source})"
            for one in self.segments
            if one.entry is not None
        ]
        return (*self.law.sources, *dict.fromkeys(read))


def _half_up(exact: Fraction) -> int:
    """Round half up: charges are never negative, so that up is away from nothing."""
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
