"""What the answers of a token address mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.oauth import OAuthProvider, error_word
from connectors.oauth_wire import AnswerLostError
from engine.errors import BooksError, BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.http_answer import Answer

_LONGEST_ACCESS: Final = 24 * 3600
_LONGEST_REFRESH: Final = 10 * 366 * 24 * 3600
_MOST_TOKEN: Final = 16_384
_REFUSALS: Final = frozenset({400, 401, 403})
_OF_THE_APP: Final = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"})


class GrantRefusedError(BooksError):
    """The provider takes this code or refresh token no more (invalid_grant): only a person's consent brings another."""


class AppRefusedError(BooksError):
    """The provider does not know the app by this client id and secret."""


class TokenServiceError(BooksError):
    """The token address answered that it did nothing: trouble of its own, too many calls, or an address that is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a token address gave; `consent_ends_at` is when no renewal will help any more, None where nobody says."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_expires_at: datetime
    refresh_expires_at: datetime
    consent_ends_at: datetime | None = None
    scopes: str = ""


def read_tokens(answer: Answer, provider: OAuthProvider, *, asked_at: datetime, refresh: str = "") -> Tokens:
    """Read the answer to a code or a refresh token; `refresh` is the token used, kept where no other is given.

    Raises GrantRefusedError, AppRefusedError, TokenServiceError where nothing was given, and AnswerLostError where
    something was and cannot be read.
    """
    if not answer.succeeded:
        _refuse(answer, provider)
    try:
        given = answer.json()
    except BooksUnreadableError as error:
        raise AnswerLostError(f"{provider.title}: {error}") from None
    return tokens_of(given, provider, asked_at=asked_at, refresh=refresh)


def tokens_of(given: Any, provider: OAuthProvider, *, asked_at: datetime, refresh: str = "") -> Tokens:
    """Read a token answer that is JSON already; raises AnswerLostError where it holds no usable tokens."""
    if not isinstance(given, dict):
        raise AnswerLostError(f"{provider.title}: the token answer is no JSON object")
    access, renewed = _token(given.get("access_token")), _token(given.get("refresh_token", refresh))
    if not access or not renewed:
        raise AnswerLostError(f"{provider.title}: the token answer holds no usable access_token and refresh_token")
    lifetime = _seconds(given, ("expires_in",), provider.access_seconds, _LONGEST_ACCESS)
    unused = _seconds(
        given,
        ("refresh_token_expires_in", "x_refresh_token_expires_in"),
        provider.refresh_days * 86_400,
        _LONGEST_REFRESH,
    )
    ends = _seconds(given, ("x_refresh_token_hard_expires_in",), 0, _LONGEST_REFRESH)
    scope = given.get("scope")
    return Tokens(
        access=access,
        refresh=renewed,
        access_expires_at=asked_at + timedelta(seconds=lifetime),
        refresh_expires_at=asked_at + timedelta(seconds=unused),
        consent_ends_at=asked_at + timedelta(seconds=ends) if ends else None,
        scopes=scope if isinstance(scope, str) and scope.isprintable() else "",
    )


def _refuse(answer: Answer, provider: OAuthProvider) -> None:
    code = _error_code(answer) if answer.status in _REFUSALS else ""
    if code == "invalid_grant":
        raise GrantRefusedError(f"{provider.title} no longer accepts what it had granted (invalid_grant)")
    if code in _OF_THE_APP:
        raise AppRefusedError(
            f"{provider.title} does not accept the app ({code}): look at books.client_id, client_secret and scopes"
        )
    raise TokenServiceError(
        f"the log-in service of {provider.title} answered {answer.status}{f' ({code})' if code else ''}"
    )


def _error_code(answer: Answer) -> str:
    try:
        given = answer.json()
    except BooksUnreadableError:
        return ""
    return error_word(given.get("error")) if isinstance(given, dict) else ""


def _token(value: object) -> str:
    if isinstance(value, str) and 0 < len(value) <= _MOST_TOKEN and value.isascii() and value.isprintable():
        return "" if " " in value else value
    return ""


def _seconds(given: Mapping[str, Any], names: tuple[str, ...], usual: int, most: int) -> int:
    for name in names:
        value = given.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:18])
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return min(value, most)
    return usual
