"""A server of ready pages in its own process: `python -m bench.pages_server COUNT` prints its port once all bytes are made.

`/first/…` are whole lists, `/changed/…` and `/same/…` what If-Modified-Since brings an hour later: 1 % of them, and nothing.
It stops when its standard input ends. `/log` tells and forgets what was asked.
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

from bench.xero_ledger import encode, make, organisation, pages_of

_NAMES: Final = ("Invoices", "Payments", "Contacts", "CreditNotes", "Overpayments", "Prepayments")
_SINCE: Final = "If-Modified-Since"


class Shelf:
    """Pages by list, ready to send."""

    def __init__(self, count: int) -> None:
        first, changed = make(count)
        self.nothing: Final = {name: pages_of(name, []) for name in _NAMES}
        self.first: Final = self.nothing | first.pages()
        self.changed: Final = self.nothing | changed.pages()
        # As they are an hour later.
        self.contacts: Final = first.contacts | changed.contacts
        self.later: Final = self.first | {"Contacts": pages_of("Contacts", list(self.contacts.values()))}
        self.organisation: Final = organisation()
        self.asked: list[str] = []

    def answer(self, target: str, since: str) -> bytes | None:
        """Give the body for a request target, None for one that is not known."""
        url = urlsplit(target)
        stage, _, name = url.path.lstrip("/").partition("/")
        if stage == "log":
            asked, self.asked = self.asked, []
            return encode(asked)
        self.asked.append(f"{stage} {name} {url.query}")
        if name == "Organisation":
            return self.organisation
        if name not in _NAMES:
            return None
        query = parse_qs(url.query)
        if "IDs" in query:
            return pages_of(name, [self.contacts[each] for each in query["IDs"][0].split(",")])[0]
        page = int(query.get("page", ["1"])[0])
        pages = self._lists(stage, since)[name]
        return pages[page - 1] if page <= len(pages) else self.nothing[name][0]

    def _lists(self, stage: str, since: str) -> dict[str, list[bytes]]:
        if stage == "first":
            return self.nothing if since else self.first
        if stage == "changed":
            return self.changed if since else self.later
        return self.nothing if since else self.first


def serve(count: int) -> None:
    shelf = Shelf(count)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = shelf.answer(self.path, self.headers.get(_SINCE, ""))
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.send_header("X-DayLimit-Remaining", "4000")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing: the log is asked for."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
