from __future__ import annotations

import json
import socket
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from connectors.quickbooks import sdk
from connectors.quickbooks.client import Client
from connectors.quickbooks.memo import HEADING, MemoFullError, split, with_note
from engine.errors import (
    BooksBusyError,
    BooksRefusedError,
    BooksUnreadableError,
    NotSupportedError,
    WriteUnknownError,
    WrongOrganisationError,
)
from engine.records import Note, NotesOn, ProviderMail
from tests.fakes.http_calls import MORNING
from tests.fakes.intuit import HOST, REALM, Call, Company, Reaction, fault, online, recorded, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARKER = "[rem:0123456789ab]"
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company()
    made.customer("1")
    made.invoice("95", BillEmail={"Address": "Geeta@one.example"})
    with online(made):
        yield made


def note(
    *, text: str = f"Reminder one {MARKER}", item_id: str = "invoice:95", tried: bool = False, key: str = KEY
) -> Note:
    return Note(customer_id="1", item_id=item_id, text=text, marker=MARKER, key=key, tried=tried)


def only(call: Callable[[Call], bool], reaction: Reaction) -> Callable[[Call], Reaction | None]:
    return lambda each: reaction if call(each) else None


def writes(company: Company) -> list[Call]:
    return [call for call in company.calls if call.method != "GET"]


def test_a_note_is_attached_to_its_invoice_and_never_sent_along(company: Company) -> None:
    company.books().write_note(note())
    (call,) = company.calls
    assert (call.method, call.path) == ("POST", "attachable")
    assert call.query == {"minorversion": "75", "requestid": KEY}
    assert call.headers["Content-Type"] == "application/json"
    assert json.loads(call.body) == {
        "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "95"}, "IncludeOnSend": False}],
        "Note": f"Reminder one {MARKER}",
        "domain": "QBO",
        "sparse": False,
    }


def test_notes_on_credit_notes_and_payments_name_their_document(company: Company) -> None:
    company.books().write_note(note(item_id="credit_note:184"))
    company.books().write_note(note(item_id="payment:7"))
    kinds = [json.loads(call.body)["AttachableRef"][0]["EntityRef"] for call in company.calls]
    assert kinds == [{"type": "CreditMemo", "value": "184"}, {"type": "Payment", "value": "7"}]


def test_a_note_that_may_be_there_already_is_looked_for_first(company: Company) -> None:
    books = company.books()
    books.write_note(note())
    company.calls.clear()
    books.write_note(note(tried=True))
    assert writes(company) == []
    assert "AttachableRef.EntityRef.Type = 'invoice' and AttachableRef.EntityRef.value = '95'" in company.queries[0]


def test_a_note_of_another_reminder_or_document_is_not_taken_for_it(company: Company) -> None:
    books = company.books()
    books.write_note(note(item_id="invoice:96", key="a" * 32))
    books.write_note(note(text="Reminder [rem:aaaaaaaaaaaa]", key="b" * 32))
    company.rows["Attachable"]["8542"]["Note"] = "Reminder [rem:aaaaaaaaaaaa]"
    company.calls.clear()
    books.write_note(note(tried=True))
    assert len(writes(company)) == 1


def test_a_long_note_is_cut_and_keeps_its_marker(company: Company) -> None:
    company.books().write_note(note(text="é" * 3000 + MARKER))
    text = json.loads(company.calls[0].body)["Note"]
    assert len(text) <= 2000
    assert text.endswith(MARKER)


def test_a_lost_answer_to_a_note_is_asked_again_under_the_same_key(company: Company) -> None:
    lost: list[Exception] = [requests.ConnectionError("reset")]
    company.before = lambda _: lost.pop() if lost else None
    company.books().write_note(note())
    assert [call.query["requestid"] for call in company.calls] == [KEY, KEY]
    assert company.calls[0].body == company.calls[1].body
    assert len(company.rows["Attachable"]) == 1


