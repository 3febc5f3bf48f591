"""How far a company's books are known, and what stops a whole company on a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.kinds import HoldReason, Mode
from engine.model import CompanyBlock

if TYPE_CHECKING:
    from datetime import date, datetime

    from engine.records import CompanyState


def known_until(state: CompanyState, as_of: date, now: datetime) -> date:
    """Give the day up to which payments are known.

    An FEC says it itself (its last bank entry). A CSV is as old as its file, a provider as its last complete sync: that
    age, counted in real days, is taken off the business day.
    """
    if state.known_until is not None:
        return min(state.known_until, as_of)
    read_at = state.file_modified_at or state.synced_at
    if read_at is None:
        return as_of - timedelta(days=36500)
    return as_of - timedelta(days=max((now - read_at).days, 0))


def company_block(
    state: CompanyState, mode: Mode, *, max_age_days: int, as_of: date, now: datetime
) -> CompanyBlock | None:
    """Give what stops a whole company on a day, None when it may send.

    Days are counted for a file, which is as old as what it holds; a provider's last sync has an hour, and a day is 24 of
    them.
    """
    if mode is Mode.OFF:
        return CompanyBlock(reason=HoldReason.MODE_OFF)
    if state.quarantine:
        return CompanyBlock(reason=HoldReason.QUARANTINED, detail="; ".join(state.quarantine))
    if not state.sync_complete:
        return CompanyBlock(reason=HoldReason.QUARANTINED, detail="the last sync did not finish")
    known = known_until(state, as_of, now)
    if (as_of - known).days > max_age_days or _synced_too_long_ago(state, timedelta(days=max_age_days), now):
        return CompanyBlock(reason=HoldReason.STALE_BOOKS, detail=known.isoformat())
    if mode in {Mode.APPROVE, Mode.AUTO} and not state.backlog_accepted:
        return CompanyBlock(reason=HoldReason.BACKLOG_NOT_ACCEPTED)
    return None


def _synced_too_long_ago(state: CompanyState, most: timedelta, now: datetime) -> bool:
    if state.known_until is not None or state.file_modified_at is not None or state.synced_at is None:
        return False
    return now - state.synced_at > most
