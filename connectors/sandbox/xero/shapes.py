"""Entries of the ledger as the Accounting API's JSON has them: pure functions, field names of the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from connectors.sandbox.xero.stamps import day, day_text, instant, instant_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from connectors.sandbox.ledger import Document, Ledger, Organisation, Party, Receipt

    Shape = dict[str, Any]

_CENT: Final = Decimal("0.01")

# Which edition of Xero an organisation's country has.
_VERSIONS: Final[Mapping[str, str]] = {"AU": "AU", "GB": "UK", "NZ": "NZ", "US": "US"}

_TIME_ZONES: Final[Mapping[str, str]] = {
    "America/New_York": "EASTERNSTANDARDTIME",
    "Australia/Sydney": "AUSEASTERNSTANDARDTIME",
    "Europe/Berlin": "WEUROPESTANDARDTIME",
    "Europe/Dublin": "GMTSTANDARDTIME",
    "Europe/London": "GMTSTANDARDTIME",
    "Europe/Paris": "ROMANCESTANDARDTIME",
    "Pacific/Auckland": "NEWZEALANDSTANDARDTIME",
    "UTC": "UTC",
}


class Detail(IntEnum):
    """How much of an entry is told."""

    # summaryOnly=true: no lines, no payments, no credit notes.
    SUMMARY = 0
    # A list without `page`: no lines.
    LIST = 1
    # A page of a list.
    PAGE = 2
    # One entry by its id: the contact in full.
    FULL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPart:
    """One payment as Xero has it: to one document; money for several is a batch of them."""

    receipt: Receipt
    document_id: str
    amount: Decimal
    batch: bool

    @property
    def id(self) -> str:
        """The payment's own id: of a batch, not that of the money."""
        return str(uuid5(UUID(self.receipt.id), self.document_id)) if self.batch else self.receipt.id


def money(amount: Decimal) -> Decimal:
    """Give an amount with two decimals, as every amount here has."""
    return amount.quantize(_CENT)


def parts_of(receipt: Receipt) -> list[PaymentPart]:
    """Split money that came in into the payments that Xero shows."""
    batch = len(receipt.allocations) > 1
    return [
        PaymentPart(receipt=receipt, document_id=document_id, amount=amount, batch=batch)
        for document_id, amount in receipt.allocations
    ]


def status_of(ledger: Ledger, document: Document) -> str:
    """Give the status: approved documents are paid when nothing is left of them."""
    if document.status == "open":
        return "PAID" if ledger.settled(document.id) else "AUTHORISED"
    return {"draft": "DRAFT", "submitted": "SUBMITTED", "void": "VOIDED", "deleted": "DELETED"}[document.status]


def invoice(ledger: Ledger, document: Document, detail: Detail) -> Shape:
    """Give an invoice (schema Invoice)."""
    void = document.status in {"void", "deleted"}
    settlements = ledger.settlements(document.id)
    paid = sum((amount for receipt, amount in settlements if receipt.kind == "payment"), Decimal(0))
    advances = sum((amount for receipt, amount in settlements if receipt.kind != "payment"), Decimal(0))
    shape: Shape = {
        "Type": "ACCREC" if document.side == "sale" else "ACCPAY",
        "InvoiceID": document.id,
        "InvoiceNumber": document.number,
        "Reference": document.reference,
        "AmountDue": money(ledger.balance(document.id)),
        "AmountPaid": money(Decimal(0) if void else paid),
        "AmountCredited": money(Decimal(0) if void else ledger.credited(document.id) + advances),
        "CurrencyRate": document.rate,
        "SentToContact": document.sent,
        "IsDiscounted": False,
        "HasAttachments": False,
        "HasErrors": False,
        **_head(ledger, document, detail),
        **_dated("Date", document.issued_on),
        **_dated("DueDate", document.due_on),
    }
    if detail > Detail.SUMMARY:
        shape["Payments"] = [
            {
                # Of money for several documents the batch's id stands here, not the payment's own.
                "PaymentID": receipt.id,
                "Date": day(receipt.on),
                "Amount": money(amount),
                "Reference": receipt.reference,
                "CurrencyRate": Decimal(1),
                "HasAccount": False,
                "HasValidationErrors": False,
            }
            for receipt, amount in settlements
            if receipt.kind == "payment"
        ]
        shape["CreditNotes"] = [
            {
                "CreditNoteID": made.credit_id,
                "CreditNoteNumber": ledger.document(made.credit_id).number,
                "AppliedAmount": money(made.amount),
                "Date": day(made.on),
                "Total": money(ledger.document(made.credit_id).total),
                "HasErrors": False,
            }
            for made in ledger.allocations_to(document.id)
        ]
        for key, kind in (("Overpayments", "overpayment"), ("Prepayments", "prepayment")):
            shape[key] = [
                {
                    f"{key[:-1]}ID": receipt.id,
                    "AppliedAmount": money(amount),
                    "Date": day(receipt.on),
                    "Total": money(receipt.amount),
                }
                for receipt, amount in settlements
                if receipt.kind == kind
            ]
        shape["InvoiceAddresses"] = []
        shape["InvoicePaymentServices"] = []
    if shape["Status"] == "PAID" and (last := _settled_on(ledger, document, settlements)) is not None:
        shape["FullyPaidOnDate"] = day(last)
    return shape


