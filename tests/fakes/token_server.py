"""A log-in service on loopback with the manners of Xero, QuickBooks Online or Sage, strict wherever they may be.

Written from the providers' documentation: how each identifies an app, rotates refresh tokens and forgives a lost answer.
`advance` moves its clock; `faults` are what happens to the next calls of the token address, in order.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

from connectors.oauth import PROVIDERS, App

if TYPE_CHECKING:
    from connectors.oauth import OAuthProvider

CLIENT_ID = "app-of-the-firm"
SECRET = "canary-secret-7f3a/+ é"
REDIRECT = "http://localhost:8765/callback"
# What a careless line of code would leave where somebody can read it.
CANARY = "canary"


@dataclass(slots=True)
class Grant:
    """One consent: its living refresh token, those it replaced and when, the organisations it reaches."""

    refresh: str
    organisations: dict[str, str]
    given_at: timedelta
    replaced: dict[str, timedelta] = field(default_factory=dict)
    revoked: bool = False


@dataclass(slots=True)
class TokenServer:
    """The stand-in; use it as a context manager."""

    provider: str = "xero"
    organisations: dict[str, str] = field(default_factory=lambda: {"org-1": "Dupont Menuiserie SARL"})
    strict: bool = False  # rotate at every refresh and forgive nothing, whatever the provider would
    expires_in: int = 1800
    deny: str = ""
    secret: str | None = SECRET
    faults: deque[str] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    access: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    now: timedelta = timedelta()
    lock: threading.RLock = field(default_factory=threading.RLock)
    http: ThreadingHTTPServer | None = None
    thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        owner: TokenServer = self

        class Handler(_Handler):
            server_of = owner

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = False
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self.http is not None
        assert self.thread is not None
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    @property
    def root(self) -> str:
        assert self.http is not None
        return f"http://127.0.0.1:{self.http.server_address[1]}"

    def addresses(self) -> dict[str, str]:
        """Give the keys of `books` that lead here."""
        own = {"authorize_url": "/authorize", "token_url": "/token", "revoke_url": "/revoke", "base_url": ""}
        if self.provider == "xero":
            own["connections_url"] = "/connections"
        return {key: self.root + path for key, path in own.items()}

    def facts(self) -> OAuthProvider:
        return replace(PROVIDERS[self.provider], **self.addresses())  # type: ignore[arg-type]

    def app(self) -> App:
        secret = self.secret
        return App(
            provider=self.facts(),
            client_id=CLIENT_ID,
            client_secret=(lambda: secret) if secret is not None else None,
            redirect_uri=REDIRECT,
            scopes=PROVIDERS[self.provider].scopes,
        )

    def advance(self, **span: float) -> None:
        with self.lock:
            self.now += timedelta(**span)

    def grant(self) -> dict[str, Any]:
        """Consent, as if a person had been through the pages: give the token answer."""
        with self.lock:
            grant = Grant(refresh=_token("r"), organisations=dict(self.organisations), given_at=self.now)
            self.grants.append(grant)
            return self._answer(grant)

    def refreshes(self) -> list[str]:
        return [call for call in self.calls if call.startswith("refresh")]

    # -- what the provider does ---------------------------------------------------------------------------------------

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        with self.lock:
            if not self._is_the_app(form, authorization):
                self.calls.append("refused app")
                return 401, {"error": "invalid_client"}
            if form.get("grant_type") == "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
            return self._code(form)

    def _is_the_app(self, form: dict[str, str], authorization: str) -> bool:
        if self.provider == "sage" or self.secret is None:
            given = form.get("client_id"), form.get("client_secret")
            return given == (CLIENT_ID, self.secret) and not authorization
        scheme, _, text = authorization.partition(" ")
        if scheme != "Basic":
            return False
        name, _, word = base64.b64decode(text).decode().partition(":")
        return (unquote_plus(name), unquote_plus(word)) == (CLIENT_ID, self.secret)

    def _refresh(self, refresh: str) -> tuple[int, dict[str, Any]]:
        grant = next((g for g in self.grants if refresh == g.refresh or refresh in g.replaced), None)
        if grant is None or grant.revoked or not self._still_taken(grant, refresh):
            self.calls.append("refresh invalid_grant")
            return 400, {"error": "invalid_grant"}
        self.calls.append("refresh again" if refresh in grant.replaced else "refresh")
        if self.strict or self.provider != "quickbooks" or self.now - grant.given_at >= timedelta(hours=24):
            grant.replaced[grant.refresh] = self.now
            grant.refresh, grant.given_at = _token("r"), self.now
        return 200, self._answer(grant)

    def _still_taken(self, grant: Grant, refresh: str) -> bool:
        if refresh == grant.refresh:
            return True
        forgiven = {"xero": timedelta(minutes=30), "quickbooks": timedelta(hours=24)}.get(self.provider)
        return not self.strict and forgiven is not None and self.now - grant.replaced[refresh] <= forgiven

    def _code(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if challenge := asked.get("code_challenge"):
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return 400, {"error": "invalid_grant"}
        self.calls.append("code")
        return 200, self.grant()

    def _answer(self, grant: Grant) -> dict[str, Any]:
        access = _token("a")
        self.access[access] = grant
        answer: dict[str, Any] = {
            "access_token": access,
            "refresh_token": grant.refresh,
            "expires_in": self.expires_in,
            "token_type": "Bearer",
        }
        if self.provider == "quickbooks":
            answer |= {"x_refresh_token_expires_in": 8640000, "token_type": "bearer"}
        else:
            answer["scope"] = " ".join(PROVIDERS[self.provider].scopes)
        if self.provider == "sage":
            answer["refresh_token_expires_in"] = 2678400
        return answer

    def authorize(self, query: dict[str, str]) -> str:
        with self.lock:
            self.asked = query
            if self.deny:
                return f"{query['redirect_uri']}?{urlencode({'error': self.deny, 'state': query['state']})}"
            code = _token("c")
            self.codes[code] = query
            fields = {"code": code, "state": query["state"]}
            if self.provider == "quickbooks":
                fields["realmId"] = next(iter(self.organisations))
            return f"{query['redirect_uri']}?{urlencode(fields)}"

    def revoke(self, form: dict[str, str], body: bytes, authorization: str) -> int:
        with self.lock:
            token = form.get("token") or (json.loads(body)["token"] if body.startswith(b"{") else "")
            identity = {k: v for k, v in form.items() if k.startswith("client")}
            if not self._is_the_app(identity, authorization):
                return 401
            for grant in self.grants:
                if token == grant.refresh:
                    grant.revoked = True
                    self.calls.append("revoke")
            return 200

    def reached(self, authorization: str) -> Grant | None:
        with self.lock:
            grant = self.access.get(authorization.removeprefix("Bearer "))
            return None if grant is None or grant.revoked else grant


def _token(kind: str) -> str:
    return f"{CANARY}-{kind}-{secrets.token_urlsafe(24)}"


class _Handler(BaseHTTPRequestHandler):
    server_of: TokenServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        me, path, grant = self.server_of, urlsplit(self.path), self.server_of.reached(self._authorization())
        if path.path == "/authorize":
            self._send(302, b"", {"Location": me.authorize(dict(parse_qsl(path.query)))})
        elif grant is None:
            self._json(401, {"Title": "Unauthorized", "Status": 401})
        elif path.path == "/connections" and me.provider == "xero":
            rows = [
                {"id": f"con-{key}", "tenantId": key, "tenantType": "ORGANISATION", "tenantName": name}
                for key, name in grant.organisations.items()
            ]
            self._json(
                200, [*rows, {"id": "con-p", "tenantId": "p", "tenantType": "PRACTICE", "tenantName": "Cabinet"}]
            )
        elif path.path == "/businesses" and me.provider == "sage":
            self._businesses(grant, parse_qs(path.query))
        elif path.path.startswith("/v3/company/") and me.provider == "quickbooks":
            self._company(grant, path.path)
        else:
            self._json(404, {})

    def _businesses(self, grant: Grant, query: dict[str, list[str]]) -> None:
        page, size = int(query.get("page", ["1"])[0]), 2
        rows = [
            {"id": key, "displayed_as": name, "$path": f"/businesses/{key}"}
            for key, name in grant.organisations.items()
        ]
        more = f"/businesses?page={page + 1}&items_per_page={size}" if page * size < len(rows) else None
        shown = rows[(page - 1) * size : page * size]
        self._json(200, {"$total": len(rows), "$page": page, "$next": more, "$items": shown})

    def _company(self, grant: Grant, path: str) -> None:
        realm = path.split("/")[3]
        if path != f"/v3/company/{realm}/companyinfo/{realm}" or realm not in grant.organisations:
            self._json(403, {"fault": {"error": [{"code": "3100"}], "type": "AUTHORIZATION"}})
        else:
            self._json(200, {"CompanyInfo": {"CompanyName": grant.organisations[realm], "Id": "1"}})

    def do_DELETE(self) -> None:
        me, grant = self.server_of, self.server_of.reached(self._authorization())
        key = self.path.removeprefix("/connections/con-")
        if grant is None or key not in grant.organisations:
            self._json(404, {})
            return
        del grant.organisations[key]
        me.calls.append("delete connection")
        self._send(204, b"", {})

    def do_POST(self) -> None:
        me = self.server_of
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if self.path == "/revoke":
            self._json(me.revoke(form, body, self._authorization()), {"success": "ok"})
            return
        if self.path != "/token":
            self._json(404, {})
            return
        fault = me.faults.popleft() if me.faults else ""
        if fault in {"unavailable", "busy", "redirect"}:
            me.calls.append(fault)
            status = {"unavailable": 503, "busy": 429, "redirect": 307}[fault]
            self._send(status, b"<html>later</html>", {"Location": f"{me.root}/token", "Retry-After": "1"})
            return
        status, answer = me.token(form, self._authorization())
        if fault == "lost":
            self.close_connection = True
        elif fault == "cut short":
            text = json.dumps(answer).encode()
            self._send(status, text[: len(text) // 2], {}, length=len(text))
            self.close_connection = True
        elif fault == "html":
            self._send(status, b"<html>fine</html>", {"Content-Type": "text/html"})
        else:
            self._json(status, answer)

    def _authorization(self) -> str:
        return self.headers.get("Authorization") or ""

    def _json(self, status: int, value: object) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
