"""What credit takes off each invoice: credit notes first where they name one, then oldest due date first.

What the customer contests of an invoice is the last of it to be reduced: nothing of it is asked meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.kinds import ItemKind
from engine.model import CreditLine
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.model import OpenItem


def oldest_first(item: OpenItem) -> tuple[object, ...]:
    """Order items by due date, then issue date, number and id: the order in which credit is used and lines are shown."""
    return (item.due_on, item.issued_on, item.number, item.item_id)


@dataclass(slots=True, kw_only=True)
class Allocation:
    """How much of each invoice credit notes cover, and which ones do; `receipts` are unapplied payments not used yet.

    `contested` is the part of an invoice that the customer contests, for those of which there is one.
    """

    contested: Mapping[str, Money] = field(default_factory=dict)
    covered: dict[str, Money] = field(default_factory=dict)
    used: dict[str, list[CreditLine]] = field(default_factory=dict)
    receipts: list[tuple[OpenItem, Money]] = field(default_factory=list)
    has_unallocated: bool = False

    def taken_off(self, item: OpenItem) -> Money:
        """Give what credit takes off an invoice."""
        return self.covered.get(item.item_id, Money.zero(item.currency))

    def left(self, item: OpenItem) -> Money:
        """Give what is left of an invoice after credit, contested or not."""
        return item.balance - self.taken_off(item)

    def disputed(self, item: OpenItem) -> Money:
        """Give what is contested of what is left."""
        return min(self.contested.get(item.item_id, Money.zero(item.currency)), self.left(item))

    def asked(self, item: OpenItem) -> Money:
        """Give what may be asked of an invoice: what is left after credit and not contested."""
        return self.left(item) - self.disputed(item)

    def use(self, credit: OpenItem, available: Money, invoice: OpenItem, bears: Money) -> Money:
        """Take as much of a credit as an invoice bears; return what is left of the credit."""
        taken = min(available, bears)
        if taken.minor <= 0:
            return available
        self.covered[invoice.item_id] = self.taken_off(invoice) + taken
        self.used.setdefault(invoice.item_id, []).append(CreditLine(item=credit, used=taken))
        return available - taken

    def receipts_in(self, currency: str) -> Money:
        """Sum the unapplied payments of a currency that are not used yet."""
        return sum((left for _, left in self.receipts if left.currency == currency), start=Money.zero(currency))

    def use_receipts(self, invoice: OpenItem) -> None:
        """Take unapplied payments off an invoice, oldest payment first."""
        remaining: list[tuple[OpenItem, Money]] = []
        for receipt, available in self.receipts:
            if available.currency == invoice.currency:
                remaining.append((receipt, self.use(receipt, available, invoice, self.asked(invoice))))
            else:
                remaining.append((receipt, available))
        self.receipts = [(receipt, left) for receipt, left in remaining if left.minor > 0]


def is_claim(item: OpenItem) -> bool:
    """Tell whether an item is an invoice with something left to pay."""
    return item.kind is ItemKind.INVOICE and item.balance.minor > 0


def allocate(items: Sequence[OpenItem], contested: Mapping[str, Money]) -> Allocation:
    """Use credit notes on the invoices of the same currency, of a customer and of those that they pay for.

    A credit note reduces the invoice of its customer that it names, whatever its state; what is left of it, and every
    other credit note, reduces what is not contested, oldest due date first, also of invoices that are not due yet.
    Unapplied payments are kept aside in `receipts`: a notice decides what to do with them.
    """
    ordered = sorted(items, key=oldest_first)
    invoices = [item for item in ordered if is_claim(item)]
    allocation = Allocation(contested=contested)
    free: list[tuple[OpenItem, Money]] = []
    for credit in _credits(ordered):
        allocation.has_unallocated = True
        available = -credit.balance
        if credit.kind is ItemKind.PAYMENT:
            allocation.receipts.append((credit, available))
            continue
        for invoice in invoices:
            if credit.reduces and _names(credit, invoice):
                available = allocation.use(credit, available, invoice, allocation.left(invoice))
        free.append((credit, available))
    for credit, available in free:
        left = available
        for invoice in invoices:
            if invoice.currency == credit.currency:
                left = allocation.use(credit, left, invoice, allocation.asked(invoice))
    return allocation


def _names(credit: OpenItem, invoice: OpenItem) -> bool:
    return (credit.customer_id, credit.reduces, credit.currency) == (
        invoice.customer_id,
        invoice.number,
        invoice.currency,
    )


def _credits(items: Iterable[OpenItem]) -> list[OpenItem]:
    return [item for item in items if item.balance.minor < 0 and not item.unseen]
