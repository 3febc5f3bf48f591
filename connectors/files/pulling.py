"""Pages over items that a file gave, and the rule that the end is known only after the last page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.plain import ReadOnlyBooks
from engine.records import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.model import Customer, OpenItem
    from engine.ports import Pull
    from engine.records import Completed

PAGE_SIZE: Final = 1000
_ONE_IN_BAD: Final = 100


class PullUnfinishedError(RuntimeError):
    """`completed()` was asked for before the last page was out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reading of a file found: items as a stream, their customers, and what is known at the end."""

    items: Callable[[], Iterable[OpenItem]]
    customers: Mapping[str, Customer]
    completed: Completed


@dataclass(slots=True, kw_only=True)
class FilePull:
    """One reading of the books in pages of at most 1000 items; each customer goes with its first item."""

    read: Callable[[], Reading]
    _completed: Completed | None = field(default=None, init=False)

    def pages(self) -> Iterator[Page]:
        """Yield pages; raise BooksUnreadableError when the file is not what its settings say."""
        reading = self.read()
        told: set[str] = set()
        items: list[OpenItem] = []
        for item in reading.items():
            items.append(item)
            if len(items) == PAGE_SIZE:
                yield _page(items, reading.customers, told)
                items = []
        if items:
            yield _page(items, reading.customers, told)
        self._completed = reading.completed

    def completed(self) -> Completed:
        """Say what is known after the last page."""
        if self._completed is None:
            raise PullUnfinishedError("completed() before the last page")
        return self._completed


class FileBooks(ReadOnlyBooks):
    """Books that are read whole each time; the files are parsed again only when one of them changed since."""

    __slots__ = ()

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        """Start reading everything, whatever was read before."""
        del cursor, reconcile
        return FilePull(read=self._read)

    def refresh(self, item_ids: Sequence[str]) -> Page:
        """Read items again."""
        wanted = set(item_ids)
        reading = self._read()
        return _page([item for item in reading.items() if item.item_id in wanted], reading.customers, set())

    def _read(self) -> Reading:
        raise NotImplementedError


def _page(items: list[OpenItem], customers: Mapping[str, Customer], told: set[str]) -> Page:
    new = list(dict.fromkeys(item.customer_id for item in items if item.customer_id not in told))
    told.update(new)
    return Page(items=tuple(items), customers=tuple(customers[each] for each in new if each in customers))


def too_many_bad_lines(name: str, bad: int, lines: int) -> tuple[str, ...]:
    """Give the reason for quarantine where more than 1 % of the lines are bad."""
    if bad * _ONE_IN_BAD <= lines:
        return ()
    return (f"{name}: {bad} of {lines} lines cannot be read, more than 1 %",)


def signature(paths: Iterable[Path]) -> tuple[tuple[str, int, int, int], ...]:
    """Tell a file apart from its earlier content by name, inode, size and time of change."""
    found = []
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            found.append((str(path), 0, 0, 0))
        else:
            found.append((str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)
