"""Writing a line into the notes of a contact without losing what anybody else writes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.sage.notes import NoRoomError, merged, taken_apart
from connectors.sage.rows import ContactRow
from engine.errors import BooksRefusedError, WriteUnknownError

if TYPE_CHECKING:
    from connectors.sage.client import SageClient
    from engine.records import Note

# Sage's own limit for the notes of a contact (Swagger: Contact.notes).
NOTES_LIMIT: Final = 4000
_TRIES: Final = 4
_ATTRIBUTES: Final = "notes,updated_at"


def write_note(client: SageClient, note: Note, limit: int = NOTES_LIMIT) -> None:
    """Put a line at the top of our block; a line whose marker is already there counts as written.

    Sage has no version to compare on writing, so:

    1. Read the notes and make the new text of them.
    2. Read again right before writing; where anything moved, begin again with what stands there now.
    3. Write the whole text, once. It is not handed over a second time blindly: whoever wrote in between would be
       overwritten with the text from before.
    4. Read back. Our line must be there, and the user's text as it was, or somebody changed it since, which is theirs to
       do. A line that somebody overwrote is merged into their text again.

    An answer that never came is looked up at once; where the line is not there it may still arrive, so WriteUnknownError
    leaves the next try for later.
    """
    marker = note.marker
    text = note.text if marker in note.text else f"{note.text} {marker}"
    current = _read(client, note.customer_id)
    for _ in range(_TRIES):
        if marker in _notes(current):
            return
        wanted = _merged(_notes(current), text, marker, limit)
        latest = _read(client, note.customer_id)
        if (latest.updated_at, latest.notes) != (current.updated_at, current.notes):
            current = latest
            continue
        answered = _put(client, note.customer_id, wanted)
        back = _read(client, note.customer_id)
        if answered is None and marker not in _notes(back):
            raise WriteUnknownError("Sage never answered whether it took the note, and does not show it yet")
        if marker in _notes(back):
            _check(wanted, answered, back)
            return
        current = back
    raise WriteUnknownError(
        "somebody keeps changing the notes of this contact in Sage; the line waits for a quieter time"
    )


def _read(client: SageClient, key: str) -> ContactRow:
    row = client.single("contacts", key, ContactRow, attributes=_ATTRIBUTES)
    if row is None or row.id != key:
        raise BooksRefusedError(f"Sage no longer shows the contact {key}, so there is no place for the note")
    return row


def _notes(row: ContactRow) -> str:
    return row.notes or ""


def _merged(notes: str, text: str, marker: str, limit: int) -> str:
    try:
        return merged(notes, text, marker, limit)
    except NoRoomError:
        raise BooksRefusedError(
            f"the notes of this contact in Sage are full ({limit} characters) with text that is not ours:"
            " shorten it there, so that reminders can be noted"
        ) from None


def _put(client: SageClient, key: str, wanted: str) -> ContactRow | None:
    try:
        return client.put_contact_notes(key, wanted)
    except WriteUnknownError:
        return None


def _check(wanted: str, answered: ContactRow | None, back: ContactRow) -> None:
    """Make sure that Sage kept the user's own text; that a person changed it after us is theirs to do."""
    if answered is None:
        return
    own = taken_apart(wanted).own
    altered = answered.notes is not None and taken_apart(answered.notes).own != own
    nobody_since = back.updated_at is not None and back.updated_at == answered.updated_at
    if altered or (nobody_since and taken_apart(_notes(back)).own != own):
        raise BooksRefusedError(
            "Sage kept the notes of this contact other than they were written; please look at the contact in Sage"
        )
