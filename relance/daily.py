"""The daily digest of each collaborator: whose companies it tells of, and what stands in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from engine.digest import Collaborator, CompanyDay, DailyDigest, LargeItem
from engine.errors import RelanceError
from engine.kinds import HoldReason, Mode, ReminderState
from engine.run import block_of, plan_company
from relance.config.schema import SENDING_MODES
from relance.config.values import closest
from relance.wiring import setup_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from relance.config import CompanyConfig, Config
    from relance.installation import Installation
    from state.store import Store

_LARGEST: Final = 5
# What stops a company until a person does something about it.
_NEEDS_A_PERSON: Final = frozenset(
    {HoldReason.QUARANTINED, HoldReason.STALE_BOOKS, HoldReason.BACKLOG_NOT_ACCEPTED, HoldReason.OWN_REMINDERS}
)


class NoSuchCollaboratorError(RelanceError):
    """No collaborator of the configuration has this address."""


def collaborators(config: Config) -> list[Collaborator]:
    """List the collaborators of the configuration; one who writes no language reads the first company's."""
    everything = tuple(company.company_id for company in config.companies)
    usual = config.companies[0].language if config.companies else "fr"
    return [
        Collaborator(
            name=one.name,
            email=one.email,
            company_ids=one.companies or everything,
            language=one.language or usual,
        )
        for one in config.collaborators
    ]


def chosen(installation: Installation, email: str | None) -> list[Collaborator]:
    """Give the collaborators to look at: the one named, all of them, or, where there are none, whoever asks.

    With a company asked for, only what concerns it is told. Raises NoSuchCollaboratorError.
    """
    known = collaborators(installation.config)
    asked = {company.company_id for company in installation.companies}
    if email is not None:
        known = [one for one in known if one.email.casefold() == email.casefold()]
        if not known:
            addresses = [one.email for one in installation.config.collaborators]
            raise NoSuchCollaboratorError(f"no collaborator has the address {email}{closest(email, addresses)}")
    if not known:
        language = installation.companies[0].language if installation.companies else "fr"
        everything = tuple(company.company_id for company in installation.companies)
        return [Collaborator(name="", email="", company_ids=everything, language=language)]
    return [
        Collaborator(
            name=one.name,
            email=one.email,
            company_ids=tuple(company_id for company_id in one.company_ids if company_id in asked),
            language=one.language,
        )
        for one in known
    ]


@dataclass(slots=True, kw_only=True)
class Days:
    """How companies stand on one day; what several collaborators are told of is found once.

    `now` is the instant at which it is looked at.
    """

    installation: Installation
    store: Store
    as_of: date
    now: datetime
    _known: dict[str, CompanyDay] = field(default_factory=dict)

    def digest(self, collaborator: Collaborator) -> DailyDigest:
        """Give what a collaborator is told; of no company but theirs."""
        last = self.store.last_daily_digest(collaborator.email, self.as_of)
        since = last.on if last is not None else self.as_of - timedelta(days=1)
        instant = last.covers_until if last is not None else None
        wanted = set(collaborator.company_ids)
        return DailyDigest(
            collaborator=collaborator,
            on=self.as_of,
            since=since,
            companies=tuple(
                self._received(self._company(company), instant, since)
                for company in self.installation.config.companies
                if company.company_id in wanted
            ),
        )

    def _received(self, day: CompanyDay, instant: datetime | None, since: date) -> CompanyDay:
        return CompanyDay(
            company_id=day.company_id,
            name=day.name,
            to_go=day.to_go,
            awaiting_approval=day.awaiting_approval,
            tasks=day.tasks,
            uncertain=day.uncertain,
            failed=day.failed,
            block=day.block,
            largest=day.largest,
            received=self.store.received_since(day.company_id, instant, since),
        )

    def _company(self, company: CompanyConfig) -> CompanyDay:
        if company.company_id not in self._known:
            self._known[company.company_id] = self._look(company)
        return self._known[company.company_id]

    def _look(self, company: CompanyConfig) -> CompanyDay:
        store, company_id = self.store, company.company_id
        setup = setup_of(self.installation.config, company)
        block = block_of(setup, store, self.as_of, self.now)
        counts = store.counts(company_id, self.as_of)
        waiting = counts.reminders.get(ReminderState.AWAITING_APPROVAL.value, 0)
        to_go = dict(store.sent_by_level(company_id, self.as_of))
        if setup.mode in SENDING_MODES:
            for one in plan_company(setup, store, self.as_of, self.now):
                for notice in one.outcome.notices:
                    if notice.on != self.as_of:
                        continue
                    if notice.needs_approval or setup.mode is Mode.APPROVE:
                        waiting += 1
                    else:
                        to_go[notice.level_id] = to_go.get(notice.level_id, 0) + 1
        largest = store.largest_overdue(company_id, self.as_of, _LARGEST)
        return CompanyDay(
            company_id=company_id,
            name=company.name,
            to_go=_in_order(to_go, (level.level_id for plan in setup.plans.values() for level in plan.levels)),
            awaiting_approval=waiting,
            tasks=counts.tasks,
            uncertain=counts.reminders.get(ReminderState.UNCERTAIN.value, 0),
            failed=counts.reminders.get(ReminderState.FAILED.value, 0),
            block=block.reason.value if block is not None and block.reason in _NEEDS_A_PERSON else "",
            largest=tuple(
                LargeItem(company=company.name, customer=store.customer(company_id, item.customer_id).name, item=item)
                for item in largest
            ),
        )


def _in_order(counted: dict[str, int], levels: Iterable[str]) -> dict[str, int]:
    """Give counts in the order of the plans; a level that no plan has any more comes last."""
    known = [level for level in dict.fromkeys(levels) if level in counted]
    return {level: counted[level] for level in [*known, *sorted(counted.keys() - set(known))]}


def digests_now(installation: Installation, store: Store, email: str | None, today: date | None) -> list[DailyDigest]:
    """Give what the digests would say now: of all collaborators, or of the one named."""
    now = installation.clock.now()
    config = installation.config
    as_of = today
    if as_of is None:
        zone = config.firm.timezone or (config.companies[0].timezone if config.companies else "Europe/Paris")
        as_of = now.astimezone(ZoneInfo(zone)).date()
    days = Days(installation=installation, store=store, as_of=as_of, now=now)
    return [days.digest(one) for one in chosen(installation, email)]
