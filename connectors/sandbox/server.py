"""The sandbox: one port, a prefix for each provider, books behind them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from werkzeug.wrappers import Request, Response

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.dialect import Context, Dialect
from connectors.sandbox.faults import Faults
from connectors.sandbox.ledger import Ledger, Organisation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment


class Sandbox:
    """Stand in for the services; ``app`` works without a socket."""

    def __init__(self, *, clock: SandboxClock | None = None, port: int = 0, dialects: Iterable[Dialect] = ()) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.ledgers: dict[str, dict[str, Ledger]] = {}
        self._dialects = {dialect.provider: dialect for dialect in dialects}
        self._port = port

    def add_organisation(self, provider: str, organisation: Organisation) -> Ledger:
        """Open the books of an organisation at a provider."""
        dialect = self._dialects[provider]
        ledger = Ledger(organisation, self.clock, identify=lambda n: dialect.new_id(organisation.id, n))
        self.ledgers.setdefault(provider, {})[organisation.id] = ledger
        return ledger

    def app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (WSGI)."""
        provider, _, path = environ.get("PATH_INFO", "").lstrip("/").partition("/")
        dialect = self._dialects.get(provider)
        if dialect is None:
            return Response("no such service", status=404)(environ, start_response)
        request = Request({**environ, "PATH_INFO": f"/{path}", "SCRIPT_NAME": f"/{provider}"})
        return self._answer(dialect, request)(environ, start_response)

    def _answer(self, dialect: Dialect, request: Request) -> Response:
        ledgers = self.ledgers.get(dialect.provider, {})
        reach = list(ledgers)
        with ExitStack() as held:
            for ledger in ledgers.values():
                held.enter_context(ledger.lock)
            return dialect.handle(
                request,
                Context(
                    clock=self.clock,
                    reach=reach,
                    organisation=dialect.organisation_of(request, reach),
                    ledgers=ledgers,
                    fault=lambda name: self.faults.take(name, request.method, request.root_path + request.path),
                    faults=self.faults,
                    disconnect=reach.remove,
                    root=request.root_url.rstrip("/"),
                ),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None
