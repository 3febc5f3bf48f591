"""Notes for the books: a small outbox of their own, which no mail ever waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.records import NoteToWrite
from state.database import Part
from state.events import Event, tell
from state.reminder_rows import load
from state.values import instant

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCount:
    """How many notes of a company wait, were written, and were given up."""

    todo: int
    noted: int
    failed: int


class Notes(Part):
    """What writing notes needs."""

    def claim_note(self, company_id: str, now: datetime) -> NoteToWrite | None:
        """Take the next note whose time has come; from here on it counts as tried."""
        with self.db.tx():
            row = self.db.one(
                "SELECT * FROM notes WHERE company_id = ? AND state = 'todo' AND (retry_at IS NULL OR retry_at <= ?) "
                "ORDER BY created_at, reminder_id, item_id LIMIT 1",
                (company_id, instant(now)),
            )
            if row is None:
                return None
            self.db.write(
                "UPDATE notes SET state = 'claimed', tried = 1, attempts = attempts + 1 "
                "WHERE company_id = ? AND reminder_id = ? AND item_id = ?",
                (company_id, row["reminder_id"], row["item_id"]),
            )
            return NoteToWrite(
                reminder=load(self.db, company_id, row["reminder_id"]),
                item_id=row["item_id"],
                tried=bool(row["tried"]),
                attempts=row["attempts"] + 1,
            )

    def record_noted(self, note: NoteToWrite, now: datetime) -> None:
        """Record that the books hold the note."""
        with self.db.tx():
            self._end(note, "noted", "", noted_at=instant(now))
            self._tell(note, "noted", "", now)

    def put_back_note(self, note: NoteToWrite, error: str, retry_at: datetime, *, tried: bool) -> None:
        """Leave a note for later; `tried` says whether it may have been written."""
        with self.db.tx():
            self.db.write(
                "UPDATE notes SET state = 'todo', tried = ?, error = ?, retry_at = ? "
                "WHERE company_id = ? AND reminder_id = ? AND item_id = ? AND state = 'claimed'",
                (int(tried), error, instant(retry_at), *_key(note)),
            )

    def fail_note(self, note: NoteToWrite, error: str, now: datetime) -> None:
        """Give a note up."""
        with self.db.tx():
            self._end(note, "failed", error, noted_at=None)
            self._tell(note, "note_failed", error, now)

    def notes_of(self, company_id: str) -> NoteCount:
        """Count a company's notes."""
        rows = self.db.all("SELECT state, count(*) AS n FROM notes WHERE company_id = ? GROUP BY state", (company_id,))
        by_state = {row["state"]: row["n"] for row in rows}
        return NoteCount(
            todo=by_state.get("todo", 0) + by_state.get("claimed", 0),
            noted=by_state.get("noted", 0),
            failed=by_state.get("failed", 0),
        )

    def _end(self, note: NoteToWrite, state: str, error: str, *, noted_at: str | None) -> None:
        self.db.write(
            "UPDATE notes SET state = ?, error = ?, noted_at = ?, retry_at = NULL "
            "WHERE company_id = ? AND reminder_id = ? AND item_id = ? AND state = 'claimed'",
            (state, error, noted_at, *_key(note)),
        )

    def _tell(self, note: NoteToWrite, kind: str, error: str, now: datetime) -> None:
        event = Event(
            kind=kind,
            customer_id=note.reminder.customer_id,
            item_id=note.item_id or None,
            reminder_id=note.reminder.reminder_id,
            detail={"error": error} if error else {},
        )
        tell(self.db, note.reminder.company_id, now, [event])


def _key(note: NoteToWrite) -> tuple[str, str, str]:
    return note.reminder.company_id, note.reminder.reminder_id, note.item_id
