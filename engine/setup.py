"""What the loops are told about one company before they start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime

    from engine.calendar import BusinessCalendar
    from engine.model import Customer, Mode
    from engine.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySetup:
    """A company's settings as the loops need them.

    `plan_id_for` names the plan that a customer is chased by (their own, a rule's, or the company's); `fingerprint`
    changes when anything does that decisions follow from.
    """

    company_id: str
    mode: Mode
    plans: Mapping[str, Plan]
    default_plan: str
    plan_id_for: Callable[[Customer], str]
    calendar: BusinessCalendar
    max_age_days: int
    fingerprint: str
    redirect_to: str = ""

    def plan_of(self, customer: Customer) -> Plan:
        """Give the plan that a customer is chased by; the company's where the one named has left the configuration."""
        return self.plans.get(self.plan_id_for(customer)) or self.plans[self.default_plan]


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
