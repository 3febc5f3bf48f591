"""The one transport under all connectors: reads are tried again, writes only where a repeat is harmless."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Self

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from connectors.http_answer import Answer
from connectors.http_call import Caller, Settings, Trouble
from connectors.http_gates import Gates
from connectors.http_judging import LONGEST_PARK, judge, retry_at
from connectors.http_ports import DayBudget, DayLimitError, Manners, TokenRefused, TokenSource
from connectors.http_wire import Outgoing, forbidden, new_session
from connectors.jsontext import encode
from engine.errors import (
    BooksError,
    BooksRefusedError,
    BooksUnreachableError,
    BooksUnreadableError,
    WriteUnknownError,
)
from engine.ports import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import requests

__all__ = [
    "LONGEST_PARK",
    "Answer",
    "Clock",
    "DayBudget",
    "DayLimitError",
    "Gates",
    "Manners",
    "Settings",
    "TokenRefused",
    "TokenSource",
    "Transport",
    "encode",
    "judge",
    "retry_at",
]


class Transport:
    """Calls one provider for one company; safe to share between threads.

    Every public method raises one of the BooksError family and nothing else. `organisation` says whose minute is
    counted ("" where the provider counts by app); `gates` is shared over all transports of a process.
    """

    def __init__(
        self,
        *,
        manners: Manners,
        tokens: TokenSource,
        clock: Clock,
        budget: DayBudget,
        wait: Callable[[float], None],
        settings: Settings | None = None,
        session: requests.Session | None = None,
        organisation: str = "",
        gates: Gates | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller: Final = Caller(
            manners=manners,
            tokens=tokens,
            clock=clock,
            budget=budget,
            gate=(gates or Gates()).gate(
                manners.provider,
                organisation,
                per_minute=manners.per_minute,
                per_second=manners.per_second,
                concurrent=manners.concurrent,
                monotonic=monotonic,
            ),
            wait=wait,
            monotonic=monotonic,
            settings=settings or Settings(),
        )
        self._given: Final = session
        self._reading: Final = session or new_session(manners.concurrent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept for further reading."""
        if self._given is None:
            self._reading.close()

    def read(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: str = "application/json",
        most_bytes: int | None = None,
    ) -> Answer:
        """GET; tried again where that may help, within `read_retry_seconds`.

        The answer is a success by the provider's manners, or a 304. Where JSON was asked for, a 200 holds one whole
        JSON text.
        """
        outgoing = self._outgoing("GET", url, params, {**(headers or {}), "Accept": accept}, None, most_bytes)
        unreadable = 0

        def once() -> Answer:
            nonlocal unreadable
            came = self._caller.call(self._reading, outgoing)
            if isinstance(came, Answer):
                return came
            if isinstance(came.error, BooksUnreadableError):
                # Half an answer is a matter of chance; twice is not.
                unreadable += 1
            if came.again and unreadable <= 1:
                raise _Again(came)
            raise came.error

        return self._repeated(once, self._caller.settings.read_retry_seconds)

    def write(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        repeatable: bool = False,
        most_bytes: int | None = None,
    ) -> Answer:
        """Change something at the provider: handed over once, or, if `repeatable`, again with the same bytes.

        `repeatable`: a key in the request, or its nature, makes a second arrival harmless. BooksUnreachableError,
        BooksBusyError, BooksRefusedError and ConsentNeededError say that nothing was done, WriteUnknownError that
        nobody knows.
        """
        added = {"Accept": accept} if body is None else {"Accept": accept, "Content-Type": content_type}
        outgoing = self._outgoing(method, url, params, {**(headers or {}), **added}, body, most_bytes)
        unknown: WriteUnknownError | None = None

        def once() -> Answer:
            nonlocal unknown
            came = self._written(outgoing)
            if isinstance(came, Answer):
                return came
            if isinstance(came.error, WriteUnknownError):
                unknown = came.error
            if repeatable and came.again:
                raise _Again(came)
            raise came.error

        try:
            return self._repeated(once, self._caller.settings.write_retry_seconds)
        except BooksError as error:
            # An earlier attempt may have been carried out, whatever stopped the last one.
            final = unknown or error
        raise final

    def _written(self, outgoing: Outgoing) -> Answer | Trouble:
        if self._given is not None:
            came = self._caller.call(self._given, outgoing)
        else:
            # A fresh connection: one that was kept may be dead, and then nobody knows what became of the write.
            with new_session(1) as session:
                came = self._caller.call(session, outgoing)
        if isinstance(came, Answer) or not came.handed_over:
            return came
        if isinstance(came.error, BooksUnreachableError | BooksUnreadableError):
            words = f"{came.error}; whether it was carried out is not known"
            return Trouble(error=WriteUnknownError(words), again=came.again, at_least=came.at_least)
        return came

    def _outgoing(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        body: bytes | None,
        most_bytes: int | None,
    ) -> Outgoing:
        if why := forbidden(url):
            raise BooksRefusedError(f"{self._caller.manners.provider}: no token is sent to this address, since {why}")
        return Outgoing(
            method=method.upper(),
            url=url,
            params=params,
            headers=headers,
            body=body,
            most_bytes=self._caller.settings.most_bytes if most_bytes is None else most_bytes,
        )

    def _repeated(self, once: Callable[[], Answer], seconds: float) -> Answer:
        caller, settings = self._caller, self._caller.settings
        ends = caller.monotonic() + seconds
        growing = wait_random_exponential(multiplier=1, max=settings.longest_pause)

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return max(growing(state), error.trouble.at_least if isinstance(error, _Again) else 0.0)

        def enough(state: RetryCallState) -> bool:
            return state.attempt_number >= settings.attempts or caller.monotonic() + state.upcoming_sleep > ends

        again = Retrying(
            sleep=caller.wait, wait=pause, stop=enough, retry=retry_if_exception_type(_Again), reraise=True
        )
        try:
            return again(once)
        except _Again as given_up:
            error = given_up.trouble.error
        # Outside the handler: what is raised does not drag the attempts along.
        raise error


class _Again(Exception):  # noqa: N818 (no error: it asks for another attempt)
    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self.trouble = trouble
