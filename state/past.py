"""The past as the store kept it: how every item's balance fell, and what stood against it when."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median_low
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from engine.model import Customer
from engine.money import Money
from engine.past import Fall, Past, PastHold, PastItem
from state.customers import read_customer
from state.database import Part
from state.hold_rows import read_hold
from state.items import read_item

if TYPE_CHECKING:
    import sqlite3

# Where no payment was ever seen later than it was made, the books are taken to show it on the next day.
_USUAL_LAG: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPast:
    """What can be replayed of a company: its customers, the items left out since nobody knows when they were paid.

    `lag_days` is after how many days the books usually show a payment (`lag_measured` False: a supposition), `pay_days_known`
    whether they tell the days of payments at all.
    """

    pasts: tuple[Past, ...]
    left_out: int
    lag_days: int
    lag_measured: bool
    pay_days_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSend:
    """A reminder that really left: its instant, and for how many of its items money came within the days asked for."""

    sent_at: datetime
    items: int
    followed: int


class PastView(Part):
    """The reading side of a replay."""

    def past_sends(self, company_id: str, within_days: int) -> list[PastSend]:
        """List the level reminders that really left, with what money followed soon."""
        rows = self.db.all(
            "SELECT r.sent_at, count(*) AS items, sum(EXISTS (SELECT 1 FROM observed_payments p "
            "WHERE p.company_id = l.company_id AND p.item_id = l.item_id AND p.source = 'payment' AND p.seen_on >= r.sent_on "
            "AND p.seen_on <= date(r.sent_on, ?))) AS followed FROM reminders r "
            "JOIN reminder_lines l ON l.company_id = r.company_id AND l.reminder_id = r.reminder_id "
            "WHERE r.company_id = ? AND r.state = 'sent' AND r.purpose = 'level' AND r.rehearsal = 0 "
            "AND r.earlier_tool = 0 AND r.sent_at IS NOT NULL AND l.left_notice = 0 "
            "GROUP BY r.reminder_id ORDER BY r.sent_at",
            (f"+{within_days} days", company_id),
        )
        return [
            PastSend(sent_at=datetime.fromisoformat(row["sent_at"]), items=row["items"], followed=row["followed"])
            for row in rows
        ]

    def past(self, company_id: str, timezone: str, lag_days: int | None = None) -> KnownPast:
        """Give a company's past; `lag_days` stands for the measured delay between a payment and its showing in the books."""
        zone = ZoneInfo(timezone)
        with self.db.snapshot():
            items = self.db.all("SELECT * FROM items WHERE company_id = ? ORDER BY customer_id, item_id", (company_id,))
            seen = self.db.all(
                "SELECT item_id, source, seen_on, currency, amount FROM observed_payments "
                "WHERE company_id = ? ORDER BY seen_on, sync_no",
                (company_id,),
            )
            told = self.db.all(
                "SELECT p.item_id, p.paid_on, p.currency, p.amount, p.sync_no, s.started_at FROM payments p "
                "JOIN syncs s ON s.company_id = p.company_id AND s.sync_no = p.sync_no "
                "WHERE p.company_id = ? AND p.undone = 0 ORDER BY p.paid_on, p.payment_id",
                (company_id,),
            )
            first_sync = self.db.value("SELECT min(sync_no) FROM syncs WHERE company_id = ?", (company_id,))
            holds = self.db.all(
                "SELECT * FROM holds WHERE company_id = ? AND outcome <> 'replaced' ORDER BY recorded_at", (company_id,)
            )
            customers = {
                customer_id: read_customer(self.db, company_id, customer_id)
                or Customer(customer_id=customer_id, name=customer_id)
                for customer_id in dict.fromkeys(row["customer_id"] for row in items)
            }
        lags = [
            max((_local(row["started_at"], zone) - date.fromisoformat(row["paid_on"])).days, 0)
            for row in told
            if row["sync_no"] != first_sync
        ]
        lag = lag_days if lag_days is not None else median_low(lags) if lags else _USUAL_LAG
        falls = _Falls(seen=seen, told=told, first_sync=first_sync, lag=lag, zone=zone)
        by_customer: dict[str, list[PastItem]] = defaultdict(list)
        left_out = 0
        for row in items:
            one = falls.of(row)
            if one is None:
                left_out += 1
            else:
                by_customer[row["customer_id"]].append(one)
        stood = [(read_hold(row), _stood(row, zone)) for row in holds]
        pasts = tuple(
            Past(
                customer=customers[customer_id],
                items=tuple(found),
                holds=tuple(
                    PastHold(record=replace(record, broken_on=None), first=first, last=last)
                    for record, (first, last) in stood
                    if any(record.covers(one.item) for one in found)
                ),
            )
            for customer_id, found in by_customer.items()
        )
        return KnownPast(
            pasts=pasts,
            left_out=left_out,
            lag_days=lag,
            lag_measured=lag_days is None and bool(lags),
            pay_days_known=bool(told),
        )


