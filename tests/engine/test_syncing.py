"""One sync: what is read reaches the store page by page, and what cannot be believed puts the company into quarantine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.plain import ReadOnlyBooks
from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksUnreachableError,
    BooksUnreadableError,
    ConsentNeededError,
    WrongOrganisationError,
)
from engine.records import About, Capabilities, CompanyState, Completed, Page, SyncChanges
from engine.syncing import SyncReport, sync_company
from engine.trusted import TrustedBooks
from tests.builders import eur
from tests.fakes.case_builders import DUE
from tests.fakes.customer_life import invoice
from tests.fakes.outbox import StoppedClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.ports import Books
    from engine.store_ports import SyncStore

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
TODAY = date(2026, 3, 9)
PAGES = (Page(items=(invoice("F1", due_on=DUE),)), Page(items=(invoice("F2", due_on=DUE),)))


@dataclass(slots=True, kw_only=True)
class ShelfBooks(ReadOnlyBooks):
    """Books that give these pages, or break at one of them."""

    pages_given: tuple[Page, ...] = PAGES
    full: bool = True
    suspicions: tuple[str, ...] = ()
    breaks_at: int | None = None
    error: Exception = field(default_factory=lambda: BooksUnreadableError("invoices.csv is empty"))
    asked_from: str = ""
    provider: str = "csv"
    can: Capabilities = field(default_factory=Capabilities)
    reconciled: bool = False
    asked_again: tuple[str, ...] = ()
    found_again: Page = field(default_factory=Page)
    own_reminders: bool | BooksError | None = None

    @property
    def capabilities(self) -> Capabilities:
        return self.can

    def pull(self, cursor: str, *, reconcile: bool = False) -> ShelfBooks:
        self.reconciled = reconcile
        self.asked_from = cursor
        return self

    def pages(self) -> Iterator[Page]:
        for number, page in enumerate((*self.pages_given, None)):
            if number == self.breaks_at:
                raise self.error
            if page is not None:
                yield page

    def completed(self) -> Completed:
        return Completed(full=self.full, cursor="next", lines=len(self.pages_given), suspicions=self.suspicions)

    def about(self) -> About:
        if isinstance(self.own_reminders, BooksError):
            raise self.own_reminders
        return About(organisation_id="1", organisation="Dupont", own_reminders=self.own_reminders)

    def refresh(self, item_ids: Sequence[str]) -> Page:
        self.asked_again = tuple(item_ids)
        return self.found_again


@dataclass(slots=True, kw_only=True)
class SyncNotes:
    """A store that notes what a sync asks of it."""

    open_items: int = 2
    unseen: int = 0
    told: list[str] = field(default_factory=list)
    quarantine: tuple[str, ...] = ()
    cursor: str = "last"
    reconciled_at: datetime | None = None
    absent: tuple[str, ...] = ()

    def company_state(self, company_id: str) -> CompanyState:
        return CompanyState(
            company_id=company_id, cursor=self.cursor, quarantine=self.quarantine, reconciled_at=self.reconciled_at
        )

    def not_shown(self, company_id: str, sync_id: str) -> Sequence[str]:
        del company_id, sync_id
        return self.absent

    def begin_sync(self, company_id: str, now: datetime) -> str:
        del company_id, now
        self.told.append("begin")
        return "s1"

    def apply_page(self, company_id: str, sync_id: str, page: Page, *, seen_on: date, now: datetime) -> None:
        del company_id, now
        numbers = " ".join(item.number for item in page.items)
        self.told.append(f"page {numbers} of {sync_id} seen {seen_on}")

    def complete_sync(
        self, company_id: str, sync_id: str, completed: Completed, *, seen_on: date, now: datetime
    ) -> SyncChanges:
        del company_id, seen_on, now
        self.told.append(f"complete {sync_id} to {completed.cursor}")
        return SyncChanges(
            changed=2,
            open_items=self.open_items,
            unseen=self.unseen,
            settled=0,
            returned=0,
            open_amounts={"EUR": eur("200.00")},
        )

    def set_quarantine(self, company_id: str, reasons: Sequence[str], now: datetime) -> None:
        del company_id, now
        self.quarantine = tuple(reasons)


def sync(books: ShelfBooks, store: SyncNotes) -> SyncReport:
    return sync_company("dupont", TrustedBooks(inner=books), store, seen_on=TODAY, clock=StoppedClock(instant=NOW))


def test_a_sync_applies_each_page_and_completes_after_the_last() -> None:
    books, store = ShelfBooks(), SyncNotes()
    report = sync(books, store)
    assert store.told == [
        "begin",
        "page F1 of s1 seen 2026-03-09",
        "page F2 of s1 seen 2026-03-09",
        "complete s1 to next",
    ]
    assert books.asked_from == "last"
    assert (report.company_id, report.provider, report.mode, report.error) == ("dupont", "csv", "full", "")
    assert (report.quarantine, store.quarantine) == ((), ())
    assert report.completed is not None
    assert report.completed.lines == 2


def test_books_that_only_give_what_changed_are_an_incremental_sync() -> None:
    assert sync(ShelfBooks(full=False), SyncNotes()).mode == "incremental"


def test_books_without_a_page_still_complete() -> None:
    store = SyncNotes()
    sync(ShelfBooks(pages_given=()), store)
    assert store.told == ["begin", "complete s1 to next"]


def test_books_that_cannot_be_opened_leave_no_trace_but_the_quarantine() -> None:
    store = SyncNotes()
    report = sync(ShelfBooks(breaks_at=0), store)
    assert store.told == []
    assert report.error == "invoices.csv is empty"
    assert report.quarantine == store.quarantine == ("invoices.csv is empty",)
    assert report.changes is None


@pytest.mark.parametrize("breaks_at", [1, 2])
def test_books_that_break_on_the_way_are_never_complete(breaks_at: int) -> None:
    store = SyncNotes()
    report = sync(ShelfBooks(breaks_at=breaks_at), store)
    assert len(store.told) == 1 + breaks_at
    assert not [line for line in store.told if line.startswith("complete")]
    assert report.quarantine == ("invoices.csv is empty",)


CLOUD = Capabilities(rereads=True, incremental=True)


@pytest.mark.parametrize(
    ("can", "cursor", "hours", "expected"),
    [
        (CLOUD, "last", None, True),
        (CLOUD, "last", 20, True),
        (CLOUD, "last", 19, False),
        # The first sync reads everything anyhow, and so does a file.
        (CLOUD, "", None, False),
        (Capabilities(), "last", None, False),
    ],
)
def test_once_a_day_the_open_items_are_read_whole(
    can: Capabilities, cursor: str, hours: int | None, expected: bool
) -> None:
    books = ShelfBooks(can=can)
    at = None if hours is None else NOW - timedelta(hours=hours)
    sync(books, SyncNotes(cursor=cursor, reconciled_at=at))
    assert books.reconciled is expected


def test_what_a_full_sync_did_not_show_is_asked_for_by_id_before_it_counts_as_unseen() -> None:
    found = Page(items=(invoice("F9", due_on=DUE),))
    books = ShelfBooks(can=CLOUD, found_again=found)
    store = SyncNotes(absent=("i-F9", "i-F8"))
    sync(books, store)
    assert books.asked_again == ("i-F9", "i-F8")
    assert store.told[-2:] == ["page F9 of s1 seen 2026-03-09", "complete s1 to next"]


@pytest.mark.parametrize(
    ("can", "full", "absent"),
    [
        (Capabilities(), True, ("i-F9",)),
        (CLOUD, False, ("i-F9",)),
        (CLOUD, True, ()),
        (CLOUD, True, tuple(f"i-{count}" for count in range(201))),
    ],
    ids=["a file", "not full", "all were shown", "so many that something else is wrong"],
)
def test_nothing_is_asked_for_by_id_where_that_would_say_nothing(
    can: Capabilities, full: bool, absent: tuple[str, ...]
) -> None:
    books = ShelfBooks(can=can, full=full)
    sync(books, SyncNotes(absent=absent))
    assert books.asked_again == ()


@pytest.mark.parametrize(
    "error",
    [BooksUnreachableError("no route"), BooksBusyError("the day is used up", retry_at=NOW + timedelta(hours=7))],
)
def test_a_provider_out_of_reach_or_busy_is_no_reason_for_quarantine(error: BooksError) -> None:
    store = SyncNotes()
    report = sync(ShelfBooks(breaks_at=0, error=error), store)
    assert (report.error, store.quarantine, report.quarantine) == (str(error), (), ())
    assert report.retry_at == (NOW + timedelta(hours=7) if isinstance(error, BooksBusyError) else None)
    assert store.told == []


@pytest.mark.parametrize("error", [ConsentNeededError("connect it again"), WrongOrganisationError("not dupont's")])
def test_books_that_need_a_person_quarantine_the_company(error: BooksError) -> None:
    store = SyncNotes()
    sync(ShelfBooks(breaks_at=0, error=error), store)
    assert store.quarantine == (str(error),)


def test_whatever_a_connector_raises_becomes_an_error_of_ours_that_names_it() -> None:
    report = sync(ShelfBooks(breaks_at=1, error=KeyError("Debit")), SyncNotes())
    assert report.error == "the csv connector failed while reading the books: KeyError: 'Debit'"


@pytest.mark.parametrize("words", ["the consent is gone", "the consent is gone; run: relance connect dupont"])
def test_where_a_consent_is_gone_a_person_is_told_once_what_to_do(words: str) -> None:
    inner = ShelfBooks(breaks_at=1, error=ConsentNeededError(words))
    books = TrustedBooks(inner=inner, advice="run: relance connect dupont")
    report = sync_company("dupont", books, SyncNotes(), seen_on=TODAY, clock=StoppedClock(instant=NOW))
    assert report.error == "the consent is gone; run: relance connect dupont"


def test_an_error_of_ours_keeps_its_own_words() -> None:
    report = sync(ShelfBooks(breaks_at=0, error=BooksError("log in again")), SyncNotes())
    assert report.error == "log in again"


def test_what_a_connector_suspects_puts_the_company_into_quarantine() -> None:
    store = SyncNotes()
    assert sync(ShelfBooks(suspicions=("sums differ",)), store).quarantine == ("sums differ",)
    assert store.told[-1] == "complete s1 to next"


def test_books_that_can_be_believed_again_end_the_quarantine() -> None:
    store = SyncNotes(quarantine=("sums differ",))
    assert sync(ShelfBooks(), store).quarantine == ()


@pytest.mark.parametrize(
    ("open_items", "unseen", "full", "doubted"),
    [
        (20, 6, True, False),  # 30 % exactly
        (20, 7, True, True),
        (100, 31, True, True),
        (19, 19, True, False),  # too few to tell
        (100, 100, False, False),  # an incremental sync shows only what changed
    ],
)
def test_more_than_thirty_percent_of_many_items_gone_is_not_believed(
    open_items: int, unseen: int, full: bool, doubted: bool
) -> None:
    store = SyncNotes(open_items=open_items, unseen=unseen)
    report = sync(ShelfBooks(full=full), store)
    assert bool(report.quarantine) is doubted
    if doubted:
        assert f"{unseen} of {open_items} open items" in report.quarantine[0]


_: tuple[type[SyncStore], type[Books]]
if TYPE_CHECKING:
    _ = (SyncNotes, ShelfBooks)
