"""What `relance check` looks at: configuration, secrets, and every text in every language; no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from relance.config import ConfigError, check_config, load_config
from relance.config.check import used_plans

if TYPE_CHECKING:
    from pathlib import Path

    from relance.config import CompanyConfig, Config, Problem
    from relance.template_lint import Linted


def check_all(path: Path) -> list[Problem]:
    """List everything that is wrong; texts are looked at only when the configuration itself can be read."""
    problems = list(check_config(path))
    try:
        config = load_config(path)
    except ConfigError:
        return problems
    from relance.letter_check import check_letter_words  # noqa: PLC0415 (slow to load)
    from relance.template_lint import check_texts  # noqa: PLC0415 (slow to load)

    for texts in _texts_of(config):
        found = [*check_texts(texts.folders, texts.named, hosts=texts.hosts), *check_letter_words(texts.folders)]
        problems += [one for one in found if one not in problems]
    return problems


def check_every_text(config: Config) -> Linted:
    """Lint the texts of every company, the package's own included: what is wrong, and what could be better."""
    from relance.letter_check import check_letter_words  # noqa: PLC0415 (slow to load)
    from relance.template_lint import Linted, lint_texts  # noqa: PLC0415 (slow to load)

    errors: dict[Problem, None] = {}
    advice: dict[Problem, None] = {}
    for texts in _texts_of(config):
        linted = lint_texts(texts.folders, texts.named, hosts=texts.hosts)
        errors |= dict.fromkeys([*linted.errors, *check_letter_words(texts.folders)])
        advice |= dict.fromkeys(linted.advice)
    return Linted(errors=tuple(errors), advice=tuple(advice))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """What the texts of a company depend on: its folders, the templates that levels name, the hosts it may link to."""

    folders: tuple[Path, ...]
    named: frozenset[str]
    hosts: frozenset[str]


def _texts_of(config: Config) -> list[_Texts]:
    from relance.wiring import template_folders  # noqa: PLC0415 (slow to load)

    # Any plan may be chosen for a customer, so every template that a level names counts for every company.
    named = frozenset(level.template for plan in config.plans.values() for level in plan.levels if level.template)
    every = [(template_folders(config, company), own_hosts(company)) for company in config.companies]
    # Without texts of one's own, whose links could lead anywhere, one company's texts are like another's.
    alike = dict.fromkeys((folders, hosts if folders else frozenset()) for folders, hosts in every)
    return [_Texts(folders=folders, named=named, hosts=hosts) for folders, hosts in alike]


def own_hosts(company: CompanyConfig) -> frozenset[str]:
    """List the hosts that a company's texts may link to: those of its addresses and payment page, and what it names."""
    mail = company.mail
    addresses = [company.contact.email, *([mail.sender.address, mail.reply_to] if mail is not None else [])]
    domains = {address.rpartition("@")[2].lower() for address in addresses if address}
    page = urlsplit(company.payment_link or "").hostname
    return frozenset({*domains, *company.link_hosts, *([page] if page else [])})


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
