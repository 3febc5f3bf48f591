"""Paragraphs on a terminal: folded to its width, headings in bold, commands whole so that they can be copied."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relance.screens import Line

_WIDEST: Final = 100
_INDENT: Final = "  "


def show_page(lines: Iterable[Line]) -> None:
    """Print paragraphs; a pipe, which has no width, gets each on one line."""
    shown = list(lines)
    width = min(shutil.get_terminal_size().columns, _WIDEST) if sys.stdout.isatty() else None
    column = max((len(line.label) for line in shown), default=0)
    for place, line in enumerate(shown):
        if line.is_heading and place:
            click.echo()
        click.echo(click.style(line.text, bold=True) if line.is_heading else _folded(line, width, column))


def _folded(line: Line, width: int | None, column: int) -> str:
    start = _INDENT * line.indent
    if line.label:
        start += f"{line.label:<{column}}{_INDENT}"
    if width is None or line.is_command:
        return f"{start}{line.text}"
    return textwrap.fill(
        line.text,
        width=max(width, len(start) + len(_INDENT) * 10),
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
