"""The error family: each class is one situation, its text says what the user can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class RelanceError(Exception):
    """Base of every error that Relance explains to its user."""


class BooksError(RelanceError):
    """The books of a company could not be read; nothing already stored is touched."""


class BooksUnreadableError(BooksError):
    """What came is not what it should be: a file that is missing, empty or of another format, an answer cut short."""


class BooksUnreachableError(BooksError):
    """The provider could not be reached or is in trouble itself; nothing was changed there, another try may work."""


class BooksBusyError(BooksError):
    """The provider takes no more calls for now; `retry_at` (UTC) is when it will again."""

    def __init__(self, message: str, *, retry_at: datetime) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class ConsentNeededError(BooksError):
    """The provider no longer accepts what this company was connected with: a person connects it again."""


class WrongOrganisationError(BooksError):
    """What the provider shows belongs to another organisation than the one this company is bound to."""


class BooksRefusedError(BooksError):
    """The provider definitely refuses this call and would refuse it again; its own words are in the text."""


class WriteUnknownError(BooksError):
    """A write was handed to the provider and its answer never came: it may have been carried out."""


class NotSupportedError(BooksError):
    """These books cannot do this; their capabilities say so beforehand."""


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
    """The other side definitely refuses the message itself: it did not take it, and would not take it again."""


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
