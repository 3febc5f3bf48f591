from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.quickbooks.pulling import PullUnfinishedError
from engine.errors import BooksRefusedError, BooksUnreachableError, BooksUnreadableError, WrongOrganisationError
from engine.kinds import ContactRole
from tests.builders import money
from tests.fakes.http_calls import MORNING
from tests.fakes.intuit import REALM, RECORDED, Call, Company, Reaction, fault, online, recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.quickbooks.books import QuickBooksBooks
    from engine.model import Customer, OpenItem
    from engine.records import Completed, Page, PaymentSeen

AGO = timedelta


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company()
    made.customer("1", DisplayName="Amy's")
    with online(made):
        yield made


class Read:
    """All pages of one pull."""

    def __init__(self, books: QuickBooksBooks, cursor: str = "", *, reconcile: bool = False) -> None:
        pull = books.pull(cursor, reconcile=reconcile)
        self.pages: list[Page] = list(pull.pages())
        self.done: Completed = pull.completed()
        self.cursor = self.done.cursor
        self.items: list[OpenItem] = [each for page in self.pages for each in page.items]
        self.ids = [each.item_id for each in self.items]
        self.customers: list[Customer] = [each for page in self.pages for each in page.customers]
        self.voided = [each for page in self.pages for each in page.voided]
        self.payments: list[PaymentSeen] = [each for page in self.pages for each in page.payments]

    def item(self, item_id: str) -> OpenItem:
        (found,) = [each for each in self.items if each.item_id == item_id]
        return found

    def customer(self, customer_id: str) -> Customer:
        (found,) = [each for each in self.customers if each.customer_id == customer_id]
        return found


def emails(customer: Customer) -> list[str]:
    return [each.email for each in customer.contacts]


def seen(payments: Sequence[PaymentSeen]) -> dict[str, Any]:
    return {each.payment_id: "undone" if each.undone else str(each.amount) for each in payments}


