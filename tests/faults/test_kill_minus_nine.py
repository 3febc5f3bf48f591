"""Kill -9 at any moment of `relance run`, and run again: no mail twice, none lost.

The default suite takes a dozen moments on the way of a mail; the slow one some hundreds over the whole run;
RELANCE_KILL_POINTS=lines (make faults) takes every line of code on the way of a mail once, N takes N moments, and all
takes every moment of a run: tens of thousands.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.killing import Killer, mail_server, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.killing import Moment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks")


# A killed process loses nothing that it had written, synced or not: in memory a kill costs no wait for the disk.
_MEMORY = Path("/dev/shm")


@pytest.fixture
def killer() -> Iterator[Killer]:
    """A prepared installation with two customers due, and a mail server in a process of its own."""
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="relance-kill-", dir=_MEMORY if in_memory else None) as place:
        server, prepared, room = (Path(place) / name for name in ("server", "template", "room"))
        for folder in (server, prepared, room):
            folder.mkdir()
        with mail_server(server) as (port, log):
            yield Killer(template=template(prepared, port), log=log, room=room)


def spread(values: list[Moment], count: int) -> list[Moment]:
    """Take values at even distances, the first and the last among them."""
    if count >= len(values):
        return values
    return [values[n * (len(values) - 1) // (count - 1)] for n in range(count)]


def send_path(moments: list[Moment]) -> list[Moment]:
    """Take the moments from the first claim to the end of the run."""
    first = next(n for n, moment in enumerate(moments) if moment.function == "claim_next")
    return moments[first:]


def window(moments: list[Moment]) -> list[Moment]:
    """Take the moments around the first mail's hand-over: from its barrier until it is recorded as sent."""
    first = next(n for n, moment in enumerate(moments) if moment.function == "pass_barrier")
    last = next(n for n, moment in enumerate(moments) if n > first and moment.function == "record_sent")
    after = next(n for n, m in enumerate(moments) if n > last and m.function == "claim_next")
    return moments[first:after]


def each_line(moments: list[Moment]) -> list[Moment]:
    """Take the first moment of every line of code."""
    first: dict[tuple[str, int], Moment] = {}
    for moment in moments:
        first.setdefault((moment.file, moment.line), moment)
    return list(first.values())


def check(killer: Killer, moments: list[Moment]) -> None:
    faults = [fault for moment in moments for fault in killer.judge(moment).faults]
    assert not faults, "\n".join(faults)
    accepted = Counter(killer.message_ids())
    assert accepted
    assert max(accepted.values()) == 1, "one Message-ID was accepted twice from one installation"


def test_a_run_killed_on_the_way_of_a_mail_sends_nothing_twice_and_loses_nothing(killer: Killer) -> None:
    moments = killer.moments()
    check(killer, sorted({*spread(send_path(moments), 4), *spread(window(moments), 8)}, key=lambda m: m.number))


@pytest.mark.slow
def test_a_run_killed_at_any_moment_sends_nothing_twice_and_loses_nothing(killer: Killer) -> None:
    moments = killer.moments()
    wanted = os.environ.get("RELANCE_KILL_POINTS", "150")
    if wanted in {"all", "lines"}:
        check(killer, moments if wanted == "all" else each_line(send_path(moments)))
        return
    count = int(wanted)
    chosen = {
        *spread(moments, count // 3),
        *spread(send_path(moments), count // 3),
        *spread(window(moments), count // 3),
    }
    check(killer, sorted(chosen, key=lambda m: m.number))


@pytest.mark.slow
def test_the_harness_finds_the_double_mails_of_a_tool_that_forgets_its_barrier(killer: Killer) -> None:
    # A deliberately naive recovery: what was being handed over when the run died is simply planned again.
    def forget(copy: Path) -> None:
        (database,) = (path for path in copy.rglob("*.db") if "vault" not in path.name)
        connection = sqlite3.connect(database)
        with connection:
            connection.execute("UPDATE reminders SET state = 'planned' WHERE state = 'handing_over'")
        connection.close()

    moments = window(killer.moments())
    recorded = next(n for n, moment in enumerate(moments) if moment.function == "record_sent")
    judged = [killer.judge(moment, between=forget) for moment in moments[recorded : recorded + 3]]
    assert any(judgement.doubles for judgement in judged)
