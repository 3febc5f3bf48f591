"""A company at the sandbox's QuickBooks Online, and plain HTTP to it without a socket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Ledger, Organisation
from connectors.sandbox.quickbooks import QuickBooksDialect
from connectors.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.test import TestResponse

    from connectors.sandbox.entries import Document, Party

REALM = "4620816365000000001"
START = datetime(2026, 5, 5, 10, 13, 29, 216000, tzinfo=UTC)
_OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company in the sandbox, and a client that may read and write it."""

    sandbox: Sandbox
    books: Ledger
    client: Client
    token: str

    def ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        content_type: str | None = None,
        accept: str = "application/json",
    ) -> TestResponse:
        return self.client.open(
            f"/quickbooks/v3/company/{REALM}/{path}",
            method=method,
            query_string=None if query is None else dict(query),
            data=body,
            content_type=content_type,
            headers={"Authorization": f"Bearer {self.token}", "Accept": accept},
        )

    def get(self, path: str, **query: str) -> Any:
        answer = self.ask("GET", path, query)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=Decimal)

    def query(self, statement: str, **query: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get("query", query=statement, **query)["QueryResponse"]
        return found

    def rows(self, entity: str, clauses: str = "") -> list[dict[str, Any]]:
        found = self.query(f"select * from {entity} {clauses}")  # noqa: S608 (a language of its own, no database)
        return next((rows for rows in found.values() if isinstance(rows, list)), [])

    def numbers(self, clauses: str) -> list[str]:
        return [row["DocNumber"] for row in self.rows("Invoice", clauses)]

    def post(self, path: str, body: Mapping[str, Any], **query: str) -> TestResponse:
        return self.ask("POST", path, query, body=json.dumps(body).encode(), content_type="application/json")

    def send(self, invoice: Document, content_type: str = _OCTETS, **query: str) -> TestResponse:
        return self.ask("POST", f"invoice/{invoice.id}/send", query, content_type=content_type)

    def note(self, invoice: Document, text: str, **query: str) -> TestResponse:
        reference = {"EntityRef": {"type": "Invoice", "value": invoice.id}, "IncludeOnSend": False}
        return self.post("attachable", {"Note": text, "AttachableRef": [reference]}, **query)

    def party(self, name: str = "Joinery Ltd", email: str = "pay@joinery.example") -> Party:
        return self.books.add_party(name, email)

    def invoice(self, party: Party | None = None, total: str = "629.10", number: str | None = None) -> Document:
        owner = party or self.party()
        return self.books.invoice(owner, Decimal(total), date(2026, 4, 7), date(2026, 5, 7), number=number)

    def later(self, **by: float) -> None:
        self.sandbox.clock.advance(timedelta(**by))

    def changes(self, entities: str, since: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("cdc", entities=entities, changedSince=since)["CDCResponse"][0][
            "QueryResponse"
        ]
        return found

    def renewed(self) -> Company:
        """The same company with an access token of now."""
        token = self.sandbox.oauth.grant("quickbooks", [REALM])["access_token"]
        return Company(sandbox=self.sandbox, books=self.books, client=self.client, token=token)


def open_company(**of_it: Any) -> Company:
    sandbox = Sandbox(clock=SandboxClock(START), dialects=[QuickBooksDialect()])
    facts = {"country": "US", "currency": "USD", "timezone": "America/Los_Angeles", **of_it}
    books = sandbox.add_organisation("quickbooks", Organisation(id=REALM, name="Example Joiners", **facts))
    token = sandbox.oauth.grant("quickbooks", [REALM])["access_token"]
    return Company(sandbox=sandbox, books=books, client=Client(sandbox.app), token=token)


def fault_of(answer: TestResponse) -> dict[str, Any]:
    fault: dict[str, Any] = json.loads(answer.text)["Fault"]
    return {**fault["Error"][0], "type": fault["type"]}
