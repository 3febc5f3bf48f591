from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from connectors.quickbooks.client import as_rows
from connectors.quickbooks.map import (
    UnusableRowError,
    allocations,
    credit_item,
    https_only,
    invoice_item,
    is_void,
    payment_item,
)
from connectors.quickbooks.people import addresses, customer
from connectors.quickbooks.rows import CREDIT_MEMO, CUSTOMER, INVOICE, PAYMENT, InvoiceRow
from connectors.quickbooks.stamps import instant, instant_or_none, query_text, version_text
from engine.errors import BooksUnreadableError
from engine.kinds import ContactRole, DueSource, ItemKind
from engine.model import Contact, OpenItem
from tests.builders import day, money
from tests.fakes.intuit import recorded

if TYPE_CHECKING:
    from engine.money import Money


def exact(value: Any) -> Any:
    return json.loads(json.dumps(value), parse_float=Decimal)


def row(**fields: Any) -> InvoiceRow:
    plain = recorded("invoice_sent.json")["Invoice"] | fields
    return as_rows(INVOICE, exact({key: each for key, each in plain.items() if each is not None}))[0]


def item(remarks: list[str] | None = None, home: str = "", **fields: Any) -> OpenItem:
    return invoice_item(row(**fields), "v1", home, [] if remarks is None else remarks)


def test_the_recorded_invoice_is_an_open_item() -> None:
    assert item() == OpenItem(
        item_id="invoice:103",
        customer_id="10",
        number="1033",
        kind=ItemKind.INVOICE,
        issued_on=day("2026-04-07"),
        due_on=day("2026-05-07"),
        due_source=DueSource.STATED,
        total=money("629.10", "USD"),
        balance=money("629.10", "USD"),
        version="v1",
    )


def test_our_own_writing_changes_nothing_of_the_item_but_its_version() -> None:
    ours = item(
        PrivateNote="Reminder [rem:0123456789ab]",
        EmailStatus="NeedToSend",
        SyncToken="9",
        BillEmail={"Address": "x@y.example"},
    )
    assert ours == item()


def test_a_missing_due_date_is_assumed_thirty_days_on_and_said() -> None:
    remarks: list[str] = []
    found = item(remarks, DueDate=None)
    assert (found.due_on, found.due_source) == (day("2026-05-07"), DueSource.ASSUMED)
    assert "1033" in remarks[0]


def test_a_due_date_before_the_invoice_is_the_invoice_date() -> None:
    remarks: list[str] = []
    assert item(remarks, DueDate="2026-01-01").due_on == day("2026-04-07")
    assert remarks


def test_amounts_are_in_the_document_currency_and_exact() -> None:
    found = item(CurrencyRef={"value": "JPY"}, TotalAmt=12000.0, Balance="500", HomeBalance=3.5, ExchangeRate=0.0067)
    assert (found.total, found.balance) == (money("12000", "JPY"), money("500", "JPY"))
    assert item(TotalAmt="362.07", Balance=0.1).total == money("362.07", "USD")


