"""What happened, in order: one row for each change worth telling, none of them ever changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from state.values import instant, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to tell: `detail` holds plain texts and figures, never a secret."""

    kind: str
    customer_id: str | None = None
    item_id: str | None = None
    reminder_id: str | None = None
    author: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


def tell(db: Database, company_id: str, now: datetime, events: Sequence[Event]) -> None:
    """Write events in the unit of work of what they tell; their sequence is the company's own, not the clock's."""
    if not events:
        return
    last = db.value("SELECT coalesce(max(sequence), 0) FROM events WHERE company_id = ?", (company_id,))
    at = instant(now)
    db.write_many(
        "INSERT INTO events (company_id, sequence, at, kind, customer_id, item_id, reminder_id, author, detail) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                company_id,
                last + count,
                at,
                event.kind,
                event.customer_id,
                event.item_id,
                event.reminder_id,
                event.author,
                to_json(dict(event.detail)),
            )
            for count, event in enumerate(events, start=1)
        ),
    )
