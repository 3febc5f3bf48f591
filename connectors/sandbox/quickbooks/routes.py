"""The paths of a company, /v3/company/{realm}/..., and what each of them wants of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from connectors.sandbox.quickbooks import reads, refusals, writes
from connectors.sandbox.quickbooks.desk import Answer
from connectors.sandbox.quickbooks.refusals import RefusedError
from connectors.sandbox.quickbooks.stamps import answer_time
from connectors.sandbox.wire import json_response, loads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from werkzeug.wrappers import Request

    from connectors.sandbox.dialect import Context
    from connectors.sandbox.quickbooks.desk import Desk
    from connectors.sandbox.quickbooks.refusals import Refusal

Shape = dict[str, Any]

REQUEST_ID_LIMIT: Final = 50
_ENTITIES: Final = {
    name.lower(): name for name in ("Invoice", "CreditMemo", "Payment", "Customer", "Attachable", "CompanyInfo")
}
_PAPERS: Final = frozenset({"invoice", "creditmemo"})


def answer(request: Request, context: Context, desk: Desk, path: str) -> Response:
    """Answer a request about one company; raises RefusedError for all that the service refuses."""
    parts = path.lower().split("/")
    response = _written(request, context, desk, parts) if request.method == "POST" else None
    if response is None:
        response = _read(request, context, desk, parts)
    if response is None:
        raise RefusedError(refusals.unsupported(f"Operation {request.method} {path} is not supported"))
    return response


# ---- reading ----


def _read(request: Request, context: Context, desk: Desk, parts: Sequence[str]) -> Response | None:
    links = "invoicelink" in request.args.get("include", "").lower().split(",")
    match (request.method, *parts):
        case (("GET" | "POST"), "query"):
            return _json(reads.answer_query(context.ledger, desk, _statement(request), links=links), context)
        case ("GET", "cdc"):
            return _json(_changes(request, context, desk), context)
        case ("GET", "preferences"):
            return _json(reads.answer_object(context.ledger, desk, "Preferences", "1", links=False), context)
        case ("GET", "companyinfo", realm):
            if realm != context.ledger.organisation.id.lower():
                raise RefusedError(refusals.not_found())
            shape = reads.answer_object(context.ledger, desk, "CompanyInfo", "1", links=False)
            if context.fault("wrong_organisation"):
                shape["CompanyInfo"] |= {"CompanyName": "Somebody Else", "LegalName": "Somebody Else"}
            return _json(shape, context)
        case ("GET", entity, object_id) if entity in _ENTITIES:
            shape = reads.answer_object(context.ledger, desk, _ENTITIES[entity], object_id, links=links)
            return _json(shape, context)
        case ("GET", entity, object_id, "pdf") if entity in _PAPERS:
            return _paper(request, context, desk, _ENTITIES[entity], object_id)
        case _:
            return None


def _statement(request: Request) -> str:
    if request.method == "GET":
        return request.args.get("query", "")
    if request.mimetype not in {"application/text", "text/plain"}:
        raise RefusedError(refusals.unsupported(f"Content-Type {request.mimetype} is not supported for a query"))
    return request.get_data(as_text=True)


def _changes(request: Request, context: Context, desk: Desk) -> Shape:
    return reads.answer_changes(
        context.ledger,
        desk,
        request.args.get("entities", ""),
        request.args.get("changedSince", ""),
        now=context.clock.now(),
        cut_silently=context.fault("cdc_cuts") is not None,
    )


def _paper(request: Request, context: Context, desk: Desk, entity: str, object_id: str) -> Response:
    if not request.accept_mimetypes.quality("application/pdf"):
        raise RefusedError(refusals.unsupported("A pdf is given only to a client that accepts application/pdf"))
    reads.answer_object(context.ledger, desk, entity, object_id, links=False)
    return Response(context.ledger.pdf(object_id), content_type="application/pdf")


# ---- writing ----


def _written(request: Request, context: Context, desk: Desk, parts: Sequence[str]) -> Response | None:
    match parts:
        case ["invoice", invoice_id, "send"]:
            return _once(request, context, desk, lambda: _send(request, context, desk, invoice_id))
        case ["invoice"]:
            return _once(request, context, desk, lambda: _change(request, context, desk))
        case ["attachable"]:
            return _once(request, context, desk, lambda: _attach(request, context, desk))
        case _:
            return None


def _once(request: Request, context: Context, desk: Desk, act: Callable[[], Shape]) -> Response:
    """Do it, unless this request id was answered before: then give that answer again and do nothing."""
    request_id = request.args.get("requestid", "")
    if len(request_id) > REQUEST_ID_LIMIT:
        raise RefusedError(refusals.malformed(f"requestid may not be longer than {REQUEST_ID_LIMIT} characters"))
    honoured = bool(request_id) and not (request.path.endswith("/send") and context.fault("send_twice"))
    if honoured and (given := desk.answers.get(request_id)):
        return Response(given.body, status=given.status, content_type=given.content_type)
    if context.fault("lapsed"):
        raise RefusedError(refusals.lapsed())
    response = _json(act(), context)
    if honoured:
        desk.answers[request_id] = Answer.of(response)
    return response


def _send(request: Request, context: Context, desk: Desk, invoice_id: str) -> Shape:
    if request.mimetype != "application/octet-stream":
        raise RefusedError(refusals.unsupported("Content-Type of a send must be application/octet-stream"))
    send_to = request.args.get("sendTo")
    return writes.send_invoice(context.ledger, desk, invoice_id, send_to, now=context.clock.now())


def _change(request: Request, context: Context, desk: Desk) -> Shape:
    body = _body(request)
    closed = _closed(context)
    operation = request.args.get("operation", "update").lower()
    if operation == "update" and not body.get("Id"):
        return writes.create_invoice(context.ledger, desk, body, closed=closed)
    if context.fault("stale_token"):
        # Someone at the company was quicker by a moment.
        context.ledger.edit(writes.find_invoice(context.ledger, body.get("Id")).id)
    match operation:
        case "update":
            return writes.update_invoice(context.ledger, desk, body, closed=closed)
        case "void":
            return writes.void_invoice(context.ledger, desk, body, closed=closed)
        case "delete":
            return writes.delete_invoice(context.ledger, body, closed=closed)
        case _:
            raise RefusedError(refusals.unsupported(f"Operation {operation} is not supported"))


def _attach(request: Request, context: Context, desk: Desk) -> Shape:
    body = _body(request)
    if closed := _closed(context):
        raise RefusedError(closed)
    touch = context.fault("note_touches") is not None
    return writes.attach_note(context.ledger, desk, body, now=context.clock.now(), touch=touch)


def _closed(context: Context) -> Refusal | None:
    fault = context.fault("closed_books")
    return refusals.closed_books(str(fault.args.get("code", "6210"))) if fault else None


def _body(request: Request) -> Mapping[str, Any]:
    if request.mimetype != "application/json":
        raise RefusedError(refusals.unsupported(f"Content-Type {request.mimetype} is not supported"))
    try:
        body = loads(request.get_data())
    except ValueError as fault:
        raise RefusedError(refusals.malformed(f"Invalid JSON: {fault}")) from None
    if not isinstance(body, dict):
        raise RefusedError(refusals.malformed("The body must be one object"))
    return body


def _json(payload: Shape, context: Context) -> Response:
    moment = answer_time(context.clock.now(), context.ledger.organisation.timezone)
    return json_response({**payload, "time": moment}, content_type="application/json;charset=UTF-8")
