"""The contract suite that every connector must pass; for pytest, shipped so that other people's connectors can run it too.

from connectors.contract import BooksContract

class TestMyBooks(BooksContract):
    @pytest.fixture
    def books(self) -> Books: ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.model import ItemKind

if TYPE_CHECKING:
    from engine.model import OpenItem
    from engine.ports import Books, Pull

_MOST_ITEMS: Final = 1000
_CODE_LETTERS: Final = 3


def pulled(books: Books) -> tuple[list[OpenItem], Pull]:
    """Read all pages of a pull."""
    pull = books.pull("")
    return [item for page in pull.pages() for item in page.items], pull


def must(holds: object, sentence: str) -> None:
    """Break the contract with a sentence where something does not hold."""
    if not holds:
        raise AssertionError(sentence)


class BooksContract:
    """What the engine relies on, whatever the books are; `books` is a fixture with at least one open invoice."""

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

    def test_reading_twice_gives_the_same_items(self, books: Books) -> None:
        """Nothing changed between the two, so nothing may differ: a sync is idempotent."""
        first, second = pulled(books)[0], pulled(books)[0]
        must(first == second, "a second pull gives other items")

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

    def test_refresh_leaves_out_what_the_books_do_not_show(self, books: Books) -> None:
        """An unknown item is left out; it is no error and never another item."""
        page = books.refresh(["no such item"])
        must(not page.items and not page.voided, "refresh invents an item")

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
