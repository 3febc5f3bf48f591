"""History notes on invoices: append-only, so each is looked for before it is written a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.xero.map import INVOICE
from engine.errors import BooksError, NotSupportedError, WriteUnknownError

if TYPE_CHECKING:
    from connectors.xero.client import XeroClient
    from engine.records import Note

# Xero's pages have said 250 and 2,500 at different times; what fits the smaller fits both.
NOTE_LENGTH: Final = 250
_CUT: Final = "… "


def write_note(client: XeroClient, note: Note, *, length: int = NOTE_LENGTH) -> None:
    """Write a note unless it is there; after a lost answer the history says whether it is.

    Raises WriteUnknownError where the second answer is lost too and the history cannot tell.
    """
    if not note.item_id.startswith(INVOICE):
        raise NotSupportedError("xero keeps notes with invoices only")
    invoice_id = note.item_id.removeprefix(INVOICE)
    text = fitted(note.text, note.marker, length)
    if note.tried and _is_there(client, invoice_id, note.marker):
        return
    try:
        client.add_history(invoice_id, text, note.key)
    except WriteUnknownError as lost:
        if _is_there_after(client, invoice_id, note.marker, lost):
            return
    else:
        return
    # The same key and the same bytes: should the first one only be late, Xero takes the two for one (for 6 minutes).
    try:
        client.add_history(invoice_id, text, note.key)
    except WriteUnknownError as lost:
        if not _is_there_after(client, invoice_id, note.marker, lost):
            raise


def _is_there(client: XeroClient, invoice_id: str, marker: str) -> bool:
    return any(marker in text for text in client.history(invoice_id))


def _is_there_after(client: XeroClient, invoice_id: str, marker: str, lost: WriteUnknownError) -> bool:
    try:
        return _is_there(client, invoice_id, marker)
    except BooksError as error:
        raise lost from error


def fitted(text: str, marker: str, length: int) -> str:
    """Cut a note to a length in characters; the marker, by which it is found again, stays whole."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    rest = " ".join(line.replace(marker, " ").split())
    room = length - len(marker) - len(_CUT)
    return (rest[: max(room, 0)].rstrip() + _CUT + marker)[-max(length, len(marker)) :]
