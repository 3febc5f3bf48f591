"""Every request that the connector sends, against Sage's official Swagger file of API v3.1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import responses

from connectors.sage.client import ATTRIBUTES
from engine.records import Note
from tests.connectors.test_sage_contract import furnished
from tests.fakes.openapi import contract
from tests.fakes.sage_rows import ref
from tests.fakes.sage_service import BUSINESS, SageService

if TYPE_CHECKING:
    from collections.abc import Iterator

_SWAGGER = Path(__file__).resolve().parents[2] / "../shared/specs/sage_accounting_v31.json"
_MARKER = "[rem:0123456789ab]"
# The API of businesses is described apart from that of the books.
_ELSEWHERE = {"businesses"}

pytestmark = [
    pytest.mark.spec,
    pytest.mark.skipif(not _SWAGGER.exists(), reason="the official Swagger file does not lie beside the checkout"),
]


@pytest.fixture(name="service")
def _service() -> Iterator[SageService]:
    service = furnished()
    service.put("businesses", {"id": BUSINESS, "name": "Dupont Ltd", "subscriptions": [], "country": ref("GB")})
    service.put("financial_settings", {"id": "f", "base_currency": ref("GBP")})
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        service.serve(mock)
        yield service


def use(service: SageService) -> None:
    """Do everything that the connector can do, with lists of one page and of several."""
    for size in (200, 7):
        books = service.books(page_size=size)
        first = books.pull("")
        list(first.pages())
        service.rows["contact_persons"]["p1"]["updated_at"] = "2026-11-22T11:00:00Z"
        for reconcile in (False, True):
            list(books.pull(first.completed().cursor, reconcile=reconcile).pages())
        books.refresh(
            [*(f"invoice:{number:03}" for number in range(0, 60, 4)), "credit_note:n1", "payment:r1", "payment:r2"]
        )
    marked = Note(customer_id="c1", item_id="", text=f"Reminded {_MARKER}", marker=_MARKER, key="0" * 32, tried=False)
    books.write_note(marked)
    books.document("invoice:001")
    books.document("credit_note:n1")
    books.about()


def test_every_request_is_one_that_the_swagger_file_describes(service: SageService) -> None:
    use(service)
    swagger = contract(_SWAGGER)
    judged = [call for call in service.calls if call.resource not in _ELSEWHERE]
    for call in judged:
        body = json.dumps(call.body) if call.body is not None else None
        kind = call.headers.get("content-type")
        swagger.check_request(
            call.method, call.path, query=call.query, headers=call.headers, body=body, content_type=kind
        )
    assert {(call.method, call.resource) for call in judged} == {
        ("GET", "addresses"),
        ("GET", "contact_allocations"),
        ("GET", "contact_payments"),
        ("GET", "contact_persons"),
        ("GET", "contacts"),
        ("GET", "financial_settings"),
        ("GET", "sales_credit_notes"),
        ("GET", "sales_invoices"),
        ("PUT", "contacts"),
    }
    assert {call.resource for call in service.calls} - {call.resource for call in judged} == _ELSEWHERE


def test_every_list_is_sorted_by_what_it_can_be_sorted_by(service: SageService) -> None:
    use(service)
    document: dict[str, Any] = json.loads(_SWAGGER.read_text(encoding="utf-8"))
    for call in service.calls:
        if sort := call.query.get("sort"):
            (said,) = [
                each["description"]
                for each in document["paths"][f"/{call.resource}"]["get"]["parameters"]
                if each["name"] == "sort"
            ]
            assert sort.partition(":")[0] in said.partition("Example")[0]


@pytest.mark.parametrize("resource", sorted(ATTRIBUTES))
def test_every_attribute_that_is_asked_for_exists(resource: str) -> None:
    document: dict[str, Any] = json.loads(_SWAGGER.read_text(encoding="utf-8"))
    shown = document["paths"][f"/{resource}"]["get"]["responses"]["200"]["schema"]["items"]["$ref"].rsplit("/", 1)[-1]
    known = set(document["definitions"][shown]["properties"])
    assert set(ATTRIBUTES[resource].split(",")) <= known
