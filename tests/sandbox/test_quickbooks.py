"""QuickBooks' objects as the sandbox words them, and what has changed since a time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.fakes.quickbooks_company import Company, fault_of, open_company


@pytest.fixture
def company() -> Company:
    return open_company()


# ---- what an invoice looks like ----


def test_an_open_invoice_has_its_balance_its_dates_and_the_company_offset(company: Company) -> None:
    invoice = company.invoice(number="1033")
    answer = company.get(f"invoice/{invoice.id}")
    shape = answer["Invoice"]
    assert (shape["Id"], shape["SyncToken"], shape["DocNumber"]) == (invoice.id, "0", "1033")
    assert (shape["TotalAmt"], shape["Balance"]) == (Decimal("629.10"), Decimal("629.10"))
    assert (shape["TxnDate"], shape["DueDate"]) == ("2026-04-07", "2026-05-07")
    assert shape["MetaData"]["LastUpdatedTime"] == "2026-05-05T03:13:29-07:00"
    assert shape["CurrencyRef"]["value"] == "USD"
    assert shape["BillEmail"] == {"Address": "pay@joinery.example"}
    assert shape["EmailStatus"] == "NotSet"
    assert "PrivateNote" not in shape
    assert answer["time"] == "2026-05-05T03:13:29.216-07:00"


def test_amounts_are_numbers_with_two_decimals(company: Company) -> None:
    invoice = company.invoice(total="387")
    assert '"TotalAmt":387.00' in company.ask("GET", f"invoice/{invoice.id}").text


def test_a_payment_links_to_its_invoice_and_bumps_it(company: Company) -> None:
    invoice = company.invoice()
    company.later(minutes=10)
    receipt = company.books.pay(invoice.id, Decimal("200.00"), date(2026, 5, 5))
    shape = company.get(f"invoice/{invoice.id}")["Invoice"]
    assert (shape["Balance"], shape["SyncToken"]) == (Decimal("429.10"), "1")
    assert shape["MetaData"]["LastUpdatedTime"] == "2026-05-05T03:23:29-07:00"
    assert shape["LinkedTxn"] == [{"TxnId": receipt.id, "TxnType": "Payment"}]
    payment = company.get(f"payment/{receipt.id}")["Payment"]
    assert payment["Line"] == [
        {"Amount": Decimal("200.00"), "LinkedTxn": [{"TxnId": invoice.id, "TxnType": "Invoice"}]}
    ]
    assert (payment["TotalAmt"], payment["UnappliedAmt"]) == (Decimal(200), Decimal(0))


def test_money_on_account_is_an_unapplied_payment_and_lowers_the_customer_balance(company: Company) -> None:
    party = company.party()
    company.invoice(party, total="100")
    receipt = company.books.receive(party, Decimal("115.00"), date(2026, 5, 5))
    payment = company.get(f"payment/{receipt.id}")["Payment"]
    assert (payment["UnappliedAmt"], payment["Line"]) == (Decimal(115), [])
    assert company.get(f"customer/{party.id}")["Customer"]["Balance"] == Decimal(-15)


def test_a_credit_memo_put_against_an_invoice_is_a_payment_of_nothing_that_links_both(company: Company) -> None:
    party = company.party()
    invoice = company.invoice(party, total="100")
    credit = company.books.credit_note(party, Decimal("130.00"), date(2026, 5, 4), applies_to=invoice.id)
    assert company.get(f"invoice/{invoice.id}")["Invoice"]["Balance"] == 0
    memo = company.get(f"creditmemo/{credit.id}")["CreditMemo"]
    assert (memo["TotalAmt"], memo["RemainingCredit"], memo["Balance"]) == (130, 30, 30)
    [payment] = company.query("select * from Payment")["Payment"]
    assert payment["TotalAmt"] == 0
    linked = {line["LinkedTxn"][0]["TxnType"]: line["LinkedTxn"][0]["TxnId"] for line in payment["Line"]}
    assert linked == {"Invoice": invoice.id, "CreditMemo": credit.id}


def test_a_voided_invoice_stays_with_zeros_and_says_so_in_its_memo(company: Company) -> None:
    invoice = company.invoice()
    company.books.edit(invoice.id, memo="agreed by phone")
    company.books.void(invoice.id)
    shape = company.get(f"invoice/{invoice.id}")["Invoice"]
    assert (shape["TotalAmt"], shape["Balance"]) == (0, 0)
    assert {line["Amount"] for line in shape["Line"]} == {0}
    assert shape["PrivateNote"] == "Voided - agreed by phone"
    assert company.numbers("") == [invoice.number]


def test_an_invoice_in_another_currency_says_what_it_is_at_home(company: Company) -> None:
    invoice = company.books.invoice(company.party(), Decimal("80.00"), date(2026, 4, 7), currency="EUR")
    company.books.edit(invoice.id, rate=Decimal("0.8"))
    shape = company.get(f"invoice/{invoice.id}")["Invoice"]
    assert (shape["CurrencyRef"]["value"], shape["TotalAmt"]) == ("EUR", 80)
    assert (shape["HomeTotalAmt"], shape["HomeBalance"]) == (100, 100)
    assert shape["ExchangeRate"] == Decimal("1.25")
    assert company.get("preferences")["Preferences"]["CurrencyPrefs"]["MultiCurrencyEnabled"] is True


def test_drafts_and_purchases_are_no_invoices(company: Company) -> None:
    party = company.party()
    supplier = company.party("Timber Ltd")
    draft = company.books.invoice(party, Decimal(1), date(2026, 4, 7), status="draft")
    bought = company.books.invoice(supplier, Decimal(1), date(2026, 4, 7), side="purchase")
    assert company.query("select * from Invoice") == {}
    for document in (draft, bought):
        assert fault_of(company.ask("GET", f"invoice/{document.id}"))["code"] == "610"
    assert [row["Id"] for row in company.query("select * from Customer")["Customer"]] == [party.id]


# ---- the invoice link ----


@pytest.mark.parametrize(
    ("online", "email", "asked", "there"),
    [
        (True, "a@b.example", True, True),
        (False, "a@b.example", True, False),
        (True, "", True, False),
        (True, "a@b.example", False, False),
    ],
)
def test_the_invoice_link_needs_online_payment_an_address_and_the_question(
    *, online: bool, email: str, asked: bool, there: bool
) -> None:
    company = open_company(online_payments=online)
    invoice = company.invoice(company.party(email=email))
    query = {"include": "invoiceLink"} if asked else {}
    [row] = company.query("select * from Invoice", **query)["Invoice"]
    read = company.get(f"invoice/{invoice.id}", **query)["Invoice"]
    assert ("InvoiceLink" in row) == ("InvoiceLink" in read) == there
    if there:
        assert row["InvoiceLink"].startswith("https://")
        company.books.void(invoice.id)
        assert "InvoiceLink" not in company.get(f"invoice/{invoice.id}", **query)["Invoice"]


# ---- changes since ----


def test_changes_come_as_whole_objects_and_empty_answers_as_empty_objects(company: Company) -> None:
    invoice = company.invoice(number="1")
    invoices, payments, customers = company.changes("Invoice,Payment,Customer", "2026-05-05T03:00:00-07:00")
    assert [row["DocNumber"] for row in invoices["Invoice"]] == ["1"]
    assert (invoices["startPosition"], invoices["maxResults"]) == (1, 1)
    assert payments == {}
    assert [row["Id"] for row in customers["Customer"]] == [invoice.party_id]
    assert company.changes("Invoice", "2026-05-05T03:13:30-07:00") == [{}]


def test_a_deleted_invoice_is_seen_by_changes_only(company: Company) -> None:
    invoice = company.invoice()
    kept = company.invoice(number="kept")
    company.later(minutes=5)
    company.books.delete(invoice.id)
    assert company.numbers("") == ["kept"]
    assert fault_of(company.ask("GET", f"invoice/{invoice.id}"))["code"] == "610"
    [changed] = company.changes("Invoice", "2026-05-05T03:14:00-07:00")
    assert changed["Invoice"] == [
        {
            "domain": "QBO",
            "status": "Deleted",
            "Id": invoice.id,
            "MetaData": {"LastUpdatedTime": "2026-05-05T03:18:29-07:00"},
        }
    ]
    assert kept.id != invoice.id


def test_a_change_of_the_very_second_asked_for_is_told(company: Company) -> None:
    company.invoice(number="1")
    assert company.changes("Invoice", "2026-05-05T03:13:29-07:00") != [{}]
    assert company.changes("Invoice", "2026-05-05T03:13:29.900-07:00") != [{}]
    assert company.changes("Invoice", "2026-05-05T03:13:30-07:00") == [{}]


def test_an_invoice_discarded_by_the_books_is_gone_like_a_deleted_one(company: Company) -> None:
    invoice = company.invoice()
    company.books.discard(invoice.id)
    assert company.query("select * from Invoice") == {}
    [changed] = company.changes("Invoice", "2026-05-05T03:00:00-07:00")
    assert [(row["Id"], row["status"]) for row in changed["Invoice"]] == [(invoice.id, "Deleted")]


def test_a_payment_taken_back_is_a_deletion_and_opens_its_invoice_again(company: Company) -> None:
    invoice = company.invoice()
    receipt = company.books.pay(invoice.id, Decimal("629.10"), date(2026, 5, 5))
    company.later(minutes=5)
    company.books.undo(receipt.id)
    payments, invoices = company.changes("Payment,Invoice", "2026-05-05T03:14:00-07:00")
    assert [(row["Id"], row["status"]) for row in payments["Payment"]] == [(receipt.id, "Deleted")]
    assert invoices["Invoice"][0]["Balance"] == Decimal("629.10")
    assert company.query("select * from Payment") == {}


def test_changes_hold_1000_objects_and_leave_out_the_oldest(company: Company) -> None:
    party = company.party()
    oldest = company.invoice(party)
    company.later(seconds=1)
    for _ in range(1001):
        company.invoice(party)
    invoices, customers = company.changes("Invoice,Customer", "2026-05-05T03:00:00-07:00")
    assert len(invoices["Invoice"]) == 1000
    assert customers == {}
    assert oldest.id not in {row["Id"] for row in invoices["Invoice"]}


def test_changes_reach_30_days_back(company: Company) -> None:
    company.invoice(number="old")
    company.later(days=31)
    company.invoice(number="new")
    # The consent of the fixture outlives the hour; its access token does not.
    renewed = company.renewed()
    refused = renewed.ask("GET", "cdc", {"entities": "Invoice", "changedSince": "2026-05-05T03:00:00-07:00"})
    assert (refused.status_code, fault_of(refused)["type"]) == (400, "ValidationFault")
    company.sandbox.faults.add("cdc_cuts")
    [cut] = renewed.changes("Invoice", "2026-05-05T03:00:00-07:00")
    assert [row["DocNumber"] for row in cut["Invoice"]] == ["new"]


def test_a_change_time_without_an_offset_is_company_time(company: Company) -> None:
    company.invoice()
    assert company.changes("Invoice", "2026-05-05T10:00:00") == [{}]
    assert company.changes("Invoice", "2026-05-05T10:00:00Z") != [{}]


@pytest.mark.parametrize("query", [{"entities": "Invoice"}, {"entities": "Bogus", "changedSince": "2026-05-05"}])
def test_a_request_for_changes_names_entities_and_a_time(company: Company, query: dict[str, str]) -> None:
    assert company.ask("GET", "cdc", query).status_code == 400
