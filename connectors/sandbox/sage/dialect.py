"""The dialect itself: who is asked, which resource, and the answer."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from connectors.sandbox.dialect import Refusal
from connectors.sandbox.ledger import LedgerError
from connectors.sandbox.sage import around, asked, bodies, shapes, writes
from connectors.sandbox.sage.listing import listed, void_is_deleted
from connectors.sandbox.sage.resources import RESOURCES
from connectors.sandbox.sage.wire import RefusedError, error, forbidden, not_found, unauthorized
from connectors.sandbox.wire import json_response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.wrappers import Request

    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.dialect import Context, Remaining
    from connectors.sandbox.ledger import Ledger
    from connectors.sandbox.sage.listing import Row
    from connectors.sandbox.sage.resources import Resource

_VERSION: Final = "v3.1"
_HEADER: Final = "X-Business"
# The scope that may write; "readonly" may not.
_WRITING: Final = "full_access"
_WRITABLE: Final = {
    "sales_invoices": frozenset({"PUT", "DELETE"}),
    "contacts": frozenset({"PUT", "POST"}),
    "contact_payments": frozenset({"POST", "DELETE"}),
}


class SageDialect:
    """Sage Accounting v3.1 over the ledger.

    Faults of its own: `no_subscription` (401), `access_denied` (403), `single_object_error` (an error that is no
    array), `old_page_size_name` ("$itemsPerPage"), `voided_among_deleted`, `wrong_organisation` (another business
    answers), `no_echo` (no business is named), `changed_meanwhile` (its `change` runs right after one entry was read).
    """

    provider = "sage"

    def __init__(self) -> None:
        self._requests = count(1)
        self._remembered = bodies.Remembered()

    def new_id(self, organisation_id: str, sequence: int) -> str:
        """Make an id: 32 hexadecimal digits."""
        return shapes.derived_id(organisation_id, str(sequence))

    def organisation_of(self, request: Request, reach: Sequence[str]) -> str | None:
        """Take the header's business; without it the user's lead business answers."""
        return request.headers.get(_HEADER) or (reach[0] if reach else None)

    def refuse(self, refusal: Refusal, retry_after: str | None, clock: SandboxClock) -> Response:
        """Word a refusal; of a 429 nothing is documented but the status."""
        del clock
        if refusal is Refusal.NOT_CONNECTED:
            status, body = 403, forbidden().body()
        elif refusal in {Refusal.NO_TOKEN, Refusal.EXPIRED_TOKEN}:
            said = "The access token is missing." if refusal is Refusal.NO_TOKEN else "The access token has expired."
            status, body = 401, unauthorized(said).body()
        else:
            status, body = 429, [error("TooManyRequests", "Too many requests have been made against the API.")]
        answer = json_response(body, status)
        if retry_after is not None:
            answer.headers["Retry-After"] = retry_after
        return answer

    def headers(self, remaining: Remaining, context: Context) -> Mapping[str, str]:
        """Give the request id; the service tells nobody what is left of the limits."""
        del remaining, context
        return {"x-request-id": shapes.derived_id("request", str(next(self._requests)))}

    def rows_of(self, payload: Any) -> list[Any] | None:
        """Give `$items`."""
        items = payload.get("$items") if isinstance(payload, dict) else None
        return items if isinstance(items, list) else None

    def emptied(self, payload: Any) -> Any:
        """Word an empty list: the envelope stays."""
        return {**payload, "$total": 0, "$page": 1, "$next": None, "$back": None, "$items": []}

    def handle(self, request: Request, context: Context) -> Response:
        """Answer, and echo whose books answered."""
        echoed = context.organisation
        try:
            if context.fault("no_subscription"):
                raise unauthorized("No active subscription. (MSE)")
            if context.fault("access_denied"):
                raise forbidden()
            if context.fault("wrong_organisation"):
                echoed = next((key for key in context.ledgers if key != echoed), shapes.derived_id("another"))
            answer = self._answer(request, context, echoed)
        except LedgerError as refused:
            answer = json_response([error("RecordInvalid", str(refused))], 422)
        except RefusedError as refused:
            body: Any = refused.body()
            answer = json_response(body[0] if context.fault("single_object_error") else body, refused.status)
        if echoed is not None and not context.fault("no_echo"):
            answer.headers[_HEADER] = echoed
        return answer

    def _answer(self, request: Request, context: Context, business: str | None) -> Response:
        version, *path = request.path.strip("/").split("/")
        if version != _VERSION or not path:
            raise not_found()
        if business is None or (request.method != "GET" and _WRITING not in context.consent.scopes):
            raise forbidden()
        collection, keys = path[0], path[1:]
        if collection == "businesses":
            return around.businesses(request, context, keys)
        ledger = context.ledgers.get(business, context.ledger)
        if collection in {"financial_settings", "email_settings"} and not keys:
            return around.settings(request, context, ledger, collection)
        if collection == "artefact_statuses":
            return around.statuses(request, keys)
        if collection not in RESOURCES:
            raise not_found()
        if request.method == "GET" and len(keys) <= 1:
            return self._read(request, context, ledger, collection, keys)
        return self._write(request, context, ledger, collection, keys)

    def _read(self, request: Request, context: Context, ledger: Ledger, collection: str, keys: list[str]) -> Response:
        resource = RESOURCES[collection]
        query = request.args.to_dict()
        if not keys:
            asked.refuse_unknown(query, resource.parameters)
            rows = resource.rows(ledger, query)
            if "deleted_since" in query and context.fault("voided_among_deleted"):
                rows = map(void_is_deleted, rows)
            old = context.fault("old_page_size_name") is not None
            return json_response(listed(f"/{collection}", query, rows, resource.sorts, old_spelling=old))
        asked.refuse_unknown(query, resource.key_parameters)
        row = _found(resource, ledger, query, keys[0])
        if "mark_as_sent" in resource.key_parameters and asked.flag(query, "mark_as_sent", default=True):
            # "Defaulted to 'true'": whoever only looks changes the document, unless the request says otherwise.
            writes.mark_as_sent(ledger, ledger.document(row.key))
            row = _found(resource, ledger, query, keys[0])
        if "mark_as_sent" in resource.key_parameters and _wants_pdf(request):
            return Response(ledger.pdf(row.key), content_type="application/pdf")
        attributes = asked.exposed(query, "attributes", default_all=True)
        nested = asked.exposed(query, "nested_attributes", default_all=False)
        answer = json_response(shapes.pick(row.show(), attributes, nested, _OWN))
        meanwhile = context.fault("changed_meanwhile")
        if meanwhile is not None and meanwhile.change is not None:
            meanwhile.change()
        return answer

    def _write(self, request: Request, context: Context, ledger: Ledger, collection: str, keys: list[str]) -> Response:
        method = request.method
        if keys[1:] == ["release"] and collection == "sales_invoices" and method == "POST":
            return json_response(writes.release_invoice(ledger, keys[0]), 201)
        if len(keys) > 1:
            raise not_found()
        if method not in _WRITABLE.get(collection, frozenset()) or (method == "POST") is bool(keys):
            raise RefusedError(405, "MethodNotAllowed", "The method is not allowed for this resource.")
        if method == "POST":
            return json_response(self._create(request, context, ledger, collection), 201)
        if method == "DELETE" and collection == "contact_payments":
            writes.remove_payment(ledger, keys[0])
            return Response(status=204)
        if method == "DELETE":
            return json_response(writes.void_invoice(request, ledger, keys[0]))
        edit = writes.edit_contact if collection == "contacts" else writes.edit_invoice
        return json_response(edit(request, ledger, keys[0]))

    def _create(self, request: Request, context: Context, ledger: Ledger, collection: str) -> dict[str, Any]:
        make = writes.add_contact if collection == "contacts" else writes.add_payment
        return self._remembered.answer(
            (ledger.organisation.id, collection),
            bodies.idempotency_of(request),
            context.clock.now(),
            lambda: make(request, ledger),
        )


# What belongs to one contact alone comes whole with it; in a list only by nested_attributes.
_OWN: Final = frozenset({"main_address", "main_contact_person", "payment_on_account"})


def _found(resource: Resource, ledger: Ledger, query: Mapping[str, str], key: str) -> Row:
    for row in resource.rows(ledger, query):
        if row.key == key and row.deleted_at is None:
            return row
    raise not_found()


def _wants_pdf(request: Request) -> bool:
    return request.accept_mimetypes.best_match(["application/json", "application/pdf"]) == "application/pdf"
