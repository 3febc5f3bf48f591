from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses
import urllib3

from connectors.xero import noting
from connectors.xero.books import XeroBooks
from connectors.xero.papers import is_safe
from engine.errors import (
    BooksBusyError,
    BooksRefusedError,
    BooksUnreachableError,
    BooksUnreadableError,
    ConsentNeededError,
    NotSupportedError,
    WriteUnknownError,
)
from engine.records import Capabilities, Note, NotesOn, ProviderMail
from tests.fakes.http_calls import MORNING
from tests.fakes.xero_tenant import ORGANISATION, XeroTenant

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "[rem:0123456789ab]"
KEY = "0f" * 16
INVOICE = {
    "Type": "ACCREC",
    "InvoiceID": "i-1",
    "InvoiceNumber": "INV/1",
    "AmountDue": 10.00,
    "Total": 10.00,
    "Contact": {"ContactID": "c-1", "Name": "Acme"},
    "DateString": "2026-04-14T00:00:00",
    "DueDateString": "2026-04-29T00:00:00",
    "Status": "AUTHORISED",
    "UpdatedDateUTC": "/Date(1229818032087+0000)/",
    "CurrencyCode": "USD",
}
CONTACT = {
    "ContactID": "c-1",
    "Name": "Acme",
    "ContactStatus": "ACTIVE",
    "EmailAddress": "Accounts@acme.example",
    "ContactPersons": [
        {"EmailAddress": "ann@bücher.example", "IncludeInEmails": True},
        {"EmailAddress": "bob@acme.example", "IncludeInEmails": False},
    ],
}
HISTORY = "/Invoices/i-1/History"
EMAIL = "/Invoices/i-1/Email"
LOST = requests.ConnectionError("the connection broke off")
REFUSED = requests.ConnectTimeout("no connection")


@pytest.fixture
def tenant() -> Iterator[XeroTenant]:
    made = XeroTenant()
    made.lists["Invoices"] = [dict(INVOICE)]
    made.lists["Contacts"] = [json.loads(json.dumps(CONTACT))]
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made.install(mock)
        yield made


def note(text: str = f"Second reminder sent {MARKER}", *, tried: bool = False, item_id: str = "invoice:i-1") -> Note:
    return Note(customer_id="c-1", item_id=item_id, text=text, marker=MARKER, key=KEY, tried=tried)


def mail(to: str = "accounts@acme.example", item_id: str = "invoice:i-1") -> ProviderMail:
    return ProviderMail(item_id=item_id, to=to, key=KEY)


def barred(server: str) -> None:
    raise AssertionError(f"the barrier was passed for {server}")


def test_what_these_books_can_do_is_said_beforehand(tenant: XeroTenant) -> None:
    assert tenant.books().capabilities == Capabilities(
        rereads=True,
        incremental=True,
        notes_on=NotesOn.ITEM,
        note_length=250,
        mail=True,
        documents=True,
        payment_links=True,
    )
    assert tenant.books().provider == "xero"


# ---- notes ----


def test_a_note_is_one_put_with_its_key(tenant: XeroTenant) -> None:
    tenant.books().write_note(note())
    (asked,) = tenant.asked
    assert (asked.method, asked.path) == ("PUT", HISTORY)
    assert json.loads(asked.body) == {"HistoryRecords": [{"Details": f"Second reminder sent {MARKER}"}]}
    assert asked.headers["Idempotency-Key"] == KEY
    assert asked.headers["xero-tenant-id"] == ORGANISATION
    assert asked.headers["Content-Type"] == "application/json"
    assert tenant.history == {"i-1": [f"Second reminder sent {MARKER}"]}


def test_a_note_that_was_tried_before_is_looked_for_first(tenant: XeroTenant) -> None:
    books = tenant.books()
    books.write_note(note(tried=True))
    assert [asked.method for asked in tenant.asked] == ["GET", "PUT"]
    books.write_note(note(tried=True))
    assert [asked.method for asked in tenant.asked] == ["GET", "PUT", "GET"]
    assert len(tenant.history["i-1"]) == 1


