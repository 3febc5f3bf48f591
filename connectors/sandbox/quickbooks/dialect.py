"""QuickBooks Online at the door: paths, headers, faults in all their forms, answers given twice."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from werkzeug.wrappers import Response

from connectors.sandbox import dialect as ground
from connectors.sandbox.quickbooks import refusals
from connectors.sandbox.quickbooks.desk import Desk
from connectors.sandbox.quickbooks.refusals import Refusal, RefusedError
from connectors.sandbox.quickbooks.routes import answer
from connectors.sandbox.quickbooks.stamps import answer_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from werkzeug.wrappers import Request

    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.dialect import Context, Remaining
    from connectors.sandbox.ledger import Ledger

_COMPANY: Final = re.compile(r"/v3/company/([^/]+)(?:/(.*))?")


class QuickBooksDialect:
    """Speak of the ledger as QuickBooks Online does (/v3/company/{realm}/..., minor version 75).

    Faults of its own: ``fault_in_200`` (code), ``xml_fault`` (status 403 or 429), ``other_casing`` (the next
    refusal is worded by the gateway), ``stale_token`` (someone changes the invoice just before our change),
    ``closed_books`` (code 6200, 6210, 6000 or 5010), ``lapsed``, ``note_touches`` (a note counts as a change of
    its invoice), ``cdc_cuts`` (a time too far back is cut instead of refused), ``send_twice`` (a request id is
    not honoured on /send), ``wrong_organisation`` (the company bears another name).
    """

    provider = "quickbooks"

    def __init__(self) -> None:
        self._desks: WeakKeyDictionary[Ledger, Desk] = WeakKeyDictionary()
        self._answers = count(1)

    def new_id(self, organisation_id: str, sequence: int) -> str:  # noqa: ARG002 (every company counts for itself)
        """Make an id: a number in words, as all of the service's are."""
        return str(sequence)

    def organisation_of(self, request: Request, reach: Sequence[str]) -> str | None:  # noqa: ARG002 (the path says it)
        """Read the realm from the path."""
        match = _COMPANY.fullmatch(request.path)
        return match.group(1) if match else None

    def refuse(self, refusal: ground.Refusal, retry_after: str | None, clock: SandboxClock) -> Response:
        """Word what the door refuses. Limits come without Retry-After, unless it is one that a fault asked for."""
        match refusal:
            case ground.Refusal.NO_TOKEN:
                response = _gateway(refusals.unauthenticated("Token missing or malformed"))
            case ground.Refusal.EXPIRED_TOKEN:
                response = _gateway(refusals.unauthenticated())
            case ground.Refusal.NOT_CONNECTED:
                response = _gateway(refusals.forbidden())
            case _:
                response = _faulty(refusals.throttled(), clock, "UTC")
                if retry_after is not None and not retry_after.isdigit():
                    response.headers["Retry-After"] = retry_after
                return response
        # The server adds the headers of an answer only to what came through the door.
        response.headers["intuit_tid"] = self._tid(clock)
        return response

    def handle(self, request: Request, context: Context) -> Response:
        """Answer a request that may pass."""
        match = _COMPANY.fullmatch(request.path)
        if match is None or context.organisation not in context.ledgers:
            return _faulty(refusals.unsupported(f"No resource method for {request.path}"), context.clock, "UTC")
        zone = context.ledger.organisation.timezone
        if fault := context.fault("xml_fault"):
            status = int(fault.args.get("status", 403))
            return _xml(refusals.throttled(status), context.clock, zone)
        if fault := context.fault("fault_in_200"):
            refusal = _of_code(str(fault.args.get("code", "6190")))
            return _faulty(refusal, context.clock, zone, status=200)
        try:
            return answer(request, context, self._desk(context), match.group(2) or "")
        except RefusedError as refused:
            if context.fault("other_casing"):
                return _gateway(refused.refusal)
            return _faulty(refused.refusal, context.clock, zone)

    def headers(self, remaining: Remaining, context: Context) -> Mapping[str, str]:  # noqa: ARG002 (none are told)
        """Give the id by which the service finds an answer in its logs; what is left of the limits is not told."""
        return {"intuit_tid": self._tid(context.clock)}

    def rows_of(self, payload: Any) -> list[Any] | None:
        """Give the rows of a query's answer."""
        found = payload.get("QueryResponse") if isinstance(payload, dict) else None
        if not isinstance(found, dict):
            return None
        return next((rows for rows in found.values() if isinstance(rows, list)), None)

    def emptied(self, payload: Any) -> Any:
        """Give the answer of a query that finds nothing."""
        return {**payload, "QueryResponse": {}}

    def _tid(self, clock: SandboxClock) -> str:
        return f"1-{int(clock.now().timestamp()):08x}-{next(self._answers):024x}"

    def _desk(self, context: Context) -> Desk:
        desk = self._desks.get(context.ledger)
        if desk is None:
            desk = self._desks[context.ledger] = Desk(opened_at=context.clock.now())
        return desk


def _of_code(code: str) -> Refusal:
    known = {"5010": refusals.stale(), "610": refusals.not_found(), "3001": refusals.throttled()}
    if code in {"6200", "6210", "6000"}:
        return refusals.closed_books(code)
    return known.get(code, refusals.lapsed())


def _faulty(refusal: Refusal, clock: SandboxClock, zone: str, *, status: int | None = None) -> Response:
    body = refusals.as_fault(refusal, answer_time(clock.now(), zone))
    return Response(body, status=status or refusal.status, content_type="application/json;charset=UTF-8")


def _gateway(refusal: Refusal) -> Response:
    body = refusals.as_gateway_fault(refusal)
    return Response(body, status=refusal.status, content_type="application/json;charset=UTF-8")


def _xml(refusal: Refusal, clock: SandboxClock, zone: str) -> Response:
    body = refusals.as_xml_fault(refusal, answer_time(clock.now(), zone))
    return Response(body, status=refusal.status, content_type="application/xml;charset=UTF-8")
