"""The sandbox's Sage against the official Swagger: its parameters, its bodies, each attribute that it answers."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.sage.bodies import CONTACT, PAYMENT
from connectors.sandbox.sage.resources import RESOURCES
from tests.fakes.sage_caller import SageCaller, sage_caller

_SWAGGER = Path(__file__).resolve().parents[2] / "../shared/specs/sage_accounting_v31.json"

pytestmark = [
    pytest.mark.spec,
    pytest.mark.skipif(not _SWAGGER.exists(), reason="the official Swagger does not lie beside the checkout"),
]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (Decimal, int),
    "integer": (int,),
}


@pytest.fixture(scope="module", name="swagger")
def _swagger() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(_SWAGGER.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module", name="sage")
def _sage() -> SageCaller:
    """Books with something of everything."""
    sage = sage_caller()
    party = sage.customer(language="en-GB", phone="0113 496 0000", address=("1 Saw Lane", "", "Leeds"), notes="Early")
    paid = sage.invoice(party=party, reference="PO 9")
    sage.books.pay(paid.id, Decimal("20.00"), date(2026, 11, 2))
    sage.books.credit_note(party, Decimal("10.00"), date(2026, 11, 3), applies_to=paid.id)
    advance = sage.books.receive(party, Decimal("30.00"), date(2026, 11, 4))
    sage.books.apply(advance.id, paid.id, Decimal("5.00"))
    sage.invoice("12.34", number="SI-13", status="draft", party=party)
    sage.books.void(sage.invoice("12.34", number="SI-14", party=party, due_on=None).id)
    return sage


def misfits(swagger: dict[str, Any], value: object, schema: dict[str, Any], where: str) -> list[str]:
    """List where an answer is not what the Swagger's schema says; null stands for an absent value anywhere."""
    if value is None:
        return []
    if "$ref" in schema:
        schema = swagger["definitions"][schema["$ref"].rpartition("/")[2]]
    if schema.get("type") == "array":
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [one for inner in value for one in misfits(swagger, inner, schema["items"], f"{where}[]")]
    if "properties" in schema:
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        known = schema["properties"]
        strange = [f"{where}.{name} is unknown" for name in value if name not in known]
        return strange + [
            one
            for name, inner in value.items()
            if name in known
            for one in misfits(swagger, inner, known[name], f"{where}.{name}")
        ]
    wanted = _TYPES[schema["type"]]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        return [f"{where} is {value!r}, no {schema['type']}"]
    return []


@pytest.mark.parametrize("collection", sorted(RESOURCES))
def test_each_resource_takes_the_parameters_of_the_swagger_and_no_others(
    swagger: dict[str, Any], collection: str
) -> None:
    def named(path: str) -> set[str]:
        return {one["name"] for one in swagger["paths"][path]["get"]["parameters"] if one["in"] == "query"}

    assert set(RESOURCES[collection].parameters) == named(f"/{collection}")
    assert set(RESOURCES[collection].key_parameters) == named(f"/{collection}/{{key}}")


@pytest.mark.parametrize("collection", sorted(RESOURCES))
def test_each_resource_sorts_by_the_attributes_of_the_swagger(swagger: dict[str, Any], collection: str) -> None:
    sort = [one for one in swagger["paths"][f"/{collection}"]["get"]["parameters"] if one["name"] == "sort"]
    told = sort[0]["description"].partition("are:\n")[2].partition("\n")[0].split(", ") if sort else []
    assert list(RESOURCES[collection].sorts) == told


@pytest.mark.parametrize(
    ("definition", "wrapper", "known"),
    [("putContacts", "contact", CONTACT), ("postContactPayments", "contact_payment", PAYMENT)],
)
def test_a_body_may_have_the_attributes_of_the_swagger_and_no_others(
    swagger: dict[str, Any], definition: str, wrapper: str, known: frozenset[str]
) -> None:
    assert known == set(swagger["definitions"][definition]["properties"][wrapper]["properties"])


@pytest.mark.parametrize("collection", sorted(RESOURCES))
def test_each_answer_has_only_attributes_of_the_swagger_in_their_types(
    swagger: dict[str, Any], sage: SageCaller, collection: str
) -> None:
    rows = sage.get(f"/{collection}", attributes="all", items_per_page=200)["$items"]
    assert rows
    schema = swagger["paths"][f"/{collection}/{{key}}"]["get"]["responses"]["200"]["schema"]
    quiet = {"mark_as_sent": "false", "show_payments_allocations": "true"} if "sales" in collection else {}
    nested = {"nested_attributes": "all"} if "nested_attributes" in RESOURCES[collection].key_parameters else {}
    for row in rows:
        assert misfits(swagger, row, schema, collection) == []
        one = sage.get(f"/{collection}/{row['id']}", **quiet, **nested)
        assert misfits(swagger, one, schema, collection) == []


@pytest.mark.parametrize("path", ["/financial_settings", "/email_settings"])
def test_the_settings_have_only_attributes_of_the_swagger(swagger: dict[str, Any], sage: SageCaller, path: str) -> None:
    schema = swagger["paths"][path]["get"]["responses"]["200"]["schema"]
    assert misfits(swagger, sage.get(path), schema, path) == []
