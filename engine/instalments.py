"""Plans in instalments: whether one can be agreed, and whether it is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.holds import judgement_day, tolerance
from engine.kinds import HoldKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import Facts, HoldRecord, Instalment
    from engine.money import Money
    from engine.plan import Plan
    from engine.records import CaseFile


class PlanOutcome(StrEnum):
    """What became of a plan in instalments."""

    PENDING = "pending"
    KEPT = "kept"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a plan stands; of a missed one, which instalment (counted from 1), and what was missing by its day."""

    outcome: PlanOutcome
    position: int = 0
    missed: Instalment | None = None
    missing: Money | None = None

    def facts(self) -> Facts:
        """Give what tells a missed instalment; nothing for a plan that stands."""
        if self.missed is None or self.missing is None:
            return ()
        amount = self.missed.amount
        return (
            ("position", str(self.position)),
            ("missed_on", self.missed.due_on.isoformat()),
            ("amount", f"{amount} {amount.currency}"),
            ("missing", f"{self.missing} {self.missing.currency}"),
        )


def judge_instalments(
    lines: Sequence[Instalment], plan: Plan, calendar: BusinessCalendar, as_of: date, known_until: date
) -> Verdict:
    """Judge a plan on what came in since it was agreed, on books that know payments up to `known_until`.

    It is kept through once all of it has come in, less the tolerance. An instalment is missed when more than the
    tolerance of all that was due by its day is missing after two working days of grace; that is never said on books that
    do not reach to the end of the grace.
    """
    if not lines:
        return Verdict(outcome=PlanOutcome.KEPT)
    enough = tolerance(plan, lines[0].amount.currency)
    missing = lines[0].amount - lines[0].amount
    for position, line in enumerate(lines, start=1):
        missing += line.amount - line.received
        last_day = judgement_day(line.due_on, calendar)
        if missing > enough and last_day < as_of and last_day <= known_until:
            return Verdict(outcome=PlanOutcome.MISSED, position=position, missed=line, missing=missing)
    return Verdict(outcome=PlanOutcome.KEPT if missing <= enough else PlanOutcome.PENDING)


def with_instalments_judged(
    case: CaseFile, plan: Plan, calendar: BusinessCalendar, as_of: date, known_until: date
) -> tuple[HoldRecord, ...]:
    """Give a customer's records as they stand once every plan has been judged: kept ones are gone, missed ones dated."""
    outcomes = {
        plan_id: judge_instalments(
            [one for one in case.instalments if one.plan_id == plan_id], plan, calendar, as_of, known_until
        ).outcome
        for plan_id in dict.fromkeys(one.plan_id for one in case.instalments)
    }
    judged: list[HoldRecord] = []
    for hold in case.holds:
        outcome = outcomes.get(hold.plan_id) if hold.kind is HoldKind.INSTALMENTS and hold.broken_on is None else None
        if outcome is PlanOutcome.MISSED:
            judged.append(replace(hold, broken_on=as_of))
        elif outcome is not PlanOutcome.KEPT:
            judged.append(hold)
    return tuple(judged)


def objection(lines: Sequence[tuple[date, Money]], balance: Money, enough: Money) -> str:
    """Say why instalments cannot be agreed for a balance, "" where they can: days that rise, a sum that is the balance."""
    if not lines:
        return "the plan has no instalment"
    days = [due_on for due_on, _ in lines]
    if late := [later for earlier, later in pairwise(days) if later <= earlier]:
        return f"the days must rise: {late[0].isoformat()} does not come after the one before it"
    total = sum((amount for _, amount in lines), start=balance - balance)
    if total - balance > enough or balance - total > enough:
        return (
            f"the instalments make {total} {total.currency}, the invoices owe {balance} {balance.currency}: "
            "the two must be the same"
        )
    return ""
