"""Walking through Sage's lists to their end, page by page, while the books change."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Generic
from urllib.parse import parse_qsl, urlsplit

from connectors.sage.client import ATTRIBUTES, LISTED
from connectors.sage.values import instant_of, stamp_of
from connectors.sage.wire import Batch, R, read_list
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from connectors.sage.client import SageClient

SINCE: Final = "updated_or_created_since"
# More pages than a list announced, by this much, are no list any more.
_SLACK: Final = 20
_ENDLESS: Final = 20_000
# A run of one stamp that changes at every reading is left to the reconcile after as many.
_MOST_PASSES: Final = 5


@dataclass(slots=True, kw_only=True)
class Walk(Generic[R]):
    """One walk through a list; `by_change` where it can be sorted by change stamp.

    A sorted list is read by stamp and not by page number: what changes meanwhile moves to its end, and the rows behind
    it move up by one across the border of a page. So the next question starts at the last stamp seen (inclusive). Only
    a run of one stamp that is longer than a page has to be read by page number; it is read until two readings show the
    same rows: what left the run in between would have hidden the row that moved up.
    """

    client: SageClient
    resource: str
    row: type[R]
    params: Mapping[str, str] = field(default_factory=dict)
    by_change: bool = False
    page_size: int = 200
    _since: str = field(default="", init=False)
    _pages: int = field(default=0, init=False)
    _most: int = field(default=_ENDLESS, init=False)
    _run: list[str] = field(default_factory=list, init=False)
    _run_before: list[str] | None = field(default=None, init=False)
    _passes: int = field(default=0, init=False)

    def batches(self) -> Iterator[Batch[R]]:
        """Yield pages; raises BooksUnreadableError where the list leads astray or in a circle."""
        first: dict[str, str] = {
            **self.params,
            **LISTED.get(self.resource, {}),
            "attributes": ATTRIBUTES[self.resource],
            "items_per_page": str(self.page_size),
        }
        if self.by_change:
            first["sort"] = "updated_at:asc"
        self._since = first.get(SINCE, "")
        query: dict[str, str] | None = {**first, "page": "1"}
        asked: set[tuple[int, tuple[tuple[str, str], ...]]] = set()
        before: list[str] = []
        while query is not None:
            question = (self._passes, tuple(sorted(query.items())))
            if question in asked:
                raise BooksUnreadableError(f"Sage's list of {self.resource} leads in a circle")
            asked.add(question)
            batch = read_list(self.client.page(self.resource, query), self.row, self.resource)
            shown = [query.get(SINCE, ""), *(row.id for row in batch.rows)]
            # A page beyond the last one answers the last one (pagination guide): with nothing after it, that is the end.
            if shown == before and batch.rows and (batch.next is not None or batch.bare):
                raise BooksUnreadableError(f"Sage's list of {self.resource} shows the same page again and again")
            before = shown
            self._count(batch)
            yield batch
            query = self._following(query, batch)

    def _count(self, batch: Batch[R]) -> None:
        self._pages += 1
        if self._pages == 1:
            if batch.total and not batch.count:
                raise BooksUnreadableError(f"Sage announces {batch.total} {self.resource} and shows none")
            if batch.total is not None:
                # Read by stamp, every second page may repeat nearly all of the one before.
                self._most = 3 * _MOST_PASSES * -(-batch.total // max(min(self.page_size, batch.count), 1)) + _SLACK
        if self._pages > self._most:
            raise BooksUnreadableError(f"Sage's list of {self.resource} goes on beyond what it announced")

    def _following(self, query: dict[str, str], batch: Batch[R]) -> dict[str, str] | None:
        more = batch.next is not None or (batch.bare and batch.count >= self.page_size)
        if self.by_change:
            self._run += [row.id for row in batch.rows if self._since and _seconds(row.updated_at) == self._since]
            stamp = self._next_stamp(batch) if more else ""
            if (stamp or not more) and query.get("page", "1") != "1" and self._changed_between():
                return {**query, "page": "1"}
            if stamp:
                self._since, self._run, self._run_before, self._passes = stamp, [], None, 0
                return {**query, SINCE: stamp, "page": "1"}
        if not more:
            return None
        if batch.next is None:
            return {**query, "page": str(int(query.get("page", "1")) + 1)}
        return self._as_told(batch.next, query)

    def _changed_between(self) -> bool:
        """Tell whether a run of one stamp that was read by page is to be read again."""
        same, self._run_before, self._run = self._run == self._run_before, self._run, []
        if same or not self._run_before:
            return False
        self._passes += 1
        return self._passes < _MOST_PASSES

    def _next_stamp(self, batch: Batch[R]) -> str:
        """Give the stamp to go on from, "" where going on by page is better or the list is not in order."""
        stamps = [_seconds(row.updated_at) for row in batch.rows]
        if not stamps or not all(stamps) or batch.bad or any(a > b for a, b in pairwise(stamps)):
            return ""
        if stamps[0] < self._since:
            # It shows what is older than was asked for: it does not know the filter.
            self.by_change = False
            return ""
        # A run of one stamp longer than a page (an import) is gone through by page.
        return stamps[-1] if stamps[-1] > self._since else ""

    def _as_told(self, following: str, query: dict[str, str]) -> dict[str, str]:
        """Read `$next`: only its query is taken, and only where it leads to the same list of the same server."""
        told, base = urlsplit(following), urlsplit(self.client.base_url)
        strange = told.netloc and (told.scheme, told.netloc) != (base.scheme, base.netloc)
        if strange or (told.path and told.path.rstrip("/").rsplit("/", 1)[-1] != self.resource):
            raise BooksUnreadableError(
                f"Sage's list of {self.resource} goes on at another address, which is not followed"
            )
        ours = {name: value for name, value in query.items() if name != "page"}
        return {**dict(parse_qsl(told.query, keep_blank_values=True)), **ours}


def _seconds(stamp: str | None) -> str:
    instant = instant_of(stamp)
    return stamp_of(instant) if instant else ""
