"""PDFs and payment links fetched from the books: kept for one version of an item, and by the hash of their content."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.records import Attachment
from tests.state.conftest import C

if TYPE_CHECKING:
    from tests.state.conftest import Desk

PDF = Attachment(filename="F1.pdf", content=b"%PDF-1.4 one", media_type="application/pdf")


def contents(desk: Desk) -> int:
    return int(desk.store.db.value("SELECT count(*) FROM contents WHERE company_id = ?", (C,)))


def test_a_document_is_kept_for_the_version_that_it_shows(desk: Desk) -> None:
    desk.store.keep_document(C, "F1", "v1", PDF, desk.later())
    assert desk.store.document_of(C, "F1", "v1") == PDF
    assert desk.store.document_of(C, "F1", "v2") is None
    assert desk.store.document_of("martin", "F1", "v1") is None


def test_the_same_content_is_kept_once_and_what_nothing_needs_goes(desk: Desk) -> None:
    desk.store.keep_document(C, "F1", "v1", PDF, desk.later())
    desk.store.keep_document(C, "F2", "v1", PDF, desk.later())
    assert contents(desk) == 1
    newer = Attachment(filename="F1.pdf", content=b"%PDF-1.4 two", media_type="application/pdf")
    desk.store.keep_document(C, "F1", "v2", newer, desk.later())
    desk.store.keep_document(C, "F2", "v2", newer, desk.later())
    assert contents(desk) == 1
    assert desk.store.document_of(C, "F2", "v2") == newer


def test_a_payment_link_is_asked_for_once_even_where_there_is_none(desk: Desk) -> None:
    assert desk.store.payment_url_of(C, "F1") is None
    desk.store.keep_payment_url(C, "F1", "", desk.later())
    assert desk.store.payment_url_of(C, "F1") == ""


def test_what_was_fetched_long_ago_is_dropped(desk: Desk) -> None:
    desk.store.keep_document(C, "F1", "v1", PDF, desk.later())
    old = desk.now
    desk.now += timedelta(days=40)
    desk.store.keep_payment_url(C, "F1", "https://pay.example/F1", desk.later())
    assert desk.store.forget_fetched(C, old + timedelta(days=30)) == 1
    assert contents(desk) == 0
    assert desk.store.payment_url_of(C, "F1") == "https://pay.example/F1"
