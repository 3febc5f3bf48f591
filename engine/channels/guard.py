"""The one place where a company's mode is enforced: the last one before the wire."""

from __future__ import annotations

from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import TYPE_CHECKING, Final

from engine.channels.message import TEST_MARK
from engine.errors import ModeForbidsError, NotHandedOverError
from engine.kinds import LETTERS, Channel, Mode

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from pathlib import Path

    from engine.ports import Sender
    from engine.records import Envelope, Receipt

_SHOWN: Final = ("To", "Cc")
_NEVER_SHOWN: Final = ("Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")


class StopFileError(NotHandedOverError):
    """There is a STOP file, so nothing leaves; remove it to go on."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"nothing leaves while there is a file {path}: remove it to go on")


class ModeGuard:
    """Lets one reminder pass to its channel, or refuses it; it never changes anything, so it cannot be wrong about bytes.

    `allowed` are the addresses that this reminder may reach, as the wire writes them: the customer's own contacts, the
    account owner, the company's blind copy. In mode redirect only `redirect_to` may be reached, and the mail itself must
    say that it is a test. `stop_file` is looked at first and again at the barrier.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        mode: Mode,
        allowed: frozenset[str],
        rehearsal: bool,
        needs_approval: bool,
        approved: bool,
        redirect_to: str = "",
        stop_file: Path | None = None,
    ) -> None:
        self._sender = sender
        self._mode = mode
        self._allowed = allowed
        self._rehearsal = rehearsal
        self._needs_approval = needs_approval
        self._approved = approved
        self._redirect_to = redirect_to
        self._stop_file = stop_file

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        """Check, then hand over with a barrier that checks again.

        Raises ModeForbidsError or StopFileError before the barrier, besides what the channel raises.
        """
        self._check(envelope)

        def guarded(server: str) -> None:
            self._check(envelope)
            barrier(server)

        return self._sender.deliver(envelope, guarded)

    def delivered(self, message_id: str) -> bool | None:
        """Ask the channel."""
        return self._sender.delivered(message_id)

    def _check(self, envelope: Envelope) -> None:
        if self._stop_file is not None and self._stop_file.exists():
            raise StopFileError(self._stop_file)
        match self._mode:
            case Mode.OFF | Mode.PREVIEW:
                raise ModeForbidsError(f"the company's mode is {self._mode}: nothing leaves")
            case Mode.REDIRECT:
                self._check_rehearsal(envelope)
            case Mode.APPROVE | Mode.AUTO:
                self._check_real(envelope)

    def _check_real(self, envelope: Envelope) -> None:
        if self._rehearsal:
            raise ModeForbidsError("a reminder planned as a test does not leave outside mode redirect")
        if not self._approved and (self._needs_approval or self._mode is Mode.APPROVE):
            raise ModeForbidsError("the reminder waits for a person's approval: relance approve")
        strangers = [address for address in envelope.recipients if address not in self._allowed]
        if strangers:
            raise ModeForbidsError(f"{', '.join(strangers)} is no address of this customer: nothing was sent")
        if envelope.channel is Channel.EMAIL or (envelope.content and envelope.channel not in LETTERS):
            self._check_headers(envelope)

    def _check_rehearsal(self, envelope: Envelope) -> None:
        if not self._rehearsal:
            raise ModeForbidsError("the company's mode is redirect: only reminders planned as a test leave")
        if not self._redirect_to:
            raise ModeForbidsError("mode redirect needs redirect_to in the company's settings")
        if envelope.channel is Channel.PROVIDER:
            raise ModeForbidsError("mode redirect never uses provider mail: it would reach the customer")
        only = (self._redirect_to,)
        if envelope.channel is Channel.EMAIL:
            if envelope.recipients != only:
                raise ModeForbidsError(f"mode redirect sends to {self._redirect_to} alone: nothing was sent")
            head = self._check_headers(envelope)
            if not _subject(head).startswith(TEST_MARK):
                raise ModeForbidsError("a mail of mode redirect must say in its subject that it is a test")
        elif envelope.recipients not in ((), only) or not envelope.title.startswith(TEST_MARK):
            raise ModeForbidsError("a task of mode redirect must say in its title that it is a test, and reach nobody")

    def _check_headers(self, envelope: Envelope) -> Message:
        """Refuse a mail whose headers show an address that its envelope does not reach: an answer to all would."""
        head = BytesHeaderParser(policy=compat32).parsebytes(envelope.content)
        shown = [address for _, address in getaddresses(_values(head, _SHOWN))]
        if len(head.get_all("To", [])) != 1 or not shown or not set(shown) <= set(envelope.recipients):
            raise ModeForbidsError(
                "the mail's headers and its envelope do not name the same addresses: nothing was sent"
            )
        if _values(head, _NEVER_SHOWN):
            raise ModeForbidsError("the mail would show its blind copies: nothing was sent")
        return head


def _values(head: Message, names: tuple[str, ...]) -> list[str]:
    return [str(value) for name in names for value in head.get_all(name, [])]


def _subject(head: Message) -> str:
    return str(make_header(decode_header(str(head.get("Subject", "")))))


_conforms: Callable[..., Sender] = ModeGuard
