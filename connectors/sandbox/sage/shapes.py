"""How Sage shows the ledger: invoices, credit notes and what every resource has in common; pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from connectors.sandbox.entries import ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.sandbox.entries import Document
    from connectors.sandbox.ledger import Ledger
    from connectors.sandbox.sage.asked import Exposed

BASE: Final = ("id", "displayed_as", "$path")
_CURRENCIES: Final = {
    "CAD": "Canadian Dollar (CAD)",
    "EUR": "Euro (EUR)",
    "GBP": "Pound Sterling (GBP)",
    "USD": "US Dollar (USD)",
}
# GET /artefact_statuses, in the words of the invoicing guide.
STATUSES: Final = {
    "UNPAID": "Unpaid",
    "PART_PAID": "Part Paid",
    "PAID": "Paid",
    "VOID": "Void",
    "DRAFT": "Draft",
    "DISPUTED": "Disputed",
    "DECLINED": "Declined",
    "PRO_FORMA": "Pro Forma",
}
# "The invoice is not taken into account", says the guide of both: nothing is outstanding on them.
_NOT_YET: Final = {"draft": "DRAFT", "submitted": "PRO_FORMA"}
_NUMBER: Final = re.compile(r"(\D{1,6})(\d.*)")
_CENT: Final = Decimal("0.01")


def amount(value: Decimal) -> Decimal:
    """Write an amount with as few decimals as it needs, one at least: 120.0, 703.63."""
    short = value.quantize(Decimal("0.1")) if value == value.quantize(Decimal("0.1")) else value
    # No minus before nothing.
    return short or abs(short)


def instant(at: datetime) -> str:
    """Write an instant: UTC, whole seconds, Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def derived_id(*parts: str) -> str:
    """Make a 32-digit hexadecimal id that is the same for the same parts."""
    return uuid5(NAMESPACE_URL, "/".join(("sage", *parts))).hex


def base(collection: str, key: str, label: str) -> dict[str, Any]:
    """Show a resource by its base attributes only."""
    return {"id": key, "displayed_as": label, "$path": f"/{collection}/{key}"}


def currency(code: str) -> dict[str, Any]:
    """Refer to a currency."""
    return base("currencies", code, _CURRENCIES.get(code, code))


def transaction_type(key: str) -> dict[str, Any]:
    """Refer to a transaction type: SALES_INVOICE, CUSTOMER_RECEIPT, ..."""
    return base("transaction_types", key, key.replace("_", " ").title())


def pick(row: Mapping[str, Any], attributes: Exposed, nested: Exposed, whole: frozenset[str]) -> dict[str, Any]:
    """Keep the base attributes and what was asked for.

    Objects inside show their base attributes unless `nested` asks for more or their name is in `whole` (what belongs
    to the resource alone, as an address does to its contact); lists of parts (lines, allocations) come whole.
    """
    return {
        name: value if name in BASE or name in whole else _shown(value, nested)
        for name, value in row.items()
        if name in BASE or name in attributes
    }


def _shown(value: Any, nested: Exposed) -> Any:
    if not isinstance(value, dict) or "id" not in value:
        return value
    return {name: inner for name, inner in value.items() if name in BASE or name in nested}


def collection_of(document: Document) -> str:
    """Name the collection in which a document stands."""
    return "sales_invoices" if document.kind == "invoice" else "sales_credit_notes"


def label_of(document: Document) -> str:
    """Show a document by its number; a draft has none yet."""
    if document.status == "draft":
        return "SI-DRAFT" if document.kind == "invoice" else "SCN-DRAFT"
    return document.number


def status_of(ledger: Ledger, document: Document) -> str:
    """Give the id of a document's status; a discarded draft has none and stands as VOID among the deleted."""
    if document.status in _NOT_YET:
        return _NOT_YET[document.status]
    if document.status != "open":
        return "VOID"
    left = ledger.balance(document.id)
    if left == ZERO:
        return "PAID"
    return "UNPAID" if left == document.total else "PART_PAID"


