from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import responses

from connectors.xero.pulling import PullUnfinishedError
from engine.errors import (
    BooksBusyError,
    BooksUnreachableError,
    BooksUnreadableError,
    ConsentNeededError,
    WrongOrganisationError,
)
from tests.fakes.http_calls import MORNING
from tests.fakes.xero_tenant import XeroTenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.xero.books import XeroBooks
    from engine.model import Customer, OpenItem
    from engine.records import Completed, Page
    from tests.fakes.xero_tenant import Asked

RECORDED = Path(__file__).parent / "recorded" / "xero"
CHANGED_2008 = "/Date(1229818032087+0000)/"


def stamp(moment: datetime) -> str:
    return f"/Date({int(moment.timestamp() * 1000)}+0000)/"


def invoice(number: int, **changes: object) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "InvoiceID": f"i-{number}",
        "InvoiceNumber": f"INV-{number}",
        "AmountDue": 10.00,
        "Total": 10.00,
        "Contact": {"ContactID": f"c-{number % 7}", "Name": f"Customer {number % 7}"},
        "DateString": "2026-04-14T00:00:00",
        "DueDateString": "2026-04-29T00:00:00",
        "Status": "AUTHORISED",
        "UpdatedDateUTC": f"/Date({1229818032087 + number}+0000)/",
        "CurrencyCode": "USD",
    } | changes


def contact(number: int, **changes: object) -> dict[str, Any]:
    return {
        "ContactID": f"c-{number}",
        "Name": f"Customer {number}",
        "ContactStatus": "ACTIVE",
        "EmailAddress": f"ap@customer-{number}.example",
        "IsCustomer": True,
        "UpdatedDateUTC": CHANGED_2008,
    } | changes


@pytest.fixture
def tenant() -> Iterator[XeroTenant]:
    made = XeroTenant()
    made.lists["Contacts"] = [contact(number) for number in range(7)]
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made.install(mock)
        yield made


@pytest.fixture
def recorded() -> Iterator[XeroTenant]:
    made = XeroTenant.recorded(RECORDED)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made.install(mock)
        yield made


class Pulled:
    """All that one pull gave, in order."""

    def __init__(self, books: XeroBooks, cursor: str = "", *, reconcile: bool = False) -> None:
        pull = books.pull(cursor, reconcile=reconcile)
        self.pages: list[Page] = list(pull.pages())
        self.completed: Completed = pull.completed()
        self.items: dict[str, OpenItem] = {item.item_id: item for page in self.pages for item in page.items}
        self.customers: dict[str, Customer] = {each.customer_id: each for page in self.pages for each in page.customers}
        self.voided = [each for page in self.pages for each in page.voided]
        self.payments = {each.payment_id: each for page in self.pages for each in page.payments}


def sent(tenant: XeroTenant, path: str) -> list[Asked]:
    return [asked for asked in tenant.asked if asked.path == path]


def test_the_recorded_books_are_read_whole(recorded: XeroTenant) -> None:
    pulled = Pulled(recorded.books())
    assert {item.number: str(item.balance) for item in pulled.items.values()} == {
        "INV-0024": "703.63",
        "INV-0001": "0.00",
        "INV-0029": "216.50",
        "INV-0030": "120000",
        "CN-0014": "0.00",
        "CN-0015": "-32.50",
        "Paid twice": "-20.00",
        "INV-0011": "-3000.00",
    }
    assert sorted(pulled.voided) == [
        "invoice:11aa22bb-33cc-44dd-85ee-66ff77aa88bb",
        "invoice:5f2d3c1b-0a9e-4d8c-b7f6-e5d4c3b2a190",
    ]
    assert {each.payment_id[:8]: (str(each.amount), each.undone) for each in pulled.payments.values()} == {
        "655ad293": ("541.25", False),
        "77aabbcc": ("33.50", False),
        "88bbccdd": ("200.00", True),
        "b6cf7240": ("450.00", False),
    }
    assert {each.name: each.do_not_contact for each in pulled.customers.values()} == {
        "City Limousines": False,
        "RITE Agency": False,
        "Boom FM": True,
        "Sakura Trading": True,
    }
    assert pulled.completed.full
    assert pulled.completed.bad_lines == ()
    assert pulled.completed.suspicions == ()
    assert pulled.completed.remarks == ("no due date, 30 days after the invoice is assumed: INV-0029",)


