"""Sections of the configuration: the dunning plans and their levels."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from engine.kinds import AttachmentKind, Channel, Charges, ContactRole, Grouping, Tone
from engine.plan import ASK_AFTER_DAYS_LATE, MOST_CONTACTS
from relance.config.base import Section, problem_at
from relance.config.presets import PRESETS, STANDARD
from relance.config.values import Amount, Context, Count, Flag, Identifier, Whole, closest

# Other mails carry their purpose where a reminder carries its level; a level of that name could not be told apart.
RESERVED_LEVELS: Final = frozenset(
    {"thank_you", "broken_promise", "instalment", "statement", "confirmation", "digest", "extra"}
)


_MAILED: Final = frozenset({Channel.EMAIL, Channel.PROVIDER})


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Roles = Annotated[tuple[ContactRole, ...], BeforeValidator(_one_or_more), Field(min_length=1)]


class AfterSilenceConfig(Section):
    """Another channel for a level whose customer did not react to those before it."""

    channel: Channel
    levels: Annotated[Count, Field(ge=1, le=20)] = 2


class LevelConfig(Section):
    """One level of a plan, as written."""

    level_id: Identifier = Field(alias="id")
    offset: Whole
    channel: Channel
    tone: Tone
    deadline_days: Annotated[Count, Field(ge=1, le=365)] | None = None
    charges: Charges = Charges.NONE
    approval: Flag = Field(default=False, validate_default=True)
    to: Roles = (ContactRole.BILLING,)
    cc: tuple[ContactRole, ...] = ()
    template: Identifier | None = None
    min_amount: Amount | None = None
    max_amount: Amount | None = None
    signatory: Identifier | None = None
    copy_owner: Flag = False
    attachments: tuple[AttachmentKind, ...] = (AttachmentKind.INVOICE,)
    after_silence: AfterSilenceConfig | None = None

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

    @field_validator("max_amount")
    @classmethod
    def _is_no_less_than_the_least(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        least = info.data.get("min_amount")
        if value is not None and least is not None and value < least:
            raise ValueError(f"is less than min_amount ({least}): no invoice could have this level")
        return value

    @field_validator("copy_owner")
    @classmethod
    def _copies_a_mail(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("channel") not in {Channel.EMAIL, None}:
            raise ValueError("only a level with channel: email can be copied to the account owner")
        return value

    @field_validator("after_silence")
    @classmethod
    def _changes_the_channel(cls, value: AfterSilenceConfig | None, info: ValidationInfo) -> AfterSilenceConfig | None:
        if value is not None and value.channel is info.data.get("channel"):
            raise problem_at(f"is {value.channel.value}, as the level's own: name another", "after_silence", "channel")
        if value is not None and info.data.get("offset", 0) < 0:
            raise ValueError("before the due date there is nothing to react to: leave after_silence out")
        return value


class CustomerCapConfig(Section):
    """No more than so many contacts of one customer in any so many days."""

    contacts: Annotated[Count, Field(ge=1, le=MOST_CONTACTS)]
    days: Annotated[Count, Field(ge=1, le=365)]


class PlanConfig(Section):
    """One dunning plan, as written: its levels in the order in which they come.

    With `preset` it starts from a built-in plan, and what is written beside it replaces the preset's own.
    """

    preset: Identifier | None = None
    group: Grouping = Grouping.CUSTOMER
    min_gap_days: Annotated[Count, Field(le=365)] = 5
    min_balance: Amount = Decimal("5.00")
    levels: tuple[LevelConfig, ...]
    thank_you: Flag = True
    ask_after_days_late: Count = ASK_AFTER_DAYS_LATE
    promise_tolerance: Amount = Decimal("1.00")
    customer_cap: CustomerCapConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _start_from_the_preset(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict) or data.get("preset") is None:
            return data
        if isinstance(info.context, Context):
            info.context.known[id(data)] = cls.keys()
        # A preset that does not exist is told at its own key; any levels will do until then.
        start = PRESETS.get(str(data["preset"]), PRESETS[STANDARD])
        return start | {key: value for key, value in data.items() if value is not None}

    @field_validator("preset")
    @classmethod
    def _exists(cls, value: str | None) -> str | None:
        if value is not None and value not in PRESETS:
            raise ValueError(
                f"there is no preset {value}{closest(value, PRESETS) or '; there is ' + ', '.join(PRESETS)}"
            )
        return value

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
            after_due = sum(1 for earlier in levels[:index] if earlier.offset >= 0)
            if level.after_silence is not None and level.after_silence.levels > after_due:
                message = f"can never apply: only {after_due} levels after the due date come before this one"
                raise problem_at(message, "levels", index, "after_silence")
        return levels


def preset_plans() -> dict[str, PlanConfig]:
    """Give the built-in plans by their name."""
    return {name: PlanConfig.model_validate(written) for name, written in PRESETS.items()}


def standard_plan() -> PlanConfig:
    """Give the plan that applies where none is configured."""
    return PlanConfig.model_validate(PRESETS[STANDARD])
