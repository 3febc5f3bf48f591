"""Confirmations: a dispute, a promise or a plan in instalments that a person recorded, put to the customer in writing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.kinds import Channel, HoldKind, Purpose
from engine.records import Confirmation, Queued
from engine.telling import addressee, told_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.calendar import BusinessCalendar
    from engine.model import HoldRecord, Instalment, OpenItem
    from engine.records import CaseFile

# What a customer may be told of in writing.
CONFIRMED: Final = frozenset({HoldKind.DISPUTE, HoldKind.PROMISE, HoldKind.INSTALMENTS})


def occasion_of(kind: HoldKind, holds: Iterable[HoldRecord]) -> str:
    """Name the occasion of a confirmation: its kind and the records that it confirms."""
    return f"{kind.value}:{','.join(sorted(hold.hold_id for hold in holds))}"


def confirmable(
    occasion: str, case: CaseFile, calendar: BusinessCalendar, as_of: date, *, answer_days: int
) -> Confirmation | None:
    """Give what an occasion confirms on a day: None where no record of it is in force any more, or nothing is open."""
    name, _, ids = occasion.partition(":")
    kind, wanted = HoldKind(name), set(ids.split(","))
    holds = tuple(hold for hold in case.holds if hold.hold_id in wanted and _stands(hold, kind, as_of))
    items = tuple(item for item in case.items if _is_told(item) and any(hold.covers(item) for hold in holds))
    if not items:
        return None
    plans = {hold.plan_id for hold in holds if hold.plan_id}
    instalments = tuple(one for one in case.instalments if one.plan_id in plans)
    if kind is HoldKind.INSTALMENTS and not instalments:
        return None
    return Confirmation(
        kind=kind,
        holds=holds,
        items=items,
        instalments=instalments,
        answer_on=_answer_on(holds, instalments, calendar, as_of, answer_days),
    )


def confirmation(
    given: Confirmation, case: CaseFile, on: date, *, needs_approval: bool, rehearsal: bool, approved_by: str = ""
) -> Queued:
    """Give a confirmation as a mail to write into the outbox; as a task where the customer cannot be written to."""
    reachable = addressee(case.customer) is not None and not case.customer.do_not_contact
    return Queued(
        customer_id=case.customer.customer_id,
        purpose=Purpose.CONFIRMATION,
        level_id=Purpose.CONFIRMATION.value,
        channel=Channel.EMAIL if reachable else Channel.TASK,
        on=on,
        deadline_on=None,
        lines=told_lines(Purpose.CONFIRMATION, given.items),
        needs_approval=needs_approval,
        occasion=occasion_of(given.kind, given.holds),
        rehearsal=rehearsal,
        approved_by=approved_by,
    )


def _stands(hold: HoldRecord, kind: HoldKind, as_of: date) -> bool:
    over = hold.until is not None and hold.until < as_of
    missed = hold.promised_on is not None and hold.promised_on < as_of
    return hold.kind is kind and hold.broken_on is None and not over and not missed


def _is_told(item: OpenItem) -> bool:
    return item.balance.minor > 0 and not item.unseen and not item.is_opening


def _answer_on(
    holds: Sequence[HoldRecord],
    instalments: Sequence[Instalment],
    calendar: BusinessCalendar,
    as_of: date,
    answer_days: int,
) -> date:
    """Give the day by which one side answers the other: the end of the dispute, or some days from now.

    A plan is agreed to before its first payment at the latest, unless that payment has come already.
    """
    usual = calendar.next_working_day(as_of + timedelta(days=answer_days))
    ends = [hold.until for hold in holds if hold.until is not None]
    first = min((one.due_on for one in instalments if one.due_on >= as_of), default=usual)
    return min(ends, default=min(usual, first))
