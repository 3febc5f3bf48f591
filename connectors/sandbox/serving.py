"""HTTP/1.1 with connections kept alive, which werkzeug's own handler closes after each answer."""

from __future__ import annotations

import socket
from io import BytesIO
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication, WSGIEnvironment


class KeepAliveHandler(WSGIRequestHandler):
    """Serve requests one after the other on a connection, without a word on the terminal."""

    protocol_version = "HTTP/1.1"
    # An answer is a head and a body: Nagle's wait between the two would cost 40 ms on each.
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Remember the connection, so that stopping can close it."""
        super().setup()
        _live(self.server).add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        _live(self.server).discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Serve one request; an application that raises ConnectionError leaves the client without an answer."""
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        # Read to its end before the answer: the next request of the connection begins where this one ends.
        stream = environ["wsgi.input"]
        body = (
            stream.read()
            if environ.get("wsgi.input_terminated")
            else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
        )
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        try:
            self._serve(environ)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _serve(self, environ: WSGIEnvironment) -> None:
        started: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            del exc_info
            started.update(status=status, headers=headers)
            return self.wfile.write

        answer = self.server.app(environ, start_response)
        try:
            self._write(environ["REQUEST_METHOD"], started["status"], started["headers"], answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _write(self, method: str, status: str, headers: list[tuple[str, str]], answer: Iterable[bytes]) -> None:
        code, _, reason = status.partition(" ")
        names = {name.lower(): value for name, value in headers}
        bodiless = method == "HEAD" or code in {"204", "304"}
        chunked = not bodiless and "content-length" not in names
        if names.get("connection", "").lower() == "close":
            self.close_connection = True
        lines = [f"HTTP/1.1 {code} {reason}", *(f"{name}: {value}" for name, value in headers)]
        if chunked:
            lines.append("Transfer-Encoding: chunked")
        head = "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")
        for piece in answer:
            if piece and not bodiless:
                self.wfile.write(head + (b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece))
                head = b""
        self.wfile.write(head + (b"0\r\n\r\n" if chunked else b""))

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's own signature)
        """Say nothing: the sandbox keeps its calls itself."""


class Serving:
    """A server in a thread of its own."""

    def __init__(self, app: WSGIApplication, port: int) -> None:
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=KeepAliveHandler)
        _live(self._server)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    def stop(self) -> None:
        """Stop, and close what clients still hold open."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        _live(self._server).close()


class _Live:
    """The connections that are open."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: set[socket.socket] = set()

    def add(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def discard(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def close(self) -> None:
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


def _live(server: BaseWSGIServer) -> _Live:
    live = getattr(server, "live_connections", None)
    if not isinstance(live, _Live):
        live = _Live()
        server.live_connections = live  # type: ignore[attr-defined]
    return live
