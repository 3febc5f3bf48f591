from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from connectors.xero import map as mapping
from connectors.xero.people import contacts, customer
from connectors.xero.rows import (
    CONTACTS,
    CREDIT_NOTES,
    INVOICES,
    OVERPAYMENTS,
    PAYMENTS,
    PREPAYMENTS,
    Endpoint,
    RowsPage,
    decode_page,
)
from engine.errors import BooksUnreadableError
from engine.kinds import ContactRole, DueSource, ItemKind
from engine.model import OpenItem
from engine.money import Money

INVOICE: dict[str, Any] = {
    "Type": "ACCREC",
    "InvoiceID": "i-1",
    "InvoiceNumber": "INV-1",
    "Reference": "P/O 9",
    "AmountDue": 70.63,
    "Total": 703.63,
    "Contact": {"ContactID": "c-1", "Name": "Acme"},
    "DateString": "2026-04-14T00:00:00",
    "DueDateString": "2026-04-29T00:00:00",
    "Status": "AUTHORISED",
    "UpdatedDateUTC": "/Date(1229818032087+0000)/",
    "CurrencyCode": "USD",
}
CREDIT: dict[str, Any] = {
    "Type": "ACCRECCREDIT",
    "CreditNoteID": "n-1",
    "CreditNoteNumber": "CN-1",
    "RemainingCredit": 30.00,
    "Total": 34.50,
    "Contact": {"ContactID": "c-1", "Name": "Acme"},
    "DateString": "2026-04-14T00:00:00",
    "Status": "AUTHORISED",
    "CurrencyCode": "USD",
}
PAYMENT: dict[str, Any] = {
    "PaymentID": "p-1",
    "BatchPaymentID": "batch-1",
    "Date": "/Date(1777420800000+0000)/",
    "Amount": 5.5,
    "BankAmount": 99,
    "CurrencyRate": 1,
    "PaymentType": "ACCRECPAYMENT",
    "Status": "AUTHORISED",
    "Invoice": {"InvoiceID": "i-1", "InvoiceNumber": "INV-1"},
}


def page(endpoint: Endpoint[Any], *rows: object) -> RowsPage[Any]:
    return decode_page(endpoint, json.dumps({endpoint.name: rows}).encode())


def invoices(*rows: object) -> mapping.Mapped:
    return mapping.invoices(page(INVOICES, *rows).rows, base_currency="USD")


def invoice(**changes: object) -> OpenItem:
    mapped = invoices(INVOICE | changes)
    assert not mapped.bad, mapped.bad
    return mapped.items[0]


def reason(**changes: object) -> str:
    decoded = page(INVOICES, INVOICE | changes)
    bad = [*decoded.bad, *mapping.invoices(decoded.rows, base_currency="USD").bad]
    assert len(bad) == 1
    return bad[0].reason


def test_a_sales_invoice_is_an_open_item() -> None:
    assert invoice() == OpenItem(
        item_id="invoice:i-1",
        customer_id="c-1",
        number="INV-1",
        kind=ItemKind.INVOICE,
        issued_on=date(2026, 4, 14),
        due_on=date(2026, 4, 29),
        due_source=DueSource.STATED,
        total=Money(minor=70363, currency="USD"),
        balance=Money(minor=7063, currency="USD"),
        reference="P/O 9",
        version="001229818032087",
    )


@pytest.mark.parametrize(
    "kind", ["ACCPAY", "ACCPAYCREDIT", "APOVERPAYMENT", "APPREPAYMENT", "ACCRECCREDIT", "AROVERPAYMENT", None]
)
def test_what_is_no_sales_invoice_is_dropped(kind: str | None) -> None:
    mapped = invoices(INVOICE | {"Type": kind}, INVOICE | {"Type": kind, "Status": "VOIDED"})
    assert (mapped.items, mapped.voided, mapped.bad) == ([], [], [])


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_a_draft_is_never_an_item(status: str) -> None:
    mapped = invoices(INVOICE | {"Status": status})
    assert (mapped.items, mapped.voided, mapped.bad) == ([], [], [])


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_what_is_void_needs_neither_date_nor_contact(status: str) -> None:
    bare = {"Type": "ACCREC", "InvoiceID": "i-1", "Status": status, "Date": "/Date(0+0000)/", "Total": -5}
    mapped = invoices(bare)
    assert mapped.voided == ["invoice:i-1"]
    assert (mapped.items, mapped.bad) == ([], [])


