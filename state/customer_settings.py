"""What a person may set on a customer: each key, and how its text is read."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from engine.kinds import AddressForm, CustomerKind, PaymentMethod
from state.errors import CustomerSettingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

# One address and nothing else: a second recipient or a header must not slip in.
_EMAIL: Final = re.compile(r"[^\s@,;:<>\"()\[\]\\]+@[^\s@,;:<>\"()\[\]\\]+\.[^\s@,;:<>\"()\[\]\\.]{2,}")
_LANGUAGE: Final = re.compile(r"[a-z]{2}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
# Longer would be no pace but a hold, which has a command and a reason of its own.
_SLOWEST: Final = 90
_PACE: Final = re.compile(r"\+?([1-9][0-9]{0,2})")
_SUBDIVISION: Final = re.compile(r"[A-Za-z0-9 ]{1,40}")
_POSTCODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{0,11}")
_YES: Final = frozenset({"yes", "true", "1"})
_NO: Final = frozenset({"no", "false", "0"})
_LAST_DAY: Final = 31


def _one_of(choices: type[StrEnum]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in {choice.value for choice in choices}:
            raise ValueError("one of " + ", ".join(choice.value for choice in choices))
        return value

    return read


def _matching(pattern: re.Pattern[str], wanted: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(wanted)
        return value

    return read


def _words(value: str) -> list[str]:
    return [word for word in (part.strip() for part in value.split(",")) if word]


def _days(value: str) -> list[int]:
    wanted = f"days of the month, 1 to {_LAST_DAY}, separated by commas"
    words = _words(value)
    if not words or any(not word.isdecimal() or not 1 <= int(word) <= _LAST_DAY for word in words):
        raise ValueError(wanted)
    return sorted({int(word) for word in words})


def _pace(value: str) -> int:
    found = _PACE.fullmatch(value)
    if found is None or int(found[1]) > _SLOWEST:
        raise ValueError(f"a number of days from +1 to +{_SLOWEST}")
    return int(found[1])


def _date(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as error:
        raise ValueError("a date such as 2026-12-31") from error


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("an IANA time zone such as Europe/Paris") from error
    return value


def _emails(value: str) -> list[str]:
    words = _words(value)
    if not words or not all(_EMAIL.fullmatch(word) for word in words):
        raise ValueError("e-mail addresses, separated by commas")
    return sorted({word.lower() for word in words})


def _yes_or_no(value: str) -> bool:
    if value.lower() not in _YES | _NO:
        raise ValueError("yes or no")
    return value.lower() in _YES


def _text(value: str) -> str:
    if any(ord(letter) < ord(" ") for letter in value):
        raise ValueError("one line of text")
    return value.strip()


SETTINGS: Final[dict[str, Callable[[str], Any]]] = {
    "name": _text,
    "kind": _one_of(CustomerKind),
    "language": _matching(_LANGUAGE, "a language code of two small letters such as fr"),
    "address": _one_of(AddressForm),
    "tags": _words,
    "plan": _text,
    "timezone": _zone,
    "country": _matching(_COUNTRY, "a country code of two capital letters such as FR"),
    "owner": _text,
    "owner_email": _matching(_EMAIL, "one e-mail address"),
    "payment_method": _one_of(PaymentMethod),
    "payer": _text,
    "pay_days": _days,
    "subdivision": _matching(
        _SUBDIVISION, "the code of a part of the country whose public holidays are kept, such as BY"
    ),
    "postcode": _matching(_POSTCODE, "a postcode"),
    "pace": _pace,
    "pace_until": _date,
    "do_not_contact": _yes_or_no,
    "do_not_write_to": _emails,
    "email": _matching(_EMAIL, "one e-mail address"),
    "director_email": _matching(_EMAIL, "one e-mail address"),
}


def parse_setting(key: str, value: str) -> Any:
    """Read the text given for a key, "" for none; raise CustomerSettingError that says what was expected."""
    if key not in SETTINGS:
        raise CustomerSettingError(f"{key} cannot be set on a customer; these can: {', '.join(sorted(SETTINGS))}")
    if value == "":
        return None
    try:
        return SETTINGS[key](value)
    except ValueError as error:
        raise CustomerSettingError(f"{key}: {value!r} is not {error}") from error
