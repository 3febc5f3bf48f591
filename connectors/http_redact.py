"""Secrets kept out of every text that can be logged, shown or stored."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import requests.auth

if TYPE_CHECKING:
    from collections.abc import Iterable

_INSTEAD: Final = "[secret]"
_SHORTEST: Final = 6
_MOST_CHARACTERS: Final = 120
_PATTERNS: Final = (
    # After these words comes a secret, in headers, forms, addresses and JSON alike.
    re.compile(
        r"(?i)\b((?:access_token|refresh_token|id_token|client_secret|client_assertion|code_verifier|password"
        r"|authorization|set-cookie|cookie)[\"']?\s*[=:]\s*[\"']?(?:(?:bearer|basic)\s+)?)[^\s\"'&;,}]+"
    ),
    # An authorization code; a shorter one is the number of an error.
    re.compile(r"(?i)\b(code=)[^\s\"'&;,}]{8,}"),
    re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}"),
    # A user and password in an address.
    re.compile(r"(://)[^/@\s]+(?=@)"),
)


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """Give a text without these secrets, plain, quoted or in base64, and without what looks like one."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
                text = text.replace(form, _INSTEAD)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{_INSTEAD}", text)
    return text


def one_line(text: str) -> str:
    """Give what another machine wrote as one short line of printable characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * _MOST_CHARACTERS])
    return " ".join(printable.split())[:_MOST_CHARACTERS]


class Bearer(requests.auth.AuthBase):
    """Puts the access token on a request at the last moment, so that no variable in a traceback shows it."""

    def __init__(self, token: str) -> None:
        self.token: Final = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header (RFC 6750 §2.1)."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def __repr__(self) -> str:
        return f"Bearer({_INSTEAD})"
