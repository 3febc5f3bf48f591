"""Sage's rows in our terms: recorded answers, and the odd ones among them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Answer
from connectors.sage.map import (
    CREDIT_NOTES,
    INVOICES,
    Terms,
    document_item,
    is_no_item,
    money_allocated,
    number_of,
    on_account_item,
    payments_seen,
)
from connectors.sage.people import customer_of, is_customer
from connectors.sage.rows import AllocationRow, ContactRow, DocumentRow, PaymentRow, PersonRow
from connectors.sage.values import UnusableRowError, version_of
from connectors.sage.wire import read_list, read_one
from engine.errors import BooksUnreadableError
from engine.kinds import ContactRole, DueSource, ItemKind
from engine.money import Money
from tests.fakes.sage_rows import allocation, contact, credit_note, invoice, payment, person, ref

RECORDED: Final = Path(__file__).parent / "recorded" / "sage"


def recorded(name: str) -> Answer:
    return Answer(status=200, body=(RECORDED / f"{name}.json").read_bytes())


def document(**changes: Any) -> DocumentRow:
    return msgspec.convert(invoice("12", **changes), DocumentRow)


def money(text: str, currency: str = "GBP") -> Money:
    return Money.of(Decimal(text), currency)


def paid(row: dict[str, Any]) -> PaymentRow:
    return msgspec.convert(row, PaymentRow)


def test_the_recorded_invoice_is_an_open_item() -> None:
    (row,) = read_list(recorded("sales_invoices"), DocumentRow, INVOICES).rows
    item = document_item(INVOICES, row).item
    assert item.item_id == "invoice:0d40342d0287cd6b13555c54afca6c90"
    assert (item.customer_id, item.number, item.kind) == ("c1f0", "SI-12", ItemKind.INVOICE)
    assert (item.issued_on, item.due_on, item.due_source) == (date(2026, 1, 2), date(2026, 2, 1), DueSource.STATED)
    assert item.total == item.balance == money("120")
    assert item.version == "2026-01-02T03:04:05.000000Z"


def test_amounts_as_strings_and_both_spellings_of_a_number_are_read() -> None:
    first, second = read_list(recorded("sales_invoices_guide"), DocumentRow, INVOICES).rows
    assert document_item(INVOICES, first).item.balance == money("110")
    assert [number_of(first), number_of(second)] == ["SI-1", "SI-2"]
    assert document_item(INVOICES, second).item.balance == money("0")


def test_one_unusable_row_never_loses_the_others() -> None:
    batch = read_list(recorded("sales_invoices_odd"), DocumentRow, INVOICES)
    usable, reasons = [], [bad.reason for bad in batch.bad]
    for row in batch.rows:
        try:
            usable.append(document_item(INVOICES, row))
        except UnusableRowError as error:
            reasons.append(str(error))
    (good,) = usable
    assert good.item.balance == money("10.00")
    assert good.item.issued_on == date(2026, 1, 2)
    assert good.item.version == "2026-01-02T02:04:05.250000Z"
    assert {bad.line for bad in batch.bad} == {7, 8}
    assert batch.count == 9
    for number in ("SI-21", "SI-22", "SI-23", "SI-24", "SI-25", "SI-26", "SI-28"):
        assert any(number in reason for reason in reasons), number


@pytest.mark.parametrize(
    "body",
    [
        b"<html>maintenance</html>",
        b'{"$items":[{"id":"1"',
        b"",
        b'"text"',
        b"{}",
        b'{"$items":{}}',
        b"null",
        b"[" * 9000,
    ],
)
def test_what_is_no_list_is_said_and_never_an_empty_list(body: bytes) -> None:
    with pytest.raises(BooksUnreadableError):
        read_list(Answer(status=200, body=body), DocumentRow, INVOICES)


def test_what_is_no_single_invoice_is_said() -> None:
    with pytest.raises(BooksUnreadableError, match="no invoice"):
        read_one(Answer(status=200, body=b'{"displayed_as": "SI-1"}'), DocumentRow, "invoice")


@pytest.mark.parametrize("status", ["VOID", "DRAFT", "void", "DELETED"])
def test_a_void_or_a_draft_is_no_item(status: str) -> None:
    assert is_no_item(document(status=ref(status)))


def test_a_deleted_document_is_no_item_and_an_unknown_status_goes_by_its_amounts() -> None:
    assert is_no_item(document(deleted_at="2026-10-02T08:00:00Z"))
    assert is_no_item(document(status=None, void_reason="mistake"))
    row = document(status=ref("OVERDUE"))
    assert not is_no_item(row)
    assert document_item(INVOICES, row).item.balance == money("120")


def test_a_missing_due_date_is_agreed_by_the_contact_or_assumed_with_a_remark() -> None:
    row = document(due_date=None)
    agreed = document_item(INVOICES, row, Terms(days=14))
    assert (agreed.item.due_on, agreed.item.due_source) == (date(2026, 10, 15), DueSource.AGREED)
    assumed = document_item(INVOICES, row)
    assert (assumed.item.due_on, assumed.item.due_source) == (date(2026, 10, 31), DueSource.ASSUMED)
    assert "SI-12 has no due date" in assumed.remark


def test_credit_terms_say_what_the_days_are_counted_from() -> None:
    issued = date(2026, 2, 10)
    assert Terms(days=30, counted="month_end_invoice").due_on(issued) == date(2026, 3, 30)
    assert Terms(days=30, counted="date_from_invoice").due_on(issued) == date(2026, 3, 12)
    assert Terms(counted="immediate_invoice").due_on(issued) == issued
    assert not Terms(counted="month_end_invoice").known


def test_a_due_date_before_the_invoice_is_the_invoices_own_day() -> None:
    assert document_item(INVOICES, document(due_date="2026-09-01")).item.due_on == date(2026, 10, 1)


def test_credit_notes_are_negative() -> None:
    row = msgspec.convert(credit_note("3", outstanding_amount=20.5), DocumentRow)
    item = document_item(CREDIT_NOTES, row).item
    assert (item.item_id, item.number, item.kind) == ("credit_note:3", "SCR-3", ItemKind.CREDIT_NOTE)
    assert (item.total, item.balance) == (money("-120"), money("-20.50"))


def test_an_invoice_below_zero_is_a_credit_under_its_own_identity() -> None:
    item = document_item(INVOICES, document(total_amount=-50, outstanding_amount=-20)).item
    assert (item.item_id, item.kind, item.balance) == ("invoice:12", ItemKind.CREDIT_NOTE, money("-20"))


@pytest.mark.parametrize(("outstanding", "left"), [(-20, "0"), (130, "120")])
def test_a_balance_that_cannot_be_is_cut_and_said(outstanding: int, left: str) -> None:
    mapped = document_item(INVOICES, document(outstanding_amount=outstanding))
    assert mapped.item.balance == money(left)
    assert "cannot be" in mapped.remark


def test_what_is_outstanding_must_be_said_unless_it_is_paid() -> None:
    assert document_item(INVOICES, document(outstanding_amount=None, status=ref("PAID"))).item.balance == money("0")
    with pytest.raises(UnusableRowError, match="SI-12"):
        document_item(INVOICES, document(outstanding_amount=None))


@given(st.datetimes(), st.datetimes())
def test_versions_sort_as_text_in_the_order_of_time(one: Any, other: Any) -> None:
    plain = version_of(one.replace(microsecond=0).isoformat() + "Z")
    fine = version_of(other.isoformat() + "+00:00")
    assert (plain < fine) == (one.replace(microsecond=0) < other)


def test_the_recorded_payment_is_seen_at_its_invoice() -> None:
    (seen,) = payments_seen(read_one(recorded("contact_payment"), PaymentRow, "payment"))
    assert seen.item_id == "invoice:0d40342d0287cd6b13555c54afca6c90"
    assert (seen.paid_on, seen.amount, seen.undone) == (date(2026, 2, 3), money("120"), False)


def test_a_payment_of_two_invoices_is_seen_twice_and_never_at_a_credit_note() -> None:
    row = payment("r1", ("a", 100.0), ("b", "20.50"), ("a", 5))
    row["allocated_artefacts"].append({"artefact": ref("n", "sales_credit_notes"), "amount": 7})
    seen = payments_seen(paid(row))
    assert {(each.payment_id, each.amount) for each in seen} == {("r1:a", money("105")), ("r1:b", money("20.50"))}
    assert all(each.undone for each in payments_seen(paid({**row, "deleted_at": "2026-10-21T08:00:00Z"})))


@pytest.mark.parametrize("kind", ["VENDOR_PAYMENT", "VENDOR_REFUND", "CUSTOMER_REFUND"])
def test_money_that_goes_out_pays_nothing_and_is_no_credit(kind: str) -> None:
    row = paid(payment("r1", ("a", 1), transaction_type=ref(kind), payment_on_account=ref("oa")))
    assert payments_seen(row) == ()
    assert on_account_item(row) is None


def test_money_on_account_is_an_item_of_its_own() -> None:
    account = {"id": "oa", "displayed_as": "SA-1", "total_amount": "50.0", "outstanding_amount": 30}
    item = on_account_item(paid(payment("r1", ("a", 70), payment_on_account=account)))
    assert item is not None
    assert (item.item_id, item.kind, item.number) == ("payment:r1", ItemKind.PAYMENT, "BACS")
    assert (item.total, item.balance) == (money("-50"), money("-30"))


def test_money_on_account_without_amounts_is_what_the_payment_leaves() -> None:
    row = paid(payment("r1", ("a", 70), payment_on_account=ref("oa")))
    item = on_account_item(row, Decimal(45))
    assert item is not None
    assert (item.total, item.balance) == (money("-50"), money("-5"))


def test_a_credit_note_given_to_an_invoice_is_no_money_and_money_on_account_is() -> None:
    row = allocation(
        "x", ("sales_credit_notes", "n", -30.0), ("payments_on_account", "oa", -20.0), ("sales_invoices", "a", 50.0)
    )
    assert money_allocated(msgspec.convert(row, AllocationRow), frozenset()) == {"a": Decimal(20)}
    row["allocated_artefacts"][1]["amount"] = 20.0
    assert money_allocated(msgspec.convert(row, AllocationRow), frozenset()) == {"a": Decimal(20)}
    row["allocated_artefacts"][1]["artefact"] = ref("n2", "sales_credit_notes")
    assert money_allocated(msgspec.convert(row, AllocationRow), frozenset()) == {}


def test_without_paths_what_is_known_to_be_on_account_pays() -> None:
    row = allocation("x", ("", "oa", -20.0), ("", "a", 20.0))
    assert money_allocated(msgspec.convert(row, AllocationRow), frozenset({"oa"})) == {"a": Decimal(20)}
    assert money_allocated(msgspec.convert(row, AllocationRow), frozenset()) == {}


def test_a_contact_is_a_customer_with_its_address_and_language() -> None:
    customer = customer_of(msgspec.convert(contact("c1"), ContactRow))
    assert (customer.name, customer.language, customer.country) == ("Acme", "en", "GB")
    assert customer.postal_address == ("1 High Street", "Leeds LS1 1AA")
    assert [(each.email, each.role) for each in customer.contacts] == [
        ("accounts@acme.example", ContactRole.BILLING),
        ("ann@acme.example", ContactRole.BILLING),
    ]


def test_whoever_does_the_accounts_is_written_to_first_and_alone() -> None:
    persons = [
        person("dee", "c1", "DIRECTOR"),
        person("bob", "c1", "ACCOUNTS"),
        person("pat", "c1", "ACCOUNTS", is_preferred_contact=True),
        person("old", "c1", "ACCOUNTS", deleted_at="2026-01-01T00:00:00Z"),
    ]
    customer = customer_of(msgspec.convert(contact("c1"), ContactRow), msgspec.convert(persons, list[PersonRow]))
    assert [each.email for each in customer.with_role(ContactRole.BILLING)] == ["pat@acme.example", "bob@acme.example"]
    assert [each.email for each in customer.with_role(ContactRole.DIRECTOR)] == ["dee@acme.example"]
    assert "old@acme.example" not in {each.email for each in customer.contacts}


@pytest.mark.parametrize("flag", ["system", "gdpr_obfuscated"])
def test_a_system_contact_and_one_without_data_are_never_written_to(flag: str) -> None:
    customer = customer_of(msgspec.convert(contact("c1", **{flag: True}), ContactRow))
    assert customer.do_not_contact
    assert customer.contacts == ()


def test_an_inactive_contact_still_owes() -> None:
    customer = customer_of(msgspec.convert(contact("c1", is_active=False), ContactRow))
    assert customer.contacts
    assert not customer.do_not_contact


def test_who_is_only_a_vendor_is_no_customer() -> None:
    kinds = {"VENDOR": False, "CUSTOMER": True}
    for kind, expected in kinds.items():
        assert is_customer(msgspec.convert(contact("c", contact_types=[ref(kind)]), ContactRow)) is expected
    assert is_customer(msgspec.convert(contact("c", contact_types=None), ContactRow))


def test_several_addresses_in_one_field_and_the_same_one_twice() -> None:
    row = contact("c1", email="a@acme.example; b@acme.example, nonsense", main_contact_person=None)
    row["main_contact_person"] = {"id": "p", "name": "Ann", "email": "A@acme.example"}
    customer = customer_of(msgspec.convert(row, ContactRow))
    assert [(each.email, each.name) for each in customer.contacts] == [
        ("a@acme.example", "Ann"),
        ("b@acme.example", ""),
    ]


@pytest.mark.parametrize("day", ["1970-01-01", "1900-01-01", "0001-01-01"])
def test_a_due_date_from_where_calendars_begin_to_count_is_none(day: str) -> None:
    item = document_item(INVOICES, document(due_date=day)).item
    assert (item.due_on, item.due_source) == (date(2026, 10, 31), DueSource.ASSUMED)


@pytest.mark.parametrize("name", ["Main Contact", "MAIN CONTACT", "Contact principal"])
def test_a_person_whose_name_nobody_entered_is_not_called_by_what_sage_puts_there(name: str) -> None:
    main = person("ap", "c1", "ACCOUNTS", name=name)
    customer = customer_of(msgspec.convert(contact("c1", main_contact_person=main, email=None), ContactRow))
    assert [(each.email, each.name) for each in customer.contacts] == [("ap@acme.example", "")]
