"""One sync: read the books page by page into the store, then ask whether what came can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.errors import BooksError, BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from engine.ports import Books, Clock, SyncStore
    from engine.records import Completed, Page, SyncChanges

# Proportions mean nothing on a handful of items (issue: the gate).
_ENOUGH_ITEMS: Final = 20
_VANISHED_LIMIT_PERCENT: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a sync did: `error` says why the books could not be read, "" when they could; `seconds` is how long it took."""

    company_id: str
    provider: str
    mode: str
    seconds: float
    error: str = ""
    changes: SyncChanges | None = None
    completed: Completed | None = None
    quarantine: tuple[str, ...] = ()


def sync_company(company_id: str, books: Books, store: SyncStore, *, seen_on: date, clock: Clock) -> SyncReport:
    """Read a company's books into the store; what is stored stays whatever goes wrong.

    `seen_on` is the business day on which what comes is seen. Books that cannot be read put the company into quarantine
    until they can.
    """
    started = clock.now()
    state = store.company_state(company_id)
    try:
        changes, completed = _read(company_id, books, store, state.cursor, seen_on=seen_on, clock=clock)
    except BooksError as error:
        now = clock.now()
        store.set_quarantine(company_id, (str(error),), now)
        return SyncReport(
            company_id=company_id,
            provider=books.provider,
            mode="full",
            seconds=(now - started).total_seconds(),
            error=str(error),
            quarantine=store.company_state(company_id).quarantine,
        )
    now = clock.now()
    store.set_quarantine(company_id, (*completed.suspicions, *_doubts(changes, completed)), now)
    return SyncReport(
        company_id=company_id,
        provider=books.provider,
        mode="full" if completed.full else "incremental",
        seconds=(now - started).total_seconds(),
        changes=changes,
        completed=completed,
        quarantine=store.company_state(company_id).quarantine,
    )


def _read(
    company_id: str, books: Books, store: SyncStore, cursor: str, *, seen_on: date, clock: Clock
) -> tuple[SyncChanges, Completed]:
    pull = books.pull(cursor)
    pages = _trusted(books.provider, pull.pages())
    # The first page is read before the sync is opened, so that a missing or foreign file leaves no trace.
    first = next(pages, None)
    sync_id = store.begin_sync(company_id, clock.now())
    if first is not None:
        store.apply_page(company_id, sync_id, first, seen_on=seen_on, now=clock.now())
    for page in pages:
        store.apply_page(company_id, sync_id, page, seen_on=seen_on, now=clock.now())
    completed = pull.completed()
    return store.complete_sync(company_id, sync_id, completed, seen_on=seen_on, now=clock.now()), completed


def _trusted(provider: str, pages: Iterator[Page]) -> Iterator[Page]:
    """Yield a connector's pages; whatever it raises becomes an error of our family that names it."""
    try:
        yield from pages
    except BooksError:
        raise
    except Exception as error:
        raise BooksUnreadableError(
            f"the {provider} connector failed while reading the books: {type(error).__name__}: {error}"
        ) from error


def _doubts(changes: SyncChanges, completed: Completed) -> list[str]:
    """Give the reasons not to believe a sync that its own connector found sound."""
    before = changes.open_items
    if completed.full and before >= _ENOUGH_ITEMS and changes.unseen * 100 > before * _VANISHED_LIMIT_PERCENT:
        gone = f"{changes.unseen} of {before} open items are no longer in the books"
        return [f"{gone} and nothing explains it: is this the whole export?"]
    return []