def test_the_first_sync_asks_for_everything_since_stamps_may_be_years_older_than_their_invoices(
    tenant: XeroTenant,
) -> None:
    tenant.lists["Invoices"] = [invoice(1, UpdatedDateUTC=CHANGED_2008)]
    assert "invoice:i-1" in Pulled(tenant.books()).items
    assert not [asked for asked in tenant.asked if "If-Modified-Since" in asked.headers]


def test_a_list_is_asked_for_sales_only_newest_first_a_thousand_at_a_time(tenant: XeroTenant) -> None:
    Pulled(tenant.books())
    (asked,) = sent(tenant, "/Invoices")
    assert asked.query == {"page": "1", "pageSize": "1000", "order": "UpdatedDateUTC DESC", "where": 'Type=="ACCREC"'}
    assert asked.headers["xero-tenant-id"] == tenant.organisation["OrganisationID"]
    assert asked.headers["Accept"] == "application/json"


def test_the_next_sync_asks_from_ten_minutes_before_the_last_one_began(tenant: XeroTenant) -> None:
    books = tenant.books()
    cursor = Pulled(books).completed.cursor
    tenant.asked.clear()
    tenant.time.wait(3600)
    pulled = Pulled(books, cursor)
    lists = [asked for asked in tenant.asked if asked.path != "/Organisation"]
    assert {asked.headers["If-Modified-Since"] for asked in lists} == {"2026-11-23T07:50:00"}
    assert not pulled.completed.full
    assert len(tenant.asked) == 7  # one small request for each list, and whose books they are
    assert pulled.pages == []


def test_a_clock_of_ours_that_is_ahead_loses_no_change(tenant: XeroTenant) -> None:
    tenant.fail(
        "/Organisation",
        200,
        {"DateTimeUTC": stamp(MORNING - timedelta(hours=2)), "Organisations": [tenant.organisation]},
    )
    assert '"2026-11-23T05:50:00"' in Pulled(tenant.books()).completed.cursor


def test_only_what_changed_comes_again_with_its_customer(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(1), invoice(2)]
    books = tenant.books()
    cursor = Pulled(books).completed.cursor
    tenant.time.wait(3600)
    tenant.lists["Invoices"][1] |= {"Status": "PAID", "AmountDue": 0, "UpdatedDateUTC": stamp(tenant.time.now())}
    pulled = Pulled(books, cursor)
    assert list(pulled.items) == ["invoice:i-2"]
    assert pulled.items["invoice:i-2"].balance.minor == 0
    assert list(pulled.customers) == ["c-2"]


def test_a_304_means_that_nothing_changed(tenant: XeroTenant) -> None:
    books = tenant.books()
    cursor = Pulled(books).completed.cursor
    tenant.fail("/Invoices", 304)
    assert Pulled(books, cursor).items == {}


def test_many_pages_give_each_row_once(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(number) for number in range(25)]
    tenant.most_rows = 4
    pulled = Pulled(tenant.books())
    ids = [item.item_id for page in pulled.pages for item in page.items]
    assert sorted(ids) == sorted(f"invoice:i-{number}" for number in range(25))


def test_an_invoice_that_changes_between_two_pages_is_read_anew_and_no_other_is_passed_over(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(number) for number in range(12)]
    tenant.most_rows = 3

    for changed in range(12):
        row = tenant.lists["Invoices"][changed]

        def change(asked: Asked, row: dict[str, Any] = row) -> None:
            if asked.path == "/Invoices" and asked.query["page"] == "3":
                row |= {"AmountDue": 4.00, "UpdatedDateUTC": stamp(tenant.time.now())}

        tenant.before = change
        pulled = Pulled(tenant.books())
        assert sorted(pulled.items) == sorted(f"invoice:i-{number}" for number in range(12)), changed
        assert pulled.items[f"invoice:i-{changed}"].balance.minor == 400
        tenant.lists["Invoices"][changed] = invoice(changed)


