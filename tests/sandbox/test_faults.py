"""What can be made to go wrong at the sandbox, as a client sees it."""

from __future__ import annotations

import http.client
import json
import zlib
from datetime import date
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.fakes.openapi import OffContractError, decoded
from tests.fakes.xero_caller import TENANT, XeroCaller, xero_caller

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(name="xero")
def _xero() -> XeroCaller:
    return xero_caller()


@pytest.fixture(name="served")
def _served(xero: XeroCaller) -> Iterator[requests.Session]:
    with xero.sandbox, requests.Session() as session:
        session.headers.update(xero.headers)
        yield session


def _url(xero: XeroCaller, path: str = "/Invoices") -> str:
    return xero.sandbox.urls("xero")["base_url"] + path


NOTE = {"HistoryRecords": [{"Details": "Reminder 1"}]}


# ---- how faults are used up ----


def test_a_fault_is_used_up_by_the_requests_that_fit_it(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("status", times=2, path=r"/xero/api\.xro/2\.0/Contacts", method="GET", status=500)
    assert xero.call("GET", "/Invoices").status_code == 200
    assert xero.call("PUT", "/Contacts", {}).status_code != 500
    assert [xero.call("GET", "/Contacts").status_code for _ in range(3)] == [500, 500, 200]
    assert len(xero.sandbox.faults.taken) == 2
    assert xero.sandbox.faults.waiting() == []


def test_faults_can_be_switched_off(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("status", times=9)
    xero.sandbox.faults.clear()
    assert xero.call("GET", "/Invoices").status_code == 200


# ---- refusals ----


def test_a_status_comes_with_the_body_that_was_asked_for(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("status", status=502, body="<html>Bad Gateway</html>")
    answer = xero.call("GET", "/Invoices")
    assert (answer.status_code, answer.mimetype, answer.text) == (502, "text/html", "<html>Bad Gateway</html>")
    xero.sandbox.faults.add("status", status=503, body={"Detail": "busy"}, headers={"Retry-After": "9"})
    answer = xero.call("GET", "/Invoices")
    assert (answer.status_code, answer.json, answer.headers["Retry-After"]) == (503, {"Detail": "busy"}, "9")


@pytest.mark.parametrize("applied", [False, True])
def test_a_status_can_come_before_or_after_a_write(xero: XeroCaller, *, applied: bool) -> None:
    entry = xero.invoice()
    xero.sandbox.faults.add("status", status=500, applied=applied)
    assert xero.call("PUT", f"/Invoices/{entry.id}/History", NOTE).status_code == 500
    assert len(xero.books.notes) == int(applied)


def test_limits_speak_in_seconds_or_in_a_date(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("minute_limit")
    answer = xero.call("GET", "/Invoices")
    assert (answer.status_code, answer.headers["X-Rate-Limit-Problem"]) == (429, "minute")
    assert answer.headers["Retry-After"] == "17"
    xero.sandbox.faults.add("day_limit", retry_after=7200)
    answer = xero.call("GET", "/Invoices")
    assert (answer.headers["X-Rate-Limit-Problem"], answer.headers["Retry-After"]) == ("day", "7200")
    xero.sandbox.faults.add("limit_date")
    until = parsedate_to_datetime(xero.call("GET", "/Invoices").headers["Retry-After"])
    assert (until - xero.sandbox.clock.now()).total_seconds() == 30


def test_tokens_and_connections_can_fail_at_any_request(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("expired_token")
    answer = xero.call("GET", "/Invoices")
    assert (answer.status_code, (answer.json or {})["Detail"][:12]) == (401, "TokenExpired")
    xero.sandbox.faults.add("not_connected")
    assert xero.call("GET", "/Invoices").status_code == 403
    assert xero.call("GET", "/Invoices").status_code == 200
    xero.sandbox.faults.add("revoked")
    assert xero.call("GET", "/Invoices").status_code == 401
    assert xero.call("GET", "/Invoices").status_code == 401


# ---- the wire ----


@pytest.mark.parametrize(("name", "notes"), [("drop_before", 0), ("drop_after", 1)])
def test_a_connection_closes_without_an_answer(
    xero: XeroCaller, served: requests.Session, name: str, notes: int
) -> None:
    entry = xero.invoice()
    xero.sandbox.faults.add(name)
    with pytest.raises(requests.ConnectionError):
        served.put(_url(xero, f"/Invoices/{entry.id}/History"), json=NOTE, timeout=10)
    assert len(xero.books.notes) == notes
    assert xero.sandbox.calls.of("xero")[-1].status is None
    assert served.get(_url(xero), timeout=10).status_code == 200


def test_an_answer_ends_before_its_length(xero: XeroCaller, served: requests.Session) -> None:
    xero.invoice()
    xero.sandbox.faults.add("truncate")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        served.get(_url(xero), timeout=10)


def test_an_answer_comes_by_the_byte_until_the_client_leaves(xero: XeroCaller, served: requests.Session) -> None:
    xero.sandbox.faults.add("drip")
    with served.get(_url(xero), timeout=10, stream=True) as answer:
        assert [len(answer.raw.read(1)) for _ in range(5)] == [1] * 5


def test_an_answer_never_ends(xero: XeroCaller, served: requests.Session) -> None:
    xero.sandbox.faults.add("big")
    with served.get(_url(xero), timeout=10, stream=True) as answer:
        assert len(answer.raw.read(5_000_000)) == 5_000_000


def test_a_small_answer_unpacks_to_a_large_one(xero: XeroCaller, served: requests.Session) -> None:
    xero.sandbox.faults.add("gzip_bomb")
    with served.get(_url(xero), timeout=10, stream=True) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = answer.raw.read(20_000, decode_content=False)
    assert len(zlib.decompressobj(wbits=31).decompress(packed)) > 100 * len(packed)


def test_stopping_ends_what_drips(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("drip")
    xero.sandbox.start()
    wire = http.client.HTTPConnection("127.0.0.1", int(xero.sandbox.url.rpartition(":")[2]), timeout=10)
    wire.request("GET", "/xero/api.xro/2.0/Invoices", headers=xero.headers)
    answer = wire.getresponse()
    xero.sandbox.stop()
    # Ended in order or cut off, but not waiting.
    try:
        answer.read()
    except (http.client.HTTPException, ConnectionError):
        assert answer.isclosed()
    wire.close()


# ---- spoiled content ----


def test_a_page_of_html_comes_as_if_all_were_well(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("html")
    answer = xero.call("GET", "/Invoices")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


def test_json_can_be_too_deep(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("deep")
    text = xero.call("GET", "/Invoices").text
    assert (len(text), text[0], text[-1]) == (200_000, "[", "]")


def test_an_amount_can_be_no_number(xero: XeroCaller) -> None:
    xero.invoice()
    xero.sandbox.faults.add("nan")
    with pytest.raises(OffContractError, match="NaN"):
        decoded(xero.call("GET", "/Invoices").data)


def test_a_key_can_stand_twice(xero: XeroCaller) -> None:
    xero.invoice()
    xero.sandbox.faults.add("duplicate_key")
    with pytest.raises(OffContractError, match="stands twice"):
        decoded(xero.call("GET", "/Invoices").data)


def test_amounts_can_be_text(xero: XeroCaller) -> None:
    xero.invoice()
    xero.sandbox.faults.add("string_amounts")
    row = xero.rows("Invoices")[0]
    assert (row["AmountDue"], row["Total"]) == ("703.63", "703.63")


def test_due_dates_can_be_missing_or_zero(xero: XeroCaller) -> None:
    xero.invoice()
    xero.sandbox.faults.add("no_due_date")
    assert not {"DueDate", "DueDateString"} & set(xero.rows("Invoices")[0])
    xero.sandbox.faults.add("epoch_zero_date")
    row = xero.rows("Invoices")[0]
    assert row["DueDate"] == "/Date(0+0000)/"
    assert "DueDateString" not in row
    assert row["DateString"] == "2026-10-14T00:00:00"


def test_another_organisation_can_be_behind_the_token(xero: XeroCaller) -> None:
    xero.sandbox.faults.add("wrong_organisation")
    assert xero.get("/Organisation")["Organisations"][0]["OrganisationID"] != TENANT
    assert xero.get("/Organisation")["Organisations"][0]["OrganisationID"] == TENANT


# ---- pages ----


def _page(xero: XeroCaller, page: int) -> list[str]:
    rows: list[dict[str, Any]] = xero.rows("Invoices", page=page, pageSize=2, order="UpdatedDateUTC ASC")
    return [row["InvoiceNumber"] for row in rows]


def _three(xero: XeroCaller) -> list[str]:
    party = xero.customer()
    keys = []
    for number in ("A", "B", "C"):
        keys.append(xero.invoice("100", party, number=number).id)
        xero.later(seconds=1)
    return keys


def test_a_list_can_be_empty_for_once(xero: XeroCaller) -> None:
    _three(xero)
    xero.sandbox.faults.add("empty_list")
    answer = xero.get("/Invoices", page=1)
    assert answer["Invoices"] == []
    assert answer["pagination"]["itemCount"] == 0
    assert len(xero.rows("Invoices")) == 3


def test_a_row_of_the_page_before_can_come_again(xero: XeroCaller) -> None:
    _three(xero)
    xero.sandbox.faults.add("duplicate_rows", path="Invoices", times=2)
    assert _page(xero, 1) == ["A", "B"]
    assert _page(xero, 2) == ["B", "C"]


def test_the_books_can_change_between_pages(xero: XeroCaller) -> None:
    first, *_ = _three(xero)
    xero.sandbox.faults.add(
        "between_pages", path="Invoices", change=lambda: xero.books.pay(first, Decimal(100), date(2026, 11, 20))
    )
    # A moved to the end while the first page was read: C took its place and is on no page.
    assert _page(xero, 1) == ["A", "B"]
    assert _page(xero, 2) == ["A"]


def test_the_books_can_be_changed_between_pages_from_outside(xero: XeroCaller) -> None:
    first, *_ = _three(xero)
    xero.sandbox.faults.add(
        "between_pages",
        organisation=TENANT,
        call="pay",
        using={"invoice_id": first, "amount": "40.00", "on": "2026-11-20"},
    )
    _page(xero, 1)
    assert xero.books.balance(first) == Decimal(60)


def test_a_change_between_pages_waits_for_a_list(xero: XeroCaller) -> None:
    first, *_ = _three(xero)
    xero.sandbox.faults.add("between_pages", change=lambda: xero.books.void(first))
    xero.get("/Organisation")
    assert xero.books.document(first).status == "open"
    assert json.loads(xero.call("GET", "/Invoices").data)
    assert xero.books.document(first).status == "void"
