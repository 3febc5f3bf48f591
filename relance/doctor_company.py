"""What is looked at for one company: whose books answer, what they do by themselves, and whether its mail can leave."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from engine.errors import NotSupportedError, RelanceError
from relance.config.schema_books import CsvBooks, FecBooks, PluginBooks
from relance.opening import open_books
from relance.wiring import smtp_channel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from engine.ports import Books
    from engine.records import About
    from relance.config import CompanyConfig
    from relance.config.schema_books import CloudBooks
    from relance.installation import Installation
    from state.store import Store

_SOON: Final = timedelta(days=14)
_CLOCK_SLACK: Final = timedelta(minutes=2)
_DATE_SECONDS: Final = 10
_CONSENT: Final = re.compile(r"\bconnect(ed)?\b")
# Where a person switches the provider's own reminders off, or sees whether they are on.
_OWN_REMINDERS: Final = {
    "xero": "in Xero: Business, Invoices, Invoice reminders",
    "quickbooks": "in QuickBooks: Account and settings, Sales, Reminders",
    "sage": "in Sage: Settings, Record and transaction settings",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; `advice` says what to do, "" where there is nothing to do."""

    name: str
    ok: bool
    message: str
    advice: str = ""


def company_checks(installation: Installation, company: CompanyConfig, store: Store) -> Iterator[Check]:
    """Look at one company."""
    named = f"{company.company_id}: "
    try:
        with open_books(installation, company, store) as books:
            yield from _books(installation, company, store, books, named)
    except RelanceError as error:
        again = not isinstance(company.books, PluginBooks) and _CONSENT.search(str(error)) is not None
        advice = f"relance connect {company.company_id}" if again else "correct it, then try again"
        yield Check(name=f"{named}books", ok=False, message=str(error), advice=advice)
    yield _mail(company, named)


def _books(
    installation: Installation, company: CompanyConfig, store: Store, books: Books, named: str
) -> Iterator[Check]:
    settings = company.books
    if isinstance(settings, FecBooks | CsvBooks):
        place = settings.path if isinstance(settings, FecBooks) else settings.invoices
        yield _file(place, named)
        return
    if isinstance(settings, PluginBooks):
        yield _connector(settings, named)
    else:
        yield from _consent(installation, company, settings, named)
    try:
        about = books.about()
    except NotSupportedError:
        return
    yield from _about(company.books.provider, about, named)
    made, left = store.calls_made(company.company_id, installation.clock.now())
    rest = "" if left is None else f", {left} are left"
    yield Check(name=f"{named}calls", ok=left is None or left > 0, message=f"{made} calls were made today{rest}")
    if not isinstance(settings, PluginBooks):
        yield from _providers_clock(installation, settings, named)


def _connector(settings: PluginBooks, named: str) -> Check:
    from connectors.registry import find  # noqa: PLC0415 (what is installed is looked through only where it is used)

    return Check(
        name=f"{named}connector",
        ok=True,
        message=f"{settings.provider} is read by {find(settings.provider)}, not by Relance",
    )


def _file(place: Path, named: str) -> Check:
    readable = os.access(place, os.R_OK)
    return Check(
        name=f"{named}books",
        ok=readable,
        message=f"{place} can be read" if readable else f"{place} cannot be read",
        advice="" if readable else "check the path and its rights",
    )


def _about(provider: str, about: About, named: str) -> Iterator[Check]:
    locked = f", closed until {about.locked_until.isoformat()}" if about.locked_until else ""
    remarks = "".join(f"; {remark}" for remark in about.remarks)
    yield Check(
        name=f"{named}books",
        ok=True,
        message=f"{about.organisation} ({about.currency or 'currency not told'}{locked}){remarks}",
    )
    where = _OWN_REMINDERS.get(provider, "in the accounting software")
    if about.own_reminders is None:
        message, advice = "whether the books send reminders of their own cannot be asked", f"look {where}"
    elif about.own_reminders:
        message = "the books send reminders of their own: customers would be reminded twice"
        advice = f"switch them off {where}"
    else:
        message, advice = "the books send no reminders of their own", ""
    yield Check(name=f"{named}own reminders", ok=about.own_reminders is not True, message=message, advice=advice)


def _consent(installation: Installation, company: CompanyConfig, settings: CloudBooks, named: str) -> Iterator[Check]:
    from relance.connecting import app_of, vault_of  # noqa: PLC0415 (only cloud books need the vault)

    found = vault_of(installation).overview(company.company_id)
    if found is None:
        return
    again = f"relance connect {company.company_id}"
    ends = min(one for one in (found.refresh_expires_at, found.consent_ends_at) if one is not None)
    soon = ends - installation.clock.now() < _SOON
    yield Check(
        name=f"{named}consent",
        ok=not found.problem and not (soon and found.consent_ends_at == ends),
        message=found.problem or f"given on {found.connected_at:%Y-%m-%d}, good until {ends:%Y-%m-%d} if unused",
        advice=again if found.problem or soon else "",
    )
    granted = set(found.scopes.split())
    missing = [scope for scope in app_of(installation.config, company).scopes if scope not in granted]
    del settings
    yield Check(
        name=f"{named}scopes",
        ok=not granted or not missing,
        message=f"not consented to: {' '.join(missing)}" if granted and missing else "what is needed was consented to",
        advice=again if granted and missing else "",
    )


def _providers_clock(installation: Installation, settings: CloudBooks, named: str) -> Iterator[Check]:
    """Compare this machine's clock with the date on the provider's answer to an empty question."""
    import requests  # noqa: PLC0415 (only cloud books need the network)

    from connectors.oauth import PROVIDERS  # noqa: PLC0415 (the same)

    url = settings.base_url or PROVIDERS[settings.provider].base_url
    try:
        with requests.get(url, timeout=_DATE_SECONDS, allow_redirects=False, stream=True) as answer:
            theirs = _instant(answer.headers.get("Date", ""))
    except requests.RequestException:
        return
    if theirs is None:
        return
    off = installation.clock.now() - theirs
    fine = abs(off) <= _CLOCK_SLACK
    yield Check(
        name=f"{named}clock",
        ok=fine,
        message=f"this machine's clock is {abs(int(off.total_seconds()))} s {'ahead of' if off > timedelta(0) else 'behind'} "
        "the provider's",
        advice="" if fine else "set this machine's clock (timedatectl set-ntp true)",
    )


def _instant(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        return None


def _mail(company: CompanyConfig, named: str) -> Check:
    name = f"{named}mail"
    mail = company.mail
    if mail is None or (mail.smtp is None and mail.maildir is None):
        sends = company.mode.value in {"redirect", "approve", "auto"}
        return Check(
            name=name, ok=not sends, message="no way out is set under mail", advice="set smtp" if sends else ""
        )
    if mail.smtp is None:
        return Check(name=name, ok=True, message=f"mails are written as files into {mail.maildir}")
    channel = smtp_channel(mail.smtp)
    try:
        channel.check()
    except RelanceError as error:
        return Check(name=name, ok=False, message=str(error), advice="correct mail.smtp, then try again")
    finally:
        channel.close()
    return Check(name=name, ok=True, message=f"{mail.smtp.host} takes the log-in; nothing was sent")
