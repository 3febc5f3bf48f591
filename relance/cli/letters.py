"""Commands for letters: letters, posted, presented."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, print_table, say

if TYPE_CHECKING:
    from datetime import date, datetime

    from relance.documents import Document


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


_DAY = click.DateTime(formats=["%Y-%m-%d"])
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--all", "everything", is_flag=True, help="Those already posted, too.")
@click.option(
    "--copy-to", "target", type=click.Path(path_type=Path, file_okay=False), help="Copy the letters to post there."
)
@as_json_option
@pass_asked
def letters(asked: Asked, *, everything: bool, target: Path | None, as_json: bool) -> ExitStatus:
    """List the letters to print and post, with the file of each."""
    from relance.posting import copy_letters, letters_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        document = letters_document(installation, store, everything=everything)
        if target is not None:
            document["copied"] = copy_letters(installation, store, target)
    if as_json:
        print_json(document)
        return ExitStatus.DONE
    names = ("company", "written_on", "customer", "channel", "state", "id", "path")
    rows = [[str(one[name] or "") for name in names] for one in document["letters"]]
    print_table("", ["company", "written", "customer", "channel", "state", "id", "file"], rows)
    return ExitStatus.DONE


@click.command()
@click.argument("reminder_id", metavar="ID")
@click.option("--on", type=_DAY, callback=_day, help="The day it was posted; without it, today.")
@click.option("--registered", "number", default="", metavar="NUMBER", help="The number of the registered letter.")
@click.option("--proof", type=_FILE, help="The receipt of the post office (PDF, PNG or JPEG): kept with the letter.")
@as_json_option
@pass_asked
def posted(
    asked: Asked, reminder_id: str, *, on: date | None, number: str, proof: Path | None, as_json: bool
) -> ExitStatus:
    """Record that a letter was posted."""
    from relance.posting import letter_document, record_posted  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        letter = record_posted(installation, store, reminder_id, on=on, number=number, proof=proof)
        document = letter_document(installation, store, letter)
    return _told(document, as_json=as_json)


@click.command()
@click.argument("reminder_id", metavar="ID")
@click.option("--on", type=_DAY, callback=_day, required=True, help="The day of the first presentation.")
@click.option(
    "--returned",
    type=click.Choice(["unclaimed", "refused", "unknown-address"]),
    help="It came back: not collected, refused, or the addressee is not known there.",
)
@click.option("--proof", type=_FILE, help="The slip that was signed, or the returned envelope (PDF, PNG or JPEG).")
@as_json_option
@pass_asked
def presented(
    asked: Asked, reminder_id: str, *, on: date, returned: str | None, proof: Path | None, as_json: bool
) -> ExitStatus:
    """Record a registered letter's first presentation: its deadline counts from that day."""
    from relance.posting import letter_document, record_presented  # noqa: PLC0415 (loaded when called)
    from state.letters import Returned  # noqa: PLC0415 (loaded when called)

    why = Returned(returned.replace("-", "_")) if returned else None
    installation = asked.installation()
    with installation.store() as store:
        letter = record_presented(installation, store, reminder_id, on=on, returned=why, proof=proof)
        document = letter_document(installation, store, letter)
    return _told(document, as_json=as_json)


def _told(document: Document, *, as_json: bool) -> ExitStatus:
    if as_json:
        print_json({"changed": 1, "letter": document})
    else:
        deadline = f", deadline {document['deadline_on']}" if document["deadline_on"] else ""
        say(f"{document['id']}: {document['state'].replace('_', ' ')}{deadline}")
    return ExitStatus.DONE
