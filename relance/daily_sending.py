"""Sending the collaborators' daily digests: when each is due, which settings send it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from engine.channels.addresses import Mailbox, wire_address
from engine.channels.guard import ModeGuard
from engine.digest import DigestState
from engine.digest_text import daily_digest_text
from engine.errors import (
    DefinitelyRefusedError,
    FencedError,
    ModeForbidsError,
    NotHandedOverError,
    OutcomeUnknownError,
    RecipientRefusedError,
    TemporarilyRefusedError,
)
from engine.kinds import Mode
from relance.config.build import calendar_of
from relance.config.schema import SENDING_MODES
from relance.daily import Days, collaborators
from relance.digest_mail import DAILY, digest_data, digest_envelope, digest_text
from relance.logs import log_failure
from relance.texts import wording_of
from relance.wiring import STOP_FILE, firm_folders, mail_channel

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from engine.calendar import BusinessCalendar
    from engine.digest import Collaborator, DailyDigest, DigestRow
    from engine.ports import Sender
    from engine.records import Envelope, Owner
    from relance.config import Config
    from relance.config.schema_mail import MailConfig
    from relance.config.schema_people import CollaboratorConfig
    from relance.installation import Installation
    from state.store import Store

# A server that answers 4xx is asked again after this.
_RETRY_AFTER: Final = timedelta(minutes=15)
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one collaborator's digest in this pass; `problem` is a sentence for a person, "" for none."""

    email: str
    on: date
    state: DigestState
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How digests leave: the firm's own settings, else those of its first company that sends, under its mode."""

    mail: MailConfig
    mode: Mode
    redirect_to: str = ""


