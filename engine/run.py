"""The run of one company: plan on fresh books, write what is to leave into the outbox, deliver it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.casework import judged, queued
from engine.decide import decide, is_due, next_action_on
from engine.freshness import company_block, known_until
from engine.holds import PromiseOutcome, judge_promise
from engine.model import Channel, Hold, HoldReason, Mode
from engine.setup import Wanted
from engine.thanks import thank_you

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from engine.model import CompanyBlock, CustomerOutcome, Decision, Notice
    from engine.plan import Plan
    from engine.ports import PlanStore
    from engine.records import CaseFile, Reminder
    from engine.setup import CompanySetup

# An approval that nobody gave lapses after this and is asked again on fresh data (design: the reminder's states).
APPROVAL_DAYS: Final = 15
# Customers settled in one unit of work: the disk is waited for once, and other writers wait only for a moment.
_TOGETHER: Final = 50
# Modes in which reminders are written into the outbox.
_WRITES: Final = frozenset({Mode.REDIRECT, Mode.APPROVE, Mode.AUTO})
# What holds an item until a person has done something about it.
_ASKS_A_PERSON: Final = frozenset(
    {
        HoldReason.NO_ADDRESS,
        HoldReason.ADDRESS_FAILED,
        HoldReason.PAYMENT_TO_ALLOCATE,
        HoldReason.PLAN_FINISHED,
        HoldReason.TOO_OLD,
        HoldReason.UNSEEN,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One customer as planned: the file that was read, the plan used, and what was decided."""

    case: CaseFile
    plan: Plan
    outcome: CustomerOutcome


