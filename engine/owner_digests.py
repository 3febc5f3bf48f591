"""Telling account owners before reminders leave: who is told of what today, and the digest that tells it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.casework import judged, queued_lines
from engine.choosing import chosen_plan
from engine.digest import OwnerDigest
from engine.foresight import foreseen, horizon
from engine.freshness import company_block, known_until
from engine.kinds import Channel, Purpose
from engine.owner_first import is_owned
from engine.records import Queued

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from engine.digest import Foreseen
    from engine.plan import Plan
    from engine.records import QueuedLine, Reminder
    from engine.setup import CompanySetup
    from engine.store_ports import DigestStore

# A customer's own public holidays move their day beyond the company's.
_FURTHER: Final = timedelta(days=14)


def queue_owner_digests(
    setup: CompanySetup, store: DigestStore, as_of: date, now: datetime, *, rehearsal: bool
) -> list[Reminder]:
    """Queue a digest for each account owner who has something to be told today; an owner gets one a day at most.

    It is queued empty: what it tells is found when it is written, so that it is never older than the reminders. An owner
    whose last digest did not arrive for certain gets no further one before a person has resolved it.
    """
    if not setup.calendar.is_sending_day(as_of):
        return []
    told = store.owners_written_to(setup.company_id, as_of, rehearsal=rehearsal)
    owners = {
        address
        for one, _ in _foreseen(setup, store, as_of, now, rehearsal=rehearsal, but=told)
        if (address := one.customer.owner_email.casefold()) not in told
    }
    moved: list[Reminder] = []
    for address in sorted(owners):
        moved += store.queue(setup.company_id, "", [_queued(address, as_of, rehearsal=rehearsal)], now)
    return moved


def owner_of(reminder: Reminder) -> str:
    """Give the address of the account owner that a digest is for."""
    return reminder.occasion.rpartition(" ")[0]


def owner_digest(
    setup: CompanySetup, store: DigestStore, reminder: Reminder, as_of: date, now: datetime
) -> tuple[OwnerDigest, list[QueuedLine]] | None:
    """Give what an owner is told on a day, None where nothing of theirs is about to leave any more.

    With it come its lines as the store keeps them: each item at the level that it will be reminded at.
    """
    address = owner_of(reminder)
    with_plans = list(_foreseen(setup, store, as_of, now, rehearsal=reminder.rehearsal, only=address))
    if not with_plans:
        return None
    found = tuple(one for one, _ in with_plans)
    owner = next((one.customer for one in found if one.customer.owner), found[0].customer)
    digest = OwnerDigest(
        owner=owner.owner,
        owner_email=owner.owner_email,
        leaves_on=min(one.notice.on for one in found),
        foreseen=found,
    )
    return digest, [line for one, plan in with_plans for line in queued_lines(one.notice, plan)]


def _queued(address: str, on: date, *, rehearsal: bool) -> Queued:
    return Queued(
        customer_id="",
        purpose=Purpose.DIGEST,
        level_id=Purpose.DIGEST.value,
        channel=Channel.EMAIL,
        on=on,
        deadline_on=None,
        lines=(),
        needs_approval=False,
        occasion=f"{address} {on.isoformat()}",
        rehearsal=rehearsal,
    )


def _foreseen(
    setup: CompanySetup,
    store: DigestStore,
    as_of: date,
    now: datetime,
    *,
    rehearsal: bool,
    but: Iterable[str] = (),
    only: str = "",
) -> Iterator[tuple[Foreseen, Plan]]:
    """Find what leaves on the horizon and whose owner does not know of it, with its plan: of all owners but some, or of one."""
    last = horizon(setup.plans[setup.default_plan], setup.calendar, as_of)
    if last is None:
        return
    state = store.company_state(setup.company_id)
    block = company_block(state, setup.mode, max_age_days=setup.max_age_days, as_of=as_of, now=now)
    known = known_until(state, as_of, now)
    skipped = set(but)
    for customer_id in _candidates(setup.company_id, store, last + _FURTHER):
        case = store.case_file(setup.company_id, customer_id, rehearsal=rehearsal)
        plan = chosen_plan(setup, store, case.customer, case.items, as_of).plan
        address = case.customer.owner_email.casefold()
        if not is_owned(case, plan) or address in skipped or only not in {"", address}:
            continue
        calendar = setup.calendar_for(case.customer)
        case = judged(case, plan, calendar, as_of, known)
        for one in foreseen(case, plan, calendar, as_of, block):
            yield one, plan


def _candidates(company_id: str, store: DigestStore, last: date) -> Sequence[str]:
    """List the customers of whom something may leave by a day: what is due by then, and what a person may still release."""
    waiting = (reminder.customer_id for reminder in store.awaiting(company_id))
    return sorted({*store.customers_due(company_id, last), *waiting})
