"""A store in memory for planning: it notes what a run asks of it, and queues whatever it is given."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.standing import DaysLate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from engine.model import Decision, Facts, HoldRecord, OpenItem
    from engine.money import Money
    from engine.records import AgreedPlan, CaseFile, CompanyState, Queued, Reminder, Settled
    from engine.setup import Wanted
    from engine.store_ports import PlanStore


@dataclass(slots=True, kw_only=True)
class PlanNotes:
    """Case files by customer, with what was recorded, queued and asked of people."""

    state: CompanyState
    cases: dict[str, CaseFile]
    paid: dict[str, OpenItem] = field(default_factory=dict)
    settled_items: dict[str, tuple[Settled, ...]] = field(default_factory=dict)
    due: tuple[str, ...] | None = None
    told: list[str] = field(default_factory=list)
    decisions: dict[str, tuple[Decision, date | None]] = field(default_factory=dict)
    queued: list[Queued] = field(default_factory=list)
    tasks: dict[str, list[Wanted]] = field(default_factory=dict)
    waiting: list[Reminder] = field(default_factory=list)
    agreed: list[AgreedPlan] = field(default_factory=list)
    rehearsals: list[bool] = field(default_factory=list)
    late: dict[str, DaysLate] = field(default_factory=dict)
    used: int = 0
    taken: int = 0

    def days_late(self, company_id: str, customer_id: str, as_of: date) -> DaysLate:
        del company_id, as_of
        self.told.append(f"days late {customer_id}")
        return self.late.get(customer_id, DaysLate())

    def days_of_use(self, company_id: str, before: date, *, rehearsal: bool) -> int:
        del company_id, before, rehearsal
        return self.used

    def taken_on(self, company_id: str, as_of: date) -> int:
        del company_id, as_of
        return self.taken

    def company_state(self, company_id: str) -> CompanyState:
        assert company_id == self.state.company_id
        return self.state

    def refresh_planning(self, company_id: str, fingerprint: str) -> None:
        del company_id
        self.told.append(f"refresh {fingerprint}")

    def customers_due(self, company_id: str, as_of: date) -> Sequence[str]:
        del company_id, as_of
        return tuple(self.cases) if self.due is None else self.due

    def customers_open(self, company_id: str) -> Sequence[str]:
        del company_id
        return tuple(self.cases)

    def case_file(self, company_id: str, customer_id: str, *, rehearsal: bool) -> CaseFile:
        del company_id
        self.rehearsals.append(rehearsal)
        return self.cases[customer_id]

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def record_decisions(
        self, company_id: str, as_of: date, decided: Sequence[tuple[Decision, date | None]], now: datetime
    ) -> None:
        del company_id, as_of, now
        self.told.append("decisions")
        self.decisions |= {decision.item_id: (decision, look_on) for decision, look_on in decided}

    def queue(self, company_id: str, customer_id: str, wanted: Sequence[Queued], now: datetime) -> Sequence[Reminder]:
        del company_id, now
        self.told.append(f"queue {customer_id}: {' '.join(one.level_id for one in wanted)}".rstrip())
        self.queued += wanted
        return ()

    def settled(self, company_id: str, as_of: date, *, rehearsal: bool) -> dict[str, Sequence[Settled]]:
        del company_id, as_of, rehearsal
        return dict(self.settled_items)

    def promises(self, company_id: str, on_or_before: date) -> Sequence[HoldRecord]:
        del company_id
        return [
            hold
            for case in self.cases.values()
            for hold in case.holds
            if hold.promised_on is not None and hold.promised_on <= on_or_before and hold.broken_on is None
        ]

    def balance_of(self, company_id: str, item_id: str) -> OpenItem | None:
        del company_id
        known = {item.item_id: item for case in self.cases.values() for item in case.items}
        return self.paid.get(item_id) or known.get(item_id)

    def agreed_plans(self, company_id: str) -> Sequence[AgreedPlan]:
        del company_id
        return tuple(self.agreed)

    def end_plan(self, company_id: str, plan_id: str, *, missed: Facts, judged_on: date, now: datetime) -> None:
        del company_id, now
        self.told.append(f"plan {plan_id} {'missed' if missed else 'kept'} on {judged_on}")

    def tell_ended_holds(self, company_id: str, as_of: date, now: datetime) -> int:
        del company_id, as_of, now
        return 0

    def judge_promise(
        self,
        company_id: str,
        hold_id: str,
        *,
        kept: bool,
        judged_on: date,
        now: datetime,
        received: Money | None = None,
    ) -> None:
        del company_id, now, received
        self.told.append(f"promise {hold_id} {'kept' if kept else 'broken'} on {judged_on}")

    def end_tasks_of_settled(self, company_id: str, now: datetime) -> None:
        """Nothing here is settled while its task is open."""

    def want_tasks(self, company_id: str, customer_id: str, wanted: Sequence[Wanted], now: datetime) -> None:
        del company_id, now
        self.tasks[customer_id] = list(wanted)

    def awaiting(self, company_id: str) -> Sequence[Reminder]:
        del company_id
        return tuple(self.waiting)

    def withdraw(self, reminder: Reminder, reason: str, now: datetime) -> Reminder:
        del now
        self.told.append(f"withdraw {reminder.reminder_id}: {reason}")
        return reminder

    def remember_day(self, company_id: str, as_of: date) -> None:
        """Keep no day: nothing here asks for it."""

    def customers_without_statement(
        self, company_id: str, occasion: str, on: date, *, rehearsal: bool
    ) -> Sequence[str]:
        del company_id, rehearsal
        open_then = {item.customer_id for case in self.cases.values() for item in case.items if item.issued_on <= on}
        had = {queued.customer_id for queued in self.queued if queued.occasion == occasion}
        return sorted(open_then - had)

    def expire_approvals(self, company_id: str, planned_before: date, now: datetime) -> Sequence[Reminder]:
        del company_id, now
        self.told.append(f"expire before {planned_before}")
        return ()


_: type[PlanStore]
if TYPE_CHECKING:
    _ = PlanNotes
