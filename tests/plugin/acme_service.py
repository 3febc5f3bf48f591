"""Acme, as connectors/ADDING.md describes it: documents in pages, single ones, and notes by key, over real HTTP."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY: Final = "acme-key-7c1f"
PAGE: Final = 3


@dataclass(slots=True, kw_only=True)
class Acme:
    """One organisation's documents; `tick` is the time there, which only changes move. `instead` answers everything."""

    documents: dict[int, dict[str, Any]] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    instead: bytes | None = None
    tick: int = 1
    _server: ThreadingHTTPServer | None = field(default=None, init=False)

    def put(self, identity: int, **of_it: Any) -> None:
        """Keep a document, or change one."""
        usual = {
            "id": identity, "kind": "invoice", "number": f"A-{identity}", "issued": "2026-10-01", "due": "2026-10-31",
            "currency": "EUR", "total": "120.00", "open": "120.00", "void": False, "revision": 0,
            "customer": {"id": identity % 2 + 1, "name": f"Customer {identity % 2 + 1}", "email": "ap@one.example"},
        }  # fmt: skip
        row = self.documents.get(identity, usual) | of_it
        self.tick += 1
        self.documents[identity] = row | {"revision": row["revision"] + 1}
        self.changed[identity] = self.tick

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        acme = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status, body = acme.answer(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _answer  # noqa: N815 (names that the standard library looks for)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,)).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        self.asked.append(f"{method} {path}")
        if self.instead is not None:
            return 200, self.instead
        if headers.get("Authorization") != f"Bearer {KEY}":
            return 401, b"{}"
        parts = urlsplit(path)
        match method, parts.path.strip("/").split("/"):
            case "GET", ["me"]:
                return _json({"id": "acme-1", "name": "Example Joinery Ltd", "currency": "EUR"})
            case "GET", ["documents"]:
                return _json(self._page(dict(parse_qsl(parts.query))))
            case "GET", ["documents", identity] if int(identity) in self.documents:
                return _json(self.documents[int(identity)])
            case "POST", ["documents", identity, "notes"] if int(identity) in self.documents:
                sent = json.loads(body)
                self.notes.setdefault(sent["key"], sent["text"])
                return 201, b"{}"
        return 404, b"{}"

    def _page(self, query: Mapping[str, str]) -> dict[str, Any]:
        since = int(query.get("changed_since", "0000-00-00T00:00:00Z")[17:19])
        rows = [row for key, row in sorted(self.documents.items()) if self.changed[key] > since]
        page = int(query["page"])
        more = len(rows) > page * PAGE
        shown = rows[(page - 1) * PAGE : page * PAGE]
        as_of = f"2026-11-23T08:00:{self.tick:02}Z"
        return {"documents": shown, "next": page + 1 if more else None, "as_of": as_of}


def _json(value: object) -> tuple[int, bytes]:
    return 200, json.dumps(value).encode()


def furnished() -> Acme:
    """Acme with open, paid, void and credit documents on several pages, one that nobody can read among them."""
    acme = Acme()
    for identity in range(1, 8):
        acme.put(identity)
    acme.put(3, open="20.00", due=None)
    acme.put(4, open="0.00")
    acme.put(5, void=True, open="0.00")
    acme.put(6, kind="credit", total="15.00", open="15.00")
    acme.put(8, total="12 euros")
    return acme
