"""Running companies one after the other: sync, gate, plan, send; one company's trouble never stops another's."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from engine.delivery import Desk, deliver_all
from engine.errors import BooksUnreadableError, RelanceError
from engine.kinds import HoldReason, Mode, ReminderState
from engine.noting import write_notes
from engine.owner_digests import queue_owner_digests
from engine.records import NotesOn
from engine.run import block_of, day_limit, plan_company, queue_company
from engine.setup import business_time
from engine.syncing import SyncReport, sync_company
from relance.logs import log_failure
from relance.opening import open_books
from relance.posting import ask_for_unposted
from relance.wiring import fetching_of, open_senders, renderer_of, setup_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from engine.model import CompanyBlock, Notice
    from engine.ports import Books
    from engine.records import CaseFile, Owner, Reminder
    from engine.run import Planned
    from engine.setup import BusinessTime, CompanySetup
    from relance.config.schema import CompanyConfig
    from relance.installation import Installation
    from relance.render import MailRenderer
    from state.store import Store

# Blocks that wait for a person; stale books do too, since nobody else can bring newer ones.
_ASKS_A_PERSON = frozenset({HoldReason.QUARANTINED, HoldReason.BACKLOG_NOT_ACCEPTED, HoldReason.STALE_BOOKS})

# A PDF that was sent lies with the mail; this is only what spares a second call.
_KEEP_FETCHED = timedelta(days=30)


@dataclass(slots=True, kw_only=True)
class CompanyRun:
    """What one pass over a company did; `problems` are sentences for a person; `notes` counts those written back."""

    company: CompanyConfig
    setup: CompanySetup
    as_of: date
    renderer: Callable[[], MailRenderer]
    synced: SyncReport | None = None
    block: CompanyBlock | None = None
    planned: list[Planned] = field(default_factory=list)
    moved: dict[str, Reminder] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: int = 0

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
    try:
        with _opened(installation, store, company) as books:
            return _synced(installation, store, company, books, today)
    except Exception as error:  # noqa: BLE001 (whatever goes wrong with one company, the others are synced)
        log_failure(company.company_id)
        unforeseen = BooksUnreadableError(f"this sync failed: {type(error).__name__}: {error}")
        return _synced(installation, store, company, unforeseen, today)


@contextmanager
def _opened(installation: Installation, store: Store, company: CompanyConfig) -> Iterator[Books | RelanceError]:
    """Open the books of a company, or give why they cannot be."""
    with ExitStack() as stack:
        try:
            books: Books | RelanceError = stack.enter_context(open_books(installation, company, store))
        except RelanceError as error:
            books = error
        yield books


def _synced(
    installation: Installation,
    store: Store,
    company: CompanyConfig,
    books: Books | RelanceError,
    today: date | None,
) -> SyncReport:
    clock = installation.clock
    if isinstance(books, RelanceError):
        # Books that cannot even be opened: nothing is known of this company today, the others go on.
        store.set_quarantine(company.company_id, (str(books),), clock.now())
        return SyncReport(
            company_id=company.company_id,
            provider=company.books.provider,
            mode="full",
            seconds=0.0,
            error=str(books),
            quarantine=store.company_state(company.company_id).quarantine,
        )
    setup = setup_of(installation.config, company)
    seen_on = business_time(setup.calendar, clock.now(), today).as_of
    return sync_company(company.company_id, books, store, seen_on=seen_on, clock=clock)


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
    stopping: Callable[[], bool] = lambda: False,
) -> list[CompanyRun]:
    """Run every company asked for; what a crash left half done is put right first.

    `stopping` is asked between companies, reminders and notes: what is begun is finished, the rest waits.
    """
    recovered = store.recover(owner, installation.clock.now())
    runs: list[CompanyRun] = []
    for company in installation.companies:
        if stopping():
            break
        if tell is not None:
            tell(company.company_id)
        run = run_company(installation, store, owner, company, today, stopping)
        run.note([reminder for reminder in recovered if reminder.company_id == company.company_id])
        runs.append(run)
    return runs


def run_company(
    installation: Installation,
    store: Store,
    owner: Owner,
    company: CompanyConfig,
    today: date | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> CompanyRun:
    """Take one company through a pass; whatever goes wrong with it is told in what this gives, and stops no other."""
    run, time = _open_run(installation, company, today)
    at_work = _AtWork(installation=installation, store=store, owner=owner, run=run, time=time, stopping=stopping)
    try:
        with _opened(installation, store, company) as books:
            at_work.all_of_it(books, today)
    except RelanceError as error:
        run.problems.append(str(error))
    except Exception as error:  # noqa: BLE001 (whatever goes wrong with one company, the others run)
        log_failure(company.company_id)
        run.problems.append(f"this run failed: {type(error).__name__}: {error}")
    return run


def deliver_company(installation: Installation, store: Store, owner: Owner, company: CompanyConfig) -> CompanyRun:
    """Send what is already planned for a company, and nothing else."""
    run, time = _open_run(installation, company, None)
    run.note([one for one in store.recover(owner, installation.clock.now()) if one.company_id == company.company_id])
    at_work = _AtWork(installation=installation, store=store, owner=owner, run=run, time=time)
    with _opened(installation, store, company) as books:
        if isinstance(books, RelanceError):
            run.problems.append(str(books))
        else:
            at_work.deliver(books)
            at_work.write_notes(books)
    return run


def _open_run(
    installation: Installation, company: CompanyConfig, today: date | None
) -> tuple[CompanyRun, BusinessTime]:
    setup = setup_of(installation.config, company)
    time = business_time(setup.calendar, installation.clock.now(), today)
    renderer = cache(lambda: renderer_of(installation, company))
    return CompanyRun(company=company, setup=setup, as_of=time.as_of, renderer=renderer), time


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtWork:
    """One company's pass under way."""

    installation: Installation
    store: Store
    owner: Owner
    run: CompanyRun
    time: BusinessTime
    stopping: Callable[[], bool] = lambda: False

    def all_of_it(self, books: Books | RelanceError, today: date | None) -> None:
        """Take the company through.

        1. Sync: what the books show now.
        2. Plan and queue, also when the company is blocked: the reason is stored with each decision.
        3. Put right what a crash left uncertain, where there is positive evidence.
        4. Deliver, inside the send window of a sending day; never on books that cannot be asked again.
        5. Write the history back into the books, and drop what was fetched from them long ago.
        """
        run, clock = self.run, self.installation.clock
        run.synced = _synced(self.installation, self.store, run.company, books, today)
        run.problems += [run.synced.error] if run.synced.error else []
        run.block = block_of(run.setup, self.store, self.time.as_of, clock.now())
        ask_for_unposted(self.installation, self.store, run.company, self.time.as_of, clock.now())
        run.planned, moved = queue_company(run.setup, self.store, self.time.as_of, clock.now())
        run.note(moved)
        self.tell_owners()
        self.tell_ended_paces()
        if not isinstance(books, RelanceError):
            self.deliver(books)
            self.write_notes(books)
            if books.capabilities.documents:
                self.store.forget_fetched(run.company.company_id, clock.now() - _KEEP_FETCHED)

    def tell_owners(self) -> None:
        """Queue what account owners are told before reminders leave, where mail may leave at all."""
        run, now = self.run, self.installation.clock.now()
        if run.setup.mode not in {Mode.OFF, Mode.PREVIEW} and run.block is None:
            rehearsal = run.setup.mode is Mode.REDIRECT
            run.note(queue_owner_digests(run.setup, self.store, self.time.as_of, now, rehearsal=rehearsal))

    def tell_ended_paces(self) -> None:
        """Open a task for each customer whose slower pace has ended, once for each end."""
        company_id, now = self.run.company.company_id, self.installation.clock.now()
        for customer_id, until in self.store.paces_ended(company_id, self.time.as_of):
            self.store.add_task(
                company_id,
                f"pace_ended:{customer_id}:{until}",
                kind="pace_ended",
                title=customer_id,
                text="",
                now=now,
                customer_id=customer_id,
                facts=[("until", until.isoformat())],
            )

    def deliver(self, books: Books) -> None:
        """Hand over what is planned for today."""
        run, installation = self.run, self.installation
        if run.setup.mode in {Mode.OFF, Mode.PREVIEW}:
            return
        with open_senders(installation, run.company, self.store, books) as senders:
            run.note(_resolve_by_evidence(installation, self.store, run, senders.evidence))
            if not self.time.open:
                return
            desk = Desk(
                setup=run.setup,
                store=self.store,
                sender=senders.for_reminder,
                renderer=renderer_of(
                    installation, run.company, fetching_of(installation, run.company, self.store, books)
                ),
                clock=installation.clock,
                owner=self.owner,
                as_of=self.time.as_of,
                limit=day_limit(run.setup, self.store, self.time.as_of),
                books=books if books.capabilities.rereads else None,
                stopping=self.stopping,
                digests=self.store,
            )
            moved, problems = deliver_all(desk)
        run.note(moved)
        run.problems += problems

    def write_notes(self, books: Books) -> None:
        """Write what was sent into the books, at any hour: nobody reads it but the bookkeeper."""
        run = self.run
        if run.setup.mode not in {Mode.APPROVE, Mode.AUTO} or books.capabilities.notes_on is NotesOn.NOTHING:
            return
        noted = write_notes(
            run.company.company_id,
            books,
            self.store,
            self.installation.clock,
            run.company.language,
            stopping=self.stopping,
        )
        run.notes = noted.written
        run.problems += noted.problems


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
