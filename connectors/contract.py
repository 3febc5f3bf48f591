"""The contract suite that every connector must pass; for pytest, shipped so that other people's connectors can run it too.

    from connectors.contract import BooksContract

    class TestMyBooks(BooksContract):
        @pytest.fixture
        def books(self) -> Books: ...

Only `books` is needed. What a suite of sentences cannot see from outside comes by further fixtures, each with a default;
a test that lacks its own is skipped and says which one it asks for, and a connector that promises notes must give
`notes_kept`. `connectors/ADDING.md` says what each of them is.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn

import pytest

from engine.errors import BooksError, DeliveryError, FencedError, NotSupportedError
from engine.kinds import ItemKind
from engine.records import Attachment, Note, NotesOn, ProviderMail, Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.model import OpenItem
    from engine.ports import Books, Pull
    from engine.records import Page, PaymentSeen

_MOST_ITEMS: Final = 1000
_CODE_LETTERS: Final = 3
_FEW: Final = 5
_MARKERS: Final = ("[rem:0123456789ab]", "[rem:ba9876543210]")
# A note must hold its marker and some words.
_LEAST_NOTE: Final = 100
# What comes in the place of an answer or a file: nothing, a page of a proxy, half an answer, other JSON, another world.
GARBAGE: Final = (
    b"",
    b"<!DOCTYPE html><html><body>Maintenance</body></html>",
    b'{"items": [{"id": "1", "to',
    b"[]",
    b"{}",
    b"null",
    b'"x"',
    b"[[1, 2], [3]]",
    b'{"QueryResponse": [1], "Invoices": 7, "Contacts": {"a": 1}, "$items": "x"}',
    b"\x00\xff\xfe binary \x80",
)


def pulled(books: Books, cursor: str = "", *, reconcile: bool = False) -> tuple[list[OpenItem], Pull]:
    """Read all pages of a pull."""
    pages, pull = read(books, cursor, reconcile=reconcile)
    return [item for page in pages for item in page.items], pull


def read(books: Books, cursor: str = "", *, reconcile: bool = False) -> tuple[list[Page], Pull]:
    """Read all pages of a pull, as pages."""
    pull = books.pull(cursor, reconcile=reconcile)
    return list(pull.pages()), pull


def must(holds: object, sentence: str) -> None:
    """Break the contract with a sentence where something does not hold."""
    if not holds:
        raise AssertionError(sentence)


def _broken(sentence: str) -> NoReturn:
    raise AssertionError(sentence)


def _lacks(fixture: str) -> NoReturn:
    pytest.skip(f"the fixture {fixture} is not given: connectors/ADDING.md says what it is")


def _invoices(books: Books) -> list[OpenItem]:
    found = [item for item in pulled(books)[0] if item.kind is ItemKind.INVOICE and item.balance.minor > 0]
    must(found, "the fixture has no open invoice")
    return found


class _Fixtures:
    """What a connector's tests may give besides `books`."""

    @pytest.fixture
    def later(self) -> Callable[[], None]:
        """Let an hour pass where the books live; by default nothing is as young as that."""
        return lambda: None

    @pytest.fixture
    def void(self) -> Callable[[str], None] | None:
        """Make an invoice void in the books, by its item id."""
        return None

    @pytest.fixture
    def pay(self) -> Callable[[str], None] | None:
        """Pay an invoice whole in the books, by its item id."""
        return None

    @pytest.fixture
    def notes_kept(self) -> Callable[[str], int] | None:
        """Count how often a marker stands in the books."""
        return None

    @pytest.fixture
    def mails_sent(self) -> Callable[[], int] | None:
        """Count the mails that the provider has sent."""
        return None

    @pytest.fixture
    def garbled(self) -> Callable[[bytes], Books] | None:
        """Give books behind which every answer (or the file) is these bytes."""
        return None


