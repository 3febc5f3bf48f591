"""One customer lived through day by day, on the pure core alone: what `decide` lets leave becomes history at once.

To add a situation in ten lines:

    life = Life(case=case_file([invoice("F1", due_on=date(2026, 3, 2))]), plan=STANDARD, calendar=BusinessCalendar())
    life.run_daily(date(2026, 2, 16), date(2026, 4, 30))
    assert [(c.on, c.levels) for c in life.contacts] == [...]

Nothing here knows a rule of the trade: it only writes down what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.decide import decide
from engine.kinds import Channel, DueSource, ItemKind, ReminderState, Tone
from engine.model import Contact, Customer, HistoryLine, Notice, OpenItem
from engine.money import Money
from engine.plan import Level, Plan
from engine.records import CaseFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from engine.calendar import BusinessCalendar
    from engine.model import CustomerOutcome, HoldRecord

CUSTOMER = Customer(customer_id="C1", name="Client Un", contacts=(Contact(email="ap@client-un.example"),))


def level(
    level_id: str, offset: int, tone: Tone, *, deadline: int | None = 8, channel: Channel = Channel.EMAIL
) -> Level:
    """Build a level; one before the due date prints no deadline, a formal one is approved by a person."""
    return Level(
        level_id=level_id,
        offset=offset,
        channel=channel,
        tone=tone,
        deadline_days=None if offset < 0 else deadline,
        approval=tone is Tone.FORMAL,
    )


STANDARD = Plan(
    plan_id="standard",
    levels=(
        level("pre_due", -5, Tone.FRIENDLY),
        level("first", 5, Tone.FRIENDLY),
        level("second", 15, Tone.FIRM),
        level("third", 30, Tone.FINAL),
        level("formal", 45, Tone.FORMAL, channel=Channel.REGISTERED_LETTER),
    ),
)


def invoice(
    number: str, *, due_on: date, amount: str = "100.00", issued_on: date | None = None, currency: str = "EUR"
) -> OpenItem:
    """Build an unpaid invoice, issued thirty days before it is due unless told otherwise."""
    money = Money.of(Decimal(amount), currency)
    return OpenItem(
        item_id=f"i-{number}",
        customer_id=CUSTOMER.customer_id,
        number=number,
        kind=ItemKind.INVOICE,
        issued_on=issued_on or due_on - timedelta(days=30),
        due_on=due_on,
        due_source=DueSource.STATED,
        total=money,
        balance=money,
    )


def case_file(
    items: Iterable[OpenItem],
    *,
    customer: Customer = CUSTOMER,
    holds: Iterable[HoldRecord] = (),
    history: Iterable[HistoryLine] = (),
) -> CaseFile:
    """Build all that is known of a customer; the last contact is the latest sent line's."""
    lines = tuple(history)
    return CaseFile(
        customer=customer,
        items=tuple(items),
        history=lines,
        holds=tuple(holds),
        last_contact_on=max((line.sent_on for line in lines), default=None),
    )


def days(first: date, last: date) -> Iterator[date]:
    """Count the days from first to last, both included."""
    while first <= last:
        yield first
        first += timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotice:
    """A notice as it left: the day, the level of each item by item id, and the deadline that it printed."""

    on: date
    levels: dict[str, str]
    deadline_on: date | None
    notice: Notice


@dataclass(slots=True, kw_only=True)
class Life:
    """A customer's case file that grows as notices leave.

    `approves` says whether a person approves a notice that asks for it on the day it comes up; otherwise it waits.
    """

    case: CaseFile
    plan: Plan
    calendar: BusinessCalendar
    approves: bool = True
    contacts: list[SentNotice] = field(default_factory=list)

    def decide(self, day: date) -> CustomerOutcome:
        """Decide without sending."""
        return decide(self.case, self.plan, self.calendar, day)

    def run(self, day: date) -> CustomerOutcome:
        """Decide, and send what is for today, as one run of the tool does."""
        outcome = self.decide(day)
        for notice in sorted(outcome.notices, key=lambda n: n.needs_approval):
            if notice.on != day:
                continue
            if notice.needs_approval and self.approves and self._written_on(day):
                continue  # a person releases it on another day: it would be a second contact today
            self.leave(notice, day)
        return outcome

    def run_daily(self, first: date, last: date) -> None:
        """Run once a day."""
        for day in days(first, last):
            self.run(day)

    def levels_of(self, item_id: str) -> list[str]:
        """List the levels sent for an item, in order of sending."""
        return [contact.levels[item_id] for contact in self.contacts if item_id in contact.levels]

    def _written_on(self, day: date) -> bool:
        return bool(self.contacts) and self.contacts[-1].on == day

    def leave(self, notice: Notice, day: date) -> None:
        """Write down that a notice left on a day."""
        waits = notice.needs_approval and not self.approves
        number = len(self.case.history)
        lines = tuple(
            HistoryLine(
                item_id=line.item.item_id,
                level_id=line.level_id,
                offset=next(level.offset for level in self.plan.levels if level.level_id == line.level_id),
                channel=notice.channel,
                state=ReminderState.AWAITING_APPROVAL if waits else ReminderState.SENT,
                sent_on=day,
                deadline_on=None if waits else notice.deadline_on,
                reminder_id=f"r{number}",
                approved=notice.needs_approval and not waits,
                tone=next(level.tone for level in self.plan.levels if level.level_id == line.level_id),
            )
            for line in notice.lines
        )
        self.case = replace(self.case, history=self.case.history + lines)
        if waits:
            return
        self.case = replace(self.case, last_contact_on=day, contact_days=(day, *self.case.contact_days))
        levels = {line.item.item_id: line.level_id for line in notice.lines}
        self.contacts.append(SentNotice(on=day, levels=levels, deadline_on=notice.deadline_on, notice=notice))