def test_a_row_that_comes_twice_is_given_once_and_its_newer_state_follows(tenant: XeroTenant) -> None:
    old = invoice(1)
    tenant.lists["Invoices"] = [old, old | {"UpdatedDateUTC": stamp(MORNING), "AmountDue": 5}, dict(old)]
    pulled = Pulled(tenant.books())
    versions = [item.version for page in pulled.pages for item in page.items]
    assert len(versions) == len(set(versions)) == 2


def test_reconciling_also_reads_what_is_open_and_all_customers(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(1), invoice(2, Status="PAID", AmountDue=0)]
    tenant.lists["CreditNotes"] = [
        invoice(3, Type="ACCRECCREDIT", CreditNoteID="n-3", CreditNoteNumber="CN-3", RemainingCredit=2)
    ]
    books = tenant.books()
    cursor = Pulled(books).completed.cursor
    tenant.time.wait(3600)
    tenant.asked.clear()
    # A change that moved no stamp.
    tenant.lists["Invoices"][0]["DueDateString"] = "2026-06-30T00:00:00"
    pulled = Pulled(books, cursor, reconcile=True)
    assert sorted(pulled.items) == ["credit_note:n-3", "invoice:i-1"]
    assert pulled.items["invoice:i-1"].due_on == date(2026, 6, 30)
    assert pulled.completed.full
    open_list, changed = sent(tenant, "/Invoices")
    assert (open_list.query["Statuses"], open_list.headers.get("If-Modified-Since")) == ("AUTHORISED", None)
    assert "Statuses" not in changed.query
    assert len(pulled.customers) == 7


def test_what_is_paid_while_open_items_are_read_hides_no_other(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(number) for number in range(9)]
    books = tenant.books()
    cursor = Pulled(books).completed.cursor
    tenant.time.wait(3600)
    tenant.most_rows = 3
    newest = tenant.lists["Invoices"][8]

    def pay(asked: Asked) -> None:
        if asked.path == "/Invoices" and asked.query.get("Statuses") and asked.query["page"] == "2":
            newest.update(Status="PAID", AmountDue=0, UpdatedDateUTC=stamp(tenant.time.now()))

    tenant.before = pay
    pulled = Pulled(books, cursor, reconcile=True)
    assert sorted(pulled.items) == [f"invoice:i-{number}" for number in range(9)]
    assert pulled.items["invoice:i-8"].balance.minor == 0


def test_another_organisation_behind_the_connection_stops_the_pull_before_anything_is_read(tenant: XeroTenant) -> None:
    tenant.organisation |= {"OrganisationID": "ffffffff-0000-4000-8000-000000000000", "Name": "Other Ltd"}
    with pytest.raises(WrongOrganisationError, match="Other Ltd"):
        Pulled(tenant.books())
    assert tenant.paths() == ["/Organisation"]
    with pytest.raises(WrongOrganisationError):
        tenant.books().about()


OWN_ID = "ffffffff-0000-4000-8000-000000000000"


def test_an_organisation_that_gives_itself_another_id_is_known_by_its_name_and_then_by_that_id(
    tenant: XeroTenant,
) -> None:
    tenant.organisation |= {"OrganisationID": OWN_ID, "Name": "Acme  Joinery Ltd"}
    books = tenant.books(named="ACME Joinery ltd")
    assert books.about().organisation_id == books.organisation
    cursor = Pulled(books).completed.cursor
    # Renamed since: what was learnt holds, in another process too, and is passed on from pull to pull.
    tenant.organisation |= {"Name": "Acme Holding Ltd", "OrganisationID": OWN_ID.upper()}
    for _ in range(2):
        cursor = Pulled(tenant.books(named="ACME Joinery ltd"), cursor).completed.cursor
    Pulled(tenant.books(named="ACME Joinery ltd"), cursor, reconcile=True)


