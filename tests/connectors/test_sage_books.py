"""Sage's books beside the pull: read again, noted in, fetched as PDF, and asked whose they are."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import requests
import responses

from connectors.sage.notes import BEGIN, END
from engine.errors import (
    BooksRefusedError,
    BooksUnreachableError,
    BooksUnreadableError,
    NotSupportedError,
    WriteUnknownError,
    WrongOrganisationError,
)
from engine.kinds import ContactRole
from engine.money import Money
from engine.records import Note, NotesOn, ProviderMail
from tests.fakes.sage_rows import contact, credit_note, invoice, payment, person, ref
from tests.fakes.sage_service import BUSINESS, Answer, Call, SageService

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = "[rem:0123456789ab]"
NOTE = Note(
    customer_id="c1",
    item_id="",
    text=f"First reminder by e-mail: SI-12 {MARKER}",
    marker=MARKER,
    key="0" * 32,
    tried=False,
)


@pytest.fixture(name="service")
def _service() -> Iterator[SageService]:
    service = SageService()
    service.put("contacts", contact("c1", notes="Calls on Mondays only"))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        service.serve(mock)
        yield service


def notes_of(service: SageService) -> str:
    return str(service.rows["contacts"]["c1"]["notes"])


def edit(service: SageService, text: str, stamp: str) -> None:
    """Change the notes as a user does in Sage."""
    service.rows["contacts"]["c1"] |= {"notes": text, "updated_at": stamp}


# Reading again


def test_items_are_read_again_with_their_customers(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", outstanding_amount="20.5"))
    service.put("sales_invoices", invoice("2", status=ref("VOID")))
    service.put("sales_invoices", invoice("3", deleted_at="2026-11-01T08:00:00Z"))
    service.put("sales_credit_notes", credit_note("n"))
    service.put("contact_payments", payment("r", payment_on_account={"id": "oa", "outstanding_amount": 7}))
    service.put("contact_persons", {**person("pat", "c1", "ACCOUNTS"), "contact": ref("c1")})
    page = service.books().refresh(
        [
            "invoice:1",
            "invoice:2",
            "invoice:3",
            "credit_note:n",
            "payment:r",
            "invoice:gone",
            "overpayment:x",
            "",
            "invoice:",
        ]
    )
    assert {item.item_id: str(item.balance) for item in page.items} == {
        "invoice:1": "20.50",
        "credit_note:n": "-120.00",
        "payment:r": "-7.00",
    }
    assert set(page.voided) == {"invoice:2", "invoice:3"}
    (customer,) = page.customers
    assert [each.email for each in customer.with_role(ContactRole.BILLING)] == ["pat@acme.example"]


def test_reading_never_marks_an_invoice_as_sent(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", sent=False))
    service.put("sales_credit_notes", credit_note("n", sent=False))
    books = service.books()
    books.refresh(["invoice:1", "credit_note:n"])
    books.document("invoice:1")
    books.document("credit_note:n")
    assert not service.rows["sales_invoices"]["1"]["sent"]
    assert not service.rows["sales_credit_notes"]["n"]["sent"]
    single = [call for call in service.calls if call.resource.startswith("sales_") and call.key]
    # Read again, as PDF, and for the PDF's name.
    assert len(single) == 6
    assert {call.query["mark_as_sent"] for call in single} == {"false"}


def test_a_customers_many_invoices_are_read_again_by_one_list(service: SageService) -> None:
    for number in range(30):
        service.put("sales_invoices", invoice(f"{number:02}", contact=ref("c1")))
    page = service.books().refresh([f"invoice:{number:02}" for number in range(30)])
    assert len(page.items) == 30
    assert len(service.asked("sales_invoices")) == 3


def test_what_is_not_among_the_latest_of_a_customer_is_read_alone(service: SageService) -> None:
    for number in range(9):
        service.put("sales_invoices", invoice(str(number), updated_at=f"2026-10-0{number + 1}T08:00:00Z"))
    page = service.books(page_size=3).refresh([f"invoice:{number}" for number in range(9)])
    assert {item.item_id for item in page.items} == {f"invoice:{number}" for number in range(9)}


def test_an_unreadable_row_is_left_out_of_a_re_reading(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", currency=None))
    service.put("sales_invoices", invoice("2"))
    page = service.books().refresh(["invoice:1", "invoice:2"])
    assert [item.item_id for item in page.items] == ["invoice:2"]
    assert page.items[0].balance == Money.of(Decimal(120), "GBP")


# Notes


def test_a_note_goes_into_the_contacts_notes_below_the_users_text(service: SageService) -> None:
    service.books().write_note(NOTE)
    assert notes_of(service) == f"Calls on Mondays only\n{BEGIN}\n{NOTE.text}\n{END}"
    (put,) = service.asked("contacts", method="PUT")
    assert (put.path, list(put.body), list(put.body["contact"])) == ("/contacts/c1", ["contact"], ["notes"])


def test_a_note_that_is_there_already_is_not_written_again(service: SageService) -> None:
    books = service.books()
    books.write_note(NOTE)
    books.write_note(NOTE)
    assert len(service.asked("contacts", method="PUT")) == 1
    assert notes_of(service).count(MARKER) == 1


def test_what_a_user_writes_between_our_reading_and_our_writing_survives(service: SageService) -> None:
    def user(call: Call) -> None:
        # After our first look, before our second.
        if call.method == "GET" and len(service.calls) == 2:
            edit(service, "Calls on Tuesdays too", "2026-11-22T12:00:01Z")

    service.before = user
    service.books().write_note(NOTE)
    assert notes_of(service).startswith("Calls on Tuesdays too\n")
    assert MARKER in notes_of(service)


def test_a_line_that_a_user_overwrites_is_merged_into_their_text(service: SageService) -> None:
    def user(call: Call) -> None:
        # After our PUT, before we read back: a form that was opened earlier is saved.
        if call.method == "GET" and len(service.asked("contacts", method="PUT")) == 1 and MARKER in notes_of(service):
            edit(service, "Their own, without our line", "2026-11-22T12:00:02Z")

    service.before = user
    service.books().write_note(NOTE)
    assert notes_of(service) == f"Their own, without our line\n{BEGIN}\n{NOTE.text}\n{END}"


def test_what_a_user_adds_after_us_is_theirs_to_do(service: SageService) -> None:
    def user(call: Call) -> None:
        if call.method == "GET" and service.asked("contacts", method="PUT") and "Added" not in notes_of(service):
            edit(service, f"Added\n{notes_of(service)}", "2026-11-22T12:00:02Z")

    service.before = user
    service.books().write_note(NOTE)
    assert notes_of(service).startswith("Added\nCalls on Mondays only")


def test_an_endless_race_is_given_up_for_a_quieter_time(service: SageService) -> None:
    def user(call: Call) -> None:
        if call.method == "GET":
            edit(service, f"Version {len(service.calls)}", f"2026-11-22T12:{len(service.calls):02}:00Z")

    service.before = user
    with pytest.raises(WriteUnknownError, match="quieter"):
        service.books().write_note(NOTE)
    assert len(service.calls) < 20
    assert service.asked("contacts", method="PUT") == []


def test_a_lost_answer_is_looked_up_and_counts_where_the_line_is_there(service: SageService) -> None:
    def lost(call: Call) -> Answer | None:
        if call.method == "PUT":
            edit(service, call.body["contact"]["notes"], "2026-11-22T12:00:03Z")
            return 502, {}, b"<html>bad gateway</html>"
        return None

    service.instead = lost
    service.books().write_note(NOTE)
    assert len(service.asked("contacts", method="PUT")) == 1
    assert MARKER in notes_of(service)


def test_a_lost_answer_without_the_line_is_unknown_and_not_written_again_at_once(service: SageService) -> None:
    service.instead = lambda call: (504, {}, b"") if call.method == "PUT" else None
    with pytest.raises(WriteUnknownError):
        service.books().write_note(NOTE)
    assert len(service.asked("contacts", method="PUT")) == 1
    service.instead = None
    service.books().write_note(NOTE)
    assert notes_of(service).count(MARKER) == 1


@pytest.mark.parametrize("body", [b'{"id": "c1", "not', b"[]", b'"taken"', b""])
def test_a_strange_answer_to_the_write_is_looked_up(service: SageService, body: bytes) -> None:
    def cut(call: Call) -> Answer | None:
        if call.method == "PUT":
            edit(service, call.body["contact"]["notes"], "2026-11-22T12:00:03Z")
            return 200, {"X-Business": BUSINESS, "Content-Type": "application/json"}, body
        return None

    service.instead = cut
    service.books().write_note(NOTE)
    assert MARKER in notes_of(service)


def test_notes_that_sage_alters_are_told_to_a_person(service: SageService) -> None:
    def altering(call: Call) -> Answer | None:
        if call.method != "PUT":
            return None
        text = call.body["contact"]["notes"].replace("Mondays", "M&amp;days")
        edit(service, text, "2026-11-22T12:00:03Z")
        return service.reply(service.rows["contacts"]["c1"])

    service.instead = altering
    with pytest.raises(BooksRefusedError, match="other than they were written"):
        service.books().write_note(NOTE)


def test_notes_that_sage_alters_are_told_even_where_somebody_wrote_after_us(service: SageService) -> None:
    def altering(call: Call) -> Answer | None:
        if call.method != "PUT":
            return None
        edit(service, call.body["contact"]["notes"].replace("Mondays", ""), "2026-11-22T12:00:03Z")
        answer = service.reply(service.rows["contacts"]["c1"])
        edit(service, f"{notes_of(service)}\nand more", "2026-11-22T12:00:09Z")
        return answer

    service.instead = altering
    with pytest.raises(BooksRefusedError, match="other than they were written"):
        service.books().write_note(NOTE)


def test_windows_line_ends_are_no_alteration(service: SageService) -> None:
    def windows(call: Call) -> Answer | None:
        if call.method != "PUT":
            return None
        edit(service, call.body["contact"]["notes"].replace("\n", "\r\n"), "2026-11-22T12:00:03Z")
        return service.reply(service.rows["contacts"]["c1"])

    service.instead = windows
    books = service.books()
    books.write_note(NOTE)
    other = Note(
        customer_id="c1",
        item_id="",
        text="Second [rem:ba9876543210]",
        marker="[rem:ba9876543210]",
        key="1",
        tried=False,
    )
    books.write_note(other)
    assert MARKER in notes_of(service)
    assert notes_of(service).count(BEGIN) == 1


def test_full_notes_are_told_and_not_touched(service: SageService) -> None:
    edit(service, "u" * 3995, "2026-11-22T12:00:00Z")
    with pytest.raises(BooksRefusedError, match="full"):
        service.books().write_note(NOTE)
    assert service.asked("contacts", method="PUT") == []


def test_a_contact_that_is_gone_takes_no_note(service: SageService) -> None:
    del service.rows["contacts"]["c1"]
    with pytest.raises(BooksRefusedError, match="no longer shows"):
        service.books().write_note(NOTE)


def test_an_unreachable_sage_has_no_note(service: SageService) -> None:
    def down(call: Call) -> None:
        if call.method == "PUT":
            raise requests.exceptions.ConnectTimeout("no connection")

    service.before = down
    with pytest.raises(BooksUnreachableError):
        service.books().write_note(NOTE)


def test_books_connected_for_reading_say_so_beforehand(service: SageService) -> None:
    books = service.books(writes_notes=False)
    assert books.capabilities.notes_on is NotesOn.NOTHING
    with pytest.raises(NotSupportedError, match="full_access"):
        books.write_note(NOTE)


# Documents


def test_a_document_comes_as_pdf(service: SageService) -> None:
    service.put("sales_invoices", invoice("12"))
    attachment = service.books().document("invoice:12")
    assert attachment is not None
    assert attachment.content.startswith(b"%PDF-")
    assert (attachment.filename, attachment.media_type) == ("SI-12.pdf", "application/pdf")
    assert service.calls[0].headers["accept"] == "application/pdf"


@pytest.mark.parametrize(
    ("number", "name"),
    [("../../etc/passwd", "etc-passwd.pdf"), ("", "invoice-12.pdf"), ("FA 2026/0001", "FA 2026-0001.pdf")],
)
def test_a_document_that_sage_does_not_name_is_called_by_its_number(
    service: SageService, number: str, name: str
) -> None:
    service.put("sales_invoices", invoice("12", invoice_number_prefix="", invoice_number=number, displayed_as=number))
    attachment = service.books().document("invoice:12")
    assert attachment is not None
    assert attachment.filename == name


def test_a_document_keeps_a_harmless_name_of_sages_own(service: SageService) -> None:
    headers = {"X-Business": BUSINESS, "Content-Disposition": 'attachment; filename="SI-12 (copy).pdf"'}
    service.instead = lambda _call: (200, headers, b"%PDF-1.4")
    attachment = service.books().document("invoice:12")
    assert attachment is not None
    assert attachment.filename == "SI-12 (copy).pdf"


def test_no_document_is_none_and_no_pdf_is_an_error(service: SageService) -> None:
    books = service.books()
    assert books.document("invoice:gone") is None
    assert books.document("payment:r") is None
    service.instead = lambda call: service.reply({"id": call.key})
    with pytest.raises(BooksUnreadableError, match="no PDF"):
        books.document("invoice:12")


def test_a_pdf_of_another_business_is_not_used(service: SageService) -> None:
    service.instead = lambda _call: (200, {"X-Business": "49c196153fb1524b7d888cece84e8b12"}, b"%PDF-1.4")
    with pytest.raises(WrongOrganisationError):
        service.books().document("invoice:12")


# What the books say of themselves


def business(**changes: object) -> dict[str, object]:
    return {
        "id": BUSINESS,
        "displayed_as": "Business One",
        "name": "Dupont Ltd",
        "country": ref("GB"),
        "subscriptions": [{"active": True, "status": "active"}],
        **changes,
    }


def test_the_books_say_whose_they_are(service: SageService) -> None:
    service.put("businesses", business())
    service.put("financial_settings", {"id": "f", "base_currency": ref("GBP"), "year_end_lockdown_date": "2026-03-31"})
    about = service.books().about()
    assert (about.organisation_id, about.organisation, about.currency) == (BUSINESS, "Dupont Ltd", "GBP")
    assert str(about.locked_until) == "2026-03-31"
    assert about.own_reminders is None
    assert about.remarks == ("country: GB",)


def test_no_subscription_an_unsure_country_and_hidden_settings_are_remarks(service: SageService) -> None:
    service.put("businesses", business(country=ref("FR"), subscriptions=[{"active": False, "status": "expired"}]))
    service.instead = lambda call: (
        service.reply([{"$dataCode": "MultiUserAccessDenied", "$message": "no"}], 403)
        if call.resource == "financial_settings"
        else None
    )
    about = service.books().about()
    assert about.locked_until is None
    text = " / ".join(about.remarks)
    assert "country: FR; this connector is sure of GB, IE and CA only" in text
    assert "no active subscription in Sage (expired)" in text
    assert "cannot be read" in text


def test_a_business_that_does_not_echo_itself_is_known_by_its_id(service: SageService) -> None:
    service.put("businesses", business())
    service.echo = None
    with pytest.raises(WrongOrganisationError):
        service.books().about()
    assert service.asked("financial_settings")
    service.rows["businesses"] = {BUSINESS: business(id="another")}
    service.calls.clear()
    with pytest.raises(WrongOrganisationError, match="another"):
        service.books().about()
    assert not service.asked("financial_settings")


# What Sage cannot


def test_sage_sends_no_mail_and_says_so_beforehand(service: SageService) -> None:
    books = service.books()
    capabilities = books.capabilities
    assert (capabilities.mail, capabilities.payment_links) == (False, False)
    assert (capabilities.rereads, capabilities.incremental, capabilities.documents) == (True, True, True)
    assert capabilities.notes_on is NotesOn.CUSTOMER
    handed_over: list[str] = []
    with pytest.raises(NotSupportedError, match="SMTP"):
        books.send_mail(ProviderMail(item_id="invoice:1", to="a@acme.example", key="0" * 32), handed_over.append)
    assert handed_over == []
    assert books.mail_evidence("invoice:1", service.time.now()) is None
    assert books.payment_url("invoice:1") == ""
    assert service.calls == []
