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
    wanted = _wanted(query)
    kept = _ordered([row for row in rows if wanted.keeps(row)], asked.order(query, sorts))
    attributes = asked.exposed(query, "attributes", default_all=False)
    nested = asked.exposed(query, "nested_attributes", default_all=False)
    answer, first, end = envelope(path, query, kept, page, old_spelling=old_spelling)
    # A payment on account has no address of its own: nothing but the payment shows what is left of it.
    whole = frozenset({"payment_on_account"})
    return {**answer, "$items": [pick(row.show(), attributes, nested, whole) for row in kept[first:end]]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The filters of a request, read before any row is looked at."""

    deleted_since: datetime | None
    changed_since: datetime | None
    first: date | None
    last: date | None
    sought: str
    query: Mapping[str, str]

    def keeps(self, row: Row) -> bool:
        """Say whether a row passes all of them."""
        if not self._standing(row) or not self._on_its_days(row):
            return False
        # "Inclusive of the passed timestamp."
        if self.changed_since is not None and _whole_second(row.updated_at) < self.changed_since:
            return False
        if self.sought and not any(self.sought in text.casefold() for text in row.texts):
            return False
        return all(self.query[name] in values() for name, values in row.fits.items() if name in self.query)

    def _standing(self, row: Row) -> bool:
        if self.deleted_since is None or row.deleted_at is None:
            return self.deleted_since is None and row.deleted_at is None
        # "Not inclusive of the passed timestamp."
        return _whole_second(row.deleted_at) > self.deleted_since

    def _on_its_days(self, row: Row) -> bool:
        if row.on is None:
            return self.first is None and self.last is None
        return (self.first is None or row.on >= self.first) and (self.last is None or row.on <= self.last)


def _wanted(query: Mapping[str, str]) -> _Wanted:
    return _Wanted(
        deleted_since=asked.instant(query, "deleted_since"),
        changed_since=asked.instant(query, "updated_or_created_since"),
        first=asked.day(query, "from_date"),
        last=asked.day(query, "to_date"),
        sought=query.get("search", "").casefold(),
        query=query,
    )


def _whole_second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


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
