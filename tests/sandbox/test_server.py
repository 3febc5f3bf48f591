"""The sandbox over a socket, driven from outside, with its limits and its log of calls."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.test import Client

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Organisation
from connectors.sandbox.server import Sandbox
from tests.fakes.xero_caller import START, TENANT, XeroCaller, xero_caller

if TYPE_CHECKING:
    from collections.abc import Iterator

SAGE = "0d40342d0287cd6b13555c54afca6c90"


@pytest.fixture(name="xero")
def _xero() -> XeroCaller:
    return xero_caller()


@pytest.fixture(name="served")
def _served(xero: XeroCaller) -> Iterator[requests.Session]:
    with xero.sandbox, requests.Session() as session:
        session.headers.update(xero.headers)
        yield session


# ---- over a socket ----


@pytest.mark.usefixtures("served")
def test_a_connection_serves_many_requests(xero: XeroCaller) -> None:
    entry = xero.invoice()
    base = xero.sandbox.urls("xero")["base_url"]
    with socket.create_connection(("127.0.0.1", int(base.split(":")[2].split("/")[0]))) as wire:
        for path, method, body in (
            (f"/Invoices/{entry.id}/History", "PUT", '{"HistoryRecords":[{"Details":"one"}]}'),
            (f"/Invoices/{entry.id}/Email", "POST", "{}"),
            (f"/Invoices/{entry.id}", "GET", ""),
        ):
            lines = [
                f"{method} /xero/api.xro/2.0{path} HTTP/1.1",
                "Host: x",
                f"Content-Length: {len(body)}",
                *(f"{name}: {value}" for name, value in xero.headers.items()),
                "",
                body,
            ]
            wire.sendall("\r\n".join(lines).encode())
            head = wire.recv(65536).decode()
            assert head.startswith("HTTP/1.1 20")
            assert "Connection: close" not in head
    assert [note.text for note in xero.books.notes] == ["one"]
    assert len(xero.books.mails) == 1


def test_the_date_header_is_the_sandbox_time(xero: XeroCaller, served: requests.Session) -> None:
    answer = served.get(xero.sandbox.urls("xero")["connections_url"])
    assert answer.headers["Date"] == "Mon, 23 Nov 2026 08:00:00 GMT"


def test_many_clients_at_once_lose_nothing(xero: XeroCaller) -> None:
    entry = xero.invoice()
    xero.sandbox.limits.concurrent = 100
    with xero.sandbox:
        url = f"{xero.sandbox.urls('xero')['base_url']}/Invoices/{entry.id}/History"

        def write(number: int) -> int:
            body = {"HistoryRecords": [{"Details": f"note {number}"}]}
            return requests.put(url, json=body, headers=xero.headers, timeout=30).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(write, range(40))) == {200}
    assert {note.text for note in xero.books.notes} == {f"note {number}" for number in range(40)}
    assert len(xero.books.notes) == 40
    assert xero.sandbox.crashes == []


def test_a_stopped_sandbox_is_gone_and_can_start_again(xero: XeroCaller) -> None:
    url = xero.sandbox.start()
    xero.sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    with xero.sandbox:
        assert requests.get(f"{xero.sandbox.url}/_sandbox", timeout=5).status_code == 200


def test_an_unknown_service_is_not_found(xero: XeroCaller) -> None:
    assert Client(xero.sandbox.app).get("/elsewhere/x").status_code == 404


def test_three_providers_live_side_by_side() -> None:
    sandbox = Sandbox()
    for provider, key in (("xero", TENANT), ("quickbooks", "4620816365"), ("sage", SAGE)):
        books = sandbox.add_organisation(provider, Organisation(id=key, name=f"At {provider}"))
        books.invoice(books.add_party("Larch"), Decimal(10), date(2026, 11, 1), date(2026, 11, 2))
        assert len(books.open_documents()) == 1
        assert sandbox.urls(provider)["base_url"].startswith(f"http://localhost/{provider}")
    assert {provider: len(books) for provider, books in sandbox.ledgers.items()} == {
        "xero": 1,
        "quickbooks": 1,
        "sage": 1,
    }


# ---- limits ----


def test_the_minute_is_counted_and_begins_anew(xero: XeroCaller) -> None:
    xero.sandbox.limits.minute = 2
    assert xero.call("GET", "/Contacts").headers["X-MinLimit-Remaining"] == "1"
    xero.later(seconds=20)
    assert xero.call("GET", "/Contacts").status_code == 200
    answer = xero.call("GET", "/Contacts")
    assert (answer.status_code, answer.data) == (429, b"")
    assert (answer.headers["X-Rate-Limit-Problem"], answer.headers["Retry-After"]) == ("minute", "40")
    assert answer.headers["X-MinLimit-Remaining"] == "0"
    xero.later(seconds=40)
    assert xero.call("GET", "/Contacts").status_code == 200


def test_the_day_is_counted_and_says_hours(xero: XeroCaller) -> None:
    xero.sandbox.limits.day = 1
    assert xero.call("GET", "/Contacts").status_code == 200
    xero.later(hours=1)
    answer = xero.call("GET", "/Contacts")
    assert (answer.headers["X-Rate-Limit-Problem"], answer.headers["Retry-After"]) == ("day", str(23 * 3600))
    assert answer.headers["X-DayLimit-Remaining"] == "0"
    xero.later(hours=23)
    assert xero.call("GET", "/Contacts").status_code == 200


def test_too_many_at_once_are_refused(xero: XeroCaller) -> None:
    xero.sandbox.limits.concurrent = 0
    answer = xero.call("GET", "/Contacts")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in answer.headers


def test_each_organisation_has_its_own_limits(xero: XeroCaller) -> None:
    other = "c2a8b6de-52f0-4b0c-8f6e-0d8f1a7b9e22"
    xero.sandbox.add_organisation("xero", Organisation(id=other, name="Other"))
    xero.grant()
    xero.sandbox.limits.day = 1
    assert xero.call("GET", "/Contacts").status_code == 200
    assert xero.call("GET", "/Contacts").status_code == 429
    assert xero.call("GET", "/Contacts", headers={"xero-tenant-id": other}).status_code == 200


def test_the_minute_of_the_provider_holds_only_where_time_moves_by_itself(xero: XeroCaller) -> None:
    assert {xero.call("GET", "/Contacts").status_code for _ in range(70)} == {200}
    moving = Sandbox(clock=SandboxClock(now=lambda: START))
    moving.add_organisation("xero", Organisation(id=TENANT, name="Dupont"))
    token = moving.oauth.grant("xero", [TENANT])["access_token"]
    headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": TENANT, "Accept": "application/json"}
    client = Client(moving.app)
    codes = [client.get("/xero/api.xro/2.0/Contacts", headers=headers).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]


# ---- the log of calls ----


def test_calls_are_remembered_with_what_tests_ask_for(xero: XeroCaller) -> None:
    entry = xero.invoice()
    xero.call("GET", "/Invoices", page=1, headers={"If-Modified-Since": "2026-11-20T10:00:00"})
    xero.call("POST", f"/Invoices/{entry.id}/Email", {}, headers={"Idempotency-Key": "k"})
    first, second = xero.sandbox.calls.of("xero")
    assert (first.method, first.path, first.query) == ("GET", "/api.xro/2.0/Invoices", {"page": "1"})
    assert first.headers["If-Modified-Since"] == "2026-11-20T10:00:00"
    assert (second.status, second.body, second.headers["Idempotency-Key"]) == (204, "{}", "k")
    assert xero.sandbox.calls.of("xero", "Email$", "POST") == [second]
    xero.sandbox.calls.clear()
    assert len(xero.sandbox.calls) == 0


# ---- driven from outside ----


class _Outside:
    def __init__(self, sandbox: Sandbox) -> None:
        self._client = Client(sandbox.app)

    def post(self, path: str, expected: int = 200, /, **asked: Any) -> Any:
        answer = self._client.post(f"/_sandbox/{path}", json=asked)
        assert answer.status_code == expected, answer.text
        return answer.json

    def get(self, path: str = "") -> Any:
        return self._client.get(f"/_sandbox/{path}").json


@pytest.fixture(name="outside")
def _outside(xero: XeroCaller) -> _Outside:
    return _Outside(xero.sandbox)


def test_books_are_written_and_read_from_outside(outside: _Outside) -> None:
    books = f"ledger/xero/{TENANT}"
    people = [{"name": "Ann Ash", "email": "ann@larch.example"}]
    party = outside.post(f"{books}/add_party", name="Larch", email="pay@larch.example", cc_people=people)
    invoice = outside.post(
        f"{books}/invoice", party=party["id"], total="120.50", issued_on="2026-10-01", due_on="2026-10-31"
    )
    receipt = outside.post(f"{books}/pay", invoice_id=invoice["id"], amount=20.5, on="2026-11-01")
    outside.post(f"{books}/add_note", document_id=invoice["id"], text="Reminder 1")
    state = outside.get(f"state/xero/{TENANT}")
    assert [(one["number"], one["balance"], one["notes"]) for one in state["documents"]] == [
        ("INV-0001", "100.00", ["Reminder 1"])
    ]
    assert state["parties"][0]["cc_people"][0]["email"] == "ann@larch.example"
    outside.post(f"{books}/undo", receipt_id=receipt["id"])
    outside.post(f"{books}/edit", document_id=invoice["id"], due_on="2026-12-31", silently=True)
    document = outside.get(f"state/xero/{TENANT}")["documents"][0]
    assert (document["balance"], document["due_on"]) == ("120.50", "2026-12-31")


def test_time_faults_limits_and_consents_are_driven_from_outside(xero: XeroCaller, outside: _Outside) -> None:
    assert outside.post("advance", days=1, hours=2)["now"] == "2026-11-24T10:00:00+00:00"
    assert xero.sandbox.clock.now() == START + timedelta(days=1, hours=2)
    token = outside.post("grant", provider="xero")["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert outside.post("faults", name="status", status=503, times=2) == {"added": "status"}
    assert xero.call("GET", "/Contacts", headers=bearer).status_code == 503
    assert Client(xero.sandbox.app).delete("/_sandbox/faults").status_code == 200
    assert xero.call("GET", "/Contacts", headers=bearer).status_code == 200
    outside.post("limits", day=1)
    assert xero.call("GET", "/Contacts", headers=bearer).status_code == 429
    outside.post("limits", day=None)
    outside.post("revoke", provider="xero")
    assert xero.call("GET", "/Contacts", headers=bearer).status_code == 401
    assert outside.get("calls")[-1]["status"] == 401
    told = outside.get()
    assert told["organisations"] == {"xero": [TENANT]}
    assert told["urls"]["xero"]["base_url"].endswith("/xero/api.xro/2.0")
    assert datetime.fromisoformat(told["now"]) == xero.sandbox.clock.now()


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("advance", {"fortnights": 1}),
        ("faults", {"times": 1}),
        ("limits", {"month": 1}),
        ("grant", {"provider": "nobody"}),
        (f"ledger/xero/{TENANT}/_touch", {"document_id": "x"}),
        (f"ledger/xero/{TENANT}/pay", {"invoice_id": "x", "amount": "1", "on": "2026-01-01"}),
        (f"ledger/xero/{TENANT}/pay", {"invoice_id": "x", "amount": "much", "on": "2026-01-01"}),
        ("ledger/xero/nobody/pay", {}),
        ("nothing", {}),
    ],
)
def test_what_cannot_be_done_is_told(outside: _Outside, path: str, asked: dict[str, Any]) -> None:
    assert outside.post(path, 400, **asked)["error"]


def test_the_sandbox_shows_its_own_mistakes(xero: XeroCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xero.dialect, "handle", lambda *_: 1 / 0)
    answer = xero.call("GET", "/Contacts")
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.text
    assert len(xero.sandbox.crashes) == 1
