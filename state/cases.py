"""What planning reads: which customers are due, and all that is known of one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from engine.kinds import TAKEN, Channel, PaymentMethod, ReminderState, Tone
from engine.model import Customer, HistoryLine
from engine.plan import MOST_CONTACTS, THANK_WITHIN_DAYS
from engine.records import CaseFile, Settled
from state.companies import ensure_company
from state.customers import read_customer
from state.database import Part
from state.due import look_again_at_all
from state.hold_rows import holds_of
from state.instalments import read_instalments
from state.items import read_item
from state.owner_digests import told_to
from state.payer_rows import members_of, payer_of, payers
from state.settlement import received, taken_back
from state.values import day, read_day

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from engine.model import OpenItem
    from engine.records import PaymentSeen


# Money that the creditor takes themselves: a payment that is taken back was rejected.
_COLLECTED: Final = frozenset({PaymentMethod.DIRECT_DEBIT, PaymentMethod.CARD})


class Cases(Part):
    """The reading side of planning."""

    def refresh_planning(self, company_id: str, fingerprint: str) -> None:
        """When plan or calendar changed since the last run, look at every open item of the company again."""
        with self.db.tx():
            ensure_company(self.db, company_id)
            if self.db.write(
                "UPDATE companies SET planning_fingerprint = ? WHERE company_id = ? AND planning_fingerprint <> ?",
                (fingerprint, company_id, fingerprint),
            ):
                look_again_at_all(self.db, company_id)

    def customers_due(self, company_id: str, as_of: date) -> list[str]:
        """List the customers with an open item whose next action falls on or before a day: whoever pays for them."""
        rows = self.db.all(
            "SELECT DISTINCT customer_id FROM items WHERE company_id = ? AND next_action_on <= ? AND balance <> 0 "
            "ORDER BY customer_id",
            (company_id, as_of.isoformat()),
        )
        return self._who_pay(company_id, rows)

    def customers_open(self, company_id: str) -> list[str]:
        """List all customers with an open item: whoever pays for them."""
        rows = self.db.all(
            "SELECT DISTINCT customer_id FROM items WHERE company_id = ? AND balance <> 0 ORDER BY customer_id",
            (company_id,),
        )
        return self._who_pay(company_id, rows)

    def _who_pay(self, company_id: str, rows: Sequence[sqlite3.Row]) -> list[str]:
        pays = payers(self.db, company_id)
        if not pays:
            return [row["customer_id"] for row in rows]
        return sorted({pays.get(row["customer_id"], row["customer_id"]) for row in rows})

    def case_file(self, company_id: str, customer_id: str, *, rehearsal: bool) -> CaseFile:
        """Give all that is known of one customer at one moment; a rehearsal also sees what rehearsals sent.

        For a customer for whom somebody else pays, that is the file of whoever does.
        """
        with self.db.snapshot():
            customer_id = payer_of(self.db, company_id, customer_id)
            members = members_of(self.db, company_id, customer_id)
            group = [customer_id, *members]
            rows = list(
                self.db.chosen(
                    "SELECT * FROM items WHERE company_id = ? AND balance <> 0 AND customer_id IN ({ids}) "
                    "ORDER BY due_on, item_id",
                    (company_id,),
                    group,
                )
            )
            self.db.touched_when_read.update({(company_id, row["item_id"]): row["touched"] for row in rows})
            customer, *others = (
                read_customer(self.db, company_id, one) or Customer(customer_id=one, name=one) for one in group
            )
            contact_days = self._contact_days(company_id, customer_id, rehearsal=rehearsal)
            holds = tuple(holds_of(self.db, company_id, customer_id, members))
            item_ids = [row["item_id"] for row in rows]
            collects = any(one.payment_method in _COLLECTED for one in (customer, *others))
            agreed = dict.fromkeys(hold.plan_id for hold in holds if hold.plan_id)
            return CaseFile(
                customer=customer,
                items=tuple(read_item(row) for row in rows),
                history=self._history(company_id, group, rehearsal=rehearsal),
                members=tuple(others),
                holds=holds,
                last_contact_on=contact_days[0] if contact_days else None,
                contact_days=contact_days,
                age_accepted=frozenset(row["item_id"] for row in rows if row["age_accepted"]),
                payments=received(
                    self.db, company_id, [row["item_id"] for row in rows if row["balance"] < row["total"]]
                ),
                instalments=read_instalments(self.db, company_id, agreed),
                returned=taken_back(self.db, company_id, item_ids) if collects else (),
                owner_told=told_to(
                    self.db, company_id, customer.owner_email, [row["item_id"] for row in rows], rehearsal=rehearsal
                ),
            )

    def balance_of(self, company_id: str, item_id: str) -> OpenItem | None:
        """Give an item whatever its balance."""
        row = self.db.one("SELECT * FROM items WHERE company_id = ? AND item_id = ?", (company_id, item_id))
        return None if row is None else read_item(row)

    def payments_of(self, company_id: str, item_ids: Sequence[str]) -> Sequence[PaymentSeen]:
        """List the money received for items, on the day on which the books say so or else on which it was first seen."""
        return received(self.db, company_id, item_ids)

    def settled(self, company_id: str, as_of: date, *, rehearsal: bool) -> dict[str, Sequence[Settled]]:
        """Give what a thank-you may be written for on a day, by customer: whoever pays is thanked.

        Items that were reminded after their due date, paid with real money that was first seen less than 10 days ago,
        and not thanked for; only of customers with nothing overdue left.
        """
        rows = self.db.all(
            "SELECT * FROM items i WHERE company_id = ? AND kind = 'invoice' AND balance = 0 AND settled_by = 'payment' "
            "AND thanked_on IS NULL AND settled_on > ? AND settled_on <= ? "
            "AND EXISTS (SELECT 1 FROM reminder_lines l JOIN reminders r "
            "ON r.company_id = l.company_id AND r.reminder_id = l.reminder_id "
            "WHERE l.company_id = i.company_id AND l.item_id = i.item_id AND l.left_notice = 0 AND r.state = 'sent' "
            "AND r.purpose IN ('level', 'extra') AND r.earlier_tool = 0 AND r.rehearsal <= ? "
            "AND (r.sent_on > i.due_on OR l.level_offset > 0)) "
            "AND NOT EXISTS (SELECT 1 FROM reminder_lines t JOIN reminders w "
            "ON w.company_id = t.company_id AND w.reminder_id = t.reminder_id "
            "WHERE t.company_id = i.company_id AND t.item_id = i.item_id AND w.purpose = 'thank_you' "
            "AND w.state IN ('planned', 'awaiting_approval', 'claimed', 'handing_over', 'uncertain')) "
            "AND NOT EXISTS (SELECT 1 FROM items o WHERE o.company_id = i.company_id "
            "AND o.customer_id = i.customer_id AND o.kind = 'invoice' AND o.balance > 0 AND o.due_on < ?) "
            "ORDER BY customer_id, due_on, item_id",
            (company_id, day(as_of - timedelta(days=THANK_WITHIN_DAYS)), day(as_of), int(rehearsal), day(as_of)),
        )
        pays = payers(self.db, company_id)
        found: dict[str, list[Settled]] = {}
        for row in rows:
            settled = Settled(
                item=read_item(row), seen_on=date.fromisoformat(row["settled_on"]), times=row["settled_times"]
            )
            found.setdefault(pays.get(row["customer_id"], row["customer_id"]), []).append(settled)
        return dict(found)

    def _history(self, company_id: str, group: Sequence[str], *, rehearsal: bool) -> tuple[HistoryLine, ...]:
        """Give the lines of levels and extra reminders of the items' current cycle, with a level that a person dropped as cancelled."""
        rows = self.db.chosen(
            "SELECT l.item_id, l.level_id, l.level_offset, l.tone, r.channel, r.state, r.sent_on, r.planned_on, r.deadline_on, "
            "r.reminder_id, r.approved_by, r.purpose, r.occasion FROM items i "
            "JOIN reminder_lines l ON l.company_id = i.company_id AND l.item_id = i.item_id AND l.cycle = i.cycle "
            "JOIN reminders r ON r.company_id = l.company_id AND r.reminder_id = l.reminder_id "
            "WHERE i.company_id = ? AND r.rehearsal <= ? AND i.customer_id IN ({ids}) AND i.balance <> 0 AND l.live = 1 "
            "AND r.purpose IN ('level', 'extra') ORDER BY coalesce(r.sent_on, r.planned_on), r.created_at, r.reminder_id, l.position",
            (company_id, int(rehearsal)),
            group,
        )
        return tuple(_history_line(row) for row in rows)

    def _contact_days(self, company_id: str, customer_id: str, *, rehearsal: bool) -> tuple[date, ...]:
        """Give the days of the latest contacts, the last first: what was sent, and what may have been."""
        rows = self.db.all(
            "SELECT coalesce(sent_on, planned_on) AS contact_on FROM reminders WHERE company_id = ? AND customer_id = ? "
            "AND purpose IN ('level', 'extra') AND state IN ('sent', 'uncertain', 'handing_over') "
            "AND bounced_at IS NULL AND earlier_tool = 0 AND rehearsal <= ? ORDER BY contact_on DESC LIMIT ?",
            (company_id, customer_id, int(rehearsal), MOST_CONTACTS),
        )
        return tuple(date.fromisoformat(row["contact_on"]) for row in rows)


def _history_line(row: sqlite3.Row) -> HistoryLine:
    return HistoryLine(
        item_id=row["item_id"],
        level_id=row["level_id"],
        offset=row["level_offset"],
        channel=Channel(row["channel"]),
        state=ReminderState(row["state"]),
        sent_on=date.fromisoformat(row["sent_on"] or row["planned_on"]),
        deadline_on=read_day(row["deadline_on"]),
        reminder_id=row["reminder_id"],
        approved=bool(row["approved_by"]),
        takes_level=row["purpose"] == "level",
        tone=Tone(row["tone"]) if row["tone"] else None,
        taken=row["occasion"] == TAKEN,
    )
