"""A plan replayed over the past sends what it would have sent on each day, no more and no less."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest import backtest, replay
from engine.calendar import BusinessCalendar
from engine.kinds import HoldKind
from engine.model import HoldRecord
from engine.past import Fall, Past, PastHold, PastItem
from tests.builders import customer, day, eur, invoice
from tests.fakes.customer_life import STANDARD

if TYPE_CHECKING:
    from engine.backtest import Replayed
    from engine.model import Customer, OpenItem
    from engine.plan import Plan
    from engine.standing import Standing

CALENDAR = BusinessCalendar()
# The plan of the rows below, whose deadlines the fake's plan leaves out.
PLAN = replace(
    STANDARD,
    levels=tuple(replace(one, deadline_days=None if one.before_due else 8) for one in STANDARD.levels),
)
FIRST, LAST = day("2026-01-19"), day("2026-07-10")

Row = tuple[str, dict[str, str]]


def always(_customer: Customer, _standing: Standing) -> Plan:
    return PLAN


def always_open(_customer: Customer) -> BusinessCalendar:
    return CALENDAR


def past(*items: PastItem, holds: tuple[PastHold, ...] = ()) -> Past:
    return Past(customer=customer(), items=items, holds=holds)


def paid(item: OpenItem, known: str, *, on: str | None = None, amount: str | None = None) -> PastItem:
    part = eur(amount) if amount else item.total
    return PastItem(item=item, falls=(Fall(amount=part, known_on=day(known), paid_on=day(on) if on else None),))


def rows(one: Past, *, formal: bool = False) -> list[Row]:
    return [
        (sent.notice.on.isoformat(), {line.item.number: line.level_id for line in sent.notice.lines})
        for sent in replay(one, always, CALENDAR, FIRST, LAST)
        if sent.notice.is_formal is formal
    ]


# The days and levels of these three lives are those of the published scenarios, not of this code.


def test_a_paid_invoice_is_reminded_until_the_payment_was_known() -> None:
    bill = invoice("F1", issued="2026-01-31", due="2026-03-02", total="1200.00")
    assert rows(past(paid(bill, "2026-03-20"))) == [
        ("2026-02-25", {"F1": "pre_due"}),
        ("2026-03-09", {"F1": "first"}),
        ("2026-03-18", {"F1": "second"}),
    ]


def test_a_payment_that_the_mornings_sync_shows_stops_the_reminder_of_that_day() -> None:
    bill = invoice("F1", issued="2026-01-31", due="2026-03-02", total="1200.00")
    assert [on for on, _ in rows(past(paid(bill, "2026-03-18")))] == ["2026-02-25", "2026-03-09"]


def test_two_invoices_share_their_gap_and_keep_their_own_deadlines() -> None:
    a = invoice("A4", issued="2026-01-03", due="2026-02-02", total="10000.00")
    b = invoice("B4", issued="2026-01-28", due="2026-02-27", total="450.00")
    assert rows(past(paid(a, "2026-03-10"), paid(b, "2026-03-24"))) == [
        ("2026-01-28", {"A4": "pre_due"}),
        ("2026-02-09", {"A4": "first"}),
        ("2026-02-18", {"A4": "second"}),
        ("2026-03-04", {"A4": "third", "B4": "first"}),
        ("2026-03-16", {"B4": "second"}),
    ]


def test_a_dispute_stood_from_the_day_it_was_recorded_to_the_day_before_its_release() -> None:
    p = invoice("P8", issued="2026-04-20", due="2026-05-20", total="1000.00")
    q = invoice("Q8", issued="2026-04-20", due="2026-05-20", total="300.00")
    record = HoldRecord(
        hold_id="h1",
        kind=HoldKind.DISPUTE,
        reason="quantity",
        author="somebody",
        recorded_at=datetime(2026, 6, 2, 8, 0, tzinfo=UTC),
        item_id="P8",
    )
    hold = PastHold(record=record, first=day("2026-06-02"), last=day("2026-06-28"))
    assert rows(past(PastItem(item=p), paid(q, "2026-07-02"), holds=(hold,))) == [
        ("2026-05-15", {"P8": "pre_due", "Q8": "pre_due"}),
        ("2026-05-26", {"P8": "first", "Q8": "first"}),
        ("2026-06-04", {"Q8": "second"}),
        ("2026-06-19", {"Q8": "third"}),
        ("2026-06-29", {"P8": "second"}),
        ("2026-07-08", {"P8": "third"}),
    ]


def test_a_reminder_between_the_payment_and_its_showing_in_the_books_counts_as_after_payment() -> None:
    bill = invoice("F1", issued="2026-01-31", due="2026-03-02")
    found = backtest([past(paid(bill, "2026-03-20", on="2026-03-17"))], always, always_open, FIRST, LAST)
    assert (found.reminders, found.after_payment) == (3, 1)
    # Money of the very day of the reminder may have come in the afternoon.
    found = backtest([past(paid(bill, "2026-03-20", on="2026-03-18"))], always, always_open, FIRST, LAST)
    assert (found.reminders, found.after_payment) == (3, 0)


def test_a_part_payment_before_the_reminder_leaves_it_right() -> None:
    bill = invoice("F1", issued="2026-01-31", due="2026-03-02")
    one = past(paid(bill, "2026-03-20", on="2026-03-10", amount="200.00"))
    found = backtest([one], always, always_open, FIRST, day("2026-03-31"))
    assert found.after_payment == 0
    assert found.per_level["second"] == 1


def test_the_counts_by_level_channel_and_day_each_add_up_to_the_reminders() -> None:
    bills = [invoice(f"F{n}", due=f"2026-03-{n + 1:02}", issued="2026-02-01", item_id=f"F{n}") for n in range(1, 8)]
    one = past(*(PastItem(item=bill) for bill in bills))
    found = backtest([one], always, always_open, FIRST, LAST)
    assert found.reminders > 0
    for counts in (found.per_level, found.per_channel, found.per_day):
        assert sum(counts.values()) == found.reminders


def test_nothing_before_the_first_day_nor_after_the_last_is_counted() -> None:
    bill = past(PastItem(item=invoice("F1", issued="2026-01-31", due="2026-03-02")))
    found = backtest([bill], always, always_open, day("2026-03-09"), day("2026-03-09"))
    assert dict(found.per_day) == {day("2026-03-09"): 1}
    assert dict(found.per_level) == {"first": 1}


def test_a_rule_chooses_the_plan_by_how_late_the_customer_paid_until_then() -> None:
    brisk = replace(PLAN, plan_id="brisk", levels=(replace(PLAN.levels[1], offset=0),))
    slow = [
        paid(invoice(f"P{n}", item_id=f"P{n}", issued="2025-09-01", due="2025-10-01"), f"2025-11-{n:02}")
        for n in (3, 4, 5)
    ]
    bill = PastItem(item=invoice("F1", issued="2026-01-31", due="2026-03-02"))

    def by_history(_customer: Customer, standing: Standing) -> Plan:
        return brisk if standing.late is not None and standing.late.over(30) else PLAN

    first = next(iter(replay(past(bill, *slow), by_history, CALENDAR, day("2026-02-16"), LAST)))
    assert (first.notice.on, first.notice.lines[0].level_id) == (day("2026-03-02"), "first")
    first = next(iter(replay(past(bill, *slow[:2]), by_history, CALENDAR, day("2026-02-16"), LAST)))
    assert first.notice.on == day("2026-02-25")


bills = st.builds(
    lambda n, due, total, known, early: PastItem(
        item=invoice(f"F{n}", item_id=f"F{n}", issued="2026-01-10", due=due.isoformat(), total=total),
        falls=()
        if known is None
        else (Fall(amount=eur(total), known_on=known, paid_on=known - timedelta(days=early)),),
    ),
    st.integers(0, 10_000),
    st.dates(day("2026-01-20"), day("2026-04-30")),
    st.sampled_from(["3.00", "80.00", "1200.00"]),
    st.none() | st.dates(day("2026-01-20"), day("2026-06-30")),
    st.integers(0, 5),
)


@settings(max_examples=15)
@given(st.lists(bills, min_size=1, max_size=4, unique_by=lambda one: one.item.item_id))
def test_passing_over_quiet_days_changes_nothing(items: list[PastItem]) -> None:
    one = past(*items)
    at_once = [(sent.notice.on, sent.notice.level_id, sent.after_payment) for sent in _replayed(one, FIRST, LAST)]
    # A change on every day makes the replay look at every day.
    ticks = tuple(
        PastHold(record=_elsewhere(day_), first=day_, last=day_)
        for day_ in (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
    )
    daily = [
        (sent.notice.on, sent.notice.level_id, sent.after_payment)
        for sent in _replayed(replace(one, holds=ticks), FIRST, LAST)
    ]
    assert at_once == daily


def _replayed(one: Past, first: date, last: date) -> list[Replayed]:
    return list(replay(one, always, CALENDAR, first, last))


def _elsewhere(day_: date) -> HoldRecord:
    """A hold of an item that nobody knows: it stops nothing."""
    return HoldRecord(
        hold_id=f"h{day_}",
        kind=HoldKind.HOLD,
        reason="",
        author="",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        item_id="unknown",
    )
