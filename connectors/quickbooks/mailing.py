"""QuickBooks' own invoice mail: sent once, and what it shows afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.quickbooks.client import as_rows, parsed
from connectors.quickbooks.map import is_void
from connectors.quickbooks.people import addresses
from connectors.quickbooks.rows import INVOICE
from connectors.quickbooks.stamps import instant_or_none
from engine.errors import BooksError, BooksRefusedError, NotSupportedError, WriteUnknownError
from engine.records import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from connectors.quickbooks.client import Client
    from connectors.quickbooks.rows import InvoiceRow
    from engine.records import ProviderMail

_SENT: Final = "emailsent"


def send(client: Client, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
    """Let QuickBooks mail an invoice to `mail.to`; everything that can be refused is refused before the barrier."""
    invoice_id = invoice_id_of(mail.item_id)
    to = mail.to.strip()
    if len(addresses(to)) != 1 or addresses(to)[0] != to:
        raise BooksRefusedError(f"QuickBooks cannot mail an invoice to {mail.to!r}: that is not one address")
    row = read_invoice(client, invoice_id)
    if row is None:
        raise BooksRefusedError("the invoice is no longer in QuickBooks, so that it cannot be mailed")
    if is_void(row):
        raise BooksRefusedError("the invoice is void in QuickBooks, so that it is not mailed")
    barrier(client.server)
    # sendTo overwrites the address on the invoice: it goes along only where that one would not reach `to`.
    standing = addresses(row.bill_email.address) if row.bill_email else ()
    known = to.casefold() in {each.casefold() for each in standing}
    answer = client.send(invoice_id, to="" if known else to, key=mail.key)
    try:
        sent = _row(answer.json())
    except BooksError:
        sent = None
    if sent is None or (sent.email_status or "").lower() != _SENT:
        raise WriteUnknownError(
            "QuickBooks took the call but does not say that it mailed the invoice; look at the invoice in QuickBooks"
        )
    when = sent.delivery_info.delivery_time if sent.delivery_info else None
    return Receipt(server=client.server, reply=f"EmailSent {when or ''}".strip())


def evidence(client: Client, item_id: str, since: datetime) -> bool | None:
    """Say whether QuickBooks shows that it mailed an invoice at or after an instant; None where it cannot tell."""
    row = read_invoice(client, invoice_id_of(item_id))
    if row is None:
        return None
    if (row.email_status or "").lower() != _SENT:
        return False
    delivered = instant_or_none(row.delivery_info.delivery_time) if row.delivery_info else None
    # QuickBooks writes whole seconds.
    return None if delivered is None else delivered >= since.replace(microsecond=0)


def read_invoice(client: Client, invoice_id: str, *, include: str = "") -> InvoiceRow | None:
    """Read one invoice; None where there is none."""
    found = client.entity("invoice", invoice_id, include=include)
    return None if found is None else _row(found)


def invoice_id_of(item_id: str) -> str:
    """Give QuickBooks' id of an invoice; NotSupportedError for everything else."""
    prefix, _, invoice_id = item_id.partition(":")
    if prefix != "invoice" or not invoice_id:
        raise NotSupportedError(f"QuickBooks mails and prints invoices only, and {item_id!r} is none")
    return invoice_id


def _row(found: object) -> InvoiceRow | None:
    inner = parsed(INVOICE.name, found if isinstance(found, dict) else None)
    rows = as_rows(INVOICE, inner) if inner else []
    return rows[0] if rows else None
