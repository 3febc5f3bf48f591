"""Open items as rows: how a page of the books is laid over what is stored, and what that changes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from engine.kinds import DueSource, ItemKind
from engine.model import OpenItem
from engine.money import Money
from state.due import AT_ONCE, look_again
from state.errors import UnknownItemError
from state.events import Event

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from engine.records import Page
    from state.database import Database

# The columns that the books fill, in the order of `_facts`.
_FACTS: Final = (
    "customer_id", "number", "kind", "issued_on", "due_on", "due_source", "currency", "total", "balance",
    "reference", "reduces", "payment_url", "document", "is_opening",
)  # fmt: skip
_INSERT: Final = (
    f"INSERT INTO items (company_id, item_id, first_sync_no, first_seen_on, seen_sync_no, next_action_on, version, {', '.join(_FACTS)}) "  # noqa: S608 (our own column names)
    f"VALUES (?, ?, ?, ?, ?, ?, ?{', ?' * len(_FACTS)})"
)
# What an item is found by stands first; it hardly ever changes, and to write it anew costs an index each time.
_FOUND_BY: Final = 2


def _update(names: Sequence[str]) -> str:
    return (
        "UPDATE items SET seen_sync_no = ?, unseen = 0, settled_on = ?, settled_by = ?, settled_times = ?, "  # noqa: S608 (our own column names)
        f"returned_times = ?, thanked_on = ?, next_action_on = ?, version = ?, {', '.join(f'{name} = ?' for name in names)} "
        "WHERE company_id = ? AND item_id = ?"
    )


_UPDATE: Final = _update(_FACTS[_FOUND_BY:])
_UPDATE_ALL: Final = _update(_FACTS)
_STAMP: Final = "UPDATE items SET seen_sync_no = ?, version = ? WHERE company_id = ? AND item_id = ?"
_STORED: Final = (
    f"SELECT item_id, version, unseen, settled_on, settled_by, settled_times, returned_times, thanked_on, {', '.join(_FACTS)} "  # noqa: S608 (our own column names)
    "FROM items WHERE company_id = ? AND item_id IN ({ids})"
)


def read_item(row: sqlite3.Row) -> OpenItem:
    """Read an open item from its row."""
    code = row["currency"]
    return OpenItem(
        item_id=row["item_id"],
        customer_id=row["customer_id"],
        number=row["number"],
        kind=ItemKind(row["kind"]),
        issued_on=date.fromisoformat(row["issued_on"]),
        due_on=date.fromisoformat(row["due_on"]),
        due_source=DueSource(row["due_source"]),
        total=Money(minor=row["total"], currency=code),
        balance=Money(minor=row["balance"], currency=code),
        reference=row["reference"],
        reduces=row["reduces"],
        payment_url=row["payment_url"],
        document=row["document"],
        is_opening=bool(row["is_opening"]),
        unseen=bool(row["unseen"]),
        version=row["version"],
    )


def item_row(db: Database, company_id: str, item_id: str) -> sqlite3.Row:
    """Read the whole row of an item; raise UnknownItemError where there is none."""
    row = db.one("SELECT * FROM items WHERE company_id = ? AND item_id = ?", (company_id, item_id))
    if row is None:
        raise UnknownItemError(f"company {company_id} has no item {item_id}")
    return row


def item_rows(db: Database, company_id: str, item_ids: Sequence[str]) -> dict[str, sqlite3.Row]:
    """Read the rows of several items; raise UnknownItemError when one is missing."""
    rows = {
        row["item_id"]: row
        for row in db.chosen(
            "SELECT * FROM items WHERE company_id = ? AND item_id IN ({ids})", (company_id,), list(item_ids)
        )
    }
    if missing := [item_id for item_id in item_ids if item_id not in rows]:
        raise UnknownItemError(f"company {company_id} has no item {', '.join(missing)}")
    return rows


def _facts(item: OpenItem) -> tuple[Any, ...]:
    return (
        item.customer_id,
        item.number,
        item.kind.value,
        item.issued_on.isoformat(),
        item.due_on.isoformat(),
        item.due_source.value,
        item.balance.currency,
        item.total.minor,
        item.balance.minor,
        item.reference,
        item.reduces,
        item.payment_url,
        item.document,
        int(item.is_opening),
    )


@dataclass(slots=True, kw_only=True)
class PageEffect:
    """What a page does to the stored items, gathered before anything is written.

    `renamed` are items of another customer or number than before. `customers` are those of changed items, `joined` those
    to whom a new one came.
    """

    sync_no: int
    money_no: int
    seen_on: str
    inserted: list[tuple[Any, ...]] = field(default_factory=list)
    updated: list[tuple[Any, ...]] = field(default_factory=list)
    renamed: list[tuple[Any, ...]] = field(default_factory=list)
    stamped: list[tuple[Any, ...]] = field(default_factory=list)
    money: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    joined: set[str] = field(default_factory=set)
    customers: set[str] = field(default_factory=set)
    thanked_and_returned: list[OpenItem] = field(default_factory=list)
    settled: int = 0
    returned: int = 0

    @property
    def changed(self) -> int:
        """How many items are new or differ from what was stored."""
        return len(self.inserted) + len(self.updated) + len(self.renamed)


def lay_over(
    db: Database, company_id: str, page: Page, sync_no: int, seen_on: date, *, money_no: int | None = None
) -> PageEffect:
    """Compare a page with what is stored and write the items: new ones, changed ones, and the stamp of all.

    `money_no` is the sync that explains what moved, where it is not the one that the page belongs to.

    An item that a page shows twice is taken as it stands last. An older version than the one stored came late and
    changes nothing. What the books call void keeps its facts and is settled without money.
    """
    effect = PageEffect(sync_no=sync_no, money_no=money_no or sync_no, seen_on=seen_on.isoformat())
    shown = {item.item_id: item for item in page.items}
    if page.voided:
        shown |= _voided(db, company_id, page.voided)
    stored = {row["item_id"]: row for row in db.chosen(_STORED, (company_id,), list(shown))}
    for item in shown.values():
        row = stored.get(item.item_id)
        if row is None:
            _add(effect, company_id, item)
            continue
        facts = _facts(item)
        late = item.version < row["version"] and bool(item.version)
        if late or (facts == tuple(row[name] for name in _FACTS) and not row["unseen"]):
            effect.stamped.append((sync_no, max(item.version, row["version"]), company_id, item.item_id))
        else:
            _change(effect, company_id, item, facts, row)
    # Before the new items are there: they ask to be looked at as they come.
    look_again(db, company_id, effect.joined)
    db.write_many(_INSERT, effect.inserted)
    db.write_many(_UPDATE, effect.updated)
    db.write_many(_UPDATE_ALL, effect.renamed)
    db.write_many(_STAMP, effect.stamped)
    db.write_many(
        "INSERT INTO observed_payments (company_id, item_id, sync_no, source, seen_on, currency, amount) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (company_id, item_id, sync_no, source) "
        "DO UPDATE SET amount = amount + excluded.amount",
        effect.money,
    )
    return effect


def _voided(db: Database, company_id: str, item_ids: Sequence[str]) -> dict[str, OpenItem]:
    """Give those of these items that are stored, with nothing left to ask."""
    rows = db.chosen("SELECT * FROM items WHERE company_id = ? AND item_id IN ({ids})", (company_id,), list(item_ids))
    found = (read_item(row) for row in rows)
    return {
        item.item_id: replace(item, total=Money.zero(item.currency), balance=Money.zero(item.currency))
        for item in found
    }


def _add(effect: PageEffect, company_id: str, item: OpenItem) -> None:
    next_action_on = AT_ONCE if item.balance.minor else None
    effect.inserted.append(
        (
            company_id,
            item.item_id,
            effect.sync_no,
            effect.seen_on,
            effect.sync_no,
            next_action_on,
            item.version,
            *_facts(item),
        )
    )
    effect.joined.add(item.customer_id)


def _change(effect: PageEffect, company_id: str, item: OpenItem, facts: tuple[Any, ...], row: sqlite3.Row) -> None:
    settled_on, settled_by, times = row["settled_on"], row["settled_by"], row["settled_times"]
    returned, thanked_on = row["returned_times"], row["thanked_on"]
    if row["balance"] != 0 and item.balance.minor == 0:
        settled_on, times = effect.seen_on, times + 1
        settled_by = "void" if item.total.minor == 0 else "pending"
        effect.settled += 1
        _tell(effect, "item_settled", item)
    elif row["balance"] == 0 and item.balance.minor != 0:
        if item.kind is ItemKind.INVOICE:
            returned += 1
            effect.returned += 1
            _tell(effect, "item_returned", item)
            if thanked_on is not None:
                effect.thanked_and_returned.append(item)
        settled_on, settled_by, thanked_on = None, "", None
    elif settled_by and item.total.minor == 0:
        # Voided after it was settled: whatever had paid it was taken back, and nobody is thanked for that.
        settled_by = "void"
    _watch_money(effect, company_id, item, row)
    changes = {
        name: [row[name], value]
        for name, value in zip(_FACTS, facts, strict=True)
        if row[name] != value and name not in {"total", "balance", "currency"}
    }
    for name, now_is in (("total", item.total), ("balance", item.balance)):
        was = Money(minor=row[name], currency=row["currency"])
        if was != now_is:
            changes[name] = [f"{was} {was.currency}", f"{now_is} {now_is.currency}"]
    if changes:
        _tell(effect, "item_changed", item, changes)
    if row["unseen"]:
        _tell(effect, "item_seen_again", item)
    effect.customers |= {item.customer_id, row["customer_id"]}
    next_action_on = AT_ONCE if item.balance.minor else None
    moved = "customer_id" in changes or "number" in changes
    (effect.renamed if moved else effect.updated).append(
        (
            effect.sync_no,
            settled_on,
            settled_by,
            times,
            returned,
            thanked_on,
            next_action_on,
            item.version,
            *(facts if moved else facts[_FOUND_BY:]),
            company_id,
            item.item_id,
        )
    )


def _watch_money(effect: PageEffect, company_id: str, item: OpenItem, row: sqlite3.Row) -> None:
    """Note what was paid or taken back since the item was last seen: how far `total - balance` moved.

    A corrected total moves both and is no payment.
    """
    if row["currency"] != item.currency:
        return
    moved = (item.total.minor - item.balance.minor) - (row["total"] - row["balance"])
    if item.kind is ItemKind.CREDIT_NOTE and moved < 0:
        source, moved = "allocated", -moved
    elif item.kind is ItemKind.INVOICE and moved > 0:
        source = "pending"
    elif item.kind is ItemKind.INVOICE and moved < 0 and item.total.minor == row["total"]:
        source = "returned"
    else:
        return
    effect.money.append((company_id, item.item_id, effect.money_no, source, effect.seen_on, item.currency, moved))


def _tell(effect: PageEffect, kind: str, item: OpenItem, changes: dict[str, list[Any]] | None = None) -> None:
    effect.events.append(
        Event(
            kind=kind,
            customer_id=item.customer_id,
            item_id=item.item_id,
            detail={"number": item.number, **({"changes": changes} if changes else {})},
        )
    )


def read_items(rows: Iterable[sqlite3.Row]) -> Iterator[OpenItem]:
    """Read open items from their rows."""
    return (read_item(row) for row in rows)
