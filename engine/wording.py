"""How money, dates, names and addresses are written for a reader, and what is never let through."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from engine.money import exponent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal

    from engine.money import Money

# A language without a country reads best as its first home here: British dates and figures, French ones.
_HOMES: Final = {"en": "en_GB", "fr": "fr_FR"}
# Mails are written in more languages than explanations, notes and tasks.
_TOLD: Final = frozenset({"en", "fr"})
_FIRST: Final = {"fr": "1er", "it": "1º"}
# A span of time is counted in days up to this many, and so are all that anybody owes for.
_DAYS_AT_MOST: Final = 1_000_000
_QUOTED: Final = {"de": "\u201e\\1\u201c", "es": "\u00ab\\1\u00bb", "it": "\u00ab\\1\u00bb"}
# What stays on one line: a figure with its sign, the letter or the mark of an article with its number.
_TOGETHER: Final = re.compile(r"(?<=\d) (?=€)|(?<=€) (?=\d)|(?<=\b[LD]\.) (?=\d)|(?<=§) (?=\d)|(?<=\b[Aa]rt\.) (?=\d)")
# An Italian article before a day that begins with a vowel: il 8 marzo, del 11 aprile.
_BEFORE_VOWEL: Final = re.compile(r"\b(il|del|al|dal|nel|Il|Del|Al|Dal|Nel)([ \n]+)(?=(?:8|11) [a-z]+ [0-9]{4}\b)")
_ELIDED: Final = {"il": "l\u2019", "del": "dell\u2019", "al": "all\u2019", "dal": "dall\u2019", "nel": "nell\u2019"}
_NAME_LIMIT: Final = 200
# Marks that reorder what is read: a name could otherwise turn an amount or an address round.
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]*)?")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@lru_cache(maxsize=64)
def locale_of(language: str) -> Locale:
    """Find the locale of a language tag such as fr, en or en-US; British English where there is none."""
    tag = language.replace("-", "_")
    try:
        return Locale.parse(_HOMES.get(tag.lower(), tag))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_GB")


def told_in(language: str) -> str:
    """Give the language in which those who chase are told of it: theirs where it is French or English, else English."""
    return language if locale_of(language).language in _TOLD else "en"


def money_text(money: Money, language: str) -> str:
    """Write an amount as the language does, with exactly the currency's decimals: "1 234,50 €", "€1,234.50"."""
    return _currency_text(money.amount, money.currency, language)


@lru_cache(maxsize=4096)
def _currency_text(amount: Decimal, currency: str, language: str) -> str:
    locale = locale_of(language)
    # CLDR rounds some currencies to fewer decimals than ISO 4217 gives them, so the pattern gets ours.
    places = exponent(currency)
    pattern = re.sub(r"\.0+", f".{'0' * places}" if places else "", locale.currency_formats["standard"].pattern)
    return format_currency(amount, currency, pattern, locale=locale, currency_digits=False)


@lru_cache(maxsize=4096)
def date_text(day: date, language: str) -> str:
    """Write a day in full: "9 mars 2026", "9 March 2026"; the first of a month is "1er" in French, "1º" in Italian."""
    locale = locale_of(language)
    written = format_date(day, "long", locale=locale)
    if locale.language == "de":
        # The point belongs to the figure: a line never begins with the month.
        return written.replace(". ", ".\xa0", 1)
    first = _FIRST.get(locale.language) if day.day == 1 else None
    return f"{first}{written[1:]}" if first else written


def days_text(days: int, language: str) -> str:
    """Count days in words: "1 jour", "12 days"."""
    # Babel's table of units lacks the day in Italian, Dutch and others; that of spans of time has it everywhere.
    span = format_timedelta(
        timedelta(days=days), granularity="day", threshold=_DAYS_AT_MOST, locale=locale_of(language)
    )
    return span.replace("\xa0", " ")


def percent_text(rate: Decimal, language: str) -> str:
    """Write a rate's figure as the language does, without the sign: "12,4"."""
    return format_decimal(rate, locale=locale_of(language))


def rate_text(rate: Decimal, language: str) -> str:
    """Write a rate in percent a year as decrees do, with two decimals at least and without the sign: "12,40"."""
    return format_decimal(rate, "#,##0.00####", locale=locale_of(language))


def join(parts: Iterable[str], language: str) -> str:
    """List words as the language does: "A, B et C", "A, B and C"."""
    return format_list(list(parts), locale=locale_of(language))


def elided(text: str, language: str) -> str:
    """Shorten the Italian articles before a day that begins with a vowel: "il 8 marzo 2026" becomes "l'8 marzo 2026"."""
    if locale_of(language).language != "it":
        return text
    return _BEFORE_VOWEL.sub(_elision, text)


def _elision(found: re.Match[str]) -> str:
    article = found[1]
    short = _ELIDED[article.lower()]
    return short.capitalize() if article[0].isupper() else short


def typeset(text: str, language: str) -> str:
    """Set our own text as printers do: curly quotation marks and, where the language has them, no-break spaces."""
    text = text.replace("'", "\u2019")
    if language == "fr":
        text = re.sub(r" (?=[;:!?%»])", "\u202f", text)
        text = re.sub(r"(?<=«) ", "\u202f", text)
    else:
        text = re.sub(r'"([^"\n]*)"', _QUOTED.get(language, "\u201c\\1\u201d"), text)
    if language in {"de", "es"}:
        text = text.replace(" %", "\xa0%")
    return _TOGETHER.sub("\xa0", text)


def clean(text: str) -> str:
    """Make a string from the books harmless to read: one line, no control characters, no marks that reorder text."""
    kept = "".join(
        " " if char in "\r\n\t\v\f\x1c\x1d\x1e\x85\u2028\u2029" else char
        for char in text
        if char in "\r\n\t\v\f\x1c\x1d\x1e\x85" or (unicodedata.category(char) != "Cc" and char not in _BIDI)
    )
    kept = re.sub(r" {2,}", " ", kept).strip()
    return kept if len(kept) <= _NAME_LIMIT else kept[: _NAME_LIMIT - 1] + "…"


def iban_text(iban: str) -> str:
    """Group an IBAN by four, as banks print it."""
    bare = re.sub(r"\s", "", iban).upper()
    return " ".join(bare[start : start + 4] for start in range(0, len(bare), 4))


def payment_url(template: str, number: str) -> str:
    """Give the https address of an invoice's payment page; "" where there is none or it is anything but https."""
    url = template.replace("{number}", _percent_encoded(number))
    return url if _HTTPS.fullmatch(url) else ""


def _percent_encoded(text: str) -> str:
    return "".join(
        char if char in _UNRESERVED else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace"))
        for char in text
    )
