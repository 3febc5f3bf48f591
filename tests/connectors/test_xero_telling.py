from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import responses

from tests.fakes.http_calls import MORNING
from tests.fakes.xero_tenant import XeroTenant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.records import Page

LATER = f"/Date({int(MORNING.timestamp() * 1000) + 3_600_000}+0000)/"


def contact(number: int) -> dict[str, Any]:
    return {"ContactID": f"c-{number}", "Name": f"Customer {number}", "IsCustomer": True}


def invoice(number: int, **changes: object) -> dict[str, Any]:
    return {
        "Type": "ACCREC",
        "InvoiceID": f"i-{number}",
        "InvoiceNumber": f"INV-{number}",
        "AmountDue": 10.00,
        "Total": 10.00,
        "Contact": {"ContactID": f"c-{number}", "Name": f"Customer {number}"},
        "DateString": "2026-04-14T00:00:00",
        "DueDateString": "2026-04-29T00:00:00",
        "Status": "AUTHORISED",
        "UpdatedDateUTC": "/Date(1229818032087+0000)/",
        "CurrencyCode": "USD",
    } | changes


@pytest.fixture
def tenant() -> Iterator[XeroTenant]:
    made = XeroTenant()
    made.lists["Contacts"] = [contact(number) for number in range(300)]
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made.install(mock)
        yield made


def changed_pull(tenant: XeroTenant, documents: int) -> list[Page]:
    """Read the books whole, and an hour later what changed: documents of as many customers."""
    books = tenant.books()
    first = books.pull("")
    assert list(first.pages())
    tenant.time.wait(7200)
    tenant.lists["Invoices"] = [invoice(number, UpdatedDateUTC=LATER) for number in range(documents)]
    tenant.asked.clear()
    tenant.most_rows = 1000
    return list(books.pull(first.completed().cursor).pages())


def whole_list(tenant: XeroTenant) -> list[str]:
    contacts = [each for each in tenant.asked if each.path == "/Contacts"]
    return [each.path for each in contacts if "IDs" not in each.query and "If-Modified-Since" not in each.headers]


def test_customers_of_many_changed_documents_are_asked_for_by_id_where_the_list_of_all_is_long(
    tenant: XeroTenant,
) -> None:
    tenant.most_rows = 50
    told = [customer.customer_id for page in changed_pull(tenant, 250) for customer in page.customers]
    assert sorted(told) == sorted(f"c-{number}" for number in range(250))
    assert not whole_list(tenant)


def test_they_are_read_as_one_list_where_that_is_short(tenant: XeroTenant) -> None:
    told = [customer.customer_id for page in changed_pull(tenant, 250) for customer in page.customers]
    assert set(told) >= {f"c-{number}" for number in range(250)}
    assert len(whole_list(tenant)) == 1


def test_what_a_list_of_all_contacts_took_is_remembered_over_pulls_that_do_not_read_it(tenant: XeroTenant) -> None:
    tenant.most_rows = 50
    books = tenant.books()
    first = books.pull("")
    assert list(first.pages())
    second = books.pull(first.completed().cursor)
    list(second.pages())
    tenant.most_rows = 1000
    tenant.time.wait(7200)
    tenant.lists["Invoices"] = [invoice(number, UpdatedDateUTC=LATER) for number in range(250)]
    tenant.asked.clear()
    list(books.pull(second.completed().cursor).pages())
    assert not whole_list(tenant)


def test_customers_come_in_one_page_with_their_items(tenant: XeroTenant) -> None:
    pages = [page for page in changed_pull(tenant, 90) if page.items]
    assert [(len(page.customers), len(page.items)) for page in pages] == [(90, 90)]


def test_a_customer_that_was_told_before_is_not_asked_for_again(tenant: XeroTenant) -> None:
    books = tenant.books(knows=lambda ids: {each for each in ids if each != "c-2"})
    first = books.pull("")
    list(first.pages())
    tenant.time.wait(7200)
    tenant.lists["Invoices"] = [invoice(number, UpdatedDateUTC=LATER) for number in range(4)]
    pages = list(books.pull(first.completed().cursor).pages())
    assert [customer.customer_id for page in pages for customer in page.customers] == ["c-2"]
    assert [each.query["IDs"] for each in tenant.asked if "IDs" in each.query] == ["c-2"]


def test_a_customer_that_was_told_before_comes_again_when_it_changes_supplier_or_not(tenant: XeroTenant) -> None:
    books = tenant.books(knows=lambda ids: set(ids) & {"c-1", "c-2"})
    first = books.pull("")
    list(first.pages())
    tenant.time.wait(7200)
    for number in (1, 2, 3):
        tenant.lists["Contacts"][number] |= {"UpdatedDateUTC": LATER, "IsCustomer": number == 1}
    pages = list(books.pull(first.completed().cursor).pages())
    assert [customer.customer_id for page in pages for customer in page.customers] == ["c-1", "c-2"]


@pytest.mark.parametrize("reconcile", [False, True])
def test_whoever_reads_everything_is_told_everyone(tenant: XeroTenant, *, reconcile: bool) -> None:
    books = tenant.books(knows=set)
    first = books.pull("")
    list(first.pages())
    tenant.lists["Contacts"][5]["IsCustomer"] = False
    tenant.lists["Invoices"] = [invoice(5), invoice(6, Contact={"ContactID": "gone", "Name": "Gone Ltd"})]
    pages = list(books.pull(first.completed().cursor if reconcile else "", reconcile=reconcile).pages())
    assert len([customer for page in pages for customer in page.customers]) == 301
