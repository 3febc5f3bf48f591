"""What is read of QuickBooks' rows, and a page of them: fast where it is as documented, row by row where it is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal  # noqa: TC003 (msgspec reads the annotations)
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from connectors import jsontext
from connectors.quickbooks.stamps import instant_or_none
from engine.errors import BooksUnreadableError
from engine.records import BadLine

if TYPE_CHECKING:
    from datetime import datetime

_NOTHING: Final = msgspec.Raw(b"null")
# Identifiers and tokens are text; a stand-in that writes them as numbers is understood all the same.
_TEXTS: Final = frozenset(
    {"Id", "SyncToken", "value", "TxnId", "TxnType", "DocNumber", "PaymentRefNum", "TxnDate", "DueDate", "name"}
)


class Ref(msgspec.Struct, frozen=True, gc=False):
    """A reference to another entity."""

    value: str | None = None
    name: str | None = None


class Meta(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """When an entity was changed last."""

    last_updated_time: str | None = None


class Email(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """An address, or several with commas between."""

    address: str | None = None


class Delivery(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """How and when QuickBooks delivered a document."""

    delivery_type: str | None = None
    delivery_time: str | None = None


class Row(msgspec.Struct, frozen=True, rename="pascal"):
    """What every entity has."""

    id: str
    sync_token: str | None = "0"  # noqa: S105 (a version number)
    meta_data: Meta | None = None

    @property
    def changed(self) -> datetime | None:
        """The instant of the last change, in UTC; None where it is not told."""
        return instant_or_none(self.meta_data.last_updated_time) if self.meta_data else None


class Document(Row, frozen=True, rename="pascal", kw_only=True):
    """What invoices, credit memos and payments have in common."""

    doc_number: str | None = None
    txn_date: str | None = None
    total_amt: Decimal | None = None
    currency_ref: Ref | None = None
    customer_ref: Ref | None = None
    private_note: str | None = None
    # Read only where the total is 0 (void or not), or where lines carry what is allocated.
    line: msgspec.Raw = _NOTHING


class InvoiceRow(Document, frozen=True, rename="pascal", kw_only=True):
    """An invoice; `balance` is in the document's own currency."""

    due_date: str | None = None
    balance: Decimal | None = None
    bill_email: Email | None = None
    email_status: str | None = None
    delivery_info: Delivery | None = None
    invoice_link: str | None = None


class CreditMemoRow(Document, frozen=True, rename="pascal", kw_only=True):
    """A credit memo."""

    balance: Decimal | None = None
    remaining_credit: Decimal | None = None


class PaymentRow(Document, frozen=True, rename="pascal", kw_only=True):
    """A customer's payment."""

    unapplied_amt: Decimal | None = None
    payment_ref_num: str | None = None


