"""What timing reads of the past: how customers paid, and how much of a company's day is used up."""

from __future__ import annotations

from dataclasses import replace

from engine.kinds import DueSource, ItemKind, Purpose, Tone
from engine.records import Page, PaymentSeen
from engine.standing import DaysLate
from tests.builders import completed, day, eur, invoice, item, queued
from tests.state.conftest import C, Desk


def settle(desk: Desk, number: str, *, due: str, seen: str, paid: str = "", customer_id: str = "C1") -> None:
    """Let an invoice be read as open, and later as paid; `paid` is what the books say, where they do."""
    opened = invoice(number, customer_id, due=due)
    desk.sync(opened, on=due, full=False)
    sync_id = desk.store.begin_sync(C, desk.later())
    told: tuple[PaymentSeen, ...] = ()
    if paid:
        told = (PaymentSeen(payment_id=f"p-{number}", item_id=number, paid_on=day(paid), amount=eur("1200.00")),)

    page = Page(items=(invoice(number, customer_id, due=due, balance="0.00"),), payments=told)
    desk.store.apply_page(C, sync_id, page, seen_on=day(seen), now=desk.later())

    desk.store.complete_sync(C, sync_id, completed(full=False), seen_on=day(seen), now=desk.later())


def late(desk: Desk, on: str = "2026-03-20", customer_id: str = "C1") -> DaysLate:
    return desk.store.days_late(C, customer_id, day(on))


def test_days_late_are_added_up_from_due_date_to_payment(desk: Desk) -> None:
    settle(desk, "F1", due="2026-01-10", seen="2026-01-20")
    settle(desk, "F2", due="2026-02-10", seen="2026-02-05")
    settle(desk, "F3", due="2026-02-01", seen="2026-03-01", paid="2026-02-11")
    # 10 late, 5 early, and 10 late on the day that the books name, not on the day on which it was seen.
    assert late(desk) == DaysLate(invoices=3, days=15, oldest_on=day("2026-01-20"))


def test_only_the_year_before_counts(desk: Desk) -> None:
    settle(desk, "F1", due="2025-03-01", seen="2025-03-20")
    assert late(desk, "2026-03-20") == DaysLate(invoices=1, days=19, oldest_on=day("2025-03-20"))
    assert late(desk, "2026-03-21") == DaysLate()
    assert late(desk, "2025-03-19") == DaysLate()


def test_other_customers_open_invoices_and_assumed_due_dates_do_not_count(desk: Desk) -> None:
    settle(desk, "F1", due="2026-01-10", seen="2026-01-20", customer_id="C2")
    desk.sync(invoice("F2", due="2026-01-10"), full=False)
    assumed = item("F3", kind=ItemKind.INVOICE, total="100.00", due="2026-01-10", due_source=DueSource.ASSUMED)
    desk.sync(assumed, full=False)
    desk.sync(replace(assumed, balance=eur("0.00")), full=False)
    assert late(desk) == DaysLate()
    assert late(desk, customer_id="C2").invoices == 1


def test_days_late_are_found_without_reading_the_customers_other_items(desk: Desk) -> None:
    steps = desk.store.db.all(
        "EXPLAIN QUERY PLAN SELECT due_on FROM items i WHERE i.company_id = ? AND i.customer_id = ? "
        "AND i.settled_by = 'payment' AND i.settled_on >= ?",
        (C, "C1", "2025-03-20"),
    )
    assert "items_paid" in steps[0]["detail"]


F1, F2, F3 = (invoice(f"F{n}", f"C{n}") for n in (1, 2, 3))


def test_two_runs_of_a_day_share_its_limit(desk: Desk) -> None:
    desk.sync(F1, F2, F3)
    for one in (F1, F2, F3):
        desk.queue(queued(one))
    assert desk.store.claim_next(C, day("2026-03-09"), desk.owner, desk.later(), limit=0) is None
    desk.sent()
    desk.sent()
    # Another run, another process: the third is one too many today, and goes tomorrow.
    assert desk.store.claim_next(C, day("2026-03-09"), desk.owner, desk.later(), limit=2) is None
    assert desk.store.claim_next(C, day("2026-03-10"), desk.owner, desk.later(), limit=2) is not None


def test_what_is_on_its_way_or_uncertain_takes_its_place_of_the_day(desk: Desk) -> None:
    desk.sync(F1, F2)
    for one in (F1, F2):
        desk.queue(queued(one))
    barrier = desk.handing_over()
    assert desk.store.claim_next(C, day("2026-03-09"), desk.owner, desk.later(), limit=1) is None
    desk.store.record_uncertain(barrier, "the link broke", desk.owner, desk.later())
    assert desk.store.claim_next(C, day("2026-03-09"), desk.owner, desk.later(), limit=1) is None
    assert desk.store.taken_on(C, day("2026-03-09")) == 1


def test_a_thank_you_counts_for_no_limit_and_is_stopped_by_none(desk: Desk) -> None:
    desk.sync(F1, F2)
    desk.queue(queued(F1, purpose=Purpose.THANK_YOU, occasion="F1@1", deadline=None))
    desk.queue(queued(F2))
    claimed = desk.store.claim_next(C, day("2026-03-09"), desk.owner, desk.later(), limit=0)
    assert claimed is not None
    assert claimed.purpose is Purpose.THANK_YOU
    assert desk.store.taken_on(C, day("2026-03-09")) == 0


def test_what_a_person_released_and_what_waits_since_today_takes_a_place(desk: Desk) -> None:
    desk.sync(F1, F2, F3)
    waits = desk.queue(queued(F1, needs_approval=True))
    desk.queue(queued(F2, needs_approval=True, on="2026-03-06"))
    desk.queue(queued(F3))
    # F1 waits since today, F2 since Friday (it leaves on whatever day it is released), F3 is planned anew by each run.
    assert desk.store.taken_on(C, day("2026-03-09")) == 1
    desk.store.approve(C, [waits.reminder_id], "anne", desk.later())
    assert desk.store.taken_on(C, day("2026-03-09")) == 1
    assert desk.store.taken_on(C, day("2026-03-10")) == 1


def test_days_of_use_are_days_on_which_something_left(desk: Desk) -> None:
    desk.sync(F1, F2, F3)
    for one, on in ((F1, "2026-03-09"), (F2, "2026-03-09"), (F3, "2026-03-11")):
        desk.send(one, on=on)
    uses = [desk.store.days_of_use(C, day(f"2026-03-{n:02}"), rehearsal=False) for n in (9, 10, 11, 12)]
    assert uses == [0, 1, 1, 2]


def test_contacts_of_a_customer_are_told_with_their_days_the_last_first(desk: Desk) -> None:
    desk.sync(F1)
    desk.send(F1, on="2026-03-09")
    desk.send(F1, level="second", offset=15, on="2026-03-18")
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert case.contact_days == (day("2026-03-18"), day("2026-03-09"))
    assert case.last_contact_on == day("2026-03-18")


def test_history_remembers_how_firmly_a_level_spoke(desk: Desk) -> None:
    desk.sync(F1)
    wanted = queued(F1)
    firm = replace(wanted, lines=tuple(replace(line, tone=Tone.FIRM) for line in wanted.lines))
    desk.queue(firm)
    assert [line.tone for line in desk.store.case_file(C, "C1", rehearsal=False).history] == [Tone.FIRM]


def test_a_line_written_before_tones_were_kept_has_none(desk: Desk) -> None:
    desk.sync(F1)
    desk.queue(queued(F1))
    assert [line.tone for line in desk.store.case_file(C, "C1", rehearsal=False).history] == [None]
