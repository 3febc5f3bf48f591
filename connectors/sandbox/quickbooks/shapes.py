"""The ledger's entries as QuickBooks' objects (minor version 75); nothing here changes anything."""

from __future__ import annotations

import hashlib
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.entries import ZERO
from connectors.sandbox.quickbooks.figures import Figures
from connectors.sandbox.quickbooks.stamps import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connectors.sandbox.entries import Allocation, Document, Party, Receipt
    from connectors.sandbox.ledger import Ledger
    from connectors.sandbox.quickbooks.desk import Attachment, Desk

Shape = dict[str, Any]

# Who changed an object when the application did.
APPLICATION_USER: Final = "9130347957983456"
_CURRENCIES: Final = {
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "USD": "United States Dollar",
}
_CENT: Final = Decimal("0.01")
_RATE: Final = Decimal("0.0000001")


class Shapes:
    """Word the entries of one company for one answer. ``links``: the request asked for invoice links."""

    def __init__(self, ledger: Ledger, desk: Desk, *, links: bool = False) -> None:
        self._ledger = ledger
        self._desk = desk
        self._links = links
        self._zone = ledger.organisation.timezone
        self._figures = Figures(ledger)

    # ---- lists, each entity's own ----

    def rows(self, entity: str) -> list[Shape]:
        """Give all objects of an entity, inactive names too; drafts and what was bought are no sales."""
        documents = [each for each in self._ledger.documents.values() if is_sale(each)]
        match entity:
            case "Invoice":
                return [self.invoice(each) for each in documents if each.kind == "invoice"]
            case "CreditMemo":
                return [self.credit_memo(each) for each in documents if each.kind == "credit_note"]
            case "Payment":
                received = [self.payment(each) for each in self._ledger.receipts.values() if not each.deleted]
                return received + [self.application(each) for each in self._ledger.allocations.values()]
            case "Customer":
                return [
                    self.customer(each)
                    for each in self._ledger.parties.values()
                    if not self._figures.only_sells(each.id)
                ]
            case "Attachable":
                return [self.attachable(each) for each in self._desk.attachments]
            case "CompanyInfo":
                return [self.company_info()]
            case "Preferences":
                return [self.preferences()]
            case _:
                return []

    def row(self, entity: str, object_id: str) -> Shape | None:
        """Give one object, None where nothing bears the id any more."""
        document = self._ledger.documents.get(object_id)
        if document is not None and not is_sale(document):
            return None
        if document is not None and entity == "Invoice" and document.kind == "invoice":
            return self.invoice(document)
        if document is not None and entity == "CreditMemo" and document.kind == "credit_note":
            return self.credit_memo(document)
        if entity in {"Invoice", "CreditMemo"}:
            return None
        return next((row for row in self.rows(entity) if row["Id"] == object_id), None)

    # ---- objects ----

    def invoice(self, document: Document) -> Shape:
        """Word an invoice; a voided one has only zeros and says so in its memo."""
        shape = self._sale(document)
        shape["Balance"] = _amount(self._figures.left(document))
        shape["DueDate"] = document.due_on.isoformat() if document.due_on else None
        shape["Deposit"] = 0
        shape["AllowIPNPayment"] = False
        shape["AllowOnlinePayment"] = False
        online = self._ledger.organisation.online_payments
        shape["AllowOnlineCreditCardPayment"] = online
        shape["AllowOnlineACHPayment"] = online
        copies = [person.email for person in self._ledger.party(document.party_id).cc_people if person.include]
        if copies:
            shape["BillEmailCc"] = {"Address": ",".join(copies)}
        if document.sent_at is not None:
            shape["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": stamp(document.sent_at, self._zone)}
        if document.currency != self._ledger.organisation.currency:
            shape["HomeBalance"] = _amount(_home(self._figures.left(document), document))
        if self._links and online and "BillEmail" in shape and document.status == "open":
            shape["InvoiceLink"] = _link(self._ledger.organisation.id, document.id)
        return _present(shape)

    def credit_memo(self, document: Document) -> Shape:
        """Word a credit memo with what is left of it."""
        shape = self._sale(document)
        shape["Balance"] = _amount(self._figures.left(document))
        shape["RemainingCredit"] = _amount(self._figures.left(document))
        return _present(shape)

    def payment(self, receipt: Receipt) -> Shape:
        """Word money that came in; what it was not put against is unapplied."""
        shape = self._head(receipt.id, receipt.token, receipt.created_at, receipt.updated_at)
        shape["CustomerRef"] = self._customer_ref(receipt.party_id)
        shape["TotalAmt"] = _amount(receipt.amount)
        shape["UnappliedAmt"] = _amount(receipt.unapplied)
        shape["ProcessPayment"] = False
        shape["TxnDate"] = receipt.on.isoformat()
        shape["CurrencyRef"] = _currency_ref(receipt.currency)
        shape["PaymentRefNum"] = receipt.reference or None
        shape["Line"] = [_put_against(amount, document_id, "Invoice") for document_id, amount in receipt.allocations]
        return _present(shape)

    def application(self, made: Allocation) -> Shape:
        """Word a credit memo put against an invoice: a payment of nothing that links the two."""
        credit = self._ledger.document(made.credit_id)
        shape = self._head(made.id, 0, made.at, made.at)
        shape["CustomerRef"] = self._customer_ref(credit.party_id)
        shape["TotalAmt"] = _amount(ZERO)
        shape["UnappliedAmt"] = _amount(ZERO)
        shape["ProcessPayment"] = False
        shape["TxnDate"] = made.on.isoformat()
        shape["CurrencyRef"] = _currency_ref(credit.currency)
        shape["Line"] = [
            _put_against(made.amount, made.document_id, "Invoice"),
            _put_against(made.amount, made.credit_id, "CreditMemo"),
        ]
        return shape

    def customer(self, party: Party) -> Shape:
        """Word a customer."""
        shape = self._head(party.id, party.token, party.created_at, party.updated_at)
        owed = _amount(self._figures.owed_by(party.id))
        # Whoever is made inactive bears it in the name.
        name = party.name if party.active else f"{party.name} (deleted)"
        shape.update(
            {
                "Taxable": False,
                "Job": False,
                "BillWithParent": False,
                "Balance": owed,
                "BalanceWithJobs": owed,
                "CurrencyRef": _currency_ref(self._ledger.organisation.currency),
                "PreferredDeliveryMethod": "Email" if party.email else "Print",
                "FullyQualifiedName": name,
                "CompanyName": party.name,
                "DisplayName": name,
                "PrintOnCheckName": name,
                "Active": party.active,
                "PrimaryEmailAddr": {"Address": party.email} if party.email else None,
                "PrimaryPhone": {"FreeFormNumber": party.phone} if party.phone else None,
                "Notes": party.notes or None,
                "BillAddr": _address(party.id, party.address, party.country) if party.address else None,
            }
        )
        return _present(shape)

    def attachable(self, attachment: Attachment) -> Shape:
        """Word an attached note."""
        shape = self._head(attachment.id, 0, attachment.at, attachment.at)
        shape["AttachableRef"] = [
            {"IncludeOnSend": on_send, "EntityRef": {"type": entity, "value": object_id}}
            for entity, object_id, on_send in attachment.hung_on
        ]
        shape["Note"] = attachment.note
        return shape

    def company_info(self) -> Shape:
        """Word the company itself; its Id is 1 in every company."""
        organisation = self._ledger.organisation
        shape = self._head("1", 0, self._desk.opened_at, self._desk.opened_at)
        shape["CompanyName"] = organisation.name
        shape["LegalName"] = organisation.name
        shape["CompanyAddr"] = _address("1", ("1 Sandbox Street",), organisation.country)
        shape["Country"] = organisation.country
        shape["Email"] = {"Address": "books@company.example"}
        shape["FiscalYearStartMonth"] = "January"
        shape["SupportedLanguages"] = "en"
        return shape

    def preferences(self) -> Shape:
        """Word the company's settings, as far as they matter to what is owed; no closing date is among them."""
        organisation = self._ledger.organisation
        foreign = any(each.currency != organisation.currency for each in self._ledger.documents.values())
        shape = self._head("1", 0, self._desk.opened_at, self._desk.opened_at)
        shape["CurrencyPrefs"] = {
            "HomeCurrency": {"value": organisation.currency},
            "MultiCurrencyEnabled": foreign,
        }
        shape["SalesFormsPrefs"] = {
            "ETransactionPaymentEnabled": organisation.online_payments,
            "CustomTxnNumbers": True,
            "EmailCopyToCompany": False,
            "AutoApplyPayments": False,
            "AutoApplyCredit": False,
        }
        message = {"Subject": f"Invoice from {organisation.name}", "Message": "Your invoice is attached."}
        shape["EmailMessagesPrefs"] = {"InvoiceMessage": message}
        return shape

    # ---- what they have in common ----

    def _head(self, object_id: str, token: int, created_at: datetime, updated_at: datetime) -> Shape:
        return {
            "domain": "QBO",
            "sparse": False,
            "Id": object_id,
            "SyncToken": str(token),
            "MetaData": {
                "CreateTime": stamp(created_at, self._zone),
                "LastUpdatedTime": stamp(updated_at, self._zone),
            },
        }

    def _sale(self, document: Document) -> Shape:
        shape = self._head(document.id, document.token, document.created_at, document.updated_at)
        if self._desk.written.get(document.id) == document.token:
            shape["MetaData"]["LastModifiedByRef"] = {"value": APPLICATION_USER}
        void = document.status == "void"
        party = self._ledger.party(document.party_id)
        email = document.sent_to or party.email
        shape["DocNumber"] = document.number
        shape["TxnDate"] = document.issued_on.isoformat()
        shape["CurrencyRef"] = _currency_ref(document.currency)
        if document.currency != self._ledger.organisation.currency:
            shape["ExchangeRate"] = (1 / document.rate).quantize(_RATE).normalize()
            shape["HomeTotalAmt"] = _amount(ZERO if void else _home(document.total, document))
        shape["PrivateNote"] = self._memo(document) or None
        shape["LinkedTxn"] = [
            {"TxnId": transaction_id, "TxnType": kind} for transaction_id, kind in self._figures.linked(document.id)
        ]
        shape["Line"] = _lines(document, void=void)
        shape["TxnTaxDetail"] = {"TotalTax": 0}
        shape["CustomerRef"] = self._customer_ref(document.party_id)
        shape["TotalAmt"] = _amount(ZERO if void else document.total)
        shape["ApplyTaxAfterDiscount"] = False
        shape["PrintStatus"] = "NeedToPrint"
        shape["EmailStatus"] = "EmailSent" if document.sent else "NotSet"
        if email:
            shape["BillEmail"] = {"Address": email}
        return shape

    def _memo(self, document: Document) -> str:
        if document.status != "void" or document.id in self._desk.reworded:
            return document.memo
        return f"Voided - {document.memo}" if document.memo else "Voided"

    def _customer_ref(self, party_id: str) -> Shape:
        return {"value": party_id, "name": self._ledger.party(party_id).name}


