"""A customer's record as commands and pages see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import RelanceError

if TYPE_CHECKING:
    from engine.model import Customer
    from relance.documents import Document
    from relance.installation import Installation
    from state.store import Store


class NoSuchCustomerError(RelanceError):
    """No company has a customer of this id."""


class AmbiguousCustomerError(RelanceError):
    """Several companies have a customer of this id; narrow with --company."""


def find_customer(installation: Installation, store: Store, customer_id: str) -> str:
    """Give the one company that has this customer."""
    companies = [
        company.company_id for company in installation.companies if store.has_customer(company.company_id, customer_id)
    ]
    if not companies:
        raise NoSuchCustomerError(f"no company has a customer {customer_id!r}")
    if len(companies) > 1:
        listed = ", ".join(companies)
        raise AmbiguousCustomerError(f"{customer_id!r} is a customer of {listed}; choose with --company")
    return companies[0]


def customer_document(company_id: str, customer: Customer) -> Document:
    """Give a customer's record."""
    return {
        "company": company_id,
        "customer_id": customer.customer_id,
        "name": customer.name,
        "kind": customer.kind.value,
        "language": customer.language or None,
        "address": customer.address_form.value if customer.address_form else None,
        "contacts": [
            {
                "email": contact.email,
                "name": contact.name,
                "role": contact.role.value,
                "phone": contact.phone,
                "failed": contact.failed,
                "do_not_write": contact.barred,
            }
            for contact in customer.contacts
        ],
        "tags": list(customer.tags),
        "country": customer.country or None,
        "postal_address": list(customer.postal_address),
        "owner": customer.owner or None,
        "owner_email": customer.owner_email or None,
        "payment_method": customer.payment_method.value if customer.payment_method else None,
        "payer": customer.payer_id or None,
        "pay_days": list(customer.pay_days),
        "subdivision": customer.subdivision,
        "postcode": customer.postcode,
        "pace": customer.pace_days or None,
        "pace_until": customer.pace_until.isoformat() if customer.pace_until else None,
        "plan": customer.plan or None,
        "timezone": customer.timezone or None,
        "do_not_contact": customer.do_not_contact,
    }
