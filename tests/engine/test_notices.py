"""What is asked and who shares a notice. Amounts and days are worked out by hand from the design."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from engine.kinds import Channel, Charges, ContactRole, DueSource, Grouping, HoldKind, HoldReason, ReminderState, Tone
from engine.model import Contact, HistoryLine, OpenItem
from engine.money import Money
from tests.builders import eur
from tests.fakes.case_builders import (
    DUE,
    asked,
    credit,
    decided,
    held,
    hold_of,
    only_notice,
    payment,
    promise,
    said,
    sent,
)
from tests.fakes.customer_life import CUSTOMER, STANDARD, case_file, invoice

FIRST_DUE = date(2026, 3, 9)
FORMAL_DUE = date(2026, 4, 16)


def ready_for(item: OpenItem, level_id: str, deadline: date) -> HistoryLine:
    """The line of the level before, whose deadline is over."""
    levels = [level.level_id for level in STANDARD.levels]
    before = levels[levels.index(level_id) - 1]
    return sent(item, before, date(2026, 2, 1), deadline=deadline)


# Who shares a notice


def test_a_customers_due_items_share_one_notice_each_at_its_own_level_with_the_highest_tone() -> None:
    old, new = invoice("OLD", due_on=date(2026, 2, 2), amount="10000.00"), invoice("NEW", due_on=DUE, amount="450.00")
    case = case_file([old, new], history=[ready_for(old, "third", date(2026, 2, 26))])
    notice = only_notice(decided(case, FIRST_DUE))
    assert [(line.item.number, line.level_id) for line in notice.lines] == [("OLD", "third"), ("NEW", "first")]
    assert (notice.level_id, notice.tone, notice.offset) == ("third", Tone.FINAL, 30)
    assert notice.totals == {"EUR": eur("10450.00")}


def test_charges_are_shown_only_for_items_whose_own_level_shows_them() -> None:
    levels = tuple(replace(lv, charges=Charges.SHOW) if lv.level_id == "third" else lv for lv in STANDARD.levels)
    old, new = invoice("OLD", due_on=date(2026, 2, 2)), invoice("NEW", due_on=DUE)
    case = case_file([old, new], history=[ready_for(old, "third", date(2026, 2, 26))])
    notice = only_notice(decided(case, FIRST_DUE, plan=replace(STANDARD, levels=levels)))
    assert {line.item.number: line.charges for line in notice.lines} == {"OLD": Charges.SHOW, "NEW": Charges.NONE}


def test_an_assumed_due_date_shows_no_charges() -> None:
    levels = tuple(replace(lv, charges=Charges.SHOW) for lv in STANDARD.levels)
    item = replace(invoice("F1", due_on=DUE), due_source=DueSource.ASSUMED)
    (line,) = only_notice(decided(case_file([item]), FIRST_DUE, plan=replace(STANDARD, levels=levels))).lines
    assert line.charges is Charges.NONE


def test_each_currency_has_its_own_total_in_the_same_notice() -> None:
    items = [invoice("F1", due_on=DUE), invoice("U1", due_on=DUE, amount="70.00", currency="USD")]
    notice = only_notice(decided(case_file(items), FIRST_DUE))
    assert notice.totals == {"EUR": eur("100.00"), "USD": Money(minor=7000, currency="USD")}


def test_other_overdue_items_are_listed_as_information_and_not_asked() -> None:
    due, running = invoice("DUE", due_on=DUE), invoice("RUNNING", due_on=date(2026, 2, 20))
    later = invoice("LATER", due_on=date(2026, 5, 4))
    history = [sent(running, "first", date(2026, 3, 3), deadline=date(2026, 3, 11))]
    notice = only_notice(decided(case_file([due, running, later], history=history), FIRST_DUE))
    assert asked(decided(case_file([due, running, later], history=history), FIRST_DUE)) == [
        {"DUE": ("first", "100.00")}
    ]
    assert [item.number for item in notice.also_open] == ["RUNNING"]
    assert notice.totals == {"EUR": eur("100.00")}


def test_a_disputed_item_is_not_even_listed() -> None:
    due, disputed = invoice("DUE", due_on=DUE), invoice("DISPUTED", due_on=date(2026, 2, 20))
    case = case_file([due, disputed], holds=[held(HoldKind.DISPUTE, item=disputed)])
    assert only_notice(decided(case, FIRST_DUE)).also_open == ()


def test_a_promised_item_is_listed_but_not_asked() -> None:
    due, promised = invoice("DUE", due_on=DUE), invoice("PROMISED", due_on=date(2026, 2, 20))
    outcome = decided(case_file([due, promised], holds=[promise(promised, date(2026, 3, 20))]), FIRST_DUE)
    assert said(outcome) == {"PROMISED": "hold:promise", "DUE": "first"}
    assert [item.number for item in only_notice(outcome).also_open] == ["PROMISED"]


def test_whoever_pays_for_others_is_told_whose_invoices_are_open_besides() -> None:
    due, own, theirs = (invoice(number, due_on=DUE) for number in ("DUE", "OWN", "THEIRS"))
    theirs = replace(theirs, customer_id="C2")
    holds = [
        promise(own, date(2026, 3, 20)),
        promise(theirs, date(2026, 3, 20), hold_id="p2"),
    ]
    members = (replace(CUSTOMER, customer_id="C2", name="Filiale"), replace(CUSTOMER, customer_id="C3", name="Autre"))
    notice = only_notice(decided(replace(case_file([due, own, theirs], holds=holds), members=members), FIRST_DUE))
    assert [item.number for item in notice.also_open] == ["OWN", "THEIRS"]
    assert notice.debtors == (("C2", "Filiale"),)


def test_an_item_due_on_the_day_itself_is_not_overdue_and_not_listed() -> None:
    due, today = invoice("DUE", due_on=DUE), invoice("TODAY", due_on=FIRST_DUE)
    assert only_notice(decided(case_file([due, today]), FIRST_DUE)).also_open == ()


def test_an_item_that_credit_covers_whole_is_not_listed() -> None:
    # The credit note names F2, whose first level is not due yet but which is overdue.
    due, covered = invoice("F1", due_on=DUE), invoice("F2", due_on=date(2026, 3, 6), amount="40.00")
    case = case_file([due, covered, credit("A1", "40.00", reduces="F2")])
    assert only_notice(decided(case, FIRST_DUE)).also_open == ()


def test_levels_before_the_due_date_never_share_a_notice_with_overdue_items() -> None:
    # No chase: OVERDUE was never reminded. The overdue notice goes first, the courtesy waits for the gap.
    overdue, soon = invoice("OVERDUE", due_on=DUE), invoice("SOON", due_on=date(2026, 3, 13))
    outcome = decided(case_file([overdue, soon]), FIRST_DUE)
    assert asked(outcome) == [{"OVERDUE": ("first", "100.00")}]
    hold_of(outcome, "SOON", HoldReason.INTERVAL)
    without_gap = decided(case_file([overdue, soon]), FIRST_DUE, plan=replace(STANDARD, min_gap_days=0))
    assert asked(without_gap) == [{"OVERDUE": ("first", "100.00")}, {"SOON": ("pre_due", "100.00")}]


def test_a_courtesy_before_the_due_date_prints_no_deadline_and_lists_nothing_else() -> None:
    notice = only_notice(decided(case_file([invoice("F1", due_on=DUE)]), date(2026, 2, 25)))
    assert (notice.deadline_on, notice.also_open, notice.needs_approval) == (None, (), False)


def test_a_formal_notice_goes_alone_is_approved_and_blocks_no_other() -> None:
    formal, other = invoice("FORMAL", due_on=DUE), invoice("OTHER", due_on=date(2026, 4, 7))
    case = case_file([formal, other], history=[ready_for(formal, "formal", date(2026, 4, 9))])
    outcome = decided(case, FORMAL_DUE)
    assert asked(outcome) == [{"FORMAL": ("formal", "100.00")}, {"OTHER": ("first", "100.00")}]
    first, second = outcome.notices
    assert (first.is_formal, first.needs_approval, first.also_open) == (True, True, ())
    assert (second.is_formal, second.needs_approval) == (False, False)
    assert [item.number for item in second.also_open] == ["FORMAL"]


def test_a_formal_notice_that_awaits_approval_keeps_no_other_item_waiting() -> None:
    formal, other = invoice("FORMAL", due_on=DUE), invoice("OTHER", due_on=date(2026, 4, 7))
    waiting = sent(formal, "formal", FORMAL_DUE, state=ReminderState.AWAITING_APPROVAL)
    case = replace(
        case_file([formal, other], history=[ready_for(formal, "formal", date(2026, 4, 9)), waiting]),
        last_contact_on=date(2026, 4, 1),
    )
    assert said(decided(case, date(2026, 4, 17))) == {"FORMAL": "hold:awaiting_approval", "OTHER": "first"}


def test_a_level_that_asks_for_approval_goes_to_a_person_in_any_mode() -> None:
    levels = tuple(replace(lv, approval=lv.level_id == "first") for lv in STANDARD.levels)
    notice = only_notice(
        decided(case_file([invoice("F1", due_on=DUE)]), FIRST_DUE, plan=replace(STANDARD, levels=levels))
    )
    assert (notice.needs_approval, notice.is_formal) == (True, False)


def test_a_formal_notice_waits_while_any_credit_is_unallocated_and_the_others_do_not() -> None:
    formal = invoice("FORMAL", due_on=DUE, amount="900.00")
    other = invoice("OTHER", due_on=date(2026, 4, 7), amount="900.00")
    history = [ready_for(formal, "formal", date(2026, 4, 9))]
    for loose in (credit("A1", "10.00"), payment("R1", "10.00")):
        outcome = decided(case_file([formal, other, loose], history=history), FORMAL_DUE)
        hold_of(outcome, "FORMAL", HoldReason.PAYMENT_TO_ALLOCATE)
        assert [notice.level_id for notice in outcome.notices] == ["first"]


def test_by_the_providers_own_mail_each_item_has_a_notice_of_its_own() -> None:
    # The provider mails one invoice at a time, whatever the plan groups by; the gap is the customer's all the same.
    items = [invoice("F1", due_on=DUE), invoice("F2", due_on=DUE)]
    levels = tuple(replace(lv, channel=Channel.PROVIDER) for lv in STANDARD.levels)
    plan = replace(STANDARD, levels=levels, min_gap_days=0)
    notices = decided(case_file(items), FIRST_DUE, plan=plan).notices
    assert [[line.item.number for line in notice.lines] for notice in notices] == [["F1"], ["F2"]]
    spaced = decided(case_file(items), FIRST_DUE, plan=replace(plan, min_gap_days=5))
    assert said(spaced) == {"F1": "first", "F2": "hold:interval"}


def test_with_group_invoice_each_item_has_a_notice_of_its_own() -> None:
    items = [invoice("F1", due_on=DUE), invoice("F2", due_on=DUE)]
    by_invoice = replace(STANDARD, group=Grouping.INVOICE, min_gap_days=0)
    assert len(decided(case_file(items), FIRST_DUE, plan=by_invoice).notices) == 2
    # The gap is the customer's: with one, the second invoice waits its turn.
    assert said(decided(case_file(items), FIRST_DUE, plan=replace(STANDARD, group=Grouping.INVOICE))) == {
        "F1": "first",
        "F2": "hold:interval",
    }


def test_items_of_two_channels_are_two_notices() -> None:
    levels = tuple(replace(lv, channel=Channel.CALL) if lv.level_id == "third" else lv for lv in STANDARD.levels)
    old, new = invoice("OLD", due_on=date(2026, 2, 2)), invoice("NEW", due_on=DUE)
    case = case_file([old, new], history=[ready_for(old, "third", date(2026, 2, 26))])
    outcome = decided(case, FIRST_DUE, plan=replace(STANDARD, levels=levels, min_gap_days=0))
    assert [(notice.channel, notice.to is None) for notice in outcome.notices] == [
        (Channel.CALL, True),
        (Channel.EMAIL, False),
    ]
    # With a gap between contacts the firmer one goes first.
    outcome = decided(case, FIRST_DUE, plan=replace(STANDARD, levels=levels))
    assert said(outcome) == {"OLD": "third", "NEW": "hold:interval"}


def test_a_hold_on_one_item_never_silences_the_others() -> None:
    items = [invoice("F1", due_on=DUE), invoice("F2", due_on=DUE)]
    case = case_file(items, holds=[held(HoldKind.HOLD, item=items[0])])
    assert said(decided(case, FIRST_DUE)) == {"F1": "hold:hold", "F2": "first"}


# Recipients


def test_one_to_and_copies_only_to_the_roles_that_the_level_names() -> None:
    contacts = (
        Contact(email="boss@client-un.example", role=ContactRole.DIRECTOR),
        Contact(email="ap@client-un.example"),
        Contact(email="ap2@client-un.example"),
        Contact(email="AP@client-un.example", role=ContactRole.DIRECTOR),
        Contact(email="other@client-un.example", role=ContactRole.OTHER),
    )
    levels = tuple(replace(lv, cc=(ContactRole.DIRECTOR,)) for lv in STANDARD.levels)
    case = case_file([invoice("F1", due_on=DUE)], customer=replace(CUSTOMER, contacts=contacts))
    notice = only_notice(decided(case, FIRST_DUE, plan=replace(STANDARD, levels=levels)))
    assert notice.to == contacts[1]
    assert notice.cc == (contacts[0],)  # the director who is also the addressee is not copied
    assert only_notice(decided(case, FIRST_DUE)).cc == ()


def test_a_level_to_a_role_nobody_has_goes_to_billing() -> None:
    levels = tuple(replace(lv, to=(ContactRole.DIRECTOR,)) for lv in STANDARD.levels)
    notice = only_notice(
        decided(case_file([invoice("F1", due_on=DUE)]), FIRST_DUE, plan=replace(STANDARD, levels=levels))
    )
    assert notice.to == CUSTOMER.contacts[0]


@pytest.mark.parametrize(
    ("contacts", "reason"),
    [
        ((), HoldReason.NO_ADDRESS),
        ((Contact(email="", name="Nobody"),), HoldReason.NO_ADDRESS),
        ((Contact(email="gone@client-un.example", failed=True),), HoldReason.ADDRESS_FAILED),
    ],
)
def test_without_an_address_that_works_an_item_is_held_never_silent(
    contacts: tuple[Contact, ...], reason: HoldReason
) -> None:
    case = case_file([invoice("F1", due_on=DUE)], customer=replace(CUSTOMER, contacts=contacts))
    hold = hold_of(decided(case, FIRST_DUE), "F1", reason)
    assert (hold.level_id, hold.held) == ("first", eur("100.00"))


def test_a_letter_or_a_call_needs_no_mail_address() -> None:
    levels = tuple(replace(lv, channel=Channel.CALL) for lv in STANDARD.levels)
    case = case_file([invoice("F1", due_on=DUE)], customer=replace(CUSTOMER, contacts=()))
    assert said(decided(case, FIRST_DUE, plan=replace(STANDARD, levels=levels))) == {"F1": "first"}


# The minimum


@pytest.mark.parametrize(("amount", "expected"), [("4.99", "hold:below_minimum"), ("5.00", "first")])
def test_a_notice_below_the_minimum_is_not_written(amount: str, expected: str) -> None:
    assert said(decided(case_file([invoice("F1", due_on=DUE, amount=amount)]), FIRST_DUE)) == {"F1": expected}


def test_the_minimum_applies_to_the_total_of_the_notice_not_to_each_item() -> None:
    items = [invoice("F1", due_on=DUE, amount="3.00"), invoice("F2", due_on=DUE, amount="3.00")]
    assert asked(decided(case_file(items), FIRST_DUE)) == [{"F1": ("first", "3.00"), "F2": ("first", "3.00")}]


def test_the_minimum_applies_after_credit() -> None:
    case = case_file([invoice("F1", due_on=DUE), credit("A1", "95.50")])
    hold = hold_of(decided(case, FIRST_DUE), "F1", HoldReason.BELOW_MINIMUM)
    assert (hold.held, hold.covered) == (eur("4.50"), eur("95.50"))


def test_the_minimum_applies_in_each_currency_apart() -> None:
    items = [invoice("F1", due_on=DUE), invoice("U1", due_on=DUE, amount="4.00", currency="USD")]
    assert said(decided(case_file(items), FIRST_DUE)) == {"F1": "first", "U1": "hold:below_minimum"}


def test_the_minimum_of_a_currency_without_decimals_is_rounded_down() -> None:
    plan = replace(STANDARD, min_balance=Decimal("5.50"))
    yen = invoice("Y1", due_on=DUE, amount="5", currency="JPY")
    assert said(decided(case_file([yen]), FIRST_DUE, plan=plan)) == {"Y1": "first"}


# The broken promise


def test_the_reminder_after_a_broken_promise_speaks_of_it_and_the_ones_after_do_not() -> None:
    item = invoice("F1", due_on=DUE)
    first = sent(item, "first", date(2026, 3, 9), deadline=date(2026, 3, 17))
    broken = promise(item, date(2026, 3, 20), broken_on=date(2026, 3, 25))
    notice = only_notice(decided(case_file([item], history=[first], holds=[broken]), date(2026, 3, 25)))
    assert (notice.level_id, notice.broken_promise_on) == ("second", date(2026, 3, 20))
    second = sent(item, "second", date(2026, 3, 25), deadline=date(2026, 4, 2))
    notice = only_notice(decided(case_file([item], history=[first, second], holds=[broken]), date(2026, 4, 3)))
    assert (notice.level_id, notice.broken_promise_on) == ("third", None)


def test_the_broken_promise_of_another_item_is_not_spoken_of() -> None:
    item, other = invoice("F1", due_on=DUE), invoice("F2", due_on=date(2026, 6, 1))
    broken = promise(other, date(2026, 3, 2), broken_on=date(2026, 3, 6))
    assert only_notice(decided(case_file([item, other], holds=[broken]), FIRST_DUE)).broken_promise_on is None


def test_what_is_also_open_is_listed_net_of_credit() -> None:
    """F1 runs its deadline until 17 March, F2 is due on 10 March and asked on the 16th; the credit note goes to F1."""
    listed = invoice("F1", due_on=DUE, amount="100.00")
    late = invoice("F2", due_on=date(2026, 3, 10), amount="50.00")
    told = sent(listed, "first", date(2026, 3, 9), deadline=date(2026, 3, 17))
    case = case_file([listed, late, credit("A1", "30.00")], history=[told])
    (notice,) = decided(case, date(2026, 3, 16)).notices
    assert [(one.number, one.balance) for one in notice.also_open] == [("F1", eur("70.00"))]
    assert notice.totals == {"EUR": eur("50.00")}
