"""The one place that reads the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.ports import Clock


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Give the current instant in UTC."""
        return datetime.now(UTC)


if TYPE_CHECKING:
    _: type[Clock] = SystemClock
