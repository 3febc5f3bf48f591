"""What a client may change: the history's notes, and the provider's mail."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from werkzeug.wrappers import Response

from connectors.sandbox.xero.refusals import invalid, unreadable
from connectors.sandbox.xero.shapes import status_of
from connectors.sandbox.xero.stamps import bare_instant, instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Request

    from connectors.sandbox.ledger import Document, Ledger

KEY_KEPT: Final = timedelta(minutes=6)
LONGEST_KEY: Final = 128
_MAILABLE: Final = frozenset({"SUBMITTED", "AUTHORISED", "PAID"})
_DAY: Final = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Ways:
    """Where the documents of Xero do not say how it is, or two of them differ: both ways can be had."""

    # Characters of a note: 250 by the older page of the documentation, 2500 by a newer reading.
    history_limit: int = 250
    # Whether a note makes the invoice count as changed.
    history_bumps: bool = False
    # Whether the mail makes the invoice count as changed.
    email_bumps: bool = True
    # Mails a day: 1000 for an organisation that pays, 20 on trial, 0 for the demo company.
    mails_a_day: int = 1000
    # Whether If-Modified-Since also gives what was changed in that very instant.
    since_includes: bool = False


@dataclass(slots=True, kw_only=True)
class _Kept:
    fingerprint: str
    status: int
    body: bytes
    content_type: str | None
    until: datetime


@dataclass(slots=True, kw_only=True)
class Keys:
    """Answers kept for six minutes under the client's Idempotency-Key, the refusals among them."""

    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)

    def once(self, request: Request, ledger: Ledger, answer: Callable[[], Response]) -> Response:
        """Give the answer that was given before under the same key, else make it."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return answer()
        if not key or len(key) > LONGEST_KEY:
            return unreadable("ValidationException", 10, "The Idempotency-Key header must hold 1 to 128 characters")
        now = ledger.clock.now()
        place = (ledger.organisation.id, key)
        asked = b"\0".join((request.method.encode(), request.full_path.encode(), request.get_data()))
        fingerprint = sha256(asked).hexdigest()
        kept = self._kept.get(place)
        if kept is not None and now < kept.until:
            if kept.fingerprint != fingerprint:
                return unreadable("ValidationException", 10, "The Idempotency-Key was used for another request")
            return Response(kept.body, status=kept.status, content_type=kept.content_type)
        made = answer()
        self._kept[place] = _Kept(
            fingerprint=fingerprint,
            status=made.status_code,
            body=made.get_data(),
            content_type=made.content_type,
            until=now + KEY_KEPT,
        )
        return made


def email(ledger: Ledger, document: Document, ways: Ways) -> Response:
    """Mail the invoice with the organisation's own template: 204, or a ValidationException."""
    about = {"InvoiceID": document.id}
    if document.side != "sale" or document.kind != "invoice":
        return invalid("Only ACCREC invoices can be emailed", about)
    if status_of(ledger, document) not in _MAILABLE:
        return invalid("Invoice is not of valid status for emailing", about)
    party = ledger.party(document.party_id)
    if not party.email:
        return invalid("The contact must have an email address specified", about)
    now = ledger.clock.now()
    if sum(1 for mail in ledger.mails if now - mail.at < _DAY) >= ways.mails_a_day:
        return invalid("Daily email limit exceeded", about)
    recipients = [party.email, *(person.email for person in party.cc_people if person.include)]
    ledger.send(document.id, recipients, silently=not ways.email_bumps)
    return Response(status=204)


def add_history(
    request: Request, ledger: Ledger, document: Document, ways: Ways
) -> Response | dict[str, list[dict[str, Any]]]:
    """Add notes to an invoice's history; none can be changed or taken back."""
    try:
        records = json.loads(request.get_data())["HistoryRecords"]
        texts = [record["Details"] for record in records]
    except (ValueError, KeyError, TypeError):
        return unreadable("PostDataInvalidException", 17, "The request holds no HistoryRecords with Details")
    if not texts or not all(isinstance(text, str) and text for text in texts):
        return invalid("Details is required", {"InvoiceID": document.id})
    if any(len(text) > ways.history_limit for text in texts):
        return invalid(f"Details must not be longer than {ways.history_limit} characters", {"InvoiceID": document.id})
    notes = [ledger.add_note(document.id, text, touch=ways.history_bumps) for text in texts]
    return {
        "HistoryRecords": [
            {
                "DateUTCString": note.at.strftime("%Y-%m-%dT%H:%M:%S"),
                "DateUTC": bare_instant(note.at),
                "Details": note.text,
                "ValidationErrors": [],
            }
            for note in notes
        ]
    }


def history(ledger: Ledger, document: Document) -> dict[str, list[dict[str, Any]]]:
    """Tell an invoice's history, newest first: notes, and what Xero itself wrote down."""
    lines = [(document.created_at, "Created", f"INV {document.number} to {ledger.party(document.party_id).name}")]
    lines += [
        (mail.at, "Invoice sent", f"This invoice has been sent to {', '.join(mail.recipients)}")
        for mail in ledger.mails
        if mail.document_id == document.id
    ]
    lines += [(note.at, "Note", note.text) for note in ledger.notes_of(document.id)]
    lines.sort(key=lambda line: line[0])
    return {
        "HistoryRecords": [
            {
                "Changes": changes,
                "DateUTCString": at.strftime("%Y-%m-%dT%H:%M:%S"),
                "DateUTC": instant(at),
                "User": "System Generated",
                "Details": details,
            }
            for at, changes, details in reversed(lines)
        ]
    }