def test_a_note_whose_answer_was_lost_is_found_and_not_written_twice(tenant: XeroTenant) -> None:
    tenant.fail(HISTORY, 0, LOST, method="PUT", done=True)
    tenant.books().write_note(note())
    assert [asked.method for asked in tenant.asked] == ["PUT", "GET"]
    assert len(tenant.history["i-1"]) == 1


@pytest.mark.parametrize("failure", [(0, LOST), (500, b"<html>"), (502, b"")])
def test_a_note_that_did_not_arrive_is_written_again_with_the_same_key_and_bytes(
    tenant: XeroTenant, failure: tuple[int, Any]
) -> None:
    tenant.fail(HISTORY, failure[0], failure[1], method="PUT")
    tenant.books().write_note(note())
    first, looked, second = tenant.asked
    assert (first.method, looked.method, second.method) == ("PUT", "GET", "PUT")
    assert (first.body, first.headers["Idempotency-Key"]) == (second.body, second.headers["Idempotency-Key"])
    assert len(tenant.history["i-1"]) == 1


def test_a_note_is_unknown_where_no_answer_comes_and_the_history_cannot_be_read(tenant: XeroTenant) -> None:
    tenant.fail(HISTORY, 0, LOST, method="PUT", done=True)
    for _ in range(9):
        tenant.fail(HISTORY, 503)
    with pytest.raises(WriteUnknownError):
        tenant.books().write_note(note())
    assert tenant.paths("PUT") == [HISTORY]


def test_a_note_is_unknown_where_it_is_lost_twice_and_not_there(tenant: XeroTenant) -> None:
    for _ in range(2):
        tenant.fail(HISTORY, 0, LOST, method="PUT")
    with pytest.raises(WriteUnknownError):
        tenant.books().write_note(note())
    assert tenant.paths("PUT") == [HISTORY, HISTORY]


def test_a_note_that_never_left_is_known_not_to_be_written(tenant: XeroTenant) -> None:
    tenant.fail(HISTORY, 0, REFUSED, method="PUT")
    with pytest.raises(BooksUnreachableError):
        tenant.books().write_note(note())
    assert [asked.method for asked in tenant.asked] == ["PUT"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"Type": "ValidationException", "Message": "Details too long"}, BooksRefusedError),
        (404, b"not found", BooksRefusedError),
        (403, {"Detail": "AuthenticationUnsuccessful"}, ConsentNeededError),
        (200, {"HistoryRecords": [{"ValidationErrors": [{"Message": "Too long"}]}]}, BooksRefusedError),
    ],
)
def test_a_note_that_is_refused_is_said_in_the_family(
    tenant: XeroTenant, status: int, body: object, error: type[Exception]
) -> None:
    tenant.fail(HISTORY, status, body, method="PUT")
    with pytest.raises(error):
        tenant.books().write_note(note())


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[1]", b'{"HistoryRecords":null}', b'{"HistoryRecords":[{"DateUTC":"soon"}]}']
)
def test_a_note_is_written_whatever_stands_in_the_answer(tenant: XeroTenant, body: bytes) -> None:
    tenant.fail(HISTORY, 200, body, method="PUT", done=True)
    tenant.books().write_note(note())
    assert len(tenant.history["i-1"]) == 1


def test_an_expired_token_is_renewed_and_the_note_written_once(tenant: XeroTenant) -> None:
    tenant.fail(HISTORY, 401, {"Title": "Unauthorized", "Detail": "TokenExpired"}, method="PUT")
    tenant.books().write_note(note())
    assert len(tenant.history["i-1"]) == 1
    assert len(tenant.tokens.refused) == 1


def test_a_full_minute_leaves_the_note_for_later(tenant: XeroTenant) -> None:
    for _ in range(9):
        tenant.fail(HISTORY, 429, b"", method="PUT", headers={"X-Rate-Limit-Problem": "day", "Retry-After": "3600"})
    with pytest.raises(BooksBusyError):
        tenant.books().write_note(note())
    assert tenant.history == {}


