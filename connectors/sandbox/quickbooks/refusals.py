"""The refusals of QuickBooks: codes and sentences, and the three forms in which they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

INACTIVE_DETAIL = (
    "Object Not Found : Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)
STALE_DETAIL = (
    "Stale Object Error : You and root were working on this at the same time. "
    "root finished before you did, so your work was not saved."
)
CLOSED_DETAIL = (
    "The account period has closed and the account books cannot be updated through through the QBO Services API. "
    "Please use the QBO website to make these changes."
)
LAPSED_DETAIL = (
    "Subscription period has ended or canceled or there was a billing problem : You can't add data to QuickBooks "
    "Online because your trial or subscription period ended."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One error as the service words it, with the HTTP status it comes under."""

    code: str
    message: str
    detail: str
    status: int = 400
    family: str = "ValidationFault"
    element: str | None = ""


class RefusedError(Exception):
    """The request is answered by a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


def stale() -> Refusal:
    """Answer a SyncToken that is not the present one."""
    return Refusal(code="5010", message="Stale Object Error", detail=STALE_DETAIL)


def not_found() -> Refusal:
    """Answer an id that nothing bears, or nothing any more."""
    return Refusal(code="610", message="Object Not Found", detail=INACTIVE_DETAIL)


def missing(element: str) -> Refusal:
    """Answer a request that lacks a required field."""
    return Refusal(
        code="2020",
        message="Required param missing, need to supply the required value for the API",
        detail=f"Required parameter {element} is missing in the request",
        element=element,
    )


def malformed(detail: str) -> Refusal:
    """Answer a body that cannot be read as the object it should be."""
    return Refusal(code="2010", message="Request has invalid or unsupported property", detail=detail, element=None)


def too_long(element: str, limit: int) -> Refusal:
    """Answer a text beyond the field's length."""
    return Refusal(
        code="2050",
        message="String length is either shorter or longer than supported by specification",
        detail=f"String length specified does not match the supported length. Min:0 Max:{limit} supported.",
        element=element,
    )


def business(detail: str) -> Refusal:
    """Answer what the books do not allow."""
    return Refusal(
        code="6000",
        message="A business validation error has occurred while processing your request",
        detail=f"Business Validation Error: {detail}",
    )


def unsupported(detail: str) -> Refusal:
    """Answer a path, a verb or a content type that the service does not know."""
    return Refusal(code="500", message="Unsupported Operation", detail=detail, element=None)


def duplicate_number(number: str) -> Refusal:
    """Answer a DocNumber that another transaction has already."""
    return Refusal(
        code="6140",
        message="Duplicate Document Number Error",
        detail=f"Duplicate Document Number Error : You must specify a different number. This number has already been used. DocNumber={number} is assigned to TxnType=Invoice",
    )


def closed_books(code: str = "6210") -> Refusal:
    """Answer a write into a closed period: 6200, 6210, 6000 and even 5010 have been seen for the same sentence."""
    if code == "6000":
        return Refusal(
            code=code,
            message="A business validation error has occurred while processing your request",
            detail=f"Business Validation Error: {CLOSED_DETAIL}",
        )
    if code == "6210":
        message = "Account Period Closed, Cannot Update Through Services API"
        return Refusal(code=code, message=message, detail=CLOSED_DETAIL)
    return Refusal(code=code, message="Account Period Closed", detail=CLOSED_DETAIL)


def lapsed() -> Refusal:
    """Answer a write to a company whose subscription has ended: it can only be read."""
    return Refusal(code="6190", message="Invalid Company Status", detail=LAPSED_DETAIL)


def throttled(status: int = 429) -> Refusal:
    """Answer a request over the limit; there is no Retry-After."""
    return Refusal(
        code="3001",
        message=f"message=ThrottleExceeded; errorCode=003001; statusCode={status}",
        detail="The request limit was reached.  Try again later",
        status=status,
        family="SERVICE",
        element=None,
    )


def unauthenticated(detail: str = "Token expired") -> Refusal:
    """Answer a token that is not, or no longer, valid."""
    return Refusal(
        code="3200",
        message="message=AuthenticationFailed; errorCode=003200; statusCode=401",
        detail=detail,
        status=401,
        family="AUTHENTICATION",
        element=None,
    )


def forbidden() -> Refusal:
    """Answer a token that does not reach this company."""
    return Refusal(
        code="3100",
        message="message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
        detail="The application is no longer connected to this company",
        status=403,
        family="AUTHORIZATION",
        element=None,
    )


def as_fault(refusal: Refusal, moment: str) -> bytes:
    """Write the refusal as the accounting service itself does."""
    error = {"Message": refusal.message, "Detail": refusal.detail, "code": refusal.code}
    if refusal.element is not None:
        error["element"] = refusal.element
    fault = {"Error": [error], "type": refusal.family}
    return json.dumps({"Fault": fault, "time": moment}).encode()


def as_gateway_fault(refusal: Refusal) -> bytes:
    """Write the refusal as the gateway before the service does: lower case, other neighbours, a number for a time."""
    error = {"message": refusal.message, "detail": refusal.detail, "code": refusal.code, "element": None}
    return json.dumps(
        {
            "warnings": None,
            "intuitObject": None,
            "fault": {"error": [error], "type": refusal.family},
            "report": None,
            "queryResponse": None,
            "batchItemResponse": [],
            "attachableResponse": [],
            "syncErrorResponse": None,
            "requestId": None,
            "status": None,
            "cdcresponse": [],
        }
    ).encode()


def as_xml_fault(refusal: Refusal, moment: str) -> bytes:
    """Write the refusal as XML, which comes even to a client that accepts JSON only."""
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse time="{escape(moment)}" xmlns="http://schema.intuit.com/finance/v3">'
        f'<Fault type="{escape(refusal.family)}"><Error code="{escape(refusal.code)}">'
        f"<Message>{escape(refusal.message)}</Message><Detail>{escape(refusal.detail)}</Detail>"
        "</Error></Fault></IntuitResponse>"
    ).encode()
