"""Who has had a statement of account, and for which month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kinds import Purpose
from state.companies import ensure_company
from state.database import Part

if TYPE_CHECKING:
    from datetime import date


class StatementsSent(Part):
    """What the monthly round of statements asks, and the day that the last run worked for."""

    def remember_day(self, company_id: str, as_of: date) -> None:
        """Remember the business day of a run."""
        with self.db.tx():
            ensure_company(self.db, company_id)
            self.db.write(
                "UPDATE companies SET business_day = ? WHERE company_id = ? AND business_day IS NOT ?",
                (as_of.isoformat(), company_id, as_of.isoformat()),
            )

    def customers_without_statement(self, company_id: str, occasion: str, on: date, *, rehearsal: bool) -> list[str]:
        """List the customers with an invoice open that was issued by a day, and without a statement of an occasion so far.

        One that a person dropped or that lapsed counts: it is not written again for the same month.
        """
        rows = self.db.all(
            "SELECT DISTINCT customer_id FROM items i WHERE company_id = ? AND kind = 'invoice' AND balance > 0 "
            "AND issued_on <= ? AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.company_id = i.company_id "
            "AND r.customer_id = i.customer_id AND r.purpose = ? AND r.occasion = ? AND r.rehearsal = ?) "
            "ORDER BY customer_id",
            (company_id, on.isoformat(), Purpose.STATEMENT.value, occasion, int(rehearsal)),
        )
        return [row["customer_id"] for row in rows]
