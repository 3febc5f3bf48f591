from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import responses
import yaml

from engine.records import Note, ProviderMail
from tests.fakes.openapi import Contract
from tests.fakes.xero_tenant import XeroTenant

RECORDED = Path(__file__).parent / "recorded" / "xero"
SPEC = Path(__file__).resolve().parents[2] / "../shared/specs/xero_accounting_trimmed.yaml"
INVOICE = "a909dda4-555b-414b-a395-ba7a4077de72"

pytestmark = [
    pytest.mark.spec,
    pytest.mark.skipif(not SPEC.exists(), reason="the official document does not lie beside the checkout"),
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(SPEC.read_text(), yaml.CSafeLoader)
    return found


@pytest.fixture(scope="module")
def contract(document: dict[str, Any]) -> Contract:
    return Contract(document)


def everything(tenant: XeroTenant) -> None:
    """Make every kind of request that the connector can make."""
    books = tenant.books()
    pull = books.pull("")
    items = [item.item_id for page in pull.pages() for item in page.items]
    tenant.time.wait(3600)
    list(books.pull(pull.completed().cursor).pages())
    list(books.pull(pull.completed().cursor, reconcile=True).pages())
    tenant.most_rows = 2
    list(books.pull("").pages())
    books.refresh(items)
    note = Note(
        customer_id="", item_id=f"invoice:{INVOICE}", text="Sent [rem:0]", marker="[rem:0]", key="ab", tried=True
    )
    books.write_note(note)
    books.send_mail(
        ProviderMail(item_id=f"invoice:{INVOICE}", to="accounts@city-limousines.example", key="cd"), lambda _: None
    )
    books.document(f"invoice:{INVOICE}")
    books.payment_url(f"invoice:{INVOICE}")
    books.about()


def test_every_request_is_what_the_official_document_says(contract: Contract) -> None:
    tenant = XeroTenant.recorded(RECORDED)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        tenant.install(mock)
        everything(tenant)
    seen = set()
    for asked in tenant.asked:
        contract.check_request(
            asked.method,
            asked.path,
            query=asked.query,
            headers=asked.headers,
            body=asked.body or None,
            content_type=asked.headers.get("Content-Type"),
        )
        seen.add((asked.method, contract.operation(asked.method, asked.path).template))
    assert seen == {
        ("GET", "/Organisation"),
        ("GET", "/InvoiceReminders/Settings"),
        ("GET", "/Contacts"),
        ("GET", "/Invoices"),
        ("GET", "/CreditNotes"),
        ("GET", "/Payments"),
        ("GET", "/Overpayments"),
        ("GET", "/Prepayments"),
        ("GET", "/Invoices/{InvoiceID}"),
        ("GET", "/Invoices/{InvoiceID}/History"),
        ("PUT", "/Invoices/{InvoiceID}/History"),
        ("POST", "/Invoices/{InvoiceID}/Email"),
        ("GET", "/Invoices/{InvoiceID}/OnlineInvoice"),
    }


@pytest.mark.parametrize(
    "name",
    ["Invoices", "CreditNotes", "Payments", "Overpayments", "Prepayments", "Contacts", "Organisation"],
)
def test_the_recorded_answers_are_what_the_official_document_says(contract: Contract, name: str) -> None:
    body = (RECORDED / f"{name}.json").read_bytes()
    contract.check_answer("GET", f"/{name}", 200, content_type="application/json", body=body)


def test_the_official_examples_are_read_without_a_bad_row(document: dict[str, Any]) -> None:
    """The document's own examples write days as `2018-10-20 00:00:00`, and hold voided rows and suppliers' documents."""
    tenant = XeroTenant()
    for name in tenant.lists:
        answer = document["paths"][f"/{name}"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
        # YAML makes instants of these texts; a service writes text.
        tenant.lists[name] = json.loads(json.dumps(answer[name], default=str))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        tenant.install(mock)
        pull = tenant.books().pull("")
        items = [item for page in pull.pages() for item in page.items]
    assert pull.completed().bad_lines == ()
    assert {"INV-0002", "INV-0003", "CN-0005", "Reference for payment2", "INV-0011"} <= {item.number for item in items}