def document(ledger: Ledger, entry: Document, *, payments: bool = False) -> dict[str, Any]:
    """Show an invoice or a credit note with all its attributes."""
    invoice = entry.kind == "invoice"
    word = "invoice" if invoice else "credit_note"
    status = status_of(ledger, entry)
    party = ledger.party(entry.party_id)
    left = ZERO if entry.status in _NOT_YET else ledger.balance(entry.id)
    used = ZERO if entry.status in {"void", "deleted"} else entry.total - ledger.balance(entry.id)
    prefix, number = _numbered(entry)
    settled = ledger.settlements(entry.id)
    home = ledger.organisation.currency
    return {
        **base(collection_of(entry), entry.id, label_of(entry)),
        "created_at": instant(entry.created_at),
        "updated_at": instant(entry.updated_at),
        "links": [],
        "editable": status in {"DRAFT", "PRO_FORMA", "UNPAID"},
        "transaction_type": transaction_type("SALES_INVOICE" if invoice else "SALES_CREDIT_NOTE"),
        "deleted_at": instant(entry.updated_at) if entry.status == "deleted" else None,
        "contact": {
            **base("contacts", party.id, party.name),
            "name": party.name,
            "email": party.email or None,
            "updated_at": instant(party.updated_at),
        },
        f"{word}_number_prefix": prefix,
        f"{word}_number": number,
        "contact_name": party.name,
        "contact_reference": None,
        "date": entry.issued_on.isoformat(),
        **({"due_date": entry.due_on.isoformat() if entry.due_on else None} if invoice else {}),
        "reference": entry.reference or None,
        "notes": entry.memo or None,
        "terms_and_conditions": None,
        "net_amount": amount(entry.total),
        "tax_amount": amount(ZERO),
        "total_amount": amount(entry.total),
        "payments_allocations_total_amount": amount(used),
        "payments_allocations_total_discount": amount(ZERO),
        "total_paid": amount(used),
        "outstanding_amount": amount(left),
        "currency": currency(entry.currency),
        "exchange_rate": entry.rate if entry.currency != home else amount(Decimal(1)),
        "inverse_exchange_rate": (1 / entry.rate).quantize(Decimal("0.0000001")),
        "base_currency_net_amount": amount(_at_home(entry.total, entry)),
        "base_currency_tax_amount": amount(ZERO),
        "base_currency_total_amount": amount(_at_home(entry.total, entry)),
        "base_currency_outstanding_amount": amount(_at_home(left, entry)),
        "status": base("artefact_statuses", status, STATUSES[status]),
        "sent": entry.sent,
        "sent_by_email": bool(entry.sent_to),
        "void_reason": "Voided" if status == "VOID" else None,
        f"{word}_lines": [_line(entry, place) for place in range(len(entry.lines))],
        **({"payments_allocations": payments_allocations(ledger, entry)} if payments else {}),
        "last_paid": max(receipt.on for receipt, _ in settled).isoformat() if settled else None,
        "tax_reconciled": False,
        "migrated": False,
    }


def _numbered(entry: Document) -> tuple[str | None, str]:
    if entry.status == "draft":
        return None, label_of(entry)
    parts = _NUMBER.fullmatch(entry.number)
    return (parts[1], parts[2]) if parts else (None, entry.number)


def _at_home(value: Decimal, entry: Document) -> Decimal:
    return (value / entry.rate).quantize(_CENT)


def _line(entry: Document, place: int) -> dict[str, Any]:
    description, value = entry.lines[place]
    return {
        "id": derived_id(entry.id, "line", str(place)),
        "displayed_as": description,
        "description": description,
        "quantity": amount(Decimal(1)),
        "unit_price": amount(value),
        "net_amount": amount(value),
        "tax_amount": amount(ZERO),
        "total_amount": amount(value),
    }


def payments_allocations(ledger: Ledger, entry: Document) -> list[dict[str, Any]]:
    """Show what was put against a document: payments first, then credit notes (or, of these, invoices)."""
    shown: list[dict[str, Any]] = [
        {
            "links": [],
            "date": receipt.on.isoformat(),
            "type": "Customer Receipt" if receipt.kind == "payment" else "Customer Allocation",
            "reference": receipt.reference or None,
            "amount": amount(part),
            "discount": amount(ZERO),
            "contact_payment": base("contact_payments", receipt.id, receipt.reference or "Customer Receipt"),
            "displayed_as": "Customer Receipt",
            "negative_payment": False,
        }
        for receipt, part in ledger.settlements(entry.id)
    ]
    for made in ledger.allocations.values():
        if entry.id not in {made.credit_id, made.document_id}:
            continue
        other = ledger.document(made.credit_id if entry.id == made.document_id else made.document_id)
        shown.append(
            {
                "links": [],
                "date": made.on.isoformat(),
                "type": "Customer Allocation",
                "reference": None,
                "amount": amount(made.amount),
                "discount": amount(ZERO),
                "contact_allocation": base("contact_allocations", made.id, "Customer Allocation"),
                "artefact": base(collection_of(other), other.id, label_of(other)),
                "displayed_as": "Customer Allocation",
                "negative_payment": False,
            }
        )
    return shown
