"""How Sage Accounting says no: its error lists, its statuses, and the two meanings of 401."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.http_judging import retry_at
from connectors.http_ports import DayLimitError, Manners, TokenRefused
from engine.errors import (
    BooksBusyError,
    BooksRefusedError,
    BooksUnreachableError,
    BooksUnreadableError,
    ConsentNeededError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.http_answer import Answer

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_GONE: Final = frozenset({404, 410})
_TOO_MANY: Final = 429
_CLIENT_ERRORS: Final = range(400, 500)
# Worth another try by themselves: the request timed out, or came too early.
_PASSING: Final = frozenset({408, 425})
# A pause this long is no limit of a minute.
_LONG_PAUSE: Final = timedelta(minutes=15)
_MOST_LETTERS: Final = 300
_MOST_ERRORS: Final = 3


class NotThereError(BooksRefusedError):
    """Sage has nothing under this id (404 RecordNotFound)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Complaint:
    """One entry of an error answer: `$dataCode`, `$message`, `$source`."""

    code: str
    message: str
    source: str

    def __str__(self) -> str:
        text = ": ".join(part for part in (self.code, self.message) if part)
        return f"{text} ({self.source})" if self.source else text


@dataclass(frozen=True, slots=True, kw_only=True)
class SageManners:
    """How Sage speaks (developer.sage.com, best practices): 1,296,000 calls a day for an app, 150 at once."""

    provider: str = "sage"
    request_id: str = "x-request-id"
    # The day's allowance spread evenly: no limit of the minute is documented.
    per_minute: int = 900
    per_second: int = 0
    # Far below the 150 that all companies of an app share; one company needs no more.
    concurrent: int = 8

    def judge(self, answer: Answer, now: datetime) -> None:
        """Raise the family's error for what is no success; what this leaves is judged by status alone."""
        if answer.status not in _CLIENT_ERRORS or answer.status in _PASSING:
            return
        complaints = _complaints(answer)
        said = "; ".join(str(each) for each in complaints[:_MOST_ERRORS])[:_MOST_LETTERS]
        if answer.status == _UNAUTHORIZED:
            _unauthorized(complaints, said)
        if answer.status == _TOO_MANY:
            _too_many(answer, now)
        if answer.status in _GONE:
            raise NotThereError(f"Sage has nothing under this address: {said or f'HTTP {answer.status}'}")
        if answer.status == _FORBIDDEN:
            raise ConsentNeededError(
                f"Sage does not allow this to the user who connected the company ({said.rstrip('. ') or 'HTTP 403'}):"
                " give that user the access in Sage, or connect with another user"
            )
        raise BooksRefusedError(f"Sage refuses this: {said or f'HTTP {answer.status}'}")

    def budget_left(self, answer: Answer) -> int | None:
        """Sage does not count aloud."""
        del answer
        return None


def _unauthorized(complaints: list[_Complaint], said: str) -> None:
    """Tell an expired token from a business whose subscription ended: no other token helps the second."""
    if any("subscription" in each.message.lower() or "(mse)" in each.message.lower() for each in complaints):
        raise BooksRefusedError(f"Sage refuses this business: {said}. Renew its subscription in Sage, then try again")
    raise TokenRefused("Sage did not take the access token")


def _too_many(answer: Answer, now: datetime) -> None:
    until = retry_at(answer, now)
    if until - now > _LONG_PAUSE:
        raise DayLimitError("Sage takes no more calls of this app for now", retry_at=until)
    raise BooksBusyError("Sage takes no more calls for now", retry_at=until)


def _complaints(answer: Answer) -> list[_Complaint]:
    """Read an error answer: a list of complaints, a single one, or the form of OAuth; [] for everything else."""
    try:
        body = answer.json()
    except (BooksUnreadableError, BooksUnreachableError):
        return []
    if isinstance(body, dict) and isinstance(body.get("errors"), list):
        body = body["errors"]
    return [_complaint(each) for each in (body if isinstance(body, list) else [body]) if isinstance(each, dict)]


def _complaint(entry: dict[str, Any]) -> _Complaint:
    def text(*names: str) -> str:
        found = next((entry[name] for name in names if entry.get(name)), "")
        return " ".join(str(found).split()) if isinstance(found, str | int) else ""

    return _Complaint(
        code=text("$dataCode", "dataCode", "error", "code"),
        message=text("$message", "message", "error_description"),
        source=text("$source", "source"),
    )


_: type[Manners] = SageManners
