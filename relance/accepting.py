"""Accepting a first connection's backlog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import RelanceError
from relance.installation import author
from relance.wiring import setup_of

if TYPE_CHECKING:
    from relance.config import CompanyConfig
    from relance.installation import Installation
    from state.store import Store


class UnknownLevelError(RelanceError):
    """The company's plan has no level of this id."""


def accept_backlog(installation: Installation, store: Store, company: CompanyConfig, sent_level: str | None) -> int:
    """Let what was open at the first connection be reminded; return how many items were marked as sent by an earlier tool."""
    setup = setup_of(installation.config, company)
    plan = setup.plans[setup.default_plan]
    levels = [level for level in plan.levels if not level.before_due]
    if sent_level is not None and sent_level not in {level.level_id for level in levels}:
        known = ", ".join(level.level_id for level in levels)
        raise UnknownLevelError(
            f"plan {plan.plan_id} has no level {sent_level!r} after the due date; there are: {known}"
        )
    now = installation.clock.now()
    today = setup.calendar.local(now).date()
    passed = []
    for level in levels if sent_level is not None else []:
        passed.append(level)
        if level.level_id == sent_level:
            break
    return store.accept_backlog(company.company_id, author(), now, accepted_on=today, earlier=passed)
