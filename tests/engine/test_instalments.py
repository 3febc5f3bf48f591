"""Plans in instalments: what can be agreed, and how one is judged on what came in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide import next_action_on
from engine.instalments import PlanOutcome, judge_instalments, objection, with_instalments_judged
from engine.kinds import HoldKind, HoldReason
from engine.model import Instalment
from engine.money import Money
from tests.builders import eur, money
from tests.fakes.case_builders import DUE, FRANCE, decided, decision_of, held, hold_of, said
from tests.fakes.customer_life import STANDARD, case_file, invoice

F1, F2 = invoice("F1", due_on=DUE), invoice("F2", due_on=DUE)
# Fri 20 Mar, Mon 20 Apr, Wed 20 May 2026: judged after Tue 24 Mar, Wed 22 Apr, Fri 22 May.
DAYS = (date(2026, 3, 20), date(2026, 4, 20), date(2026, 5, 20))


def plan_of(*received: str, amounts: tuple[str, ...] = ("30.00", "30.00", "40.00")) -> tuple[Instalment, ...]:
    return tuple(
        Instalment(plan_id="i1", due_on=on, amount=eur(amount), received=eur(part))
        for on, amount, part in zip(DAYS, amounts, received, strict=True)
    )


def judged(lines: tuple[Instalment, ...], on: str, known: str = "") -> PlanOutcome:
    as_of = date.fromisoformat(on)
    return judge_instalments(lines, STANDARD, FRANCE, as_of, date.fromisoformat(known or on)).outcome


def test_an_instalment_is_missed_only_after_two_working_days_of_grace_on_books_that_reach_there() -> None:
    nothing = plan_of("0.00", "0.00", "0.00")
    assert judged(nothing, "2026-03-24") is PlanOutcome.PENDING
    assert judged(nothing, "2026-03-25") is PlanOutcome.MISSED
    assert judged(nothing, "2026-03-25", known="2026-03-23") is PlanOutcome.PENDING
    assert judged(nothing, "2026-03-25", known="2026-03-24") is PlanOutcome.MISSED


def test_what_is_missing_counts_only_beyond_the_tolerance_and_adds_up() -> None:
    almost = plan_of("29.00", "0.00", "0.00")
    assert judged(almost, "2026-03-25") is PlanOutcome.PENDING
    assert judged(plan_of("28.99", "0.00", "0.00"), "2026-03-25") is PlanOutcome.MISSED
    assert judged(plan_of("30.00", "29.00", "0.00"), "2026-04-23") is PlanOutcome.PENDING


def test_the_verdict_names_the_instalment_and_how_much_was_missing() -> None:
    lines = plan_of("30.00", "10.00", "0.00")
    verdict = judge_instalments(lines, STANDARD, FRANCE, date(2026, 4, 23), date(2026, 4, 23))
    assert verdict.outcome is PlanOutcome.MISSED
    assert dict(verdict.facts()) == {
        "position": "2", "missed_on": "2026-04-20", "amount": "30.00 EUR", "missing": "20.00 EUR",
    }  # fmt: skip
    assert judge_instalments((), STANDARD, FRANCE, DUE, DUE).facts() == ()


def test_a_plan_is_kept_through_once_all_of_it_came_in_however_early() -> None:
    assert judged(plan_of("30.00", "30.00", "39.00"), "2026-03-01") is PlanOutcome.KEPT
    assert judged(plan_of("30.00", "30.00", "38.99"), "2026-03-01") is PlanOutcome.PENDING
    assert judged(plan_of("30.00", "30.00", "38.99"), "2026-05-23") is PlanOutcome.MISSED


def test_a_plan_in_force_holds_its_items_until_its_next_judgement() -> None:
    agreed = replace(held(HoldKind.INSTALMENTS, item=F1), plan_id="i1")
    case = replace(case_file([F1, F2], holds=[agreed]), instalments=plan_of("30.00", "0.00", "0.00"))
    hold = hold_of(decided(case, date(2026, 3, 25)), "F1", HoldReason.INSTALMENTS)
    assert (hold.until, next_action_on(hold)) == (date(2026, 4, 22), date(2026, 4, 23))
    assert (dict(hold.facts)["next_on"], dict(hold.facts)["next_amount"]) == ("2026-04-20", "30.00 EUR")
    assert said(decided(case, date(2026, 3, 25)))["F2"] == "first"


def test_a_missed_plan_lets_its_items_go_on_and_says_so() -> None:
    agreed = tuple(replace(held(HoldKind.INSTALMENTS, item=one, hold_id=one.number), plan_id="i1") for one in (F1, F2))
    case = replace(case_file([F1, F2], holds=agreed), instalments=plan_of("0.00", "0.00", "0.00"))
    on = date(2026, 3, 25)
    holds = with_instalments_judged(case, STANDARD, FRANCE, on, on)
    assert {hold.broken_on for hold in holds} == {on}
    outcome = decided(replace(case, holds=holds), on)
    assert said(outcome) == {"F1": "first", "F2": "first"}
    assert dict(decision_of(outcome, "F1").facts)["instalments_missed_on"] == "2026-03-25"
    kept = replace(case, instalments=plan_of("30.00", "30.00", "40.00"))
    assert with_instalments_judged(kept, STANDARD, FRANCE, on, on) == ()


ENOUGH = eur("1.00")


@pytest.mark.parametrize(
    ("amounts", "balance", "said_"),
    [
        (("30.00", "30.00", "40.00"), "100.00", ""),
        (("30.00", "30.00", "40.00"), "101.00", ""),
        (("30.00", "30.00", "40.00"), "99.00", ""),
        (("30.00", "30.00", "40.00"), "101.01", "make 100.00 EUR, the invoices owe 101.01 EUR"),
        (("30.00", "30.00", "40.00"), "98.99", "make 100.00 EUR, the invoices owe 98.99 EUR"),
    ],
)
def test_a_plan_is_for_what_is_owed(amounts: tuple[str, ...], balance: str, said_: str) -> None:
    lines = list(zip(DAYS, map(eur, amounts), strict=True))
    found = objection(lines, eur(balance), ENOUGH)
    assert found == "" if said_ == "" else said_ in found


def test_days_rise_and_there_is_at_least_one() -> None:
    assert "the days must rise: 2026-03-20" in objection(
        [(DAYS[1], eur("50.00")), (DAYS[0], eur("50.00"))], eur("100.00"), ENOUGH
    )
    assert "must rise" in objection([(DAYS[0], eur("50.00"))] * 2, eur("100.00"), ENOUGH)
    assert objection([], eur("100.00"), ENOUGH) == "the plan has no instalment"


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6), st.integers(0, 30_000), st.integers(0, 200))
def test_money_that_covers_all_that_is_due_never_misses_and_money_that_does_not_always_does(
    amounts: list[int], received: int, days: int
) -> None:
    lines, left = [], received
    for number, amount in enumerate(amounts):
        part = min(left, amount)
        left -= part
        due_on = date(2026, 1, 5) + timedelta(days=14 * number)
        lines.append(
            Instalment(
                plan_id="i1",
                due_on=due_on,
                amount=Money(minor=amount, currency="EUR"),
                received=Money(minor=part, currency="EUR"),
            )
        )
    on = date(2026, 1, 5) + timedelta(days=days)
    due = sum(one.amount.minor for one in lines if FRANCE.add_working_days(one.due_on, 2) < on)
    outcome = judge_instalments(lines, STANDARD, FRANCE, on, on).outcome
    assert (outcome is PlanOutcome.MISSED) == (due - received > 100)
    assert (outcome is PlanOutcome.KEPT) == (sum(amounts) - received <= 100)


def test_a_currency_without_decimals_has_a_tolerance_of_its_own() -> None:
    line = Instalment(plan_id="i1", due_on=DAYS[0], amount=money("3000", "JPY"), received=money("2999", "JPY"))
    assert judged((line,), "2026-03-25") is PlanOutcome.KEPT
