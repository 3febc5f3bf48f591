"""What is reckoned for lateness, as values: the claim that is asked about, and the statement that answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from engine.day_count import DayCount
from engine.kinds import DueSource, Imputation

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from engine.charge_law import Unclaimed
    from engine.kinds import CustomerKind
    from engine.money import Money
    from engine.rates import HalfYear, RateEntry

# Stands for the name of a series where the contract gives the rate.
CONTRACT: Final = "contract"


class RemarkCode(StrEnum):
    """What can be remarked; `engine.charge_words` says each in French and English."""

    BELOW_FLOOR = "below_floor"
    FLOOR_UNKNOWN = "floor_unknown"
    RATE_NOT_USED = "rate_not_used"
    INDEMNITY_APART = "indemnity_apart"
    INDEMNITY_IN_OWN_CURRENCY = "indemnity_in_own_currency"
    NO_INDEMNITY_WITH_CONTRACT = "no_indemnity_with_contract"
    PAYMENT_AFTER = "payment_after"
    DIRECTIVE_MINIMUM = "directive_minimum"
    OWN_REFERENCE_RATE = "own_reference_rate"
    CONSUMER_CLAUSE = "consumer_clause"
    CONSUMER_TOLD = "consumer_told"
    CONSUMER_LETTER = "consumer_letter"
    LAW_CHANGES = "law_changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One remark: its code and the names and figures of its sentence, as plain text."""

    code: RemarkCode
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What interest is asked of: the sum that was owed on the due date, and all that the law looks at.

    `until` is the day to reckon to, included. `country` is the creditor's. `contract_rate` is in percent a year, None
    where the contract says nothing. `payments` are (day, amount) pairs, amounts positive; those after `until` do not
    count. `formal_notice_on` is the day a formal notice was given (in the Netherlands: the letter of fourteen days).
    """

    principal: Money
    due_on: date
    until: date
    country: str
    kind: CustomerKind
    due_source: DueSource = DueSource.STATED
    contract_rate: Decimal | None = None
    payments: tuple[tuple[date, Money], ...] = ()
    imputation: Imputation = Imputation.PRINCIPAL
    formal_notice_on: date | None = None
    day_count: DayCount = DayCount.ACT_365


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of days with one rate on one sum, both ends included; `entry` is where the rate comes from (None: the contract)."""

    first: date
    last: date
    days: int
    base: Money
    rate: Decimal
    amount: Money
    series: str = CONTRACT
    half_year: HalfYear | None = None
    entry: RateEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is owed on a day. `principal` is what is left of the sum; `interest` the sum of the segments.

    `interest_paid` and `indemnity_paid` are what payments settled of the two; `surplus` what was paid beyond everything.
    `indemnity_apart` is a fixed sum in another currency than the invoice's: due, and never converted, so in no total.
    `law` is the rule's id, "" where none applies; `reason` says why nothing is claimed.
    """

    law: str
    principal: Money
    interest: Money
    indemnity: Money
    interest_paid: Money
    indemnity_paid: Money
    surplus: Money
    imputation: Imputation
    day_count: DayCount
    segments: tuple[Segment, ...] = ()
    indemnity_apart: Money | None = None
    reason: Unclaimed | None = None
    remarks: tuple[Remark, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def charges(self) -> Money:
        """Interest and indemnity that are still owed."""
        return self.interest - self.interest_paid + self.indemnity - self.indemnity_paid

    @property
    def total(self) -> Money:
        """All that is still owed in the invoice's currency."""
        return self.principal + self.charges
