"""The history of reminders in QuickBooks: notes attached to the document, or lines in its memo where that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connectors.quickbooks.client import MOST_ROWS, as_rows, listed, parsed
from connectors.quickbooks.manners import STALE, QuickBooksRefusedError
from connectors.quickbooks.map import is_void
from connectors.quickbooks.memo import MemoFullError, with_note
from connectors.quickbooks.rows import ATTACHABLE, CREDIT_MEMO, INVOICE
from connectors.quickbooks.sdk import attach_note, update_sparsely
from engine.errors import BooksRefusedError, NotSupportedError

if TYPE_CHECKING:
    from connectors.quickbooks.client import Client
    from engine.records import Note

# Intuit: Attachable.Note holds at most 2000 characters.
MOST_ATTACHED: Final = 2000
# The memo is shared with the user and with earlier notes: this much of it unless more is asked for.
IN_MEMO: Final = 500
_ENTITIES: Final = {"invoice": "Invoice", "credit_note": "CreditMemo", "payment": "Payment"}


def attach(client: Client, note: Note, *, most: int = MOST_ATTACHED) -> None:
    """Attach a note to its document, once for ever: its key and its marker tell it apart."""
    entity, entity_id = document_of(note.item_id)
    if note.tried and _attached(client, entity, entity_id, note.marker):
        return
    attach_note(client, entity=entity, entity_id=entity_id, text=cut(note, most), key=note.key)


def write_into_memo(client: Client, note: Note, *, most: int = IN_MEMO) -> None:
    """Write a note into the memo of its document; read again and repeated once where someone changed it meanwhile."""
    entity, entity_id = document_of(note.item_id)
    if entity == "Payment":
        raise NotSupportedError("QuickBooks: notes on payments are kept as attachments only")
    try:
        _write_once(client, note, entity, entity_id, most)
    except QuickBooksRefusedError as refused:
        if refused.closed:
            raise BooksRefusedError(
                f"{refused}. Notes kept as attachments (notes_in: attachable) change no invoice"
            ) from refused
        if STALE not in refused.codes:
            raise
        _write_once(client, note, entity, entity_id, most)


def _write_once(client: Client, note: Note, entity: str, entity_id: str, most: int) -> None:
    # 1. Read it as it is now. 2. Nothing to do where the marker stands. 3. Change the memo of that version alone.
    found = parsed(entity, client.entity(entity.lower(), entity_id))
    if found is None:
        raise BooksRefusedError(
            f"QuickBooks has no {entity} {entity_id} any more, so that no note can be written on it"
        )
    rows = as_rows(INVOICE, found) if entity == INVOICE.name else as_rows(CREDIT_MEMO, found)
    memo = str(found.get("PrivateNote") or "")
    if note.marker in memo:
        return
    if not rows or is_void(rows[0]):
        raise BooksRefusedError(f"{entity} {entity_id} is void in QuickBooks: its memo says so and is left alone")
    try:
        merged = with_note(memo, cut(note, most))
    except MemoFullError:
        raise BooksRefusedError(
            f"the memo of {entity} {entity_id} in QuickBooks is full: shorten it, or keep notes as attachments"
            " (notes_in: attachable)"
        ) from None
    token = rows[0].sync_token or "0"
    fields = {"Id": entity_id, "SyncToken": token, "PrivateNote": merged}
    # One key for each version written to: an answer that was kept for another version is never given back.
    update_sparsely(client, entity, fields, key=f"{note.key[:32]}-{token}")


def _attached(client: Client, entity: str, entity_id: str, marker: str) -> bool:
    """Look for a marker among the notes attached to a document."""
    where = (
        f"AttachableRef.EntityRef.Type = '{entity.lower()}'",
        f"AttachableRef.EntityRef.value = {listed((entity_id,))}",
    )
    start = 1
    while True:
        found = client.select(ATTACHABLE, where, start=start, most=MOST_ROWS)
        if any(marker in (row.note or "") for row in found.rows):
            return True
        if found.count < MOST_ROWS:
            return False
        start += found.count


def document_of(item_id: str) -> tuple[str, str]:
    """Give QuickBooks' name and id of an item; NotSupportedError where it is none of its own."""
    prefix, _, entity_id = item_id.partition(":")
    if prefix not in _ENTITIES or not entity_id:
        raise NotSupportedError(f"QuickBooks keeps notes on its own documents only, and {item_id!r} is none")
    return _ENTITIES[prefix], entity_id


def cut(note: Note, most: int) -> str:
    """Give a note's text with at most so many characters, its marker always whole."""
    text = note.text if note.marker in note.text else f"{note.text} {note.marker}"
    if len(text) <= most:
        return text
    return f"{text.replace(note.marker, '')[: most - len(note.marker) - 2].rstrip()}… {note.marker}"
