"""The command serve: the background service."""

from __future__ import annotations

import click

from relance.cli.context import Asked, ExitStatus, pass_asked


@click.command()
@click.option("--tick", type=click.IntRange(1, 3600), default=30, show_default=True, help="Seconds between two looks.")
@pass_asked
def serve(asked: Asked, tick: int) -> ExitStatus:
    """Poll each company when it is due, plan, send what its mode allows and write the notes, until told to stop."""
    from relance.service import serve as run_service  # noqa: PLC0415 (loaded when called)

    run_service(asked.installation(), tick)
    return ExitStatus.DONE
