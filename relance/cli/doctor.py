"""The command doctor: everything that can be looked at before a mail must leave."""

from __future__ import annotations

import click

from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say


@click.command()
@as_json_option
@pass_asked
def doctor(asked: Asked, *, as_json: bool) -> ExitStatus:
    """Look at configuration, machine, books and mail server as they are now, and say what to do."""
    from relance.doctor import examine  # noqa: PLC0415 (loaded when called)

    findings = examine(asked.config_path, asked.company_id)
    if as_json:
        checks = [
            {"name": one.name, "ok": one.ok, "message": one.message, "advice": one.advice} for one in findings.checks
        ]
        print_json({"ok": findings.ok, "checks": checks})
    else:
        for one in findings.checks:
            say(f"{'ok  ' if one.ok else 'FAIL'}  {one.name}: {one.message}")
            if one.advice:
                say(f"        → {one.advice}")
    return ExitStatus.DONE if findings.ok else ExitStatus.NEEDS_A_PERSON
