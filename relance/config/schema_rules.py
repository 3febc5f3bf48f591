# ruff: noqa: TC001 (pydantic reads these annotations when the program runs)
"""Sections of the configuration: which customers get which plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from engine.kinds import CustomerKind
from relance.config.base import Section
from relance.config.values import Amount, Context, Count, Identifier, Line, closest


def known_plan(value: str, info: ValidationInfo) -> str:
    """Give the name of a plan; raise ValueError with the nearest one where there is none of this name."""
    known = info.context.plan_ids if isinstance(info.context, Context) else ()
    if known and value not in known:
        raise ValueError(f"there is no plan {value}{closest(value, known) or '; there is ' + ', '.join(known)}")
    return value


class Owed(StrEnum):
    """Which amount a rule looks at."""

    OPEN = "open"
    OVERDUE = "overdue"


Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class AmountCondition(Section):
    """Bounds on what a customer owes in one currency."""

    over: Amount | None = None
    under: Amount | None = None
    of: Owed = Owed.OPEN
    currency: Currency = "EUR"

    @model_validator(mode="after")
    def _leaves_something(self) -> AmountCondition:
        if self.over is None and self.under is None:
            raise ValueError('says nothing; write {over: "10000.00"} or {under: …}')
        if self.over is not None and self.under is not None and self.under <= self.over:
            raise ValueError(f"no amount is both over {self.over} and under {self.under}")
        return self


class RuleCondition(Section):
    """What a customer must be for a rule to apply; all that is given must hold."""

    tag: Line | None = None
    kind: CustomerKind | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    currency: Currency | None = None
    amount: AmountCondition | None = None
    days_late_over: Annotated[Count, Field(le=365)] | None = None

    def said(self) -> dict[str, Any]:
        """Give what the condition asks, by its key."""
        return {key: value for key in type(self).model_fields if (value := getattr(self, key)) is not None}


class PlanRule(Section):
    """A plan for the customers that fulfil a condition; the first rule that fits decides."""

    condition: RuleCondition = Field(alias="if")
    plan: Identifier

    @field_validator("condition")
    @classmethod
    def _says_something(cls, value: RuleCondition) -> RuleCondition:
        if not value.said():
            raise ValueError(
                "says nothing; write {tag: …}, {kind: …}, {country: …}, {amount: …} or {days_late_over: …}"
            )
        return value

    @field_validator("plan")
    @classmethod
    def _exists(cls, value: str, info: ValidationInfo) -> str:
        return known_plan(value, info)


def shadowed_by(rules: tuple[PlanRule, ...], place: int) -> int | None:
    """Give the place of an earlier rule that fits whomever this one fits, so that this one never decides; None for none."""
    wanted = rules[place].condition
    return next((earlier for earlier in range(place) if _covers(rules[earlier].condition, wanted)), None)


def _covers(wide: RuleCondition, narrow: RuleCondition) -> bool:
    """Tell whether every customer who fulfils `narrow` also fulfils `wide`."""
    return all(_implied(key, value, narrow) for key, value in wide.said().items())


def _implied(key: str, wide: Any, narrow: RuleCondition) -> bool:
    value = getattr(narrow, key)
    if value is None:
        return False
    if key == "days_late_over":
        return bool(value >= wide)
    if isinstance(wide, AmountCondition):
        return (
            (value.of, value.currency) == (wide.of, wide.currency)
            and (wide.over is None or (value.over is not None and value.over >= wide.over))
            and (wide.under is None or (value.under is not None and value.under <= wide.under))
        )
    return bool(value == wide)
