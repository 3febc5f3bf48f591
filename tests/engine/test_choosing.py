"""Planning with rules and limits over a store: what is read for whom, and what a run writes down."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.calendar import BusinessCalendar
from engine.kinds import HoldReason, Mode
from engine.model import Contact, Customer, Hold
from engine.records import CaseFile, CompanyState
from engine.rules import AmountBound, Condition, PlanRule
from engine.run import plan_company, plan_in_turn, queue_company
from engine.setup import CompanySetup
from engine.spread import Ramp, Spread
from engine.standing import DaysLate
from tests.fakes.customer_life import STANDARD, case_file, invoice
from tests.fakes.plan_store import PlanNotes

if TYPE_CHECKING:
    from engine.plan import Plan

MONDAY = date(2026, 3, 9)
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
GENTLE = replace(
    STANDARD, plan_id="gentle", levels=tuple(replace(one, offset=one.offset + 7) for one in STANDARD.levels)
)
SLOW = PlanRule(condition=Condition(days_late_over=15), plan_id="gentle")


def case(customer_id: str = "C1", *, due: date = date(2026, 3, 2), **more: Any) -> CaseFile:
    customer = Customer(
        customer_id=customer_id, name=customer_id, contacts=(Contact(email="ap@client.example"),), **more
    )
    item = replace(invoice(f"F-{customer_id}", due_on=due), customer_id=customer_id)
    return case_file([item], customer=customer)


def notes(*cases: CaseFile, **more: Any) -> PlanNotes:
    state = CompanyState(company_id="dupont", backlog_accepted=True, sync_complete=True, known_until=MONDAY)
    return PlanNotes(state=state, cases={one.customer.customer_id: one for one in cases}, **more)


def setup(*rules: PlanRule, **more: Any) -> CompanySetup:
    plans: dict[str, Plan] = {"standard": STANDARD, "gentle": GENTLE}
    known: dict[str, Any] = {
        "company_id": "dupont", "mode": Mode.AUTO, "plans": plans, "default_plan": "standard",
        "calendar": BusinessCalendar(), "max_age_days": 5, "fingerprint": "f", "rules": rules,
    }  # fmt: skip
    return CompanySetup(**(known | more))


def test_a_rule_chooses_the_plan_and_each_decision_says_so() -> None:
    store = notes(case(), late={"C1": DaysLate(invoices=4, days=72)})
    (planned,) = plan_company(setup(SLOW), store, MONDAY, NOW)
    assert planned.plan is GENTLE
    assert dict(planned.outcome.decisions[0].facts)["plan_average"] == "18.0"


def test_history_is_read_only_where_a_rule_asks_and_nobody_set_a_plan() -> None:
    tagged = PlanRule(condition=Condition(tag="vip"), plan_id="gentle")
    for rules, one in (((tagged,), case()), ((SLOW,), case(plan="gentle"))):
        store = notes(one)
        list(plan_company(setup(*rules), store, MONDAY, NOW))
        assert not [told for told in store.told if told.startswith("days late")]


def test_a_plan_that_has_left_the_configuration_is_the_companys() -> None:
    (planned,) = plan_company(setup(), notes(case(plan="gone")), MONDAY, NOW)
    assert planned.plan is STANDARD
    assert "plan" not in dict(planned.outcome.decisions[0].facts)


def test_an_item_is_looked_at_on_the_day_on_which_time_alone_may_change_its_plan() -> None:
    # F-C2 is overdue from Mon 23 March on; until then nothing else would have it looked at.
    overdue = AmountBound(currency="EUR", over=Decimal(50), overdue=True)
    store = notes(case("C2", due=date(2026, 3, 22), do_not_contact=True))
    queue_company(setup(PlanRule(condition=Condition(amount=overdue), plan_id="gentle")), store, MONDAY, NOW)
    (_, look_on) = store.decisions["i-F-C2"]
    assert look_on == date(2026, 3, 23)


def test_a_customer_is_not_written_to_on_their_own_holiday() -> None:
    # Thu 4 June 2026 is Corpus Christi in Bavaria.
    thursday = date(2026, 6, 4)
    bavarian = case("B", due=date(2026, 5, 30), country="DE", subdivision="BY")
    store = notes(bavarian, case("F", due=date(2026, 5, 30)))
    store.state = replace(store.state, known_until=thursday)
    queue_company(setup(), store, thursday, NOW)
    assert [one.customer_id for one in store.queued] == ["F"]


def test_what_goes_beyond_the_limit_is_held_and_not_queued() -> None:
    store = notes(case("C1"), case("C2"), case("C3"), taken=1)
    queue_company(setup(spread=Spread(per_day=2)), store, MONDAY, NOW)
    assert [one.customer_id for one in store.queued] == ["C1"]
    held = [one for one, _ in store.decisions.values() if isinstance(one, Hold)]
    assert [one.reason for one in held] == [HoldReason.CAP_REACHED] * 2
    assert {look for one, look in store.decisions.values() if isinstance(one, Hold)} == {date.min}


@pytest.mark.parametrize(("used", "leave"), [(0, 1), (1, 3)])
def test_a_ramp_counts_the_days_of_use(used: int, leave: int) -> None:
    store = notes(*(case(f"C{n}") for n in range(4)), used=used)
    queue_company(setup(spread=Spread(ramp=Ramp(start=1, step=2))), store, MONDAY, NOW)
    assert len(store.queued) == leave


def test_one_customer_is_decided_in_their_turn() -> None:
    store = notes(case("C1"), case("C2"))
    spread = setup(spread=Spread(per_day=1))
    found = [plan_in_turn(spread, store, name, MONDAY, NOW).outcome.decisions[0] for name in ("C1", "C2")]
    assert [isinstance(one, Hold) for one in found] == [False, True]
    store.due = ()
    assert plan_in_turn(spread, store, "C2", MONDAY, NOW).case.customer.customer_id == "C2"
