"""Calls to a WSGI application without sockets: a requests session whose only adapter is the application itself."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
import requests.adapters
import urllib3
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIApplication

# A link that never breaks.
NEVER = 1 << 62


class WsgiAdapter(requests.adapters.HTTPAdapter):
    """Hands requests to an application; after `left` more of them the link is broken until `left` is set again."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app
        self.left = NEVER

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT002 (the library's own signature)
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT002 (the same)
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        del stream, timeout, verify, cert, proxies
        if self.left <= 0:
            raise requests.ConnectionError("the link is broken")
        self.left -= 1
        assert request.url is not None
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        assert isinstance(body, bytes)
        builder = EnvironBuilder(
            path=request.url,
            method=request.method or "GET",
            headers=list(request.headers.items()),
            input_stream=io.BytesIO(body),
        )
        environ = builder.get_environ()
        environ["CONTENT_LENGTH"] = str(len(body))
        try:
            chunks, status, headers = run_wsgi_app(self._app, environ)
            content = b"".join(chunks)
        except ConnectionError as broken:
            raise requests.ConnectionError(str(broken)) from broken
        code, _, reason = status.partition(" ")
        answer = urllib3.HTTPResponse(
            body=io.BytesIO(content),
            headers=urllib3.HTTPHeaderDict(list(headers)),
            status=int(code),
            reason=reason,
            preload_content=False,
        )
        return self.build_response(request, answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A session and the adapter behind it."""

    session: requests.Session
    adapter: WsgiAdapter


def wired(app: WSGIApplication) -> Wire:
    """Make a session that reaches an application and nothing else."""
    session = requests.Session()
    session.trust_env = False
    adapter = WsgiAdapter(app)
    for prefix in ("http://", "https://"):
        session.mount(prefix, adapter)
    return Wire(session=session, adapter=adapter)
