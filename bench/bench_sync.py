"""100,000 invoices of Xero into the store by the real path, beside the bare floor and beside dlt, on the same pages.

Pages of 1,000 come ready made from a server in its own process: 100,000 invoices with lines and payments, 20,000 contacts,
80,000 payments; then 1 % of it changed, then nothing. Each contender runs in a process of its own and is measured there by
getrusage; they take turns, so that a busy moment of the machine hits them all. Rates are by processor time.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.cost import Cost
from bench.table import Row, middle, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RUNS: Final = 3
# dlt takes minutes: it runs once in each shape, whatever the aim (a sixth) leaves room for.
_PEER_RUNS: Final = 1
_INVOICES: Final = 100_000
_STAGES: Final = ("first", "changed", "same")
_ROOT: Final = Path(__file__).parents[1]
# What both files must hold alike: the same rows were written, whoever wrote them.
_ALIKE: Final = {
    "items": "item_id, customer_id, number, kind, issued_on, due_on, due_source, currency, total, balance, reference, "
    "first_seen_on, next_action_on, version",
    "customers": "customer_id, name",
    "contacts": "customer_id, layer, position, role, email, name, phone",
    "payments": "payment_id, item_id, paid_on, currency, amount, undone",
}


def rows(count: int = _INVOICES) -> list[Row]:
    """Measure the first reading, the reading of 1 % and that of nothing; medians of three."""
    with tempfile.TemporaryDirectory() as folder, _served(count) as url:
        home = Path(folder)
        ours: dict[str, list[Cost]] = {stage: [] for stage in _STAGES}
        floor: dict[str, list[Cost]] = {stage: [] for stage in _STAGES[:2]}
        asked: list[str] = []
        for _ in range(_RUNS):
            mine, bare = _fresh(home / "ours"), _fresh(home / "floor")
            for stage in _STAGES[:2]:
                ours[stage].append(_run("sync_ours", url, mine, stage))
                floor[stage].append(_run("sync_floor", url, bare, stage))
                if stage == "first":
                    _must_be_alike(mine, bare)
            _asked(url)
            ours["same"].append(_run("sync_ours", url, mine, "same"))
            asked = _asked(url)
        peers = {shape: _peer(home / f"dlt_{shape}", url, shape) for shape in ("nested", "flat")}
    return [
        _row("first", f"first sync of {count:,} invoices", count, ours, floor, peers),
        _row("changed", f"sync of {count // 100:,} changed invoices", count // 100, ours, floor, peers),
        _nothing(ours["same"], asked),
    ]


def _row(
    stage: str,
    what: str,
    count: int,
    ours: dict[str, list[Cost]],
    floor: dict[str, list[Cost]],
    peers: dict[str, dict[str, Cost]],
) -> Row:
    mine, bare = _median(ours[stage]), _median(floor[stage])
    told = ", ".join(
        f"{shape} {costs[stage].cpu:.2f} CPU s ({costs[stage].cpu / mine.cpu:.0f}×), {costs[stage].wall:.1f} s by the clock, "
        f"{costs[stage].peak_mib:.0f} MiB"
        for shape, costs in peers.items()
        if costs
    )
    return Row(
        what=what,
        unit="invoices",
        ours=count / mine.cpu,
        floor=count / bare.cpu,
        peak_mib=mine.peak_mib,
        note=f"{mine.cpu:.2f} CPU s, {mine.wall:.2f} s by the clock; floor {bare.cpu:.2f} CPU s, {bare.wall:.2f} s, "
        f"{bare.peak_mib:.0f} MiB; dlt: {told or 'not installed (pip install relance[bench])'}",
    )


def _nothing(costs: Sequence[Cost], asked: Sequence[str]) -> Row:
    mine = _median(costs)
    lists = " ".join(each.split()[1] for each in asked)
    return Row(
        what="sync of nothing new",
        unit="syncs",
        ours=1 / mine.cpu,
        floor=1 / mine.cpu,
        peak_mib=mine.peak_mib,
        note=f"{mine.cpu * 1000:.0f} ms CPU, {mine.wall * 1000:.0f} ms by the clock; {len(asked)} requests: {lists}; no floor",
    )


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu=middle([each.cpu for each in costs]),
        wall=middle([each.wall for each in costs]),
        peak_mib=middle([each.peak_mib for each in costs]),
    )


def _peer(home: Path, url: str, shape: str) -> dict[str, Cost]:
    """Measure dlt, {} where it is not installed."""
    if find_spec("dlt") is None:
        return {}
    found: dict[str, list[Cost]] = {stage: [] for stage in _STAGES[:2]}
    for _ in range(_PEER_RUNS):
        path = _fresh(home)
        for stage, costs in found.items():
            costs.append(_run("sync_dlt", url, path, stage, shape))
    return {stage: _median(costs) for stage, costs in found.items()}


def _run(module: str, url: str, path: Path, stage: str, *more: str) -> Cost:
    command = [sys.executable, "-m", f"bench.{module}", url, str(path), stage, *more]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} {stage}: {done.stderr[-2000:]}")
    cost = Cost(**json.loads(done.stdout.splitlines()[-1]))
    print(f"  {module} {stage} {' '.join(more)}: {cost.cpu:.2f} CPU s, {cost.wall:.2f} s", file=sys.stderr, flush=True)
    return cost


def _fresh(home: Path) -> Path:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return home / "relance.db"


def _must_be_alike(mine: Path, bare: Path) -> None:
    """Stop where the floor wrote other rows than we did: it would not be the floor of this work."""
    db = sqlite3.connect(mine)
    db.execute("ATTACH ? AS bare", (str(bare),))
    for table, names in _ALIKE.items():
        for one, other in (("main", "bare"), ("bare", "main")):
            query = f"SELECT {names} FROM {one}.{table} EXCEPT SELECT {names} FROM {other}.{table} LIMIT 1"  # noqa: S608 (our own names)
            found = db.execute(query).fetchall()
            assert not found, f"{table}: {found} is only in {one}"
    db.close()


def _asked(url: str) -> list[str]:
    with urllib.request.urlopen(f"{url}/log") as answer:  # noqa: S310 (our own server)
        asked: list[str] = json.load(answer)
    return asked


@contextmanager
def _served(count: int) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.pages_server", str(count)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()


if __name__ == "__main__":
    print(show(rows(int(sys.argv[1]) if len(sys.argv) > 1 else _INVOICES)))
