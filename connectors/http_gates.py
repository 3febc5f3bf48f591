"""How many calls may start in a minute and run at once, for all who call in one process."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The provider's minute begins when a call arrives there, ours when it leaves: one second for the way.
WINDOW: Final = 61.0
# The same margin for providers that also count by the second.
_SECOND: Final = 1.1


class Gate:
    """The minute and the places of one organisation at one provider; or of a whole app, where that is what counts.

    No 61 seconds see more than `per_minute` calls leave, however the provider's minutes lie, and no second more than
    `per_second` (0: the provider does not count by the second).
    """

    def __init__(
        self, *, per_minute: int, concurrent: int, monotonic: Callable[[], float], per_second: int = 0
    ) -> None:
        self._monotonic: Final = monotonic
        self._places: Final = threading.BoundedSemaphore(max(concurrent, 1))
        self._lock: Final = threading.Lock()
        # The instants at which the latest calls leave, some of them still to come: each caller takes its own.
        self._starts: Final[deque[float]] = deque(maxlen=max(per_minute, 1))
        self._burst: Final[deque[float]] = deque(maxlen=per_second or None)
        self._per_second: Final = per_second
        self._closed_until = float("-inf")

    def turn(self) -> float:
        """Take the next instant at which a call may leave; give the seconds until then."""
        with self._lock:
            now = self._monotonic()
            start = max(now, self._closed_until)
            if len(self._starts) == self._starts.maxlen:
                start = max(start, self._starts[0] + WINDOW)
            if self._per_second:
                if len(self._burst) == self._per_second:
                    start = max(start, self._burst[0] + _SECOND)
                self._burst.append(start)
            self._starts.append(start)
            return start - now

    def close_for(self, seconds: float) -> None:
        """Let no further call leave for a while: the provider said that its minute is full."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._monotonic() + seconds)

    @contextmanager
    def place(self, patience: float) -> Iterator[bool]:
        """Hold one of the places; gives False where none was free within `patience` seconds."""
        held = self._places.acquire(timeout=patience)
        try:
            yield held
        finally:
            if held:
                self._places.release()


class Gates:
    """The gates of one process, made when first asked for; share one over all transports."""

    def __init__(self) -> None:
        self._lock: Final = threading.Lock()
        self._gates: Final[dict[tuple[str, str], Gate]] = {}

    def gate(
        self,
        provider: str,
        organisation: str,
        *,
        per_minute: int,
        concurrent: int,
        monotonic: Callable[[], float],
        per_second: int = 0,
    ) -> Gate:
        """Give the gate of an organisation; `organisation` is "" where the provider counts by app."""
        with self._lock:
            key = (provider, organisation)
            if key not in self._gates:
                self._gates[key] = Gate(
                    per_minute=per_minute, per_second=per_second, concurrent=concurrent, monotonic=monotonic
                )
            return self._gates[key]