def test_after_the_first_pull_a_name_alone_is_no_proof(tenant: XeroTenant) -> None:
    tenant.organisation |= {"Name": "Acme Joinery Ltd"}
    same = Pulled(tenant.books(named="Acme Joinery Ltd")).completed.cursor
    tenant.organisation |= {"OrganisationID": OWN_ID}
    other = Pulled(tenant.books(named="Acme Joinery Ltd")).completed.cursor
    for cursor, now in ((same, OWN_ID), (other, "eeeeeeee-0000-4000-8000-000000000000")):
        tenant.organisation |= {"OrganisationID": now}
        with pytest.raises(WrongOrganisationError, match="Acme Joinery Ltd"):
            Pulled(tenant.books(named="Acme Joinery Ltd"), cursor)


def test_what_a_pull_has_learnt_counts_for_what_is_asked_after_it(tenant: XeroTenant) -> None:
    tenant.organisation |= {"OrganisationID": OWN_ID, "Name": "Acme Joinery Ltd"}
    books = tenant.books(named="Acme Joinery Ltd")
    Pulled(books)
    tenant.organisation |= {"OrganisationID": "eeeeeeee-0000-4000-8000-000000000000"}
    with pytest.raises(WrongOrganisationError):
        books.about()


@pytest.mark.parametrize(("named", "name"), [("", ""), ("", "Acme Joinery Ltd"), ("Acme Joinery Ltd", "")])
def test_a_name_that_is_not_told_agrees_with_none(tenant: XeroTenant, named: str, name: str) -> None:
    tenant.organisation |= {"OrganisationID": OWN_ID, "Name": name, "LegalName": ""}
    with pytest.raises(WrongOrganisationError):
        Pulled(tenant.books(named=named))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("detail", ["AuthorizationUnsuccessful", "AuthenticationUnsuccessful"])
def test_money_on_account_outside_the_consent_is_a_remark_and_read_whole_once_it_is_allowed(
    tenant: XeroTenant, status: int, detail: str
) -> None:
    tenant.lists["Invoices"] = [invoice(1)]
    tenant.lists["Prepayments"] = [
        invoice(5, Type="RECEIVE-PREPAYMENT", PrepaymentID="q-5", RemainingCredit=3, UpdatedDateUTC=CHANGED_2008)
    ]
    tenant.tokens.following = [f"token-{number}" for number in range(9)]
    for path in ("/Overpayments", "/Prepayments"):
        for _ in range(2):
            tenant.fail(path, status, {"Title": "No", "Status": status, "Detail": detail})
        if status == 403 or detail == "AuthorizationUnsuccessful":
            tenant.fail(path, status, {"Title": "No", "Status": status, "Detail": detail})
    books = tenant.books()
    pulled = Pulled(books)
    assert "invoice:i-1" in pulled.items
    assert len(pulled.completed.remarks) == 2
    assert all("add the scope" in remark for remark in pulled.completed.remarks)
    tenant._faults.clear()
    tenant.time.wait(3600)
    again = Pulled(books, pulled.completed.cursor)
    assert list(again.items) == ["prepayment:q-5"]
    assert again.completed.remarks == ()


def test_a_consent_that_is_gone_is_no_remark(tenant: XeroTenant) -> None:
    tenant.fail("/Invoices", 403, {"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"})
    with pytest.raises(ConsentNeededError):
        Pulled(tenant.books())


def test_a_pull_that_breaks_off_is_never_complete(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(number) for number in range(5)]
    for _ in range(9):
        tenant.fail("/Payments", 503, b"<html>")
    pull = tenant.books().pull("")
    with pytest.raises(BooksUnreachableError):
        list(pull.pages())
    with pytest.raises(PullUnfinishedError):
        pull.completed()


