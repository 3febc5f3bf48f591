"""Facts as a reader sees them, and sentences that name only what is known."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from string import Formatter
from typing import TYPE_CHECKING, Final

from engine.money import InexactAmountError, Money
from engine.wording import clean, date_text, join, money_text, typeset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT: Final = re.compile(r"(-?[0-9]{1,15}(?:\.[0-9]{1,6})?) ([A-Z]{3})")


def readable(value: str, language: str) -> str:
    """Write a fact for a reader: days and amounts as the language does (several amounts as a list), text on one line.

    A text loses its full stop: it is quoted inside a sentence that brings its own.
    """
    value = clean(value)
    if _DAY.fullmatch(value):
        try:
            return date_text(date.fromisoformat(value), language)
        except ValueError:
            return value
    amounts = [_AMOUNT.fullmatch(part) for part in value.split("; ")]
    try:
        written = [money_text(Money.of(Decimal(found[1]), found[2]), language) for found in amounts if found]
    except (InexactAmountError, InvalidOperation):
        return value
    return join(written, language) if written and len(written) == len(amounts) else value.rstrip(".")


def told(variants: Iterable[str], known: Mapping[str, str], tongue: str) -> str:
    """Say the first of these variants whose names in braces are all known; "" where there is none."""
    for variant in variants:
        names = {name for _, name, _, _ in Formatter().parse(variant) if name}
        if names <= known.keys():
            return Formatter().vformat(typeset(variant, tongue), (), known)
    return ""
