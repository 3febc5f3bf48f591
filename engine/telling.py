"""What every mail needs that tells a customer something and asks for nothing: to whom, and about which items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.credits import oldest_first
from engine.kinds import ContactRole
from engine.money import Money
from engine.records import QueuedLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.kinds import Purpose
    from engine.model import Contact, Customer, OpenItem


def addressee(customer: Customer) -> Contact | None:
    """Give who is written to about an account: the first usable address, billing before the others."""
    return next((found[0] for role in ContactRole if (found := customer.with_role(role))), None)


def told_lines(purpose: Purpose, items: Sequence[OpenItem]) -> tuple[QueuedLine, ...]:
    """Give the lines of a mail that speaks of items and asks for none of them."""
    return tuple(
        QueuedLine(
            item_id=item.item_id,
            number=item.number,
            level_id=purpose.value,
            offset=0,
            asked=Money.zero(item.currency),
            balance=item.balance,
        )
        for item in items
    )


def on_statement(items: Iterable[OpenItem]) -> list[OpenItem]:
    """List what a statement shows: what is open for certain and known by a number, oldest due date first."""
    return sorted((i for i in items if i.balance.minor != 0 and not i.unseen and not i.is_opening), key=oldest_first)