def test_the_noise_of_floats_is_taken_off_and_real_decimals_are_not() -> None:
    assert item(TotalAmt=1094.1300000000001, Balance=0).total == money("1094.13", "USD")
    with pytest.raises(UnusableRowError, match="more decimals"):
        item(TotalAmt="10.005", Balance=0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Balance": "NaN"}, "Balance is NaN"),
        ({"Balance": "1E+40"}, "Balance"),
        ({"Balance": 700}, "700.00 is left of 629.10"),
        ({"Balance": -1}, "left of"),
        ({"Balance": None}, "no Balance"),
        ({"TxnDate": "07/04/2026"}, "TxnDate"),
        ({"TxnDate": None}, "no TxnDate"),
        ({"CustomerRef": None}, "no customer"),
        ({"CurrencyRef": {"value": "dollars"}}, "no currency code"),
        ({"CurrencyRef": None}, "no currency"),
    ],
)
def test_what_no_item_can_hold_says_so(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(UnusableRowError, match=words):
        item(**fields)


def test_without_a_currency_the_company_own_serves_and_without_a_number_the_id() -> None:
    found = item(home="CAD", CurrencyRef=None, DocNumber=None)
    assert (found.currency, found.number) == ("CAD", "#103")


def test_a_date_with_an_offset_behind_it_is_its_day() -> None:
    assert item(TxnDate="2026-04-07-07:00").issued_on == day("2026-04-07")


def test_a_void_invoice_is_known_by_its_amounts_with_its_memo_or_its_lines() -> None:
    lines = [{"Amount": 0}, {"Amount": 0, "DetailType": "SubTotalLineDetail"}]
    assert is_void(row(TotalAmt=0, Balance=0, PrivateNote="Voided"))
    assert is_void(row(TotalAmt=0, Balance=0, PrivateNote=" voided - twice\nold text", Line=[{"Amount": 5}]))
    assert is_void(row(TotalAmt=0, Balance=0, PrivateNote="Annulé", Line=lines))


def test_what_a_discount_brought_to_nothing_and_what_is_paid_is_not_void() -> None:
    assert not is_void(
        row(TotalAmt=0, Balance=0, Line=[{"Amount": 50}, {"Amount": 50, "DetailType": "DiscountLineDetail"}])
    )
    assert not is_void(row(Balance=0))
    assert not is_void(row(PrivateNote="Voided the first one, this is the right one"))


def test_a_credit_memo_is_negative_by_what_remains_of_it() -> None:
    base = exact(recorded("credit_memo.json"))
    whole = credit_item(as_rows(CREDIT_MEMO, base)[0], "v", "")
    part = credit_item(as_rows(CREDIT_MEMO, base | {"RemainingCredit": Decimal("40.5")})[0], "v", "")
    old = credit_item(
        as_rows(CREDIT_MEMO, {k: v for k, v in base.items() if k != "RemainingCredit"} | {"Balance": 7})[0], "v", ""
    )
    assert (whole.item_id, whole.kind, whole.number, whole.total) == (
        "credit_note:184",
        ItemKind.CREDIT_NOTE,
        "1051",
        money("-100", "USD"),
    )
    assert [each.balance for each in (whole, part, old)] == [money(each, "USD") for each in ("-100", "-40.50", "-7")]


def payment(**fields: Any) -> Any:
    return as_rows(PAYMENT, exact(recorded("payment.json") | fields))[0]


def line(amount: object, to: str, kind: str = "Invoice") -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": to, "TxnType": kind}]}


def paid(row: Any) -> dict[str, Money]:
    return {each.invoice_id: each.amount for each in allocations(row, "")}


def test_a_payment_is_seen_once_for_each_invoice_it_pays() -> None:
    assert paid(payment()) == {"96": money("387", "USD")}
    both = payment(TotalAmt=100, Line=[line(30, "1"), line("50.5", "2"), line(9.5, "2")], UnappliedAmt=10)
    assert paid(both) == {"1": money("30", "USD"), "2": money("60", "USD")}


def test_credit_that_a_payment_applies_is_not_money() -> None:
    applied = payment(TotalAmt=0, Line=[line(100, "96"), line(100, "184", "CreditMemo")])
    mixed = payment(TotalAmt=40, Line=[line(100, "96"), line(60, "184", "CreditMemo")])
    first = payment(TotalAmt=40, Line=[line(60, "184", "CreditMemo"), line(100, "96")])
    assert paid(applied) == {}
    assert paid(first) == {"96": money("40", "USD")}
    assert paid(mixed) == {"96": money("40", "USD")}


def test_what_is_left_of_a_payment_is_a_credit() -> None:
    found = payment_item(payment(TotalAmt=100, UnappliedAmt=30.25, PaymentRefNum="CHQ 7"), "v", "")
    assert (found.item_id, found.kind, found.number) == ("payment:128", ItemKind.PAYMENT, "CHQ 7")
    assert (found.total, found.balance) == (money("-100", "USD"), money("-30.25", "USD"))


def test_the_recorded_customer_is_a_customer() -> None:
    found = customer(as_rows(CUSTOMER, exact(recorded("customer.json")))[0])
    assert found.name == "Bill's Windsurf Shop"
    assert found.contacts == (
        Contact(email="surf@windsurf.example", name="Bill Lucchini", phone="(415) 444-6538", role=ContactRole.BILLING),
    )
    assert found.postal_address == ("12 Ocean Dr.", "Half Moon Bay CA 94213")


def test_of_several_addresses_the_first_gets_the_bills() -> None:
    base = exact(recorded("customer.json"))
    mail = {"Address": "a@one.example, B <b@one.example>; c@one.example,a@one.example, nonsense"}
    found = customer(as_rows(CUSTOMER, base | {"PrimaryEmailAddr": mail})[0])
    assert [(each.email, each.role) for each in found.contacts] == [
        ("a@one.example", ContactRole.BILLING),
        ("c@one.example", ContactRole.OTHER),
    ]


def test_a_job_is_called_by_its_whole_path_and_its_parent_pays_where_it_is_billed() -> None:
    base = exact(recorded("customer.json")) | {
        "DisplayName": "Kitchen",
        "FullyQualifiedName": "Smith:Kitchen",
        "ParentRef": {"value": "1"},
    }
    assert customer(as_rows(CUSTOMER, base | {"BillWithParent": True})[0]).payer_id == "1"
    assert customer(as_rows(CUSTOMER, base)[0]).payer_id == ""
    assert customer(as_rows(CUSTOMER, base)[0]).name == "Smith: Kitchen"


def test_an_inactive_customer_keeps_its_name_and_is_not_written_to() -> None:
    active = exact(recorded("customer.json"))
    base = active | {"DisplayName": "Bill's (deleted)", "Active": False}
    made = customer(as_rows(CUSTOMER, base)[0])
    assert (made.name, made.do_not_contact) == ("Bill's", True)
    assert [customer(as_rows(CUSTOMER, row)[0]).do_not_contact for row in (active, {**active, "Active": None})] == [
        False,
        False,
    ]


def test_addresses_are_taken_apart_at_commas_and_semicolons() -> None:
    assert addresses("a@b.example;c@d.example , ") == ("a@b.example", "c@d.example")
    assert addresses(None) == ()


def test_only_a_safe_link_is_a_payment_link() -> None:
    assert https_only(" https://connect.intuit.example/x ") == "https://connect.intuit.example/x"
    assert [https_only(each) for each in ("http://pay.example", "javascript:x", "https://a b", None)] == [""] * 4


def test_instants_are_utc_whatever_their_offset_and_versions_sort_by_them() -> None:
    assert instant("2026-05-05T03:13:29-07:00") == datetime(2026, 5, 5, 10, 13, 29, tzinfo=UTC)
    assert instant("2026-05-05T10:13:29") == instant("2026-05-05T10:13:29Z") == instant("2026-05-05T15:43:29+0530")
    assert instant_or_none("yesterday") is None
    summer, winter = instant("2026-11-01T01:30:00-07:00"), instant("2026-11-01T01:10:00-08:00")
    ordered = [version_text(summer, "9"), version_text(winter, "10"), version_text(winter, "11")]
    assert ordered == sorted(ordered)
    assert version_text(summer, "9") < version_text(summer, "10")
    assert query_text(summer) == "2026-11-01T08:30:00+00:00"


def test_one_unusable_row_never_loses_the_others() -> None:
    body = b"""{"QueryResponse":{"Invoice":[{"Id":1,"SyncToken":3,"TotalAmt":"5","Line":[{"Amount":"5"}]},
        {"Id":"2","DocNumber":"X-2","TotalAmt":{"odd":1}},{"DocNumber":"no id"},{"Id":"4","TotalAmt":4.10}]}}"""
    found = INVOICE.decode(body)
    assert [(each.id, each.total_amt) for each in found.rows] == [("1", Decimal(5)), ("4", Decimal("4.10"))]
    assert [(each.file, each.line, each.reason.partition(":")[0]) for each in found.bad] == [
        ("Invoice", 2, "X-2"),
        ("Invoice", 3, "no id"),
    ]
    assert found.count == 4


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"QueryResponse":{"Invoice":[{"Id":"1"', b"<html>", b'{"QueryResponse":null}']
)
def test_what_is_no_answer_to_a_query_is_unreadable_and_not_empty(body: bytes) -> None:
    with pytest.raises(BooksUnreadableError):
        INVOICE.decode(body)


def test_an_empty_answer_has_no_rows() -> None:
    assert INVOICE.decode(b'{"QueryResponse":{"Invoice":null}}').rows == []
    assert INVOICE.decode(b'{"QueryResponse":{},"time":"2026-05-05T02:06:31.216-07:00"}').rows == []


def test_a_row_of_dates_is_a_day_and_no_instant() -> None:
    assert type(item().due_on) is date
