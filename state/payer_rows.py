"""Who pays for whom, as rows: a customer who pays for themselves has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from state.database import Database


def payers(db: Database, company_id: str) -> dict[str, str]:
    """Give who pays in the end, for each customer for whom somebody else does."""
    rows = db.all("SELECT customer_id, payer_id FROM payers WHERE company_id = ?", (company_id,))
    return {row["customer_id"]: row["payer_id"] for row in rows}


def payer_of(db: Database, company_id: str, customer_id: str) -> str:
    """Give who pays for a customer: themselves, or another customer."""
    found = db.value("SELECT payer_id FROM payers WHERE company_id = ? AND customer_id = ?", (company_id, customer_id))
    return customer_id if found is None else str(found)


def members_of(db: Database, company_id: str, payer_id: str) -> list[str]:
    """List the customers that a customer pays for."""
    rows = db.all(
        "SELECT customer_id FROM payers WHERE company_id = ? AND payer_id = ? ORDER BY customer_id",
        (company_id, payer_id),
    )
    return [row["customer_id"] for row in rows]


def groups_of(db: Database, company_id: str, customer_ids: Iterable[str]) -> set[str]:
    """Give these customers with everybody who is decided together with one of them."""
    asked = set(customer_ids)
    pays = payers(db, company_id)
    if not pays or not asked:
        return asked
    heads = {pays.get(customer_id, customer_id) for customer_id in asked}
    return asked | heads | {member for member, payer_id in pays.items() if payer_id in heads}
