"""What the loops and the store exchange: reminders on their way, pages of books, and what a sync changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.kinds import Channel, HoldKind, Purpose, ReminderState, Tone
    from engine.model import Customer, HistoryLine, HoldRecord, Instalment, OpenItem, OwnerTold
    from engine.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderLine:
    """One item of a reminder; UNIQUE(company, item, level, cycle, attempt) among reminders that are not cancelled or expired."""

    item_id: str
    number: str
    level_id: str
    offset: int
    cycle: int
    attempt: int
    asked: Money
    balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """An outbox row with its lines.

    `on` is the local day it is planned for; `deadline_on` the day its text prints. `generation` rises with each
    transition and is compared at each. `rehearsal` marks what mode `redirect` made: it consumes no level.
    `message_id` (with angle brackets) is written once. `previous_message_ids` are those of the customer's earlier
    reminders, oldest first. `occasion` is the key of a mail that is no level. `reply` is the server's answer to the final dot, `error` what went wrong last.
    `item_ids` of a thank-you are the settled items, in `lines` with nothing asked.
    """

    reminder_id: str
    company_id: str
    customer_id: str
    purpose: Purpose
    level_id: str
    channel: Channel
    state: ReminderState
    generation: int
    on: date
    deadline_on: date | None
    message_id: str
    lines: tuple[ReminderLine, ...]
    rehearsal: bool = False
    approved_by: str = ""
    sent_on: date | None = None
    sent_at: datetime | None = None
    created_at: datetime | None = None
    to: str = ""
    subject: str = ""
    reply: str = ""
    error: str = ""
    previous_message_ids: tuple[str, ...] = ()
    occasion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLine:
    """A line to queue, with the tone of its level (None where it takes none): the store adds cycle and attempt."""

    item_id: str
    number: str
    level_id: str
    offset: int
    asked: Money
    balance: Money
    tone: Tone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A reminder to write into the outbox, unless one with the same lines is already there.

    `occasion` makes the key of mails that are not a level (a thank-you: the settled items and days); "" for a level.
    """

    customer_id: str
    purpose: Purpose
    level_id: str
    channel: Channel
    on: date
    deadline_on: date | None
    lines: tuple[QueuedLine, ...]
    needs_approval: bool
    occasion: str = ""
    rehearsal: bool = False
    approved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """All that the store knows of one customer, as `decide` needs it.

    `items` are those with a balance other than 0; `history` the reminder lines of their current cycle in every state
    but cancelled and expired; `last_contact_on` the day of the latest contact that counts for the gap between contacts;
    `age_accepted` the items that a person released although they were too old to ask without a person; `payments` the
    money received so far for these items, on the day on which the books say so or else on which it was first seen.
    `members` are the customers that this one pays for: their items and records are among these, and nobody writes to
    them. `instalments` are those of the plans in force, in order. `returned` are the payments that were taken back, of
    customers who pay by direct debit or card (amounts are negative). `owner_told` is what the customer's present account
    owner was told will go out. `contact_days` are the days of the latest contacts, the last first.
    """

    customer: Customer
    items: tuple[OpenItem, ...]
    history: tuple[HistoryLine, ...]
    holds: tuple[HoldRecord, ...]
    last_contact_on: date | None
    age_accepted: frozenset[str] = frozenset()
    payments: tuple[PaymentSeen, ...] = ()
    members: tuple[Customer, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    returned: tuple[PaymentSeen, ...] = ()
    owner_told: tuple[OwnerTold, ...] = ()
    contact_days: tuple[date, ...] = ()

    def debtor(self, item: OpenItem) -> Customer:
        """Give the customer whose item it is."""
        return next((one for one in self.members if one.customer_id == item.customer_id), self.customer)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedPlan:
    """A plan in instalments that is in force: whose it is, its items, and its lines with what has come in of each."""

    plan_id: str
    customer_id: str
    item_ids: tuple[str, ...]
    lines: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What is confirmed, as it stands on the day it is written.

    `items` are the open invoices concerned. `answer_on` is the day by which a dispute is answered, or a plan agreed to.
    """

    kind: HoldKind
    holds: tuple[HoldRecord, ...]
    items: tuple[OpenItem, ...]
    instalments: tuple[Instalment, ...]
    answer_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An item that was reminded after its due date and has since been paid with real money; not thanked for yet.

    `seen_on` is the business day of the sync that first showed it paid; `times` counts how often the item was settled.
    """

    item: OpenItem
    seen_on: date
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A place in the books that could not be used: file, line (1 is the first), and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSeen:
    """Money that the books allocate to an invoice on a day; one that was taken back is `undone`.

    `payment_id` stands for one allocation: a payment of two invoices is seen as two.
    """

    payment_id: str
    item_id: str
    paid_on: date
    amount: Money
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A portion of what the books hold; upserted by id.

    `voided` are the ids of items that the books say are void or deleted: whatever is stored of them is settled, without
    money; an id that is not stored is nothing to settle. `payments` may come before or after their invoice.
    """

    items: tuple[OpenItem, ...] = ()
    customers: tuple[Customer, ...] = ()
    voided: tuple[str, ...] = ()
    payments: tuple[PaymentSeen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """What a connector knows once its last page is out.

    `full` says that the pages held every open item, so that absence means unseen. `cursor` is what the next incremental
    pull starts from. `known_until` is the day up to which
    payments are known (None: the file's own age decides, given in `file_modified_at`). `lines` counts lines read (0 for
    a provider). `suspicions` are reasons for quarantine found by the connector itself (an invariant that failed).
    `remarks` are things to point out that stop nothing.
    """

    full: bool
    cursor: str = ""
    known_until: date | None = None
    file_modified_at: datetime | None = None
    lines: int = 0
    bad_lines: tuple[BadLine, ...] = ()
    suspicions: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class NotesOn(StrEnum):
    """Where in the books the history of reminders is written."""

    NOTHING = "nothing"
    ITEM = "item"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What books can do besides being read; what they cannot, they refuse with NotSupportedError.

    `rereads`: an item can be asked for by id right before it is reminded of. `incremental`: what changed since a cursor
    can be read alone. `mail`: the provider sends the invoice itself. `documents`: the invoice comes as PDF.
    `payment_links`: the customer can pay online. `note_length` is the longest note in characters.
    """

    rereads: bool = False
    incremental: bool = False
    notes_on: NotesOn = NotesOn.NOTHING
    note_length: int = 0
    mail: bool = False
    documents: bool = False
    payment_links: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A line of history for the books.

    `item_id` is "" where notes are kept with the customer. `marker` (`[rem:` + 12 hex + `]`) stands in `text` and tells
    this note apart for ever. `tried` says that an earlier try may have written it: then the books are searched for the
    marker first. `key` is the same at each try, at most 32 characters of hex.
    """

    customer_id: str
    item_id: str
    text: str
    marker: str
    key: str
    tried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteToWrite:
    """A note that was claimed: its reminder, its item ("" for the customer), and how often it was tried.

    `tried` says that an earlier try may have written it; `attempts` counts this one.
    """

    reminder: Reminder
    item_id: str
    tried: bool
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMail:
    """The provider's own invoice mail that a level asks for; `to` is whom it must reach, as the wire writes it."""

    item_id: str
    to: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the books say of themselves.

    `own_reminders` says whether the provider sends reminders of its own (None: it cannot be asked). `locked_until` is
    the last day of the closed periods. `remarks` are things a person should know.
    """

    organisation_id: str
    organisation: str
    timezone: str = ""
    currency: str = ""
    locked_until: date | None = None
    own_reminders: bool | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncChanges:
    """What one complete sync changed in the store: counts of items, and of items open, unseen and returned."""

    changed: int
    open_items: int
    unseen: int
    settled: int
    returned: int
    open_amounts: dict[str, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyState:
    """What the store remembers of a company between runs.

    `quarantine` are the reasons in force, () for none. `known_until` and `file_modified_at` are of the last complete
    sync; `reconciled_at` of the last one that showed every open item; `planning_fingerprint` tells whether plan and calendar are those of the last run, `business_day` for which day it was.
    """

    company_id: str
    backlog_accepted: bool = False
    quarantine: tuple[str, ...] = ()
    cursor: str = ""
    synced_at: datetime | None = None
    sync_complete: bool = False
    known_until: date | None = None
    file_modified_at: datetime | None = None
    reconciled_at: datetime | None = None
    planning_fingerprint: str = ""
    business_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who runs: a name for the record, and the epoch that the store raised when the instance lock was taken."""

    name: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a mail."""

    filename: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a channel hands over: the frozen addresses and, for mail, the exact bytes (CRLF line ends).

    `text` is the plain text, which is all that a task shows. `title` is the mail's subject or the task's title. A letter's
    content is its PDF; `deadline_days` are those it gives for payment.
    """

    reminder_id: str
    company_id: str
    customer_id: str
    channel: Channel
    sender: str
    recipients: tuple[str, ...]
    title: str
    text: str
    message_id: str
    content: bytes = b""
    due_on: date | None = None
    deadline_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the other side answered when it took a reminder."""

    server: str
    reply: str
