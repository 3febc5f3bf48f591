"""The command line: a public contract (see docs/commands.md); each family of commands is one module."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Final

import click

from engine.errors import RelanceError
from relance.cli.context import Asked, ExitStatus

# Commands are loaded when they are called: a start that imports everything would be felt at each call.
_COMMANDS: Final = {
    "init": "relance.cli.starting:init",
    "check": "relance.cli.starting:check",
    "doctor": "relance.cli.doctor:doctor",
    "demo": "relance.cli.starting:demo",
    "sandbox": "relance.cli.sandbox:sandbox",
    "due-date": "relance.cli.starting:due_date",
    "interest": "relance.cli.charges:interest",
    "rates": "relance.cli.charges:rates",
    "backup": "relance.cli.starting:backup",
    "connect": "relance.cli.connecting:connect",
    "disconnect": "relance.cli.connecting:disconnect",
    "sync": "relance.cli.books:sync",
    "accept": "relance.cli.books:accept",
    "items": "relance.cli.books:items",
    "plan": "relance.cli.planning:plan",
    "run": "relance.cli.planning:run",
    "serve": "relance.cli.serving:serve",
    "explain": "relance.cli.planning:explain",
    "preview": "relance.cli.looks:preview",
    "templates": "relance.cli.looks:templates",
    "approve": "relance.cli.people:approve",
    "resolve": "relance.cli.people:resolve",
    "remind": "relance.cli.people:remind",
    "tasks": "relance.cli.people:tasks",
    "take": "relance.cli.taking:take",
    "digest": "relance.cli.taking:digest",
    "letters": "relance.cli.letters:letters",
    "posted": "relance.cli.letters:posted",
    "presented": "relance.cli.letters:presented",
    "close": "relance.cli.stopping:close",
    "hold": "relance.cli.stopping:hold",
    "dispute": "relance.cli.stopping:dispute",
    "instalments": "relance.cli.stopping:instalments",
    "promise": "relance.cli.stopping:promise",
    "release": "relance.cli.stopping:release",
    "customer": "relance.cli.customers:customer",
    "customers": "relance.cli.customers:customers",
    "statement": "relance.cli.statements:statement",
    "stats": "relance.cli.figures:stats",
    "backtest": "relance.cli.foreseeing:backtest",
}


class _Commands(click.Group):
    """A group that imports a command only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(place)
        return command


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from relance.version import version  # noqa: PLC0415 (only this option needs it)

        click.echo(f"relance {version()}")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    envvar="RELANCE_CONFIG",
    default="config.yaml",
    help="The configuration file (else $RELANCE_CONFIG, else ./config.yaml).",
)
@click.option("--company", "company_id", help="Only this company.")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show it.")
@click.pass_context
def cli(ctx: click.Context, config_path: Path, company_id: str | None) -> None:
    """Credit control for the books a company already keeps."""
    ctx.obj = Asked(config_path=config_path, company_id=company_id)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status; every error of our own is one sentence on stderr."""
    try:
        status = cli.main(args=arguments, prog_name="relance", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(ExitStatus.WRONG_USE)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitStatus.WRONG_USE)
    except RelanceError as error:
        from relance.lock import AnotherInstanceError  # noqa: PLC0415 (only a failing command needs it)

        click.echo(f"relance: {error}", err=True)
        another = isinstance(error, AnotherInstanceError)
        sys.exit(ExitStatus.ANOTHER_INSTANCE if another else ExitStatus.WRONG_USE)
    sys.exit(int(status) if isinstance(status, int) else ExitStatus.DONE)
