"""Tasks as rows: how one is opened, and what tells that one is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from state.events import Event, tell
from state.values import instant

if TYPE_CHECKING:
    from datetime import datetime

    from state.database import Database


def open_row(db: Database, company_id: str, now: datetime, **columns: Any) -> bool:
    """Open a task, inside a unit of work; False where one of its key is there already, open or done."""
    values = {"company_id": company_id, "opened_at": instant(now), **columns}
    opened = db.write(
        f"INSERT INTO tasks ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) "  # noqa: S608 (our own column names)
        "ON CONFLICT (company_id, key) DO NOTHING",
        tuple(values.values()),
    )
    if opened:
        event = Event(
            kind="task_opened",
            customer_id=columns.get("customer_id"),
            item_id=columns.get("item_id"),
            detail={"key": columns["key"], "title": columns["title"]},
        )
        tell(db, company_id, now, [event])
    return bool(opened)


def closed_event(db: Database, company_id: str, key: str, author: str = "") -> Event:
    """Give what tells that a task is closed, of the same customer and item as its opening."""
    row = db.one("SELECT customer_id, item_id FROM tasks WHERE company_id = ? AND key = ?", (company_id, key))
    return Event(
        kind="task_closed",
        customer_id=row["customer_id"] if row else None,
        item_id=row["item_id"] if row else None,
        author=author,
        detail={"key": key},
    )
