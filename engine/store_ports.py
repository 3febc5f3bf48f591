"""What the loops need of the store, as one small protocol for each loop; adapters never subclass them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from engine.kinds import ReminderState
    from engine.model import Decision, Facts, HoldRecord, Notice, OpenItem
    from engine.money import Money
    from engine.records import (
        AgreedPlan,
        CaseFile,
        CompanyState,
        Completed,
        Envelope,
        NoteToWrite,
        Owner,
        Page,
        PaymentSeen,
        Queued,
        QueuedLine,
        Receipt,
        Reminder,
        Settled,
        SyncChanges,
    )
    from engine.setup import Wanted
    from engine.standing import DaysLate


class SyncStore(Protocol):
    """What syncing needs of the store."""

    def company_state(self, company_id: str) -> CompanyState:
        """Give what is remembered of a company (defaults where it is new)."""
        ...

    def begin_sync(self, company_id: str, now: datetime) -> str:
        """Open a sync and mark the company's books incomplete; return its id."""
        ...

    def apply_page(self, company_id: str, sync_id: str, page: Page, *, seen_on: date, now: datetime) -> None:
        """Upsert a page by id in one transaction; facts that differ become events."""
        ...

    def not_shown(self, company_id: str, sync_id: str) -> Sequence[str]:
        """List the open items that no page of a sync has shown so far."""
        ...

    def complete_sync(
        self, company_id: str, sync_id: str, completed: Completed, *, seen_on: date, now: datetime
    ) -> SyncChanges:
        """Close a sync in one transaction: unseen, settled and returned items, cursor and freshness."""
        ...

    def set_quarantine(self, company_id: str, reasons: Sequence[str], now: datetime) -> None:
        """Put a company into quarantine for these reasons, or take it out with none."""
        ...


class PlanStore(Protocol):
    """What planning needs of the store."""

    def company_state(self, company_id: str) -> CompanyState:
        """Give what is remembered of a company."""
        ...

    def days_late(self, company_id: str, customer_id: str, as_of: date) -> DaysLate:
        """Add up how late a customer settled the invoices of the year before a day."""
        ...

    def days_of_use(self, company_id: str, before: date, *, rehearsal: bool) -> int:
        """Count the days before a day on which reminders of a company left."""
        ...

    def taken_on(self, company_id: str, as_of: date) -> int:
        """Count the notices of a company that take a place of a day and are not planned anew by a run."""
        ...

    def refresh_planning(self, company_id: str, fingerprint: str) -> None:
        """When plan or calendar changed since the last run, look at every open item of the company again."""
        ...

    def customers_due(self, company_id: str, as_of: date) -> Sequence[str]:
        """List the customers with an item whose next action falls on or before a day."""
        ...

    def customers_open(self, company_id: str) -> Sequence[str]:
        """List all customers with an open item."""
        ...

    def case_file(self, company_id: str, customer_id: str, *, rehearsal: bool) -> CaseFile:
        """Give all that is known of one customer."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Make one unit of work of the writes inside: all of them are durable at its end, or none happened."""
        ...

    def record_decisions(
        self, company_id: str, as_of: date, decided: Sequence[tuple[Decision, date | None]], now: datetime
    ) -> None:
        """Store each decision that differs from the last one stored, and each item's next day of action."""
        ...

    def queue(self, company_id: str, customer_id: str, wanted: Sequence[Queued], now: datetime) -> Sequence[Reminder]:
        """Make the customer's unapproved planned level reminders equal to `wanted`, in one transaction.

        Those that differ are cancelled, those already there stay. Thank-yous are only added. Returns what was created
        or cancelled.
        """
        ...

    def settled(self, company_id: str, as_of: date, *, rehearsal: bool) -> dict[str, Sequence[Settled]]:
        """Give, for each customer with nothing overdue left on `as_of`, the paid items not thanked for that were reminded after their due date."""
        ...

    def promises(self, company_id: str, on_or_before: date) -> Sequence[HoldRecord]:
        """List promises in force whose promised day is on or before a day."""
        ...

    def balance_of(self, company_id: str, item_id: str) -> OpenItem | None:
        """Give an item whatever its balance."""
        ...

    def judge_promise(
        self,
        company_id: str,
        hold_id: str,
        *,
        kept: bool,
        judged_on: date,
        now: datetime,
        received: Money | None = None,
    ) -> None:
        """End a promise as kept, or as broken on a day; `received` is what came in since it was given."""
        ...

    def agreed_plans(self, company_id: str) -> Sequence[AgreedPlan]:
        """List the plans in instalments that are in force, each with what has come in since it was agreed."""
        ...

    def end_plan(self, company_id: str, plan_id: str, *, missed: Facts, judged_on: date, now: datetime) -> None:
        """End a plan in instalments: silently where `missed` says nothing, else as not kept, with a task."""
        ...

    def tell_ended_holds(self, company_id: str, as_of: date, now: datetime) -> int:
        """Tell, once, of each hold whose last day has passed; return how many."""
        ...

    def want_tasks(self, company_id: str, customer_id: str, wanted: Sequence[Wanted], now: datetime) -> None:
        """Make the customer's open tasks that planning asked for equal to `wanted`: new ones open, the others close."""
        ...

    def end_tasks_of_settled(self, company_id: str, now: datetime) -> None:
        """End what planning asked of items that owe nothing any more."""
        ...

    def awaiting(self, company_id: str) -> Sequence[Reminder]:
        """List the level reminders that wait for a person, or that a person released and that have not left yet."""
        ...

    def withdraw(self, reminder: Reminder, reason: str, now: datetime) -> Reminder:
        """End a reminder that waits, because nothing in it is asked any more; its lines are free again."""
        ...

    def remember_day(self, company_id: str, as_of: date) -> None:
        """Remember the business day of a run."""
        ...

    def customers_without_statement(
        self, company_id: str, occasion: str, on: date, *, rehearsal: bool
    ) -> Sequence[str]:
        """List the customers with an invoice open that was issued by a day, and without a statement of an occasion so far."""
        ...

    def expire_approvals(self, company_id: str, planned_before: date, now: datetime) -> Sequence[Reminder]:
        """Let approvals lapse that have waited since before a day."""
        ...


