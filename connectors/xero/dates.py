"""The ways in which Xero writes a day and an instant; pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

_MS_DATE: Final = re.compile(r"/Date\((-?\d{1,16})([+-]\d{4})?\)/")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Dates that stand for "none": Date(0), and the year 1 of .NET.
_NO_DATE_UNTIL: Final = date(1970, 1, 1)
_STAMP_DIGITS: Final = 15
# The documents of ten years have as many days, each in two forms.
_REMEMBERED: Final = 8192


def day(text: str | None, ms_text: str | None = None) -> date | None:
    """Give a calendar day: `DateString` first (no zone, nothing to convert), else `/Date(ms+hhmm)/`; None for none.

    Raises ValueError where there is something that is no date.
    """
    found = _day_of(text) if text else None
    if found is None and ms_text:
        found = _day_of(ms_text)
    return found


@lru_cache(maxsize=_REMEMBERED)
def _day_of(text: str) -> date | None:
    match = _MS_DATE.fullmatch(text)
    if match is None:
        found = date.fromisoformat(text[:10])
    else:
        # The milliseconds are the instant; the offset is where that instant is the day that was typed.
        found = (_instant(int(match[1])) + _offset(match[2] or "+0000")).date()
    return found if found > _NO_DATE_UNTIL else None


def _instant(milliseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError as error:
        raise ValueError(f"{milliseconds} milliseconds is no date") from error


def _offset(text: str) -> timedelta:
    sign = -1 if text[0] == "-" else 1
    return sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))


def instant(ms_text: str | None, text: str | None = None) -> datetime | None:
    """Give an instant from `/Date(ms+hhmm)/` (the milliseconds alone count), else from its ISO form; None for none."""
    match = _MS_DATE.fullmatch(ms_text) if ms_text else None
    try:
        if match is not None:
            return _instant(int(match[1]))
        if text:
            found = datetime.fromisoformat(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None


def version(ms_text: str | None, text: str | None = None) -> str:
    """Give the change stamp as text that sorts in the order of changes: milliseconds, zero-padded; "" for none."""
    match = _MS_DATE.fullmatch(ms_text) if ms_text else None
    if match is not None:
        return match[1].zfill(_STAMP_DIGITS) if match[1][0] != "-" else ""
    stamp = instant(None, text)
    if stamp is None or stamp < _EPOCH:
        return ""
    return str((stamp - _EPOCH) // timedelta(milliseconds=1)).zfill(_STAMP_DIGITS)


def modified_since(moment: datetime) -> str:
    """Write an instant as `If-Modified-Since` wants it: UTC, whole seconds, no zone."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
