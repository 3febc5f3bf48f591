"""The plan of one customer on one day: the rules, applied to what the store knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.rules import choose, looks_at_history
from engine.standing import standing_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from engine.model import Customer, Facts, OpenItem
    from engine.plan import Plan
    from engine.setup import CompanySetup
    from engine.standing import DaysLate


class PaymentHistory(Protocol):
    """What choosing a plan needs of the store."""

    def days_late(self, company_id: str, customer_id: str, as_of: date) -> DaysLate:
        """Add up how late a customer settled the invoices of the year before a day."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A customer's plan with what it was chosen by; `recheck_on` is the first day on which time alone may change it."""

    plan: Plan
    facts: Facts = ()
    recheck_on: date | None = None


def chosen_plan(
    setup: CompanySetup, store: PaymentHistory, customer: Customer, items: Iterable[OpenItem], as_of: date
) -> Chosen:
    """Choose the plan that a customer is chased by; the company's own where the one named has left the configuration.

    `items` are the customer's open items. Payment history is read only where a rule asks for it.
    """
    asks = looks_at_history(setup.rules) and not customer.plan
    late = store.days_late(setup.company_id, customer.customer_id, as_of) if asks else None
    choice = choose(setup.rules, setup.default_plan, customer, standing_of(items, as_of, late), setup.calendar.country)
    plan = setup.plans.get(choice.plan_id)
    if plan is None:
        return Chosen(plan=setup.plans[setup.default_plan], recheck_on=choice.recheck_on)
    return Chosen(plan=plan, facts=choice.facts, recheck_on=choice.recheck_on)
