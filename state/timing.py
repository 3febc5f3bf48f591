"""What timing asks of the past: how late a customer paid, and how much of a company leaves or left on a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.standing import LATE_WINDOW_DAYS, DaysLate
from state.database import Part
from state.values import read_day

if TYPE_CHECKING:
    from datetime import date

    from state.database import Database

# Mails that reach a customer as part of the chase; thank-yous and the like count for no limit.
_CHASE: Final = "purpose IN ('level', 'extra')"
# No ramp is longer than this.
_DAYS_OF_USE: Final = 1000


def left_or_leaving(db: Database, company_id: str, as_of: date) -> int:
    """Count the notices of a company that have left on a day, may have, or are on their way right now."""
    return int(
        db.value(
            f"SELECT (SELECT count(*) FROM reminders WHERE company_id = ?1 AND sent_on = ?2 AND {_CHASE} "  # noqa: S608 (our own words)
            "AND earlier_tool = 0) + (SELECT count(*) FROM reminders WHERE company_id = ?1 "
            f"AND state IN ('claimed', 'handing_over', 'uncertain') AND planned_on = ?2 AND {_CHASE})",
            (company_id, as_of.isoformat()),
        )
    )


class Timing(Part):
    """What choosing a plan and spreading the chase read."""

    def days_late(self, company_id: str, customer_id: str, as_of: date) -> DaysLate:
        """Add up how late a customer settled the invoices of the year before a day.

        An invoice is paid on the day of its last payment as the books tell it, else on the day on which it was first
        seen paid. Assumed due dates, credit notes and invoices that were void say nothing of how somebody pays.
        """
        since = (as_of - timedelta(days=LATE_WINDOW_DAYS)).isoformat()
        row = self.db.one(
            "SELECT count(*) AS invoices, CAST(coalesce(sum(julianday(paid_on) - julianday(due_on)), 0) AS INTEGER) "
            "AS days, min(paid_on) AS oldest_on FROM (SELECT i.due_on, coalesce((SELECT max(p.paid_on) FROM payments p "
            "WHERE p.company_id = i.company_id AND p.item_id = i.item_id AND p.undone = 0), i.settled_on) AS paid_on "
            "FROM items i WHERE i.company_id = ? AND i.customer_id = ? AND i.settled_by = 'payment' AND i.balance = 0 "
            "AND i.kind = 'invoice' AND i.due_source <> 'assumed' AND i.settled_on >= ?) "
            "WHERE paid_on >= ? AND paid_on <= ?",
            (company_id, customer_id, since, since, as_of.isoformat()),
        )
        if row is None or not row["invoices"]:
            return DaysLate()
        return DaysLate(invoices=row["invoices"], days=row["days"], oldest_on=read_day(row["oldest_on"]))

    def days_of_use(self, company_id: str, before: date, *, rehearsal: bool) -> int:
        """Count the days before a day on which reminders of a company left."""
        return int(
            self.db.value(
                "SELECT count(*) FROM (SELECT DISTINCT sent_on FROM reminders WHERE company_id = ? "  # noqa: S608 (our own words)
                f"AND sent_on < ? AND {_CHASE} AND earlier_tool = 0 AND rehearsal <= ? LIMIT {_DAYS_OF_USE})",
                (company_id, before.isoformat(), int(rehearsal)),
            )
        )

    def taken_on(self, company_id: str, as_of: date) -> int:
        """Count the notices of a company that take a place of a day and are not planned anew by a run.

        What left or may have, what a person released, and what was written today and waits for a person.
        """
        kept = self.db.value(
            "SELECT count(*) FROM reminders WHERE company_id = ? AND ((state = 'planned' AND approved_by <> '' "  # noqa: S608 (our own words)
            f"AND planned_on <= ?) OR (state = 'awaiting_approval' AND planned_on = ?)) AND {_CHASE}",
            (company_id, as_of.isoformat(), as_of.isoformat()),
        )
        return left_or_leaving(self.db, company_id, as_of) + int(kept)
