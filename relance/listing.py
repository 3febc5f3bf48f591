"""The list of open items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.setup import business_time
from relance.wiring import setup_of

if TYPE_CHECKING:
    from relance.documents import Document
    from relance.installation import Installation
    from state.store import Store


def items_document(installation: Installation, store: Store) -> Document:
    """Give what `items` reports: every open item of the companies asked for."""
    rows: list[Document] = []
    for company in installation.companies:
        calendar = setup_of(installation.config, company).calendar
        today = business_time(calendar, installation.clock.now(), None).as_of
        for row in store.items(company.company_id):
            item = row.item
            rows.append(
                {
                    "company": company.company_id,
                    "item_id": item.item_id,
                    "customer_id": item.customer_id,
                    "customer": row.customer_name,
                    "number": item.number,
                    "kind": item.kind.value,
                    "issued_on": item.issued_on.isoformat(),
                    "due_on": item.due_on.isoformat(),
                    "due_source": item.due_source.value,
                    "currency": item.currency,
                    "total": str(item.total),
                    "balance": str(item.balance),
                    "days_late": item.days_late(today),
                    "level": row.level or None,
                    "next_action_on": row.next_action_on.isoformat() if row.next_action_on else None,
                    "unseen": item.unseen,
                }
            )
    return {"items": rows}
