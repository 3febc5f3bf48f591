"""One sync: read the books page by page into the store, then ask whether what came can be believed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.errors import BooksBusyError, BooksError, BooksUnreachableError

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.ports import Books, Clock
    from engine.records import CompanyState, Completed, SyncChanges
    from engine.store_ports import SyncStore

# Proportions mean nothing on a handful of items (issue: the gate).
_ENOUGH_ITEMS: Final = 20
_VANISHED_LIMIT_PERCENT: Final = 30
# Not every change in the books moves its stamp: once a day the open items are read whole.
RECONCILE_AFTER: Final = timedelta(hours=20)
OWN_REMINDERS: Final = (
    "the books send reminders of their own, so that customers would be reminded twice: relance doctor says where to "
    "switch them off"
)
# Items that no page showed are asked for by id, as long as there are few; many are for the gate.
_ASKED_BY_ID: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What a sync did: `error` says why the books could not be read, "" when they could; `seconds` is how long it took.

    `retry_at` is when the provider takes calls again, where it said so.
    """

    company_id: str
    provider: str
    mode: str
    seconds: float
    error: str = ""
    changes: SyncChanges | None = None
    completed: Completed | None = None
    quarantine: tuple[str, ...] = ()
    retry_at: datetime | None = None


def sync_company(company_id: str, books: Books, store: SyncStore, *, seen_on: date, clock: Clock) -> SyncReport:
    """Read a company's books into the store; what is stored stays whatever goes wrong.

    `seen_on` is the business day on which what comes is seen. Books that cannot be read put the company into quarantine
    until they can; a provider that is out of reach or takes no more calls does not: the books only grow older.
    """
    started = clock.now()
    state = store.company_state(company_id)
    try:
        changes, completed = _read(books, store, state, seen_on=seen_on, clock=clock)
    except BooksError as error:
        now = clock.now()
        if not isinstance(error, BooksUnreachableError | BooksBusyError):
            store.set_quarantine(company_id, (str(error),), now)
        return SyncReport(
            company_id=company_id,
            provider=books.provider,
            mode="incremental" if state.cursor else "full",
            seconds=(now - started).total_seconds(),
            error=str(error),
            quarantine=store.company_state(company_id).quarantine,
            retry_at=error.retry_at if isinstance(error, BooksBusyError) else None,
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
    books: Books, store: SyncStore, state: CompanyState, *, seen_on: date, clock: Clock
) -> tuple[SyncChanges, Completed]:
    """Take the books through one sync.

    1. The first page is read before the sync is opened, so that books which cannot be read leave no trace.
    2. Each page is stored as it comes.
    3. After a sync that shows every open item, the few that it did not show are asked for by id: absence says nothing.
    4. The sync is closed: what still is not there is unseen. Once a day the books are also asked whether they remind by
       themselves.
    """
    company_id = state.company_id
    pull = books.pull(state.cursor, reconcile=_reconciles(books, state, clock.now()))
    pages = iter(pull.pages())
    first = next(pages, None)
    sync_id = store.begin_sync(company_id, clock.now())
    if first is not None:
        store.apply_page(company_id, sync_id, first, seen_on=seen_on, now=clock.now())
    for page in pages:
        store.apply_page(company_id, sync_id, page, seen_on=seen_on, now=clock.now())
    completed = pull.completed()
    if completed.full and books.capabilities.rereads:
        absent = store.not_shown(company_id, sync_id)
        if 0 < len(absent) <= _ASKED_BY_ID:
            found = books.refresh(absent)
            store.apply_page(company_id, sync_id, found, seen_on=seen_on, now=clock.now())
    if completed.full and books.capabilities.incremental:
        completed = replace(completed, remarks=(*completed.remarks, *_collision(books)))
    return store.complete_sync(company_id, sync_id, completed, seen_on=seen_on, now=clock.now()), completed


def _collision(books: Books) -> list[str]:
    """Point out, once a day, that the books remind customers by themselves; it stops nothing, a person decides."""
    try:
        about = books.about()
    except BooksError:
        return []
    return [OWN_REMINDERS] if about.own_reminders else []


def _reconciles(books: Books, state: CompanyState, now: datetime) -> bool:
    if not (books.capabilities.incremental and state.cursor):
        return False
    return state.reconciled_at is None or now - state.reconciled_at >= RECONCILE_AFTER


def _doubts(changes: SyncChanges, completed: Completed) -> list[str]:
    """Give the reasons not to believe a sync that its own connector found sound."""
    before = changes.open_items
    if completed.full and before >= _ENOUGH_ITEMS and changes.unseen * 100 > before * _VANISHED_LIMIT_PERCENT:
        gone = f"{changes.unseen} of {before} open items are no longer in the books"
        return [f"{gone} and nothing explains it: is this the whole export?"]
    return []
