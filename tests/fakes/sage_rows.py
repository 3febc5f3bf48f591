"""Rows as Sage Accounting shows them, with plain defaults."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def ref(key: str, resource: str = "") -> Row:
    return {"id": key, "displayed_as": key, "$path": f"/{resource}/{key}" if resource else None}


def invoice(key: str, **changes: Any) -> Row:
    return {
        "id": key,
        "displayed_as": f"SI-{key}",
        "created_at": "2026-10-01T08:00:00Z",
        "updated_at": "2026-10-01T08:00:00Z",
        "deleted_at": None,
        "invoice_number_prefix": "SI-",
        "invoice_number": key,
        "reference": "",
        "date": "2026-10-01",
        "due_date": "2026-10-31",
        "total_amount": 120.0,
        "outstanding_amount": 120.0,
        "currency": ref("GBP", "currencies"),
        "status": ref("UNPAID", "artefact_statuses"),
        "contact": ref("c1", "contacts"),
        "contact_name": "Acme",
        "void_reason": None,
        **changes,
    }


def credit_note(key: str, **changes: Any) -> Row:
    row = invoice(key, displayed_as=f"SCR-{key}", credit_note_number_prefix="SCR-", credit_note_number=key)
    for name in ("invoice_number_prefix", "invoice_number", "due_date"):
        del row[name]
    return {**row, **changes}


def contact(key: str, **changes: Any) -> Row:
    return {
        "id": key,
        "displayed_as": "Acme (A1)",
        "name": "Acme",
        "updated_at": "2026-09-01T08:00:00Z",
        "email": "accounts@acme.example",
        "contact_types": [ref("CUSTOMER")],
        "main_contact_person": {**ref("p-main"), "name": "Ann Main", "email": "ann@acme.example"},
        "main_address": {
            **ref(f"a-{key}", "addresses"),
            "address_line_1": "1 High Street",
            "city": "Leeds",
            "postal_code": "LS1 1AA",
            "country": ref("GB"),
        },
        "delivery_address": None,
        "credit_days": None,
        "credit_terms": None,
        "locale": "en-GB",
        "system": False,
        "is_active": True,
        "gdpr_obfuscated": False,
        "notes": "",
        **changes,
    }


def person(key: str, contact_key: str, *kinds: str, **changes: Any) -> Row:
    return {
        "id": key,
        "name": key.title(),
        "email": f"{key}@acme.example",
        "updated_at": "2026-09-01T08:00:00Z",
        "contact_person_types": [ref(kind) for kind in kinds],
        "is_main_contact": False,
        "address": ref(f"a-{contact_key}", "addresses"),
        "contact": ref(contact_key),
        **changes,
    }


def payment(key: str, *paid: tuple[str, float | str], **changes: Any) -> Row:
    return {
        "id": key,
        "displayed_as": key,
        "updated_at": "2026-10-20T08:00:00Z",
        "transaction_type": ref("CUSTOMER_RECEIPT"),
        "contact": ref("c1", "contacts"),
        "date": "2026-10-20",
        "total_amount": 120.0,
        "currency": ref("GBP", "currencies"),
        "reference": "BACS",
        "allocated_artefacts": [
            {"id": f"al-{artefact}", "artefact": ref(artefact, "sales_invoices"), "amount": amount, "discount": 0.0}
            for artefact, amount in paid
        ],
        "payment_on_account": None,
        "deleted_at": None,
        **changes,
    }


def allocation(key: str, *parts: tuple[str, str, float], **changes: Any) -> Row:
    return {
        "id": key,
        "displayed_as": key,
        "updated_at": "2026-10-25T08:00:00Z",
        "transaction_type": ref("CUSTOMER_ALLOCATION"),
        "contact": ref("c1", "contacts"),
        "date": "2026-10-25",
        "allocated_artefacts": [
            {"id": f"{key}-{artefact}", "artefact": ref(artefact, resource), "amount": amount}
            for resource, artefact, amount in parts
        ],
        "deleted_at": None,
        **changes,
    }
