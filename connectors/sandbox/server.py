"""The sandbox: one port, a prefix for each provider, books behind them."""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Final, Self

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from connectors.sandbox import control
from connectors.sandbox.calls import KEPT_HEADERS, Call, CallLog
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.dialect import Context, Dialect, Refusal, Remaining
from connectors.sandbox.faults import Fault, Faults
from connectors.sandbox.ledger import Ledger, Organisation
from connectors.sandbox.limits import Limits
from connectors.sandbox.mischief import TEXT_FAULTS, WHOLE_FAULTS, Rows, whole
from connectors.sandbox.oauth import RULES, OAuth
from connectors.sandbox.quickbooks.dialect import QuickBooksDialect
from connectors.sandbox.sage.dialect import SageDialect
from connectors.sandbox.serving import Serving
from connectors.sandbox.tokens import TokenDoor
from connectors.sandbox.wire import json_response
from connectors.sandbox.xero.dialect import XeroDialect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

    from connectors.sandbox.consent import Consent

# Where a provider's accounting API begins under its prefix.
BASE_PATHS: Final[Mapping[str, str]] = {"xero": "/api.xro/2.0", "quickbooks": "", "sage": "/v3.1"}
# Where a consent's organisations are listed (QuickBooks names its one in the redirect).
CONNECTIONS_PATHS: Final[Mapping[str, str]] = {"xero": "/connections", "sage": "/v3.1/businesses"}

# Faults that refuse a request as the provider would, and the Retry-After they say unless told another.
REFUSING_FAULTS: Final[Mapping[str, tuple[Refusal, int | None]]] = {
    "expired_token": (Refusal.EXPIRED_TOKEN, None),
    "not_connected": (Refusal.NOT_CONNECTED, None),
    "minute_limit": (Refusal.MINUTE_LIMIT, 17),
    "day_limit": (Refusal.DAY_LIMIT, 5 * 3600),
    "limit_date": (Refusal.MINUTE_LIMIT, 30),
}