def credit_note(ledger: Ledger, document: Document, detail: Detail) -> Shape:
    """Give a credit note (schema CreditNote)."""
    shape: Shape = {
        "CreditNoteID": document.id,
        "ID": document.id,
        "CreditNoteNumber": document.number,
        "Type": "ACCRECCREDIT" if document.side == "sale" else "ACCPAYCREDIT",
        "Reference": document.reference,
        "CurrencyRate": document.rate,
        "SentToContact": document.sent,
        "RemainingCredit": money(ledger.credit_left(document.id)),
        "Allocations": [
            {
                "AllocationID": made.id,
                "Amount": money(made.amount),
                "Date": day(made.on),
                "Invoice": {
                    "InvoiceID": made.document_id,
                    "InvoiceNumber": ledger.document(made.document_id).number,
                },
            }
            for made in ledger.allocations_from(document.id)
        ],
        "Payments": [],
        "HasAttachments": False,
        "HasErrors": False,
        **_head(ledger, document, detail),
        **_dated("Date", document.issued_on),
    }
    if shape["Status"] == "PAID" and shape["Allocations"]:
        shape["FullyPaidOnDate"] = shape["Allocations"][-1]["Date"]
    return shape


def payment(ledger: Ledger, part: PaymentPart, _: Detail) -> Shape:
    """Give a payment (schema Payment)."""
    receipt = part.receipt
    document = ledger.documents.get(part.document_id)
    # Of an invoice that was deleted outright nothing but its id is left.
    about: Shape = {"InvoiceID": part.document_id}
    side = "sale"
    if document is not None:
        side = document.side
        party = ledger.party(document.party_id)
        about |= {
            "InvoiceNumber": document.number,
            "Type": "ACCREC" if document.side == "sale" else "ACCPAY",
            "Contact": {"ContactID": party.id, "Name": party.name, "HasValidationErrors": False},
            "CurrencyCode": document.currency,
            "IsDiscounted": False,
            "HasErrors": False,
        }
    shape: Shape = {
        "PaymentID": part.id,
        **({"BatchPaymentID": receipt.id} if part.batch else {}),
        "Date": day(receipt.on),
        "BankAmount": money(part.amount),
        "Amount": money(part.amount),
        "Reference": receipt.reference,
        "CurrencyRate": Decimal(1),
        "PaymentType": "ACCRECPAYMENT" if side == "sale" else "ACCPAYPAYMENT",
        "Status": "DELETED" if receipt.deleted else "AUTHORISED",
        **_updated(receipt.updated_at),
        "HasAccount": True,
        "IsReconciled": not receipt.deleted,
        "Invoice": about,
        "HasValidationErrors": False,
    }
    return shape


def advance(ledger: Ledger, receipt: Receipt, detail: Detail) -> Shape:
    """Give money that settles nothing of its own accord (schemas Overpayment and Prepayment)."""
    name = "Prepayment" if receipt.kind == "prepayment" else "Overpayment"
    status = "VOIDED" if receipt.deleted else "AUTHORISED" if receipt.unapplied else "PAID"
    return {
        f"{name}ID": receipt.id,
        "ID": receipt.id,
        "Type": f"RECEIVE-{name.upper()}",
        "Reference": receipt.reference,
        "RemainingCredit": money(Decimal(0) if receipt.deleted else receipt.unapplied),
        "Allocations": [
            {
                "AllocationID": str(uuid5(UUID(receipt.id), f"{document_id}/{index}")),
                "Amount": money(amount),
                "Date": day(receipt.on),
                "Invoice": {"InvoiceID": document_id, "InvoiceNumber": ledger.document(document_id).number},
            }
            for index, (document_id, amount) in enumerate(receipt.allocations)
        ],
        "Payments": [],
        "HasAttachments": False,
        "Contact": contact_of(ledger.party(receipt.party_id), ledger, detail),
        **_dated("Date", receipt.on),
        "Status": status,
        "LineAmountTypes": "NoTax",
        "LineItems": [],
        "SubTotal": money(receipt.amount),
        "TotalTax": money(Decimal(0)),
        "Total": money(receipt.amount),
        **_updated(receipt.updated_at),
        "CurrencyCode": receipt.currency,
        "CurrencyRate": Decimal(1),
    }


