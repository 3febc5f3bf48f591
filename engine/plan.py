"""The dunning plan: its levels in order, and what each asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.kinds import AttachmentKind, Channel, Charges, ContactRole, Grouping, Tone
from engine.money import Money

if TYPE_CHECKING:
    from engine.model import HistoryLine

# Beyond this many days late a first contact is for a person to decide (design: rules of the core).
ASK_AFTER_DAYS_LATE = 180
# A payment seen longer ago is thanked for no more: the customer would wonder why (design: thank-you).
THANK_WITHIN_DAYS = 10


# A cap on the contacts of one customer counts no more than these.
MOST_CONTACTS: Final = 50

_FIRMER: Final = (Tone.FRIENDLY, Tone.FIRM, Tone.FINAL, Tone.FORMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSilence:
    """Another channel for a level whose customer did not react to the `levels` before it."""

    channel: Channel
    levels: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step of a plan: `offset` calendar days from the due date (negative: before it).

    `to` are roles in order of preference: the first that the customer has an address for is written to. An item that
    owes less than `min_amount` or more than `max_amount` (major units, of its own currency) skips the level. `signatory`
    names one of the company's signatories ("" for its usual one); `copy_owner` gives the account owner a copy.
    """

    level_id: str
    offset: int
    channel: Channel
    tone: Tone
    deadline_days: int | None = None
    charges: Charges = Charges.NONE
    approval: bool = False
    to: tuple[ContactRole, ...] = (ContactRole.BILLING,)
    cc: tuple[ContactRole, ...] = ()
    template: str = ""
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    signatory: str = ""
    copy_owner: bool = False
    attachments: tuple[AttachmentKind, ...] = (AttachmentKind.INVOICE,)
    after_silence: AfterSilence | None = None

    @property
    def before_due(self) -> bool:
        """Whether the level comes before the due date: help, not a reminder."""
        return self.offset < 0

    @property
    def is_formal(self) -> bool:
        """Whether the level is a formal notice, which a person always approves and which goes alone."""
        return self.tone is Tone.FORMAL

    def takes(self, left: Money) -> bool:
        """Tell whether what is left to pay on an item lies between the level's bounds, both included."""
        amount = left.amount
        return (self.min_amount is None or amount >= self.min_amount) and (
            self.max_amount is None or amount <= self.max_amount
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCap:
    """No more than so many contacts of one customer in any so many calendar days."""

    contacts: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A dunning plan: levels in rising order of offset, and the rules that go with them.

    `min_gap_days` are calendar days between two contacts of one customer; `min_balance` is in major units, tested for
    each currency; `promise_tolerance` likewise. `owner_days` are the sending days for which a customer's account owner
    knows of a reminder before it leaves (None: nobody is told first).
    """

    plan_id: str
    levels: tuple[Level, ...]
    group: Grouping = Grouping.CUSTOMER
    min_gap_days: int = 5
    min_balance: Decimal = Decimal("5.00")
    thank_you: bool = True
    ask_after_days_late: int = ASK_AFTER_DAYS_LATE
    promise_tolerance: Decimal = Decimal("1.00")
    customer_cap: CustomerCap | None = None
    owner_days: int | None = None

    def level(self, level_id: str) -> Level | None:
        """Find a level by its id."""
        return next((level for level in self.levels if level.level_id == level_id), None)

    def place(self, level_id: str) -> int:
        """Give the place of a level in the plan, -1 for none of its own."""
        return next((index for index, level in enumerate(self.levels) if level.level_id == level_id), -1)

    def rank(self, line: HistoryLine) -> int:
        """Place a sent line on today's plan: what comes after it is never lower than what was sent (-1: before all).

        A level of the same id and tone is that level. Any other line (of another plan, or of a level since changed or
        removed) stands at the last level that has its id, comes no later, or speaks less firmly than the line did.
        """
        place = self.place(line.level_id)
        if place >= 0 and line.tone in {None, self.levels[place].tone}:
            return place
        firmness = -1 if line.tone is None else _FIRMER.index(line.tone)
        return max(
            (
                index
                for index, level in enumerate(self.levels)
                if index <= place or level.offset <= line.offset or _FIRMER.index(level.tone) < firmness
            ),
            default=place,
        )

    def minimum(self, currency: str) -> Money:
        """Give `min_balance` in a currency, rounded down to its minor unit."""
        places = Money.zero(currency).amount
        return Money.of(self.min_balance.quantize(places, rounding="ROUND_DOWN"), currency)
