"""Writing reminders into the outbox: each with an identity before it is a mail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.kinds import Purpose, ReminderState
from state.companies import installation, sender_domain
from state.database import Part
from state.events import Event, tell
from state.items import item_rows
from state.reminder_rows import load, move, read_reminder
from state.values import instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.records import Queued, QueuedLine, Reminder
    from state.database import Database

# 128 bits of the key's hash: no two keys of an installation will ever share a Message-ID.
_MESSAGE_ID_HEX: Final = 32
# Short enough to type; uniqueness is tested, not hoped for.
_REMINDER_ID_HEX: Final = 10
# One for its customer and occasion, whichever items it speaks of by then.
_ONCE: Final = frozenset({Purpose.CONFIRMATION, Purpose.STATEMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line with the cycle and attempt that the store knows of."""

    line: QueuedLine
    level_id: str
    cycle: int
    attempt: int

    @property
    def key(self) -> str:
        """The identity of the line within its company."""
        return f"{self.line.item_id}\x1f{self.level_id}\x1f{self.cycle}\x1f{self.attempt}"


class Queueing(Part):
    """The store's side of planning what will leave."""

    def queue(self, company_id: str, customer_id: str, wanted: Sequence[Queued], now: datetime) -> list[Reminder]:
        """Make the customer's unapproved planned level reminders equal to `wanted`, in one unit of work.

        1. Those of the same kind (rehearsal or not) that differ are cancelled, those already there stay; with nothing
           wanted at all, rehearsals and real ones go. 2. What is wanted and not there is created, except where one of
           its lines is already in a live reminder: that one goes first, or has gone. 3. Other mails (extra, thank-you)
           are only added; where only such are wanted, level reminders are left alone. Gives what was created or
           cancelled.
        """
        levels = [queued for queued in wanted if queued.purpose is Purpose.LEVEL]
        others = [queued for queued in wanted if queued.purpose is not Purpose.LEVEL]
        moved: list[Reminder] = []
        if not wanted and not self._planned(company_id, customer_id, levels):
            return moved
        with self.db.tx():
            if levels or not others:
                rest = list(levels)
                for planned in self._planned(company_id, customer_id, levels):
                    same = next((queued for queued in rest if _same(planned, queued)), None)
                    if same is None:
                        moved.append(self._cancel_replaced(planned, now))
                    else:
                        rest.remove(same)
                levels = rest
            for queued in (*levels, *others):
                created = create(self.db, company_id, customer_id, queued, now)
                if created is not None:
                    moved.append(created)
        return moved

    def _planned(self, company_id: str, customer_id: str, levels: Sequence[Queued]) -> list[Reminder]:
        kinds = {int(queued.rehearsal) for queued in levels} or {0, 1}
        rows = self.db.all(
            "SELECT * FROM reminders WHERE company_id = ? AND customer_id = ? AND state = 'planned' "
            "AND purpose = 'level' AND approved_by = '' ORDER BY created_at, reminder_id",
            (company_id, customer_id),
        )
        return [read_reminder(self.db, row) for row in rows if row["rehearsal"] in kinds]

    def _cancel_replaced(self, planned: Reminder, now: datetime) -> Reminder:
        reason = "planned anew"
        return move(
            self.db,
            planned,
            to=ReminderState.CANCELLED,
            allowed=(ReminderState.PLANNED,),
            owner=None,
            now=now,
            columns={"error": reason},
            detail={"reason": reason},
        )


def _same(planned: Reminder, queued: Queued) -> bool:
    """Tell whether a planned reminder says exactly what is wanted now."""
    there = [(line.item_id, line.level_id, line.asked, line.balance) for line in planned.lines]
    wanted = [(line.item_id, line.level_id, line.asked, line.balance) for line in queued.lines]
    return (
        not queued.needs_approval
        and not queued.approved_by
        and sorted(there, key=lambda line: line[:2]) == sorted(wanted, key=lambda line: line[:2])
        and (planned.level_id, planned.channel, planned.on, planned.deadline_on, planned.rehearsal)
        == (queued.level_id, queued.channel, queued.on, queued.deadline_on, queued.rehearsal)
    )


def line_level(queued: Queued, line: QueuedLine) -> str:
    """Give the level that a line takes up: for a mail that is no level, its occasion, so that no level is used up."""
    if queued.purpose is Purpose.LEVEL:
        return line.level_id
    return f"{queued.purpose.value}:{queued.occasion}"