def test_what_is_paid_has_nothing_left_whatever_stands_beside_it() -> None:
    assert invoice(Status="PAID", AmountDue=0.01).balance == Money(minor=0, currency="USD")


@pytest.mark.parametrize("missing", [{}, {"DueDate": "/Date(0+0000)/"}, {"DueDateString": "0001-01-01T00:00:00"}])
def test_a_missing_due_date_is_assumed_thirty_days_later_and_said(missing: dict[str, str]) -> None:
    mapped = invoices({**INVOICE, "DueDateString": None} | missing)
    assert (mapped.items[0].due_on, mapped.items[0].due_source) == (date(2026, 5, 14), DueSource.ASSUMED)
    assert mapped.assumed == ["INV-1"]


def test_a_due_date_before_the_issue_is_the_day_of_issue_and_said() -> None:
    mapped = invoices(INVOICE | {"DueDateString": "2026-04-01T00:00:00"})
    assert mapped.items[0].due_on == date(2026, 4, 14)
    assert mapped.reversed == ["INV-1"]


def test_milliseconds_with_an_offset_give_the_local_day() -> None:
    item = invoice(
        DateString=None, Date="/Date(1776078000000+1300)/", DueDateString=None, DueDate="/Date(1777374000000+1300)/"
    )
    assert (item.issued_on, item.due_on) == (date(2026, 4, 14), date(2026, 4, 29))


@pytest.mark.parametrize(
    ("code", "amount", "minor"),
    [
        ("USD", 703.63, 70363),
        ("USD", "703.63", 70363),
        ("USD", "120.0", 12000),
        ("JPY", 1200.00, 1200),
        ("JPY", "1200.00", 1200),
        ("TND", 1.005, 1005),
        ("BHD", "1.1", 1100),
    ],
)
def test_amounts_have_their_currencys_decimals_as_number_or_text(code: str, amount: object, minor: int) -> None:
    item = invoice(CurrencyCode=code, Total=amount, AmountDue=amount)
    assert (item.balance, item.total) == (Money(minor=minor, currency=code),) * 2


def test_the_exchange_rate_is_never_applied() -> None:
    assert invoice(CurrencyCode="EUR", CurrencyRate=0.000001).balance == Money(minor=7063, currency="EUR")


def test_an_invoice_below_zero_is_credit() -> None:
    item = invoice(Total=-20, AmountDue=-5)
    assert (item.kind, item.balance.minor, item.total.minor) == (ItemKind.CREDIT_NOTE, -500, -2000)
    assert item.due_on == item.issued_on


def test_an_invoice_without_a_number_has_something_to_be_called_by() -> None:
    assert invoice(InvoiceNumber="").number == "P/O 9"
    assert invoice(InvoiceNumber=None, Reference="", InvoiceID="0123456789").number == "01234567"


