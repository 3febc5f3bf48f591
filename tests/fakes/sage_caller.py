"""A plain HTTP caller of the sandbox's Sage, without a socket: it knows nothing of our connectors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Ledger, Organisation, Party, Person
from connectors.sandbox.sage import SageDialect
from connectors.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.test import TestResponse

    from connectors.sandbox.entries import Document

BUSINESS = "0d40342d0287cd6b13555c54afca6c90"
OTHER_BUSINESS = "1e51453e1398de7c24666d65b0db7da1"
START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class SageCaller:
    """One user of one application, with one business unless a second one is opened."""

    sandbox: Sandbox
    books: Ledger
    headers: dict[str, str] = field(default_factory=dict)

    def grant(self, *businesses: str, scopes: str | None = None) -> None:
        """Take a new consent for these businesses (all the books when none is named)."""
        reach = businesses or tuple(self.sandbox.ledgers["sage"])
        token = self.sandbox.oauth.grant("sage", reach, scopes=scopes)["access_token"]
        self.headers["Authorization"] = f"Bearer {token}"

    def call(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None, **query: object
    ) -> TestResponse:
        """Make one request; `path` begins after the version."""
        return self._open(method, path, body, headers or {}, query)

    def _open(
        self, method: str, path: str, body: object, headers: Mapping[str, str], query: Mapping[str, object]
    ) -> TestResponse:
        return Client(self.sandbox.app).open(
            f"/sage/v3.1{path}",
            method=method,
            query_string={key: str(value) for key, value in query.items()},
            json=body,
            headers={key: value for key, value in {**self.headers, **headers}.items() if value},
        )

    def get(self, path: str, **query: object) -> Any:
        """Read and parse an answer that must be a success."""
        answer = self._open("GET", path, None, {}, query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return json.loads(answer.get_data(), parse_float=Decimal)

    def keys(self, path: str, **query: object) -> list[str]:
        """Give the ids of one page of a list."""
        return [row["id"] for row in self.get(path, **query)["$items"]]

    def error(self, method: str, path: str, body: object = None, **query: object) -> tuple[int, str, str]:
        """Give the status, `$dataCode` and `$source` of a refusal."""
        answer = self._open(method, path, body, {}, query)
        first = json.loads(answer.get_data())[0]
        return answer.status_code, first["$dataCode"], first["$source"]

    def move(self, **by: float) -> datetime:
        """Let the sandbox's time pass; tokens are taken anew, they live five minutes."""
        self.sandbox.clock.advance(timedelta(**by))
        self.grant()
        return self.sandbox.clock.now()

    def customer(self, name: str = "Larch Joinery", email: str = "accounts@larch.example", **more: Any) -> Party:
        """Add a customer with a second person."""
        people = (Person(name="Ada Fell", email="ada@larch.example"),)
        return self.books.add_party(name, email, cc_people=people, **more)

    def invoice(self, total: str = "120.00", number: str = "SI-12", **more: Any) -> Document:
        """Write an invoice to a customer of its own, or to `party`."""
        party = more.pop("party", None) or self.customer()
        return self.books.invoice(
            party, Decimal(total), date(2026, 10, 1), more.pop("due_on", date(2026, 10, 31)), number=number, **more
        )


def sage_caller() -> SageCaller:
    """Open one business's books and take a consent for them."""
    sandbox = Sandbox(clock=SandboxClock(START), dialects=[SageDialect()])
    books = sandbox.add_organisation("sage", Organisation(id=BUSINESS, name="Example Joinery Ltd"))
    caller = SageCaller(sandbox=sandbox, books=books, headers={"X-Business": BUSINESS})
    caller.grant()
    return caller
