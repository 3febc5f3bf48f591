"""Rows of a page turned into its items, what is void, and the payments; an unusable one is told and loses no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.quickbooks.cursor import Linked
from connectors.quickbooks.map import (
    UnusableRowError,
    allocations,
    credit_item,
    currency_of,
    invoice_item,
    is_void,
    paid_on,
    payment_item,
    payment_seen,
)
from connectors.quickbooks.rows import CreditMemoRow, Document, InvoiceRow, PaymentRow
from engine.money import Money
from engine.records import BadLine, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from connectors.quickbooks.cursor import Memory
    from engine.model import Customer, OpenItem
    from engine.records import PaymentSeen

_MOST_REMARKS: Final = 1000
_MOST_BAD: Final = 10_000


@dataclass(slots=True, kw_only=True)
class Sight:
    """What the rows seen so far add up to.

    `home_currency` is asked only for a row that names none. `memory` is None where rows are read again by id: then
    payments are items whatever is left of them, and nothing is remembered.
    """

    home_currency: Callable[[], str]
    memory: Memory | None = None
    rows: int = 0
    invoices: int = 0
    bad: list[BadLine] = field(default_factory=list)
    unreadable: int = 0
    remarks: list[str] = field(default_factory=list)

    def page(self, name: str, rows: Iterable[tuple[Document, str]]) -> Seen:
        """Map the rows of one page, each with its version."""
        seen = Seen()
        for ordinal, (row, version) in enumerate(rows, start=1):
            self.rows += 1
            try:
                self._add(row, version, seen)
            except UnusableRowError as error:
                called = row.doc_number or f"#{row.id}"
                self.refuse((BadLine(file=name, line=ordinal, reason=f"{called}: {error}"),))
        return seen

    def refuse(self, bad: tuple[BadLine, ...]) -> None:
        """Take note of rows that cannot be used."""
        self.unreadable += len(bad)
        self.bad += bad[: max(0, _MOST_BAD - len(self.bad))]

    def _add(self, row: Document, version: str, seen: Seen) -> None:
        home = "" if row.currency_ref and row.currency_ref.value else self.home_currency()
        match row:
            case InvoiceRow():
                self.invoices += 1
                if is_void(row):
                    seen.voided.append(f"invoice:{row.id}")
                    return
                remarks: list[str] = []
                seen.items.append(invoice_item(row, version, home, remarks))
                self.remarks += remarks[: max(0, _MOST_REMARKS - len(self.remarks))]
            case CreditMemoRow():
                if is_void(row):
                    seen.voided.append(f"credit_note:{row.id}")
                else:
                    seen.items.append(credit_item(row, version, home))
            case PaymentRow():
                self._add_payment(row, version, home, seen)
            case _:
                raise UnusableRowError("it is of no kind that is read")
        if row.customer_ref and row.customer_ref.value:
            seen.customers.setdefault(row.customer_ref.value, row.customer_ref.name or "")

    def _add_payment(self, row: PaymentRow, version: str, home: str, seen: Seen) -> None:
        if self.memory is None:
            seen.items.append(payment_item(row, version, home))
            return
        # All that can be unusable comes first, so that nothing is remembered of a row that is refused.
        paid, day, currency = allocations(row, home), paid_on(row), currency_of(row, home)
        item = payment_item(row, version, home)
        now = Linked(paid_on=day, currency=currency, invoice_ids=tuple(each.invoice_id for each in paid))
        gone = self.memory.link(row.id, now)
        seen.payments += [payment_seen(row.id, each.invoice_id, day, each.amount) for each in paid]
        seen.payments += [payment_seen(row.id, each, day, Money.zero(currency), undone=True) for each in gone]
        if self.memory.unapply(row.id, left=item.balance.minor != 0):
            seen.items.append(item)


@dataclass(slots=True, kw_only=True)
class Seen:
    """The parts of a page; `customers` gives the name on the documents by customer."""

    items: list[OpenItem] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    payments: list[PaymentSeen] = field(default_factory=list)
    customers: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> Mapping[str, str]:
        """The customers that the items need, with the name on the document."""
        if not self.payments and not self.voided:
            return self.customers
        needed = {item.customer_id for item in self.items}
        return {key: name for key, name in self.customers.items() if key in needed}

    def told(self, customers: tuple[Customer, ...]) -> Page:
        """Make the page."""
        return Page(
            items=tuple(self.items), customers=customers, voided=tuple(self.voided), payments=tuple(self.payments)
        )