class Outbox(Protocol):
    """The reminder's state machine; each method is one transaction, compare-and-set on (id, state, generation).

    Methods that take a Reminder raise FencedError when the row is no longer in that state and generation, or when the
    owner's epoch is not the store's.
    """

    def recover(self, owner: Owner, now: datetime) -> Sequence[Reminder]:
        """After a restart: claimed returns to planned, handing_over becomes uncertain. Returns what was moved."""
        ...

    def claim_next(
        self, company_id: str, as_of: date, owner: Owner, now: datetime, *, limit: int | None = None
    ) -> Reminder | None:
        """Take the next planned reminder whose day has come.

        Once as many notices as `limit` have left on the day, only mails that count for no limit are taken.
        """
        ...

    def revise(
        self,
        reminder: Reminder,
        lines: Sequence[QueuedLine],
        notice: Notice,
        owner: Owner,
        why: Mapping[str, str] | None = None,
    ) -> Reminder:
        """Keep only these lines of a claimed reminder, with what is asked now; note why the others left.

        `why` gives the reason by item id.
        """
        ...

    def release_claim(
        self, reminder: Reminder, error: str, owner: Owner, now: datetime, *, retry_at: datetime
    ) -> Reminder:
        """Return a claimed reminder to planned, to be tried again from an instant on: nothing left."""
        ...

    def postpone(self, reminder: Reminder, until: date, owner: Owner, now: datetime) -> Reminder:
        """Return a claimed reminder to planned for a later day."""
        ...

    def cancel(self, reminder: Reminder, reason: str, owner: Owner, now: datetime) -> Reminder:
        """End a planned or claimed reminder that must not leave; its lines are free again."""
        ...

    def pass_barrier(
        self, reminder: Reminder, envelope: Envelope, server: str, owner: Owner, now: datetime
    ) -> Reminder:
        """Record, durably and before the first byte of content, that the message is being handed over."""
        ...

    def record_sent(
        self, reminder: Reminder, envelope: Envelope, receipt: Receipt, sent_on: date, owner: Owner, now: datetime
    ) -> Reminder:
        """Record the other side's acceptance, the contact, the items' next day of action and the note to write."""
        ...

    def record_refused(self, reminder: Reminder, error: str, owner: Owner, now: datetime) -> Reminder:
        """Record a definite no: the reminder failed and needs a person."""
        ...

    def record_try_later(
        self, reminder: Reminder, error: str, retry_at: datetime, owner: Owner, now: datetime
    ) -> Reminder:
        """Return to planned after a temporary refusal."""
        ...

    def record_uncertain(self, reminder: Reminder, error: str, owner: Owner, now: datetime) -> Reminder:
        """Record that the link broke after the barrier; only a person or positive evidence resolves it."""
        ...

    def resolve_sent(self, reminder: Reminder, evidence: str, sent_on: date, now: datetime) -> Reminder:
        """Record positive evidence that an uncertain reminder went out."""
        ...

    def reminders(
        self, company_id: str, states: Sequence[ReminderState], *, since: datetime | None = None
    ) -> Sequence[Reminder]:
        """List reminders in these states, oldest first."""
        ...


