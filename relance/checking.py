"""What `relance check` looks at: configuration, secrets, and every text in every language; no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relance.config import ConfigError, check_config, load_config
from relance.config.check import used_plans

if TYPE_CHECKING:
    from pathlib import Path

    from relance.config import Problem


def check_all(path: Path) -> list[Problem]:
    """List everything that is wrong; texts are looked at only when the configuration itself can be read."""
    problems = list(check_config(path))
    try:
        config = load_config(path)
    except ConfigError:
        return problems
    from relance.template_check import check_templates  # noqa: PLC0415 (slow to load)
    from relance.wiring import template_folders  # noqa: PLC0415 (slow to load)

    # Any plan may be chosen for a customer, so every template that a level names counts for every company.
    named = {level.template for plan in config.plans.values() for level in plan.levels if level.template}
    seen: set[tuple[Path, ...]] = set()
    for company in config.companies:
        folders = template_folders(config, company)
        if folders not in seen:
            seen.add(folders)
            problems += [one for one in check_templates(folders, named) if one not in problems]
    return problems


def plans_told(path: Path) -> list[str]:
    """Say which plans there are, one line each: their levels with the day of each, and who uses them."""
    config = load_config(path)
    lines = ["plans:"]
    for plan_id, plan in config.plans.items():
        levels = ", ".join(f"{level.offset:+d} {level.level_id}" for level in plan.levels)
        users = [one.company_id for one in config.companies if plan_id in used_plans(one)]
        used = f"; {', '.join(users)}" if users else ""
        lines.append(f"  {plan_id}: {levels}{used}")
    return lines