def create(db: Database, company_id: str, customer_id: str, queued: Queued, now: datetime) -> Reminder | None:
    """Create a reminder, inside a unit of work; None where one of its lines is already in a live one."""
    lines = with_cycle(db, company_id, queued)
    key = _key(company_id, customer_id, queued, lines)
    if _taken(db, company_id, key, lines, rehearsal=queued.rehearsal):
        return None
    sequence = db.value("SELECT count(*) FROM reminders WHERE company_id = ? AND key = ?", (company_id, key))
    reminder_id = _free_id(db, key, sequence)
    hashed = hashlib.sha256(f"{installation(db)}\x1f{key}".encode()).hexdigest()[:_MESSAGE_ID_HEX]
    awaiting = queued.needs_approval and not queued.approved_by
    state = ReminderState.AWAITING_APPROVAL if awaiting else ReminderState.PLANNED
    level = queued.purpose is Purpose.LEVEL
    row: dict[str, Any] = {
        "company_id": company_id,
        "reminder_id": reminder_id,
        "customer_id": customer_id,
        "purpose": queued.purpose.value,
        "level_id": queued.level_id if level else queued.purpose.value,
        "occasion": queued.occasion,
        "key": key,
        "sequence": sequence,
        "channel": queued.channel.value,
        "state": state.value,
        "rehearsal": int(queued.rehearsal),
        "planned_on": queued.on.isoformat(),
        "deadline_on": None if queued.deadline_on is None else queued.deadline_on.isoformat(),
        "message_id": f"<r-{hashed}@{sender_domain(db, company_id)}>",
        "approved_by": queued.approved_by,
        "created_at": instant(now),
        "moved_at": instant(now),
    }
    insert_reminder(db, row, lines, queued)
    tell(
        db,
        company_id,
        now,
        [
            Event(
                kind=f"reminder_{state.value}",
                customer_id=customer_id,
                reminder_id=reminder_id,
                author=queued.approved_by,
                detail={"on": queued.on.isoformat(), "level": row["level_id"]},
            )
        ],
    )
    return load(db, company_id, reminder_id)


def insert_reminder(db: Database, row: dict[str, Any], lines: Sequence[_Line], queued: Queued) -> None:
    """Write a reminder and its lines."""
    db.write(
        f"INSERT INTO reminders ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608 (our own column names)
        tuple(row.values()),
    )
    db.write_many(
        "INSERT INTO reminder_lines (company_id, reminder_id, position, item_id, number, level_id, level_offset, "
        "cycle, attempt, rehearsal, currency, asked, balance, tone) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                row["company_id"],
                row["reminder_id"],
                position,
                one.line.item_id,
                one.line.number,
                one.level_id,
                one.line.offset,
                one.cycle,
                one.attempt,
                int(queued.rehearsal),
                one.line.asked.currency,
                one.line.asked.minor,
                one.line.balance.minor,
                one.line.tone.value if one.line.tone else "",
            )
            for position, one in enumerate(lines)
        ),
    )


def with_cycle(db: Database, company_id: str, queued: Queued) -> list[_Line]:
    """Add to each line the cycle and the attempt that its item is in."""
    rows = item_rows(db, company_id, [line.item_id for line in queued.lines])
    lines = []
    for line in queued.lines:
        level_id, cycle = line_level(queued, line), rows[line.item_id]["cycle"]
        attempt = db.value(
            "SELECT attempt FROM attempts WHERE company_id = ? AND item_id = ? AND level_id = ? AND cycle = ? "
            "AND rehearsal = ?",
            (company_id, line.item_id, level_id, cycle, int(queued.rehearsal)),
        )
        lines.append(_Line(line=line, level_id=level_id, cycle=cycle, attempt=attempt or 0))
    return lines


def _key(company_id: str, customer_id: str, queued: Queued, lines: Sequence[_Line]) -> str:
    """Give the identity of a reminder: it never holds the day on which it is carried out."""
    parts = [company_id, queued.purpose.value, *(["rehearsal"] if queued.rehearsal else [])]
    if queued.purpose is not Purpose.LEVEL:
        parts += [customer_id, queued.occasion]
    if queued.purpose in _ONCE:
        return "\x1f".join(parts)
    return "\x1f".join([*parts, *sorted(line.key for line in lines)])


def _taken(db: Database, company_id: str, key: str, lines: Sequence[_Line], *, rehearsal: bool) -> bool:
    if db.value("SELECT 1 FROM reminders WHERE company_id = ? AND key = ? AND live = 1", (company_id, key)):
        return True
    return any(
        db.value(
            "SELECT 1 FROM reminder_lines WHERE company_id = ? AND item_id = ? AND level_id = ? AND cycle = ? "
            "AND attempt = ? AND rehearsal = ? AND live = 1",
            (company_id, one.line.item_id, one.level_id, one.cycle, one.attempt, int(rehearsal)),
        )
        for one in lines
    )


def _free_id(db: Database, key: str, sequence: int) -> str:
    """Give an id that no reminder of any company has, so that a person may type it without naming the company."""
    while True:
        hashed = hashlib.sha256(f"{key}\x1f{sequence}".encode()).hexdigest()[:_REMINDER_ID_HEX]
        reminder_id = f"r{hashed}"
        if not db.value("SELECT company_id FROM reminders WHERE reminder_id = ?", (reminder_id,)):
            return reminder_id
        sequence += 1
