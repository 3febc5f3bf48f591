"""What the store kept of the past is enough to replay it, and what it does not know is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kinds import HoldKind
from engine.past import Fall
from engine.records import Page, PaymentSeen
from tests.builders import completed, day, eur, invoice
from tests.state.conftest import C, Desk

if TYPE_CHECKING:
    from engine.model import OpenItem
    from engine.past import PastItem
    from state.past import KnownPast

ZONE = "Europe/Paris"


def past_of(desk: Desk, lag: int | None = None) -> KnownPast:
    return desk.store.past(C, ZONE, lag)


def items_of(known: KnownPast) -> dict[str, PastItem]:
    return {one.item.item_id: one for past in known.pasts for one in past.items}


def paid(item: OpenItem, on: str, payment_id: str = "p1") -> PaymentSeen:
    return PaymentSeen(payment_id=payment_id, item_id=item.item_id, paid_on=day(on), amount=item.total)


def sync(desk: Desk, *items: OpenItem, payments: tuple[PaymentSeen, ...] = (), on: str = "2026-03-02") -> None:
    sync_id = desk.store.begin_sync(C, desk.later())
    desk.store.apply_page(C, sync_id, Page(items=items, payments=payments), seen_on=day(on), now=desk.later())
    desk.store.complete_sync(C, sync_id, completed(full=False), seen_on=day(on), now=desk.later())


def test_a_fall_that_a_sync_saw_is_known_from_that_day(desk: Desk) -> None:
    desk.sync(invoice("F1", total="120.00"))
    desk.sync(invoice("F1", total="120.00", balance="50.00"), on="2026-03-20")
    known = past_of(desk)
    (one,) = items_of(known).values()
    assert one.item.balance == eur("120.00")
    assert one.falls == (Fall(amount=eur("70.00"), known_on=day("2026-03-20")),)
    assert (known.pay_days_known, known.left_out) == (False, 0)


def test_what_the_books_tell_of_a_payment_gives_its_own_day_and_the_day_it_was_seen(desk: Desk) -> None:
    bill = invoice("F1", total="120.00")
    sync(desk, bill)
    sync(desk, invoice("F1", total="120.00", balance="0.00"), payments=(paid(bill, "2026-02-27"),), on="2026-03-02")
    known = past_of(desk)
    (one,) = items_of(known).values()
    # The desk's clock stands on 2 March 2026.
    assert one.falls == (Fall(amount=eur("120.00"), known_on=day("2026-03-02"), paid_on=day("2026-02-27")),)
    assert (known.pay_days_known, known.lag_measured, known.lag_days) == (True, True, 3)


def test_a_payment_from_before_the_first_sync_is_known_after_the_usual_lag(desk: Desk) -> None:
    bill = invoice("F1", total="120.00")
    sync(desk, invoice("F1", total="120.00", balance="0.00"), payments=(paid(bill, "2026-01-12"),))
    for lag, known_on in ((None, "2026-01-13"), (4, "2026-01-16")):
        (one,) = items_of(past_of(desk, lag)).values()
        assert one.falls == (Fall(amount=eur("120.00"), known_on=day(known_on), paid_on=day("2026-01-12")),)


def test_what_was_paid_on_a_day_that_nobody_knows_is_left_out_and_counted(desk: Desk) -> None:
    desk.sync(invoice("F1", balance="0.00"), invoice("F2"))
    known = past_of(desk)
    assert set(items_of(known)) == {"F2"}
    assert known.left_out == 1


def test_what_was_made_void_is_left_out_and_counted(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    sync_id = desk.store.begin_sync(C, desk.later())
    page = Page(voided=("F1",))
    desk.store.apply_page(C, sync_id, page, seen_on=day("2026-03-05"), now=desk.later())
    desk.store.complete_sync(C, sync_id, completed(full=False), seen_on=day("2026-03-05"), now=desk.later())
    known = past_of(desk)
    assert (set(items_of(known)), known.left_out) == ({"F2"}, 1)


def test_a_part_that_was_gone_at_first_sight_is_taken_as_gone_from_the_start(desk: Desk) -> None:
    desk.sync(invoice("F1", total="120.00", balance="80.00"))
    (one,) = items_of(past_of(desk)).values()
    assert (one.item.balance, one.falls) == (eur("80.00"), ())


def test_a_hold_stood_until_the_day_before_its_release(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", customer_id="C2"))
    desk.store.add_hold(C, kind=HoldKind.DISPUTE, reason="x", author="a", now=desk.later(), item_ids=["F1"])
    by_id = {past.customer.customer_id: past for past in past_of(desk).pasts}
    (hold,) = by_id["C1"].holds
    assert (hold.first, hold.last, by_id["C2"].holds) == (day("2026-03-02"), None, ())
    desk.now = desk.now.replace(day=12)
    desk.store.release(C, author="a", now=desk.later(), item_ids=["F1"])
    (hold,) = next(past for past in past_of(desk).pasts if past.customer.customer_id == "C1").holds
    assert hold.last == day("2026-03-11")


def test_a_reminder_that_left_is_told_with_the_money_that_followed(desk: Desk) -> None:
    bills = (invoice("F1"), invoice("F2"))
    desk.sync(*bills)
    desk.send(*bills, on="2026-03-09")
    desk.sync(invoice("F1", balance="0.00"), invoice("F2"), on="2026-03-16")
    assert [(one.items, one.followed) for one in desk.store.past_sends(C, 7)] == [(2, 1)]
    assert [(one.items, one.followed) for one in desk.store.past_sends(C, 6)] == [(2, 0)]