def test_notes_are_kept_with_invoices_only(tenant: XeroTenant) -> None:
    with pytest.raises(NotSupportedError):
        tenant.books().write_note(note(item_id="credit_note:n-1"))
    assert tenant.asked == []


@pytest.mark.parametrize("length", [250, 2500, 40])
def test_a_long_note_is_cut_and_its_marker_stays_whole(length: int) -> None:
    for text in ("x" * 5000 + MARKER, MARKER + "y" * 5000, "z " * 120 + MARKER + " z" * 5000):
        cut = noting.fitted(text, MARKER, length)
        assert len(cut) <= length
        assert cut.count(MARKER) == 1


def test_a_short_note_is_one_line_and_stays_as_it_is() -> None:
    assert noting.fitted(f"Sent\r\n to Ann {MARKER}", MARKER, 250) == f"Sent to Ann {MARKER}"


def test_the_length_of_notes_is_an_option(tenant: XeroTenant) -> None:
    tenant.books(note_length=2500).write_note(note("x" * 1000 + MARKER))
    assert len(tenant.history["i-1"][0]) == 1000 + len(MARKER)


# ---- mail ----


def test_a_mail_is_one_empty_object_posted_after_the_barrier(tenant: XeroTenant) -> None:
    passed: list[tuple[str, int]] = []
    receipt = tenant.books().send_mail(mail(), lambda server: passed.append((server, len(tenant.paths("POST")))))
    assert passed == [("api.xero.com", 0)]
    asked = tenant.asked[-1]
    assert (asked.method, asked.path, asked.body) == ("POST", EMAIL, b"{}")
    assert asked.headers["Idempotency-Key"] == KEY
    assert asked.headers["Content-Type"] == "application/json"
    assert (receipt.server, receipt.reply) == ("api.xero.com", "HTTP 204")
    assert tenant.mailed == ["i-1"]


@pytest.mark.parametrize("to", ["ann@bücher.example", "ann@xn--bcher-kva.example", "ACCOUNTS@ACME.example"])
def test_a_mail_reaches_the_contacts_own_addresses_however_they_are_spelt(tenant: XeroTenant, to: str) -> None:
    tenant.books().send_mail(mail(to), lambda _: None)
    assert tenant.mailed == ["i-1"]


@pytest.mark.parametrize("to", ["test@firm.example", "bob@acme.example", "", "acme.example"])
def test_a_mail_to_someone_else_is_refused_before_the_barrier(tenant: XeroTenant, to: str) -> None:
    with pytest.raises(BooksRefusedError, match="would not send"):
        tenant.books().send_mail(mail(to), barred)
    assert tenant.paths("POST") == []


def test_a_mail_to_a_customer_without_address_is_refused_before_the_barrier(tenant: XeroTenant) -> None:
    tenant.lists["Contacts"][0] |= {"EmailAddress": "", "ContactPersons": []}
    with pytest.raises(BooksRefusedError, match="no e-mail address"):
        tenant.books().send_mail(mail(), barred)


@pytest.mark.parametrize("status", ["ARCHIVED", "GDPRREQUEST"])
def test_a_mail_to_an_archived_customer_is_refused_before_the_barrier(tenant: XeroTenant, status: str) -> None:
    tenant.lists["Contacts"][0]["ContactStatus"] = status
    with pytest.raises(BooksRefusedError, match="archived"):
        tenant.books().send_mail(mail(), barred)


@pytest.mark.parametrize(
    "change",
    [
        {"Status": "PAID", "AmountDue": 0},
        {"Status": "VOIDED"},
        {"Status": "DRAFT"},
        {"Type": "ACCPAY"},
        {"AmountDue": 0},
    ],
)
def test_an_invoice_that_is_not_owed_is_refused_before_the_barrier(tenant: XeroTenant, change: dict[str, Any]) -> None:
    tenant.lists["Invoices"][0] |= change
    with pytest.raises(BooksRefusedError):
        tenant.books().send_mail(mail(), barred)


