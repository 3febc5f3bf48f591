"""Grouping what is due into notices: who shares one, what it asks, to whom it goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from engine.credits import is_claim, oldest_first
from engine.holds import Stop, broken_plan, broken_promise, promised_and_received, stopped_by
from engine.kinds import Channel, Charges, ContactRole, DueSource, Grouping, HoldReason, ItemKind
from engine.model import CreditLine, Notice, NoticeLine
from engine.money import Money, totals
from engine.offsets import used

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.credits import Allocation
    from engine.model import Contact, Customer, Facts, HoldRecord, OpenItem
    from engine.offsets import LevelDue
    from engine.plan import Level, Plan
    from engine.records import CaseFile

_MAILED = frozenset({Channel.EMAIL, Channel.PROVIDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An item that has reached a level, before the rules of the whole notice are applied."""

    item: OpenItem
    step: LevelDue

    @property
    def level(self) -> Level:
        """The level reached."""
        return self.step.level


def groups(due: Sequence[Due], plan: Plan) -> list[list[Due]]:
    """Share what is due among notices, the firmest first.

    Items of one channel go together, but a formal notice goes alone and levels before the due date never share a
    notice with overdue items. With `group: invoice`, and by the provider's own mail, each item has its own notice.
    """
    shared: dict[tuple[object, ...], list[Due]] = {}
    for one in sorted(due, key=lambda d: oldest_first(d.item)):
        level = one.level
        by_itself = plan.group is Grouping.INVOICE or level.channel is Channel.PROVIDER
        alone = one.item.item_id if by_itself else ""
        shared.setdefault((level.channel, level.is_formal, level.before_due, alone), []).append(one)
    return sorted(
        shared.values(),
        key=lambda group: (-_highest(group, plan)[0], oldest_first(group[0].item)),
    )


def interval(on: date, last_contact_on: date | None, plan: Plan) -> Stop | None:
    """Give the stop of a contact that would come too soon after the last one."""
    if last_contact_on is None:
        return None
    allowed = last_contact_on + timedelta(days=plan.min_gap_days)
    if on >= allowed:
        return None
    facts = (("last_contact", last_contact_on.isoformat()), ("min_gap_days", str(plan.min_gap_days)))
    return Stop(reason=HoldReason.INTERVAL, until=allowed - timedelta(days=1), facts=facts)


def capped(on: date, contact_days: Sequence[date], plan: Plan) -> Stop | None:
    """Give the stop of a contact that would be one too many within the days of the plan's cap."""
    cap = plan.customer_cap
    if cap is None:
        return None
    since = on - timedelta(days=cap.days)
    within = sorted((day for day in contact_days if since < day <= on), reverse=True)
    if len(within) < cap.contacts:
        return None
    facts = (("cause", "customer"), ("contacts", str(cap.contacts)), ("cap_days", str(cap.days)))
    until = within[cap.contacts - 1] + timedelta(days=cap.days - 1)
    return Stop(reason=HoldReason.CAP_REACHED, until=until, facts=facts)


def without_covered_by_receipts(group: Sequence[Due], allocation: Allocation) -> tuple[list[Due], list[Due]]:
    """Take unapplied payments off what a group asks; return what is still asked, and what a payment covers.

    A payment that covers all that is asked in its currency holds the whole: it is to be allocated first. A smaller one
    reduces what is asked, oldest due date first.
    """
    asked: list[Due] = []
    covered: list[Due] = []
    for currency in dict.fromkeys(one.item.currency for one in group):
        lines = [one for one in group if one.item.currency == currency]
        wanted = sum((allocation.asked(one.item) for one in lines), start=Money.zero(currency))
        whole = allocation.receipts_in(currency)
        pays_for_all = whole.minor > 0 and wanted <= whole
        for one in lines:
            allocation.use_receipts(one.item)
            (covered if pays_for_all or allocation.asked(one.item).minor <= 0 else asked).append(one)
    return asked, covered


def below_minimum(group: Sequence[Due], allocation: Allocation, plan: Plan) -> list[Due]:
    """List the items of the currencies whose total is too small to write for."""
    small: list[Due] = []
    for currency in dict.fromkeys(one.item.currency for one in group):
        lines = [one for one in group if one.item.currency == currency]
        wanted = sum((allocation.asked(one.item) for one in lines), start=Money.zero(currency))
        if wanted < plan.minimum(currency):
            small += lines
    return small


def recipient(level: Level, customer: Customer) -> Contact | Stop | None:
    """Find who a level goes to: None where a person carries it out, a stop where no address can be used."""
    if level.channel not in _MAILED:
        return None
    for role in (*level.to, ContactRole.BILLING):
        if found := customer.with_role(role):
            return found[0]
    if any(contact.barred for contact in customer.contacts):
        return Stop(reason=HoldReason.DO_NOT_CONTACT)
    failed = any(contact.failed for contact in customer.contacts)
    return Stop(reason=HoldReason.ADDRESS_FAILED if failed else HoldReason.NO_ADDRESS)


def sending_day(group: Sequence[Due]) -> date:
    """Give the day on which a group leaves: what cannot wait for a preferred day takes the others with it."""
    return min(one.step.on for one in group)


def highest_level(group: Sequence[Due], plan: Plan) -> Level:
    """Give the firmest level of a group: it sets tone, deadline, recipients and template."""
    return _highest(group, plan)[1]


def _highest(group: Sequence[Due], plan: Plan) -> tuple[int, Level]:
    ranked = [(plan.place(one.level.level_id), one.level) for one in group]
    return max(ranked, key=lambda pair: pair[0])


