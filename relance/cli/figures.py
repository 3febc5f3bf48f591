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

_LEVEL_COLUMNS = ["level", "cases", "answered", "asked", "collected", "percent", "too_few"]


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
        for figures in company["currencies"]:
            say(f"{company['company']}  {figures['currency']}  {document['as_of']}")
            buckets = figures["aging"]["buckets"]
            names = [bucket["name"] for bucket in buckets]
            print_table("", names, [[bucket["amount"] for bucket in buckets]], right=names)
            rows = [[name, str(value)] for name, value in figures.items() if isinstance(value, str)]
            print_table("", ["figure", "value"], rows, right=["value"])
            levels = [[str(one[name]) for name in _LEVEL_COLUMNS] for one in figures["levels"]]
            print_table("", _LEVEL_COLUMNS, levels, right=_LEVEL_COLUMNS[1:])
    return ExitStatus.DONE
