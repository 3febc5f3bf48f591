"""Due work is a column: which items a run must look at, and the request to look at them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from state.payer_rows import groups_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from state.database import Database

# Before every business day: what carries it is looked at by the next run, whatever day that run is for.
AT_ONCE: Final = "0001-01-01"

_LOOK_AGAIN: Final = "UPDATE items SET next_action_on = '0001-01-01', touched = touched + 1 WHERE company_id = ? AND "


def look_again(db: Database, company_id: str, customer_ids: Iterable[str]) -> None:
    """Have every open item of these customers, and of whom they are decided together with, looked at by the next run."""
    db.write_many(
        _LOOK_AGAIN + "customer_id = ? AND balance <> 0",
        ((company_id, customer_id) for customer_id in sorted(groups_of(db, company_id, customer_ids))),
    )


def look_again_at_items(db: Database, company_id: str, item_ids: Iterable[str]) -> None:
    """Have every open item of the customers of these items looked at by the next run."""
    rows = db.chosen(
        "SELECT DISTINCT customer_id FROM items WHERE company_id = ? AND item_id IN ({ids})",
        (company_id,),
        sorted(set(item_ids)),
    )
    look_again(db, company_id, [row["customer_id"] for row in rows])


def look_again_at_all(db: Database, company_id: str) -> None:
    """Have every open item of a company looked at by the next run."""
    db.write(_LOOK_AGAIN + "balance <> 0", (company_id,))
