"""A Sage Accounting service in memory, as far as the connector's tests need one; requests are intercepted.

It shows only the attributes that are asked for, filters, sorts and pages as the Swagger file says, and echoes
X-Business. Tests change its rows, let it change between two calls, or make single answers other than they should be.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import responses

from connectors.http import Transport
from connectors.sage.books import SageBooks
from connectors.sage.manners import SageManners
from tests.fakes.http_calls import Budget, Time, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

BASE: Final = "https://api.accounting.sage.com/v3.1"
BUSINESS: Final = "0d40342d0287cd6b13555c54afca6c90"
_ALWAYS: Final = {"id", "displayed_as", "$path"}
Row = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def resource(self) -> str:
        return self.path.split("/")[1]

    @property
    def key(self) -> str:
        return "/".join(self.path.split("/")[2:])


@dataclass(slots=True, kw_only=True)
class SageService:
    """`rows` by resource and id; `before` runs ahead of each call, `instead` may answer in its place."""

    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    before: Callable[[Call], None] | None = None
    instead: Callable[[Call], Answer | None] | None = None
    echo: str | None = BUSINESS
    next_prefix: str = ""
    bare: bool = False
    time: Time = field(default_factory=Time)
    tokens: Tokens = field(default_factory=Tokens)
    stamp: str = "2026-11-22T12:00:00Z"

    def put(self, resource: str, row: Row) -> Row:
        """Keep a row; what every row has is filled in."""
        shown = {"displayed_as": row["id"], "$path": f"/{resource}/{row['id']}", "updated_at": self.stamp, **row}
        self.rows.setdefault(resource, {})[row["id"]] = shown
        return shown

    def books(self, **options: Any) -> SageBooks:
        """Give the connector under test, over a transport of its own."""
        transport = Transport(
            manners=SageManners(),
            tokens=self.tokens,
            clock=self.time,
            budget=Budget(),
            wait=self.time.wait,
            monotonic=self.time.monotonic,
        )
        settings = {"organisation": BUSINESS, "base_url": BASE, **options}
        return SageBooks(company_id="dupont", transport=transport, clock=self.time, **settings)

    def asked(self, resource: str, *, method: str = "GET") -> list[Call]:
        return [call for call in self.calls if call.resource == resource and call.method == method]

    def serve(self, mock: responses.RequestsMock) -> None:
        """Answer everything that is sent to any address from now on."""
        import re  # noqa: PLC0415 (only needed to catch every address)

        for method in (responses.GET, responses.PUT):
            mock.add_callback(method, re.compile(r"https?://.*"), callback=self._answer)

    def _answer(self, request: PreparedRequest) -> Answer:
        parts = urlsplit(str(request.url))
        assert str(request.url).startswith(BASE), f"asked another place: {request.url}"
        call = Call(
            method=str(request.method),
            path=parts.path.removeprefix(urlsplit(BASE).path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=json.loads(request.body) if request.body else None,
        )
        self.calls.append(call)
        if self.before:
            self.before(call)
        if self.instead and (answer := self.instead(call)):
            return answer
        if call.headers["authorization"] != f"Bearer {self.tokens.current}":
            return self.reply([{"$severity": "error", "$dataCode": "Unauthorized", "$message": "expired"}], 401)
        if call.resource != "businesses" and call.headers.get("x-business") != BUSINESS:
            return self.reply([{"$dataCode": "MultiUserAccessDenied", "$message": "another business"}], 403)
        return self._called(call)

    def reply(self, body: object, status: int = 200) -> Answer:
        echo = {"X-Business": self.echo} if self.echo is not None else {}
        return status, {"Content-Type": "application/json", "x-request-id": "r-1", **echo}, json.dumps(body).encode()

    def _called(self, call: Call) -> Answer:
        kept = self.rows.get(call.resource, {})
        if call.resource == "financial_settings":
            return self.reply(next(iter(kept.values()), {}))
        if not call.key:
            return self._listed(call, [*kept.values()])
        row = kept.get(call.key)
        if row is None:
            return self.reply([{"$severity": "error", "$dataCode": "RecordNotFound", "$message": "not found"}], 404)
        if call.method == "PUT":
            row |= next(iter(call.body.values()))
            row["updated_at"] = self.stamp
            return self.reply(row)
        if call.headers["accept"] == "application/pdf":
            if call.query.get("mark_as_sent") != "false":
                row["sent"] = True
            return 200, {"X-Business": BUSINESS, "Content-Type": "application/pdf"}, b"%PDF-1.4 " + call.key.encode()
        if call.query.get("mark_as_sent", "true") != "false" and call.resource.startswith("sales_"):
            row["sent"] = True
        return self.reply(self._shown(row, call))

    def _listed(self, call: Call, rows: list[Row]) -> Answer:
        query = call.query
        gone = query.get("deleted_since")
        rows = [row for row in rows if (str(row.get("deleted_at") or "") > gone if gone else not row.get("deleted_at"))]
        if since := query.get("updated_or_created_since"):
            rows = [row for row in rows if row["updated_at"] >= since]
        for name in ("status", "contact"):
            if wanted := query.get(f"{name}_id"):
                rows = [row for row in rows if (row.get(name) or {}).get("id") == wanted]
        if sort := query.get("sort"):
            name, _, way = sort.partition(":")
            rows.sort(key=lambda row: (row[name], row["id"]), reverse=way == "desc")
        size, page = int(query.get("items_per_page", "20")), int(query.get("page", "1"))
        shown = [self._shown(row, call) for row in rows[(page - 1) * size : page * size]]
        if self.bare:
            return self.reply(shown)
        following = f"{self.next_prefix}{call.path}?{urlencode({**query, 'page': page + 1})}"
        return self.reply(
            {
                "$total": len(rows),
                "$page": page,
                "$next": following if page * size < len(rows) else None,
                "$back": None,
                "$items_per_page": size,
                "$items": shown,
            }
        )

    @staticmethod
    def _shown(row: Row, call: Call) -> Row:
        asked = {name for name in call.query.get("attributes", "").split(",") if name}
        if call.key and not asked:
            asked = set(row)
        shown = {name: value for name, value in row.items() if name in asked | _ALWAYS}
        if call.query.get("nested_attributes") == "all":
            return shown
        # Nested things are a name and no more, unless they belong to the row itself.
        own = {"payment_on_account"}
        return {
            name: {key: each for key, each in value.items() if key in _ALWAYS}
            if isinstance(value, dict) and name not in own
            else value
            for name, value in shown.items()
        }
