"""The demonstration as its first user meets it: one command, its summary, the mails it leaves."""

from __future__ import annotations

import email
import email.policy
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path


@pytest.fixture(scope="module", name="shown")
def _shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "relance", "demo", "--json"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    mails = sorted((folder / document["mailbox"]).glob("*.eml"))
    return {"document": document, "told": done.stderr, "mails": [(path, _read(path)) for path in mails]}


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def _asking(shown: dict[str, Any], number: str) -> list[str]:
    """The days on which a mail listed an invoice, thank-yous left out."""
    return [
        path.name[4:14] for path, mail in shown["mails"] if number in _text(mail) and "bien reçu" not in _text(mail)
    ]


def test_it_ends_with_a_summary_that_counts_the_mails_left(shown: dict[str, Any]) -> None:
    document = shown["document"]
    assert (document["days"], document["companies"], document["synced"]) == (60, 2, 120)
    assert document["sent"] == document["received"] == len(shown["mails"]) > 20
    assert document["doubles"] == 0
    assert document["thanked"] == 5
    assert document["problems"] == []


def test_no_mail_leaves_twice(shown: dict[str, Any]) -> None:
    ids = [str(mail["Message-ID"]) for _, mail in shown["mails"]]
    assert len(set(ids)) == len(ids)


def test_nothing_is_asked_while_it_is_disputed_nor_after_it_is_paid(shown: dict[str, Any]) -> None:
    """F2026-022 is disputed from 16 March, released on 9 April and paid on 21 April."""
    days = _asking(shown, "F2026-022")
    assert days
    assert not [day for day in days if "2026-03-16" <= day < "2026-04-09" or day >= "2026-04-21"]


def test_a_promise_stops_the_reminders_until_it_is_broken(shown: dict[str, Any]) -> None:
    """F2026-024 is promised on 23 March for the 30th; two working days later nothing has come."""
    days = _asking(shown, "F2026-024")
    assert not [day for day in days if "2026-03-23" <= day <= "2026-04-01"]
    assert "2026-04-02" in days


def test_what_a_credit_note_covers_is_not_asked_again(shown: dict[str, Any]) -> None:
    assert not [day for day in _asking(shown, "2026-103") if day >= "2026-03-16"]


def test_the_story_is_told_day_by_day(shown: dict[str, Any]) -> None:
    assert "Garage du Vieux Pont conteste F2026-022" in shown["told"]
    assert "remerciement (F2026-021)" in shown["told"]


def test_each_mail_has_its_page_beside_it(shown: dict[str, Any]) -> None:
    assert all(path.with_suffix(".html").is_file() for path, _ in shown["mails"])


def test_it_never_replaces_a_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "relance-demo").mkdir()
    (tmp_path / "relance-demo" / "mine.txt").write_text("keep me")
    done = subprocess.run(
        [sys.executable, "-m", "relance", "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "was not made by a demonstration" in done.stderr
    assert (tmp_path / "relance-demo" / "mine.txt").read_text() == "keep me"
