"""A transport in a world of its own: time that only waiting moves, a token keeper and a day's budget that remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connectors.http import Answer, DayLimitError, Gates, Settings, TokenRefused, Transport, retry_at
from engine.errors import BooksBusyError, BooksRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TOKEN = "tok-first-3f9a77c2e1"
RENEWED = "tok-renewed-b81d02"


class Time:
    """Stands still but for waiting."""

    def __init__(self, start: datetime = MORNING) -> None:
        self.start = start
        self.passed = 0.0
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds


@dataclass(slots=True, kw_only=True)
class PlainManners:
    """A provider of no particular manners."""

    provider: str = "ledgerly"
    request_id: str = "X-Request-Id"
    per_minute: int = 600
    per_second: int = 0
    concurrent: int = 5

    def judge(self, answer: Answer, now: datetime) -> None:
        if answer.status == 401:
            raise TokenRefused
        if answer.status == 429 and answer.header("X-Problem") == "day":
            raise DayLimitError("ledgerly: no calls left today", retry_at=retry_at(answer, now))
        if answer.status == 429:
            raise BooksBusyError("ledgerly: the minute is full", retry_at=retry_at(answer, now))
        if answer.status == 400:
            raise BooksRefusedError(f"ledgerly says: {answer.body.decode('latin-1')}")

    def budget_left(self, answer: Answer) -> int | None:
        text = answer.header("X-Left")
        return int(text) if text.isdecimal() else None


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Keeps one token, and the next for when it is refused."""

    current: str = TOKEN
    following: list[str] = field(default_factory=lambda: [RENEWED])
    refused: list[str] = field(default_factory=list)
    asked: int = 0

    def access_token(self) -> str:
        self.asked += 1
        return self.current

    def renew(self, refused: str) -> str:
        self.refused.append(refused)
        self.current = self.following.pop(0)
        return self.current


@dataclass(slots=True, kw_only=True)
class Budget:
    """Writes down what the transport tells it; refuses while parked."""

    before: list[datetime] = field(default_factory=list)
    after: list[int | None] = field(default_factory=list)
    parked: list[tuple[datetime, str]] = field(default_factory=list)

    def before_call(self, now: datetime) -> None:
        if self.parked and now < self.parked[-1][0]:
            raise BooksBusyError("parked", retry_at=self.parked[-1][0])
        self.before.append(now)

    def after_call(self, now: datetime, left: int | None) -> None:
        del now
        self.after.append(left)

    def park(self, until: datetime, why: str) -> None:
        self.parked.append((until, why))


@dataclass(slots=True, kw_only=True)
class World:
    """All that a transport is given."""

    time: Time = field(default_factory=Time)
    manners: PlainManners = field(default_factory=PlainManners)
    tokens: Tokens = field(default_factory=Tokens)
    budget: Budget = field(default_factory=Budget)
    gates: Gates = field(default_factory=Gates)

    def transport(
        self,
        settings: Settings | None = None,
        *,
        monotonic: Callable[[], float] | None = None,
        organisation: str = "",
    ) -> Transport:
        """Make a transport of this world; `monotonic` is real where real sockets must run out of time."""
        return Transport(
            manners=self.manners,
            tokens=self.tokens,
            clock=self.time,
            budget=self.budget,
            wait=self.time.wait,
            settings=settings or Settings(),
            organisation=organisation,
            gates=self.gates,
            monotonic=monotonic or self.time.monotonic,
        )
