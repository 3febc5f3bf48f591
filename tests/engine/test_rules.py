"""Which plan a customer gets, and the figures that are shown with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.kinds import CustomerKind
from engine.money import Money
from engine.rules import AmountBound, Condition, PlanRule, choose, looks_at_history
from engine.standing import NOTHING_KNOWN, DaysLate, Standing, standing_of
from tests.fakes.case_builders import credit
from tests.fakes.customer_life import CUSTOMER, invoice

if TYPE_CHECKING:
    from engine.model import Customer

TODAY = date(2026, 3, 20)
SLOW = DaysLate(invoices=4, days=72, oldest_on=date(2025, 9, 1))


def rule(plan_id: str = "brisk", **condition: Any) -> PlanRule:
    return PlanRule(condition=Condition(**condition), plan_id=plan_id)


def chosen(*rules: PlanRule, customer: Customer = CUSTOMER, standing: Standing = NOTHING_KNOWN) -> str:
    return choose(rules, "standard", customer, standing, "FR").plan_id


def owes(amount: str, currency: str = "EUR", *, overdue: str = "0.00") -> Standing:
    return Standing(open=(Money.of(Decimal(amount), currency),), overdue=(Money.of(Decimal(overdue), currency),))


def test_without_a_rule_that_fits_the_plan_is_the_companys() -> None:
    assert choose((), "standard", CUSTOMER, NOTHING_KNOWN).facts == ()
    assert chosen(rule(tag="vip"), rule(kind=CustomerKind.PUBLIC)) == "standard"


def test_what_a_person_set_goes_before_every_rule() -> None:
    marked = replace(CUSTOMER, plan="gentle", tags=("vip",))
    choice = choose((rule(tag="vip"),), "standard", marked, NOTHING_KNOWN)
    assert (choice.plan_id, dict(choice.facts)) == ("gentle", {"plan": "gentle", "plan_by": "person"})


def test_a_country_that_the_books_do_not_say_is_the_companys_own() -> None:
    assert chosen(rule(country="FR")) == "brisk"
    assert chosen(rule(country="FR"), customer=replace(CUSTOMER, country="DE")) == "standard"
    assert chosen(rule(country="DE"), customer=replace(CUSTOMER, country="DE")) == "brisk"


@pytest.mark.parametrize(("owed", "plan"), [("10000.00", "standard"), ("10000.01", "brisk")])
def test_over_an_amount_begins_above_it(owed: str, plan: str) -> None:
    assert chosen(rule(amount=AmountBound(currency="EUR", over=Decimal(10_000))), standing=owes(owed)) == plan


@pytest.mark.parametrize(("owed", "plan"), [("99.99", "brisk"), ("100.00", "standard")])
def test_under_an_amount_ends_below_it(owed: str, plan: str) -> None:
    assert chosen(rule(amount=AmountBound(currency="EUR", under=Decimal(100))), standing=owes(owed)) == plan


def test_an_amount_counts_in_its_own_currency_and_overdue_apart_from_open() -> None:
    bound = AmountBound(currency="EUR", over=Decimal(1000), overdue=True)
    assert chosen(rule(amount=bound), standing=owes("5000.00")) == "standard"
    assert chosen(rule(amount=bound), standing=owes("5000.00", overdue="1000.01")) == "brisk"
    assert chosen(rule(amount=bound), standing=owes("5000.00", "USD", overdue="5000.00")) == "standard"


def test_a_currency_fits_while_something_is_owed_in_it() -> None:
    assert chosen(rule(currency="USD"), standing=owes("1.00", "USD")) == "brisk"
    assert chosen(rule(currency="USD"), standing=owes("0.00", "USD")) == "standard"
    assert chosen(rule(currency="USD"), standing=owes("1.00")) == "standard"


@pytest.mark.parametrize(
    ("late", "plan"),
    [
        (SLOW, "brisk"),
        (DaysLate(invoices=4, days=61), "brisk"),
        (DaysLate(invoices=4, days=60), "standard"),  # exactly 15: not more
        (DaysLate(invoices=2, days=200), "standard"),  # too few to say anything
        (DaysLate(invoices=3, days=-10), "standard"),
        (None, "standard"),
    ],
)
def test_the_average_is_exact_and_needs_three_invoices(late: DaysLate | None, plan: str) -> None:
    assert chosen(rule(days_late_over=15), standing=Standing(late=late)) == plan


def test_all_that_a_rule_names_must_hold_and_the_first_rule_decides() -> None:
    both = rule("public", tag="vip", kind=CustomerKind.PUBLIC)
    public = replace(CUSTOMER, kind=CustomerKind.PUBLIC)
    assert chosen(both, customer=public) == "standard"
    assert chosen(both, rule(), customer=replace(public, tags=("vip",))) == "public"


def test_a_choice_shows_its_arithmetic() -> None:
    standing = replace(owes("12000.00"), late=SLOW)
    bound = AmountBound(currency="EUR", over=Decimal("10000.00"))
    choice = choose((rule(tag="no"), rule(amount=bound, days_late_over=15)), "standard", CUSTOMER, standing)
    assert dict(choice.facts) == {
        "plan": "brisk", "plan_rule": "2", "plan_open": "12000.00 EUR", "plan_over": "10000.00 EUR",
        "plan_paid": "4", "plan_days": "72", "plan_average": "18.0", "plan_late_over": "15",
    }  # fmt: skip


def test_what_time_alone_may_change_is_looked_at_again_on_that_day() -> None:
    items = [invoice("F1", due_on=date(2026, 3, 25)), invoice("F2", due_on=date(2026, 3, 22))]
    overdue = rule(amount=AmountBound(currency="EUR", over=Decimal(1), overdue=True))
    standing = standing_of(items, TODAY, SLOW)
    assert choose((overdue,), "standard", CUSTOMER, standing).recheck_on == date(2026, 3, 23)
    # The oldest payment, of 1 September 2025, counts for the last time 365 days later.
    assert choose((rule(days_late_over=15),), "standard", CUSTOMER, standing).recheck_on == date(2026, 9, 2)
    assert choose((rule(tag="vip"),), "standard", CUSTOMER, standing).recheck_on is None


def test_a_standing_adds_up_what_is_open_and_overdue_in_each_currency() -> None:
    items = [
        invoice("F1", due_on=date(2026, 3, 1), amount="1000.00"),
        invoice("F2", due_on=date(2026, 3, 20), amount="500.00"),
        replace(invoice("F3", due_on=date(2026, 3, 1), amount="70.00"), unseen=True),
        invoice("F4", due_on=date(2026, 3, 1), amount="10.00", currency="USD"),
        credit("A1", "200.00"),
    ]
    standing = standing_of(items, TODAY)
    assert standing.amount("EUR", overdue=False) == Money.of(Decimal("1300.00"), "EUR")
    assert standing.amount("EUR", overdue=True) == Money.of(Decimal("1000.00"), "EUR")
    assert standing.amount("USD", overdue=True) == Money.of(Decimal("10.00"), "USD")
    assert standing.next_overdue_on == date(2026, 3, 21)


def test_history_is_read_only_where_a_rule_asks_for_it() -> None:
    assert not looks_at_history([rule(tag="vip")])
    assert looks_at_history([rule(tag="vip"), rule(days_late_over=10)])
