"""The books of one company in Sage Business Cloud Accounting."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.sage.client import BASE_URL, SageClient
from connectors.sage.map import CREDIT_NOTES, INVOICES, PREFIXES, id_of, number_of
from connectors.sage.noting import NOTES_LIMIT, write_note
from connectors.sage.pulling import SagePull
from connectors.sage.rereading import Rereading
from connectors.sage.rows import DocumentRow
from connectors.sage.values import instant_of, line
from engine.errors import (
    BooksRefusedError,
    BooksUnreadableError,
    ConsentNeededError,
    NotSupportedError,
    WrongOrganisationError,
)
from engine.records import About, Attachment, Capabilities, NotesOn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from connectors.http import Transport
    from connectors.sage.rows import BusinessRow
    from engine.ports import Books, Clock, Pull
    from engine.records import Note, Page, ProviderMail, Receipt

_RESOURCES: Final = {PREFIXES[resource]: resource for resource in (INVOICES, CREDIT_NOTES)}
_NAMED: Final = re.compile(r'filename="?([^";/\\]+)"?', re.IGNORECASE)
_SAFE: Final = re.compile(r"[^\w.() -]")
NOTE_LENGTH: Final = 400
# Countries in which Sage Accounting is sold and whose API answers like the one described.
_SURE: Final = frozenset({"GB", "IE", "CA"})
_PDF: Final = "application/pdf"


@dataclass(slots=True, kw_only=True)
class SageBooks:
    """Sage Accounting, API v3.1. `organisation` is the id of the business; every call names it.

    `page_size` is at most 200. `note_length` is the longest line that is written into a contact's notes, which hold
    `notes_limit` characters together with what the users write there. `writes_notes` is off where only reading was
    consented to (scope readonly). A PDF of more than `most_pdf_bytes` is not fetched.
    """

    company_id: str
    organisation: str
    transport: Transport
    clock: Clock
    base_url: str = BASE_URL
    page_size: int = 200
    note_length: int = NOTE_LENGTH
    notes_limit: int = NOTES_LIMIT
    writes_notes: bool = True
    most_pdf_bytes: int = 10 * 2**20
    provider: str = field(default="sage", init=False)

    @property
    def capabilities(self) -> Capabilities:
        """Read again, notes with the customer, PDFs; Sage neither mails by API nor shows a link to pay."""
        return Capabilities(
            rereads=True,
            incremental=True,
            notes_on=NotesOn.CUSTOMER if self.writes_notes else NotesOn.NOTHING,
            note_length=self.note_length if self.writes_notes else 0,
            documents=True,
        )

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        """Start reading what changed since the cursor, or everything."""
        return SagePull(
            client=self._client, clock=self.clock, cursor=cursor, reconcile=reconcile, page_size=self.page_size
        )

    def refresh(self, item_ids: Sequence[str]) -> Page:
        """Read items as they stand now; Sage has no batch by ids, so that is a call each, fewer for one customer's."""
        return Rereading(client=self._client, page_size=self.page_size).page(item_ids)

    def write_note(self, note: Note) -> None:
        """Put a line into the notes of the contact; see `connectors.sage.noting`."""
        if not self.writes_notes:
            raise NotSupportedError("notes need the scope full_access in Sage; this company was connected for reading")
        if not note.customer_id:
            raise BooksRefusedError("Sage keeps notes with the contact, and this note names none")
        write_note(self._client, note, self.notes_limit)

    def send_mail(self, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
        """Refuse: the API has no such call."""
        del mail, barrier
        raise NotSupportedError("Sage's API cannot send an invoice by mail: use channel email, which sends by SMTP")

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        """Sage says that an invoice was mailed (`sent_by_email`), and not when: it cannot tell."""
        del item_id, since
        return None

    def document(self, item_id: str) -> Attachment | None:
        """Fetch an invoice or a credit note as PDF, never marking it as sent."""
        prefix, _, key = item_id.partition(":")
        resource = _RESOURCES.get(prefix)
        if not key or resource is None:
            return None
        answer = self._client.pdf(resource, key, most_bytes=self.most_pdf_bytes)
        if answer is None:
            return None
        if not answer.body.lstrip()[:5] == b"%PDF-":
            raise BooksUnreadableError(f"Sage gave no PDF for this document but {answer.what_came()}")
        named = _NAMED.search(answer.header("Content-Disposition"))
        name = _SAFE.sub("_", named[1]).strip(" .") if named else ""
        name = name or self._number(resource, key) or f"{prefix}-{_SAFE.sub('_', key)[:12]}"
        return Attachment(
            filename=name if name.lower().endswith(".pdf") else f"{name}.pdf", content=answer.body, media_type=_PDF
        )

    def _number(self, resource: str, key: str) -> str:
        """Ask for the number that people know, for the name of a file: Sage does not name its PDFs."""
        row = self._client.single(resource, key, DocumentRow)
        return _SAFE.sub("-", number_of(row)).strip(" .-") if row is not None else ""

    def payment_url(self, item_id: str) -> str:
        """Give "": the API shows no link to pay."""
        del item_id
        return ""

    def about(self) -> About:
        """Say whose books these are, in which currency, and up to when they are locked."""
        business = self._client.business()
        if business.id.casefold() != self.organisation.casefold():
            raise WrongOrganisationError(f"Sage shows the business {business.id[:64]} instead of {self.organisation}")
        remarks = [*_remarks(business)]
        currency, locked_until = "", None
        try:
            settings = self._client.financial_settings()
        except (BooksRefusedError, ConsentNeededError) as error:
            remarks.append(f"base currency and locked periods cannot be read: {error}")
        else:
            currency = id_of(settings.base_currency)
            locked_until = _day(settings.year_end_lockdown_date)
        return About(
            organisation_id=business.id,
            organisation=line(business.name) or line(business.displayed_as),
            currency=currency,
            locked_until=locked_until,
            own_reminders=None,
            remarks=tuple(remarks),
        )

    @property
    def _client(self) -> SageClient:
        return SageClient(transport=self.transport, organisation=self.organisation, base_url=self.base_url)


def _remarks(business: BusinessRow) -> list[str]:
    found = []
    country = business.country
    if country and country.id:
        code = line(country.id).upper()
        found.append(f"country: {code}" + ("" if code in _SURE else "; this connector is sure of GB, IE and CA only"))
    subscriptions = business.subscriptions
    if subscriptions is not None and not any(each.active for each in subscriptions):
        said = ", ".join(line(each.status) for each in subscriptions if each.status)
        found.append(f"this business has no active subscription in Sage{f' ({said})' if said else ''}")
    return found


def _day(text: str | None) -> date | None:
    instant = instant_of(text)
    return instant.date() if instant else None


if TYPE_CHECKING:
    _: type[Books] = SageBooks
