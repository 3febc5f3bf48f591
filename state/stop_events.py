"""What becomes of stops without a person: holds that ran out, credit notes that came; and claims to be filed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.money import Money
from state.database import Part
from state.due import look_again_at_items
from state.events import Event, tell
from state.task_rows import closed_event, open_row
from state.values import day, instant, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date, datetime

    from engine.model import Facts
    from state.database import Database

# That a hold has ended is shown this long, or until a later reminder leaves.
_SHOWN_DAYS: Final = 7


class StopEvents(Part):
    """Ends that are told once, and claims."""

    def tell_ended_holds(self, company_id: str, as_of: date, now: datetime) -> int:
        """Tell of each hold whose last day has passed, once, where something is still open; take back what was told a week ago.

        Gives how many ended.
        """
        rows = self.db.all(
            "SELECT * FROM holds WHERE company_id = ? AND released_at IS NULL AND until < ? AND end_told_on IS NULL",
            (company_id, as_of.isoformat()),
        )
        shown = self.db.all(
            "SELECT t.key FROM tasks t JOIN holds h ON h.company_id = t.company_id AND t.key = 'hold_ended:' || h.hold_id "
            "WHERE t.company_id = ? AND t.kind = 'hold_ended' AND t.closed_at IS NULL AND h.end_told_on <= ?",
            (company_id, day(as_of - timedelta(days=_SHOWN_DAYS))),
        )
        if not rows and not shown:
            return 0
        with self.db.tx():
            for row in rows:
                self.db.write(
                    "UPDATE holds SET end_told_on = ? WHERE company_id = ? AND hold_id = ?",
                    (as_of.isoformat(), company_id, row["hold_id"]),
                )
                title = self._still_open(company_id, row)
                if title is not None:
                    self._tell_ended(company_id, row, title, now)
            close_rows(self.db, company_id, [row["key"] for row in shown], now)
        return len(rows)

    def ask_for_claim(
        self,
        company_id: str,
        customer_id: str,
        *,
        facts: Facts,
        judgment_on: date | None,
        due_on: date,
        now: datetime,
    ) -> None:
        """Open the task of filing a claim for what the customer owes from before the judgment; new dates change it.

        One that a person closed opens again only for another day.
        """
        with self.db.tx():
            rows = self.db.all(
                "SELECT currency, sum(balance) AS owed FROM items WHERE company_id = ? AND customer_id = ? "
                "AND balance <> 0 AND unseen = 0 AND (? IS NULL OR issued_on < ?) GROUP BY currency ORDER BY currency",
                (company_id, customer_id, day(judgment_on), day(judgment_on)),
            )
            owed = [Money(minor=row["owed"], currency=row["currency"]) for row in rows if row["owed"] > 0]
            if not owed:
                return
            told = to_json(
                [list(pair) for pair in (*facts, ("amount", "; ".join(f"{one} {one.currency}" for one in owed)))]
            )
            key = f"claim_to_file:{customer_id}"
            opened = open_row(
                self.db,
                company_id,
                now,
                key=key,
                kind="claim_to_file",
                title=customer_id,
                text="",
                facts=told,
                customer_id=customer_id,
                due_on=day(due_on),
            )
            if not opened:
                self.db.write(
                    "UPDATE tasks SET facts = ?, closed_at = iif(due_on IS ?, closed_at, NULL), due_on = ? "
                    "WHERE company_id = ? AND key = ?",
                    (told, day(due_on), day(due_on), company_id, key),
                )

    def _still_open(self, company_id: str, hold: sqlite3.Row) -> str | None:
        """Name what a hold stood on where something of it is still open."""
        row = self.db.one(
            "SELECT number FROM items WHERE company_id = ? AND balance > 0 AND kind = 'invoice' "
            "AND (? IS NULL OR item_id = ?) AND (? IS NULL OR customer_id = ?) LIMIT 1",
            (company_id, hold["item_id"], hold["item_id"], hold["customer_id"], hold["customer_id"]),
        )
        if row is None:
            return None
        return str(row["number"]) if hold["item_id"] else str(hold["customer_id"] or company_id)

    def _tell_ended(self, company_id: str, hold: sqlite3.Row, title: str, now: datetime) -> None:
        facts = {
            "hold_kind": hold["kind"],
            "author": hold["author"],
            "reason": hold["reason"],
            "until": hold["until"],
            "number": title,
        }
        tell(
            self.db,
            company_id,
            now,
            [
                Event(
                    kind="hold_ended",
                    customer_id=hold["customer_id"],
                    item_id=hold["item_id"],
                    author=hold["author"],
                    detail={
                        "hold_id": hold["hold_id"],
                        "kind": hold["kind"],
                        "reason": hold["reason"],
                        "until": hold["until"],
                    },
                )
            ],
        )
        open_row(
            self.db,
            company_id,
            now,
            key=f"hold_ended:{hold['hold_id']}",
            kind="hold_ended",
            title=title,
            text="",
            facts=to_json([list(pair) for pair in facts.items()]),
            customer_id=hold["customer_id"],
            item_id=hold["item_id"],
        )


def close_rows(db: Database, company_id: str, keys: Sequence[str], now: datetime) -> None:
    """Close tasks that time or a reminder has settled, inside a unit of work."""
    db.write_many(
        "UPDATE tasks SET closed_at = ?, closed_by = 'relance' WHERE company_id = ? AND key = ? AND closed_at IS NULL",
        ((instant(now), company_id, key) for key in keys),
    )
    tell(db, company_id, now, [closed_event(db, company_id, key) for key in keys])


def close_told_ends(
    db: Database, company_id: str, customer_id: str, item_ids: Sequence[str], sent_on: date, now: datetime
) -> None:
    """Take back the ends of holds that were told before the day of a reminder that has now left for them."""
    rows = db.all(
        "SELECT t.key, h.item_id, h.customer_id FROM tasks t JOIN holds h "
        "ON h.company_id = t.company_id AND t.key = 'hold_ended:' || h.hold_id "
        "WHERE t.company_id = ? AND t.kind = 'hold_ended' AND t.closed_at IS NULL AND h.end_told_on < ?",
        (company_id, sent_on.isoformat()),
    )
    keys = [row["key"] for row in rows if row["item_id"] in item_ids or row["customer_id"] == customer_id]
    if keys:
        close_rows(db, company_id, keys, now)


def end_awaited(db: Database, company_id: str, now: datetime) -> None:
    """End each dispute that awaited a credit note which has come: one that names its invoice, or covers what is contested.

    It is of the invoice's customer and currency, and no reading of the books had shown it when the dispute was recorded.
    """
    rows = db.all(
        "SELECT h.hold_id, h.item_id, n.number, max(n.reduces = i.number) FROM holds h "
        "JOIN items i ON i.company_id = h.company_id AND i.item_id = h.item_id "
        "JOIN items n ON n.company_id = i.company_id AND n.customer_id = i.customer_id AND n.kind = 'credit_note' "
        "AND n.currency = i.currency AND n.first_sync_no > h.after_sync "
        "WHERE h.company_id = ? AND h.kind = 'dispute' AND h.credit_note_to_come = 1 AND h.released_at IS NULL "
        "AND (n.reduces = i.number OR (n.reduces = '' AND -n.total >= coalesce(h.disputed, i.balance))) "
        "GROUP BY h.hold_id ORDER BY h.hold_id",
        (company_id,),
    )
    if not rows:
        return
    db.write_many(
        "UPDATE holds SET released_at = ?, outcome = 'kept' WHERE company_id = ? AND hold_id = ?",
        ((instant(now), company_id, row["hold_id"]) for row in rows),
    )
    tell(
        db,
        company_id,
        now,
        [
            Event(
                kind="credit_note_came",
                item_id=row["item_id"],
                detail={"hold_id": row["hold_id"], "credit_note": row["number"]},
            )
            for row in rows
        ],
    )
    look_again_at_items(db, company_id, [row["item_id"] for row in rows])
