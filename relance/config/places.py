"""What the configuration needs to know of countries and time zones; the slow tables are opened only when asked."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

HOME: Final = "FR"
SLIPS: Final = {"UK": "GB", "EL": "GR"}
_ENGLISH: Final = frozenset({"AU", "GB", "GI", "IE", "IN", "MT", "NZ", "SG", "US", "ZA"})
# Countries of one language, or nearly, among those that the mails are written in.
_LANGUAGES: Final = {"AT": "de", "DE": "de", "ES": "es", "IT": "it", "NL": "nl"} | dict.fromkeys(_ENGLISH, "en")
# Countries with a second time zone that next to nobody lives in.
_MAIN_ZONES: Final = {"DE": "Europe/Berlin", HOME: "Europe/Paris"}

# Any year will do to ask whether a table of public holidays exists.
_SAMPLE_YEAR: Final = 2026


def check_country(code: str) -> str:
    """Give the country's code; raise ValueError with the advice when there is no such country or no holiday table."""
    if code in SLIPS:
        raise ValueError(f"the code of this country is {SLIPS[code]}")
    if not (len(code) == len("FR") and code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError("must be a country's two capital letters, such as FR")
    check_area(code, None)
    return code


def check_area(country: str, subdivision: str | None) -> None:
    """Raise ValueError when the public holidays of a country, or of a part of it, are not known."""
    if country == HOME and subdivision is None:
        return  # known to exist; opening the table costs as much as reading all the rest
    from engine.calendar import UnknownHolidayAreaError, public_holidays  # noqa: PLC0415 (see above)

    try:
        public_holidays(country, subdivision, _SAMPLE_YEAR)
    except UnknownHolidayAreaError:
        part = f"part {subdivision} of {country}" if subdivision else f"country {country}"
        raise ValueError(f"the public holidays of the {part} are not known; see docs/configuration.md") from None


def check_timezone(name: str) -> str:
    """Give the time zone's name; raise ValueError with a suggestion when there is none of this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        from zoneinfo import available_timezones  # noqa: PLC0415 (reads the whole table; only for the suggestion)

        from relance.config.values import closest  # noqa: PLC0415 (see above)

        zones = sorted(available_timezones())
        raise ValueError(f"is not a time zone{closest(name, zones) or '; write it as in Europe/Paris'}") from None
    return name


def default_timezone(country: str) -> str:
    """Give the time zone of a country that has one only (or one main one); raise ValueError for those with several."""
    if country in _MAIN_ZONES:
        return _MAIN_ZONES[country]
    from babel.core import get_global  # noqa: PLC0415 (needed only where no time zone is written)

    zones = get_global("territory_zones").get(country) or []
    if len(zones) != 1:
        raise ValueError(f"must be given for {country}, such as Europe/Paris")
    return check_timezone(str(zones[0]))


def default_language(country: str) -> str:
    """Give the language that a company writes in unless it says so: its country's where we write it, else French."""
    return _LANGUAGES.get(country, "fr")
