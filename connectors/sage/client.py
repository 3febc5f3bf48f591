"""Sage's API v3.1 over our transport: one method for each thing asked, every answer checked for whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

import msgspec

from connectors.http import encode
from connectors.sage.manners import NotThereError
from connectors.sage.rows import BusinessRow, ContactRow, FinancialSettingsRow
from connectors.sage.wire import read_one
from engine.errors import BooksUnreadableError, WriteUnknownError, WrongOrganisationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.http import Answer, Transport

BASE_URL: Final = "https://api.accounting.sage.com/v3.1"
_BUSINESS: Final = "X-Business"
_DOCUMENT: Final = "reference,date,total_amount,outstanding_amount,currency,status,contact,contact_name"
_STAMPS: Final = "deleted_at,created_at,updated_at"

# What is asked of each resource: without `attributes` a row is only id, displayed_as and $path.
ATTRIBUTES: Final = {
    "sales_invoices": f"invoice_number_prefix,invoice_number,due_date,{_DOCUMENT},void_reason,{_STAMPS}",
    "sales_credit_notes": f"credit_note_number_prefix,credit_note_number,{_DOCUMENT},void_reason,{_STAMPS}",
    "contact_payments": (
        f"transaction_type,contact,date,total_amount,currency,reference,allocated_artefacts,payment_on_account,{_STAMPS}"
    ),
    "contact_allocations": f"transaction_type,contact,date,allocated_artefacts,{_STAMPS}",
    "contacts": (
        "name,email,contact_types,main_contact_person,main_address,delivery_address,credit_days,credit_terms,locale,"
        f"system,gdpr_obfuscated,{_STAMPS}"
    ),
    "contact_persons": (
        f"name,email,telephone,contact_person_types,is_main_contact,is_preferred_contact,address,{_STAMPS}"
    ),
    "addresses": f"contact,{_STAMPS}",
}
# What a resource is asked besides, wherever it is read. `mark_as_sent` is true unless it is refused: even reading an
# invoice would mark it as sent and change its stamp.
_SINGLE: Final = {
    "sales_invoices": {"mark_as_sent": "false"},
    "sales_credit_notes": {"mark_as_sent": "false"},
    "contacts": {"nested_attributes": "all"},
}
LISTED: Final = {"contacts": {"nested_attributes": "all"}}

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class SageClient:
    """Reads and writes one business; `organisation` is its id, `base_url` includes the version."""

    transport: Transport
    organisation: str
    base_url: str = BASE_URL

    def page(self, resource: str, params: Mapping[str, str]) -> Answer:
        """Read one page of a list."""
        return self._ours(self.transport.read(self._url(resource), params=params, headers=self._headers))

    def single(self, resource: str, key: str, row: type[S], *, attributes: str = "") -> S | None:
        """Read one thing by its id, None where Sage has nothing under it."""
        params = {"attributes": attributes or ATTRIBUTES[resource], **_SINGLE.get(resource, {})}
        try:
            answer = self.transport.read(self._url(resource, key), params=params, headers=self._headers)
        except NotThereError:
            return None
        return read_one(self._ours(answer), row, resource)

    def pdf(self, resource: str, key: str, *, most_bytes: int) -> Answer | None:
        """Read a document as PDF, None where Sage has nothing under this id. It is never marked as sent by this."""
        try:
            answer = self.transport.read(
                self._url(resource, key),
                params={"mark_as_sent": "false"},
                headers=self._headers,
                accept="application/pdf",
                most_bytes=most_bytes,
            )
        except NotThereError:
            return None
        return self._ours(answer)

    def put_contact_notes(self, key: str, notes: str) -> ContactRow:
        """Replace the notes of a contact and give it as Sage then has it.

        Handed over once: somebody may write there in between. An answer that cannot be read leaves it unknown.
        """
        answer = self.transport.write(
            "PUT",
            self._url("contacts", key),
            body=encode({"contact": {"notes": notes}}),
            headers=self._headers,
            repeatable=False,
        )
        try:
            return read_one(self._ours(answer), ContactRow, "contact")
        except BooksUnreadableError as error:
            raise WriteUnknownError(f"whether the note was taken is not known: {error}") from None

    def business(self) -> BusinessRow:
        """Read what Sage says of the business itself."""
        answer = self.transport.read(self._url("businesses", self.organisation), headers=self._headers)
        return read_one(self._ours(answer, must_say=False), BusinessRow, "business")

    def financial_settings(self) -> FinancialSettingsRow:
        """Read the base currency and the day up to which the books are locked."""
        answer = self.transport.read(self._url("financial_settings"), headers=self._headers)
        return read_one(self._ours(answer), FinancialSettingsRow, "financial settings")

    @property
    def _headers(self) -> dict[str, str]:
        # Without it Sage answers for the user's lead business, which may change.
        return {_BUSINESS: self.organisation}

    def _url(self, resource: str, key: str = "") -> str:
        url = f"{self.base_url.rstrip('/')}/{resource}"
        return f"{url}/{quote(key, safe='')}" if key else url

    def _ours(self, answer: Answer, *, must_say: bool = True) -> Answer:
        """Check that an answer is of this business; Sage echoes the header on every answer (guide "Multi Business")."""
        echo = answer.header(_BUSINESS)
        if echo.casefold() == self.organisation.casefold() or (not echo and not must_say):
            return answer
        shown = f"the business {echo[:64]}" if echo else "no business at all (X-Business is missing)"
        raise WrongOrganisationError(
            f"Sage answered for {shown} instead of {self.organisation}: nothing of it is used. Connect the company again"
        )
