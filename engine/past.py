"""The past of a customer's items, as far as it is known: what the books showed on which day, and when money really came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from engine.model import Customer, HoldRecord, OpenItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """A movement of an item's balance towards nothing (`amount` has the sign of the item's total; a payment taken back the other).

    `known_on` is the day on which the books showed it, `paid_on` the day on which the money came in, None where nobody
    knows it better than that.
    """

    amount: Money
    known_on: date
    paid_on: date | None = None

    @property
    def happened_on(self) -> date:
        """The day of the money, as well as it is known."""
        return self.paid_on or self.known_on


@dataclass(frozen=True, slots=True, kw_only=True)
class PastItem:
    """An item as it was issued (`item.balance` is what it began with) and every fall of its balance since."""

    item: OpenItem
    falls: tuple[Fall, ...] = ()

    def known(self, day: date) -> OpenItem | None:
        """Give the item as the books showed it on a day, None before its issue and once nothing was left."""
        if self.item.issued_on > day:
            return None
        left = _left(self.item.balance, (fall for fall in self.falls if fall.known_on <= day))
        return replace(self.item, balance=left) if left.minor else None

    def is_settled(self, day: date) -> bool:
        """Tell whether the books showed on a day that nothing was left."""
        return self.item.issued_on <= day and self.known(day) is None

    def settled_on(self) -> date | None:
        """Give the day of the last money, None where none came."""
        return max((fall.happened_on for fall in self.falls), default=None)

    def really_left(self, day: date) -> Money:
        """Give what was really left on the morning of a day."""
        return _left(self.item.balance, (fall for fall in self.falls if fall.happened_on < day))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastHold:
    """A hold and the days on which it stood, both included (`last` None: it still does)."""

    record: HoldRecord
    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of one customer's past."""

    customer: Customer
    items: tuple[PastItem, ...]
    holds: tuple[PastHold, ...] = ()


def _left(begun: Money, falls: Iterable[Fall]) -> Money:
    return begun - sum((fall.amount for fall in falls), start=Money.zero(begun.currency))
