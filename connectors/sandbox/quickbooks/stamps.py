"""Instants as QuickBooks writes and reads them: the company's own offset, whole seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def stamp(instant: datetime, zone: str) -> str:
    """Write an instant as MetaData does: ``2026-05-05T03:13:29-07:00``, in the company's zone, no fraction."""
    return instant.astimezone(ZoneInfo(zone)).replace(microsecond=0).isoformat()


def answer_time(instant: datetime, zone: str) -> str:
    """Write the ``time`` that stands beside every answer: as a stamp, but with milliseconds."""
    return instant.astimezone(ZoneInfo(zone)).isoformat(timespec="milliseconds")


def read_instant(text: str, zone: str) -> datetime:
    """Read a time or a day of a request; one without an offset is the company's local time, not UTC.

    Raises ValueError for what is neither.
    """
    moment = _local(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def _local(text: str) -> datetime:
    if len(text) == len("2026-05-05"):
        return datetime.combine(date.fromisoformat(text), time())
    return datetime.fromisoformat(text)
