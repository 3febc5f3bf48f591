"""The dunning plan: its levels in order, and what each asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.model import Channel, Charges, ContactRole, Grouping, Tone
from engine.money import Money

if TYPE_CHECKING:
    from engine.model import HistoryLine

# Beyond this many days late a first contact is for a person to decide (design: rules of the core).
ASK_AFTER_DAYS_LATE = 180
# A payment seen longer ago is thanked for no more: the customer would wonder why (design: thank-you).
THANK_WITHIN_DAYS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step of a plan: `offset` calendar days from the due date (negative: before it)."""

    level_id: str
    offset: int
    channel: Channel
    tone: Tone
    deadline_days: int | None = None
    charges: Charges = Charges.NONE
    approval: bool = False
    to: ContactRole = ContactRole.BILLING
    cc: tuple[ContactRole, ...] = ()
    template: str = ""

    @property
    def before_due(self) -> bool:
        """Whether the level comes before the due date: help, not a reminder."""
        return self.offset < 0

    @property
    def is_formal(self) -> bool:
        """Whether the level is a formal notice, which a person always approves and which goes alone."""
        return self.tone is Tone.FORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A dunning plan: levels in rising order of offset, and the rules that go with them.

    `min_gap_days` are calendar days between two contacts of one customer; `min_balance` is in major units, tested for
    each currency; `promise_tolerance` likewise.
    """

    plan_id: str
    levels: tuple[Level, ...]
    group: Grouping = Grouping.CUSTOMER
    min_gap_days: int = 5
    min_balance: Decimal = Decimal("5.00")
    thank_you: bool = True
    ask_after_days_late: int = ASK_AFTER_DAYS_LATE
    promise_tolerance: Decimal = Decimal("1.00")

    def level(self, level_id: str) -> Level | None:
        """Find a level by its id."""
        return next((level for level in self.levels if level.level_id == level_id), None)

    def rank(self, line: HistoryLine) -> int:
        """Place a sent line on today's plan: its level's index, or, for a level since removed, the last one at or before its offset (-1: before all)."""
        for index, level in enumerate(self.levels):
            if level.level_id == line.level_id:
                return index
        return sum(1 for level in self.levels if level.offset <= line.offset) - 1

    def minimum(self, currency: str) -> Money:
        """Give `min_balance` in a currency, rounded down to its minor unit."""
        places = Money.zero(currency).amount
        return Money.of(self.min_balance.quantize(places, rounding="ROUND_DOWN"), currency)
