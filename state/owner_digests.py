"""What account owners were told before reminders leave: the lines of each digest, and who has one under way."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from engine.errors import FencedError
from engine.model import OwnerTold
from state.companies import epoch
from state.database import Part
from state.items import item_rows
from state.reminder_rows import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.records import Owner, QueuedLine, Reminder
    from state.database import Database


def told_to(
    db: Database, company_id: str, owner_email: str, item_ids: Sequence[str], *, rehearsal: bool
) -> tuple[OwnerTold, ...]:
    """Give what an account owner was told of items in their current cycle; a rehearsal also counts what rehearsals told.

    A digest that a person dropped counts as told: they said that nobody needs to wait for it.
    """
    if not owner_email or not item_ids:
        return ()
    rows = db.chosen(
        "SELECT l.item_id, l.level_id, coalesce(r.sent_on, r.planned_on) AS told_on FROM reminder_lines l "
        "JOIN items i ON i.company_id = l.company_id AND i.item_id = l.item_id AND i.cycle = l.cycle "
        "JOIN reminders r ON r.company_id = l.company_id AND r.reminder_id = l.reminder_id "
        "WHERE l.company_id = ? AND r.purpose = 'digest' AND l.left_notice = 0 AND r.rehearsal <= ? "
        "AND (r.state = 'sent' OR r.resolution = 'drop') "
        "AND substr(r.occasion, 1, length(r.occasion) - 11) = ? AND l.item_id IN ({ids}) "
        "ORDER BY told_on, l.item_id, l.level_id",
        (company_id, int(rehearsal), owner_email.casefold()),
        item_ids,
    )
    return tuple(
        OwnerTold(item_id=row["item_id"], level_id=row["level_id"], told_on=date.fromisoformat(row["told_on"]))
        for row in rows
    )


class OwnerDigests(Part):
    """The store's side of telling account owners first. An owner's digest of a day is a reminder of no customer."""

    def owners_written_to(self, company_id: str, on: date, *, rehearsal: bool) -> set[str]:
        """List the owners who get no further digest on a day: theirs has left, is on its way, or waits for a person."""
        rows = self.db.all(
            "SELECT occasion FROM reminders WHERE company_id = ? AND purpose = 'digest' AND rehearsal = ? "
            "AND (state IN ('planned', 'claimed', 'handing_over', 'uncertain', 'failed') OR sent_on >= ?)",
            (company_id, int(rehearsal), on.isoformat()),
        )
        return {row["occasion"].rpartition(" ")[0] for row in rows}

    def keep_digest_lines(self, reminder: Reminder, lines: Sequence[QueuedLine], owner: Owner) -> Reminder:
        """Write down what a claimed digest tells of, in place of what it was to tell before.

        The lines take no level: they are never live. Raises FencedError when the digest is no longer this owner's claim.
        """
        company_id, reminder_id = reminder.company_id, reminder.reminder_id
        with self.db.tx():
            claimed = self.db.value(
                "SELECT 1 FROM reminders WHERE company_id = ? AND reminder_id = ? AND purpose = 'digest' "
                "AND state = 'claimed' AND generation = ?",
                (company_id, reminder_id, reminder.generation),
            )
            if not claimed or epoch(self.db) != owner.epoch:
                raise FencedError(f"digest {reminder_id} has moved on, or another owner has taken over")
            self.db.write(
                "DELETE FROM reminder_lines WHERE company_id = ? AND reminder_id = ?", (company_id, reminder_id)
            )
            items = item_rows(self.db, company_id, [line.item_id for line in lines])
            self.db.write_many(
                "INSERT INTO reminder_lines (company_id, reminder_id, position, item_id, number, level_id, "
                "level_offset, cycle, attempt, rehearsal, live, currency, asked, balance) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, 0, ?, ?, ?)",
                (
                    (
                        company_id,
                        reminder_id,
                        position,
                        line.item_id,
                        line.number,
                        line.level_id,
                        line.offset,
                        items[line.item_id]["cycle"],
                        int(reminder.rehearsal),
                        line.asked.currency,
                        line.asked.minor,
                        line.balance.minor,
                    )
                    for position, line in enumerate(lines)
                ),
            )
            return load(self.db, company_id, reminder_id)
