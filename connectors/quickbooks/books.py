"""The books of one company in QuickBooks Online."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from connectors.quickbooks import mailing, notes, organisations
from connectors.quickbooks.client import MOST_ROWS, PRODUCTION, Client
from connectors.quickbooks.customers import BATCH, CustomerDesk, batches, newest_addresses
from connectors.quickbooks.map import https_only, is_void
from connectors.quickbooks.pulling import QuickBooksPull
from connectors.quickbooks.rows import CREDIT_MEMO, INVOICE, PAYMENT, InvoiceRow
from connectors.quickbooks.seeing import Sight
from connectors.quickbooks.stamps import version_text
from engine.errors import BooksRefusedError
from engine.records import Attachment, Capabilities, NotesOn, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from connectors.http import Transport
    from connectors.quickbooks.rows import Entity
    from engine.ports import Books, Clock, Pull
    from engine.records import About, Note, ProviderMail, Receipt

_ENTITIES: dict[str, Entity[Any]] = {"invoice": INVOICE, "credit_note": CREDIT_MEMO, "payment": PAYMENT}


class NotesIn(StrEnum):
    """Where in QuickBooks a note is kept: attached to the document, or in its memo, which users write in too."""

    ATTACHABLE = "attachable"
    PRIVATE_NOTE = "private_note"


@dataclass(slots=True, kw_only=True)
class QuickBooksBooks:
    """One QuickBooks company (`organisation` is its realm id); `base_url` is the host without any path.

    `note_length` is the longest note in characters; None: as many as fit where notes are kept.
    """

    company_id: str
    organisation: str
    transport: Transport
    clock: Clock
    base_url: str = PRODUCTION
    page_size: int = MOST_ROWS
    notes_in: NotesIn | str = NotesIn.ATTACHABLE
    note_length: int | None = None
    provider: str = field(default="quickbooks", init=False)
    _home: str | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Refuse a place for notes that there is not."""
        self.notes_in = NotesIn(self.notes_in)

    @property
    def capabilities(self) -> Capabilities:
        """Everything that the engine asks for."""
        return Capabilities(
            rereads=True,
            incremental=True,
            notes_on=NotesOn.ITEM,
            note_length=self._note_length,
            mail=True,
            documents=True,
            payment_links=True,
        )

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        """Start reading what changed since the cursor."""
        return QuickBooksPull(
            client=self._client,
            clock=self.clock,
            cursor=cursor,
            reconcile=reconcile,
            page_size=self.page_size,
            home_currency=self._home_currency,
        )

    def refresh(self, item_ids: Sequence[str]) -> Page:
        """Read items by id, 200 in one call; a row that cannot be used is left out, as one that is not shown."""
        sight = Sight(home_currency=self._home_currency)
        items, voided = [], []
        names: dict[str, str] = {}
        invoices: list[InvoiceRow] = []
        for prefix, entity in _ENTITIES.items():
            wanted = list(dict.fromkeys(each.partition(":")[2] for each in item_ids if each.startswith(f"{prefix}:")))
            for batch in batches([each for each in wanted if each], BATCH):
                rows = self._client.by_ids(entity, batch).rows
                invoices += [row for row in rows if isinstance(row, InvoiceRow)]
                seen = sight.page(
                    entity.name, [(row, version_text(row.changed, row.sync_token)) for row in rows if row.id in batch]
                )
                items += seen.items
                voided += seen.voided
                names.update(seen.wanted)
        customers = CustomerDesk(client=self._client).of(names, newest_addresses(invoices))
        return Page(items=tuple(items), customers=customers, voided=tuple(voided))

    def write_note(self, note: Note) -> None:
        """Write a note on its document."""
        if self.notes_in == NotesIn.PRIVATE_NOTE:
            notes.write_into_memo(self._client, note, most=self._note_length)
        else:
            notes.attach(self._client, note, most=self._note_length)

    def send_mail(self, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
        """Let QuickBooks mail the invoice."""
        return mailing.send(self._client, mail, barrier)

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        """Say whether QuickBooks shows that it mailed the invoice since."""
        return mailing.evidence(self._client, item_id, since)

    def document(self, item_id: str) -> Attachment | None:
        """Fetch the invoice as PDF; None for what is no invoice, void or no longer there."""
        if not item_id.startswith("invoice:"):
            return None
        invoice_id = mailing.invoice_id_of(item_id)
        row = mailing.read_invoice(self._client, invoice_id)
        if row is None or is_void(row):
            return None
        number = "".join(each if each.isalnum() or each in "-_." else "-" for each in row.doc_number or invoice_id)
        return Attachment(filename=f"{number}.pdf", content=self._client.pdf(invoice_id), media_type="application/pdf")

    def payment_url(self, item_id: str) -> str:
        """Give the address at which the customer pays online.

        It is asked for one invoice at a time: QuickBooks makes the link anew for each one, and took it out of its lists
        because that made them time out.
        """
        if not item_id.startswith("invoice:"):
            return ""
        invoice_id = mailing.invoice_id_of(item_id)
        try:
            row = mailing.read_invoice(self._client, invoice_id, include="invoiceLink")
        except BooksRefusedError:
            row = mailing.read_invoice(self._client, invoice_id)
        return https_only(row.invoice_link) if row and not is_void(row) else ""

    def about(self) -> About:
        """Say whose books these are."""
        return organisations.about(self._client)

    @property
    def _note_length(self) -> int:
        if self.notes_in == NotesIn.PRIVATE_NOTE:
            return self.note_length or notes.IN_MEMO
        return min(self.note_length or notes.MOST_ATTACHED, notes.MOST_ATTACHED)

    @property
    def _client(self) -> Client:
        return Client(transport=self.transport, realm=self.organisation, base_url=self.base_url)

    def _home_currency(self) -> str:
        if self._home is None:
            self._home = organisations.home_currency(self._client)
        return self._home


_: type[Books] = QuickBooksBooks
