from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from engine.kinds import HoldKind, Purpose
from engine.records import Completed, Page, PaymentSeen
from state.errors import StaleSyncError
from tests.builders import credit_note, customer, day, eur, invoice, money, page, payment, queued
from tests.state.conftest import C, Desk

if TYPE_CHECKING:
    from engine.model import HoldRecord, OpenItem


def settled_by(desk: Desk, item_id: str) -> str:
    return next(row.settled_by for row in desk.store.stats_rows(C) if row.item_id == item_id)


def observed(desk: Desk) -> list[tuple[str, str, str]]:
    return [(one.item_id, one.seen_on.isoformat(), str(one.amount)) for one in desk.store.observed_payments(C)]


def holds(desk: Desk, customer_id: str = "C1") -> tuple[HoldRecord, ...]:
    return desk.store.case_file(C, customer_id, rehearsal=False).holds


def test_a_new_company_has_nothing_and_may_send_nothing(desk: Desk) -> None:
    state = desk.store.company_state("unheard-of")
    assert (state.sync_complete, state.backlog_accepted, state.quarantine, state.cursor) == (False, False, (), "")


def test_the_books_are_incomplete_until_the_last_page_is_in(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    assert desk.store.company_state(C).sync_complete
    sync_id = desk.store.begin_sync(C, desk.later())
    assert not desk.store.company_state(C).sync_complete
    desk.store.apply_page(C, sync_id, page(invoice("F1")), seen_on=day("2026-03-03"), now=desk.later())
    assert not desk.store.company_state(C).sync_complete
    desk.store.complete_sync(C, sync_id, Completed(full=True), seen_on=day("2026-03-03"), now=desk.later())
    assert desk.store.company_state(C).sync_complete


def test_the_end_of_a_sync_keeps_cursor_and_freshness(desk: Desk) -> None:
    modified = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    done = Completed(full=True, cursor="c-7", known_until=day("2026-02-27"), file_modified_at=modified)
    desk.sync(invoice("F1"), done=done)
    state = desk.store.company_state(C)
    assert (state.cursor, state.known_until, state.file_modified_at) == ("c-7", day("2026-02-27"), modified)
    assert state.synced_at == desk.now


def test_an_item_is_read_back_as_the_books_showed_it(desk: Desk) -> None:
    shown = replace(
        invoice("F1", total="1200.00", balance="700.00"),
        reference="BC 12",
        payment_url="https://pay.example/F1",
        document="factures/F1.pdf",
        is_opening=True,
    )
    desk.sync(shown, replace(invoice("F2", currency="JPY", total="1000"), item_id="autre"))
    assert desk.store.balance_of(C, "F1") == shown
    other = desk.store.balance_of(C, "autre")
    assert other is not None
    assert other.total == money("1000", "JPY")
    assert desk.store.balance_of(C, "nobody") is None


def test_the_same_books_read_again_change_nothing(desk: Desk) -> None:
    first = desk.sync(invoice("F1"), credit_note("A1"), payment("V1"), customers=(customer(),))
    assert (first.changed, first.open_items, first.open_amounts) == (3, 3, {"EUR": eur("500.00")})
    told = desk.events()
    desk.quiet()
    again = desk.sync(invoice("F1"), credit_note("A1"), payment("V1"), customers=(customer(),))
    assert (again.changed, again.unseen, again.settled) == (0, 0, 0)
    assert desk.events() == told
    assert desk.due() == []


def test_a_page_that_shows_an_item_twice_keeps_the_last(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F1", balance="100.00"))
    found = desk.store.balance_of(C, "F1")
    assert found is not None
    assert found.balance == eur("100.00")


def test_a_changed_fact_is_told_with_what_it_was(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    changes = desk.sync(invoice("F1", due="2026-04-02", balance="700.00"), on="2026-03-05")
    assert changes.changed == 1
    (changed,) = [one for one in desk.store.item_history(C, "F1") if one.kind == "item_changed"]
    assert changed.detail["changes"] == {
        "balance": ["1200.00 EUR", "700.00 EUR"],
        "due_on": ["2026-03-02", "2026-04-02"],
    }


def test_a_payment_seen_in_the_next_file_settles_the_item(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    changes = desk.sync(invoice("F1", balance="0.00"), on="2026-03-05")
    assert (changes.settled, changes.open_items) == (1, 0)
    (row,) = desk.store.stats_rows(C)
    assert (row.settled_on, row.settled_by, row.balance) == (day("2026-03-05"), "payment", eur("0.00"))
    assert observed(desk) == [("F1", "2026-03-05", "1200.00")]
    assert desk.store.case_file(C, "C1", rehearsal=False).items == ()


def test_a_part_payment_is_seen_and_leaves_the_item_open(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(invoice("F1", balance="700.00"), on="2026-03-05")
    desk.sync(invoice("F1", balance="0.00"), on="2026-03-09")
    assert observed(desk) == [("F1", "2026-03-05", "500.00"), ("F1", "2026-03-09", "700.00")]


def test_an_invoice_first_seen_paid_was_never_open(desk: Desk) -> None:
    changes = desk.sync(invoice("F1", balance="0.00"))
    (row,) = desk.store.stats_rows(C)
    assert (changes.settled, row.settled_on, row.settled_by) == (0, None, "")
    assert desk.store.customers_open(C) == []


def test_a_new_credit_note_that_covers_the_fall_is_no_payment(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(invoice("F1", balance="0.00"), credit_note("A1", total="-1200.00", balance="0.00"))
    assert settled_by(desk, "F1") == "credit_note"
    assert observed(desk) == []


def test_a_credit_note_on_a_later_page_still_explains_the_fall(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    sync_id = desk.store.begin_sync(C, desk.later())
    for shown in (invoice("F1", balance="0.00"), credit_note("A1", total="-1200.00", balance="0.00")):
        desk.store.apply_page(C, sync_id, page(shown), seen_on=day("2026-03-05"), now=desk.later())
    desk.store.complete_sync(C, sync_id, Completed(full=True), seen_on=day("2026-03-05"), now=desk.later())
    assert settled_by(desk, "F1") == "credit_note"


def test_a_new_credit_note_smaller_than_the_fall_does_not_explain_it(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(invoice("F1", balance="0.00"), credit_note("A1", total="-200.00", balance="0.00"))
    assert settled_by(desk, "F1") == "payment"


def test_credit_notes_that_name_the_invoice_take_their_part_and_the_rest_is_a_payment(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(
        invoice("F1", balance="0.00"),
        credit_note("A1", total="-200.00", balance="0.00", reduces="F1"),
        credit_note("A2", total="-100.00", balance="0.00", reduces="F1"),
    )
    assert settled_by(desk, "F1") == "credit_note"
    assert [amount for _, _, amount in observed(desk)] == ["900.00"]


def test_a_credit_note_of_another_customer_or_currency_or_invoice_explains_nothing(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(
        invoice("F1", balance="0.00"),
        credit_note("A1", "C2", total="-1200.00"),
        credit_note("A2", total="-1200.00", currency="USD"),
        credit_note("A3", total="-1200.00", reduces="F7"),
    )
    assert settled_by(desk, "F1") == "payment"


def test_the_smallest_credit_that_covers_a_fall_explains_it_so_that_a_greater_one_is_left(desk: Desk) -> None:
    old = credit_note("A1", total="-1200.00")
    small = invoice("F2", total="200.00", due="2026-03-01")
    desk.sync(invoice("F1"), small, old)
    used_up, new = replace(old, balance=eur("0.00")), credit_note("A2", balance="0.00")
    desk.sync(invoice("F1", balance="0.00"), replace(small, balance=eur("0.00")), used_up, new)
    assert (settled_by(desk, "F1"), settled_by(desk, "F2")) == ("credit_note", "credit_note")
    old = credit_note("A3", "C2", total="-200.00")
    desk.sync(invoice("F3", "C2", total="200.00", due="2026-03-01"), invoice("F4", "C2"), old, full=False)
    used_up, new = replace(old, balance=eur("0.00")), credit_note("A4", "C2", total="-1200.00", balance="0.00")
    paid_off = (
        invoice("F3", "C2", total="200.00", balance="0.00", due="2026-03-01"),
        invoice("F4", "C2", balance="0.00"),
    )
    desk.sync(*paid_off, used_up, new, full=False)
    assert (settled_by(desk, "F3"), settled_by(desk, "F4")) == ("credit_note", "credit_note")


def test_one_credit_note_explains_no_more_than_its_amount(desk: Desk) -> None:
    desk.sync(invoice("F1", total="200.00", due="2026-01-02"), invoice("F2", total="200.00"))
    desk.sync(
        invoice("F1", total="200.00", balance="0.00", due="2026-01-02"),
        invoice("F2", total="200.00", balance="0.00"),
        credit_note("A1", total="-200.00", balance="0.00"),
    )
    assert (settled_by(desk, "F1"), settled_by(desk, "F2")) == ("credit_note", "payment")


def test_an_old_credit_note_that_is_used_up_is_no_payment_either(desk: Desk) -> None:
    desk.sync(invoice("F1", total="200.00"), credit_note("A1", total="-200.00"))
    desk.sync(invoice("F1", total="200.00", balance="0.00"), credit_note("A1", total="-200.00", balance="0.00"))
    assert settled_by(desk, "F1") == "credit_note"
    assert observed(desk) == []


def test_an_old_credit_note_explains_no_later_fall(desk: Desk) -> None:
    desk.sync(invoice("F1"), credit_note("A1", total="-1200.00"))
    desk.sync(invoice("F1", balance="0.00"), credit_note("A1", total="-1200.00"))
    assert settled_by(desk, "F1") == "payment"


def test_an_invoice_whose_total_became_nothing_was_cancelled_not_paid(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(invoice("F1", total="0.00"))
    assert settled_by(desk, "F1") == "void"
    assert observed(desk) == []


def test_an_invoice_that_was_paid_and_is_void_by_now_was_not_paid(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    desk.sync(invoice("F1", balance="0.00"), invoice("F2", balance="0.00"))
    assert [settled_by(desk, number) for number in ("F1", "F2")] == ["payment", "payment"]
    desk.sync(invoice("F1", total="0.00"), invoice("F2", balance="0.00"))
    assert [settled_by(desk, number) for number in ("F1", "F2")] == ["void", "payment"]


def test_an_invoice_cancelled_after_a_payment_that_was_not_explained_yet_is_still_cancelled(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    sync_id = desk.store.begin_sync(C, desk.later())
    shown = page(invoice("F1", balance="700.00"))
    desk.store.apply_page(C, sync_id, shown, seen_on=day("2026-03-05"), now=desk.later())
    desk.sync(invoice("F1", total="0.00"), on="2026-03-06")
    assert settled_by(desk, "F1") == "void"


def test_a_corrected_total_is_no_payment(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(invoice("F1", total="1000.00"))
    assert observed(desk) == []


def test_what_a_broken_off_sync_had_seen_is_explained_by_the_next_one(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", balance="0.00"))
    sync_id = desk.store.begin_sync(C, desk.later())
    shown = page(invoice("F1", balance="0.00"), invoice("F2"))
    desk.store.apply_page(C, sync_id, shown, seen_on=day("2026-03-05"), now=desk.later())
    changes = desk.sync(invoice("F1", balance="0.00"), invoice("F2"), on="2026-03-06")
    assert (changes.settled, changes.returned, changes.changed) == (1, 1, 2)
    assert settled_by(desk, "F1") == "payment"
    assert observed(desk)[0] == ("F1", "2026-03-05", "1200.00")


def test_a_sync_that_another_has_overtaken_may_write_nothing_more(desk: Desk) -> None:
    old = desk.store.begin_sync(C, desk.later())
    desk.store.begin_sync(C, desk.later())
    with pytest.raises(StaleSyncError):
        desk.store.apply_page(C, old, page(invoice("F1")), seen_on=day("2026-03-02"), now=desk.later())
    with pytest.raises(StaleSyncError):
        desk.store.complete_sync(C, old, Completed(full=True), seen_on=day("2026-03-02"), now=desk.later())
    assert desk.store.balance_of(C, "F1") is None


def test_a_complete_sync_takes_no_further_page(desk: Desk) -> None:
    sync_id = desk.store.begin_sync(C, desk.later())
    desk.store.complete_sync(C, sync_id, Completed(full=True), seen_on=day("2026-03-02"), now=desk.later())
    with pytest.raises(StaleSyncError):
        desk.store.apply_page(C, sync_id, page(invoice("F1")), seen_on=day("2026-03-02"), now=desk.later())


def test_a_row_that_left_the_file_is_unseen_and_never_called_paid(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"))
    desk.quiet()
    changes = desk.sync(invoice("F2", "C2"), on="2026-03-05")
    assert (changes.unseen, changes.settled, changes.open_items) == (1, 0, 2)
    found = desk.store.balance_of(C, "F1")
    assert found is not None
    assert (found.unseen, found.balance) == (True, eur("1200.00"))
    assert desk.due() == ["C1"]
    assert "item_unseen" in desk.events()


def test_an_unseen_item_that_comes_back_is_seen_again(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync()
    desk.quiet()
    desk.sync(invoice("F1"))
    found = desk.store.balance_of(C, "F1")
    assert found is not None
    assert not found.unseen
    assert desk.due() == ["C1"]
    assert desk.events()[-1] == "item_seen_again"


def test_an_incremental_sync_makes_nothing_unseen(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    assert desk.sync(invoice("F2"), full=False).unseen == 0


def test_a_settled_item_that_leaves_the_file_stays_settled(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.sync(invoice("F1", balance="0.00"))
    assert desk.sync().unseen == 0


def test_vanished_items_are_counted_until_they_are_accepted(desk: Desk) -> None:
    desk.sync(*(invoice(f"F{count}") for count in range(4)))
    assert desk.sync(invoice("F0")).unseen == 3
    desk.store.set_quarantine(C, ["3 of 4 vanished"], desk.later())
    # The same short file again is no news, and no reason to let the company out of quarantine.
    assert desk.sync(invoice("F0")).unseen == 3
    desk.store.accept_quarantine(C, "anne", desk.later())
    assert desk.sync(invoice("F0")).unseen == 0


def test_a_returned_payment_opens_the_item_again_after_its_last_level(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.send(invoice("F1"))
    desk.sync(invoice("F1", balance="0.00"), on="2026-03-10")
    changes = desk.sync(invoice("F1"), on="2026-03-12")
    assert (changes.returned, changes.open_items) == (1, 1)
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert [line.level_id for line in case.history] == ["first"]
    assert case.holds == ()
    (row,) = desk.store.stats_rows(C)
    assert (row.settled_on, row.settled_by) == (None, "")
    assert observed(desk) == [("F1", "2026-03-10", "1200.00"), ("F1", "2026-03-12", "-1200.00")]


def test_a_payment_that_returns_after_the_thank_you_waits_for_a_person(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.send(invoice("F1"))
    paid = invoice("F1", balance="0.00")
    desk.sync(paid, on="2026-03-10")
    desk.queue(queued(paid, purpose=Purpose.THANK_YOU, occasion="F1@1", on="2026-03-11", deadline=None))
    desk.sent("2026-03-11")
    desk.sync(invoice("F1"), on="2026-03-12")
    (hold,) = holds(desk)
    assert (hold.kind, hold.item_id, hold.author) == (HoldKind.HOLD, "F1", "relance")
    assert hold.reason == "payment returned after the thank-you"
    # Paid once more, it may be thanked for once more.
    desk.sync(paid, on="2026-03-16")
    (settled,) = desk.store.settled(C, day("2026-03-16"), rehearsal=False)["C1"]
    assert (settled.times, settled.seen_on) == (2, day("2026-03-16"))


def test_a_changed_item_has_all_of_its_customers_items_looked_at_again(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", "C2"))
    desk.quiet()
    desk.sync(invoice("F1", balance="700.00"), invoice("F2"), invoice("F3", "C2"))
    assert desk.due() == ["C1"]
    rows = desk.store.db.all("SELECT item_id FROM items WHERE next_action_on IS NOT NULL ORDER BY item_id")
    assert [row["item_id"] for row in rows] == ["F1", "F2"]


def test_a_new_item_has_all_of_its_customers_items_looked_at_again(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F3", "C2"))
    desk.quiet()
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", "C2"))
    rows = desk.store.db.all("SELECT item_id FROM items WHERE next_action_on IS NOT NULL ORDER BY item_id")
    assert [row["item_id"] for row in rows] == ["F1", "F2"]


def test_an_item_that_changes_hands_has_both_customers_looked_at(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", "C2"))
    desk.quiet()
    desk.sync(invoice("F1", "C2"), invoice("F2"), invoice("F3", "C2"))
    assert desk.due() == ["C1", "C2"]


def test_an_item_is_kept_under_its_new_customer_and_its_new_number(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3"))
    changes = desk.sync(invoice("F1", "C2"), invoice("F2-b", item_id="F2"), invoice("F3"))
    assert changes.changed == 2
    kept = {
        item.item_id: (customer_id, item.number)
        for customer_id in ("C1", "C2")
        for item in desk.store.case_file(C, customer_id, rehearsal=False).items
    }
    assert kept == {"F1": ("C2", "F1"), "F2": ("C1", "F2-b"), "F3": ("C1", "F3")}


def test_a_customer_who_gets_an_address_is_looked_at_again(desk: Desk) -> None:
    desk.sync(invoice("F1"), customers=(customer(contacts=()),))
    desk.quiet()
    desk.sync(invoice("F1"), customers=(customer(),))
    assert desk.due() == ["C1"]


def test_quarantine_stays_accepted_as_long_as_its_reasons_are_the_same(desk: Desk) -> None:
    desk.store.set_quarantine(C, ["a", "b"], desk.later())
    assert desk.store.company_state(C).quarantine == ("a", "b")
    assert desk.store.accept_quarantine(C, "anne", desk.later()) == ("a", "b")
    assert desk.store.company_state(C).quarantine == ()
    desk.store.set_quarantine(C, ["b", "a"], desk.later())
    assert desk.store.company_state(C).quarantine == ()
    desk.store.set_quarantine(C, ["a", "c"], desk.later())
    assert desk.store.company_state(C).quarantine == ("a", "c")
    desk.store.set_quarantine(C, ["a", "b"], desk.later())
    assert desk.store.company_state(C).quarantine == ("a", "b")


def test_quarantine_that_comes_or_goes_has_everything_looked_at_again(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.quiet()
    desk.store.set_quarantine(C, [], desk.later())
    assert desk.due() == []
    desk.store.set_quarantine(C, ["a"], desk.later())
    assert desk.due() == ["C1"]
    desk.quiet()
    desk.store.set_quarantine(C, [], desk.later())
    assert desk.due() == ["C1"]
    assert desk.events() == ["quarantined", "quarantine_ended"]


def test_nothing_accepts_a_quarantine_that_is_not(desk: Desk) -> None:
    assert desk.store.accept_quarantine(C, "anne", desk.later()) == ()
    assert desk.events() == []


def version(item: OpenItem, stamp: str) -> OpenItem:
    return replace(item, version=stamp)


def test_an_older_version_that_comes_late_changes_nothing(desk: Desk) -> None:
    desk.sync(version(invoice("F1", balance="0.00"), "2026-03-02T10:00:00Z"))
    desk.sync(version(invoice("F1", balance="1200.00"), "2026-03-02T09:00:00Z"))
    stored = desk.store.balance_of(C, "F1")
    assert stored is not None
    assert (stored.balance, stored.version) == (eur("0.00"), "2026-03-02T10:00:00Z")


def test_a_change_that_did_not_move_its_stamp_is_taken_all_the_same(desk: Desk) -> None:
    desk.sync(version(invoice("F1"), "2026-03-02T09:00:00Z"))
    desk.sync(version(invoice("F1", due="2026-04-01"), "2026-03-02T09:00:00Z"))
    stored = desk.store.balance_of(C, "F1")
    assert stored is not None
    assert stored.due_on == day("2026-04-01")


def test_a_newer_stamp_alone_is_no_change(desk: Desk) -> None:
    desk.sync(version(invoice("F1"), "2026-03-02T09:00:00Z"))
    changes = desk.sync(version(invoice("F1"), "2026-03-02T11:00:00Z"))
    stored = desk.store.balance_of(C, "F1")
    assert stored is not None
    assert (changes.changed, stored.version) == (0, "2026-03-02T11:00:00Z")


def test_what_the_books_call_void_is_settled_without_money_and_keeps_its_facts(desk: Desk) -> None:
    desk.sync(invoice("F1"), credit_note("A1"))
    sync_id = desk.store.begin_sync(C, desk.later())
    gone = Page(voided=("F1", "A1", "never seen"))
    desk.store.apply_page(C, sync_id, gone, seen_on=day("2026-03-03"), now=desk.later())
    desk.store.complete_sync(C, sync_id, Completed(full=False), seen_on=day("2026-03-03"), now=desk.later())
    stored = desk.store.balance_of(C, "F1")
    assert stored is not None
    assert (stored.balance, stored.due_on, stored.number) == (eur("0.00"), day("2026-03-02"), "F1")
    assert settled_by(desk, "F1") == "void"
    assert observed(desk) == []
    assert desk.store.balance_of(C, "never seen") is None


def paid(number: str, amount: str, *, undone: bool = False) -> PaymentSeen:
    return PaymentSeen(
        payment_id=f"p-{number}", item_id=number, paid_on=day("2026-03-01"), amount=eur(amount), undone=undone
    )


def with_payments(desk: Desk, *items: OpenItem, payments: tuple[PaymentSeen, ...]) -> None:
    sync_id = desk.store.begin_sync(C, desk.later())
    shown = Page(items=items, payments=payments)
    desk.store.apply_page(C, sync_id, shown, seen_on=day("2026-03-03"), now=desk.later())
    desk.store.complete_sync(C, sync_id, Completed(full=False), seen_on=day("2026-03-03"), now=desk.later())


def test_a_payment_that_the_books_tell_is_not_taken_for_a_credit_note_of_the_same_amount(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    credit = credit_note("A1", total="-1200.00", balance="-1200.00")
    with_payments(desk, invoice("F1", balance="0.00"), credit, payments=(paid("F1", "1200.00"),))
    assert settled_by(desk, "F1") == "payment"


def test_a_payment_that_was_taken_back_explains_nothing(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    credit = credit_note("A1", total="-1200.00", balance="0.00")
    with_payments(desk, invoice("F1", balance="0.00"), credit, payments=(paid("F1", "1200.00", undone=True),))
    assert settled_by(desk, "F1") == "credit_note"


def test_a_payment_told_before_explains_no_later_fall(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    with_payments(desk, invoice("F1", balance="600.00"), payments=(paid("F1", "600.00"),))
    credit = credit_note("A1", total="-600.00", balance="0.00")
    with_payments(desk, invoice("F1", balance="0.00"), credit, payments=(paid("F1", "600.00"),))
    assert settled_by(desk, "F1") == "credit_note"


def test_items_that_a_full_sync_did_not_show_can_be_asked_for_before_it_ends(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3", balance="0.00"))
    sync_id = desk.store.begin_sync(C, desk.later())
    desk.store.apply_page(C, sync_id, page(invoice("F2")), seen_on=day("2026-03-03"), now=desk.later())
    assert desk.store.not_shown(C, sync_id) == ["F1"]


def test_an_item_read_again_outside_a_sync_is_laid_over_and_what_is_gone_becomes_unseen(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"), invoice("F3"))
    again = Page(items=(invoice("F1", balance="0.00"),), voided=("F3",))
    desk.store.apply_refresh(C, ["F1", "F2", "F3"], again, seen_on=day("2026-03-03"), now=desk.later())
    left = {item.item_id: item.unseen for item in desk.store.case_file(C, "C1", rehearsal=False).items}
    assert left == {"F2": True}
    # The payment is told by the next sync; until then nobody is thanked for it.
    assert settled_by(desk, "F1") == "pending"
    desk.sync(invoice("F1", balance="0.00"), invoice("F2"), full=False)
    assert settled_by(desk, "F1") == "payment"
    assert [item.unseen for item in desk.store.case_file(C, "C1", rehearsal=False).items] == [False]


def test_what_is_paid_in_parts_before_and_after_a_sync_is_told_by_each_sync(desk: Desk) -> None:
    # A part before a sync, another one seen right before a mail: the next sync explains what it had not explained yet.
    desk.sync(invoice("F1"), on="2026-03-02")
    desk.sync(invoice("F1", balance="800.00"), on="2026-03-03", full=False)
    for balance in ("500.00", "450.00"):
        again = Page(items=(invoice("F1", balance=balance),))
        desk.store.apply_refresh(C, ["F1"], again, seen_on=day("2026-03-04"), now=desk.later())
    desk.sync(invoice("F1", balance="400.00"), on="2026-03-05", full=False)
    assert observed(desk) == [("F1", "2026-03-03", "400.00"), ("F1", "2026-03-04", "400.00")]


def test_credit_that_is_used_right_before_a_mail_is_no_payment(desk: Desk) -> None:
    credit = credit_note("A1", total="-600.00", balance="-600.00")
    desk.sync(invoice("F1"), credit)
    used = credit_note("A1", total="-600.00", balance="0.00")
    again = Page(items=(invoice("F1", balance="600.00"), used))
    desk.store.apply_refresh(C, ["F1", "A1"], again, seen_on=day("2026-03-03"), now=desk.later())
    desk.sync(invoice("F1", balance="600.00"), used, full=False)
    assert observed(desk) == []
