"""What holds for every reckoning: it adds up, never falls with time, and nothing in it is negative."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from engine.charges import exact_interest, statement_of
from engine.claims import Claim, Statement
from engine.day_count import DayCount, days_between, year_fraction
from engine.kinds import CustomerKind, Imputation
from engine.money import Money
from engine.rates import HalfYear
from relance.rates import packaged_rates

if TYPE_CHECKING:
    from decimal import Decimal

RATES = packaged_rates()
FIRST, LAST = date(2015, 1, 1), date(2026, 12, 31)

DAYS = st.dates(min_value=FIRST, max_value=LAST)
COUNTS = st.sampled_from(DayCount)
SUMS = st.integers(min_value=1, max_value=50_000_000_00).map(lambda minor: Money(minor=minor, currency="EUR"))
PERCENT = st.decimals(min_value=0, max_value=30, places=2)
COUNTRIES = st.sampled_from(["FR", "DE", "ES", "IT", "NL", "BE", "AT", "GB"])
KINDS = st.sampled_from([CustomerKind.BUSINESS, CustomerKind.PUBLIC, CustomerKind.CONSUMER])


@st.composite
def claims(draw: st.DrawFn, *, paying: bool = True) -> Claim:
    due_on, until = sorted(draw(st.tuples(DAYS, DAYS)))
    payments = draw(st.lists(st.tuples(DAYS, st.integers(1, 20_000_00).map(_eur)), max_size=4)) if paying else []
    return Claim(
        principal=draw(st.integers(0, 40_000_00).map(_eur)),
        due_on=due_on,
        until=until,
        country=draw(COUNTRIES),
        kind=draw(KINDS),
        contract_rate=draw(st.none() | PERCENT),
        payments=tuple(payments),
        imputation=draw(st.sampled_from(Imputation)),
        formal_notice_on=draw(st.none() | DAYS),
        day_count=draw(COUNTS),
    )


def _eur(minor: int) -> Money:
    return Money(minor=minor, currency="EUR")


def unrounded(statement: Statement) -> Fraction:
    return sum(
        (
            exact_interest(one.base, one.rate, one.first - timedelta(days=1), one.last, statement.day_count)
            for one in statement.segments
        ),
        start=Fraction(0),
    )


@given(SUMS, PERCENT, st.lists(DAYS, min_size=3, max_size=6), COUNTS)
def test_interest_before_rounding_adds_up_over_split_periods(
    base: Money, rate: Decimal, days: list[date], count: DayCount
) -> None:
    ordered = sorted(days)
    parts = [exact_interest(base, rate, after, until, count) for after, until in pairwise(ordered)]
    assert sum(parts) == exact_interest(base, rate, ordered[0], ordered[-1], count)


@given(SUMS, PERCENT, DAYS, DAYS, COUNTS)
def test_no_day_bears_no_interest_and_each_further_day_never_less(
    base: Money, rate: Decimal, after: date, until: date, count: DayCount
) -> None:
    assert exact_interest(base, rate, after, after, count) == 0
    assert days_between(after, after, count) == 0
    assert exact_interest(base, rate, after, until, count) >= 0
    later = until + timedelta(days=1)
    assert exact_interest(base, rate, after, later, count) >= exact_interest(base, rate, after, until, count)


@given(DAYS)
def test_a_whole_year_is_one_by_its_own_days(day: date) -> None:
    after, until = date(day.year - 1, 12, 31), date(day.year, 12, 31)
    assert year_fraction(after, until, DayCount.ACT_ACT) == 1
    assert year_fraction(after, until, DayCount.THIRTY_360) == 1


@given(claims())
def test_the_printed_lines_add_up_to_the_printed_total(claim: Claim) -> None:
    statement = statement_of(claim, RATES)
    zero = _eur(0)
    assert sum((one.amount for one in statement.segments), start=zero) == statement.interest
    owed = statement.principal + statement.interest - statement.interest_paid
    assert owed + statement.indemnity - statement.indemnity_paid == statement.total
    # Each line is within half a cent of what it rounds.
    assert abs(unrounded(statement) - statement.interest.minor) * 2 <= len(statement.segments)


@given(claims())
def test_whatever_is_paid_nothing_is_negative_and_no_cent_is_lost(claim: Claim) -> None:
    statement = statement_of(claim, RATES)
    amounts = [statement.principal, statement.interest, statement.indemnity, statement.interest_paid]
    amounts += [statement.indemnity_paid, statement.surplus, statement.charges, statement.total]
    assert all(amount.minor >= 0 for amount in amounts)
    received = sum((amount.minor for day, amount in claim.payments if day <= claim.until), start=0)
    settled = claim.principal.minor - statement.principal.minor
    settled += statement.interest_paid.minor + statement.indemnity_paid.minor + statement.surplus.minor
    assert settled == received


@given(claims())
def test_the_lines_follow_each_other_day_by_day_within_the_delay(claim: Claim) -> None:
    segments = statement_of(claim, RATES).segments
    for one, following in pairwise(segments):
        assert one.last < following.first
        if claim.day_count is not DayCount.THIRTY_360:
            assert one.last + timedelta(days=1) == following.first
    for one in segments:
        assert claim.due_on < one.first <= one.last <= claim.until
        assert one.days > 0
        assert one.base.minor > 0


@given(claims())
def test_a_rate_that_follows_the_half_years_is_never_used_outside_its_own(claim: Claim) -> None:
    for one in statement_of(claim, RATES).segments:
        if one.half_year is not None and claim.country != "GB" and claim.kind is not CustomerKind.PUBLIC:
            assert HalfYear.of(one.first) == HalfYear.of(one.last) == one.half_year


@given(claims(paying=False), st.integers(0, 400))
def test_what_is_owed_never_falls_while_nothing_is_paid(claim: Claim, more: int) -> None:
    later = min(claim.until + timedelta(days=more), LAST)
    now = statement_of(claim, RATES)
    then = statement_of(
        Claim(
            principal=claim.principal,
            due_on=claim.due_on,
            until=later,
            country=claim.country,
            kind=claim.kind,
            contract_rate=claim.contract_rate,
            formal_notice_on=claim.formal_notice_on,
            day_count=claim.day_count,
        ),
        RATES,
    )
    assert unrounded(then) >= unrounded(now)
    assert then.total.minor >= now.total.minor


@given(claims())
def test_principal_first_is_never_the_higher_claim_on_what_a_part_payment_leaves(claim: Claim) -> None:
    def total(imputation: Imputation) -> int:
        given_so = Claim(
            principal=claim.principal,
            due_on=claim.due_on,
            until=claim.until,
            country=claim.country,
            kind=claim.kind,
            contract_rate=claim.contract_rate,
            payments=claim.payments,
            imputation=imputation,
            formal_notice_on=claim.formal_notice_on,
            day_count=claim.day_count,
        )
        return statement_of(given_so, RATES).total.minor

    # A line more or less may round a cent otherwise.
    assert total(Imputation.PRINCIPAL) <= total(Imputation.INTEREST) + 12
