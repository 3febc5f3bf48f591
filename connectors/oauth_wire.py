"""One call to a provider's log-in service: bounded, never repeated, never redirected."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

import requests
from requests.auth import AuthBase
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from connectors.http_answer import Answer
from engine.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK: Final = 16_384


class NothingSentError(BooksError):
    """The provider's log-in service could not be reached: the request never left."""


class AnswerLostError(BooksError):
    """The request was sent and no whole answer came back: it may have been carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one call may take, in seconds, and how much it may bring."""

    connect: float = 10
    read: float = 20
    total: float = 30
    most_bytes: int = 512 * 1024


class _AsGiven(AuthBase):
    """Sends the headers as they are: without it, requests would put a log-in from ~/.netrc in their place."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    form: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Answer:
    """Make one call and give its answer, whatever its status; raises NothingSentError, AnswerLostError.

    The text of an error names the host and nothing else of what was sent.
    """
    bounds = limits or Limits()
    host = url.split("/")[2]
    deadline = monotonic() + bounds.total
    try:
        # A connection of its own: one that was kept open might already be dead, and a dead one cannot be told from a lost answer.
        with (
            requests.Session() as session,
            session.request(
                method,
                url,
                headers={"Accept": "application/json", **headers},
                data=form,
                params=params,
                auth=_AsGiven(),
                timeout=(bounds.connect, bounds.read),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            body = _body(response, deadline, bounds.most_bytes)
            return Answer(status=response.status_code, headers=response.headers, body=body, url=url)
    except (requests.RequestException, HTTPError, OSError) as error:
        if _never_sent(error):
            raise NothingSentError(f"{host} cannot be reached ({_why(error)})") from None
        raise AnswerLostError(f"{host} did not answer to the end ({_why(error)})") from None


def _body(response: requests.Response, deadline: float, most: int) -> bytes:
    body = bytearray()
    # read1 gives what has come: a server that drips never fills a larger read.
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > most:
            raise requests.exceptions.ContentDecodingError("too long")
        if monotonic() > deadline:
            raise requests.exceptions.ReadTimeout("too slow")
    return bytes(body)


def _never_sent(error: Exception) -> bool:
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.InvalidURL)):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, (NewConnectionError, ConnectTimeoutError, ProxyError)):
        return True
    return isinstance(reason, SSLError) and any(isinstance(a, ssl.SSLCertVerificationError) for a in reason.args)


def _why(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate or its encryption is not accepted"
    if isinstance(error, requests.exceptions.Timeout):
        return "time ran out"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "the answer is too long or damaged"
    return "the connection failed"
