"""Commands that count: stats."""

from __future__ import annotations

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
)

if TYPE_CHECKING:
    from datetime import date


@click.command()
@today_option
@as_json_option
@pass_asked
def stats(asked: Asked, *, today: date | None, as_json: bool) -> ExitStatus:
    """Show aging, DSO, days late, collection effectiveness, promises kept, and what each level brought in."""
    from relance.figures import stats_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        document = stats_document(installation, store, today)
    if as_json:
        print_json(document)
        return ExitStatus.DONE
    for company in document["companies"]:
        say(f"{company['company']}  {document['as_of']}")
        for currency, aging in company["aging"].items():
            print_table(f"aging {currency}", list(aging), [[str(value) for value in aging.values()]], right=list(aging))
        rows = [[key, str(value)] for key, value in company.items() if not isinstance(value, dict | list)]
        print_table("", ["figure", "value"], rows, right=["value"])
    return ExitStatus.DONE
