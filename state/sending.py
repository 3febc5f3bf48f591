"""What follows from a reminder having been sent, in the unit of work that records it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kinds import LETTERS, Purpose
from engine.records import NotesOn
from state.due import look_again_at_items
from state.events import Event, tell
from state.owner_copies import queue_copy
from state.stop_events import close_told_ends
from state.values import instant

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.records import Envelope, Reminder
    from state.database import Database


def is_of(envelope: Envelope, reminder: Reminder) -> bool:
    """Tell whether an envelope is this reminder's; a mail also goes somewhere, and what has bytes bears its Message-ID."""
    if (envelope.reminder_id, envelope.company_id, envelope.customer_id) != (
        reminder.reminder_id,
        reminder.company_id,
        reminder.customer_id,
    ):
        return False
    reaches = bool(envelope.recipients) or envelope.channel in LETTERS
    return not envelope.content or (reaches and envelope.message_id == reminder.message_id)


def after_sent(db: Database, reminder: Reminder, sent_on: date, now: datetime) -> None:
    """Carry out what follows; a rehearsal changes nothing but itself.

    1. A note for the books is to be written, where they take any; not of a digest, which no customer gets, nor of a statement, which asks for nothing. 2. Thanked
    items are marked. 3. A broken promise has been spoken of and ends. 4. The account owner's copy is queued, where the
    level gives one. 5. The customer is looked at again.
    """
    if reminder.rehearsal:
        return
    company_id = reminder.company_id
    item_ids = [line.item_id for line in reminder.lines]
    if reminder.purpose is Purpose.THANK_YOU:
        db.write_many(
            "UPDATE items SET thanked_on = ? WHERE company_id = ? AND item_id = ?",
            ((sent_on.isoformat(), company_id, item_id) for item_id in item_ids),
        )
    elif reminder.purpose not in {Purpose.DIGEST, Purpose.STATEMENT}:
        notes_on = db.value("SELECT notes_on FROM companies WHERE company_id = ?", (company_id,))
        places = {NotesOn.ITEM.value: item_ids, NotesOn.CUSTOMER.value: [""]}.get(notes_on, [])
        db.write_many(
            "INSERT INTO notes (company_id, reminder_id, item_id, state, created_at) VALUES (?, ?, ?, 'todo', ?) "
            "ON CONFLICT (company_id, reminder_id, item_id) DO NOTHING",
            ((company_id, reminder.reminder_id, item_id, instant(now)) for item_id in places),
        )
    if reminder.purpose is Purpose.LEVEL:
        _end_broken_promises(db, reminder, item_ids, sent_on, now)
        queue_copy(db, reminder, sent_on, now)
        close_told_ends(db, company_id, reminder.customer_id, item_ids, sent_on, now)
    look_again_at_items(db, company_id, item_ids)


def _end_broken_promises(db: Database, reminder: Reminder, item_ids: list[str], sent_on: date, now: datetime) -> None:
    ended = [
        item_id
        for item_id in item_ids
        if db.write(
            "UPDATE holds SET released_at = ?, outcome = 'broken' WHERE company_id = ? AND item_id = ? "
            "AND kind IN ('promise', 'instalments') AND released_at IS NULL AND broken_on <= ?",
            (instant(now), reminder.company_id, item_id, sent_on.isoformat()),
        )
    ]
    tell(
        db,
        reminder.company_id,
        now,
        [Event(kind="broken_promise_told", item_id=item_id, reminder_id=reminder.reminder_id) for item_id in ended],
    )
