"""Every benchmark, one table: `python -m bench [part of a name]…` runs bench_*.py, or those that are named."""

from __future__ import annotations

import importlib
import os
import platform
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import show

if TYPE_CHECKING:
    from bench.table import Row


def chosen(words: list[str]) -> list[str]:
    """List the benchmarks whose name holds one of the words; all of them where none is given."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    return [name for name in found if not words or any(word in name for word in words)]


def main(words: list[str]) -> int:
    """Run them one after the other, so that none slows another; 2 when no name fits."""
    names = chosen(words)
    if not names:
        print(f"no benchmark is called {' or '.join(words)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{name}").rows()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores\n")
    print(show(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
