"""Envelopes and barriers for the sending tests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from engine.channels.addresses import Mailbox
from engine.channels.message import build_message
from engine.kinds import Channel
from engine.records import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable

SENDER = "compta@dupont.example"
CUSTOMER = "ap@client.example"
MESSAGE_ID = "<r-0123456789abcdef0123456789abcdef@dupont.example>"
MAIL: dict[str, Any] = {
    "sender": Mailbox(address=SENDER, name="Dupont Menuiserie"),
    "to": Mailbox(address=CUSTOMER, name="Claire Client"),
    "subject": "Rappel : facture F-2026-001",
    "text": "Bonjour,\n\nLa facture F-2026-001 (1 234,50 €) est échue depuis 5 jours.\n",
    "html": "<html><body><p>La facture F-2026-001 (1 234,50 €) est échue depuis 5 jours.</p></body></html>",
    "message_id": MESSAGE_ID,
    "date": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    "language": "fr",
    "reminder_key": "dupont-0123456789ab",
}


def a_message(**changes: Any) -> bytes:
    """Build a plain reminder with these changes."""
    return build_message(**(MAIL | changes))


def an_envelope(**changes: Any) -> Envelope:
    """Give the envelope of a plain reminder with these changes."""
    envelope = Envelope(
        reminder_id="r1",
        company_id="dupont",
        customer_id="c1",
        channel=Channel.EMAIL,
        sender=SENDER,
        recipients=(CUSTOMER,),
        title="Rappel : facture F-2026-001",
        text="Bonjour",
        message_id=MESSAGE_ID,
        content=a_message(),
    )
    return replace(envelope, **changes)


class BarrierError(Exception):
    """The barrier did not let it pass."""


@dataclass(slots=True)
class Barrier:
    """Counts its calls, looks at the world at that moment, and raises where it is told to."""

    look: Callable[[], object] = lambda: None
    refuse: BaseException | None = None
    servers: list[str] = field(default_factory=list)
    seen: list[object] = field(default_factory=list)

    def __call__(self, server: str) -> None:
        self.servers.append(server)
        self.seen.append(self.look())
        if self.refuse is not None:
            raise self.refuse
