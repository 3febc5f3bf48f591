"""What pages and commands read: plain rows past the use cases, never written back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.kinds import Channel, ItemKind
from engine.money import Money
from state.database import Part
from state.due import AT_ONCE
from state.items import read_item
from state.values import read_day, read_object, read_pairs

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from engine.model import OpenItem


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRow:
    """An item as lists show it: `level` is the last one sent in its cycle, "" for none.

    `next_action_on` is None both where the next run will look at the item (`look_again`) and where nothing is to come.
    """

    company_id: str
    item: OpenItem
    customer_name: str
    level: str
    next_action_on: date | None
    look_again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """Something that happened to an item: an event, or a decision that changed (kind `decided_remind`, `decided_hold`).

    `scope` says what it happened to: the item, a reminder, the whole customer or the whole company.
    """

    at: datetime
    kind: str
    author: str
    reminder_id: str | None
    detail: Mapping[str, Any]
    scope: str = "item"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """The last decision stored for an item: `as_of` is the day it was first made on."""

    as_of: date
    at: datetime
    action: str
    level_id: str
    channel: str
    reason: str
    until: date | None
    on: date | None
    asked: Money
    held: Money
    covered: Money
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsRow:
    """What figures are computed from: an item's life in the books; `settled_on` is the day it was first seen paid."""

    item_id: str
    customer_id: str
    kind: ItemKind
    issued_on: date
    due_on: date
    total: Money
    balance: Money
    settled_on: date | None
    settled_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedPayment:
    """Money that a sync saw come in (or, negative, go back), on the business day on which it was seen."""

    item_id: str
    customer_id: str
    seen_on: date
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSent:
    """A level that was sent for an item."""

    item_id: str
    level_id: str
    offset: int
    channel: Channel
    sent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How a company stands: items open, unseen and due for a look, reminders by state, tasks to do."""

    open_items: int
    unseen: int
    to_look_at: int
    reminders: Mapping[str, int]
    tasks: int


class Views(Part):
    """The reading side for people."""

    def companies(self) -> list[str]:
        """List the companies that the store knows."""
        return [row["company_id"] for row in self.db.all("SELECT company_id FROM companies ORDER BY company_id")]

    def items(
        self, company_id: str | None = None, *, customer_id: str | None = None, open_only: bool = True
    ) -> list[ItemRow]:
        """List items of one company or all, with what happens next."""
        rows = self.db.all(
            "SELECT i.*, coalesce(n.value, c.name, i.customer_id) AS customer_name, "
            "coalesce((SELECT l.level_id FROM reminder_lines l JOIN reminders r ON r.company_id = l.company_id "
            "AND r.reminder_id = l.reminder_id WHERE l.company_id = i.company_id AND l.item_id = i.item_id "
            "AND l.cycle = i.cycle AND l.live = 1 AND l.rehearsal = 0 AND r.purpose = 'level' AND r.state = 'sent' "
            "ORDER BY r.sent_on DESC, l.level_offset DESC LIMIT 1), '') AS level "
            "FROM items i LEFT JOIN customers c ON c.company_id = i.company_id AND c.customer_id = i.customer_id "
            "LEFT JOIN (SELECT company_id, customer_id, json_extract(value, '$.is') AS value, "
            "max(layer) FROM customer_settings WHERE key = 'name' GROUP BY company_id, customer_id) n "
            "ON n.company_id = i.company_id AND n.customer_id = i.customer_id "
            "WHERE (? IS NULL OR i.company_id = ?) AND (? IS NULL OR i.customer_id = ?) "
            "AND (NOT ? OR i.balance <> 0) ORDER BY i.company_id, i.due_on, i.number, i.item_id",
            (company_id, company_id, customer_id, customer_id, int(open_only)),
        )
        return [
            ItemRow(
                company_id=row["company_id"],
                item=read_item(row),
                customer_name=row["customer_name"],
                level=row["level"],
                next_action_on=None if row["next_action_on"] == AT_ONCE else read_day(row["next_action_on"]),
                look_again=row["next_action_on"] == AT_ONCE,
            )
            for row in rows
        ]

    def find_items(
        self, number: str, company_id: str | None = None, customer_id: str | None = None
    ) -> list[tuple[str, OpenItem]]:
        """Find items by the number or the id that a person typed, settled ones too, each with its company."""
        rows = self.db.all(
            "SELECT * FROM items WHERE (number = ? OR item_id = ?) AND (? IS NULL OR company_id = ?) AND (? IS NULL OR customer_id = ?) "
            "ORDER BY company_id, customer_id, item_id",
            (number, number, company_id, company_id, customer_id, customer_id),
        )
        return [(row["company_id"], read_item(row)) for row in rows]

    def item_history(self, company_id: str, item_id: str) -> list[HistoryEntry]:
        """Tell all that happened to an item, in order: what the books changed, people did, was decided and sent."""
        with self.db.snapshot():
            first = self.db.one(
                "SELECT i.first_seen_on, i.customer_id, s.started_at FROM items i JOIN syncs s "
                "ON s.company_id = i.company_id AND s.sync_no = i.first_sync_no WHERE i.company_id = ? AND i.item_id = ?",
                (company_id, item_id),
            )
            if first is None:
                return []
            events = self.db.all(
                "SELECT * FROM events WHERE company_id = ? AND (item_id = ? "
                "OR (item_id IS NULL AND reminder_id IN "
                "(SELECT reminder_id FROM reminder_lines WHERE company_id = ? AND item_id = ?)) "
                "OR (item_id IS NULL AND reminder_id IS NULL AND customer_id = ?) "
                # What stopped or released the whole company did so for this item too, from its first day on.
                "OR (item_id IS NULL AND reminder_id IS NULL AND customer_id IS NULL AND at >= ?)) ORDER BY sequence",
                (company_id, item_id, company_id, item_id, first["customer_id"], first["started_at"]),
            )
            decisions = self.db.all(
                "SELECT * FROM decisions WHERE company_id = ? AND item_id = ? ORDER BY sequence", (company_id, item_id)
            )
        entries = [
            HistoryEntry(
                at=datetime.fromisoformat(first["started_at"]),
                kind="item_first_seen",
                author="",
                reminder_id=None,
                detail={"seen_on": first["first_seen_on"]},
            ),
            *(_event_entry(row) for row in events),
            *(_decision_entry(row) for row in decisions),
        ]
        # The sort is stable: what happened at the same instant stays in the order of its table.
        return sorted(entries, key=lambda entry: entry.at)

    def latest_decision(self, company_id: str, item_id: str) -> DecisionRecord | None:
        """Give the last decision stored for an item."""
        row = self.db.one(
            "SELECT * FROM decisions WHERE company_id = ? AND item_id = ? AND latest = 1", (company_id, item_id)
        )
        return None if row is None else _decision(row)

    def stats_rows(self, company_id: str) -> list[StatsRow]:
        """Give every item's life, for the figures."""
        rows = self.db.all("SELECT * FROM items WHERE company_id = ? ORDER BY issued_on, item_id", (company_id,))
        return [
            StatsRow(
                item_id=row["item_id"],
                customer_id=row["customer_id"],
                kind=ItemKind(row["kind"]),
                issued_on=date.fromisoformat(row["issued_on"]),
                due_on=date.fromisoformat(row["due_on"]),
                total=Money(minor=row["total"], currency=row["currency"]),
                balance=Money(minor=row["balance"], currency=row["currency"]),
                settled_on=read_day(row["settled_on"]),
                settled_by=row["settled_by"],
            )
            for row in rows
        ]

    def observed_payments(self, company_id: str, item_id: str | None = None) -> list[ObservedPayment]:
        """List the money that syncs saw move, of a company or one of its items, in the order of its days."""
        rows = self.db.all(
            "SELECT p.*, i.customer_id FROM observed_payments p "
            "JOIN items i ON i.company_id = p.company_id AND i.item_id = p.item_id "
            "WHERE p.company_id = ? AND (? IS NULL OR p.item_id = ?) AND p.source IN ('payment', 'returned') "
            "ORDER BY p.seen_on, p.sync_no, p.item_id",
            (company_id, item_id, item_id),
        )
        return [
            ObservedPayment(
                item_id=row["item_id"],
                customer_id=row["customer_id"],
                seen_on=date.fromisoformat(row["seen_on"]),
                amount=Money(minor=row["amount"], currency=row["currency"]),
            )
            for row in rows
        ]

    def levels_sent(self, company_id: str) -> list[LevelSent]:
        """List the levels that we sent for each item, in order: what an earlier tool or a rehearsal sent is left out."""
        rows = self.db.all(
            "SELECT l.item_id, l.level_id, l.level_offset, r.channel, r.sent_on FROM reminder_lines l "
            "JOIN reminders r ON r.company_id = l.company_id AND r.reminder_id = l.reminder_id "
            "WHERE l.company_id = ? AND l.left_notice = 0 AND r.purpose = 'level' AND r.state = 'sent' "
            "AND r.rehearsal = 0 AND r.earlier_tool = 0 ORDER BY r.sent_on, r.reminder_id, l.position",
            (company_id,),
        )
        return [
            LevelSent(
                item_id=row["item_id"],
                level_id=row["level_id"],
                offset=row["level_offset"],
                channel=Channel(row["channel"]),
                sent_on=date.fromisoformat(row["sent_on"]),
            )
            for row in rows
        ]

    def counts(self, company_id: str, as_of: date) -> Counts:
        """Count what a company has open and what waits."""
        with self.db.snapshot():
            items = self.db.one(
                "SELECT count(*) AS open_items, coalesce(sum(unseen), 0) AS unseen, "
                "coalesce(sum(next_action_on <= ?), 0) AS to_look_at FROM items WHERE company_id = ? AND balance <> 0",
                (as_of.isoformat(), company_id),
            )
            states = self.db.all(
                "SELECT state, count(*) AS number FROM reminders WHERE company_id = ? AND earlier_tool = 0 "
                "GROUP BY state ORDER BY state",
                (company_id,),
            )
            tasks = self.db.value(
                "SELECT count(*) FROM tasks WHERE company_id = ? AND closed_at IS NULL", (company_id,)
            )
        return Counts(
            open_items=items["open_items"] if items else 0,
            unseen=items["unseen"] if items else 0,
            to_look_at=items["to_look_at"] if items else 0,
            reminders={row["state"]: row["number"] for row in states},
            tasks=tasks,
        )


