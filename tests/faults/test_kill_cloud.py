"""Kill -9 at any moment of `relance run` on cloud books, and run again: nothing twice, nothing lost, for each provider.

The default suite takes a dozen places at which something is half done on one side of the wire or the other, shared out
among the providers. The slow one takes them with each provider, and RELANCE_KILL_POINTS moments of the whole run (90),
evenly spread; with `lines` (make faults) every line that can make a difference once, with `all` every moment: tens of
thousands.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.cloud import PROVIDERS
from tests.faults.killing_cloud import At, CloudKiller, prepare
from tests.faults.test_kill_minus_nine import each_line, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.e2e.cloud import Cloud, Provider
    from tests.faults.killing import Moment

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the harness forks")

# A killed process loses nothing that it had written, synced or not: in memory a kill costs no wait for the disk.
_MEMORY = Path("/dev/shm")

# In the order of a run.
PLACES: Final = (
    # The provider gave new tokens, and they are not saved; saved, and not used yet.
    At(file="connectors/oauth_wire.py", function="exchange", leaving=True),
    At(file="state/vault.py", function="save_tokens", leaving=True),
    # In the middle of a sync, and before its end is recorded.
    At(file="state/syncs.py", function="apply_page", leaving=True),
    At(file="state/syncs.py", function="complete_sync"),
    # What is about to be asked for was read again.
    At(file="state/syncs.py", function="apply_refresh", leaving=True),
    # The one mail: about to leave, gone, recorded.
    At(file="state/outbox.py", function="pass_barrier", leaving=True),
    At(file="state/outbox.py", function="record_sent"),
    At(file="state/outbox.py", function="record_sent", leaving=True),
    # The other one, by the provider where it mails.
    At(file="state/outbox.py", function="pass_barrier", leaving=True, nth=2),
    At(file="state/outbox.py", function="record_sent", nth=2),
    # A note: about to be written, written and not recorded.
    At(file="state/notes.py", function="claim_note", leaving=True),
    At(file="state/notes.py", function="record_noted"),
)


# A kill in what only computes is one in what comes right before it: `lines` leaves it out.
EFFECTIVE: Final = (
    "channels/",
    "connectors/",
    "engine/delivery.py",
    "engine/noting.py",
    "engine/syncing.py",
    "quickbooks/",
    "relance/fetching.py",
    "relance/lock.py",
    "relance/opening.py",
    "relance/running.py",
    "sage/",
    "smtplib.py",
    "state/",
    "xero/",
)


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request: pytest.FixtureRequest) -> Provider:
    return PROVIDERS[request.param]


@pytest.fixture
def killer(provider: Provider) -> Iterator[CloudKiller]:
    """A prepared company at a provider, with two reminders due and some changes in its books."""
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="relance-kill-", dir=_MEMORY if in_memory else None) as place:
        prepared, room = Path(place) / "template", Path(place) / "room"
        prepared.mkdir()
        room.mkdir()
        yield CloudKiller(cloud=prepare(prepared, provider), room=room)


def check(killer: CloudKiller, moments: Sequence[Moment | At]) -> None:
    faults = [fault for verdict in killer.judge(moments) for fault in verdict.faults]
    assert not faults, "\n".join(faults)


def test_a_run_killed_where_something_is_half_done_does_nothing_twice_and_loses_nothing(
    killer: CloudKiller, provider: Provider
) -> None:
    # Each place with one provider in turn; the slow proof takes them all with each.
    turn = sorted(PROVIDERS).index(provider.name)
    check(killer, PLACES[turn :: len(PROVIDERS)])


@pytest.mark.slow
def test_a_run_killed_at_each_place_where_something_is_half_done_does_nothing_twice(killer: CloudKiller) -> None:
    check(killer, PLACES)


@pytest.mark.slow
def test_a_run_killed_at_any_moment_does_nothing_twice_and_loses_nothing(killer: CloudKiller) -> None:
    moments = killer.moments()
    wanted = os.environ.get("RELANCE_KILL_POINTS", "90")
    match wanted:
        case "all":
            check(killer, moments)
        case "lines":
            check(killer, each_line([moment for moment in moments if moment.file.startswith(EFFECTIVE)]))
        case _:
            check(killer, spread(moments, int(wanted)))


@pytest.mark.parametrize("provider", [PROVIDERS["xero"]], ids=["xero"])
@pytest.mark.slow
def test_the_harness_finds_the_double_mails_and_notes_of_a_tool_that_forgets_what_it_began(killer: CloudKiller) -> None:
    # A deliberately naive recovery: what was under way when the run died is simply done again.
    def forget(cloud: Cloud) -> None:
        (database,) = cloud.folder.rglob("relance.db")
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE reminders SET state = 'planned' WHERE state = 'handing_over'")
            connection.execute("UPDATE notes SET state = 'todo', tried = 0 WHERE state = 'claimed'")

    places = [
        At(file="state/outbox.py", function="record_sent"),
        At(file="state/outbox.py", function="record_sent", nth=2),
        At(file="state/notes.py", function="record_noted"),
    ]
    mails = [verdict.faults for verdict in killer.judge(places, between=forget)]
    assert "got 2 mails" in " ".join(mails[0])
    assert "got 2 mails" in " ".join(mails[1])
    assert "with 2 notes" in " ".join(mails[2])


@pytest.mark.parametrize("provider", [PROVIDERS["sage"]], ids=["sage"])
def test_tokens_that_were_never_saved_are_told_and_a_new_consent_goes_on_where_it_stopped(killer: CloudKiller) -> None:
    # Sage takes a refresh token once. The tool cannot save what it has not yet; it can only say so.
    (verdict,) = killer.judge([PLACES[0]])
    assert (verdict.faults, verdict.ending.reconnected, verdict.ending.letters) == ([], True, {"Rowan": 1, "Cedar": 1})
