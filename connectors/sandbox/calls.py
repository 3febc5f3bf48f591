"""What was asked of the sandbox, for tests and for people who look over a client's shoulder: no secrets."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# Only these headers are kept: none of them is a secret.
KEPT_HEADERS: Final = (
    "Accept",
    "Accept-Encoding",
    "Content-Type",
    "Idempotency-Key",
    "If-Modified-Since",
    "User-Agent",
    "X-Business",
    "Xero-Tenant-Id",
)
# A sandbox that serves for days forgets what was asked first.
KEPT_CALLS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came, and how it was answered."""

    provider: str
    method: str
    # Without the provider's prefix: /api.xro/2.0/Invoices
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    # As text; empty where tokens and codes are exchanged.
    body: str
    # None: the connection was closed without an answer.
    status: int | None
    sent_bytes: int
    at: datetime


class CallLog:
    """The requests, oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)

    def add(self, call: Call) -> None:
        """Remember a request."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._calls.clear()

    def of(self, provider: str | None = None, path: str = "", method: str | None = None) -> list[Call]:
        """Give the requests to a provider whose path holds a regular expression."""
        with self._lock:
            calls = list(self._calls)
        return [
            call
            for call in calls
            if provider in {None, call.provider}
            and method in {None, call.method}
            and re.search(path, call.path) is not None
        ]

    def __len__(self) -> int:
        return len(self._calls)