def test_a_full_minute_is_waited_for_and_a_full_day_is_not(tenant: XeroTenant) -> None:
    tenant.fail("/Invoices", 429, b"", headers={"Retry-After": "17", "X-Rate-Limit-Problem": "minute"})
    Pulled(tenant.books())
    assert max(tenant.time.waits) >= 17
    tenant.time.waits.clear()
    tenant.fail("/Invoices", 429, b"", headers={"Retry-After": "40000", "X-Rate-Limit-Problem": "day"})
    with pytest.raises(BooksBusyError) as raised:
        Pulled(tenant.books())
    assert raised.value.retry_at == tenant.time.now() + timedelta(seconds=40000)
    assert tenant.time.waits == []
    assert len(tenant.budget.parked) == 1


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'{"Invoices":[{"Type":"ACC', b"{}", b""])
def test_an_answer_that_is_no_list_is_never_taken_for_an_empty_one(tenant: XeroTenant, body: bytes) -> None:
    for _ in range(9):
        tenant.fail("/Invoices", 200, body)
    with pytest.raises(BooksUnreadableError):
        Pulled(tenant.books())


def test_an_answer_cut_short_once_is_read_again(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(1)]
    tenant.fail("/Invoices", 200, b'{"Invoices":[{"Type":"ACC')
    assert list(Pulled(tenant.books()).items) == ["invoice:i-1"]


def page_of(rows: list[dict[str, Any]], **pagination: int) -> bytes:
    return json.dumps({"pagination": pagination, "Invoices": rows}).encode()


def test_an_empty_page_before_the_announced_end_is_no_end(tenant: XeroTenant) -> None:
    tenant.fail("/Invoices", 200, page_of([invoice(1)], page=1, pageSize=1, pageCount=3, itemCount=3))
    tenant.fail("/Invoices", 200, page_of([], page=2, pageSize=1, pageCount=3, itemCount=3))
    with pytest.raises(BooksUnreadableError, match="page 2"):
        Pulled(tenant.books())


def test_the_wrong_page_is_not_taken(tenant: XeroTenant) -> None:
    for _ in range(2):
        tenant.fail("/Invoices", 200, page_of([invoice(1)], page=1, pageSize=1, pageCount=3, itemCount=3))
    with pytest.raises(BooksUnreadableError, match="page 2"):
        Pulled(tenant.books())


def test_the_same_page_again_and_again_is_cut(tenant: XeroTenant) -> None:
    tenant.says_pages = False
    for _ in range(99):
        tenant.fail("/Invoices", 200, json.dumps({"Invoices": [invoice(1)]}).encode())
    with pytest.raises(BooksUnreadableError, match="again and again"):
        Pulled(tenant.books())


def test_a_list_without_end_is_cut(tenant: XeroTenant) -> None:
    for number in range(1, 300):
        rows = [invoice(number)]
        tenant.fail("/Invoices", 200, page_of(rows, page=number, pageSize=1, pageCount=number + 1, itemCount=9))
    with pytest.raises(BooksUnreadableError, match="no end"):
        Pulled(tenant.books())


def test_suppliers_wait_until_a_document_names_them(tenant: XeroTenant) -> None:
    tenant.lists["Contacts"].append(contact(8, IsCustomer=False, IsSupplier=True))
    tenant.lists["Contacts"].append(contact(9, IsCustomer=False, IsSupplier=True))
    named = {"ContactID": "c-9", "Name": "Customer 9"}
    tenant.lists["Invoices"] = [invoice(1, Contact=named)]
    pulled = Pulled(tenant.books())
    assert "c-8" not in pulled.customers
    assert pulled.customers["c-9"].contacts[0].email == "ap@customer-9.example"
    assert sent(tenant, "/Contacts")[-1].query["IDs"] == "c-9"


def test_a_customer_that_xero_no_longer_shows_is_told_by_name_and_cannot_be_written_to(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(1, Contact={"ContactID": "gone", "Name": "Gone Ltd"})]
    found = Pulled(tenant.books()).customers["gone"]
    assert (found.name, found.contacts) == ("Gone Ltd", ())