def test_an_invoice_that_cannot_be_understood_is_not_mailed(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"][0]["AmountDue"] = "much"
    with pytest.raises(BooksUnreadableError):
        tenant.books().send_mail(mail(), barred)


def test_credit_notes_are_not_mailed(tenant: XeroTenant) -> None:
    with pytest.raises(NotSupportedError):
        tenant.books().send_mail(mail(item_id="credit_note:n-1"), barred)


def test_a_barrier_that_does_not_open_sends_nothing(tenant: XeroTenant) -> None:
    with pytest.raises(AssertionError):
        tenant.books().send_mail(mail(), barred)
    assert tenant.mailed == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (0, LOST, WriteUnknownError),
        (500, b"<html>", WriteUnknownError),
        (503, b"", WriteUnknownError),
        (0, REFUSED, BooksUnreachableError),
        (400, {"Elements": [{"ValidationErrors": [{"Message": "no address"}]}]}, BooksRefusedError),
    ],
)
def test_a_mail_is_tried_once_and_what_became_of_it_is_said(
    tenant: XeroTenant, status: int, body: Any, error: type[Exception]
) -> None:
    tenant.fail(EMAIL, status, body, method="POST")
    with pytest.raises(error):
        tenant.books().send_mail(mail(), lambda _: None)
    assert tenant.paths("POST") == [EMAIL]


def test_a_mail_at_a_full_day_did_not_leave(tenant: XeroTenant) -> None:
    tenant.fail(EMAIL, 429, b"", method="POST", headers={"X-Rate-Limit-Problem": "day", "Retry-After": "600"})
    with pytest.raises(BooksBusyError):
        tenant.books().send_mail(mail(), lambda _: None)
    assert tenant.paths("POST") == [EMAIL]


def test_whether_an_earlier_mail_left_cannot_be_told(tenant: XeroTenant) -> None:
    assert tenant.books().mail_evidence("invoice:i-1", MORNING) is None


# ---- refresh ----


