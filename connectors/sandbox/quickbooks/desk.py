"""What the service remembers of a company besides its books: attachments, given answers, mails of the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from werkzeug.wrappers import Response

# Ids of attachments have their own, long, range.
_FIRST_ATTACHMENT = 200900000000000008541


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A note without a file, hung on transactions or names; it is written once."""

    id: str
    # (entity, id, goes out with the form) for each object it hangs on.
    hung_on: tuple[tuple[str, str, bool], ...]
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it was given, to be given again to the same request id."""

    status: int
    body: bytes
    content_type: str

    @classmethod
    def of(cls, response: Response) -> Answer:
        """Keep a response."""
        return cls(status=response.status_code, body=response.get_data(), content_type=response.content_type or "")


@dataclass(slots=True, kw_only=True)
class Desk:
    """The service's memory of one company. Only the holder of the books' lock comes near it."""

    opened_at: datetime
    attachments: list[Attachment] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    # Document -> the token which our client's own last change left.
    written: dict[str, int] = field(default_factory=dict)
    # Voided documents whose memo was rewritten afterwards: the word that told of the voiding is gone.
    reworded: set[str] = field(default_factory=set)

    def attach(self, hung_on: tuple[tuple[str, str, bool], ...], note: str, at: datetime) -> Attachment:
        """Keep a new attachment."""
        made = Attachment(id=str(_FIRST_ATTACHMENT + len(self.attachments)), hung_on=hung_on, note=note, at=at)
        self.attachments.append(made)
        return made
