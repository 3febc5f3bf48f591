"""Sage's plain values in our terms: amounts, stamps, addresses of mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.money import Money, exponent

if TYPE_CHECKING:
    from connectors.sage.rows import Ref

# Sums that were once binary fractions come as 10.000000000000002.
_BINARY_DUST: Final = Decimal("0.0001")  # of a minor unit
_LARGEST_EXPONENT: Final = 15
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_PLAIN_STAMP: Final = len("2026-01-02T03:04:05Z")
_ADDRESS: Final = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


class UnusableRowError(ValueError):
    """A row lacks what an item needs; the text names the row."""


def currency_of(ref: Ref | None, who: str) -> str:
    """Give an ISO 4217 code."""
    code = ref.id.strip().upper() if ref else ""
    if not _CURRENCY.fullmatch(code):
        raise UnusableRowError(f"{who} has the currency {code!r}" if code else f"{who} has no currency")
    return code


def minor_of(amount: Decimal, currency: str, who: str) -> int:
    """Convert an amount in major units to minor ones; one finer than the currency is an error, binary dust is not."""
    if not amount.is_finite() or amount.adjusted() > _LARGEST_EXPONENT:
        raise UnusableRowError(f"{who} has the amount {amount!s:.30}")
    scaled = amount.scaleb(exponent(currency))
    minor = int(scaled)
    if minor == scaled:
        return minor
    minor = round(scaled)
    if abs(minor - scaled) > _BINARY_DUST:
        raise UnusableRowError(f"{who} has the amount {amount!s:.30}, finer than {currency} is")
    return minor


def money(amount: Decimal, currency: str, who: str) -> Money:
    """Give the same as money."""
    return Money(minor=minor_of(amount, currency, who), currency=currency)


def version_of(*stamps: str | None) -> str:
    """Give the latest of some stamps as text that sorts in the order of time; "" where there is none."""
    return max([_sortable(stamp) for stamp in stamps if stamp], default="")


def _sortable(stamp: str) -> str:
    if len(stamp) == _PLAIN_STAMP and stamp.endswith("Z"):
        return stamp[:-1] + ".000000Z"
    instant = instant_of(stamp)
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z" if instant else ""


def instant_of(stamp: str | None) -> datetime | None:
    """Read a stamp; one without a zone is UTC, what cannot be read is None."""
    try:
        instant = datetime.fromisoformat(stamp or "")
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def stamp_of(instant: datetime) -> str:
    """Write an instant as Sage's filters take it, in whole seconds, never later than the instant."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def earlier(stamp: str, seconds: int) -> str:
    """Give a stamp some seconds before another."""
    instant = instant_of(stamp)
    return stamp_of(instant - timedelta(seconds=seconds)) if instant else stamp


def addresses_in(text: str | None) -> list[str]:
    """Find the mail addresses in a field that may hold several."""
    return _ADDRESS.findall(text or "")


def line(text: str | None) -> str:
    """Give a text as one line without needless spaces."""
    return " ".join(text.split()) if text else ""
