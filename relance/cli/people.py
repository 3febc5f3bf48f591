"""Commands for what needs a person: approve, resolve, remind, tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.errors import RelanceError
from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say, warn

if TYPE_CHECKING:
    from relance.documents import Document
    from relance.installation import Installation
    from relance.screens import Line


class NothingNamedError(RelanceError):
    """Name the reminders to approve, or use --all."""


@click.command()
@click.argument("ids", metavar="ID", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Approve all that waits (of the company, with --company).")
@as_json_option
@pass_asked
def approve(asked: Asked, ids: tuple[str, ...], *, everything: bool, as_json: bool) -> ExitStatus:
    """Release reminders that wait for a person; the next run sends them, on fresh data."""
    from relance.desk import approval_advice, approve_reminders  # noqa: PLC0415 (loaded when called)
    from relance.documents import reminder_document  # noqa: PLC0415 (loaded when called)

    if bool(ids) is everything:
        raise NothingNamedError("name the reminders to approve, or use --all")
    installation = asked.installation()
    with installation.store() as store:
        approved = approve_reminders(installation, store, ids or None)
    advice = approval_advice(installation, approved)
    if as_json:
        reminders = [reminder_document(one) for one in approved]
        print_json({"changed": len(approved), "reminders": reminders, "advice": advice})
    else:
        say(f"{len(approved)} approved")
        for one in advice:
            warn(one)
    return ExitStatus.DONE


@click.command()
@click.argument("reminder_id", metavar="ID")
@click.argument("outcome", type=click.Choice(["sent", "again", "drop"]))
@as_json_option
@pass_asked
def resolve(asked: Asked, reminder_id: str, outcome: str, *, as_json: bool) -> ExitStatus:
    """Say what became of an uncertain or failed reminder: it was sent, send it again, or drop it."""
    from relance.desk import resolve_reminder  # noqa: PLC0415 (loaded when called)
    from relance.documents import reminder_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        resolved = resolve_reminder(installation, store, reminder_id, outcome)
    if as_json:
        print_json({"changed": 1, "reminders": [reminder_document(resolved)]})
    else:
        say(f"{reminder_id}: {outcome}")
    return ExitStatus.DONE


@click.command()
@click.argument("number")
@as_json_option
@pass_asked
def remind(asked: Asked, number: str, *, as_json: bool) -> ExitStatus:
    """Send an extra reminder for one item now; it takes no level of the plan."""
    from relance.desk import remind_now  # noqa: PLC0415 (loaded when called)
    from relance.documents import reminder_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    done = remind_now(installation, number)
    if as_json:
        print_json({"changed": 1, "reminders": [reminder_document(done.reminder)], "problems": done.problems})
    else:
        say(f"{done.reminder.reminder_id}: {done.reminder.state.value}")
        for problem in done.problems:
            say(problem)
    return ExitStatus.NEEDS_A_PERSON if done.problems else ExitStatus.DONE


@click.command()
@click.option("--done", "done", metavar="KEY", help="Close a task.")
@as_json_option
@pass_asked
def tasks(asked: Asked, *, done: str | None, as_json: bool) -> ExitStatus:
    """List what Relance asks a person to do, or close one of these tasks."""
    from relance.desk import close_task, task_documents  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        if done is not None:
            close_task(installation, store, done)
        document = {"tasks": task_documents(installation, store)}
    if as_json:
        print_json(document)
        return ExitStatus.DONE
    _show_tasks(installation, document["tasks"])
    return ExitStatus.DONE


def _show_tasks(installation: Installation, tasks: list[Document]) -> None:
    """Show the tasks of each company in its language; where there are several, one without any takes no room."""
    from engine.setup import business_time  # noqa: PLC0415 (only where tasks are shown)
    from relance.cli.pages import show_page  # noqa: PLC0415 (the same)
    from relance.screens import tasks_shown  # noqa: PLC0415 (the same)
    from relance.wiring import setup_of  # noqa: PLC0415 (the same)

    several = len(installation.companies) > 1
    busy = {task["company"] for task in tasks}
    lines: list[Line] = []
    for company in [one for one in installation.companies if one.company_id in busy] or installation.companies[:1]:
        calendar = setup_of(installation.config, company).calendar
        today = business_time(calendar, installation.clock.now(), None).as_of
        own = [task for task in tasks if task["company"] == company.company_id]
        name = company.name if several and own else ""
        lines += tasks_shown(own, company.language, today, company=name)
    show_page(lines)
