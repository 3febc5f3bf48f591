"""Commands around a customer's record: customer, customers import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RelanceError
from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, print_table, say, warn

if TYPE_CHECKING:
    from engine.model import Customer


class SettingError(RelanceError):
    """A setting is written KEY=VALUE."""


@click.command()
@click.argument("customer_id", metavar="ID")
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change the record; may be repeated.")
@as_json_option
@pass_asked
def customer(asked: Asked, customer_id: str, settings: tuple[str, ...], *, as_json: bool) -> ExitStatus:
    """Show a customer's record, or change it: what is set here wins over the books."""
    from relance.customer_file import customer_document, find_customer  # noqa: PLC0415 (loaded when called)
    from relance.installation import author  # noqa: PLC0415 (loaded when called)

    pairs = [_pair(setting) for setting in settings]
    installation = asked.installation()
    with installation.store() as store:
        company_id = find_customer(installation, store, customer_id)
        plans = installation.config.plans
        for key, value in pairs:
            if key == "plan" and value and value not in plans:
                raise SettingError(f"there is no plan {value!r}; there are: {', '.join(sorted(plans))}")
        _check_pace(dict(pairs), store.customer(company_id, customer_id))
        _check_area(dict(pairs), store.customer(company_id, customer_id), installation.company(company_id).country)
        for key, value in pairs:
            store.set_customer(company_id, customer_id, key, value, author(), installation.clock.now())
        record = store.customer(company_id, customer_id)
    document = customer_document(company_id, record)
    if as_json:
        print_json({"customer": document})
    else:
        rows = [[key, str(value)] for key, value in document.items() if value not in (None, [], "")]
        print_table("", ["key", "value"], rows)
    return ExitStatus.DONE


def _check_pace(settings: dict[str, str], known: Customer) -> None:
    """Refuse a pace without its last day: a slower pace is for a while, and says for how long."""
    wanted = settings.get("pace", str(known.pace_days or ""))
    until = settings.get("pace_until", str(known.pace_until or ""))
    if settings.keys() & {"pace", "pace_until"} and wanted and not until:
        raise SettingError("a slower pace needs its last day: --set pace=+7 --set pace_until=2026-12-31")


def _check_area(settings: dict[str, str], known: Customer, home: str) -> None:
    """Refuse a part of a country whose public holidays are not known: nobody would see that they are not kept."""
    from relance.config.places import check_area  # noqa: PLC0415 (loaded when called)

    part = settings.get("subdivision", known.subdivision)
    if not settings.keys() & {"subdivision", "country"} or not part:
        return
    try:
        check_area(settings.get("country") or known.country or home, part)
    except ValueError as error:
        raise SettingError(f"subdivision: {error}") from error


def _pair(setting: str) -> tuple[str, str]:
    key, separator, value = setting.partition("=")
    if not separator or not key.strip():
        raise SettingError(f"{setting!r} is not of the form KEY=VALUE")
    return key.strip(), value.strip()


@click.group()
def customers() -> None:
    """Work on many customers at once."""


@customers.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
@pass_asked
def import_file(asked: Asked, file: Path, *, as_json: bool) -> ExitStatus:
    """Import contacts from a CSV: customer_id, name, email, and optionally role, phone, address, language, kind, country, terms."""
    from connectors.files.contacts import read_contacts  # noqa: PLC0415 (loaded when called)
    from relance.installation import author  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    if len(installation.companies) != 1:
        raise SettingError("say for which company the file is: relance --company ID customers import FILE")
    company = installation.companies[0]
    read = read_contacts(file)
    with installation.store() as store:
        changed = store.import_contacts(
            company.company_id, list(read.customers.values()), author(), installation.clock.now()
        )
    remarks = list(read.remarks)
    if read.terms:
        remarks.append("payment terms are read where the file stands under books.contacts in the configuration")
    if as_json:
        bad = [{"file": bad.file, "line": bad.line, "reason": bad.reason} for bad in read.bad_lines]
        print_json({"changed": changed, "bad_lines": bad, "remarks": remarks})
    else:
        say(f"{changed} customers changed")
        for remark in remarks:
            say(remark)
        for line in read.bad_lines:
            warn(f"{line.file}:{line.line}: {line.reason}")
    return ExitStatus.NEEDS_A_PERSON if read.bad_lines else ExitStatus.DONE
