"""Letters, day by day: approved, printed, posted, presented, and the deadline that counts from there."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.replay import company, invoice, plan
from tests.fakes.pdfs import words_of

if TYPE_CHECKING:
    import pytest

    from tests.e2e.replay import Replay

# Due Mon 2 Mar 2026: +5 is Sat 7, so the letter is of Mon 9 Mar and gives 8 days: Tue 17.
DUE = "2026-03-02"
FORMAL = {"id": "formal", "offset": 5, "channel": "registered_letter", "tone": "formal", "deadline_days": 8}
SIMPLE = {"id": "simple", "offset": 5, "channel": "letter", "tone": "firm", "deadline_days": 8}
SECOND = {"id": "second", "offset": 6, "channel": "email", "tone": "firm", "deadline_days": 8}
TERMS = {"thank_you": False}


def set_up(replay: Replay, *levels: dict[str, Any], **settings: Any) -> None:
    replay.configure(company(**settings), plans={"standard": plan(levels=list(levels))})
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-02-16")


def waiting(replay: Replay) -> list[dict[str, Any]]:
    return list(json.loads(replay.do("letters", "--json").out)["letters"])


def tasks(replay: Replay) -> list[dict[str, Any]]:
    return list(json.loads(replay.do("tasks", "--json").out)["tasks"])


def written(replay: Replay) -> dict[str, Any]:
    """Have the formal notice approved and written on its day; give the letter."""
    replay.run("2026-03-09")
    replay.do("approve", "--all")
    replay.run("2026-03-09")
    (letter,) = waiting(replay)
    return letter


def test_a_formal_notice_is_approved_printed_posted_presented_and_closed_with_its_dossier(replay: Replay) -> None:
    set_up(replay, FORMAL)
    replay.run("2026-03-09")
    assert waiting(replay) == []
    assert replay.why("2026-03-10", "F1") == "awaiting_approval"
    letter = written(replay)
    path = Path(letter["path"])
    assert path.relative_to(replay.folder / "relance-data").as_posix() == f"letters/dupont/2026-03-09-A-{letter['id']}.pdf"
    assert path.stat().st_mode & 0o777 == 0o600
    assert hashlib.sha256(path.read_bytes()).hexdigest() == letter["sha256"]
    assert "1 200,00 €" in words_of(path.read_bytes())
    assert (letter["state"], letter["deadline_on"]) == ("to_post", "2026-03-17")
    (task,) = tasks(replay)
    assert task["kind"] == "registered_letter"
    # Posted on Tue 10: until more is known the eight days count from there, Wed 18.
    posted = json.loads(
        replay.do("posted", letter["id"], "--on", "2026-03-10", "--registered", "1A 234 567 8901 2", "--json").out
    )["letter"]
    assert (posted["state"], posted["deadline_on"]) == ("posted", "2026-03-18")
    assert (waiting(replay), tasks(replay)) == ([], [])
    assert replay.why("2026-03-18", "F1") == "deadline_running"
    # Presented on Fri 13: the eight days end on Sat 21, so Mon 23 still counts and Tue 24 does not.
    slip = replay.folder / "avis.png"
    slip.write_bytes(b"\x89PNG\r\n\x1a\n signed")
    presented = json.loads(
        replay.do("presented", letter["id"], "--on", "2026-03-13", "--proof", str(slip), "--json").out
    )["letter"]
    assert (presented["state"], presented["deadline_on"]) == ("presented", "2026-03-23")
    assert replay.why("2026-03-23", "F1") == "deadline_running"
    replay.run("2026-03-24")
    assert replay.why("2026-03-24", "F1") == "plan_finished"
    assert [one["kind"] for one in tasks(replay)] == ["plan_finished"]
