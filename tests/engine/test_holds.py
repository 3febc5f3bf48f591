"""What stops the chasing, and how a promise is judged, by "Promises and dates" of the design."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.decide import next_action_on
from engine.holds import PromiseOutcome, judge_promise, judgement_day, received_since, with_promises_judged
from engine.kinds import HoldKind, HoldReason, PaymentMethod
from engine.model import OpenItem, Remind
from engine.money import Money
from tests.builders import eur
from tests.fakes.case_builders import DUE, FRANCE, decided, decision_of, held, hold_of, only_notice, promise, said, sent
from tests.fakes.customer_life import CUSTOMER, STANDARD, case_file, invoice

if TYPE_CHECKING:
    from engine.calendar import BusinessCalendar

TODAY = date(2026, 3, 9)
F1, F2 = invoice("F1", due_on=DUE), invoice("F2", due_on=DUE)


# Records


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (HoldKind.HOLD, HoldReason.HOLD),
        (HoldKind.DISPUTE, HoldReason.DISPUTE),
        (HoldKind.INSTALMENTS, HoldReason.INSTALMENTS),
        (HoldKind.INSOLVENCY, HoldReason.INSOLVENCY),
        (HoldKind.FACTORED, HoldReason.FACTORED),
        (HoldKind.INTERCOMPANY, HoldReason.INTERCOMPANY),
        (HoldKind.HANDED_OVER, HoldReason.HANDED_OVER),
        (HoldKind.WRITTEN_OFF, HoldReason.HOLD),
        (HoldKind.STOPPED, HoldReason.HOLD),
    ],
)
def test_each_kind_of_record_stops_an_item_for_its_own_reason(kind: HoldKind, reason: HoldReason) -> None:
    outcome = decided(case_file([F1, F2], holds=[held(kind, item=F1, reason="because")]), TODAY)
    hold = hold_of(outcome, "F1", reason)
    assert (hold.until, hold.held) == (None, eur("100.00"))
    assert (dict(hold.facts)["reason"], dict(hold.facts)["author"]) == ("because", "camille")
    assert isinstance(decision_of(outcome, "F2"), Remind)


def test_a_hold_lasts_until_its_last_day_included() -> None:
    case = case_file([F1], holds=[held(HoldKind.HOLD, item=F1, until=date(2026, 3, 10))])
    last = hold_of(decided(case, date(2026, 3, 10)), "F1", HoldReason.HOLD)
    assert (last.until, next_action_on(last)) == (date(2026, 3, 10), date(2026, 3, 11))
    assert said(decided(case, date(2026, 3, 11))) == {"F1": "first"}


def test_a_hold_on_a_customer_or_on_the_company_stops_each_of_its_items() -> None:
    stopped = {"F1": "hold:hold", "F2": "hold:hold"}
    for record in (held(HoldKind.HOLD, customer_id="C1"), held(HoldKind.HOLD)):
        assert said(decided(case_file([F1, F2], holds=[record]), TODAY)) == stopped
    other = held(HoldKind.HOLD, customer_id="C2")
    assert said(decided(case_file([F1, F2], holds=[other]), TODAY)) == {"F1": "first", "F2": "first"}


def test_the_most_final_of_several_records_is_told() -> None:
    records = [
        held(HoldKind.HOLD, item=F1, hold_id="a"),
        held(HoldKind.DISPUTE, item=F1, hold_id="b"),
        held(HoldKind.INSOLVENCY, customer_id="C1", hold_id="c"),
        held(HoldKind.HANDED_OVER, item=F1, hold_id="d"),
    ]
    reasons = []
    while records:
        reasons.append(said(decided(case_file([F1], holds=records), TODAY))["F1"])
        records.pop()
    assert reasons == ["hold:handed_over", "hold:insolvency", "hold:dispute", "hold:hold"]


def test_a_released_dispute_resumes_at_the_items_next_level() -> None:
    history = [sent(F1, "first", date(2026, 3, 9), deadline=date(2026, 3, 17))]
    dispute = held(HoldKind.DISPUTE, item=F1)
    hold_of(decided(case_file([F1], history=history, holds=[dispute]), date(2026, 5, 4)), "F1", HoldReason.DISPUTE)
    assert said(decided(case_file([F1], history=history), date(2026, 5, 4))) == {"F1": "second"}


# The customer and the books


def test_a_customer_that_must_not_be_contacted_is_not() -> None:
    case = case_file([F1], customer=replace(CUSTOMER, do_not_contact=True))
    hold_of(decided(case, TODAY), "F1", HoldReason.DO_NOT_CONTACT)


def test_a_direct_debit_is_not_chased() -> None:
    case = case_file([F1], customer=replace(CUSTOMER, payment_method=PaymentMethod.DIRECT_DEBIT))
    hold_of(decided(case, TODAY), "F1", HoldReason.DIRECT_DEBIT)
    by_transfer = case_file([F1], customer=replace(CUSTOMER, payment_method=PaymentMethod.TRANSFER))
    assert said(decided(by_transfer, TODAY)) == {"F1": "first"}


def test_an_item_that_left_the_books_is_unseen_and_never_called_paid() -> None:
    hold = hold_of(decided(case_file([replace(F1, unseen=True)]), TODAY), "F1", HoldReason.UNSEEN)
    assert hold.held == eur("100.00")


def test_an_opening_line_without_an_invoice_number_is_for_a_person() -> None:
    hold = hold_of(decided(case_file([replace(F1, is_opening=True)]), TODAY), "F1", HoldReason.HOLD)
    assert dict(hold.facts) == {"cause": "opening_line"}


# Promises


def judged(
    balance: str,
    *,
    on: date = date(2026, 3, 25),
    known: date = date(2026, 3, 25),
    amount: str | None = None,
    item: OpenItem = F1,
    calendar: BusinessCalendar = FRANCE,
) -> PromiseOutcome:
    """Judge a promise for Friday 20 March on an item of 100.00, of which `balance` is left."""
    given = promise(item, date(2026, 3, 20), amount=amount)
    return judge_promise(given, Money.of(Decimal(balance), item.currency), STANDARD, calendar, on, known)


def test_a_promise_is_judged_on_the_first_run_after_its_day_plus_two_working_days() -> None:
    # Friday 20 March + 2 working days = Tuesday 24 March.
    assert judgement_day(date(2026, 3, 20), FRANCE) == date(2026, 3, 24)
    assert judged("100.00", on=date(2026, 3, 24)) is PromiseOutcome.PENDING
    assert judged("100.00", on=date(2026, 3, 25)) is PromiseOutcome.BROKEN
    assert judged("0.00", on=date(2026, 3, 24)) is PromiseOutcome.PENDING


def test_the_grace_counts_over_holidays() -> None:
    # Promised for Wednesday 13 May: Ascension is the 14th, so Friday and Monday.
    assert judgement_day(date(2026, 5, 13), FRANCE) == date(2026, 5, 18)


def test_a_promise_is_judged_only_on_books_fresh_to_the_end_of_its_grace() -> None:
    assert judged("100.00", known=date(2026, 3, 23)) is PromiseOutcome.PENDING
    assert judged("100.00", known=date(2026, 3, 24)) is PromiseOutcome.BROKEN


@pytest.mark.parametrize(
    ("balance", "amount", "outcome"),
    [
        ("0.00", None, PromiseOutcome.KEPT),
        ("1.00", None, PromiseOutcome.KEPT),  # the tolerance is 1.00
        ("1.01", None, PromiseOutcome.BROKEN),
        ("60.00", "40.00", PromiseOutcome.KEPT),
        ("61.00", "40.00", PromiseOutcome.KEPT),
        ("61.01", "40.00", PromiseOutcome.BROKEN),
        ("100.00", "40.00", PromiseOutcome.BROKEN),
    ],
)
def test_a_promise_is_kept_when_at_least_its_amount_less_the_tolerance_was_received(
    balance: str, amount: str | None, outcome: PromiseOutcome
) -> None:
    assert judged(balance, amount=amount) is outcome


def test_the_tolerance_is_in_major_units_of_any_currency() -> None:
    yen = invoice("Y1", due_on=DUE, amount="1000", currency="JPY")
    dinar = invoice("T1", due_on=DUE, amount="10.000", currency="TND")
    assert judged("1", item=yen) is PromiseOutcome.KEPT
    assert judged("2", item=yen) is PromiseOutcome.BROKEN
    assert judged("1.000", item=dinar) is PromiseOutcome.KEPT
    assert judged("1.001", item=dinar) is PromiseOutcome.BROKEN


def test_a_promise_holds_its_item_until_it_is_judged() -> None:
    case = case_file([F1, F2], holds=[promise(F1, date(2026, 3, 20))])
    hold = hold_of(decided(case, TODAY), "F1", HoldReason.PROMISE)
    assert hold.until == date(2026, 3, 24)
    assert dict(hold.facts)["promised_on"] == "2026-03-20"
    # Old books cannot judge it: it goes on holding, and is looked at again every day.
    late = hold_of(decided(case, date(2026, 4, 1)), "F1", HoldReason.PROMISE)
    assert next_action_on(late) == date(2026, 3, 25)
    assert said(decided(case, TODAY))["F2"] == "first"


def test_a_broken_promise_resumes_its_item_at_the_next_level_with_its_own_wording() -> None:
    first = sent(F1, "first", date(2026, 3, 9), deadline=date(2026, 3, 17))
    given = promise(F1, date(2026, 3, 20))
    holds = with_promises_judged([given], [F1], STANDARD, FRANCE, date(2026, 3, 25), date(2026, 3, 25))
    assert [one.broken_on for one in holds] == [date(2026, 3, 25)]
    outcome = decided(case_file([F1], history=[first], holds=holds), date(2026, 3, 25))
    assert said(outcome) == {"F1": "second"}
    assert only_notice(outcome).broken_promise_on == date(2026, 3, 20)


def test_a_kept_promise_for_a_part_lets_the_rest_be_asked() -> None:
    rest = replace(F1, balance=eur("60.00"))
    given = promise(F1, date(2026, 3, 20), amount="40.00")
    assert with_promises_judged([given], [rest], STANDARD, FRANCE, date(2026, 3, 25), date(2026, 3, 25)) == ()


def test_judging_leaves_every_other_record_as_it_is() -> None:
    records = [
        held(HoldKind.DISPUTE, item=F1, hold_id="d"),
        promise(F2, date(2026, 4, 20), hold_id="later"),
        promise(F1, date(2026, 3, 2), broken_on=date(2026, 3, 6), hold_id="old"),
    ]
    day = date(2026, 3, 25)
    assert with_promises_judged(records, [F1, F2], STANDARD, FRANCE, day, day) == tuple(records)


def test_what_came_in_since_a_promise_is_never_less_than_nothing() -> None:
    given = promise(F1, date(2026, 3, 20))
    assert received_since(given, eur("40.00")) == eur("60.00")
    assert received_since(given, eur("130.00")) == eur("0.00")
    (broken,) = with_promises_judged(
        [given], [replace(F1, balance=eur("40.00"))], STANDARD, FRANCE, date(2026, 3, 25), date(2026, 3, 25)
    )
    assert (broken.broken_on, broken.received) == (date(2026, 3, 25), eur("60.00"))