def test_a_refresh_of_a_notice_is_one_call_for_invoices_and_one_for_customers(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [INVOICE | {"InvoiceID": f"i-{number}"} for number in range(40)]
    page = tenant.books().refresh([f"invoice:i-{number}" for number in range(40)])
    assert len(page.items) == 40
    assert [each.customer_id for each in page.customers] == ["c-1"]
    assert tenant.paths() == ["/Invoices", "/Contacts"]


def test_a_refresh_says_what_is_void_and_leaves_out_what_is_gone_or_a_draft(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"] = [
        INVOICE | {"InvoiceID": "i-2", "Status": "VOIDED"},
        INVOICE | {"InvoiceID": "i-3", "Status": "DRAFT"},
    ]
    page = tenant.books().refresh(["invoice:i-1", "invoice:i-2", "invoice:i-3"])
    assert (page.items, page.voided) == ((), ("invoice:i-2",))


def test_a_refresh_of_what_cannot_be_understood_does_not_call_it_gone(tenant: XeroTenant) -> None:
    tenant.lists["Invoices"][0]["Total"] = None
    with pytest.raises(BooksUnreadableError, match="INV/1"):
        tenant.books().refresh(["invoice:i-1"])


@pytest.mark.parametrize("strange", ["no such item", "invoice:a,b", 'credit_note:x") OR (1==1', "invoice:", "fec:1"])
def test_what_is_no_id_of_xeros_is_never_put_into_an_address(tenant: XeroTenant, strange: str) -> None:
    page = tenant.books().refresh([strange])
    assert (page.items, page.voided, page.customers) == ((), (), ())
    assert tenant.asked == []


@pytest.mark.parametrize("knows", [True, False])
def test_credits_are_read_again_by_filter_or_else_among_all(tenant: XeroTenant, knows: bool) -> None:
    tenant.knows_where = knows
    credit = INVOICE | {"Type": "ACCRECCREDIT", "RemainingCredit": 4}
    tenant.lists["CreditNotes"] = [
        credit | {"CreditNoteID": "n-1"},
        credit | {"CreditNoteID": "n-2"},
        credit | {"CreditNoteID": "n-3", "Status": "VOIDED"},
        # What nobody asked for may be unreadable.
        *([] if knows else [credit | {"CreditNoteID": "n-4", "Total": None}]),
    ]
    page = tenant.books().refresh(["credit_note:n-1", "credit_note:n-3"])
    assert [item.item_id for item in page.items] == ["credit_note:n-1"]
    assert page.voided == ("credit_note:n-3",)


def test_a_refresh_of_a_row_without_a_currency_asks_for_the_organisations_once(tenant: XeroTenant) -> None:
    del tenant.lists["Invoices"][0]["CurrencyCode"]
    books = tenant.books()
    assert books.refresh(["invoice:i-1"]).items[0].currency == "USD"
    books.refresh(["invoice:i-1"])
    assert tenant.paths().count("/Organisation") == 1


# ---- papers ----


def test_the_pdf_is_fetched_as_pdf_and_named_after_its_number(tenant: XeroTenant) -> None:
    books = tenant.books()
    books.refresh(["invoice:i-1"])
    found = books.document("invoice:i-1")
    assert found is not None
    assert (found.filename, found.media_type, found.content[:4]) == ("INV-1.pdf", "application/pdf", b"%PDF")
    assert (tenant.asked[-1].path, tenant.asked[-1].headers["Accept"]) == ("/Invoices/i-1", "application/pdf")


def test_a_pdf_without_a_known_number_still_has_a_name(tenant: XeroTenant) -> None:
    found = tenant.books().document("invoice:i-1")
    assert found is not None
    assert found.filename == "invoice-i-1.pdf"


@pytest.mark.parametrize("content", [b"", b"<html>Sign in", b'{"Invoices":[]}', b" " * 2000 + b"%PDF"])
def test_what_is_no_pdf_is_not_attached(tenant: XeroTenant, content: bytes) -> None:
    tenant.pdf = content
    with pytest.raises(BooksUnreadableError):
        tenant.books().document("invoice:i-1")


def test_a_pdf_of_more_than_ten_megabytes_is_not_attached(tenant: XeroTenant) -> None:
    tenant.pdf = b"%PDF" + bytes(10 * 2**20)
    with pytest.raises(BooksUnreadableError, match="10 MiB"):
        tenant.books().document("invoice:i-1")


def test_a_pdf_that_is_not_given_at_the_invoice_itself_is_fetched_where_the_official_document_has_it(
    tenant: XeroTenant,
) -> None:
    tenant.fail("/Invoices/i-1", 406, b"Not Acceptable")
    found = tenant.books().document("invoice:i-1")
    assert found is not None
    assert found.content == tenant.pdf
    assert tenant.paths() == ["/Invoices/i-1", "/Invoices/i-1/pdf"]


def test_an_invoice_without_pdf_has_none(tenant: XeroTenant) -> None:
    tenant.fail("/Invoices/i-1", 404, b"")
    assert tenant.books().document("invoice:i-1") is None
    assert tenant.books().document("credit_note:n-1") is None


def test_the_online_invoice_is_asked_for_once(tenant: XeroTenant) -> None:
    books = tenant.books()
    assert books.payment_url("invoice:i-1") == books.payment_url("invoice:i-1") == tenant.online
    assert tenant.paths() == ["/Invoices/i-1/OnlineInvoice"]
    assert books.payment_url("credit_note:n-1") == ""


@pytest.mark.parametrize("status", [400, 404])
def test_an_invoice_without_a_page_has_no_link(tenant: XeroTenant, status: int) -> None:
    tenant.fail("/Invoices/i-1/OnlineInvoice", status, b"")
    assert tenant.books().payment_url("invoice:i-1") == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://in.xero.com/abc",
        "https://in.xero.com.evil.example/abc",
        "https://evilxero.com/abc",
        "https://in.xero.com@evil.example/abc",
        "https://someone@in.xero.com/abc",
        "https://in.xero.com:8443/abc",
        "javascript:alert(1)",
        "https://in.xero.com/a b",
        "https://in.xero.com/\nBcc: x",
        'https://in.xero.com/"onclick="',
        "https://evil.example\\@in.xero.com/",
        "https://[in.xero.com/",
        "//in.xero.com/abc",
        "",
    ],
)
def test_a_link_that_is_not_xeros_never_reaches_a_customer(tenant: XeroTenant, url: str) -> None:
    assert not is_safe(url)
    tenant.online = url
    assert tenant.books().payment_url("invoice:i-1") == ""


