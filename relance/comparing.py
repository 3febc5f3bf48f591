"""What another plan would change: today's decisions under this configuration and under another one, side by side."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import RelanceError
from engine.explain import explain
from engine.model import Hold
from relance.config import ConfigError, load_config
from relance.config.load import read_config
from relance.documents import day
from relance.running import plan_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from engine.model import Decision
    from engine.run import Planned
    from relance.config import Config
    from relance.documents import Document
    from relance.installation import Installation
    from relance.running import CompanyRun
    from state.store import Store

_Key = tuple[str, str]


class NothingToCompareError(RelanceError):
    """The other file holds neither a company of this configuration nor a plan."""


def diff_document(installation: Installation, store: Store, other: Path, today: date | None) -> Document:
    """Give what `plan --diff` reports: every open item on which the other file decides otherwise, and the mails of the day.

    `other` is a whole configuration, or a file of plans alone, which then replace those of the same id. Raises
    ConfigError, NothingToCompareError.
    """
    config = other_config(installation.config, other)
    known = {company.company_id: company for company in config.companies}
    both = [company for company in installation.companies if company.company_id in known]
    if not both:
        raise NothingToCompareError(f"{other} holds none of the companies asked for, and no plan")
    now = plan_all(replace(installation, companies=tuple(both)), store, today, everything=True)
    changed = replace(installation, config=config, companies=tuple(known[one.company_id] for one in both))
    then = plan_all(changed, store, today, everything=True)
    before, after = dict(_decided(now)), dict(_decided(then))
    changes = [
        _change(key, before[key], after[key]) for key in before if key in after and _differs(before[key], after[key])
    ]
    return {
        "today": day(now[0].as_of),
        "other": str(other),
        "companies": [company.company_id for company in both],
        "changes": changes,
        "unchanged": len(before) - len(changes),
        "notices": {"now": _notices(now), "then": _notices(then)},
    }


def other_config(config: Config, other: Path) -> Config:
    """Read what is compared with: a configuration with companies as it stands, else its plans laid over this one's."""
    reading = read_config(other)
    if reading.root is not None and not reading.root.companies:
        # Companies that lie in files of their own are those of this configuration: only what the file says counts.
        own = [problem for problem in reading.problems if problem.file == str(other)]
        if own:
            raise ConfigError(own)
        if not reading.root.plans:
            raise NothingToCompareError(f"{other} holds neither companies nor plans")
        return replace(config, plans={**config.plans, **reading.root.plans})
    return load_config(other)


class _Row:
    """One item's decision, with what names it."""

    def __init__(self, run: CompanyRun, planned: Planned, decision: Decision) -> None:
        self.run, self.planned, self.decision = run, planned, decision
        self.item = next(item for item in planned.case.items if item.item_id == decision.item_id)


def _decided(runs: list[CompanyRun]) -> Iterator[tuple[_Key, _Row]]:
    for run in runs:
        for planned in run.planned:
            for decision in planned.outcome.decisions:
                yield (run.company.company_id, decision.item_id), _Row(run, planned, decision)


def _differs(before: _Row, after: _Row) -> bool:
    return _told(before) != _told(after)


def _told(row: _Row) -> Mapping[str, object]:
    decision = row.decision
    hold = decision if isinstance(decision, Hold) else None
    return {
        "plan": row.planned.plan.plan_id,
        "action": "hold" if hold else "remind",
        "level": decision.level_id or None,
        "channel": decision.channel.value if decision.channel else None,
        "on": None if isinstance(decision, Hold) else day(decision.on),
        "until": day(hold.until) if hold else None,
        "reason": hold.reason.value if hold else None,
    }


def _change(key: _Key, before: _Row, after: _Row) -> Document:
    customer = before.planned.case.customer
    return {
        "company": key[0],
        "customer_id": before.item.customer_id,
        "customer": customer.name,
        "number": before.item.number,
        "balance": str(before.item.balance),
        "currency": before.item.currency,
        "now": dict(_told(before)),
        "then": dict(_told(after))
        | {
            "explanation": explain(after.decision, after.item, after.planned.plan, customer, after.run.company.language)
        },
    }


def _notices(runs: list[CompanyRun]) -> Document:
    """Count the notices of the day itself, by level."""
    leaving = [
        notice
        for run in runs
        for planned in run.planned
        for notice in planned.outcome.notices
        if notice.on == run.as_of
    ]
    return {"count": len(leaving), "per_level": dict(Counter(notice.level_id for notice in leaving))}