class Sandbox:
    """Stand in for the services.

    ``app`` is a WSGI application that works without a socket; ``start`` serves it on 127.0.0.1. A fault that
    closes the connection raises ConnectionAbortedError out of ``app``.
    """

    def __init__(
        self, *, clock: SandboxClock | None = None, port: int = 0, dialects: Iterable[Dialect] | None = None
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.limits = Limits(self.clock)
        self.calls = CallLog()
        self.oauth = OAuth(clock=self.clock)
        self.ledgers: dict[str, dict[str, Ledger]] = {}
        # What the sandbox itself did wrong, for tests.
        self.crashes: list[str] = []
        known = _dialects() if dialects is None else dialects
        self.dialects: dict[str, Dialect] = {dialect.provider: dialect for dialect in known}
        self._rows = {provider: Rows(dialect) for provider, dialect in self.dialects.items()}
        self._tokens = TokenDoor(self.oauth, lambda provider: list(self.ledgers.get(provider, {})))
        self._port = port
        self._serving: Serving | None = None
        self._stopping = Event()

    # ---- setting up ----

    def add_organisation(self, provider: str, organisation: Organisation) -> Ledger:
        """Open the books of an organisation at a provider."""
        dialect = self.dialects[provider]
        ledger = Ledger(organisation, self.clock, identify=lambda n: dialect.new_id(organisation.id, n))
        self.ledgers.setdefault(provider, {})[organisation.id] = ledger
        return ledger

    def books(self, provider: str, organisation: str) -> Ledger:
        """Give the books of an organisation; KeyError where there are none."""
        return self.ledgers[provider][organisation]

    def start(self) -> str:
        """Serve; give the address without a prefix."""
        self._stopping.clear()
        self._serving = Serving(self.app, self._port)
        return self.url

    def stop(self) -> None:
        """Stop serving."""
        self._stopping.set()
        if self._serving is not None:
            self._serving.stop()
            self._serving = None

    @property
    def url(self) -> str:
        """The address without a prefix; without a socket, that of werkzeug's test client."""
        return "http://localhost" if self._serving is None else f"http://127.0.0.1:{self._serving.port}"

    def urls(self, provider: str) -> dict[str, str]:
        """Give the addresses that a connector is to use in the place of the real ones."""
        rules = RULES[provider]
        root = f"{self.url}/{provider}"
        return {
            "base_url": root + BASE_PATHS[provider],
            "token_url": root + rules.token_path,
            "authorize_url": root + rules.authorize_path,
            "revoke_url": root + rules.revoke_path,
            "connections_url": root + CONNECTIONS_PATHS.get(provider, "/connections"),
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ---- serving ----

    def app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (WSGI)."""
        provider, _, path = environ.get("PATH_INFO", "").lstrip("/").partition("/")
        if provider == "_sandbox":
            return control.answer(self, Request(environ), path)(environ, start_response)
        dialect = self.dialects.get(provider)
        if dialect is None:
            return Response("no such service", status=404)(environ, start_response)
        request = Request({**environ, "PATH_INFO": f"/{path}", "SCRIPT_NAME": f"/{provider}"})
        request.get_data()
        status: int | None = None
        size = 0
        try:
            answer = self._answer(dialect, request)
            status, size = answer.status_code, answer.content_length or 0
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 (the sandbox's own mistake is shown to the test, whatever it is)
            self.crashes.append(traceback.format_exc())
            answer = Response(f"the sandbox failed\n{self.crashes[-1]}", status=500, content_type="text/plain")
            status = 500
        finally:
            self._log(provider, request, status, size)
        answer.headers.setdefault("Date", http_date(self.clock.now()))
        return answer(environ, start_response)

    def _answer(self, dialect: Dialect, request: Request) -> Response:
        provider = dialect.provider
        if self._fault("revoked", request) is not None:
            self.oauth.revoke_all(provider)
        if self._fault("drop_before", request) is not None:
            raise ConnectionAbortedError("closed before anything was done")
        failing = self._fault("status", request)
        if failing is not None and not failing.args.get("applied", False):
            return _status(failing)
        answer = self._door(dialect, request)
        if failing is not None:
            return _status(failing)
        return self._spoiled(dialect, request, answer)

    def _door(self, dialect: Dialect, request: Request) -> Response:
        """Let a request in, or say why not."""
        provider = dialect.provider
        if self._tokens.concerns(provider, request.path):
            return self._tokens.answer(provider, request, lambda name: self._fault(name, request))
        for name, (refusal, seconds) in REFUSING_FAULTS.items():
            fault = self._fault(name, request)
            if fault is not None:
                return dialect.refuse(refusal, self._retry_after(fault, seconds), self.clock)
        consent = self.oauth.door(provider, _bearer(request))
        if isinstance(consent, Refusal):
            return dialect.refuse(consent, None, self.clock)
        organisation = dialect.organisation_of(request, consent.reach)
        if organisation is not None and organisation not in consent.reach:
            return dialect.refuse(Refusal.NOT_CONNECTED, None, self.clock)
        context = self._context(dialect, request, consent, organisation)
        if organisation is None:
            answer = self._handled(dialect, request, context)
            answer.headers.extend(dialect.headers(Remaining(minute=None, day=None), context))
            return answer
        over = self.limits.enter(provider, organisation)
        if over is not None:
            answer = dialect.refuse(over[0], str(over[1]), self.clock)
        else:
            try:
                answer = self._handled(dialect, request, context)
            finally:
                self.limits.leave(provider, organisation)
        answer.headers.extend(dialect.headers(self.limits.remaining(provider, organisation), context))
        return answer

    def _handled(self, dialect: Dialect, request: Request, context: Context) -> Response:
        with ExitStack() as held:
            for ledger in context.ledgers.values():
                held.enter_context(ledger.lock)
            return dialect.handle(request, context)

    def _context(self, dialect: Dialect, request: Request, consent: Consent, organisation: str | None) -> Context:
        def disconnect(gone: str) -> None:
            consent.connections[:] = [kept for kept in consent.connections if kept.organisation != gone]

        return Context(
            clock=self.clock,
            consent=consent,
            organisation=organisation,
            ledgers=self.ledgers.get(dialect.provider, {}),
            fault=lambda name: self._fault(name, request),
            faults=self.faults,
            disconnect=disconnect,
            root=request.root_url.rstrip("/"),
        )

    def _spoiled(self, dialect: Dialect, request: Request, answer: Response) -> Response:
        """Do to the answer what the faults that are on ask for."""
        if self._fault("drop_after", request) is not None:
            raise ConnectionAbortedError("closed after it was done")
        if request.method == "GET":
            answer, listed = self._rows[dialect.provider].spoil(
                answer,
                request.path,
                request.args.items(),
                empty=self._fault("empty_list", request) is not None,
                duplicate=self._fault("duplicate_rows", request) is not None,
            )
            between = self._fault("between_pages", request) if listed else None
            if between is not None:
                self._change(dialect.provider, between)
        for name, spoil in TEXT_FAULTS.items():
            if self._fault(name, request) is not None:
                answer.set_data(spoil(answer.get_data(as_text=True)))
        for name in WHOLE_FAULTS:
            if self._fault(name, request) is not None:
                return whole(name, answer, self._stopping)
        return answer

    def _change(self, provider: str, fault: Fault) -> None:
        if fault.change is not None:
            fault.change()
        else:
            ledger = self.books(provider, fault.args["organisation"])
            control.change(ledger, fault.args["call"], dict(fault.args.get("using", {})))

    def _fault(self, name: str, request: Request) -> Fault | None:
        return self.faults.take(name, request.method, request.root_path + request.path)

    def _retry_after(self, fault: Fault, seconds: int | None) -> str | None:
        seconds = fault.args.get("retry_after", seconds)
        if seconds is None:
            return None
        if fault.name == "limit_date":
            return http_date(self.clock.now() + timedelta(seconds=seconds))
        return str(seconds)

    def _log(self, provider: str, request: Request, status: int | None, size: int) -> None:
        secret = self._tokens.concerns(provider, request.path)
        self.calls.add(
            Call(
                provider=provider,
                method=request.method,
                path=request.path,
                query={} if secret else request.args.to_dict(),
                headers={name: request.headers[name] for name in KEPT_HEADERS if name in request.headers},
                body="" if secret else request.get_data(as_text=True),
                status=status,
                sent_bytes=size,
                at=self.clock.now(),
            )
        )


def _status(fault: Fault) -> Response:
    """Answer as a gateway or a broken server does: args status, body, content_type, headers."""
    body = fault.args.get("body", "")
    status = int(fault.args.get("status", 500))
    headers = dict(fault.args.get("headers", {}))
    if isinstance(body, str):
        return Response(body, status=status, content_type=fault.args.get("content_type", "text/html"), headers=headers)
    answer = json_response(body, status)
    answer.headers.update(headers)
    return answer


def _bearer(request: Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else None


def _dialects() -> list[Dialect]:
    return [XeroDialect(), QuickBooksDialect(), SageDialect()]
