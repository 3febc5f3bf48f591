"""The command that shows or sends a customer's statement of account."""

from __future__ import annotations

import click

from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say


@click.command()
@click.argument("customer_id")
@click.option("--send", is_flag=True, help="Send it to the customer now, instead of showing it.")
@as_json_option
@pass_asked
def statement(asked: Asked, customer_id: str, *, send: bool, as_json: bool) -> ExitStatus:
    """Show all that is open on a customer's account as of today, or send it to them."""
    from relance.documents import reminder_document  # noqa: PLC0415 (loaded when called)
    from relance.statements import send_statement, statement_document  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    if send:
        sent = send_statement(installation, customer_id)
        if as_json:
            print_json({"changed": 1, "reminders": [reminder_document(sent.reminder)], "problems": sent.problems})
        else:
            say(f"{sent.reminder.reminder_id}: {sent.reminder.state.value}")
            for problem in sent.problems:
                say(problem)
        return ExitStatus.NEEDS_A_PERSON if sent.problems else ExitStatus.DONE
    with installation.store() as store:
        document = statement_document(installation, store, customer_id)
    if as_json:
        print_json(document)
    else:
        say(f"{document['subject']}\n\n{document['text']}")
    return ExitStatus.DONE
