"""What `relance doctor` looks at: the configuration, this machine, and each company's books and mail as they answer now."""

from __future__ import annotations

import shutil
import stat
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import distributions, packages_distributions
from typing import TYPE_CHECKING, Final

from connectors.registry import registered, unusable
from engine.charge_law import MRO
from engine.errors import RelanceError
from engine.rates import HalfYear
from relance.checking import check_all
from relance.doctor_company import Check, company_checks
from relance.installation import DATABASE, open_installation
from relance.rates import rates_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from relance.installation import Installation
    from state.store import Store

OUR_PACKAGES: Final = ("connectors", "engine", "relance", "state", "templates")
# The living library of this family is python-quickbooks; the other is of 2014 and takes its import name.
_DEAD_QUICKBOOKS: Final = "quickbooks-python"
_LEAST_FREE_BYTES: Final = 200 * 2**20
_CLOCK_SLACK: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that was looked at."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing needs a person."""
        return all(check.ok for check in self.checks)


def examine(config_path: Path, company_id: str | None) -> Findings:
    """Look at everything that can be looked at; what is wrong with one thing hides no other."""
    checks = [*_packages(), *_connectors()]
    problems = check_all(config_path)
    checks += [
        Check(
            name="configuration",
            ok=False,
            message=f"{problem.file}:{problem.line}: {problem.key} {problem.message}".strip(),
            advice="correct it, then run relance check",
        )
        for problem in problems
    ]
    if not problems:
        checks.append(Check(name="configuration", ok=True, message=f"{config_path} can be used"))
    try:
        installation = open_installation(config_path, company_id)
    except RelanceError:
        return Findings(checks=tuple(checks))
    checks += _disk(installation)
    checks += _rates(installation)
    try:
        with installation.store() as store:
            checks += _clock(installation, store)
            for company in installation.companies:
                checks += company_checks(installation, company, store)
    except RelanceError as error:
        checks.append(Check(name="database", ok=False, message=str(error), advice="see docs/commands.md, backup"))
    return Findings(checks=tuple(checks))


def _packages() -> Iterator[Check]:
    owners = packages_distributions()
    foreign = {name: sorted({*owners.get(name, [])} - {"relance"}) for name in OUR_PACKAGES}
    found = [f"{', '.join(others)} also owns {name}" for name, others in foreign.items() if others]
    installed = {(one.metadata["Name"] or "").lower() for one in distributions()}
    if _DEAD_QUICKBOOKS in installed:
        found.append(f"{_DEAD_QUICKBOOKS} is installed, which takes the import name of python-quickbooks")
    yield Check(
        name="packages",
        ok=not found,
        message="; ".join(found) or "no other package takes one of Relance's names",
        advice="install Relance in an environment of its own (pipx, uv tool)" if found else "",
    )


def _connectors() -> Iterator[Check]:
    """Name the connectors of other distributions; nothing of theirs is loaded."""
    found = registered()
    if not found:
        return
    wrong = sorted({why for one in found if (why := unusable(one))})
    yield Check(
        name="connectors",
        ok=not wrong,
        message="; ".join(wrong) or ", ".join(f"{one.name} by {one}" for one in found),
        advice="relance itself works on; the companies that use it do not" if wrong else "",
    )


def _disk(installation: Installation) -> Iterator[Check]:
    place = installation.data_dir
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    yield Check(
        name="disk",
        ok=free >= _LEAST_FREE_BYTES,
        message=f"{free // 2**20} MiB are free at {place}",
        advice="" if free >= _LEAST_FREE_BYTES else "make room: nothing is sent that could not be recorded",
    )
    exposed = [
        path.name
        for path in (place, place / DATABASE, place / "vault.db")
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    yield Check(
        name="data directory",
        ok=not exposed,
        message=f"other users of this machine can read {', '.join(exposed)}" if exposed else "only its owner reads it",
        advice=f"chmod -R go= {place}" if exposed else "",
    )


def _rates(installation: Installation) -> Iterator[Check]:
    """Say until when interest can be reckoned; a half-year that is missing stops formal notices, and nothing else."""
    today = HalfYear.of(installation.clock.now().date())
    try:
        newest = rates_with(installation.config.rates).newest(MRO)
    except RelanceError as error:
        yield Check(name="rates", ok=False, message=str(error), advice="correct the file, then run relance rates check")
        return
    known = newest is not None and newest >= today
    yield Check(
        name="rates",
        ok=True,
        message=f"rates of interest are known up to {newest}" + ("" if known else f"; those of {today} are missing"),
        advice="" if known else "add them to a file of rates (see docs/commands.md) and name it under rates",
    )


def _clock(installation: Installation, store: Store) -> Iterator[Check]:
    now = installation.clock.now()
    states = [store.company_state(company.company_id) for company in installation.companies]
    latest = max((state.synced_at for state in states if state.synced_at is not None), default=None)
    back = latest is not None and latest - now > _CLOCK_SLACK
    yield Check(
        name="clock",
        ok=not back,
        message=f"it is {now:%Y-%m-%d %H:%M} UTC here"
        + (f", and the last sync was at {latest:%Y-%m-%d %H:%M} UTC" if latest is not None and back else ""),
        advice="set this machine's clock (timedatectl set-ntp true)" if back else "",
    )
