"""What an organisation says of itself, and whether it is the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.xero.dates import day, instant
from connectors.xero.zones import iana_zone, zone
from engine.errors import BooksUnreadableError, WrongOrganisationError

if TYPE_CHECKING:
    from datetime import date, datetime

    from connectors.xero.client import XeroClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation; `answered_at` is the server's own time, None where it does not say it."""

    organisation_id: str
    name: str
    windows_zone: str
    currency: str
    locked_until: date | None
    is_demo: bool
    answered_at: datetime | None

    @property
    def timezone(self) -> str:
        """IANA name, "" where it is not known."""
        return iana_zone(self.windows_zone)

    def today(self, now: datetime) -> date:
        """Give the day that it is there."""
        return now.astimezone(zone(self.windows_zone)).date()

    def began(self, now: datetime) -> datetime:
        """Give the earlier of the server's time and ours: a clock that is wrong reads more again, never less."""
        return min(now, self.answered_at) if self.answered_at else now


def read_organisation(client: XeroClient, *, answers_as: str = "", named: str = "") -> Organisation:
    """Read the organisation behind the connection; WrongOrganisationError where it is another than the bound one.

    It is the bound one if it gives the id under which connections list it. Xero's documents imply that it does, and do
    not say so: `answers_as` is another id that it gave before, "" where it gave the same; and where nothing was learnt
    yet, `named` is the name of the organisation that the connection was made for, "" where an id alone will do.
    """
    row, server_time = client.organisation_row()
    found = organisation_of(row, server_time)
    given = found.organisation_id.casefold()
    if given and given not in {client.organisation.casefold(), answers_as.casefold()} and not _agree(found.name, named):
        raise WrongOrganisationError(
            f"Xero answers with the books of {found.name!r} ({found.organisation_id}), this company is bound to "
            f"{f'{named!r} ' if named else ''}({answers_as or client.organisation}); connect the company again and "
            "choose its organisation"
        )
    return found


def _agree(one: str, other: str) -> bool:
    names = [" ".join(name.split()).casefold() for name in (one, other)]
    return bool(names[0]) and names[0] == names[1]


def organisation_of(row: dict[str, Any], server_time: object = None) -> Organisation:
    """Read the row; dates that are none, and settings that are not there, are left open."""
    locks = [_day(row.get(name)) for name in ("PeriodLockDate", "EndOfYearLockDate")]
    name = _text(row.get("Name")) or _text(row.get("LegalName"))
    if not name and not row.get("OrganisationID"):
        raise BooksUnreadableError("Xero's answer names no organisation")
    return Organisation(
        organisation_id=_text(row.get("OrganisationID")),
        name=name,
        windows_zone=_text(row.get("Timezone")),
        currency=_text(row.get("BaseCurrency")),
        locked_until=max((lock for lock in locks if lock), default=None),
        is_demo=row.get("IsDemoCompany") is True,
        answered_at=instant(_text(server_time)),
    )


def _text(found: object) -> str:
    return found.strip() if isinstance(found, str) else ""


def _day(found: object) -> date | None:
    try:
        return day(_text(found))
    except ValueError:
        return None
