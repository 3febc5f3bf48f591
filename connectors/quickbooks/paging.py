"""Reading an entity page after page while people work in the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from connectors.quickbooks.client import MOST_ROWS
from connectors.quickbooks.rows import Row
from connectors.quickbooks.stamps import query_text, version_text
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from connectors.quickbooks.client import Client
    from connectors.quickbooks.rows import Entity, Selected

_CHANGED: Final = "MetaData.LastUpdatedTime"
_MOST_PAGES: Final = 20_000
R = TypeVar("R", bound=Row)


@dataclass(slots=True, kw_only=True)
class Walk(Generic[R]):
    """The rows of an entity that changed at or after `since`, oldest change first.

    A row that is changed while the pages are read moves to the end and would push another one over the edge of a page
    that is already read. So a page begins at the change stamp of the last row instead of at a number of rows, wherever
    the stamps allow it; what comes twice is for the caller to leave out. `began` and `last` are QuickBooks' own clock
    at the first answer, and the last stamp seen.
    """

    client: Client
    entity: Entity[R]
    since: datetime | None = None
    where: Sequence[str] = ()
    page_size: int = MOST_ROWS
    began: datetime | None = field(default=None, init=False)
    last: datetime | None = field(default=None, init=False)

    def pages(self) -> Iterator[tuple[Selected[R], list[str]]]:
        """Yield pages, with the version of each row, until one is not full.

        BooksUnreadableError where the pages do not come to an end.
        """
        mark, start, by_stamp = self.since, 1, True
        before: frozenset[tuple[str, str | None]] = frozenset()
        for _ in range(_MOST_PAGES):
            found = self._page(mark, start)
            self.began = self.began or found.time
            stamps = [row.changed for row in found.rows]
            known = [each for each in stamps if each]
            if known:
                self.last = max([*known, *([self.last] if self.last else [])])
            yield (
                found,
                [version_text(when, row.sync_token) for when, row in zip(stamps, found.rows, strict=True)],
            )
            if found.count < self.page_size:
                return
            these = frozenset((row.id, row.sync_token) for row in found.rows)
            if these == before:
                raise BooksUnreadableError(f"QuickBooks shows the same page of {self.entity.name} again and again")
            before = these
            # Rows that are not in order, or without a stamp, can only be counted.
            by_stamp = by_stamp and len(known) == found.count and all(one <= two for one, two in pairwise(known))
            if by_stamp and known[0] < known[-1]:
                mark, start = known[-1], 1
            else:
                # More rows than were asked for hold some twice: the place after the page is where it would have ended.
                start += min(found.count, self.page_size)
        raise BooksUnreadableError(f"the pages of {self.entity.name} in QuickBooks do not come to an end")

    def _page(self, mark: datetime | None, start: int) -> Selected[R]:
        where = [*self.where, *([f"{_CHANGED} >= '{query_text(mark)}'"] if mark else [])]
        return self.client.select(self.entity, where, order=_CHANGED, start=start, most=self.page_size)
