"""One organisation of Xero behind `responses`: rows in lists with their paging and filters, and what is written to it.

It knows no more than the connector's tests ask of it; each request that came is kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests

from connectors.http import Settings, Transport
from connectors.xero.books import XeroBooks
from connectors.xero.manners import XeroManners
from tests.fakes.http_calls import Budget, Time, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import responses

BASE: Final = "https://api.xero.com/api.xro/2.0"
ORGANISATION: Final = "b2c885a9-4bb9-4a00-9b6e-6c2bf60b1a2b"
LISTS: Final = {
    "Invoices": "InvoiceID",
    "CreditNotes": "CreditNoteID",
    "Payments": "PaymentID",
    "Overpayments": "OverpaymentID",
    "Prepayments": "PrepaymentID",
    "Contacts": "ContactID",
}
PDF: Final = b"%PDF-1.7\n1 0 obj"
Reply = tuple[int, dict[str, str], "bytes | Exception"]
_TERM: Final = re.compile(r'(\w+)==(?:guid\()?"([^"]*)"\)?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


def _milliseconds(row: Mapping[str, Any]) -> int:
    return int(re.sub(r"[^-\d].*", "", row.get("UpdatedDateUTC", "/Date(0)/")[6:]))


@dataclass(slots=True)
class XeroTenant:
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in LISTS})
    organisation: dict[str, Any] = field(
        default_factory=lambda: {
            "OrganisationID": ORGANISATION,
            "Name": "Demo Trading",
            "BaseCurrency": "USD",
            "Timezone": "PACIFICSTANDARDTIME",
        }
    )
    reminders: bool = False
    online: str = "https://in.xero.com/bCWCCfytGdTXoJam9HENWlQt07G6zcDaj4gQojHu"
    pdf: bytes = PDF
    history: dict[str, list[str]] = field(default_factory=dict)
    mailed: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    most_rows: int = 1000
    says_pages: bool = True
    knows_where: bool = True
    filters: bool = True
    before: Callable[[Asked], None] = lambda _: None
    time: Time = field(default_factory=Time)
    tokens: Tokens = field(default_factory=Tokens)
    budget: Budget = field(default_factory=Budget)
    _faults: list[tuple[str, str, Reply, bool]] = field(default_factory=list)
    _answered: dict[str, Reply] = field(default_factory=dict)

    @classmethod
    def recorded(cls, folder: Path) -> XeroTenant:
        tenant = cls({name: json.loads((folder / f"{name}.json").read_text())[name] for name in LISTS})
        tenant.organisation = json.loads((folder / "Organisation.json").read_text())["Organisations"][0]
        return tenant

    def books(self, **options: Any) -> XeroBooks:
        session = requests.Session()
        transport = Transport(
            manners=XeroManners(per_minute=100_000),
            tokens=self.tokens,
            clock=self.time,
            budget=self.budget,
            wait=self.time.wait,
            monotonic=self.time.monotonic,
            settings=Settings(),
            session=session,
        )
        given: dict[str, Any] = {"company_id": "acme", "organisation": ORGANISATION, "clock": self.time} | options
        return XeroBooks(transport=transport, **given)

    def fail(
        self,
        path: str,
        status: int,
        body: bytes | Exception | object = b"",
        *,
        method: str = "GET",
        headers: dict[str, str] | None = None,
        done: bool = False,
    ) -> None:
        """Answer the next request for a path so; `done`: what it asks is done all the same."""
        content = body if isinstance(body, bytes | Exception) else json.dumps(body).encode()
        self._faults.append((method, path, (status, headers or {}, content), done))

    def paths(self, method: str = "GET") -> list[str]:
        return [each.path for each in self.asked if each.method == method]

    def install(self, mock: responses.RequestsMock, base: str = BASE) -> None:
        for method in ("GET", "PUT", "POST"):
            mock.add_callback(
                method, re.compile(re.escape(base) + "/.*"), callback=lambda sent: self._answer(sent, base)
            )

    def _answer(self, sent: requests.PreparedRequest, base: str) -> Reply:
        url = urlsplit(sent.url or "")
        body = sent.body or b""
        asked = Asked(
            method=sent.method or "",
            path=url.path.removeprefix(urlsplit(base).path),
            query=dict(parse_qsl(url.query)),
            headers=dict(sent.headers),
            body=body if isinstance(body, bytes) else str(body).encode(),
        )
        self.before(asked)
        self.asked.append(asked)
        for fault in self._faults:
            method, path, reply, done = fault
            if (method, path) == (asked.method, asked.path):
                self._faults.remove(fault)
                if done:
                    self._do(asked)
                return reply
        return self._do(asked)

    def _do(self, asked: Asked) -> Reply:
        """Do what is asked; what comes again with its key is not done again, and answered as the first time."""
        key = asked.headers.get("Idempotency-Key", "")
        if not key:
            return self._done(asked)
        if key not in self._answered:
            self._answered[key] = self._done(asked)
        return self._answered[key]

    def _done(self, asked: Asked) -> Reply:
        parts = asked.path.strip("/").split("/")
        if asked.path == "/Organisation":
            stamp = f"/Date({int(self.time.now().timestamp() * 1000)})/"
            return _json({"DateTimeUTC": stamp, "Organisations": [self.organisation]})
        if asked.path == "/InvoiceReminders/Settings":
            return _json({"InvoiceReminders": [{"Enabled": self.reminders}]})
        if len(parts) == 1 and parts[0] in LISTS:
            return self._listed(parts[0], asked)
        if asked.headers.get("Accept") == "application/pdf":
            return 200, {"Content-Type": "application/pdf"}, self.pdf
        match (asked.method, parts[-1]):
            case ("GET", "OnlineInvoice"):
                return _json({"OnlineInvoices": [{"OnlineInvoiceUrl": self.online}]})
            case ("GET", "History"):
                lines = self.history.get(parts[1], [])
                return _json({"HistoryRecords": [{"Changes": "Note", "Details": line} for line in lines]})
            case ("PUT", "History"):
                records = json.loads(asked.body)["HistoryRecords"]
                self.history.setdefault(parts[1], []).extend(each["Details"] for each in records)
                return _json({"HistoryRecords": [{**each, "ValidationErrors": []} for each in records]})
            case ("POST", "Email"):
                self.mailed.append(parts[1])
                return 204, {}, b""
        return 404, {}, b"The resource you're looking for cannot be found"

    def _listed(self, name: str, asked: Asked) -> Reply:
        query = asked.query
        if not self.knows_where and "where" in query:
            return _json({"ErrorNumber": 16, "Type": "QueryParseException", "Message": "No such filter"}, 400)
        rows = [row for row in self.lists[name] if not self.filters or _matches(row, name, asked)]
        rows.sort(key=_milliseconds, reverse=query.get("order", "").endswith("DESC"))
        size = min(int(query.get("pageSize", 100)), self.most_rows)
        page = int(query.get("page", 1))
        shown = {name: rows[(page - 1) * size : page * size]}
        pagination = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}
        return _json(shown | ({"pagination": pagination} if self.says_pages else {}))


def _matches(row: Mapping[str, Any], name: str, asked: Asked) -> bool:
    query = asked.query
    if since := asked.headers.get("If-Modified-Since"):
        instant = datetime.fromisoformat(since).replace(tzinfo=UTC)
        if _milliseconds(row) < instant.timestamp() * 1000:
            return False
    terms = _TERM.findall(query.get("where", ""))
    if terms and not any(row.get(key) == value for key, value in terms):
        return False
    if "Statuses" in query and row.get("Status") not in query["Statuses"].split(","):
        return False
    if "IDs" in query and row[LISTS[name]] not in query["IDs"].split(","):
        return False
    return not (
        name == "Contacts" and row.get("ContactStatus") == "ARCHIVED" and query.get("includeArchived") != "true"
    )


def _json(value: object, status: int = 200) -> Reply:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()
