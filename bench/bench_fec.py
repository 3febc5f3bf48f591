"""Import of a 1,000,000-line FEC against a bare csv.reader loop over the same file; peak memory of both."""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fec_generator import write
from bench.measure import peak_mib, side_by_side
from bench.table import Row, show
from connectors.files.fec import FecBooks
from connectors.files.fec_lines import read_fec

if TYPE_CHECKING:
    from collections.abc import Callable

_RUNS = 3


def rows(count: int = 1_000_000) -> list[Row]:
    """Measure reading alone, and the whole pull into open items; medians of three by CPU time, side by side in one run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "123456789FEC20251231.txt"
        write(path, count)
        steps: dict[str, Callable[[], object]] = {
            "floor": lambda: _bare(path),
            "reading": lambda: read_fec(path),
            "items": lambda: _pull(path),
        }
        seconds = side_by_side(steps, _RUNS)
        floor = count / seconds["floor"]
        lean = f"lean peak {peak_mib(lambda: _bare(path)):.1f} MiB; file {path.stat().st_size >> 20} MiB"
        return [
            Row(
                what="FEC reading (lines, totals, receivables)",
                unit="lines",
                ours=count / seconds["reading"],
                floor=floor,
                peak_mib=peak_mib(lambda: read_fec(path)),
                note=f"floor: csv.reader loop; {lean}",
            ),
            Row(
                what="FEC import (lettering, items, pages)",
                unit="lines",
                ours=count / seconds["items"],
                floor=floor,
                peak_mib=peak_mib(lambda: _pull(path)),
                note="floor: csv.reader loop",
            ),
        ]


def _bare(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file, delimiter="\t"))


def _pull(path: Path) -> int:
    return sum(len(page.items) for page in FecBooks(company_id="bench", path=path).pull("").pages())


if __name__ == "__main__":
    print(show(rows(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
