"""How QuickBooks Online says no: faults in several shapes, and what each means (Intuit: error codes)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from connectors import jsontext
from connectors.http_judging import judge, retry_at
from connectors.http_ports import TokenRefused
from connectors.http_redact import one_line
from engine.errors import BooksBusyError, BooksRefusedError, BooksUnreachableError, ConsentNeededError

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.http_answer import Answer

STALE: Final = "5010"
NOT_FOUND: Final = "610"
LAPSED: Final = "6190"
CLOSED: Final = frozenset({"6200", "6210"})
NOT_QUERYABLE: Final = frozenset({"4000", "4001"})
_THROTTLED: Final = "3001"
_UNKNOWN_CALLER: Final = "3200"
_NOT_THIS_COMPANY: Final = "3100"
_NOT_ALLOWED: Final = "120"
_SYSTEM: Final = 10000
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_MISSING: Final = 404
# Enough of an XML body to hold its fault.
_MOST_XML: Final = 20_000
_CODE_IN_TEXT: Final = re.compile(r"errorCode=0*(\d+)")
_XML_ERROR: Final = re.compile(r"<Error\b([^>]*)>(.*?)</Error>|<Error\b([^>]*)/>", re.DOTALL | re.IGNORECASE)
_XML_CODE: Final = re.compile(r"\bcode\s*=\s*[\"']?0*(\d+)", re.IGNORECASE)
_XML_MESSAGE: Final = re.compile(r"<Message>(.*?)</Message>", re.DOTALL | re.IGNORECASE)
_XML_DETAIL: Final = re.compile(r"<Detail>(.*?)</Detail>", re.DOTALL | re.IGNORECASE)
_CLOSED_BOOKS: Final = "the books of this period are closed in QuickBooks: the accountant can move the closing date, or write there by hand"
_CLOSED_WORDS: Final = re.compile(
    r"(account )?(period|books) (is|are|has|have)( been)? closed|period closed", re.IGNORECASE
)


class QuickBooksRefusedError(BooksRefusedError):
    """QuickBooks definitely refuses this call; `codes` are its own numbers without leading zeros.

    `closed` says that the books of the period are closed, whatever the number: 5010, which means a stale version
    elsewhere, has been seen for that too.
    """

    def __init__(self, message: str, *, codes: frozenset[str] = frozenset(), closed: bool = False) -> None:
        super().__init__(message)
        self.codes = codes
        self.closed = closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One error of a fault: its code without leading zeros ("" where it has none) and its words."""

    code: str
    message: str
    detail: str

    @property
    def words(self) -> str:
        """What QuickBooks says, once, as one line."""
        texts = [one_line(text) for text in (self.message, self.detail) if text.strip()]
        if len(texts) > 1 and texts[1].startswith(texts[0]):
            texts = texts[1:]
        said = ": ".join(texts) or "no words given"
        return f"{said} (code {self.code})" if self.code else said


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickBooksManners:
    """QuickBooks' limits and refusals: 500 calls a minute and 10 a second for one company, some of them left to others."""

    provider: str = "quickbooks"
    request_id: str = "intuit_tid"
    per_minute: int = 450
    per_second: int = 8
    concurrent: int = 5

    def judge(self, answer: Answer, now: datetime) -> None:
        """Raise what an answer means; a fault inside a 200 is a fault all the same."""
        faults = faults_of(answer)
        if not faults and answer.succeeded:
            return
        codes = frozenset(fault.code for fault in faults if fault.code)
        text = " ".join(f"{fault.message} {fault.detail}" for fault in faults)
        _judge_access(answer, codes, text, now)
        said = "; ".join(fault.words for fault in faults)
        if answer.status >= _SERVER_ERROR or any(int(code) >= _SYSTEM for code in codes):
            raise BooksUnreachableError(
                f"QuickBooks is in trouble itself (HTTP {answer.status}): {said or 'no words given'}"
            )
        if faults or answer.status == _MISSING:
            if answer.status == _MISSING and not codes:
                codes = frozenset({NOT_FOUND})
            closed = _tells_of_closed_books(codes, text)
            meaning = _CLOSED_BOOKS if closed else _sentence(codes)
            raise QuickBooksRefusedError(f"{meaning}: {said or 'not found'}", codes=codes, closed=closed)
        judge(answer, now, "QuickBooks")

    def budget_left(self, answer: Answer) -> int | None:
        """Nothing: QuickBooks' headers do not say (its monthly allowance of reads is shown to its developers only)."""
        del answer
        return None


