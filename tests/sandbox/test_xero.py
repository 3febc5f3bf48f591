"""The sandbox's Xero as its documents describe the real one, asked by plain HTTP."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.sandbox.ledger import Organisation, Person
from tests.fakes.xero_caller import OTHER_TENANT, SALES, START, TENANT, XeroCaller, xero_caller


@pytest.fixture(name="xero")
def _xero() -> XeroCaller:
    return xero_caller()


def _numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["InvoiceNumber"] for row in rows]


# ---- lists ----


def test_an_invoice_reads_as_the_recorded_one(xero: XeroCaller) -> None:
    entry = xero.invoice(number="INV-0024", reference="P/O 9711")
    answer = xero.get("/Invoices", page=1)
    assert answer["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 1}
    assert (answer["Status"], answer["DateTimeUTC"]) == ("OK", "/Date(1795420800000)/")
    row = answer["Invoices"][0]
    assert (row["InvoiceID"], row["InvoiceNumber"], row["Reference"]) == (entry.id, "INV-0024", "P/O 9711")
    assert (row["Type"], row["Status"], row["CurrencyCode"]) == ("ACCREC", "AUTHORISED", "GBP")
    assert (row["DateString"], row["Date"]) == ("2026-10-14T00:00:00", "/Date(1791936000000+0000)/")
    assert (row["DueDateString"], row["DueDate"]) == ("2026-10-29T00:00:00", "/Date(1793232000000+0000)/")
    assert (row["UpdatedDateUTC"], row["UpdatedDateUTCString"]) == (
        "/Date(1795420800000+0000)/",
        "2026-11-23T08:00:00Z",
    )
    assert (row["AmountDue"], row["AmountPaid"], row["AmountCredited"], row["Total"]) == (
        Decimal("703.63"),
        Decimal("0.00"),
        Decimal("0.00"),
        Decimal("703.63"),
    )


def test_amounts_are_numbers_with_two_decimals(xero: XeroCaller) -> None:
    xero.invoice("700")
    text = xero.call("GET", "/Invoices").text
    assert '"AmountDue":700.00,' in text
    assert '"Total":700.00,' in text


def test_a_list_row_knows_of_its_contact_only_id_and_name(xero: XeroCaller) -> None:
    xero.invoice(party=xero.customer(cc_people=[Person(name="Ann Ash", email="ann@larch.example")]))
    contact = xero.rows("Invoices", page=1)[0]["Contact"]
    assert {key for key, value in contact.items() if value} == {"ContactID", "Name"}


def test_lines_come_with_a_page_only(xero: XeroCaller) -> None:
    xero.invoice()
    assert xero.rows("Invoices")[0]["LineItems"] == []
    assert "pagination" not in xero.get("/Invoices")
    assert xero.rows("Invoices", page=1)[0]["LineItems"][0]["LineAmount"] == Decimal("703.63")


def test_a_summary_is_always_a_page_without_lines_and_payments(xero: XeroCaller) -> None:
    entry = xero.invoice()
    xero.books.pay(entry.id, Decimal(100), date(2026, 11, 1))
    answer = xero.get("/Invoices", summaryOnly="true")
    assert answer["pagination"]["itemCount"] == 1
    row = answer["Invoices"][0]
    assert not {"LineItems", "Payments", "CreditNotes", "Overpayments", "Prepayments"} & set(row)
    assert row["AmountDue"] == Decimal("603.63")


def test_pages_follow_each_other_and_the_last_is_short(xero: XeroCaller) -> None:
    party = xero.customer()
    for number in range(5):
        xero.invoice(party=party, number=f"INV-{number}")
    pages = [xero.get("/Invoices", page=page, pageSize=2, order="InvoiceNumber ASC") for page in (1, 2, 3, 4)]
    assert [_numbers(page["Invoices"]) for page in pages] == [["INV-0", "INV-1"], ["INV-2", "INV-3"], ["INV-4"], []]
    assert pages[0]["pagination"] == {"page": 1, "pageSize": 2, "pageCount": 3, "itemCount": 5}


def test_a_page_larger_than_a_thousand_is_cut_without_a_word(xero: XeroCaller) -> None:
    assert xero.get("/Invoices", page=1, pageSize=5000)["pagination"]["pageSize"] == 1000


def test_bills_stand_among_the_invoices_until_they_are_filtered_out(xero: XeroCaller) -> None:
    xero.invoice(number="OURS")
    xero.invoice(number="THEIRS", side="purchase")
    assert sorted(_numbers(xero.rows("Invoices", page=1))) == ["OURS", "THEIRS"]
    assert _numbers(xero.rows("Invoices", page=1, where=SALES)) == ["OURS"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Type=="ACCREC" AND Status=="AUTHORISED"', ["A", "B"]),
        ('Type=="ACCREC" && AmountDue > 500', ["B"]),
        ('Status=="DRAFT" OR Status=="VOIDED"', ["C"]),
        ('(Status=="DRAFT" || AmountDue>500) AND Type!="ACCPAY"', ["B", "C"]),
        ("DueDate<DateTime(2026,11,01)", ["A"]),
        ("DueDate==null", ["C"]),
        ('Contact.Name=="Nobody"', []),
    ],
)
def test_where_reads_comparisons(xero: XeroCaller, where: str, found: list[str]) -> None:
    party = xero.customer()
    xero.invoice("100", party, number="A")
    xero.invoice("900", party, number="B", due_on=date(2026, 12, 1))
    xero.invoice("50", party, number="C", status="draft", due_on=None)
    assert sorted(_numbers(xero.rows("Invoices", where=where))) == found


@pytest.mark.parametrize("where", ["Type=", "Nothing==1", 'Type=="ACCREC" AND', "Type ~ 1", 'Type=="ACCREC")'])
def test_a_where_that_cannot_be_read_is_refused(xero: XeroCaller, where: str) -> None:
    xero.invoice()
    answer = xero.call("GET", "/Invoices", where=where)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["Type"] == "QueryParseException"


def test_lists_are_filtered_by_ids_statuses_and_numbers(xero: XeroCaller) -> None:
    first, second = xero.invoice(number="A"), xero.invoice(number="B", status="draft")
    xero.invoice(number="C")
    both = f"{first.id},{second.id}"
    assert sorted(_numbers(xero.rows("Invoices", IDs=both))) == ["A", "B"]
    assert _numbers(xero.rows("Invoices", IDs=both, Statuses="AUTHORISED,PAID")) == ["A"]
    assert _numbers(xero.rows("Invoices", InvoiceNumbers="C")) == ["C"]
    assert _numbers(xero.rows("Invoices", ContactIDs=first.party_id)) == ["A"]
    assert xero.call("GET", "/Invoices", IDs="INV-1").status_code == 400


def test_rows_come_in_the_order_that_was_asked_for(xero: XeroCaller) -> None:
    first = xero.invoice(number="A")
    xero.later(hours=1)
    xero.invoice(number="B")
    xero.later(hours=1)
    xero.books.edit(first.id, reference="changed")
    assert _numbers(xero.rows("Invoices", order="UpdatedDateUTC ASC")) == ["B", "A"]
    assert _numbers(xero.rows("Invoices", order="UpdatedDateUTC DESC")) == ["A", "B"]
    assert xero.call("GET", "/Invoices", order="Nothing").status_code == 400


def test_only_what_was_modified_since_is_given(xero: XeroCaller) -> None:
    xero.invoice(number="OLD")
    xero.later(hours=1)
    changed = xero.invoice(number="NEW")
    since = {"If-Modified-Since": "2026-11-23T08:30:00"}
    assert _numbers(xero.rows("Invoices", headers=since)) == ["NEW"]
    xero.later(hours=1)
    xero.books.void(changed.id)
    since = {"If-Modified-Since": "2026-11-23T09:30:00Z"}
    assert [(row["InvoiceNumber"], row["Status"]) for row in xero.rows("Invoices", headers=since)] == [
        ("NEW", "VOIDED")
    ]
    assert xero.rows("Invoices", headers={"If-Modified-Since": "Mon, 23 Nov 2026 10:30:00 GMT"}) == []


def test_the_very_instant_is_given_only_where_that_is_set(xero: XeroCaller) -> None:
    xero.invoice()
    since = {"If-Modified-Since": "2026-11-23T08:00:00"}
    assert xero.rows("Invoices", headers=since) == []
    xero.dialect.ways.since_includes = True
    assert len(xero.rows("Invoices", headers=since)) == 1


def test_a_stamp_may_be_years_before_the_invoice(xero: XeroCaller) -> None:
    entry = xero.invoice()
    xero.books.edit(entry.id, updated_at=START.replace(year=2008), silently=True)
    assert xero.rows("Invoices", headers={"If-Modified-Since": "2020-01-01T00:00:00"}) == []
    assert xero.rows("Invoices")[0]["UpdatedDateUTC"] == "/Date(1227427200000+0000)/"


def test_a_missing_due_date_is_left_out(xero: XeroCaller) -> None:
    xero.invoice(due_on=None)
    assert not {"DueDate", "DueDateString"} & set(xero.rows("Invoices")[0])


# ---- what happens to an invoice ----


def test_a_paid_invoice_says_so_and_when(xero: XeroCaller) -> None:
    entry = xero.invoice("100")
    receipt = xero.books.pay(entry.id, Decimal(100), date(2026, 11, 20))
    row = xero.get(f"/Invoices/{entry.id}")["Invoices"][0]
    assert (row["Status"], row["AmountDue"], row["AmountPaid"]) == ("PAID", Decimal(0), Decimal(100))
    assert row["FullyPaidOnDate"] == "/Date(1795132800000+0000)/"
    assert [(payment["PaymentID"], payment["Amount"]) for payment in row["Payments"]] == [(receipt.id, Decimal(100))]


def test_credit_and_money_on_account_are_credited_not_paid(xero: XeroCaller) -> None:
    entry = xero.invoice("100")
    credit = xero.books.credit_note(entry.party_id, Decimal(30), date(2026, 11, 1), applies_to=entry.id)
    money = xero.books.receive(entry.party_id, Decimal(50), date(2026, 11, 2))
    xero.books.apply(money.id, entry.id, Decimal(20))
    row = xero.rows("Invoices", page=1)[0]
    assert (row["AmountDue"], row["AmountPaid"], row["AmountCredited"]) == (Decimal(50), Decimal(0), Decimal(50))
    assert [note["CreditNoteID"] for note in row["CreditNotes"]] == [credit.id]
    note = xero.rows("CreditNotes", page=1)[0]
    assert (note["Type"], note["Status"], note["RemainingCredit"]) == ("ACCRECCREDIT", "PAID", Decimal(0))
    assert note["Allocations"][0]["Invoice"]["InvoiceID"] == entry.id
    over = xero.rows("Overpayments", page=1)[0]
    assert (over["OverpaymentID"], over["Status"], over["RemainingCredit"]) == (money.id, "AUTHORISED", Decimal(30))
    assert over["Allocations"][0]["Amount"] == Decimal(20)
    assert xero.rows("Prepayments", page=1) == []


def test_a_deleted_payment_stays_with_its_status(xero: XeroCaller) -> None:
    entry = xero.invoice("100")
    receipt = xero.books.pay(entry.id, Decimal(100), date(2026, 11, 20))
    xero.later(minutes=1)
    xero.books.undo(receipt.id)
    row = xero.rows("Payments", page=1, headers={"If-Modified-Since": "2026-11-23T08:00:30"})[0]
    assert (row["PaymentID"], row["Status"], row["PaymentType"]) == (receipt.id, "DELETED", "ACCRECPAYMENT")
    assert row["Invoice"]["InvoiceID"] == entry.id
    assert xero.rows("Invoices", page=1)[0]["Status"] == "AUTHORISED"


def test_of_a_batch_the_invoice_names_the_batch_and_the_payment_itself(xero: XeroCaller) -> None:
    first, second = xero.invoice("100"), xero.invoice("50")
    money = xero.books.receive(first.party_id, Decimal(150), date(2026, 11, 2), kind="payment")
    xero.books.apply(money.id, first.id, Decimal(100))
    xero.books.apply(money.id, second.id, Decimal(50))
    payments = xero.rows("Payments", page=1)
    assert {payment["BatchPaymentID"] for payment in payments} == {money.id}
    assert len({payment["PaymentID"] for payment in payments} | {money.id}) == 3
    assert xero.get(f"/Invoices/{first.id}")["Invoices"][0]["Payments"][0]["PaymentID"] == money.id


@pytest.mark.parametrize(("change", "status"), [("void", "VOIDED"), ("discard", "DELETED")])
def test_voided_and_deleted_documents_stay_in_the_lists_and_owe_nothing(
    xero: XeroCaller, change: str, status: str
) -> None:
    entry = xero.invoice("100")
    getattr(xero.books, change)(entry.id)
    row = xero.rows("Invoices", page=1)[0]
    assert (row["Status"], row["AmountDue"], row["Total"]) == (status, Decimal(0), Decimal(100))


def test_one_invoice_is_found_by_id_and_number_with_its_contact_in_full(xero: XeroCaller) -> None:
    entry = xero.invoice(number="INV-7", party=xero.customer(cc_people=[Person(name="Ann Ash", email="a@l.example")]))
    for key in (entry.id, "INV-7", entry.id.upper()):
        row = xero.get(f"/Invoices/{key}")["Invoices"][0]
        assert row["Contact"]["EmailAddress"] == "pay@larch.example"
        assert row["Contact"]["ContactPersons"] == [
            {"FirstName": "Ann", "LastName": "Ash", "EmailAddress": "a@l.example", "IncludeInEmails": True}
        ]
        assert len(row["LineItems"]) == 1
    answer = xero.call("GET", f"/Invoices/{entry.party_id}")
    assert (answer.status_code, answer.text) == (404, "The resource you're looking for cannot be found")


# ---- contacts ----


def test_archived_contacts_must_be_asked_for(xero: XeroCaller) -> None:
    old = xero.customer("Old", active=False)
    xero.customer("New")
    assert [row["Name"] for row in xero.rows("Contacts")] == ["New"]
    assert xero.rows("Contacts", IDs=old.id) == []
    row = xero.rows("Contacts", IDs=old.id, includeArchived="true")[0]
    assert (row["Name"], row["ContactStatus"]) == ("Old", "ARCHIVED")


def test_people_of_a_contact_come_with_a_page(xero: XeroCaller) -> None:
    xero.customer(cc_people=[Person(name="Ann Ash", email="ann@larch.example", include=False)])
    assert xero.rows("Contacts")[0]["ContactPersons"] == []
    row = xero.rows("Contacts", page=1)[0]
    assert (row["EmailAddress"], row["ContactPersons"][0]["IncludeInEmails"]) == ("pay@larch.example", False)


def test_a_contact_knows_what_is_outstanding_and_what_is_late(xero: XeroCaller) -> None:
    entry = xero.invoice("100")
    xero.invoice("50", xero.books.party(entry.party_id), due_on=date(2027, 1, 1))
    row = xero.get(f"/Contacts/{entry.party_id}")["Contacts"][0]
    assert row["Balances"]["AccountsReceivable"] == {"Outstanding": Decimal(150), "Overdue": Decimal(100)}
    assert (row["IsCustomer"], row["IsSupplier"]) == (True, False)


# ---- around an invoice ----


def test_the_pdf_comes_from_both_addresses(xero: XeroCaller) -> None:
    entry = xero.invoice()
    for answer in (
        xero.call("GET", f"/Invoices/{entry.id}/pdf", headers={"Accept": "application/pdf"}),
        xero.call("GET", f"/Invoices/{entry.id}", headers={"Accept": "application/pdf"}),
    ):
        assert answer.content_type == "application/pdf"
        assert answer.data == xero.books.pdf(entry.id)


def test_an_approved_invoice_has_a_link_for_the_customer_and_a_draft_has_none(xero: XeroCaller) -> None:
    entry = xero.invoice()
    link = xero.get(f"/Invoices/{entry.id}/OnlineInvoice")["OnlineInvoices"][0]["OnlineInvoiceUrl"]
    assert link.startswith("https://in.xero.example/")
    draft = xero.invoice(status="draft")
    assert xero.call("GET", f"/Invoices/{draft.id}/OnlineInvoice").status_code == 400


def test_the_mail_goes_to_the_contact_and_the_people_who_are_included(xero: XeroCaller) -> None:
    people = [
        Person(name="Ann Ash", email="ann@larch.example"),
        Person(name="Bo Birch", email="bo@larch.example", include=False),
    ]
    entry = xero.invoice(party=xero.customer(cc_people=people))
    answer = xero.call("POST", f"/Invoices/{entry.id}/Email", {})
    assert (answer.status_code, answer.data) == (204, b"")
    assert [mail.recipients for mail in xero.books.mails] == [("pay@larch.example", "ann@larch.example")]
    assert xero.rows("Invoices")[0]["SentToContact"] is True


def test_a_mail_without_an_address_is_a_validation_error(xero: XeroCaller) -> None:
    entry = xero.invoice(party=xero.customer(email=""))
    answer = xero.call("POST", f"/Invoices/{entry.id}/Email", {})
    assert answer.status_code == 400
    assert answer.json is not None
    assert (answer.json["ErrorNumber"], answer.json["Type"]) == (10, "ValidationException")
    assert answer.json["Elements"][0]["InvoiceID"] == entry.id
    assert answer.json["Elements"][0]["ValidationErrors"][0]["Message"]
    assert xero.books.mails == []


@pytest.mark.parametrize("more", [{"status": "draft"}, {"side": "purchase"}])
def test_drafts_and_bills_are_not_mailed(xero: XeroCaller, more: dict[str, Any]) -> None:
    entry = xero.invoice(**more)
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}).status_code == 400
    assert xero.books.mails == []


def test_the_day_has_only_so_many_mails(xero: XeroCaller) -> None:
    xero.dialect.ways.mails_a_day = 1
    entry = xero.invoice()
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}).status_code == 204
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}).status_code == 400
    xero.later(days=1)
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}).status_code == 204


@pytest.mark.parametrize("bumps", [True, False])
def test_whether_notes_and_mails_count_as_a_change_can_be_had_both_ways(xero: XeroCaller, *, bumps: bool) -> None:
    xero.dialect.ways.history_bumps = xero.dialect.ways.email_bumps = bumps
    noted, mailed = xero.invoice(number="NOTED"), xero.invoice(number="MAILED")
    xero.later(minutes=5)
    xero.call("PUT", f"/Invoices/{noted.id}/History", _note("x"))
    xero.call("POST", f"/Invoices/{mailed.id}/Email", {})
    changed = _numbers(xero.rows("Invoices", headers={"If-Modified-Since": "2026-11-23T08:01:00"}))
    assert sorted(changed) == (["MAILED", "NOTED"] if bumps else [])


# ---- history ----


def _note(*texts: str) -> dict[str, list[dict[str, str]]]:
    return {"HistoryRecords": [{"Details": text} for text in texts]}


def test_a_note_is_added_and_read_back_newest_first(xero: XeroCaller) -> None:
    entry = xero.invoice()
    answer = xero.call("PUT", f"/Invoices/{entry.id}/History", _note("Hello World"))
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["HistoryRecords"] == [
        {
            "DateUTCString": "2026-11-23T08:00:00",
            "DateUTC": "/Date(1795420800000)/",
            "Details": "Hello World",
            "ValidationErrors": [],
        }
    ]
    xero.later(minutes=1)
    xero.call("PUT", f"/Invoices/{entry.id}/History", _note("Second"))
    records = xero.get(f"/Invoices/{entry.id}/History")["HistoryRecords"]
    assert [record["Details"] for record in records if record["Changes"] == "Note"] == ["Second", "Hello World"]
    assert {record["User"] for record in records} == {"System Generated"}


def test_the_same_note_twice_stands_twice(xero: XeroCaller) -> None:
    entry = xero.invoice()
    for _ in range(2):
        xero.call("PUT", f"/Invoices/{entry.id}/History", _note("again"))
    assert [note.text for note in xero.books.notes] == ["again", "again"]


@pytest.mark.parametrize("limit", [250, 2500])
def test_a_note_that_is_too_long_is_refused(xero: XeroCaller, limit: int) -> None:
    xero.dialect.ways.history_limit = limit
    entry = xero.invoice()
    assert xero.call("PUT", f"/Invoices/{entry.id}/History", _note("n" * limit)).status_code == 200
    answer = xero.call("PUT", f"/Invoices/{entry.id}/History", _note("n" * (limit + 1)))
    assert answer.status_code == 400
    assert len(xero.books.notes) == 1


def test_a_voided_invoice_takes_notes_and_cannot_be_mailed(xero: XeroCaller) -> None:
    entry = xero.invoice()
    xero.books.void(entry.id)
    assert xero.call("PUT", f"/Invoices/{entry.id}/History", _note("still")).status_code == 200
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}).status_code == 400


@pytest.mark.parametrize("body", [None, {}, {"HistoryRecords": []}, {"HistoryRecords": [{"Details": ""}]}])
def test_a_request_without_details_is_refused(xero: XeroCaller, body: object) -> None:
    entry = xero.invoice()
    assert xero.call("PUT", f"/Invoices/{entry.id}/History", body).status_code == 400
    assert xero.books.notes == []


def test_a_key_gives_the_same_answer_for_six_minutes(xero: XeroCaller) -> None:
    entry = xero.invoice()
    key = {"Idempotency-Key": "reminder-1"}
    first = xero.call("PUT", f"/Invoices/{entry.id}/History", _note("once"), headers=key)
    xero.later(minutes=5, seconds=59)
    again = xero.call("PUT", f"/Invoices/{entry.id}/History", _note("once"), headers=key)
    assert (again.status_code, again.data) == (200, first.data)
    assert len(xero.books.notes) == 1
    xero.later(seconds=1)
    xero.call("PUT", f"/Invoices/{entry.id}/History", _note("once"), headers=key)
    assert len(xero.books.notes) == 2


def test_a_key_used_for_another_request_is_refused(xero: XeroCaller) -> None:
    entry = xero.invoice()
    key = {"Idempotency-Key": "reminder-1"}
    xero.call("PUT", f"/Invoices/{entry.id}/History", _note("one"), headers=key)
    assert xero.call("PUT", f"/Invoices/{entry.id}/History", _note("two"), headers=key).status_code == 400
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}, headers=key).status_code == 400
    assert [note.text for note in xero.books.notes] == ["one"]
    assert xero.books.mails == []


def test_refusals_are_kept_under_the_key_as_well(xero: XeroCaller) -> None:
    party = xero.customer(email="")
    entry = xero.invoice(party=party)
    key = {"Idempotency-Key": "reminder-1"}
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}, headers=key).status_code == 400
    xero.books.edit_party(party.id, email="pay@larch.example")
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}, headers=key).status_code == 400
    assert xero.call("POST", f"/Invoices/{entry.id}/Email", {}).status_code == 204


def test_a_key_has_at_most_128_characters(xero: XeroCaller) -> None:
    entry = xero.invoice()
    answer = xero.call("POST", f"/Invoices/{entry.id}/Email", {}, headers={"Idempotency-Key": "k" * 129})
    assert answer.status_code == 400
    assert xero.books.mails == []


# ---- the organisation and its connection ----


def test_the_organisation_tells_its_time_zone_and_its_lock_date() -> None:
    xero = xero_caller()
    about = Organisation(
        id=OTHER_TENANT,
        name="Autre SARL",
        country="FR",
        currency="EUR",
        timezone="Europe/Paris",
        closed_until=date(2026, 9, 30),
        own_reminders=True,
    )
    xero.sandbox.add_organisation("xero", about)
    xero.grant()
    tenant = {"xero-tenant-id": OTHER_TENANT}
    told = xero.get("/Organisation", headers=tenant)["Organisations"][0]
    assert (told["OrganisationID"], told["Name"]) == (OTHER_TENANT, "Autre SARL")
    assert (told["Timezone"], told["BaseCurrency"], told["CountryCode"]) == ("ROMANCESTANDARDTIME", "EUR", "FR")
    assert told["PeriodLockDate"] == "/Date(1790726400000+0000)/"
    assert xero.get("/InvoiceReminders/Settings", headers=tenant)["InvoiceReminders"] == [{"Enabled": True}]
    assert xero.get("/InvoiceReminders/Settings")["InvoiceReminders"] == [{"Enabled": False}]
    assert "PeriodLockDate" not in xero.get("/Organisation")["Organisations"][0]


def test_a_consent_lists_its_connections_and_one_can_be_taken_away(xero: XeroCaller) -> None:
    xero.sandbox.add_organisation("xero", Organisation(id=OTHER_TENANT, name="Other Ltd"))
    xero.grant()
    found = xero.get("//connections", headers={"xero-tenant-id": ""})
    assert [(row["tenantId"], row["tenantName"], row["tenantType"]) for row in found] == [
        (TENANT, "Dupont Joinery Ltd", "ORGANISATION"),
        (OTHER_TENANT, "Other Ltd", "ORGANISATION"),
    ]
    assert datetime.fromisoformat(found[0]["createdDateUtc"]) == START.replace(tzinfo=None)
    assert xero.call("DELETE", f"//connections/{found[0]['id']}").status_code == 204
    assert [row["tenantId"] for row in xero.get("//connections")] == [OTHER_TENANT]
    gone = xero.call("GET", "/Invoices")
    assert (gone.status_code, gone.json and gone.json["Detail"]) == (403, "AuthenticationUnsuccessful")
    assert xero.call("DELETE", f"//connections/{found[0]['id']}").status_code == 404


@pytest.mark.parametrize("tenant", ["", OTHER_TENANT])
def test_without_the_right_tenant_there_is_nothing(xero: XeroCaller, tenant: str) -> None:
    answer = xero.call("GET", "/Invoices", headers={"xero-tenant-id": tenant})
    assert answer.status_code == 403
    assert answer.json == {
        "Type": None,
        "Title": "Forbidden",
        "Status": 403,
        "Detail": "AuthenticationUnsuccessful",
        "Instance": None,
        "Extensions": {},
    }


def test_an_expired_token_and_an_unknown_one_are_told_apart(xero: XeroCaller) -> None:
    assert (xero.call("GET", "/Invoices", headers={"Authorization": "Bearer x"}).json or {})["Detail"] == (
        "AuthenticationUnsuccessful"
    )
    xero.sandbox.clock.advance(timedelta(minutes=30))
    answer = xero.call("GET", "/Invoices")
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["Detail"] == "TokenExpired: token expired at 11/23/2026 08:30:00"


def test_a_consent_to_read_may_not_write(xero: XeroCaller) -> None:
    entry = xero.invoice()
    xero.grant(scopes="offline_access accounting.invoices.read")
    assert xero.call("GET", "/Invoices").status_code == 200
    for answer in (
        xero.call("PUT", f"/Invoices/{entry.id}/History", _note("x")),
        xero.call("POST", f"/Invoices/{entry.id}/Email", {}),
        xero.call("GET", "/Contacts"),
        xero.call("GET", "/Organisation"),
    ):
        assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (401, "insufficient_scope")
    assert xero.books.notes == []


def test_every_answer_tells_what_is_left_of_the_limits(xero: XeroCaller) -> None:
    answer = xero.call("GET", "/Invoices")
    assert answer.headers["X-DayLimit-Remaining"] == "4999"
    assert answer.headers["X-MinLimit-Remaining"] == "59"
    assert answer.headers["X-AppMinLimit-Remaining"] == "9999"
    assert answer.headers["xero-correlation-id"]


def test_who_does_not_ask_for_json_gets_xml(xero: XeroCaller) -> None:
    entry = xero.invoice()
    answer = xero.call("GET", f"/Invoices/{entry.id}", headers={"Accept": "*/*"})
    assert answer.mimetype == "text/xml"
    assert f"<InvoiceID>{entry.id}</InvoiceID>" in answer.text


def test_an_unknown_address_is_not_found(xero: XeroCaller) -> None:
    for path in ("/Quotes", "/Invoices/x/y/z", "//elsewhere", "/"):
        assert xero.call("GET", path).status_code == 404
    assert xero.call("PUT", "/Invoices", {}).status_code == 404
