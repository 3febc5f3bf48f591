"""The rates that interest is computed with: by series and half-year, each with its source; never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.errors import RelanceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

_WRITTEN: Final = re.compile(r"(?P<year>[0-9]{4})-S(?P<half>[12])")
_SECOND: Final = 2
_JULY: Final = 7


class MissingRateError(RelanceError):
    """A rate that is needed is not in the table: `series` and `half_year` say which; nothing is extrapolated."""

    def __init__(self, series: str, half_year: HalfYear) -> None:
        super().__init__(
            f"the rate {series} of {half_year} is not known: add it to a file of rates, have it checked by "
            "`relance rates check FILE`, and name the file under `rates` in the configuration"
        )
        self.series = series
        self.half_year = half_year


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """Half a calendar year: `half` is 1 (January to June) or 2; written 2026-S1, 2026-S2."""

    year: int
    half: int

    @classmethod
    def of(cls, day: date) -> HalfYear:
        """Give the half-year that a day is in."""
        return cls(year=day.year, half=_SECOND if day.month >= _JULY else 1)

    @classmethod
    def parse(cls, text: str) -> HalfYear:
        """Read "2026-S2"; raise ValueError for anything else."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text} is not a half-year such as 2026-S2")
        return cls(year=int(match["year"]), half=int(match["half"]))

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 1 if self.half == 1 else _JULY, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> HalfYear:
        """The half-year after it."""
        return HalfYear(self.year, _SECOND) if self.half == 1 else HalfYear(self.year + 1, 1)

    def __str__(self) -> str:
        return f"{self.year}-S{self.half}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateEntry:
    """One rate, in percent a year: where it was read, how sure that is, and the day from which its law is no longer the same (None: no such day is known)."""

    rate: Decimal
    source: str
    confidence: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The rates of one name; `rule` says in words what they are."""

    name: str
    rule: str
    entries: Mapping[HalfYear, RateEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """All series by their name."""

    series: Mapping[str, Series]

    def entry(self, name: str, half_year: HalfYear) -> RateEntry:
        """Give a rate with its source; raise MissingRateError where the table has none."""
        series = self.series.get(name)
        found = series.entries.get(half_year) if series is not None else None
        if found is None:
            raise MissingRateError(name, half_year)
        return found

    def newest(self, name: str) -> HalfYear | None:
        """Give the latest half-year that a series knows; None for a series that is not there or is empty."""
        series = self.series.get(name)
        return max(series.entries, default=None) if series is not None else None

    def laid_over(self, other: Rates) -> Rates:
        """Give these rates with those of `other` laid over them, entry by entry."""
        merged = dict(self.series)
        for name, update in other.series.items():
            known = merged.get(name)
            merged[name] = Series(
                name=name,
                rule=update.rule or (known.rule if known else ""),
                entries={**(known.entries if known else {}), **update.entries},
            )
        return Rates(series=merged)