class BooksContract(_Fixtures):
    """What the engine relies on, whatever the books are; `books` is a fixture with at least one open invoice."""

    # -- what is read ----------------------------------------------------------------------------------------------

    def test_an_identity_stands_once_in_all_pages(self, books: Books) -> None:
        """Pages are upserted by id: the same id twice would let the order of pages decide."""
        items, _ = pulled(books)
        identities = [item.item_id for item in items]
        must(items, "the fixture has no item at all")
        must(all(identities), "an item has an empty id")
        must(len(identities) == len(set(identities)), "an item id stands twice in one pull")

    def test_pages_are_of_at_most_1000_items(self, books: Books) -> None:
        """A page is one transaction."""
        must(all(len(page.items) <= _MOST_ITEMS for page in books.pull("").pages()), "a page has more than 1000 items")

    def test_both_amounts_of_an_item_are_in_one_currency(self, books: Books) -> None:
        """Balance and total are compared and subtracted."""
        for item in pulled(books)[0]:
            must(item.balance.currency == item.total.currency, f"{item.item_id}: balance and total differ in currency")
            must(
                len(item.currency) == _CODE_LETTERS and item.currency.isupper(),
                f"{item.item_id}: {item.currency!r} is no currency code",
            )

    def test_credits_are_negative_and_invoices_are_not(self, books: Books) -> None:
        """The sign says which way money is owed; kind and sign agree."""
        for item in pulled(books)[0]:
            if item.kind is ItemKind.INVOICE:
                must(item.balance.minor >= 0, f"{item.item_id}: an invoice has the balance {item.balance}")
                must(item.total.minor >= 0, f"{item.item_id}: an invoice has the total {item.total}")
            else:
                must(item.balance.minor <= 0, f"{item.item_id}: a credit has the balance {item.balance}")
                must(item.total.minor <= 0, f"{item.item_id}: a credit has the total {item.total}")

    def test_no_balance_exceeds_its_total(self, books: Books) -> None:
        """What is left is part of what was invoiced; a settled item has exactly 0."""
        for item in pulled(books)[0]:
            must(
                abs(item.balance.minor) <= abs(item.total.minor), f"{item.item_id}: {item.balance} left of {item.total}"
            )

    def test_every_item_has_a_number_and_dates_in_order(self, books: Books) -> None:
        """People look items up by number; a due date before the issue date is a reading error."""
        for item in pulled(books)[0]:
            must(item.number.strip(), f"{item.item_id} has no number")
            must(item.customer_id.strip(), f"{item.item_id} has no customer")
            if item.kind is ItemKind.INVOICE:
                must(item.due_on >= item.issued_on, f"{item.item_id} is due before it was issued")

    def test_every_customer_comes_with_or_before_its_first_item(self, books: Books) -> None:
        """A page is stored as it comes: its items' customers must be known by then, each told once."""
        told: set[str] = set()
        for page in books.pull("").pages():
            for customer in page.customers:
                must(customer.customer_id not in told, f"customer {customer.customer_id} is told twice")
                must(customer.name.strip(), f"customer {customer.customer_id} has no name")
                told.add(customer.customer_id)
            missing = {item.customer_id for item in page.items} - told
            must(not missing, f"items of customers that were not told: {sorted(missing)}")

    def test_what_is_void_is_not_shown_as_an_item_too(self, books: Books) -> None:
        """An id among the voided is settled without money: an item beside it would be open again."""
        pages, _ = read(books)
        voided = [each for page in pages for each in page.voided]
        must(all(voided), "an empty id is among the voided")
        both = {item.item_id for page in pages for item in page.items} & set(voided)
        must(not both, f"shown and void at once: {sorted(both)}")

    def test_a_payment_is_of_some_amount_and_the_same_wherever_it_is_told(self, books: Books) -> None:
        """Money that was seen is thanked for: its id stands for one allocation, and a taken back one says so."""
        told: dict[str, PaymentSeen] = {}
        for each in [each for page in read(books)[0] for each in page.payments]:
            must(told.setdefault(each.payment_id, each) == each, f"payment {each.payment_id} is told in two ways")
            must(each.item_id, f"payment {each.payment_id} is for no item")
            must(each.amount.minor > 0, f"payment {each.payment_id} is of {each.amount}")

    def test_reading_twice_gives_the_same_items(self, books: Books) -> None:
        """Nothing changed between the two, so nothing may differ: a sync is idempotent."""
        first, second = pulled(books)[0], pulled(books)[0]
        must(first == second, "a second pull gives other items")

    # -- reading again ---------------------------------------------------------------------------------------------

    def test_refresh_agrees_with_pull(self, books: Books) -> None:
        """The re-read before sending must show what the sync showed while the books are the same."""
        items, _ = pulled(books)
        wanted = items[:50]
        again = books.refresh([item.item_id for item in wanted])
        must(
            {item.item_id: item for item in again.items} == {item.item_id: item for item in wanted},
            "refresh gives other items",
        )
        missing = {item.customer_id for item in again.items} - {each.customer_id for each in again.customers}
        must(not missing, f"refresh gives items without their customers: {sorted(missing)}")

    def test_refresh_gives_nothing_that_was_not_asked_for(self, books: Books) -> None:
        """A notice is built of what was asked; anything else would be believed of the wrong item."""
        items, _ = pulled(books)
        asked = {item.item_id for item in items[:_FEW]}
        page = books.refresh([*asked, *asked])
        given = [*(item.item_id for item in page.items), *page.voided]
        must(set(given) <= asked, "refresh gives items that were not asked for")
        must(len(given) == len(set(given)), "refresh gives an item twice")
        must(not books.refresh([]).items, "refresh of nothing gives items")

    def test_refresh_leaves_out_what_the_books_do_not_show(self, books: Books) -> None:
        """An unknown item is left out; it is no error and never another item."""
        for unknown in ("no such item", ""):
            page = books.refresh([unknown])
            must(not page.items and not page.voided, f"refresh invents an item for {unknown!r}")

    def test_an_invoice_that_was_made_void_is_never_open_again(
        self, books: Books, void: Callable[[str], None] | None, later: Callable[[], None]
    ) -> None:
        """Right before a mail, and in the next sync: void, settled, or not shown at all."""
        if void is None:
            _lacks("void")
        gone = _invoices(books)[0].item_id
        cursor = pulled(books)[1].completed().cursor
        later()
        void(gone)
        later()
        self._settled(books, gone, cursor, "void")

    def test_an_invoice_that_was_paid_is_settled_in_both_readings(
        self, books: Books, pay: Callable[[str], None] | None, later: Callable[[], None]
    ) -> None:
        """The one promise that counts most: no reminder after payment."""
        if pay is None:
            _lacks("pay")
        paid = _invoices(books)[0].item_id
        cursor = pulled(books)[1].completed().cursor
        later()
        pay(paid)
        later()
        self._settled(books, paid, cursor, "paid")

    def _settled(self, books: Books, item_id: str, cursor: str, how: str) -> None:
        page = books.refresh([item_id])
        must(all(item.balance.minor == 0 for item in page.items), f"refresh shows a {how} invoice as open")
        pages, pull = read(books, cursor)
        shown = [item for page in pages for item in page.items if item.item_id == item_id]
        must(all(item.balance.minor == 0 for item in shown), f"the next pull shows a {how} invoice as open")
        told = shown or any(item_id in page.voided for page in pages)
        must(told or pull.completed().full, f"the next pull says nothing of an invoice that is {how}")

    # -- what a pull ends with -------------------------------------------------------------------------------------

    def test_the_end_is_known_only_after_the_last_page(self, books: Books) -> None:
        """`completed()` before that would call a half-read set of books complete."""
        pull = books.pull("")
        try:
            pull.completed()
        except RuntimeError:
            pass
        else:
            must(holds=False, sentence="completed() answers before any page was read")
        for _ in pull.pages():
            pass
        must(pull.completed().full, "a pull without a cursor must read everything")

    def test_how_fresh_the_books_are_is_said(self, books: Books) -> None:
        """Books of unknown age send nothing; a file says its own age, or the day of its last bank entry."""
        completed = pulled(books)[1].completed()
        must(completed.known_until is not None or completed.file_modified_at is not None, "no freshness")
        modified = completed.file_modified_at
        must(modified is None or modified.utcoffset() is not None, "file_modified_at has no time zone")

    def test_a_pull_in_which_nothing_changed_is_empty(self, books: Books, later: Callable[[], None]) -> None:
        """What was read is not read again for ever; a connector whose books cannot tell reads all and says so."""
        cursor = pulled(books)[1].completed().cursor
        if not books.capabilities.incremental:
            must(pulled(books, cursor)[1].completed().full, "a pull reads a part, and the capabilities deny it")
            return
        must(cursor, "an incremental connector gives no cursor")
        later()
        # The first one may still overlap with what was read: a clock that is off by minutes loses nothing.
        cursor = pulled(books, cursor)[1].completed().cursor
        later()
        pages, pull = read(books, cursor)
        must(not any(page.items or page.voided or page.payments for page in pages), "nothing changed, and items came")
        must(not any(page.customers for page in pages), "nothing changed, and customers came")
        must(not pull.completed().full, "an incremental pull calls itself full: all that it left out would be unseen")
        must(pull.completed().cursor, "an incremental pull gives no cursor")

    def test_a_reconciling_pull_shows_every_open_item_and_ends_full(
        self, books: Books, later: Callable[[], None]
    ) -> None:
        """Absence means something only where everything open was shown."""
        first, pull = pulled(books)
        later()
        again, pull = pulled(books, pull.completed().cursor, reconcile=True)
        must(pull.completed().full, "a reconciling pull does not end full")
        missing = {item.item_id for item in first if item.balance.minor} - {item.item_id for item in again}
        must(not missing, f"a reconciling pull leaves out what is open: {sorted(missing)[:_FEW]}")

    @pytest.mark.parametrize("cursor", ["x", "{}", "[1]", '{"form": 99}', "2026-02-30T99:00:00Z"])
    def test_a_cursor_that_nobody_can_read_reads_everything(self, books: Books, cursor: str) -> None:
        """It may be of another version of the connector: nothing must be passed over for it."""
        items, pull = pulled(books, cursor)
        must(pull.completed().full, "a pull from an unreadable cursor does not end full")
        must(len(items) == len(pulled(books)[0]), "a pull from an unreadable cursor leaves items out")

    # -- what books can do besides ---------------------------------------------------------------------------------

    def test_the_books_say_whose_they_are(self, books: Books) -> None:
        """A person sees which organisation is read before anything is sent for it."""
        try:
            about = books.about()
        except NotSupportedError:
            must(not books.capabilities.mail, "books that send mail cannot say whose they are")
            return
        must(about.organisation_id.strip() and about.organisation.strip(), "about() does not name the organisation")
        code = about.currency
        must(not code or (len(code) == _CODE_LETTERS and code.isupper()), f"{code!r} is no currency code")

    def test_mail_that_is_denied_is_refused_before_anything(self, books: Books) -> None:
        """A level that asks for it must fail loudly, and not fall silent."""
        if books.capabilities.mail:
            pytest.skip("these books send mail")
        asked: list[str] = []
        item = _invoices(books)[0]
        with pytest.raises(NotSupportedError):
            books.send_mail(ProviderMail(item_id=item.item_id, to="ap@customer.example", key="0" * 32), asked.append)
        must(not asked, "the barrier was called for a mail that cannot be sent")

    def test_a_mail_leaves_only_behind_the_barrier(self, books: Books, mails_sent: Callable[[], int] | None) -> None:
        """The barrier is the last moment at which nothing has left; what it raises stops the mail and passes through."""
        if not books.capabilities.mail:
            pytest.skip("these books send no mail")
        before = mails_sent() if mails_sent else 0
        stopped = 0
        addresses = {each.customer_id: each for page in read(books)[0] for each in page.customers}
        mails = [
            ProviderMail(item_id=item.item_id, to=contact.email, key=f"{number:032x}")
            for number, item in enumerate(_invoices(books)[:_FEW])
            for contact in addresses[item.customer_id].contacts[:1]
        ]
        for mail in mails:
            try:
                books.send_mail(mail, _stop)
            except FencedError:
                stopped += 1
            except BooksError:
                continue  # refused beforehand, as an address that the provider would not write to
            else:
                _broken("a mail left although the barrier stopped it")
        must(stopped, "no mail of the fixture came as far as the barrier")
        if mails_sent is None:
            _lacks("mails_sent")
        must(mails_sent() == before, "a mail left before the barrier")
        receipt = self._sent(books, mails)
        must(isinstance(receipt, Receipt) and receipt.server, "a mail that was sent gives no receipt")
        must(mails_sent() == before + 1, "one mail was asked for, another number left")

    def _sent(self, books: Books, mails: list[ProviderMail]) -> Receipt | None:
        passed: list[str] = []
        for mail in mails:
            with suppress(BooksError):
                receipt = books.send_mail(mail, passed.append)
                must(len(passed) == 1, "the barrier was not called exactly once")
                return receipt
        return None

    def test_a_mail_for_no_invoice_is_refused_before_the_barrier(self, books: Books) -> None:
        """What can be refused beforehand is: after the barrier an error would leave the outcome to a person."""
        asked: list[str] = []
        mail = ProviderMail(item_id="invoice:no-such-item", to="ap@customer.example", key="0" * 32)
        with pytest.raises(BooksError):
            books.send_mail(mail, asked.append)
        must(not asked, "the barrier was called for an invoice that there is not")

    def test_notes_that_are_denied_are_refused(self, books: Books) -> None:
        """History that nobody keeps must not look as if it were."""
        if books.capabilities.notes_on is not NotesOn.NOTHING:
            pytest.skip("these books take notes")
        with pytest.raises(NotSupportedError):
            books.write_note(_note(books, _invoices(books)[0], _MARKERS[0], tried=False))

    @pytest.mark.parametrize("tries", [(False, True, True), (True, True), (False, False), (True, False)], ids=str)
    def test_a_note_stands_once_however_often_it_is_written(
        self,
        books: Books,
        notes_kept: Callable[[str], int] | None,
        later: Callable[[], None],
        tries: tuple[bool, ...],
    ) -> None:
        """A note whose answer got lost is written again: at once by its key, and an hour later found by its marker."""
        if books.capabilities.notes_on is NotesOn.NOTHING:
            pytest.skip("these books take no notes")
        must(books.capabilities.note_length >= _LEAST_NOTE, f"notes of fewer than {_LEAST_NOTE} characters say nothing")
        if notes_kept is None:
            _broken("notes are promised: give the fixture notes_kept, which counts a marker in the books")
        # The same invoice each time, whatever the note does to the order of the books.
        item = _invoices(books)[0]
        for tried in tries:
            if tried:
                later()
            books.write_note(_note(books, item, _MARKERS[0], tried=tried))
            must(notes_kept(_MARKERS[0]) == 1, f"a note stands {notes_kept(_MARKERS[0])} times in the books")
        books.write_note(_note(books, item, _MARKERS[1], tried=False))
        must(notes_kept(_MARKERS[1]) == 1, "another note was taken for the first one")
        must(notes_kept(_MARKERS[0]) == 1, "a note was lost when another was written")

    def test_documents_are_pdfs(self, books: Books) -> None:
        """They go with the mail under their own name."""
        for item in _invoices(books)[:_FEW]:
            try:
                found = books.document(item.item_id)
            except NotSupportedError:
                found = None
            if not books.capabilities.documents:
                must(found is None, "a document was given, and the capabilities deny documents")
                continue
            if not isinstance(found, Attachment):
                _broken(f"{item.item_id}: a document is promised, and none came")
            must(found.content.lstrip().startswith(b"%PDF"), f"{item.item_id}: {found.filename} is no PDF")
            must(found.media_type == "application/pdf", f"{item.item_id}: {found.media_type} is not application/pdf")
            name = found.filename
            must(name.lower().endswith(".pdf") and not {*name} & {*'/\\"\r\n'}, f"{name!r} is no name of a file")

    def test_payment_links_are_https_or_none(self, books: Books) -> None:
        """Customers are asked to pay there."""
        for item in _invoices(books)[:_FEW]:
            try:
                url = books.payment_url(item.item_id)
            except NotSupportedError:
                url = ""
            must(not url or books.capabilities.payment_links, "a link was given, and the capabilities deny links")
            must(not url or url.startswith("https://"), f"{url!r} is no https address")
            must(not item.payment_url or item.payment_url.startswith("https://"), f"{item.payment_url!r} is no https")

    # -- when something else comes than what should ----------------------------------------------------------------

    @pytest.mark.parametrize("content", GARBAGE, ids=repr)
    def test_garbage_raises_errors_of_the_family_and_no_others(
        self, books: Books, garbled: Callable[[bytes], Books] | None, content: bytes
    ) -> None:
        """What a proxy, a maintenance page or a cut line gives stops this company today; it is no crash and no items."""
        if garbled is None:
            _lacks("garbled")
        item = _invoices(books)[0]
        odd = garbled(content)
        note = _note(odd, item, _MARKERS[0], tried=True)
        mail = ProviderMail(item_id=item.item_id, to="ap@customer.example", key="0" * 32)
        for act in (
            lambda: must(not pulled(odd)[0], "items were read out of garbage"),
            lambda: must(not odd.refresh([item.item_id]).items, "an item was read out of garbage"),
            lambda: must(odd.document(item.item_id) is None, "a document was made of garbage"),
            lambda: must(not odd.payment_url(item.item_id), "a link was made of garbage"),
            odd.about,
            lambda: odd.write_note(note),
            lambda: odd.send_mail(mail, _stop),
        ):
            with suppress(BooksError, DeliveryError):
                act()


def _stop(server: str) -> None:
    raise FencedError(f"stopped before {server}")


def _note(books: Books, item: OpenItem, marker: str, *, tried: bool) -> Note:
    by_customer = books.capabilities.notes_on is NotesOn.CUSTOMER
    return Note(
        customer_id=item.customer_id,
        item_id="" if by_customer else item.item_id,
        text=f"Reminder of {item.number} sent {marker}",
        marker=marker,
        key=f"{marker[5:-1]:0>32}",
        tried=tried,
    )
