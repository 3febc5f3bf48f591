"""The lists of the Accounting API: which entries each has, what they can be filtered by, how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.xero import shapes
from connectors.sandbox.xero.shapes import Detail, PaymentPart, parts_of, status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from connectors.sandbox.ledger import Document, Ledger, Party, Receipt

    # What an entry can be filtered and ordered by, under Xero's names.
    Glance = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One list, for example /Invoices."""

    name: str
    id_key: str
    # Query parameters that hold a comma-separated list, with the field that they filter.
    lists: Mapping[str, str]
    # Without page, pageSize and summaryOnly the list comes whole.
    summary: bool
    order: str
    # A consent must hold one of these; with ".read" it may only read.
    scopes: Sequence[str]
    entries: Callable[[Ledger], Iterable[Any]]
    id_of: Callable[[Any], str]
    updated_at: Callable[[Any], datetime]
    glance: Callable[[Ledger, Any], Glance]
    shape: Callable[[Ledger, Any, Detail], dict[str, Any]]


def _midnight(on: date | None) -> datetime | None:
    return None if on is None else datetime.combine(on, time(), UTC)


def _invoice_glance(ledger: Ledger, document: Document) -> Glance:
    party = ledger.party(document.party_id)
    return {
        "InvoiceID": document.id,
        "InvoiceNumber": document.number,
        "Reference": document.reference,
        "Type": "ACCREC" if document.side == "sale" else "ACCPAY",
        "Status": status_of(ledger, document),
        "Date": _midnight(document.issued_on),
        "DueDate": _midnight(document.due_on),
        "Total": document.total,
        "AmountDue": ledger.balance(document.id),
        "CurrencyCode": document.currency,
        "SentToContact": document.sent,
        "UpdatedDateUTC": document.updated_at,
        "Contact.ContactID": party.id,
        "Contact.Name": party.name,
    }


def _credit_glance(ledger: Ledger, document: Document) -> Glance:
    party = ledger.party(document.party_id)
    return {
        "CreditNoteID": document.id,
        "CreditNoteNumber": document.number,
        "Reference": document.reference,
        "Type": "ACCRECCREDIT" if document.side == "sale" else "ACCPAYCREDIT",
        "Status": status_of(ledger, document),
        "Date": _midnight(document.issued_on),
        "Total": document.total,
        "RemainingCredit": ledger.credit_left(document.id),
        "CurrencyCode": document.currency,
        "UpdatedDateUTC": document.updated_at,
        "Contact.ContactID": party.id,
        "Contact.Name": party.name,
    }


def _payment_glance(ledger: Ledger, part: PaymentPart) -> Glance:
    shape = shapes.payment(ledger, part, Detail.PAGE)
    return {
        "PaymentID": part.id,
        "PaymentType": shape["PaymentType"],
        "Status": shape["Status"],
        "Date": _midnight(part.receipt.on),
        "Amount": part.amount,
        "Reference": part.receipt.reference,
        "UpdatedDateUTC": part.receipt.updated_at,
        "Invoice.InvoiceID": part.document_id,
    }


def _advance_glance(id_key: str) -> Callable[[Ledger, Receipt], Glance]:
    def glance(ledger: Ledger, receipt: Receipt) -> Glance:
        shape = shapes.advance(ledger, receipt, Detail.LIST)
        return {
            id_key: receipt.id,
            "Type": shape["Type"],
            "Status": shape["Status"],
            "Date": _midnight(receipt.on),
            "Total": receipt.amount,
            "RemainingCredit": shape["RemainingCredit"],
            "Reference": receipt.reference,
            "CurrencyCode": receipt.currency,
            "UpdatedDateUTC": receipt.updated_at,
            "Contact.ContactID": receipt.party_id,
            "Contact.Name": ledger.party(receipt.party_id).name,
        }

    return glance


