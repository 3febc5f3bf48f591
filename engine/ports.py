"""What the loops need from the world, as small protocols; adapters never subclass them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from engine.digest import OwnerDigest
    from engine.model import Notice, OpenItem
    from engine.records import (
        About,
        Attachment,
        Capabilities,
        CaseFile,
        Completed,
        Confirmation,
        Envelope,
        Note,
        Page,
        ProviderMail,
        Receipt,
        Reminder,
    )


class Clock(Protocol):
    """The one source of instants."""

    def now(self) -> datetime:
        """Give the current instant in UTC."""
        ...


class Pull(Protocol):
    """One reading of the books: pages, then what is known once they are all out."""

    def pages(self) -> Iterator[Page]:
        """Yield pages; raise a BooksError when the books cannot be read."""
        ...

    def completed(self) -> Completed:
        """Say what is known after the last page."""
        ...


class Books(Protocol):
    """The books of one company; every method raises one of the BooksError family and nothing else."""

    @property
    def provider(self) -> str:
        """The provider's name in configuration: xero, quickbooks, sage, fec, csv, or a plug-in's."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Say beforehand what these books can do."""
        ...

    def pull(self, cursor: str, *, reconcile: bool = False) -> Pull:
        """Start reading what changed since the cursor ("" reads everything).

        With `reconcile` the pages also hold every item that is open now, so that the pull ends as `full`.
        """
        ...

    def refresh(self, item_ids: Sequence[str]) -> Page:
        """Read items as they stand now, in as few calls as the provider allows.

        The page holds each item with its customer, or its id among the voided; what the books no longer show at all is
        left out.
        """
        ...

    def write_note(self, note: Note) -> None:
        """Write a line of history; a note whose marker is already there counts as written.

        Raises WriteUnknownError where the answer never came, NotSupportedError where there is no place for notes.
        """
        ...

    def send_mail(self, mail: ProviderMail, barrier: Callable[[str], None]) -> Receipt:
        """Let the provider send its own invoice mail; `barrier(server)` is called right before the one call that does it.

        Everything that can be refused beforehand is refused before the barrier (BooksRefusedError). After it:
        BooksRefusedError, BooksBusyError and BooksUnreachableError say for certain that no mail left; WriteUnknownError
        that it may have.
        """
        ...

    def mail_evidence(self, item_id: str, since: datetime) -> bool | None:
        """Say whether the provider shows that it mailed this invoice at or after an instant: None where it cannot tell."""
        ...

    def document(self, item_id: str) -> Attachment | None:
        """Fetch the invoice as PDF, None where the books have none."""
        ...

    def payment_url(self, item_id: str) -> str:
        """Give the address at which the customer can pay this invoice online, "" where there is none."""
        ...

    def about(self) -> About:
        """Say whose books these are, and what a person should know of their settings."""
        ...


class Sender(Protocol):
    """A channel: hands one reminder over, calling `barrier` at the last moment at which nothing has left."""

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        """Hand over; `barrier(server)` raises to stop it. Raises one of the DeliveryError family."""
        ...

    def delivered(self, message_id: str) -> bool | None:
        """Say whether there is positive evidence that this message was taken: None where the channel cannot tell."""
        ...


class Renderer(Protocol):
    """Turns a notice into what the customer reads."""

    def notice(self, reminder: Reminder, notice: Notice, case: CaseFile, as_of: date, now: datetime) -> Envelope:
        """Write a level's mail or task."""
        ...

    def owner_digest(self, reminder: Reminder, digest: OwnerDigest, as_of: date, now: datetime) -> Envelope:
        """Write what an account owner is told before reminders leave."""
        ...

    def owner_copy(self, reminder: Reminder, original: bytes, case: CaseFile, to: str, now: datetime) -> Envelope:
        """Write the copy of a reminder for the customer's account owner."""
        ...

    def thank_you(
        self, reminder: Reminder, settled: Sequence[OpenItem], case: CaseFile, as_of: date, now: datetime
    ) -> Envelope:
        """Write the thank-you for settled items."""
        ...

    def confirmation(
        self, reminder: Reminder, given: Confirmation, case: CaseFile, as_of: date, now: datetime
    ) -> Envelope:
        """Write the confirmation of what was recorded, or the task of telling a customer who has no address."""
        ...

    def statement(self, reminder: Reminder, case: CaseFile, as_of: date, now: datetime) -> Envelope:
        """Write a customer's statement of account."""
        ...