def build(
    group: Sequence[Due],
    to: Contact | None,
    case: CaseFile,
    allocation: Allocation,
    plan: Plan,
    calendar: BusinessCalendar,
) -> Notice:
    """Write down a notice: its lines with what each asks, the credits shown, totals, deadline and recipients."""
    top = highest_level(group, plan)
    on = sending_day(group)
    lines = tuple(_line(one, case, allocation) for one in group)
    broken = tuple(promise for one in group if (promise := _untold_promise(one.item, case)))
    also_open = () if top.before_due or top.is_formal else _also_open(group, case, allocation, calendar, on)
    return Notice(
        customer_id=case.customer.customer_id,
        level_id=top.level_id,
        offset=top.offset,
        channel=top.channel,
        tone=top.tone,
        on=on,
        lines=lines,
        credits=_credit_lines(group, allocation),
        totals=totals([line.asked for line in lines]),
        also_open=also_open,
        deadline_on=deadline(top, on, calendar),
        needs_approval=top.approval or top.is_formal,
        is_formal=top.is_formal,
        to=to,
        cc=_copies(top, to, case.customer),
        template=top.template,
        deadline_days=top.deadline_days,
        broken_promise_on=max((p.promised_on for p in broken if p.promised_on), default=None),
        broken_promises=broken,
        attachments=top.attachments,
        signatory=top.signatory,
        copy_owner=top.copy_owner,
        debtors=tuple(dict.fromkeys((one.customer_id, name) for one in also_open if (name := _debtor(one, case)))),
        due_since=min((one.step.since for one in group if one.step.since is not None), default=None),
    )


def _debtor(item: OpenItem, case: CaseFile) -> str:
    """Name the customer whose item it is, where somebody else pays it."""
    debtor = case.debtor(item)
    return "" if debtor is case.customer else debtor.name


def _line(one: Due, case: CaseFile, allocation: Allocation) -> NoticeLine:
    disputed = allocation.disputed(one.item)
    return NoticeLine(
        item=one.item,
        level_id=one.level.level_id,
        asked=allocation.asked(one.item),
        credit=allocation.taken_off(one.item),
        charges=_charges(one),
        disputed=disputed if disputed.minor else None,
        debtor=_debtor(one.item, case),
    )


def told_besides(item: OpenItem, case: CaseFile) -> Facts:
    """Give what explains a reminder besides its level: what was agreed and not kept, and who pays for the customer."""
    facts: Facts = ()
    promise, plan = _untold_promise(item, case), broken_plan(case.holds, item)
    if promise is not None and promise.promised_on is not None:
        facts += (("broken_promise_on", promise.promised_on.isoformat()),)
        for promised, received in promised_and_received([promise]):
            facts += (("broken_promised", f"{promised} {promised.currency}"),)
            if received.minor:
                facts += (("promise_received", f"{received} {received.currency}"),)
    if plan is not None:
        facts += (("instalments_missed_on", f"{plan.broken_on}"),)
    if case.debtor(item) is not case.customer:
        facts += (("payer", case.customer.name),)
    return facts


def _charges(one: Due) -> Charges:
    """Give what a line says of interest: nothing on a due date that nobody agreed to."""
    return Charges.NONE if one.item.due_source is DueSource.ASSUMED else one.level.charges


def _untold_promise(item: OpenItem, case: CaseFile) -> HoldRecord | None:
    """Give the broken promise of an item that no reminder has spoken of yet."""
    promise = broken_promise(case.holds, item)
    if promise is None or promise.broken_on is None:
        return None
    told = any(line.sent_on >= promise.broken_on for line in used(case.history, item))
    return None if told else promise


def deadline(level: Level, on: date, calendar: BusinessCalendar) -> date | None:
    """Give the last day for payment that a level prints when sent on a day; it falls on a working day."""
    if level.deadline_days is None:
        return None
    return calendar.next_working_day(on + timedelta(days=level.deadline_days))


def _copies(level: Level, to: Contact | None, customer: Customer) -> tuple[Contact, ...]:
    taken = {to.email.casefold()} if to else set()
    copies: list[Contact] = []
    for role in level.cc:
        for contact in customer.with_role(role):
            if contact.email.casefold() not in taken:
                taken.add(contact.email.casefold())
                copies.append(contact)
    return tuple(copies)


def _credit_lines(group: Sequence[Due], allocation: Allocation) -> tuple[CreditLine, ...]:
    shown: dict[str, CreditLine] = {}
    for one in group:
        for line in allocation.used.get(one.item.item_id, ()):
            before = shown.get(line.item.item_id)
            used = line.used + before.used if before else line.used
            shown[line.item.item_id] = CreditLine(item=line.item, used=used)
    return tuple(sorted(shown.values(), key=lambda line: oldest_first(line.item)))


def _also_open(
    group: Sequence[Due], case: CaseFile, allocation: Allocation, calendar: BusinessCalendar, on: date
) -> tuple[OpenItem, ...]:
    asked = {one.item.item_id for one in group}
    return tuple(
        replace(item, balance=allocation.asked(item))
        for item in sorted(case.items, key=oldest_first)
        if item.item_id not in asked
        and item.kind is ItemKind.INVOICE
        and item.due_on < on
        and is_claim(item)
        and allocation.asked(item).minor > 0
        and _may_be_listed(item, case, calendar, on)
    )


def _may_be_listed(item: OpenItem, case: CaseFile, calendar: BusinessCalendar, on: date) -> bool:
    stop = stopped_by(item, case, calendar, on)
    return stop is None or stop.reason is HoldReason.PROMISE
