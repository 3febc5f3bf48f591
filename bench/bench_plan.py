"""A day's plan over 100,000 open items of which 0.5 % are due, beside the bare indexed query for what is due.

Twenty thousand customers with five open items each; on the day measured the first level of one item of five hundred
customers has come. Everything else is told by its stored day that nothing is to be done. The plan is what a run does
before it writes: find who is due, read their files, decide, group into notices. Rates count open items.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.measure import peak_mib, side_by_side
from bench.table import Row, show
from engine.calendar import BusinessCalendar
from engine.kinds import Channel, DueSource, ItemKind, Mode, Tone
from engine.model import Contact, Customer, OpenItem, Remind
from engine.money import Money
from engine.plan import Level, Plan
from engine.records import Completed, Page
from engine.run import plan_company, queue_company
from engine.setup import CompanySetup
from state.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUNS: Final = 5
_ITEMS: Final = 100_000
_EACH: Final = 5  # open items of a customer
_DUE_OF_A_THOUSAND: Final = 5
_PAGE: Final = 1_000

_COMPANY: Final = "bench"
_DAY: Final = date(2026, 3, 10)  # a Tuesday
_NOW: Final = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
_FIRST_OFFSET: Final = 5

_PLAN: Final = Plan(
    plan_id="standard",
    levels=(
        Level(level_id="pre_due", offset=-5, channel=Channel.EMAIL, tone=Tone.FRIENDLY),
        Level(level_id="first", offset=_FIRST_OFFSET, channel=Channel.EMAIL, tone=Tone.FRIENDLY, deadline_days=8),
        Level(level_id="second", offset=15, channel=Channel.EMAIL, tone=Tone.FIRM, deadline_days=8),
        Level(level_id="third", offset=30, channel=Channel.EMAIL, tone=Tone.FINAL, deadline_days=8),
    ),
    min_balance=Decimal("5.00"),
)
_SETUP: Final = CompanySetup(
    company_id=_COMPANY,
    mode=Mode.AUTO,
    plans={"standard": _PLAN},
    default_plan="standard",
    calendar=BusinessCalendar(),
    max_age_days=5,
    fingerprint="bench",
)


def _item(number: int, count: int) -> OpenItem:
    """Make an item: the first one of some customers reaches its first level on the day, the rest are months away."""
    customer, place = divmod(number, _EACH)
    due_customers = count * _DUE_OF_A_THOUSAND // 1000
    is_due = place == 0 and customer < due_customers
    # The day before, level `first` of what is due is a day away; a level before the due date has long been dropped.
    due_on = _DAY - timedelta(days=_FIRST_OFFSET) if is_due else _DAY + timedelta(days=60 + number % 90)
    amount = Money(minor=10_000 + number, currency="EUR")
    return OpenItem(
        item_id=f"I{number:07}",
        customer_id=f"C{customer:06}",
        number=f"F{number:07}",
        kind=ItemKind.INVOICE,
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        due_source=DueSource.STATED,
        total=amount,
        balance=amount,
    )


def _pages(count: int) -> Iterator[Page]:
    for start in range(0, count, _PAGE):
        items = tuple(_item(number, count) for number in range(start, min(start + _PAGE, count)))
        ids = dict.fromkeys(item.customer_id for item in items)
        yield Page(items=items, customers=tuple(_customer(customer_id) for customer_id in ids))


def _customer(customer_id: str) -> Customer:
    contact = Contact(email=f"ap@{customer_id.lower()}.example")
    return Customer(customer_id=customer_id, name=f"Client {customer_id}", contacts=(contact,))


def _fill(store: Store, count: int) -> None:
    """Bring the books in, as a first sync does."""
    before = _DAY - timedelta(days=1)
    store.set_sender_domain(_COMPANY, "bench.example")
    sync = store.begin_sync(_COMPANY, _NOW)
    for page in _pages(count):
        store.apply_page(_COMPANY, sync, page, seen_on=before, now=_NOW)
    store.complete_sync(_COMPANY, sync, Completed(full=True, known_until=_DAY), seen_on=before, now=_NOW)
    store.accept_backlog(_COMPANY, "bench", _NOW, accepted_on=before)


def rows(count: int = _ITEMS) -> list[Row]:
    """Measure a day's plan, the same day written down, and the first look at everything."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_day(Path(folder) / "day.db", count), _first_look(Path(folder) / "first.db", count // 10)]


