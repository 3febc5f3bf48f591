"""Amounts, dates and words as spreadsheets and accounting packages write them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from engine.kinds import CustomerKind, ItemKind
from engine.money import InexactAmountError, Money, exponent

DATE_FORMATS: Final = ("auto", "dmy", "mdy", "ymd")
FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 2199

_SPACES_AND_SIGNS: Final = re.compile(r"[\s\u00a0\u202f\u2009'’€$£]|(?<![A-Za-z])(?:EUR|USD|GBP|CHF)(?![A-Za-z])")
_THOUSANDS_IN_THREES: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{2}|\d{4})")
_TIME: Final = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")

KIND_WORDS: Final = {
    "invoice": ItemKind.INVOICE,
    "inv": ItemKind.INVOICE,
    "facture": ItemKind.INVOICE,
    "fac": ItemKind.INVOICE,
    "fa": ItemKind.INVOICE,
    "creditnote": ItemKind.CREDIT_NOTE,
    "credit": ItemKind.CREDIT_NOTE,
    "avoir": ItemKind.CREDIT_NOTE,
    "av": ItemKind.CREDIT_NOTE,
    "notedecredit": ItemKind.CREDIT_NOTE,
    "factureavoir": ItemKind.CREDIT_NOTE,
    "facturedavoir": ItemKind.CREDIT_NOTE,
    "payment": ItemKind.PAYMENT,
    "receipt": ItemKind.PAYMENT,
    "paiement": ItemKind.PAYMENT,
    "reglement": ItemKind.PAYMENT,
    "acompte": ItemKind.PAYMENT,
    "encaissement": ItemKind.PAYMENT,
}
CUSTOMER_KIND_WORDS: Final = {
    "business": CustomerKind.BUSINESS,
    "entreprise": CustomerKind.BUSINESS,
    "professionnel": CustomerKind.BUSINESS,
    "societe": CustomerKind.BUSINESS,
    "b2b": CustomerKind.BUSINESS,
    "consumer": CustomerKind.CONSUMER,
    "particulier": CustomerKind.CONSUMER,
    "b2c": CustomerKind.CONSUMER,
    "public": CustomerKind.PUBLIC,
    "administration": CustomerKind.PUBLIC,
    "collectivite": CustomerKind.PUBLIC,
    "b2g": CustomerKind.PUBLIC,
    "unknown": CustomerKind.UNKNOWN,
    "inconnu": CustomerKind.UNKNOWN,
    "": CustomerKind.UNKNOWN,
}
LANGUAGE_WORDS: Final = {
    "francais": "fr",
    "french": "fr",
    "anglais": "en",
    "english": "en",
    "deutsch": "de",
    "allemand": "de",
}
COUNTRY_WORDS: Final = {
    "france": "FR",
    "belgique": "BE",
    "belgium": "BE",
    "suisse": "CH",
    "luxembourg": "LU",
    "allemagne": "DE",
    "germany": "DE",
    "espagne": "ES",
    "italie": "IT",
    "royaumeuni": "GB",
    "unitedkingdom": "GB",
    "uk": "GB",
}


class UnreadableValueError(ValueError):
    """A field is not what its column holds; the text says what was expected."""


def parse_money(text: str, currency: str) -> Money:
    """Read an amount with decimal comma or point, thousands separators and currency signs.

    Where the two marks occur, the last one is the decimal mark. A single mark before exactly three digits separates
    thousands, unless the currency has three decimals. Raises UnreadableValueError.
    """
    shown = text.strip()
    bare = _SPACES_AND_SIGNS.sub("", shown).replace("−", "-")
    negative = bare.startswith(("-", "(")) or bare.endswith("-")
    bare = (
        bare[1:-1]
        if bare.startswith("(") and bare.endswith(")")
        else bare.removeprefix("-").removeprefix("+").removesuffix("-")
    )
    number = _decimal(bare, exponent(currency))
    if number is None:
        raise UnreadableValueError(f"{shown!r} is no amount")
    try:
        money = Money.of(number, currency)
    except InexactAmountError as error:
        raise UnreadableValueError(f"{shown!r}: {error}") from error
    return -money if negative else money


def _decimal(bare: str, decimals: int) -> Decimal | None:
    comma, point = bare.rfind(","), bare.rfind(".")
    mark = max(comma, point)
    if mark >= 0 and _is_thousands(bare, decimals):
        whole, fraction = re.sub(r"[.,]", "", bare), ""
    elif mark >= 0:
        whole, fraction = bare[:mark], bare[mark + 1 :]
        other = "." if bare[mark] == "," else ","
        if bare[mark] in whole or (other in whole and not _THOUSANDS_IN_THREES.fullmatch(whole)):
            return None
        whole = whole.replace(other, "")
    else:
        whole, fraction = bare, ""
    digits = whole + fraction
    if not digits.isascii() or not digits.isdigit():
        return None
    return Decimal(f"{whole or '0'}.{fraction or '0'}")


def _is_thousands(bare: str, decimals: int) -> bool:
    marks = {c for c in bare if c in ",."}
    if len(marks) != 1 or not _THOUSANDS_IN_THREES.fullmatch(bare):
        return False
    several = sum(bare.count(mark) for mark in marks) > 1
    return several or (decimals != 3 and not bare.startswith("0"))  # noqa: PLR2004 (three digits are the ambiguity itself)


def parse_day(text: str, date_format: str = "auto") -> date:
    """Read a date: ISO, dd/mm/yyyy, dd.mm.yyyy, dd-mm-yyyy, yyyymmdd; a time after it is ignored.

    `date_format` settles what figures alone cannot: dmy (the default of auto), mdy, ymd. Raises UnreadableValueError.
    """
    shown = text.strip()
    bare = _TIME.sub("", shown)
    day_last = _YEAR_FIRST.fullmatch(bare) or _COMPACT.fullmatch(bare)
    if day_last and date_format in ("auto", "ymd"):
        year, month, day = (int(part) for part in day_last.groups())
    elif date_format != "ymd" and (year_last := _YEAR_LAST.fullmatch(bare)):
        first, second, year = (int(part) for part in year_last.groups())
        day, month = (second, first) if date_format == "mdy" else (first, second)
        year += 2000 if year < 100 else 0  # noqa: PLR2004 (two digits: this century)
    else:
        raise UnreadableValueError(f"{shown!r} is no date; dates are written 2026-03-31, 31/03/2026 or 20260331")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UnreadableValueError(f"{shown!r}: the year {year} cannot be right")
    try:
        return date(year, month, day)
    except ValueError as error:
        hint = "; set date_format: mdy when the month comes first" if date_format == "auto" and month > 12 else ""  # noqa: PLR2004 (months in a year)
        raise UnreadableValueError(f"{shown!r} is no day of the calendar{hint}") from error
