# ruff: noqa: TC001 (pydantic reads these annotations when the program runs)
"""Sections of the configuration: the dunning plans and their levels."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from engine.model import Channel, Charges, ContactRole, Grouping, Tone
from engine.plan import ASK_AFTER_DAYS_LATE
from relance.config.base import Section, problem_at
from relance.config.values import Amount, Count, Flag, Identifier, Whole

# Other mails carry their purpose where a reminder carries its level; a level of that name could not be told apart.
RESERVED_LEVELS: Final = frozenset(
    {"thank_you", "broken_promise", "instalment", "statement", "confirmation", "digest", "extra"}
)


class LevelConfig(Section):
    """One level of a plan, as written."""

    level_id: Identifier = Field(alias="id")
    offset: Whole
    channel: Channel
    tone: Tone
    deadline_days: Annotated[Count, Field(ge=1, le=365)] | None = None
    charges: Charges = Charges.NONE
    approval: Flag = Field(default=False, validate_default=True)
    to: ContactRole = ContactRole.BILLING
    cc: tuple[ContactRole, ...] = ()
    template: Identifier | None = None

    @field_validator("level_id")
    @classmethod
    def _is_not_a_purpose(cls, value: str) -> str:
        if value in RESERVED_LEVELS:
            raise ValueError("is the name of another kind of mail; give the level another id")
        return value

    @field_validator("deadline_days")
    @classmethod
    def _has_no_deadline_before_due(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("offset", 0) < 0:
            raise ValueError("a level before the due date sets no deadline: leave deadline_days out")
        return value

    @field_validator("charges")
    @classmethod
    def _has_no_charges_before_due(cls, value: Charges, info: ValidationInfo) -> Charges:
        if value is not Charges.NONE and info.data.get("offset", 0) < 0:
            raise ValueError("nothing is owed for lateness before the due date: leave charges out")
        return value

    @field_validator("approval")
    @classmethod
    def _formal_is_always_approved(cls, value: bool, info: ValidationInfo) -> bool:
        return value or info.data.get("tone") is Tone.FORMAL


class PlanConfig(Section):
    """One dunning plan, as written: its levels in the order in which they come."""

    group: Grouping = Grouping.CUSTOMER
    min_gap_days: Annotated[Count, Field(le=365)] = 5
    min_balance: Amount = Decimal("5.00")
    levels: tuple[LevelConfig, ...]
    thank_you: Flag = True
    ask_after_days_late: Count = ASK_AFTER_DAYS_LATE
    promise_tolerance: Amount = Decimal("1.00")

    @field_validator("levels")
    @classmethod
    def _rise(cls, levels: tuple[LevelConfig, ...]) -> tuple[LevelConfig, ...]:
        if not levels:
            raise ValueError("has no level: a plan needs at least one")
        seen: set[str] = set()
        for index, level in enumerate(levels):
            if level.level_id in seen:
                raise problem_at(
                    f"there is already a level {level.level_id}; each needs its own", "levels", index, "id"
                )
            seen.add(level.level_id)
            before = levels[index - 1] if index else None
            if before is not None and level.offset <= before.offset:
                message = f"must be later than the {before.offset} days of the level before it ({before.level_id})"
                raise problem_at(message, "levels", index, "offset")
        return levels


def standard_plan() -> PlanConfig:
    """Give the plan that applies where none is configured."""
    return PlanConfig.model_validate({
        "levels": [
            {"id": "pre_due", "offset": -5, "channel": "email", "tone": "friendly"},
            {"id": "first", "offset": 5, "channel": "email", "tone": "friendly", "deadline_days": 8},
            {"id": "second", "offset": 15, "channel": "email", "tone": "firm", "deadline_days": 8},
            {
                "id": "third", "offset": 30, "channel": "email", "tone": "final", "deadline_days": 8,
                "charges": "show", "cc": ["director"],
            },
            {
                "id": "formal", "offset": 45, "channel": "registered_letter", "tone": "formal", "deadline_days": 8,
                "charges": "claim", "approval": True,
            },
        ]
    })  # fmt: skip
