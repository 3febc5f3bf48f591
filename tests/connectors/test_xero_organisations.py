from __future__ import annotations

import json

import pytest
import responses

from connectors.http import Transport
from connectors.xero.manners import XeroManners
from connectors.xero.organisations import connections_url, list_organisations
from engine.errors import BooksUnreadableError
from tests.fakes.http_calls import Budget, Time, Tokens

URL = "https://api.xero.com/connections"


def listed(body: object) -> list[tuple[str, str]]:
    time = Time()
    transport = Transport(manners=XeroManners(), tokens=Tokens(), clock=time, budget=Budget(), wait=time.wait)
    with responses.RequestsMock() as mock, transport:
        mock.add(responses.GET, URL, body=json.dumps(body), content_type="application/json")
        return list_organisations(transport)


def test_organisations_are_listed_by_name_and_practices_left_out() -> None:
    connections = [
        {"id": "1", "tenantId": "t-2", "tenantName": "Zebra Ltd", "tenantType": "ORGANISATION"},
        {"id": "2", "tenantId": "t-1", "tenantName": "acme", "tenantType": "ORGANISATION"},
        {"id": "3", "tenantId": "t-3", "tenantName": "The practice", "tenantType": "PRACTICE"},
        {"id": "4", "tenantId": "t-4", "tenantName": None},
        {"id": "5", "tenantId": "t-1", "tenantName": "acme", "tenantType": "ORGANISATION"},
        None,
    ]
    assert listed(connections) == [("t-1", "acme"), ("t-4", "t-4"), ("t-2", "Zebra Ltd")]


def test_a_consent_that_reaches_nothing_lists_nothing() -> None:
    assert listed([]) == []


def test_what_is_no_list_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(BooksUnreadableError):
        listed({"error": "x"})


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.xero.com/api.xro/2.0", URL),
        ("https://api.xero.com/api.xro/2.0/", URL),
        ("http://127.0.0.1:4010", "http://127.0.0.1:4010/connections"),
        ("http://127.0.0.1:4010/xero/api.xro/2.0", "http://127.0.0.1:4010/xero/connections"),
    ],
)
def test_connections_stand_beside_the_accounting_api(base: str, url: str) -> None:
    assert connections_url(base) == url
