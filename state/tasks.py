"""Tasks: what only a person can do, opened once for each situation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from engine.kinds import LETTERS
from state.companies import ensure_company
from state.database import Part
from state.events import Event, tell
from state.items import item_rows
from state.letters import remember_written
from state.task_rows import closed_event, open_row
from state.values import day, instant, read_day, read_pairs, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from engine.records import Envelope
    from engine.setup import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something for a person to do; `key` is unique within the company, `due_on` the day by which it should be done.

    A task that planning asks for is worded by `kind` and `facts`; its title is the item's number, its text is empty.
    """

    company_id: str
    key: str
    kind: str
    title: str
    text: str
    opened_at: datetime
    facts: tuple[tuple[str, str], ...] = ()
    customer_id: str | None = None
    item_id: str | None = None
    due_on: date | None = None


class Tasks(Part):
    """The worklist."""

    def add_task(
        self,
        company_id: str,
        key: str,
        *,
        kind: str,
        title: str,
        text: str,
        now: datetime,
        customer_id: str | None = None,
        item_id: str | None = None,
        due_on: date | None = None,
        facts: Sequence[tuple[str, str]] = (),
    ) -> bool:
        """Open a task; False where one of this key is there already, open or done. `facts` word it where its text is ""."""
        with self.db.tx():
            ensure_company(self.db, company_id)
            return open_row(
                self.db,
                company_id,
                now,
                key=key,
                kind=kind,
                title=title,
                text=text,
                facts=to_json([list(pair) for pair in facts]),
                customer_id=customer_id,
                item_id=item_id,
                due_on=day(due_on),
            )

    def open_task(self, envelope: Envelope) -> str:
        """Open the task of a reminder that a person carries out, or find it open already; give its key."""
        key = f"reminder:{envelope.reminder_id}"
        with self.db.tx():
            # No instant is given: the task is opened at the barrier, whose time is the reminder's last move.
            passed_at = self.db.value(
                "SELECT moved_at FROM reminders WHERE company_id = ? AND reminder_id = ?",
                (envelope.company_id, envelope.reminder_id),
            )
            open_row(
                self.db,
                envelope.company_id,
                datetime.fromisoformat(passed_at),
                key=key,
                kind=envelope.channel.value,
                title=envelope.title,
                text=envelope.text,
                customer_id=envelope.customer_id,
                message_id=envelope.message_id,
                due_on=day(envelope.due_on),
            )
            if envelope.channel in LETTERS:
                remember_written(self.db, envelope)
        return key

    def task_of(self, message_id: str) -> str | None:
        """Give the key of the task that was opened for a message, None where there is none."""
        row = self.db.one("SELECT company_id, key FROM tasks WHERE message_id = ?", (message_id,))
        return None if row is None else str(row["key"])

    def has_task(self, company_id: str, key: str) -> bool:
        """Tell whether a task of this key was ever opened."""
        return bool(self.db.value("SELECT 1 FROM tasks WHERE company_id = ? AND key = ?", (company_id, key)))

    def want_tasks(self, company_id: str, customer_id: str, wanted: Sequence[Wanted], now: datetime) -> None:
        """Make the customer's open tasks that planning asked for equal to `wanted`: new ones open, the others close.

        One that a person closed stays closed as long as the situation lasts; when it comes again, it is asked again.
        """
        known = {
            row["key"]: row
            for row in self.db.all(
                "SELECT key, closed_at, ended FROM tasks WHERE company_id = ? AND customer_id = ? AND origin = 'planning'",
                (company_id, customer_id),
            )
        }
        by_key = {one.key: one for one in wanted}
        new = [one for key, one in by_key.items() if key not in known]
        again = [key for key in by_key if key in known and known[key]["ended"]]
        over = [key for key, row in known.items() if key not in by_key and not row["ended"]]
        if not (new or again or over):
            return
        with self.db.tx():
            numbers = item_rows(self.db, company_id, [one.item_id for one in new])
            for one in new:
                open_row(
                    self.db,
                    company_id,
                    now,
                    key=one.key,
                    kind=one.kind,
                    title=numbers[one.item_id]["number"],
                    text="",
                    facts=to_json([list(pair) for pair in one.facts]),
                    origin="planning",
                    customer_id=customer_id,
                    item_id=one.item_id,
                )
            self.db.write_many(
                "UPDATE tasks SET ended = 0, closed_at = NULL, closed_by = '', opened_at = ?, facts = ? "
                "WHERE company_id = ? AND key = ?",
                ((instant(now), to_json([list(pair) for pair in by_key[key].facts]), company_id, key) for key in again),
            )
            self._end_tasks(company_id, [known[key] for key in over], now)
            tell(
                self.db,
                company_id,
                now,
                [
                    Event(kind="task_opened", customer_id=customer_id, item_id=by_key[key].item_id, detail={"key": key})
                    for key in again
                ],
            )

    def end_tasks_of_settled(self, company_id: str, now: datetime) -> None:
        """End what planning asked of items that owe nothing any more: their customer may never be planned again."""
        rows = self.db.all(
            "SELECT t.key, t.closed_at FROM tasks t "
            "JOIN items i ON i.company_id = t.company_id AND i.item_id = t.item_id "
            "WHERE t.company_id = ? AND t.origin = 'planning' AND t.ended = 0 AND i.balance = 0 ORDER BY t.key",
            (company_id,),
        )
        if rows:
            with self.db.tx():
                self._end_tasks(company_id, rows, now)

    def _end_tasks(self, company_id: str, over: Sequence[sqlite3.Row], now: datetime) -> None:
        """End tasks that planning no longer asks for; those that nobody had closed are told as closed."""
        self.db.write_many(
            "UPDATE tasks SET ended = 1, closed_by = iif(closed_at IS NULL, 'relance', closed_by), "
            "closed_at = coalesce(closed_at, ?) WHERE company_id = ? AND key = ?",
            ((instant(now), company_id, row["key"]) for row in over),
        )
        tell(
            self.db,
            company_id,
            now,
            [closed_event(self.db, company_id, row["key"]) for row in over if row["closed_at"] is None],
        )

    def close_task(self, company_id: str, key: str, author: str, now: datetime) -> bool:
        """Mark a task as done; False where no such task is open."""
        with self.db.tx():
            closed = self.db.write(
                "UPDATE tasks SET closed_at = ?, closed_by = ? WHERE company_id = ? AND key = ? AND closed_at IS NULL",
                (instant(now), author, company_id, key),
            )
            if closed:
                tell(self.db, company_id, now, [closed_event(self.db, company_id, key, author)])
        return bool(closed)

    def open_tasks(self, company_id: str | None = None) -> list[Task]:
        """List what is to be done, for one company or all, what is due first."""
        rows = self.db.all(
            "SELECT * FROM tasks WHERE closed_at IS NULL AND (? IS NULL OR company_id = ?) "
            "ORDER BY due_on IS NULL, due_on, opened_at, company_id, key",
            (company_id, company_id),
        )
        return [_read_task(row) for row in rows]


def _read_task(row: sqlite3.Row) -> Task:
    return Task(
        company_id=row["company_id"],
        key=row["key"],
        kind=row["kind"],
        title=row["title"],
        text=row["text"],
        opened_at=datetime.fromisoformat(row["opened_at"]),
        facts=read_pairs(row["facts"]),
        customer_id=row["customer_id"],
        item_id=row["item_id"],
        due_on=read_day(row["due_on"]),
    )
