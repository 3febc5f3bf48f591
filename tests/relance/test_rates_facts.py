"""The project's table of rates against the facts that lie beside the checkout, and against what the law derives."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.rates import HalfYear, Rates
from relance.rates import packaged_rates

FACTS = Path(__file__).resolve().parents[2] / "../shared/rates.json"

# Our series, where the facts keep them, and under which key.
PLACES = {
    "ecb_mro": ("ecb_mro_at_half_year_start", "rate"),
    "fr_business": ("fr_default_penalty_b2b", "rate"),
    "fr_legal_other": ("fr_legal_interest", "autres_cas"),
    "de_base": ("de_basiszinssatz", "base"),
    "es_business": ("es_interes_demora", "rate"),
    "it_business": ("it_interessi_mora", "rate"),
    "nl_business": ("nl_handelsrente", "rate"),
    "be_business": ("be_transactions_commerciales", "rate"),
    "gb_bank_rate": ("uk_late_payment", "bank_rate"),
}


@pytest.mark.spec
@pytest.mark.skipif(not FACTS.is_file(), reason="the facts lie beside the checkout only where it is developed")
@pytest.mark.parametrize("name", PLACES)
def test_every_rate_is_the_one_that_was_gathered(name: str) -> None:
    place, key = PLACES[name]
    facts = json.loads(FACTS.read_text(encoding="utf-8"), parse_float=Decimal)[place]["values"]
    ours = packaged_rates().series[name].entries
    assert {str(half): entry.rate for half, entry in ours.items()} == {half: one[key] for half, one in facts.items()}


@pytest.mark.parametrize("name", [*PLACES, "nl_consumer"])
def test_every_series_runs_from_2015_without_a_gap_and_says_where_each_rate_was_read(name: str) -> None:
    series = packaged_rates().series[name]
    half_year, expected = HalfYear(2015, 1), []
    while half_year <= HalfYear(2026, 2):
        expected.append(half_year)
        half_year = half_year.next
    assert sorted(series.entries) == expected
    assert series.rule
    assert all(entry.source and entry.confidence for entry in series.entries.values())


def test_the_french_rule_between_businesses_says_until_when_its_text_is_valid() -> None:
    entry = packaged_rates().entry("fr_business", HalfYear(2026, 2))
    assert str(entry.valid_until) == "2027-01-01"


def test_half_years_are_counted_by_the_calendar() -> None:
    assert HalfYear.parse("2026-S2").first.isoformat() == "2026-07-01"
    assert HalfYear.parse("2026-S2").last.isoformat() == "2026-12-31"
    assert str(HalfYear.parse("2026-S2").next) == "2027-S1"
    with pytest.raises(ValueError, match="2026-S3"):
        HalfYear.parse("2026-S3")
    assert Rates(series={}).newest("ecb_mro") is None
