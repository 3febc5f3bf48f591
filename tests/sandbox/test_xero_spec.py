"""The sandbox's Xero against the official OpenAPI documents: what it answers, and what these tests ask."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.ledger import Organisation, Person
from tests.fakes.openapi import Contract, OffContractError, contract, decoded
from tests.fakes.xero_caller import OTHER_TENANT, XeroCaller, xero_caller

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

_SPECS = Path(__file__).resolve().parents[2] / "../shared/specs"
_ACCOUNTING = _SPECS / "xero_accounting_trimmed.yaml"
_IDENTITY = _SPECS / "xero-identity.yaml"

pytestmark = [
    pytest.mark.spec,
    pytest.mark.skipif(not _ACCOUNTING.exists(), reason="the official OpenAPI does not lie beside the checkout"),
]

# In every recorded answer, and in no schema of the document.
_UNDOCUMENTED = {
    "DateString",
    "DateTimeUTC",
    "DateUTCString",
    "DueDateString",
    "ID",
    "Id",
    "InvoicePaymentServices",
    "ProviderName",
    "Status",
    "ValidationErrors",
}
LISTS = ["Invoices", "CreditNotes", "Payments", "Overpayments", "Prepayments", "Contacts"]


@pytest.fixture(scope="module", name="accounting")
def _accounting() -> Contract:
    return contract(_ACCOUNTING)


@pytest.fixture(scope="module", name="xero")
def _xero() -> XeroCaller:
    """Books with something of everything."""
    xero = xero_caller()
    people = [Person(name="Ann Ash", email="ann@larch.example")]
    party = xero.customer(cc_people=people, phone="020 7946 0000", address=["1 Elm Row", "Leeds"])
    xero.customer("Gone Ltd", active=False)
    open_one = xero.invoice("100", party, number="OPEN")
    paid = xero.invoice("80", party, number="PAID", currency="EUR")
    xero.invoice("10", party, number="BILL", side="purchase")
    xero.invoice("10", party, number="DRAFT", status="draft", due_on=None)
    xero.books.void(xero.invoice("10", party, number="VOID").id)
    xero.books.discard(xero.invoice("10", party, number="DELETED", status="draft").id)
    xero.books.pay(paid.id, Decimal(80), date(2026, 11, 1))
    xero.books.undo(xero.books.pay(open_one.id, Decimal(5), date(2026, 11, 1)).id)
    xero.books.credit_note(party, Decimal(20), date(2026, 11, 2), applies_to=open_one.id)
    xero.books.credit_note(party, Decimal(7), date(2026, 11, 2), side="purchase")
    over = xero.books.receive(party, Decimal(30), date(2026, 11, 3))
    xero.books.apply(over.id, open_one.id, Decimal(10))
    xero.books.receive(party, Decimal(30), date(2026, 11, 3), kind="prepayment")
    batch = xero.books.receive(party, Decimal(4), date(2026, 11, 4), kind="payment")
    xero.books.apply(batch.id, open_one.id, Decimal(3))
    xero.books.apply(batch.id, xero.invoice("1", party).id, Decimal(1))
    return xero


def _judged(
    accounting: Contract, xero: XeroCaller, method: str, path: str, body: object = None, **query: Any
) -> TestResponse:
    """Make a request, judge it and its answer."""
    more = {"content_type": "application/json", "body": json.dumps(body)} if body is not None else {}
    asked = {key: str(value) for key, value in query.items()}
    accounting.check_request(method, path, query=asked, headers=xero.headers, **more)
    answer = xero.call(method, path, body, **query)
    accounting.check_answer(method, path, answer.status_code, content_type=answer.content_type, body=answer.data)
    if answer.mimetype == "application/json" and answer.status_code == 200:
        unknown = accounting.unknown_names(method, path, 200, decoded(answer.data))
        assert unknown <= _UNDOCUMENTED
    return answer


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "query", [{}, {"page": 1}, {"page": 1, "pageSize": 2}, {"page": 9}, {"order": "UpdatedDateUTC ASC"}]
)
def test_lists_are_as_documented(accounting: Contract, xero: XeroCaller, name: str, query: dict[str, Any]) -> None:
    answer = _judged(accounting, xero, "GET", f"/{name}", **query)
    assert answer.status_code == 200
    assert decoded(answer.data)[name] or query.get("page") == 9


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Invoices", {"summaryOnly": "true", "where": 'Type=="ACCREC"', "Statuses": "AUTHORISED,PAID"}),
        ("Contacts", {"summaryOnly": "true", "includeArchived": "true"}),
    ],
)
def test_filters_are_as_documented(accounting: Contract, xero: XeroCaller, name: str, query: dict[str, Any]) -> None:
    assert decoded(_judged(accounting, xero, "GET", f"/{name}", **query).data)[name]


def test_lists_by_ids_are_as_documented(accounting: Contract, xero: XeroCaller) -> None:
    ids = ",".join(list(xero.books.documents)[:2])
    assert decoded(_judged(accounting, xero, "GET", "/Invoices", IDs=ids).data)["Invoices"]
    ids = ",".join(list(xero.books.parties)[:1])
    assert decoded(_judged(accounting, xero, "GET", "/Contacts", IDs=ids).data)["Contacts"]


def test_every_invoice_by_itself_is_as_documented(accounting: Contract, xero: XeroCaller) -> None:
    statuses = set()
    for document in xero.books.documents.values():
        if document.kind == "invoice":
            answer = _judged(accounting, xero, "GET", f"/Invoices/{document.id}")
            statuses.add(decoded(answer.data)["Invoices"][0]["Status"])
    assert statuses == {"AUTHORISED", "PAID", "DRAFT", "VOIDED", "DELETED"}


def test_what_is_around_an_invoice_is_as_documented(accounting: Contract, xero: XeroCaller) -> None:
    key = next(iter(xero.books.documents))
    note = {"HistoryRecords": [{"Details": "Reminder 1"}]}
    assert _judged(accounting, xero, "PUT", f"/Invoices/{key}/History", note).status_code == 200
    assert _judged(accounting, xero, "GET", f"/Invoices/{key}/History").status_code == 200
    assert _judged(accounting, xero, "GET", f"/Invoices/{key}/OnlineInvoice").status_code == 200
    assert _judged(accounting, xero, "POST", f"/Invoices/{key}/Email", {}).status_code == 204
    answer = xero.call("GET", f"/Invoices/{key}/pdf", headers={"Accept": "application/pdf"})
    accounting.check_answer("GET", f"/Invoices/{key}/pdf", 200, content_type=answer.content_type, body=answer.data)


def test_validation_errors_are_as_documented(accounting: Contract, xero: XeroCaller) -> None:
    draft = next(one.id for one in xero.books.documents.values() if one.number == "DRAFT")
    assert _judged(accounting, xero, "POST", f"/Invoices/{draft}/Email", {}).status_code == 400
    note = {"HistoryRecords": [{"Details": "n" * 251}]}
    assert _judged(accounting, xero, "PUT", f"/Invoices/{draft}/History", note).status_code == 400


def test_the_organisation_is_as_documented(accounting: Contract, xero: XeroCaller) -> None:
    about = Organisation(
        id=OTHER_TENANT, name="Autre", country="FR", timezone="Europe/Paris", closed_until=date(2026, 9, 30)
    )
    xero.sandbox.add_organisation("xero", about)
    xero.grant()
    for tenant in xero.sandbox.ledgers["xero"]:
        xero.headers["xero-tenant-id"] = tenant
        assert _judged(accounting, xero, "GET", "/Organisation").status_code == 200
        assert _judged(accounting, xero, "GET", "/InvoiceReminders/Settings").status_code == 200
    xero.headers["xero-tenant-id"] = next(iter(xero.sandbox.ledgers["xero"]))


def test_connections_are_as_documented() -> None:
    identity = contract(_IDENTITY)
    xero = xero_caller()
    answer = xero.call("GET", "//connections")
    identity.check_answer("GET", "/Connections", 200, content_type=answer.content_type, body=answer.data)
    rows = decoded(answer.data)
    assert identity.unknown_names("GET", "/Connections", 200, rows) == set()
    path = f"/Connections/{rows[0]['id']}"
    identity.check_request("DELETE", path)
    answer = xero.call("DELETE", f"//connections/{rows[0]['id']}")
    identity.check_answer("DELETE", path, answer.status_code, body=answer.data)


# ---- the judge itself ----


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"pagesize": "5"}, "pagesize is not documented"),
        ({"page": "one"}, "page"),
        ({"IDs": "INV-1"}, "IDs"),
        ({"summaryOnly": "maybe"}, "summaryOnly"),
    ],
)
def test_a_request_off_the_document_is_told(accounting: Contract, query: dict[str, str], named: str) -> None:
    with pytest.raises(OffContractError, match=named):
        accounting.check_request("GET", "/Invoices", query=query, headers={"xero-tenant-id": "x"})


def test_a_request_without_tenant_or_body_is_told(accounting: Contract) -> None:
    with pytest.raises(OffContractError, match="xero-tenant-id is missing"):
        accounting.check_request("GET", "/Invoices")
    key = "7d5f2b1a-0c64-4b8e-9a51-3f1f6c0f2d11"
    tenant = {"xero-tenant-id": "x"}
    with pytest.raises(OffContractError, match="body is missing"):
        accounting.check_request("POST", f"/Invoices/{key}/Email", headers=tenant)
    with pytest.raises(OffContractError, match="not application/json"):
        accounting.check_request(
            "POST", f"/Invoices/{key}/Email", headers=tenant, body="x=1", content_type="text/plain"
        )
    with pytest.raises(OffContractError, match="path parameter InvoiceID"):
        accounting.check_request("GET", "/Invoices/INV-1", headers=tenant)
    with pytest.raises(OffContractError, match="not documented"):
        accounting.check_request("DELETE", "/Invoices", headers=tenant)


@pytest.mark.parametrize(
    "body",
    [
        '{"Invoices":[{"Status":"OPEN"}]}',
        '{"Invoices":[{"InvoiceID":"1"}]}',
        '{"Invoices":[{"Total":"12.00"}]}',
        '{"Invoices":[{"Total":NaN}]}',
        '{"Invoices":[{"Contact":{"ContactPersons":[{"IncludeInEmails":"yes"}]}}]}',
        '{"Invoices":[],"Invoices":[]}',
        '{"Invoices":{}}',
    ],
)
def test_an_answer_off_the_document_is_told(accounting: Contract, body: str) -> None:
    with pytest.raises(OffContractError):
        accounting.check_answer("GET", "/Invoices", 200, content_type="application/json", body=body)


def test_another_status_or_kind_of_content_is_told(accounting: Contract) -> None:
    with pytest.raises(OffContractError, match="status 418"):
        accounting.check_answer("GET", "/Invoices", 418)
    with pytest.raises(OffContractError, match="text/html"):
        accounting.check_answer("GET", "/Invoices", 200, content_type="text/html", body="<p>")


def test_a_swagger_of_the_older_kind_judges_as_well() -> None:
    sage = contract(_SPECS / "sage_accounting_v31.json")
    sage.check_request("GET", "/sales_invoices", query={"items_per_page": "200", "attributes": "all"})
    with pytest.raises(OffContractError, match="per_page is not documented"):
        sage.check_request("GET", "/sales_invoices", query={"per_page": "200"})
    sage.check_payload("GET", "/sales_invoices", 200, [{"id": "x", "total_amount": Decimal("1.5")}])
    with pytest.raises(OffContractError):
        sage.check_payload("GET", "/sales_invoices", 200, [{"id": "x", "total_amount": "1.5"}])
    sage.check_request("PUT", "/contacts/x", body='{"contact":{"notes":"n"}}', content_type="application/json")
    with pytest.raises(OffContractError, match="notes"):
        sage.check_request("PUT", "/contacts/x", body='{"contact":{"notes":5}}', content_type="application/json")
