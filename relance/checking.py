"""What `relance check` looks at: configuration, secrets, and every text in every language; no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relance.config import ConfigError, check_config, load_config
from relance.config.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path


def check_all(path: Path) -> list[Problem]:
    """List everything that is wrong; texts are looked at only when the configuration itself can be read."""
    problems = list(check_config(path))
    try:
        config = load_config(path)
    except ConfigError:
        return problems
    from relance.template_check import check_templates  # noqa: PLC0415 (slow to load)
    from relance.wiring import template_folders  # noqa: PLC0415 (slow to load)

    seen: set[tuple[Path, ...]] = set()
    for company in config.companies:
        folders = template_folders(config, company)
        if folders in seen:
            continue
        seen.add(folders)
        problems += [
            Problem(file=one.where, key="", line=one.line, message=one.message) for one in check_templates(folders)
        ]
    return problems
