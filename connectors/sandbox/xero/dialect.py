"""Xero as the sandbox speaks it: which path means what."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from werkzeug.wrappers import Response

from connectors.sandbox.wire import dumps, json_response
from connectors.sandbox.xero import writes
from connectors.sandbox.xero.listing import QueryError, listed
from connectors.sandbox.xero.markup import xml_of
from connectors.sandbox.xero.refusals import invalid, not_found, problem, refuse, scope_missing, unreadable
from connectors.sandbox.xero.resources import RESOURCES, Resource
from connectors.sandbox.xero.shapes import Detail, organisation, status_of
from connectors.sandbox.xero.stamps import bare_instant
from connectors.sandbox.xero.writes import Keys, Ways

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.wrappers import Request

    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.dialect import Context, Dialect, Refusal, Remaining
    from connectors.sandbox.ledger import Document, Ledger

BASE: Final = "/api.xro/2.0/"
CONNECTIONS: Final = "/connections"
_LINKED: Final = frozenset({"AUTHORISED", "PAID"})
_APPLICATION_LIMIT: Final = 10_000


class XeroDialect:
    """Speak of the ledger as Xero does; ``ways`` holds what its documents leave open."""

    provider = "xero"

    def __init__(self) -> None:
        self.ways = Ways()
        self._keys = Keys()
        self._answers = 0

    def new_id(self, organisation_id: str, sequence: int) -> str:
        """Make a GUID."""
        return str(uuid5(NAMESPACE_URL, f"xero/{organisation_id}/{sequence}"))

    def organisation_of(self, request: Request, reach: Sequence[str]) -> str | None:
        """Read xero-tenant-id; no organisation is taken where none is named."""
        del reach
        return request.headers.get("xero-tenant-id") if request.path.startswith(BASE) else None

    def refuse(self, refusal: Refusal, retry_after: str | None, clock: SandboxClock) -> Response:
        """Word what the door refuses."""
        return refuse(refusal, retry_after, clock)

    def headers(self, remaining: Remaining, context: Context) -> Mapping[str, str]:
        """Give the calls that are left, and the id to name in a support case."""
        self._answers += 1
        found = {"xero-correlation-id": str(uuid5(NAMESPACE_URL, f"{context.root}/answer/{self._answers}"))}
        if remaining.minute is not None and remaining.day is not None:
            found |= {
                "X-MinLimit-Remaining": str(remaining.minute),
                "X-DayLimit-Remaining": str(remaining.day),
                "X-AppMinLimit-Remaining": str(_APPLICATION_LIMIT - 1),
            }
        return found

    def rows_of(self, payload: Any) -> list[Any] | None:
        """Give the rows of a list answer."""
        if isinstance(payload, dict):
            for name in RESOURCES:
                if isinstance(payload.get(name), list):
                    rows: list[Any] = payload[name]
                    return rows
        return None

    def emptied(self, payload: Any) -> Any:
        """Give the list answer without rows."""
        emptied = {**payload, **{name: [] for name in RESOURCES if name in payload}}
        if "pagination" in payload:
            emptied["pagination"] = {**payload["pagination"], "pageCount": 0, "itemCount": 0}
        return emptied

    def handle(self, request: Request, context: Context) -> Response:
        """Answer a request that may pass."""
        steps = [step for step in request.path.split("/") if step]
        if steps and steps[0].lower() == "connections":
            return _connections(request, steps[1:], context)
        if not request.path.startswith(BASE):
            return not_found()
        if context.organisation is None:
            return problem(403, "Forbidden", "AuthenticationUnsuccessful")
        answer = self._answered(request, steps[2:], context)
        if isinstance(answer, Response):
            return answer
        return _enveloped(request, answer, context)

    def _answered(self, request: Request, steps: list[str], context: Context) -> Response | dict[str, Any]:
        ledger = context.ledger
        writing = request.method != "GET"
        resource = RESOURCES.get(steps[0]) if steps else None
        if resource is None:
            return _settings(request, steps, context)
        if not _allowed(context, resource.scopes, writing=writing):
            return scope_missing()
        match steps:
            case ["Invoices", invoice_id, *rest] if rest:
                return self._about_invoice(request, invoice_id, rest, ledger)
            case [_] if not writing:
                try:
                    return listed(resource, ledger, request, since_includes=self.ways.since_includes)
                except QueryError as error:
                    return unreadable("QueryParseException", 16, str(error))
            case [_, wanted] if not writing:
                return _one(resource, wanted, request, ledger)
        return not_found()

    def _about_invoice(
        self, request: Request, invoice_id: str, steps: list[str], ledger: Ledger
    ) -> Response | dict[str, Any]:
        document = _invoice(ledger, invoice_id)
        if document is None:
            return not_found()
        match request.method, steps:
            case "GET", ["pdf"]:
                return Response(ledger.pdf(document.id), content_type="application/pdf")
            case "GET", ["OnlineInvoice"]:
                if document.side != "sale" or status_of(ledger, document) not in _LINKED:
                    return invalid("Invoice is not of valid type or status", {"InvoiceID": document.id})
                path = uuid5(UUID(document.id), "online").hex
                return {"OnlineInvoices": [{"OnlineInvoiceUrl": f"https://in.xero.example/{path}"}]}
            case "GET", ["History"]:
                return writes.history(ledger, document)
            case "PUT", ["History"]:
                return self._keys.once(request, ledger, lambda: self._note(request, ledger, document))
            case "POST", ["Email"]:
                return self._keys.once(request, ledger, lambda: writes.email(ledger, document, self.ways))
        return not_found()

    def _note(self, request: Request, ledger: Ledger, document: Document) -> Response:
        made = writes.add_history(request, ledger, document, self.ways)
        return made if isinstance(made, Response) else json_response(_envelope(made, ledger.clock))


def _connections(request: Request, steps: list[str], context: Context) -> Response:
    """Answer for the connections of the consent: identity API, no tenant needed."""
    consent = context.consent
    if request.method == "DELETE" and len(steps) == 1:
        for connection in consent.connections:
            if connection.id == steps[0]:
                context.disconnect(connection.organisation)
                return Response(status=204)
        return Response(status=404)
    if request.method != "GET" or steps:
        return Response(status=404)
    return json_response(
        [
            {
                "id": connection.id,
                "authEventId": consent.id,
                "tenantId": connection.organisation,
                "tenantType": "ORGANISATION",
                "tenantName": context.ledgers[connection.organisation].organisation.name,
                "createdDateUtc": connection.at.strftime("%Y-%m-%dT%H:%M:%S.%f0"),
                "updatedDateUtc": connection.at.strftime("%Y-%m-%dT%H:%M:%S.%f0"),
            }
            for connection in consent.connections
        ]
    )


def _settings(request: Request, steps: list[str], context: Context) -> Response | dict[str, Any]:
    """Tell how the organisation is set up."""
    if request.method != "GET" or steps not in (["Organisation"], ["InvoiceReminders", "Settings"]):
        return not_found()
    if not _allowed(context, ("accounting.settings",), writing=False):
        return scope_missing()
    about = context.ledger.organisation
    if steps == ["InvoiceReminders", "Settings"]:
        return {"InvoiceReminders": [{"Enabled": about.own_reminders}]}
    if context.fault("wrong_organisation") is not None:
        about = replace(about, id=str(uuid5(NAMESPACE_URL, f"{about.id}/another")), name="Another Company Ltd")
    return {"Organisations": [organisation(about, f"!{about.id[:5]}")]}


def _one(resource: Resource, wanted: str, request: Request, ledger: Ledger) -> Response | dict[str, Any]:
    """Give one entry by its id (an invoice also by its number)."""
    for entry in resource.entries(ledger):
        if resource.id_of(entry) == wanted.lower() or getattr(entry, "number", None) == wanted:
            if resource.name == "Invoices" and "application/pdf" in request.headers.get("Accept", ""):
                return Response(ledger.pdf(resource.id_of(entry)), content_type="application/pdf")
            return {resource.name: [resource.shape(ledger, entry, Detail.FULL)]}
    return not_found()


def _invoice(ledger: Ledger, invoice_id: str) -> Document | None:
    document = ledger.documents.get(invoice_id.lower())
    return document if document is not None and document.kind == "invoice" else None


def _allowed(context: Context, scopes: Sequence[str], *, writing: bool) -> bool:
    endings = ("",) if writing else ("", ".read")
    return any(scope + ending in context.consent.scopes for scope in scopes for ending in endings)


def _envelope(payload: dict[str, Any], clock: SandboxClock) -> dict[str, Any]:
    now = clock.now()
    return {
        "Id": str(uuid5(NAMESPACE_URL, now.isoformat())),
        "Status": "OK",
        "ProviderName": "Relance sandbox",
        "DateTimeUTC": bare_instant(now),
        **payload,
    }


def _enveloped(request: Request, payload: dict[str, Any], context: Context) -> Response:
    """Give the answer in JSON where the request accepts that, else in XML, which is Xero's own choice."""
    full = _envelope(payload, context.clock)
    if "json" in request.headers.get("Accept", ""):
        return Response(dumps(full), content_type="application/json; charset=utf-8")
    return Response(xml_of(full), content_type="text/xml; charset=utf-8")


_: type[Dialect] = XeroDialect
