"""Reading single items again, in as few calls as Sage allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.sage.client import ATTRIBUTES
from connectors.sage.contacts import People
from connectors.sage.map import (
    CREDIT_NOTES,
    INVOICES,
    NO_TERMS,
    PAYMENTS,
    PREFIXES,
    document_item,
    id_of,
    is_no_item,
    item_id,
)
from connectors.sage.payments import OnAccount
from connectors.sage.rows import DocumentRow, PaymentRow
from connectors.sage.values import UnusableRowError, line
from connectors.sage.wire import read_list
from engine.records import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.sage.client import SageClient
    from engine.model import Customer, OpenItem

_RESOURCES: Final = {prefix: resource for resource, prefix in PREFIXES.items()}
# From so many items of one customer on, one list is cheaper than one call each.
_WORTH_A_LIST: Final = 2


@dataclass(slots=True, kw_only=True)
class Rereading:
    """One re-reading. Sage has no filter by ids: documents are read one by one.

    Where two in a row are of the same contact, as in a notice, that contact's latest documents are read in one list, and
    what is not among them one by one again.
    """

    client: SageClient
    page_size: int = 200
    _items: list[OpenItem] = field(default_factory=list, init=False)
    _customers: list[Customer] = field(default_factory=list, init=False)
    _voided: list[str] = field(default_factory=list, init=False)
    _people: People = field(init=False)
    _money: OnAccount = field(init=False)

    def page(self, item_ids: Sequence[str]) -> Page:
        """Give the items as they stand now with their customers; raises the BooksError family."""
        self._people = People(client=self.client, page_size=self.page_size)
        self._money = OnAccount(client=self.client, page_size=self.page_size)
        wanted: dict[str, list[str]] = {INVOICES: [], CREDIT_NOTES: [], PAYMENTS: []}
        for identity in dict.fromkeys(item_ids):
            prefix, _, key = identity.partition(":")
            if key and (resource := _RESOURCES.get(prefix)):
                wanted[resource].append(key)
        for resource in (INVOICES, CREDIT_NOTES):
            self._read_documents(resource, wanted[resource])
        for key in wanted[PAYMENTS]:
            self._take_payment(self.client.single(PAYMENTS, key, PaymentRow))
        return Page(items=tuple(self._items), customers=tuple(self._customers), voided=tuple(self._voided))

    def _read_documents(self, resource: str, keys: list[str]) -> None:
        left = dict.fromkeys(keys)
        before, listed = "", set[str]()
        for key in keys:
            if key not in left:
                continue
            del left[key]
            row = self.client.single(resource, key, DocumentRow)
            if row is None or row.id != key:
                before = ""
                continue
            self._take_document(resource, row)
            contact = id_of(row.contact)
            if contact == before and contact not in listed and len(left) >= _WORTH_A_LIST:
                listed.add(contact)
                for found in self._latest_of(resource, contact):
                    if found.id in left:
                        del left[found.id]
                        self._take_document(resource, found)
            before = contact

    def _latest_of(self, resource: str, contact: str) -> list[DocumentRow]:
        params = {
            "contact_id": contact,
            "sort": "updated_at:desc",
            "items_per_page": str(self.page_size),
            "page": "1",
            "attributes": ATTRIBUTES[resource],
        }
        return read_list(self.client.page(resource, params), DocumentRow, resource).rows

    def _take_document(self, resource: str, row: DocumentRow) -> None:
        if is_no_item(row):
            self._voided.append(item_id(resource, row.id))
            return
        contact = id_of(row.contact)
        self._customers += self._people.missing([contact], {contact: line(row.contact_name)})
        try:
            item = document_item(resource, row, self._people.terms.get(contact, NO_TERMS)).item
        except UnusableRowError:
            # Left out: what cannot be read is not asked for.
            return
        self._items.append(item)

    def _take_payment(self, row: PaymentRow | None) -> None:
        if row is None:
            return
        if row.deleted_at:
            self._voided.append(item_id(PAYMENTS, row.id))
            return
        try:
            item = self._money.on_account(row)
        except UnusableRowError:
            return
        if item is not None:
            self._customers += self._people.missing([item.customer_id])
            self._items.append(item)
