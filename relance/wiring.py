"""The one place that joins configuration, engine, connectors, channels and store."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.channels.addresses import UnusableAddressError, wire_address
from engine.channels.guard import ModeGuard
from engine.channels.letter import LetterChannel, LetterFolder
from engine.channels.maildir import MaildirChannel
from engine.channels.provider import ProviderChannel
from engine.channels.task import TaskChannel
from engine.choosing import chosen_plan
from engine.errors import NotHandedOverError
from engine.kinds import Channel, Mode, Purpose
from engine.note_text import note_key
from engine.owner_copy import copied
from engine.records import Attachment
from engine.setup import CompanySetup
from relance.config.build import (
    calendar_of,
    confirmations_of,
    creditor_of,
    planning_fingerprint,
    plans_of,
    rules_of,
    spread_of,
    statements_of,
)
from relance.config.schema_books import CsvBooks as CsvSettings
from relance.config.schema_books import FecBooks as FecSettings
from relance.enclosing import Papers
from relance.fetching import Fetching
from relance.rates import rates_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.channels.smtp import SmtpChannel
    from engine.model import OpenItem
    from engine.ports import Books, Sender
    from engine.records import Reminder
    from relance.config import CompanyConfig, Config
    from relance.config.schema_mail import MailConfig, SmtpConfig
    from relance.installation import Installation
    from relance.render import MailRenderer
    from state.store import Store

# Books of a provider are as old as their last complete sync; a day without one is too old (design: FEC identity).
_PROVIDER_MAX_AGE_DAYS: Final = 1
STOP_FILE: Final = "STOP"
# Where letters lie to be printed, in data_dir.
LETTER_FOLDER: Final = "letters"
# Texts of the firm and of its companies, beside the configuration.
TEMPLATE_FOLDER: Final = "templates"


class NoWayOutError(NotHandedOverError):
    """The company's mode sends mail, but its configuration says neither smtp nor maildir under mail."""


class NoProviderMailError(NotHandedOverError):
    """A level has channel provider, and the company's books send no mail."""

    def __init__(self, message: str) -> None:
        super().__init__(message, company_wide=False)


