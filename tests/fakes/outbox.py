"""An outbox in memory and the people around it, for the sending loop: as strict as the real one about who may move what.

Every method that moves a reminder compares state and generation and raises FencedError, as the port asks; `told` lists
what was asked of the store, the renderer and the channel, in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.errors import DeliveryError, FencedError, RenderError
from engine.kinds import Channel, Purpose, ReminderState
from engine.money import Money
from engine.records import Envelope, Receipt, Reminder, ReminderLine
from engine.standing import DaysLate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from engine.digest import OwnerDigest
    from engine.model import Notice, OpenItem
    from engine.ports import Renderer, Sender
    from engine.records import CaseFile, CompanyState, Confirmation, Owner, Page, PaymentSeen, QueuedLine
    from engine.store_ports import DeliveryStore

_CLAIMED = frozenset({ReminderState.CLAIMED})
_HANDING = frozenset({ReminderState.HANDING_OVER})


@dataclass(slots=True, kw_only=True)
class MemoryOutbox:
    """Reminders by id, with one customer's case file and the company's state beside them."""

    state: CompanyState
    case: CaseFile
    rows: dict[str, Reminder] = field(default_factory=dict)
    books: dict[str, OpenItem] = field(default_factory=dict)
    postponed: dict[str, date] = field(default_factory=dict)
    retry_at: dict[str, datetime] = field(default_factory=dict)
    failed_addresses: list[str] = field(default_factory=list)
    epoch: int = 1
    told: list[str] = field(default_factory=list)

    def add(self, reminder: Reminder) -> None:
        """Put a reminder into the outbox."""
        self.rows[reminder.reminder_id] = reminder

    def _move(
        self,
        reminder: Reminder,
        to: ReminderState,
        allowed: frozenset[ReminderState],
        owner: Owner | None,
        word: str,
        **changes: str,
    ) -> Reminder:
        row = self.rows[reminder.reminder_id]
        if owner is not None and owner.epoch != self.epoch:
            raise FencedError("another instance has taken over")
        if (row.state, row.generation) != (reminder.state, reminder.generation) or row.state not in allowed:
            raise FencedError(f"it is {row.state.value} at generation {row.generation}")
        self.told.append(word)
        moved = replace(reminder, state=to, generation=row.generation + 1)
        moved = replace(moved, error=changes.get("error", ""), reply=changes.get("reply", ""))
        self.rows[reminder.reminder_id] = moved
        return moved

    def company_state(self, company_id: str) -> CompanyState:
        assert company_id == self.state.company_id
        return self.state

    def case_file(self, company_id: str, customer_id: str, *, rehearsal: bool) -> CaseFile:
        assert (company_id, customer_id) == (self.state.company_id, self.case.customer.customer_id)
        self.told.append("read rehearsal" if rehearsal else "read")
        return self.case

    def balance_of(self, company_id: str, item_id: str) -> OpenItem | None:
        assert company_id == self.state.company_id
        return self.books.get(item_id)

    def payments_of(self, company_id: str, item_ids: Sequence[str]) -> Sequence[PaymentSeen]:
        assert company_id == self.state.company_id
        return [payment for payment in self.case.payments if payment.item_id in item_ids]

    def apply_refresh(self, company_id: str, asked: Sequence[str], page: Page, *, seen_on: date, now: datetime) -> None:
        """Lay what was read again over the case; what was asked for and is not there is unseen."""
        assert company_id == self.state.company_id
        del seen_on, now
        self.told.append(f"read again {' '.join(asked)}")
        shown = {item.item_id: item for item in page.items}
        kept = [
            shown.get(item.item_id, replace(item, unseen=item.unseen or item.item_id in asked))
            for item in self.case.items
            if item.item_id not in page.voided
        ]
        self.books |= shown
        self.case = replace(self.case, items=tuple(item for item in kept if item.balance.minor))

    def sent_content(self, company_id: str, reminder_id: str) -> bytes:
        del company_id
        return reminder_id.encode()

    def copy_address(self, company_id: str, reminder_id: str) -> str:
        del company_id, reminder_id
        return ""

    def mark_address_failed(self, company_id: str, address: str, reason: str, now: datetime) -> None:
        del company_id, reason, now
        self.failed_addresses.append(address)

    def recover(self, owner: Owner, now: datetime) -> Sequence[Reminder]:
        del owner, now
        return ()

    def days_late(self, company_id: str, customer_id: str, as_of: date) -> DaysLate:
        assert (company_id, customer_id) == (self.state.company_id, self.case.customer.customer_id)
        del as_of
        return DaysLate()

    def claim_next(
        self, company_id: str, as_of: date, owner: Owner, now: datetime, *, limit: int | None = None
    ) -> Reminder | None:
        del limit
        assert company_id == self.state.company_id
        for row in self.rows.values():
            day = self.postponed.get(row.reminder_id, row.on)
            waits = self.retry_at.get(row.reminder_id, now) > now
            if row.state is ReminderState.PLANNED and day <= as_of and not waits:
                return self._move(row, ReminderState.CLAIMED, frozenset({ReminderState.PLANNED}), owner, "claim")
        return None

    def revise(
        self,
        reminder: Reminder,
        lines: Sequence[QueuedLine],
        notice: Notice,
        owner: Owner,
        why: Mapping[str, str] | None = None,
    ) -> Reminder:
        del why
        kept = {line.item_id: line for line in lines}
        assert kept.keys() <= {line.item_id for line in reminder.lines}
        moved = self._move(reminder, ReminderState.CLAIMED, _CLAIMED, owner, "revise")
        revised = replace(
            moved,
            level_id=notice.level_id if reminder.purpose is Purpose.LEVEL else reminder.level_id,
            deadline_on=notice.deadline_on,
            lines=tuple(
                replace(line, asked=kept[line.item_id].asked) for line in reminder.lines if line.item_id in kept
            ),
        )
        self.rows[reminder.reminder_id] = revised
        return revised

    def release_claim(
        self, reminder: Reminder, error: str, owner: Owner, now: datetime, *, retry_at: datetime
    ) -> Reminder:
        del now
        self.retry_at[reminder.reminder_id] = retry_at
        return self._move(reminder, ReminderState.PLANNED, _CLAIMED, owner, "release_claim", error=error)

    def postpone(self, reminder: Reminder, until: date, owner: Owner, now: datetime) -> Reminder:
        del now
        self.postponed[reminder.reminder_id] = until
        return self._move(reminder, ReminderState.PLANNED, _CLAIMED, owner, f"postpone to {until}")

    def cancel(self, reminder: Reminder, reason: str, owner: Owner, now: datetime) -> Reminder:
        del now
        return self._move(reminder, ReminderState.CANCELLED, _CLAIMED, owner, f"cancel: {reason}", error=reason)

    def pass_barrier(
        self, reminder: Reminder, envelope: Envelope, server: str, owner: Owner, now: datetime
    ) -> Reminder:
        assert envelope.reminder_id == reminder.reminder_id
        del server, now
        return self._move(reminder, ReminderState.HANDING_OVER, _CLAIMED, owner, "barrier")

    def record_sent(
        self, reminder: Reminder, envelope: Envelope, receipt: Receipt, sent_on: date, owner: Owner, now: datetime
    ) -> Reminder:
        assert envelope.reminder_id == reminder.reminder_id
        del now
        word = f"sent on {sent_on}"
        return self._move(reminder, ReminderState.SENT, _HANDING, owner, word, reply=receipt.reply)

    def record_refused(self, reminder: Reminder, error: str, owner: Owner, now: datetime) -> Reminder:
        del now
        return self._move(reminder, ReminderState.FAILED, _CLAIMED | _HANDING, owner, "refused", error=error)

    def record_try_later(
        self, reminder: Reminder, error: str, retry_at: datetime, owner: Owner, now: datetime
    ) -> Reminder:
        del now
        self.retry_at[reminder.reminder_id] = retry_at
        return self._move(reminder, ReminderState.PLANNED, _CLAIMED | _HANDING, owner, "try later", error=error)

    def record_uncertain(self, reminder: Reminder, error: str, owner: Owner, now: datetime) -> Reminder:
        del now
        return self._move(reminder, ReminderState.UNCERTAIN, _HANDING, owner, "uncertain", error=error)

    def resolve_sent(self, reminder: Reminder, evidence: str, sent_on: date, now: datetime) -> Reminder:
        del evidence, now
        return self._move(
            reminder, ReminderState.SENT, frozenset({ReminderState.UNCERTAIN}), None, f"sent on {sent_on}"
        )

    def reminders(
        self, company_id: str, states: Sequence[ReminderState], *, since: datetime | None = None
    ) -> Sequence[Reminder]:
        assert company_id == self.state.company_id
        del since
        return [row for row in self.rows.values() if row.state in states]


@dataclass(slots=True, kw_only=True)
class ScriptedSender:
    """A channel that hands over, or fails before or after its barrier as told."""

    told: list[str]
    before: DeliveryError | None = None
    after: DeliveryError | None = None
    at_barrier: Callable[[], None] | None = None
    delivered_envelopes: list[Envelope] = field(default_factory=list)

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        if self.before is not None:
            raise self.before
        if self.at_barrier is not None:
            self.at_barrier()
        barrier("mail.example")
        self.told.append("content")
        if self.after is not None:
            raise self.after
        self.delivered_envelopes.append(envelope)
        return Receipt(server="mail.example", reply="250 taken")

    def delivered(self, message_id: str) -> bool | None:
        return any(envelope.message_id == message_id for envelope in self.delivered_envelopes)


@dataclass(slots=True, kw_only=True)
class PlainRenderer:
    """Writes what a reminder asks in one line, or fails as told."""

    told: list[str]
    fails: bool = False

    def notice(self, reminder: Reminder, notice: Notice, case: CaseFile, as_of: date, now: datetime) -> Envelope:
        del case, as_of, now
        asked = ", ".join(f"{line.item.number} {line.asked}" for line in notice.lines)
        return self._write(reminder, f"{notice.level_id}: {asked}")

    def thank_you(
        self, reminder: Reminder, settled: Sequence[OpenItem], case: CaseFile, as_of: date, now: datetime
    ) -> Envelope:
        del case, as_of, now
        return self._write(reminder, f"thanks: {', '.join(item.number for item in settled)}")

    def confirmation(
        self, reminder: Reminder, given: Confirmation, case: CaseFile, as_of: date, now: datetime
    ) -> Envelope:
        del case, as_of, now
        return self._write(reminder, f"{given.kind}: {', '.join(item.number for item in given.items)}")

    def statement(self, reminder: Reminder, case: CaseFile, as_of: date, now: datetime) -> Envelope:
        del as_of, now
        return self._write(reminder, f"statement: {', '.join(item.number for item in case.items)}")

    def owner_copy(self, reminder: Reminder, original: bytes, case: CaseFile, to: str, now: datetime) -> Envelope:
        del case, now
        return self._write(reminder, f"copy for {to}: {len(original)} bytes")

    def owner_digest(self, reminder: Reminder, digest: OwnerDigest, as_of: date, now: datetime) -> Envelope:
        del as_of, now
        return self._write(reminder, f"{digest.leaves_on}: {', '.join(one.notice.level_id for one in digest.foreseen)}")

    def _write(self, reminder: Reminder, text: str) -> Envelope:
        self.told.append("write")
        if self.fails:
            raise RenderError("unknown word in the template")
        return Envelope(
            reminder_id=reminder.reminder_id,
            company_id=reminder.company_id,
            customer_id=reminder.customer_id,
            channel=reminder.channel,
            sender="compta@dupont.example",
            recipients=("ap@client-un.example",),
            title="Facture",
            text=text,
            message_id=reminder.message_id,
        )


@dataclass(slots=True, kw_only=True)
class StoppedClock:
    """A clock that stands still until it is moved."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


def planned(
    company_id: str,
    *items: OpenItem,
    on: date,
    level: str = "first",
    purpose: Purpose = Purpose.LEVEL,
    channel: Channel = Channel.EMAIL,
    reminder_id: str = "r1",
    rehearsal: bool = False,
) -> Reminder:
    """Build a planned reminder for items at one level."""
    lines = tuple(
        ReminderLine(
            item_id=item.item_id,
            number=item.number,
            level_id=level,
            offset=5,
            cycle=1,
            attempt=1,
            asked=Money.zero(item.currency) if purpose is Purpose.THANK_YOU else item.balance,
            balance=item.balance,
        )
        for item in items
    )
    return Reminder(
        reminder_id=reminder_id,
        company_id=company_id,
        customer_id=items[0].customer_id,
        purpose=purpose,
        level_id=level,
        channel=channel,
        state=ReminderState.PLANNED,
        generation=1,
        on=on,
        deadline_on=None,
        message_id=f"<{reminder_id}@dupont.example>",
        lines=lines,
        rehearsal=rehearsal,
    )


_: tuple[type[DeliveryStore], type[Sender], type[Renderer]]
if TYPE_CHECKING:
    _ = (MemoryOutbox, ScriptedSender, PlainRenderer)
