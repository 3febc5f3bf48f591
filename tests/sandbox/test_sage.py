"""The sandbox's Sage as the guides and the Swagger describe the real one, asked by plain HTTP."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client

from connectors.sandbox.ledger import Organisation
from tests.fakes.sage_caller import BUSINESS, OTHER_BUSINESS, SageCaller, sage_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

_SINCE = "2026-11-23T08:00:00Z"


@pytest.fixture(name="sage")
def _sage() -> SageCaller:
    return sage_caller()


def _status(sage: SageCaller, key: str) -> tuple[str, str]:
    shown = sage.get(f"/sales_invoices/{key}", mark_as_sent="false")
    return shown["status"]["id"], str(shown["outstanding_amount"])


# ---- lists ----


def test_a_row_has_only_its_base_attributes_until_others_are_named(sage: SageCaller) -> None:
    key = sage.invoice().id
    assert sage.get("/sales_invoices")["$items"] == [
        {"id": key, "displayed_as": "SI-12", "$path": f"/sales_invoices/{key}"}
    ]
    row = sage.get("/sales_invoices", attributes="due_date,outstanding_amount")["$items"][0]
    assert (row["due_date"], row["outstanding_amount"]) == ("2026-10-31", Decimal("120.0"))
    assert set(row) == {"id", "displayed_as", "$path", "due_date", "outstanding_amount"}


def test_all_attributes_show_an_invoice_as_the_service_does(sage: SageCaller) -> None:
    entry = sage.invoice("703.63", reference="PO 9")
    row = sage.get("/sales_invoices", attributes="all")["$items"][0]
    assert len(entry.id) == 32
    assert int(entry.id, 16)
    assert (row["invoice_number_prefix"], row["invoice_number"], row["displayed_as"]) == ("SI-", "12", "SI-12")
    assert (row["date"], row["due_date"], row["reference"]) == ("2026-10-01", "2026-10-31", "PO 9")
    assert (row["total_amount"], row["total_paid"], row["outstanding_amount"]) == (
        Decimal("703.63"),
        Decimal("0.0"),
        Decimal("703.63"),
    )
    assert row["currency"] == {"id": "GBP", "displayed_as": "Pound Sterling (GBP)", "$path": "/currencies/GBP"}
    assert row["status"] == {"id": "UNPAID", "displayed_as": "Unpaid", "$path": "/artefact_statuses/UNPAID"}
    assert row["contact_name"] == "Larch Joinery"
    assert (row["created_at"], row["updated_at"]) == (_SINCE, _SINCE)
    assert (row["sent"], row["sent_by_email"], row["void_reason"], row["deleted_at"]) == (False, False, None, None)


def test_an_object_inside_shows_its_base_attributes_only_until_nested_ones_are_named(sage: SageCaller) -> None:
    key = sage.invoice().id
    plain = sage.get(f"/sales_invoices/{key}", mark_as_sent="false")["contact"]
    assert set(plain) == {"id", "displayed_as", "$path"}
    nested = sage.get(f"/sales_invoices/{key}", mark_as_sent="false", nested_attributes="email")["contact"]
    assert nested["email"] == "accounts@larch.example"


def test_pages_are_chained_by_next_and_back_and_are_twenty_rows_long_unless_said(sage: SageCaller) -> None:
    party = sage.customer()
    for number in range(45):
        sage.invoice(number=f"SI-{number}", party=party)
    first = sage.get("/sales_invoices", sort="created_at:asc", attributes="date")
    assert (first["$total"], first["$page"], first["$items_per_page"], first["$back"]) == (45, 1, 20, None)
    assert len(first["$items"]) == 20
    path, _, query = first["$next"].partition("?")
    second = sage.get(path, **dict(part.split("=") for part in query.replace("%3A", ":").split("&")))
    assert (second["$page"], len(second["$items"])) == (2, 20)
    assert second["$items"][0]["date"] == "2026-10-01"
    assert "page=1" in second["$back"]
    last = sage.get("/sales_invoices", page=3)
    assert (len(last["$items"]), last["$next"]) == (5, None)
    assert len(sage.get("/sales_invoices", items_per_page=200)["$items"]) == 45


def test_a_page_beyond_the_last_one_answers_the_last_one(sage: SageCaller) -> None:
    key = sage.invoice().id
    beyond = sage.get("/sales_invoices", page=7)
    assert (beyond["$page"], beyond["$next"], [row["id"] for row in beyond["$items"]]) == (1, None, [key])


def test_nothing_found_is_an_empty_envelope(sage: SageCaller) -> None:
    empty = sage.get("/sales_credit_notes")
    assert (empty["$total"], empty["$page"], empty["$next"], empty["$items"]) == (0, 1, None, [])


def test_changed_since_includes_the_very_second(sage: SageCaller) -> None:
    key = sage.invoice().id
    assert sage.keys("/sales_invoices", updated_or_created_since=_SINCE) == [key]
    assert sage.keys("/sales_invoices", updated_or_created_since="2026-11-23T09:00:00+01:00") == [key]
    assert sage.keys("/sales_invoices", updated_or_created_since="2026-11-23T08:00:01Z") == []


def test_a_part_of_a_second_is_not_told_and_hides_nothing(sage: SageCaller) -> None:
    sage.move(milliseconds=700)
    key = sage.invoice().id
    assert sage.get("/sales_invoices", attributes="updated_at")["$items"][0]["updated_at"] == _SINCE
    assert sage.keys("/sales_invoices", updated_or_created_since=_SINCE) == [key]


def test_deleted_since_leaves_the_very_second_out(sage: SageCaller) -> None:
    draft = sage.invoice(status="draft").id
    gone = sage.invoice(number="SI-13").id
    sage.move(hours=1)
    sage.books.discard(draft)
    sage.books.delete(gone)
    assert sage.keys("/sales_invoices") == []
    assert sorted(sage.keys("/sales_invoices", deleted_since="2026-11-23T08:59:59Z")) == sorted([draft, gone])
    assert sage.keys("/sales_invoices", deleted_since="2026-11-23T09:00:00Z") == []
    sage.move(milliseconds=700)
    sage.books.delete(sage.invoice(number="SI-14").id)
    assert sage.keys("/sales_invoices", deleted_since="2026-11-23T09:00:00Z") == []
    rows = sage.get("/sales_invoices", deleted_since=_SINCE, attributes="deleted_at")["$items"]
    assert {row["deleted_at"] for row in rows} == {"2026-11-23T09:00:00Z"}
    assert sage.error("GET", f"/sales_invoices/{draft}")[:2] == (404, "RecordNotFound")


def test_a_voided_invoice_comes_as_changed_and_by_a_fault_among_the_deleted_too(sage: SageCaller) -> None:
    key = sage.invoice().id
    sage.move(hours=1)
    sage.books.void(key)
    row = sage.get("/sales_invoices", updated_or_created_since="2026-11-23T08:30:00Z", attributes="all")["$items"][0]
    assert (row["status"]["id"], row["outstanding_amount"], row["void_reason"]) == ("VOID", Decimal("0.0"), "Voided")
    assert sage.keys("/sales_invoices", deleted_since=_SINCE) == []
    sage.sandbox.faults.add("voided_among_deleted")
    assert sage.keys("/sales_invoices", deleted_since=_SINCE) == [key]


def test_lists_are_filtered_by_status_contact_and_dates(sage: SageCaller) -> None:
    party = sage.customer("Oak Example")
    early = sage.invoice(number="SI-1", party=party)
    late = sage.books.invoice(party, Decimal("50.00"), date(2026, 11, 20), date(2026, 12, 20), number="SI-2")
    other = sage.invoice(number="SI-3")
    sage.books.pay(early.id, Decimal("20.00"), date(2026, 11, 1))
    assert sage.keys("/sales_invoices", status_id="PART_PAID") == [early.id]
    assert sorted(sage.keys("/sales_invoices", contact_id=party.id)) == sorted([early.id, late.id])
    assert sage.keys("/sales_invoices", from_date="2026-11-01") == [late.id]
    assert sorted(sage.keys("/sales_invoices", to_date="2026-10-01")) == sorted([early.id, other.id])
    assert sorted(sage.keys("/sales_invoices", search="oak")) == sorted([early.id, late.id])


def test_a_list_is_sorted_both_ways_by_the_attributes_that_are_documented(sage: SageCaller) -> None:
    first = sage.invoice(number="SI-1", due_on=date(2026, 12, 1)).id
    sage.move(minutes=1)
    second = sage.invoice(number="SI-2", due_on=date(2026, 11, 1)).id
    sage.move(minutes=1)
    sage.books.edit(first, reference="changed")
    assert sage.keys("/sales_invoices", sort="updated_at:asc") == [second, first]
    assert sage.keys("/sales_invoices", sort="updated_at:desc") == [first, second]
    assert sage.keys("/sales_invoices", sort="created_at") == [first, second]
    assert sage.keys("/sales_invoices", sort="due_date") == [second, first]


@pytest.mark.parametrize(
    ("path", "query", "source"),
    [
        ("/contacts", {"sort": "updated_at:asc"}, "sort"),
        ("/contact_persons", {"sort": "updated_at"}, "sort"),
        ("/sales_credit_notes", {"sort": "due_date"}, "sort"),
        ("/sales_invoices", {"sort": "number"}, "sort"),
        ("/sales_invoices", {"sort": "date:up"}, "sort"),
        ("/sales_invoices", {"items_per_page": "201"}, "items_per_page"),
        ("/sales_invoices", {"items_per_page": "0"}, "items_per_page"),
        ("/sales_invoices", {"page": "two"}, "page"),
        ("/sales_invoices", {"nested_attributes": "all"}, "nested_attributes"),
        ("/sales_invoices", {"show_payments_allocations": "yes"}, "show_payments_allocations"),
        ("/sales_invoices", {"modified_since": _SINCE}, "modified_since"),
        ("/sales_invoices", {"updated_or_created_since": "2026-11-23T08:00:00"}, "updated_or_created_since"),
        ("/sales_invoices", {"updated_or_created_since": "yesterday"}, "updated_or_created_since"),
        ("/sales_invoices", {"deleted_since": "2026-11-23"}, "deleted_since"),
        ("/contact_payments", {"from_date": "1 May"}, "from_date"),
        ("/financial_settings", {"page": "1"}, "page"),
    ],
)
def test_a_parameter_that_the_swagger_does_not_have_is_refused(
    sage: SageCaller, path: str, query: Mapping[str, str], source: str
) -> None:
    sage.invoice()
    sage.books.receive(sage.customer(), Decimal("1.00"), date(2026, 11, 1))
    assert sage.error("GET", path, **query) == (422, "RecordInvalid", source)


def test_parameters_are_judged_even_where_there_is_nothing_to_list(sage: SageCaller) -> None:
    assert sage.error("GET", "/sales_invoices", sort="number")[0] == 422
    assert sage.error("GET", "/sales_invoices", updated_or_created_since="x")[0] == 422


# ---- amounts and statuses ----


def test_a_status_follows_what_was_paid(sage: SageCaller) -> None:
    key = sage.invoice().id
    assert _status(sage, key) == ("UNPAID", "120.0")
    sage.books.pay(key, Decimal("20.00"), date(2026, 11, 2))
    assert _status(sage, key) == ("PART_PAID", "100.0")
    payment = sage.books.pay(key, Decimal("100.00"), date(2026, 11, 9))
    assert _status(sage, key) == ("PAID", "0.0")
    shown = sage.get(f"/sales_invoices/{key}", mark_as_sent="false")
    assert (shown["last_paid"], shown["total_paid"]) == ("2026-11-09", Decimal("120.0"))
    sage.books.undo(payment.id)
    assert _status(sage, key) == ("PART_PAID", "100.0")


@pytest.mark.parametrize(("status", "word"), [("draft", "DRAFT"), ("submitted", "PRO_FORMA")])
def test_what_is_not_taken_into_account_yet_owes_nothing(sage: SageCaller, status: str, word: str) -> None:
    key = sage.invoice(status=status).id
    assert _status(sage, key) == (word, "0.0")


def test_a_draft_has_no_number_yet(sage: SageCaller) -> None:
    sage.invoice(status="draft")
    assert sage.get("/sales_invoices")["$items"][0]["displayed_as"] == "SI-DRAFT"


def test_another_currency_is_told_beside_the_base_currency(sage: SageCaller) -> None:
    entry = sage.invoice("130.00", currency="EUR")
    sage.books.edit(entry.id, rate=Decimal("1.3"))
    shown = sage.get(f"/sales_invoices/{entry.id}", mark_as_sent="false")
    assert shown["currency"]["id"] == "EUR"
    assert (shown["outstanding_amount"], shown["base_currency_outstanding_amount"]) == (Decimal(130), Decimal(100))


def test_amounts_are_numbers_and_texts_only_by_a_fault(sage: SageCaller) -> None:
    sage.invoice()
    text = sage.call("GET", "/sales_invoices", attributes="total_amount").get_data(as_text=True)
    assert '"total_amount":120.0' in text
    sage.sandbox.faults.add("string_amounts")
    text = sage.call("GET", "/sales_invoices", attributes="total_amount").get_data(as_text=True)
    assert '"total_amount":"120.0"' in text


def test_bills_of_suppliers_are_no_sales_invoices(sage: SageCaller) -> None:
    supplier = sage.customer("Timber Example")
    bill = sage.invoice(side="purchase", party=supplier)
    assert sage.keys("/sales_invoices") == []
    assert sage.error("GET", f"/sales_invoices/{bill.id}")[0] == 404
    assert sage.error("PUT", f"/sales_invoices/{bill.id}", {"sales_invoice": {"reference": "x"}})[0] == 404
    assert sage.keys("/contacts", contact_type_id="VENDOR") == [supplier.id]
    assert sage.keys("/contacts", contact_type_id="CUSTOMER") == []


# ---- one entry, its PDF, mark_as_sent ----


def test_a_download_marks_an_invoice_as_sent_unless_told_not_to(sage: SageCaller) -> None:
    key = sage.invoice().id
    sage.move(hours=1)
    paper = sage.call("GET", f"/sales_invoices/{key}", headers={"Accept": "application/pdf"}, mark_as_sent="false")
    assert paper.content_type == "application/pdf"
    assert paper.get_data().startswith(b"%PDF")
    assert not sage.books.document(key).sent
    paper = sage.call("GET", f"/sales_invoices/{key}", headers={"Accept": "application/pdf"})
    assert paper.get_data().startswith(b"%PDF")
    assert sage.books.document(key).sent
    assert sage.keys("/sales_invoices", updated_or_created_since="2026-11-23T09:00:00Z") == [key]


def test_reading_one_invoice_marks_it_too_and_the_answer_already_says_so(sage: SageCaller) -> None:
    key = sage.invoice().id
    sage.move(hours=1)
    shown = sage.get(f"/sales_invoices/{key}")
    assert (shown["sent"], shown["updated_at"]) == (True, "2026-11-23T09:00:00Z")
    sage.move(hours=1)
    assert sage.get(f"/sales_invoices/{key}")["updated_at"] == "2026-11-23T09:00:00Z"


def test_a_credit_notes_id_is_no_invoice_and_is_not_marked(sage: SageCaller) -> None:
    credit = sage.books.credit_note(sage.customer(), Decimal("10.00"), date(2026, 11, 1))
    assert sage.error("GET", f"/sales_invoices/{credit.id}")[:2] == (404, "RecordNotFound")
    assert not sage.books.document(credit.id).sent
    paper = sage.call("GET", f"/sales_credit_notes/{credit.id}", headers={"Accept": "application/pdf"})
    assert paper.get_data().startswith(b"%PDF")


# ---- credits and money ----


def test_a_credit_note_says_what_is_left_and_its_allocation_sums_to_nothing(sage: SageCaller) -> None:
    entry = sage.invoice("100.00")
    credit = sage.books.credit_note(entry.party_id, Decimal("150.00"), date(2026, 11, 1), applies_to=entry.id)
    row = sage.get("/sales_credit_notes", attributes="all")["$items"][0]
    assert (row["credit_note_number"], row["transaction_type"]["id"]) == ("0002", "SALES_CREDIT_NOTE")
    assert (row["total_amount"], row["outstanding_amount"], row["status"]["id"]) == (150, 50, "PART_PAID")
    assert "due_date" not in row
    another = sage.invoice("70.00", number="SI-13")
    second = sage.books.credit_note(another.party_id, Decimal("70.00"), date(2026, 11, 2), applies_to=another.id)
    made = sage.get("/contact_allocations", attributes="all", contact_id=entry.party_id)["$items"][0]
    assert [(part["artefact"]["id"], part["amount"]) for part in made["allocated_artefacts"]] == [
        (credit.id, Decimal("-100.0")),
        (entry.id, Decimal("100.0")),
    ]
    assert made["contact"]["id"] == entry.party_id
    shown = sage.get(f"/sales_invoices/{entry.id}", mark_as_sent="false", show_payments_allocations="true")
    assert [part["artefact"]["id"] for part in shown["payments_allocations"]] == [credit.id]
    shown = sage.get(f"/sales_credit_notes/{second.id}", mark_as_sent="false", show_payments_allocations="true")
    assert [part["artefact"]["id"] for part in shown["payments_allocations"]] == [another.id]


def test_a_payment_names_the_invoices_it_settles_and_what_settles_nothing_is_on_account(sage: SageCaller) -> None:
    entry = sage.invoice()
    payment = sage.books.pay(entry.id, Decimal("120.00"), date(2026, 11, 2))
    advance = sage.books.receive(entry.party_id, Decimal("80.00"), date(2026, 11, 3))
    rows = {row["id"]: row for row in sage.get("/contact_payments", attributes="all")["$items"]}
    settled = rows[payment.id]
    assert settled["transaction_type"]["id"] == "CUSTOMER_RECEIPT"
    assert [(p["artefact"]["id"], p["amount"], p["discount"]) for p in settled["allocated_artefacts"]] == [
        (entry.id, 120, 0)
    ]
    assert settled["payment_on_account"] is None
    assert rows[advance.id]["allocated_artefacts"] == []
    assert rows[advance.id]["payment_on_account"]["outstanding_amount"] == 80
    second = sage.invoice("30.00", number="SI-13", party=sage.books.party(entry.party_id))
    sage.books.apply(advance.id, second.id, Decimal("30.00"))
    row = sage.get(f"/contact_payments/{advance.id}")
    assert row["payment_on_account"]["outstanding_amount"] == 50
    assert row["allocated_artefacts"] == []
    made = sage.get("/contact_allocations", attributes="allocated_artefacts")["$items"][0]["allocated_artefacts"]
    assert [part["amount"] for part in made] == [-30, 30]
    assert made[0]["artefact"]["id"] == row["payment_on_account"]["id"]


def test_a_payment_taken_back_is_only_among_the_deleted(sage: SageCaller) -> None:
    payment = sage.books.pay(sage.invoice().id, Decimal("120.00"), date(2026, 11, 2))
    sage.move(hours=1)
    sage.books.undo(payment.id)
    assert sage.keys("/contact_payments") == []
    assert sage.keys("/contact_payments", deleted_since=_SINCE) == [payment.id]
    assert sage.error("GET", f"/contact_payments/{payment.id}")[0] == 404


# ---- contacts and their notes ----


def test_a_contact_has_its_people_with_their_roles(sage: SageCaller) -> None:
    party = sage.customer(language="en-GB", address=("1 Saw Lane", "Leeds"))
    shown = sage.get(f"/contacts/{party.id}")
    assert (shown["email"], shown["locale"], shown["is_active"]) == ("accounts@larch.example", "en-GB", True)
    assert shown["main_contact_person"]["email"] == "accounts@larch.example"
    assert shown["main_address"]["address_line_1"] == "1 Saw Lane"
    people = sage.get("/contact_persons", contact_id=party.id, attributes="all")["$items"]
    assert [(one["email"], one["is_main_contact"]) for one in people] == [
        ("accounts@larch.example", True),
        ("ada@larch.example", False),
    ]
    assert people[1]["contact_person_types"][0]["id"] == "ACCOUNTS"
    assert sage.get(f"/contact_persons/{people[1]['id']}")["name"] == "Ada Fell"
    row = sage.get("/contacts", attributes="all")["$items"][0]
    assert set(row["main_contact_person"]) == {"id", "displayed_as", "$path"}
    row = sage.get("/contacts", attributes="all", nested_attributes="all")["$items"][0]
    assert row["main_contact_person"]["email"] == "accounts@larch.example"


def test_persons_hang_on_addresses_and_addresses_on_contacts(sage: SageCaller) -> None:
    party = sage.customer(address=("1 Saw Lane", "Leeds"))
    sage.customer("Oak Example")
    shown = sage.get("/addresses", attributes="all", contact_id=party.id)["$items"]
    assert [(one["contact"]["id"], one["is_main_address"]) for one in shown] == [(party.id, True), (party.id, False)]
    people = sage.get("/contact_persons", contact_id=party.id, attributes="address")["$items"]
    assert [one["address"]["id"] for one in people] == [one["id"] for one in shown]
    assert sage.keys("/contact_persons", address_id=shown[1]["id"]) == [people[1]["id"]]
    assert sage.get(f"/addresses/{shown[1]['id']}", attributes="contact")["contact"]["id"] == party.id
    assert len(sage.keys("/addresses")) == 4
    assert sage.error("GET", f"/addresses/{'0' * 32}")[:2] == (404, "RecordNotFound")


def test_inactive_contacts_are_listed_unless_they_are_filtered(sage: SageCaller) -> None:
    active, left = sage.customer("Oak Example"), sage.customer("Yew Example", active=False)
    shown = {row["id"]: row["is_active"] for row in sage.get("/contacts", attributes="is_active")["$items"]}
    assert shown == {active.id: True, left.id: False}
    assert sage.keys("/contacts", filter_inactive_contacts="true") == [active.id]
    assert sage.keys("/contacts", email="ada@larch.example", search="yew") == [left.id]


def test_a_balance_is_shown_when_it_is_asked_for(sage: SageCaller) -> None:
    entry = sage.invoice()
    sage.books.credit_note(entry.party_id, Decimal("15.00"), date(2026, 11, 1))
    sage.books.receive(entry.party_id, Decimal("5.00"), date(2026, 11, 1))
    assert "balance" not in sage.get(f"/contacts/{entry.party_id}")
    assert sage.get(f"/contacts/{entry.party_id}", show_balance="true")["balance"] == 100


def test_notes_are_written_whole_and_come_back_as_a_change(sage: SageCaller) -> None:
    party = sage.customer(notes="Rings before noon")
    sage.move(hours=1)
    answer = sage.call("PUT", f"/contacts/{party.id}", {"contact": {"notes": "Rings before noon\nReminded"}})
    assert answer.status_code == 200
    assert sage.books.party(party.id).notes == "Rings before noon\nReminded"
    assert json.loads(answer.get_data())["updated_at"] == "2026-11-23T09:00:00Z"
    assert sage.keys("/contacts", updated_or_created_since="2026-11-23T09:00:00Z") == [party.id]
    assert sage.books.party(party.id).name == "Larch Joinery"
    assert sage.call("PUT", f"/contacts/{party.id}", {"contact": {"notes": None}}).status_code == 200
    assert sage.books.party(party.id).notes == ""


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ({"contact": {"notes": "x" * 4001}}, "notes"),
        ({"contact": {"notes": 5}}, "notes"),
        ({"contact": {"name": ""}}, "name"),
        ({"contact": {"note": "x"}}, "contact.note"),
        ({"contact": {"email": "a@larch.example"}}, "contact.email"),
        ({"notes": "x"}, "contact"),
        (["contact"], "contact"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_and_changes_nothing(sage: SageCaller, body: Any, source: str) -> None:
    party = sage.customer(notes="kept")
    assert sage.error("PUT", f"/contacts/{party.id}", body) == (422, "RecordInvalid", source)
    assert sage.books.party(party.id) == party


def test_four_thousand_characters_of_notes_fit(sage: SageCaller) -> None:
    party = sage.customer()
    assert sage.call("PUT", f"/contacts/{party.id}", {"contact": {"notes": "x" * 4000}}).status_code == 200


def test_a_body_must_be_json_and_say_so(sage: SageCaller) -> None:
    party = sage.customer()

    def put(data: str, kind: str) -> int:
        client = Client(sage.sandbox.app)
        path = f"/sage/v3.1/contacts/{party.id}"
        return client.put(path, data=data, content_type=kind, headers=sage.headers).status_code

    assert put('{"contact":{"notes":"x"}}', "text/plain") == 415
    assert put("{", "application/json") == 400
    assert put('{"contact":{"notes":"x"}}', "application/json; charset=utf-8") == 200


def test_a_contact_can_change_between_reading_it_and_writing_it(sage: SageCaller) -> None:
    party = sage.customer(notes="before")
    sage.sandbox.faults.add("changed_meanwhile", change=lambda: sage.books.edit_party(party.id, notes="by a person"))
    assert sage.get(f"/contacts/{party.id}")["notes"] == "before"
    assert sage.get(f"/contacts/{party.id}")["notes"] == "by a person"


def test_the_same_idempotency_id_adds_one_contact_for_seven_days(sage: SageCaller) -> None:
    body = {
        "contact": {"name": "Elm Example", "contact_type_ids": ["CUSTOMER"], "idempotency_id": "0123456789abcdef" * 2}
    }
    first = sage.call("POST", "/contacts", body)
    assert first.status_code == 201
    assert sage.call("POST", "/contacts", body).get_data() == first.get_data()
    assert len(sage.books.parties) == 1
    sage.move(days=8)
    sage.call("POST", "/contacts", body)
    assert len(sage.books.parties) == 2
    body["contact"]["idempotency_id"] = "01234567-89ab-cdef-0123-456789abcdef"
    assert sage.error("POST", "/contacts", body)[0] == 422
    assert sage.error("POST", "/contacts", {"contact": {"name": "Ash"}}) == (422, "RecordInvalid", "contact_type_ids")


# ---- writes beyond our need, so that the stand-in serves as books ----


def _payment(sage: SageCaller, key: str, amount: str) -> dict[str, Any]:
    return {
        "contact_payment": {
            "transaction_type_id": "CUSTOMER_RECEIPT",
            "contact_id": sage.books.document(key).party_id,
            "bank_account_id": "f" * 32,
            "date": "2026-11-02",
            "total_amount": amount,
            "allocated_artefacts": [{"artefact_id": key, "amount": amount}],
        }
    }


def test_a_payment_posted_settles_its_invoice_and_deleted_opens_it_again(sage: SageCaller) -> None:
    key = sage.invoice().id
    made = sage.call("POST", "/contact_payments", _payment(sage, key, "120.0"))
    assert made.status_code == 201
    assert _status(sage, key) == ("PAID", "0.0")
    payment = json.loads(made.get_data())["id"]
    assert sage.call("DELETE", f"/contact_payments/{payment}").status_code == 204
    assert _status(sage, key) == ("UNPAID", "120.0")
    assert sage.error("DELETE", f"/contact_payments/{payment}")[0] == 404


def test_more_than_the_outstanding_amount_is_not_taken(sage: SageCaller) -> None:
    key = sage.invoice().id
    assert sage.error("POST", "/contact_payments", _payment(sage, key, "120.01"))[0] == 422
    assert not sage.books.receipts


def test_an_invoice_is_voided_with_a_reason_and_only_while_nothing_is_paid(sage: SageCaller) -> None:
    key = sage.invoice().id
    assert sage.error("DELETE", f"/sales_invoices/{key}") == (422, "RecordInvalid", "void_reason")
    payment = sage.books.pay(key, Decimal("1.00"), date(2026, 11, 2))
    assert sage.error("DELETE", f"/sales_invoices/{key}", void_reason="by mistake")[0] == 422
    sage.books.undo(payment.id)
    assert sage.call("DELETE", f"/sales_invoices/{key}", {"void_reason": "by mistake"}).status_code == 200
    assert _status(sage, key)[0] == "VOID"


def test_a_draft_is_released_or_thrown_away(sage: SageCaller) -> None:
    kept, thrown = sage.invoice(status="draft").id, sage.invoice(status="draft", number="SI-13").id
    assert sage.call("POST", f"/sales_invoices/{kept}/release").status_code == 201
    assert _status(sage, kept) == ("UNPAID", "120.0")
    assert sage.error("POST", f"/sales_invoices/{kept}/release")[0] == 422
    assert sage.call("DELETE", f"/sales_invoices/{thrown}").status_code == 200
    assert sage.error("GET", f"/sales_invoices/{thrown}")[0] == 404


def test_a_due_date_can_be_changed_until_the_books_are_closed() -> None:
    sage = sage_caller()
    closed = sage.sandbox.add_organisation(
        "sage", Organisation(id=OTHER_BUSINESS, name="Closed Example", closed_until=date(2026, 10, 31))
    )
    sage.grant()
    key = sage.invoice().id
    body = {"sales_invoice": {"due_date": "2026-12-31"}}
    assert sage.call("PUT", f"/sales_invoices/{key}", body).status_code == 200
    assert sage.books.document(key).due_on == date(2026, 12, 31)
    entry = closed.invoice(closed.add_party("Ash Example"), Decimal("9.00"), date(2026, 10, 1))
    sage.headers["X-Business"] = OTHER_BUSINESS
    assert sage.error("PUT", f"/sales_invoices/{entry.id}", body)[0] == 422
    assert sage.get("/financial_settings")["year_end_lockdown_date"] == "2026-10-31"


def test_nothing_in_it_sends_a_mail(sage: SageCaller) -> None:
    key = sage.invoice().id
    for path in (f"/sales_invoices/{key}/send", f"/sales_invoices/{key}/email"):
        assert sage.error("POST", path, {})[0] == 404
    assert sage.get("/email_settings")["send_bcc"] is False
    assert sage.books.mails == []


# ---- which business, which user ----


def test_the_answer_echoes_the_business_and_the_lead_one_answers_without_a_header(sage: SageCaller) -> None:
    sage.sandbox.add_organisation("sage", Organisation(id=OTHER_BUSINESS, name="Second Example"))
    sage.grant(OTHER_BUSINESS, BUSINESS)
    assert sage.call("GET", "/sales_invoices").headers["X-Business"] == BUSINESS
    led = sage.call("GET", "/sales_invoices", headers={"X-Business": ""})
    assert led.headers["X-Business"] == OTHER_BUSINESS


def test_the_businesses_of_a_consent_are_listed_with_their_subscriptions(sage: SageCaller) -> None:
    sage.sandbox.add_organisation("sage", Organisation(id=OTHER_BUSINESS, name="Second Example"))
    listed = sage.get("/businesses")
    assert (listed["$total"], listed["$next"], listed["$items_per_page"]) == (1, None, 2147483647)
    assert listed["$items"] == [
        {"id": BUSINESS, "displayed_as": "Example Joinery Ltd", "$path": f"/businesses/{BUSINESS}"}
    ]
    one = sage.get(f"/businesses/{BUSINESS}")
    assert [(kept["active"], kept["status"]) for kept in one["subscriptions"]] == [(True, "ACTIVE")]
    assert sage.get("/businesses/lead")["id"] == BUSINESS
    assert sage.error("GET", f"/businesses/{OTHER_BUSINESS}")[0] == 404


def test_a_business_outside_the_consent_is_denied(sage: SageCaller) -> None:
    sage.sandbox.add_organisation("sage", Organisation(id=OTHER_BUSINESS, name="Second Example"))
    sage.headers["X-Business"] = OTHER_BUSINESS
    assert sage.error("GET", "/sales_invoices")[:2] == (403, "MultiUserAccessDenied")


def test_another_business_answering_is_told_by_the_echo(sage: SageCaller) -> None:
    sage.invoice()
    other = sage.sandbox.add_organisation("sage", Organisation(id=OTHER_BUSINESS, name="Second Example"))
    theirs = other.invoice(other.add_party("Ash Example"), Decimal("9.00"), date(2026, 11, 1)).id
    sage.sandbox.faults.add("wrong_organisation")
    answer = sage.call("GET", "/sales_invoices")
    assert answer.headers["X-Business"] == OTHER_BUSINESS
    assert [row["id"] for row in json.loads(answer.get_data())["$items"]] == [theirs]


def test_an_answer_may_name_no_business_at_all(sage: SageCaller) -> None:
    sage.sandbox.faults.add("no_echo")
    assert "X-Business" not in sage.call("GET", "/sales_invoices").headers
    assert sage.call("GET", "/sales_invoices").headers["X-Business"] == BUSINESS


def test_a_read_only_consent_may_not_write(sage: SageCaller) -> None:
    party = sage.customer()
    sage.grant(BUSINESS, scopes="readonly")
    assert sage.get(f"/contacts/{party.id}")["id"] == party.id
    refused = sage.error("PUT", f"/contacts/{party.id}", {"contact": {"notes": "x"}})
    assert refused[:2] == (403, "MultiUserAccessDenied")


def test_a_token_lives_five_minutes(sage: SageCaller) -> None:
    sage.sandbox.clock.advance(timedelta(seconds=299))
    assert sage.call("GET", "/businesses").status_code == 200
    sage.sandbox.clock.advance(timedelta(seconds=2))
    assert sage.error("GET", "/businesses")[:2] == (401, "AuthorizationFailure")
    sage.headers.pop("Authorization")
    assert sage.error("GET", "/sales_invoices")[:2] == (401, "AuthorizationFailure")


# ---- what goes wrong ----


def test_an_ended_subscription_is_a_401_in_the_services_own_words(sage: SageCaller) -> None:
    sage.sandbox.faults.add("no_subscription")
    answer = sage.call("GET", "/sales_invoices")
    assert answer.status_code == 401
    assert json.loads(answer.get_data()) == [
        {
            "$severity": "error",
            "$dataCode": "AuthorizationFailure",
            "$message": "No active subscription. (MSE)",
            "$source": "",
        }
    ]


def test_a_role_without_the_right_is_a_403(sage: SageCaller) -> None:
    sage.sandbox.faults.add("access_denied")
    assert sage.error("GET", "/sales_invoices") == (403, "MultiUserAccessDenied", "")


def test_an_error_may_be_a_single_object(sage: SageCaller) -> None:
    sage.sandbox.faults.add("single_object_error")
    answer = sage.call("GET", f"/sales_invoices/{'0' * 32}")
    assert json.loads(answer.get_data())["$dataCode"] == "RecordNotFound"


def test_too_many_requests_come_with_and_without_a_time_to_wait(sage: SageCaller) -> None:
    sage.sandbox.faults.add("minute_limit", retry_after=9)
    sage.sandbox.faults.add("minute_limit", retry_after=None)
    first, second = sage.call("GET", "/sales_invoices"), sage.call("GET", "/sales_invoices")
    assert (first.status_code, first.headers["Retry-After"]) == (429, "9")
    assert second.status_code == 429
    assert "Retry-After" not in second.headers


def test_each_answer_has_a_request_id_of_its_own(sage: SageCaller) -> None:
    ids = [sage.call("GET", path).headers["x-request-id"] for path in ("/contacts", "/contacts", "/nowhere")]
    assert len(set(ids)) == 3


def test_unknown_paths_and_methods_are_refused(sage: SageCaller) -> None:
    key = sage.invoice().id
    assert sage.error("GET", "/customers")[0] == 404
    assert sage.error("GET", f"/sales_invoices/{'0' * 32}")[:2] == (404, "RecordNotFound")
    assert sage.error("PATCH", f"/sales_invoices/{key}", {})[0] == 405
    assert sage.error("POST", "/sales_credit_notes", {})[0] == 405
    assert sage.error("POST", "/financial_settings", {})[0] == 405


def test_the_page_size_may_be_spelled_as_in_the_old_guides(sage: SageCaller) -> None:
    sage.sandbox.faults.add("old_page_size_name")
    assert sage.get("/sales_invoices")["$itemsPerPage"] == 20


def test_all_statuses_are_listed(sage: SageCaller) -> None:
    assert {"DRAFT", "UNPAID", "PART_PAID", "PAID", "VOID"} < set(sage.keys("/artefact_statuses"))
    assert sage.get("/artefact_statuses/PART_PAID")["displayed_as"] == "Part Paid"