def test_a_row_without_a_currency_is_in_the_organisations() -> None:
    assert invoice(CurrencyCode=None).currency == "USD"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AmountDue": None}, "INV-1: it has no AmountDue"),
        ({"Total": None}, "INV-1: it has no Total"),
        ({"AmountDue": 703.631}, "more decimals"),
        ({"Total": "1e400", "AmountDue": "1e400"}, "no amount of money"),
        ({"AmountDue": "NaN"}, "no amount of money"),
        ({"AmountDue": 704}, "more than there was"),
        ({"AmountDue": -5}, "one owes and the other is owed"),
        ({"DateString": None}, "it has no date"),
        ({"DateString": "yesterday"}, "INV-1"),
        ({"Contact": None}, "no contact"),
        ({"Contact": {}}, "no contact"),
        ({"InvoiceID": None}, "no id"),
        ({"Status": "LOST"}, "'LOST' is not known"),
        ({"CurrencyCode": "dollars"}, "no currency"),
        ({"AmountDue": "much"}, "INV-1: Invalid decimal"),
        ({"AmountDue": {}}, "INV-1: Expected"),
    ],
)
def test_a_row_that_cannot_be_used_says_why_with_its_number(changes: dict[str, object], words: str) -> None:
    assert words in reason(**changes)


@pytest.mark.parametrize("broken", [{"AmountDue": []}, {"AmountDue": None}, {"InvoiceNumber": 7}, "no row", None, 5])
def test_one_unusable_row_loses_no_other(broken: object) -> None:
    bad_row = INVOICE | broken if isinstance(broken, dict) else broken
    decoded = page(INVOICES, INVOICE, bad_row, INVOICE | {"InvoiceID": "i-2"})
    mapped = mapping.invoices(decoded.rows, base_currency="USD")
    assert [item.item_id for item in mapped.items] == ["invoice:i-1", "invoice:i-2"]
    assert [(each.file, each.line) for each in (*decoded.bad, *mapped.bad)] == [("Invoices", 2)]


def test_half_a_character_in_a_name_loses_no_page() -> None:
    body = json.dumps({"Invoices": [INVOICE | {"Reference": "cut \ud83d"}]}).encode()
    items = mapping.invoices(decode_page(INVOICES, body).rows, base_currency="USD").items
    assert items[0].reference == "cut \ufffd"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"Invoices":[{"Type":"ACCREC"', b"[]", b"{}", b'{"Invoices":null}', b'{"Type":"error"}', b"\xff",
     b'{"Invoices":[{"Total":NaN}]}', b'{"Invoices":' + b"[" * 100_000],
)  # fmt: skip
def test_an_answer_that_is_no_list_is_unreadable_and_never_empty(body: bytes) -> None:
    with pytest.raises(BooksUnreadableError):
        decode_page(INVOICES, body)


def credit_notes(*rows: object) -> mapping.Mapped:
    return mapping.credit_notes(page(CREDIT_NOTES, *rows).rows, base_currency="USD")


def test_a_credit_note_is_what_is_left_of_it_below_zero() -> None:
    (item,) = credit_notes(CREDIT).items
    assert (item.item_id, item.kind) == ("credit_note:n-1", ItemKind.CREDIT_NOTE)
    assert (item.balance.minor, item.total.minor, item.reduces) == (-3000, -3450, "")


def allocated(*numbers: str, **more: object) -> list[dict[str, object]]:
    return [{"Amount": 1, "Invoice": {"InvoiceID": f"i-{n}", "InvoiceNumber": n}, **more} for n in numbers]


@pytest.mark.parametrize(
    ("allocations", "reduces"),
    [
        (allocated("INV-7"), "INV-7"),
        (allocated("INV-7", "INV-7"), "INV-7"),
        (allocated("INV-7", "INV-8"), ""),
        (allocated("INV-7") + allocated("INV-8", IsDeleted=True), "INV-7"),
        ([{"Amount": 1}], ""),
        (None, ""),
    ],
)
def test_a_credit_note_names_the_one_invoice_it_is_set_against(allocations: object, reduces: str) -> None:
    assert credit_notes(CREDIT | {"Allocations": allocations}).items[0].reduces == reduces


def test_a_suppliers_credit_note_and_a_draft_are_dropped_and_a_void_one_is_said() -> None:
    mapped = credit_notes(
        CREDIT | {"Type": "ACCPAYCREDIT"},
        CREDIT | {"Status": "DRAFT"},
        CREDIT | {"Status": "VOIDED", "CreditNoteID": "n-9"},
    )
    assert (mapped.items, mapped.voided, mapped.bad) == ([], ["credit_note:n-9"], [])


