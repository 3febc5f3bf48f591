"""Finding what a person names: an item by its number, or by its id where a number is not enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import RelanceError

if TYPE_CHECKING:
    from engine.model import OpenItem
    from relance.installation import Installation
    from state.store import Store


class NoSuchItemError(RelanceError):
    """No item has this number."""


class AmbiguousNumberError(RelanceError):
    """Several items have this number; name one by its id, or narrow with --company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An item and the company it belongs to."""

    company_id: str
    item: OpenItem


def find_item(installation: Installation, store: Store, number: str) -> Found:
    """Find the one item a person means; an open one wins over settled ones of the same number."""
    wanted = {company.company_id for company in installation.companies}
    found = [
        Found(company_id=company_id, item=item)
        for company_id, item in store.find_items(" ".join(number.split()))
        if company_id in wanted
    ]
    if not found:
        raise NoSuchItemError(f"no item has the number {number!r}")
    still_open = [one for one in found if one.item.balance.minor != 0]
    candidates = still_open or found
    exact = [one for one in candidates if one.item.item_id == number]
    if len(candidates) == 1 or len(exact) == 1:
        return (exact or candidates)[0]
    listed = "\n".join(
        f"  {one.item.item_id}  ({one.company_id}, customer {one.item.customer_id}, {one.item.issued_on}, "
        f"{one.item.balance} {one.item.currency})"
        for one in candidates
    )
    raise AmbiguousNumberError(f"{len(candidates)} items have the number {number!r}; name one by its id:\n{listed}")