def test_an_answer_to_a_note_that_cannot_be_read_leaves_it_unknown(company: Company) -> None:
    company.before = lambda _: (200, {}, "<html>portal</html>")
    with pytest.raises(WriteUnknownError):
        company.books().write_note(note())
    for body in ("{}", "[]", "5", "", '{"Attachable":[]}', '{"Attachable":{}}'):
        company.before = only(lambda _: True, (200, {}, body))
        with pytest.raises(WriteUnknownError):
            company.books().write_note(note())


def test_closed_books_and_lapsed_subscriptions_refuse_a_note_with_advice(company: Company) -> None:
    company.before = lambda _: (400, {}, json.dumps(recorded("fault_closed.json")))
    with pytest.raises(BooksRefusedError, match="closed"):
        company.books().write_note(note())
    company.before = lambda _: fault("6190", "Invalid Company Status", "Subscription period has ended")
    with pytest.raises(BooksRefusedError, match="subscription has lapsed"):
        company.books().write_note(note())


def test_a_note_on_what_is_no_document_is_not_supported(company: Company) -> None:
    for item_id in ("", "prepayment:7", "invoice:"):
        with pytest.raises(NotSupportedError):
            company.books().write_note(note(item_id=item_id))
    assert company.calls == []


def test_a_memo_keeps_the_users_text_above_ours(company: Company) -> None:
    company.change("Invoice", "95", PrivateNote="Call Bob first")
    books = company.books(notes_in="private_note")
    books.write_note(note())
    sent = json.loads(writes(company)[0].body)
    assert sent == {
        "Id": "95",
        "SyncToken": "1",
        "sparse": True,
        "PrivateNote": f"Call Bob first\n\n{HEADING}\nReminder one {MARKER}",
    }
    assert writes(company)[0].path == "invoice"
    assert writes(company)[0].query["requestid"] == f"{KEY}-1"
    company.calls.clear()
    books.write_note(note())
    assert writes(company) == []


def test_a_memo_that_someone_changed_meanwhile_is_read_again_and_written_once_more(company: Company) -> None:
    def meddle(call: Call) -> None:
        if call.method == "POST" and company.rows["Invoice"]["95"]["SyncToken"] == "0":
            company.change("Invoice", "95", PrivateNote="Bob paid half")

    company.before = meddle
    company.books(notes_in="private_note").write_note(note())
    assert company.rows["Invoice"]["95"]["PrivateNote"].startswith(f"Bob paid half\n\n{HEADING}")
    assert [call.query["requestid"] for call in writes(company)] == [f"{KEY}-0", f"{KEY}-1"]


def test_a_memo_that_is_always_changed_meanwhile_is_given_up(company: Company) -> None:
    company.before = lambda call: company.change("Invoice", "95") if call.method == "POST" else None
    with pytest.raises(BooksRefusedError, match="same moment"):
        company.books(notes_in="private_note").write_note(note())
    assert len(writes(company)) == 2


def test_a_memo_in_closed_books_is_tried_once_whatever_number_says_so_and_attachments_are_advised(
    company: Company,
) -> None:
    for code in ("5010", "6210"):
        company.calls.clear()
        company.before = only(
            lambda call: call.method == "POST", fault(code, "Account Period Closed", "Use the website")
        )
        with pytest.raises(BooksRefusedError, match=r"closed in QuickBooks.*notes_in: attachable"):
            company.books(notes_in="private_note").write_note(note())
        assert len(writes(company)) == 1


def test_the_memo_of_a_void_or_missing_invoice_is_left_alone(company: Company) -> None:
    company.put("Invoice", recorded("invoice_void.json"))
    books = company.books(notes_in="private_note")
    with pytest.raises(BooksRefusedError, match="void"):
        books.write_note(note(item_id="invoice:65"))
    with pytest.raises(BooksRefusedError, match="any more"):
        books.write_note(note(item_id="invoice:66"))
    with pytest.raises(NotSupportedError):
        books.write_note(note(item_id="payment:66"))
    assert writes(company) == []