def test_a_credit_that_adds_to_what_is_owed_is_not_taken() -> None:
    assert "adds to what is owed" in credit_notes(CREDIT | {"Total": -5, "RemainingCredit": -5}).bad[0].reason


OVERPAYMENT = {**CREDIT, "OverpaymentID": "o-1", "Type": "RECEIVE-OVERPAYMENT", "Reference": "Paid twice"}
PREPAYMENT = {**CREDIT, "PrepaymentID": "q-1", "Type": "RECEIVE-PREPAYMENT", "InvoiceNumber": "INV-11"}


def overpayments(*rows: object) -> mapping.Mapped:
    return mapping.overpayments(page(OVERPAYMENTS, *rows).rows, base_currency="USD")


def test_money_on_account_is_an_unapplied_payment() -> None:
    (over,) = overpayments(OVERPAYMENT).items
    (pre,) = mapping.prepayments(page(PREPAYMENTS, PREPAYMENT).rows, base_currency="USD").items
    assert (over.item_id, over.kind, over.balance.minor) == ("overpayment:o-1", ItemKind.PAYMENT, -3000)
    assert (pre.item_id, pre.kind, pre.number) == ("prepayment:q-1", ItemKind.PAYMENT, "INV-11")
    assert over.number == "Paid twice"


def test_money_on_account_that_has_no_number_is_called_by_its_day() -> None:
    (named,) = overpayments(OVERPAYMENT | {"Reference": "VIR 88"}).items
    (plain,) = overpayments({name: value for name, value in OVERPAYMENT.items() if name != "Reference"}).items
    assert (named.number, plain.number) == ("VIR 88", plain.issued_on.isoformat())


def test_what_we_overpaid_ourselves_is_dropped() -> None:
    mapped = overpayments(OVERPAYMENT | {"Type": "SPEND-OVERPAYMENT"})
    assert (mapped.items, mapped.payments) == ([], [])
    rows = page(PREPAYMENTS, PREPAYMENT | {"Type": "SPEND-PREPAYMENT"}, PREPAYMENT | {"Type": "APPREPAYMENT"}).rows
    assert mapping.prepayments(rows, base_currency="USD").items == []


@pytest.mark.parametrize(
    ("status", "deleted", "undone"), [("PAID", False, False), ("PAID", True, True), ("VOIDED", False, True)]
)
def test_money_on_account_set_against_an_invoice_is_a_payment(status: str, deleted: bool, undone: bool) -> None:
    set_against = allocated("INV-7", AllocationID="a-1", Date="/Date(1777420800000+0000)/", IsDeleted=deleted)
    mapped = overpayments(OVERPAYMENT | {"Status": status, "Allocations": set_against})
    (seen,) = mapped.payments
    assert (seen.payment_id, seen.item_id, seen.paid_on) == ("a-1", "invoice:i-INV-7", date(2026, 4, 29))
    assert (seen.amount.minor, seen.undone) == (100, undone)


def payments(*rows: object, foreign: dict[str, str] | None = None) -> mapping.Mapped:
    return mapping.payments(page(PAYMENTS, *rows).rows, base_currency="USD", foreign=foreign or {})


def test_a_payment_is_known_by_its_own_id_never_by_its_batchs() -> None:
    (seen,) = payments(PAYMENT).payments
    assert (seen.payment_id, seen.item_id, seen.paid_on) == ("p-1", "invoice:i-1", date(2026, 4, 29))
    assert (seen.amount, seen.undone) == (Money(minor=550, currency="USD"), False)


def test_a_deleted_payment_is_undone() -> None:
    assert payments(PAYMENT | {"Status": "DELETED"}).payments[0].undone


