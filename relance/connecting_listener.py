"""Waiting on this machine for the browser that comes back from the provider's consent page."""

from __future__ import annotations

import ipaddress
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from connectors.oauth import ConsentDeniedError, Redirected, RedirectError, read_redirect
from engine.errors import RelanceError

if TYPE_CHECKING:
    from types import TracebackType

    from connectors.oauth import Question

_LONGEST_ADDRESS: Final = 8192
# A browser opens connections in advance and says nothing on them.
_SILENCE_SECONDS: Final = 5.0

# (title, text) of the page, by what came.
_WORDS: Final = {
    "en": {
        "received": ("Relance has the answer", "You can close this page. The terminal says whether all went well."),
        "denied": ("Access was not granted", "Nothing was connected. You can close this page."),
        "stray": ("This page is not the answer", "It does not belong to the log-in that Relance is waiting for."),
        "over": ("Relance already has its answer", "You can close this page."),
    },
    "fr": {
        "received": ("Relance a reçu la réponse", "Vous pouvez fermer cette page. Le terminal dit si tout s’est bien passé."),
        "denied": ("L’accès n’a pas été accordé", "Rien n’a été connecté. Vous pouvez fermer cette page."),
        "stray": ("Cette page n’est pas la réponse", "Elle n’appartient pas à la connexion que Relance attend."),
        "over": ("Relance a déjà sa réponse", "Vous pouvez fermer cette page."),
    },
}  # fmt: skip


class ListenError(RelanceError):
    """The browser cannot come back to this machine at the redirect address."""


class NobodyCameError(RelanceError):
    """No answer came from the consent page in time."""


def is_here(redirect_uri: str) -> bool:
    """Tell whether a redirect address leads to this machine, without encryption: only then can we receive it."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and _loopback(parts.hostname or "") is not None


def _loopback(host: str) -> str | None:
    if host.lower() == "localhost":
        return "127.0.0.1"
    try:
        return host if ipaddress.ip_address(host).is_loopback else None
    except ValueError:
        return None


class Listener:
    """Receives one answer to one question, on loopback only; use it as a context manager.

    Raises ListenError when it cannot listen. What does not belong to the question is turned away and waited past.
    """

    def __init__(self, question: Question, redirect_uri: str, language: str) -> None:
        self.question = question
        self.path = urlsplit(redirect_uri).path or "/"
        self.words = _WORDS.get(language[:2], _WORDS["en"])
        self.language = language[:2] if language[:2] in _WORDS else "en"
        self.answers: Queue[Redirected | ConsentDeniedError] = Queue(maxsize=1)
        self.answered = False
        self.turn = Lock()
        parts = urlsplit(redirect_uri)
        host, port = _loopback(parts.hostname or "") or "127.0.0.1", parts.port or 80
        listener = self

        class Handler(_Handler):
            owner = listener

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise ListenError(
                f"nothing can be received at {redirect_uri} ({error.strerror}): close what uses that port, set another "
                "books.redirect_uri (in the app at the provider too), or use --paste"
            ) from None
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, seconds: float) -> Redirected:
        """Wait for the answer; raises ConsentDeniedError where it is no, NobodyCameError where none comes."""
        try:
            answer = self.answers.get(timeout=seconds)
        except Empty:
            raise NobodyCameError(
                f"no answer came from the consent page within {seconds:g} seconds; run the command again, with --paste "
                "where the browser is on another machine"
            ) from None
        if isinstance(answer, ConsentDeniedError):
            raise answer
        return answer

    def receive(self, address: str) -> tuple[int, str]:
        """Judge what a browser asked for; give the status and the word of the page to show."""
        with self.turn:
            if self.answered:
                return 409, "over"
            answer: Redirected | ConsentDeniedError
            try:
                answer = read_redirect(address, self.question)
            except ConsentDeniedError as denied:
                answer = denied
            except RedirectError:
                return 400, "stray"
            self.answered = True
            self.answers.put(answer)
            return (200, "received") if isinstance(answer, Redirected) else (200, "denied")

    def page(self, word: str) -> bytes:
        """Write a page that needs nothing from anywhere."""
        title, text = (escape(part) for part in self.words[word])
        return (
            f'<!doctype html><html lang="{self.language}"><meta charset="utf-8"><title>{title}</title>'
            f"<h1>{title}</h1><p>{text}</p></html>"
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    owner: Listener
    timeout = _SILENCE_SECONDS

    def do_GET(self) -> None:
        if urlsplit(self.path).path != self.owner.path or len(self.path) > _LONGEST_ADDRESS:
            self.send_error(404)
            return
        status, word = self.owner.receive(self.path)
        body = self.owner.page(word)
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            # The address holds the code: it goes to no one and stays nowhere.
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the address holds the code."""
