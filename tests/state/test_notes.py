"""Notes for the books: one for each item of a sent reminder, written at least once, never in a mail's way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.kinds import Purpose
from engine.records import NotesOn
from state.notes import NoteCount
from tests.builders import day, invoice, queued
from tests.state.conftest import C

if TYPE_CHECKING:
    from tests.state.conftest import Desk

F1, F2 = invoice("F1"), invoice("F2")


def sent_both(desk: Desk) -> None:
    desk.sync(F1, F2)
    desk.queue(queued(F1, F2))
    desk.sent("2026-03-09")


def test_a_sent_reminder_leaves_a_note_for_each_of_its_items(desk: Desk) -> None:
    sent_both(desk)
    first = desk.store.claim_note(C, desk.later())
    second = desk.store.claim_note(C, desk.later())
    assert first is not None
    assert second is not None
    assert {first.item_id, second.item_id} == {"F1", "F2"}
    assert first.reminder.sent_on == day("2026-03-09")
    assert (first.tried, first.attempts) == (False, 1)
    assert desk.store.claim_note(C, desk.later()) is None


def test_books_that_take_notes_with_the_customer_get_one_for_the_whole_reminder(desk: Desk) -> None:
    desk.store.set_notes_on(C, NotesOn.CUSTOMER)
    sent_both(desk)
    only = desk.store.claim_note(C, desk.later())
    assert only is not None
    assert only.item_id == ""
    assert desk.store.claim_note(C, desk.later()) is None


def test_books_that_take_no_notes_leave_none_to_write(desk: Desk) -> None:
    desk.store.set_notes_on(C, NotesOn.NOTHING)
    sent_both(desk)
    assert desk.store.notes_of(C) == NoteCount(todo=0, noted=0, failed=0)


def test_what_was_written_is_told_in_the_items_history_and_never_written_again(desk: Desk) -> None:
    sent_both(desk)
    note = desk.store.claim_note(C, desk.later())
    assert note is not None
    desk.store.record_noted(note, desk.later())
    assert desk.store.notes_of(C) == NoteCount(todo=1, noted=1, failed=0)
    kinds = [event.kind for event in desk.store.item_history(C, note.item_id)]
    assert "noted" in kinds


def test_a_note_put_back_waits_for_its_time_and_remembers_whether_it_may_be_there(desk: Desk) -> None:
    sent_both(desk)
    note = desk.store.claim_note(C, desk.later())
    other = desk.store.claim_note(C, desk.later())
    assert note is not None
    assert other is not None
    at = desk.now + timedelta(minutes=15)
    desk.store.put_back_note(note, "lost", at, tried=True)
    desk.store.put_back_note(other, "busy", at, tried=False)
    assert desk.store.claim_note(C, at - timedelta(seconds=1)) is None
    again = [desk.store.claim_note(C, at), desk.store.claim_note(C, at)]
    assert {(one.item_id, one.tried, one.attempts) for one in again if one} == {
        (note.item_id, True, 2),
        (other.item_id, False, 2),
    }


def test_a_note_under_way_when_the_process_died_is_tried_again_after_a_look(desk: Desk) -> None:
    sent_both(desk)
    desk.store.claim_note(C, desk.later())
    owner = desk.store.raise_epoch("after the crash", desk.later())
    desk.store.recover(owner, desk.later())
    again = desk.store.claim_note(C, desk.later())
    assert again is not None
    assert (again.tried, again.attempts) == (True, 2)


def test_a_note_given_up_is_counted_and_told(desk: Desk) -> None:
    sent_both(desk)
    note = desk.store.claim_note(C, desk.later())
    assert note is not None
    desk.store.fail_note(note, "the period is closed", desk.later())
    assert desk.store.notes_of(C) == NoteCount(todo=1, noted=0, failed=1)
    # What comes late of another try changes nothing any more.
    desk.store.record_noted(replace(note, tried=True), desk.later())
    assert desk.store.notes_of(C) == NoteCount(todo=1, noted=0, failed=1)


def test_a_thank_you_leaves_no_note(desk: Desk) -> None:
    desk.sync(invoice("F1", balance="0.00"))
    desk.queue(queued(F1, purpose=Purpose.THANK_YOU, occasion="F1@1"))
    desk.sent("2026-03-10")
    assert desk.store.claim_note(C, desk.later()) is None