def test_a_written_memo_shows_the_same_item_in_the_next_pull(company: Company) -> None:
    books = company.books(notes_in="private_note")
    (before,) = books.refresh(["invoice:95"]).items
    books.write_note(note())
    (after,) = books.refresh(["invoice:95"]).items
    assert after.version > before.version
    assert {name: getattr(after, name) for name in before.__slots__ if name != "version"} == {
        name: getattr(before, name) for name in before.__slots__ if name != "version"
    }


def line(number: int) -> str:
    return f"Reminder {number} [rem:{number:012x}]"


def test_our_lines_stand_newest_first_and_the_oldest_make_room() -> None:
    memo = "User"
    for number in range(200):
        memo = with_note(memo, line(number))
        assert len(memo) <= 4000
    users, ours = split(memo)
    assert users == "User"
    assert ours[0] == line(199)
    assert ours == [line(number) for number in range(199, 199 - len(ours), -1)]
    assert len(ours) > 90


def test_what_a_user_wrote_below_our_lines_stays_theirs() -> None:
    memo = with_note("Above", line(1)) + "\nBelow, by Ann"
    again = with_note(memo, line(2))
    assert split(again) == ("Above\nBelow, by Ann", [line(2), line(1)])
    assert with_note("", line(1)) == f"{HEADING}\n{line(1)}"


def test_a_memo_full_of_the_users_text_is_not_touched() -> None:
    with pytest.raises(MemoFullError):
        with_note("x" * 3990, line(1))
    assert with_note(f"x\n{HEADING}\n{line(1)}", "two\nlines [rem:bbbbbbbbbbbb]").count("\n") == 4


def mail(to: str = "geeta@one.example", item_id: str = "invoice:95") -> ProviderMail:
    return ProviderMail(item_id=item_id, to=to, key=KEY)


