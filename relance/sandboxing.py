"""The stand-in for the three services, opened for a person or a script: its books, its addresses, its settings."""

from __future__ import annotations

import socket
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.server import Sandbox
from engine.errors import RelanceError
from relance.sandbox_books import ORGANISATIONS, write_books

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ports import Clock

# Any application of this name and secret may ask for consent.
CLIENT_ID: Final = "sandbox-client"
CLIENT_SECRET: Final = "sandbox-secret"  # noqa: S105 (the stand-in's, which guards nothing)
SECRET_VARIABLE: Final = "SANDBOX_SECRET"  # noqa: S105 (a variable's name)
_OPENS_AT: Final = time(8, tzinfo=UTC)


class PortInUseError(RelanceError):
    """Another program listens on that port; name another one with --port, or 0 for any that is free."""


def open_sandbox(*, seed: str, port: int, start: date | None, clock: Clock) -> Sandbox:
    """Make a sandbox with its books, not yet serving.

    Its time follows `clock`, from the morning of `start` when that is given. Raises PortInUseError.
    """
    _check_free(port)
    opening = datetime.combine(start, _OPENS_AT) if start else clock.now()
    sandbox = Sandbox(clock=SandboxClock(opening, now=clock.now), port=port)
    for provider in sandbox.dialects:
        ledger = sandbox.add_organisation(provider, ORGANISATIONS[provider])
        write_books(ledger, sandbox.clock, opening.date(), seed)
        sandbox.oauth.clients[provider] = {CLIENT_ID: CLIENT_SECRET}
    sandbox.clock.set(opening)
    return sandbox


def _check_free(port: int) -> None:
    # The HTTP server would end the process by itself.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortInUseError(f"port {port} of 127.0.0.1 cannot be used ({error.strerror}); name another") from None


def sandbox_document(sandbox: Sandbox) -> dict[str, Any]:
    """Tell where a running sandbox is: `urls` of each provider, its organisations, the application, the control side."""
    return {
        "urls": {provider: sandbox.urls(provider) for provider in sandbox.dialects},
        "organisations": {
            provider: [{"id": key, "name": ledger.organisation.name} for key, ledger in books.items()]
            for provider, books in sandbox.ledgers.items()
        },
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "control": f"{sandbox.url}/_sandbox",
    }


def describe(sandbox: Sandbox, say: Callable[[str], None]) -> None:
    """Tell a person where it is, with settings to paste into a company of config.yaml."""
    say(f"The stand-in for Xero, QuickBooks Online and Sage answers on {sandbox.url} until Ctrl-C.")
    say("Its customers are fictional and nothing leaves this machine.")
    say("")
    say(f"export {SECRET_VARIABLE}={CLIENT_SECRET}")
    for provider in sandbox.dialects:
        for organisation in sandbox.ledgers[provider].values():
            say("")
            say(f"# {organisation.organisation.name}")
            say(books_settings(sandbox, provider, organisation.organisation.id))
    say("")
    say("Connect a company in a browser with `relance connect COMPANY`, or without one:")
    example = f'curl -s {sandbox.url}/_sandbox/grant -d \'{{"provider": "xero"}}\''
    say(f"  {example} | relance connect COMPANY --tokens -")
    say("Let its time pass:")
    say(f"  curl -s {sandbox.url}/_sandbox/advance -d '{{\"days\": 1}}'")


def books_settings(sandbox: Sandbox, provider: str, organisation: str) -> str:
    """Write the `books:` of a company that is kept in the sandbox, as YAML."""
    urls = sandbox.urls(provider)
    lines = [
        "books:",
        f"  provider: {provider}",
        f'  organisation: "{organisation}"',
        f"  client_id: {CLIENT_ID}",
        f"  client_secret: {{env: {SECRET_VARIABLE}}}",
    ]
    lines += [f"  {key}: {url}" for key, url in urls.items()]
    return "\n".join(lines)