class DeliveryStore(Outbox, Protocol):
    """What sending needs of the store besides the outbox: the customer's file as it is now."""

    def days_late(self, company_id: str, customer_id: str, as_of: date) -> DaysLate:
        """Add up how late a customer settled the invoices of the year before a day."""
        ...

    def company_state(self, company_id: str) -> CompanyState:
        """Give what is remembered of a company."""
        ...

    def case_file(self, company_id: str, customer_id: str, *, rehearsal: bool) -> CaseFile:
        """Give all that is known of one customer."""
        ...

    def balance_of(self, company_id: str, item_id: str) -> OpenItem | None:
        """Give an item whatever its balance."""
        ...

    def payments_of(self, company_id: str, item_ids: Sequence[str]) -> Sequence[PaymentSeen]:
        """List the money received for items, on the day on which the books say so or else on which it was first seen."""
        ...

    def apply_refresh(self, company_id: str, asked: Sequence[str], page: Page, *, seen_on: date, now: datetime) -> None:
        """Lay over the items that were just read again by id; what the books no longer show is unseen."""
        ...

    def sent_content(self, company_id: str, reminder_id: str) -> bytes:
        """Give the bytes of a mail as it was handed over last; b"" where none was."""
        ...

    def copy_address(self, company_id: str, reminder_id: str) -> str:
        """Give the address that the copy of a reminder goes to, "" for none."""
        ...

    def mark_address_failed(self, company_id: str, address: str, reason: str, now: datetime) -> None:
        """Remember that a server definitely refused an address, and what it said."""
        ...


class DigestStore(Protocol):
    """What telling account owners first needs of the store."""

    def company_state(self, company_id: str) -> CompanyState:
        """Give what is remembered of a company."""
        ...

    def customers_due(self, company_id: str, as_of: date) -> Sequence[str]:
        """List the customers with an item whose next action falls on or before a day."""
        ...

    def awaiting(self, company_id: str) -> Sequence[Reminder]:
        """List the level reminders that wait for a person, or that a person released and that have not left yet."""
        ...

    def case_file(self, company_id: str, customer_id: str, *, rehearsal: bool) -> CaseFile:
        """Give all that is known of one customer."""
        ...

    def days_late(self, company_id: str, customer_id: str, as_of: date) -> DaysLate:
        """Add up how late a customer settled the invoices of the year before a day."""
        ...

    def owners_written_to(self, company_id: str, on: date, *, rehearsal: bool) -> set[str]:
        """List the owners who get no further digest on a day: theirs has left, is on its way, or waits for a person."""
        ...

    def queue(self, company_id: str, customer_id: str, wanted: Sequence[Queued], now: datetime) -> Sequence[Reminder]:
        """Add digests; one of the same owner and day is there already."""
        ...

    def keep_digest_lines(self, reminder: Reminder, lines: Sequence[QueuedLine], owner: Owner) -> Reminder:
        """Write down what a claimed digest tells of, in place of what it was to tell before; raises FencedError."""
        ...


class NoteStore(Protocol):
    """What writing notes needs of the store; each method is one transaction."""

    def claim_note(self, company_id: str, now: datetime) -> NoteToWrite | None:
        """Take the next note whose time has come, and remember that it is about to be written."""
        ...

    def record_noted(self, note: NoteToWrite, now: datetime) -> None:
        """Record that the books hold the note."""
        ...

    def put_back_note(self, note: NoteToWrite, error: str, retry_at: datetime, *, tried: bool) -> None:
        """Leave a note for later; `tried` says whether it may have been written."""
        ...

    def fail_note(self, note: NoteToWrite, error: str, now: datetime) -> None:
        """Give a note up: a person is told."""
        ...
