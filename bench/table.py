"""Rows of measurements, printed as one table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement beside its floor, both in one run: rates in units a second; `ratio` is how many times slower we are."""

    what: str
    unit: str
    ours: float
    floor: float
    peak_mib: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.floor / self.ours if self.ours else float("inf")


def middle(values: Sequence[float]) -> float:
    """Give the median, which one slow run does not move."""
    return median(values)


def show(rows: Sequence[Row]) -> str:
    """Lay rows out as a Markdown table."""
    head = "| what | ours /s | floor /s | floor ÷ ours | peak MiB | note |\n|---|---|---|---|---|---|"
    lines = [
        f"| {row.what} ({row.unit}) | {row.ours:,.0f} | {row.floor:,.0f} | {row.ratio:.2f} | {_mib(row.peak_mib)} | {row.note} |"
        for row in rows
    ]
    return "\n".join([head, *lines])


def _mib(peak: float | None) -> str:
    return "–" if peak is None else f"{peak:,.0f}"
