"""What stands in the fictional ledger: values of the trade, no provider's words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

DocumentKind = Literal["invoice", "credit_note"]
Side = Literal["sale", "purchase"]
DocumentStatus = Literal["draft", "submitted", "open", "void", "deleted"]
ReceiptKind = Literal["payment", "overpayment", "prepayment"]

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Whose books they are, at one provider."""

    id: str
    name: str
    country: str = "GB"
    currency: str = "GBP"
    timezone: str = "Europe/London"
    # Books up to and including this day cannot be changed.
    closed_until: date | None = None
    # The provider's own reminders are on.
    own_reminders: bool = False
    online_payments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone at a customer who may get a copy of its mail."""

    id: str = ""
    name: str
    email: str
    include: bool = True
    role: str = "accounts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A customer or a supplier."""

    id: str
    name: str
    email: str = ""
    cc_people: tuple[Person, ...] = ()
    active: bool = True
    language: str = ""
    country: str = ""
    phone: str = ""
    address: tuple[str, ...] = ()
    notes: str = ""
    created_at: datetime
    updated_at: datetime
    token: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An invoice or a credit note, sold or bought; what is left of it is asked of the ledger."""

    id: str
    kind: DocumentKind
    side: Side = "sale"
    number: str
    reference: str = ""
    party_id: str
    issued_on: date
    due_on: date | None
    currency: str
    # Units of the document's currency for one of the organisation's.
    rate: Decimal = Decimal(1)
    total: Decimal
    lines: tuple[tuple[str, Decimal], ...] = ()
    status: DocumentStatus = "open"
    sent: bool = False
    sent_to: str = ""
    # When the provider's mail last left.
    sent_at: datetime | None = None
    memo: str = ""
    created_at: datetime
    updated_at: datetime
    token: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money that came in, and which documents it was put against."""

    id: str
    party_id: str
    on: date
    amount: Decimal
    currency: str
    kind: ReceiptKind = "payment"
    reference: str = ""
    # (document id, amount) in the order in which they were made.
    allocations: tuple[tuple[str, Decimal], ...] = ()
    deleted: bool = False
    created_at: datetime
    updated_at: datetime
    token: int = 0

    @property
    def unapplied(self) -> Decimal:
        """What of the money settles nothing yet."""
        return self.amount - sum((amount for _, amount in self.allocations), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A part of a credit note put against an invoice."""

    id: str
    credit_id: str
    document_id: str
    amount: Decimal
    on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of a document's history at the provider."""

    document_id: str
    text: str
    at: datetime
    # False: the provider's own line about a change.
    written: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMail:
    """A mail which the provider sent for us."""

    document_id: str
    recipients: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of an entry that was deleted outright."""

    id: str
    kind: Literal["invoice", "credit_note", "party", "receipt"]
    at: datetime
