"""What `relance check` says of the configuration: what load refuses, and what is missing outside the file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from engine.charge_law import FR_LEGAL
from engine.charge_remarks import floor_of
from engine.errors import BooksError
from engine.kinds import Channel
from relance.config.identity import identity_advice
from relance.config.load import Placed, read_config
from relance.config.logo import LogoError, read_logo
from relance.config.places import HOME
from relance.config.problems import ConfigError, Problem
from relance.config.schema_books import CsvBooks, FecBooks, PluginBooks, SageBooks
from relance.config.schema_rules import shadowed_by
from relance.config.secrets import Secret, SecretMissingError
from relance.config.values import closest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relance.config.load import Reading
    from relance.config.schema import CompanyConfig
    from relance.config.schema_pay import DocumentsConfig
    from relance.config.schema_plan import PlanConfig

_Keys = tuple[str | int, ...]


def check_config(path: Path) -> list[Problem]:
    """List everything that is wrong, in reading order; companies that can be read are checked whatever others hold."""
    reading = read_config(path)
    problems = list(reading.problems)
    if not reading.companies and not problems:
        message = "there is no company yet: add one under companies, or as a file of its own in companies/"
        problems.append(Problem(file=str(path), key="companies", line=1, message=message))
    problems += _rates_of(reading)
    problems += _firm_secrets(reading)
    for placed in reading.companies:
        problems += [_at(placed, keys, message) for keys, message in _missing(placed, reading.plans)]
    return ConfigError(problems).problems


def _firm_secrets(reading: Reading) -> Iterator[Problem]:
    """Find secrets of the firm's own mail settings that are missing, or that others can read."""
    for keys, secret in secrets_in(reading.root.firm, ("firm",)) if reading.root is not None else ():
        name = ".".join(str(key) for key in keys)
        try:
            secret.reveal()
        except SecretMissingError as error:
            yield Problem(file=str(reading.path), key=name, line=None, message=str(error))
        if secret.exposed():
            message = f"{secret.place} can be read by other users of this machine: chmod 600"
            yield Problem(file=str(reading.path), key=name, line=None, message=message)


def _rates_of(reading: Reading) -> Iterator[Problem]:
    """Check the firm's own file of rates, and each contract's rate against the lowest one that the law allows."""
    from relance.rates import RatesFileError, packaged_rates, rates_with  # noqa: PLC0415 (only a check reads them)

    rates = packaged_rates()
    named = reading.root.rates if reading.root is not None else None
    try:
        rates = rates_with(named)
    except RatesFileError as error:
        for one in error.problems:
            yield Problem(file=str(named), key=one.where, line=None, message=one.message)
    half_year = rates.newest(FR_LEGAL)
    for placed in reading.companies:
        late_rate = placed.company.late_rate
        if late_rate is None or placed.company.country != HOME or half_year is None:
            continue
        if late_rate < (floor := floor_of(rates, half_year)):
            message = (
                f"{late_rate} % is below the lowest rate that the law allows between businesses: {floor} % in "
                f"{half_year}, three times the legal interest (C. com. L441-10); leave it out and the law's applies"
            )
            yield _at(placed, ("late_rate",), message)


def _missing(placed: Placed, plans: Mapping[str, PlanConfig]) -> Iterator[tuple[_Keys, str]]:
    for keys, secret in secrets_in(placed.company):
        try:
            secret.reveal()
        except SecretMissingError as error:
            yield keys, str(error)
        if secret.exposed():
            yield keys, f"{secret.place} can be read by other users of this machine: chmod 600"
    yield from _rules_that_never_decide(placed.company)
    yield from _unknown_signatories(placed.company, plans)
    books = placed.company.books
    if isinstance(books, FecBooks | CsvBooks | SageBooks):
        yield from _sent_by_provider(placed.company, plans)
    if isinstance(books, FecBooks):
        yield from _absent(("books", "path"), books.path)
        yield from _absent(("books", "contacts"), books.contacts)
    elif isinstance(books, CsvBooks):
        yield from _absent(("books", "invoices"), books.invoices)
    elif isinstance(books, PluginBooks):
        yield from _unusable(books.provider)
    yield from _missing_papers(placed.company)
    if placed.company.brand.logo is not None:
        try:
            read_logo(placed.company.brand.logo)
        except LogoError as error:
            yield ("brand", "logo"), str(error)


def _missing_papers(company: CompanyConfig) -> Iterator[tuple[_Keys, str]]:
    """Find papers that are not where they should be: every mail would leave without them."""
    if isinstance(company.books, FecBooks | CsvBooks):
        yield from _no_folder(company.books.documents)
    if company.terms is not None:
        yield from _no_terms(company.terms)


