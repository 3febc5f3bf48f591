"""The run of one company: plan on fresh books, write what is to leave into the outbox, deliver it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.casework import judged, queued
from engine.choosing import chosen_plan
from engine.decide import decide, is_due, next_action_on
from engine.freshness import company_block, known_until
from engine.holds import PromiseOutcome, judge_promise, received_since
from engine.instalments import PlanOutcome, judge_instalments
from engine.kinds import Channel, HoldReason, Mode
from engine.limitation import LIMITATION, limitation_clocks
from engine.model import Hold
from engine.setup import Wanted
from engine.spread import spread
from engine.statements import due_round, is_wanted, statement
from engine.thanks import thank_you

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from engine.limitation import Limitation
    from engine.model import CompanyBlock, CustomerOutcome, Decision, Notice
    from engine.plan import Plan
    from engine.records import CaseFile, Reminder
    from engine.setup import CompanySetup
    from engine.store_ports import PlanStore

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
    """One customer as planned: the file that was read, the plan used, and what was decided.

    `recheck_on` is the first day on which time alone may give the customer another plan.
    """

    case: CaseFile
    plan: Plan
    outcome: CustomerOutcome
    recheck_on: date | None = None

    def look_on(self, decision: Decision) -> date | None:
        """Give the first day on which a decision may change by time alone."""
        day = next_action_on(decision)
        days = [one for one in (day, self.recheck_on, self.outcome.recheck_on) if one is not None]
        return min(days, default=None)


def block_of(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> CompanyBlock | None:
    """Give what stops the whole company on a day."""
    state = store.company_state(setup.company_id)
    return company_block(state, setup.mode, max_age_days=setup.max_age_days, as_of=as_of, now=now)


def plan_company(
    setup: CompanySetup, store: PlanStore, as_of: date, now: datetime, *, everything: bool = False
) -> Iterator[Planned]:
    """Decide the customers that are due on a day (or, with `everything`, all that have an open item); writes nothing.

    Where the company's notices are spread, they are counted and put in order once all of them are known.
    """
    block = block_of(setup, store, as_of, now)
    known = known_until(store.company_state(setup.company_id), as_of, now)
    chosen = store.customers_open(setup.company_id) if everything else store.customers_due(setup.company_id, as_of)
    planned = (plan_customer(setup, store, customer_id, as_of, block, known) for customer_id in chosen)
    limit = day_limit(setup, store, as_of)
    if limit is None:
        yield from planned
        return
    all_of_them = list(planned)
    taken = store.taken_on(setup.company_id, as_of)
    outcomes = spread([one.outcome for one in all_of_them], as_of, limit=limit, taken=taken)
    yield from (replace(one, outcome=outcome) for one, outcome in zip(all_of_them, outcomes, strict=True))


def plan_in_turn(setup: CompanySetup, store: PlanStore, customer_id: str, as_of: date, now: datetime) -> Planned:
    """Decide one customer as the company's day decides them: where notices are spread, the others' turn counts too."""
    if setup.spread is not None:
        for one in plan_company(setup, store, as_of, now):
            if customer_id in {one.case.customer.customer_id, *(member.customer_id for member in one.case.members)}:
                return one
    block = block_of(setup, store, as_of, now)
    known = known_until(store.company_state(setup.company_id), as_of, now)
    return plan_customer(setup, store, customer_id, as_of, block, known)


def day_limit(setup: CompanySetup, store: PlanStore, as_of: date) -> int | None:
    """Give how many notices of a company may leave on a day, None for as many as there are."""
    if setup.spread is None:
        return None
    rehearsal = setup.mode is Mode.REDIRECT
    ramps = setup.spread.ramp is not None
    return setup.spread.limit(store.days_of_use(setup.company_id, as_of, rehearsal=rehearsal) if ramps else 0)


def plan_customer(
    setup: CompanySetup, store: PlanStore, customer_id: str, as_of: date, block: CompanyBlock | None, known: date
) -> Planned:
    """Decide one customer's open items on a day."""
    case = store.case_file(setup.company_id, customer_id, rehearsal=setup.mode is Mode.REDIRECT)
    chosen = chosen_plan(setup, store, case.customer, case.items, as_of)
    case = judged(case, chosen.plan, setup.calendar_for(case.customer), as_of, known)
    outcome = decide(case, chosen.plan, setup.calendar_for(case.customer), as_of, block)
    if chosen.facts:
        told = tuple(replace(one, facts=(*one.facts, *chosen.facts)) for one in outcome.decisions)
        outcome = replace(outcome, decisions=told)
    return Planned(case=case, plan=chosen.plan, outcome=outcome, recheck_on=chosen.recheck_on)


