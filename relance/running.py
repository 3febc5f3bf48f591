"""Running companies one after the other: sync, gate, plan, send; one company's trouble never stops another's."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from engine.delivery import Desk, deliver_all
from engine.errors import RelanceError
from engine.model import HoldReason, Mode, ReminderState
from engine.run import block_of, plan_company, queue_company
from engine.setup import business_time
from engine.syncing import SyncReport, sync_company
from relance.logs import log_failure
from relance.wiring import books_of, open_senders, renderer_of, setup_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from engine.model import CompanyBlock, Notice
    from engine.records import CaseFile, Owner, Reminder
    from engine.run import Planned
    from engine.setup import BusinessTime, CompanySetup
    from relance.config.schema import CompanyConfig
    from relance.installation import Installation
    from relance.render import MailRenderer
    from state.store import Store

# Blocks that wait for a person; stale books do too, since nobody else can bring newer ones.
_ASKS_A_PERSON = frozenset({HoldReason.QUARANTINED, HoldReason.BACKLOG_NOT_ACCEPTED, HoldReason.STALE_BOOKS})


@dataclass(slots=True, kw_only=True)
class CompanyRun:
    """What one pass over a company did; `problems` are sentences for a person, "" of nothing."""

    company: CompanyConfig
    setup: CompanySetup
    as_of: date
    renderer: Callable[[], MailRenderer]
    synced: SyncReport | None = None
    block: CompanyBlock | None = None
    planned: list[Planned] = field(default_factory=list)
    moved: dict[str, Reminder] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def note(self, reminders: Sequence[Reminder]) -> None:
        """Keep the latest state of each reminder that moved."""
        for reminder in reminders:
            self.moved[reminder.reminder_id] = reminder

    def subject(self, notice: Notice, case: CaseFile) -> str:
        """Give the subject that a notice's mail has."""
        return self.renderer().subject(notice, case, self.as_of)

    def count(self, state: ReminderState) -> int:
        """Count the reminders that ended this pass in a state."""
        return sum(reminder.state is state for reminder in self.moved.values())

    @property
    def needs_a_person(self) -> bool:
        """Whether something of this company waits for a person."""
        blocked = self.block is not None and self.block.reason in _ASKS_A_PERSON
        quarantined = self.synced is not None and bool(self.synced.quarantine)
        stuck = self.count(ReminderState.UNCERTAIN) + self.count(ReminderState.FAILED)
        return bool(self.problems) or blocked or quarantined or stuck > 0


def sync_all(
    installation: Installation, store: Store, today: date | None = None, tell: Callable[[str], None] | None = None
) -> list[SyncReport]:
    """Sync every company asked for."""
    reports: list[SyncReport] = []
    for company in installation.companies:
        if tell is not None:
            tell(company.company_id)
        reports.append(_sync(installation, store, company, today))
    return reports


def _sync(installation: Installation, store: Store, company: CompanyConfig, today: date | None) -> SyncReport:
    setup = setup_of(installation.config, company)
    seen_on = business_time(setup.calendar, installation.clock.now(), today).as_of
    try:
        books = books_of(company)
    except RelanceError as error:
        # Books that cannot even be opened: nothing is known of this company today, the others go on.
        store.set_quarantine(company.company_id, (str(error),), installation.clock.now())
        return SyncReport(
            company_id=company.company_id,
            provider=company.books.provider,
            mode="full",
            seconds=0.0,
            error=str(error),
            quarantine=store.company_state(company.company_id).quarantine,
        )
    return sync_company(company.company_id, books, store, seen_on=seen_on, clock=installation.clock)


def plan_all(installation: Installation, store: Store, today: date | None, *, everything: bool) -> list[CompanyRun]:
    """Decide what is due, and write nothing."""
    runs: list[CompanyRun] = []
    for company in installation.companies:
        run, time = _open_run(installation, company, today)
        now = installation.clock.now()
        run.block = block_of(run.setup, store, time.as_of, now)
        run.planned = list(plan_company(run.setup, store, time.as_of, now, everything=everything))
        runs.append(run)
    return runs


def run_all(
    installation: Installation,
    store: Store,
    owner: Owner,
    today: date | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[CompanyRun]:
    """Run every company asked for; what a crash left half done is put right first."""
    recovered = store.recover(owner, installation.clock.now())
    runs: list[CompanyRun] = []
    for company in installation.companies:
        if tell is not None:
            tell(company.company_id)
        run, time = _open_run(installation, company, today)
        run.note([reminder for reminder in recovered if reminder.company_id == company.company_id])
        runs.append(run)
        try:
            _run_company(installation, store, owner, run, time, today)
        except RelanceError as error:
            run.problems.append(str(error))
        except Exception as error:  # noqa: BLE001 (whatever goes wrong with one company, the others run)
            log_failure(company.company_id)
            run.problems.append(f"this run failed: {type(error).__name__}: {error}")
    return runs


def _open_run(
    installation: Installation, company: CompanyConfig, today: date | None
) -> tuple[CompanyRun, BusinessTime]:
    setup = setup_of(installation.config, company)
    time = business_time(setup.calendar, installation.clock.now(), today)
    renderer = cache(lambda: renderer_of(installation, company))
    return CompanyRun(company=company, setup=setup, as_of=time.as_of, renderer=renderer), time


def _run_company(
    installation: Installation, store: Store, owner: Owner, run: CompanyRun, time: BusinessTime, today: date | None
) -> None:
    """Take one company through a pass.

    1. Sync: what the books show now.
    2. Plan and queue, also when the company is blocked: the reason is stored with each decision.
    3. Put right what a crash left uncertain, where there is positive evidence.
    4. Deliver, inside the send window of a sending day.
    """
    clock = installation.clock
    run.synced = _sync(installation, store, run.company, today)
    run.problems += [run.synced.error] if run.synced.error else []
    run.block = block_of(run.setup, store, time.as_of, clock.now())
    run.planned, moved = queue_company(run.setup, store, time.as_of, clock.now())
    run.note(moved)
    _deliver(installation, store, owner, run, time)


def deliver_company(installation: Installation, store: Store, owner: Owner, company: CompanyConfig) -> CompanyRun:
    """Send what is already planned for a company, and nothing else."""
    run, time = _open_run(installation, company, None)
    run.note([one for one in store.recover(owner, installation.clock.now()) if one.company_id == company.company_id])
    _deliver(installation, store, owner, run, time)
    return run


def _deliver(installation: Installation, store: Store, owner: Owner, run: CompanyRun, time: BusinessTime) -> None:
    if run.setup.mode in {Mode.OFF, Mode.PREVIEW}:
        return
    with open_senders(installation, run.company, store) as senders:
        run.note(_resolve_by_evidence(installation, store, run, senders.evidence))
        if not time.open:
            return
        desk = Desk(
            setup=run.setup,
            store=store,
            sender=senders.for_reminder,
            renderer=run.renderer(),
            clock=installation.clock,
            owner=owner,
            as_of=time.as_of,
        )
        moved, problems = deliver_all(desk)
    run.note(moved)
    run.problems += problems


def _resolve_by_evidence(
    installation: Installation, store: Store, run: CompanyRun, evidence: Callable[[Reminder], str | None]
) -> list[Reminder]:
    """Record as sent what is uncertain and yet demonstrably went out; everything else waits for a person."""
    resolved: list[Reminder] = []
    for reminder in store.reminders(run.company.company_id, [ReminderState.UNCERTAIN]):
        found = evidence(reminder)
        if found is not None:
            resolved.append(store.resolve_sent(reminder, found, reminder.on, installation.clock.now()))
        else:
            resolved.append(reminder)
    return resolved
