"""The limitation clock of French claims."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.kinds import CustomerKind
from engine.limitation import limitation_of
from tests.builders import credit_note, customer, day, invoice, payment


@pytest.mark.parametrize(
    ("kind", "lapses", "article"),
    [
        (CustomerKind.CONSUMER, "2025-03-02", "L218-2"),
        (CustomerKind.BUSINESS, "2028-03-02", "L110-4"),
        (CustomerKind.PUBLIC, "2027-03-02", "68-1250"),
    ],
)
def test_a_claim_lapses_two_five_or_four_years_after_its_due_date(
    kind: CustomerKind, lapses: str, article: str
) -> None:
    clock = limitation_of(invoice(due="2023-03-02"), customer(kind=kind), "FR")
    assert clock is not None
    assert (clock.lapses_on, clock.kind_known) == (day(lapses), True)
    assert article in clock.article


def test_an_unknown_kind_shows_the_shortest_time_and_says_so() -> None:
    clock = limitation_of(invoice(due="2023-03-02"), customer(), "FR")
    assert clock is not None
    assert (clock.lapses_on, clock.kind_known) == (day("2025-03-02"), False)


def test_other_countries_and_credits_have_no_clock() -> None:
    business = customer(kind=CustomerKind.BUSINESS)
    assert limitation_of(invoice(), business, "DE") is None
    assert limitation_of(credit_note(), business, "FR") is None
    assert limitation_of(payment(), business, "FR") is None


def test_a_leap_day_lapses_on_the_28th() -> None:
    clock = limitation_of(invoice(due="2024-02-29"), customer(kind=CustomerKind.BUSINESS), "FR")
    assert clock is not None
    assert clock.lapses_on == day("2029-02-28")


@pytest.mark.parametrize(
    ("as_of", "warns", "lapsed"),
    [
        ("2023-03-02", False, False),
        ("2027-09-01", False, False),
        ("2027-09-02", True, False),
        ("2027-09-03", True, False),
        ("2028-02-02", True, False),
        ("2028-02-03", True, False),
        ("2028-03-02", True, False),
        ("2028-03-03", True, True),
    ],
)
def test_a_person_is_warned_from_six_months_before(as_of: str, warns: bool, lapsed: bool) -> None:
    clock = limitation_of(invoice(due="2023-03-02"), customer(kind=CustomerKind.BUSINESS), "FR")
    assert clock is not None
    assert (clock.warns(day(as_of)), clock.lapsed(day(as_of))) == (warns, lapsed)


def test_the_warning_never_goes_away_again() -> None:
    clock = limitation_of(replace(invoice(), due_on=day("2024-08-31")), customer(kind=CustomerKind.CONSUMER), "FR")
    assert clock is not None
    told = [clock.warns(day("2024-09-01") + timedelta(days=n)) for n in range(900)]
    assert told == sorted(told)
