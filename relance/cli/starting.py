"""Commands for a start: init, check, demo, and the small ones that need no books: due-date, backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.errors import RelanceError
from relance.cli.context import (
    Asked,
    ExitStatus,
    as_json_option,
    pass_asked,
    print_json,
    say,
    today_option,
    warn,
)

if TYPE_CHECKING:
    from datetime import date, datetime

    from relance.config.starter import StarterAnswers


class ConfigExistsError(RelanceError):
    """There is a configuration already; init never overwrites one."""


@click.command()
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults.")
@pass_asked
def init(asked: Asked, *, yes: bool) -> ExitStatus:
    """Write a commented config.yaml, asking the few things it needs."""
    from relance.config.starter import StarterAnswers, starter_config  # noqa: PLC0415 (loaded when called)

    path = asked.config_path
    if path.exists():
        raise ConfigExistsError(f"{path} exists already; edit it, or name another file with --config")
    answers = StarterAnswers() if yes else _ask(StarterAnswers())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(starter_config(answers), encoding="utf-8")
    say(f"{path} is written, in mode preview: nothing leaves until you say so.")
    say("Next: relance check, relance sync, relance plan --all")
    return ExitStatus.DONE


def _ask(defaults: StarterAnswers) -> StarterAnswers:
    from relance.config.starter import PROVIDERS, StarterAnswers  # noqa: PLC0415 (loaded when called)

    provider = click.prompt(
        "Your books: an FEC export or a CSV of invoices", type=click.Choice(PROVIDERS), default="fec"
    )
    usual = "exports/" if provider == "fec" else "invoices.csv"
    return StarterAnswers(
        company_name=click.prompt("Name of the company", default=defaults.company_name),
        provider=provider,
        path=click.prompt("Where the file (or the folder of files) is", default=usual),
        sender=click.prompt("Address that reminders come from", default=defaults.sender),
        smtp_host=click.prompt("Mail server (empty: later)", default="", show_default=False),
    )


@click.command()
@as_json_option
@pass_asked
def check(asked: Asked, *, as_json: bool) -> ExitStatus:
    """Check configuration, secrets, templates and plans; touches no network."""
    from relance.checking import check_all, plans_told  # noqa: PLC0415 (loaded when called)
    from relance.config.check import advise_config  # noqa: PLC0415 (loaded when called)

    problems, advice = check_all(asked.config_path), advise_config(asked.config_path)
    if as_json:
        listed = [{"where": one.where, "line": one.line, "message": one.message} for one in problems]
        advised = [{"where": one.where, "line": one.line, "message": one.message} for one in advice]
        print_json({"ok": not problems, "problems": listed, "advice": advised})
    else:
        for problem in [*problems, *advice]:
            warn(str(problem))
        say("ok" if not problems else f"{len(problems)} problems")
        if not problems:
            for line in plans_told(asked.config_path):
                say(line)
    return ExitStatus.NEEDS_A_PERSON if problems else ExitStatus.DONE


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default="relance-demo", help="Where its files go.")
@today_option
@as_json_option
def demo(folder: Path, *, today: date | None, as_json: bool) -> ExitStatus:
    """Show the whole main job on a fictional firm of four companies, over sixty simulated days."""
    from relance.demo.show import play  # noqa: PLC0415 (loaded when called)
    from relance.demo.story import FIRST_DAY  # noqa: PLC0415 (loaded when called)
    from relance.demo.telling import summary_told  # noqa: PLC0415 (loaded when called)

    document = play(folder, today or FIRST_DAY, warn if as_json else say)
    if as_json:
        print_json(document)
    else:
        summary_told(document, say)
    return ExitStatus.NEEDS_A_PERSON if document["problems"] or document["doubles"] else ExitStatus.DONE


@click.command("due-date")
@click.option("--terms", required=True, help='Payment terms as written on the invoice: "45 jours fin de mois".')
@click.option("--issued", required=True, type=click.DateTime(formats=["%Y-%m-%d"]), help="The invoice's date.")
@as_json_option
def due_date(terms: str, issued: datetime, *, as_json: bool) -> ExitStatus:
    """Work out a due date from payment terms, and say how they were read."""
    from relance.terms import due_date_document  # noqa: PLC0415 (loaded when called)

    document = due_date_document(terms, issued.date())
    if as_json:
        print_json(document)
        return ExitStatus.DONE
    say(f"{document['due_on']}  ({document['reading']})")
    for other in document["alternatives"]:
        say(f"  {other['due_on']}  ({other['reading']})")
    return ExitStatus.DONE


@click.command()
@click.option("--to", "target", type=click.Path(path_type=Path), help="The folder (else backups/ in data_dir).")
@as_json_option
@pass_asked
def backup(asked: Asked, target: Path | None, *, as_json: bool) -> ExitStatus:
    """Copy the store safely while anything runs, and check the copy."""
    installation = asked.installation()
    with installation.store() as store:
        path = store.backup(target or installation.data_dir / "backups", installation.clock.now())
    if as_json:
        print_json({"path": str(path), "bytes": path.stat().st_size})
    else:
        say(str(path))
    return ExitStatus.DONE
