"""Instants as QuickBooks writes them, and the text by which versions sort."""

from __future__ import annotations

from datetime import UTC, datetime

_DIGITS = 10


def instant(text: str) -> datetime:
    """Read a dateTime with its offset as UTC; one without an offset is taken as UTC. ValueError where it is none."""
    read = datetime.fromisoformat(text.strip())
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def instant_or_none(text: str | None) -> datetime | None:
    """Read a dateTime, None where there is none or it is unreadable."""
    if not text:
        return None
    try:
        return instant(text)
    except (ValueError, OverflowError):
        return None


def query_text(when: datetime) -> str:
    """Write an instant for a query: in whole seconds, always with its offset (without one it is company-local time)."""
    return when.astimezone(UTC).isoformat(timespec="seconds")


def version_text(changed: datetime | None, sync_token: str | None) -> str:
    """Give text that sorts in the order of changes: the UTC instant, then the SyncToken padded with zeros."""
    if changed is None:
        return ""
    return f"{changed.replace(tzinfo=None).isoformat(timespec='microseconds')}Z {(sync_token or '0').zfill(_DIGITS)}"
