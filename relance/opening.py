"""Opening the books of a company for one pass: files as they lie, cloud books over tokens and transport."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.records import NotesOn
from engine.trusted import TrustedBooks
from relance.config.schema_books import CsvBooks as CsvSettings
from relance.config.schema_books import FecBooks as FecSettings
from relance.config.schema_books import PluginBooks, QuickBooksBooks, SageBooks, XeroBooks
from relance.logs import follow_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from connectors.http import Manners, Transport
    from engine.ports import Books, Clock
    from relance.config import CompanyConfig
    from relance.config.schema_books import CloudBooks
    from relance.config.schema_pay import DocumentsConfig
    from relance.installation import Installation
    from state.store import Store


@contextmanager
def open_books(installation: Installation, company: CompanyConfig, store: Store) -> Iterator[Books]:
    """Open the books of a company, behind the check without which no connector is trusted.

    Raises ConsentNeededError where the company is not connected, and what a connector refuses in its settings.
    """
    settings = company.books
    if isinstance(settings, FecSettings):
        yield TrustedBooks(inner=_fec(company.company_id, settings))
    elif isinstance(settings, CsvSettings):
        yield TrustedBooks(inner=_csv(company.company_id, settings))
    else:
        with _provided(installation, company, settings, store) as inner:
            # A connector of another distribution keeps its own keys: there is nothing to connect.
            advice = "" if isinstance(settings, PluginBooks) else f"run: relance connect {company.company_id}"
            books = TrustedBooks(inner=inner, advice=advice)
            notes_on = books.capabilities.notes_on if settings.notes else NotesOn.NOTHING
            store.set_notes_on(company.company_id, notes_on)
            yield books


def _fec(company_id: str, settings: FecSettings) -> Books:
    from connectors.files.fec import FecBooks  # noqa: PLC0415 (each company loads its own connector only)

    return FecBooks(
        company_id=company_id,
        path=settings.path,
        default_terms=settings.terms.default or "30 jours",
        terms_by_customer=dict(settings.terms.by_customer),
        contacts=settings.contacts,
        documents=_from_here(settings.documents),
    )


def _csv(company_id: str, settings: CsvSettings) -> Books:
    from connectors.files.csvbooks import CsvBooks  # noqa: PLC0415 (each company loads its own connector only)

    return CsvBooks(
        company_id=company_id,
        invoices=settings.invoices,
        mapping=dict(settings.mapping),
        delimiter=settings.delimiter,
        contacts=settings.contacts,
        date_format=settings.date_format,
        encoding=settings.encoding,
        documents=_from_here(settings.documents),
    )


def _from_here(documents: DocumentsConfig | None) -> str | None:
    """Make the invoices' pattern absolute: the configuration's paths start where the command was called, the books' own elsewhere."""
    pattern = documents.invoice if documents is not None else None
    return str(Path(pattern).absolute()) if pattern else None


def _provided(
    installation: Installation, company: CompanyConfig, settings: CloudBooks | PluginBooks, store: Store
) -> AbstractContextManager[Books]:
    if not isinstance(settings, PluginBooks):
        return _cloud(installation, company, settings, store)
    from relance.plugging import plugged  # noqa: PLC0415 (what is installed is looked through only where it is used)

    return plugged(installation, company, settings, store, lambda seconds: _pause(installation, seconds))


@contextmanager
def _cloud(installation: Installation, company: CompanyConfig, settings: CloudBooks, store: Store) -> Iterator[Books]:
    from relance.connecting import connection_of  # noqa: PLC0415 (only cloud books need the vault and the network)

    made_for = connection_of(installation, company)
    organisation = made_for.organisation_id
    follow_calls()
    with _transport(installation, company, settings, organisation, store) as transport:
        match settings:
            case XeroBooks():
                named = made_for.organisation
                knows = partial(store.known_customers, company.company_id)
                yield _xero(company.company_id, organisation, settings, transport, installation.clock, named, knows)
            case QuickBooksBooks():
                yield _quickbooks(company.company_id, organisation, settings, transport, installation.clock)
            case SageBooks():
                yield _sage(company.company_id, organisation, settings, transport, installation.clock)


def _transport(
    installation: Installation, company: CompanyConfig, settings: CloudBooks, organisation: str, store: Store
) -> Transport:
    from connectors.http import Transport  # noqa: PLC0415 (only cloud books need the network)
    from relance.connecting import keeper_of  # noqa: PLC0415 (the same)

    return Transport(
        manners=_manners(company.books.provider),
        tokens=keeper_of(installation, company),
        clock=installation.clock,
        budget=store.call_budget(company.company_id, settings.calls_per_day),
        wait=lambda seconds: _pause(installation, seconds),
        organisation=organisation,
        gates=installation.gates,
    )


def _pause(installation: Installation, seconds: float) -> None:
    """Wait for a provider, or until the service is told to stop."""
    installation.stopping.wait(seconds)


def _manners(provider: str) -> Manners:
    if provider == "xero":
        from connectors.xero.manners import XeroManners  # noqa: PLC0415 (each company loads its own connector only)

        return XeroManners()
    if provider == "quickbooks":
        from connectors.quickbooks.manners import QuickBooksManners  # noqa: PLC0415 (the same)

        return QuickBooksManners()
    from connectors.sage.manners import SageManners  # noqa: PLC0415 (the same)

    return SageManners()


def _xero(
    company_id: str,
    organisation: str,
    settings: XeroBooks,
    transport: Transport,
    clock: Clock,
    named: str,
    knows: Callable[[Sequence[str]], Collection[str]],
) -> Books:
    from connectors.xero.books import XeroBooks as Connector  # noqa: PLC0415 (the same)
    from connectors.xero.client import BASE_URL  # noqa: PLC0415 (the same)
    from connectors.xero.noting import NOTE_LENGTH  # noqa: PLC0415 (the same)
    from connectors.xero.papers import LINK_HOST  # noqa: PLC0415 (the same)

    return Connector(
        company_id=company_id,
        organisation=organisation,
        transport=transport,
        clock=clock,
        base_url=settings.base_url or BASE_URL,
        note_length=settings.note_length or NOTE_LENGTH,
        named=named,
        # A stand-in's links lead where it says.
        link_host="" if settings.base_url else LINK_HOST,
        knows=knows,
    )


def _quickbooks(
    company_id: str, organisation: str, settings: QuickBooksBooks, transport: Transport, clock: Clock
) -> Books:
    from connectors.quickbooks.books import QuickBooksBooks as Connector  # noqa: PLC0415 (the same)
    from connectors.quickbooks.client import PRODUCTION  # noqa: PLC0415 (the same)

    return Connector(
        company_id=company_id,
        organisation=organisation,
        transport=transport,
        clock=clock,
        base_url=settings.base_url or PRODUCTION,
        notes_in=settings.notes_in,
        note_length=settings.note_length,
    )


def _sage(company_id: str, organisation: str, settings: SageBooks, transport: Transport, clock: Clock) -> Books:
    from connectors.sage.books import NOTE_LENGTH  # noqa: PLC0415 (the same)
    from connectors.sage.books import SageBooks as Connector  # noqa: PLC0415 (the same)
    from connectors.sage.client import BASE_URL  # noqa: PLC0415 (the same)

    return Connector(
        company_id=company_id,
        organisation=organisation,
        transport=transport,
        clock=clock,
        base_url=settings.base_url or BASE_URL,
        note_length=settings.note_length or NOTE_LENGTH,
        writes_notes=settings.notes,
    )
