"""Reminders as rows: how one is read, and the one way in which its state moves."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from engine.errors import FencedError
from engine.kinds import Channel, Purpose, ReminderState
from engine.money import Money
from engine.records import Reminder, ReminderLine
from state.errors import UnknownReminderError
from state.events import Event, tell
from state.values import instant, read_day, read_instant

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from engine.records import Owner
    from state.database import Database

# A mail client shows a thread by its latest References; more of them only make headers long.
_REFERENCES: Final = 10


def load(db: Database, company_id: str, reminder_id: str) -> Reminder:
    """Read a reminder with its lines; raise UnknownReminderError where there is none."""
    row = db.one("SELECT * FROM reminders WHERE company_id = ? AND reminder_id = ?", (company_id, reminder_id))
    if row is None:
        raise UnknownReminderError(f"company {company_id} has no reminder {reminder_id}")
    return read_reminder(db, row)


def read_reminder(db: Database, row: sqlite3.Row) -> Reminder:
    """Read a reminder from its row; the lines that left it before it was sent are not shown."""
    company_id, reminder_id = row["company_id"], row["reminder_id"]
    lines = db.all(
        "SELECT * FROM reminder_lines WHERE company_id = ? AND reminder_id = ? AND left_notice = 0 ORDER BY position",
        (company_id, reminder_id),
    )
    return Reminder(
        reminder_id=reminder_id,
        company_id=company_id,
        customer_id=row["customer_id"],
        purpose=Purpose(row["purpose"]),
        level_id=row["level_id"],
        channel=Channel(row["channel"]),
        state=ReminderState(row["state"]),
        generation=row["generation"],
        on=date.fromisoformat(row["planned_on"]),
        deadline_on=read_day(row["deadline_on"]),
        message_id=row["message_id"],
        lines=tuple(
            ReminderLine(
                item_id=line["item_id"],
                number=line["number"],
                level_id=line["level_id"],
                offset=line["level_offset"],
                cycle=line["cycle"],
                attempt=line["attempt"],
                asked=Money(minor=line["asked"], currency=line["currency"]),
                balance=Money(minor=line["balance"], currency=line["currency"]),
            )
            for line in lines
        ),
        rehearsal=bool(row["rehearsal"]),
        approved_by=row["approved_by"],
        sent_on=read_day(row["sent_on"]),
        sent_at=read_instant(row["sent_at"]),
        created_at=read_instant(row["created_at"]),
        to=row["recipients"],
        subject=row["subject"],
        reply=row["reply"],
        error=row["error"],
        previous_message_ids=_earlier_mails(db, row),
        occasion=row["occasion"],
    )


def _earlier_mails(db: Database, row: sqlite3.Row) -> tuple[str, ...]:
    """Give the Message-IDs of the customer's reminders that were sent before this one, the oldest first."""
    if not row["message_id"]:
        return ()
    rows = db.all(
        "SELECT message_id FROM reminders WHERE company_id = ? AND customer_id = ? AND rehearsal = ? "
        "AND state = 'sent' AND channel IN ('email', 'provider') AND earlier_tool = 0 AND message_id <> ? "
        "AND (? IS NULL OR sent_at < ?) ORDER BY sent_at DESC, reminder_id LIMIT ?",
        (
            row["company_id"],
            row["customer_id"],
            row["rehearsal"],
            row["message_id"],
            row["sent_at"],
            row["sent_at"],
            _REFERENCES,
        ),
    )
    return tuple(sent["message_id"] for sent in reversed(rows))


def move(
    db: Database,
    reminder: Reminder,
    *,
    to: ReminderState,
    allowed: Iterable[ReminderState],
    owner: Owner | None,
    now: datetime,
    author: str = "",
    told: str = "",
    columns: Mapping[str, Any] | None = None,
    detail: Mapping[str, object] | None = None,
) -> Reminder:
    """Move a reminder to another state, compare-and-set on (id, state, generation), inside a unit of work.

    With an owner, the store's epoch must still be theirs. Whoever cancels or expires a reminder frees its lines, unless
    `columns` keeps it live. `told` names the event where the state alone would not. Raises FencedError when the row is not as `reminder` says, or its state does not allow it.
    """
    if reminder.state not in set(allowed):
        raise FencedError(f"reminder {reminder.reminder_id} is {reminder.state.value}: it cannot become {to.value}")
    values: dict[str, Any] = {"state": to.value, "moved_at": instant(now), **(columns or {})}
    if to in {ReminderState.CANCELLED, ReminderState.EXPIRED}:
        values.setdefault("live", 0)
    fence = "" if owner is None else " AND ? = (SELECT value FROM meta WHERE key = 'owner_epoch')"
    moved = db.write(
        f"UPDATE reminders SET generation = generation + 1, {', '.join(f'{name} = ?' for name in values)} "  # noqa: S608 (our own column names)
        f"WHERE company_id = ? AND reminder_id = ? AND state = ? AND generation = ?{fence}",
        (
            *values.values(),
            reminder.company_id,
            reminder.reminder_id,
            reminder.state.value,
            reminder.generation,
            *(() if owner is None else (str(owner.epoch),)),
        ),
    )
    if moved != 1:
        raise FencedError(
            f"reminder {reminder.reminder_id} has moved on since generation {reminder.generation}, or another owner has taken over"
        )
    if values.get("live") == 0:
        free_lines(db, reminder.company_id, reminder.reminder_id)
    tell(
        db,
        reminder.company_id,
        now,
        [
            Event(
                kind=f"reminder_{told or to.value}",
                customer_id=reminder.customer_id,
                reminder_id=reminder.reminder_id,
                author=author,
                detail={"from": reminder.state.value, **(detail or {})},
            )
        ],
    )
    return load(db, reminder.company_id, reminder.reminder_id)


def free_lines(db: Database, company_id: str, reminder_id: str) -> None:
    """Let the lines of a reminder be asked by another."""
    db.write("UPDATE reminder_lines SET live = 0 WHERE company_id = ? AND reminder_id = ?", (company_id, reminder_id))


def cancel_unsent_of_items(db: Database, company_id: str, item_ids: Sequence[str], reason: str, now: datetime) -> None:
    """Cancel what was planned or waits for approval at a level for any of these items."""
    rows = db.chosen(
        "SELECT DISTINCT r.reminder_id FROM reminders r JOIN reminder_lines l "
        "ON l.company_id = r.company_id AND l.reminder_id = r.reminder_id "
        "WHERE r.company_id = ? AND r.purpose = 'level' AND r.state IN ('planned', 'awaiting_approval') "
        "AND l.live = 1 AND l.item_id IN ({ids})",
        (company_id,),
        list(item_ids),
    )
    for reminder_id in {row["reminder_id"] for row in rows}:
        reminder = load(db, company_id, reminder_id)
        move(
            db,
            reminder,
            to=ReminderState.CANCELLED,
            allowed=(ReminderState.PLANNED, ReminderState.AWAITING_APPROVAL),
            owner=None,
            now=now,
            columns={"error": reason},
            detail={"reason": reason},
        )
