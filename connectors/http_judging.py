"""What a status means where the provider's own manners do not say more, and when to come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from connectors.http_ports import TokenRefused
from engine.errors import BooksBusyError, BooksRefusedError, BooksUnreachableError, BooksUnreadableError

if TYPE_CHECKING:
    from connectors.http_answer import Answer

_MINUTE: Final = timedelta(seconds=60)
# No provider's limit lasts longer than its day; a Retry-After beyond that is a mistake of theirs.
LONGEST_PARK: Final = timedelta(hours=24)
_TIMED_OUT: Final = 408
_TOO_EARLY: Final = 425
_TOO_MANY: Final = 429


def retry_at(
    answer: Answer, now: datetime, *, otherwise: timedelta = _MINUTE, longest: timedelta = LONGEST_PARK
) -> datetime:
    """Give the instant that Retry-After names, in seconds or as a date (RFC 9110 §10.2.3).

    What is missing, unreadable or past gives `otherwise`; what is absurd is cut to `longest`.
    """
    wait = _asked(answer.header("Retry-After"), now)
    if wait is None or wait <= timedelta(0):
        wait = otherwise
    return now + min(wait, longest)


def _asked(text: str, now: datetime) -> timedelta | None:
    try:
        # inf and 1e99 overflow, nan is a ValueError.
        return timedelta(seconds=float(text))
    except OverflowError:
        return None if text.startswith("-") else LONGEST_PARK
    except ValueError:
        pass
    try:
        instant = parsedate_to_datetime(text)
        # A date without a zone is GMT, the only one HTTP has.
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def judge(answer: Answer, now: datetime, who: str) -> None:
    """Raise what a status means by itself (RFC 9110 §15); 2xx and 304 pass."""
    status = answer.status
    if answer.succeeded or status == 304:  # noqa: PLR2004 (Not Modified: the answer to If-Modified-Since)
        return
    if status == 401:  # noqa: PLR2004 (Unauthorized)
        raise TokenRefused(f"{who} did not take the access token")
    if status == _TOO_MANY:
        raise BooksBusyError(f"{who} takes no more calls for now", retry_at=retry_at(answer, now))
    if status >= 500 or status in {_TIMED_OUT, _TOO_EARLY}:  # noqa: PLR2004 (server errors)
        raise BooksUnreachableError(f"{who} is in trouble itself (HTTP {status}); another try may work")
    if status >= 400:  # noqa: PLR2004 (client errors)
        raise BooksRefusedError(f"{who} refuses this call (HTTP {status}: {answer.what_came()})")
    raise BooksUnreadableError(
        f"{who} answered HTTP {status}, which is no answer to this call; a proxy or a portal may stand between"
    )