def test_many_customers_at_once_are_read_as_a_list_and_few_by_id(tenant: XeroTenant) -> None:
    books = tenant.books()
    cursor = Pulled(books).completed.cursor
    tenant.lists["Contacts"] = [contact(number) for number in range(500)]
    tenant.time.wait(3600)
    now = stamp(tenant.time.now())
    for count, calls in ((90, 3), (500, 1)):
        tenant.lists["Invoices"] = [
            invoice(n, UpdatedDateUTC=now, Contact={"ContactID": f"c-{n}", "Name": "x"}) for n in range(count)
        ]
        tenant.asked.clear()
        pulled = Pulled(books, cursor)
        assert len(pulled.customers) == count
        assert len(sent(tenant, "/Contacts")) == 1 + calls


def test_all_customers_are_listed_once_in_a_pull_and_what_is_missing_then_is_asked_for_by_id(
    tenant: XeroTenant,
) -> None:
    tenant.lists["Contacts"] = [contact(number, IsCustomer=False) for number in range(250)]
    tenant.lists["Invoices"] = [invoice(n, Contact={"ContactID": f"c-{n}", "Name": "x"}) for n in range(250)]
    assert len(Pulled(tenant.books()).customers) == 250
    assert ["IDs" in asked.query for asked in sent(tenant, "/Contacts")] == [False] + [True] * 7


def test_archived_customers_are_asked_for_too(tenant: XeroTenant) -> None:
    tenant.lists["Contacts"].append(contact(8, IsCustomer=False, ContactStatus="ARCHIVED"))
    tenant.lists["Invoices"] = [invoice(1, Contact={"ContactID": "c-8", "Name": "x"})]
    assert Pulled(tenant.books()).customers["c-8"].do_not_contact
    assert {asked.query.get("includeArchived") for asked in sent(tenant, "/Contacts")} == {"true"}


def test_a_page_longer_than_asked_is_cut_into_pages_of_a_thousand(tenant: XeroTenant) -> None:
    rows = [invoice(number) for number in range(2500)]
    tenant.fail("/Invoices", 200, page_of(rows, page=1, pageSize=2500, pageCount=1, itemCount=2500))
    pulled = Pulled(tenant.books())
    assert [len(page.items) for page in pulled.pages if page.items] == [1000, 1000, 500]


def test_more_than_one_bad_row_in_a_hundred_is_suspicious_in_a_full_reading(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(1), invoice(2, AmountDue=None), invoice(3, AmountDue="x")]
    completed = Pulled(tenant.books()).completed
    assert [each.file for each in completed.bad_lines] == ["Invoices", "Invoices"]
    assert len(completed.suspicions) == 1


def test_payments_are_known_until_today_where_the_organisation_is(tenant: XeroTenant) -> None:
    tenant.time.start = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    assert Pulled(tenant.books()).completed.known_until == date(2026, 11, 22)
    tenant.organisation["Timezone"] = "Pacific/Auckland"
    tenant.time.start = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert Pulled(tenant.books()).completed.known_until == date(2026, 11, 24)


def test_a_payment_seen_without_a_currency_takes_its_foreign_invoices(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [invoice(1, CurrencyCode="EUR")]
    tenant.lists["Payments"] = [
        {
            "PaymentID": "p-1",
            "Date": CHANGED_2008,
            "Amount": 4,
            "CurrencyRate": 1.2,
            "PaymentType": "ACCRECPAYMENT",
            "Status": "AUTHORISED",
            "Invoice": {"InvoiceID": "i-1"},
        }
    ]
    assert Pulled(tenant.books()).payments["p-1"].amount.currency == "EUR"


def test_the_books_are_read_wherever_base_url_points() -> None:
    made = XeroTenant()
    made.lists["Invoices"] = [invoice(1)]
    base = "http://127.0.0.1:4010/some/where"
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made.install(mock, base)
        books = made.books(base_url=base + "/")
        assert list(Pulled(books).items) == ["invoice:i-1"]
        assert books.refresh(["invoice:i-1"]).items
