"""Interest and indemnity, by the figures that were published for each country; the oracles stand beside each test."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.charge_law import Unclaimed
from engine.charges import statement_of
from engine.claims import Claim, RemarkCode, Statement
from engine.day_count import DayCount
from engine.kinds import CustomerKind, DueSource, Imputation
from engine.rates import HalfYear, MissingRateError
from relance.rates import packaged_rates
from tests.builders import day, eur, money

RATES = packaged_rates()


def claim(amount: str = "10000.00", due: str = "2026-05-01", until: str = "2026-09-01", **changes: Any) -> Claim:
    given = {"country": "FR", "kind": CustomerKind.BUSINESS} | changes
    currency = str(given.pop("currency", "EUR"))
    return Claim(principal=money(amount, currency), due_on=day(due), until=day(until), **given)


def reckoned(amount: str = "10000.00", due: str = "2026-05-01", until: str = "2026-09-01", **changes: Any) -> Statement:
    return statement_of(claim(amount, due, until, **changes), RATES)


def rows(statement: Statement) -> list[tuple[str, str, int, str, str, str]]:
    """Give the segments as a table prints them: from, to, days, base, rate, amount."""
    return [
        (str(s.first), str(s.last), s.days, str(s.base), f"{s.rate:.2f}", str(s.amount)) for s in statement.segments
    ]


def codes(statement: Statement) -> list[RemarkCode]:
    return [remark.code for remark in statement.remarks]


def test_a_contract_rate_runs_on_the_whole_delay() -> None:
    # Published: 15 000 at 15 % for 30 days is 184.93.
    statement = reckoned("15000.00", "2026-03-01", "2026-03-31", contract_rate=Decimal(15))
    assert rows(statement) == [("2026-03-02", "2026-03-31", 30, "15000.00", "15.00", "184.93")]
    assert statement.indemnity == eur("40.00")
    assert statement.total == eur("15224.93")


def test_a_french_delay_is_split_at_the_half_year() -> None:
    statement = reckoned()
    assert rows(statement) == [
        ("2026-05-02", "2026-06-30", 60, "10000.00", "12.15", "199.73"),
        ("2026-07-01", "2026-09-01", 63, "10000.00", "12.40", "214.03"),
    ]
    assert (str(statement.interest), str(statement.indemnity), str(statement.total)) == ("413.76", "40.00", "10453.76")
    assert statement.law == "fr_business"


def test_an_invoice_due_on_the_last_day_of_a_half_year_bears_the_next_ones_rate_from_its_first_day() -> None:
    assert rows(reckoned(due="2026-06-30", until="2026-07-01")) == [
        ("2026-07-01", "2026-07-01", 1, "10000.00", "12.40", "3.40")
    ]


def test_half_years_with_the_same_rate_are_printed_apart() -> None:
    # 2025-S2 and 2026-S1 both bear 12.15 %: 10 days = 33.29, 10 days = 33.29.
    assert [row[2:] for row in rows(reckoned(due="2025-12-21", until="2026-01-10"))] == [
        (10, "10000.00", "12.15", "33.29"),
        (10, "10000.00", "12.15", "33.29"),
    ]


def test_a_french_public_buyer_keeps_the_rate_of_the_half_year_in_which_interest_began() -> None:
    # ECB 2.15 + 8 = 10.15 % on all 123 days: 10 000 x 10.15 % x 123 / 365 = 342.04; + 40.
    statement = reckoned(kind=CustomerKind.PUBLIC)
    assert rows(statement) == [("2026-05-02", "2026-09-01", 123, "10000.00", "10.15", "342.04")]
    assert (statement.law, statement.indemnity) == ("fr_public", eur("40.00"))


def test_a_public_buyer_whose_interest_begins_on_the_first_of_july_bears_the_second_half_year_for_good() -> None:
    statement = reckoned(due="2025-06-30", until="2026-07-10", kind=CustomerKind.PUBLIC)
    assert [row[4] for row in rows(statement)] == ["10.15"]
    statement = reckoned(due="2025-06-29", until="2026-07-10", kind=CustomerKind.PUBLIC)
    assert [row[4] for row in rows(statement)] == ["11.15"]


def test_a_contract_rate_does_not_bind_a_public_buyer() -> None:
    statement = reckoned(kind=CustomerKind.PUBLIC, contract_rate=Decimal(20))
    assert [row[4] for row in rows(statement)] == ["10.15"]
    assert codes(statement) == [RemarkCode.RATE_NOT_USED]


def test_a_french_consumer_owes_nothing_before_a_formal_notice() -> None:
    statement = reckoned(kind=CustomerKind.CONSUMER)
    assert (statement.reason, statement.segments, str(statement.total)) == (Unclaimed.CONSUMER, (), "10000.00")


def test_a_french_consumer_owes_legal_interest_from_the_formal_notice_and_no_indemnity() -> None:
    # Legal interest, other cases: 2.62 % in 2026-S1, 2.75 % in 2026-S2.
    statement = reckoned(kind=CustomerKind.CONSUMER, formal_notice_on=day("2026-06-20"))
    assert rows(statement) == [
        ("2026-06-21", "2026-06-30", 10, "10000.00", "2.62", "7.18"),
        ("2026-07-01", "2026-09-01", 63, "10000.00", "2.75", "47.47"),
    ]
    assert (statement.law, str(statement.indemnity)) == ("fr_civil", "0.00")


def test_a_formal_notice_before_the_due_date_starts_nothing_earlier() -> None:
    early = reckoned(kind=CustomerKind.CONSUMER, formal_notice_on=day("2026-04-01"))
    assert early.segments[0].first == day("2026-05-02")


def test_a_consumers_accepted_clause_gives_interest_and_is_to_be_looked_at() -> None:
    statement = reckoned(kind=CustomerKind.CONSUMER, contract_rate=Decimal(5))
    assert rows(statement) == [("2026-05-02", "2026-09-01", 123, "10000.00", "5.00", "168.49")]
    assert str(statement.indemnity) == "0.00"
    assert codes(statement) == [RemarkCode.CONSUMER_CLAUSE]


def test_germany_adds_nine_points_between_businesses_and_five_for_consumers() -> None:
    # Base 1.27 then 1.52: 10.27 and 10.52 %, 6.27 and 6.52 %.
    business = reckoned(country="DE")
    assert [row[2:] for row in rows(business)] == [
        (60, "10000.00", "10.27", "168.82"),
        (63, "10000.00", "10.52", "181.58"),
    ]
    assert (business.law, str(business.indemnity)) == ("de_business", "40.00")
    consumer = reckoned(country="DE", kind=CustomerKind.CONSUMER)
    assert [row[4] for row in rows(consumer)] == ["6.27", "6.52"]
    assert (consumer.law, str(consumer.indemnity)) == ("de_consumer", "0.00")
    assert codes(consumer) == [RemarkCode.CONSUMER_TOLD]


def test_german_courts_count_months_of_thirty_days() -> None:
    # Due 1 May: 2 to 30 May is 29 + June 30 = 59 days; July, August 30 each + 1 September = 61 days; of 360.
    statement = reckoned(country="DE", day_count=DayCount.THIRTY_360)
    assert [row[2:] for row in rows(statement)] == [
        (59, "10000.00", "10.27", "168.31"),
        (61, "10000.00", "10.52", "178.26"),
    ]


def test_a_thirty_first_is_a_thirtieth_where_months_have_thirty_days() -> None:
    counted: dict[str, Any] = {"day_count": DayCount.THIRTY_360, "contract_rate": Decimal(9)}
    assert [row[2] for row in rows(reckoned(due="2026-05-31", until="2026-06-30", **counted))] == [30]
    assert [row[2] for row in rows(reckoned(due="2025-12-31", until="2026-12-31", **counted))] == [360]
    # The 31st adds no day, and so no line.
    thirty_first = reckoned(due="2026-05-30", until="2026-05-31", **counted)
    assert (rows(thirty_first), str(thirty_first.interest)) == ([], "0.00")


@pytest.mark.parametrize(
    ("country", "law", "first", "second"),
    [
        ("ES", "es_business", "10.15", "10.40"),
        ("IT", "it_business", "10.15", "10.40"),
        ("NL", "nl_business", "10.15", "10.40"),
        ("BE", "be_business", "10.50", "10.50"),
        ("AT", "eu_business", "10.15", "10.40"),
        ("PT", "eu_business", "10.15", "10.40"),
    ],
)
def test_the_rest_of_the_union_adds_eight_points_and_forty_euros(
    country: str, law: str, first: str, second: str
) -> None:
    for kind in (CustomerKind.BUSINESS, CustomerKind.PUBLIC):
        statement = reckoned(country=country, kind=kind)
        assert [row[4] for row in rows(statement)] == [first, second]
        assert [row[2] for row in rows(statement)] == [60, 63]
        assert (statement.law, str(statement.indemnity)) == (law, "40.00")


def test_belgium_rounds_up_to_the_half_point() -> None:
    # 12.25 % becomes 12.5, 11.15 becomes 11.5 (published table).
    assert [row[4] for row in rows(reckoned(country="BE", due="2024-12-01", until="2025-01-31"))] == ["12.50", "11.50"]


def test_the_directive_alone_is_called_a_minimum_and_the_euro_is_not_everywhere() -> None:
    assert codes(reckoned(country="PT")) == [RemarkCode.DIRECTIVE_MINIMUM]
    assert codes(reckoned(country="PL")) == [RemarkCode.DIRECTIVE_MINIMUM, RemarkCode.OWN_REFERENCE_RATE]
    assert codes(reckoned(country="ES")) == []


def test_a_dutch_consumer_owes_four_percent_and_costs_only_after_fourteen_days_from_a_letter() -> None:
    without = reckoned("23000.00", country="NL", kind=CustomerKind.CONSUMER)
    assert [row[4] for row in rows(without)] == ["4.00", "4.00"]
    assert str(without.indemnity) == "0.00"
    # Published: the scale gives 1 005.00 on 23 000, and 40.00, its minimum, on 125.
    asked: dict[str, Any] = {"country": "NL", "kind": CustomerKind.CONSUMER, "formal_notice_on": day("2026-08-15")}
    assert str(reckoned("23000.00", **asked).indemnity) == "1005.00"
    assert str(reckoned("125.00", **asked).indemnity) == "40.00"
    assert str(reckoned("900000.00", **asked).indemnity) == "6275.00"
    assert str(reckoned("2000000.00", **asked).indemnity) == "6775.00"
    assert str(reckoned("23000.00", until="2026-08-30", **asked).indemnity) == "0.00"
    assert str(reckoned("23000.00", until="2026-08-31", **asked).indemnity) == "1005.00"


def test_britain_fixes_the_rate_when_interest_begins() -> None:
    # Published: GBP 10 000, 60 days at 11.75 % = 193.15, + 100.
    statement = reckoned("10000.00", "2026-01-10", "2026-03-11", country="GB", currency="GBP")
    assert rows(statement) == [("2026-01-11", "2026-03-11", 60, "10000.00", "11.75", "193.15")]
    assert (str(statement.indemnity), str(statement.total)) == ("100.00", "10293.15")
    # Published: GBP 5 000 for 101 days at 12.25 % = 169.49 by exact arithmetic, over the change of January.
    statement = reckoned("5000.00", "2025-10-01", "2026-01-10", country="GB", currency="GBP")
    assert [row[2:] for row in rows(statement)] == [(101, "5000.00", "12.25", "169.49")]


@pytest.mark.parametrize(
    ("amount", "fixed"), [("999.99", "40"), ("1000.00", "70"), ("9999.99", "70"), ("10000.00", "100")]
)
def test_the_british_fixed_sum_depends_on_the_debt(amount: str, fixed: str) -> None:
    statement = reckoned(amount, country="GB", currency="GBP")
    assert statement.indemnity == money(f"{fixed}.00", "GBP")


def test_a_british_consumer_owes_nothing_and_an_agreed_rate_brings_no_fixed_sum() -> None:
    assert reckoned(country="GB", kind=CustomerKind.CONSUMER, currency="GBP").reason is Unclaimed.CONSUMER
    agreed = reckoned(country="GB", currency="GBP", contract_rate=Decimal(9))
    assert str(agreed.indemnity) == "0.00"
    assert codes(agreed) == [RemarkCode.NO_INDEMNITY_WITH_CONTRACT]


@pytest.mark.parametrize("country", ["US", "CH", "MC", "", "XX"])
def test_a_country_whose_rules_are_not_known_claims_nothing(country: str) -> None:
    statement = reckoned(country=country)
    assert (statement.law, statement.reason, statement.segments) == ("", Unclaimed.UNKNOWN_COUNTRY, ())
    assert statement.total == eur("10000.00")


def test_an_unknown_kind_and_an_assumed_due_date_claim_nothing() -> None:
    unknown = reckoned(kind=CustomerKind.UNKNOWN)
    assert (unknown.reason, unknown.total) == (Unclaimed.UNKNOWN_KIND, eur("10000.00"))
    assumed = reckoned(due_source=DueSource.ASSUMED, contract_rate=Decimal(20))
    assert (assumed.reason, assumed.total) == (Unclaimed.DUE_DATE_ASSUMED, eur("10000.00"))
    assert reckoned(due_source=DueSource.AGREED).reason is None


@pytest.mark.parametrize("until", ["2026-05-01", "2026-04-01"])
def test_on_the_due_date_nothing_is_owed_for_lateness(until: str) -> None:
    statement = reckoned(until=until)
    assert (statement.reason, str(statement.interest), str(statement.indemnity)) == (
        Unclaimed.NOT_LATE,
        "0.00",
        "0.00",
    )


def test_a_missing_half_year_is_an_error_that_names_it() -> None:
    with pytest.raises(MissingRateError, match="fr_business of 2027-S1") as caught:
        reckoned(until="2027-01-01")
    assert (caught.value.series, caught.value.half_year) == ("fr_business", HalfYear(2027, 1))
    assert reckoned(until="2026-12-31").segments
    with pytest.raises(MissingRateError, match="gb_bank_rate of 2014-S2"):
        reckoned(due="2014-12-30", until="2015-03-01", country="GB", currency="GBP")


def test_a_frozen_rate_needs_no_later_half_year() -> None:
    assert len(reckoned(until="2027-02-01", kind=CustomerKind.PUBLIC).segments) == 1
    assert len(reckoned(until="2027-02-01", contract_rate=Decimal(15)).segments) == 1


def test_a_contract_rate_below_three_times_the_legal_interest_is_told_and_applied_as_it_is() -> None:
    # Published floors: 7.86 in 2026-S1 and 8.25 in 2026-S2.
    statement = reckoned(contract_rate=Decimal(8))
    assert [dict(one.facts) for one in statement.remarks] == [
        {"rate": "8", "floor": "8.25", "half_year": "2026-S2"},
    ]
    assert [row[4] for row in rows(statement)] == ["8.00"]
    assert codes(reckoned(contract_rate=Decimal("7.85"))) == [RemarkCode.BELOW_FLOOR, RemarkCode.BELOW_FLOOR]
    assert codes(reckoned(contract_rate=Decimal("8.25"))) == []
    assert codes(reckoned(until="2027-03-01", contract_rate=Decimal("8.25"))) == [RemarkCode.FLOOR_UNKNOWN]


def test_the_floors_are_those_that_were_published() -> None:
    floors = {"2025-S1": "11.13", "2025-S2": "8.28", "2026-S1": "7.86", "2026-S2": "8.25"}
    for written, floor in floors.items():
        assert RATES.entry("fr_legal_other", HalfYear.parse(written)).rate * 3 == Decimal(floor)


def test_a_part_payment_lowers_the_principal_first() -> None:
    # 30 days on 10 000 at 12.15 % = 99.86; the payment's day still bears interest on the whole; 30 days on 6 000 = 59.92.
    paid = ((day("2026-05-31"), eur("4000.00")),)
    statement = reckoned(until="2026-06-30", payments=paid)
    assert rows(statement) == [
        ("2026-05-02", "2026-05-31", 30, "10000.00", "12.15", "99.86"),
        ("2026-06-01", "2026-06-30", 30, "6000.00", "12.15", "59.92"),
    ]
    assert (statement.principal, statement.interest, statement.interest_paid) == (
        eur("6000.00"),
        eur("159.78"),
        eur("0.00"),
    )
    assert statement.total == eur("6199.78")
    assert statement.imputation is Imputation.PRINCIPAL


def test_a_part_payment_may_settle_interest_first() -> None:
    # 4 000 less the 99.86 of interest lowers the principal to 6 099.86; 30 days on it = 60.92; the 40 stay due in full.
    paid = ((day("2026-05-31"), eur("4000.00")),)
    statement = reckoned(until="2026-06-30", payments=paid, imputation=Imputation.INTEREST)
    assert rows(statement)[1] == ("2026-06-01", "2026-06-30", 30, "6099.86", "12.15", "60.92")
    assert (str(statement.interest), str(statement.interest_paid), str(statement.principal)) == (
        "160.78",
        "99.86",
        "6099.86",
    )
    assert str(statement.total) == "6200.78"


def test_what_was_paid_before_interest_began_never_bore_any() -> None:
    paid = ((day("2026-05-01"), eur("1000.00")), (day("2026-04-01"), eur("500.00")))
    for imputation in Imputation:
        statement = reckoned(until="2026-05-31", payments=paid, imputation=imputation)
        assert rows(statement) == [("2026-05-02", "2026-05-31", 30, "8500.00", "12.15", "84.88")]


def test_an_invoice_paid_on_its_due_date_owes_nothing_however_late_one_looks() -> None:
    statement = reckoned(payments=((day("2026-05-01"), eur("10000.00")),))
    assert (statement.reason, str(statement.total)) == (Unclaimed.NOTHING_OWED, "0.00")


def test_interest_stops_when_the_principal_is_paid_and_the_indemnity_stays_due() -> None:
    statement = reckoned(payments=((day("2026-05-11"), eur("10000.00")),))
    assert rows(statement) == [("2026-05-02", "2026-05-11", 10, "10000.00", "12.15", "33.29")]
    assert (str(statement.principal), str(statement.total)) == ("0.00", "73.29")


def test_what_is_paid_beyond_the_principal_settles_interest_then_the_indemnity_and_the_rest_is_told() -> None:
    statement = reckoned(payments=((day("2026-05-11"), eur("10100.00")),))
    assert (str(statement.interest_paid), str(statement.indemnity_paid), str(statement.surplus)) == (
        "33.29",
        "40.00",
        "26.71",
    )
    assert str(statement.total) == "0.00"


def test_payments_of_one_day_count_together_and_the_order_in_which_they_are_told_does_not_matter() -> None:
    one = reckoned(payments=((day("2026-06-10"), eur("100.00")), (day("2026-05-10"), eur("300.00"))))
    two = reckoned(
        payments=(
            (day("2026-05-10"), eur("100.00")),
            (day("2026-06-10"), eur("100.00")),
            (day("2026-05-10"), eur("200.00")),
        )
    )
    assert (one.total, rows(one)) == (two.total, rows(two))


def test_a_payment_after_the_day_asked_for_does_not_count_and_this_is_told() -> None:
    statement = reckoned(payments=((day("2026-09-02"), eur("10000.00")),))
    assert str(statement.total) == "10453.76"
    assert codes(statement) == [RemarkCode.PAYMENT_AFTER]


def test_another_currency_bears_interest_in_itself_and_the_forty_euros_stand_apart() -> None:
    statement = reckoned(currency="USD")
    assert (str(statement.interest), statement.interest.currency) == ("413.76", "USD")
    assert (str(statement.indemnity), statement.indemnity_apart) == ("0.00", eur("40.00"))
    assert statement.total == money("10413.76", "USD")
    assert codes(statement) == [RemarkCode.INDEMNITY_APART]
    british = reckoned(currency="EUR", country="GB")
    assert (british.indemnity_apart, codes(british)) == (None, [RemarkCode.INDEMNITY_IN_OWN_CURRENCY])


def test_amounts_have_their_currencys_decimals_and_half_a_unit_rounds_up() -> None:
    # 73 days are a fifth of a year: 5 % of 50 yen is 2.5 yen, a fifth of 12.50 % of 1.00 is 2.5 cents.
    yen = reckoned("250", "2026-01-01", "2026-03-15", currency="JPY", contract_rate=Decimal(5))
    assert str(yen.interest) == "3"
    cents = reckoned("1.00", "2026-01-01", "2026-03-15", contract_rate=Decimal("12.5"))
    assert str(cents.interest) == "0.03"


def test_a_leap_year_counts_365_days_unless_asked_otherwise() -> None:
    # 366 days of 2024 at 10 % on 36 500: 3 660.00; by the days of the year exactly 3 650.00.
    asked: dict[str, Any] = {"due": "2023-12-31", "until": "2024-12-31", "contract_rate": Decimal(10)}
    assert str(reckoned("36500.00", **asked).interest) == "3660.00"
    assert str(reckoned("36500.00", **asked, day_count=DayCount.ACT_ACT).interest) == "3650.00"


def test_days_of_two_years_each_count_by_their_own_year() -> None:
    # 10 days of 2023 and 10 of 2024: 10/365 + 10/366 of 10 % on 1 000 000.
    statement = reckoned(
        "1000000.00", "2023-12-21", "2024-01-10", contract_rate=Decimal(10), day_count=DayCount.ACT_ACT
    )
    assert str(statement.interest) == "5471.97"


def test_a_rate_used_beyond_the_change_of_its_law_is_told() -> None:
    newer = dict(RATES.series["fr_business"].entries)
    newer[HalfYear(2027, 1)] = newer[HalfYear(2026, 2)]
    rates = replace(RATES, series={**RATES.series, "fr_business": replace(RATES.series["fr_business"], entries=newer)})
    assert [dict(one.facts) for one in statement_of(claim(until="2027-01-01"), rates).remarks] == [{"on": "2027-01-01"}]
    assert statement_of(claim(until="2026-12-31"), rates).remarks == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"contract_rate": Decimal(-1)},
        {"payments": ((day("2026-05-10"), eur("0.00")),)},
        {"payments": ((day("2026-05-10"), money("5.00", "USD")),)},
    ],
)
def test_a_claim_without_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|cannot"):
        reckoned(**changes)


def test_the_sources_name_the_article_and_each_rate_once() -> None:
    paid = ((day("2026-05-31"), eur("4000.00")),)
    sources = reckoned(payments=paid).sources
    assert sum("L441-10" in source for source in sources) == 1
    assert [s.split(" (")[0] for s in sources if s.startswith("fr_business")] == [
        "fr_business 2026-S1: 12.15",
        "fr_business 2026-S2: 12.40",
    ]
