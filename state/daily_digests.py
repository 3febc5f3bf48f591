"""Collaborators' daily digests: each at most once a day, whatever stops in between, and the figures they tell."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from engine.digest import DigestRow, DigestState
from engine.errors import FencedError
from engine.money import Money
from state.companies import epoch, installation
from state.database import Part
from state.items import read_item
from state.values import instant, read_instant

if TYPE_CHECKING:
    import sqlite3

    from engine.model import OpenItem
    from engine.records import Owner

# A digest is of no one company: its rows carry this in place of one.
FIRM: Final = ""
_MESSAGE_ID_HEX: Final = 32


class DailyDigests(Part):
    """The digests' own small outbox: claimed, past the barrier, then sent, failed or uncertain; never twice."""

    def daily_digest(self, email: str, on: date) -> DigestRow | None:
        """Give a collaborator's digest of a day, None where none was begun."""
        row = self.db.one(
            "SELECT * FROM daily_digests WHERE company_id = ? AND email = ? AND on_day = ?",
            (FIRM, email.casefold(), on.isoformat()),
        )
        return None if row is None else _read(row)

    def last_daily_digest(self, email: str, before: date) -> DigestRow | None:
        """Give the last digest that a collaborator got before a day."""
        row = self.db.one(
            "SELECT * FROM daily_digests WHERE company_id = ? AND email = ? AND on_day < ? AND state = 'sent' "
            "ORDER BY on_day DESC LIMIT 1",
            (FIRM, email.casefold(), before.isoformat()),
        )
        return None if row is None else _read(row)

    def claim_daily_digest(self, email: str, on: date, domain: str, owner: Owner, now: datetime) -> DigestRow | None:
        """Begin a collaborator's digest of a day, or take it up again where nothing of it has left; None for neither.

        One that was being handed over when the program stopped is uncertain from here on, and is never sent again.
        """
        address = email.casefold()
        key = (FIRM, address, on.isoformat())
        with self.db.tx():
            self._still_owned(owner)
            known = self.daily_digest(address, on)
            if known is None:
                name = f"{installation(self.db)}\x1fdaily\x1f{address}\x1f{on}"
                hashed = hashlib.sha256(name.encode()).hexdigest()[:_MESSAGE_ID_HEX]
                self.db.write(
                    "INSERT INTO daily_digests (company_id, email, on_day, state, generation, message_id, covers_until, "
                    "moved_at) VALUES (?, ?, ?, 'claimed', 1, ?, ?, ?)",
                    (*key, f"<d-{hashed}@{domain}>", instant(now), instant(now)),
                )
                return self.daily_digest(address, on)
            if known.state is DigestState.HANDING_OVER:
                self._set(known, DigestState.UNCERTAIN, now, error="stopped while it was handed over")
                return None
            waits = known.retry_at is not None and known.retry_at > now
            if known.state not in {DigestState.PLANNED, DigestState.CLAIMED} or waits:
                return None
            self.db.write(
                "UPDATE daily_digests SET covers_until = ? WHERE company_id = ? AND email = ? AND on_day = ?",
                (instant(now), *key),
            )
            return self._set(known, DigestState.CLAIMED, now)

    def move_daily_digest(
        self,
        row: DigestRow,
        to: DigestState,
        owner: Owner,
        now: datetime,
        *,
        error: str = "",
        retry_at: datetime | None = None,
    ) -> DigestRow:
        """Move a digest on, durably; raises FencedError when the row has moved since, or another owner has taken over."""
        with self.db.tx():
            self._still_owned(owner)
            return self._set(row, to, now, error=error, retry_at=retry_at)

    def received_since(self, company_id: str, since: datetime | None, since_day: date) -> dict[str, Money]:
        """Sum the money that syncs saw come in (and go back) after an instant, or from a day on where there is none."""
        rows = self.db.all(
            "SELECT p.currency, sum(p.amount) AS amount FROM observed_payments p JOIN syncs s "
            "ON s.company_id = p.company_id AND s.sync_no = p.sync_no WHERE p.company_id = ? "
            "AND p.source IN ('payment', 'returned') AND iif(? IS NULL, p.seen_on >= ?, s.started_at > ?) "
            "GROUP BY p.currency HAVING sum(p.amount) <> 0 ORDER BY p.currency",
            (company_id, instant(since) if since else None, since_day.isoformat(), instant(since) if since else ""),
        )
        return {row["currency"]: Money(minor=row["amount"], currency=row["currency"]) for row in rows}

    def sent_by_level(self, company_id: str, on: date) -> dict[str, int]:
        """Count the notices of levels that left on a day, by level."""
        rows = self.db.all(
            "SELECT level_id, count(*) AS number FROM reminders WHERE company_id = ? AND purpose = 'level' "
            "AND state = 'sent' AND sent_on = ? AND earlier_tool = 0 AND occasion = '' "
            "GROUP BY level_id ORDER BY level_id",
            (company_id, on.isoformat()),
        )
        return {row["level_id"]: row["number"] for row in rows}

    def largest_overdue(self, company_id: str, as_of: date, most: int) -> list[OpenItem]:
        """Give the largest overdue invoices of a company, so many for each currency, the largest first."""
        rows = self.db.all(
            "SELECT * FROM (SELECT i.*, row_number() OVER "
            "(PARTITION BY currency ORDER BY balance DESC, due_on, item_id) AS place FROM items i "
            "WHERE company_id = ? AND kind = 'invoice' AND balance > 0 AND unseen = 0 AND due_on < ?) "
            "WHERE place <= ? ORDER BY currency, place",
            (company_id, as_of.isoformat(), most),
        )
        return [read_item(row) for row in rows]

    def _still_owned(self, owner: Owner) -> None:
        if epoch(self.db) != owner.epoch:
            raise FencedError(f"{owner.name} is no longer the owner: another process has taken the instance lock")

    def _set(
        self, row: DigestRow, to: DigestState, now: datetime, *, error: str = "", retry_at: datetime | None = None
    ) -> DigestRow:
        moved = self.db.write(
            "UPDATE daily_digests SET state = ?, generation = generation + 1, error = ?, retry_at = ?, moved_at = ? "
            "WHERE company_id = ? AND email = ? AND on_day = ? AND state = ? AND generation = ?",
            (
                to.value,
                error,
                None if retry_at is None else instant(retry_at),
                instant(now),
                FIRM,
                row.email,
                row.on.isoformat(),
                row.state.value,
                row.generation,
            ),
        )
        if moved != 1:
            raise FencedError(f"the digest of {row.on} for {row.email} has moved on since generation {row.generation}")
        found = self.daily_digest(row.email, row.on)
        if found is None:
            raise FencedError(f"the digest of {row.on} for {row.email} is gone")
        return found


def _read(row: sqlite3.Row) -> DigestRow:
    return DigestRow(
        email=row["email"],
        on=date.fromisoformat(row["on_day"]),
        state=DigestState(row["state"]),
        generation=row["generation"],
        message_id=row["message_id"],
        covers_until=datetime.fromisoformat(row["covers_until"]),
        retry_at=read_instant(row["retry_at"]),
        error=row["error"],
    )
