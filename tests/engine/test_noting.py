"""Notes for the books: written in order, given back or given up as each answer makes certain."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.plain import ReadOnlyBooks
from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksRefusedError,
    BooksUnreachableError,
    ConsentNeededError,
    NotSupportedError,
    WriteUnknownError,
)
from engine.kinds import Channel, Purpose
from engine.note_text import note_key, note_marker, note_text
from engine.noting import MOST_ATTEMPTS, RETRY_AFTER, Noted, write_notes
from engine.records import Capabilities, Note, NotesOn, NoteToWrite, Page
from tests.fakes.case_builders import DUE
from tests.fakes.customer_life import invoice
from tests.fakes.outbox import StoppedClock, planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.ports import Books, Pull
    from engine.store_ports import NoteStore

NOW = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
F1 = invoice("F1", due_on=DUE)
SENT = replace(planned("dupont", F1, on=date(2026, 3, 9)), sent_on=date(2026, 3, 9), to="ap@client.example")


@dataclass(slots=True, kw_only=True)
class NoteBooks(ReadOnlyBooks):
    """Books that answer each note in turn; what has no answer left is written."""

    answers: list[BooksError] = field(default_factory=list)
    written: list[Note] = field(default_factory=list)
    provider: str = "xero"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(notes_on=NotesOn.ITEM, note_length=250)

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        raise AssertionError(cursor, reconcile)

    def refresh(self, item_ids: Sequence[str]) -> Page:
        raise AssertionError(item_ids)

    def write_note(self, note: Note) -> None:
        if self.answers:
            raise self.answers.pop(0)
        self.written.append(note)


@dataclass(slots=True, kw_only=True)
class NoteRows:
    """Notes that wait, and what became of each."""

    waiting: list[NoteToWrite]
    told: list[str] = field(default_factory=list)

    def claim_note(self, company_id: str, now: datetime) -> NoteToWrite | None:
        assert (company_id, now) == ("dupont", NOW)
        return self.waiting.pop(0) if self.waiting else None

    def record_noted(self, note: NoteToWrite, now: datetime) -> None:
        del now
        self.told.append(f"{note.item_id} noted")

    def put_back_note(self, note: NoteToWrite, error: str, retry_at: datetime, *, tried: bool) -> None:
        self.told.append(f"{note.item_id} back in {(retry_at - NOW)}, tried {tried}: {error}")

    def fail_note(self, note: NoteToWrite, error: str, now: datetime) -> None:
        del now
        self.told.append(f"{note.item_id} failed: {error}")


def notes(*item_ids: str, tried: bool = False, attempts: int = 1) -> NoteRows:
    return NoteRows(
        waiting=[NoteToWrite(reminder=SENT, item_id=one, tried=tried, attempts=attempts) for one in item_ids]
    )


def write(books: NoteBooks, rows: NoteRows) -> Noted:
    return write_notes("dupont", books, rows, StoppedClock(instant=NOW), "fr")


def test_every_note_that_waits_is_written_in_order() -> None:
    books, rows = NoteBooks(), notes("i-F1", "i-F2")
    assert write(books, rows) == Noted(written=2, problems=[])
    assert [note.item_id for note in books.written] == ["i-F1", "i-F2"]
    assert rows.told == ["i-F1 noted", "i-F2 noted"]


def test_a_note_carries_its_marker_in_its_text_and_the_same_key_at_each_try() -> None:
    books = NoteBooks()
    write(books, notes("i-F1"))
    write(books, notes("i-F1", tried=True, attempts=2))
    first, second = books.written
    assert first.marker in first.text
    assert (first.marker, first.key, first.text) == (second.marker, second.key, second.text)
    assert (first.tried, second.tried) == (False, True)


@pytest.mark.parametrize("error", [BooksRefusedError("the period is closed"), NotSupportedError("no notes here")])
def test_a_definite_no_gives_the_note_up_tells_a_person_and_goes_on(error: BooksError) -> None:
    books, rows = NoteBooks(answers=[error]), notes("i-F1", "i-F2")
    noted = write(books, rows)
    assert noted.written == 1
    assert noted.problems == [f"the note of reminder r1 is not in the books: {error}"]
    assert rows.told == [f"i-F1 failed: {error}", "i-F2 noted"]


def test_a_lost_answer_leaves_the_note_for_later_with_a_look_first_and_the_others_go_on() -> None:
    books, rows = NoteBooks(answers=[WriteUnknownError("lost")]), notes("i-F1", "i-F2")
    assert write(books, rows).problems == []
    assert rows.told == ["i-F1 back in 0:15:00, tried True: lost", "i-F2 noted"]


@pytest.mark.parametrize("tried", [False, True])
def test_a_provider_out_of_reach_stops_the_pass_and_changes_nothing_about_what_was_tried(*, tried: bool) -> None:
    books, rows = NoteBooks(answers=[BooksUnreachableError("no route")]), notes("i-F1", "i-F2", tried=tried)
    assert write(books, rows) == Noted(written=0, problems=[])
    assert rows.told == [f"i-F1 back in {RETRY_AFTER}, tried {tried}: no route"]
    assert [note.item_id for note in rows.waiting] == ["i-F2"]


def test_a_busy_provider_is_asked_again_when_it_said() -> None:
    busy = BooksBusyError("used up", retry_at=NOW + timedelta(hours=7))
    rows = notes("i-F1")
    write(NoteBooks(answers=[busy]), rows)
    assert rows.told == ["i-F1 back in 7:00:00, tried False: used up"]


def test_lost_consent_keeps_the_note_and_tells_a_person() -> None:
    rows = notes("i-F1", "i-F2")
    noted = write(NoteBooks(answers=[ConsentNeededError("connect it again")]), rows)
    assert noted.problems == ["the note of reminder r1 waits: connect it again"]
    assert len(rows.waiting) == 1


def test_a_note_lost_again_and_again_is_left_to_a_person() -> None:
    rows = notes("i-F1", tried=True, attempts=MOST_ATTEMPTS)
    noted = write(NoteBooks(answers=[WriteUnknownError("lost")]), rows)
    assert rows.told == ["i-F1 failed: lost"]
    assert len(noted.problems) == 1


def test_a_stop_asked_for_between_two_notes_leaves_the_second() -> None:
    books, rows = NoteBooks(), notes("i-F1", "i-F2")
    write_notes("dupont", books, rows, StoppedClock(instant=NOW), "fr", stopping=lambda: bool(books.written))
    assert rows.told == ["i-F1 noted"]


# What a note says


def test_a_note_says_what_was_sent_to_whom_and_when() -> None:
    text = note_text(SENT, "i-F1", "fr", most=250)
    marker = note_marker(SENT, "i-F1")
    assert text == (f"Relance « first » envoyée par e-mail à ap@client.example le 9 mars 2026 : F1 100,00 € {marker}")
    assert note_text(SENT, "i-F1", "de", most=250) == note_text(SENT, "i-F1", "en", most=250)
    assert note_text(SENT, "i-F1", "en", most=250) == (
        f"Reminder “first” sent by e-mail to ap@client.example on 9 March 2026: F1 €100.00 {marker}"
    )


def test_a_note_with_the_customer_speaks_of_every_item() -> None:
    both = replace(planned("dupont", F1, invoice("F2", due_on=DUE), on=date(2026, 3, 9)), sent_on=date(2026, 3, 9))
    assert "F1 100,00 €, F2 100,00 €" in note_text(both, "", "fr", most=1000)


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_channel_has_its_words(channel: Channel, language: str) -> None:
    text = note_text(replace(SENT, channel=channel), "i-F1", language, most=250)
    assert "9" in text
    assert text.endswith(note_marker(SENT, "i-F1"))


def test_an_extra_reminder_is_called_so() -> None:
    extra = replace(SENT, purpose=Purpose.EXTRA)
    assert note_text(extra, "i-F1", "fr", most=250).startswith("Relance supplémentaire envoyée")
    assert note_text(extra, "i-F1", "en", most=250).startswith("Extra reminder sent")


@pytest.mark.parametrize(
    ("kind", "french", "english"),
    [
        ("dispute", "Confirmation du litige envoyée", "Acknowledgement of the dispute sent"),
        ("promise", "Confirmation de la promesse de règlement envoyée", "Confirmation of the promise sent"),
        ("instalments", "Proposition d’échéancier envoyée", "Payment plan sent"),
    ],
)
def test_a_confirmation_is_called_by_what_it_confirms(kind: str, french: str, english: str) -> None:
    nothing = tuple(replace(line, asked=line.asked - line.asked) for line in SENT.lines)
    told = replace(SENT, purpose=Purpose.CONFIRMATION, occasion=f"{kind}:h1", lines=nothing)
    assert note_text(told, "i-F1", "fr", most=250).startswith(french)
    assert note_text(told, "i-F1", "en", most=250).startswith(english)
    assert "F1 100,00 €" in note_text(told, "i-F1", "fr", most=250)


@given(number=st.text(min_size=1, max_size=400), most=st.integers(min_value=40, max_value=300))
def test_a_note_is_one_line_never_too_long_and_never_loses_its_marker(number: str, most: int) -> None:
    line = replace(SENT.lines[0], number=number)
    text = note_text(replace(SENT, lines=(line,)), "i-F1", "fr", most=most)
    assert len(text) <= most
    assert text.endswith(note_marker(SENT, "i-F1"))
    assert text.splitlines() == [text]


def test_each_reminder_and_item_has_a_marker_and_a_key_of_its_own() -> None:
    other = replace(SENT, message_id="<r2@dupont.example>")
    markers = {note_marker(one, item) for one in (SENT, other) for item in ("i-F1", "i-F2", "")}
    keys = {note_key(one, item) for one in (SENT, other) for item in ("i-F1", "i-F2", "")}
    assert (len(markers), len(keys)) == (6, 6)
    assert all(len(key) == 32 for key in keys)


if TYPE_CHECKING:
    _: tuple[type[Books], type[NoteStore]] = (NoteBooks, NoteRows)
