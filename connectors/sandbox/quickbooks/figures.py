"""Sums over the books, taken once for an answer of many rows."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sandbox.entries import Document
    from connectors.sandbox.ledger import Ledger


class Figures:
    """What is left of each document and what each party owes; valid while the books' lock is held."""

    def __init__(self, ledger: Ledger) -> None:
        self._put: dict[str, Decimal] = defaultdict(Decimal)
        self._linked: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._owed: dict[str, Decimal] = defaultdict(Decimal)
        for receipt in ledger.receipts.values():
            if receipt.deleted:
                continue
            self._owed[receipt.party_id] -= receipt.unapplied
            for document_id, amount in receipt.allocations:
                self._put[document_id] += amount
                self._linked[document_id].append((receipt.id, "Payment"))
        for made in ledger.allocations.values():
            for document_id in (made.document_id, made.credit_id):
                self._put[document_id] += made.amount
                self._linked[document_id].append((made.id, "Payment"))
        self._sides: dict[str, set[str]] = defaultdict(set)
        for document in ledger.documents.values():
            self._sides[document.party_id].add(document.side)
            if document.side == "sale":
                left = self.left(document)
                self._owed[document.party_id] += left if document.kind == "invoice" else -left

    def left(self, document: Document) -> Decimal:
        """Give what is still owed on an invoice, or what is left of a credit note."""
        if document.status != "open":
            return Decimal(0)
        return document.total - self._put[document.id]

    def linked(self, document_id: str) -> list[tuple[str, str]]:
        """Give the transactions linked to a document: (id, type)."""
        return self._linked[document_id]

    def owed_by(self, party_id: str) -> Decimal:
        """Give a party's balance, negative where it has more credit than debt."""
        return self._owed[party_id]

    def only_sells(self, party_id: str) -> bool:
        """Tell a supplier, which is no customer, by having bought nothing."""
        return self._sides[party_id] == {"purchase"}
