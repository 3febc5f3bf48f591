"""The loop that writes the history of reminders into the books; whatever happens here, no mail is touched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksRefusedError,
    BooksUnreachableError,
    NotSupportedError,
    WriteUnknownError,
)
from engine.note_text import note_key, note_marker, note_text
from engine.records import Note

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from engine.ports import Books, Clock
    from engine.records import NoteToWrite
    from engine.store_ports import NoteStore

RETRY_AFTER: Final = timedelta(minutes=15)
# A note that was lost on its way this often is left to a person.
MOST_ATTEMPTS: Final = 6


@dataclass(slots=True, kw_only=True)
class Noted:
    """What one pass wrote; `problems` are sentences for a person."""

    written: int
    problems: list[str]


def write_notes(
    company_id: str,
    books: Books,
    store: NoteStore,
    clock: Clock,
    language: str,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> Noted:
    """Write every note of a company that waits; stop where the next one would meet the same trouble.

    1. Claim it: from here on it counts as tried, whatever becomes of this process.
    2. Write it; the connector looks for the marker first where an earlier try may have written it.
    3. Record what is certain. A lost answer leaves it for later, with the marker to look for.
    """
    noted = Noted(written=0, problems=[])
    while not stopping():
        claimed = store.claim_note(company_id, clock.now())
        if claimed is None:
            break
        try:
            books.write_note(_note(claimed, language, most=books.capabilities.note_length))
        except BooksError as error:
            if not _after(error, claimed, store, clock.now(), noted):
                break
        else:
            store.record_noted(claimed, clock.now())
            noted.written += 1
    return noted


def _note(claimed: NoteToWrite, language: str, *, most: int) -> Note:
    reminder, item_id = claimed.reminder, claimed.item_id
    return Note(
        customer_id=reminder.customer_id,
        item_id=item_id,
        text=note_text(reminder, item_id, language, most=most),
        marker=note_marker(reminder, item_id),
        key=note_key(reminder, item_id),
        tried=claimed.tried,
    )


def _after(error: BooksError, note: NoteToWrite, store: NoteStore, now: datetime, noted: Noted) -> bool:
    """Record what an error makes certain; tell whether the next note may fare better."""
    what = f"the note of reminder {note.reminder.reminder_id}"
    unknown = isinstance(error, WriteUnknownError)
    if isinstance(error, BooksRefusedError | NotSupportedError) or note.attempts >= MOST_ATTEMPTS:
        store.fail_note(note, str(error), now)
        noted.problems.append(f"{what} is not in the books: {error}")
        return True
    retry_at = error.retry_at if isinstance(error, BooksBusyError) else now + RETRY_AFTER
    store.put_back_note(note, str(error), retry_at, tried=note.tried or unknown)
    if not isinstance(error, BooksUnreachableError | BooksBusyError | WriteUnknownError):
        noted.problems.append(f"{what} waits: {error}")
    return unknown
