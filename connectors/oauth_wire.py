"""One call to a provider's log-in service: bounded, never repeated, never redirected."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from requests.auth import AuthBase

from connectors.http_wire import Failure, Limits, Outgoing, forbidden, new_session
from connectors.http_wire import exchange as on_the_wire
from engine.errors import BooksError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from connectors.http_answer import Answer

_LIMITS: Final = Limits(connect=10, read=20, total=30)
_MOST_BYTES: Final = 1024 * 1024


class NothingSentError(BooksError):
    """The provider's log-in service could not be reached: the request never left."""


class AnswerLostError(BooksError):
    """The request was sent and no whole answer came back: it may have been carried out."""


class _Identity(AuthBase):
    """Puts the app's or the bearer's identification on a request at the last moment."""

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._authorization:
            request.headers["Authorization"] = self._authorization
        return request


def exchange(
    method: str,
    url: str,
    *,
    authorization: str = "",
    form: Mapping[str, str] | None = None,
    document: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    limits: Limits = _LIMITS,
) -> Answer:
    """Make one call and give its answer, whatever its status; raises NothingSentError, AnswerLostError.

    The body is a form, or a document in JSON, or nothing. The text of an error names the host and nothing else of what was sent.
    """
    host = urlsplit(url).netloc
    if why := forbidden(url):
        raise NothingSentError(f"no secret is sent to {host}: {why}")
    headers, body = {"Accept": "application/json"}, None
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form).encode("ascii")
    elif document is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(document).encode("ascii")
    outgoing = Outgoing(
        method=method,
        url=url,
        params=params,
        headers=headers,
        body=body,
        most_bytes=_MOST_BYTES,
    )
    # A connection of its own: one that was kept open may be dead already, which cannot be told from a lost answer.
    with new_session(1) as session:
        came = on_the_wire(session, outgoing, auth=_Identity(authorization), limits=limits, monotonic=monotonic)
    if not isinstance(came, Failure):
        return came
    if came.handed_over:
        raise AnswerLostError(f"{host} did not answer to the end: {came.words}")
    raise NothingSentError(f"{host} cannot be reached: {came.words}")
