"""Commands that look at what customers read: preview, templates check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say, today_option, warn

if TYPE_CHECKING:
    from datetime import date

    from relance.config import Problem


@click.command()
@click.argument("number")
@click.option(
    "--level", "message", default="", help="A level of the plan, or thank_you, dispute, promise, statement, …"
)
@click.option("--language", default="", help="Another language than the customer's, such as en.")
@click.option("--form", type=click.Choice(["vous", "tu"]), help="Another form of address than the customer's.")
@click.option("--out", "folder", type=click.Path(path_type=Path), help="Where the files go (else data_dir/preview).")
@today_option
@as_json_option
@pass_asked
def preview(
    asked: Asked,
    number: str,
    *,
    message: str,
    language: str,
    form: str | None,
    folder: Path | None,
    today: date | None,
    as_json: bool,
) -> ExitStatus:
    """Write what a customer would read to files: HTML, text, the mail itself, or a letter's PDF. Sends nothing."""
    from engine.kinds import AddressForm  # noqa: PLC0415 (loaded when called)
    from relance.previewing import Wish, preview_item  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    wish = Wish(message=message, language=language, form=AddressForm(form) if form else None)
    with installation.store() as store:
        document = preview_item(installation, store, number, wish, folder, today)
    if as_json:
        print_json(document)
    else:
        for problem in document["problems"]:
            warn(problem)
        say(document["subject"])
        for path in document["files"]:
            say(path)
    return ExitStatus.DONE


@click.group()
def templates() -> None:
    """Look at the texts of reminders, ours and your own."""


@templates.command("check")
@as_json_option
@pass_asked
def check(asked: Asked, *, as_json: bool) -> ExitStatus:
    """Read every text as its customer would: missing mentions, forbidden words, links that lead astray."""
    from relance.checking import check_every_text  # noqa: PLC0415 (loaded when called)
    from relance.config import load_config  # noqa: PLC0415 (loaded when called)

    linted = check_every_text(load_config(asked.config_path))
    if as_json:
        told = {"problems": _listed(linted.errors), "advice": _listed(linted.advice)}
        print_json({"ok": not linted.errors, **told})
    else:
        for problem in linted.errors:
            warn(str(problem))
        for problem in linted.advice:
            warn(f"{problem} (advice)")
        say("ok" if not linted.errors else f"{len(linted.errors)} problems")
    return ExitStatus.NEEDS_A_PERSON if linted.errors else ExitStatus.DONE


def _listed(problems: tuple[Problem, ...]) -> list[dict[str, object]]:
    return [{"where": one.where, "line": one.line, "message": one.message} for one in problems]