def setup_of(config: Config, company: CompanyConfig) -> CompanySetup:
    """Give the loops what they need to know of a company."""
    plans = plans_of(config, company)
    books = company.books
    return CompanySetup(
        company_id=company.company_id,
        mode=company.mode,
        plans=plans,
        default_plan=company.plan,
        rules=rules_of(company),
        spread=spread_of(company),
        calendar=calendar_of(company),
        max_age_days=books.max_age_days if isinstance(books, CsvSettings | FecSettings) else _PROVIDER_MAX_AGE_DAYS,
        fingerprint=planning_fingerprint(company, plans),
        redirect_to=company.redirect_to or "",
        confirmations=confirmations_of(company),
        statements=statements_of(company),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """The ways out of one company: a guarded channel for each reminder, and what evidence a channel has of one."""

    for_reminder: Callable[[Reminder], Sender]
    evidence: Callable[[Reminder], str | None]


@contextmanager
def open_senders(installation: Installation, company: CompanyConfig, store: Store, books: Books) -> Iterator[Senders]:
    """Open a company's channels for one pass; the connection to its mail server is shared and closed at the end."""
    tasks = LetterChannel(TaskChannel(store), LetterFolder(installation.data_dir / LETTER_FOLDER))
    mail, close = mail_channel(company.mail)
    setup = setup_of(installation.config, company)

    def channel(reminder: Reminder) -> Sender | None:
        if reminder.channel is Channel.PROVIDER:
            if not books.capabilities.mail:
                raise NoProviderMailError(
                    f"level {reminder.level_id} goes by the provider's own mail, which {books.provider} books do not "
                    "have: give it channel: email, or the customer another plan"
                )
            return ProviderChannel(
                books,
                item_id=reminder.lines[0].item_id,
                key=note_key(reminder, "mail"),
                handed_over_at=store.handed_over_at(reminder),
            )
        return mail if reminder.channel is Channel.EMAIL else tasks

    def guarded(reminder: Reminder) -> Sender:
        sender = channel(reminder)
        if sender is None:
            raise NoWayOutError(f"{company.company_id}: say smtp or maildir under mail, or set mode: preview")
        if reminder.purpose is Purpose.DIGEST:
            return _to_owner(installation, company, store, reminder, sender)
        case = store.case_file(company.company_id, reminder.customer_id, rehearsal=reminder.rehearsal)
        customer = case.customer
        level = chosen_plan(setup, store, customer, case.items, reminder.on).plan.level(reminder.level_id)
        blind = [company.mail.bcc] if company.mail and company.mail.bcc else []
        return ModeGuard(
            sender,
            mode=company.mode,
            allowed=_on_the_wire(
                [*(contact.email for contact in customer.contacts if not contact.failed and not contact.barred), *blind]
            ),
            rehearsal=reminder.rehearsal,
            needs_approval=level is not None and (level.approval or level.is_formal),
            approved=bool(reminder.approved_by),
            redirect_to=wire_address(company.redirect_to) if company.redirect_to else "",
            stop_file=installation.data_dir / STOP_FILE,
        )

    def evidence(reminder: Reminder) -> str | None:
        sender = channel(reminder)
        found = sender.delivered(reminder.message_id) if sender is not None else None
        return f"found where the {reminder.channel.value} channel keeps what it took" if found else None

    try:
        yield Senders(for_reminder=guarded, evidence=evidence)
    finally:
        close()


def _to_owner(
    installation: Installation, company: CompanyConfig, store: Store, reminder: Reminder, sender: Sender
) -> Sender:
    """Guard a digest: it reaches the owner of the customers that it tells of and nobody else, and needs no approval."""
    items = (store.balance_of(company.company_id, line.item_id) for line in reminder.lines)
    customers = {item.customer_id for item in items if item is not None}
    told_of = [store.customer(company.company_id, one) for one in customers]
    # Where one customer pays for another, the notice goes to the payer, and the digest to the payer's owner.
    payers = [store.customer(company.company_id, one.payer_id) for one in told_of if one.payer_id]
    owners = [one.owner_email for one in (*told_of, *payers)]
    if original := copied(reminder.occasion):
        owners = [store.copy_address(company.company_id, original)]
    return ModeGuard(
        sender,
        mode=company.mode,
        allowed=_on_the_wire(owners),
        rehearsal=reminder.rehearsal,
        needs_approval=False,
        approved=True,
        redirect_to=wire_address(company.redirect_to) if company.redirect_to else "",
        stop_file=installation.data_dir / STOP_FILE,
    )


def _on_the_wire(addresses: list[str]) -> frozenset[str]:
    """Write addresses as the wire does; one that cannot be written there cannot be reached either."""
    written: set[str] = set()
    for address in addresses:
        try:
            written.add(wire_address(address))
        except UnusableAddressError:
            continue
    return frozenset(written)


def mail_channel(mail: MailConfig | None) -> tuple[Sender | None, Callable[[], None]]:
    """Give the channel that these settings name, not yet connected, and how it is closed; None where they name none."""
    if mail is not None and mail.maildir is not None:
        maildir = MaildirChannel(mail.maildir)
        return maildir, maildir.close
    if mail is not None and mail.smtp is not None:
        smtp = smtp_channel(mail.smtp)
        return smtp, smtp.close
    return None, lambda: None


def smtp_channel(settings: SmtpConfig) -> SmtpChannel:
    """Give the channel of a mail server, not yet connected."""
    from engine.channels.smtp import SmtpChannel  # noqa: PLC0415 (slow to load; only a company that uses it)

    return SmtpChannel(
        host=settings.host,
        port=settings.port or 0,
        security=settings.security.value,
        username=settings.username or "",
        password=settings.password.reveal if settings.password is not None else None,
        auth=settings.auth.value,
    )


def fetching_of(installation: Installation, company: CompanyConfig, store: Store, books: Books) -> Fetching:
    """Give what a company's mails fetch from its books."""
    return Fetching(
        company_id=company.company_id,
        books=books,
        store=store,
        clock=installation.clock,
        on_disk=document_on_disk,
        attach=getattr(company.books, "attach_invoices", False),
    )


def renderer_of(installation: Installation, company: CompanyConfig, fetching: Fetching | None = None) -> MailRenderer:
    """Give the renderer of a company's mails: its identity, its texts, its documents.

    Without `fetching` nothing is asked of the books: a mail looked at beforehand shows what is already known.
    """
    from relance.render import MailRenderer, own_payment_url  # noqa: PLC0415 (slow to load; only what writes mails needs it)

    mail = company.mail
    return MailRenderer(
        creditor=creditor_of(company, installation.config.firm),
        sender=str(mail.sender) if mail is not None else f"{company.company_id}@localhost.example",
        reply_to=mail.reply_to if mail is not None else None,
        bcc=mail.bcc if mail is not None else None,
        redirect_to=company.redirect_to if company.mode is Mode.REDIRECT else None,
        overrides=template_folders(installation.config, company),
        document=document_on_disk if fetching is None else fetching.document,
        papers=papers_of(company),
        payment_url=own_payment_url if fetching is None else fetching.payment_url,
        rates=rates_with(installation.config.rates),
        window=company.letters.window or "",
    )


def template_folders(config: Config, company: CompanyConfig) -> tuple[Path, ...]:
    """Give the folders of texts that win over the built-in ones: the company's before the firm's."""
    firm = config.base / TEMPLATE_FOLDER
    return tuple(folder for folder in (firm / company.company_id, firm) if folder.is_dir())


def firm_folders(config: Config) -> tuple[Path, ...]:
    """Give the folder of the firm's own texts, where there is one."""
    firm = config.base / TEMPLATE_FOLDER
    return (firm,) if firm.is_dir() else ()


def papers_of(company: CompanyConfig) -> Papers:
    """Say where the papers lie that a company's mails enclose besides the invoices."""
    documents = company.books.documents if isinstance(company.books, CsvSettings | FecSettings) else None
    return Papers(patterns=documents.further() if documents is not None else (), terms=company.terms)


def document_on_disk(item: OpenItem) -> Attachment | None:
    """Fetch the PDF of an invoice; a file that has gone since the last sync is left out."""
    if not item.document:
        return None
    path = Path(item.document)
    try:
        return Attachment(filename=path.name, content=path.read_bytes(), media_type="application/pdf")
    except OSError:
        return None
