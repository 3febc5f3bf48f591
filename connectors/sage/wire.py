"""Answers of Sage as rows: whole pages at once, or row by row where one of them is not as promised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from connectors.sage.rows import Row
from engine.errors import BooksUnreadableError
from engine.records import BadLine

if TYPE_CHECKING:
    from connectors.http_answer import Answer

_DATES: Final = frozenset({"date", "due_date"})
_AMOUNTS: Final = frozenset({"total_amount", "outstanding_amount", "amount", "credit_days"})
_REFERENCES: Final = frozenset({"currency", "status", "contact", "transaction_type", "artefact", "address", "country"})
_DAY_LENGTH: Final = len("2026-01-02")


R = TypeVar("R", bound=Row)
S = TypeVar("S", bound=msgspec.Struct)


class _Listing(msgspec.Struct, Generic[R], kw_only=True):
    items: list[R] = msgspec.field(name="$items")
    next: str | None = msgspec.field(default=None, name="$next")
    total: int | None = msgspec.field(default=None, name="$total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Generic[R]):
    """One page of a list. `bare`: it came without the envelope, so that nothing says whether more follows."""

    rows: list[R]
    bad: tuple[BadLine, ...] = ()
    next: str | None = None
    total: int | None = None
    bare: bool = False

    @property
    def count(self) -> int:
        """How many rows Sage showed, the unusable ones included."""
        return len(self.rows) + len(self.bad)


@cache
def _enveloped(row: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_Listing[row])  # type: ignore[valid-type]  # a type chosen here


@cache
def _bare(row: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(list[row])  # type: ignore[valid-type]  # a type chosen here


def read_list(answer: Answer, row: type[R], endpoint: str) -> Batch[R]:
    """Read one page of a list; a row that cannot be used becomes a BadLine and never loses the others."""
    bare = answer.body[:16].lstrip().startswith(b"[")
    try:
        came = (_bare if bare else _enveloped)(row).decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_slowly(answer, row, endpoint)
    return Batch(rows=came, bare=True) if bare else Batch(rows=came.items, next=came.next, total=came.total)


def _read_slowly(answer: Answer, row: type[R], endpoint: str) -> Batch[R]:
    body = answer.json()
    entries = body.get("$items") if isinstance(body, dict) else body
    if not isinstance(entries, list):
        raise BooksUnreadableError(f"Sage answered something that is no list of {endpoint}: {answer.what_came()}")
    rows: list[R] = []
    bad: list[BadLine] = []
    for ordinal, entry in enumerate(entries, start=1):
        try:
            rows.append(msgspec.convert(_mended(entry), row, strict=False))
        except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
            bad.append(BadLine(file=endpoint, line=ordinal, reason=f"{_named(entry)}: {error}"))
    if not isinstance(body, dict):
        return Batch(rows=rows, bad=tuple(bad), bare=True)
    following, total = body.get("$next"), body.get("$total")
    return Batch(
        rows=rows,
        bad=tuple(bad),
        next=following if isinstance(following, str) else None,
        total=total if isinstance(total, int) else None,
    )


def read_one(answer: Answer, row: type[S], what: str) -> S:
    """Read a single resource; raises BooksUnreadableError where it is not what was asked for."""
    try:
        return msgspec.json.decode(answer.body, type=row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        body = answer.json()
    try:
        return msgspec.convert(_mended(body), row, strict=False)
    except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
        raise BooksUnreadableError(f"Sage answered something that is no {what}: {error}") from None


def _named(entry: object) -> str:
    name = entry.get("displayed_as") or entry.get("id") if isinstance(entry, dict) else None
    return str(name)[:60] if name else "a row without a number"


def _mended(value: Any) -> Any:
    """Give a row in the form that the Swagger file promises, as far as it can be told what was meant."""
    if isinstance(value, list):
        return [_mended(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _mended_field(key, each) for key, each in value.items()}


def _mended_field(key: str, value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        if key in _DATES:
            return text[:_DAY_LENGTH] or None
        if key in _AMOUNTS:
            return text or None
        return {"id": text} if key in _REFERENCES else value
    if key in {"id", "invoice_number", "credit_note_number"} and isinstance(value, int):
        return str(value)
    return _mended(value)
