"""Commands of account owners and collaborators: take, digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say, today_option

if TYPE_CHECKING:
    from datetime import date, datetime

_DAY = click.DateTime(formats=["%Y-%m-%d"])


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


@click.command()
@click.argument("number", required=False)
@click.option("--customer", "customer_id", metavar="ID", help="Everything of a customer that has reached a level.")
@click.option(
    "--until", type=_DAY, callback=_day, help="The last day before the next level; else the level's own time."
)
@click.option("--on", type=_DAY, callback=_day, help="The day of the contact; today where not given.")
@click.option("--note", default="", help="What was said or agreed; it stays in the history.")
@as_json_option
@pass_asked
def take(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    until: date | None,
    on: date | None,
    note: str,
    *,
    as_json: bool,
) -> ExitStatus:
    """Contact the customer yourself: it counts as the level, and the next one waits."""
    from relance import taking  # noqa: PLC0415 (loaded when called)
    from relance.documents import reminder_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        taken = taking.take(installation, store, number, customer_id, until=until, note=note, on=on)
    if as_json:
        print_json({"changed": 1, "reminders": [reminder_document(taken)]})
        return ExitStatus.DONE
    for line in taken.lines:
        say(f"{line.number}: {line.level_id} taken over")
    if taken.deadline_on is not None:
        say(f"nothing further before the day after {taken.deadline_on}")
    return ExitStatus.DONE


@click.command()
@click.option("--for", "email", metavar="EMAIL", help="Only this collaborator's.")
@today_option
@as_json_option
@pass_asked
def digest(asked: Asked, *, email: str | None, today: date | None, as_json: bool) -> ExitStatus:
    """Show what the daily digest would say now; sends nothing."""
    from relance.daily import digests_now  # noqa: PLC0415 (loaded when called)
    from relance.daily_sending import digest_as_text  # noqa: PLC0415 (the same)
    from relance.documents import digest_document  # noqa: PLC0415 (the same)

    installation = asked.installation()
    with installation.store() as store:
        found = digests_now(installation, store, email, today)
        if as_json:
            print_json({"digests": [digest_document(one) for one in found]})
            return ExitStatus.DONE
        for one in found:
            say(digest_as_text(installation.config, one))
    return ExitStatus.DONE
