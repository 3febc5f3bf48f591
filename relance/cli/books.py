"""Commands around the books: sync, accept, items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.errors import RelanceError
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

    from relance.config import CompanyConfig
    from relance.documents import Document
    from relance.installation import Installation


class NothingToAcceptError(RelanceError):
    """Say what to accept: --sent goes with --backlog."""


@click.command()
@as_json_option
@pass_asked
def sync(asked: Asked, *, as_json: bool) -> ExitStatus:
    """Read the books of each company into the store."""
    from relance.documents import sync_document  # noqa: PLC0415 (loaded when called)
    from relance.progress import progress  # noqa: PLC0415 (loaded when called)
    from relance.running import sync_all  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.owned_store() as (store, _owner), progress(len(installation.companies)) as tell:
        reports = sync_all(installation, store, None, tell)
    document = sync_document(reports)
    if as_json:
        print_json(document)
    else:
        for company in document["companies"]:
            _show_sync(company)
    return (
        ExitStatus.NEEDS_A_PERSON if any(report.quarantine or report.error for report in reports) else ExitStatus.DONE
    )


def _show_sync(company: Document) -> None:
    if company["error"]:
        warn(f"{company['company']}: {company['error']}")
        if company["quarantine"]:
            warn(f"  quarantined: nothing is sent for {company['company']} until its books can be read")
        return
    opened = company["open"]
    amounts = ", ".join(f"{amount} {currency}" for currency, amount in opened["amounts"].items())
    say(f"{company['company']}: {opened['count']} open items ({amounts or '0'}), {company['changed']} changed")
    for remark in company["remarks"]:
        say(f"  {remark}")
    for bad in company["bad_lines"]:
        warn(f"  {bad['file']}:{bad['line']}: {bad['reason']}")
    if company["quarantine"]:
        for reason in company["quarantine"]["reasons"]:
            warn(f"  quarantined: {reason}")
        warn(f"  nothing is sent for {company['company']} until the books are right, or you accept them as they are:")
        warn(f"  relance accept {company['company']} --quarantine")


@click.command()
@click.argument("company_id", metavar="COMPANY")
@click.option("--backlog", is_flag=True, help="Let the items that were open at the first connection be reminded.")
@click.option("--sent", "sent_level", metavar="LEVEL", help="With --backlog: an earlier tool sent up to this level.")
@click.option("--quarantine", is_flag=True, help="Believe the last sync although it looks wrong.")
@today_option
@as_json_option
@pass_asked
def accept(
    asked: Asked,
    company_id: str,
    *,
    backlog: bool,
    sent_level: str | None,
    quarantine: bool,
    today: date | None,
    as_json: bool,
) -> ExitStatus:
    """Accept, as a person, what Relance holds for a company; without an option, show it and what may be done."""
    from relance.accepting import accept_backlog  # noqa: PLC0415 (loaded when called)
    from relance.installation import author  # noqa: PLC0415 (loaded when called)

    if sent_level and not backlog:
        raise NothingToAcceptError("--sent goes with --backlog")
    installation = asked.installation()
    company = installation.company(company_id)
    if not backlog and not quarantine:
        return _show_backlog(installation, company, today, as_json=as_json)
    accepted: Document = {"company": company_id, "accepted": []}
    with installation.store() as store:
        if backlog:
            marked = accept_backlog(installation, store, company, sent_level)
            accepted["accepted"].append("backlog")
            accepted["marked_sent"] = marked
        if quarantine:
            store.accept_quarantine(company_id, author(), installation.clock.now())
            accepted["accepted"].append("quarantine")
    if as_json:
        print_json(accepted)
    else:
        say(f"{company_id}: {' and '.join(accepted['accepted'])} accepted")
    return ExitStatus.DONE


def _show_backlog(
    installation: Installation, company: CompanyConfig, today: date | None, *, as_json: bool
) -> ExitStatus:
    from relance.backlog import backlog_document  # noqa: PLC0415 (loaded when called)

    with installation.store() as store:
        document = backlog_document(installation, store, company, today)
    if as_json:
        print_json(document)
    else:
        found = document["backlog"]
        amounts = ", ".join(f"{amount} {currency}" for currency, amount in found["amounts"].items()) or "0"
        say(f"{company.company_id}: {found['late']} late invoices of {found['customers']} customers ({amounts})")
        for currency, buckets in found["aging"].items():
            rows = [[name, str(one["count"]), one["amount"]] for name, one in buckets.items() if one["count"]]
            print_table("", ["days late", "invoices", currency], rows, right=["invoices", currency])
        levels = ", ".join(f"{level} {count}" for level, count in found["first_run"]["per_level"].items())
        say(f"reminders on a first run: {found['first_run']['reminders']}" + (f" ({levels})" if levels else ""))
        for proposal in document["proposals"]:
            say(f"- {proposal['text']}")
            if proposal["command"]:
                say(f"    {proposal['command']}")
    return ExitStatus.NEEDS_A_PERSON if document["proposals"] else ExitStatus.DONE


@click.command()
@as_json_option
@pass_asked
def items(asked: Asked, *, as_json: bool) -> ExitStatus:
    """List open items."""
    from relance.listing import items_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        document = items_document(installation, store)
    if as_json:
        print_json(document)
        return ExitStatus.DONE
    columns = ["company", "customer", "number", "kind", "due_on", "balance", "currency", "days_late", "level"]
    rows = [[str(one[column] if one[column] is not None else "") for column in columns] for one in document["items"]]
    print_table("", columns, rows, right=["balance", "days_late"])
    return ExitStatus.DONE
