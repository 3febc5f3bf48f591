"""Processor time and memory of a step: measured apart, since tracing allocations slows what it watches."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

from bench.table import middle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def side_by_side(steps: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Give the median processor seconds of each step.

    The steps take turns, so that a slow moment of the machine hits them all; processor time, because a busy neighbour
    lengthens a wait and not the work. What waits for the disk is timed by the clock, where it is measured.
    """
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(runs):
        for name, step in steps.items():
            begun = time.process_time()
            step()
            seconds[name].append(time.process_time() - begun)
    return {name: middle(values) for name, values in seconds.items()}


def peak_mib(step: Callable[[], object]) -> float:
    """Give the most memory that Python's own objects take during a step, in MiB; SQLite's page cache is not in it."""
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