def test_every_call_says_the_minor_version_and_a_stamp_keeps_its_plus_sign(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    Read(books, Read(books).cursor)
    assert {call.query["minorversion"] for call in company.calls} == {"75"}
    assert any("%2B00%3A00" in call.url for call in company.asked("query"))
    assert not any("+00" in call.url for call in company.calls)


def test_the_first_pull_reads_everything_paid_invoices_too_and_asks_for_no_stamp(company: Company) -> None:
    company.invoice("5")
    company.invoice("6", Balance=0)
    found = Read(company.books())
    assert found.ids == ["invoice:5", "invoice:6"]
    assert found.done.full
    assert found.done.known_until == MORNING.date()
    assert not any(" >= " in query for query in company.queries)
    assert all("maxresults 1000" in query for query in company.queries)


def test_the_end_is_not_known_before_the_last_page(company: Company) -> None:
    company.invoice("5")
    pull = company.books().pull("")
    next(iter(pull.pages()))
    with pytest.raises(PullUnfinishedError):
        pull.completed()


def test_a_pull_that_breaks_off_is_not_complete(company: Company) -> None:
    company.invoice("5")
    company.before = lambda call: fault("10000", "x", "y", status=503) if "from Payment" in str(call.query) else None
    pull = company.books().pull("")
    with pytest.raises(BooksUnreachableError):
        list(pull.pages())
    with pytest.raises(PullUnfinishedError):
        pull.completed()


def test_a_second_pull_with_nothing_changed_costs_one_small_call_for_each_entity(company: Company) -> None:
    company.invoice("5")
    company.payment("7", ("5", 10.0))
    books = company.books()
    cursor = Read(books).cursor
    company.calls.clear()
    again = Read(books, cursor)
    assert again.pages == []
    assert not again.done.full
    assert [call.path for call in company.calls] == ["query"] * 4 + ["cdc"]


def test_what_changed_comes_again_and_what_changed_just_before_the_last_pull_is_not_lost(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    # Saved by a machine whose clock is behind: its stamp is before the end of the last pull.
    company.invoice("6", at=MORNING - AGO(minutes=5))
    company.time.passed += 3600
    company.change("Invoice", "5", Balance=40.5)
    found = Read(books, cursor)
    assert found.ids == ["invoice:6", "invoice:5"]
    assert found.item("invoice:5").balance == money("40.50", "USD")


def test_without_the_provider_clock_the_rows_tell_how_far_was_read(company: Company) -> None:
    company.tells_time = False
    company.invoice("5", at=MORNING - AGO(days=3))
    books = company.books()
    cursor = Read(books).cursor
    company.invoice("6", at=MORNING - AGO(days=2))
    assert Read(books, cursor).ids[-1] == "invoice:6"


def test_a_stamp_in_the_future_hides_nothing(company: Company) -> None:
    company.tells_time = False
    company.invoice("5", at=MORNING + AGO(days=4000))
    books = company.books()
    cursor = Read(books).cursor
    company.invoice("6", at=MORNING + AGO(seconds=1))
    assert "invoice:6" in Read(books, cursor).ids


@pytest.mark.parametrize("size", [2, 3, 5])
def test_invoices_that_change_while_pages_are_read_push_no_other_over_the_edge(company: Company, size: int) -> None:
    for number in range(10, 31):
        company.invoice(str(number), at=MORNING - AGO(days=100 - number))
    changed = iter(range(10, 31))

    def busy(call: Call) -> None:
        if "from Invoice" in str(call.query) and (number := next(changed, None)) is not None:
            company.time.passed += 1
            company.change("Invoice", str(number), Balance=1.0)

    company.before = busy
    found = Read(company.books(page_size=size))
    assert {f"invoice:{number}" for number in range(10, 31)} <= set(found.ids)
    latest = {each.item_id: each for each in found.items}
    assert latest["invoice:10"].balance == money("1", "USD")


@pytest.mark.parametrize("size", [2, 3, 4])
def test_an_import_that_stamped_everything_in_one_second_is_read_whole_and_once(company: Company, size: int) -> None:
    for number in range(10, 21):
        company.invoice(str(number))
    found = Read(company.books(page_size=size))
    assert sorted(found.ids) == [f"invoice:{number}" for number in range(10, 21)]


def test_rows_that_come_in_no_order_are_read_whole_and_once(company: Company) -> None:
    rows = [company.invoice(str(number), at=MORNING - AGO(days=number * 7 % 5)) for number in range(10, 21)]

    def unordered(call: Call) -> Reaction | None:
        query = call.query.get("query", "")
        if "from Invoice" not in query:
            return None
        start, most = int(query.split()[-3]), int(query.split()[-1])
        return company.said({"QueryResponse": {"Invoice": rows[start - 1 : start - 1 + most]}})

    company.before = unordered
    assert sorted(Read(company.books(page_size=3)).ids) == [f"invoice:{number}" for number in range(10, 21)]


def test_pages_that_never_end_are_cut(company: Company) -> None:
    rows = [company.invoice(str(number)) for number in (1, 2)]
    company.before = lambda call: (
        company.said({"QueryResponse": {"Invoice": rows}}) if "from Invoice" in str(call.query) else None
    )
    with pytest.raises(BooksUnreadableError, match="same page"):
        Read(company.books(page_size=2))


def test_one_unusable_row_is_told_with_its_number_and_loses_no_other(company: Company) -> None:
    company.invoice("5", TotalAmt="a lot", DocNumber="F-5")
    company.invoice("6")
    found = Read(company.books())
    assert found.ids == ["invoice:6"]
    (bad,) = found.done.bad_lines
    assert bad.file == "Invoice"
    assert "F-5" in bad.reason
    assert "more than 1 %" in found.done.suspicions[0]


def test_numbers_where_identifiers_should_be_text_are_understood(company: Company) -> None:
    row = company.invoice("5", DocNumber=1005, CustomerRef={"value": 1, "name": "Amy's"}) | {"Id": 5, "SyncToken": 3}
    company.before = lambda call: (
        company.said({"QueryResponse": {"Invoice": [row]}}) if "from Invoice" in str(call.query) else None
    )
    (item,) = Read(company.books()).items
    assert (item.item_id, item.number, item.customer_id) == ("invoice:5", "1005", "1")


def test_a_void_invoice_is_void_and_no_item(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 900
    company.change("Invoice", "5", TotalAmt=0, Balance=0, PrivateNote="Voided", Line=[{"Amount": 0}])
    found = Read(books, cursor)
    assert (found.ids, found.voided) == ([], ["invoice:5"])


def test_what_was_deleted_is_void_and_a_deleted_payment_is_taken_back(company: Company) -> None:
    company.invoice("5")
    company.put("CreditMemo", recorded("credit_memo.json"))
    company.payment("7", ("5", 10.0), ("6", 5.0))
    company.payment("8", UnappliedAmt=20.0, TotalAmt=20.0)
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 900
    for entity, row_id in (("Invoice", "5"), ("CreditMemo", "184"), ("Payment", "7"), ("Payment", "8")):
        company.delete(entity, row_id)
    found = Read(books, cursor)
    assert found.voided == ["invoice:5", "credit_note:184", "payment:7", "payment:8"]
    assert seen(found.payments) == {"payment:7:5": "undone", "payment:7:6": "undone"}
    assert not found.done.full
    assert Read(books, found.cursor).payments == []
    assert json.loads(found.cursor)["unapplied"] == []


def test_what_was_deleted_just_before_the_last_pull_is_not_lost(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    company.delete("Invoice", "5", at=MORNING - AGO(minutes=5))
    assert Read(books, cursor).voided == ["invoice:5"]


def test_a_provider_without_a_clock_is_asked_for_deletions_all_the_same(company: Company) -> None:
    company.tells_time = False
    company.rows["Customer"].clear()
    company.customer("1", at=MORNING - AGO(days=400))
    company.invoice("5", at=MORNING - AGO(days=300))
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 900
    company.delete("Invoice", "5")
    found = Read(books, cursor)
    assert (found.voided, found.done.full) == (["invoice:5"], False)


def test_more_changes_than_one_answer_holds_are_asked_entity_by_entity(company: Company) -> None:
    for number in range(3):
        company.invoice(str(number + 5))
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 900
    company.delete("Invoice", "5")
    company.before = lambda call: _filled(company, call) if call.path == "cdc" else None
    found = Read(books, cursor)
    assert [call.query["entities"] for call in company.asked("cdc")] == [
        "Invoice,CreditMemo,Payment",
        "Invoice",
        "CreditMemo",
        "Payment",
    ]
    assert found.voided == ["invoice:5"]
    assert not found.done.full


def _filled(company: Company, call: Call) -> Reaction | None:
    """Give an answer that is full because of payments, while each entity alone is not."""
    if call.query["entities"].count(","):
        return company.said(
            {"CDCResponse": [{"QueryResponse": [{}, {}, {"Payment": [{"Id": str(n)} for n in range(1000)]}]}]}
        )
    return None


def _full_of_invoices(company: Company, call: Call) -> Reaction | None:
    if call.path != "cdc":
        return None
    return company.said({"CDCResponse": [{"QueryResponse": [{"Invoice": [{"Id": str(n)} for n in range(1000)]}]}]})


def test_more_changes_of_one_entity_than_an_answer_holds_make_a_full_reconcile(company: Company) -> None:
    company.invoice("5")
    company.invoice("6", Balance=0)
    company.put("CreditMemo", recorded("credit_memo.json"))
    company.payment("8", UnappliedAmt=20.0, TotalAmt=20.0)
    books = company.books()
    cursor = Read(books).cursor
    company.before = lambda call: _full_of_invoices(company, call)
    company.time.passed += 3600
    found = Read(books, cursor)
    assert found.done.full
    assert sorted(found.ids) == ["credit_note:184", "invoice:5", "payment:8"]


def test_a_cursor_older_than_change_data_capture_reaches_reads_all_that_is_open(company: Company) -> None:
    company.invoice("5")
    company.invoice("6")
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 40 * 86400
    company.delete("Invoice", "6", at=MORNING + AGO(days=1))
    found = Read(books, cursor)
    assert company.asked("cdc") == []
    assert found.done.full
    assert found.ids == ["invoice:5"]
    assert found.voided == []
    assert company.asked("query")
    assert not Read(books, found.cursor).done.full


def test_change_data_capture_that_is_refused_makes_a_full_reconcile_and_says_so(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    company.before = lambda call: fault("3202", "no", "not here") if call.path == "cdc" else None
    found = Read(books, cursor)
    assert found.done.full
    assert "not here" in found.done.remarks[0]


def test_a_reconcile_shows_every_open_item_once(company: Company) -> None:
    for number in range(10, 17):
        company.invoice(str(number), Balance=number % 2 * 50.0)
    company.put("CreditMemo", recorded("credit_memo.json"))
    company.payment("8", UnappliedAmt=20.0, TotalAmt=20.0)
    books = company.books(page_size=2)
    cursor = Read(books).cursor
    company.time.passed += 3600
    company.change("Invoice", "11", Balance=7.0)
    found = Read(books, cursor, reconcile=True)
    assert found.done.full
    assert sorted(found.ids) == ["credit_note:184", "invoice:11", "invoice:13", "invoice:15", "payment:8"]
    assert any("Balance > '0'" in query for query in company.queries)


def test_credit_memos_that_cannot_be_asked_for_by_balance_are_all_read(company: Company) -> None:
    company.put("CreditMemo", recorded("credit_memo.json"))
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 3600
    company.before = lambda call: (
        fault("4001", "Error parsing query", "property 'Balance' is not queryable")
        if "from CreditMemo where Balance" in str(call.query)
        else None
    )
    assert Read(books, cursor, reconcile=True).ids == ["credit_note:184"]


def test_an_empty_company_that_had_invoices_is_suspected_and_not_called_paid(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 3600
    company.rows["Invoice"].clear()
    found = Read(books, cursor, reconcile=True)
    assert found.items == []
    assert found.voided == []
    assert "no invoice at all" in found.done.suspicions[0]


def test_a_company_that_never_had_an_invoice_is_not_suspected(company: Company) -> None:
    books = company.books()
    assert Read(books, Read(books).cursor, reconcile=True).done.suspicions == ()


def test_a_company_whose_invoices_are_all_paid_is_not_suspected(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 3600
    company.change("Invoice", "5", Balance=0)
    found = Read(books, cursor, reconcile=True)
    assert found.item("invoice:5").balance.minor == 0
    assert found.done.suspicions == ()


def test_payments_are_seen_for_each_invoice_and_taken_back_by_a_later_version(company: Company) -> None:
    company.payment("7", ("5", 10.25), ("6", 5.0))
    books = company.books()
    first = Read(books)
    assert seen(first.payments) == {"payment:7:5": "10.25", "payment:7:6": "5.00"}
    assert [each.item_id for each in first.payments] == ["invoice:5", "invoice:6"]
    assert first.items == []
    company.time.passed += 900
    company.change("Payment", "7", Line=[{"Amount": 15.25, "LinkedTxn": [{"TxnId": "5", "TxnType": "Invoice"}]}])
    second = Read(books, first.cursor)
    assert seen(second.payments) == {"payment:7:5": "15.25", "payment:7:6": "undone"}
    company.time.passed += 900
    company.change("Payment", "7", TotalAmt=0, Line=[], PrivateNote="Voided")
    assert seen(Read(books, second.cursor).payments) == {"payment:7:5": "undone"}


def test_money_left_of_a_payment_is_an_item_until_it_is_used(company: Company) -> None:
    company.payment("7", ("5", 10.0), TotalAmt=40.0, UnappliedAmt=30.0)
    books = company.books()
    first = Read(books)
    assert first.item("payment:7").balance == money("-30", "USD")
    company.time.passed += 900
    company.change("Payment", "7", UnappliedAmt=0)
    second = Read(books, first.cursor)
    assert second.item("payment:7").balance == money("0", "USD")
    company.time.passed += 900
    company.change("Payment", "7", PaymentRefNum="x")
    assert Read(books, second.cursor).items == []


def test_a_payment_that_is_no_longer_shown_is_not_asked_for_for_ever(company: Company) -> None:
    company.payment("7", TotalAmt=30.0, UnappliedAmt=30.0)
    books = company.books()
    first = Read(books)
    company.time.passed += 3600
    company.rows["Payment"].clear()
    second = Read(books, first.cursor, reconcile=True)
    assert (second.items, second.voided) == ([], [])
    company.calls.clear()
    Read(books, second.cursor, reconcile=True)
    assert not any("from Payment where Id in" in query for query in company.queries)


def test_customers_come_before_their_items_whether_active_or_not(company: Company) -> None:
    company.customer("2", Active=False, DisplayName="Gone (deleted)")
    company.invoice("5", CustomerRef={"value": "2"})
    assert Read(company.books()).customer("2").name == "Gone"


def test_a_customer_who_did_not_change_comes_with_a_changed_invoice(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 3600
    company.change("Invoice", "5", Balance=1.0)
    assert emails(Read(books, cursor).customer("1")) == ["c1@one.example"]


def test_a_customer_that_is_not_shown_is_known_by_the_name_on_the_document(company: Company) -> None:
    company.invoice("5", CustomerRef={"value": "99", "name": "Unlisted Ltd"})
    assert Read(company.books()).customer("99").name == "Unlisted Ltd"


def test_the_address_on_the_newest_invoice_serves_a_customer_without_one(company: Company) -> None:
    company.customer("2", PrimaryEmailAddr=None)
    mails = {
        "5": "old@two.example",
        "6": "mid@two.example",
        "7": "new@two.example, second@two.example",
        "4": "x@two.example",
    }
    for row_id, day in (("5", "2026-08-01"), ("6", "2026-09-01"), ("7", "2026-10-01"), ("4", "2026-07-01")):
        company.invoice(row_id, TxnDate=day, CustomerRef={"value": "2"}, BillEmail={"Address": mails[row_id]})
    company.invoice("8", TxnDate="2026-10-05", CustomerRef={"value": "2"})
    company.invoice("9", BillEmail={"Address": "other@one.example"})
    found = Read(company.books(page_size=2))
    assert emails(found.customer("2")) == ["new@two.example"]
    assert found.customer("2").contacts[0].role is ContactRole.BILLING
    assert emails(found.customer("1")) == ["c1@one.example"]


def test_where_invoices_cannot_be_asked_for_by_customer_the_address_at_hand_serves(company: Company) -> None:
    company.customer("2", PrimaryEmailAddr=None)
    company.invoice("5", CustomerRef={"value": "2"}, BillEmail={"Address": "hand@two.example"})
    company.refused = {"CustomerRef in"}
    assert emails(Read(company.books()).customer("2")) == ["hand@two.example"]


def test_a_job_without_an_address_is_written_to_at_its_parent(company: Company) -> None:
    company.customer("2", PrimaryEmailAddr=None, ParentRef={"value": "1"}, FullyQualifiedName="Amy's:House")
    company.customer("3", PrimaryEmailAddr=None, ParentRef={"value": "2"}, FullyQualifiedName="Amy's:House:Roof")
    company.customer("4", PrimaryEmailAddr=None)
    for number in (2, 3, 4):
        company.invoice(str(number), CustomerRef={"value": str(number)})
    found = Read(company.books())
    assert [emails(found.customer(each)) for each in ("2", "3", "4")] == [["c1@one.example"], ["c1@one.example"], []]


def test_the_address_on_its_own_invoice_serves_a_job_before_its_parent(company: Company) -> None:
    company.customer("2", PrimaryEmailAddr=None, ParentRef={"value": "1"}, FullyQualifiedName="Amy's:House")
    company.invoice("5", CustomerRef={"value": "2"}, BillEmail={"Address": "house@two.example"})
    assert emails(Read(company.books()).customer("2")) == ["house@two.example"]


def test_a_customer_whose_address_was_taken_away_is_told_without_it(company: Company) -> None:
    company.invoice("5")
    books = company.books()
    cursor = Read(books).cursor
    company.time.passed += 900
    company.change("Customer", "1", PrimaryEmailAddr={"Address": ""})
    assert emails(Read(books, cursor).customer("1")) == []


def test_a_currency_that_no_document_names_is_the_company_own(company: Company) -> None:
    company.invoice("5", CurrencyRef=None)
    company.invoice("6", CurrencyRef=None)
    assert [each.currency for each in Read(company.books()).items] == ["USD", "USD"]
    assert len(company.asked("preferences")) == 1


def test_items_read_again_are_as_they_stand_now_and_void_or_missing_ones_are_not_items(company: Company) -> None:
    company.invoice("5")
    company.put("Invoice", recorded("invoice_void.json"))
    company.put("CreditMemo", recorded("credit_memo.json"))
    company.payment("8", ("5", 1.0))
    company.change("Invoice", "5", Balance=12.0)
    page = company.books().refresh(
        ["invoice:5", "invoice:65", "invoice:404", "credit_note:184", "payment:8", "nonsense", "invoice:"]
    )
    assert {each.item_id: str(each.balance) for each in page.items} == {
        "invoice:5": "12.00",
        "credit_note:184": "-100.00",
        "payment:8": "0.00",
    }
    assert page.voided == ("invoice:65",)
    assert [each.customer_id for each in page.customers] == ["1"]


def test_reading_again_takes_one_call_for_each_kind_and_200_items(company: Company) -> None:
    for number in range(1000, 1201):
        company.invoice(str(number))
    page = company.books().refresh([f"invoice:{number}" for number in range(1000, 1201)])
    assert len(page.items) == 201
    assert len([query for query in company.queries if "from Invoice" in query]) == 2
    assert len(company.calls) == 3


def test_an_id_with_a_quote_asks_for_nothing_else(company: Company) -> None:
    company.invoice("5")
    page = company.books().refresh(["invoice:x') or Id in ('5"])
    assert page.items == ()
    assert r"Id in ('x\') or Id in (\'5')" in company.queries[0]


def test_another_invoice_than_the_one_asked_for_is_not_taken(company: Company) -> None:
    row = company.invoice("5")
    company.before = lambda call: (
        company.said({"QueryResponse": {"Invoice": [row]}}) if "from Invoice" in str(call.query) else None
    )
    assert company.books().refresh(["invoice:6"]).items == ()


def test_a_cursor_of_another_company_is_refused(company: Company) -> None:
    cursor = Read(company.books()).cursor
    with pytest.raises(WrongOrganisationError):
        Read(company.books(), cursor.replace(REALM, "1"))


@pytest.mark.parametrize("cursor", ["{}", "nonsense", '{"form":1}', '{"form":99,"realm":"x"}'])
def test_a_cursor_that_is_none_of_ours_reads_everything(company: Company, cursor: str) -> None:
    company.invoice("5")
    assert Read(company.books(), cursor).done.full


def test_a_cursor_stays_small_however_many_payments_there_are(company: Company) -> None:
    for number in range(5200):
        company.payment(str(number), ("5", 1.0), UnappliedAmt=0.5 if number % 2 else 0, TotalAmt=2.0)
    kept = json.loads(Read(company.books()).cursor)
    assert len(kept["links"]) == 5000
    assert kept["unapplied"] is None


def test_a_fault_inside_a_200_stops_the_pull(company: Company) -> None:
    company.before = lambda _: (200, {}, json.dumps(recorded("fault_closed.json")))
    with pytest.raises(BooksRefusedError):
        Read(company.books())


def test_a_token_that_runs_out_in_the_middle_is_renewed_once_and_the_pull_goes_on(company: Company) -> None:
    company.invoice("5")
    gone: list[str] = []

    def expired(call: Call) -> Reaction | None:
        if "from Invoice" in str(call.query) and not gone:
            gone.append(call.headers["Authorization"])
            return 401, {}, json.dumps(recorded("fault_authentication.json"))
        return None

    company.before = expired
    assert Read(company.books()).ids == ["invoice:5"]
    assert len(company.tokens.refused) == 1


def test_a_minute_limit_is_waited_for(company: Company) -> None:
    company.invoice("5")
    refusals: list[Reaction] = [(403, {}, (RECORDED / "fault_throttled.xml").read_text())]
    company.before = lambda call: refusals.pop() if "from Invoice" in str(call.query) and refusals else None
    assert Read(company.books()).ids == ["invoice:5"]
    assert max(company.time.waits) >= 60
