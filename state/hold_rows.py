"""Holds as rows: how one is recorded, ended and read back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from engine.kinds import HoldKind
from engine.model import HoldRecord
from state.events import Event
from state.values import currency, day, instant, minor, read_day, read_money

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date

    from engine.money import Money
    from state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """What is to be recorded; `given_to` is the target that the person named: item, customer or company."""

    kind: HoldKind
    reason: str
    author: str
    given_to: str
    item_id: str | None = None
    customer_id: str | None = None
    until: date | None = None
    promised_on: date | None = None
    promised: Money | None = None
    balance_then: Money | None = None
    disputed: Money | None = None
    credit_note_to_come: bool = False
    judgment_on: date | None = None
    plan_id: str = ""


def read_hold(row: sqlite3.Row) -> HoldRecord:
    """Read a hold from its row."""
    return HoldRecord(
        hold_id=row["hold_id"],
        kind=HoldKind(row["kind"]),
        reason=row["reason"],
        author=row["author"],
        recorded_at=datetime.fromisoformat(row["recorded_at"]),
        item_id=row["item_id"],
        customer_id=row["customer_id"],
        until=read_day(row["until"]),
        promised_on=read_day(row["promised_on"]),
        promised=read_money(row["promised"], row["currency"]),
        balance_then=read_money(row["balance_then"], row["currency"]),
        broken_on=read_day(row["broken_on"]),
        disputed=read_money(row["disputed"], row["currency"]),
        received=read_money(row["received"], row["currency"]),
        credit_note_to_come=bool(row["credit_note_to_come"]),
        judgment_on=read_day(row["judgment_on"]),
        plan_id=row["plan_id"],
    )


def record_hold(db: Database, company_id: str, hold: NewHold, now: datetime) -> Event:
    """Record a hold in place of one of the same kind on the same target; give the event to tell."""
    db.write(
        "UPDATE holds SET released_at = ?, released_by = ?, outcome = 'replaced' WHERE company_id = ? AND kind = ? "
        "AND item_id IS ? AND customer_id IS ? AND released_at IS NULL",
        (instant(now), hold.author, company_id, hold.kind.value, hold.item_id, hold.customer_id),
    )
    hold_id = f"h{secrets.token_hex(6)}"
    db.insert(
        "holds",
        {
            "company_id": company_id,
            "hold_id": hold_id,
            "kind": hold.kind.value,
            "reason": hold.reason,
            "author": hold.author,
            "recorded_at": instant(now),
            "item_id": hold.item_id,
            "customer_id": hold.customer_id,
            "given_to": hold.given_to,
            "until": day(hold.until),
            "promised_on": day(hold.promised_on),
            "promised": minor(hold.promised),
            "balance_then": minor(hold.balance_then),
            "currency": currency(hold.promised or hold.balance_then or hold.disputed),
            "disputed": minor(hold.disputed),
            "credit_note_to_come": int(hold.credit_note_to_come),
            "after_sync": db.value("SELECT sync_no FROM companies WHERE company_id = ?", (company_id,)),
            "judgment_on": day(hold.judgment_on),
            "plan_id": hold.plan_id,
        },
    )
    detail: dict[str, object] = {"hold_id": hold_id, "kind": hold.kind.value, "reason": hold.reason}
    detail |= {
        key: value
        for key, value in (
            ("until", day(hold.until)),
            ("promised_on", day(hold.promised_on)),
            ("promised", f"{hold.promised} {hold.promised.currency}" if hold.promised else None),
            ("disputed", f"{hold.disputed} {hold.disputed.currency}" if hold.disputed else None),
            ("credit_note_to_come", "yes" if hold.credit_note_to_come else None),
            ("judgment_on", day(hold.judgment_on)),
        )
        if value
    }
    return Event(
        kind="hold_recorded",
        customer_id=hold.customer_id,
        item_id=hold.item_id,
        author=hold.author,
        detail=detail,
    )


def end_holds(db: Database, company_id: str, rows: list[sqlite3.Row], author: str, now: datetime) -> list[Event]:
    """End holds in force; give the events to tell. A plan in instalments ends for all of its items."""
    plans = {row["plan_id"] for row in rows if row["plan_id"]}
    there = {row["hold_id"] for row in rows}
    rows = [
        *rows,
        *(row for plan_id in plans for row in plan_rows(db, company_id, plan_id) if row["hold_id"] not in there),
    ]
    db.write_many(
        "UPDATE holds SET released_at = ?, released_by = ?, outcome = 'released' WHERE company_id = ? AND hold_id = ?",
        ((instant(now), author, company_id, row["hold_id"]) for row in rows),
    )
    return [
        Event(
            kind="hold_released",
            customer_id=row["customer_id"],
            item_id=row["item_id"],
            author=author,
            detail={"hold_id": row["hold_id"], "kind": row["kind"]},
        )
        for row in rows
    ]


def plan_rows(db: Database, company_id: str, plan_id: str) -> list[sqlite3.Row]:
    """Give the holds of a plan in instalments that have not been released, in the order of their items."""
    return db.all(
        "SELECT * FROM holds WHERE company_id = ? AND plan_id = ? AND released_at IS NULL ORDER BY item_id",
        (company_id, plan_id),
    )


def holds_of(db: Database, company_id: str, customer_id: str, members: Sequence[str] = ()) -> list[HoldRecord]:
    """List the holds in force that concern a customer: on their open items, on them, on the whole company.

    Those of the members that they pay for are among them; a hold on whoever pays covers the members too.
    """
    found = _holds_of_one(db, company_id, customer_id)
    if not members:
        return found
    group = frozenset(members)
    found = [replace(hold, group=group) if hold.customer_id == customer_id else hold for hold in found]
    there = {hold.hold_id for hold in found}
    further = (hold for member in members for hold in _holds_of_one(db, company_id, member))
    return sorted([*found, *(hold for hold in further if hold.hold_id not in there)], key=_in_order)


def _in_order(hold: HoldRecord) -> tuple[datetime, str, str]:
    return (hold.recorded_at, hold.item_id or "", hold.hold_id)


def _holds_of_one(db: Database, company_id: str, customer_id: str) -> list[HoldRecord]:
    rows = db.all(
        "SELECT h.* FROM holds h JOIN items i ON i.company_id = h.company_id AND i.item_id = h.item_id "
        "WHERE h.company_id = ? AND i.customer_id = ? AND i.balance <> 0 AND h.released_at IS NULL "
        "UNION ALL SELECT * FROM holds WHERE company_id = ? AND customer_id = ? AND released_at IS NULL "
        "UNION ALL SELECT * FROM holds WHERE company_id = ? AND item_id IS NULL AND customer_id IS NULL "
        "AND released_at IS NULL",
        (company_id, customer_id, company_id, customer_id, company_id),
    )
    return sorted(map(read_hold, rows), key=_in_order)