def _event_entry(row: sqlite3.Row) -> HistoryEntry:
    return HistoryEntry(
        at=datetime.fromisoformat(row["at"]),
        kind=row["kind"],
        author=row["author"],
        reminder_id=row["reminder_id"],
        detail=read_object(row["detail"]),
        scope=next((one for one in ("item", "reminder", "customer") if row[f"{one}_id"]), "company"),
    )


def _decision_entry(row: sqlite3.Row) -> HistoryEntry:
    detail = {name: row[name] for name in ("as_of", "level_id", "reason", "until", "planned_on") if row[name]}
    if cause := dict(read_pairs(row["facts"])).get("cause"):
        detail["cause"] = cause
    return HistoryEntry(
        at=datetime.fromisoformat(row["at"]),
        kind=f"decided_{row['action']}",
        author="",
        reminder_id=None,
        detail=detail,
    )


def _decision(row: sqlite3.Row) -> DecisionRecord:
    code = row["currency"]
    return DecisionRecord(
        as_of=date.fromisoformat(row["as_of"]),
        at=datetime.fromisoformat(row["at"]),
        action=row["action"],
        level_id=row["level_id"],
        channel=row["channel"],
        reason=row["reason"],
        until=read_day(row["until"]),
        on=read_day(row["planned_on"]),
        asked=Money(minor=row["asked"], currency=code),
        held=Money(minor=row["held"], currency=code),
        covered=Money(minor=row["covered"], currency=code),
        facts=read_pairs(row["facts"]),
    )