def is_sale(document: Document) -> bool:
    """Tell whether a document is one of the sales which the service shows: it knows no drafts of them."""
    return document.side == "sale" and document.status in {"open", "void"}


def _amount(value: Decimal) -> Decimal:
    return value.quantize(_CENT, rounding=ROUND_HALF_UP)


def _home(value: Decimal, document: Document) -> Decimal:
    return value / document.rate


def _currency_ref(code: str) -> Shape:
    return {"value": code, "name": _CURRENCIES.get(code, code)}


def _put_against(amount: Decimal, document_id: str, kind: str) -> Shape:
    return {"Amount": _amount(amount), "LinkedTxn": [{"TxnId": document_id, "TxnType": kind}]}


def _lines(document: Document, *, void: bool) -> list[Shape]:
    lines: list[Shape] = [
        {
            "Id": str(number),
            "LineNum": number,
            "Description": description,
            "Amount": _amount(ZERO if void else amount),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "1", "name": "Services"},
                "TaxCodeRef": {"value": "NON"},
            },
        }
        for number, (description, amount) in enumerate(document.lines, start=1)
    ]
    subtotal = ZERO if void else sum((amount for _, amount in document.lines), ZERO)
    return [*lines, {"Amount": _amount(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}]


def _address(object_id: str, lines: Sequence[str], country: str) -> Shape:
    return {"Id": object_id, **{f"Line{n}": line for n, line in enumerate(lines, start=1)}, "Country": country}


def _link(organisation_id: str, document_id: str) -> str:
    secret = hashlib.sha256(f"{organisation_id}/{document_id}".encode()).hexdigest()
    return f"https://connect.quickbooks.example/t/scs-v1-{secret[:48]}?cta=v3invoicelink&locale=en_US"


def _present(shape: Shape) -> Shape:
    """Leave out what has no value: the service writes no nulls."""
    return {name: value for name, value in shape.items() if value is not None}
