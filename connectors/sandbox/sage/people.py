"""How Sage shows customers, the people at them, and the businesses themselves; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.entries import ZERO
from connectors.sandbox.sage.shapes import amount, base, currency, derived_id, instant

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.sandbox.entries import Organisation, Party, Person
    from connectors.sandbox.ledger import Ledger

_LONGEST_NAME: Final = 50


def contact(ledger: Ledger, party: Party, *, balance: bool = False) -> dict[str, Any]:
    """Show a contact; its balance only when it is asked for."""
    return {
        **base("contacts", party.id, party.name),
        "created_at": instant(party.created_at),
        "updated_at": instant(party.updated_at),
        "links": [],
        "deleted_at": None,
        **({"balance": amount(_balance(ledger, party))} if balance else {}),
        "contact_types": [base("contact_types", key, key.title()) for key in contact_types(ledger, party)],
        "name": party.name,
        "reference": None,
        "tax_number": None,
        "notes": party.notes or None,
        "locale": party.language or None,
        "main_address": address(party),
        "main_contact_person": main_person(party),
        "credit_limit": None,
        "credit_days": None,
        "credit_terms": None,
        "currency": currency(ledger.organisation.currency),
        "deletable": False,
        "email": party.email or None,
        "gdpr_obfuscated": False,
        "system": False,
        "has_unfinished_recurring_invoices": False,
        "is_active": party.active,
    }


def contact_types(ledger: Ledger, party: Party) -> list[str]:
    """Say whether a party buys, sells, or both; one that has done neither is a customer."""
    sides = {document.side for document in ledger.documents.values() if document.party_id == party.id}
    return [key for side, key in (("sale", "CUSTOMER"), ("purchase", "VENDOR")) if side in sides] or ["CUSTOMER"]


def _balance(ledger: Ledger, party: Party) -> Any:
    owed = sum(
        (
            ledger.balance(document.id) * (1 if document.kind == "invoice" else -1)
            for document in ledger.open_documents()
            if document.party_id == party.id
        ),
        ZERO,
    )
    unapplied = (
        receipt.unapplied
        for receipt in ledger.receipts.values()
        if receipt.party_id == party.id and not receipt.deleted
    )
    return owed - sum(unapplied, ZERO)


def address_id(party: Party) -> str:
    """Give the id of a party's main address."""
    return derived_id(party.id, "address")


def address(party: Party) -> dict[str, Any]:
    """Show a party's main address."""
    lines = [*party.address, "", "", ""]
    return {
        **base("addresses", address_id(party), ", ".join(party.address)),
        "address_line_1": lines[0] or None,
        "address_line_2": lines[1] or None,
        "city": lines[2] or None,
        "country": base("countries", party.country, party.country),
        "is_main_address": True,
        "updated_at": instant(party.updated_at),
    }


def addresses(party: Party) -> list[dict[str, Any]]:
    """Show a party's addresses whole: the main one, and the one where everybody but the main contact works.

    Persons hang on addresses and addresses on contacts (guide "Contact and Address relationships"): who looks at main
    addresses alone does not find everybody.
    """
    of = {
        "created_at": instant(party.created_at),
        "updated_at": instant(party.updated_at),
        "deleted_at": None,
        "bank_account": None,
        "contact": base("contacts", party.id, party.name),
    }
    main = {**address(party), "name": "Main Address", **of}
    if not party.cc_people:
        return [main]
    office = {
        **base("addresses", office_id(party), "Office"),
        "address_line_1": None,
        "address_line_2": None,
        "city": None,
        "country": base("countries", party.country, party.country),
        "is_main_address": False,
        "name": "Office",
    }
    return [main, {**office, **of}]


def office_id(party: Party) -> str:
    """Give the id of the further address of a party."""
    return derived_id(party.id, "office")


def main_person(party: Party) -> dict[str, Any]:
    """Show the main contact person: Sage keeps the customer's own e-mail address here."""
    return _person(
        party,
        key=derived_id(party.id, "main"),
        name="Main Contact",
        email=party.email,
        phone=party.phone,
        role="ACCOUNTS",
        main=True,
    )


def persons(party: Party) -> list[dict[str, Any]]:
    """Show everybody at a party, the main contact first."""
    return [main_person(party), *(_another(party, person) for person in party.cc_people)]


def _another(party: Party, person: Person) -> dict[str, Any]:
    shown = _person(
        party,
        key=person.id,
        name=person.name,
        email=person.email,
        phone="",
        role=person.role.upper(),
        main=False,
        preferred=person.include,
    )
    return {**shown, "address": base("addresses", office_id(party), "Office")}


def _person(
    party: Party, *, key: str, name: str, email: str, phone: str, role: str, main: bool, preferred: bool = False
) -> dict[str, Any]:
    return {
        **base("contact_persons", key, name),
        "created_at": instant(party.created_at),
        "updated_at": instant(party.updated_at),
        "deleted_at": None,
        "contact_person_types": [base("contact_person_types", role, role.title())],
        "name": name[:_LONGEST_NAME],
        "job_title": None,
        "telephone": phone or None,
        "mobile": None,
        "email": email or None,
        "fax": None,
        "is_main_contact": main,
        "address": base("addresses", address_id(party), ", ".join(party.address)),
        "is_preferred_contact": main or preferred,
    }


def business(organisation: Organisation, *, now: datetime, full: bool = False) -> dict[str, Any]:
    """Show a business; the Swagger does not have it, the guides show the list and name `subscriptions`."""
    shown = base("businesses", organisation.id, organisation.name)
    if not full:
        return shown
    return {
        **shown,
        "name": organisation.name,
        "country": base("countries", organisation.country, organisation.country),
        "subscriptions": [
            {
                "id": derived_id(organisation.id, "subscription"),
                "displayed_as": "Accounting Plus",
                "product": "Accounting Plus",
                "active": True,
                "status": "ACTIVE",
                "end_date": (now.date() + timedelta(days=365)).isoformat(),
            }
        ],
    }


def financial_settings(organisation: Organisation, *, now: datetime) -> dict[str, Any]:
    """Show the base currency, and until when the books are closed."""
    closed = organisation.closed_until
    return {
        "$path": "/financial_settings",
        "year_end_date": f"{now.year}-12-31",
        "year_end_lockdown_date": closed.isoformat() if closed else None,
        "accounting_type": "accrual",
        "accounts_start_date": "2019-01-01",
        "base_currency": currency(organisation.currency),
        "multi_currency_enabled": True,
        "use_live_exchange_rates": True,
        "updated_at": instant(now),
    }


def email_settings(*, now: datetime) -> dict[str, Any]:
    """Show how the product itself mails; nothing in the API sends."""
    return {"default_messages": [], "pdf_attached": True, "send_bcc": False, "updated_at": instant(now)}
