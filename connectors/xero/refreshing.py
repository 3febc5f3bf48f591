"""Reading single documents again, right before they are reminded of, in as few calls as the API allows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.xero import map as mapping
from connectors.xero.client import Listing, XeroClient
from connectors.xero.rows import CREDIT_NOTES, INVOICES, OVERPAYMENTS, PREPAYMENTS
from connectors.xero.telling import Telling, batches
from connectors.xero.walking import Walk
from engine.errors import BooksRefusedError, BooksUnreadableError
from engine.records import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from connectors.xero.map import Mapped
    from connectors.xero.rows import Endpoint, RowT
    from engine.model import Customer, OpenItem

# What can be an id of Xero's; anything else is none of ours and is not put into an address.
_IDENTITY: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(slots=True, kw_only=True)
class Refreshing:
    """One re-reading; `base_currency` may be "" where it is not known yet: rows that do not say theirs have it asked."""

    client: XeroClient
    base_currency: str
    ask_currency: Callable[[], str]
    _items: dict[str, OpenItem] = field(default_factory=dict, init=False)
    _voided: dict[str, None] = field(default_factory=dict, init=False)
    _names: dict[str, str] = field(default_factory=dict, init=False)

    def page(self, item_ids: Sequence[str]) -> Page:
        """Read documents with their customers.

        A document that is asked for and cannot be understood is a BooksUnreadableError: leaving it out would say that
        the books no longer show it.
        """
        wanted = dict.fromkeys(item_ids)
        for batch in batches(_of(wanted, mapping.INVOICE)):
            self._take(INVOICES, Listing(ids=batch), mapping.invoices, wanted)
        self._credits(CREDIT_NOTES, mapping.CREDIT_NOTE, mapping.credit_notes, wanted)
        self._credits(OVERPAYMENTS, mapping.OVERPAYMENT, mapping.overpayments, wanted)
        self._credits(PREPAYMENTS, mapping.PREPAYMENT, mapping.prepayments, wanted)
        customers: list[Customer] = []
        # Each by its id: a refresh must never become a reading of all contacts.
        for batch in batches(list(self._names)):
            for told in Telling(client=self.client).named({each: self._names[each] for each in batch}):
                customers.extend(told)
        return Page(items=tuple(self._items.values()), customers=tuple(customers), voided=tuple(self._voided))

    def _credits(
        self, endpoint: Endpoint[RowT], prefix: str, read: Callable[..., Mapped], wanted: dict[str, None]
    ) -> None:
        """Read credits by id with `where`, since these lists take no ids; all of them where that is not taken."""
        identities = _of(wanted, prefix)
        for batch in batches(identities):
            where = " OR ".join(f'{endpoint.identity}==guid("{each}")' for each in batch)
            try:
                self._take(endpoint, Listing(where=where), read, wanted)
            except BooksRefusedError:
                self._take(endpoint, Listing(), read, wanted)
                return

    def _take(
        self, endpoint: Endpoint[RowT], listing: Listing, read: Callable[..., Mapped], wanted: dict[str, None]
    ) -> None:
        for page in Walk(client=self.client, endpoint=endpoint, listing=listing):
            mapped = read(page.rows, base_currency=self.base_currency)
            if mapped.bad and not self.base_currency:
                self.base_currency = self.ask_currency()
                mapped = read(page.rows, base_currency=self.base_currency)
            bad = [*page.bad, *mapped.bad]
            if bad and listing.narrow:
                raise BooksUnreadableError(f"{endpoint.name}: {bad[0].reason}")
            for item in mapped.items:
                if item.item_id in wanted:
                    self._items[item.item_id] = item
                    self._names[item.customer_id] = mapped.names[item.customer_id]
            self._voided.update((each, None) for each in mapped.voided if each in wanted)


def _of(wanted: dict[str, None], prefix: str) -> list[str]:
    return [identity for identity in _stripped(wanted, prefix) if _IDENTITY.fullmatch(identity)]


def _stripped(wanted: dict[str, None], prefix: str) -> Iterator[str]:
    return (each.removeprefix(prefix) for each in wanted if each.startswith(prefix))
