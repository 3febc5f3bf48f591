"""Copies for account owners: wanted when a reminder is written for good, queued when it is known to have left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kinds import Channel, Purpose
from engine.owner_copy import copy_occasion
from engine.records import Queued, QueuedLine
from state.customers import read_customer
from state.database import Part
from state.queueing import create

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.model import Notice
    from engine.records import Reminder
    from state.database import Database


def copy_wanted(db: Database, reminder: Reminder, notice: Notice) -> str:
    """Give the address that a copy of a reminder goes to, "" for none."""
    if not notice.copy_owner or reminder.channel is not Channel.EMAIL or reminder.purpose is not Purpose.LEVEL:
        return ""
    customer = read_customer(db, reminder.company_id, reminder.customer_id)
    return customer.owner_email if customer is not None else ""


def queue_copy(db: Database, reminder: Reminder, sent_on: date, now: datetime) -> None:
    """Queue the copy of a reminder that has left, in the unit of work that records it; a failed copy never touches it."""
    key = (reminder.company_id, reminder.reminder_id)
    if not db.value("SELECT copy_to FROM reminders WHERE company_id = ? AND reminder_id = ?", key):
        return
    queued = Queued(
        customer_id=reminder.customer_id,
        purpose=Purpose.DIGEST,
        level_id=Purpose.DIGEST.value,
        channel=Channel.EMAIL,
        on=sent_on,
        deadline_on=None,
        lines=tuple(
            QueuedLine(
                item_id=line.item_id,
                number=line.number,
                level_id=Purpose.DIGEST.value,
                offset=0,
                asked=line.asked,
                balance=line.balance,
            )
            for line in reminder.lines
        ),
        needs_approval=False,
        occasion=copy_occasion(reminder.reminder_id),
    )
    create(db, reminder.company_id, reminder.customer_id, queued, now)


class OwnerCopies(Part):
    """What writing a copy reads."""

    def sent_content(self, company_id: str, reminder_id: str) -> bytes:
        """Give the bytes of a mail as it was handed over last; b"" where none was."""
        row = self.db.one(
            "SELECT content FROM frozen_mails WHERE company_id = ? AND reminder_id = ? ORDER BY frozen_at DESC LIMIT 1",
            (company_id, reminder_id),
        )
        return b"" if row is None else bytes(row["content"])

    def copy_address(self, company_id: str, reminder_id: str) -> str:
        """Give the address that the copy of a reminder goes to, "" for none."""
        found = self.db.value(
            "SELECT copy_to FROM reminders WHERE company_id = ? AND reminder_id = ?", (company_id, reminder_id)
        )
        return str(found or "")
