"""The three providers of the demonstration: the sandbox in this process, connected by its tokens, in simulated time."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TextIO

from connectors.oauth_answers import tokens_of
from connectors.sandbox.clock import SandboxClock
from connectors.sandbox.server import Sandbox
from relance.connecting_flow import Consented, connect
from relance.demo.cloud_scenes import ERABLE, GALWAY, LARCH
from relance.demo.cloud_story import CloudStory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.oauth import App
    from connectors.sandbox.faults import Fault
    from relance.installation import Installation

CLIENT_ID: Final = "relance-demo"
CLIENT_SECRET: Final = "of-no-use-elsewhere"  # noqa: S105 (the stand-in's, which guards nothing)
SCENES: Final = (LARCH, ERABLE, GALWAY)
_DAWN: Final = time(6, tzinfo=UTC)


class SimulatedWaiting(Event):
    """Whoever waits for a provider lets simulated time pass instead of his own."""

    def __init__(self, clock: SandboxClock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        """Let so many simulated seconds pass."""
        self._clock.advance(timedelta(seconds=timeout or 0))
        return self.is_set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that goes wrong at a provider from one morning on.

    `fault` and `given` are the sandbox's; `lasts` until the next attempt at the company where it is an outage.
    """

    day: int
    company_id: str
    told: str
    fault: str
    given: dict[str, Any]


TROUBLES: Final = (
    Trouble(
        day=10,
        company_id="larch",
        told="Xero refuse un appel (trop d'appels dans la minute) : Relance attend 17 secondes et reprend.",
        fault="minute_limit",
        given={"path": "/xero/.*/Invoices", "times": 1, "retry_after": 17},
    ),
    Trouble(
        day=16,
        company_id="galway",
        told="Sage est en panne (503) : rien ne part sur des livres qu'on ne peut pas relire.",
        fault="status",
        given={"path": "^/sage/v3.1/", "times": 1_000_000, "status": 503},
    ),
    Trouble(
        day=21,
        company_id="larch",
        told="Xero prend une note, mais sa réponse se perd : Relance la cherchera dans les livres avant de la réécrire.",
        fault="drop_after",
        given={"path": "/xero/.*/History", "method": "PUT", "times": 1},
    ),
    # It cannot be looked for at once either: the next day's run finds it. As many as a reading has attempts.
    Trouble(
        day=21,
        company_id="larch",
        told="",
        fault="status",
        given={"path": "/xero/.*/History", "method": "GET", "times": 5, "status": 503},
    ),
)


class _IntoFile(logging.Filter):
    """Writes a line into a file, with the time of the demonstration's world, and keeps it from everybody else."""

    def __init__(self, file: TextIO, clock: SandboxClock) -> None:
        super().__init__()
        self._file = file
        self._clock = clock

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the line."""
        if record.levelno >= logging.WARNING:
            self._file.write(f"{self._clock.now():%Y-%m-%d %H:%M:%S} {record.getMessage()}\n")
        return False


@contextmanager
def calls_told_in(path: Path, clock: SandboxClock) -> Iterator[None]:
    """Let the calls that went wrong be told in a file, not between the lines of the story."""
    logger = logging.getLogger("relance.http")
    with path.open("w", encoding="utf-8") as file:
        taking = _IntoFile(file, clock)
        logger.addFilter(taking)
        try:
            yield
        finally:
            logger.removeFilter(taking)


@contextmanager
def open_providers(first: date) -> Iterator[tuple[Sandbox, list[CloudStory]]]:
    """Serve the three providers on this machine, each with the books of its company, while the demonstration lasts."""
    sandbox = Sandbox(clock=SandboxClock(datetime.combine(first - timedelta(days=1), _DAWN)))
    stories = []
    for scene in SCENES:
        ledger = sandbox.add_organisation(scene.provider, scene.organisation)
        sandbox.oauth.clients[scene.provider] = {CLIENT_ID: CLIENT_SECRET}
        story = CloudStory(scene=scene, ledger=ledger, first=first)
        story.open()
        stories.append(story)
    with sandbox:
        yield sandbox, stories


def connect_all(installation: Installation, sandbox: Sandbox) -> None:
    """Connect the three companies as `relance connect COMPANY --tokens -` does."""
    for scene in SCENES:
        granted = sandbox.oauth.grant(scene.provider, [scene.organisation.id], client_id=CLIENT_ID)

        def ask(app: App, granted: dict[str, Any] = granted) -> Consented:
            return Consented(tokens=tokens_of(granted, app.provider, asked_at=installation.clock.now()))

        company = installation.company(scene.company_id)
        connect(installation, company, ask, organisation=None, rebind=False)


def begin_trouble(sandbox: Sandbox, company_id: str, day: int) -> list[tuple[Trouble, Fault]]:
    """Let go wrong what does today; give what was switched on."""
    begun = [one for one in TROUBLES if (one.company_id, one.day) == (company_id, day)]
    return [(one, sandbox.faults.add(one.fault, **one.given)) for one in begun]


def met(sandbox: Sandbox, begun: list[tuple[Trouble, Fault]]) -> list[str]:
    """Tell those of the troubles that a call has met."""
    return [one.told for one, fault in begun if one.told and fault in sandbox.faults.taken]
