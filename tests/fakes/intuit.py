"""A company at QuickBooks Online as its documentation describes it: rows in, answers out, every call written down.

It understands the queries that Intuit documents and nothing else; a query with a property that cannot be asked for is
refused as QuickBooks refuses it. `responses` carries the calls, so that our own transport is under test.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

import requests
import responses

from connectors.http import Settings, Transport
from connectors.quickbooks.books import QuickBooksBooks
from connectors.quickbooks.manners import QuickBooksManners
from tests.fakes.http_calls import MORNING, Budget, Time, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDED: Final = Path(__file__).resolve().parents[1] / "connectors" / "recorded" / "quickbooks"
REALM: Final = "9130357123456789"
HOST: Final = "https://quickbooks.api.intuit.com"
_QUERY: Final = re.compile(
    r"select (?P<what>\*|count\(\*\)) from (?P<entity>\w+)(?: where (?P<where>.*?))?(?: orderby (?P<order>[\w.]+)(?P<desc> desc)?)?"
    r"(?: startposition (?P<start>\d+) maxresults (?P<most>\d+))?"
)
_NOT_QUERYABLE: Final = frozenset({"UnappliedAmt", "RemainingCredit"})


def recorded(name: str) -> Any:
    """Read a recorded answer."""
    return json.loads((RECORDED / name).read_text())


def stamp(when: datetime) -> str:
    """Write an instant as QuickBooks does: with the offset of the Pacific coast."""
    return (when - timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%S-07:00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    url: str


Reaction = tuple[int, dict[str, str], str] | Exception


@dataclass(slots=True, kw_only=True)
class Company:
    """The rows by entity and id, what was deleted, and `before`, asked about each call first."""

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    deleted: list[tuple[str, str, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    before: Callable[[Call], Reaction | None] = lambda _: None
    time: Time = field(default_factory=Time)
    refused: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    tells_time: bool = True
    most_changes: int = 1000
    budget: Budget = field(default_factory=Budget)
    tokens: Tokens = field(default_factory=Tokens)
    answered: dict[str, Reaction] = field(default_factory=dict)

    def put(self, entity: str, row: dict[str, Any], *, at: datetime = MORNING - timedelta(days=2)) -> dict[str, Any]:
        """Save a row; its change stamp is `at` unless the row says one."""
        kept = {"SyncToken": "0", "MetaData": {"LastUpdatedTime": stamp(at)}, **row}
        self.rows.setdefault(entity, {})[row["Id"]] = kept
        return kept

    def change(self, entity: str, row_id: str, *, at: datetime | None = None, **fields: Any) -> None:
        """Change a row: a new token, a new stamp."""
        row = self.rows[entity][row_id]
        row.update(
            fields, SyncToken=str(int(row["SyncToken"]) + 1), MetaData={"LastUpdatedTime": stamp(at or self.time.now())}
        )

    def delete(self, entity: str, row_id: str, *, at: datetime | None = None) -> None:
        """Delete a row for good."""
        del self.rows[entity][row_id]
        self.deleted.append((entity, row_id, stamp(at or self.time.now())))

    def invoice(self, row_id: str, **fields: Any) -> dict[str, Any]:
        """Save an invoice of 100.00 USD, due on 31 October."""
        at = fields.pop("at", MORNING - timedelta(days=2))
        row = {
            "Id": row_id, "DocNumber": f"10{row_id}", "TxnDate": "2026-10-01", "DueDate": "2026-10-31",
            "TotalAmt": 100.0, "Balance": 100.0, "CurrencyRef": {"value": "USD"},
            "CustomerRef": {"value": "1", "name": "Amy's"}, "EmailStatus": "NotSet",
            "Line": [{"Id": "1", "Amount": 100.0, "DetailType": "SalesItemLineDetail"}],
        }  # fmt: skip
        return self.put("Invoice", {key: each for key, each in {**row, **fields}.items() if each is not None}, at=at)

    def payment(self, row_id: str, *links: tuple[str, float], **fields: Any) -> dict[str, Any]:
        """Save a payment of these parts of invoices."""
        at = fields.pop("at", MORNING - timedelta(days=2))
        row = {
            "Id": row_id, "TxnDate": "2026-11-02", "TotalAmt": sum(each for _, each in links), "UnappliedAmt": 0,
            "CurrencyRef": {"value": "USD"}, "CustomerRef": {"value": "1", "name": "Amy's"},
            "Line": [{"Amount": each, "LinkedTxn": [{"TxnId": to, "TxnType": "Invoice"}]} for to, each in links],
        }  # fmt: skip
        return self.put("Payment", {**row, **fields}, at=at)

    def customer(self, row_id: str, **fields: Any) -> dict[str, Any]:
        """Save a customer with an address."""
        at = fields.pop("at", MORNING - timedelta(days=20))
        row = {
            "Id": row_id,
            "DisplayName": f"Customer {row_id}",
            "Active": True,
            "PrimaryEmailAddr": {"Address": f"c{row_id}@one.example"},
        }
        return self.put("Customer", {key: each for key, each in {**row, **fields}.items() if each is not None}, at=at)

    def books(self, **options: Any) -> QuickBooksBooks:
        """Open the company's books over our own transport."""
        return QuickBooksBooks(
            company_id="one", organisation=REALM, transport=self.transport(), clock=self.time, **options
        )

    def transport(self) -> Transport:
        """Make a transport whose calls end here while `responses` is active."""
        return Transport(
            manners=QuickBooksManners(),
            tokens=self.tokens,
            clock=self.time,
            budget=self.budget,
            wait=self.time.wait,
            settings=Settings(),
            session=requests.Session(),
            monotonic=self.time.monotonic,
        )

    def asked(self, path: str) -> list[Call]:
        """The calls to a resource."""
        return [call for call in self.calls if call.path == path]

    @property
    def queries(self) -> list[str]:
        """The queries in order."""
        return [call.query["query"] for call in self.asked("query")]

    def answer(self, request: Any) -> tuple[int, dict[str, str], str] | Exception:
        """Answer one call."""
        parts = urlsplit(request.url)
        prefix = f"/v3/company/{REALM}/"
        assert parts.path.startswith(prefix), parts.path
        body = request.body or b""
        call = Call(
            method=request.method,
            path=parts.path.removeprefix(prefix),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers=dict(request.headers),
            body=body if isinstance(body, str) else body.decode(),
            url=request.url,
        )
        self.calls.append(call)
        if (instead := self.before(call)) is not None:
            return instead
        return self._react(call)

    def _react(self, call: Call) -> Reaction:
        kind, _, rest = call.path.partition("/")
        if kind == "query":
            return self._select(call.query.get("query") or call.body)
        if kind == "cdc":
            return self._changes(call)
        if call.method == "GET" and rest.endswith("/pdf"):
            return 200, {"Content-Type": "application/pdf"}, "%PDF-1.7 invoice"
        if kind in {"companyinfo", "preferences"}:
            return self.said(recorded("company_info.json" if kind == "companyinfo" else "preferences.json"))
        entity = {"invoice": "Invoice", "creditmemo": "CreditMemo", "attachable": "Attachable"}[kind]
        if call.method == "GET" or rest.endswith("/send"):
            row = self.rows.get(entity, {}).get(rest.partition("/")[0])
            if row is None:
                return fault(
                    "610",
                    "Object Not Found",
                    "Object Not Found : Something you're trying to use has been made inactive",
                )
            if call.method != "GET":
                to = call.query.get("sendTo")
                self.change(
                    entity,
                    row["Id"],
                    EmailStatus="EmailSent",
                    DeliveryInfo={"DeliveryType": "Email", "DeliveryTime": stamp(self.time.now())},
                )
                if to:
                    row["BillEmail"] = {"Address": to}
            link = {"InvoiceLink": self.links[row["Id"]]} if "include" in call.query and row["Id"] in self.links else {}
            return self.said({entity: {**row, **link}})
        # What comes again with its key is not done again, and answered as the first time.
        key = call.query.get("requestid", "")
        if not key or key not in self.answered:
            self.answered[key] = self._write(entity, json.loads(call.body))
        return self.answered[key]

    def _write(self, entity: str, sent: dict[str, Any]) -> Reaction:
        if "Id" not in sent:
            sent = {**sent, "Id": str(8541 + len(self.rows.get(entity, {})))}
            return self.said({entity: self.put(entity, sent, at=self.time.now())})
        row = self.rows[entity][sent["Id"]]
        if sent["SyncToken"] != row["SyncToken"]:
            return 400, {}, json.dumps(recorded("fault_stale.json"))
        assert sent.pop("sparse") is True
        self.change(entity, sent.pop("Id"), **{key: each for key, each in sent.items() if key != "SyncToken"})
        return self.said({entity: row})

    def _select(self, query: str) -> Reaction:
        read = _QUERY.fullmatch(query)
        assert read, query
        entity, where = read["entity"], [each for each in re.split(r" and ", read["where"] or "") if each]
        if any(name in query for name in _NOT_QUERYABLE | self.refused):
            return fault("4001", "Error parsing query", "QueryValidationError: property is not queryable")
        rows = [row for row in self.rows.get(entity, {}).values() if all(_holds(row, each) for each in where)]
        if entity == "Customer" and "Active in" not in query:
            rows = [row for row in rows if row["Active"]]
        if read["what"] != "*":
            return self.said({"QueryResponse": {"totalCount": len(rows)}})
        if read["order"]:
            rows = sorted(rows, key=lambda row: _value(row, read["order"]), reverse=bool(read["desc"]))
        start, most = int(read["start"] or 1), int(read["most"] or 100)
        assert most <= 1000
        part = rows[start - 1 : start - 1 + most]
        inner = {entity: part, "startPosition": start, "maxResults": len(part)} if part else {}
        return self.said({"QueryResponse": inner})

    def _changes(self, call: Call) -> Reaction:
        since = datetime.fromisoformat(call.query["changedSince"])
        assert since.tzinfo
        if since < self.time.now() - timedelta(days=30):
            return fault("3202", "Invalid changedSince", "changedSince is more than 30 days back")
        parts: list[dict[str, Any]] = []
        left = self.most_changes
        for entity in call.query["entities"].split(","):
            rows = [row for row in self.rows.get(entity, {}).values() if _changed(row) >= since]
            gone = [
                {"domain": "QBO", "status": "Deleted", "Id": row_id, "MetaData": {"LastUpdatedTime": at}}
                for name, row_id, at in self.deleted
                if name == entity and datetime.fromisoformat(at) >= since
            ]
            found = [*rows, *gone][:left]
            left -= len(found)
            parts.append({entity: found, "startPosition": 1, "maxResults": len(found)} if found else {})
        return self.said({"CDCResponse": [{"QueryResponse": parts}]})

    def said(self, value: dict[str, Any]) -> Reaction:
        """Make a success."""
        clock = {"time": stamp(self.time.now())} if self.tells_time else {}
        return 200, {"Content-Type": "application/json", "intuit_tid": "1-abc"}, json.dumps({**value, **clock})


