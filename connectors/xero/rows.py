"""The fields that are read of Xero's answers, and how a list page is decoded; everything else is skipped unread."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal  # noqa: TC003 (msgspec reads the annotations when it decodes)
from functools import cache
from typing import Any, Final, Generic, TypeVar

import msgspec

from connectors import jsontext
from engine.errors import BooksUnreadableError
from engine.records import BadLine

_SPECIAL: Final = {"id": "ID", "utc": "UTC"}


def _xero_name(name: str) -> str:
    return "".join(_SPECIAL.get(part, part.capitalize()) for part in name.split("_"))


class Row(msgspec.Struct, rename=_xero_name, gc=False):
    """An object of an answer; each field may be missing or null."""


class Pagination(msgspec.Struct, rename="camel", gc=False):
    """Which page came, and of how many."""

    page: int | None = None
    page_size: int | None = None
    page_count: int | None = None
    item_count: int | None = None


class Named(Row):
    """The contact of a document: its id and name only, as lists carry them."""

    contact_id: str | None = None
    name: str | None = None


class InvoiceRef(Row):
    """An invoice that an allocation or a payment names."""

    type: str | None = None
    invoice_id: str | None = None
    invoice_number: str | None = None
    currency_code: str | None = None


class Allocation(Row):
    """A part of a credit that was set against an invoice."""

    allocation_id: str | None = None
    amount: Decimal | None = None
    date: str | None = None
    invoice: InvoiceRef | None = None
    is_deleted: bool | None = None


class Document(Row):
    """What invoices and credits have in common."""

    type: str | None = None
    status: str | None = None
    contact: Named | None = None
    reference: str | None = None
    total: Decimal | None = None
    currency_code: str | None = None
    date_string: str | None = None
    date: str | None = None
    updated_date_utc: str | None = None
    updated_date_utc_string: str | None = None


class InvoiceRow(Document):
    """A sales invoice or a bill."""

    invoice_id: str | None = None
    invoice_number: str | None = None
    amount_due: Decimal | None = None
    due_date_string: str | None = None
    due_date: str | None = None


class Credit(Document):
    """What credit notes, overpayments and prepayments have in common."""

    remaining_credit: Decimal | None = None
    allocations: list[Allocation] | None = None


class CreditNoteRow(Credit):
    """A credit note, ours or a supplier's."""

    credit_note_id: str | None = None
    credit_note_number: str | None = None


class OverpaymentRow(Credit):
    """Money beyond what was owed."""

    overpayment_id: str | None = None


class PrepaymentRow(Credit):
    """Money that came before its invoice."""

    prepayment_id: str | None = None
    invoice_number: str | None = None


class PaymentRow(Row):
    """Money set against one document; `batch_payment_id` is never its identity."""

    payment_id: str | None = None
    payment_type: str | None = None
    status: str | None = None
    date: str | None = None
    date_string: str | None = None
    amount: Decimal | None = None
    currency_rate: Decimal | None = None
    invoice: InvoiceRef | None = None


class Person(Row):
    """A further person of a contact."""

    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    include_in_emails: bool | None = None


class Address(Row):
    """A postal address."""

    address_type: str | None = None
    attention_to: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    address_line4: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Phone(Row):
    """A telephone number in parts."""

    phone_type: str | None = None
    phone_number: str | None = None
    phone_area_code: str | None = None
    phone_country_code: str | None = None


class ContactRow(Row):
    """A customer or supplier."""

    contact_id: str | None = None
    contact_status: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    contact_persons: list[Person] | None = None
    addresses: list[Address] | None = None
    phones: list[Phone] | None = None
    is_customer: bool | None = None
    is_supplier: bool | None = None


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[RowT]):
    """A list of the API: its path, which is also the key of its rows, the row's type and the field of its identity."""

    name: str
    row: type[RowT]
    identity: str


INVOICES: Final = Endpoint(name="Invoices", row=InvoiceRow, identity="InvoiceID")
CREDIT_NOTES: Final = Endpoint(name="CreditNotes", row=CreditNoteRow, identity="CreditNoteID")
OVERPAYMENTS: Final = Endpoint(name="Overpayments", row=OverpaymentRow, identity="OverpaymentID")
PREPAYMENTS: Final = Endpoint(name="Prepayments", row=PrepaymentRow, identity="PrepaymentID")
PAYMENTS: Final = Endpoint(name="Payments", row=PaymentRow, identity="PaymentID")
CONTACTS: Final = Endpoint(name="Contacts", row=ContactRow, identity="ContactID")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsPage(Generic[RowT]):
    """One decoded list page: rows with their ordinal (1 is the first), and what could not be decoded."""

    rows: tuple[tuple[int, RowT], ...]
    bad: tuple[BadLine, ...] = ()
    pagination: Pagination | None = None
    count: int = 0


def decode_page(endpoint: Endpoint[RowT], body: bytes) -> RowsPage[RowT]:
    """Decode a list page; a row that is not what it should be is a BadLine and loses no other.

    Raises BooksUnreadableError where the answer is no list of these rows at all.
    """
    try:
        page = _page_decoder(endpoint.name, endpoint.row).decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        # One row of another shape, or half a character in a name: slower, but nothing else is lost.
        return _row_by_row(endpoint, body)
    return RowsPage(rows=tuple(enumerate(page.rows, 1)), pagination=page.pagination, count=len(page.rows))


def _row_by_row(endpoint: Endpoint[RowT], body: bytes) -> RowsPage[RowT]:
    try:
        whole = jsontext.parse(body)
    except jsontext.JsonTextError as error:
        raise BooksUnreadableError(f"Xero's answer for {endpoint.name} is no usable JSON: {error}") from None
    found = whole.get(endpoint.name) if isinstance(whole, dict) else None
    if not isinstance(found, list):
        raise BooksUnreadableError(f"Xero's answer holds no list of {endpoint.name}")
    rows: list[tuple[int, RowT]] = []
    bad: list[BadLine] = []
    for ordinal, raw in enumerate(found, 1):
        try:
            rows.append((ordinal, msgspec.convert(raw, endpoint.row)))
        except msgspec.ValidationError as error:
            bad.append(BadLine(file=endpoint.name, line=ordinal, reason=f"{_label(raw, endpoint)}: {error}"))
    return RowsPage(rows=tuple(rows), bad=tuple(bad), pagination=_pagination(whole), count=len(found))


def _pagination(whole: dict[str, Any]) -> Pagination | None:
    try:
        return msgspec.convert(whole.get("pagination"), Pagination | None)
    except msgspec.ValidationError:
        return None


def _label(raw: Any, endpoint: Endpoint[Any]) -> str:
    """Name a row that cannot be read by its number or id, as far as it says."""
    names = ("InvoiceNumber", "CreditNoteNumber", "Name", endpoint.identity)
    return next((str(raw[name]) for name in names if raw.get(name)), "row") if isinstance(raw, dict) else "row"


@cache
def _page_decoder(name: str, row: Any) -> msgspec.json.Decoder[Any]:
    shape = msgspec.defstruct(
        f"{name}Page",
        [("rows", list[row]), ("pagination", Pagination | None, None)],
        rename={"rows": name, "pagination": "pagination"},
        frozen=True,
    )
    return msgspec.json.Decoder(shape)
