"""What needs a person: approvals, unknown outcomes, and the backlog of a first connection."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.kinds import Purpose, ReminderState
from engine.money import Money
from engine.records import Queued, QueuedLine
from state.companies import ensure_company
from state.database import Part
from state.due import look_again, look_again_at_all
from state.errors import UnknownReminderError, WrongStateError
from state.events import Event, tell
from state.items import read_item
from state.queueing import insert_reminder, with_cycle
from state.reminder_rows import load, move, read_reminder
from state.sending import after_sent
from state.values import instant

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date, datetime

    from engine.model import OpenItem
    from engine.plan import Level
    from engine.records import Reminder

_UNRESOLVED = (ReminderState.UNCERTAIN, ReminderState.FAILED)
_EARLIER_TOOL = "sent by an earlier tool"


class Outcome(StrEnum):
    """What a person says of a reminder that is uncertain or failed."""

    SENT = "sent"
    AGAIN = "again"
    DROP = "drop"


class Approvals(Part):
    """A person's word on reminders."""

    def approve(
        self, company_id: str | None, reminder_ids: Sequence[str] | None, author: str, now: datetime
    ) -> list[Reminder]:
        """Let reminders leave that wait for approval: these, or all (None) of a company, or of every company (None).

        All or none: raises UnknownReminderError or WrongStateError for the first that cannot be approved.
        """
        with self.db.tx():
            if reminder_ids is None:
                rows = self.db.all(
                    "SELECT * FROM reminders WHERE state = 'awaiting_approval' AND (? IS NULL OR company_id = ?) "
                    "ORDER BY company_id, created_at, reminder_id",
                    (company_id, company_id),
                )
                waiting = [read_reminder(self.db, row) for row in rows]
            else:
                waiting = [self.find_reminder(reminder_id, company_id) for reminder_id in dict.fromkeys(reminder_ids)]
            for reminder in waiting:
                if reminder.state is not ReminderState.AWAITING_APPROVAL:
                    raise WrongStateError(
                        f"reminder {reminder.reminder_id} is {reminder.state.value}: it does not wait for approval"
                    )
            return [
                move(
                    self.db,
                    reminder,
                    to=ReminderState.PLANNED,
                    allowed=(ReminderState.AWAITING_APPROVAL,),
                    owner=None,
                    now=now,
                    author=author,
                    told="approved",
                    columns={"approved_by": author},
                )
                for reminder in waiting
            ]

    def awaiting(self, company_id: str) -> list[Reminder]:
        """List the level reminders that wait for a person, or that a person released and that have not left yet."""
        rows = self.db.all(
            "SELECT * FROM reminders WHERE company_id = ? AND purpose = 'level' "
            "AND (state = 'awaiting_approval' OR (state = 'planned' AND approved_by <> '')) "
            "ORDER BY created_at, reminder_id",
            (company_id,),
        )
        return [read_reminder(self.db, row) for row in rows]

    def withdraw(self, reminder: Reminder, reason: str, now: datetime) -> Reminder:
        """End a reminder that waits, because nothing in it is asked any more; its lines are free again."""
        with self.db.tx():
            withdrawn = move(
                self.db,
                reminder,
                to=ReminderState.CANCELLED,
                allowed=(ReminderState.AWAITING_APPROVAL, ReminderState.PLANNED),
                owner=None,
                now=now,
                columns={"error": reason},
                detail={"reason": reason},
            )
            look_again(self.db, reminder.company_id, [reminder.customer_id])
        return withdrawn

    def expire_approvals(self, company_id: str, planned_before: date, now: datetime) -> list[Reminder]:
        """Let approvals lapse that were planned for a day before this one; the levels are asked again on fresh data."""
        with self.db.tx():
            rows = self.db.all(
                "SELECT * FROM reminders WHERE company_id = ? AND state = 'awaiting_approval' AND planned_on < ? "
                "ORDER BY planned_on, reminder_id",
                (company_id, planned_before.isoformat()),
            )
            lapsed = [
                move(
                    self.db,
                    read_reminder(self.db, row),
                    to=ReminderState.EXPIRED,
                    allowed=(ReminderState.AWAITING_APPROVAL,),
                    owner=None,
                    now=now,
                )
                for row in rows
            ]
            look_again(self.db, company_id, {reminder.customer_id for reminder in lapsed})
        return lapsed

    def resolve(
        self,
        reminder_id: str,
        outcome: Outcome,
        author: str,
        sent_on: date,
        now: datetime,
        *,
        company_id: str | None = None,
    ) -> Reminder:
        """Say what became of an uncertain or failed reminder.

        `sent`: it went out on that day, with all that follows. `again`: it ends, its lines are free for another attempt
        with a Message-ID of its own at the next planning. `drop`: it ends and its levels count as passed, so that they
        are never asked again in this cycle. Raises WrongStateError.
        """
        with self.db.tx():
            reminder = self.find_reminder(reminder_id, company_id)
            if reminder.state not in _UNRESOLVED:
                raise WrongStateError(f"reminder {reminder_id} is {reminder.state.value}: there is nothing to resolve")
            columns: dict[str, str | int] = {"resolution": outcome.value}
            to = ReminderState.CANCELLED
            if outcome is Outcome.SENT:
                to = ReminderState.SENT
                columns |= {
                    "sent_on": sent_on.isoformat(),
                    "sent_at": instant(now),
                    "reply": f"{author} says it went",
                    "error": "",
                }
            elif outcome is Outcome.DROP:
                columns["live"] = 1
            resolved = move(
                self.db,
                reminder,
                to=to,
                allowed=_UNRESOLVED,
                owner=None,
                now=now,
                author=author,
                columns=columns,
                detail={"resolution": outcome.value},
            )
            if outcome is Outcome.SENT:
                after_sent(self.db, resolved, sent_on, now)
            elif outcome is Outcome.AGAIN and reminder.purpose is not Purpose.DIGEST:
                self._free_levels(resolved)
            look_again(self.db, reminder.company_id, [reminder.customer_id])
        return resolved

    def find_reminder(self, reminder_id: str, company_id: str | None = None) -> Reminder:
        """Find a reminder by the id that a person typed; raise UnknownReminderError."""
        owner = self.db.value("SELECT company_id FROM reminders WHERE reminder_id = ?", (reminder_id,))
        if owner is None or company_id not in {None, owner}:
            raise UnknownReminderError(f"there is no reminder {reminder_id}")
        return load(self.db, owner, reminder_id)

    def accept_backlog(
        self, company_id: str, author: str, now: datetime, *, accepted_on: date, earlier: Sequence[Level] = ()
    ) -> int:
        """Let a company's first reminders leave; give how many items were marked as reminded by an earlier tool.

        `earlier` are the plan's levels that such a tool has sent, in order: each overdue invoice is marked with those
        whose day has come. They count as sent on the day of acceptance, but not as a contact.
        """
        with self.db.tx():
            ensure_company(self.db, company_id)
            self.db.write(
                "UPDATE companies SET backlog_accepted_at = coalesce(backlog_accepted_at, ?), backlog_accepted_by = ? "
                "WHERE company_id = ?",
                (instant(now), author, company_id),
            )
            marked = 0
            if earlier:
                rows = self.db.all(
                    "SELECT * FROM items WHERE company_id = ? AND kind = 'invoice' AND balance > 0 AND due_on < ?",
                    (company_id, accepted_on.isoformat()),
                )
                marked = sum(self._mark_sent(company_id, row, earlier, accepted_on, author, now) for row in rows)
            tell(
                self.db,
                company_id,
                now,
                [
                    Event(
                        kind="backlog_accepted",
                        author=author,
                        detail={"marked": marked, "levels": [level.level_id for level in earlier]},
                    )
                ],
            )
            look_again_at_all(self.db, company_id)
        return marked

    def _mark_sent(
        self,
        company_id: str,
        row: sqlite3.Row,
        earlier: Sequence[Level],
        accepted_on: date,
        author: str,
        now: datetime,
    ) -> bool:
        """Write one synthetic sent reminder for an item; False where a live reminder of ours has one of its levels."""
        item = read_item(row)
        reached = [level for level in earlier if item.due_on + timedelta(days=level.offset) <= accepted_on]
        taken = self.db.value(
            "SELECT 1 FROM reminder_lines WHERE company_id = ? AND item_id = ? AND cycle = ? AND live = 1",
            (company_id, item.item_id, row["cycle"]),
        )
        if not reached or taken:
            return False
        queued = _as_queued(item, reached, accepted_on)
        key = f"{company_id}\x1fearlier\x1f{item.item_id}\x1f{row['cycle']}"
        insert_reminder(
            self.db,
            {
                "company_id": company_id,
                "reminder_id": f"e{hashlib.sha256(key.encode()).hexdigest()[:16]}",
                "customer_id": item.customer_id,
                "purpose": Purpose.LEVEL.value,
                "level_id": queued.level_id,
                "key": key,
                "sequence": 0,
                "channel": queued.channel.value,
                "state": ReminderState.SENT.value,
                "rehearsal": 0,
                "earlier_tool": 1,
                "planned_on": accepted_on.isoformat(),
                "message_id": "",
                "approved_by": author,
                "created_at": instant(now),
                "moved_at": instant(now),
                "sent_on": accepted_on.isoformat(),
                "sent_at": instant(now),
                "reply": _EARLIER_TOOL,
            },
            with_cycle(self.db, company_id, queued),
            queued,
        )
        return True

    def _free_levels(self, reminder: Reminder) -> None:
        self.db.write_many(
            "INSERT INTO attempts (company_id, item_id, level_id, cycle, rehearsal, attempt) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (company_id, item_id, level_id, cycle, rehearsal) "
            "DO UPDATE SET attempt = max(attempt, excluded.attempt)",
            (
                (
                    reminder.company_id,
                    line.item_id,
                    line.level_id,
                    line.cycle,
                    int(reminder.rehearsal),
                    line.attempt + 1,
                )
                for line in reminder.lines
            ),
        )


def _as_queued(item: OpenItem, levels: Sequence[Level], on: date) -> Queued:
    nothing = Money.zero(item.currency)
    return Queued(
        customer_id=item.customer_id,
        purpose=Purpose.LEVEL,
        level_id=levels[-1].level_id,
        channel=levels[-1].channel,
        on=on,
        deadline_on=None,
        lines=tuple(
            QueuedLine(
                item_id=item.item_id,
                number=item.number,
                level_id=level.level_id,
                offset=level.offset,
                asked=nothing,
                balance=item.balance,
                tone=level.tone,
            )
            for level in levels
        ),
        needs_approval=False,
    )
