"""A list of a resource: what the filters keep, in which order, which page of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.sage import asked
from connectors.sandbox.sage.shapes import pick
from connectors.sandbox.sage.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry of a list: what filters and sorting look at, and how it is shown."""

    key: str
    created_at: datetime
    updated_at: datetime
    # None: it stands. A list shows what was deleted only to `deleted_since`.
    deleted_at: datetime | None = None
    on: date | None = None
    due_on: date | None = None
    # Exact-match filters by their parameter: contact_id, status_id, ... Each gives the values that the row fits.
    fits: Mapping[str, Callable[[], Iterable[str]]]
    # What `search` looks into.
    texts: tuple[str, ...] = ()
    show: Callable[[], dict[str, Any]]


def listed(
    path: str, query: Mapping[str, str], rows: Iterable[Row], sorts: tuple[str, ...], *, old_spelling: bool
) -> dict[str, Any]:
    """Answer a list; raises RefusedError for a parameter whose value does not fit."""
    page = asked.page_of(query)
    kept = _ordered([row for row in rows if _keeps(query, row)], asked.order(query, sorts))
    attributes = asked.exposed(query, "attributes", default_all=False)
    nested = asked.exposed(query, "nested_attributes", default_all=False)
    answer, first, end = envelope(path, query, kept, page, old_spelling=old_spelling)
    # A payment on account has no address of its own: nothing but the payment shows what is left of it.
    whole = frozenset({"payment_on_account"})
    return {**answer, "$items": [pick(row.show(), attributes, nested, whole) for row in kept[first:end]]}


def _keeps(query: Mapping[str, str], row: Row) -> bool:
    deleted_since = asked.instant(query, "deleted_since")
    if deleted_since is not None:
        # "Not inclusive of the passed timestamp."
        if row.deleted_at is None or _whole_second(row.deleted_at) <= deleted_since:
            return False
    elif row.deleted_at is not None:
        return False
    changed_since = asked.instant(query, "updated_or_created_since")
    # "Inclusive of the passed timestamp."
    if changed_since is not None and _whole_second(row.updated_at) < changed_since:
        return False
    return _on_its_days(query, row) and _fits(query, row)


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _on_its_days(query: Mapping[str, str], row: Row) -> bool:
    first, last = asked.day(query, "from_date"), asked.day(query, "to_date")
    if row.on is None:
        return first is None and last is None
    return (first is None or row.on >= first) and (last is None or row.on <= last)


def _fits(query: Mapping[str, str], row: Row) -> bool:
    sought = query.get("search", "").casefold()
    if sought and not any(sought in text.casefold() for text in row.texts):
        return False
    return all(query[name] in values() for name, values in row.fits.items() if name in query)


def _ordered(rows: list[Row], order: asked.Order | None) -> list[Row]:
    # Nothing documents the order without `sort`: newest first here, so that nobody leans on another one.
    if order is None:
        return sorted(rows, key=lambda row: row.created_at, reverse=True)
    keys: dict[str, Callable[[Row], Any]] = {
        "created_at": lambda row: _whole_second(row.created_at),
        "updated_at": lambda row: _whole_second(row.updated_at),
        "date": lambda row: (row.on is not None, row.on),
        "due_date": lambda row: (row.due_on is not None, row.due_on),
    }
    return sorted(rows, key=keys[order.attribute], reverse=order.descending)


def void_is_deleted(row: Row) -> Row:
    """Count a voided document as deleted: whether the service does so is not documented."""
    statuses = row.fits.get("status_id")
    return replace(row, deleted_at=row.updated_at) if statuses and "VOID" in statuses() else row
