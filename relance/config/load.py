"""Reading the configuration: everything that is wrong with it is found in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.errors import RelanceError
from relance.config.document import Document, Node, read_document
from relance.config.messages import problems_of
from relance.config.presets import PRESETS
from relance.config.problems import ConfigError, Problem
from relance.config.schema import CompanyConfig, RootConfig, VaultConfig
from relance.config.schema_plan import PlanConfig, preset_plans
from relance.config.values import Context, closest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from relance.config.schema_people import CollaboratorConfig, FirmConfig

COMPANY_FOLDER = "companies"

_Model = TypeVar("_Model", bound=BaseModel)


class UnknownCompanyError(RelanceError):
    """There is no company of this id in the configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration as a whole, checked; every path in it is absolute or relative to the working directory as `path` is."""

    path: Path
    firm: FirmConfig
    data_dir: Path
    plans: Mapping[str, PlanConfig]
    companies: tuple[CompanyConfig, ...]
    vault: VaultConfig
    rates: Path | None = None
    collaborators: tuple[CollaboratorConfig, ...] = ()

    @property
    def base(self) -> Path:
        """The folder of the main file, which relative paths start from."""
        return self.path.parent

    def company(self, company_id: str) -> CompanyConfig:
        """Find a company by its id; raise UnknownCompanyError with the nearest one."""
        for company in self.companies:
            if company.company_id == company_id:
                return company
        near = closest(company_id, [company.company_id for company in self.companies])
        raise UnknownCompanyError(f"there is no company {company_id}{near}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A company that could be read, with the file, the place and the tree it was read from."""

    company: CompanyConfig
    file: str
    prefix: str
    node: Node


@dataclass(slots=True, kw_only=True)
class Reading:
    """What could be read, and what is wrong with the rest."""

    path: Path
    root: RootConfig | None = None
    plans: Mapping[str, PlanConfig] = field(default_factory=dict)
    companies: list[Placed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load_config(path: Path) -> Config:
    """Read the configuration; raise ConfigError with every problem found in it."""
    reading = read_config(path)
    if reading.problems or reading.root is None:
        raise ConfigError(reading.problems)
    return Config(
        path=path,
        firm=reading.root.firm,
        data_dir=reading.root.data_dir,
        plans=reading.plans,
        companies=tuple(placed.company for placed in reading.companies),
        vault=reading.root.vault,
        rates=reading.root.rates,
        collaborators=reading.root.collaborators,
    )


def read_config(path: Path) -> Reading:
    """Read the main file and the companies' own files, as far as they can be read."""
    reading = Reading(path=path)
    main = read_document(path)
    reading.problems += main.problems
    raw = _mapping_of(main, reading)
    context = Context(base=path.parent, plan_ids=_plan_ids(raw), known={})
    if main.root is not None and raw is not None:
        reading.root = _checked(RootConfig, main.root, raw, main.file, "", context, reading)
        if reading.root is not None:
            # A plan that is written replaces the built-in one of its name.
            reading.plans = preset_plans() | reading.root.plans
        _read_list(main, raw, context, reading)
    _read_folder(path.parent / COMPANY_FOLDER, context, reading)
    _refuse_same_ids(reading)
    _refuse_unknown_companies(main, reading)
    return reading


def _refuse_unknown_companies(main: Document, reading: Reading) -> None:
    """Refuse collaborators of companies that there are not; where a company cannot be read, its id is not known either."""
    if reading.root is None or reading.problems:
        return
    known = [placed.company.company_id for placed in reading.companies]
    listed = main.root.child("collaborators") if main.root is not None else None
    for index, one in enumerate(reading.root.collaborators):
        node = listed[1].items[index] if listed is not None and listed[1].items else None
        place = node.child("companies") if node is not None else None
        for company_id in one.companies or ():
            if company_id not in known:
                message = f"there is no company {company_id}{closest(company_id, known)}"
                key = f"collaborators[#{index + 1}].companies"
                line = place[0] if place is not None else None
                reading.problems.append(Problem(file=main.file, key=key, line=line, message=message))


def _mapping_of(document: Document, reading: Reading) -> dict[str, Any] | None:
    raw = document.root.plain() if document.root is not None else None
    if isinstance(raw, dict):
        return raw
    if document.root is not None:
        message = "must hold keys and values (key: value); see config.example.yaml"
        reading.problems.append(Problem(file=document.file, key="", line=document.root.line, message=message))
    return None


def _plan_ids(raw: dict[str, Any] | None) -> tuple[str, ...]:
    plans = raw.get("plans") if raw is not None else None
    return tuple(dict.fromkeys([*(plans if isinstance(plans, dict) else ()), *PRESETS]))


def _checked(
    model: type[_Model], node: Node, raw: object, file: str, prefix: str, context: Context, reading: Reading
) -> _Model | None:
    try:
        return model.model_validate(raw, context=context)
    except ValidationError as error:
        reading.problems += problems_of(error, file=file, root=node, raw=raw, prefix=prefix, known=context.known)
        return None


def _read_list(main: Document, raw: dict[str, Any], context: Context, reading: Reading) -> None:
    companies = main.root.child("companies") if main.root is not None else None
    if companies is None or companies[1].items is None:
        return
    for index, (node, value) in enumerate(zip(companies[1].items, raw["companies"], strict=True)):
        named = value.get("id") if isinstance(value, dict) else None
        prefix = f"companies[{named}]" if isinstance(named, (str, int)) and named else f"companies[#{index + 1}]"
        company = _checked(CompanyConfig, node, value, main.file, prefix, context, reading)
        if company is not None:
            reading.companies.append(Placed(company=company, file=main.file, prefix=prefix, node=node))


def _read_folder(folder: Path, context: Context, reading: Reading) -> None:
    try:
        files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    except OSError:
        return  # no folder: all companies are in the main file
    for file in files:
        if file.suffix == ".yml":
            message = "is not read: company files end in .yaml; rename it"
            reading.problems.append(Problem(file=str(file), key="", line=None, message=message))
        if file.suffix != ".yaml":
            continue
        document = read_document(file)
        reading.problems += document.problems
        raw = _mapping_of(document, reading)
        if document.root is None or raw is None:
            continue
        company = _checked(CompanyConfig, document.root, raw, document.file, "", context, reading)
        if company is not None:
            reading.companies.append(Placed(company=company, file=document.file, prefix="", node=document.root))


def _refuse_same_ids(reading: Reading) -> None:
    first: dict[str, Placed] = {}
    for placed in reading.companies:
        # Folders are named after companies, and some file systems do not tell capitals from small letters.
        same = first.setdefault(placed.company.company_id.casefold(), placed)
        if same is not placed:
            line, _ = placed.node.child("id") or (placed.node.line, placed.node)
            message = f"there is already a company {same.company.company_id} ({same.file}); each needs its own id"
            key = f"{placed.prefix}.id" if placed.prefix else "id"
            reading.problems.append(Problem(file=placed.file, key=key, line=line, message=message))
