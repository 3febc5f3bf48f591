"""The one place that joins configuration, engine, connectors, channels and store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.channels.guard import ModeGuard
from engine.channels.task import TaskChannel
from engine.errors import RelanceError
from engine.model import Channel, Mode
from engine.setup import CompanySetup
from relance.config.build import calendar_of, creditor_of, plan_id_for, planning_fingerprint, plans_of
from relance.config.schema_books import CsvBooks as CsvSettings
from relance.config.schema_books import FecBooks as FecSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.ports import Books, Sender
    from engine.records import Attachment, Reminder
    from engine.model import OpenItem
    from relance.config import CompanyConfig, Config
    from relance.installation import Installation
    from relance.render import MailRenderer
    from state.store import Store

# Books of a provider are as old as their last complete sync; a day without one is too old (design: FEC identity).
_PROVIDER_MAX_AGE_DAYS = 1
STOP_FILE = "STOP"


class ProviderNotReadyError(RelanceError):
    """This release reads FEC and CSV files; Xero, QuickBooks Online and Sage come with the next one."""


class NoWayOutError(RelanceError):
    """The company's mode sends mail, but its configuration says neither smtp nor maildir under mail."""


def setup_of(config: Config, company: CompanyConfig) -> CompanySetup:
    """Give the loops what they need to know of a company."""
    plans = plans_of(config)
    books = company.books
    return CompanySetup(
        company_id=company.company_id,
        mode=company.mode,
        plans=plans,
        default_plan=company.plan,
        plan_id_for=lambda customer: plan_id_for(company, customer),
        calendar=calendar_of(company),
        max_age_days=books.max_age_days if isinstance(books, CsvSettings | FecSettings) else _PROVIDER_MAX_AGE_DAYS,
        fingerprint=planning_fingerprint(company, plans),
        redirect_to=company.redirect_to or "",
    )


def books_of(company: CompanyConfig) -> Books:
    """Open the books of a company; raise ProviderNotReadyError for a provider that this release does not read."""
    books = company.books
    if isinstance(books, FecSettings):
        from connectors.files.fec import FecBooks  # noqa: PLC0415 (each company loads its own connector only)

        return FecBooks(
            company_id=company.company_id,
            path=books.path,
            default_terms=books.terms.default or "30 jours",
            terms_by_customer=dict(books.terms.by_customer),
            contacts=books.contacts,
        )
    if isinstance(books, CsvSettings):
        from connectors.files.csvbooks import CsvBooks  # noqa: PLC0415 (each company loads its own connector only)

        return CsvBooks(
            company_id=company.company_id,
            invoices=books.invoices,
            mapping=dict(books.mapping),
            delimiter=books.delimiter,
        )
    raise ProviderNotReadyError(
        f"{company.company_id}: the {books.provider} connector is not part of this release; use fec or csv"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """The ways out of one company: a guarded channel for each reminder, and what evidence a channel has of one."""

    for_reminder: Callable[[Reminder], Sender]
    evidence: Callable[[Reminder], str | None]


@contextmanager
def open_senders(installation: Installation, company: CompanyConfig, store: Store) -> Iterator[Senders]:
    """Open a company's channels for one pass; the connection to its mail server is shared and closed at the end."""
    tasks = TaskChannel(tasks=store, clock=installation.clock)
    mail, close = _mail_channel(company)

    def channel(reminder: Reminder) -> Sender:
        return mail if reminder.channel is Channel.EMAIL else tasks

    def guarded(reminder: Reminder) -> Sender:
        return ModeGuard(
            channel(reminder),
            mode=company.mode,
            redirect_to=company.redirect_to or "",
            approved=bool(reminder.approved_by),
            stop_file=installation.data_dir / STOP_FILE,
        )

    def evidence(reminder: Reminder) -> str | None:
        found = channel(reminder).delivered(reminder.message_id)
        return f"found where the {reminder.channel.value} channel keeps what it took" if found else None

    try:
        yield Senders(for_reminder=guarded, evidence=evidence)
    finally:
        close()


def _mail_channel(company: CompanyConfig) -> tuple[Sender, Callable[[], None]]:
    raise NotImplementedError


def renderer_of(installation: Installation, company: CompanyConfig, store: Store) -> MailRenderer:
    """Give the renderer of a company's mails: its identity, its texts, its documents."""
    raise NotImplementedError
