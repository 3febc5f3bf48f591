"""Which plan a customer is chased by: the rules, what they look at, and the arithmetic that a person can check.

Payment history is looked at as a plain average that is shown with its figures. It chooses between plans and nothing
else: no customer is ever left out, or let through, because of it (CNIL, délibération 2021-130; GDPR art. 22).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.standing import LATE_WINDOW_DAYS, DaysLate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from engine.kinds import CustomerKind
    from engine.model import Customer, Facts
    from engine.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountBound:
    """Bounds on what a customer owes in a currency: more than `over`, less than `under`, of all or of what is overdue."""

    currency: str
    over: Decimal | None = None
    under: Decimal | None = None
    overdue: bool = False

    def holds(self, standing: Standing) -> bool:
        """Tell whether the amount lies strictly within the bounds."""
        amount = standing.amount(self.currency, overdue=self.overdue).amount
        return (self.over is None or amount > self.over) and (self.under is None or amount < self.under)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a customer must be for a rule to apply; all that is given must hold.

    `country` is the customer's, or the company's own where the books say none. `currency` is one in which something is
    open. `days_late_over` is an average over at least three invoices.
    """

    tag: str = ""
    kind: CustomerKind | None = None
    country: str = ""
    currency: str = ""
    amount: AmountBound | None = None
    days_late_over: int | None = None

    def holds(self, customer: Customer, standing: Standing, home: str) -> bool:
        """Tell whether all that is given holds."""
        return (
            (not self.tag or self.tag in customer.tags)
            and (self.kind is None or self.kind is customer.kind)
            and (not self.country or self.country == (customer.country or home))
            and (not self.currency or any(one.currency == self.currency and one.minor > 0 for one in standing.open))
            and (self.amount is None or self.amount.holds(standing))
            and (self.days_late_over is None or (standing.late or DaysLate()).over(self.days_late_over))
        )

    def facts(self, standing: Standing) -> Facts:
        """Say what the condition looked at and found."""
        facts: Facts = ()
        if self.tag:
            facts += (("plan_tag", self.tag),)
        if self.kind is not None:
            facts += (("plan_kind", self.kind.value),)
        if self.country:
            facts += (("plan_country", self.country),)
        if self.currency:
            facts += (("plan_currency", self.currency),)
        if self.amount is not None:
            facts += _amount_facts(self.amount, standing)
        if self.days_late_over is not None and standing.late is not None:
            facts += (
                ("plan_paid", str(standing.late.invoices)),
                ("plan_days", str(standing.late.days)),
                ("plan_average", str(standing.late.average)),
                ("plan_late_over", str(self.days_late_over)),
            )
        return facts


def _amount_facts(bound: AmountBound, standing: Standing) -> Facts:
    amount = standing.amount(bound.currency, overdue=bound.overdue)
    facts: Facts = (("plan_overdue" if bound.overdue else "plan_open", f"{amount} {amount.currency}"),)
    if bound.over is not None:
        facts += (("plan_over", f"{bound.over} {bound.currency}"),)
    if bound.under is not None:
        facts += (("plan_under", f"{bound.under} {bound.currency}"),)
    return facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRule:
    """A plan for the customers that fulfil a condition."""

    condition: Condition
    plan_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The plan of a customer on a day, what it was chosen by, and the first day on which time alone may change it."""

    plan_id: str
    facts: Facts = ()
    recheck_on: date | None = None


def looks_at_history(rules: Sequence[PlanRule]) -> bool:
    """Tell whether any rule asks how late a customer pays, so that nobody else's history is read."""
    return any(rule.condition.days_late_over is not None for rule in rules)


def choose(rules: Sequence[PlanRule], default: str, customer: Customer, standing: Standing, home: str = "") -> Choice:
    """Choose a customer's plan: the one a person set, else that of the first rule that holds, else the company's."""
    if customer.plan:
        return Choice(plan_id=customer.plan, facts=(("plan", customer.plan), ("plan_by", "person")))
    recheck_on = _recheck_on(rules, standing)
    for place, rule in enumerate(rules, start=1):
        if rule.condition.holds(customer, standing, home):
            facts = (("plan", rule.plan_id), ("plan_rule", str(place)), *rule.condition.facts(standing))
            return Choice(plan_id=rule.plan_id, facts=facts, recheck_on=recheck_on)
    return Choice(plan_id=default, recheck_on=recheck_on)


def _recheck_on(rules: Sequence[PlanRule], standing: Standing) -> date | None:
    days: list[date] = []
    if standing.next_overdue_on and any(rule.condition.amount and rule.condition.amount.overdue for rule in rules):
        days.append(standing.next_overdue_on)
    if standing.late is not None and standing.late.oldest_on is not None and looks_at_history(rules):
        days.append(standing.late.oldest_on + timedelta(days=LATE_WINDOW_DAYS + 1))
    return min(days, default=None)
