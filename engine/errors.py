"""The error family: each class is one situation, its text says what the user can do."""

from __future__ import annotations


class RelanceError(Exception):
    """Base of every error that Relance explains to its user."""


class BooksError(RelanceError):
    """The books of a company could not be read; nothing already stored is touched."""


class BooksUnreadableError(BooksError):
    """The file is not what its settings say: missing, empty, of another format or encoding."""


class DeliveryError(RelanceError):
    """Base of what can go wrong while a reminder is handed over."""


class NotHandedOverError(DeliveryError):
    """Nothing left: the error came before the barrier. The reminder returns to planned.

    `company_wide` says that every further mail of this company would meet it too (log-in, TLS, connection).
    """

    def __init__(self, message: str, *, company_wide: bool = True) -> None:
        super().__init__(message)
        self.company_wide = company_wide


class RecipientRefusedError(DeliveryError):
    """The server definitely refuses an address, before the barrier: no mail left, the address needs a person."""

    def __init__(self, message: str, *, address: str) -> None:
        super().__init__(message)
        self.address = address


class DefinitelyRefusedError(DeliveryError):
    """The server answered 5xx to the message itself: it did not take it, and would not take it again."""


class TemporarilyRefusedError(DeliveryError):
    """The server answered 4xx: it did not take the message and invites another try later."""


class OutcomeUnknownError(DeliveryError):
    """The link broke after the barrier: whether the server took the message cannot be known here."""


class FencedError(DeliveryError):
    """Another owner has taken this reminder, or it changed state, since it was claimed: nothing may leave."""


class ModeForbidsError(DeliveryError):
    """The company's mode does not allow this mail to leave."""


class RenderError(RelanceError):
    """A template could not be rendered; nothing is sent."""