def fault(code: str, message: str, detail: str, *, status: int = 400) -> tuple[int, dict[str, str], str]:
    """Make a refusal."""
    body = {"Fault": {"Error": [{"Message": message, "Detail": detail, "code": code}], "type": "ValidationFault"}}
    return status, {"Content-Type": "application/json"}, json.dumps(body)


def online(company: Company) -> responses.RequestsMock:
    """Let calls to QuickBooks' host reach a company, within a `with`."""
    mock = responses.RequestsMock(assert_all_requests_are_fired=False)
    for method in ("GET", "POST"):
        mock.add_callback(method, re.compile(re.escape(HOST) + "/.*"), callback=company.answer, content_type=None)
    return mock


def _changed(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["MetaData"]["LastUpdatedTime"]).astimezone(UTC)


def _value(row: dict[str, Any], name: str) -> Any:
    if name == "MetaData.LastUpdatedTime":
        return _changed(row)
    if name == "CustomerRef":
        return row["CustomerRef"]["value"]
    if name.startswith("AttachableRef.EntityRef."):
        found = row["AttachableRef"][0]["EntityRef"][name.rpartition(".")[2].lower()]
        return found.lower() if name.endswith("Type") else found
    return row[name]


def _holds(row: dict[str, Any], condition: str) -> bool:
    name, _, rest = condition.partition(" ")
    sign, _, text = rest.partition(" ")
    value = _value(row, name)
    if sign == "in":
        wanted = [each.strip().strip("'").replace("\\'", "'") for each in text.strip("()").split(",")]
        return (str(value).lower() if isinstance(value, bool) else value) in wanted
    bare = text.strip("'")
    if sign == ">=":
        asked = datetime.fromisoformat(bare)
        assert asked.tzinfo, "a stamp without an offset is read in the company's own zone"
        return bool(value >= asked)
    if sign == ">":
        return bool(float(value) > float(bare))
    assert sign == "=", condition
    return bool(value == bare)
