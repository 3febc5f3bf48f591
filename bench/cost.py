"""What a step costs its own process: processor time, wall time, and the most memory that it ever held."""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = Path("/proc/self/status")


@dataclass(slots=True, kw_only=True)
class Cost:
    """Seconds of processor (user and system, all threads) and of the clock; `peak_mib` counts the whole process."""

    cpu: float = 0.0
    wall: float = 0.0
    peak_mib: float = 0.0


@contextmanager
def costing() -> Iterator[Cost]:
    """Measure what happens inside."""
    cost = Cost()
    began, used = time.perf_counter(), _used()
    yield cost
    cost.cpu, cost.wall, cost.peak_mib = _used() - used, time.perf_counter() - began, _peak()


def tell(cost: Cost) -> None:
    """Print a cost for the process that asked for it."""
    print(json.dumps({"cpu": cost.cpu, "wall": cost.wall, "peak_mib": cost.peak_mib}))


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak() -> float:
    # The kernel's ru_maxrss of a new process begins with its parent's, VmHWM with its own.
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)
