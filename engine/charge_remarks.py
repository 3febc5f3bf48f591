"""What a person should know of a reckoning: nothing is corrected silently, and what was assumed is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.charge_law import EU_COUNTRIES, FLOOR_TIMES, FR_LEGAL, OWN_REFERENCE, WIK_DAYS
from engine.claims import Remark, RemarkCode
from engine.kinds import CustomerKind
from engine.rates import HalfYear, MissingRateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from engine.charge_law import Law
    from engine.claims import Claim, Segment
    from engine.money import Money
    from engine.rates import Rates


def floor_of(rates: Rates, half_year: HalfYear) -> Decimal:
    """Give the lowest rate that a French contract between businesses may have; raise MissingRateError."""
    return FLOOR_TIMES * rates.entry(FR_LEGAL, half_year).rate


def remarks_on(
    claim: Claim, law: Law, segments: Sequence[Segment], rates: Rates, *, apart: Money | None
) -> tuple[Remark, ...]:
    """List what a person should know of a reckoning."""
    return (
        *_contract(claim, law, segments, rates),
        *_consumer(law),
        *_union(claim, law),
        *_money(claim, law, apart),
        *_changes(segments),
    )


def _contract(claim: Claim, law: Law, segments: Sequence[Segment], rates: Rates) -> Iterator[Remark]:
    if claim.contract_rate is None:
        return
    if not law.takes_contract:
        yield Remark(code=RemarkCode.RATE_NOT_USED, facts=(("rate", str(claim.contract_rate)),))
        return
    if law.law_id == "fr_business" and segments:
        yield from _below_floor(claim.contract_rate, segments, rates)
    if law.fixed is not None and not law.fixed_with_contract:
        yield Remark(code=RemarkCode.NO_INDEMNITY_WITH_CONTRACT)
    if claim.kind is CustomerKind.CONSUMER:
        yield Remark(code=RemarkCode.CONSUMER_CLAUSE)


def _below_floor(contract: Decimal, segments: Sequence[Segment], rates: Rates) -> Iterator[Remark]:
    """Compare the contract's rate with the floor of every half-year that bears interest."""
    half_year, last = HalfYear.of(segments[0].first), HalfYear.of(segments[-1].last)
    while half_year <= last:
        try:
            floor = floor_of(rates, half_year)
        except MissingRateError:
            yield Remark(code=RemarkCode.FLOOR_UNKNOWN, facts=(("half_year", str(half_year)),))
        else:
            if contract < floor:
                facts = (("rate", str(contract)), ("floor", str(floor)), ("half_year", str(half_year)))
                yield Remark(code=RemarkCode.BELOW_FLOOR, facts=facts)
        half_year = half_year.next


def _consumer(law: Law) -> Iterator[Remark]:
    if law.law_id == "de_consumer":
        yield Remark(code=RemarkCode.CONSUMER_TOLD)
    if law.law_id == "nl_consumer":
        yield Remark(code=RemarkCode.CONSUMER_LETTER, facts=(("days", str(WIK_DAYS - 1)),))


def _union(claim: Claim, law: Law) -> Iterator[Remark]:
    if law.law_id == "eu_business" and claim.country in EU_COUNTRIES:
        yield Remark(code=RemarkCode.DIRECTIVE_MINIMUM, facts=(("country", claim.country),))
        if claim.country in OWN_REFERENCE:
            yield Remark(code=RemarkCode.OWN_REFERENCE_RATE, facts=(("country", claim.country),))


def _money(claim: Claim, law: Law, apart: Money | None) -> Iterator[Remark]:
    if apart is not None:
        facts = (("amount", str(apart)), ("currency", apart.currency))
        yield Remark(code=RemarkCode.INDEMNITY_APART, facts=facts)
    elif law.law_id == "uk_business" and claim.contract_rate is None and claim.principal.currency != "GBP":
        yield Remark(code=RemarkCode.INDEMNITY_IN_OWN_CURRENCY, facts=(("currency", "GBP"),))
    if any(paid_on > claim.until for paid_on, _ in claim.payments):
        yield Remark(code=RemarkCode.PAYMENT_AFTER, facts=(("until", claim.until.isoformat()),))


def _changes(segments: Sequence[Segment]) -> Iterator[Remark]:
    """Say that a rate is used beyond the day on which its law's text changes."""
    days = {
        one.entry.valid_until
        for one in segments
        if one.entry is not None and one.entry.valid_until is not None and one.last >= one.entry.valid_until
    }
    for day in sorted(days):
        yield Remark(code=RemarkCode.LAW_CHANGES, facts=(("on", day.isoformat()),))