class Barrier:
    """Remembers when it was passed: after how many calls."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.passed: list[tuple[str, int]] = []

    def __call__(self, server: str) -> None:
        self.passed.append((server, len(self.company.calls)))


def test_an_invoice_is_mailed_to_the_address_it_already_has_without_overwriting_it(company: Company) -> None:
    barrier = Barrier(company)
    receipt = company.books().send_mail(mail(), barrier)
    read, sent = company.calls
    assert read.path == "invoice/95"
    assert (sent.method, sent.path, sent.body) == ("POST", "invoice/95/send", "")
    assert sent.query == {"minorversion": "75", "requestid": KEY}
    assert sent.headers["Content-Type"] == "application/octet-stream"
    assert barrier.passed == [("quickbooks.api.intuit.com", 1)]
    assert receipt.server == "quickbooks.api.intuit.com"
    assert receipt.reply.startswith("EmailSent 2026-")


def test_an_address_among_those_on_the_invoice_overwrites_none_of_them(company: Company) -> None:
    company.change("Invoice", "95", BillEmail={"Address": "first@one.example, geeta@one.example"})
    company.books().send_mail(mail(), Barrier(company))
    assert "sendTo" not in company.calls[-1].query


@pytest.mark.parametrize("standing", [{"Address": "else@one.example"}, None, {"Address": ""}])
def test_another_address_is_named(company: Company, standing: Any) -> None:
    company.change("Invoice", "95", BillEmail=standing)
    company.books().send_mail(mail(to="ann+b@one.example"), Barrier(company))
    assert company.calls[-1].query["sendTo"] == "ann+b@one.example"
    assert "sendTo=ann%2Bb" in company.calls[-1].url


@pytest.mark.parametrize("to", ["", "  ", "two@one.example, three@one.example", "nonsense", "A <a@one.example>"])
def test_nothing_is_sent_without_exactly_one_address(company: Company, to: str) -> None:
    barrier = Barrier(company)
    with pytest.raises(BooksRefusedError):
        company.books().send_mail(mail(to=to), barrier)
    assert (company.calls, barrier.passed) == ([], [])


def test_a_void_or_missing_invoice_is_refused_before_the_barrier(company: Company) -> None:
    company.put("Invoice", recorded("invoice_void.json"))
    barrier = Barrier(company)
    for item_id in ("invoice:65", "invoice:404"):
        with pytest.raises(BooksRefusedError):
            company.books().send_mail(mail(item_id=item_id), barrier)
    with pytest.raises(NotSupportedError):
        company.books().send_mail(mail(item_id="credit_note:1"), barrier)
    assert (writes(company), barrier.passed) == ([], [])


def sending(call: Call) -> bool:
    return call.path.endswith("/send")


def test_a_refusal_of_the_sending_is_certain_even_inside_a_200(company: Company) -> None:
    company.before = only(sending, fault("2050", "too long", "x", status=200))
    with pytest.raises(BooksRefusedError, match="2050"):
        company.books().send_mail(mail(), Barrier(company))


@pytest.mark.parametrize(
    "answer",
    [
        (503, {}, "down"),
        (200, {}, ""),
        (200, {}, "<html>"),
        (200, {}, '{"Invoice":{"Id":"95","EmailStatus":"NeedToSend"}}'),
        requests.ConnectionError("reset"),
        requests.ReadTimeout("slow"),
    ],
)
def test_a_sending_without_a_clear_answer_is_unknown_and_never_repeated(company: Company, answer: Any) -> None:
    company.before = only(sending, answer)
    with pytest.raises(WriteUnknownError):
        company.books().send_mail(mail(), Barrier(company))
    assert len(writes(company)) == 1


def test_a_sending_that_meets_a_limit_did_not_happen(company: Company) -> None:
    company.before = only(sending, (429, {}, json.dumps(recorded("fault_throttled.json"))))
    with pytest.raises(BooksBusyError):
        company.books().send_mail(mail(), Barrier(company))


def test_what_was_mailed_at_or_after_an_instant_is_evidence(company: Company) -> None:
    books = company.books()
    assert books.mail_evidence("invoice:95", MORNING) is False
    company.change("Invoice", "95", EmailStatus="EmailSent", DeliveryInfo={"DeliveryTime": stamp(MORNING)})
    assert books.mail_evidence("invoice:95", MORNING) is True
    assert books.mail_evidence("invoice:95", MORNING + timedelta(milliseconds=400)) is True
    assert books.mail_evidence("invoice:95", MORNING + timedelta(seconds=1)) is False
    company.change("Invoice", "95", DeliveryInfo=None)
    assert books.mail_evidence("invoice:95", MORNING) is None
    assert books.mail_evidence("invoice:404", MORNING) is None


def test_an_invoice_comes_as_a_pdf_under_its_number(company: Company) -> None:
    company.change("Invoice", "95", DocNumber="F/2026 17")
    found = company.books().document("invoice:95")
    assert found is not None
    assert (found.filename, found.media_type, found.content[:4]) == ("F-2026-17.pdf", "application/pdf", b"%PDF")
    assert company.calls[-1].headers["Accept"] == "application/pdf"
    assert company.books().document("credit_note:1") is None
    assert company.books().document("invoice:404") is None
    company.put("Invoice", recorded("invoice_void.json"))
    assert company.books().document("invoice:65") is None


def test_what_is_no_pdf_is_unreadable(company: Company) -> None:
    company.before = lambda call: (200, {}, "<html>log in</html>") if call.path.endswith("/pdf") else None
    with pytest.raises(BooksUnreadableError, match="HTML"):
        company.books().document("invoice:95")


def test_a_payment_link_is_asked_for_one_invoice_and_taken_only_over_tls(company: Company) -> None:
    company.links["95"] = "https://connect.intuit.example/t/95"
    books = company.books()
    assert books.payment_url("invoice:95") == "https://connect.intuit.example/t/95"
    assert company.calls[-1].query["include"] == "invoiceLink"
    company.links["95"] = "http://connect.intuit.example/t/95"
    assert books.payment_url("invoice:95") == ""
    assert books.payment_url("invoice:404") == ""
    assert books.payment_url("payment:95") == ""


def test_a_refused_payment_link_is_no_link(company: Company) -> None:
    company.before = lambda call: fault("4000", "no", "include") if "include" in call.query else None
    assert company.books().payment_url("invoice:95") == ""
    assert ["include" in call.query for call in company.calls] == [True, False]


def test_the_company_says_whose_books_these_are(company: Company) -> None:
    found = company.books().about()
    assert (found.organisation_id, found.organisation) == (REALM, "Sandbox Company_US_1")
    assert (found.timezone, found.currency) == ("America/Los_Angeles", "USD")
    assert (found.own_reminders, found.locked_until) == (None, None)


def test_a_closing_date_is_read_where_it_is_told_and_preferences_may_be_refused(company: Company) -> None:
    told = recorded("preferences.json")
    told["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"] = "2026-03-31"
    company.before = only(lambda call: call.path == "preferences", (200, {}, json.dumps(told)))
    assert company.books().about().locked_until == date(2026, 3, 31)
    company.before = only(lambda call: call.path == "preferences", fault("120", "no", "no", status=403))
    assert company.books().about().currency == ""


def test_a_lapsed_subscription_is_remarked(company: Company) -> None:
    told = recorded("company_info.json")
    told["CompanyInfo"]["NameValue"][0]["Value"] = "EXPIRED"
    company.before = only(lambda call: call.path.startswith("companyinfo"), (200, {}, json.dumps(told)))
    assert any("expired" in remark for remark in company.books().about().remarks)


def test_a_company_that_is_not_shown_is_the_wrong_one(company: Company) -> None:
    company.before = only(lambda call: call.path.startswith("companyinfo"), (200, {}, "{}"))
    with pytest.raises(WrongOrganisationError):
        company.books().about()


def test_what_these_books_can_do_is_said_beforehand(company: Company) -> None:
    found = company.books().capabilities
    assert (found.rereads, found.incremental, found.mail, found.documents, found.payment_links) == (True,) * 5
    assert (found.notes_on, found.note_length) == (NotesOn.ITEM, 2000)
    assert company.books(notes_in="private_note").capabilities.note_length <= 1000
    assert company.books(note_length=150).capabilities.note_length == 150
    assert company.books(note_length=4000).capabilities.note_length == 2000
    assert company.books(note_length=4000, notes_in="private_note").capabilities.note_length == 4000
    with pytest.raises(ValueError, match="drawer"):
        company.books(notes_in="drawer")


def test_the_library_calls_nothing_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the library went to the network by itself")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(requests.Session, "request", refuse)
    company = Company()
    client = Client(transport=company.transport(), realm=REALM)
    made = sdk.library(client)
    assert made.auth_client is None
    assert made.api_url == f"{HOST}/v3"
    assert company.tokens.asked == 0


def test_the_library_takes_its_host_from_the_books_and_its_token_from_the_transport(company: Company) -> None:
    client = Client(transport=company.transport(), realm=REALM, base_url=HOST + "/")
    assert sdk.library(client).query("select * from Invoice startposition 1 maxresults 5")["QueryResponse"]["Invoice"]
    (call,) = company.calls
    assert call.path == "query"
    assert call.headers["Authorization"] == f"Bearer {company.tokens.current}"


def test_two_companies_at_once_do_not_share_the_library(company: Company) -> None:
    one = sdk.library(Client(transport=company.transport(), realm="1"))
    two = sdk.library(Client(transport=company.transport(), realm="2", base_url="http://127.0.0.1:9"))
    assert (one.company_id, one.api_url) == ("1", f"{HOST}/v3")
    assert (two.company_id, two.api_url) == ("2", "http://127.0.0.1:9/v3")
