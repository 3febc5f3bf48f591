"""The limitation clock: the day after which a claim can no longer be brought before a court."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.day_count import months_later
from engine.kinds import CustomerKind, HoldKind, ItemKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.model import Customer, HoldRecord, OpenItem

# A person is warned this many months before.
LIMITATION_WARNING: Final = 6

# The kind of the task that warns.
LIMITATION: Final = "limitation"

_MONTHS: Final = 12
_OVER: Final = frozenset({HoldKind.HANDED_OVER, HoldKind.WRITTEN_OFF, HoldKind.STOPPED})

# Years and article for each kind of customer of a French creditor.
_FRENCH: Final = {
    CustomerKind.CONSUMER: (2, "C. conso. L218-2"),
    CustomerKind.BUSINESS: (5, "C. com. L110-4"),
    CustomerKind.PUBLIC: (4, "loi n° 68-1250 du 31 décembre 1968, art. 1"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limitation:
    """When a claim lapses: `lapses_on` is the last day on which it can be brought, by `article`.

    `kind_known` is False where nobody has said what the customer is in law: then the shortest time is shown. A customer who
    acknowledges the debt, a claim in court and an enforcement start the time anew (C. civ. 2240, 2241, 2244); a reminder
    and a formal notice do not.
    """

    lapses_on: date
    article: str
    kind_known: bool = True

    def lapsed(self, as_of: date) -> bool:
        """Tell whether the last day has passed."""
        return as_of > self.lapses_on

    @property
    def warns_on(self) -> date:
        """The first day on which a person should look: six months before the claim lapses (the last day of a shorter month)."""
        return months_later(self.lapses_on, -LIMITATION_WARNING)

    def warns(self, as_of: date) -> bool:
        """Tell whether a person should look: six months or less are left, or none."""
        return as_of >= self.warns_on


def limitation_of(item: OpenItem, customer: Customer, country: str) -> Limitation | None:
    """Give the clock of an invoice, counted from its due date; None for credits, and for creditors outside France.

    The four years of a public buyer run by law from the first of January after the claim arose; counted from the due date
    they end earlier, so that the warning never comes late.
    """
    if country != "FR" or item.kind is not ItemKind.INVOICE:
        return None
    known = customer.kind in _FRENCH
    years, article = _FRENCH[customer.kind if known else CustomerKind.CONSUMER]
    return Limitation(lapses_on=months_later(item.due_on, _MONTHS * years), article=article, kind_known=known)


def limitation_clocks(
    items: Iterable[OpenItem], holds: Sequence[HoldRecord], customer: Customer, country: str
) -> dict[str, Limitation]:
    """Give the clock of each invoice that is still ours to collect: not of what was handed over, written off or given up."""
    return {
        item.item_id: clock
        for item in items
        if item.balance.minor > 0
        and not any(hold.kind in _OVER and hold.covers(item) for hold in holds)
        and (clock := limitation_of(item, customer, country)) is not None
    }
