"""What the transport asks of a provider's manners, of the token keeper and of the day's budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.errors import BooksBusyError

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.http_answer import Answer


class TokenRefused(Exception):  # noqa: N818 (no error: the transport answers it with one renewal)
    """The access token was not accepted; never leaves the connectors."""


class DayLimitError(BooksBusyError):
    """The calls of this day are used up: the connection is parked until `retry_at`, whatever little that may be."""


class Manners(Protocol):
    """How one provider speaks; each connector has its own."""

    @property
    def provider(self) -> str:
        """The provider's name in configuration: xero, quickbooks, sage."""
        ...

    @property
    def request_id(self) -> str:
        """The answer's header that the provider's support asks for: Xero-Correlation-Id, intuit_tid, x-request-id."""
        ...

    @property
    def per_minute(self) -> int:
        """Calls that may start within a minute."""
        ...

    @property
    def per_second(self) -> int:
        """Calls that may start within a second; 0 where the provider does not count by the second."""
        ...

    @property
    def concurrent(self) -> int:
        """Calls that may run at once."""
        ...

    def judge(self, answer: Answer, now: datetime) -> None:
        """Raise the family's error where the answer is no success, a fault inside a 200 included.

        TokenRefused for an access token that is no longer taken; DayLimitError for a limit of the day, a plain
        BooksBusyError for one of the minute. What it lets pass and is no success is judged by `connectors.http.judge`.
        """
        ...

    def budget_left(self, answer: Answer) -> int | None:
        """Give the calls left today as the headers say; None where they do not."""
        ...


class TokenSource(Protocol):
    """Who keeps the tokens; asked before every call, since an access token may live five minutes only."""

    def access_token(self) -> str:
        """Give a token that is good now; raises ConsentNeededError or BooksUnreachableError."""
        ...

    def renew(self, refused: str) -> str:
        """Give another token than the refused one; raises ConsentNeededError or BooksUnreachableError."""
        ...


class DayBudget(Protocol):
    """The calls of a day, remembered across processes."""

    def before_call(self, now: datetime) -> None:
        """Count one call; raises BooksBusyError where the connection is parked or the day is used up."""
        ...

    def after_call(self, now: datetime, left: int | None) -> None:
        """Take note of the calls left as the provider counts them; None where it did not say, or never answered."""
        ...

    def park(self, until: datetime, why: str) -> None:
        """Make no further call before an instant."""
        ...
