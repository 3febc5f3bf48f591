"""What a mail needs from the books beside its figures: the invoice as PDF and the link to pay it, fetched once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.errors import BooksRefusedError, BooksUnreadableError, NotSupportedError
from engine.kinds import ItemKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.model import OpenItem
    from engine.ports import Books, Clock
    from engine.records import Attachment
    from state.store import Store

# The provider says that there is nothing to be had, or gave something that is none: the mail goes without.
_NOTHING_TO_BE_HAD: Final = (BooksRefusedError, BooksUnreadableError, NotSupportedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Fetches for one company; a provider out of reach raises, so that the mail waits instead of leaving without.

    `on_disk` finds the PDF that the books name as a file.
    """

    company_id: str
    books: Books
    store: Store
    clock: Clock
    on_disk: Callable[[OpenItem], Attachment | None]
    attach: bool = True

    def document(self, item: OpenItem) -> Attachment | None:
        """Give the PDF of an invoice as its present version has it, None where there is none."""
        found = self.on_disk(item)
        if found is not None or not self._may_ask(item, documents=True):
            return found
        kept = self.store.document_of(self.company_id, item.item_id, item.version)
        if kept is not None:
            return kept
        try:
            fetched = self.books.document(item.item_id)
        except _NOTHING_TO_BE_HAD:
            return None
        if fetched is not None:
            self.store.keep_document(self.company_id, item.item_id, item.version, fetched, self.clock.now())
        return fetched

    def payment_url(self, item: OpenItem) -> str:
        """Give the link under which an invoice can be paid, "" where there is none."""
        if item.payment_url or not self._may_ask(item, documents=False):
            return item.payment_url
        kept = self.store.payment_url_of(self.company_id, item.item_id)
        if kept is not None:
            return kept
        try:
            url = self.books.payment_url(item.item_id)
        except _NOTHING_TO_BE_HAD:
            url = ""
        self.store.keep_payment_url(self.company_id, item.item_id, url, self.clock.now())
        return url

    def _may_ask(self, item: OpenItem, *, documents: bool) -> bool:
        can = self.books.capabilities
        if item.kind is not ItemKind.INVOICE:
            return False
        return (can.documents and self.attach) if documents else can.payment_links
