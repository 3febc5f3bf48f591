"""How Sage shows money that came in and what it was put against; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.entries import ZERO
from connectors.sandbox.sage.shapes import (
    STATUSES,
    amount,
    base,
    collection_of,
    currency,
    derived_id,
    instant,
    label_of,
    transaction_type,
)

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from connectors.sandbox.entries import Party, Receipt
    from connectors.sandbox.ledger import Ledger


def contact_payment(ledger: Ledger, receipt: Receipt) -> dict[str, Any]:
    """Show a customer's payment.

    What settles nothing is the payment on account which the payment made; what is put against invoices out of that
    later is a contact allocation, not a part of the payment.
    """
    on_account = receipt.kind != "payment"
    parts = () if on_account else receipt.allocations
    left = receipt.amount if on_account else receipt.unapplied
    return {
        **base("contact_payments", receipt.id, receipt.reference or "Customer Receipt"),
        "created_at": instant(receipt.created_at),
        "updated_at": instant(receipt.updated_at),
        "links": [],
        "transaction_type": transaction_type("CUSTOMER_RECEIPT"),
        "deleted_at": instant(receipt.updated_at) if receipt.deleted else None,
        "payment_method": base("payment_methods", "ELECTRONIC", "Electronic"),
        "contact": _contact(ledger.party(receipt.party_id)),
        "bank_account": base("bank_accounts", derived_id(ledger.organisation.id, "bank"), "Current (1200)"),
        "date": receipt.on.isoformat(),
        "net_amount": amount(receipt.amount),
        "tax_amount": amount(ZERO),
        "total_amount": amount(receipt.amount),
        "currency": currency(receipt.currency),
        "reference": receipt.reference or None,
        "allocated_artefacts": [
            {**_part(ledger, receipt.id, document_id, part), "discount": amount(ZERO)} for document_id, part in parts
        ],
        "payment_on_account": _on_account(ledger, receipt, left) if on_account or left else None,
        "editable": not receipt.deleted,
    }


def _contact(party: Party) -> dict[str, Any]:
    return base("contacts", party.id, party.name)


def _part(ledger: Ledger, owner: str, document_id: str, part: Decimal) -> dict[str, Any]:
    document = ledger.document(document_id)
    return {
        "id": derived_id(owner, document_id),
        "artefact": base(collection_of(document), document.id, label_of(document)),
        "amount": amount(part),
    }


def _on_account(ledger: Ledger, receipt: Receipt, total: Decimal) -> dict[str, Any]:
    left = ZERO if receipt.deleted else receipt.unapplied
    status = "PAID" if left == ZERO else "UNPAID" if left == total else "PART_PAID"
    party = ledger.party(receipt.party_id)
    return {
        **base("payments_on_account", on_account_id(receipt), "Payment on Account"),
        "created_at": instant(receipt.created_at),
        "updated_at": instant(receipt.updated_at),
        "contact_name": party.name,
        "contact": _contact(party),
        "date": receipt.on.isoformat(),
        "net_amount": amount(total),
        "tax_amount": amount(ZERO),
        "total_amount": amount(total),
        "outstanding_amount": amount(left),
        "currency": currency(receipt.currency),
        "status": base("artefact_statuses", status, STATUSES[status]),
    }


def on_account_id(receipt: Receipt) -> str:
    """Give the id of the payment on account that a payment made."""
    return derived_id(receipt.id, "on-account")


def contact_allocations(ledger: Ledger) -> list[tuple[datetime, dict[str, Any]]]:
    """Show what credit notes and payments on account were put against, with the instant of the last change.

    The credit is negative and the invoice positive: "the sum of the amounts must be zero", says the invoicing guide.
    """
    shown = []
    for made in ledger.allocations.values():
        parts = [
            _part(ledger, made.id, made.credit_id, -made.amount),
            _part(ledger, made.id, made.document_id, made.amount),
        ]
        party = ledger.party(ledger.document(made.document_id).party_id)
        shown.append((made.at, _allocation(made.id, party, made.on, made.at, parts)))
    for receipt in ledger.receipts.values():
        if receipt.kind == "payment" or receipt.deleted:
            continue
        party = ledger.party(receipt.party_id)
        for place, (document_id, part) in enumerate(receipt.allocations):
            key = derived_id(receipt.id, "allocation", str(place))
            own = {
                "id": derived_id(key, receipt.id),
                "artefact": base("payments_on_account", on_account_id(receipt), "Payment on Account"),
                "amount": amount(-part),
            }
            parts = [own, _part(ledger, key, document_id, part)]
            shown.append((receipt.updated_at, _allocation(key, party, receipt.on, receipt.updated_at, parts)))
    return shown


def _allocation(key: str, party: Party, on: date, at: datetime, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **base("contact_allocations", key, "Customer Allocation"),
        "created_at": instant(at),
        "updated_at": instant(at),
        "links": [],
        "transaction_type": transaction_type("CUSTOMER_ALLOCATION"),
        "deleted_at": None,
        "date": on.isoformat(),
        "contact": _contact(party),
        "allocated_artefacts": parts,
    }
