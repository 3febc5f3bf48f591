"""Letters, day by day: approved, printed, posted, presented, and the deadline that counts from there."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.replay import company, invoice, plan
from tests.fakes.pdfs import words_of

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

# Due Mon 2 Mar 2026: +5 is Sat 7, so the letter is of Mon 9 Mar and gives 8 days: Tue 17.
DUE = "2026-03-02"
FORMAL = {"id": "formal", "offset": 5, "channel": "registered_letter", "tone": "formal", "deadline_days": 8}
SIMPLE = {"id": "letter", "offset": 5, "channel": "letter", "tone": "firm", "deadline_days": 8}
SECOND = {"id": "second", "offset": 6, "channel": "email", "tone": "firm", "deadline_days": 8}


def set_up(replay: Replay, *levels: dict[str, Any], **settings: Any) -> None:
    replay.configure(company(**settings), plans={"standard": plan(levels=list(levels))})
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    if settings.get("mode", "auto") in {"auto", "approve"}:
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
    assert (
        path.relative_to(replay.folder / "relance-data").as_posix() == f"letters/dupont/2026-03-09-A-{letter['id']}.pdf"
    )
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
    closed = json.loads(replay.do("close", "F1", "handed-over", "--reason", "Maître Exemple", "--json").out)
    assert closed["changed"] == 1
    content = Path(closed["dossier"]["path"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == closed["dossier"]["sha256"]
    with zipfile.ZipFile(closed["dossier"]["path"]) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    papers = {name for name in held if "/" in name}
    assert held["envois/01-2026-03-09-formal.pdf"] == path.read_bytes()
    assert [held[name] for name in papers if name.startswith("preuves/")] == [slip.read_bytes()]
    told = json.loads(held["dossier.json"])
    assert {one["name"]: one["sha256"] for one in told["files"]} == {
        name: hashlib.sha256(held[name]).hexdigest() for name in papers
    }
    page = held["index.html"].decode()
    for said in ("F1", "1 200,00", "10 mars 2026", "13 mars 2026", "Maître Exemple", "1A 234 567 8901 2"):
        assert said in page.replace("\xa0", " ").replace("\u202f", " ")
    assert replay.why("2026-03-24", "F1") == "handed_over"


@pytest.mark.parametrize("channel", ["email", "letter", "registered_letter"])
@pytest.mark.parametrize("mode", ["auto", "approve"])
def test_no_formal_notice_leaves_without_a_person(replay: Replay, mode: str, channel: str) -> None:
    set_up(replay, {**FORMAL, "id": "notice" if channel == "email" else "formal", "channel": channel}, mode=mode)
    for day in ("2026-03-09", "2026-03-10", "2026-03-11"):
        replay.run(day)
    assert (waiting(replay), replay.sent, tasks(replay)) == ([], [], [])
    replay.do("approve", "--all")
    replay.run("2026-03-11")
    assert len(replay.sent) == 1


def test_a_preview_writes_no_letter(replay: Replay) -> None:
    set_up(replay, FORMAL, mode="preview")
    replay.run("2026-03-09")
    assert waiting(replay) == []
    assert not (replay.folder / "relance-data" / "letters").exists()


def test_a_test_letter_is_no_letter_to_post(replay: Replay) -> None:
    set_up(replay, SIMPLE, mode="redirect", redirect_to="test@dupont.example")
    replay.command("run", "--today", "2026-03-09")
    assert waiting(replay) == []
    (path,) = (replay.folder / "relance-data" / "letters").rglob("*.pdf")
    assert path.name.startswith("TEST-")
    assert "TEST" in words_of(path.read_bytes())


def test_a_simple_letter_is_printed_posted_and_its_printed_day_counts(replay: Replay) -> None:
    # The letter of Mon 9 Mar prints Tue 17; posted on the 11th, the next level still waits for Wed 18.
    set_up(replay, SIMPLE, SECOND)
    replay.run("2026-03-09")
    (letter,) = waiting(replay)
    assert "17 mars 2026" in words_of(Path(letter["path"]).read_bytes())
    told = json.loads(replay.do("posted", letter["id"], "--on", "2026-03-11", "--json").out)["letter"]
    assert (told["state"], told["deadline_on"], told["registered_number"]) == ("posted", "2026-03-17", None)
    assert replay.command("presented", letter["id"], "--on", "2026-03-12").code == 2
    assert replay.command("posted", letter["id"], "--registered", "1A 2").code == 2
    replay.run("2026-03-17")
    replay.run("2026-03-18")
    assert replay.sent[1:] == ["2026-03-18 A second: F1 second: 1200.00 EUR"]


def test_the_next_level_waits_for_the_deadline_that_the_presentation_gives(replay: Replay) -> None:
    # Written Mon 9 (Tue 17), posted Mon 16 (Tue 24), presented Thu 19 (Fri 27): the next level leaves on Mon 30.
    set_up(replay, FORMAL, SECOND)
    letter = written(replay)
    replay.do("posted", letter["id"], "--on", "2026-03-16", "--registered", "2C 111")
    replay.do("presented", letter["id"], "--on", "2026-03-19")
    replay.daily("2026-03-10", "2026-03-31")
    assert replay.sent[1:] == ["2026-03-30 A second: F1 second: 1200.00 EUR"]


def test_a_letter_that_nobody_posts_is_asked_for_after_two_days(replay: Replay) -> None:
    set_up(replay, FORMAL)
    letter = written(replay)
    replay.run("2026-03-10")
    assert [one["kind"] for one in tasks(replay)] == ["registered_letter"]
    replay.run("2026-03-11")
    assert sorted(one["kind"] for one in tasks(replay)) == ["letter_not_posted", "registered_letter"]
    replay.run("2026-03-12")
    assert len(tasks(replay)) == 2
    (asked,) = (one for one in tasks(replay) if one["kind"] == "letter_not_posted")
    assert f"relance posted {letter['id']}" in asked["text"]
    replay.do("posted", letter["id"])
    assert tasks(replay) == []


def test_a_returned_letter_keeps_its_effect_and_becomes_a_task(replay: Replay) -> None:
    set_up(replay, FORMAL)
    letter = written(replay)
    replay.do("posted", letter["id"], "--on", "2026-03-10", "--registered", "1A 234")
    told = json.loads(
        replay.do("presented", letter["id"], "--on", "2026-03-12", "--returned", "unknown-address", "--json").out
    )["letter"]
    assert (told["state"], told["returned"], told["deadline_on"]) == ("returned", "unknown_address", "2026-03-20")
    (task,) = tasks(replay)
    assert task["kind"] == "letter_returned"
    assert "1A 234" in task["text"]
    assert "garde ses effets" in task["text"]
    replay.run("2026-03-23")
    assert replay.why("2026-03-23", "F1") == "plan_finished"


def test_what_was_recorded_wrongly_is_recorded_again(replay: Replay) -> None:
    set_up(replay, FORMAL)
    letter = written(replay)
    replay.do("posted", letter["id"], "--on", "2026-03-11", "--registered", "1A 111")
    told = json.loads(replay.do("posted", letter["id"], "--on", "2026-03-10", "--json").out)["letter"]
    assert (told["posted_on"], told["registered_number"]) == ("2026-03-10", "1A 111")


def test_a_presentation_recorded_too_late_and_corrected_brings_the_next_level_forward(replay: Replay) -> None:
    # Posted Tue 10, said to be presented on Thu 19 (Fri 27), in truth on Thu 12: Fri 20, so the next level is of Mon 23.
    set_up(replay, FORMAL, SECOND)
    letter = written(replay)
    replay.do("posted", letter["id"], "--on", "2026-03-10")
    replay.do("presented", letter["id"], "--on", "2026-03-19")
    replay.run("2026-03-20")
    replay.do("presented", letter["id"], "--on", "2026-03-12")
    replay.daily("2026-03-21", "2026-03-24")
    assert replay.sent[1:] == ["2026-03-23 A second: F1 second: 1200.00 EUR"]


@pytest.mark.parametrize(
    "words",
    [
        ("posted", "{id}", "--on", "2026-03-08"),
        ("posted", "{id}", "--on", "2999-01-01"),
        ("posted", "{id}", "--registered", "9" * 41),
        ("posted", "{id}", "--proof", "config.yaml"),
        ("posted", "{id}", "--proof", "nowhere.pdf"),
        ("posted", "r0000000000"),
        ("presented", "{id}", "--on", "2026-03-12"),
        ("presented", "{id}", "--on", "2026-03-12", "--returned", "lost"),
        ("presented", "{id}"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(replay: Replay, words: tuple[str, ...]) -> None:
    set_up(replay, FORMAL)
    letter = written(replay)
    done = replay.command(*(word.format(id=letter["id"]) for word in words))
    assert done.code == 2
    assert waiting(replay) == [letter]


def test_a_file_that_was_lost_or_changed_is_written_again(replay: Replay) -> None:
    set_up(replay, FORMAL)
    letter = written(replay)
    path = Path(letter["path"])
    genuine = path.read_bytes()
    path.write_bytes(b"something else")
    assert Path(waiting(replay)[0]["path"]).read_bytes() == genuine
    path.unlink()
    copied = json.loads(replay.do("letters", "--copy-to", str(replay.folder / "print"), "--json").out)
    assert copied["copied"] == 1
    assert path.read_bytes() == genuine == (replay.folder / "print" / path.name).read_bytes()


def test_check_and_approve_say_what_the_senders_identity_lacks(replay: Replay) -> None:
    set_up(replay, FORMAL)
    told = json.loads(replay.do("check", "--json").out)
    assert told["ok"]
    assert [one["message"].rpartition(": ")[2] for one in told["advice"]] == ["give legal.siren, legal.rcs"]
    replay.run("2026-03-09")
    assert "legal.siren" in json.loads(replay.do("approve", "--all", "--json").out)["advice"][0]


def test_a_dossier_is_the_same_bytes_for_the_same_story(replay: Replay) -> None:
    set_up(replay, SIMPLE, SECOND)
    replay.daily("2026-03-09", "2026-03-18")
    replay.do("promise", "F1", "--on", "2026-03-20", "--reason", "<script>alert(1)</script>")
    replay.balance("F1", "1000.00")
    replay.run("2026-03-19")
    first = json.loads(replay.do("close", "F1", "stopped", "--json").out)["dossier"]
    with zipfile.ZipFile(first["path"]) as archive:
        names = archive.namelist()
        page = archive.read("index.html").decode()
        told = json.loads(archive.read("dossier.json"))
    assert [(one["on"], one["amount"]) for one in told["payments"]] == [("2026-03-19", "200.00")]
    assert told["item"]["balance"] == "1000.00"
    assert names == sorted(names)
    assert not any(name.startswith("/") or ".." in name for name in names)
    assert [name.rpartition(".")[2] for name in names if name.startswith("envois/")] == ["pdf", "eml"]
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert Path(first["path"]).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("level", [SIMPLE, {**SECOND, "offset": 5}], ids=lambda level: level["channel"])
def test_what_was_only_rehearsed_is_in_no_dossier(replay: Replay, level: dict[str, Any]) -> None:
    set_up(replay, level, mode="redirect", redirect_to="essai@dupont.example")
    rehearsed = replay.command("run", "--today", "2026-03-09", "--json").data["reminders"]
    assert [one["state"] for one in rehearsed] == ["sent"]
    replay.configure(company(), plans={"standard": plan(levels=[level])})
    assert replay.command("run", "--today", "2026-03-09", "--json").code == 1
    replay.do("accept", "dupont", "--backlog")
    (sent,) = replay.command("run", "--today", "2026-03-09", "--json").data["reminders"]
    assert sent["state"] == "sent"
    closed = json.loads(replay.do("close", "F1", "stopped", "--json").out)["dossier"]
    with zipfile.ZipFile(closed["path"]) as archive:
        papers = [name for name in archive.namelist() if name.startswith("envois/")]
        page = archive.read("index.html").decode()
        told = archive.read("dossier.json").decode()
        held = b"".join(archive.read(name) for name in papers)
    assert len(papers) == 1
    assert [one["id"] for one in json.loads(told)["sent"]] == [sent["id"]]
    for leaked in (rehearsed[0]["id"], "essai@dupont.example", "TEST"):
        assert leaked not in page + told
        assert leaked.encode() not in held


def test_a_chase_that_was_only_rehearsed_makes_a_dossier_without_mails(replay: Replay) -> None:
    set_up(replay, {**SECOND, "offset": 5}, mode="redirect", redirect_to="essai@dupont.example")
    replay.command("run", "--today", "2026-03-09", "--json")
    assert len(replay.mails()) == 1
    closed = json.loads(replay.do("close", "F1", "stopped", "--json").out)["dossier"]
    with zipfile.ZipFile(closed["path"]) as archive:
        assert not [name for name in archive.namelist() if name.startswith("envois/")]
        assert json.loads(archive.read("dossier.json"))["sent"] == []
