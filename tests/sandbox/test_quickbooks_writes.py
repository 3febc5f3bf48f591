"""Mail, notes and changes at the sandbox's QuickBooks Online, judged by the ledger."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from connectors.sandbox.ledger import Person
from tests.fakes.quickbooks_company import Company, fault_of, open_company

if TYPE_CHECKING:
    from connectors.sandbox.entries import Document


@pytest.fixture
def company() -> Company:
    return open_company()


# ---- paper and mail ----


def test_the_paper_of_an_invoice_is_a_pdf_with_its_number(company: Company) -> None:
    invoice = company.invoice(number="INV-77")
    answer = company.ask("GET", f"invoice/{invoice.id}/pdf", accept="application/pdf")
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert b"INV-77" in answer.data
    assert company.ask("GET", f"invoice/{invoice.id}/pdf", accept="application/json").status_code == 400
    assert company.ask("GET", "invoice/99999/pdf", accept="application/pdf").status_code == 400


def test_sending_mails_the_invoice_and_is_itself_a_change(company: Company) -> None:
    party = company.books.add_party(
        "Joinery Ltd",
        "pay@joinery.example",
        cc_people=[
            Person(name="Ann", email="ann@joinery.example"),
            Person(name="Ben", email="ben@joinery.example", include=False),
        ],
    )
    invoice = company.invoice(party)
    company.later(minutes=2)
    sent = company.send(invoice).get_json()["Invoice"]
    assert (sent["SyncToken"], sent["EmailStatus"]) == ("1", "EmailSent")
    assert sent["MetaData"]["LastUpdatedTime"] == "2026-05-05T03:15:29-07:00"
    assert sent["DeliveryInfo"] == {"DeliveryType": "Email", "DeliveryTime": "2026-05-05T03:15:29-07:00"}
    assert sent["BillEmail"] == {"Address": "pay@joinery.example"}
    assert sent["BillEmailCc"] == {"Address": "ann@joinery.example"}
    [mail] = company.books.mails
    assert (mail.document_id, mail.recipients) == (invoice.id, ("pay@joinery.example", "ann@joinery.example"))


def test_an_address_named_in_sending_overwrites_the_invoice_address(company: Company) -> None:
    invoice = company.invoice()
    company.send(invoice, sendTo="other@joinery.example")
    assert company.get(f"invoice/{invoice.id}")["Invoice"]["BillEmail"] == {"Address": "other@joinery.example"}
    company.send(invoice)
    assert [mail.recipients for mail in company.books.mails] == [("other@joinery.example",)] * 2


def test_sending_demands_octets_an_address_and_an_invoice(company: Company) -> None:
    invoice = company.invoice()
    without = company.invoice(company.party("Silent Ltd", email=""))
    assert company.send(invoice, content_type="application/json").status_code == 400
    assert fault_of(company.send(without))["code"] == "6000"
    assert fault_of(company.send(invoice, sendTo="nowhere"))["code"] == "2210"
    company.books.delete(invoice.id)
    assert fault_of(company.send(invoice))["code"] == "610"
    assert company.books.mails == []


def test_a_sandbox_company_has_40_mails_a_day(company: Company) -> None:
    invoice = company.invoice()
    assert {company.send(invoice).status_code for _ in range(40)} == {200}
    refused = company.send(invoice)
    assert (refused.status_code, fault_of(refused)["code"]) == (429, "3001")
    assert len(company.books.mails) == 40
    company.later(days=1)
    assert company.renewed().send(invoice).status_code == 200


def test_the_same_request_id_sends_once(company: Company) -> None:
    invoice = company.invoice()
    first = company.send(invoice, requestid="mail-1")
    company.later(minutes=1)
    again = company.send(invoice, requestid="mail-1")
    assert again.data == first.data
    assert len(company.books.mails) == 1
    company.sandbox.faults.add("send_twice")
    company.send(invoice, requestid="mail-1")
    assert len(company.books.mails) == 2


# ---- changing an invoice ----


def test_a_sparse_update_changes_only_what_it_names(company: Company) -> None:
    invoice = company.invoice(number="1033")
    company.later(seconds=10)
    body = {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "called on Monday"}
    changed = company.post("invoice", body).get_json()["Invoice"]
    assert (changed["SyncToken"], changed["PrivateNote"]) == ("1", "called on Monday")
    assert (changed["DocNumber"], changed["DueDate"]) == ("1033", "2026-05-07")
    assert changed["MetaData"]["LastUpdatedTime"] == "2026-05-05T03:13:39-07:00"
    assert changed["MetaData"]["LastModifiedByRef"]["value"]
    assert company.books.document(invoice.id).memo == "called on Monday"


def test_a_memo_has_4000_characters_at_most(company: Company) -> None:
    invoice = company.invoice()
    body = {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "x" * 4000}
    assert company.post("invoice", body).status_code == 200


def test_a_memo_written_after_the_voiding_takes_its_word_away(company: Company) -> None:
    invoice = company.invoice()
    company.books.void(invoice.id)
    company.post("invoice", {"Id": invoice.id, "SyncToken": "1", "sparse": True, "PrivateNote": "mine"})
    shape = company.get(f"invoice/{invoice.id}")["Invoice"]
    assert (shape["PrivateNote"], shape["TotalAmt"], shape["Balance"]) == ("mine", 0, 0)


def test_who_changed_it_last_is_told_only_while_it_was_the_client(company: Company) -> None:
    invoice = company.invoice()
    company.post("invoice", {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    company.books.edit(invoice.id, due_on=date(2026, 6, 1))
    assert "LastModifiedByRef" not in company.get(f"invoice/{invoice.id}")["Invoice"]["MetaData"]


def test_a_full_update_empties_what_it_does_not_name(company: Company) -> None:
    invoice = company.invoice()
    company.books.edit(invoice.id, silently=True, memo="keep me")
    shape = company.get(f"invoice/{invoice.id}")["Invoice"]
    bare = {"Id": invoice.id, "SyncToken": "0"}
    assert fault_of(company.post("invoice", bare))["code"] == "2020"
    body = {**bare, "CustomerRef": shape["CustomerRef"], "Line": [{"Amount": "629.10"}]}
    assert "PrivateNote" not in company.post("invoice", body).get_json()["Invoice"]


def test_an_old_sync_token_is_refused_and_changes_nothing(company: Company) -> None:
    invoice = company.invoice()
    company.books.edit(invoice.id, due_on=date(2026, 6, 1))
    body = {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    refused = company.post("invoice", body)
    assert (refused.status_code, fault_of(refused)["code"]) == (400, "5010")
    assert fault_of(refused)["Message"] == "Stale Object Error"
    assert fault_of(refused)["element"] == ""
    assert company.books.document(invoice.id).memo == ""
    assert company.post("invoice", {**body, "SyncToken": "1"}).status_code == 200


def test_someone_else_may_be_quicker_once(company: Company) -> None:
    invoice = company.invoice()
    company.sandbox.faults.add("stale_token")
    body = {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert fault_of(company.post("invoice", body))["code"] == "5010"
    assert company.post("invoice", {**body, "SyncToken": "1"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"SyncToken": None}, "2020"),
        ({"Id": "99999"}, "610"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"DueDate": "soon"}, "2010"),
        ({"DocNumber": "taken"}, "6140"),
        ({"DocNumber": "x" * 22}, "2050"),
    ],
)
def test_a_change_that_cannot_be_is_refused(company: Company, change: dict[str, Any], code: str) -> None:
    company.invoice(number="taken")
    invoice = company.invoice()
    body = {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "x", **change}
    assert fault_of(company.post("invoice", body))["code"] == code
    assert company.books.document(invoice.id) == invoice


def test_a_body_that_is_no_object_is_refused(company: Company) -> None:
    for body in (b"{", b"[]", b"\xff"):
        assert company.ask("POST", "invoice", body=body, content_type="application/json").status_code == 400
    invoice = company.invoice()
    change = b'{"Id":"%s","SyncToken":"0","sparse":true,"PrivateNote":"x"}' % invoice.id.encode()
    assert company.ask("POST", "invoice", body=change, content_type="text/plain").status_code == 400
    assert company.ask("POST", "invoice", body=change, content_type="application/json").status_code == 200


def test_an_invoice_of_a_closed_period_cannot_be_changed_but_noted_and_sent() -> None:
    # The last day of the closed period is the invoice's own.
    company = open_company(closed_until=date(2026, 4, 7))
    invoice = company.invoice()
    body = {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    fault = fault_of(company.post("invoice", body))
    assert fault["code"] == "6210"
    assert "The account period has closed" in fault["Detail"]
    assert company.note(invoice, "reminded").status_code == 200
    assert company.send(invoice).status_code == 200


@pytest.mark.parametrize("code", ["6200", "6210", "6000", "5010"])
def test_closed_books_are_told_by_several_codes_with_one_sentence(company: Company, code: str) -> None:
    invoice = company.invoice()
    body = {"Id": invoice.id, "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    company.sandbox.faults.add("closed_books", times=2, code=code)
    for refused in (company.post("invoice", body), company.note(invoice, "x")):
        assert fault_of(refused)["code"] == code
        assert "The account period has closed" in fault_of(refused)["Detail"]
    assert company.books.notes == []


def test_a_lapsed_subscription_can_be_read_but_not_written(company: Company) -> None:
    invoice = company.invoice()
    company.sandbox.faults.add("lapsed", times=9)
    assert fault_of(company.note(invoice, "x"))["code"] == "6190"
    assert company.numbers("") == [invoice.number]


# ---- notes ----


def test_a_note_hangs_on_its_invoice_and_does_not_touch_it(company: Company) -> None:
    invoice, other = company.invoice(), company.invoice()
    company.later(minutes=1)
    made = company.note(invoice, "Reminded on 5 May").get_json()["Attachable"]
    assert (made["Note"], made["SyncToken"]) == ("Reminded on 5 May", "0")
    assert made["AttachableRef"] == [{"IncludeOnSend": False, "EntityRef": {"type": "Invoice", "value": invoice.id}}]
    assert company.books.document(invoice.id) == invoice
    assert [note.text for note in company.books.notes_of(invoice.id)] == ["Reminded on 5 May"]

    def hung_on(document: Document, kind: str) -> list[str]:
        condition = f"AttachableRef.EntityRef.Type = '{kind}' and AttachableRef.EntityRef.value = '{document.id}'"
        return [row["Note"] for row in company.rows("attachable", f"where {condition}")]

    assert hung_on(invoice, "invoice") == hung_on(invoice, "Invoice") == ["Reminded on 5 May"]
    assert hung_on(invoice, "Bill") == hung_on(other, "invoice") == []
    assert company.get(f"attachable/{made['Id']}")["Attachable"] == made


def test_a_note_may_count_as_a_change_of_its_invoice(company: Company) -> None:
    invoice = company.invoice()
    company.sandbox.faults.add("note_touches")
    company.note(invoice, "x")
    assert company.books.document(invoice.id).token == 1


def test_a_note_has_2000_characters_at_most_and_one_at_least(company: Company) -> None:
    invoice = company.invoice()
    assert company.note(invoice, "x" * 2000).status_code == 200
    assert fault_of(company.note(invoice, "x" * 2001))["code"] == "2050"
    assert fault_of(company.note(invoice, ""))["code"] == "6000"
    assert len(company.books.notes) == 1


def test_a_note_is_never_rewritten_and_hangs_on_what_is_there(company: Company) -> None:
    invoice = company.invoice()
    made = company.note(invoice, "first").get_json()["Attachable"]
    assert company.post("attachable", {**made, "Note": "second"}).status_code == 400
    company.books.delete(invoice.id)
    assert fault_of(company.note(invoice, "late"))["code"] == "610"
    assert [note.text for note in company.books.notes] == ["first"]


def test_each_note_is_new_unless_it_bears_the_same_request_id(company: Company) -> None:
    invoice = company.invoice()
    first = company.note(invoice, "one", requestid="n-1")
    again = company.note(invoice, "another", requestid="n-1")
    assert again.data == first.data
    company.note(invoice, "one")
    assert [note.text for note in company.books.notes] == ["one", "one"]


def test_a_refused_write_may_be_tried_again_under_its_request_id(company: Company) -> None:
    invoice = company.invoice()
    company.sandbox.faults.add("closed_books")
    assert company.note(invoice, "one", requestid="n-1").status_code == 400
    assert company.note(invoice, "one", requestid="n-1").status_code == 200


def test_a_request_id_has_50_characters_at_most(company: Company) -> None:
    invoice = company.invoice()
    assert company.note(invoice, "x", requestid="r" * 51).status_code == 400
    assert company.note(invoice, "x", requestid="r" * 50).status_code == 200
    assert len(company.books.notes) == 1


def test_a_note_whose_answer_was_lost_is_answered_again(company: Company) -> None:
    invoice = company.invoice()
    company.sandbox.faults.add("drop_after", method="POST")
    with pytest.raises(ConnectionAbortedError):
        company.note(invoice, "one", requestid="n-1")
    assert company.note(invoice, "one", requestid="n-1").status_code == 200
    assert len(company.books.notes) == 1
