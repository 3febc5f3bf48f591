"""What a mail fetches from the books: once for each version, nothing that was switched off, and never half of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from connectors.plain import ReadOnlyBooks
from engine.errors import BooksRefusedError, BooksUnreachableError, BooksUnreadableError
from engine.records import Attachment, Capabilities
from relance.fetching import Fetching
from state.store import Store
from tests.builders import NOW, credit_note, invoice
from tests.fakes.outbox import StoppedClock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from engine.errors import BooksError
    from engine.model import OpenItem
    from engine.ports import Pull
    from engine.records import Page

PDF = Attachment(filename="F1.pdf", content=b"%PDF-1.4", media_type="application/pdf")
F1 = replace(invoice("F1"), version="v1")


@dataclass(slots=True, kw_only=True)
class PaperBooks(ReadOnlyBooks):
    """Books that give one PDF and one link, and count how often they are asked."""

    error: BooksError | None = None
    can: Capabilities = field(default_factory=lambda: Capabilities(documents=True, payment_links=True))
    asked: list[str] = field(default_factory=list)
    provider: str = "xero"

    @property
    def capabilities(self) -> Capabilities:
        return self.can

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        raise AssertionError(cursor, reconcile)

    def refresh(self, item_ids: Sequence[str]) -> Page:
        raise AssertionError(item_ids)

    def document(self, item_id: str) -> Attachment | None:
        self.asked.append(f"document {item_id}")
        if self.error:
            raise self.error
        return PDF

    def payment_url(self, item_id: str) -> str:
        self.asked.append(f"link {item_id}")
        if self.error:
            raise self.error
        return "https://pay.example/F1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "relance.db", now=NOW) as opened:
        yield opened


def fetching(store: Store, books: PaperBooks, *, attach: bool = True, on_disk: Attachment | None = None) -> Fetching:
    def found(_item: OpenItem) -> Attachment | None:
        return on_disk

    return Fetching(
        company_id="dupont",
        books=books,
        store=store,
        clock=StoppedClock(instant=NOW),
        on_disk=found,
        attach=attach,
    )


def test_a_pdf_is_fetched_once_for_each_version_of_its_invoice(store: Store) -> None:
    books = PaperBooks()
    one = fetching(store, books)
    assert [one.document(F1), one.document(F1), one.document(replace(F1, version="v2"))] == [PDF, PDF, PDF]
    assert books.asked == ["document F1", "document F1"]


def test_a_link_is_fetched_once_and_one_that_the_books_told_is_taken(store: Store) -> None:
    books = PaperBooks()
    one = fetching(store, books)
    assert [one.payment_url(F1), one.payment_url(F1)] == ["https://pay.example/F1"] * 2
    assert one.payment_url(replace(F1, payment_url="https://told.example/1")) == "https://told.example/1"
    assert books.asked == ["link F1"]


def test_a_pdf_beside_the_books_comes_before_the_books_own(store: Store) -> None:
    books = PaperBooks()
    own = replace(PDF, filename="own.pdf")
    assert fetching(store, books, on_disk=own).document(F1) == own
    assert books.asked == []


@pytest.mark.parametrize(
    ("item", "attach", "can"),
    [
        (F1, False, Capabilities(documents=True)),
        (F1, True, Capabilities()),
        (credit_note("A1"), True, Capabilities(documents=True)),
    ],
    ids=["switched off", "the books have none", "no invoice"],
)
def test_nothing_is_asked_for_that_is_not_wanted_or_not_there(
    store: Store, item: OpenItem, *, attach: bool, can: Capabilities
) -> None:
    books = PaperBooks(can=can)
    one = fetching(store, books, attach=attach)
    assert (one.document(item), one.payment_url(item)) == (None, "")
    assert books.asked == []


@pytest.mark.parametrize("error", [BooksRefusedError("404"), BooksUnreadableError("no PDF")])
def test_what_the_provider_does_not_have_the_mail_goes_without(store: Store, error: BooksError) -> None:
    one = fetching(store, PaperBooks(error=error))
    assert (one.document(F1), one.payment_url(F1)) == (None, "")


def test_a_provider_out_of_reach_keeps_the_mail_here(store: Store) -> None:
    one = fetching(store, PaperBooks(error=BooksUnreachableError("no route")))
    with pytest.raises(BooksUnreachableError):
        one.document(F1)
    with pytest.raises(BooksUnreachableError):
        one.payment_url(F1)