def _contact_glance(_: Ledger, party: Party) -> Glance:
    return {
        "ContactID": party.id,
        "Name": party.name,
        "EmailAddress": party.email,
        "ContactStatus": "ACTIVE" if party.active else "ARCHIVED",
        "UpdatedDateUTC": party.updated_at,
    }


def _documents(kind: str) -> Callable[[Ledger], Iterable[Document]]:
    return lambda ledger: [document for document in ledger.documents.values() if document.kind == kind]


def _payments(ledger: Ledger) -> Iterable[PaymentPart]:
    return [part for receipt in ledger.receipts.values() if receipt.kind == "payment" for part in parts_of(receipt)]


def _advances(kind: str) -> Callable[[Ledger], Iterable[Receipt]]:
    # Money taken as a payment that settles nothing is an overpayment here: Xero knows no payment without a document.
    return lambda ledger: [
        receipt
        for receipt in ledger.receipts.values()
        if receipt.kind == kind or (kind == "overpayment" and receipt.kind == "payment" and not receipt.allocations)
    ]


def _id(entry: Any) -> str:
    found: str = entry.id
    return found


def _stamp(entry: Any) -> datetime:
    found: datetime = entry.updated_at
    return found


_DOCUMENT_SCOPES: Final = ("accounting.invoices", "accounting.transactions")
# [?] Whether these need accounting.banktransactions.read is not known: that scope is taken as well.
_ADVANCE_SCOPES: Final = (*_DOCUMENT_SCOPES, "accounting.banktransactions")

RESOURCES: Final[Mapping[str, Resource]] = {
    resource.name: resource
    for resource in (
        Resource(
            name="Invoices",
            id_key="InvoiceID",
            lists={
                "IDs": "InvoiceID",
                "InvoiceNumbers": "InvoiceNumber",
                "ContactIDs": "Contact.ContactID",
                "Statuses": "Status",
            },
            summary=True,
            order="Date",
            scopes=_DOCUMENT_SCOPES,
            entries=_documents("invoice"),
            id_of=_id,
            updated_at=_stamp,
            glance=_invoice_glance,
            shape=shapes.invoice,
        ),
        Resource(
            name="CreditNotes",
            id_key="CreditNoteID",
            lists={},
            summary=False,
            order="Date",
            scopes=_DOCUMENT_SCOPES,
            entries=_documents("credit_note"),
            id_of=_id,
            updated_at=_stamp,
            glance=_credit_glance,
            shape=shapes.credit_note,
        ),
        Resource(
            name="Payments",
            id_key="PaymentID",
            lists={},
            summary=False,
            order="Date",
            scopes=("accounting.payments", "accounting.transactions"),
            entries=_payments,
            id_of=_id,
            updated_at=lambda part: part.receipt.updated_at,
            glance=_payment_glance,
            shape=shapes.payment,
        ),
        Resource(
            name="Overpayments",
            id_key="OverpaymentID",
            lists={"References": "Reference"},
            summary=False,
            order="Date",
            scopes=_ADVANCE_SCOPES,
            entries=_advances("overpayment"),
            id_of=_id,
            updated_at=_stamp,
            glance=_advance_glance("OverpaymentID"),
            shape=shapes.advance,
        ),
        Resource(
            name="Prepayments",
            id_key="PrepaymentID",
            lists={"InvoiceNumbers": "Reference"},
            summary=False,
            order="Date",
            scopes=_ADVANCE_SCOPES,
            entries=_advances("prepayment"),
            id_of=_id,
            updated_at=_stamp,
            glance=_advance_glance("PrepaymentID"),
            shape=shapes.advance,
        ),
        Resource(
            name="Contacts",
            id_key="ContactID",
            lists={"IDs": "ContactID"},
            summary=True,
            order="Name",
            scopes=("accounting.contacts",),
            entries=lambda ledger: ledger.parties.values(),
            id_of=_id,
            updated_at=_stamp,
            glance=_contact_glance,
            shape=shapes.contact,
        ),
    )
}
