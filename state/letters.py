"""Letters on their way: printed, posted, presented or returned, with the proofs that a person keeps of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from engine.kinds import Channel, ReminderState
from engine.records import Attachment
from state.customers import read_customer
from state.database import Part
from state.due import look_again_at_items
from state.errors import StoreError, UnknownReminderError
from state.events import Event, tell
from state.values import day, instant, read_day

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

    from engine.records import Envelope
    from state.database import Database


class NoLetterError(StoreError):
    """This reminder is no letter that was written: `relance letters --all` lists those that were."""


class Returned(StrEnum):
    """Why a registered letter came back."""

    UNCLAIMED = "unclaimed"
    REFUSED = "refused"
    UNKNOWN_ADDRESS = "unknown_address"


class ProofKind(StrEnum):
    """What a kept paper proves."""

    POSTING = "posting"
    PRESENTATION = "presentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as it was written, and how far it has come; a day is None until a person has recorded it.

    `written_on` is the day on which its task was opened, `deadline_on` the day that counts for the next step,
    `deadline_days` those that the letter gives (None: none). `number` is the registered letter's own, "" where none is
    known. `sha256` is the PDF's.
    """

    company_id: str
    reminder_id: str
    customer_id: str
    customer_name: str
    channel: Channel
    level_id: str
    written_on: date
    deadline_on: date | None
    deadline_days: int | None
    sha256: str
    numbers: tuple[str, ...]
    posted_on: date | None
    number: str
    presented_on: date | None
    returned: Returned | None

    @property
    def is_registered(self) -> bool:
        """Whether it goes by registered post."""
        return self.channel is Channel.REGISTERED_LETTER

    @property
    def state(self) -> str:
        """Say how far it has come: to_post, posted, presented or returned."""
        if self.returned is not None:
            return "returned"
        if self.presented_on is not None:
            return "presented"
        return "to_post" if self.posted_on is None else "posted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A paper kept with a letter: what it proves, and the file by its hash."""

    kind: ProofKind
    sha256: str
    file: Attachment


# Without a row of its own a letter has been written and nothing more is known of it.
_SELECT: Final = (
    "SELECT r.*, l.deadline_days, l.posted_on, l.number, l.presented_on, l.returned FROM reminders r "
    "LEFT JOIN letters l ON l.company_id = r.company_id AND l.reminder_id = r.reminder_id "
    "WHERE r.channel IN ('letter', 'registered_letter') "
    "AND r.state = 'sent' AND r.rehearsal = 0 AND r.earlier_tool = 0 "
)


class Letters(Part):
    """What a person does with letters."""

    def letters(self, company_id: str, *, only_to_post: bool = False) -> list[Letter]:
        """List the letters of a company that were written, oldest first; or only those that nobody has posted yet."""
        with self.db.snapshot():
            rows = self.db.all(
                _SELECT + "AND r.company_id = ? AND (NOT ? OR l.posted_on IS NULL) ORDER BY r.sent_on, r.reminder_id",
                (company_id, int(only_to_post)),
            )
            return [_read(self.db, row) for row in rows]

    def letter(self, reminder_id: str) -> Letter:
        """Find a letter by its reminder's id; raise UnknownReminderError or NoLetterError."""
        with self.db.snapshot():
            row = self.db.one(_SELECT + "AND r.reminder_id = ?", (reminder_id,))
            if row is not None:
                return _read(self.db, row)
            state = self.db.value("SELECT state FROM reminders WHERE reminder_id = ?", (reminder_id,))
        if state is None:
            raise UnknownReminderError(f"there is no reminder {reminder_id}")
        raise NoLetterError(
            f"reminder {reminder_id} is no letter that was written (it is {ReminderState(state).value})"
        )

    def letter_content(self, letter: Letter) -> bytes:
        """Give the PDF as it was frozen; b"" for a letter of before there were any."""
        content = self.db.value(
            "SELECT content FROM frozen_mails WHERE company_id = ? AND reminder_id = ? AND sha256 = ?",
            (letter.company_id, letter.reminder_id, letter.sha256),
        )
        return content if content is not None and content.startswith(b"%PDF-") else b""

    def record_posted(
        self, letter: Letter, on: date, number: str, deadline_on: date | None, author: str, now: datetime
    ) -> Letter:
        """Record that a letter was posted on a day, under a number; said again, it replaces what was said before."""
        with self.db.tx():
            self.db.write(
                "INSERT INTO letters (company_id, reminder_id, posted_on, number) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (company_id, reminder_id) DO UPDATE SET posted_on = excluded.posted_on, "
                "number = iif(excluded.number = '', number, excluded.number)",
                (letter.company_id, letter.reminder_id, day(on), number),
            )
            _follow(
                self.db, letter, deadline_on, "letter_posted", author, now, {"on": on.isoformat(), "number": number}
            )
            return self.letter(letter.reminder_id)

    def record_presented(
        self,
        letter: Letter,
        on: date,
        returned: Returned | None,
        deadline_on: date | None,
        author: str,
        now: datetime,
    ) -> Letter:
        """Record the day of a registered letter's first presentation, and why it came back where it did."""
        why = "" if returned is None else returned.value
        with self.db.tx():
            self.db.write(
                "INSERT INTO letters (company_id, reminder_id, presented_on, returned) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (company_id, reminder_id) DO UPDATE SET presented_on = excluded.presented_on, "
                "returned = excluded.returned",
                (letter.company_id, letter.reminder_id, day(on), why),
            )
            kind = "letter_returned" if returned else "letter_presented"
            _follow(self.db, letter, deadline_on, kind, author, now, {"on": on.isoformat(), "why": why})
            return self.letter(letter.reminder_id)

    def keep_proof(self, letter: Letter, kind: ProofKind, file: Attachment, author: str, now: datetime) -> str:
        """Keep a proof with a letter, by its hash; the same file twice is kept once. Gives the hash."""
        digest = hashlib.sha256(file.content).hexdigest()
        with self.db.tx():
            kept = self.db.write(
                "INSERT INTO letter_proofs (company_id, reminder_id, sha256, kind, filename, media_type, content, "
                "kept_at, kept_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (company_id, reminder_id, sha256) DO NOTHING",
                (
                    letter.company_id,
                    letter.reminder_id,
                    digest,
                    kind.value,
                    file.filename,
                    file.media_type,
                    file.content,
                    instant(now),
                    author,
                ),
            )
            if kept:
                _tell(self.db, letter, "letter_proof_kept", author, now, {"kind": kind.value, "sha256": digest})
        return digest

    def proofs(self, company_id: str, reminder_id: str) -> list[Proof]:
        """List the proofs kept with a letter, in the order in which they came."""
        rows = self.db.all(
            "SELECT * FROM letter_proofs WHERE company_id = ? AND reminder_id = ? ORDER BY kept_at, sha256",
            (company_id, reminder_id),
        )
        return [
            Proof(
                kind=ProofKind(row["kind"]),
                sha256=row["sha256"],
                file=Attachment(filename=row["filename"], content=row["content"], media_type=row["media_type"]),
            )
            for row in rows
        ]


