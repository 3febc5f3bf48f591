from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.money import CurrencyMismatchError, InexactAmountError, Money, exponent, totals

CODES = st.sampled_from(["EUR", "USD", "JPY", "TND", "CLF"])


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "shown"),
    [
        ("1234.5", "EUR", 123450, "1234.50"),
        ("0.01", "EUR", 1, "0.01"),
        ("-0.05", "EUR", -5, "-0.05"),
        ("1234", "JPY", 1234, "1234"),
        ("1.234", "TND", 1234, "1.234"),
        ("1.2345", "CLF", 12345, "1.2345"),
        ("0", "EUR", 0, "0.00"),
        ("100000000000.00", "EUR", 10**13, "100000000000.00"),
    ],
)
def test_an_amount_is_whole_minor_units_with_the_decimals_of_its_currency(
    amount: str, currency: str, minor: int, shown: str
) -> None:
    money = Money.of(Decimal(amount), currency)
    assert money.minor == minor
    assert str(money) == shown


def test_yen_have_no_decimals_dinars_three_and_a_currency_without_an_entry_two() -> None:
    assert (exponent("JPY"), exponent("TND"), exponent("EUR"), exponent("XPF"), exponent("ZZZ")) == (0, 3, 2, 0, 2)


@pytest.mark.parametrize(("amount", "currency"), [("1.005", "EUR"), ("0.5", "JPY"), ("1.2345", "TND")])
def test_an_amount_finer_than_its_currency_is_refused_never_rounded(amount: str, currency: str) -> None:
    with pytest.raises(InexactAmountError, match=currency):
        Money.of(Decimal(amount), currency)


def test_amounts_of_two_currencies_are_never_added_or_compared() -> None:
    euro, dollar = Money(minor=1, currency="EUR"), Money(minor=1, currency="USD")
    with pytest.raises(CurrencyMismatchError):
        euro + dollar
    with pytest.raises(CurrencyMismatchError):
        euro - dollar
    with pytest.raises(CurrencyMismatchError):
        assert euro < dollar
    with pytest.raises(CurrencyMismatchError):
        assert euro <= dollar
    assert euro != dollar


def test_totals_are_kept_apart_by_currency_in_alphabetical_order() -> None:
    sums = totals([Money(minor=5, currency="USD"), Money(minor=1, currency="EUR"), Money(minor=-3, currency="USD")])
    assert list(sums.items()) == [("EUR", Money(minor=1, currency="EUR")), ("USD", Money(minor=2, currency="USD"))]
    assert totals([]) == {}


@given(st.integers(-(10**15), 10**15), CODES)
def test_money_survives_the_way_to_major_units_and_text_and_back(minor: int, currency: str) -> None:
    money = Money(minor=minor, currency=currency)
    assert Money.of(money.amount, currency) == money
    assert Money.of(Decimal(str(money)), currency) == money
    assert "E" not in str(money)


@given(st.integers(), st.integers(), CODES)
def test_sums_differences_and_order_are_those_of_the_minor_units(one: int, other: int, currency: str) -> None:
    a, b = Money(minor=one, currency=currency), Money(minor=other, currency=currency)
    assert (a + b).minor == one + other
    assert a - b == a + -b
    assert (a < b) == (one < other)
    assert (a <= b) == (one <= other)