def contact_of(party: Party, ledger: Ledger, detail: Detail) -> Shape:
    """Give the contact as it stands in another entry: in lists nothing but its id and name."""
    if detail is Detail.FULL:
        return contact(ledger, party, detail)
    return {
        "ContactID": party.id,
        "Name": party.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def contact(ledger: Ledger, party: Party, detail: Detail) -> Shape:
    """Give a contact (schema Contact); its people only on a page or by its id."""
    own = [document for document in ledger.documents_of(party.id) if document.kind == "invoice"]
    shape: Shape = {
        "ContactID": party.id,
        "ContactStatus": "ACTIVE" if party.active else "ARCHIVED",
        "Name": party.name,
        "EmailAddress": party.email,
        "IsSupplier": any(document.side == "purchase" for document in own),
        "IsCustomer": any(document.side == "sale" for document in own),
        "DefaultCurrency": ledger.organisation.currency,
        "UpdatedDateUTC": instant(party.updated_at),
        "HasAttachments": False,
        "HasValidationErrors": False,
    }
    if detail is Detail.SUMMARY:
        return shape
    lines = {f"AddressLine{number}": line for number, line in enumerate(party.address[:4], start=1)}
    shape |= {
        "BankAccountDetails": "",
        "Addresses": [{"AddressType": "STREET"}, {"AddressType": "POBOX", **lines, "Country": party.country}],
        "Phones": [
            {"PhoneType": kind, "PhoneNumber": party.phone if kind == "DEFAULT" else "", "PhoneAreaCode": ""}
            for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
        ],
        "ContactGroups": [],
        "SalesTrackingCategories": [],
        "PurchasesTrackingCategories": [],
        "ContactPersons": [],
    }
    if detail is Detail.LIST:
        return shape
    people = [(person, person.name.partition(" ")) for person in party.cc_people[:5]]
    shape["ContactPersons"] = [
        {"FirstName": first, "LastName": last, "EmailAddress": person.email, "IncludeInEmails": person.include}
        for person, (first, _, last) in people
    ]
    if own:
        shape["Balances"] = {
            "AccountsReceivable": _outstanding(ledger, [one for one in own if one.side == "sale"]),
            "AccountsPayable": _outstanding(ledger, [one for one in own if one.side == "purchase"]),
        }
    return shape


def organisation(about: Organisation, short_code: str) -> Shape:
    """Give the organisation (schema Organisation)."""
    shape: Shape = {
        "OrganisationID": about.id,
        "APIKey": "",
        "Name": about.name,
        "LegalName": about.name,
        "PaysTax": True,
        "Version": _VERSIONS.get(about.country, "GLOBAL"),
        "OrganisationType": "COMPANY",
        "BaseCurrency": about.currency,
        "CountryCode": about.country,
        "IsDemoCompany": False,
        "OrganisationStatus": "ACTIVE",
        "OrganisationEntityType": "COMPANY",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 12,
        "Timezone": _TIME_ZONES.get(about.timezone, "UTC"),
        "ShortCode": short_code,
        "Class": "PREMIUM",
        "Edition": "BUSINESS",
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    if about.closed_until is not None:
        shape["PeriodLockDate"] = day(about.closed_until)
    return shape


def _head(ledger: Ledger, document: Document, detail: Detail) -> Shape:
    """Give what invoices and credit notes have in common."""
    lines = []
    if detail >= Detail.PAGE:
        lines = [
            {
                "LineItemID": str(uuid5(UUID(document.id), str(index))),
                "Description": description,
                "Quantity": Decimal("1.0000"),
                "UnitAmount": money(amount),
                "TaxType": "NONE",
                "TaxAmount": money(Decimal(0)),
                "LineAmount": money(amount),
                "AccountCode": "200",
                "Tracking": [],
            }
            for index, (description, amount) in enumerate(document.lines)
        ]
    return {
        "Contact": contact_of(ledger.party(document.party_id), ledger, detail),
        "Status": status_of(ledger, document),
        "LineAmountTypes": "NoTax",
        **({} if detail is Detail.SUMMARY else {"LineItems": lines}),
        "SubTotal": money(document.total),
        "TotalTax": money(Decimal(0)),
        "Total": money(document.total),
        **_updated(document.updated_at),
        "CurrencyCode": document.currency,
    }


def _dated(name: str, on: date | None) -> Shape:
    return {} if on is None else {f"{name}String": day_text(on), name: day(on)}


def _updated(at: datetime) -> Shape:
    return {"UpdatedDateUTC": instant(at), "UpdatedDateUTCString": instant_text(at)}


def _settled_on(ledger: Ledger, document: Document, settlements: list[tuple[Receipt, Decimal]]) -> date | None:
    days = [receipt.on for receipt, _ in settlements] + [made.on for made in ledger.allocations_to(document.id)]
    return max(days, default=None)


def _outstanding(ledger: Ledger, documents: list[Document]) -> Shape:
    today = ledger.clock.now().date()
    standing = [document for document in documents if document.status == "open"]
    late = [document for document in standing if document.due_on is not None and document.due_on < today]
    return {
        name: money(sum((ledger.balance(document.id) for document in some), Decimal(0)))
        for name, some in (("Outstanding", standing), ("Overdue", late))
    }
