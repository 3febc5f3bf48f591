"""How many calls a provider allows, in the sandbox's own time, for each organisation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Final

from connectors.sandbox.dialect import Refusal, Remaining

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.clock import SandboxClock

MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A provider's own limits; None where it has no such limit."""

    second: int | None = None
    minute: int | None = None
    day: int | None = None
    concurrent: int | None = None


# developer.xero.com limits; developer.intuit.com limits-and-throttles; Sage best practices (for the whole application).
FIGURES: Final[Mapping[str, Figures]] = {
    "xero": Figures(minute=60, day=5000, concurrent=5),
    "quickbooks": Figures(second=10, minute=500),
    "sage": Figures(day=1_296_000, concurrent=150),
}


@dataclass(slots=True, kw_only=True)
class _Window:
    start: datetime
    count: int = 0


@dataclass(slots=True, kw_only=True)
class _Use:
    windows: dict[timedelta, _Window] = field(default_factory=dict)
    running: int = 0


class Limits:
    """Count calls; the provider's own figures hold until another one is set: ``limits.day = 5``.

    While time stands still all calls fall into one second and one minute, so that the provider's own figures for
    those are not held against a client unless time moves by itself; a figure that was set always is.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self.second: int | None = None
        self.minute: int | None = None
        self.day: int | None = None
        self.concurrent: int | None = None
        self._clock = clock
        self._lock = Lock()
        self._uses: dict[tuple[str, str], _Use] = {}

    def set(self, **figures: int | None) -> None:
        """Set limits by name: second, minute, day, concurrent; None: the provider's own again."""
        for name, figure in figures.items():
            if name not in {"second", "minute", "day", "concurrent"}:
                raise ValueError(f"there is no limit {name}")
            setattr(self, name, figure)

    def enter(self, provider: str, organisation: str) -> tuple[Refusal, int] | None:
        """Count a call that begins; give the limit it broke, with the seconds to wait, or None."""
        now = self._clock.now()
        figures = FIGURES.get(provider, Figures())
        with self._lock:
            use = self._uses.setdefault((provider, organisation), _Use())
            if _over(use.running, figures.concurrent if self.concurrent is None else self.concurrent):
                return Refusal.CONCURRENT_LIMIT, 1
            still = self._clock.virtual
            spans = (
                (timedelta(seconds=1), self.second, None if still else figures.second, Refusal.MINUTE_LIMIT),
                (MINUTE, self.minute, None if still else figures.minute, Refusal.MINUTE_LIMIT),
                (DAY, self.day, figures.day, Refusal.DAY_LIMIT),
            )
            for span, own, theirs, refusal in spans:
                window = _current(use, span, now)
                if _over(window.count, theirs if own is None else own):
                    return refusal, max(1, ceil((window.start + span - now).total_seconds()))
            for span, *_ in spans:
                use.windows[span].count += 1
            use.running += 1
            return None

    def leave(self, provider: str, organisation: str) -> None:
        """Count a call that ended."""
        with self._lock:
            self._uses[provider, organisation].running -= 1

    def remaining(self, provider: str, organisation: str) -> Remaining:
        """Give what is left of the minute and the day."""
        figures = FIGURES.get(provider, Figures())
        now = self._clock.now()
        with self._lock:
            use = self._uses.setdefault((provider, organisation), _Use())
            minute = _current(use, MINUTE, now).count
            if self._clock.virtual and self.minute is None:
                minute = min(minute, 1)
            return Remaining(
                minute=_left(figures.minute if self.minute is None else self.minute, minute),
                day=_left(figures.day if self.day is None else self.day, _current(use, DAY, now).count),
            )

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            for use in self._uses.values():
                use.windows.clear()


def _current(use: _Use, span: timedelta, now: datetime) -> _Window:
    window = use.windows.get(span)
    if window is None or now - window.start >= span:
        window = use.windows[span] = _Window(start=now)
    return window


def _over(count: int, figure: int | None) -> bool:
    return figure is not None and count >= figure


def _left(figure: int | None, count: int) -> int | None:
    return None if figure is None else max(0, figure - count)
