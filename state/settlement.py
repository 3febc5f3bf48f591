"""Why balances fell: a new credit note, credit used, or else a payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from engine.money import Money
from engine.records import PaymentSeen

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from state.database import Database


@dataclass(slots=True, kw_only=True)
class _Credit:
    """What a credit note can explain; one that is new counts whole, an older one by what was used of it."""

    customer_id: str
    currency: str
    reduces: str
    left: int
    is_new: bool


def keep_payments(db: Database, company_id: str, payments: Sequence[PaymentSeen], sync_no: int) -> None:
    """Keep the money that the books allocate to invoices; one told again in the same words stays of its first sync."""
    db.write_many(
        "INSERT INTO payments (company_id, payment_id, item_id, paid_on, currency, amount, undone, sync_no) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (company_id, payment_id) DO UPDATE SET item_id = excluded.item_id, "
        "paid_on = excluded.paid_on, currency = excluded.currency, amount = excluded.amount, undone = excluded.undone, "
        "sync_no = excluded.sync_no WHERE (item_id, paid_on, currency, amount, undone) <> "
        "(excluded.item_id, excluded.paid_on, excluded.currency, excluded.amount, excluded.undone)",
        (
            (
                company_id,
                seen.payment_id,
                seen.item_id,
                seen.paid_on.isoformat(),
                seen.amount.currency,
                seen.amount.minor,
                int(seen.undone),
                sync_no,
            )
            for seen in payments
        ),
    )


def received(db: Database, company_id: str, item_ids: Sequence[str]) -> tuple[PaymentSeen, ...]:
    """Give the money received for items: as the books tell it, else as their balances fell; what was taken back is left out.

    Credit notes are no money and are not among it.
    """
    if not item_ids:
        return ()
    told = list(
        db.chosen(
            "SELECT item_id, payment_id, paid_on, currency, amount FROM payments "
            "WHERE company_id = ? AND undone = 0 AND item_id IN ({ids}) ORDER BY paid_on, payment_id",
            (company_id,),
            item_ids,
        )
    )
    known = {row["item_id"] for row in told}
    seen = db.chosen(
        "SELECT item_id, 'seen ' || sync_no AS payment_id, seen_on AS paid_on, currency, amount FROM observed_payments "
        "WHERE company_id = ? AND source IN ('payment', 'returned', 'pending') AND item_id IN ({ids}) "
        "ORDER BY seen_on, sync_no",
        (company_id,),
        [one for one in item_ids if one not in known],
    )
    return tuple(
        PaymentSeen(
            payment_id=row["payment_id"],
            item_id=row["item_id"],
            paid_on=date.fromisoformat(row["paid_on"]),
            amount=Money(minor=row["amount"], currency=row["currency"]),
        )
        for row in [*told, *seen]
    )


def taken_back(db: Database, company_id: str, item_ids: Sequence[str]) -> tuple[PaymentSeen, ...]:
    """Give what was paid of items and then taken back, on the day on which it was seen; amounts are negative."""
    rows = db.chosen(
        "SELECT item_id, sync_no, seen_on, currency, amount FROM observed_payments "
        "WHERE company_id = ? AND source = 'returned' AND item_id IN ({ids}) ORDER BY seen_on, sync_no",
        (company_id,),
        item_ids,
    )
    return tuple(
        PaymentSeen(
            payment_id=f"taken back {row['sync_no']}",
            item_id=row["item_id"],
            paid_on=date.fromisoformat(row["seen_on"]),
            amount=Money(minor=row["amount"], currency=row["currency"]),
        )
        for row in rows
    )


def explain_falls(db: Database, company_id: str, *, completed_no: int) -> None:
    """Say of each fall seen since the last complete sync whether credit or money made it.

    It waits for the end of the sync because the credit note may stand on a later page than the invoice. A new credit
    note that names the invoice takes its part of the fall, the rest is a payment. Otherwise a credit note of the same
    customer and currency explains a fall that it covers whole. Each credit explains no more than its amount. Where the
    books tell their payments, what they say was paid is not looked for among the credits.
    """
    falls = db.all(
        "SELECT p.item_id, p.sync_no, p.seen_on, p.currency, p.amount, i.customer_id, i.number, i.balance "
        "FROM observed_payments p JOIN items i ON i.company_id = p.company_id AND i.item_id = p.item_id "
        "WHERE p.company_id = ? AND p.source = 'pending' ORDER BY i.due_on, p.item_id, p.sync_no",
        (company_id,),
    )
    if falls:
        credits_ = _credits(db, company_id, list({fall["customer_id"] for fall in falls}), completed_no)
        told = _told(db, company_id, list({fall["item_id"] for fall in falls}), completed_no)
        explained = [_explain(fall, credits_, _take(told, fall)) for fall in falls]
        _write(db, company_id, falls, explained)
    # What was settled with no movement of money to explain (a credit note used up, a corrected total) counts as void.
    db.write(
        "UPDATE items SET settled_by = 'void' WHERE company_id = ? AND settled_by = 'pending' AND balance = 0",
        (company_id,),
    )


def _credits(db: Database, company_id: str, customer_ids: Sequence[str], completed_no: int) -> list[_Credit]:
    """Give what credit notes of these customers can explain, the smallest first."""
    new = db.chosen(
        "SELECT customer_id, currency, reduces, abs(total) AS amount, 1 AS is_new FROM items "
        "WHERE company_id = ? AND first_sync_no > ? AND kind = 'credit_note' AND customer_id IN ({ids})",
        (company_id, completed_no),
        customer_ids,
    )
    used = db.all(
        "SELECT i.customer_id, i.currency, i.reduces, p.amount, 0 AS is_new FROM observed_payments p "
        "JOIN items i ON i.company_id = p.company_id AND i.item_id = p.item_id "
        "WHERE p.company_id = ? AND p.source = 'allocated' AND p.sync_no > ? AND i.first_sync_no <= ?",
        (company_id, completed_no, completed_no),
    )
    rows = sorted([*new, *used], key=itemgetter("amount"))
    return [
        _Credit(
            customer_id=row["customer_id"],
            currency=row["currency"],
            reduces=row["reduces"],
            left=row["amount"],
            is_new=bool(row["is_new"]),
        )
        for row in rows
    ]


def _told(db: Database, company_id: str, item_ids: Sequence[str], completed_no: int) -> dict[tuple[str, str], int]:
    """Give what the books newly say was paid of these items, by item and currency."""
    rows = db.chosen(
        "SELECT item_id, currency, sum(amount) AS amount FROM payments "
        "WHERE company_id = ? AND sync_no > ? AND undone = 0 AND item_id IN ({ids}) GROUP BY item_id, currency",
        (company_id, completed_no),
        item_ids,
    )
    return {(row["item_id"], row["currency"]): row["amount"] for row in rows}


def _take(told: dict[tuple[str, str], int], fall: sqlite3.Row) -> int:
    """Take from what was told as paid the part that explains a fall."""
    key = (fall["item_id"], fall["currency"])
    paid = min(told.get(key, 0), fall["amount"])
    told[key] = told.get(key, 0) - paid
    return int(paid)


def _explain(fall: sqlite3.Row, credits_: list[_Credit], paid: int) -> int:
    """Give how much of a fall credit explains; `paid` of it is known to be money."""
    open_part = fall["amount"] - paid
    if not open_part:
        return 0
    same = [
        credit
        for credit in credits_
        if credit.left > 0 and (credit.customer_id, credit.currency) == (fall["customer_id"], fall["currency"])
    ]
    taken = 0
    for credit in same:
        if credit.is_new and credit.reduces and credit.reduces == fall["number"]:
            part = min(credit.left, open_part - taken)
            credit.left -= part
            taken += part
    if taken:
        return taken
    for credit in same:
        if credit.left >= open_part and credit.reduces in {"", fall["number"]}:
            credit.left -= open_part
            return int(open_part)
    return 0


def _write(db: Database, company_id: str, falls: list[sqlite3.Row], explained: list[int]) -> None:
    rows: list[tuple[Any, ...]] = []
    causes: dict[str, str] = {}
    for fall, by_credit in zip(falls, explained, strict=True):
        key = (company_id, fall["item_id"], fall["sync_no"])
        rest = (fall["seen_on"], fall["currency"])
        if by_credit:
            rows.append((*key, "credit_note", *rest, by_credit))
        if fall["amount"] > by_credit:
            rows.append((*key, "payment", *rest, fall["amount"] - by_credit))
        # The last fall is the one that settled the item.
        causes[fall["item_id"]] = "credit_note" if by_credit else "payment"
    db.write(
        "DELETE FROM observed_payments WHERE company_id = ? AND source = 'pending'",
        (company_id,),
    )
    db.write_many(
        "INSERT INTO observed_payments (company_id, item_id, sync_no, source, seen_on, currency, amount) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    db.write_many(
        "UPDATE items SET settled_by = ? WHERE company_id = ? AND item_id = ? AND settled_by = 'pending'",
        ((cause, company_id, item_id) for item_id, cause in causes.items()),
    )
