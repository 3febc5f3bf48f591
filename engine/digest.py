"""What the firm's own people are told by mail: account owners before reminders leave, collaborators once a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from engine.model import Customer, HistoryLine, Notice, OpenItem
    from engine.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """A notice that will leave on its day unless something changes; `history` is what its items were reminded of so far.

    `untold` are its lines, as pairs of item and level, that the account owner does not know of yet.
    """

    customer: Customer
    notice: Notice
    history: tuple[HistoryLine, ...]
    untold: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerDigest:
    """What one account owner is told on one day: everything of theirs that leaves on `leaves_on`."""

    owner: str
    owner_email: str
    leaves_on: date
    foreseen: tuple[Foreseen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collaborator:
    """A person of the firm who gets a digest of these companies each day."""

    name: str
    email: str
    company_ids: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeItem:
    """An overdue invoice among the largest."""

    company: str
    customer: str
    item: OpenItem


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyDay:
    """How a company stands on a day.

    `to_go` counts today's notices by level, those that have already left too; `block` is the reason for which nothing
    leaves ("" for none). `received` is the money seen come in since the digest before, by currency.
    """

    company_id: str
    name: str
    to_go: Mapping[str, int] = field(default_factory=dict)
    awaiting_approval: int = 0
    tasks: int = 0
    uncertain: int = 0
    failed: int = 0
    block: str = ""
    largest: tuple[LargeItem, ...] = ()
    received: Mapping[str, Money] = field(default_factory=dict)

    @property
    def to_do(self) -> int:
        """Count what waits for a person."""
        return self.awaiting_approval + self.tasks + self.uncertain + self.failed + bool(self.block)

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to do and nothing goes out."""
        return not self.to_do and not self.to_go


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyDigest:
    """What one collaborator is told on one day; `since` is the day of the digest before (or the day before today)."""

    collaborator: Collaborator
    on: date
    since: date
    companies: tuple[CompanyDay, ...]

    @property
    def nothing_to_do(self) -> bool:
        """Whether nothing waits for a person in any company."""
        return not any(company.to_do for company in self.companies)


class DigestState(StrEnum):
    """Where a collaborator's digest is on its way; `planned` waits to be tried again, `uncertain` may have arrived."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRow:
    """A collaborator's digest of one day on its way; `generation` rises with each move and is compared at each.

    `covers_until` is the instant up to which it tells of money received.
    """

    email: str
    on: date
    state: DigestState
    generation: int
    message_id: str
    covers_until: datetime
    retry_at: datetime | None = None
    error: str = ""
