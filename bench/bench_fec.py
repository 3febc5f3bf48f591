"""Import of a 1,000,000-line FEC against a bare csv.reader loop over the same file; peak memory of both."""

from __future__ import annotations

import csv
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fec_generator import write
from bench.table import Row, middle, show
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
        seconds: dict[str, list[float]] = {name: [] for name in steps}
        for _ in range(_RUNS):
            for name, step in steps.items():
                begun = time.process_time()
                step()
                seconds[name].append(time.process_time() - begun)
        floor = count / middle(seconds["floor"])
        lean = f"lean peak {_peak(lambda: _bare(path)):.1f} MiB; file {path.stat().st_size >> 20} MiB"
        return [
            Row(
                what="FEC reading (lines, totals, receivables)",
                unit="lines",
                ours=count / middle(seconds["reading"]),
                floor=floor,
                peak_mib=_peak(lambda: read_fec(path)),
                note=f"floor: csv.reader loop; {lean}",
            ),
            Row(
                what="FEC import (lettering, items, pages)",
                unit="lines",
                ours=count / middle(seconds["items"]),
                floor=floor,
                peak_mib=_peak(lambda: _pull(path)),
                note="floor: csv.reader loop",
            ),
        ]


def _bare(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file, delimiter="\t"))


def _pull(path: Path) -> int:
    return sum(len(page.items) for page in FecBooks(company_id="bench", path=path).pull("").pages())


def _peak(step: Callable[[], object]) -> float:
    """Trace allocations in a run of its own: tracing slows it too much to be timed."""
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


if __name__ == "__main__":
    print(show(rows(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
