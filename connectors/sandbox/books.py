"""The reading half of the ledger: what stands in the books of one organisation, and what is left of it."""

from __future__ import annotations

from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar
from uuid import NAMESPACE_URL, uuid5

from connectors.sandbox.entries import ZERO
from connectors.sandbox.paper import pdf_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.entries import (
        Allocation,
        Document,
        Note,
        Organisation,
        Party,
        ProviderMail,
        Receipt,
        Side,
        Tombstone,
    )

# Whose balance still counts.
_STANDING: Final = frozenset({"open", "submitted", "draft"})

_B = TypeVar("_B", bound="Books")
_P = ParamSpec("_P")
_R = TypeVar("_R")


class LedgerError(ValueError):
    """The books cannot be changed like that."""


def locked(method: Callable[Concatenate[_B, _P], _R]) -> Callable[Concatenate[_B, _P], _R]:
    """Let one thread at a time into the books; a dialect that holds the lock may go on."""

    @wraps(method)
    def held(self: _B, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with self.lock:
            return method(self, *args, **kwargs)

    return held


class Links:
    """Ids by what they belong to, in the order in which they were made."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, None]] = {}
        self.receipts: dict[str, dict[str, None]] = {}
        self.credited: dict[str, dict[str, None]] = {}
        self.crediting: dict[str, dict[str, None]] = {}

    @staticmethod
    def add(links: dict[str, dict[str, None]], owner: str, belonging: str) -> None:
        """Add what belongs to an owner, once."""
        links.setdefault(owner, {})[belonging] = None


class Books:
    """Parties, documents, money and what the provider remembers of them. ``identify`` makes the provider's ids."""

    def __init__(
        self, organisation: Organisation, clock: SandboxClock, *, identify: Callable[[int], str] | None = None
    ) -> None:
        self.organisation = organisation
        self.clock = clock
        self.lock = RLock()
        self.parties: dict[str, Party] = {}
        self.documents: dict[str, Document] = {}
        self.receipts: dict[str, Receipt] = {}
        self.allocations: dict[str, Allocation] = {}
        self.notes: list[Note] = []
        self.mails: list[ProviderMail] = []
        self.tombstones: list[Tombstone] = []
        self._identify = identify or (lambda n: str(uuid5(NAMESPACE_URL, f"{organisation.id}/{n}")))
        self._sequence = 0
        # Which money and which credit was put against a document, and whose the documents are; built when asked for.
        self._links: Links | None = None

    @locked
    def notes_of(self, document_id: str) -> list[Note]:
        """Give a document's history, oldest first."""
        return [note for note in self.notes if note.document_id == document_id]

    def party(self, party_id: str) -> Party:
        """Give a party; raise LedgerError when there is none."""
        try:
            return self.parties[party_id]
        except KeyError:
            raise LedgerError(f"no party {party_id}") from None

    def document(self, document_id: str) -> Document:
        """Give a document; raise LedgerError when there is none."""
        try:
            return self.documents[document_id]
        except KeyError:
            raise LedgerError(f"no document {document_id}") from None

    def receipt(self, receipt_id: str) -> Receipt:
        """Give money that came in; raise LedgerError when there is none."""
        try:
            return self.receipts[receipt_id]
        except KeyError:
            raise LedgerError(f"no receipt {receipt_id}") from None

    @locked
    def paid(self, document_id: str) -> Decimal:
        """Sum the money put against a document: payments, over- and prepayments, not credit notes."""
        return sum((amount for _, amount in self.settlements(document_id)), ZERO)

    @locked
    def settlements(self, document_id: str) -> list[tuple[Receipt, Decimal]]:
        """Give the money put against a document, oldest first, without what was taken back."""
        return [
            (receipt, amount)
            for receipt in map(self.receipts.__getitem__, self._linked().receipts.get(document_id, ()))
            if not receipt.deleted
            for settled, amount in receipt.allocations
            if settled == document_id
        ]

    @locked
    def allocations_to(self, invoice_id: str) -> list[Allocation]:
        """Give the parts of credit notes put against an invoice, oldest first."""
        return [self.allocations[made] for made in self._linked().credited.get(invoice_id, ())]

    @locked
    def allocations_from(self, credit_id: str) -> list[Allocation]:
        """Give what a credit note was put against, oldest first."""
        return [self.allocations[made] for made in self._linked().crediting.get(credit_id, ())]

    @locked
    def documents_of(self, party_id: str) -> list[Document]:
        """Give a party's documents, oldest first."""
        return [self.documents[found] for found in self._linked().documents.get(party_id, ())]

    @locked
    def credited(self, document_id: str) -> Decimal:
        """Sum the credit notes put against an invoice."""
        return sum((made.amount for made in self.allocations_to(document_id)), ZERO)

    @locked
    def balance(self, document_id: str) -> Decimal:
        """Give what is still owed on a document; of a credit note, what is left of it."""
        document = self.document(document_id)
        if document.kind == "credit_note":
            return self.credit_left(document_id)
        if document.status not in _STANDING:
            return ZERO
        return document.total - self.paid(document_id) - self.credited(document_id)

    @locked
    def credit_left(self, credit_id: str) -> Decimal:
        """Give what of a credit note is put against nothing."""
        credit = self.document(credit_id)
        if credit.status not in _STANDING:
            return ZERO
        return credit.total - sum((made.amount for made in self.allocations_from(credit_id)), ZERO)

    @locked
    def settled(self, document_id: str) -> bool:
        """Say whether a standing document has nothing left of it."""
        return self.document(document_id).status == "open" and self.balance(document_id) == ZERO

    @locked
    def open_documents(self, side: Side = "sale") -> list[Document]:
        """Give the documents with something left, oldest first."""
        return [
            document
            for document in self.documents.values()
            if document.side == side and document.status == "open" and self.balance(document.id) != ZERO
        ]

    @locked
    def pdf(self, document_id: str) -> bytes:
        """Give a document on paper: a small valid PDF that names its number and total."""
        document = self.document(document_id)
        title = "Invoice" if document.kind == "invoice" else "Credit note"
        return pdf_of(
            [
                self.organisation.name,
                f"{title} {document.number}",
                f"For {self.party(document.party_id).name}",
                f"Total {document.total} {document.currency}",
            ]
        )

    def new_id(self) -> str:
        """Make the next id of these books, in the provider's form."""
        with self.lock:
            self._sequence += 1
            return self._identify(self._sequence)

    def _linked(self) -> Links:
        if self._links is None:
            self._links = made = Links()
            for document in self.documents.values():
                made.add(made.documents, document.party_id, document.id)
            for receipt in self.receipts.values():
                for document_id, _ in receipt.allocations:
                    made.add(made.receipts, document_id, receipt.id)
            for allocation in self.allocations.values():
                made.add(made.credited, allocation.document_id, allocation.id)
                made.add(made.crediting, allocation.credit_id, allocation.id)
        return self._links
