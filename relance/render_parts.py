"""Small steps of writing a mail: its subject, who signs, whom it goes to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from engine.channels.addresses import Mailbox
from engine.errors import RenderError
from engine.telling import addressee

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.creditor import Creditor
    from engine.model import Contact, Customer


def subject_of(data: Mapping[str, object]) -> str:
    """Give the subject with ordinary spaces: the other kinds do not survive a header everywhere."""
    return plain_spaces(cast("dict[str, str]", data["parts"])["subject"])


def plain_spaces(text: str) -> str:
    """Put ordinary spaces in the place of those that do not break."""
    return re.sub("[\xa0\u202f]", " ", text)


def signed_by(creditor: Creditor, signatory: str) -> Creditor:
    """Give the creditor with the signatory that a level names, the usual one where it names none of the company's."""
    named = dict(creditor.signatories).get(signatory)
    return creditor if named is None else replace(creditor, signatory=named)


def mailbox_of(contact: Contact) -> Mailbox:
    """Give a contact as the headers of a mail name it."""
    return Mailbox(address=contact.email, name=contact.name)


def first_address(customer: Customer) -> Contact:
    """Give who is written to about an account; raise RenderError where nobody has a usable address."""
    found = addressee(customer)
    if found is None:
        raise RenderError(f"{customer.name} has no address to write to")
    return found
