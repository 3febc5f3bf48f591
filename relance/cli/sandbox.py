"""The command sandbox: the stand-in for the three services, until it is told to stop."""

from __future__ import annotations

import json
import signal
from threading import Event
from typing import TYPE_CHECKING, Final

import click

from relance.cli.context import ExitStatus, as_json_option, say

if TYPE_CHECKING:
    from datetime import datetime

_DEFAULT_PORT: Final = 8790


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_DEFAULT_PORT,
    show_default=True,
    help="The port of 127.0.0.1; 0 takes one that is free.",
)
@click.option(
    "--seed", type=click.Choice(["demo", "empty"]), default="demo", show_default=True, help="What stands in its books."
)
@click.option(
    "--start",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="The day on which its time begins (YYYY-MM-DD) instead of today.",
)
@as_json_option
def sandbox(port: int, seed: str, *, start: datetime | None, as_json: bool) -> ExitStatus:
    """Serve a stand-in for Xero, QuickBooks Online and Sage over fictional books."""
    from relance.clock import SystemClock  # noqa: PLC0415 (loaded when called)
    from relance.sandboxing import describe, open_sandbox, sandbox_document  # noqa: PLC0415 (the same)

    stopping = Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stopping.set())
    with open_sandbox(seed=seed, port=port, start=start.date() if start else None, clock=SystemClock()) as opened:
        if as_json:
            # On one line: whoever started it reads a line, for the output does not end before the sandbox does.
            say(json.dumps(sandbox_document(opened)))
        else:
            describe(opened, say)
        stopping.wait()
    return ExitStatus.DONE
