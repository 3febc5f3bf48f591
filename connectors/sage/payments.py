"""Money on account, and the invoices that it pays later."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from connectors.sage.lists import Walk
from connectors.sage.map import (
    ALLOCATIONS,
    INVOICES,
    allocated,
    id_of,
    item_id,
    money_allocated,
    on_account_item,
)
from connectors.sage.rows import AllocationRow, DocumentRow
from connectors.sage.values import UnusableRowError, currency_of, line, money
from engine.records import PaymentSeen

if TYPE_CHECKING:
    from connectors.sage.client import SageClient
    from connectors.sage.rows import PaymentRow
    from engine.model import OpenItem


@dataclass(slots=True, kw_only=True)
class OnAccount:
    """What is on account; `open` names the payments with something left, by the id of that part."""

    client: SageClient
    page_size: int = 200
    open: dict[str, str] = field(default_factory=dict)
    _used: dict[str, dict[str, Decimal]] = field(default_factory=dict, init=False)

    def on_account(self, row: PaymentRow) -> OpenItem | None:
        """Map the part of a payment that pays nothing yet; raises UnusableRowError."""
        account = row.payment_on_account
        used = Decimal(0)
        if account is not None and account.id and account.outstanding_amount is None:
            used = self._used_of(id_of(row.contact)).get(account.id, Decimal(0))
        item = on_account_item(row, used)
        if item is not None and account is not None and item.balance.minor:
            self.open[row.id] = account.id
        else:
            self.open.pop(row.id, None)
        return item

    def touched_by(self, row: AllocationRow) -> list[str]:
        """Give the payments from whose open part an allocation takes."""
        keys = set(allocated(row.allocated_artefacts))
        self._used.pop(id_of(row.contact), None)
        return [payment for payment, account in self.open.items() if account in keys]

    def paid_by(self, row: AllocationRow) -> tuple[PaymentSeen, ...]:
        """Give what an allocation pays of invoices with money; raises UnusableRowError.

        An allocation names no currency: it is that of the invoice, which is read for it.
        """
        paid = money_allocated(row, frozenset(self.open.values()))
        who = line(row.displayed_as) or f"allocation {row.id}"
        seen = []
        for key, amount in paid.items():
            if row.date is None:
                raise UnusableRowError(f"{who} has no date")
            invoice = self.client.single(INVOICES, key, DocumentRow, attributes="currency")
            if invoice is not None:
                currency = currency_of(invoice.currency, who)
                seen.append(
                    PaymentSeen(
                        payment_id=f"{row.id}:{key}",
                        item_id=item_id(INVOICES, key),
                        paid_on=row.date,
                        amount=money(amount, currency, who),
                        undone=bool(row.deleted_at),
                    )
                )
        return tuple(seen)

    def _used_of(self, contact: str) -> dict[str, Decimal]:
        """Sum up what allocations of a contact took from each artefact, where Sage does not say what is left."""
        if contact not in self._used:
            used: dict[str, Decimal] = defaultdict(Decimal)
            walk = Walk(
                client=self.client,
                resource=ALLOCATIONS,
                row=AllocationRow,
                params={"contact_id": contact},
                page_size=self.page_size,
            )
            for batch in walk.batches():
                for row in batch.rows:
                    for key, (_, amount) in allocated(row.allocated_artefacts).items():
                        used[key] += Decimal(0) if row.deleted_at else abs(amount)
            self._used[contact] = used
        return self._used[contact]
