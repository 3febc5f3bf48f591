"""The books of one fictional organisation at one provider: what the dialects tell, what tests judge by."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar
from uuid import NAMESPACE_URL, uuid5

from connectors.sandbox.entries import (
    ZERO,
    Allocation,
    Document,
    DocumentStatus,
    Note,
    Organisation,
    Party,
    Person,
    ProviderMail,
    Receipt,
    ReceiptKind,
    Side,
    Tombstone,
)
from connectors.sandbox.paper import pdf_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from decimal import Decimal

    from connectors.sandbox.clock import SandboxClock

__all__ = [
    "Allocation",
    "Document",
    "Ledger",
    "LedgerError",
    "Note",
    "Organisation",
    "Party",
    "Person",
    "ProviderMail",
    "Receipt",
    "Tombstone",
]

# Whose balance still counts.
_STANDING: Final = frozenset({"open", "submitted", "draft"})

_P = ParamSpec("_P")
_R = TypeVar("_R")


class LedgerError(ValueError):
    """The books cannot be changed like that."""


def _locked(method: Callable[Concatenate[Ledger, _P], _R]) -> Callable[Concatenate[Ledger, _P], _R]:
    """Let one thread at a time into the books; a dialect that holds the lock may go on."""

    @wraps(method)
    def held(self: Ledger, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with self.lock:
            return method(self, *args, **kwargs)

    return held


class Ledger:
    """Parties, documents, money and what the provider remembers of them.

    Every change stamps ``updated_at`` with the sandbox's time and raises ``token``, on all entries that the
    real services touch: a payment touches its invoice too. ``identify`` makes the ids in the provider's form.
    """

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

    # ---- who ----

    @_locked
    def add_party(
        self,
        name: str,
        email: str = "",
        *,
        cc_people: Sequence[Person] = (),
        active: bool = True,
        language: str = "",
        country: str = "",
        phone: str = "",
        address: Sequence[str] = (),
        notes: str = "",
        party_id: str | None = None,
    ) -> Party:
        """Add a customer (or a supplier: who is invoiced says which)."""
        now = self.clock.now()
        party = Party(
            id=party_id or self.new_id(),
            name=name,
            email=email,
            cc_people=tuple(person if person.id else replace(person, id=self.new_id()) for person in cc_people),
            active=active,
            language=language,
            country=country or self.organisation.country,
            phone=phone,
            address=tuple(address),
            notes=notes,
            created_at=now,
            updated_at=now,
        )
        self.parties[party.id] = party
        return party

    @_locked
    def edit_party(self, /, party_id: str, *, silently: bool = False, **changes: Any) -> Party:
        """Change fields of a party; silently: without a new modification stamp."""
        party = replace(self.party(party_id), **changes)
        self.parties[party_id] = party if silently else self._stamped(party)
        return self.parties[party_id]

    # ---- documents ----

    @_locked
    def invoice(
        self,
        party: Party | str,
        total: Decimal,
        issued_on: date,
        due_on: date | None = None,
        *,
        number: str | None = None,
        currency: str | None = None,
        reference: str = "",
        side: Side = "sale",
        status: DocumentStatus = "open",
        lines: Sequence[tuple[str, Decimal]] = (),
        document_id: str | None = None,
    ) -> Document:
        """Write an invoice; without a number it gets the next one of the books."""
        return self._write(
            kind="invoice",
            prefix="INV" if side == "sale" else "BILL",
            party=party,
            total=total,
            issued_on=issued_on,
            due_on=due_on,
            number=number,
            currency=currency,
            reference=reference,
            side=side,
            status=status,
            lines=lines,
            document_id=document_id,
        )

    @_locked
    def credit_note(
        self,
        party: Party | str,
        total: Decimal,
        on: date,
        *,
        applies_to: str | None = None,
        number: str | None = None,
        currency: str | None = None,
        reference: str = "",
        side: Side = "sale",
        status: DocumentStatus = "open",
        document_id: str | None = None,
    ) -> Document:
        """Write a credit note, put against an invoice as far as that is open when one is named."""
        credit = self._write(
            kind="credit_note",
            prefix="CN",
            party=party,
            total=total,
            issued_on=on,
            due_on=None,
            number=number,
            currency=currency,
            reference=reference,
            side=side,
            status=status,
            lines=(),
            document_id=document_id,
        )
        if applies_to is not None:
            self.allocate(credit.id, applies_to, min(total, self.balance(applies_to)))
        return self.documents[credit.id]

    @_locked
    def edit(self, /, document_id: str, *, silently: bool = False, **changes: Any) -> Document:
        """Change fields of a document; silently: without a new modification stamp, as real services do at times."""
        document = replace(self.document(document_id), **changes)
        if "total" in changes and "lines" not in changes:
            document = replace(document, lines=((document.lines[0][0], document.total),))
        self.documents[document_id] = document if silently else self._stamped(document)
        return self.documents[document_id]

    @_locked
    def void(self, document_id: str) -> Document:
        """Void a document: it stays, it owes nothing, and what was put against it is free again."""
        return self._take_out(document_id, "void")

    @_locked
    def discard(self, document_id: str) -> Document:
        """Delete a draft as the services do that keep it with a status."""
        return self._take_out(document_id, "deleted")

    @_locked
    def delete(self, entry_id: str) -> Tombstone:
        """Delete an entry outright: only a tombstone is left."""
        now = self.clock.now()
        if entry_id in self.documents:
            self._release(entry_id)
            stone = Tombstone(id=entry_id, kind=self.documents.pop(entry_id).kind, at=now)
        elif entry_id in self.receipts:
            for document_id, _ in self.receipts[entry_id].allocations:
                self._touch(document_id)
            del self.receipts[entry_id]
            stone = Tombstone(id=entry_id, kind="receipt", at=now)
        else:
            self.party(entry_id)
            del self.parties[entry_id]
            stone = Tombstone(id=entry_id, kind="party", at=now)
        self.tombstones.append(stone)
        return stone

    @_locked
    def send(self, document_id: str, recipients: Sequence[str]) -> ProviderMail:
        """Let the provider mail a document."""
        now = self.clock.now()
        mail = ProviderMail(document_id=document_id, recipients=tuple(recipients), at=now)
        self.mails.append(mail)
        self.edit(document_id, sent=True, sent_to=", ".join(recipients), sent_at=now)
        return mail

    # ---- money ----

    @_locked
    def pay(self, invoice_id: str, amount: Decimal, on: date, *, receipt_id: str | None = None) -> Receipt:
        """Take a payment for one invoice."""
        invoice = self.document(invoice_id)
        if amount > self.balance(invoice_id):
            raise LedgerError(f"{invoice.number} owes {self.balance(invoice_id)}, not {amount}")
        receipt = self._take(
            invoice.party_id, amount, on, "payment", invoice.currency, ((invoice_id, amount),), receipt_id
        )
        self._touch(invoice_id)
        return receipt

    @_locked
    def receive(
        self,
        party: Party | str,
        amount: Decimal,
        on: date,
        *,
        kind: ReceiptKind = "overpayment",
        currency: str | None = None,
        receipt_id: str | None = None,
    ) -> Receipt:
        """Take money that settles nothing yet."""
        party_id = party if isinstance(party, str) else party.id
        return self._take(party_id, amount, on, kind, currency or self.organisation.currency, (), receipt_id)

    @_locked
    def apply(self, receipt_id: str, invoice_id: str, amount: Decimal) -> Receipt:
        """Put a part of money that is already there against an invoice."""
        receipt = self.receipt(receipt_id)
        if amount > min(receipt.unapplied, self.balance(invoice_id)):
            raise LedgerError(f"{amount} is more than the money left or the invoice's balance")
        self.receipts[receipt_id] = self._stamped(
            replace(receipt, allocations=(*receipt.allocations, (invoice_id, amount)))
        )
        self._touch(invoice_id)
        return self.receipts[receipt_id]

    @_locked
    def undo(self, receipt_id: str) -> Receipt:
        """Take a payment back: what it settled is open again."""
        receipt = self.receipt(receipt_id)
        self.receipts[receipt_id] = self._stamped(replace(receipt, deleted=True))
        for document_id, _ in receipt.allocations:
            self._touch(document_id)
        return self.receipts[receipt_id]

    @_locked
    def allocate(self, credit_id: str, invoice_id: str, amount: Decimal, on: date | None = None) -> Allocation:
        """Put a part of a credit note against an invoice."""
        if amount > min(self.credit_left(credit_id), self.balance(invoice_id)):
            raise LedgerError(f"{amount} is more than the credit left or the invoice's balance")
        now = self.clock.now()
        made = Allocation(
            id=self.new_id(),
            credit_id=credit_id,
            document_id=invoice_id,
            amount=amount,
            on=on or now.date(),
            at=now,
        )
        self.allocations[made.id] = made
        self._touch(credit_id)
        self._touch(invoice_id)
        return made

    # ---- notes ----

    @_locked
    def add_note(self, document_id: str, text: str, *, touch: bool = False) -> Note:
        """Write into a document's history; touch: the document counts as changed."""
        self.document(document_id)
        note = Note(document_id=document_id, text=text, at=self.clock.now())
        self.notes.append(note)
        if touch:
            self._touch(document_id)
        return note

    @_locked
    def notes_of(self, document_id: str) -> list[Note]:
        """Give a document's history, oldest first."""
        return [note for note in self.notes if note.document_id == document_id]

    # ---- what is asked ----

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

    @_locked
    def paid(self, document_id: str) -> Decimal:
        """Sum the money put against a document: payments, over- and prepayments, not credit notes."""
        return sum((amount for _, amount in self.settlements(document_id)), ZERO)

    @_locked
    def settlements(self, document_id: str) -> list[tuple[Receipt, Decimal]]:
        """Give the money put against a document, oldest first, without what was taken back."""
        return [
            (receipt, amount)
            for receipt in self.receipts.values()
            if not receipt.deleted
            for settled, amount in receipt.allocations
            if settled == document_id
        ]

    @_locked
    def credited(self, document_id: str) -> Decimal:
        """Sum the credit notes put against an invoice."""
        return sum((made.amount for made in self.allocations.values() if made.document_id == document_id), ZERO)

    @_locked
    def balance(self, document_id: str) -> Decimal:
        """Give what is still owed on a document; of a credit note, what is left of it."""
        document = self.document(document_id)
        if document.kind == "credit_note":
            return self.credit_left(document_id)
        if document.status not in _STANDING:
            return ZERO
        return document.total - self.paid(document_id) - self.credited(document_id)

    @_locked
    def credit_left(self, credit_id: str) -> Decimal:
        """Give what of a credit note is put against nothing."""
        credit = self.document(credit_id)
        if credit.status not in _STANDING:
            return ZERO
        used = sum((made.amount for made in self.allocations.values() if made.credit_id == credit_id), ZERO)
        return credit.total - used

    @_locked
    def settled(self, document_id: str) -> bool:
        """Say whether a standing document has nothing left of it."""
        return self.document(document_id).status == "open" and self.balance(document_id) == ZERO

    @_locked
    def open_documents(self, side: Side = "sale") -> list[Document]:
        """Give the documents with something left, oldest first."""
        return [
            document
            for document in self.documents.values()
            if document.side == side and document.status == "open" and self.balance(document.id) != ZERO
        ]

    @_locked
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

    # ---- the inner parts ----

    def _write(
        self, *, prefix: str, party: Party | str, document_id: str | None, number: str | None, **fields: Any
    ) -> Document:
        now = self.clock.now()
        party_id = party if isinstance(party, str) else party.id
        self.party(party_id)
        fields["currency"] = fields["currency"] or self.organisation.currency
        fields["lines"] = tuple(fields["lines"]) or (("Joinery as agreed", fields["total"]),)
        document = Document(
            id=document_id or self.new_id(),
            number=number or f"{prefix}-{len(self.documents) + 1:04d}",
            party_id=party_id,
            created_at=now,
            updated_at=now,
            **fields,
        )
        self.documents[document.id] = document
        return document

    def _take(
        self,
        party_id: str,
        amount: Decimal,
        on: date,
        kind: ReceiptKind,
        currency: str,
        allocations: tuple[tuple[str, Decimal], ...],
        receipt_id: str | None,
    ) -> Receipt:
        now = self.clock.now()
        self.party(party_id)
        receipt = Receipt(
            id=receipt_id or self.new_id(),
            party_id=party_id,
            on=on,
            amount=amount,
            currency=currency,
            kind=kind,
            allocations=allocations,
            created_at=now,
            updated_at=now,
        )
        self.receipts[receipt.id] = receipt
        return receipt

    def _take_out(self, document_id: str, status: DocumentStatus) -> Document:
        self._release(document_id)
        self.documents[document_id] = self._stamped(replace(self.document(document_id), status=status))
        return self.documents[document_id]

    def _release(self, document_id: str) -> None:
        for receipt in list(self.receipts.values()):
            kept = tuple(part for part in receipt.allocations if part[0] != document_id)
            if kept != receipt.allocations:
                self.receipts[receipt.id] = self._stamped(replace(receipt, allocations=kept))
        for made in list(self.allocations.values()):
            if document_id in {made.credit_id, made.document_id}:
                del self.allocations[made.id]
                self._touch(made.credit_id)
                self._touch(made.document_id)

    def _touch(self, document_id: str) -> None:
        if document_id in self.documents:
            self.documents[document_id] = self._stamped(self.documents[document_id])

    def _stamped(self, entry: Any) -> Any:
        now: datetime = self.clock.now()
        return replace(entry, updated_at=now, token=entry.token + 1)
