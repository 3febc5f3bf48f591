"""What a person records against an item, a customer or a company, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from engine.kinds import HoldKind, ItemKind
from engine.money import Money
from state.companies import ensure_company
from state.customers import is_known
from state.database import Part
from state.due import look_again, look_again_at_all, look_again_at_items
from state.errors import HoldTargetError, UnknownCustomerError
from state.events import Event, tell
from state.hold_rows import NewHold, end_holds, read_hold, record_hold
from state.items import item_rows, read_item
from state.reminder_rows import cancel_unsent_of_items
from state.values import day, instant, minor, read_money

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from engine.model import HoldRecord, OpenItem

_IN_FORCE = "SELECT * FROM holds WHERE company_id = ? AND released_at IS NULL AND "


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """One row to record: exactly one of the ids, or none for the whole company."""

    item: OpenItem | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPromise:
    """A promise of an amount for a day, whether it was kept, and what had come in where it was not (None: unknown)."""

    promised_on: date
    amount: Money
    kept: bool
    received: Money | None = None


def _check_amount(targets: Sequence[_Target], amount: Money | None, what: str) -> None:
    """Refuse an amount that is not of one item, in its currency and within what was invoiced."""
    if amount is None:
        return
    item = targets[0].item if len(targets) == 1 else None
    if item is None:
        raise HoldTargetError(f"a {what} amount needs exactly one item")
    if amount.currency != item.currency:
        raise HoldTargetError(f"the item is in {item.currency}, the {what} amount in {amount.currency}")
    if what == "disputed" and amount > item.total:
        raise HoldTargetError(
            f"{amount} {amount.currency} is more than the {item.total} {item.currency} of {item.number}"
        )


class Holds(Part):
    """Holds, disputes, promises and closings by a person; promises judged by the run."""

    def add_hold(
        self,
        company_id: str,
        *,
        kind: HoldKind,
        reason: str,
        author: str,
        now: datetime,
        item_ids: Sequence[str] | None = None,
        customer_id: str | None = None,
        until: date | None = None,
        promised_on: date | None = None,
        promised: Money | None = None,
        disputed: Money | None = None,
        credit_note_to_come: bool = False,
        judgment_on: date | None = None,
    ) -> int:
        """Record a hold on items, or a customer, or (neither) the whole company; give how many were recorded.

        A promise is kept for each item, with the balance of the moment; for a customer that means each open invoice.
        `disputed` is the part of one item that is contested. Raises HoldTargetError, UnknownItemError,
        UnknownCustomerError.
        """
        item_ids = item_ids or ()
        if item_ids and customer_id is not None:
            raise HoldTargetError("name items or a customer, not both")
        if (kind is HoldKind.PROMISE) != (promised_on is not None):
            raise HoldTargetError("a promise, and only a promise, needs the day on which payment is promised")
        if kind is HoldKind.INSOLVENCY and customer_id is None:
            raise HoldTargetError("insolvency is recorded for a customer, with all that they owe: --customer ID")
        if kind is not HoldKind.INSOLVENCY and judgment_on is not None:
            raise HoldTargetError("only insolvency has a day of judgment")
        given_to = "item" if item_ids else "company" if customer_id is None else "customer"
        with self.db.tx():
            ensure_company(self.db, company_id)
            targets = self._targets(company_id, item_ids, customer_id, each_item=kind is HoldKind.PROMISE)
            _check_amount(targets, promised, "promised")
            _check_amount(targets, disputed, "disputed")
            if credit_note_to_come and any(target.item is None for target in targets):
                raise HoldTargetError("a credit note is awaited for an item: name its NUMBER")
            events = [
                record_hold(
                    self.db,
                    company_id,
                    NewHold(
                        kind=kind,
                        reason=reason,
                        author=author,
                        given_to=given_to,
                        item_id=target.item.item_id if target.item else None,
                        customer_id=target.customer_id,
                        until=until,
                        promised_on=promised_on,
                        promised=promised,
                        balance_then=target.item.balance if target.item and kind is HoldKind.PROMISE else None,
                        disputed=disputed,
                        credit_note_to_come=credit_note_to_come,
                        judgment_on=judgment_on,
                    ),
                    now,
                )
                for target in targets
            ]
            tell(self.db, company_id, now, events)
            self._look_again(company_id, item_ids, customer_id)
        return len(events)

    def close_item(
        self, company_id: str, item_id: str, how: HoldKind, author: str, now: datetime, reason: str = ""
    ) -> int:
        """End the chasing of an item: handed over, written off or stopped."""
        if how not in {HoldKind.HANDED_OVER, HoldKind.WRITTEN_OFF, HoldKind.STOPPED}:
            raise HoldTargetError(f"an item is closed as handed_over, written_off or stopped, not as {how.value}")
        return self.add_hold(company_id, kind=how, reason=reason, author=author, now=now, item_ids=[item_id])

    def release(
        self,
        company_id: str,
        *,
        author: str,
        now: datetime,
        item_ids: Sequence[str] | None = None,
        customer_id: str | None = None,
        whole_company: bool = False,
        restart: bool = False,
    ) -> int:
        """End the holds of every kind that were recorded on this target; give how many targets changed.

        Released items may be asked whatever their age. `restart` begins a new cycle: the first level comes again, and
        what was waiting to leave for the old one is cancelled.
        """
        item_ids = item_ids or ()
        if sum((bool(item_ids), customer_id is not None, whole_company)) != 1:
            raise HoldTargetError("release items, or a customer, or the whole company")
        with self.db.tx():
            item_rows(self.db, company_id, item_ids)
            rows = self._recorded_on(company_id, item_ids, customer_id)
            events = end_holds(self.db, company_id, rows, author, now)
            changed = {row["item_id"] or row["customer_id"] or company_id for row in rows}
            for item_id in item_ids:
                if self.db.write(
                    "UPDATE items SET age_accepted = 1 WHERE company_id = ? AND item_id = ? AND age_accepted = 0",
                    (company_id, item_id),
                ):
                    changed.add(item_id)
            if restart:
                restarted = self._restart(company_id, item_ids, customer_id, author, now)
                changed |= {str(event.item_id) for event in restarted}
                events += restarted
            tell(self.db, company_id, now, events)
            self._look_again(company_id, item_ids, customer_id)
        return len(changed)

    def promises(self, company_id: str, on_or_before: date) -> list[HoldRecord]:
        """List promises in force, not judged yet, whose promised day is on or before a day."""
        rows = self.db.all(
            _IN_FORCE
            + "kind = 'promise' AND broken_on IS NULL AND promised_on <= ? ORDER BY promised_on, item_id, hold_id",
            (company_id, day(on_or_before)),
        )
        return [read_hold(row) for row in rows]

    def promises_judged(self, company_id: str) -> list[JudgedPromise]:
        """List the promises that were kept or broken, by their promised day."""
        rows = self.db.all(
            "SELECT promised_on, coalesce(promised, balance_then) AS amount, currency, received, broken_on IS NULL AS kept "
            "FROM holds WHERE company_id = ? AND kind = 'promise' AND (outcome = 'kept' OR broken_on IS NOT NULL) "
            "ORDER BY promised_on, item_id, hold_id",
            (company_id,),
        )
        return [
            JudgedPromise(
                promised_on=date.fromisoformat(row["promised_on"]),
                amount=Money(minor=row["amount"], currency=row["currency"]),
                kept=bool(row["kept"]),
                received=read_money(row["received"], row["currency"]),
            )
            for row in rows
        ]

    def judge_promise(
        self,
        company_id: str,
        hold_id: str,
        *,
        kept: bool,
        judged_on: date,
        now: datetime,
        received: Money | None = None,
    ) -> None:
        """End a promise as kept, or as broken on a day; one that was released or judged meanwhile stays as it is.

        `received` is what came in since it was given.
        """
        with self.db.tx():
            open_promise = "company_id = ? AND hold_id = ? AND released_at IS NULL AND broken_on IS NULL"
            row = self.db.one(f"SELECT * FROM holds WHERE kind = 'promise' AND {open_promise}", (company_id, hold_id))  # noqa: S608 (our own condition)
            if row is None:
                return
            hold = read_hold(row)
            promised = hold.promised or hold.balance_then
            if kept:
                self.db.write(
                    f"UPDATE holds SET released_at = ?, outcome = 'kept' WHERE {open_promise}",  # noqa: S608 (our own condition)
                    (instant(now), company_id, hold_id),
                )
            else:
                self.db.write(
                    f"UPDATE holds SET broken_on = ?, received = ? WHERE {open_promise}",  # noqa: S608 (our own condition)
                    (day(judged_on), minor(received), company_id, hold_id),
                )
            tell(
                self.db,
                company_id,
                now,
                [
                    Event(
                        kind="promise_kept" if kept else "promise_broken",
                        item_id=row["item_id"],
                        detail={
                            "hold_id": hold_id,
                            "judged_on": judged_on.isoformat(),
                            "promised": f"{promised} {promised.currency}" if promised else "",
                            "received": f"{received} {received.currency}" if received else "",
                        },
                    )
                ],
            )
            look_again_at_items(self.db, company_id, [row["item_id"]])

    def _targets(
        self, company_id: str, item_ids: Sequence[str], customer_id: str | None, *, each_item: bool
    ) -> list[_Target]:
        if item_ids:
            rows = item_rows(self.db, company_id, item_ids)
            return [_Target(item=read_item(rows[item_id])) for item_id in dict.fromkeys(item_ids)]
        if customer_id is not None and not is_known(self.db, company_id, customer_id):
            raise UnknownCustomerError(f"company {company_id} has no customer {customer_id}")
        if not each_item:
            return [_Target(customer_id=customer_id)]
        if customer_id is None:
            raise HoldTargetError("a promise is made for items or by a customer, not by everyone")
        rows_open = self.db.all(
            "SELECT * FROM items WHERE company_id = ? AND customer_id = ? AND kind = ? AND balance > 0 ORDER BY due_on",
            (company_id, customer_id, ItemKind.INVOICE.value),
        )
        return [_Target(item=read_item(row)) for row in rows_open]

    def _recorded_on(self, company_id: str, item_ids: Sequence[str], customer_id: str | None) -> list[sqlite3.Row]:
        if item_ids:
            return list(self.db.chosen(_IN_FORCE + "item_id IN ({ids})", (company_id,), list(item_ids)))
        if customer_id is None:
            return self.db.all(_IN_FORCE + "given_to = 'company'", (company_id,))
        return self.db.all(
            f"{_IN_FORCE} (customer_id = ? OR (given_to = 'customer' AND item_id IN "  # noqa: S608 (our own statement)
            "(SELECT item_id FROM items WHERE company_id = ? AND customer_id = ?)))",
            (company_id, customer_id, company_id, customer_id),
        )

    def _restart(
        self, company_id: str, item_ids: Sequence[str], customer_id: str | None, author: str, now: datetime
    ) -> list[Event]:
        if item_ids:
            ids = list(dict.fromkeys(item_ids))
        else:
            rows = self.db.all(
                "SELECT item_id FROM items WHERE company_id = ? AND balance <> 0 AND (? IS NULL OR customer_id = ?)",
                (company_id, customer_id, customer_id),
            )
            ids = [row["item_id"] for row in rows]
        cancel_unsent_of_items(self.db, company_id, ids, f"started again by {author}", now)
        self.db.write_many(
            "UPDATE items SET cycle = cycle + 1 WHERE company_id = ? AND item_id = ?",
            ((company_id, item_id) for item_id in ids),
        )
        return [Event(kind="item_restarted", item_id=item_id, author=author) for item_id in ids]

    def _look_again(self, company_id: str, item_ids: Sequence[str], customer_id: str | None) -> None:
        if item_ids:
            look_again_at_items(self.db, company_id, item_ids)
        elif customer_id is not None:
            look_again(self.db, company_id, [customer_id])
        else:
            look_again_at_all(self.db, company_id)
