"""QuickBooks' customers and jobs in the words of the trade: pure functions over rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.kinds import ContactRole
from engine.model import Contact, Customer

if TYPE_CHECKING:
    from connectors.quickbooks.rows import Address, CustomerRow

_ADDRESS_SHAPE: Final = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:]+\.[^\s@<>\"(),;:.]+")
_SEPARATORS: Final = re.compile(r"[,;\s]+")
_DELETED_SUFFIX: Final = re.compile(r"\s*\(deleted\)$", re.IGNORECASE)


def customer(row: CustomerRow, contacts: tuple[Contact, ...] | None = None) -> Customer:
    """Map a customer; `contacts` stand in where it has no address of its own.

    Who was made inactive is never written to: QuickBooks calls such a customer deleted, and what it owes waits for a
    person.
    """
    payer = row.parent_ref.value or "" if row.parent_ref and row.bill_with_parent else ""
    own = contacts_of(row)
    return Customer(
        customer_id=row.id,
        name=_name(row),
        contacts=own or contacts or (),
        country=_country(row.bill_addr),
        postal_address=_postal(row.bill_addr),
        payer_id=payer,
        do_not_contact=row.active is False,
    )


def contacts_of(row: CustomerRow) -> tuple[Contact, ...]:
    """List a customer's own addresses: the first is written to about bills, the others are kept."""
    person = " ".join(part.strip() for part in (row.given_name, row.family_name) if part and part.strip())
    phone = (row.primary_phone.free_form_number or "").strip() if row.primary_phone else ""
    listed = addresses(row.primary_email_addr.address if row.primary_email_addr else None)
    return tuple(
        Contact(
            email=each,
            name=person if not position else "",
            role=ContactRole.OTHER if position else ContactRole.BILLING,
            phone=phone if not position else "",
        )
        for position, each in enumerate(listed)
    )


def addresses(text: str | None) -> tuple[str, ...]:
    """List the usable addresses of a field that may hold several, in order, each once."""
    found = [each for each in _SEPARATORS.split(text or "") if _ADDRESS_SHAPE.fullmatch(each)]
    return tuple(dict.fromkeys(found))


def _name(row: CustomerRow) -> str:
    # A job is called by its whole path: "Kitchen" alone names nobody.
    path = row.fully_qualified_name if row.parent_ref else None
    named = path or row.display_name or row.company_name or row.fully_qualified_name or ""
    name = " ".join(named.replace(":", ": ").split() if path else named.split())
    if row.active is False:
        # QuickBooks puts this behind the name of whoever is made inactive.
        name = _DELETED_SUFFIX.sub("", name)
    return name or f"#{row.id}"


def _country(address: Address | None) -> str:
    code = (address.country or "").strip().upper() if address else ""
    return code if re.fullmatch(r"[A-Z]{2}", code) else ""


def _postal(address: Address | None) -> tuple[str, ...]:
    if address is None:
        return ()
    town = " ".join(
        part.strip()
        for part in (address.city, address.country_sub_division_code, address.postal_code)
        if part and part.strip()
    )
    lines = (address.line1, address.line2, address.line3, address.line4, address.line5, town, address.country)
    return tuple(line.strip() for line in lines if line and line.strip())
