"""What every command shares: the options asked for, exit statuses, and how results are printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from relance.installation import Installation


F = TypeVar("F", bound="Callable[..., object]")


class ExitStatus(IntEnum):
    """What the command's status says to the script that called it."""

    DONE = 0
    NEEDS_A_PERSON = 1
    WRONG_USE = 2
    ANOTHER_INSTANCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options that stand before the command."""

    config_path: Path
    company_id: str | None

    def installation(self) -> Installation:
        """Load the configuration; raises ConfigError, and UnknownCompanyError for a company that is not in it."""
        from relance.installation import open_installation  # noqa: PLC0415 (help and version need no configuration)

        return open_installation(self.config_path, self.company_id)


pass_asked = click.make_pass_decorator(Asked)


def as_json_option(command: F) -> F:
    """Add `--json` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout and nothing else.")(
        command
    )


def day_option(flag: str, name: str, *, help: str) -> Callable[[F], F]:  # noqa: A002 (as click calls it)
    """Make an option that takes a day (YYYY-MM-DD)."""
    return click.option(flag, name, type=click.DateTime(formats=["%Y-%m-%d"]), callback=_day, help=help)


def today_option(command: F) -> F:
    """Add `--today DATE` to a command."""
    return day_option("--today", "today", help="The business day to work for (YYYY-MM-DD) instead of the real one.")(
        command
    )


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> object:
    return value.date() if value else None


def print_json(document: Any) -> None:
    """Print one JSON document: the only thing on stdout."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = ()
) -> None:
    """Print a table for a person; plain when stdout is not a terminal."""
    from rich.console import Console  # noqa: PLC0415 (JSON output needs no table)
    from rich.table import Table  # noqa: PLC0415 (the same)

    numbers = set(right)
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    # A name may hold brackets or colons: nothing in a table is markup.
    console = Console(soft_wrap=False, highlight=False, markup=False, emoji=False)
    # A pipe has no width of its own: a narrow guess would fold every line.
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def say(text: str) -> None:
    """Tell a person something on stdout."""
    click.echo(text)


def warn(text: str) -> None:
    """Tell a person something on stderr, where it never mixes with a JSON document."""
    click.echo(text, err=True)
