"""How Xero says no, and what its headers count (developer.xero.com: response codes, OAuth 2.0 API limits)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.http_judging import judge, retry_at
from connectors.http_ports import DayLimitError, TokenRefused
from engine.errors import BooksBusyError, BooksRefusedError, BooksUnreadableError, ConsentNeededError

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.http_answer import Answer

_UNAUTHORISED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_NOT_SO: Final = 406
_TOO_MANY: Final = 429
_CLIENT_ERRORS: Final = range(400, 500)
_ALREADY_JUDGED: Final = frozenset({408, 425})
# Xero's own words, without case: the token is good, but not for this.
_LACKS_SCOPE: Final = ("authorizationunsuccessful", "insufficient_scope", "invalid_scope", "insufficient scope")
_DAY: Final = "day"
_HOUR: Final = timedelta(hours=1)
_LONGEST_TEXT: Final = 300


class XeroScopeError(BooksRefusedError):
    """The consent does not cover this call."""


class XeroNotSoError(BooksRefusedError):
    """What is there is not given in the form that was asked for (406)."""


class XeroMissingError(BooksRefusedError):
    """Xero knows no such thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XeroManners:
    """Xero's limits for one organisation: 60 calls a minute, 5 at once; the day's are counted in its headers."""

    provider: str = "xero"
    request_id: str = "Xero-Correlation-Id"
    per_minute: int = 60
    per_second: int = 0
    concurrent: int = 5

    def judge(self, answer: Answer, now: datetime) -> None:
        """Raise the family's error where the answer is no success; bodies may be JSON, text or empty."""
        status = answer.status
        if status == _UNAUTHORISED:
            self._unauthorised(answer)
        if status == _FORBIDDEN:
            self._forbidden(answer)
        if status == _TOO_MANY:
            self._too_many(answer, now)
        if status == _NOT_FOUND:
            raise XeroMissingError(f"Xero knows no such thing (HTTP 404): {words(answer)}")
        if status in _CLIENT_ERRORS and status not in _ALREADY_JUDGED:
            refused = XeroNotSoError if status == _NOT_SO else BooksRefusedError
            raise refused(f"Xero refuses this call (HTTP {status}): {words(answer)}")
        judge(answer, now, "Xero")

    def budget_left(self, answer: Answer) -> int | None:
        """Give the organisation's calls left today (X-DayLimit-Remaining)."""
        try:
            return int(answer.header("X-DayLimit-Remaining"))
        except ValueError:
            return None

    def _unauthorised(self, answer: Answer) -> None:
        if lacks_scope(answer):
            raise XeroScopeError(_scope_advice(answer))
        raise TokenRefused(f"Xero did not take the access token: {words(answer)}")

    def _forbidden(self, answer: Answer) -> None:
        if lacks_scope(answer):
            raise XeroScopeError(_scope_advice(answer))
        raise ConsentNeededError(
            f"Xero says that this organisation is no longer connected to the app ({words(answer)}); connect it again"
        )

    def _too_many(self, answer: Answer, now: datetime) -> None:
        problem = answer.header("X-Rate-Limit-Problem").lower()
        if _DAY in problem or (not problem and answer.header("X-DayLimit-Remaining") == "0"):
            until = retry_at(answer, now, otherwise=_HOUR)
            raise DayLimitError("Xero takes no more calls for this organisation today", retry_at=until)
        named = f" (limit: {problem})" if problem else ""
        raise BooksBusyError(f"Xero takes no more calls for now{named}", retry_at=retry_at(answer, now))


def lacks_scope(answer: Answer) -> bool:
    """Tell whether a 401 or 403 is about what the consent covers, not about the token or the connection."""
    said = (words(answer) + " " + answer.header("WWW-Authenticate")).lower()
    return any(sign in said for sign in _LACKS_SCOPE)


def words(answer: Answer) -> str:
    """Give Xero's own words from an error answer: validation messages, else detail, message or title, else the text."""
    try:
        said = answer.json()
    except BooksUnreadableError:
        text = answer.body[: _LONGEST_TEXT * 4].decode(errors="replace").strip()
        return " ".join(text.split())[:_LONGEST_TEXT] if text and text[0] != "<" else answer.what_came()
    found = _messages(said)
    return "; ".join(dict.fromkeys(found))[:_LONGEST_TEXT] or "no reason given"


def _messages(said: Any) -> list[str]:
    if isinstance(said, str):
        return [said]
    if not isinstance(said, dict):
        return []
    elements = said.get("Elements")
    checked = elements if isinstance(elements, list) else []
    found = [text for element in checked for text in validation_messages(element)]
    found = found or validation_messages(said)
    return (
        found or [str(said[name]) for name in ("Detail", "Message", "detail", "message", "Title") if said.get(name)][:1]
    )


def validation_messages(said: Any) -> list[str]:
    """Give the messages of an object's ValidationErrors."""
    errors = said.get("ValidationErrors") if isinstance(said, dict) else None
    if not isinstance(errors, list):
        return []
    return [str(each["Message"]) for each in errors if isinstance(each, dict) and each.get("Message")]


def _scope_advice(answer: Answer) -> str:
    return f"what was consented to does not cover this call ({words(answer)}); add the scope and connect again"
