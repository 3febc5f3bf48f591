"""Commands that show what a plan does before it goes live: backtest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from relance.cli.context import (
    Asked,
    ExitStatus,
    as_json_option,
    day_option,
    pass_asked,
    print_json,
    print_table,
    say,
    today_option,
)

if TYPE_CHECKING:
    from datetime import date

    from relance.documents import Document


@click.command()
@click.option("--plan", "plan_id", metavar="ID", help="Replay this plan for every customer, not each one's own.")
@day_option("--from", "first", help="The first day of the replay; a year before the last unless given.")
@day_option("--until", "last", help="The last day of the replay; today unless given.")
@click.option(
    "--lag",
    "lag_days",
    type=click.IntRange(min=0, max=60),
    help="After how many days the books show a payment, where that cannot be measured.",
)
@today_option
@as_json_option
@pass_asked
def backtest(
    asked: Asked,
    plan_id: str | None,
    first: date | None,
    last: date | None,
    lag_days: int | None,
    *,
    today: date | None,
    as_json: bool,
) -> ExitStatus:
    """Replay a plan over the stored history: how many reminders, when, and how many after the payment."""
    from relance.backtesting import backtest_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        document = backtest_document(
            installation, store, plan_id=plan_id, first=first, last=last, lag_days=lag_days, today=today
        )
    if as_json:
        print_json(document)
    else:
        for company in document["companies"]:
            _show(company)
    return ExitStatus.DONE


def _show(company: Document) -> None:
    plan = f"plan {company['plan']}" if company["plan"] else "each customer's plan"
    say(f"{company['company']}: {plan}, {company['from']} to {company['until']}")
    say(f"  {company['reminders']} reminders, {company['after_payment']} of them after the payment")
    if not company["payment_days_known"]:
        say("  (these books do not tell on which day a payment was made: those after it cannot be counted)")
    elif not company["lag_measured"]:
        say(f"  (a payment is supposed to show in the books {company['lag_days']} days later; --lag says otherwise)")
    if company["items_left_out"]:
        say(f"  {company['items_left_out']} items left out: nobody knows when they were paid")
    levels = [[level, str(count)] for level, count in company["per_level"].items()]
    if levels:
        print_table("", ["level", "reminders"], levels, right=["reminders"])
    days = sorted(company["per_day"].items(), key=lambda pair: (-pair[1], pair[0]))[:5]
    if days:
        say("  busiest days: " + ", ".join(f"{day} ({count})" for day, count in days))
    really = company["really_sent"]
    if really["reminders"]:
        say(f"  really sent in that time: {really['reminders']}; money within {really['followed_within_days']} days:")
        for title, rows in (("weekday", really["by_weekday"]), ("hour", really["by_hour"])):
            print_table(
                "",
                [title, "reminders", "items", "followed"],
                [[name, str(row["reminders"]), str(row["items"]), str(row["followed"])] for name, row in rows.items()],
                right=["reminders", "items", "followed"],
            )
