"""Plans in instalments as rows: one hold for each of their items, and the lines that were agreed."""

from __future__ import annotations

import secrets
from datetime import date
from typing import TYPE_CHECKING

from engine.kinds import HoldKind
from engine.model import Instalment
from engine.money import Money
from engine.records import AgreedPlan
from state.companies import ensure_company
from state.database import Part
from state.due import look_again_at_items
from state.errors import HoldTargetError
from state.events import Event, tell
from state.hold_rows import NewHold, end_holds, plan_rows, record_hold
from state.items import item_rows, read_item
from state.task_rows import open_row
from state.values import day, instant, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from engine.model import Facts
    from state.database import Database


class Instalments(Part):
    """Plans that a person agreed with a customer, and how they end."""

    def agree_instalments(
        self,
        company_id: str,
        *,
        item_ids: Sequence[str],
        given_to: str,
        lines: Sequence[tuple[date, Money]],
        reason: str,
        author: str,
        now: datetime,
    ) -> str:
        """Record a plan for items of one customer and currency, in place of whatever plan one of them was part of; give its id.

        Raises HoldTargetError, UnknownItemError.
        """
        with self.db.tx():
            ensure_company(self.db, company_id)
            items = [read_item(row) for row in item_rows(self.db, company_id, item_ids).values()]
            if len({(item.customer_id, item.currency) for item in items}) != 1:
                raise HoldTargetError("a plan in instalments is for invoices of one customer and one currency")
            if any(amount.currency != items[0].currency for _, amount in lines):
                raise HoldTargetError(f"the invoices are in {items[0].currency}")
            earlier = list(
                self.db.chosen(
                    "SELECT * FROM holds WHERE company_id = ? AND kind = 'instalments' AND released_at IS NULL "
                    "AND item_id IN ({ids})",
                    (company_id,),
                    list(item_ids),
                )
            )
            events = end_holds(self.db, company_id, earlier, author, now)
            plan_id = f"i{secrets.token_hex(6)}"
            self.db.write_many(
                "INSERT INTO instalments (company_id, plan_id, position, due_on, amount, currency) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (company_id, plan_id, position, due_on.isoformat(), amount.minor, amount.currency)
                    for position, (due_on, amount) in enumerate(lines, start=1)
                ),
            )
            for item in items:
                hold = NewHold(
                    kind=HoldKind.INSTALMENTS,
                    reason=reason,
                    author=author,
                    given_to=given_to,
                    item_id=item.item_id,
                    balance_then=item.balance,
                    plan_id=plan_id,
                )
                events.append(record_hold(self.db, company_id, hold, now))
            tell(self.db, company_id, now, events)
            look_again_at_items(self.db, company_id, item_ids)
        return plan_id

    def agreed_plans(self, company_id: str) -> list[AgreedPlan]:
        """List the plans in force, each with what has come in since it was agreed."""
        with self.db.snapshot():
            rows = self.db.all(
                "SELECT h.plan_id, h.item_id, i.customer_id FROM holds h "
                "JOIN items i ON i.company_id = h.company_id AND i.item_id = h.item_id "
                "WHERE h.company_id = ? AND h.kind = 'instalments' AND h.plan_id <> '' AND h.released_at IS NULL "
                "AND h.broken_on IS NULL ORDER BY h.plan_id, h.item_id",
                (company_id,),
            )
            plans = dict.fromkeys(row["plan_id"] for row in rows)
            lines = read_instalments(self.db, company_id, plans)
        return [
            AgreedPlan(
                plan_id=plan_id,
                customer_id=next(row["customer_id"] for row in rows if row["plan_id"] == plan_id),
                item_ids=tuple(row["item_id"] for row in rows if row["plan_id"] == plan_id),
                lines=tuple(line for line in lines if line.plan_id == plan_id),
            )
            for plan_id in plans
        ]

    def end_plan(self, company_id: str, plan_id: str, *, missed: Facts, judged_on: date, now: datetime) -> None:
        """End a plan: silently where it was kept through (`missed` says nothing), else broken on a day, with a task.

        One that a person ended meanwhile stays as it is.
        """
        with self.db.tx():
            rows = [row for row in plan_rows(self.db, company_id, plan_id) if row["broken_on"] is None]
            if not rows:
                return
            item_ids = [row["item_id"] for row in rows]
            if missed:
                self.db.write(
                    "UPDATE holds SET broken_on = ? WHERE company_id = ? AND plan_id = ? AND released_at IS NULL",
                    (day(judged_on), company_id, plan_id),
                )
                items = item_rows(self.db, company_id, item_ids)
                open_row(
                    self.db,
                    company_id,
                    now,
                    key=f"instalment_missed:{plan_id}",
                    kind="instalment_missed",
                    title=", ".join(items[item_id]["number"] for item_id in item_ids),
                    text="",
                    facts=to_json([list(pair) for pair in missed]),
                    customer_id=items[item_ids[0]]["customer_id"],
                    item_id=item_ids[0],
                    due_on=day(judged_on),
                )
            else:
                self.db.write(
                    "UPDATE holds SET released_at = ?, outcome = 'kept' "
                    "WHERE company_id = ? AND plan_id = ? AND released_at IS NULL",
                    (instant(now), company_id, plan_id),
                )
            kind = "instalment_missed" if missed else "instalments_kept"
            detail = {"plan": plan_id, "judged_on": judged_on.isoformat(), **dict(missed)}
            tell(self.db, company_id, now, [Event(kind=kind, item_id=item_id, detail=detail) for item_id in item_ids])
            look_again_at_items(self.db, company_id, item_ids)


def read_instalments(db: Database, company_id: str, plan_ids: Iterable[str]) -> tuple[Instalment, ...]:
    """Give the lines of plans in order, with the money that came in since; it goes to the earliest instalments first.

    What came in is how far the balances of the plan's invoices have fallen: a credit note counts as it does in the books.
    """
    lines: list[Instalment] = []
    for plan_id in plan_ids:
        left = db.value(
            "SELECT coalesce(sum(h.balance_then - i.balance), 0) FROM holds h "
            "JOIN items i ON i.company_id = h.company_id AND i.item_id = h.item_id "
            "WHERE h.company_id = ? AND h.plan_id = ? AND h.currency = i.currency",
            (company_id, plan_id),
        )
        left = max(left, 0)
        for row in db.all(
            "SELECT due_on, amount, currency FROM instalments WHERE company_id = ? AND plan_id = ? ORDER BY position",
            (company_id, plan_id),
        ):
            part = min(left, row["amount"])
            left -= part
            lines.append(
                Instalment(
                    plan_id=plan_id,
                    due_on=date.fromisoformat(row["due_on"]),
                    amount=Money(minor=row["amount"], currency=row["currency"]),
                    received=Money(minor=part, currency=row["currency"]),
                )
            )
    return tuple(lines)
