"""The values of the trade: open items, customers, holds, history, decisions, notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.kinds import (
    AddressForm,
    AttachmentKind,
    Channel,
    Charges,
    ContactRole,
    CustomerKind,
    DueSource,
    HoldKind,
    HoldReason,
    ItemKind,
    PaymentMethod,
    ReminderState,
    Tone,
)

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An invoice, credit note or unapplied payment as the books show it.

    `item_id` is stable for ever within a company. `total` is what was invoiced, VAT included; `balance` what is left
    (negative for credits). A settled item keeps its row with balance 0. `unseen` says that the last complete sync did
    not show it: it is not known to be paid. `reduces` is the number of the invoice that a credit note names, or "".
    `is_opening` marks an opening-balance line that has no invoice number: a task, never mailed as an invoice.
    `version` sorts as text in the order of the books' changes ("" where they have no such stamp): an older version that
    comes late never replaces a newer one.
    """

    item_id: str
    customer_id: str
    number: str
    kind: ItemKind
    issued_on: date
    due_on: date
    due_source: DueSource
    total: Money
    balance: Money
    reference: str = ""
    reduces: str = ""
    payment_url: str = ""
    document: str = ""
    is_opening: bool = False
    unseen: bool = False
    version: str = ""

    @property
    def currency(self) -> str:
        """ISO 4217 code of both amounts."""
        return self.balance.currency

    def days_late(self, as_of: date) -> int:
        """Count calendar days after the due date; negative before it."""
        return (as_of - self.due_on).days


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person or desk of a customer; `barred` says that a person forbade to write there."""

    email: str
    name: str = ""
    role: ContactRole = ContactRole.BILLING
    phone: str = ""
    failed: bool = False
    barred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A debtor: what the books say of them, with what a person has set laid over it.

    `language`, `address_form`, `plan`, `timezone` are "" / None where the company's own apply. `pay_days` are days of
    the month on which the customer pays. With `pace_days`, levels after the due date come that many days later as long
    as `pace_until` (included) has not passed. `postal_address` is one line for each line of the address. `subdivision` (a
    part of the country) and `postcode` say whose public holidays the customer keeps.
    """

    customer_id: str
    name: str
    kind: CustomerKind = CustomerKind.UNKNOWN
    language: str = ""
    address_form: AddressForm | None = None
    contacts: tuple[Contact, ...] = ()
    tags: tuple[str, ...] = ()
    country: str = ""
    postal_address: tuple[str, ...] = ()
    owner: str = ""
    owner_email: str = ""
    payment_method: PaymentMethod | None = None
    payer_id: str = ""
    pay_days: tuple[int, ...] = ()
    plan: str = ""
    timezone: str = ""
    do_not_contact: bool = False
    pace_days: int = 0
    pace_until: date | None = None
    subdivision: str = ""
    postcode: str = ""

    def with_role(self, role: ContactRole) -> tuple[Contact, ...]:
        """List the contacts of a role that may be written to and whose address has not failed."""
        return tuple(c for c in self.contacts if c.role is role and c.email and not c.failed and not c.barred)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRecord:
    """What stops the chasing: on one item (`item_id`), a customer (`customer_id`), or the whole company (both None).

    In force from the moment it is recorded until it is released; `until` is the last day included, None for no end.
    A promise carries the promised day, the amount (None: the whole balance) and the balance when it was given; a broken
    one the day on which it was found so and what had been `received` by then. A dispute carries the part that is
    contested (`disputed`, None for the whole invoice) and whether it awaits a credit note. An insolvency carries the day
    of the judgment: it stops the debts from before it only. Instalments carry the plan that they belong to and the
    balance when it was agreed. `group` are further customers that a record on a customer covers: those it pays for.
    """

    hold_id: str
    kind: HoldKind
    reason: str
    author: str
    recorded_at: datetime
    item_id: str | None = None
    customer_id: str | None = None
    until: date | None = None
    promised_on: date | None = None
    promised: Money | None = None
    balance_then: Money | None = None
    broken_on: date | None = None
    disputed: Money | None = None
    received: Money | None = None
    credit_note_to_come: bool = False
    judgment_on: date | None = None
    plan_id: str = ""
    group: frozenset[str] = frozenset()

    def covers(self, item: OpenItem) -> bool:
        """Tell whether this record concerns the item."""
        if self.item_id is not None:
            return self.item_id == item.item_id
        if self.judgment_on is not None and item.issued_on >= self.judgment_on:
            return False
        return self.customer_id is None or item.customer_id == self.customer_id or item.customer_id in self.group