class Phone(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """A telephone number."""

    free_form_number: str | None = None


class Address(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """A postal address."""

    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    line4: str | None = None
    line5: str | None = None
    city: str | None = None
    country_sub_division_code: str | None = None
    postal_code: str | None = None
    country: str | None = None


class CustomerRow(Row, frozen=True, rename="pascal", kw_only=True):
    """A customer, or a job of one (`parent_ref`)."""

    display_name: str | None = None
    fully_qualified_name: str | None = None
    company_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    active: bool | None = True
    primary_email_addr: Email | None = None
    primary_phone: Phone | None = None
    bill_addr: Address | None = None
    parent_ref: Ref | None = None
    job: bool | None = None
    bill_with_parent: bool | None = None


class AttachableRow(Row, frozen=True, rename="pascal", kw_only=True):
    """A note or file attached to something."""

    note: str | None = None


class Link(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """Another transaction that a line belongs to."""

    txn_id: str | None = None
    txn_type: str | None = None


class Line(msgspec.Struct, frozen=True, rename="pascal"):
    """A line of a document."""

    amount: Decimal | None = None
    linked_txn: list[Link] | None = None


class Change(msgspec.Struct, frozen=True, rename="pascal"):
    """What change data capture says of an entity; `status` is "Deleted" for what is no more."""

    id: str | None = None
    status: str | None = msgspec.field(name="status", default=None)


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected(Generic[R]):
    """The rows of one answer; `count` counts the unusable ones too, `time` is QuickBooks' own clock."""

    rows: list[R]
    count: int
    bad: tuple[BadLine, ...] = ()
    time: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Entity(Generic[R]):
    """An entity that can be queried, with the decoder of its pages."""

    name: str
    row: type[R]
    # Name lists leave inactive ones out unless both are asked for.
    always: str = ""
    _decoder: msgspec.json.Decoder[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows: Any = list[self.row]  # type: ignore[name-defined]  # a type made at run time
        inner = msgspec.defstruct("Inner", [("rows", rows, msgspec.field(name=self.name, default_factory=list))])
        fields: list[Any] = [("inner", inner, msgspec.field(name="QueryResponse")), ("time", str | None, None)]
        self._decoder = msgspec.json.Decoder(msgspec.defstruct("Outer", fields))

    def decode(self, body: bytes) -> Selected[R]:
        """Read a query's answer; an unusable row is told and never loses the others."""
        try:
            page = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._decode_slowly(body)
        return Selected(rows=page.inner.rows, count=len(page.inner.rows), time=instant_or_none(page.time))

    def _decode_slowly(self, body: bytes) -> Selected[R]:
        try:
            top = jsontext.parse(body)
        except jsontext.JsonTextError as error:
            raise BooksUnreadableError(f"the answer of QuickBooks is no usable JSON ({error})") from None
        found = top.get("QueryResponse") if isinstance(top, dict) else None
        if not isinstance(found, dict):
            raise BooksUnreadableError("the answer of QuickBooks to a query holds no QueryResponse")
        listed = found.get(self.name) or []
        if not isinstance(listed, list):
            listed = [listed]
        rows: list[R] = []
        bad: list[BadLine] = []
        for ordinal, each in enumerate(listed, start=1):
            try:
                rows.append(msgspec.convert(_texts(each), self.row, strict=False))
            except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
                bad.append(BadLine(file=self.name, line=ordinal, reason=f"{_called(each)}: {error}"))
        time = top.get("time")
        return Selected(
            rows=rows, count=len(listed), bad=tuple(bad), time=instant_or_none(time if isinstance(time, str) else None)
        )


INVOICE: Final = Entity(name="Invoice", row=InvoiceRow)
CREDIT_MEMO: Final = Entity(name="CreditMemo", row=CreditMemoRow)
PAYMENT: Final = Entity(name="Payment", row=PaymentRow)
CUSTOMER: Final = Entity(name="Customer", row=CustomerRow, always="Active in (true, false)")
ATTACHABLE: Final = Entity(name="Attachable", row=AttachableRow)


def lines_of(row: Document) -> list[Line]:
    """Read a document's lines; ValueError where they are not what they should be."""
    if bytes(row.line) == b"null":
        return []
    try:
        return msgspec.json.decode(row.line, type=list[Line])
    except msgspec.DecodeError:
        try:
            return msgspec.convert(_texts(jsontext.parse(bytes(row.line))), list[Line], strict=False)
        except (msgspec.ValidationError, ValueError, ArithmeticError) as error:
            raise ValueError(f"its lines cannot be read: {error}") from None


def _called(row: object) -> str:
    """Name a row by its number, else its id."""
    if isinstance(row, dict):
        for key in ("DocNumber", "DisplayName", "Id"):
            if row.get(key):
                return str(row[key])[:40]
    return "a row without a number"


def _texts(value: object, key: str = "") -> object:
    """Give a parsed row with identifiers as text, an empty reference as none, and lines as the JSON they came as."""
    if isinstance(value, dict):
        return {name: _as_raw(each) if name == "Line" else _texts(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each, key) for each in value]
    if key in _TEXTS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if key.endswith("Amt") and value == "":
        return None
    return value


def _as_raw(value: object) -> object:
    return msgspec.Raw(jsontext.encode(value))