def send_daily_digests(
    installation: Installation,
    store: Store,
    owner: Owner,
    today: date | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> list[Told]:
    """Send every digest whose hour has come and that was not begun today; tell what became of each.

    A run that was asked for some companies only leaves out who has others: they would be told of them without a look at
    their books. With a business day given, the hour is the start of that day's send window.
    """
    config = installation.config
    way = _way_of(config)
    if way is None or not config.collaborators:
        return []
    calendar = calendar_of(config.companies[0])
    now = installation.clock.now()
    local = now.astimezone(ZoneInfo(config.firm.timezone or calendar.timezone))
    on, hour = (today, calendar.opens) if today is not None else (local.date(), local.time())
    asked = {company.company_id for company in installation.companies}
    days = Days(installation=installation, store=store, as_of=on, now=now)
    found: list[Told] = []
    for settings, collaborator in zip(config.collaborators, collaborators(config), strict=True):
        if stopping():
            break
        due = hour >= settings.at and _is_day(settings, on, calendar) and set(collaborator.company_ids) <= asked
        told = _send(days, collaborator, way, owner) if due else None
        found += [told] if told is not None else []
    return found


def digest_as_text(config: Config, digest: DailyDigest) -> str:
    """Give the plain text that a digest's mail would have."""
    wording = wording_of(firm_folders(config))
    return digest_text(wording, DAILY, _data(config, digest))


def _data(config: Config, digest: DailyDigest) -> dict[str, object]:
    wording = wording_of(firm_folders(config))
    language = wording.language_of(digest.collaborator.language, DAILY)
    first = config.companies[0] if config.companies else None
    name = config.firm.name or (first.name if first is not None else "Relance")
    color = (first.brand.color or "") if first is not None and not config.firm.name else ""
    return digest_data(wording, DAILY, daily_digest_text(digest, name, color, language))


def _is_day(settings: CollaboratorConfig, on: date, calendar: BusinessCalendar) -> bool:
    """Tell whether a collaborator gets a digest on a day: a sending day, or else one of their own weekdays."""
    if settings.days is None:
        return calendar.is_sending_day(on)
    return _WEEKDAYS[on.weekday()] in settings.days and not (calendar.keep_holidays and calendar.is_holiday(on))


def _way_of(config: Config) -> _Way | None:
    if config.firm.mail is not None:
        return _Way(mail=config.firm.mail, mode=Mode.AUTO)
    for company in config.companies:
        if company.mode in SENDING_MODES and company.mail is not None:
            redirect_to = company.redirect_to if company.mode is Mode.REDIRECT else None
            return _Way(mail=company.mail, mode=company.mode, redirect_to=redirect_to or "")
    return None


def _send(days: Days, collaborator: Collaborator, way: _Way, owner: Owner) -> Told | None:
    """Take one digest all the way; None where it has ended before, or is not to be tried yet."""
    known = days.store.daily_digest(collaborator.email, days.as_of)
    if known is not None and known.state in {DigestState.SENT, DigestState.FAILED}:
        return None
    channel, close = mail_channel(way.mail)
    if channel is None:
        return None
    try:
        return _sent(days, collaborator, way, channel, owner)
    except FencedError as error:
        return Told(email=collaborator.email, on=days.as_of, state=DigestState.CLAIMED, problem=str(error))
    except Exception as error:  # noqa: BLE001 (whatever goes wrong with one digest, the others are sent)
        log_failure("")
        return _given_up(days, collaborator, f"{type(error).__name__}: {error}", owner)
    finally:
        close()


def _sent(days: Days, collaborator: Collaborator, way: _Way, channel: Sender, owner: Owner) -> Told | None:
    store, clock = days.store, days.installation.clock
    before = store.daily_digest(collaborator.email, days.as_of)
    domain = wire_address(way.mail.sender.address).rpartition("@")[2]
    row = store.claim_daily_digest(collaborator.email, days.as_of, domain, owner, clock.now())
    if row is not None:
        envelope = _written(days, collaborator, way, row)
        return _hand_over(days, row, envelope, _guarded(days, collaborator, way, channel), owner)
    stuck = store.daily_digest(collaborator.email, days.as_of)
    if stuck is None or stuck.state is not DigestState.UNCERTAIN:
        return None
    # What is uncertain and yet demonstrably arrived is recorded as sent; the rest is told of once.
    if channel.delivered(stuck.message_id):
        return _ended(days, stuck, DigestState.SENT, "", owner)
    if before is not None and before.state is DigestState.UNCERTAIN:
        return None
    problem = "the digest may have arrived, and is not sent again"
    return Told(email=stuck.email, on=stuck.on, state=stuck.state, problem=problem)


def _given_up(days: Days, collaborator: Collaborator, error: str, owner: Owner) -> Told:
    """Put a digest back that failed before anything of it left; one that was being handed over stays as it is."""
    row = days.store.daily_digest(collaborator.email, days.as_of)
    if row is not None and row.state is DigestState.CLAIMED:
        return _later(days, row, error, owner)
    state = row.state if row is not None else DigestState.PLANNED
    return Told(email=collaborator.email, on=days.as_of, state=state, problem=f"the digest failed: {error}")


def _written(days: Days, collaborator: Collaborator, way: _Way, row: DigestRow) -> Envelope:
    config = days.installation.config
    return digest_envelope(
        wording_of(firm_folders(config)),
        DAILY,
        _data(config, days.digest(collaborator)),
        sender=way.mail.sender,
        to=Mailbox(address=collaborator.email, name=collaborator.name),
        redirect_to=Mailbox(address=way.redirect_to) if way.redirect_to else None,
        message_id=row.message_id,
        key=f"daily-{row.on}",
        company_id="",
        now=days.installation.clock.now(),
    )


def _guarded(days: Days, collaborator: Collaborator, way: _Way, channel: Sender) -> Sender:
    return ModeGuard(
        channel,
        mode=way.mode,
        allowed=frozenset({wire_address(collaborator.email)}),
        rehearsal=way.mode is Mode.REDIRECT,
        needs_approval=False,
        approved=True,
        redirect_to=wire_address(way.redirect_to) if way.redirect_to else "",
        stop_file=days.installation.data_dir / STOP_FILE,
    )


def _hand_over(days: Days, row: DigestRow, envelope: Envelope, sender: Sender, owner: Owner) -> Told:
    store, clock = days.store, days.installation.clock
    held = row

    def barrier(_server: str) -> None:
        nonlocal held
        held = store.move_daily_digest(row, DigestState.HANDING_OVER, owner, clock.now())

    try:
        sender.deliver(envelope, barrier)
    except (NotHandedOverError, TemporarilyRefusedError) as error:
        return _later(days, held, str(error), owner)
    except (RecipientRefusedError, DefinitelyRefusedError, ModeForbidsError) as error:
        return _ended(days, held, DigestState.FAILED, f"the digest was refused: {error}", owner)
    except OutcomeUnknownError as error:
        return _ended(days, held, DigestState.UNCERTAIN, f"the digest may have arrived: {error}", owner)
    return _ended(days, held, DigestState.SENT, "", owner)


def _later(days: Days, row: DigestRow, error: str, owner: Owner) -> Told:
    now: datetime = days.installation.clock.now()
    moved = days.store.move_daily_digest(row, DigestState.PLANNED, owner, now, error=error, retry_at=now + _RETRY_AFTER)
    return Told(email=moved.email, on=moved.on, state=moved.state, problem=f"the digest waits: {error}")


def _ended(days: Days, row: DigestRow, state: DigestState, problem: str, owner: Owner) -> Told:
    moved = days.store.move_daily_digest(row, state, owner, days.installation.clock.now(), error=problem)
    return Told(email=moved.email, on=moved.on, state=moved.state, problem=problem)
