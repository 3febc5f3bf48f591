"""One call to a provider: allowed, sent, counted, told and judged; what to do about a trouble is decided elsewhere."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from connectors import jsontext
from connectors.http_answer import Answer
from connectors.http_judging import judge, retry_at
from connectors.http_ports import DayLimitError, TokenRefused
from connectors.http_redact import Bearer, clean, one_line
from connectors.http_wire import Failure, Limits, exchange
from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksUnreachableError,
    BooksUnreadableError,
    ConsentNeededError,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import requests

    from connectors.http_gates import Gate
    from connectors.http_ports import DayBudget, Manners, TokenSource
    from connectors.http_wire import Outgoing
    from engine.ports import Clock

_log: Final = logging.getLogger("relance.http")
# Whoever wants these lines adds a handler; without any, Python would write warnings to stderr.
_log.addHandler(logging.NullHandler())
_OK: Final = 200
# Answers up to this many bytes are looked through for keys that stand twice: every one that is read right before a mail
# leaves is smaller. The fast decoder of the big pages takes the last of the two.
_SMALL: Final = 256 * 2**10


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How patient the transport is; all times in seconds."""

    connect_seconds: float = 10.0
    read_seconds: float = 60.0  # of silence
    total_seconds: float = 120.0  # for one exchange, from the first byte out to the last byte in
    most_bytes: int = 64 * 2**20  # of one answer, decompressed
    attempts: int = 5
    read_retry_seconds: float = 180.0  # for all attempts of one reading
    write_retry_seconds: float = 60.0  # for all attempts of one write that may be repeated
    longest_wait: float = 90.0  # a provider that asks for more is left alone until then
    longest_pause: float = 20.0  # between two attempts, where the provider asks for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A call without success, as the family's error, and whether another try makes sense and when."""

    error: BooksError
    handed_over: bool = True
    again: bool = False
    at_least: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """All that a call needs besides what is asked."""

    manners: Manners
    tokens: TokenSource = field(repr=False)
    clock: Clock
    budget: DayBudget
    gate: Gate
    wait: Callable[[float], None]
    monotonic: Callable[[], float]
    settings: Settings

    def call(self, session: requests.Session, outgoing: Outgoing) -> Answer | Trouble:
        """Make one call, and a second one with another token where the first was not taken.

        Raises what token source and day budget raise, and ConsentNeededError: no further try helps then.
        """
        bearer = Bearer(self.tokens.access_token())
        came = self._once(session, outgoing, bearer)
        if came is None:
            bearer = Bearer(self.tokens.renew(bearer.token))
            came = self._once(session, outgoing, bearer)
        if came is None:
            raise ConsentNeededError(
                f"{self.manners.provider} does not take a token that was renewed just now: connect the company again"
            )
        return came

    def _once(self, session: requests.Session, outgoing: Outgoing, bearer: Bearer) -> Answer | Trouble | None:
        """Make one exchange and judge it; None where the token was not taken."""
        # 1. Is there a call left today, and from when on? 2. The exchange. 3. What the budget learns. 4. What came.
        self.budget.before_call(self.clock.now())
        if (seconds := self.gate.turn()) > 0:
            self.wait(seconds)
        with self.gate.place(self.settings.total_seconds) as placed:
            if not placed:
                raise BooksBusyError(
                    f"{self.manners.provider}: too many calls of ours are under way",
                    retry_at=retry_at(Answer(status=0), self.clock.now()),
                )
            began = self.monotonic()
            came = exchange(
                session,
                outgoing,
                auth=bearer,
                limits=Limits(
                    connect=self.settings.connect_seconds,
                    read=self.settings.read_seconds,
                    total=self.settings.total_seconds,
                ),
                monotonic=self.monotonic,
            )
            self._tell(outgoing, came, self.monotonic() - began, bearer)
        now = self.clock.now()
        if isinstance(came, Failure):
            self.budget.after_call(now, None)
            return self._failed(outgoing, came)
        self.budget.after_call(now, self.manners.budget_left(came))
        return self._judged(outgoing, came, bearer, now)

    def _failed(self, outgoing: Outgoing, failure: Failure) -> Trouble:
        words = f"{self.manners.provider} ({urlsplit(outgoing.url).hostname}): {failure.words}"
        error = BooksUnreadableError(words) if failure.garbled else BooksUnreachableError(words)
        return Trouble(error=error, handed_over=failure.handed_over, again=not failure.final)

    def _judged(self, outgoing: Outgoing, answer: Answer, bearer: Bearer, now: datetime) -> Answer | Trouble | None:
        try:
            self.manners.judge(answer, now)
            judge(answer, now, self.manners.provider)
            self._check_json(outgoing, answer)
        except TokenRefused:
            return None
        except BooksError as error:
            verdict = error
        else:
            return answer
        verdict.args = tuple(self._named(each, answer, bearer) for each in verdict.args)
        if isinstance(verdict, BooksBusyError):
            return self._busy(verdict, now)
        asked = 0.0
        if isinstance(verdict, BooksUnreachableError) and answer.header("Retry-After"):
            asked = (retry_at(answer, now) - now).total_seconds()
        again = isinstance(verdict, BooksUnreachableError | BooksUnreadableError)
        return Trouble(error=verdict, again=again and asked <= self.settings.longest_wait, at_least=asked)

    def _busy(self, verdict: BooksBusyError, now: datetime) -> Trouble:
        seconds = (verdict.retry_at - now).total_seconds()
        if isinstance(verdict, DayLimitError) or seconds > self.settings.longest_wait:
            self.budget.park(verdict.retry_at, str(verdict))
            return Trouble(error=verdict)
        self.gate.close_for(seconds)
        return Trouble(error=verdict, again=True, at_least=seconds)

    def _check_json(self, outgoing: Outgoing, answer: Answer) -> None:
        if answer.status != _OK or "json" not in outgoing.headers.get("Accept", ""):
            return
        if not answer.body and outgoing.method != "GET":
            # Done, and nothing to say about it.
            return
        if not jsontext.is_json(answer.body):
            raise BooksUnreadableError(
                f"{self.manners.provider} was asked for JSON and answered with {answer.what_came()}"
            )
        if len(answer.body) <= _SMALL and jsontext.repeats_a_key(answer.body):
            raise BooksUnreadableError(f"{self.manners.provider} answered with a key that stands twice in one object")

    def _named(self, text: object, answer: Answer, bearer: Bearer) -> object:
        """Give an error's text without secrets and with the number that the provider's support asks for."""
        if not isinstance(text, str):
            return text
        number = self._number(answer, bearer)
        return clean(text, [bearer.token]) + (f" [{self.manners.request_id} {number}]" if number else "")

    def _number(self, answer: Answer, bearer: Bearer) -> str:
        return one_line(clean(answer.header(self.manners.request_id), [bearer.token]))

    def _tell(self, outgoing: Outgoing, came: Answer | Failure, took: float, bearer: Bearer) -> None:
        # Without the query: it may hold a customer's address.
        parts = urlsplit(outgoing.url)
        what = clean(f"{self.manners.provider} {outgoing.method} {parts.hostname}{parts.path}", [bearer.token])
        if isinstance(came, Failure):
            _log.warning("%s: %s, after %.1f s", what, came.words, took)
            return
        level = logging.DEBUG if came.succeeded else logging.WARNING
        number = self._number(came, bearer) or "none"
        size = len(came.body)
        _log.log(level, "%s: %d, %d bytes in %.1f s, request id %s", what, came.status, size, took, number)
