"""What a request asks, read as strictly as the Swagger states it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from connectors.sandbox.sage.wire import Page, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_ROWS: Final = 20
_MOST_ROWS: Final = 200
# "date (format: YYYY-MM-DDT(+|-)hh:mm) or date-time (format: YYYY-MM-DDThh:mm:ss(+|-)hh:mm)", says the Swagger.
_DAY_WITH_ZONE: Final = re.compile(r"(\d{4}-\d\d-\d\d)T([+-]\d\d:\d\d|Z)")
_TRUTH: Final = {"true": True, "false": False}


def refuse_unknown(query: Mapping[str, str], known: frozenset[str]) -> None:
    """Raise RefusedError for a parameter that the Swagger does not have for this path."""
    for name in query:
        if name not in known:
            raise invalid("is not a parameter of this resource", name)


def flag(query: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Read a boolean parameter; raises RefusedError for anything but true and false."""
    text = query.get(name)
    if text is None:
        return default
    if text not in _TRUTH:
        raise invalid("is invalid", name)
    return _TRUTH[text]


def page_of(query: Mapping[str, str]) -> Page:
    """Read `page` and `items_per_page` (1 to 200, 20 when absent)."""
    size = _whole(query, "items_per_page", _DEFAULT_ROWS)
    if size > _MOST_ROWS:
        raise invalid(f"must be less than or equal to {_MOST_ROWS}", "items_per_page")
    return Page(number=_whole(query, "page", 1), size=size)


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[1-9]\d{0,8}", text):
        raise invalid("is invalid", name)
    return int(text)


def instant(query: Mapping[str, str], name: str) -> datetime | None:
    """Read an instant of `updated_or_created_since` or `deleted_since`; a moment without its zone is refused."""
    text = query.get(name)
    if text is None:
        return None
    day = _DAY_WITH_ZONE.fullmatch(text)
    if day:
        text = f"{day[1]}T00:00:00{day[2]}"
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise invalid("is not a valid date-time", name) from None
    if read.tzinfo is None:
        raise invalid("is not a valid date-time", name)
    return read.astimezone(UTC)


def day(query: Mapping[str, str], name: str) -> date | None:
    """Read the day of `from_date` or `to_date`, which may be written as a date or as an instant."""
    text = query.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise invalid("is not a valid date", name) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The attribute and direction of `sort`."""

    attribute: str
    descending: bool


def order(query: Mapping[str, str], allowed: tuple[str, ...]) -> Order | None:
    """Read `sort=attribute[:asc|desc]`."""
    text = query.get("sort")
    if text is None:
        return None
    attribute, _, direction = text.partition(":")
    if attribute not in allowed or direction not in {"", "asc", "desc"}:
        raise invalid("is invalid", "sort")
    return Order(attribute=attribute, descending=direction == "desc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """Which attributes an answer carries beyond id, displayed_as and $path."""

    everything: bool
    names: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return self.everything or name in self.names


def exposed(query: Mapping[str, str], parameter: str, *, default_all: bool) -> Exposed:
    """Read `attributes` or `nested_attributes`: names with commas between, or "all"."""
    text = query.get(parameter)
    if text is None:
        return Exposed(everything=default_all, names=frozenset())
    names = frozenset(part.strip() for part in text.split(",") if part.strip())
    return Exposed(everything="all" in names, names=names - {"all"})
