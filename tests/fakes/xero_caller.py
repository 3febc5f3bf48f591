"""A plain HTTP caller of the sandbox's Xero, without a socket: it knows nothing of our connectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from werkzeug.test import Client

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Ledger, Organisation, Party
from connectors.sandbox.server import Sandbox
from connectors.sandbox.xero.dialect import XeroDialect
from tests.fakes.openapi import decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.test import TestResponse

    from connectors.sandbox.entries import Document

TENANT: Final = "7d5f2b1a-0c64-4b8e-9a51-3f1f6c0f2d11"
OTHER_TENANT: Final = "c2a8b6de-52f0-4b0c-8f6e-0d8f1a7b9e22"
START: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SALES: Final = 'Type=="ACCREC"'


@dataclass(slots=True, kw_only=True)
class XeroCaller:
    """One user of one application, connected to one organisation unless more are opened."""

    sandbox: Sandbox
    dialect: XeroDialect
    books: Ledger
    headers: dict[str, str] = field(default_factory=dict)

    def grant(self, *tenants: str, scopes: str | None = None) -> dict[str, Any]:
        """Take a new consent for these organisations (all the books when none is named)."""
        answer = self.sandbox.oauth.grant("xero", tenants or tuple(self.sandbox.ledgers["xero"]), scopes=scopes)
        self.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return answer

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: object,
    ) -> TestResponse:
        """Make one request; `path` begins after the version, or with a second slash at the prefix."""
        full = f"/xero{path[1:]}" if path.startswith("//") else f"/xero/api.xro/2.0{path}"
        return Client(self.sandbox.app).open(
            full,
            method=method,
            query_string={key: str(value) for key, value in query.items()},
            json=body,
            headers={key: value for key, value in {**self.headers, **(headers or {})}.items() if value},
        )

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: object) -> Any:
        """Read JSON; the answer must be 200."""
        answer = self.call("GET", path, headers=headers, **query)
        assert answer.status_code == 200, answer.text
        return decoded(answer.data)

    def rows(self, name: str, *, headers: Mapping[str, str] | None = None, **query: object) -> list[dict[str, Any]]:
        """Read the rows of a list."""
        rows: list[dict[str, Any]] = self.get(f"/{name}", headers=headers, **query)[name]
        return rows

    def customer(self, name: str = "Larch Joinery", email: str = "pay@larch.example", **more: Any) -> Party:
        """Add a customer."""
        return self.books.add_party(name, email, **more)

    def invoice(self, total: str = "703.63", party: Party | None = None, **more: Any) -> Document:
        """Write a sales invoice of 14 October, due on the 29th."""
        given: dict[str, Any] = {"issued_on": date(2026, 10, 14), "due_on": date(2026, 10, 29), **more}
        return self.books.invoice(party or self.customer(), Decimal(total), **given)

    def later(self, **by: float) -> None:
        """Let time pass; tokens that ended meanwhile are replaced."""
        self.sandbox.clock.advance(timedelta(**by))
        self.grant()


def xero_caller() -> XeroCaller:
    """Open a sandbox with the books of one organisation and a consent to it."""
    dialect = XeroDialect()
    sandbox = Sandbox(clock=SandboxClock(START), dialects=[dialect])
    books = sandbox.add_organisation("xero", Organisation(id=TENANT, name="Dupont Joinery Ltd"))
    caller = XeroCaller(sandbox=sandbox, dialect=dialect, books=books)
    caller.headers = {"xero-tenant-id": TENANT, "Accept": "application/json"}
    caller.grant()
    return caller
