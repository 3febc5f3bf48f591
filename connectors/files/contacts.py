"""Customers as contact lists and CSV rows describe them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from connectors.files.reading import one_line, plain
from connectors.files.table import open_table
from connectors.files.terms import UnreadableTermsError, parse_terms
from connectors.files.values import COUNTRY_WORDS, CUSTOMER_KIND_WORDS, LANGUAGE_WORDS
from engine.kinds import ContactRole, CustomerKind
from engine.model import Contact, Customer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from connectors.files.terms import Terms
    from engine.records import BadLine

CONTACT_COLUMNS: Final = (
    "customer_id",
    "name",
    "email",
    "role",
    "phone",
    "address",
    "language",
    "kind",
    "country",
    "terms",
)
_ROLE_WORDS: Final = {
    "": ContactRole.BILLING,
    "billing": ContactRole.BILLING,
    "facturation": ContactRole.BILLING,
    "comptabilite": ContactRole.BILLING,
    "director": ContactRole.DIRECTOR,
    "direction": ContactRole.DIRECTOR,
    "directeur": ContactRole.DIRECTOR,
    "dirigeant": ContactRole.DIRECTOR,
    "gerant": ContactRole.DIRECTOR,
    "other": ContactRole.OTHER,
    "autre": ContactRole.OTHER,
}
_ADDRESS_SHAPE: Final = re.compile(r"[^\s@<>\"(),;:]+@[^\s@<>\"(),;:]+\.[^\s@<>\"(),;:.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """What a contacts file says: customers by id (without a name where it gives none), agreed terms, and its faults."""

    customers: Mapping[str, Customer] = field(default_factory=dict)
    terms: Mapping[str, Terms] = field(default_factory=dict)
    bad_lines: tuple[BadLine, ...] = ()
    remarks: tuple[str, ...] = ()
    lines: int = 0


def read_contacts(path: Path) -> ContactList:
    """Read a contacts CSV: customer_id, name, email, and optionally role, phone, address, language, kind, country, terms.

    Several rows of one customer are several contacts; what describes the customer itself (language, kind, country,
    address, terms) is taken from the first row that says it. `name` is the contact's own name.
    """
    table = open_table(path, canonical=CONTACT_COLUMNS, required=("customer_id", "email"))
    customers: dict[str, Customer] = {}
    terms: dict[str, Terms] = {}
    remarks: list[str] = []
    for line, row in table.rows():
        customer_id = one_line(row["customer_id"])
        if not customer_id:
            table.bad(line, "no customer_id")
            continue
        role = _ROLE_WORDS.get(plain(row.get("role", "")))
        if role is None:
            table.bad(line, f"role {row['role']!r} is none of billing, director, other")
            continue
        kind = CUSTOMER_KIND_WORDS.get(plain(row.get("kind", "")))
        if kind is None:
            table.bad(line, f"kind {row['kind']!r} is none of business, consumer, public, unknown")
            continue
        words = row.get("terms", "")
        if words and customer_id not in terms:
            try:
                terms[customer_id] = parse_terms(words)
            except UnreadableTermsError as error:
                table.bad(line, str(error))
                continue
        contacts, refused = contacts_of(row["email"], name=row.get("name", ""), role=role, phone=row.get("phone", ""))
        remarks += [f"{path.name} line {line}: {address!r} is no e-mail address" for address in refused]
        found = Customer(
            customer_id=customer_id,
            name="",
            kind=kind,
            language=language_of(row.get("language", "")),
            country=country_of(row.get("country", "")),
            postal_address=address_of(row.get("address", "")),
            contacts=contacts,
        )
        customers[customer_id] = merged(customers[customer_id], found) if customer_id in customers else found
    return ContactList(
        customers=customers, terms=terms, bad_lines=tuple(table.bad_lines), remarks=tuple(remarks), lines=table.lines
    )


def merged(first: Customer, second: Customer) -> Customer:
    """Lay what `first` says over what `second` says; contacts of both, each address and role once, first's first."""
    seen = {(contact.email.casefold(), contact.role) for contact in first.contacts}
    further = tuple(c for c in second.contacts if (c.email.casefold(), c.role) not in seen)
    return replace(
        first,
        name=first.name or second.name,
        kind=first.kind if first.kind is not CustomerKind.UNKNOWN else second.kind,
        language=first.language or second.language,
        country=first.country or second.country,
        postal_address=first.postal_address or second.postal_address,
        owner=first.owner or second.owner,
        owner_email=first.owner_email or second.owner_email,
        contacts=first.contacts + further,
    )


def with_contacts(customer: Customer, contacts: ContactList) -> Customer:
    """Lay a contact list over a customer of the books: the list's contacts come first, the books' name stays."""
    listed = contacts.customers.get(customer.customer_id)
    return customer if listed is None else replace(merged(listed, customer), name=customer.name or customer.customer_id)


def contacts_of(
    emails: str, *, name: str = "", role: ContactRole = ContactRole.BILLING, phone: str = ""
) -> tuple[tuple[Contact, ...], tuple[str, ...]]:
    """Read the addresses of a field (several with ; or , between), and those that cannot be addresses."""
    found = [address for address in re.split(r"[;,\s]+", emails) if address]
    good = [address for address in found if _ADDRESS_SHAPE.fullmatch(address)]
    contacts = tuple(Contact(email=address, name=one_line(name), role=role, phone=one_line(phone)) for address in good)
    return contacts, tuple(address for address in found if address not in good)


def language_of(text: str) -> str:
    """Give the two-letter language of "fr", "fr-FR", "français"; "" where none is said."""
    word = plain(text)
    return LANGUAGE_WORDS.get(word) or (
        text.strip()[:2].lower() if re.fullmatch(r"[A-Za-z]{2}(?:[-_]\w+)?", text.strip()) else ""
    )


def country_of(text: str) -> str:
    """Give the ISO 3166 code of "FR", "France"; "" where none is known."""
    word = plain(text)
    return COUNTRY_WORDS.get(word) or (text.strip().upper() if re.fullmatch(r"[A-Za-z]{2}", text.strip()) else "")


def address_of(text: str) -> tuple[str, ...]:
    """Split a postal address into its lines: at line ends, else at " | " or semicolons."""
    parts = re.split(r"\r\n|\r|\n|\s*[|;]\s*", text)
    return tuple(one_line(part) for part in parts if part.strip())
