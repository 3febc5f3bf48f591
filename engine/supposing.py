"""What a message would say of an item if it were written today, whatever the plan decides: nothing here is ever sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.credits import allocate
from engine.holds import Stop, contested
from engine.kinds import Channel, HoldKind, Tone
from engine.model import Contact, HoldRecord, Instalment
from engine.money import Money
from engine.notices import Due, build, recipient
from engine.offsets import LevelDue
from engine.records import Confirmation

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.calendar import BusinessCalendar
    from engine.model import Notice, OpenItem
    from engine.plan import Level, Plan
    from engine.records import CaseFile

# Reserved for what leads nowhere (RFC 2606).
NOBODY: Final = Contact(email="nobody@preview.invalid")
# How long an answer or a promise takes in what is made up.
_SOME_DAYS: Final = 10
_PARTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """A message as it would be, and what had to be assumed for it: short words, "" none."""

    case: CaseFile
    remarks: tuple[str, ...] = ()
    notice: Notice | None = None
    confirmation: Confirmation | None = None


def supposed_level(
    case: CaseFile, plan: Plan, calendar: BusinessCalendar, as_of: date, item: OpenItem, level: Level
) -> Supposed:
    """Give the notice of a level about one item alone, as of a day, due or not.

    A settled item counts as open in full, one that credit covers as uncovered, and a customer without an address is
    written to at one that leads nowhere: each is told in `remarks`.
    """
    remarks: list[str] = []
    if item.balance.minor <= 0:
        item = replace(item, balance=item.total)
        remarks.append("settled")
    case = _with(case, item)
    allocation = allocate(case.items, contested(case.holds, case.items, as_of))
    allocation.use_receipts(item)
    if allocation.asked(item).minor <= 0:
        allocation = allocate([item], {})
        remarks.append("covered")
    to = recipient(level, case.customer)
    if isinstance(to, Stop):
        to = NOBODY
        remarks.append("no_address")
    due = Due(item=item, step=LevelDue(level=level, on=as_of))
    return Supposed(case=case, remarks=tuple(remarks), notice=build([due], to, case, allocation, plan, calendar))


def spoken(supposed: Supposed, channel: Channel) -> Supposed:
    """Give the same notice as what a person says or types."""
    if supposed.notice is None:
        return supposed
    return replace(supposed, notice=replace(supposed.notice, channel=channel, to=None, cc=()))


def with_broken_promise(supposed: Supposed, as_of: date, now: datetime) -> Supposed:
    """Give the same notice with a promise that was not kept: the customer's own where there is one, else a made-up one."""
    notice = supposed.notice
    if notice is None or notice.broken_promise_on is not None:
        return supposed
    promised = as_of - timedelta(days=3)
    promises = tuple(
        replace(
            _made_up(HoldKind.PROMISE, line.item, now),
            promised_on=promised,
            promised=line.item.balance,
            broken_on=as_of,
        )
        for line in notice.lines
    )
    told = replace(
        notice,
        broken_promise_on=promised,
        broken_promises=promises,
        # A formal notice has words of its own.
        tone=Tone.FIRM if notice.is_formal else notice.tone,
    )
    return replace(supposed, notice=told, remarks=(*supposed.remarks, "made_up_promise"))


def supposed_confirmation(kind: HoldKind, case: CaseFile, item: OpenItem, as_of: date, now: datetime) -> Supposed:
    """Give a confirmation about one item: of what was recorded, or of something made up where nothing was."""
    remarks: list[str] = []
    if item.balance.minor <= 0:
        item = replace(item, balance=item.total)
        remarks.append("settled")
    case = _with(case, item)
    recorded = [hold for hold in case.holds if hold.kind is kind and hold.broken_on is None and hold.covers(item)]
    holds = tuple(recorded[-1:])
    instalments = tuple(one for one in case.instalments if any(one.plan_id == hold.plan_id for hold in holds))
    if not holds or (kind is HoldKind.INSTALMENTS and not instalments):
        remarks.append(f"made_up_{kind.value}")
        holds = (_made_up(kind, item, now),)
        if kind is HoldKind.PROMISE:
            holds = (replace(holds[0], promised_on=as_of + timedelta(days=_SOME_DAYS)),)
        instalments = _parts(item, as_of) if kind is HoldKind.INSTALMENTS else ()
    given = Confirmation(
        kind=kind,
        holds=holds,
        items=(item,),
        instalments=instalments,
        answer_on=as_of + timedelta(days=_SOME_DAYS),
    )
    return Supposed(case=case, remarks=tuple(remarks), confirmation=given)


def addressable(case: CaseFile) -> tuple[CaseFile, bool]:
    """Give a customer who can be written to, and tell whether that had to be assumed."""
    customer = case.customer
    if any(contact.email and not contact.failed for contact in customer.contacts):
        return case, False
    return replace(case, customer=replace(customer, contacts=(NOBODY,))), True


def _with(case: CaseFile, item: OpenItem) -> CaseFile:
    """Put an item among the open ones as it is supposed to be."""
    others = tuple(one for one in case.items if one.item_id != item.item_id)
    return replace(case, items=(*others, item))


def _made_up(kind: HoldKind, item: OpenItem, now: datetime) -> HoldRecord:
    return HoldRecord(
        hold_id="supposed",
        kind=kind,
        reason="",
        author="",
        recorded_at=now,
        item_id=item.item_id,
        balance_then=item.balance,
        plan_id="supposed" if kind is HoldKind.INSTALMENTS else "",
    )


def _parts(item: OpenItem, as_of: date) -> tuple[Instalment, ...]:
    """Split a balance into equal parts a month apart; the last one takes the cents that are left over."""
    part = item.balance.minor // _PARTS
    amounts = [part] * (_PARTS - 1) + [item.balance.minor - part * (_PARTS - 1)]
    zero = Money.zero(item.currency)
    return tuple(
        Instalment(
            plan_id="supposed",
            due_on=as_of + timedelta(days=30 * position),
            amount=Money(minor=amount, currency=item.currency),
            received=zero,
        )
        for position, amount in enumerate(amounts, start=1)
    )