def _first_look(path: Path, count: int) -> Row:
    """Measure, once, what follows a first sync or an edited plan: every open item is decided and stored."""
    with Store.open(path, now=_NOW) as store:
        _fill(store, count)
        begun = time.perf_counter()
        queue_company(_SETUP, store, _DAY - timedelta(days=1), _NOW)
        seconds = time.perf_counter() - begun
        floor = side_by_side({"floor": lambda: _bare_rows(path)}, _RUNS)["floor"]
    return Row(
        what=f"first look: all {count:,} decided and stored",
        unit="open items",
        ours=count / seconds,
        floor=count / floor,
        note=f"{seconds * 1000:,.0f} ms by the clock, durable; floor: each row read once, {floor * 1000:.0f} ms",
    )


def _day(path: Path, count: int) -> list[Row]:
    with Store.open(path, now=_NOW) as store:
        # What is not measured need not survive a power cut.
        store.db.conn.execute("PRAGMA synchronous=OFF")
        _fill(store, count)
        queue_company(_SETUP, store, _DAY - timedelta(days=1), _NOW)
        store.db.conn.execute("PRAGMA synchronous=FULL")
        asked = sum(
            isinstance(decision, Remind)
            for planned in plan_company(_SETUP, store, _DAY, _NOW)
            for decision in planned.outcome.decisions
        )
        assert asked == count * _DUE_OF_A_THOUSAND // 1000, asked
        reader = sqlite3.connect(path)
        took = side_by_side(
            {"plan": lambda: list(plan_company(_SETUP, store, _DAY, _NOW)), "floor": lambda: _bare_due(reader)}, _RUNS
        )
        reader.close()
        peak = peak_mib(lambda: list(plan_company(_SETUP, store, _DAY, _NOW)))
    written = _written(path)
    floor_text = f"floor: indexed query, {took['floor'] * 1000:.2f} ms"
    return [
        Row(
            what=f"a day's plan, {asked:,} due",
            unit="open items",
            ours=count / took["plan"],
            floor=count / took["floor"],
            peak_mib=peak,
            note=f"{took['plan'] * 1000:.0f} ms, {took['plan'] / asked * 1e6:.0f} µs each due; {floor_text}",
        ),
        Row(
            what=f"a day's plan written down, {asked:,} queued",
            unit="open items",
            ours=count / written,
            floor=count / took["floor"],
            note=f"{written * 1000:.0f} ms by the clock, durable; {floor_text}",
        ),
    ]


def _written(path: Path) -> float:
    """Give the median seconds of planning and queueing the day, each time on a copy of the file."""
    seconds: list[float] = []
    for turn in range(_RUNS):
        copy = path.with_name(f"turn{turn}.db")
        shutil.copyfile(path, copy)
        with Store.open(copy, now=_NOW) as store:
            begun = time.perf_counter()
            _, moved = queue_company(_SETUP, store, _DAY, _NOW)
            seconds.append(time.perf_counter() - begun)
        assert moved
        copy.unlink()
    return sorted(seconds)[_RUNS // 2]


def _bare_due(reader: sqlite3.Connection) -> list[tuple[str, str]]:
    statement = "SELECT item_id, customer_id FROM items WHERE company_id = ? AND next_action_on <= ? AND next_action_on IS NOT NULL"
    return reader.execute(statement, (_COMPANY, _DAY.isoformat())).fetchall()


def _bare_rows(path: Path) -> int:
    reader = sqlite3.connect(path)
    try:
        return sum(1 for _ in reader.execute("SELECT * FROM items WHERE company_id = ?", (_COMPANY,)))
    finally:
        reader.close()


if __name__ == "__main__":
    print(show(rows(int(sys.argv[1]) if len(sys.argv) > 1 else _ITEMS)))
