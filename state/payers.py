"""Who pays for whom: worked out from what books, imports and people say, and what follows when it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.due import look_again
from state.errors import CustomerSettingError
from state.events import Event, tell
from state.payer_rows import payers
from state.reminder_rows import cancel_unsent_of_items
from state.values import instant, read_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from state.database import Database


def check_payer(db: Database, company_id: str, customer_id: str, payer_id: str) -> None:
    """Raise CustomerSettingError where a payer would in the end be paid for by the very customer they pay for."""
    named = {**_named(db, company_id), customer_id: payer_id}
    way = [customer_id]
    while (following := named.get(way[-1])) is not None:
        way.append(following)
        if following == customer_id:
            raise CustomerSettingError(
                f"payer: nobody would pay in the end: {customer_id} is paid for by {', who is paid for by '.join(way[1:])}"
            )
        if following in way[:-1]:
            return


def settle_payers(db: Database, company_id: str, now: datetime) -> None:
    """Work out anew who pays for whom, inside a unit of work.

    A payer's own payer pays for both; a circle, or a payer that nobody knows, leaves everybody paying for themselves.
    What was planned or asked for under another payer ends, and both groups are looked at again.
    """
    named = _named(db, company_id)
    wanted = {customer_id: head for customer_id in named if (head := _head(named, customer_id)) is not None}
    there = payers(db, company_id)
    changed = {one for one in wanted.keys() | there.keys() if wanted.get(one) != there.get(one)}
    if not changed:
        return
    look_again(db, company_id, changed)
    _end_what_was_planned(db, company_id, {one: wanted.get(one, one) for one in sorted(changed)}, now)
    db.write_many(
        "DELETE FROM payers WHERE company_id = ? AND customer_id = ?", ((company_id, one) for one in sorted(changed))
    )
    db.write_many(
        "INSERT INTO payers (company_id, customer_id, payer_id) VALUES (?, ?, ?)",
        ((company_id, one, wanted[one]) for one in sorted(changed & wanted.keys())),
    )
    tell(
        db,
        company_id,
        now,
        [
            Event(kind="payer_changed", customer_id=one, detail={"payer": wanted.get(one, one)})
            for one in sorted(changed)
        ],
    )
    look_again(db, company_id, changed)


def _named(db: Database, company_id: str) -> dict[str, str]:
    """Give the payer named for each customer; an import lies over the books, a person over both."""
    rows = db.all(
        "SELECT customer_id, json_extract(facts, '$.payer') AS payer FROM customers "
        "WHERE company_id = ? AND facts LIKE '%\"payer\"%'",
        (company_id,),
    )
    named = {row["customer_id"]: row["payer"] for row in rows}
    for row in db.all(
        "SELECT customer_id, value FROM customer_settings WHERE company_id = ? AND key = 'payer' "
        "ORDER BY CASE layer WHEN 'import' THEN 1 ELSE 2 END",
        (company_id,),
    ):
        named[row["customer_id"]] = read_object(row["value"])["is"]
    wanted = sorted({payer for payer in named.values() if payer})
    known = {
        row["customer_id"]
        for table in ("customers", "items", "customer_settings", "contacts")
        for row in db.chosen(
            f"SELECT DISTINCT customer_id FROM {table} WHERE company_id = ? AND customer_id IN ({{ids}})",  # noqa: S608 (our own table names)
            (company_id,),
            wanted,
        )
    }
    return {one: payer for one, payer in named.items() if payer and payer != one and payer in known}


def _head(named: Mapping[str, str], customer_id: str) -> str | None:
    """Give who pays in the end, None where it goes round in a circle."""
    way = [customer_id]
    while (following := named.get(way[-1])) is not None:
        if following in way:
            return None
        way.append(following)
    return way[-1]


def _end_what_was_planned(db: Database, company_id: str, pays: Mapping[str, str], now: datetime) -> None:
    """End what waits for customers about whom somebody else is written to now; their tasks are the new payer's to open."""
    items = db.chosen(
        "SELECT item_id FROM items WHERE company_id = ? AND balance <> 0 AND customer_id IN ({ids})",
        (company_id,),
        list(pays),
    )
    cancel_unsent_of_items(db, company_id, [row["item_id"] for row in items], "another customer pays now", now)
    db.write_many(
        "UPDATE tasks SET customer_id = ?, ended = 1, closed_by = iif(closed_at IS NULL, 'relance', closed_by), "
        "closed_at = coalesce(closed_at, ?) WHERE company_id = ? AND origin = 'planning' "
        "AND item_id IN (SELECT item_id FROM items WHERE company_id = ? AND customer_id = ?)",
        ((payer_id, instant(now), company_id, company_id, one) for one, payer_id in pays.items()),
    )