def remember_written(db: Database, envelope: Envelope) -> None:
    """Remember what a letter gives for payment, in the unit of work that opens its task."""
    db.write(
        "INSERT INTO letters (company_id, reminder_id, deadline_days) VALUES (?, ?, ?) "
        "ON CONFLICT (company_id, reminder_id) DO UPDATE SET deadline_days = excluded.deadline_days",
        (envelope.company_id, envelope.reminder_id, envelope.deadline_days),
    )


def _read(db: Database, row: sqlite3.Row) -> Letter:
    company_id, reminder_id = row["company_id"], row["reminder_id"]
    customer = read_customer(db, company_id, row["customer_id"])
    lines = db.all(
        "SELECT number FROM reminder_lines WHERE company_id = ? AND reminder_id = ? AND left_notice = 0 ORDER BY position",
        (company_id, reminder_id),
    )
    return Letter(
        company_id=company_id,
        reminder_id=reminder_id,
        customer_id=row["customer_id"],
        customer_name=customer.name if customer else row["customer_id"],
        channel=Channel(row["channel"]),
        level_id=row["level_id"],
        written_on=date.fromisoformat(row["sent_on"]),
        deadline_on=read_day(row["deadline_on"]),
        deadline_days=row["deadline_days"],
        sha256=row["sha256"],
        numbers=tuple(line["number"] for line in lines),
        posted_on=read_day(row["posted_on"]),
        number=row["number"] or "",
        presented_on=read_day(row["presented_on"]),
        returned=Returned(row["returned"]) if row["returned"] else None,
    )


def _follow(
    db: Database,
    letter: Letter,
    deadline_on: date | None,
    kind: str,
    author: str,
    now: datetime,
    detail: Mapping[str, str],
) -> None:
    """Write what follows from a step: the deadline that counts now, the event, and another look at the items."""
    key = (letter.company_id, letter.reminder_id)
    db.write("UPDATE reminders SET deadline_on = ? WHERE company_id = ? AND reminder_id = ?", (day(deadline_on), *key))
    told = {name: value for name, value in detail.items() if value}
    if deadline_on is not None and deadline_on != letter.deadline_on:
        told["deadline_on"] = deadline_on.isoformat()
    _tell(db, letter, kind, author, now, told)
    lines = db.all("SELECT item_id FROM reminder_lines WHERE company_id = ? AND reminder_id = ?", key)
    look_again_at_items(db, letter.company_id, [row["item_id"] for row in lines])


def _tell(db: Database, letter: Letter, kind: str, author: str, now: datetime, detail: Mapping[str, str]) -> None:
    event = Event(
        kind=kind, customer_id=letter.customer_id, reminder_id=letter.reminder_id, author=author, detail=detail
    )
    tell(db, letter.company_id, now, [event])
