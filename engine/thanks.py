"""The thank-you: one mail when a customer who was reminded has paid and nothing is overdue any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kinds import Channel, ContactRole, Purpose
from engine.money import Money
from engine.plan import THANK_WITHIN_DAYS
from engine.records import Queued, QueuedLine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.model import OpenItem
    from engine.records import CaseFile, Settled


def may_thank(case: CaseFile, paid: Sequence[OpenItem], as_of: date) -> bool:
    """Tell whether a customer may be thanked: all of it still paid, nothing overdue left, and someone to write to."""
    overdue = any(item.balance.minor > 0 and item.due_on < as_of for item in case.items)
    reachable = bool(case.customer.with_role(ContactRole.BILLING)) and not case.customer.do_not_contact
    return reachable and not overdue and all(item.balance.minor == 0 for item in paid)


def thank_you(
    case: CaseFile, settled: Sequence[Settled], as_of: date, *, approve_all: bool, rehearsal: bool
) -> Queued | None:
    """Give the thank-you for items whose payment was seen lately; None when there is nothing to thank for."""
    recent = [one for one in settled if (as_of - one.seen_on).days < THANK_WITHIN_DAYS]
    if not recent or not may_thank(case, [one.item for one in recent], as_of):
        return None
    return Queued(
        customer_id=case.customer.customer_id,
        purpose=Purpose.THANK_YOU,
        level_id=Purpose.THANK_YOU.value,
        channel=Channel.EMAIL,
        on=as_of,
        deadline_on=None,
        lines=tuple(
            QueuedLine(
                item_id=one.item.item_id,
                number=one.item.number,
                level_id=Purpose.THANK_YOU.value,
                offset=0,
                asked=Money.zero(one.item.currency),
                balance=one.item.balance,
            )
            for one in recent
        ),
        needs_approval=approve_all,
        occasion=",".join(sorted(f"{one.item.item_id}@{one.times}" for one in recent)),
        rehearsal=rehearsal,
    )
