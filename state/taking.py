"""A person takes a reminder over: they contact the customer themselves, and it counts as the level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kinds import ReminderState
from state.database import Part
from state.errors import WrongStateError
from state.queueing import create
from state.reminder_rows import cancel_unsent_of_items, load, move
from state.sending import after_sent
from state.values import instant

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.records import Queued, Reminder


class Taking(Part):
    """What a person does in place of the plan."""

    def take(self, company_id: str, queued: Queued, author: str, note: str, on: date, now: datetime) -> Reminder:
        """Record that a person contacted the customer on a day at these items' levels; give the reminder that says so.

        What was planned or waits for approval for these items ends. What has left or is leaving stays: raises
        WrongStateError, and nothing is recorded.
        """
        item_ids = [line.item_id for line in queued.lines]
        with self.db.tx():
            cancel_unsent_of_items(self.db, company_id, item_ids, f"taken over by {author}", now)
            created = create(self.db, company_id, queued.customer_id, queued, now)
            if created is None:
                raise WrongStateError(self._in_the_way(company_id, queued))
            taken = move(
                self.db,
                created,
                to=ReminderState.SENT,
                allowed=(ReminderState.PLANNED,),
                owner=None,
                now=now,
                author=author,
                told="taken",
                columns={"sent_on": on.isoformat(), "sent_at": instant(now), "reply": note},
                detail={"note": note} if note else None,
            )
            after_sent(self.db, taken, on, now)
            return load(self.db, company_id, taken.reminder_id)

    def _in_the_way(self, company_id: str, queued: Queued) -> str:
        for line in queued.lines:
            row = self.db.one(
                "SELECT r.reminder_id, r.state FROM reminder_lines l JOIN reminders r ON r.company_id = l.company_id "
                "AND r.reminder_id = l.reminder_id WHERE l.company_id = ? AND l.item_id = ? AND l.level_id = ? "
                "AND l.live = 1 ORDER BY r.moved_at DESC LIMIT 1",
                (company_id, line.item_id, line.level_id),
            )
            if row is not None:
                return f"{line.number} is in reminder {row['reminder_id']}, which is {row['state']}: resolve that first"
        return "these items are already reminded of"
