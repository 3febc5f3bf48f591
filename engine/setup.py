"""What the loops are told about one company before they start."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.kinds import HoldKind
from engine.rules import choose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from engine.calendar import BusinessCalendar
    from engine.kinds import Mode
    from engine.model import Customer
    from engine.plan import Plan
    from engine.rules import PlanRule
    from engine.spread import Spread
    from engine.standing import Standing


class Confirm(StrEnum):
    """Whether a customer is told in writing of what was recorded: never, when a person has released it, or at once."""

    NEVER = "never"
    ASK = "ask"
    SEND = "send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmations:
    """What a company confirms to its customers; a dispute is answered, and a plan agreed to, within `answer_days`."""

    dispute: Confirm = Confirm.NEVER
    promise: Confirm = Confirm.NEVER
    instalments: Confirm = Confirm.NEVER
    answer_days: int = 10

    def of(self, kind: HoldKind) -> Confirm:
        """Give what applies to a kind of record; what is none of these is never confirmed."""
        known = {
            HoldKind.DISPUTE: self.dispute,
            HoldKind.PROMISE: self.promise,
            HoldKind.INSTALMENTS: self.instalments,
        }
        return known.get(kind, Confirm.NEVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """When statements leave: on the first sending day on or after `day` of each month (its last day where it is shorter).

    With `only_overdue` to those alone who owe something past its due date; to nobody who owes less than `min_balance` in
    every currency (major units).
    """

    day: int = 1
    only_overdue: bool = True
    min_balance: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySetup:
    """A company's settings as the loops need them.

    `rules` give some customers another plan than the company's (`engine.choosing` applies them); `spread` says how many
    notices may leave in a day; `fingerprint` changes when anything does that decisions follow from. `statements` is None
    where none leave on schedule.
    """

    company_id: str
    mode: Mode
    plans: Mapping[str, Plan]
    default_plan: str
    calendar: BusinessCalendar
    max_age_days: int
    fingerprint: str
    redirect_to: str = ""
    rules: tuple[PlanRule, ...] = ()
    spread: Spread | None = None
    confirmations: Confirmations = field(default_factory=Confirmations)
    statements: Statements | None = None

    def plan_of(self, customer: Customer, standing: Standing) -> Plan:
        """Give the plan of a customer who stands so; the company's where the one named has left the configuration."""
        choice = choose(self.rules, self.default_plan, customer, standing, self.calendar.country)
        return self.plans.get(choice.plan_id) or self.plans[self.default_plan]

    def calendar_for(self, customer: Customer) -> BusinessCalendar:
        """Give the days on which a customer may be written to: the company's, less the customer's own public holidays."""
        return self.calendar.for_customer(customer.country, customer.subdivision, customer.postcode)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessTime:
    """The day a run works for, and whether mail may leave at this hour.

    With a business day given by the user, business time is the start of that day's send window; real instants still
    drive leases and retries.
    """

    as_of: date
    open: bool


def business_time(calendar: BusinessCalendar, now: datetime, today: date | None) -> BusinessTime:
    """Give the business day: the one asked for, else the local day of the company's time zone."""
    if today is not None:
        return BusinessTime(as_of=today, open=calendar.is_sending_day(today))
    return BusinessTime(as_of=calendar.local(now).date(), open=calendar.is_open(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A task that planning asks of a person; `key` names the situation, so that it is asked once."""

    key: str
    kind: str
    customer_id: str
    item_id: str
    facts: tuple[tuple[str, str], ...] = field(default=())
