"""Tables of rates made by hand, for tests that are not about the project's own table."""

from __future__ import annotations

from decimal import Decimal

from engine.rates import HalfYear, RateEntry, Rates, Series


def half(text: str) -> HalfYear:
    return HalfYear.parse(text)


def table(**series: dict[str, str]) -> Rates:
    """Make a table: ecb_mro={"2026-S1": "2.15"}, …"""
    return Rates(
        series={
            name: Series(
                name=name,
                rule="",
                entries={half(one): RateEntry(rate=Decimal(rate), source="a decree") for one, rate in rates.items()},
            )
            for name, rates in series.items()
        }
    )