def judge_promises(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> int:
    """Record the outcome of every promise that can be judged; return how many were broken."""
    known = known_until(store.company_state(setup.company_id), as_of, now)
    broken = 0
    for promise in store.promises(setup.company_id, as_of):
        item = store.balance_of(setup.company_id, promise.item_id or "")
        if item is None:
            continue
        case = store.case_file(setup.company_id, item.customer_id, rehearsal=False)
        plan = chosen_plan(setup, store, case.customer, case.items, as_of).plan
        outcome = judge_promise(promise, item.balance, plan, setup.calendar_for(case.customer), as_of, known)
        if outcome is not PromiseOutcome.PENDING:
            kept = outcome is PromiseOutcome.KEPT
            received = received_since(promise, item.balance)
            store.judge_promise(
                setup.company_id, promise.hold_id, kept=kept, judged_on=as_of, received=received, now=now
            )
            broken += not kept
    return broken


def judge_plans(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> int:
    """Record the outcome of every plan in instalments that can be judged; return how many were not kept."""
    known = known_until(store.company_state(setup.company_id), as_of, now)
    missed = 0
    for agreed in store.agreed_plans(setup.company_id):
        case = store.case_file(setup.company_id, agreed.customer_id, rehearsal=False)
        plan = chosen_plan(setup, store, case.customer, case.items, as_of).plan
        verdict = judge_instalments(agreed.lines, plan, setup.calendar_for(case.customer), as_of, known)
        if verdict.outcome is not PlanOutcome.PENDING:
            store.end_plan(setup.company_id, agreed.plan_id, missed=verdict.facts(), judged_on=as_of, now=now)
            missed += verdict.outcome is PlanOutcome.MISSED
    return missed


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
    2. Judge promises and plans in instalments, so that a broken one is decided as such; tell which holds ran out;
       end the tasks of what was settled, and withdraw what waits although nothing in it is asked.
    3. Decide each customer that is due; store what changed, ask a person what only a person can do, queue the rest.
    4. Queue thank-yous, and the statements of the month on their day.
    """
    store.remember_day(setup.company_id, as_of)
    store.refresh_planning(setup.company_id, setup.fingerprint)
    moved = list(store.expire_approvals(setup.company_id, as_of - timedelta(days=APPROVAL_DAYS), now))
    judge_promises(setup, store, as_of, now)
    judge_plans(setup, store, as_of, now)
    store.tell_ended_holds(setup.company_id, as_of, now)
    store.end_tasks_of_settled(setup.company_id, now)
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
        moved += _queue_statements(setup, store, as_of, now)
    return planned, moved


def _settle_plan(setup: CompanySetup, store: PlanStore, one: Planned, as_of: date, now: datetime) -> Sequence[Reminder]:
    clocks = limitation_clocks(one.case.items, one.case.holds, one.case.customer, setup.calendar.country)
    decided = [(d, _look_on(one, d, clocks.get(d.item_id), as_of)) for d in one.outcome.decisions]
    store.record_decisions(setup.company_id, as_of, decided, now)
    store.want_tasks(setup.company_id, one.outcome.customer_id, [*_tasks(one), *_lapsing(one, clocks, as_of)], now)
    if setup.mode not in _WRITES:
        return ()
    wanted = [
        queued(notice, one.plan, approve_all=setup.mode is Mode.APPROVE, rehearsal=setup.mode is Mode.REDIRECT)
        for notice in one.outcome.notices
        if notice.on == as_of and not _untestable(notice, setup)
    ]
    return store.queue(setup.company_id, one.outcome.customer_id, wanted, now)


def _look_on(one: Planned, decision: Decision, clock: Limitation | None, as_of: date) -> date | None:
    """Give the first day on which a decision may change by time alone, or its claim comes close to lapsing or lapses."""
    told_on = (clock.warns_on, clock.lapses_on + timedelta(days=1)) if clock is not None else ()
    later = [day for day in told_on if day > as_of]
    return min([day for day in (one.look_on(decision), *later) if day is not None], default=None)


def _lapsing(one: Planned, clocks: Mapping[str, Limitation], as_of: date) -> Iterator[Wanted]:
    """Ask a person to look at claims that lapse within six months, and again once the time is over: no reminder stops it."""
    for item in one.case.items:
        clock = clocks.get(item.item_id)
        if clock is not None and clock.warns(as_of):
            lapsed = clock.lapsed(as_of)
            yield Wanted(
                key=f"{LIMITATION}:{item.item_id}{':lapsed' if lapsed else ''}",
                kind=LIMITATION,
                customer_id=one.outcome.customer_id,
                item_id=item.item_id,
                facts=(
                    ("lapses_on", clock.lapses_on.isoformat()),
                    ("article", clock.article),
                    ("balance", f"{item.balance} {item.currency}"),
                    *((("lapsed", clock.lapses_on.isoformat()),) if lapsed else ()),
                    *((("hold_kind", "kind_unknown"),) if not clock.kind_known else ()),
                ),
            )


def _untestable(notice: Notice, setup: CompanySetup) -> bool:
    """Tell whether a test mail cannot stand for this notice: the provider's own mail reaches the customer or nobody."""
    return setup.mode is Mode.REDIRECT and notice.channel is Channel.PROVIDER


def _tasks(one: Planned) -> Iterator[Wanted]:
    for decision in one.outcome.decisions:
        if not isinstance(decision, Hold):
            continue
        kind, apart = _situation(decision)
        if kind:
            yield Wanted(
                key=f"{kind}:{decision.item_id}{apart}",
                kind=kind,
                customer_id=one.outcome.customer_id,
                item_id=decision.item_id,
                facts=decision.facts,
            )


def _situation(decision: Hold) -> tuple[str, str]:
    """Name what a hold asks of a person ("" for nothing), and what tells it apart from the same situation before."""
    facts = dict(decision.facts)
    cause = facts.get("cause", "")
    if cause == "opening_line":
        return cause, ""
    if cause == "debit_rejected":
        return cause, f":{facts.get('returned_id', '')}"
    return (decision.reason.value, "") if decision.reason in _ASKS_A_PERSON else ("", "")


def _queue_thanks(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> list[Reminder]:
    if not setup.calendar.is_sending_day(as_of) or block_of(setup, store, as_of, now) is not None:
        return []
    rehearsal = setup.mode is Mode.REDIRECT
    moved: list[Reminder] = []
    for customer_id, settled in store.settled(setup.company_id, as_of, rehearsal=rehearsal).items():
        case = store.case_file(setup.company_id, customer_id, rehearsal=rehearsal)
        plan = chosen_plan(setup, store, case.customer, case.items, as_of).plan
        if not plan.thank_you or not setup.calendar_for(case.customer).is_sending_day(as_of):
            continue
        thanks = thank_you(case, settled, as_of, approve_all=setup.mode is Mode.APPROVE, rehearsal=rehearsal)
        if thanks is not None:
            moved += store.queue(setup.company_id, customer_id, [thanks], now)
    return moved


def _queue_statements(setup: CompanySetup, store: PlanStore, as_of: date, now: datetime) -> list[Reminder]:
    due = due_round(setup.statements, setup.calendar, as_of) if setup.statements is not None else None
    if setup.statements is None or due is None or block_of(setup, store, as_of, now) is not None:
        return []
    rehearsal = setup.mode is Mode.REDIRECT
    moved: list[Reminder] = []
    for customer_id in store.customers_without_statement(setup.company_id, due.month, due.day, rehearsal=rehearsal):
        case = store.case_file(setup.company_id, customer_id, rehearsal=rehearsal)
        if case.customer.payer_id:
            case = store.case_file(setup.company_id, case.customer.payer_id, rehearsal=rehearsal)
        if is_wanted(case, setup.statements, setup.calendar, due, as_of):
            wanted = statement(case, as_of, due.month, needs_approval=setup.mode is Mode.APPROVE, rehearsal=rehearsal)
            moved += store.queue(setup.company_id, case.customer.customer_id, [wanted], now)
    return moved
