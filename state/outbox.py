"""The reminder's state machine: every arrow one unit of work, fenced by state, generation and owner."""

from __future__ import annotations

import hashlib
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING, Final

from engine.errors import FencedError
from engine.kinds import Purpose, ReminderState
from state.companies import epoch
from state.database import Part
from state.errors import EnvelopeMismatchError
from state.owner_copies import copy_wanted
from state.reminder_rows import load, move, read_reminder
from state.sending import after_sent, is_of
from state.timing import left_or_leaving
from state.values import day, instant, read_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from engine.model import Notice
    from engine.records import Envelope, Owner, QueuedLine, Receipt, Reminder

_BEFORE_BARRIER: Final = (ReminderState.CLAIMED,)
_UNDER_WAY: Final = (ReminderState.CLAIMED, ReminderState.HANDING_OVER)
_NOT_LEFT: Final = (ReminderState.PLANNED, ReminderState.AWAITING_APPROVAL, ReminderState.CLAIMED)


class Outbox(Part):
    """What delivery needs; a reminder that moved on, or another owner, raises FencedError and changes nothing."""

    def recover(self, owner: Owner, now: datetime) -> list[Reminder]:
        """After a restart, for all companies: claimed returns to planned, handing_over becomes uncertain.

        A note that was being written is written again, after a look for its marker.
        """
        with self.db.tx():
            self._still(owner)
            self.db.write(
                "UPDATE notes SET state = 'todo' "
                "WHERE state = 'claimed' AND company_id IN (SELECT company_id FROM companies)"
            )
            rows = self.db.all(
                "SELECT * FROM reminders WHERE state IN ('claimed', 'handing_over') ORDER BY company_id, reminder_id"
            )
            moved = []
            for row in rows:
                reminder = read_reminder(self.db, row)
                if reminder.state is ReminderState.CLAIMED:
                    to, error = ReminderState.PLANNED, "stopped before anything left"
                else:
                    to, error = ReminderState.UNCERTAIN, "stopped while it was handed over"
                moved.append(
                    move(
                        self.db,
                        reminder,
                        to=to,
                        allowed=_UNDER_WAY,
                        owner=owner,
                        now=now,
                        columns={"error": error},
                        detail={"reason": error},
                    )
                )
        return moved

    def claim_next(
        self, company_id: str, as_of: date, owner: Owner, now: datetime, *, limit: int | None = None
    ) -> Reminder | None:
        """Take the next planned reminder whose day has come.

        Once as many notices as `limit` have left on the day, only mails that count for no limit are taken.
        """
        with self.db.tx():
            self._still(owner)
            full = limit is not None and left_or_leaving(self.db, company_id, as_of) >= limit
            row = self.db.one(
                "SELECT * FROM reminders WHERE company_id = ? AND state = 'planned' AND planned_on <= ? "
                "AND (retry_at IS NULL OR retry_at <= ?) AND NOT (? AND purpose IN ('level', 'extra')) "
                "ORDER BY planned_on, created_at, reminder_id LIMIT 1",
                (company_id, as_of.isoformat(), instant(now), full),
            )
            if row is None:
                return None
            return move(
                self.db,
                read_reminder(self.db, row),
                to=ReminderState.CLAIMED,
                allowed=(ReminderState.PLANNED,),
                owner=owner,
                now=now,
                columns={"owner": owner.name, "epoch": owner.epoch},
            )

    def revise(
        self,
        reminder: Reminder,
        lines: Sequence[QueuedLine],
        notice: Notice,
        owner: Owner,
        why: Mapping[str, str] | None = None,
    ) -> Reminder:
        """Keep only these lines of a claimed reminder, with what is asked now; the others are free again.

        `why` gives by item id the reason for which a line leaves, for the history.
        """
        company_id, reminder_id = reminder.company_id, reminder.reminder_id
        kept = {line.item_id: line for line in lines}
        left = [line.item_id for line in reminder.lines if line.item_id not in kept]
        numbers = {line.item_id: line.number for line in reminder.lines}
        if not kept or not kept.keys() <= {line.item_id for line in reminder.lines}:
            raise FencedError(f"reminder {reminder_id} can only lose lines, and not all of them")
        with self.db.tx():
            # No instant is given: what is kept now is part of the claim, and is told with its time.
            claimed_at = self.db.value(
                "SELECT moved_at FROM reminders WHERE company_id = ? AND reminder_id = ?", (company_id, reminder_id)
            )
            level = reminder.purpose is Purpose.LEVEL
            move(
                self.db,
                reminder,
                to=ReminderState.CLAIMED,
                allowed=_BEFORE_BARRIER,
                owner=owner,
                now=datetime.fromisoformat(claimed_at),
                told="revised",
                columns={
                    "level_id": notice.level_id if level else reminder.level_id,
                    "deadline_on": day(notice.deadline_on),
                    "planned_on": notice.on.isoformat(),
                    "copy_to": copy_wanted(self.db, reminder, notice),
                },
                detail={"left": {numbers[item_id]: (why or {}).get(item_id, "") for item_id in left}},
            )
            self.db.write_many(
                "UPDATE reminder_lines SET live = 0, left_notice = 1 "
                "WHERE company_id = ? AND reminder_id = ? AND item_id = ?",
                ((company_id, reminder_id, item_id) for item_id in left),
            )
            try:
                self.db.write_many(
                    "UPDATE reminder_lines SET asked = ?, balance = ?, level_id = iif(?, ?, level_id), "
                    "level_offset = ?, tone = ? WHERE company_id = ? AND reminder_id = ? AND item_id = ?",
                    (
                        (
                            line.asked.minor,
                            line.balance.minor,
                            int(level),
                            line.level_id,
                            line.offset,
                            line.tone.value if line.tone else "",
                            company_id,
                            reminder_id,
                            line.item_id,
                        )
                        for line in lines
                    ),
                )
            except sqlite3.IntegrityError as error:
                raise FencedError(f"another reminder already holds a line of {reminder_id} at its new level") from error
            return load(self.db, company_id, reminder_id)

    def release_claim(
        self, reminder: Reminder, error: str, owner: Owner, now: datetime, *, retry_at: datetime
    ) -> Reminder:
        """Return a claimed reminder to planned, to be tried again from an instant on: nothing left."""
        return self._move(
            reminder, ReminderState.PLANNED, _BEFORE_BARRIER, owner, now, error=error, retry_at=instant(retry_at)
        )

    def postpone(self, reminder: Reminder, until: date, owner: Owner, now: datetime) -> Reminder:
        """Return a claimed reminder to planned for a later day."""
        return self._move(reminder, ReminderState.PLANNED, _BEFORE_BARRIER, owner, now, planned_on=until.isoformat())

    def cancel(self, reminder: Reminder, reason: str, owner: Owner, now: datetime) -> Reminder:
        """End a reminder that must not leave; its lines are free again."""
        return self._move(reminder, ReminderState.CANCELLED, _NOT_LEFT, owner, now, error=reason)

    def pass_barrier(
        self, reminder: Reminder, envelope: Envelope, server: str, owner: Owner, now: datetime
    ) -> Reminder:
        """Record, durably and before the first byte of content, that the message is being handed over.

        The exact bytes are kept with their hash: what was sent can be shown, and is never written anew.
        """
        if not is_of(envelope, reminder):
            raise EnvelopeMismatchError(f"the envelope is not that of reminder {reminder.reminder_id}")
        content = envelope.content or envelope.text.encode()
        digest = hashlib.sha256(content).hexdigest()
        with self.db.tx():
            moved = self._move(
                reminder,
                ReminderState.HANDING_OVER,
                _BEFORE_BARRIER,
                owner,
                now,
                server=server,
                sha256=digest,
                recipients=", ".join(envelope.recipients),
                subject=envelope.title,
            )
            self.db.write(
                "INSERT INTO frozen_mails (company_id, reminder_id, sha256, content, frozen_at) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (company_id, reminder_id, sha256) DO NOTHING",
                (reminder.company_id, reminder.reminder_id, digest, content, instant(now)),
            )
        return moved

    def record_sent(
        self, reminder: Reminder, envelope: Envelope, receipt: Receipt, sent_on: date, owner: Owner, now: datetime
    ) -> Reminder:
        """Record the other side's acceptance, and in the same unit of work what follows from it."""
        if not is_of(envelope, reminder):
            raise EnvelopeMismatchError(f"the envelope is not that of reminder {reminder.reminder_id}")
        with self.db.tx():
            sent = self._move(
                reminder,
                ReminderState.SENT,
                (ReminderState.HANDING_OVER,),
                owner,
                now,
                sent_on=sent_on.isoformat(),
                sent_at=instant(now),
                server=receipt.server,
                reply=receipt.reply,
                error="",
            )
            after_sent(self.db, sent, sent_on, now)
        return sent

    def record_refused(self, reminder: Reminder, error: str, owner: Owner, now: datetime) -> Reminder:
        """Record a definite no: the reminder failed and needs a person."""
        return self._move(reminder, ReminderState.FAILED, _UNDER_WAY, owner, now, error=error)

    def record_try_later(
        self, reminder: Reminder, error: str, retry_at: datetime, owner: Owner, now: datetime
    ) -> Reminder:
        """Return to planned after a temporary refusal."""
        return self._move(
            reminder, ReminderState.PLANNED, _UNDER_WAY, owner, now, error=error, retry_at=instant(retry_at)
        )

    def record_uncertain(self, reminder: Reminder, error: str, owner: Owner, now: datetime) -> Reminder:
        """Record that the link broke after the barrier; only a person or positive evidence resolves it."""
        return self._move(reminder, ReminderState.UNCERTAIN, (ReminderState.HANDING_OVER,), owner, now, error=error)

    def resolve_sent(self, reminder: Reminder, evidence: str, sent_on: date, now: datetime) -> Reminder:
        """Record positive evidence that an uncertain reminder went out."""
        with self.db.tx():
            sent = self._move(
                reminder,
                ReminderState.SENT,
                (ReminderState.UNCERTAIN,),
                None,
                now,
                sent_on=sent_on.isoformat(),
                sent_at=instant(now),
                reply=evidence,
                error="",
                resolution="sent",
            )
            after_sent(self.db, sent, sent_on, now)
        return sent

    def handed_over_at(self, reminder: Reminder) -> datetime | None:
        """Give the instant at which a reminder last passed the barrier, None where it never did."""
        at = self.db.value(
            "SELECT max(frozen_at) FROM frozen_mails WHERE company_id = ? AND reminder_id = ?",
            (reminder.company_id, reminder.reminder_id),
        )
        return read_instant(at)

    def reminders(
        self, company_id: str, states: Sequence[ReminderState], *, since: datetime | None = None
    ) -> list[Reminder]:
        """List reminders in these states that moved since an instant, oldest first."""
        with self.db.snapshot():
            rows = self.db.all(
                f"SELECT * FROM reminders WHERE state IN ({', '.join('?' * len(states))}) AND company_id = ? "  # noqa: S608 (marks only)
                "AND earlier_tool = 0 AND moved_at >= ? ORDER BY created_at, planned_on, reminder_id",
                (*(state.value for state in states), company_id, "" if since is None else instant(since)),
            )
            return [read_reminder(self.db, row) for row in rows]

    def _still(self, owner: Owner) -> None:
        if epoch(self.db) != owner.epoch:
            raise FencedError(f"{owner.name} is no longer the owner: another process has taken the instance lock")

    def _move(
        self,
        reminder: Reminder,
        to: ReminderState,
        allowed: Sequence[ReminderState],
        owner: Owner | None,
        now: datetime,
        **columns: str | None,
    ) -> Reminder:
        detail = {name: value for name, value in columns.items() if name in {"error", "planned_on", "reply"} and value}
        with self.db.tx():
            return move(
                self.db,
                reminder,
                to=to,
                allowed=allowed,
                owner=owner,
                now=now,
                columns=columns,
                detail=detail,
            )
