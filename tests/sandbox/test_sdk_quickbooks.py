"""The sandbox's QuickBooks Online driven by python-quickbooks as it comes: only the host is another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import (
    AuthorizationException,
    ObjectNotFoundException,
    QuickbooksException,
    ValidationException,
)
from quickbooks.objects import (
    Attachable,
    AttachableRef,
    CompanyInfo,
    CreditMemo,
    Customer,
    Invoice,
    Payment,
    Preferences,
)
from requests_oauthlib import OAuth2Session

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.ledger import Ledger, Organisation
from connectors.sandbox.quickbooks import QuickBooksDialect
from connectors.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

REALM = "4620816365000000001"
START = datetime(2026, 5, 5, 10, 13, 29, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A served sandbox with one company, and the library's client for it."""

    sandbox: Sandbox
    books: Ledger
    qb: QuickBooks

    def invoice(self, name: str = "Joinery Ltd", total: str = "629.10") -> str:
        party = self.books.add_party(name, "pay@joinery.example")
        return self.books.invoice(party, Decimal(total), date(2026, 4, 7), date(2026, 5, 7)).id


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock=SandboxClock(START), dialects=[QuickBooksDialect()]) as served:
        yield served


@pytest.fixture
def desk(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # The session of the library refuses plain HTTP, even to one's own machine.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setattr(QuickBooks, "api_url_v3", f"{sandbox.urls('quickbooks')['base_url']}/v3")
    facts = Organisation(id=REALM, name="Example Joiners", country="US", currency="USD", timezone="America/Los_Angeles")
    books = sandbox.add_organisation("quickbooks", facts)
    qb = QuickBooks(company_id=REALM, minorversion=75, use_decimal=True)
    with OAuth2Session("sandbox", token=sandbox.oauth.grant("quickbooks", [REALM])) as session:
        qb.session = session
        yield Desk(sandbox=sandbox, books=books, qb=qb)


def test_invoices_are_listed_filtered_counted_and_read(desk: Desk) -> None:
    invoice_id = desk.invoice("Joinery Ltd")
    desk.invoice("Bakery Ltd", "12.00")
    assert len(Invoice.all(qb=desk.qb)) == 2
    assert Invoice.count(qb=desk.qb) == 2
    [found] = Invoice.where("Balance > '100'", order_by="MetaData.LastUpdatedTime", max_results=10, qb=desk.qb)
    assert (found.Id, found.TotalAmt, found.CustomerRef.name) == (invoice_id, Decimal("629.10"), "Joinery Ltd")
    assert [each.Id for each in Invoice.choose([invoice_id], qb=desk.qb)] == [invoice_id]
    assert Invoice.get(invoice_id, qb=desk.qb).DueDate == "2026-05-07"
    assert Invoice.filter(DocNumber="none such", qb=desk.qb) == []


def test_customers_payments_credits_and_the_company_are_read(desk: Desk) -> None:
    invoice_id = desk.invoice("Bill's Windsurf Shop", "100.00")
    receipt = desk.books.pay(invoice_id, Decimal("40.00"), date(2026, 5, 5))
    party_id = desk.books.document(invoice_id).party_id
    desk.books.credit_note(party_id, Decimal("25.00"), date(2026, 5, 5))
    [customer] = Customer.filter(DisplayName="Bill's Windsurf Shop", qb=desk.qb)
    assert (customer.Balance, customer.PrimaryEmailAddr.Address) == (Decimal("35.00"), "pay@joinery.example")
    payment = Payment.get(receipt.id, qb=desk.qb)
    assert payment.Line[0].LinkedTxn[0].TxnId == invoice_id
    assert [memo.RemainingCredit for memo in CreditMemo.all(qb=desk.qb)] == [Decimal("25.00")]
    assert CompanyInfo.get(REALM, qb=desk.qb).CompanyName == "Example Joiners"
    assert Preferences.get(qb=desk.qb).CurrencyPrefs.HomeCurrency.value == "USD"


def test_an_inactive_customer_is_chosen_by_naming_both_states(desk: Desk) -> None:
    gone = desk.books.add_party("Gone Ltd", active=False)
    assert Customer.all(qb=desk.qb) == []
    assert [each.Id for each in Customer.where("Active in (true,false)", qb=desk.qb)] == [gone.id]


def test_changes_tell_what_is_new_and_what_is_gone(desk: Desk) -> None:
    gone = desk.invoice()
    kept = desk.invoice("Bakery Ltd")
    desk.books.delete(gone)
    changed = change_data_capture([Invoice, Payment], "2026-05-05T03:00:00-07:00", qb=desk.qb)
    told = {each.Id: getattr(each, "status", "") for each in changed.Invoice}
    assert told == {gone: "Deleted", kept: ""}
    assert not hasattr(changed, "Payment")


def test_an_aware_time_given_to_the_library_loses_its_zone_and_is_read_as_company_time(desk: Desk) -> None:
    desk.invoice()
    changed = change_data_capture([Invoice], START - timedelta(minutes=1), qb=desk.qb)
    assert not hasattr(changed, "Invoice")


def test_an_invoice_is_mailed(desk: Desk) -> None:
    invoice = Invoice.get(desk.invoice(), qb=desk.qb)
    answer: dict[str, Any] = invoice.send(qb=desk.qb)
    assert answer["Invoice"]["EmailStatus"] == "EmailSent"
    invoice.send(qb=desk.qb, send_to="other+books@joinery.example")
    assert [mail.recipients for mail in desk.books.mails] == [
        ("pay@joinery.example",),
        ("other+books@joinery.example",),
    ]
    assert Invoice.get(invoice.Id, qb=desk.qb).email_sent


def test_a_note_is_hung_on_an_invoice_and_found_again(desk: Desk) -> None:
    invoice = Invoice.get(desk.invoice(), qb=desk.qb)
    note = Attachable()
    note.Note = "Reminded on 5 May"
    reference = AttachableRef()
    reference.EntityRef = invoice.to_ref()
    note.AttachableRef.append(reference)
    made = note.save(qb=desk.qb)
    assert [each.text for each in desk.books.notes_of(invoice.Id)] == ["Reminded on 5 May"]
    condition = f"AttachableRef.EntityRef.Type = 'invoice' and AttachableRef.EntityRef.value = '{invoice.Id}'"
    assert [each.Id for each in Attachable.where(condition, qb=desk.qb)] == [made.Id]


def test_an_invoice_is_saved_voided_and_deleted(desk: Desk) -> None:
    invoice = Invoice.get(desk.invoice(), qb=desk.qb)
    invoice.PrivateNote = "called"
    saved = invoice.save(qb=desk.qb, request_id="save-1")
    assert (saved.PrivateNote, saved.SyncToken) == ("called", "1")
    with pytest.raises(QuickbooksException, match="Stale Object Error"):
        invoice.save(qb=desk.qb)
    saved.void(qb=desk.qb)
    voided = Invoice.get(invoice.Id, qb=desk.qb)
    assert (voided.TotalAmt, voided.PrivateNote) == (0, "Voided - called")
    voided.delete(qb=desk.qb)
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(invoice.Id, qb=desk.qb)


def test_a_new_invoice_is_written(desk: Desk) -> None:
    party = desk.books.add_party("Joinery Ltd")
    new = Invoice.from_json(
        {
            "CustomerRef": {"value": party.id},
            "DueDate": "2026-06-01",
            "Line": [{"Amount": 12.5, "DetailType": "SalesItemLineDetail", "Description": "Work"}],
        }
    )
    made = new.save(qb=desk.qb)
    assert (desk.books.balance(made.Id), made.DueDate) == (Decimal("12.50"), "2026-06-01")


def test_the_paper_is_downloaded(desk: Desk) -> None:
    invoice = Invoice.get(desk.invoice(), qb=desk.qb)
    assert invoice.download_pdf(qb=desk.qb).startswith(b"%PDF")


def test_refusals_reach_the_library_in_the_forms_it_knows(desk: Desk) -> None:
    with pytest.raises(QuickbooksException) as refused:
        Invoice.query("select * from Invoice where Wings = '2'", qb=desk.qb)
    assert refused.value.error_code == 4001
    desk.sandbox.faults.add("minute_limit")
    # The library takes the throttle's code for one of validation: known, and why it is not trusted with it.
    with pytest.raises(ValidationException, match="ThrottleExceeded"):
        Invoice.all(qb=desk.qb)
    desk.sandbox.faults.add("xml_fault")
    with pytest.raises(QuickbooksException, match="Error reading json response"):
        Invoice.all(qb=desk.qb)
    desk.sandbox.faults.add("expired_token")
    with pytest.raises(AuthorizationException):
        Invoice.all(qb=desk.qb)


def test_the_library_renews_its_token_by_the_discovery_document(desk: Desk) -> None:
    root = desk.sandbox.urls("quickbooks")["base_url"]
    granted = desk.sandbox.oauth.grant("quickbooks", [REALM])
    auth = AuthClient(
        "sandbox",
        "secret",
        "http://localhost/back",
        f"{root}/.well-known/openid_configuration",
        refresh_token=granted["refresh_token"],
    )
    qb = QuickBooks(auth_client=auth, refresh_token=granted["refresh_token"], company_id=REALM, minorversion=75)
    assert desk.sandbox.oauth.refreshes["quickbooks"] == 1
    assert CompanyInfo.get(REALM, qb=qb).Country == "US"
