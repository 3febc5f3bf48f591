"""How many calls a company's provider still takes: the day's budget and its parking, as rows that outlive the process."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from engine.errors import BooksBusyError
from state.companies import ensure_company
from state.database import Part
from state.values import instant, read_instant

if TYPE_CHECKING:
    from datetime import datetime

    from state.database import Database


class CallBudget:
    """The calls of one company in one UTC day; `most` is the most it may make, None for as many as the provider takes.

    Raises BooksBusyError before a call that must not be made; nothing here waits.
    """

    def __init__(self, db: Database, company_id: str, most: int | None) -> None:
        self._db = db
        self._company_id = company_id
        self._most = most

    def before_call(self, now: datetime) -> None:
        """Count a call that is about to be made."""
        day = now.astimezone(UTC).date().isoformat()
        with self._db.tx_of_what_can_be_worked_out_again():
            ensure_company(self._db, self._company_id)
            row = self._db.one("SELECT * FROM calls WHERE company_id = ?", (self._company_id,))
            parked = None if row is None else read_instant(row["parked_until"])
            if row is not None and parked is not None and parked > now:
                raise BooksBusyError(row["parked_because"], retry_at=parked)
            made = row["made"] if row is not None and row["day"] == day else 0
            if self._most is not None and made >= self._most:
                midnight = (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
                raise BooksBusyError(f"the {self._most} calls of this day are used up", retry_at=midnight)
            self._db.write(
                "INSERT INTO calls (company_id, day, made) VALUES (?, ?, 1) ON CONFLICT (company_id) DO UPDATE SET "
                "day = excluded.day, made = ?, parked_until = NULL, parked_because = ''",
                (self._company_id, day, made + 1),
            )

    def after_call(self, now: datetime, left: int | None) -> None:
        """Remember how many calls the provider says are left today."""
        del now
        if left is None:
            return
        with self._db.tx_of_what_can_be_worked_out_again():
            self._db.write("UPDATE calls SET calls_left = ? WHERE company_id = ?", (left, self._company_id))

    def park(self, until: datetime, why: str) -> None:
        """Make no call before an instant, whatever process asks."""
        with self._db.tx():
            ensure_company(self._db, self._company_id)
            self._db.write(
                "INSERT INTO calls (company_id, day, made, parked_until, parked_because) VALUES (?, '', 0, ?, ?) "
                "ON CONFLICT (company_id) DO UPDATE SET parked_until = excluded.parked_until, "
                "parked_because = excluded.parked_because",
                (self._company_id, instant(until), why),
            )


class Calls(Part):
    """The budgets of calls, and when each company is looked at next."""

    def call_budget(self, company_id: str, most: int | None = None) -> CallBudget:
        """Give the budget of a company."""
        return CallBudget(self.db, company_id, most)

    def calls_made(self, company_id: str, now: datetime) -> tuple[int, int | None]:
        """Give how many calls a company made today, and how many its provider said are left (None: not said)."""
        row = self.db.one("SELECT * FROM calls WHERE company_id = ?", (company_id,))
        if row is None or row["day"] != now.astimezone(UTC).date().isoformat():
            return 0, None
        return row["made"], row["calls_left"]

    def due_at(self, company_id: str) -> datetime | None:
        """Give when the service looks at a company next, None for at once."""
        return read_instant(
            self.db.value("SELECT next_sync_at FROM companies WHERE company_id = ?", (company_id,)) or None
        )

    def failures_of(self, company_id: str) -> int:
        """Give how often in a row the service could not read a company's books."""
        return int(self.db.value("SELECT failed_syncs FROM companies WHERE company_id = ?", (company_id,)) or 0)

    def look_next(self, company_id: str, at: datetime, *, failed: bool) -> None:
        """Say when the service looks at a company next, and whether it could not read its books this time."""
        with self.db.tx():
            ensure_company(self.db, company_id)
            self.db.write(
                "UPDATE companies SET next_sync_at = ?, failed_syncs = CASE WHEN ? THEN failed_syncs + 1 ELSE 0 END "
                "WHERE company_id = ?",
                (instant(at), int(failed), company_id),
            )
