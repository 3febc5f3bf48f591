"""Between the values of the trade and the columns of the store: amounts as minor units, days and instants as text."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping


# Made once: json.dumps makes one for each call that is not of its usual form.
_JSON: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def instant(now: datetime) -> str:
    """Write an instant as UTC ISO text of one width, so that text order is time order; it must know its time zone."""
    if now.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be stored")
    return now.astimezone(UTC).isoformat(timespec="microseconds")


def read_instant(text: str | None) -> datetime | None:
    """Read an instant back."""
    return None if text is None else datetime.fromisoformat(text)


def day(value: date | None) -> str | None:
    """Write a local day as ISO text."""
    return None if value is None else value.isoformat()


def read_day(text: str | None) -> date | None:
    """Read a day back."""
    return None if text is None else date.fromisoformat(text)


def minor(value: Money | None) -> int | None:
    """Give the minor units of an amount."""
    return None if value is None else value.minor


def currency(value: Money | None) -> str | None:
    """Give the currency of an amount."""
    return None if value is None else value.currency


def read_money(units: int | None, code: str | None) -> Money | None:
    """Read an amount back; None where none was stored."""
    return None if units is None or code is None else Money(minor=units, currency=code)


def to_json(value: object) -> str:
    """Write a small structure as JSON text, keys in a fixed order, letters as they are."""
    return _JSON.encode(value)


def read_object(text: str) -> Mapping[str, Any]:
    """Read a JSON object back."""
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def read_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read a JSON list of pairs of texts back."""
    return tuple((str(name), str(value)) for name, value in json.loads(text))


def read_texts(text: str) -> tuple[str, ...]:
    """Read a JSON list of texts back."""
    return tuple(str(part) for part in json.loads(text))