def _no_folder(documents: DocumentsConfig | None) -> Iterator[tuple[_Keys, str]]:
    kinds = [("invoice", documents.invoice), *documents.further()] if documents is not None else []
    for kind, pattern in kinds:
        folder = Path((pattern or "").partition("{")[0] + "-").parent
        if pattern is not None and not os.path.isdir(folder):  # noqa: PTH112 (as in _absent)
            yield ("books", "documents", kind), f"there is no folder {folder}"


def _no_terms(path: Path) -> Iterator[tuple[_Keys, str]]:
    from connectors.files.documents import named_document  # noqa: PLC0415 (only where a company has terms)

    found, remark = named_document(path.parent, path.name)
    if found is None:
        yield ("terms",), remark or f"there is nothing at {path}"


def _rules_that_never_decide(company: CompanyConfig) -> Iterator[tuple[_Keys, str]]:
    """Find rules that an earlier one leaves nobody for."""
    for place in range(len(company.plan_rules)):
        earlier = shadowed_by(company.plan_rules, place)
        if earlier is not None:
            message = (
                f"never decides: rule {earlier + 1} fits whomever it fits, and comes first; put it above, or drop it"
            )
            yield ("plan_rules", place), message


def advise_config(path: Path) -> list[Problem]:
    """List what stops nothing and should be mended all the same: who sends a formal notice must be said in full."""
    reading = read_config(path)
    return [
        _at(placed, ("legal",), message)
        for placed in reading.companies
        if (message := identity_advice(placed.company, _plans_of(placed.company, reading.plans)))
    ]


def _plans_of(company: CompanyConfig, plans: Mapping[str, PlanConfig]) -> list[PlanConfig]:
    return [plans[name] for name in used_plans(company) if name in plans]


def used_plans(company: CompanyConfig) -> dict[str, None]:
    """Name the plans that a company gives its customers."""
    return dict.fromkeys([company.plan, *(rule.plan for rule in company.plan_rules)])


def _unknown_signatories(company: CompanyConfig, plans: Mapping[str, PlanConfig]) -> Iterator[tuple[_Keys, str]]:
    """Find levels that are signed by somebody whom the company does not name."""
    for plan_id in used_plans(company):
        plan = plans.get(plan_id)
        for level in plan.levels if plan is not None else ():
            if level.signatory is not None and level.signatory not in company.signatories:
                named = f"level {level.level_id} of plan {plan_id} is signed by {level.signatory}"
                advice = closest(level.signatory, company.signatories) or "; add it under signatories"
                yield ("signatories",), f"{named}, who is not among the company's signatories{advice}"


def _sent_by_provider(company: CompanyConfig, plans: Mapping[str, PlanConfig]) -> Iterator[tuple[_Keys, str]]:
    """Find levels that go by the provider's own mail, which these books do not have."""
    for plan_id in used_plans(company):
        plan = plans.get(plan_id)
        for level in plan.levels if plan is not None else ():
            silence = level.after_silence.channel if level.after_silence is not None else None
            if Channel.PROVIDER in {level.channel, silence}:
                message = f"level {level.level_id} of plan {plan_id} has channel provider, but {company.books.provider} books send no mail"
                yield ("plan",), f"{message}: use channel: email"


def _unusable(provider: str) -> Iterator[tuple[_Keys, str]]:
    from connectors.registry import find  # noqa: PLC0415 (what is installed is looked through only where it is used)

    try:
        find(provider)
    except BooksError as error:
        yield ("books", "provider"), str(error)


def _absent(keys: _Keys, path: Path | None) -> Iterator[tuple[_Keys, str]]:
    if path is not None and not os.path.exists(path):  # noqa: PTH110 (Path.exists raises for a name that is too long)
        yield keys, f"there is nothing at {path}"


def secrets_in(section: BaseModel, keys: _Keys = ()) -> Iterator[tuple[_Keys, Secret]]:
    """Find every secret of a section, with its keys as the file writes them."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        here = (*keys, field.alias or name)
        if isinstance(value, Secret):
            yield here, value
        elif isinstance(value, PluginBooks):
            yield from ((here + inner, secret) for inner, secret in value.secrets())
        elif isinstance(value, BaseModel):
            yield from secrets_in(value, here)


def _at(placed: Placed, keys: _Keys, message: str) -> Problem:
    line, node = placed.node.line, placed.node
    for key in keys:
        found = node.child(key)
        if found is None:
            break
        line, node = found
    name = placed.prefix
    for key in keys:
        name += f"[#{key + 1}]" if isinstance(key, int) else f".{key}" if name else key
    return Problem(file=placed.file, key=name, line=line, message=message)