@pytest.mark.parametrize("url", ["https://in.xero.com/abc", "https://in.xero.com:443/abc?x=1", "https://XERO.com/"])
def test_a_link_of_xeros_is_taken(url: str) -> None:
    assert is_safe(url)


# ---- about ----


def test_an_organisation_says_its_zone_currency_locks_and_own_reminders(tenant: XeroTenant) -> None:
    tenant.reminders = True
    tenant.organisation |= {
        "PeriodLockDate": "/Date(1767139200000+0000)/",
        "EndOfYearLockDate": "/Date(1743379200000+0000)/",
        "IsDemoCompany": True,
    }
    about = tenant.books().about()
    assert (about.organisation_id, about.organisation) == (ORGANISATION, "Demo Trading")
    assert (about.timezone, about.currency) == ("America/Los_Angeles", "USD")
    assert str(about.locked_until) == "2025-12-31"
    assert about.own_reminders is True
    assert "demo company" in about.remarks[0]


@pytest.mark.parametrize(
    "locks", [{}, {"PeriodLockDate": "/Date(0+0000)/"}, {"PeriodLockDate": "never"}, {"PeriodLockDate": None}]
)
def test_an_organisation_without_locks_has_none(tenant: XeroTenant, locks: dict[str, Any]) -> None:
    tenant.organisation |= locks
    assert tenant.books().about().locked_until is None


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, b""), (404, b""), (200, {"InvoiceReminders": []}), (200, {"InvoiceReminders": [{"Enabled": "yes"}]})],
)
def test_reminders_that_cannot_be_asked_for_are_left_open(tenant: XeroTenant, status: int, body: object) -> None:
    tenant.fail("/InvoiceReminders/Settings", status, body)
    assert tenant.books().about().own_reminders is None


def test_an_unknown_time_zone_is_a_remark(tenant: XeroTenant) -> None:
    tenant.organisation["Timezone"] = "MARSSTANDARDTIME"
    about = tenant.books().about()
    assert about.timezone == ""
    assert "MARSSTANDARDTIME" in about.remarks[0]


# ---- the library ----


def test_the_library_makes_no_request_and_no_retry_of_its_own(
    tenant: XeroTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise AssertionError("the library opened a connection")

    monkeypatch.setattr(urllib3.PoolManager, "urlopen", none)
    monkeypatch.setattr(urllib3.PoolManager, "request", none)
    monkeypatch.setattr(urllib3.connectionpool.HTTPConnectionPool, "urlopen", none)
    books = tenant.books()
    books.write_note(note())
    books.send_mail(mail(), lambda _: None)
    tenant.fail(EMAIL, 503, b"", method="POST")
    with pytest.raises(WriteUnknownError):
        books.send_mail(mail(), lambda _: None)
    assert tenant.paths("PUT") == [HISTORY]
    assert tenant.paths("POST") == [EMAIL, EMAIL]
    for asked in tenant.asked:
        assert asked.headers["Authorization"].startswith("Bearer tok-")
        assert "xero-python" not in asked.headers["User-Agent"]


def test_the_library_is_loaded_only_when_something_is_written() -> None:
    code = "import sys, connectors.xero.books; sys.exit('xero_python' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_these_are_books() -> None:
    assert XeroBooks.__slots__
