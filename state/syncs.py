"""Syncing: pages upserted one unit of work each, and what the end of a sync makes known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kinds import HoldKind
from engine.money import Money
from engine.records import SyncChanges
from state.companies import ensure_company
from state.customers import store_books_customers
from state.database import Part
from state.due import look_again
from state.errors import StaleSyncError
from state.events import Event, tell
from state.hold_rows import NewHold, record_hold
from state.items import PageEffect, lay_over
from state.payer_rows import payers
from state.payers import settle_payers
from state.settlement import explain_falls, keep_payments
from state.stop_events import end_awaited
from state.values import day, instant, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import date, datetime

    from engine.records import Completed, Page


class Syncs(Part):
    """The store's side of a sync."""

    def begin_sync(self, company_id: str, now: datetime) -> str:
        """Open a sync and mark the company's books incomplete; give its id."""
        with self.db.tx():
            ensure_company(self.db, company_id)
            self.db.write(
                "UPDATE companies SET sync_no = sync_no + 1, sync_complete = 0 WHERE company_id = ?", (company_id,)
            )
            sync_no = self.db.value("SELECT sync_no FROM companies WHERE company_id = ?", (company_id,))
            self.db.write(
                "INSERT INTO syncs (company_id, sync_no, started_at) VALUES (?, ?, ?)",
                (company_id, sync_no, instant(now)),
            )
        return str(sync_no)

    def apply_page(self, company_id: str, sync_id: str, page: Page, *, seen_on: date, now: datetime) -> None:
        """Upsert a page by id in one unit of work; facts that differ become events."""
        with self.db.tx():
            sync_no = self._current(company_id, sync_id)
            effect = self._lay_over(company_id, page, sync_no, seen_on, now)
            self.db.write(
                "UPDATE syncs SET changed = changed + ?, settled = settled + ?, returned = returned + ? "
                "WHERE company_id = ? AND sync_no = ?",
                (effect.changed, effect.settled, effect.returned, company_id, sync_no),
            )

    def apply_refresh(self, company_id: str, asked: Sequence[str], page: Page, *, seen_on: date, now: datetime) -> None:
        """Lay over the items that were read again by id, outside any sync; what the books no longer show is unseen."""
        with self.db.tx():
            sync_no = self.db.value("SELECT sync_no FROM companies WHERE company_id = ?", (company_id,))
            # What moved since the last sync is explained by the next one, with what that one is told of it.
            self._lay_over(company_id, page, sync_no, seen_on, now, money_no=sync_no + 1)
            shown = {item.item_id for item in page.items} | set(page.voided)
            rows = self.db.chosen(
                "SELECT item_id, customer_id, number FROM items "
                "WHERE company_id = ? AND balance <> 0 AND unseen = 0 AND item_id IN ({ids})",
                (company_id,),
                [item_id for item_id in asked if item_id not in shown],
            )
            self._record_unseen(company_id, list(rows), sync_no, seen_on, now)

    def not_shown(self, company_id: str, sync_id: str) -> list[str]:
        """List the open items that no page of a sync has shown so far."""
        sync_no = self._current(company_id, sync_id)
        rows = self.db.all(
            "SELECT item_id FROM items WHERE company_id = ? AND balance <> 0 AND seen_sync_no <> ? ORDER BY item_id",
            (company_id, sync_no),
        )
        return [row["item_id"] for row in rows]

    def _lay_over(
        self, company_id: str, page: Page, sync_no: int, seen_on: date, now: datetime, *, money_no: int | None = None
    ) -> PageEffect:
        changed_customers = store_books_customers(self.db, company_id, page.customers)
        effect = lay_over(self.db, company_id, page, sync_no, seen_on, money_no=money_no)
        if changed_customers and (any(one.payer_id for one in page.customers) or payers(self.db, company_id)):
            settle_payers(self.db, company_id, now)
        keep_payments(self.db, company_id, page.payments, sync_no)
        events = list(effect.events)
        events += [
            record_hold(self.db, company_id, _returned_after_thanks(item.item_id), now)
            for item in effect.thanked_and_returned
        ]
        tell(self.db, company_id, now, events)
        look_again(self.db, company_id, effect.customers | changed_customers)
        return effect

    def complete_sync(
        self, company_id: str, sync_id: str, completed: Completed, *, seen_on: date, now: datetime
    ) -> SyncChanges:
        """Close a sync in one unit of work.

        1. After a full sync, open items that no page showed become unseen: they are not known to be paid.
        2. What fell since the last complete sync is explained: by a credit note, or else by a payment. A dispute that
           awaited a credit note ends where it has come.
        3. Cursor and freshness are those of this sync, and the books are complete.

        What a sync that broke off had already found is counted with this one.
        """
        with self.db.tx():
            sync_no = self._current(company_id, sync_id)
            if completed.full:
                self._mark_unseen(company_id, sync_no, seen_on, now)
            before = self.db.value("SELECT completed_no FROM companies WHERE company_id = ?", (company_id,))
            explain_falls(self.db, company_id, completed_no=before)
            end_awaited(self.db, company_id, now)
            self.db.write(
                "UPDATE syncs SET completed_at = ?, is_full = ?, lines = ?, bad_lines = ?, suspicions = ?, remarks = ? "
                "WHERE company_id = ? AND sync_no = ?",
                (
                    instant(now),
                    int(completed.full),
                    completed.lines,
                    to_json([[bad.file, bad.line, bad.reason] for bad in completed.bad_lines]),
                    to_json(list(completed.suspicions)),
                    to_json(list(completed.remarks)),
                    company_id,
                    sync_no,
                ),
            )
            self.db.write(
                "UPDATE companies SET completed_no = ?, sync_complete = 1, cursor = ?, synced_at = ?, known_until = ?, "
                "file_modified_at = ?, reconciled_at = coalesce(?, reconciled_at) WHERE company_id = ?",
                (
                    sync_no,
                    completed.cursor,
                    instant(now),
                    day(completed.known_until),
                    None if completed.file_modified_at is None else instant(completed.file_modified_at),
                    instant(now) if completed.full else None,
                    company_id,
                ),
            )
            return self._changes(company_id, since=before)

    def _current(self, company_id: str, sync_id: str) -> int:
        """Give the number of a sync that is still the company's latest and open."""
        row = self.db.one("SELECT sync_no, sync_complete FROM companies WHERE company_id = ?", (company_id,))
        if row is None or str(row["sync_no"]) != sync_id or row["sync_complete"]:
            raise StaleSyncError(f"sync {sync_id} of company {company_id} is over: another has begun since")
        return int(row["sync_no"])

    def _mark_unseen(self, company_id: str, sync_no: int, seen_on: date, now: datetime) -> None:
        rows = self.db.all(
            "SELECT item_id, customer_id, number FROM items "
            "WHERE company_id = ? AND balance <> 0 AND unseen = 0 AND seen_sync_no <> ?",
            (company_id, sync_no),
        )
        self._record_unseen(company_id, rows, sync_no, seen_on, now)

    def _record_unseen(
        self, company_id: str, rows: Sequence[sqlite3.Row], sync_no: int, seen_on: date, now: datetime
    ) -> None:
        self.db.write_many(
            "UPDATE items SET unseen = 1, unseen_no = ? WHERE company_id = ? AND item_id = ?",
            ((sync_no, company_id, row["item_id"]) for row in rows),
        )
        look_again(self.db, company_id, {row["customer_id"] for row in rows})
        tell(
            self.db,
            company_id,
            now,
            [
                Event(
                    kind="item_unseen",
                    customer_id=row["customer_id"],
                    item_id=row["item_id"],
                    detail={"number": row["number"], "on": seen_on.isoformat()},
                )
                for row in rows
            ],
        )

    def _changes(self, company_id: str, *, since: int) -> SyncChanges:
        counts = self.db.one(
            "SELECT coalesce(sum(changed), 0) AS changed, coalesce(sum(settled), 0) AS settled, "
            "coalesce(sum(returned), 0) AS returned FROM syncs WHERE company_id = ? AND sync_no > ?",
            (company_id, since),
        )
        # Vanished items count until a person has accepted them or a sync passed the gate with them.
        amounts = self.db.all(
            "SELECT currency, sum(balance) AS balance, count(*) AS items, sum(unseen = 1 AND unseen_no > c.acknowledged_no) "
            "AS unseen FROM items JOIN companies c USING (company_id) "
            "WHERE company_id = ? AND balance <> 0 GROUP BY currency ORDER BY currency",
            (company_id,),
        )
        return SyncChanges(
            changed=counts["changed"] if counts else 0,
            settled=counts["settled"] if counts else 0,
            returned=counts["returned"] if counts else 0,
            unseen=sum(row["unseen"] for row in amounts),
            open_items=sum(row["items"] for row in amounts),
            open_amounts={row["currency"]: Money(minor=row["balance"], currency=row["currency"]) for row in amounts},
        )


def _returned_after_thanks(item_id: str) -> NewHold:
    """Give the hold for an item that was thanked for and is open again: a person decides how to write now."""
    return NewHold(
        kind=HoldKind.HOLD,
        reason="payment returned after the thank-you",
        author="relance",
        item_id=item_id,
        given_to="item",
    )
