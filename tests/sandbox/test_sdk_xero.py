"""Xero's own library works against the sandbox as it stands: only the host is another one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
from xero_python.accounting import AccountingApi, HistoryRecord, HistoryRecords, RequestEmpty
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException, RateLimitException
from xero_python.identity import IdentityApi

from connectors.sandbox.ledger import Person
from tests.fakes.xero_caller import SALES, TENANT, XeroCaller, xero_caller

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(name="xero")
def _xero() -> Iterator[XeroCaller]:
    caller = xero_caller()
    with caller.sandbox:
        yield caller


class _Library:
    """The library with a token of the sandbox, set up as its own guide says."""

    def __init__(self, xero: XeroCaller) -> None:
        self.token: dict[str, Any] = xero.grant()
        # The library hands everybody copies of the first configuration of the process: this one is to be the first.
        Configuration.set_default(None)
        self.client = ApiClient(
            Configuration(debug=False, oauth2_token=OAuth2Token(client_id="relance", client_secret="s3cret")),
            oauth2_token_getter=lambda: self.token,
            oauth2_token_saver=self._save,
        )
        urls = xero.sandbox.urls("xero")
        self.accounting = AccountingApi(self.client, base_url=urls["base_url"])
        self.identity = IdentityApi(self.client, base_url=urls["connections_url"].removesuffix("/connections"))
        self.tokens = TokenApi(self.client, client_id="relance", client_secret="s3cret")
        self.tokens.refresh_token_url = urls["token_url"]
        # The library asks the token for its age by the desk's clock.
        self.client.configuration.oauth2_token.update_token(**self.token)

    def _save(self, token: dict[str, Any]) -> None:
        self.token = token


@pytest.fixture(name="library")
def _library(xero: XeroCaller) -> Iterator[_Library]:
    library = _Library(xero)
    yield library
    library.client.rest_client.pool_manager.clear()


def test_it_reads_pages_of_invoices(xero: XeroCaller, library: _Library) -> None:
    party = xero.customer()
    for number in range(3):
        xero.invoice("703.63", party, number=f"INV-{number}")
    xero.invoice(party=party, side="purchase")
    read = library.accounting.get_invoices(TENANT, where=SALES, order="InvoiceNumber ASC", page=1, page_size=2)
    assert [invoice.invoice_number for invoice in read.invoices] == ["INV-0", "INV-1"]
    assert (read.pagination.item_count, read.pagination.page_count) == (3, 2)
    first = read.invoices[0]
    assert (first.type, first.status, first.amount_due) == ("ACCREC", "AUTHORISED", Decimal("703.63"))
    assert first.due_date == date(2026, 10, 29)
    assert first.updated_date_utc == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert first.contact.name == "Larch Joinery"


def test_it_reads_what_was_modified_since(xero: XeroCaller, library: _Library) -> None:
    xero.invoice(number="OLD")
    xero.sandbox.clock.advance(timedelta(minutes=10))
    xero.invoice(number="NEW")
    read = library.accounting.get_invoices(TENANT, if_modified_since=datetime(2026, 11, 23, 8, 5, tzinfo=UTC))
    assert [invoice.invoice_number for invoice in read.invoices] == ["NEW"]


def test_it_reads_one_invoice_contacts_credit_and_money(xero: XeroCaller, library: _Library) -> None:
    people = [Person(name="Ann Ash", email="ann@larch.example")]
    entry = xero.invoice("100", xero.customer(cc_people=people))
    xero.books.pay(entry.id, Decimal(40), date(2026, 11, 1))
    xero.books.credit_note(entry.party_id, Decimal(10), date(2026, 11, 2), applies_to=entry.id)
    xero.books.receive(entry.party_id, Decimal(5), date(2026, 11, 3))
    xero.books.receive(entry.party_id, Decimal(6), date(2026, 11, 3), kind="prepayment")
    api = library.accounting
    invoice = api.get_invoice(TENANT, entry.id).invoices[0]
    assert (invoice.amount_due, invoice.amount_paid, invoice.amount_credited) == (50, 40, 10)
    contact = api.get_contacts(TENANT, i_ds=[entry.party_id], page=1).contacts[0]
    assert contact.contact_persons[0].email_address == "ann@larch.example"
    assert api.get_payments(TENANT, page=1).payments[0].invoice.invoice_id == entry.id
    assert api.get_credit_notes(TENANT, page=1).credit_notes[0].remaining_credit == 0
    assert api.get_overpayments(TENANT, page=1).overpayments[0].remaining_credit == 5
    assert api.get_prepayments(TENANT, page=1).prepayments[0].remaining_credit == 6


def test_it_writes_notes_mails_and_fetches_papers(xero: XeroCaller, library: _Library) -> None:
    entry = xero.invoice()
    api = library.accounting
    api.create_invoice_history(TENANT, entry.id, HistoryRecords([HistoryRecord(details="Reminder 1")]))
    assert [note.text for note in xero.books.notes] == ["Reminder 1"]
    history = api.get_invoice_history(TENANT, entry.id)
    assert "Reminder 1" in [record.details for record in history.history_records]
    api.email_invoice(TENANT, entry.id, RequestEmpty())
    assert [mail.recipients for mail in xero.books.mails] == [("pay@larch.example",)]
    online = api.get_online_invoice(TENANT, entry.id)
    assert online.online_invoices[0].online_invoice_url.startswith("https://in.xero.example/")
    with open(api.get_invoice_as_pdf(TENANT, entry.id), "rb") as paper:  # noqa: PTH123 (the library gives a path)
        assert paper.read() == xero.books.pdf(entry.id)


def test_it_reads_the_organisation_its_reminders_and_its_connections(library: _Library) -> None:
    organisation = library.accounting.get_organisations(TENANT).organisations[0]
    assert (organisation.organisation_id, organisation.name) == (TENANT, "Dupont Joinery Ltd")
    assert organisation.timezone.value == "GMTSTANDARDTIME"
    assert library.accounting.get_invoice_reminders(TENANT).invoice_reminders[0].enabled is False
    assert [connection.tenant_id for connection in library.identity.get_connections()] == [TENANT]


def test_it_refreshes_its_token(xero: XeroCaller, library: _Library) -> None:
    before = library.token["refresh_token"]
    answer = cast("dict[str, Any]", library.tokens.refresh_token(before, ["offline_access"]))
    assert answer["refresh_token"] != before
    assert xero.sandbox.oauth.refreshes == {"xero": 1}


def test_its_exceptions_know_the_refusals(xero: XeroCaller, library: _Library) -> None:
    entry = xero.invoice(party=xero.customer(email=""))
    with pytest.raises(AccountingBadRequestException) as invalid:
        library.accounting.email_invoice(TENANT, entry.id, RequestEmpty())
    assert "email address" in str(invalid.value.error_data)
    # One without Retry-After: for the others urllib3, as the library sets it up, waits by itself before it tries again.
    xero.sandbox.limits.concurrent = 0
    with pytest.raises(RateLimitException) as limited:
        library.accounting.get_invoices(TENANT)
    assert limited.value.headers["X-Rate-Limit-Problem"] == "concurrent"
    xero.sandbox.limits.concurrent = None
    xero.sandbox.faults.add("expired_token")
    with pytest.raises(HTTPStatusException) as expired:
        library.accounting.get_invoices(TENANT)
    assert expired.value.status == 401
