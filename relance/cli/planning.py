"""Commands that decide and send: plan, run, explain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from relance.cli.context import (
    Asked,
    ExitStatus,
    as_json_option,
    pass_asked,
    print_json,
    print_table,
    say,
    today_option,
    warn,
)

if TYPE_CHECKING:
    from datetime import date

    from relance.documents import Document
    from relance.running import CompanyRun


@click.command()
@click.option("--all", "everything", is_flag=True, help="Every open item, also those whose level has not come.")
@click.option(
    "--diff",
    "other",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="OTHER.yaml",
    help="What another configuration, or a file of plans alone, would decide otherwise.",
)
@today_option
@as_json_option
@pass_asked
def plan(asked: Asked, *, everything: bool, other: Path | None, today: date | None, as_json: bool) -> ExitStatus:
    """Decide what is due and say why; sends nothing, writes nothing."""
    if other is not None:
        return _compare(asked, other, today, as_json=as_json)
    from relance.documents import plan_document  # noqa: PLC0415 (loaded when called)
    from relance.running import plan_all  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        runs = plan_all(installation, store, today, everything=everything)
        document = plan_document(runs, everything=everything)
    if as_json:
        print_json(document)
    else:
        _show_plan(document)
        _show_blocks(runs)
    return ExitStatus.NEEDS_A_PERSON if any(run.needs_a_person for run in runs) else ExitStatus.DONE


@click.command()
@today_option
@as_json_option
@pass_asked
def run(asked: Asked, *, today: date | None, as_json: bool) -> ExitStatus:
    """Sync, check, plan, and send what each company's mode allows."""
    from relance.daily_sending import send_daily_digests  # noqa: PLC0415 (loaded when called)
    from relance.documents import run_document, told_document  # noqa: PLC0415 (loaded when called)
    from relance.progress import progress  # noqa: PLC0415 (loaded when called)
    from relance.running import run_all  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.owned_store() as (store, owner), progress(len(installation.companies)) as tell:
        runs = run_all(installation, store, owner, today, tell)
        told = send_daily_digests(installation, store, owner, today)
        document = {**run_document(runs), "digests": [told_document(one) for one in told]}
    if as_json:
        print_json(document)
    else:
        _show_run(document)
        _show_blocks(runs)
        for one in told:
            say(f"digest for {one.email}: {one.state.value}")
    for one in told:
        if one.problem:
            warn(f"{one.email}: {one.problem}")
    needed = any(run.needs_a_person for run in runs) or any(one.problem for one in told)
    return ExitStatus.NEEDS_A_PERSON if needed else ExitStatus.DONE


@click.command()
@click.argument("number")
@today_option
@as_json_option
@pass_asked
def explain(asked: Asked, number: str, *, today: date | None, as_json: bool) -> ExitStatus:
    """Tell what was decided for one item, on which data, and its whole history."""
    from relance.explaining import explain_item  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        document = explain_item(installation, store, number, today)
    if as_json:
        print_json(document)
        return ExitStatus.DONE
    from zoneinfo import ZoneInfo  # noqa: PLC0415 (only where a person reads)

    from relance.cli.pages import show_page  # noqa: PLC0415 (the same)
    from relance.screens import explained  # noqa: PLC0415 (the same)

    company = installation.company(document["item"]["company"])
    show_page(explained(document, company.language, ZoneInfo(company.timezone)))
    return ExitStatus.DONE


def _compare(asked: Asked, other: Path, today: date | None, *, as_json: bool) -> ExitStatus:
    from relance.comparing import diff_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        document = diff_document(installation, store, other, today)
    if as_json:
        print_json(document)
        return ExitStatus.DONE
    rows = [
        [one["company"], one["customer"], one["number"], _said(one["now"]), _said(one["then"])]
        for one in document["changes"]
    ]
    if rows:
        print_table(document["today"], ["company", "customer", "number", "now", "then"], rows)
    notices = document["notices"]
    say(f"{len(rows)} of {len(rows) + document['unchanged']} open items are decided otherwise")
    say(f"reminders of the day: {notices['now']['count']} now, {notices['then']['count']} then")
    return ExitStatus.DONE


def _said(decision: Document) -> str:
    """Say a decision in few words: the level and its day, or why it is held and until when."""
    what = [
        decision["level"] if decision["action"] == "remind" else decision["reason"],
        decision["on"] or decision["until"],
    ]
    return " ".join(part for part in [*what, f"({decision['plan']})"] if part)


def _show_plan(document: dict[str, list[dict[str, object]]]) -> None:
    rows = [
        [
            str(one["company"]),
            str(one["customer"]),
            str(one["number"]),
            str(one["level"] or "") if one["action"] == "remind" else str(one["reason"]),
            str(one["on"] or one["until"] or ""),
            str(one["explanation"]),
        ]
        for one in document["decisions"]
    ]
    print_table(f"{document['today']}", ["company", "customer", "number", "what", "day", "why"], rows)
    for notice in document["notices"]:
        totals = notice["totals"]
        asked = ", ".join(f"{sum_} {currency}" for currency, sum_ in totals.items()) if isinstance(totals, dict) else ""
        say(f"→ {notice['on']}  {notice['customer']}  {notice['level']}  {asked}  {notice['to'] or notice['channel']}")


def _show_run(document: dict[str, list[dict[str, object]]]) -> None:
    for synced in document["companies"]:
        if synced["error"]:
            # Told among the problems; books that could not be read are not books with nothing in them.
            continue
        opened = synced["open"]
        count = opened["count"] if isinstance(opened, dict) else 0
        say(f"{synced['company']}: {count} open items, {synced['changed']} changed")
    rows = []
    for reminder in document["reminders"]:
        totals = reminder["totals"]
        asked = ", ".join(f"{sum_} {cur}" for cur, sum_ in totals.items()) if isinstance(totals, dict) else ""
        rows.append([str(reminder[key] or "") for key in ("id", "customer_id", "level", "state", "to")] + [asked])
    if rows:
        print_table("", ["id", "customer", "level", "state", "to", "asked"], rows, right=["asked"])
    counts = [f"{document[name]} {name}" for name in ("sent", "failed", "uncertain", "awaiting_approval")]
    say(", ".join(counts))
    for problem in document["problems"]:
        warn(f"{problem['company']}: {problem['message']}")


def _show_blocks(runs: list[CompanyRun]) -> None:
    from engine.explain import explain_block  # noqa: PLC0415 (only where something is blocked)

    for run in runs:
        if run.block is not None:
            warn(explain_block(run.block, run.company.company_id, run.company.language))
