"""The organisation's time zone: Xero writes Windows' names in capitals without spaces; pure."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Z0-9+-]")
# Names that Xero lists and that CLDR has no row for any more.
_RETIRED: Final = {
    "KAMCHATKASTANDARDTIME": "Asia/Kamchatka",
    "MIDATLANTICSTANDARDTIME": "Etc/GMT+2",
}


@lru_cache(maxsize=64)
def iana_zone(name: str) -> str:
    """Give the IANA zone of a Windows name (`NEWZEALANDSTANDARDTIME`) or of an IANA name; "" for one not known.

    Windows' own first: to list the zones of a machine is to walk through a folder of hundreds of files.
    """
    if found := _windows_zones().get(_bare(name)):
        return found
    return name if name in available_timezones() else ""


def zone(name: str) -> ZoneInfo:
    """Give the zone of a name, UTC for one not known."""
    return ZoneInfo(iana_zone(name) or "UTC")


def _bare(name: str) -> str:
    return _NOT_IN_A_NAME.sub("", name.upper())


@cache
def _windows_zones() -> dict[str, str]:
    listed = {_bare(windows): iana for windows, iana in get_global("windows_zone_mapping").items()}
    # One name in both worlds.
    return _RETIRED | listed | {"UTC": "UTC"}
