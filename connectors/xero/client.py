"""HTTP to Xero's Accounting API: one small method for each endpoint, nothing understood but the envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from connectors.xero import sdk
from connectors.xero.manners import XeroNotSoError, validation_messages
from connectors.xero.rows import RowsPage, decode_page
from engine.errors import BooksRefusedError, BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.http import Answer, Transport
    from connectors.xero.rows import Endpoint, RowT

BASE_URL: Final = "https://api.xero.com/api.xro/2.0"
# Newest first. What changes while pages are read moves to the front, which is read already, and pushes the rest back:
# a row may come twice, and none is passed over. With the oldest first each change would pull an unread row back onto a
# page that was read.
NEWEST_FIRST: Final = "UpdatedDateUTC DESC"
_NOT_MODIFIED: Final = 304
_PDF: Final = "application/pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is asked of a list; `since` is the text of If-Modified-Since, "" for everything."""

    since: str = ""
    where: str = ""
    statuses: str = ""
    ids: Sequence[str] = ()
    archived: bool = False

    @property
    def narrow(self) -> bool:
        """Whether only what is named is asked for."""
        return bool(self.ids or self.where)

    def params(self, page: int, page_size: int) -> dict[str, str]:
        """Give the query of a page."""
        asked = {
            "page": str(page),
            "pageSize": str(page_size),
            "order": NEWEST_FIRST,
            "where": self.where,
            "Statuses": self.statuses,
            "IDs": ",".join(self.ids),
            "includeArchived": "true" if self.archived else "",
        }
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class XeroClient:
    """Calls for one organisation."""

    transport: Transport
    organisation: str
    base_url: str = BASE_URL

    def page(self, endpoint: Endpoint[RowT], listing: Listing, *, page: int, page_size: int) -> RowsPage[RowT]:
        """GET one page of a list; nothing where nothing changed."""
        headers = self._headers
        if listing.since:
            headers["If-Modified-Since"] = listing.since
        answer = self.transport.read(
            f"{self._root}/{endpoint.name}", params=listing.params(page, page_size), headers=headers
        )
        if answer.status == _NOT_MODIFIED:
            return RowsPage(rows=())
        return decode_page(endpoint, answer.body)

    def organisation_row(self) -> tuple[dict[str, Any], Any]:
        """GET Organisation; give its row, and the server's own time as it writes it."""
        said = self._read("Organisation").json()
        return _first(said, "Organisations"), said.get("DateTimeUTC")

    def reminders_enabled(self) -> bool | None:
        """GET InvoiceReminders/Settings: whether Xero reminds by itself."""
        enabled = _first(self._read("InvoiceReminders/Settings").json(), "InvoiceReminders").get("Enabled")
        return enabled if isinstance(enabled, bool) else None

    def online_invoice_url(self, invoice_id: str) -> str:
        """GET Invoices/{id}/OnlineInvoice."""
        said = self._read(f"Invoices/{_part(invoice_id)}/OnlineInvoice").json()
        url = _first(said, "OnlineInvoices").get("OnlineInvoiceUrl")
        return url if isinstance(url, str) else ""

    def pdf(self, invoice_id: str, most_bytes: int) -> bytes:
        """GET Invoices/{id} as PDF: what Xero's pages say; or, where it is not given so, Invoices/{id}/pdf of its OpenAPI."""
        url = f"{self._root}/Invoices/{_part(invoice_id)}"
        try:
            return self.transport.read(url, headers=self._headers, accept=_PDF, most_bytes=most_bytes).body
        except XeroNotSoError:
            url = f"{url}/pdf"
            return self.transport.read(url, headers=self._headers, accept=_PDF, most_bytes=most_bytes).body

    def history(self, invoice_id: str) -> list[str]:
        """GET Invoices/{id}/History; give the texts of its lines."""
        said = self._read(f"Invoices/{_part(invoice_id)}/History").json()
        rows = said.get("HistoryRecords") if isinstance(said, dict) else None
        if not isinstance(rows, list):
            raise BooksUnreadableError("Xero's answer holds no HistoryRecords")
        return [str(row.get("Details") or "") for row in rows if isinstance(row, dict)]

    def add_history(self, invoice_id: str, text: str, key: str) -> None:
        """PUT Invoices/{id}/History, one line; one attempt."""
        answer = sdk.write_history(
            self.transport,
            base_url=self._root,
            organisation=self.organisation,
            invoice_id=invoice_id,
            text=text,
            key=key,
        )
        if refused := _refused_lines(answer):
            raise BooksRefusedError(f"Xero did not take the note: {'; '.join(refused)}")

    def email(self, invoice_id: str, key: str) -> str:
        """POST Invoices/{id}/Email, one attempt; give what was answered."""
        answer = sdk.send_invoice(
            self.transport, base_url=self._root, organisation=self.organisation, invoice_id=invoice_id, key=key
        )
        return f"HTTP {answer.status}"

    @property
    def _root(self) -> str:
        return self.base_url.rstrip("/")

    @property
    def _headers(self) -> dict[str, str]:
        return {"xero-tenant-id": self.organisation}

    def _read(self, path: str) -> Answer:
        return self.transport.read(f"{self._root}/{path}", headers=self._headers)


def _part(identity: str) -> str:
    return quote(identity, safe="")


def _first(said: Any, name: str) -> dict[str, Any]:
    rows = said.get(name) if isinstance(said, dict) else None
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        raise BooksUnreadableError(f"Xero's answer holds no {name}")
    return rows[0]


def _refused_lines(answer: Answer) -> list[str]:
    """List what a 200 says against a line all the same; an answer that cannot be read says nothing against it."""
    try:
        said = answer.json()
    except BooksUnreadableError:
        return []
    rows = said.get("HistoryRecords") if isinstance(said, dict) else None
    return [text for row in rows or () for text in validation_messages(row)] if isinstance(rows, list) else []
