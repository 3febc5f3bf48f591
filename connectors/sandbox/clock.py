"""The sandbox's own time: it stands still until it is moved, or it follows a clock with an offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_START: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class SandboxClock:
    """Give instants in UTC: virtual from ``start``, or ``now`` plus what it was advanced by."""

    def __init__(self, start: datetime | None = None, *, now: Callable[[], datetime] | None = None) -> None:
        if start is not None and start.utcoffset() is None:
            raise ValueError("a start without a time zone names no instant")
        self._source = now
        self._offset = timedelta(0)
        self._still = (start or DEFAULT_START).astimezone(UTC)
        self._lock = Lock()
        if now is not None and start is not None:
            self._offset = self._still - now()

    @property
    def virtual(self) -> bool:
        """Say whether time moves only when it is told to."""
        return self._source is None

    def now(self) -> datetime:
        """Give the current instant in UTC."""
        base = self._still if self._source is None else self._source().astimezone(UTC)
        return base + self._offset

    def advance(self, by: timedelta) -> None:
        """Move time on."""
        with self._lock:
            self._offset += by

    def set(self, instant: datetime) -> None:
        """Make it that instant now; time that follows a clock goes on from there."""
        with self._lock:
            self._offset += instant.astimezone(UTC) - self.now()