class _Falls:
    """How balances fell, from what the books tell of payments and from what syncs saw."""

    def __init__(
        self, *, seen: list[sqlite3.Row], told: list[sqlite3.Row], first_sync: int | None, lag: int, zone: ZoneInfo
    ) -> None:
        self._seen: dict[str, list[sqlite3.Row]] = defaultdict(list)
        for row in seen:
            self._seen[row["item_id"]].append(row)
        self._told: dict[str, list[sqlite3.Row]] = defaultdict(list)
        for row in told:
            self._told[row["item_id"]].append(row)
        self._first_sync, self._lag, self._zone = first_sync, timedelta(days=lag), zone

    def of(self, row: sqlite3.Row) -> PastItem | None:
        """Give an item with its falls, None where nobody knows how it ended.

        What the books tell of its payments comes first; what syncs saw fills the rest. A part that was gone when the item
        was first seen, without a word of when, is taken to have been gone at its issue.
        """
        if row["settled_by"] == "void":
            return None
        item = read_item(row)
        whole, left = item.total, item.balance
        falls = [self._payment(one) for one in self._told.get(item.item_id, ())]
        sign = 1 if whole.minor >= 0 else -1
        if not falls:
            falls = [self._sight(one, sign) for one in self._seen.get(item.item_id, ())]
        else:
            falls += [
                self._sight(one, sign) for one in self._seen.get(item.item_id, ()) if one["source"] == "credit_note"
            ]
        unexplained = whole - left - sum((fall.amount for fall in falls), start=Money.zero(whole.currency))
        if unexplained.minor and not left.minor:
            if row["settled_on"] is None or (row["first_sync_no"] == self._first_sync and not falls):
                return None
            falls.append(Fall(amount=unexplained, known_on=date.fromisoformat(row["settled_on"])))
        elif unexplained.minor:
            whole -= unexplained
        return PastItem(item=replace(item, balance=whole, unseen=False), falls=tuple(falls))

    def _payment(self, row: sqlite3.Row) -> Fall:
        paid_on = date.fromisoformat(row["paid_on"])
        amount = Money(minor=row["amount"], currency=row["currency"])
        if row["sync_no"] == self._first_sync:
            return Fall(amount=amount, known_on=paid_on + self._lag, paid_on=paid_on)
        return Fall(amount=amount, known_on=max(_local(row["started_at"], self._zone), paid_on), paid_on=paid_on)

    def _sight(self, row: sqlite3.Row, sign: int) -> Fall:
        amount = Money(minor=sign * row["amount"], currency=row["currency"])
        return Fall(amount=amount, known_on=date.fromisoformat(row["seen_on"]))


def _local(instant: str, zone: ZoneInfo) -> date:
    return datetime.fromisoformat(instant).astimezone(zone).date()


def _stood(row: sqlite3.Row, zone: ZoneInfo) -> tuple[date, date | None]:
    """Give the days on which a hold stood: from the day it was recorded to the day before it was ended."""
    first = _local(row["recorded_at"], zone)
    last = date.fromisoformat(row["until"]) if row["until"] else None
    if row["released_at"] is not None:
        ended = _local(row["released_at"], zone) - timedelta(days=1)
        last = ended if last is None else min(last, ended)
    return first, last
