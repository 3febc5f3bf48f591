"""Tasks: what only a person can do, opened once for each key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from state.companies import ensure_company
from state.database import Part
from state.events import Event, tell
from state.values import day, instant, read_day

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something for a person to do; `key` is unique within the company, `due_on` the day by which it should be done."""

    company_id: str
    key: str
    kind: str
    title: str
    text: str
    opened_at: datetime
    customer_id: str | None = None
    item_id: str | None = None
    due_on: date | None = None


class Tasks(Part):
    """The worklist."""

    def open_task(
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
    ) -> bool:
        """Open a task; False where one of this key is there already, open or done."""
        with self.db.tx():
            ensure_company(self.db, company_id)
            opened = self.db.write(
                "INSERT INTO tasks (company_id, key, kind, title, text, customer_id, item_id, due_on, opened_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (company_id, key) DO NOTHING",
                (company_id, key, kind, title, text, customer_id, item_id, day(due_on), instant(now)),
            )
            if opened:
                event = Event(
                    kind="task_opened", customer_id=customer_id, item_id=item_id, detail={"key": key, "title": title}
                )
                tell(self.db, company_id, now, [event])
        return bool(opened)

    def close_task(self, company_id: str, key: str, author: str, now: datetime) -> bool:
        """Mark a task as done; False where no such task is open."""
        with self.db.tx():
            closed = self.db.write(
                "UPDATE tasks SET closed_at = ?, closed_by = ? WHERE company_id = ? AND key = ? AND closed_at IS NULL",
                (instant(now), author, company_id, key),
            )
            if closed:
                tell(self.db, company_id, now, [Event(kind="task_closed", author=author, detail={"key": key})])
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
        customer_id=row["customer_id"],
        item_id=row["item_id"],
        due_on=read_day(row["due_on"]),
    )
