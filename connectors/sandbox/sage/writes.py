"""What may be written: contacts, payments, a few fields of an invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.entries import ZERO
from connectors.sandbox.sage import money, people, shapes
from connectors.sandbox.sage.bodies import CONTACT, PAYMENT, Body, amount_of, body_of, day_of, require, text_of
from connectors.sandbox.sage.wire import invalid, not_found
from connectors.sandbox.wire import loads

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from connectors.sandbox.entries import Document
    from connectors.sandbox.ledger import Ledger

_PAYMENT_NEEDS: Final = ("transaction_type_id", "contact_id", "bank_account_id", "date", "total_amount")
# Of putSalesInvoices, what this stand-in can change.
_INVOICE: Final = frozenset({"due_date", "reference", "notes", "sent"})
_LONGEST_INVOICE_NOTES: Final = 2000


def edit_contact(request: Request, ledger: Ledger, key: str) -> Body:
    """PUT /contacts/{key}: the whole of each attribute that is named; there is no version to compare."""
    if key not in ledger.parties:
        raise not_found()
    body = body_of(request, "contact", CONTACT)
    if "name" in body:
        require(body, ("name",))
    changes: dict[str, Any] = {
        field: text_of(body, name)
        for name, field in (("name", "name"), ("notes", "notes"), ("locale", "language"))
        if name in body
    }
    person = body.get("main_contact_person")
    if isinstance(person, dict):
        changes |= {
            field: text_of(person, name)
            for name, field in (("email", "email"), ("telephone", "phone"))
            if name in person
        }
    return people.contact(ledger, ledger.edit_party(key, **changes))


def add_contact(request: Request, ledger: Ledger) -> Body:
    """POST /contacts."""
    body = body_of(request, "contact", CONTACT)
    require(body, ("name", "contact_type_ids"))
    person = body.get("main_contact_person")
    email = text_of(person, "email") if isinstance(person, dict) else ""
    party = ledger.add_party(
        text_of(body, "name"), email, notes=text_of(body, "notes"), language=text_of(body, "locale")
    )
    return people.contact(ledger, party)


def add_payment(request: Request, ledger: Ledger) -> Body:
    """POST /contact_payments: money, and the invoices it is put against; the rest is a payment on account."""
    body = body_of(request, "contact_payment", PAYMENT)
    require(body, _PAYMENT_NEEDS)
    if body["transaction_type_id"] != "CUSTOMER_RECEIPT":
        raise invalid("is invalid", "transaction_type_id")
    if body["contact_id"] not in ledger.parties:
        raise invalid("is invalid", "contact_id")
    total = amount_of(body["total_amount"], "total_amount")
    parts = body.get("allocated_artefacts") or []
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise invalid("is invalid", "allocated_artefacts")
    wanted = [
        (_open_invoice(ledger, part.get("artefact_id")), amount_of(part.get("amount"), "amount")) for part in parts
    ]
    if sum((part for _, part in wanted), ZERO) > total:
        raise invalid("is more than the payment", "allocated_artefacts")
    for entry, part in wanted:
        if part > ledger.balance(entry.id):
            raise invalid("is more than the outstanding amount", "allocated_artefacts.amount")
    receipt = ledger.receive(
        body["contact_id"],
        total,
        day_of(body["date"], "date"),
        kind="payment" if parts else "prepayment",
        currency=body.get("currency_id"),
    )
    for entry, part in wanted:
        receipt = ledger.apply(receipt.id, entry.id, part)
    return money.contact_payment(ledger, receipt)


def _open_invoice(ledger: Ledger, key: Any) -> Document:
    entry = ledger.documents.get(key) if isinstance(key, str) else None
    if entry is None or entry.kind != "invoice" or entry.status != "open":
        raise invalid("is invalid", "allocated_artefacts.artefact_id")
    return entry


def remove_payment(ledger: Ledger, key: str) -> None:
    """DELETE /contact_payments/{key}: what it settled is outstanding again."""
    if key not in ledger.receipts or ledger.receipt(key).deleted:
        raise not_found()
    ledger.undo(key)


def edit_invoice(request: Request, ledger: Ledger, key: str) -> Body:
    """PUT /sales_invoices/{key}: its due date, reference, notes or `sent`, while it may be edited."""
    entry = _sold(ledger, key)
    body = body_of(request, "sales_invoice", _INVOICE)
    _changeable(ledger, entry)
    changes: dict[str, Any] = {}
    if "due_date" in body:
        changes["due_on"] = day_of(body["due_date"], "due_date")
    if "reference" in body:
        changes["reference"] = text_of(body, "reference")
    if "notes" in body:
        changes["memo"] = text_of(body, "notes", _LONGEST_INVOICE_NOTES)
    if "sent" in body:
        changes["sent"] = body["sent"] is True
    return shapes.document(ledger, ledger.edit(key, **changes))


def release_invoice(ledger: Ledger, key: str) -> Body:
    """POST /sales_invoices/{key}/release: a draft or pro forma is taken into account."""
    entry = _sold(ledger, key)
    if entry.status not in {"draft", "submitted"}:
        raise invalid("is not a draft", "status_id")
    return shapes.document(ledger, ledger.edit(key, status="open"))


def void_invoice(request: Request, ledger: Ledger, key: str) -> Body:
    """DELETE /sales_invoices/{key}: void it, or throw a draft away.

    The Swagger has `void_reason` in the query, the guide in the body: both are taken.
    """
    entry = _sold(ledger, key)
    if entry.status == "draft":
        return shapes.document(ledger, ledger.discard(key))
    reason = request.args.get("void_reason")
    if not reason and request.mimetype == "application/json" and request.get_data():
        sent = loads(request.get_data())
        reason = sent.get("void_reason") if isinstance(sent, dict) else None
    if not reason:
        raise invalid("This field is required.", "void_reason")
    _changeable(ledger, entry)
    return shapes.document(ledger, ledger.void(key))


def _sold(ledger: Ledger, key: str) -> Document:
    entry = ledger.documents.get(key)
    if entry is None or entry.kind != "invoice" or entry.side != "sale" or entry.status == "deleted":
        raise not_found()
    return entry


def _changeable(ledger: Ledger, entry: Document) -> None:
    closed = ledger.organisation.closed_until
    if closed is not None and entry.issued_on <= closed:
        raise invalid("is on or before the year end lockdown date", "date")
    if shapes.status_of(ledger, entry) not in {"UNPAID", "DRAFT", "PRO_FORMA"}:
        raise invalid("cannot be changed in this status", "status_id")


def mark_as_sent(ledger: Ledger, entry: Document) -> Document:
    """Note that a document was given out: `sent`, and a new modification stamp."""
    if entry.sent or entry.status == "void":
        return entry
    return ledger.edit(entry.id, sent=True)