def _judge_access(answer: Answer, codes: frozenset[str], text: str, now: datetime) -> None:
    """Raise what has to do with who calls and how often; the order matters, since 403 is used for all of it."""
    if answer.status == _TOO_MANY or _THROTTLED in codes or "throttleexceeded" in text.lower():
        # QuickBooks sends no Retry-After: its documentation says to wait for 60 seconds.
        raise BooksBusyError("QuickBooks takes no more calls for now", retry_at=retry_at(answer, now))
    if answer.status == _UNAUTHORIZED or _UNKNOWN_CALLER in codes:
        raise TokenRefused("QuickBooks did not take the access token")
    if _NOT_THIS_COMPANY in codes:
        raise ConsentNeededError(
            "this connection does not reach the QuickBooks company it is bound to: connect again and choose that company"
        )


def _tells_of_closed_books(codes: frozenset[str], text: str) -> bool:
    return bool(codes & CLOSED and "duplicate" not in text.lower()) or _CLOSED_WORDS.search(text) is not None


def _sentence(codes: frozenset[str]) -> str:
    """Give what a refusal means and what a person can do."""
    if LAPSED in codes:
        return (
            "QuickBooks takes no changes because the company's subscription has lapsed; its books can still be read."
            " Renew the subscription in QuickBooks"
        )
    if _NOT_ALLOWED in codes:
        return (
            "the person who connected this company may not do this in QuickBooks: connect again as an administrator of"
            " the company"
        )
    if STALE in codes:
        return "someone changed this in QuickBooks at the same moment"
    if NOT_FOUND in codes:
        return "QuickBooks has no such document, or it is inactive"
    return "QuickBooks refuses this call"


def faults_of(answer: Answer) -> tuple[Fault, ...]:
    """Read the errors of an answer: JSON in both casings, XML, one error or many; () where there is none."""
    body = answer.body
    if body[:200].lstrip().startswith(b"<"):
        return _xml_faults(body)
    # A page of invoices is not parsed twice just to find that it holds no fault.
    if b'"Fault"' not in body and b'"fault"' not in body:
        return ()
    try:
        top = jsontext.parse(body)
    except jsontext.JsonTextError:
        return ()
    fault = _key(top, "fault")
    if fault is None:
        return ()
    listed = _key(fault, "error")
    errors = listed if isinstance(listed, list) else [listed]
    found = tuple(_fault(error) for error in errors if isinstance(error, dict))
    return found or (Fault(code="", message=str(_key(fault, "type") or ""), detail=""),)


def _fault(error: dict[str, Any]) -> Fault:
    message, detail = (str(_key(error, name) or "") for name in ("message", "detail"))
    code = str(_key(error, "code") or "").strip().lstrip("0")
    if not code.isdecimal():
        inside = _CODE_IN_TEXT.search(f"{message} {detail}")
        code = inside.group(1) if inside else ""
    return Fault(code=code, message=message, detail=detail)


def _xml_faults(body: bytes) -> tuple[Fault, ...]:
    text = body[:_MOST_XML].decode("utf-8", "replace")
    if "<Fault" not in text:
        return ()
    found = []
    for attributes, inside, alone in _XML_ERROR.findall(text):
        message, detail = (_first(pattern, inside) for pattern in (_XML_MESSAGE, _XML_DETAIL))
        code = _first(_XML_CODE, attributes or alone) or _first(_CODE_IN_TEXT, message)
        found.append(Fault(code=code, message=message, detail=detail))
    return tuple(found) or (Fault(code="", message="a fault without words", detail=""),)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1) if found else ""


def _key(value: object, name: str) -> Any:
    """Give a key's value whatever its casing."""
    if isinstance(value, dict):
        for key, each in value.items():
            if str(key).lower() == name:
                return each
    return None
