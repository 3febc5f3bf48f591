"""What was deleted for good: queries never show it, only change data capture does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors import jsontext
from connectors.quickbooks.rows import Change  # noqa: TC001 (msgspec reads the annotations)
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.quickbooks.client import Client

WATCHED: Final = ("Invoice", "CreditMemo", "Payment")
# One answer holds no more, and what was deleted stands behind what was changed: at the limit it may be missing.
_MOST: Final = 1000
_DELETED: Final = "deleted"


class _Part(msgspec.Struct):
    """The changes of one entity."""

    invoice: list[Change] = msgspec.field(name="Invoice", default_factory=list)
    credit_memo: list[Change] = msgspec.field(name="CreditMemo", default_factory=list)
    payment: list[Change] = msgspec.field(name="Payment", default_factory=list)


class _Parts(msgspec.Struct, rename="pascal"):
    query_response: list[_Part] = msgspec.field(default_factory=list)


class _Answer(msgspec.Struct):
    parts: list[_Parts] = msgspec.field(name="CDCResponse")


class TooManyChangesError(Exception):
    """More changed than change data capture tells: what was deleted may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """An entity that was deleted."""

    entity: str
    entity_id: str


def deleted_since(client: Client, since: datetime) -> tuple[Deletion, ...]:
    """Ask what was deleted since an instant; TooManyChangesError where the answer is full for one entity alone."""
    total, found = _read(client.changes(WATCHED, since))
    if total < _MOST:
        return tuple(found)
    found = []
    for entity in WATCHED:
        total, some = _read(client.changes((entity,), since))
        if total >= _MOST:
            raise TooManyChangesError
        found += some
    return tuple(found)


def _read(body: bytes) -> tuple[int, list[Deletion]]:
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        answer = _read_slowly(body)
    total = 0
    found: list[Deletion] = []
    for part in (part for parts in answer.parts for part in parts.query_response):
        for entity, changes in zip(WATCHED, (part.invoice, part.credit_memo, part.payment), strict=True):
            total += len(changes)
            found += [
                Deletion(entity=entity, entity_id=each.id)
                for each in changes
                if each.id and (each.status or "").lower() == _DELETED
            ]
    return total, found


def _read_slowly(body: bytes) -> _Answer:
    try:
        return msgspec.convert(_with_text_ids(jsontext.parse(body)), _Answer, strict=False)
    except (ValueError, msgspec.ValidationError) as error:
        raise BooksUnreadableError(f"the changes that QuickBooks lists cannot be read: {error}") from None


def _with_text_ids(value: Any) -> Any:
    """Understand identifiers written as numbers, and one object where a list of one is meant."""
    if isinstance(value, list):
        return [_with_text_ids(each) for each in value]
    if not isinstance(value, dict):
        return value
    listed = {"CDCResponse", "QueryResponse", *WATCHED}
    return {
        key: str(each)
        if key == "Id" and isinstance(each, int)
        else _with_text_ids([each] if key in listed and isinstance(each, dict) else each)
        for key, each in value.items()
    }
