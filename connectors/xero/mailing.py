"""Xero's own invoice mail: it goes to whom the contact names and nobody else, so they are read first."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from connectors.xero.map import INVOICE
from engine.errors import BooksRefusedError, NotSupportedError
from engine.kinds import ItemKind
from engine.records import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.xero.client import XeroClient
    from engine.model import Customer, OpenItem
    from engine.records import Page, ProviderMail

_HOST: Final = "api.xero.com"


def send_mail(
    client: XeroClient, mail: ProviderMail, barrier: Callable[[str], None], refresh: Callable[[list[str]], Page]
) -> Receipt:
    """Let Xero mail an invoice; what Xero would refuse, or send to others, is refused before the barrier."""
    if not mail.item_id.startswith(INVOICE):
        raise NotSupportedError("xero mails invoices only")
    page = refresh([mail.item_id])
    item = _owed(page, mail)
    _reached(next(each for each in page.customers if each.customer_id == item.customer_id), mail)
    server = urlsplit(client.base_url).hostname or _HOST
    barrier(server)
    reply = client.email(mail.item_id.removeprefix(INVOICE), mail.key)
    return Receipt(server=server, reply=reply)


def _owed(page: Page, mail: ProviderMail) -> OpenItem:
    item = next((each for each in page.items if each.item_id == mail.item_id), None)
    if item is None:
        raise BooksRefusedError("Xero mails approved sales invoices only; it no longer shows this one as such")
    if item.kind is not ItemKind.INVOICE or item.balance.minor <= 0:
        raise BooksRefusedError(f"nothing is left to pay on {item.number}")
    return item


def _reached(customer: Customer, mail: ProviderMail) -> None:
    """Check that the mail would reach whom it is meant for."""
    if customer.do_not_contact:
        raise BooksRefusedError(f"{customer.name} is archived in Xero and is not written to")
    if not customer.contacts:
        raise BooksRefusedError(f"{customer.name} has no e-mail address in Xero: enter one there")
    if _same(mail.to) not in {_same(contact.email) for contact in customer.contacts}:
        raise BooksRefusedError(
            f"Xero would not send this to {mail.to}: its contact {customer.name} has other addresses; "
            "correct them in Xero, or let this level go by e-mail"
        )


def _same(address: str) -> str:
    """Give the form in which two spellings of an address are equal: no case, the domain as the wire has it."""
    name, _, domain = address.strip().rpartition("@")
    # A domain that cannot be encoded is compared as it is written.
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode()
    return f"{name}@{domain}".casefold()
