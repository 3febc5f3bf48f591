"""What credit takes off: each expected figure is worked out by hand from "What is asked" in the design."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from engine.credits import allocate
from engine.kinds import HoldKind, HoldReason
from engine.model import Remind
from engine.money import Money
from tests.builders import eur
from tests.fakes.case_builders import (
    DUE,
    asked,
    credit,
    decided,
    decision_of,
    held,
    hold_of,
    only_notice,
    payment,
    said,
)
from tests.fakes.customer_life import CUSTOMER, case_file, invoice

if TYPE_CHECKING:
    from engine.model import HoldRecord

TODAY = date(2026, 3, 9)
OLD = invoice("OLD", due_on=date(2026, 2, 26), amount="100.00")
NEW = invoice("NEW", due_on=DUE, amount="80.00")
LATER = invoice("LATER", due_on=date(2026, 5, 4), amount="50.00")


def test_a_credit_note_reduces_the_invoice_that_it_names() -> None:
    outcome = decided(case_file([OLD, NEW, credit("A1", "30.00", reduces="NEW")]), TODAY)
    assert asked(outcome) == [{"OLD": ("first", "100.00"), "NEW": ("first", "50.00")}]
    remind = decision_of(outcome, "NEW")
    assert isinstance(remind, Remind)
    assert (remind.asked, remind.covered) == (eur("50.00"), eur("30.00"))


def test_a_credit_note_that_names_none_reduces_the_oldest_due_date_first() -> None:
    outcome = decided(case_file([NEW, OLD, credit("A1", "130.00")]), TODAY)
    assert asked(outcome) == [{"NEW": ("first", "50.00")}]
    assert hold_of(outcome, "OLD", HoldReason.COVERED_BY_CREDIT).covered == eur("100.00")


def test_what_is_left_of_a_named_credit_note_goes_to_the_oldest() -> None:
    outcome = decided(case_file([OLD, NEW, credit("A1", "100.00", reduces="NEW")]), TODAY)
    assert asked(outcome) == [{"OLD": ("first", "80.00")}]
    hold_of(outcome, "NEW", HoldReason.COVERED_BY_CREDIT)


def test_a_named_credit_note_comes_before_those_that_name_none() -> None:
    # The free 100 would have covered OLD; the named 100 leaves nothing of it, so the free one goes on to NEW.
    items = [OLD, NEW, credit("A1", "100.00", dated=date(2026, 1, 5)), credit("A2", "100.00", reduces="OLD")]
    assert said(decided(case_file(items), TODAY)) == {
        "A1": "hold:covered_by_credit",
        "A2": "hold:covered_by_credit",
        "OLD": "hold:covered_by_credit",
        "NEW": "hold:covered_by_credit",
    }


def test_credit_also_reduces_items_that_are_not_due_yet() -> None:
    # Of 190, OLD takes 100, NEW 80 and LATER, not due before May, 10.
    outcome = decided(case_file([OLD, NEW, LATER, credit("A1", "190.00")]), TODAY)
    later = hold_of(outcome, "LATER", HoldReason.NOT_DUE)
    assert (later.held, later.covered) == (eur("40.00"), eur("10.00"))


def test_an_item_not_due_yet_that_is_older_takes_credit_before_a_later_one() -> None:
    early = invoice("EARLY", due_on=date(2026, 4, 1), amount="30.00")
    outcome = decided(case_file([LATER, early, credit("A1", "40.00")]), TODAY)
    hold_of(outcome, "EARLY", HoldReason.COVERED_BY_CREDIT)
    assert hold_of(outcome, "LATER", HoldReason.NOT_DUE).covered == eur("10.00")


def test_credit_of_another_currency_takes_nothing_off() -> None:
    case = case_file([OLD, credit("A1", "30.00", currency="USD")])
    assert asked(decided(case, TODAY)) == [{"OLD": ("first", "100.00")}]


def test_free_credit_leaves_disputed_items_alone() -> None:
    case = case_file([OLD, NEW, credit("A1", "30.00")], holds=[held(HoldKind.DISPUTE, item=OLD)])
    outcome = decided(case, TODAY)
    assert asked(outcome) == [{"NEW": ("first", "50.00")}]
    assert hold_of(outcome, "OLD", HoldReason.DISPUTE).covered == eur("0.00")


def contested(amount: str, **more: Any) -> HoldRecord:
    return replace(held(HoldKind.DISPUTE, item=OLD), disputed=eur(amount), **more)


def test_what_is_contested_is_not_asked_and_free_credit_comes_off_the_rest() -> None:
    outcome = decided(case_file([OLD, credit("A1", "30.00")], holds=[contested("40.00")]), TODAY)
    remind = decision_of(outcome, "OLD")
    assert isinstance(remind, Remind)
    assert (remind.asked, remind.covered, remind.disputed) == (eur("30.00"), eur("30.00"), eur("40.00"))
    (line,) = only_notice(outcome).lines
    assert (line.asked, line.credit, line.disputed) == (eur("30.00"), eur("30.00"), eur("40.00"))
    more = decided(case_file([OLD, credit("A1", "70.00")], holds=[contested("40.00")]), TODAY)
    hold = hold_of(more, "OLD", HoldReason.DISPUTE)
    assert (hold.held, hold.covered, dict(hold.facts)["disputed"]) == (eur("40.00"), eur("60.00"), "40.00 EUR")


def test_a_credit_note_that_names_the_invoice_comes_off_the_rest_and_then_off_what_is_contested() -> None:
    named = credit("A1", "70.00", reduces="OLD")
    hold = hold_of(decided(case_file([OLD, named], holds=[contested("40.00")]), TODAY), "OLD", HoldReason.DISPUTE)
    assert (hold.held, hold.covered) == (eur("30.00"), eur("70.00"))


def test_a_receipt_comes_off_what_is_asked_alone() -> None:
    remind = decision_of(decided(case_file([OLD, payment("V1", "10.00")], holds=[contested("40.00")]), TODAY), "OLD")
    assert isinstance(remind, Remind)
    assert (remind.asked, remind.disputed) == (eur("50.00"), eur("40.00"))
    whole = decided(case_file([OLD, payment("V1", "60.00")], holds=[contested("40.00")]), TODAY)
    assert said(whole)["OLD"] == "hold:payment_to_allocate"
    # 60 of the 100 cover what is asked of OLD; the other 40 are NEW's.
    both = decided(case_file([OLD, NEW, payment("V1", "100.00")], holds=[contested("40.00")]), TODAY)
    assert said(both) == {"OLD": "hold:payment_to_allocate", "NEW": "first", "V1": "hold:payment_to_allocate"}
    assert [str(line.asked) for line in only_notice(both).lines] == ["40.00"]


def test_the_end_of_a_contested_part_is_a_day_to_look_at_the_customer_again() -> None:
    until = date(2026, 3, 20)
    assert decided(case_file([OLD, NEW], holds=[contested("98.00", until=until)]), TODAY).recheck_on == date(
        2026, 3, 21
    )
    assert decided(case_file([OLD, NEW], holds=[contested("98.00")]), TODAY).recheck_on is None
    assert decided(case_file([OLD, NEW], holds=[contested("98.00", until=TODAY)]), date(2026, 3, 10)).recheck_on is None


def test_less_than_the_minimum_besides_what_is_contested_is_not_asked() -> None:
    assert said(decided(case_file([OLD], holds=[contested("95.01")]), TODAY)) == {"OLD": "hold:below_minimum"}
    assert said(decided(case_file([OLD], holds=[contested("95.00")]), TODAY)) == {"OLD": "first"}
    assert said(decided(case_file([OLD], holds=[contested("100.00")]), TODAY)) == {"OLD": "hold:dispute"}


def test_a_contested_part_ends_with_its_last_day() -> None:
    remind = decision_of(decided(case_file([OLD], holds=[contested("40.00", until=date(2026, 3, 8))]), TODAY), "OLD")
    assert isinstance(remind, Remind)
    assert (remind.asked, remind.disputed) == (eur("100.00"), None)


def test_in_a_group_credit_goes_to_the_oldest_of_all_but_a_name_only_means_its_own_customers_invoice() -> None:
    theirs = replace(OLD, customer_id="C2")
    free, named = credit("A1", "30.00"), credit("A2", "50.00", reduces="OLD")
    members = (replace(CUSTOMER, customer_id="C2", name="Filiale"),)
    outcome = decided(replace(case_file([theirs, NEW, free]), members=members), TODAY)
    assert [(str(one.asked), one.debtor) for one in only_notice(outcome).lines] == [("70.00", "Filiale"), ("80.00", "")]
    # The credit note is C1's: the invoice that it names is C1's too, although C2 has an older one of the same number.
    other = replace(NEW, number="OLD")
    outcome = decided(replace(case_file([theirs, other, named]), members=members), TODAY)
    assert [(one.item.item_id, str(one.asked)) for one in only_notice(outcome).lines] == [
        (theirs.item_id, "100.00"),
        (other.item_id, "30.00"),
    ]


def test_credit_shows_as_lines_with_what_was_used_of_it() -> None:
    first, second = credit("A1", "30.00", reduces="NEW"), credit("A2", "25.00", reduces="OLD")
    notice = only_notice(decided(case_file([OLD, NEW, first, second]), TODAY))
    assert {line.item.number: line.used for line in notice.credits} == {"A1": eur("30.00"), "A2": eur("25.00")}
    assert {line.item.number: (line.asked, line.credit) for line in notice.lines} == {
        "OLD": (eur("75.00"), eur("25.00")),
        "NEW": (eur("50.00"), eur("30.00")),
    }
    assert notice.totals == {"EUR": eur("125.00")}


def test_the_rest_of_a_credit_stays_on_account_and_only_its_used_part_is_shown() -> None:
    # 130 cover LATER's share too: the notice for NEW shows what NEW got of it, 30.
    notice = only_notice(decided(case_file([OLD, NEW, credit("A1", "130.00")]), TODAY))
    assert {line.item.number: line.used for line in notice.credits} == {"A1": eur("30.00")}


def test_an_item_that_credit_covers_whole_is_held_and_names_the_credit() -> None:
    outcome = decided(case_file([OLD, NEW, credit("A1", "100.00", reduces="OLD")]), TODAY)
    hold = hold_of(outcome, "OLD", HoldReason.COVERED_BY_CREDIT)
    assert (hold.held, hold.covered, dict(hold.facts)["credits"]) == (eur("0.00"), eur("100.00"), "A1")


def test_an_unapplied_receipt_that_covers_what_is_asked_is_to_be_allocated_first() -> None:
    outcome = decided(case_file([OLD, NEW, payment("R1", "180.00")]), TODAY)
    assert said(outcome) == {
        "R1": "hold:payment_to_allocate",
        "OLD": "hold:payment_to_allocate",
        "NEW": "hold:payment_to_allocate",
    }
    assert outcome.notices == ()


def test_an_unapplied_receipt_that_covers_a_part_is_shown_and_taken_off_the_oldest() -> None:
    outcome = decided(case_file([OLD, NEW, payment("R1", "120.00")]), TODAY)
    assert asked(outcome) == [{"NEW": ("first", "60.00")}]
    assert hold_of(outcome, "OLD", HoldReason.PAYMENT_TO_ALLOCATE).covered == eur("100.00")
    assert {line.item.number: line.used for line in only_notice(outcome).credits} == {"R1": eur("20.00")}


def test_credit_notes_come_off_before_a_receipt_is_weighed_against_what_is_asked() -> None:
    # 180 owed, 100 credited: the receipt of 80 covers all that is asked.
    outcome = decided(case_file([OLD, NEW, credit("A1", "100.00"), payment("R1", "80.00")]), TODAY)
    assert said(outcome)["NEW"] == "hold:payment_to_allocate"


def test_a_customer_in_credit_is_never_written_to() -> None:
    # 200 of credit name OLD only; together they exceed 180 of invoices.
    outcome = decided(case_file([OLD, NEW, credit("A1", "200.00", reduces="OLD")]), TODAY)
    assert outcome.notices == ()
    both = decided(case_file([OLD, NEW, credit("A1", "100.00"), payment("R1", "100.00")]), TODAY)
    assert both.notices == ()


def test_a_customer_in_credit_is_left_alone_although_the_credit_belongs_to_a_disputed_item() -> None:
    # Free credit spares the disputed OLD and covers NEW; the rest stays on account.
    case = case_file([OLD, NEW, credit("A1", "190.00")], holds=[held(HoldKind.DISPUTE, item=OLD)])
    assert decided(case, TODAY).notices == ()


def test_a_credit_that_left_the_books_covers_nothing() -> None:
    gone = replace(credit("A1", "100.00"), unseen=True)
    outcome = decided(case_file([OLD, gone]), TODAY)
    assert asked(outcome) == [{"OLD": ("first", "100.00")}]
    hold_of(outcome, "A1", HoldReason.UNSEEN)


AMOUNTS = st.lists(st.integers(1, 50_000), min_size=1, max_size=5)


@given(AMOUNTS, AMOUNTS, st.lists(st.integers(0, 5), min_size=5, max_size=5))
def test_credit_is_used_up_to_its_amount_and_never_below_zero(
    owed: list[int], credited: list[int], names: list[int]
) -> None:
    invoices = [
        replace(invoice(f"F{n}", due_on=date(2026, 3, 1 + n)), balance=Money(minor=minor, currency="EUR"))
        for n, minor in enumerate(owed)
    ]
    credits_ = [
        replace(credit(f"A{n}", "1.00", reduces=f"F{name}"), balance=Money(minor=-minor, currency="EUR"))
        for n, (minor, name) in enumerate(zip(credited, names, strict=False))
    ]
    used = allocate([*credits_, *invoices], {})
    covered = sum(used.taken_off(one).minor for one in invoices)
    assert covered == min(sum(owed), sum(credited))
    assert all(0 <= used.left(one).minor <= one.balance.minor for one in invoices)
    for one in credits_:
        lines = [line for parts in used.used.values() for line in parts if line.item.number == one.number]
        assert sum(line.used.minor for line in lines) <= -one.balance.minor
