"""Sage's contacts and their persons as customers; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.sage.map import Terms, id_of
from connectors.sage.values import addresses_in, line
from engine.kinds import ContactRole
from engine.model import Contact, Customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.sage.rows import AddressRow, ContactRow, PersonRow

_ACCOUNTS: Final = "ACCOUNTS"
_DIRECTOR: Final = "DIRECTOR"
_CODE_LETTERS: Final = 2
# What Sage calls a person whose name nobody entered: no name to write to.
_NOBODY: Final = frozenset({"main contact", "contact principal"})


def customer_of(row: ContactRow, persons: Sequence[PersonRow] = ()) -> Customer:
    """Map a contact with its persons.

    Who is of type ACCOUNTS is written to about invoices; where nobody is, the contact's own address and its main
    person. System contacts, and those that had their data erased, are never written to.
    """
    silent = bool(row.system) or bool(row.gdpr_obfuscated)
    return Customer(
        customer_id=row.id,
        name=line(row.name) or line(row.displayed_as) or f"contact {row.id}",
        language=_language(row.locale),
        contacts=() if silent else _contacts(row, persons),
        country=_country(row.main_address),
        postal_address=_lines(row.main_address),
        do_not_contact=silent,
    )


def terms_of(row: ContactRow) -> Terms:
    """Give what was agreed with a contact."""
    return Terms(days=row.credit_days, counted=(row.credit_terms or "").lower())


def is_customer(row: ContactRow) -> bool:
    """Tell whether a contact may owe something; who is a vendor only may not."""
    kinds = {id_of(kind).upper() for kind in row.contact_types or ()}
    return not kinds or "CUSTOMER" in kinds


def _contacts(row: ContactRow, persons: Sequence[PersonRow]) -> tuple[Contact, ...]:
    main = [row.main_contact_person] if row.main_contact_person else []
    alive = [person for person in (*persons, *main) if not person.deleted_at]
    accountants = [person for person in alive if _ACCOUNTS in _types(person)]
    accountants.sort(key=lambda person: not person.is_preferred_contact)
    role = ContactRole.OTHER if any(addresses_in(person.email) for person in accountants) else ContactRole.BILLING
    found: list[Contact] = []
    for person in accountants:
        found += _reached(person, ContactRole.BILLING)
    found += [Contact(email=email, role=role) for email in addresses_in(row.email)]
    for person in (*main, *alive):
        is_main = person in main or bool(person.is_main_contact) or bool(person.is_preferred_contact)
        found += _reached(person, role if is_main else ContactRole.OTHER)
    return tuple(_once(found))


def _types(person: PersonRow) -> set[str]:
    return {id_of(kind).upper() for kind in person.contact_person_types or ()}


def _reached(person: PersonRow, role: ContactRole) -> list[Contact]:
    if any(_DIRECTOR in kind for kind in _types(person)) and _ACCOUNTS not in _types(person):
        role = ContactRole.DIRECTOR
    name, phone = line(person.name or person.displayed_as), line(person.telephone)
    if name.casefold() in _NOBODY:
        name = ""
    return [Contact(email=email, name=name, role=role, phone=phone) for email in addresses_in(person.email)]


def _once(contacts: Iterable[Contact]) -> list[Contact]:
    """Keep each address once, as it stands first, with the name of a later entry where the first has none."""
    kept: dict[str, Contact] = {}
    for contact in contacts:
        key = contact.email.lower()
        first = kept.setdefault(key, contact)
        if not first.name and contact.name:
            kept[key] = Contact(email=first.email, name=contact.name, role=first.role, phone=contact.phone)
    return list(kept.values())


def _language(locale: str | None) -> str:
    """Give the language of `en-GB`; "" where there is none."""
    code = (locale or "").replace("_", "-").partition("-")[0].strip().lower()
    return code if len(code) == _CODE_LETTERS and code.isalpha() else ""


def _country(address: AddressRow | None) -> str:
    code = id_of(address.country).upper() if address else ""
    return code if len(code) == _CODE_LETTERS and code.isalpha() else ""


def _lines(address: AddressRow | None) -> tuple[str, ...]:
    if address is None:
        return ()
    town = " ".join(part for part in (line(address.city), line(address.postal_code)) if part)
    lines = (line(address.address_line_1), line(address.address_line_2), town, line(address.region))
    return tuple(text for text in lines if text)
