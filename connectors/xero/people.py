"""Xero's contacts as customers with the people that may be written to; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engine.kinds import ContactRole
from engine.model import Contact, Customer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.xero.rows import Address, ContactRow

_CLOSED: Final = frozenset({"ARCHIVED", "GDPRREQUEST"})
_ADDRESS: Final = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:]+")
_BETWEEN: Final = re.compile(r"[,;\s]+")
_COUNTRY_CODE: Final = re.compile(r"[A-Z]{2}")


def customer(row: ContactRow) -> Customer:
    """Read a contact; ValueError where it has no id.

    EmailAddress is the billing contact, persons with IncludeInEmails are others; without an EmailAddress those persons
    are whom invoices go to. An archived contact, or one that asked to be forgotten, is never written to.
    """
    if not row.contact_id:
        raise ValueError("it has no id")
    address, lines = _postal(row)
    return Customer(
        customer_id=row.contact_id,
        name=_name(row),
        contacts=contacts(row),
        country=_country(address),
        postal_address=lines,
        do_not_contact=row.contact_status in _CLOSED,
    )


def contacts(row: ContactRow) -> tuple[Contact, ...]:
    """List whom Xero itself would mail, billing first, each address once."""
    phone = _phone(row)
    found: dict[str, Contact] = {}
    for email in _addresses(row.email_address):
        name = _full(row.first_name, row.last_name)
        found.setdefault(email.casefold(), Contact(email=email, name=name, role=ContactRole.BILLING, phone=phone))
    role = ContactRole.OTHER if found else ContactRole.BILLING
    for person in row.contact_persons or ():
        if person.include_in_emails:
            for email in _addresses(person.email_address):
                name = _full(person.first_name, person.last_name)
                found.setdefault(email.casefold(), Contact(email=email, name=name, role=role))
    return tuple(found.values())


def nameless(customer_id: str, name: str) -> Customer:
    """Give a customer that only documents tell of: without an address nothing is sent to it."""
    return Customer(customer_id=customer_id, name=name.strip() or customer_id)


def _name(row: ContactRow) -> str:
    if row.name and (name := row.name.strip()):
        return name
    names = (_full(row.first_name, row.last_name), row.email_address, row.contact_id)
    return next(each.strip() for each in names if each and each.strip())


def _full(first: str | None, last: str | None) -> str:
    first, last = (first or "").strip(), (last or "").strip()
    return f"{first} {last}" if first and last else first or last


def _addresses(text: str | None) -> Iterable[str]:
    """Split what may be several addresses in one field; what is no address is left out."""
    if not text:
        return ()
    if _ADDRESS.fullmatch(text):
        return (text,)
    return [each for each in _BETWEEN.split(text) if _ADDRESS.fullmatch(each)]


def _phone(row: ContactRow) -> str:
    for phone in row.phones or ():
        if phone.phone_type == "DEFAULT" and phone.phone_number:
            parts = (phone.phone_country_code, phone.phone_area_code, phone.phone_number)
            return " ".join(part.strip() for part in parts if part and part.strip())
    return ""


def _postal(row: ContactRow) -> tuple[Address | None, tuple[str, ...]]:
    """Give the address that invoices go to (POBOX, which Xero's pages call postal), else the street, with its lines."""
    found: dict[str | None, tuple[Address, tuple[str, ...]]] = {}
    for each in row.addresses or ():
        if lines := _lines(each):
            found[each.address_type] = each, lines
    return found.get("POBOX") or found.get("STREET") or (None, ())


def _country(address: Address | None) -> str:
    """Give the country where it is written as an ISO code; Xero takes any text there."""
    text = (address.country or "").strip() if address else ""
    return text if _COUNTRY_CODE.fullmatch(text) else ""


def _lines(address: Address) -> tuple[str, ...]:
    town = " ".join(part for part in (address.postal_code, address.city) if part)
    lines = (
        address.attention_to,
        address.address_line1,
        address.address_line2,
        address.address_line3,
        address.address_line4,
        town,
        address.region,
        address.country,
    )
    return tuple([line.strip() for line in lines if line and not line.isspace()])
