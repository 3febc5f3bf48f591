"""What may be changed: memo and dates of an invoice, its mail, its end, and notes hung on objects."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.quickbooks import refusals
from connectors.sandbox.quickbooks.refusals import Refusal, RefusedError
from connectors.sandbox.quickbooks.shapes import Shapes, is_sale

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.sandbox.entries import Document
    from connectors.sandbox.ledger import Ledger
    from connectors.sandbox.quickbooks.desk import Desk

Shape = dict[str, Any]

NOTE_LIMIT: Final = 2000
MEMO_LIMIT: Final = 4000
NUMBER_LIMIT: Final = 21
# A sandbox company may have this many mails sent in a day.
MAILS_A_DAY: Final = 40
_ADDRESS: Final = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


def find_invoice(ledger: Ledger, invoice_id: object) -> Document:
    """Give the invoice that bears the id; raises RefusedError (610) where none does."""
    document = ledger.documents.get(str(invoice_id))
    if document is None or document.kind != "invoice" or not is_sale(document):
        raise RefusedError(refusals.not_found())
    return document


def claim(ledger: Ledger, body: Mapping[str, Any], *, closed: Refusal | None) -> Document:
    """Give the invoice that a change is for, if it may be changed now.

    Raises RefusedError: 610 unknown, 2020 without a SyncToken, 5010 with one that is not the present one, and
    ``closed`` where the books of its day are closed.
    """
    document = find_invoice(ledger, body.get("Id"))
    if body.get("SyncToken") in {None, ""}:
        raise RefusedError(refusals.missing("SyncToken"))
    if str(body["SyncToken"]) != str(document.token):
        raise RefusedError(refusals.stale())
    refuse_closed(ledger, document.issued_on, closed)
    return document


def refuse_closed(ledger: Ledger, on: date, closed: Refusal | None) -> None:
    """Raise RefusedError where the day lies in a closed period, or where ``closed`` says that books are closed."""
    if closed is not None:
        raise RefusedError(closed)
    until = ledger.organisation.closed_until
    if until is not None and on <= until:
        raise RefusedError(refusals.closed_books())


def update_invoice(ledger: Ledger, desk: Desk, body: Mapping[str, Any], *, closed: Refusal | None) -> Shape:
    """Change an invoice: sparse, only what is named; else all, and what is not named is emptied."""
    document = claim(ledger, body, closed=closed)
    sparse = _truth(body.get("sparse", False))
    if not sparse:
        for name in ("CustomerRef", "Line"):
            if not body.get(name):
                raise RefusedError(refusals.missing(name))
    changes: dict[str, Any] = {}
    if "PrivateNote" in body or not sparse:
        changes["memo"] = _text(body, "PrivateNote", MEMO_LIMIT)
        if document.status == "void":
            desk.reworded.add(document.id)
    if body.get("DueDate"):
        changes["due_on"] = _day(body, "DueDate")
    if body.get("DocNumber"):
        changes["number"] = _number(ledger, body, document.id)
    if isinstance(body.get("BillEmail"), dict) and body["BillEmail"].get("Address"):
        changes["sent_to"] = _addresses(str(body["BillEmail"]["Address"]))
    changed = ledger.edit(document.id, **changes)
    desk.written[document.id] = changed.token
    return {"Invoice": Shapes(ledger, desk).invoice(changed)}


def create_invoice(ledger: Ledger, desk: Desk, body: Mapping[str, Any], *, closed: Refusal | None) -> Shape:
    """Write a new invoice from a customer and lines; due in 30 days unless it says when."""
    if not body.get("Line"):
        raise RefusedError(refusals.missing("Line"))
    reference = body.get("CustomerRef")
    party = ledger.parties.get(str(reference.get("value"))) if isinstance(reference, dict) else None
    if party is None:
        raise RefusedError(refusals.missing("CustomerRef"))
    issued_on = _day(body, "TxnDate") if body.get("TxnDate") else ledger.clock.now().date()
    refuse_closed(ledger, issued_on, closed)
    lines = [
        (str(line.get("Description") or ""), _money(line.get("Amount")))
        for line in body["Line"]
        if line.get("DetailType") != "SubTotalLineDetail"
    ]
    made = ledger.invoice(
        party,
        sum((amount for _, amount in lines), Decimal("0.00")),
        issued_on,
        _day(body, "DueDate") if body.get("DueDate") else issued_on + timedelta(days=30),
        number=_number(ledger, body, None) if body.get("DocNumber") else None,
        lines=lines,
    )
    if body.get("PrivateNote"):
        made = ledger.edit(made.id, silently=True, memo=_text(body, "PrivateNote", MEMO_LIMIT))
    desk.written[made.id] = made.token
    return {"Invoice": Shapes(ledger, desk).invoice(made)}


def void_invoice(ledger: Ledger, desk: Desk, body: Mapping[str, Any], *, closed: Refusal | None) -> Shape:
    """Void an invoice: it stays, with nothing on it."""
    document = claim(ledger, body, closed=closed)
    voided = ledger.void(document.id)
    desk.written[document.id] = voided.token
    return {"Invoice": Shapes(ledger, desk).invoice(voided)}


def delete_invoice(ledger: Ledger, body: Mapping[str, Any], *, closed: Refusal | None) -> Shape:
    """Delete an invoice outright: afterwards only the changes since a time tell that it was there."""
    document = claim(ledger, body, closed=closed)
    ledger.delete(document.id)
    return {"Invoice": {"status": "Deleted", "domain": "QBO", "Id": document.id}}


def send_invoice(ledger: Ledger, desk: Desk, invoice_id: str, send_to: str | None, *, now: datetime) -> Shape:
    """Mail an invoice with the company's own form letter; an address that is named becomes the invoice's own.

    Raises RefusedError: 610, 2210 for what is no address, 6000 without any, 3001 beyond the day's mails.
    """
    document = find_invoice(ledger, invoice_id)
    party = ledger.party(document.party_id)
    own = document.sent_to or party.email
    to = _addresses(send_to) if send_to else own
    if not to:
        raise RefusedError(refusals.business("Enter an email address to send this invoice to"))
    today = [mail for mail in ledger.mails if now - mail.at < timedelta(days=1)]
    if len(today) >= MAILS_A_DAY:
        raise RefusedError(refusals.throttled())
    copies = [person.email for person in party.cc_people if person.include]
    ledger.send(document.id, [*(part.strip() for part in to.split(",")), *copies])
    # The copies are no part of the invoice's own address.
    sent = ledger.edit(document.id, silently=True, sent_to=to)
    return {"Invoice": Shapes(ledger, desk).invoice(sent)}


def attach_note(ledger: Ledger, desk: Desk, body: Mapping[str, Any], *, now: datetime, touch: bool) -> Shape:
    """Hang a note on objects. It is written once and changes nothing it hangs on, unless ``touch``.

    Raises RefusedError: 2050 beyond 2000 characters, 6000 without any, 610 for an object that is not there.
    """
    if body.get("Id"):
        raise RefusedError(refusals.unsupported("Operation update is not supported for Attachable in this sandbox"))
    note = _text(body, "Note", NOTE_LIMIT)
    if not note:
        raise RefusedError(refusals.business("You must have at least a note string or file attachment"))
    hung_on = tuple(_hook(ledger, desk, reference) for reference in body.get("AttachableRef") or ())
    made = desk.attach(hung_on, note, now)
    for _, object_id, _ in hung_on:
        if object_id in ledger.documents:
            ledger.add_note(object_id, note, touch=touch)
    return {"Attachable": Shapes(ledger, desk).attachable(made)}


def _hook(ledger: Ledger, desk: Desk, reference: object) -> tuple[str, str, bool]:
    target = reference.get("EntityRef") if isinstance(reference, dict) else None
    if not isinstance(reference, dict) or not isinstance(target, dict) or not target.get("value"):
        raise RefusedError(refusals.missing("EntityRef"))
    entity = next(
        (known for known in ("Invoice", "CreditMemo", "Payment", "Customer") if known.lower() == _kind(target)), None
    )
    if entity is None or Shapes(ledger, desk).row(entity, str(target["value"])) is None:
        raise RefusedError(refusals.not_found())
    return entity, str(target["value"]), _truth(reference.get("IncludeOnSend", False))


def _kind(target: Mapping[str, Any]) -> str:
    return str(target.get("type", "")).lower()


def _truth(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _text(body: Mapping[str, Any], name: str, limit: int) -> str:
    text = str(body.get(name) or "")
    if len(text) > limit:
        raise RefusedError(refusals.too_long(name, limit))
    return text


def _day(body: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(body[name])[: len("2026-05-05")])
    except ValueError:
        raise RefusedError(refusals.malformed(f"Invalid date for {name}: {body[name]}")) from None


def _money(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise RefusedError(refusals.malformed(f"Invalid Number : {value}")) from None


def _number(ledger: Ledger, body: Mapping[str, Any], own_id: str | None) -> str:
    number = _text(body, "DocNumber", NUMBER_LIMIT)
    if any(each.number == number and each.id != own_id for each in ledger.documents.values() if is_sale(each)):
        raise RefusedError(refusals.duplicate_number(number))
    return number


def _addresses(text: str) -> str:
    if not all(_ADDRESS.fullmatch(part.strip()) for part in text.split(",")):
        raise RefusedError(
            Refusal(
                code="2210",
                message="Invalid Email Address format",
                detail="Email Address does not conform to the RFC 822 standards. Supplied value:" + text,
            )
        )
    return text
