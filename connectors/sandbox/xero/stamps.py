"""Days and instants as Xero writes and reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime


def instant(at: datetime) -> str:
    """Give an instant with its offset: /Date(1573755038314+0000)/."""
    return f"/Date({_milliseconds(at)}+0000)/"


def bare_instant(at: datetime) -> str:
    """Give an instant as the head of an answer has it: /Date(1573755038314)/."""
    return f"/Date({_milliseconds(at)})/"


def instant_text(at: datetime) -> str:
    """Give UpdatedDateUTCString: 2019-11-14T18:10:38Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def day(on: date) -> str:
    """Give a calendar day as midnight in UTC: /Date(1573689600000+0000)/."""
    return instant(datetime.combine(on, time(), UTC))


def day_text(on: date) -> str:
    """Give DateString: 2019-11-14T00:00:00, without a zone."""
    return f"{on.isoformat()}T00:00:00"


def read_since(header: str | None) -> datetime | None:
    """Read If-Modified-Since: ISO 8601 (UTC where no zone stands) or RFC 9110; what is neither is no condition."""
    if not header:
        return None
    try:
        read = datetime.fromisoformat(header)
    except ValueError:
        try:
            read = parsedate_to_datetime(header)
        except ValueError:
            return None
    return read.replace(tzinfo=UTC) if read.utcoffset() is None else read.astimezone(UTC)


def _milliseconds(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * 1000 + since.microseconds // 1000
