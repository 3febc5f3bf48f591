"""Reading a list page by page, to its end and no further."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic

from connectors.xero.rows import RowT
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.xero.client import Listing, XeroClient
    from connectors.xero.rows import Endpoint, RowsPage

PAGE_SIZE: Final = 1000
# A list may grow while it is read; beyond twice its first length and this many pages it is no list but a loop.
_SLACK: Final = 100
_MOST_PAGES: Final = 100_000


@dataclass(slots=True, kw_only=True)
class Walk(Generic[RowT]):
    """One reading of a list; afterwards `pages` says how many it had, and `shrank` whether rows left it meanwhile."""

    client: XeroClient
    endpoint: Endpoint[RowT]
    listing: Listing
    page_size: int = PAGE_SIZE
    pages: int = field(default=0, init=False)
    shrank: bool = field(default=False, init=False)
    _most: int = field(default=_MOST_PAGES, init=False)
    _items: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[RowsPage[RowT]]:
        """Yield pages; BooksUnreadableError where they do not add up."""
        self.pages, self.shrank, self._most, self._items = 0, False, _MOST_PAGES, 0
        before: tuple[object, ...] = ()
        while True:
            asked = self.pages + 1
            page = self.client.page(self.endpoint, self.listing, page=asked, page_size=self.page_size)
            more = self._goes_on(page, asked)
            if page.count:
                rows = tuple(row for _, row in page.rows)
                if rows and rows == before:
                    raise BooksUnreadableError(f"Xero gives the same page of {self.endpoint.name} again and again")
                before = rows
                self.pages = asked
                yield page
            if not more:
                return
            if asked > self._most:
                raise BooksUnreadableError(f"the list of {self.endpoint.name} has no end: {asked} pages came")

    def _goes_on(self, page: RowsPage[RowT], asked: int) -> bool:
        said = page.pagination
        if said is None or said.page_count is None:
            # Without a word on the number of pages the list ends with an empty one: pages may be shorter than asked.
            return page.count > 0
        if said.page is not None and said.page != asked:
            raise BooksUnreadableError(f"page {asked} of {self.endpoint.name} was asked of Xero, page {said.page} came")
        if asked == 1:
            self._most = 2 * said.page_count + _SLACK
        if not page.count and said.item_count and asked <= said.page_count:
            raise BooksUnreadableError(
                f"page {asked} of {self.endpoint.name} is empty, of {said.page_count} with {said.item_count} rows"
            )
        self.shrank = self.shrank or (said.item_count or 0) < self._items
        self._items = said.item_count or 0
        return asked < said.page_count
