"""Telling customers with or before their first item, each once in a pull."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.xero.client import Listing, XeroClient
from connectors.xero.people import customer, nameless
from connectors.xero.rows import CONTACTS, ContactRow
from connectors.xero.walking import PAGE_SIZE, Walk
from engine.records import BadLine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from connectors.xero.rows import RowsPage
    from engine.model import Customer

# As many ids as fit into an address that every proxy takes.
IDS_IN_A_CALL: Final = 40
# Beyond so many calls by id it is cheaper to read all contacts; beyond twice as many as that would take, where it is known.
_MOST_BATCHES: Final = 5


def nobody(identities: Sequence[str]) -> Collection[str]:
    """Know no customer: each is told in every pull that names it."""
    del identities
    return ()


@dataclass(slots=True, kw_only=True)
class Telling:
    """The customers of one pull.

    `contact_pages` is how long the list of all contacts was, 0 where that is not known. `knows` says which of some
    customers an earlier pull has told: they come again when they change, or when all are read.
    """

    client: XeroClient
    page_size: int = PAGE_SIZE
    contact_pages: int = 0
    knows: Callable[[Sequence[str]], Collection[str]] = nobody
    bad: list[BadLine] = field(default_factory=list, init=False)
    _told: set[str] = field(default_factory=set, init=False)
    _all_read: bool = field(default=False, init=False)

    def changed(self, since: str) -> Iterator[tuple[Customer, ...]]:
        """Read customers that changed since then, all with ""; suppliers wait until a document names them."""
        self._all_read = self._all_read or not since
        listing = Listing(since=since, archived=True)
        walk = Walk(client=self.client, endpoint=CONTACTS, listing=listing, page_size=self.page_size)
        for page in walk:
            self.bad.extend(page.bad)
            suppliers = {row.contact_id for _, row in page.rows if row.is_customer is False}
            yield from self._new(page, leaving=suppliers.difference(self._known(suppliers)))
        if not since:
            self.contact_pages = walk.pages

    def named(self, names: Mapping[str, str]) -> Iterator[tuple[Customer, ...]]:
        """Tell the customers of documents, whose names are given, as far as they were not told."""
        missing = self._missing(names)
        most = max(_MOST_BATCHES, 2 * self.contact_pages) * IDS_IN_A_CALL
        if len(missing) > most and not self._all_read:
            yield from self.changed("")
            missing = self._missing(names)
        found: list[Customer] = []
        for batch in batches(missing):
            listing = Listing(ids=batch, archived=True)
            for page in Walk(client=self.client, endpoint=CONTACTS, listing=listing, page_size=self.page_size):
                for customers in self._new(page):
                    found.extend(customers)
        unknown = [nameless(each, names[each]) for each in missing if each not in self._told]
        self._told.update(each.customer_id for each in unknown)
        if found or unknown:
            yield (*found, *unknown)

    def _missing(self, names: Mapping[str, str]) -> list[str]:
        untold = [each for each in names if each not in self._told]
        known = self._known(untold)
        return [each for each in untold if each not in known]

    def _known(self, identities: Collection[str | None]) -> Collection[str]:
        asked = [each for each in identities if each]
        return self.knows(asked) if asked and not self._all_read else ()

    def _new(
        self, page: RowsPage[ContactRow], *, leaving: Collection[str | None] = ()
    ) -> Iterator[tuple[Customer, ...]]:
        found: list[Customer] = []
        for ordinal, row in page.rows:
            if row.contact_id in self._told or row.contact_id in leaving:
                continue
            try:
                found.append(customer(row))
            except ValueError as error:
                self.bad.append(BadLine(file=CONTACTS.name, line=ordinal, reason=f"{row.name or 'contact'}: {error}"))
            else:
                self._told.add(found[-1].customer_id)
        if found:
            yield tuple(found)


def batches(identities: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut ids into portions that fit into one call."""
    for start in range(0, len(identities), IDS_IN_A_CALL):
        yield identities[start : start + IDS_IN_A_CALL]
