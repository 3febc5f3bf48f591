"""Commands that stop and resume the chasing: hold, dispute, promise, release, close."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from engine.kinds import HoldKind
from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from engine.records import Reminder
    from relance.stops import Proceedings

F = TypeVar("F", bound="Callable[..., object]")


def _target_options(command: F) -> F:
    command = click.argument("number", required=False)(command)
    command = click.option("--customer", "customer_id", metavar="ID", help="All items of a customer.")(command)
    return click.option("--all-of", "all_of", metavar="COMPANY", help="All items of a company.")(command)


def _confirm_option(command: F) -> F:
    return click.option(
        "--confirm/--no-confirm",
        "confirm",
        default=None,
        help="Tell the customer in writing, or do not; without it, as the company's confirmations say.",
    )(command)


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


_DAY = click.DateTime(formats=["%Y-%m-%d"])


_HELD_AS = (HoldKind.HOLD, HoldKind.INSOLVENCY, HoldKind.FACTORED, HoldKind.INTERCOMPANY)


@click.command()
@_target_options
@click.option("--until", type=_DAY, callback=_day, help="The last day of the hold; without it, until released.")
@click.option("--reason", default="", help="Why; shown wherever the hold is.")
@click.option("--kind", type=click.Choice([kind.value for kind in _HELD_AS]), default="hold", help="What stops it.")
@click.option("--judgment-on", type=_DAY, callback=_day, help="The judgment that opened the insolvency proceedings.")
@click.option("--published-on", type=_DAY, callback=_day, help="The day of its publication in the BODACC.")
@as_json_option
@pass_asked
def hold(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    all_of: str | None,
    until: date | None,
    reason: str,
    kind: str,
    judgment_on: date | None,
    published_on: date | None,
    *,
    as_json: bool,
) -> ExitStatus:
    """Stop reminding an item, a customer or a company."""
    from relance.stops import Proceedings  # noqa: PLC0415 (loaded when called)

    opened = Proceedings(judgment_on=judgment_on, published_on=published_on)
    if kind != HoldKind.INSOLVENCY and opened != Proceedings():
        raise click.UsageError("--judgment-on and --published-on go with --kind insolvency")
    return _record(
        asked,
        HoldKind(kind),
        (number, customer_id, all_of),
        until=until,
        reason=reason,
        proceedings=opened,
        as_json=as_json,
    )


@click.command()
@_target_options
@click.option("--until", type=_DAY, callback=_day, help="The last day; without it, until released.")
@click.option("--reason", default="", help="What the customer contests; a confirmation quotes it.")
@click.option("--amount", help="The part that is contested; the rest is still asked. Without it, the whole.")
@click.option("--credit-note-to-come", is_flag=True, help="It ends by itself when the credit note comes.")
@_confirm_option
@as_json_option
@pass_asked
def dispute(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    all_of: str | None,
    until: date | None,
    reason: str,
    amount: str | None,
    *,
    credit_note_to_come: bool,
    confirm: bool | None,
    as_json: bool,
) -> ExitStatus:
    """Record that the customer contests an item or a part of it: that is not reminded, nor does credit go to it."""
    return _record(
        asked,
        HoldKind.DISPUTE,
        (number, customer_id, all_of),
        until=until,
        reason=reason,
        amount=amount,
        credit_note_to_come=credit_note_to_come,
        confirm=confirm,
        as_json=as_json,
    )


@click.command()
@_target_options
@click.option("--on", "promised_on", type=_DAY, callback=_day, required=True, help="The day the customer promised.")
@click.option("--amount", help="What was promised; without it, the whole balance.")
@click.option("--reason", default="", help="Who said it, and how.")
@_confirm_option
@as_json_option
@pass_asked
def promise(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    all_of: str | None,
    promised_on: date,
    amount: str | None,
    reason: str,
    *,
    confirm: bool | None,
    as_json: bool,
) -> ExitStatus:
    """Record a promise to pay: nothing is sent until it is judged, two working days after its day."""
    return _record(
        asked,
        HoldKind.PROMISE,
        (number, customer_id, all_of),
        promised_on=promised_on,
        amount=amount,
        reason=reason,
        confirm=confirm,
        as_json=as_json,
    )


@click.command()
@click.argument("number", required=False)
@click.option("--customer", "customer_id", metavar="ID", help="All open invoices of a customer, together.")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path),
    required=True,
    help="A CSV with due_on, amount and, where each line is for one invoice, number.",
)
@click.option("--reason", default="", help="Who agreed it, and how.")
@_confirm_option
@as_json_option
@pass_asked
def instalments(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    file: Path,
    reason: str,
    *,
    confirm: bool | None,
    as_json: bool,
) -> ExitStatus:
    """Record a plan in instalments: nothing is reminded as long as each one is paid in time."""
    from relance import stops  # noqa: PLC0415 (loaded when called)
    from relance.confirming import Confirming  # noqa: PLC0415 (loaded when called)
    from relance.instalments import agree  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    named = stops.Named(number=number, customer_id=customer_id)
    with installation.store() as store, store.together():
        target = stops.target_of(installation, store, named)
        answer = Confirming(installation, store, target, HoldKind.INSTALMENTS, wanted=confirm)
        agreed = agree(installation, store, named, file, reason=reason)
        queued = answer.queue()
    changed = sum(len(plan.numbers) for plan in agreed)
    if not as_json:
        return _changed(changed, as_json=False, queued=queued)
    plans = [
        {
            "id": plan.plan_id,
            "numbers": list(plan.numbers),
            "instalments": [
                {"due_on": due_on.isoformat(), "amount": str(amount), "currency": amount.currency}
                for due_on, amount in plan.lines
            ],
        }
        for plan in agreed
    ]
    print_json({"changed": changed, "plans": plans, **_confirmed(queued)})
    return ExitStatus.DONE


@click.command()
@_target_options
@click.option("--restart", is_flag=True, help="Start the plan again from its first level.")
@as_json_option
@pass_asked
def release(
    asked: Asked, number: str | None, customer_id: str | None, all_of: str | None, *, restart: bool, as_json: bool
) -> ExitStatus:
    """End what stops the chasing; it goes on at the next level."""
    from relance import stops  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    named = stops.Named(number=number, customer_id=customer_id, all_of=all_of)
    with installation.store() as store:
        changed = stops.release(installation, store, named, restart=restart)
    return _changed(changed, as_json=as_json)


@click.command()
@click.argument("number")
@click.argument("how", type=click.Choice(["handed-over", "written-off", "stopped"]))
@click.option("--reason", default="", help="To whom, or why.")
@as_json_option
@pass_asked
def close(asked: Asked, number: str, how: str, reason: str, *, as_json: bool) -> ExitStatus:
    """End the chasing of an item for good: handed over, written off, or stopped; its dossier is written."""
    from relance.closing import close_item  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        closed = close_item(installation, store, number, HoldKind(how.replace("-", "_")), reason)
    if as_json:
        dossier = {"path": str(closed.dossier.path), "sha256": closed.dossier.sha256} if closed.dossier else None
        print_json({"changed": closed.changed, "dossier": dossier})
    else:
        say(f"{closed.changed} changed")
        say(str(closed.dossier.path) if closed.dossier else closed.problem)
    return ExitStatus.DONE if closed.dossier else ExitStatus.NEEDS_A_PERSON


def _record(
    asked: Asked,
    kind: HoldKind,
    names: tuple[str | None, str | None, str | None],
    *,
    as_json: bool,
    reason: str,
    until: date | None = None,
    promised_on: date | None = None,
    amount: str | None = None,
    credit_note_to_come: bool = False,
    proceedings: Proceedings | None = None,
    confirm: bool | None = None,
) -> ExitStatus:
    from relance import stops  # noqa: PLC0415 (loaded when called)
    from relance.confirming import Confirming  # noqa: PLC0415 (loaded when called)

    number, customer_id, all_of = names
    named = stops.Named(number=number, customer_id=customer_id, all_of=all_of)
    installation = asked.installation()
    with installation.store() as store, store.together():
        answer = Confirming(installation, store, stops.target_of(installation, store, named), kind, wanted=confirm)
        changed = stops.record(
            installation,
            store,
            kind,
            named,
            reason=reason,
            until=until,
            promised_on=promised_on,
            amount=amount,
            credit_note_to_come=credit_note_to_come,
            proceedings=proceedings,
        )
        queued = answer.queue()
    return _changed(changed, as_json=as_json, queued=queued)


def _changed(changed: int, *, as_json: bool, queued: Sequence[Reminder] = ()) -> ExitStatus:
    if as_json:
        print_json({"changed": changed, **_confirmed(queued)})
        return ExitStatus.DONE
    say(f"{changed} changed")
    for reminder in queued:
        say(f"{reminder.reminder_id}: confirmation for {reminder.customer_id}, {reminder.state.value}")
    return ExitStatus.DONE


def _confirmed(queued: Sequence[Reminder]) -> dict[str, list[dict[str, str]]]:
    """Give the confirmations that were queued; nothing where there are none."""
    if not queued:
        return {}
    return {"confirmations": [{"id": reminder.reminder_id, "state": reminder.state.value} for reminder in queued]}
