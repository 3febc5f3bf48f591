"""The invoice as PDF, and where it can be paid online."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from connectors.xero.manners import XeroMissingError
from connectors.xero.map import INVOICE
from engine.errors import BooksRefusedError, BooksUnreadableError
from engine.records import Attachment

if TYPE_CHECKING:
    from connectors.xero.client import XeroClient

MOST_BYTES: Final = 10 * 2**20
LINK_HOST: Final = "xero.com"
_MAGIC: Final = b"%PDF"
# Readers look for the magic within the first kilobyte (ISO 32000-1, annex H.3.4.1).
_MAGIC_WITHIN: Final = 1024
_NOT_IN_A_FILENAME: Final = re.compile(r"[^\w.-]+")
_MOST_NAME: Final = 80


def document(client: XeroClient, item_id: str, number: str) -> Attachment | None:
    """Fetch the PDF; None where there is none, BooksUnreadableError where what came is none."""
    if not item_id.startswith(INVOICE):
        return None
    identity = item_id.removeprefix(INVOICE)
    try:
        content = client.pdf(identity, MOST_BYTES)
    except XeroMissingError:
        return None
    if _MAGIC not in content[:_MAGIC_WITHIN]:
        raise BooksUnreadableError("what Xero gave for the invoice is no PDF")
    name = _NOT_IN_A_FILENAME.sub("-", number).strip("-.")[:_MOST_NAME] or f"invoice-{identity[:8]}"
    return Attachment(filename=f"{name}.pdf", content=content, media_type="application/pdf")


def payment_url(client: XeroClient, item_id: str, host: str = LINK_HOST) -> str:
    """Ask where the invoice is shown online; "" where it is not, or where the address is not Xero's."""
    if not item_id.startswith(INVOICE):
        return ""
    try:
        url = client.online_invoice_url(item_id.removeprefix(INVOICE))
    except BooksRefusedError:
        # A draft, or an invoice that is gone: no page to pay on is no reason not to ask for payment.
        return ""
    return url if is_safe(url, host) else ""


def is_safe(url: str, host: str = LINK_HOST) -> bool:
    """Tell whether a link may stand in a mail: https, the host named or one below it ("" for any), nothing hidden in it."""
    if any(character.isspace() or not character.isprintable() or character in '\\<>"' for character in url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    found = (parts.hostname or "").rstrip(".")
    return (
        parts.scheme == "https"
        and "@" not in parts.netloc
        and port in {None, 443}
        and found != ""
        and (host in {"", found} or found.endswith(f".{host}"))
    )
