"""The books of one fictional organisation at one provider: what the dialects tell, what tests judge by."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.books import Books, LedgerError, locked
from connectors.sandbox.entries import (
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

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal


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


class Ledger(Books):
    """Parties, documents, money and what the provider remembers of them.

    Every change stamps ``updated_at`` with the sandbox's time and raises ``token``, on all entries that the
    real services touch: a payment touches its invoice too. ``identify`` makes the ids in the provider's form.
    """

    # ---- who ----

    @locked
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

    @locked
    def edit_party(self, /, party_id: str, *, silently: bool = False, **changes: Any) -> Party:
        """Change fields of a party; silently: without a new modification stamp."""
        party = replace(self.party(party_id), **changes)
        self.parties[party_id] = party if silently else self._stamped(party)
        return self.parties[party_id]

    # ---- documents ----

    @locked
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

    @locked
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

    @locked
    def edit(self, /, document_id: str, *, silently: bool = False, **changes: Any) -> Document:
        """Change fields of a document; silently: without a new modification stamp, as real services do at times."""
        document = replace(self.document(document_id), **changes)
        if "total" in changes and "lines" not in changes:
            document = replace(document, lines=((document.lines[0][0], document.total),))
        self.documents[document_id] = document if silently else self._stamped(document)
        if "party_id" in changes:
            self._links = None
        return self.documents[document_id]

    @locked
    def void(self, document_id: str) -> Document:
        """Void a document: it stays, it owes nothing, and what was put against it is free again."""
        return self._take_out(document_id, "void")

    @locked
    def discard(self, document_id: str) -> Document:
        """Delete a draft as the services do that keep it with a status."""
        return self._take_out(document_id, "deleted")

    @locked
    def delete(self, entry_id: str) -> Tombstone:
        """Delete an entry outright: only a tombstone is left."""
        now = self.clock.now()
        self._links = None
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

    @locked
    def send(self, document_id: str, recipients: Sequence[str], *, silently: bool = False) -> ProviderMail:
        """Let the provider mail a document; silently: the document does not count as changed."""
        now = self.clock.now()
        mail = ProviderMail(document_id=document_id, recipients=tuple(recipients), at=now)
        self.mails.append(mail)
        self.edit(document_id, sent=True, sent_to=", ".join(recipients), sent_at=now, silently=silently)
        return mail

    # ---- money ----

    @locked
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

    @locked
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

    @locked
    def apply(self, receipt_id: str, invoice_id: str, amount: Decimal) -> Receipt:
        """Put a part of money that is already there against an invoice."""
        receipt = self.receipt(receipt_id)
        if amount > min(receipt.unapplied, self.balance(invoice_id)):
            raise LedgerError(f"{amount} is more than the money left or the invoice's balance")
        self.receipts[receipt_id] = self._stamped(
            replace(receipt, allocations=(*receipt.allocations, (invoice_id, amount)))
        )
        self._linked().add(self._linked().receipts, invoice_id, receipt_id)
        self._touch(invoice_id)
        return self.receipts[receipt_id]

    @locked
    def undo(self, receipt_id: str) -> Receipt:
        """Take a payment back: what it settled is open again."""
        receipt = self.receipt(receipt_id)
        self.receipts[receipt_id] = self._stamped(replace(receipt, deleted=True))
        for document_id, _ in receipt.allocations:
            self._touch(document_id)
        return self.receipts[receipt_id]

    @locked
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
        self._linked().add(self._linked().credited, invoice_id, made.id)
        self._linked().add(self._linked().crediting, credit_id, made.id)
        self._touch(credit_id)
        self._touch(invoice_id)
        return made

    # ---- notes ----

    @locked
    def add_note(self, document_id: str, text: str, *, touch: bool = False) -> Note:
        """Write into a document's history; touch: the document counts as changed."""
        self.document(document_id)
        note = Note(document_id=document_id, text=text, at=self.clock.now())
        self.notes.append(note)
        if touch:
            self._touch(document_id)
        return note

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
        self._linked().add(self._linked().documents, party_id, document.id)
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
        for document_id, _ in allocations:
            self._linked().add(self._linked().receipts, document_id, receipt.id)
        return receipt

    def _take_out(self, document_id: str, status: DocumentStatus) -> Document:
        self._release(document_id)
        self.documents[document_id] = self._stamped(replace(self.document(document_id), status=status))
        return self.documents[document_id]

    def _release(self, document_id: str) -> None:
        self._links = None
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
