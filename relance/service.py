"""The service: one tick that looks which companies are due, and takes each of them through a pass."""

from __future__ import annotations

import random
import signal
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from relance.config.schema_books import CsvBooks, FecBooks, PluginBooks
from relance.logs import log_event, log_failure
from relance.running import run_company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from apscheduler.events import JobEvent

    from engine.records import Owner, Reminder
    from relance.config import CompanyConfig
    from relance.installation import Installation
    from relance.running import CompanyRun
    from state.store import Store

TICK_SECONDS: Final = 30
# Books that are files cost nothing to look at; a provider counts every call.
POLL_MINUTES: Final = 60
_FIRST_RETRY: Final = timedelta(minutes=5)
_MOST_DOUBLINGS: Final = 10
# Companies that begin together should not call together for ever.
_JITTER: Final = 0.1


@dataclass(slots=True, kw_only=True)
class Service:
    """Polls each company when its time has come, plans, sends what its mode allows, writes the notes.

    What is due is a column, not a job: a service that starts after a week finds everything due and nothing lost.
    Told to stop, it finishes what it is doing and begins nothing further.
    """

    installation: Installation
    owner: Owner
    jitter: random.Random = field(default_factory=random.Random)

    def tick(self) -> list[str]:
        """Take every company that is due through a pass; give their ids."""
        done: list[str] = []
        with self.installation.store() as store:
            for company in self._due(store):
                self._pass(store, company)
                done.append(company.company_id)
            self._tell_collaborators(store)
        return done

    def _tell_collaborators(self, store: Store) -> None:
        """Send the daily digests whose hour has come, once the books that were due have been looked at."""
        if not self.installation.config.collaborators:
            return
        from relance.daily_sending import send_daily_digests  # noqa: PLC0415 (slow to load; only where somebody is told)

        stopping = self.installation.stopping.is_set
        for told in send_daily_digests(self.installation, store, self.owner, stopping=stopping):
            log_event("a daily digest", to=told.email, state=told.state.value, problem=told.problem)

    def _due(self, store: Store) -> Iterator[CompanyConfig]:
        for company in self.installation.companies:
            if self.installation.stopping.is_set():
                return
            at = store.due_at(company.company_id)
            if at is None or at <= self.installation.clock.now():
                yield company

    def _pass(self, store: Store, company: CompanyConfig) -> None:
        run = run_company(self.installation, store, self.owner, company, stopping=self.installation.stopping.is_set)
        self._look_next(store, company, run)
        self._forget_old_tokens(company)
        _tell(company, run)

    def _forget_old_tokens(self, company: CompanyConfig) -> None:
        """Drop refresh tokens that were replaced half an hour ago; what was of use only against a crash is not kept."""
        if not isinstance(company.books, FecBooks | CsvBooks | PluginBooks):
            from relance.connecting import vault_of  # noqa: PLC0415 (only cloud books need the vault)

            vault_of(self.installation).drop_previous(self.installation.clock.now())

    def _look_next(self, store: Store, company: CompanyConfig, run: CompanyRun) -> None:
        now = self.installation.clock.now()
        usual = timedelta(minutes=getattr(company.books, "poll_minutes", POLL_MINUTES))
        report = run.synced
        wait, failed = usual, report is None or bool(report.error)
        if failed:
            # Patience doubles up to the usual pace: an outage is not hammered, and its end is soon noticed.
            wait = min(_FIRST_RETRY * 2 ** min(store.failures_of(company.company_id), _MOST_DOUBLINGS), usual)
        at = now + self._about(wait)
        if report is not None and report.retry_at is not None:
            at = max(report.retry_at, now)
        store.look_next(company.company_id, at, failed=failed)

    def _about(self, wait: timedelta) -> timedelta:
        return wait * (1 + self.jitter.uniform(0, _JITTER))


def serve(installation: Installation, tick_seconds: int = TICK_SECONDS) -> None:
    """Run until SIGTERM or SIGINT; raises AnotherInstanceError where one already runs on this data directory.

    One interval job of APScheduler, in UTC, coalesced, one instance, in memory: after a pause it runs once, and a job
    that is late still runs.
    """
    from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED  # noqa: PLC0415 (only the service needs it)
    from apscheduler.executors.pool import ThreadPoolExecutor  # noqa: PLC0415 (the same)
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415 (the same)

    with installation.owned_store() as (store, owner):
        service = Service(installation=installation, owner=owner)
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: installation.stopping.set())
        _tell_recovered(store.recover(owner, installation.clock.now()))
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        scheduler.add_listener(_tell_trouble, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        # A tick that is still at work when the next is due is nothing to tell: what is due stays due.
        scheduler.add_listener(lambda _: None, EVENT_JOB_MAX_INSTANCES)
        scheduler.add_job(service.tick, "interval", seconds=tick_seconds, next_run_time=installation.clock.now())
        scheduler.start()
        log_event("the service has started", companies=len(installation.companies))
        installation.stopping.wait()
        scheduler.shutdown(wait=True)
        log_event("the service has stopped")


def _tell(company: CompanyConfig, run: CompanyRun) -> None:
    from engine.kinds import ReminderState  # noqa: PLC0415 (small)

    log_event(
        "a company was looked at",
        company=company.company_id,
        mode=run.setup.mode.value,
        changed=run.synced.changes.changed if run.synced is not None and run.synced.changes is not None else 0,
        sent=run.count(ReminderState.SENT),
        uncertain=run.count(ReminderState.UNCERTAIN),
        failed=run.count(ReminderState.FAILED),
        notes=run.notes,
        problems=run.problems,
    )


def _tell_recovered(reminders: list[Reminder]) -> None:
    if reminders:
        log_event(
            "what the last stop left half done", reminders={one.reminder_id: one.state.value for one in reminders}
        )


def _tell_trouble(event: JobEvent) -> None:
    error = getattr(event, "exception", None)
    log_failure("", error) if error is not None else log_event("a tick was missed", at=_at(event))


def _at(event: JobEvent) -> str:
    at: datetime | None = getattr(event, "scheduled_run_time", None)
    return at.isoformat() if at is not None else ""
