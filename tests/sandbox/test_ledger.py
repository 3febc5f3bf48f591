"""The fictional ledger by itself: what is left of a document, and what counts as changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Ledger, LedgerError, Organisation, Person

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture(name="books")
def _books() -> Ledger:
    return Ledger(Organisation(id="o", name="Dupont Joinery Ltd"), SandboxClock(START))


def _invoice(books: Ledger, total: str = "100.00") -> str:
    return books.invoice(books.add_party("Larch"), Decimal(total), TODAY, TODAY).id


def test_time_stands_still_until_it_is_moved() -> None:
    clock = SandboxClock(START)
    assert (clock.now(), clock.now()) == (START, START)
    clock.advance(timedelta(days=2))
    assert clock.now() == START + timedelta(days=2)
    clock.set(START)
    assert clock.now() == START


def test_time_that_follows_a_clock_keeps_its_offset() -> None:
    source = iter(START + timedelta(minutes=minute) for minute in range(100))
    clock = SandboxClock(now=lambda: next(source))
    first = clock.now()
    clock.advance(timedelta(days=30))
    assert timedelta(days=30) < clock.now() - first < timedelta(days=31)
    assert not clock.virtual


def test_a_payment_lowers_the_balance_and_counts_as_a_change_of_the_invoice(books: Ledger) -> None:
    key = _invoice(books)
    books.clock.advance(timedelta(hours=1))
    books.pay(key, Decimal("40.00"), TODAY)
    assert books.balance(key) == Decimal("60.00")
    assert books.document(key).updated_at == START + timedelta(hours=1)
    assert books.document(key).token == 1


def test_a_payment_taken_back_opens_the_invoice_again(books: Ledger) -> None:
    key = _invoice(books)
    receipt = books.pay(key, Decimal("100.00"), TODAY)
    assert books.settled(key)
    assert books.open_documents() == []
    books.clock.advance(timedelta(hours=1))
    books.undo(receipt.id)
    assert books.document(key).updated_at == START + timedelta(hours=1)
    assert books.balance(key) == Decimal("100.00")
    assert [document.id for document in books.open_documents()] == [key]
    assert books.receipt(receipt.id).deleted


def test_nobody_pays_more_than_is_owed(books: Ledger) -> None:
    key = _invoice(books)
    with pytest.raises(LedgerError):
        books.pay(key, Decimal("100.01"), TODAY)
    assert books.balance(key) == Decimal("100.00")


def test_a_credit_note_settles_what_it_is_put_against(books: Ledger) -> None:
    key = _invoice(books)
    credit = books.credit_note(books.document(key).party_id, Decimal("130.00"), TODAY, applies_to=key)
    assert books.balance(key) == Decimal("0.00")
    assert books.credit_left(credit.id) == Decimal("30.00")
    other = books.invoice(books.document(key).party_id, Decimal("50.00"), TODAY, TODAY)
    books.allocate(credit.id, other.id, Decimal("30.00"))
    assert books.balance(other.id) == Decimal("20.00")
    with pytest.raises(LedgerError):
        books.allocate(credit.id, other.id, Decimal("0.01"))


def test_money_on_account_can_be_applied_later(books: Ledger) -> None:
    key = _invoice(books)
    money = books.receive(books.document(key).party_id, Decimal("80.00"), TODAY)
    assert books.balance(key) == Decimal("100.00")
    books.apply(money.id, key, Decimal("60.00"))
    assert books.balance(key) == Decimal("40.00")
    assert books.receipt(money.id).unapplied == Decimal("20.00")
    with pytest.raises(LedgerError):
        books.apply(money.id, key, Decimal("20.01"))


def test_a_void_invoice_owes_nothing_and_frees_what_was_put_against_it(books: Ledger) -> None:
    key = _invoice(books)
    receipt = books.pay(key, Decimal("40.00"), TODAY)
    credit = books.credit_note(books.document(key).party_id, Decimal("10.00"), TODAY, applies_to=key)
    books.void(key)
    assert books.balance(key) == Decimal("0.00")
    assert not books.settled(key)
    assert books.receipt(receipt.id).unapplied == Decimal("40.00")
    assert books.credit_left(credit.id) == Decimal("10.00")


def test_what_is_deleted_outright_leaves_a_tombstone(books: Ledger) -> None:
    key = _invoice(books)
    receipt = books.pay(key, Decimal("40.00"), TODAY)
    books.clock.advance(timedelta(minutes=5))
    books.delete(receipt.id)
    assert books.balance(key) == Decimal("100.00")
    books.delete(key)
    assert key not in books.documents
    assert [(stone.kind, stone.at) for stone in books.tombstones] == [
        ("receipt", START + timedelta(minutes=5)),
        ("invoice", START + timedelta(minutes=5)),
    ]


def test_a_silent_change_has_no_new_stamp(books: Ledger) -> None:
    key = _invoice(books)
    books.clock.advance(timedelta(hours=1))
    books.edit(key, due_on=date(2027, 1, 1), silently=True)
    assert books.document(key).due_on == date(2027, 1, 1)
    assert (books.document(key).updated_at, books.document(key).token) == (START, 0)
    books.edit(key, total=Decimal("90.00"))
    assert (books.document(key).updated_at, books.document(key).token) == (START + timedelta(hours=1), 1)
    assert books.balance(key) == Decimal("90.00")


def test_notes_and_mails_are_remembered_in_order(books: Ledger) -> None:
    key = _invoice(books)
    books.add_note(key, "first")
    books.add_note(key, "second")
    books.send(key, ["pay@larch.example"])
    assert [note.text for note in books.notes_of(key)] == ["first", "second"]
    assert [(mail.document_id, mail.recipients) for mail in books.mails] == [(key, ("pay@larch.example",))]
    assert books.document(key).sent


def test_people_get_ids_and_bills_are_not_owed_to_us(books: Ledger) -> None:
    party = books.add_party("Larch", cc_people=[Person(name="Ann Ash", email="ann@larch.example")])
    assert party.cc_people[0].id
    books.invoice(party, Decimal("5.00"), TODAY, TODAY, side="purchase")
    assert books.open_documents() == []
    assert len(books.open_documents("purchase")) == 1


def test_the_paper_is_a_pdf_that_names_number_and_total(books: Ledger) -> None:
    key = _invoice(books, "1234.50")
    books.edit(key, number="INV-(7)")
    paper = books.pdf(key)
    assert paper.startswith(b"%PDF-1.4")
    assert paper.rstrip().endswith(b"%%EOF")
    assert rb"INV-\(7\)" in paper
    assert b"1234.50" in paper
    start = int(paper.split(b"startxref\n")[1].split(b"\n")[0])
    assert paper[start:].startswith(b"xref")
    places = [int(line[:10]) for line in paper[start:].split(b"\n") if line.endswith(b" n ")]
    assert [paper[place:].split(b"\n")[0] for place in places] == [b"%d 0 obj" % number for number in (1, 2, 3, 4)]
