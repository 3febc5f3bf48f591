"""How Xero says no: Accounting API, developer.xero.com/documentation/api/accounting/responsecodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from connectors.sandbox.dialect import Refusal
from connectors.sandbox.wire import json_response

if TYPE_CHECKING:
    from connectors.sandbox.clock import SandboxClock


def refuse(refusal: Refusal, retry_after: str | None, clock: SandboxClock) -> Response:
    """Word what the door refuses."""
    match refusal:
        case Refusal.NO_TOKEN:
            return problem(401, "Unauthorized", "AuthenticationUnsuccessful")
        case Refusal.EXPIRED_TOKEN:
            at = clock.now().strftime("%m/%d/%Y %H:%M:%S")
            return problem(401, "Unauthorized", f"TokenExpired: token expired at {at}")
        case Refusal.NOT_CONNECTED:
            return problem(403, "Forbidden", "AuthenticationUnsuccessful")
        case Refusal.MINUTE_LIMIT:
            return _too_many("minute", retry_after, {"X-MinLimit-Remaining": "0"})
        case Refusal.DAY_LIMIT:
            return _too_many("day", retry_after, {"X-DayLimit-Remaining": "0"})
        case Refusal.CONCURRENT_LIMIT:
            return _too_many("concurrent", None, {})


def problem(status: int, title: str, detail: str) -> Response:
    """Answer as the gateway before the API does."""
    return json_response(
        {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": None, "Extensions": {}}, status
    )


def scope_missing() -> Response:
    """Refuse a token whose consent does not cover the call."""
    answer = problem(401, "Unauthorized", "AuthorizationUnsuccessful")
    answer.headers["WWW-Authenticate"] = "insufficient_scope"
    return answer


def not_found() -> Response:
    """Say in plain text that there is nothing."""
    return Response("The resource you're looking for cannot be found", status=404, content_type="text/html")


def invalid(message: str, element: dict[str, Any] | None = None) -> Response:
    """Answer a ValidationException; ``element`` names what it is about: {"InvoiceID": ..}."""
    return json_response(
        {
            "ErrorNumber": 10,
            "Type": "ValidationException",
            "Message": "A validation exception occurred",
            "Elements": [{**(element or {}), "ValidationErrors": [{"Message": message}]}],
        },
        400,
    )


def unreadable(kind: str, number: int, message: str) -> Response:
    """Answer 400 for a request that cannot be read: QueryParseException, PostDataInvalidException."""
    return json_response({"ErrorNumber": number, "Type": kind, "Message": message}, 400)


def _too_many(problem_name: str, retry_after: str | None, headers: dict[str, str]) -> Response:
    answer = Response("", status=429, headers={"X-Rate-Limit-Problem": problem_name, **headers})
    if retry_after is not None:
        answer.headers["Retry-After"] = retry_after
    return answer
