"""The provider's own mail as a channel: the books send their invoice again, with the provider's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksRefusedError,
    DefinitelyRefusedError,
    NotHandedOverError,
    NotSupportedError,
    OutcomeUnknownError,
    TemporarilyRefusedError,
    WriteUnknownError,
)
from engine.kinds import Channel
from engine.records import ProviderMail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from engine.ports import Sender
    from engine.records import Envelope, Receipt


class MailingBooks(Protocol):
    """What this channel needs of the books."""

    def send_mail(self, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
        """Let the provider send its own invoice mail."""
        ...

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        """Say whether the provider shows that it mailed this invoice since an instant."""
        ...


class ProviderChannel:
    """Sends one item by the provider; `handed_over_at` is when it was, where that is in question."""

    def __init__(self, books: MailingBooks, *, item_id: str, key: str, handed_over_at: datetime | None = None) -> None:
        self._books = books
        self._item_id = item_id
        self._key = key
        self._handed_over_at = handed_over_at

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        """Ask the provider to send; one recipient, one invoice."""
        if envelope.channel is not Channel.PROVIDER or envelope.content:
            raise NotHandedOverError("only the provider's own mail goes this way", company_wide=False)
        if len(envelope.recipients) != 1:
            raise NotHandedOverError("the provider's mail goes to exactly one address", company_wide=False)
        passed = False

        def noted(server: str) -> None:
            nonlocal passed
            barrier(server)
            passed = True

        mail = ProviderMail(item_id=self._item_id, to=envelope.recipients[0], key=self._key)
        try:
            return self._books.send_mail(mail, noted)
        except BooksError as error:
            raise (_after_barrier(error) if passed else _before_barrier(error)) from error

    def delivered(self, message_id: str) -> bool | None:
        """Ask the provider whether it mailed the invoice since it was asked to."""
        del message_id
        if self._handed_over_at is None:
            return None
        try:
            return self._books.mail_evidence(self._item_id, self._handed_over_at)
        except BooksError:
            return None

    def close(self) -> None:
        """Nothing stays open."""


def _before_barrier(error: BooksError) -> NotHandedOverError | DefinitelyRefusedError:
    if isinstance(error, BooksRefusedError | NotSupportedError):
        return DefinitelyRefusedError(str(error))
    return NotHandedOverError(str(error))


def _after_barrier(error: BooksError) -> DefinitelyRefusedError | OutcomeUnknownError | TemporarilyRefusedError:
    if isinstance(error, BooksRefusedError | NotSupportedError):
        return DefinitelyRefusedError(str(error))
    if isinstance(error, WriteUnknownError):
        return OutcomeUnknownError(str(error))
    wait = f" (not before {error.retry_at:%Y-%m-%d %H:%M} UTC)" if isinstance(error, BooksBusyError) else ""
    return TemporarilyRefusedError(f"{error}{wait}")


_conforms: type[Sender] = ProviderChannel