def block_of(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> CompanyBlock | None:
    """Give what stops the whole company on a day."""
    state = store.company_state(setup.company_id)
    return company_block(state, setup.mode, max_age_days=setup.max_age_days, as_of=as_of, now=now)


def plan_company(
    setup: CompanySetup, store: PlanStore, as_of: date, now: datetime, *, everything: bool = False
) -> Iterator[Planned]:
    """Decide the customers that are due on a day (or, with `everything`, all that have an open item); writes nothing."""
    block = block_of(setup, store, as_of, now)
    known = known_until(store.company_state(setup.company_id), as_of, now)
    chosen = store.customers_open(setup.company_id) if everything else store.customers_due(setup.company_id, as_of)
    for customer_id in chosen:
        yield plan_customer(setup, store, customer_id, as_of, block, known)


def plan_customer(
    setup: CompanySetup, store: PlanStore, customer_id: str, as_of: date, block: CompanyBlock | None, known: date
) -> Planned:
    """Decide one customer's open items on a day."""
    case = store.case_file(setup.company_id, customer_id, rehearsal=setup.mode is Mode.REDIRECT)
    plan = setup.plan_of(case.customer)
    case = judged(case, plan, setup.calendar, as_of, known)
    return Planned(case=case, plan=plan, outcome=decide(case, plan, setup.calendar, as_of, block))


def judge_promises(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> int:
    """Record the outcome of every promise that can be judged; return how many were broken."""
    known = known_until(store.company_state(setup.company_id), as_of, now)
    broken = 0
    for promise in store.promises(setup.company_id, as_of):
        item = store.balance_of(setup.company_id, promise.item_id or "")
        if item is None:
            continue
        customer = store.case_file(setup.company_id, item.customer_id, rehearsal=False).customer
        outcome = judge_promise(promise, item.balance, setup.plan_of(customer), setup.calendar, as_of, known)
        if outcome is not PromiseOutcome.PENDING:
            kept = outcome is PromiseOutcome.KEPT
            store.judge_promise(setup.company_id, promise.hold_id, kept=kept, judged_on=as_of, now=now)
            broken += not kept
    return broken


def withdraw_settled(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> list[Reminder]:
    """End the reminders that wait for a person although every item in them was paid, held or covered meanwhile."""
    known = known_until(store.company_state(setup.company_id), as_of, now)
    withdrawn: list[Reminder] = []
    for reminder in store.awaiting(setup.company_id):
        outcome = plan_customer(setup, store, reminder.customer_id, as_of, None, known).outcome
        waiting = {
            one.item_id
            for one in outcome.decisions
            if isinstance(one, Hold) and one.reason is HoldReason.AWAITING_APPROVAL
        }
        if waiting.isdisjoint(line.item_id for line in reminder.lines):
            withdrawn.append(store.withdraw(reminder, "nothing in it is asked any more", now))
    return withdrawn


def queue_company(
    setup: CompanySetup, store: PlanStore, as_of: date, now: datetime
) -> tuple[list[Planned], list[Reminder]]:
    """Plan a company's day and write what is to leave today into the outbox; return the plan and what moved there.

    1. Lapse approvals that waited too long, and look at everything again when plan or calendar changed.
    2. Judge promises, so that a broken one is decided as such; withdraw what waits although nothing in it is asked.
    3. Decide each customer that is due; store what changed, ask a person what only a person can do, queue the rest.
    4. Queue thank-yous.
    """
    store.refresh_planning(setup.company_id, setup.fingerprint)
    moved = list(store.expire_approvals(setup.company_id, as_of - timedelta(days=APPROVAL_DAYS), now))
    judge_promises(setup, store, as_of, now)
    moved += withdraw_settled(setup, store, as_of, now)
    planned: list[Planned] = []
    due = plan_company(setup, store, as_of, now)
    while some := list(islice(due, _TOGETHER)):
        with store.together():
            for one in some:
                moved += _settle_plan(setup, store, one, as_of, now)
        planned += [one for one in some if any(map(is_due, one.outcome.decisions))]
    if setup.mode in _WRITES:
        moved += _queue_thanks(setup, store, as_of, now)
    return planned, moved


def _settle_plan(setup: CompanySetup, store: PlanStore, one: Planned, as_of: date, now: datetime) -> Sequence[Reminder]:
    decided: list[tuple[Decision, date | None]] = [(d, next_action_on(d)) for d in one.outcome.decisions]
    store.record_decisions(setup.company_id, as_of, decided, now)
    store.want_tasks(setup.company_id, one.outcome.customer_id, list(_tasks(one)), now)
    if setup.mode not in _WRITES:
        return ()
    wanted = [
        queued(notice, one.plan, approve_all=setup.mode is Mode.APPROVE, rehearsal=setup.mode is Mode.REDIRECT)
        for notice in one.outcome.notices
        if notice.on == as_of and not _untestable(notice, setup)
    ]
    return store.queue(setup.company_id, one.outcome.customer_id, wanted, now)


def _untestable(notice: Notice, setup: CompanySetup) -> bool:
    """Tell whether a test mail cannot stand for this notice: the provider's own mail reaches the customer or nobody."""
    return setup.mode is Mode.REDIRECT and notice.channel is Channel.PROVIDER


def _tasks(one: Planned) -> Iterator[Wanted]:
    for decision in one.outcome.decisions:
        if not isinstance(decision, Hold):
            continue
        opening = ("cause", "opening_line") in decision.facts
        if decision.reason in _ASKS_A_PERSON or opening:
            kind = "opening_line" if opening else decision.reason.value
            yield Wanted(
                key=f"{kind}:{decision.item_id}",
                kind=kind,
                customer_id=one.outcome.customer_id,
                item_id=decision.item_id,
                facts=decision.facts,
            )


def _queue_thanks(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> list[Reminder]:
    if not setup.calendar.is_sending_day(as_of) or block_of(setup, store, as_of, now) is not None:
        return []
    rehearsal = setup.mode is Mode.REDIRECT
    moved: list[Reminder] = []
    for customer_id, settled in store.settled(setup.company_id, as_of, rehearsal=rehearsal).items():
        case = store.case_file(setup.company_id, customer_id, rehearsal=rehearsal)
        if not setup.plan_of(case.customer).thank_you:
            continue
        thanks = thank_you(case, settled, as_of, approve_all=setup.mode is Mode.APPROVE, rehearsal=rehearsal)
        if thanks is not None:
            moved += store.queue(setup.company_id, customer_id, [thanks], now)
    return moved
