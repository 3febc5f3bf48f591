"""Commands around the access to a company's books: connect, disconnect."""

from __future__ import annotations

import json
import sys
import webbrowser
from typing import TYPE_CHECKING, Final, TextIO

import click

from engine.errors import RelanceError
from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say, warn

if TYPE_CHECKING:
    from connectors.oauth import App, Question, Redirected
    from relance.connecting_flow import Asking, Consented
    from relance.installation import Installation

_PATIENCE_SECONDS: Final = 600.0
_MOST_TOKENS: Final = 100_000


class TokensError(RelanceError):
    """What stands on the standard input is no token answer of the provider."""


@click.command()
@click.argument("company_id", metavar="COMPANY")
@click.option("--organisation", metavar="NAME-OR-ID", help="Which organisation, where the consent reaches several.")
@click.option("--paste", is_flag=True, help="For a machine without a browser: read the redirected address back.")
@click.option("--tokens", type=click.File("r"), metavar="-", help="Take a token answer (JSON) from the standard input.")
@click.option("--rebind", is_flag=True, help="Bind it although its stored items come from another organisation.")
@as_json_option
@pass_asked
def connect(
    asked: Asked,
    company_id: str,
    *,
    organisation: str | None,
    paste: bool,
    tokens: TextIO | None,
    rebind: bool,
    as_json: bool,
) -> ExitStatus:
    """Give Relance access to the books of a company at its provider."""
    from relance import connecting_flow as flow  # noqa: PLC0415 (loaded when called)

    if paste and tokens is not None:
        raise click.UsageError("--paste and --tokens exclude each other")
    installation = asked.installation()
    company = installation.company(company_id)
    way: Asking
    if tokens is not None:
        way = _by_tokens(installation, tokens)
    else:
        way = _by_person(installation, company.language, paste=paste)
    done = flow.connect(installation, company, way, organisation=organisation, rebind=rebind)
    if done.key_made:
        warn(
            f"the vault's key was made at {done.key_made}: keep a copy of it apart from the backups of the data directory"
        )
    if as_json:
        print_json(
            {
                "company": done.company_id,
                "provider": done.provider,
                "organisation": done.organisation.name,
                "organisation_id": done.organisation.organisation_id,
            }
        )
    else:
        say(f"{company_id} is connected to {done.organisation.name} ({done.organisation.organisation_id})")
    return ExitStatus.DONE


@click.command()
@click.argument("company_id", metavar="COMPANY")
@as_json_option
@pass_asked
def disconnect(asked: Asked, company_id: str, *, as_json: bool) -> ExitStatus:
    """Give the access to a company's books back and forget it."""
    from relance import connecting_flow as flow  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    done = flow.disconnect(installation, installation.company(company_id))
    if as_json:
        print_json(
            {
                "company": done.company_id,
                "provider": done.provider,
                "organisation": done.organisation,
                "remarks": list(done.remarks),
            }
        )
    else:
        say(f"{company_id} is no longer connected to {done.organisation}")
        for remark in done.remarks:
            warn(f"  {remark}")
    return ExitStatus.NEEDS_A_PERSON if done.remarks else ExitStatus.DONE


def _by_person(installation: Installation, language: str, *, paste: bool) -> Asking:
    """Ask a person on the provider's page; the answer comes to this machine, or is pasted."""

    def ask(app: App) -> Consented:
        from connectors.oauth import ask as question_for  # noqa: PLC0415 (loaded when called)
        from connectors.oauth_consent import redeem  # noqa: PLC0415 (loaded when called)
        from relance.connecting_flow import Consented  # noqa: PLC0415 (loaded when called)
        from relance.connecting_listener import is_here  # noqa: PLC0415 (loaded when called)

        question = question_for(app)
        if paste or not is_here(app.redirect_uri):
            redirected = _pasted(question)
        else:
            redirected = _received(question, app.redirect_uri, language)
        tokens = redeem(app, redirected, question, now=installation.clock.now())
        return Consented(tokens=tokens, organisation=redirected.organisation)

    return ask


def _pasted(question: Question) -> Redirected:
    from connectors.oauth import read_redirect  # noqa: PLC0415 (loaded when called)

    warn(f"Open this address in a browser and give access:\n\n{question.url}\n")
    warn("The browser is then sent to a page that it may not find. Copy that page's whole address and paste it here.")
    # click's own prompt writes to stdout, where a JSON document may have to stand alone.
    return read_redirect(sys.stdin.readline(), question)


def _received(question: Question, redirect_uri: str, language: str) -> Redirected:
    from relance.connecting_listener import Listener  # noqa: PLC0415 (loaded when called)

    with Listener(question, redirect_uri, language) as listener:
        warn(f"Give access in the browser that opens now. If none opens, open this address:\n\n{question.url}\n")
        webbrowser.open(question.url)
        return listener.wait(_PATIENCE_SECONDS)


def _by_tokens(installation: Installation, source: TextIO) -> Asking:
    """Take tokens that were granted elsewhere."""

    def ask(app: App) -> Consented:
        from connectors.oauth_answers import tokens_of  # noqa: PLC0415 (loaded when called)
        from connectors.oauth_wire import AnswerLostError  # noqa: PLC0415 (loaded when called)
        from relance.connecting_flow import Consented  # noqa: PLC0415 (loaded when called)

        # A token may stand in the text that could not be read: the error says nothing of it.
        try:
            given = json.loads(source.read(_MOST_TOKENS))
            tokens = tokens_of(given, app.provider, asked_at=installation.clock.now())
        except (ValueError, RecursionError, AnswerLostError):
            raise TokensError(
                "what was given is no token answer: JSON with access_token, refresh_token and expires_in"
            ) from None
        return Consented(tokens=tokens)

    return ask