@dataclass(frozen=True, slots=True, kw_only=True)
class Instalment:
    """One payment of an agreed plan: due on a day, and what of the money received since it was agreed falls to it.

    Money goes to the earliest instalment first. `plan_id` says which plan; its hold records carry the same.
    """

    plan_id: str
    due_on: date
    amount: Money
    received: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One item's part in one reminder, as history shows it to the core (current cycle only).

    `sent_on` is the local day of the contact (the day it was planned for while it is still under way).
    `deadline_on` is the last day that the reminder printed for payment, None where it printed none. An extra reminder
    takes no level (`takes_level` False), but the customer has read its deadline all the same. `tone` is the level's own
    when it was planned, None where that is not known. `taken` says that a person contacted the customer in the level's
    place; the deadline is then the day until which they asked to wait.
    """

    item_id: str
    level_id: str
    offset: int
    channel: Channel
    state: ReminderState
    sent_on: date
    deadline_on: date | None
    reminder_id: str
    approved: bool = False
    takes_level: bool = True
    tone: Tone | None = None
    taken: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTold:
    """The customer's account owner was told on a day that an item will be reminded at a level (current cycle only)."""

    item_id: str
    level_id: str
    told_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyBlock:
    """Why a whole company may not send today; turns what would be asked into a hold."""

    reason: HoldReason
    detail: str = ""


# What explains a decision: names and values that `engine.explain` puts into a sentence.
Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """Ask for an item at a level, on `on` (the first day on which sending is allowed).

    `asked`, `covered` and `disputed` (None for nothing) add up to the item's balance.
    """

    item_id: str
    level_id: str
    channel: Channel
    on: date
    asked: Money
    covered: Money
    facts: Facts = ()
    disputed: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Do not ask for an item: why, and until which day it stays so (None: until something changes).

    For `not_due` the day in `until` is the day on which the level becomes due; for every other reason the last held
    day. `held` and `covered` split the item's balance between what is held and what credit covers.
    """

    item_id: str
    reason: HoldReason
    until: date | None
    held: Money
    covered: Money
    level_id: str = ""
    channel: Channel | None = None
    facts: Facts = ()


Decision = Remind | Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """An item inside a notice, at its own level; `credit` (0 or more) is what credits take off its balance.

    `disputed` is the part that the customer contests, which is not asked (None for nothing); `debtor` names the customer
    whose item it is where that is not the one who pays and is written to.
    """

    item: OpenItem
    level_id: str
    asked: Money
    credit: Money
    charges: Charges
    disputed: Money | None = None
    debtor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """A credit note or an unapplied payment that reduces what a notice asks; `used` is positive."""

    item: OpenItem
    used: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The reminders of one customer that go out together by one channel, for one day.

    `level_id` and `tone` are the highest line's. `deadline_on` is the day the text prints, None before the due date;
    `deadline_days` are the days it gives, which a registered letter counts from its first presentation.
    `also_open` are the customer's other overdue undisputed items, listed as information and not asked; their balance is
    what is left after credit; `debtors` names, by id, whose items they are where that is not the one who pays. `broken_promises` are the promises for its items that no reminder has spoken of yet, each
    with what was received.
    """

    customer_id: str
    level_id: str
    offset: int
    channel: Channel
    tone: Tone
    on: date
    lines: tuple[NoticeLine, ...]
    credits: tuple[CreditLine, ...]
    totals: dict[str, Money]
    also_open: tuple[OpenItem, ...]
    deadline_on: date | None
    needs_approval: bool
    is_formal: bool
    to: Contact | None
    cc: tuple[Contact, ...] = ()
    template: str = ""
    broken_promise_on: date | None = None
    deadline_days: int | None = None
    attachments: tuple[AttachmentKind, ...] = (AttachmentKind.INVOICE,)
    signatory: str = ""
    copy_owner: bool = False
    due_since: date | None = None
    broken_promises: tuple[HoldRecord, ...] = ()
    debtors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOutcome:
    """What was decided for all open items of one customer on one day.

    `recheck_on` is the first day on which what stops no item, but lowers what is asked of one, has ended.
    """

    customer_id: str
    decisions: tuple[Decision, ...]
    notices: tuple[Notice, ...]
    recheck_on: date | None = None
