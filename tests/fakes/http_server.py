"""A scripted HTTP/1.1 server on loopback; what it received is the oracle of the transport's tests.

In a test::

    with HttpServer(reply(status=503), reply(body=b"{}")) as server: ...

Each request takes the next reply of the script; the last one stays.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import socketserver
import struct
import threading
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

# A handler never outlives a forgotten client by more than this.
_PATIENCE_SECONDS: Final = 20.0
_REASONS: Final = {200: "OK", 204: "No Content"}


class Act(StrEnum):
    """What becomes of a request."""

    ANSWER = "answer"
    TRUNCATE = "truncate"  # announces the whole body, sends `most` bytes of it, closes
    DRIP = "drip"  # one byte each `seconds`, for ever: the body, or with `raw` the head
    RESET_UNREAD = "reset-unread"  # breaks the link before the request is read
    RESET_READ = "reset-read"  # reads the whole request, then breaks the link
    CLOSE_READ = "close-read"  # reads the whole request, then closes without a word
    RESET_BODY = "reset-body"  # sends the head and `most` bytes, then breaks the link
    SILENCE = "silence"  # reads the whole request and never answers
    ENDLESS = "endless"  # a body that never ends, as fast as it is taken
    RAW = "raw"  # `raw` and nothing else, then closes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, or what comes in its place."""

    act: Act = Act.ANSWER
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    most: int = 0
    seconds: float = 0.0
    raw: bytes = b""
    announced: bool = True  # whether Content-Length is sent; without it the connection ends the body


def reply(
    body: bytes | str | object = b"",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    act: Act = Act.ANSWER,
    most: int = 0,
    seconds: float = 0.0,
    raw: bytes = b"",
    announced: bool = True,
) -> Reply:
    """Make a reply; what is neither bytes nor text is sent as JSON."""
    kind = "text/plain" if isinstance(body, bytes | str) else "application/json"
    content = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply(
        act=act,
        status=status,
        headers={"Content-Type": kind, **(headers or {})},
        body=content,
        most=most,
        seconds=seconds,
        raw=raw,
        announced=announced,
    )


def gzipped(content: bytes) -> Reply:
    """Make a reply whose body is compressed."""
    return Reply(
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}, body=gzip.compress(content, mtime=0)
    )


def bomb(mebibytes: int) -> Reply:
    """Make a small body that is `mebibytes` when decompressed."""
    packing = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    packed = b"".join(packing.compress(bytes(2**20)) for _ in range(mebibytes)) + packing.flush()
    return Reply(headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}, body=packed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


class HttpServer:
    """The server; `received` and `connections` may be read at any time."""

    def __init__(self, *script: Reply, tls: ssl.SSLContext | None = None) -> None:
        self._script = list(script)
        self._tls = tls
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self.stopping = threading.Event()
        self.received: list[Received] = []
        self.connections = 0
        self.running = 0
        self.most_running = 0
        outer = self

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = False
            block_on_close = True
            request_queue_size = 64

            def finish_request(self, request: Any, client_address: Any) -> None:
                del client_address
                outer._serve(request)

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Keep quiet: clients that give up are the purpose."""

        self._server = Server(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"{'https://localhost' if self._tls else 'http://127.0.0.1'}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    def _next(self) -> Reply:
        with self._lock:
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(_PATIENCE_SECONDS)
        with self._lock:
            self.connections += 1
            number = self.connections
        link = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
        with self._lock:
            self._sockets.add(link)
        try:
            with link.makefile("rb") as stream, contextlib.suppress(OSError):
                while not self.stopping.is_set() and self._one(link, stream, number):
                    pass
        finally:
            with self._lock:
                self._sockets.discard(link)
            link.close()

    def _one(self, link: socket.socket, stream: Any, number: int) -> bool:
        with self._lock:
            unread = self._script[0].act is Act.RESET_UNREAD
        if unread:
            # The request line is there, so that the client has sent something.
            link.recv(1, socket.MSG_PEEK)
            self._next()
            return _broken(link)
        request = _read(stream, number)
        if request is None:
            return False
        with self._lock:
            self.received.append(request)
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        answer = self._next()
        try:
            for piece in self._pieces(answer):
                link.sendall(piece)
        finally:
            with self._lock:
                self.running -= 1
        if answer.act in {Act.RESET_READ, Act.RESET_BODY}:
            return _broken(link)
        return answer.act is Act.ANSWER and answer.announced

    def _pieces(self, answer: Reply) -> Iterator[bytes]:
        match answer.act:
            case Act.ANSWER:
                self.stopping.wait(answer.seconds)
                yield _head(answer, len(answer.body)) + answer.body
            case Act.TRUNCATE | Act.RESET_BODY:
                yield _head(answer, len(answer.body)) + answer.body[: answer.most]
            case Act.DRIP:
                yield from self._drops(answer)
            case Act.SILENCE:
                self.stopping.wait(_PATIENCE_SECONDS)
            case Act.ENDLESS:
                yield _head(answer, None)
                while not self.stopping.is_set():
                    yield bytes(64 * 1024)
            case Act.RAW:
                yield answer.raw
            case Act.RESET_UNREAD | Act.RESET_READ | Act.CLOSE_READ:
                pass

    def _drops(self, answer: Reply) -> Iterator[bytes]:
        if not answer.raw:
            yield _head(answer, 10**9)
        pending = answer.raw
        while not self.stopping.wait(answer.seconds):
            yield pending[:1] or b" "
            pending = pending[1:]


def _head(answer: Reply, length: int | None) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'So')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines.append(f"Content-Length: {length}" if answer.announced and length is not None else "Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _read(stream: Any, number: int) -> Received | None:
    line = stream.readline().decode("latin-1").split()
    if len(line) < 2:
        return None
    headers: dict[str, str] = {}
    while text := stream.readline().decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Received(method=line[0], target=line[1], headers=headers, body=body, connection=number)


def _broken(link: socket.socket) -> bool:
    # Closing without lingering sends RST.
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
    return False
