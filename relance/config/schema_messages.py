# ruff: noqa: TC001 (pydantic reads these annotations when the program runs)
"""Sections of the configuration: what customers are told besides reminders."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from engine.setup import Confirm
from relance.config.base import Section
from relance.config.values import Amount, Count, Flag

# A statement leaves on its day or later; after the 28th a month may have no such day, and its last one is taken.
_LAST_DAY = 31
_LONGEST_ANSWER = 90


class ConfirmationsConfig(Section):
    """Whether customers are told in writing of the disputes, promises and instalments that were recorded."""

    dispute: Confirm = Confirm.NEVER
    promise: Confirm = Confirm.NEVER
    instalments: Confirm = Confirm.NEVER
    answer_days: Annotated[Count, Field(ge=1, le=_LONGEST_ANSWER)] = 10


class StatementsConfig(Section):
    """When customers get a statement of account, and which of them do."""

    day: Annotated[Count, Field(ge=1, le=_LAST_DAY)] = 1
    only_overdue: Flag = True
    min_balance: Amount = Decimal(0)
