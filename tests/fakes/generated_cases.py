"""Hypothesis strategies: any customer, plan and calendar that Relance may meet, sane and less sane."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from engine.calendar import BusinessCalendar, Period
from engine.kinds import Channel, HoldKind, ItemKind, PaymentMethod, ReminderState, Tone
from engine.model import Contact, Customer, HistoryLine, HoldRecord, OpenItem
from engine.money import Money
from engine.plan import Plan
from engine.records import CaseFile
from tests.fakes.customer_life import CUSTOMER, STANDARD, invoice, level

if TYPE_CHECKING:
    from engine.plan import Level

FIRST_DAY = date(2026, 1, 5)
AMOUNTS = st.sampled_from([1, 180, 320, 499, 500, 10_000, 25_050, 120_000]) | st.integers(1, 500_000)
CURRENCIES = st.sampled_from(["EUR", "EUR", "EUR", "USD"])


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One customer, the plan and calendar of the company, and the day it is."""

    case: CaseFile
    plan: Plan
    calendar: BusinessCalendar
    day: date


@st.composite
def calendars(draw: st.DrawFn) -> BusinessCalendar:
    """French calendars: other sending days, closed periods, or none of it."""
    closed = []
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        first = FIRST_DAY + timedelta(days=draw(st.integers(0, 300)))
        closed.append(Period(first=first, last=first + timedelta(days=draw(st.integers(0, 20)))))
    return BusinessCalendar(
        send_days=draw(st.sampled_from([frozenset({0, 1, 2, 3, 4}), frozenset({1, 3}), frozenset(range(7))])),
        keep_holidays=draw(st.sampled_from([True, True, False])),
        closed=tuple(closed),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans of one to five levels, with or without one before the due date, deadlines and a formal end."""
    if draw(st.booleans()):
        return replace(STANDARD, min_gap_days=draw(st.integers(1, 10)))
    levels: list[Level] = []
    if draw(st.booleans()):
        levels.append(level("before", -draw(st.integers(1, 10)), Tone.FRIENDLY))
    offsets = sorted(draw(st.sets(st.integers(1, 60), min_size=1, max_size=4)))
    for number, offset in enumerate(offsets):
        channel = draw(st.sampled_from([Channel.EMAIL, Channel.EMAIL, Channel.CALL]))
        deadline = draw(st.sampled_from([None, 5, 8, 10]))
        levels.append(level(f"level{number}", offset, Tone.FIRM, deadline=deadline, channel=channel))
    if draw(st.booleans()):
        channel = draw(st.sampled_from([Channel.REGISTERED_LETTER, Channel.EMAIL]))
        levels.append(level("formal", offsets[-1] + 15, Tone.FORMAL, channel=channel))
    return Plan(plan_id="drawn", levels=tuple(levels), min_gap_days=draw(st.integers(1, 10)))


@st.composite
def invoices(draw: st.DrawFn, number: int) -> OpenItem:
    """Invoices from long overdue to not yet due; some vanished from the books or without a number."""
    due_on = FIRST_DAY + timedelta(days=draw(st.integers(-60, 60)))
    item = invoice(
        f"F{number}",
        due_on=due_on,
        issued_on=due_on - timedelta(days=draw(st.sampled_from([0, 5, 30, 30, 60]))),
        currency=draw(CURRENCIES),
    )
    money = Money(minor=draw(AMOUNTS), currency=item.currency)
    return replace(
        item,
        total=money,
        balance=money,
        unseen=draw(st.integers(0, 11)) == 0,
        is_opening=draw(st.integers(0, 15)) == 0,
    )


@st.composite
def credits_of(draw: st.DrawFn, number: int, numbers: list[str]) -> OpenItem:
    """Credit notes, naming an invoice or none, and payments not allocated."""
    kind = draw(st.sampled_from([ItemKind.CREDIT_NOTE, ItemKind.CREDIT_NOTE, ItemKind.PAYMENT]))
    issued_on = FIRST_DAY + timedelta(days=draw(st.integers(-60, 0)))
    money = Money(minor=-draw(AMOUNTS), currency=draw(CURRENCIES))
    return replace(
        invoice(f"C{number}", due_on=issued_on, issued_on=issued_on),
        kind=kind,
        total=money,
        balance=money,
        reduces=draw(st.sampled_from(["", "", *numbers])) if kind is ItemKind.CREDIT_NOTE else "",
    )


@st.composite
def histories(draw: st.DrawFn, items: list[OpenItem], plan: Plan) -> tuple[HistoryLine, ...]:
    """What was sent before the first day: the plan's levels after the due date, from the first on, in order."""
    lines: list[HistoryLine] = []
    after_due = [level for level in plan.levels if not level.before_due and not level.is_formal]
    for item in items:
        count = draw(st.sampled_from([0, 0, 0, 1, 2]))
        for number, sent in enumerate(after_due[:count]):
            sent_on = FIRST_DAY - timedelta(days=20 * (count - number) - draw(st.integers(0, 15)))
            lines.append(
                HistoryLine(
                    item_id=item.item_id,
                    level_id=sent.level_id,
                    offset=sent.offset,
                    channel=sent.channel,
                    state=ReminderState.SENT,
                    sent_on=sent_on,
                    deadline_on=sent_on + timedelta(days=sent.deadline_days) if sent.deadline_days else None,
                    reminder_id=f"old{len(lines)}",
                )
            )
    return tuple(lines)


@st.composite
def hold_records(draw: st.DrawFn, number: int, item_ids: list[str]) -> HoldRecord:
    """What stops the chasing of an item or of the whole customer, ended or not."""
    kind = draw(st.sampled_from([HoldKind.DISPUTE, HoldKind.HOLD, HoldKind.PROMISE]) | st.sampled_from(list(HoldKind)))
    until = draw(st.none() | st.integers(0, 60).map(lambda n: FIRST_DAY + timedelta(days=n)))
    promised_on = FIRST_DAY + timedelta(days=draw(st.integers(0, 40)))
    is_promise = kind is HoldKind.PROMISE
    item_id = draw(st.sampled_from([*item_ids, None]))
    # An amount in a currency that is not the item's is a thing of the past: the whole is then contested.
    of_a_part = kind is HoldKind.DISPUTE and item_id is not None and draw(st.booleans())
    by_judgment = kind is HoldKind.INSOLVENCY and item_id is None and draw(st.booleans())
    return HoldRecord(
        hold_id=f"h{number}",
        kind=kind,
        reason="drawn",
        author="test",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        item_id=item_id,
        customer_id=CUSTOMER.customer_id if item_id is None else None,
        until=None if is_promise else until,
        promised_on=promised_on if is_promise else None,
        disputed=Money(minor=draw(AMOUNTS), currency=draw(CURRENCIES)) if of_a_part else None,
        credit_note_to_come=kind is HoldKind.DISPUTE and draw(st.booleans()),
        judgment_on=FIRST_DAY - timedelta(days=draw(st.integers(0, 60))) if by_judgment else None,
    )


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    """Customers that may mostly be written to."""
    usual = CUSTOMER
    return draw(
        st.sampled_from(
            [usual] * 8
            + [
                replace(usual, do_not_contact=True),
                replace(usual, contacts=()),
                replace(usual, contacts=(Contact(email="gone@client-un.example", failed=True),)),
                replace(usual, payment_method=PaymentMethod.DIRECT_DEBIT),
                replace(usual, payment_method=PaymentMethod.CARD),
            ]
        )
    )


@st.composite
def groups(draw: st.DrawFn, case: CaseFile) -> CaseFile:
    """The same file, part of which is of a customer that this one pays for."""
    member = Customer(
        customer_id="C2",
        name="Filiale",
        contacts=(Contact(email="ap@filiale.example"),),
        do_not_contact=draw(st.integers(0, 5)) == 0,
        payment_method=draw(st.sampled_from([None, None, None, PaymentMethod.DIRECT_DEBIT])),
    )
    items = tuple(replace(i, customer_id=draw(st.sampled_from([i.customer_id, "C2"]))) for i in case.items)
    holds = tuple(
        hold
        if hold.customer_id is None
        else draw(st.sampled_from([replace(hold, group=frozenset({"C2"})), replace(hold, customer_id="C2")]))
        for hold in case.holds
    )
    return replace(case, items=items, holds=holds, members=(member,))


@st.composite
def worlds(draw: st.DrawFn, *, quiet: bool = False) -> World:
    """Any situation; a `quiet` one has plain invoices only: nothing held, credited, vanished or undeliverable."""
    plan = draw(plans())
    items = [draw(invoices(n)) for n in range(draw(st.integers(1, 4)))]
    holds: list[HoldRecord] = []
    customer = CUSTOMER
    history: tuple[HistoryLine, ...] = ()
    if quiet:
        items = [replace(i, unseen=False, is_opening=False, total=i.total + i.total) for i in items]
        items = [replace(i, balance=replace(i.balance, minor=10_000 + i.balance.minor)) for i in items]
    else:
        history = draw(histories(items, plan))
        ids = [item.item_id for item in items]
        holds = [draw(hold_records(n, ids)) for n in range(draw(st.sampled_from([0, 0, 0, 1, 2])))]
        numbers = [item.number for item in items]
        items += [draw(credits_of(n, numbers)) for n in range(draw(st.sampled_from([0, 0, 1, 2])))]
        customer = draw(customers())
    last = max((line.sent_on for line in history), default=None)
    case = CaseFile(customer=customer, items=tuple(items), history=history, holds=tuple(holds), last_contact_on=last)
    if not quiet and draw(st.integers(0, 3)) == 0:
        case = draw(groups(case))
    return World(
        case=case,
        plan=plan,
        calendar=draw(calendars()),
        day=FIRST_DAY + timedelta(days=draw(st.integers(0, 90))),
    )