@pytest.mark.parametrize(
    "kind", ["ACCPAYPAYMENT", "ARCREDITPAYMENT", "APCREDITPAYMENT", "AROVERPAYMENTPAYMENT", "ARPREPAYMENTPAYMENT"]
)
def test_refunds_and_our_own_payments_are_dropped(kind: str) -> None:
    mapped = payments(PAYMENT | {"PaymentType": kind})
    assert (mapped.payments, mapped.bad) == ([], [])


def test_a_payment_is_in_its_invoices_currency() -> None:
    assert payments(PAYMENT, foreign={"invoice:i-1": "EUR"}).payments[0].amount.currency == "EUR"
    said = PAYMENT | {"Invoice": {"InvoiceID": "i-1", "CurrencyCode": "GBP"}}
    assert payments(said, foreign={"invoice:i-1": "EUR"}).payments[0].amount.currency == "GBP"


def test_a_converted_payment_of_unknown_currency_is_not_guessed() -> None:
    mapped = payments(PAYMENT | {"CurrencyRate": 1.2})
    assert mapped.payments == []
    assert "currency is not said" in mapped.bad[0].reason


CONTACT: dict[str, Any] = {
    "ContactID": "c-1",
    "ContactStatus": "ACTIVE",
    "Name": "Acme",
    "FirstName": "Nora",
    "LastName": "Stone",
    "EmailAddress": "ap@acme.example",
    "ContactPersons": [
        {"FirstName": "Ann", "EmailAddress": "ann@acme.example", "IncludeInEmails": True},
        {"FirstName": "Bob", "EmailAddress": "bob@acme.example", "IncludeInEmails": False},
    ],
    "Addresses": [
        {"AddressType": "STREET", "AddressLine1": "Yard 1", "Country": "France"},
        {"AddressType": "POBOX", "AddressLine1": "Box 6", "City": "Lyon", "PostalCode": "69001", "Country": "FR"},
    ],
    "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": "12 34", "PhoneAreaCode": "4", "PhoneCountryCode": "33"}],
}


def people(**changes: object) -> list[tuple[str, ContactRole]]:
    ((_, row),) = page(CONTACTS, CONTACT | changes).rows
    return [(each.email, each.role) for each in contacts(row)]


def test_the_main_address_is_billing_and_persons_that_get_mail_are_others() -> None:
    assert people() == [("ap@acme.example", ContactRole.BILLING), ("ann@acme.example", ContactRole.OTHER)]


@pytest.mark.parametrize("main", [None, "", "  ", "not an address"])
def test_without_a_main_address_the_persons_that_get_mail_are_billing(main: str | None) -> None:
    assert people(EmailAddress=main) == [("ann@acme.example", ContactRole.BILLING)]


def test_an_address_stands_once_and_several_in_one_field_are_told_apart() -> None:
    found = people(EmailAddress="ap@acme.example; Ann@acme.example")
    assert found == [("ap@acme.example", ContactRole.BILLING), ("Ann@acme.example", ContactRole.BILLING)]


def test_a_contact_is_a_customer_with_postal_address_and_telephone() -> None:
    ((_, row),) = page(CONTACTS, CONTACT).rows
    found = customer(row)
    assert (found.customer_id, found.name, found.country) == ("c-1", "Acme", "FR")
    assert found.postal_address == ("Box 6", "69001 Lyon", "FR")
    assert (found.contacts[0].name, found.contacts[0].phone) == ("Nora Stone", "33 4 12 34")
    assert not found.do_not_contact


@pytest.mark.parametrize("status", ["ARCHIVED", "GDPRREQUEST"])
def test_who_is_archived_or_asked_to_be_forgotten_is_not_contacted(status: str) -> None:
    ((_, row),) = page(CONTACTS, CONTACT | {"ContactStatus": status}).rows
    assert customer(row).do_not_contact


def test_a_contact_without_a_name_is_called_by_what_there_is() -> None:
    ((_, first), (_, second)) = page(CONTACTS, CONTACT | {"Name": " "}, {"ContactID": "c-9"}).rows
    assert (customer(first).name, customer(second).name) == ("Nora Stone", "c-9")
