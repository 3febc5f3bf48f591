"""The thank-you, by its sentence in the design."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.kinds import HoldKind, Purpose
from engine.model import Contact, Customer, OpenItem
from engine.records import CaseFile, Queued, Settled
from engine.thanks import thank_you
from tests.builders import eur
from tests.fakes.case_builders import credit, held
from tests.fakes.customer_life import CUSTOMER, case_file, invoice

TODAY = date(2026, 3, 20)
PAID = replace(invoice("F1", due_on=date(2026, 3, 2)), balance=eur("0.00"))


def settled(item: OpenItem = PAID, seen_on: date = TODAY, times: int = 1) -> Settled:
    return Settled(item=item, seen_on=seen_on, times=times)


def thanks(
    *open_items: OpenItem, paid: tuple[Settled, ...] = (settled(),), customer: Customer = CUSTOMER
) -> Queued | None:
    return thank(case_file(open_items, customer=customer), *paid)


def thank(case: CaseFile, *paid: Settled) -> Queued | None:
    return thank_you(case, paid, TODAY, approve_all=False, rehearsal=False)


def test_a_customer_with_nothing_overdue_left_is_thanked_in_one_mail_for_all_items() -> None:
    second = replace(invoice("F2", due_on=date(2026, 3, 5)), balance=eur("0.00"))
    queued = thanks(paid=(settled(), settled(second)))
    assert queued is not None
    assert queued.purpose is Purpose.THANK_YOU
    assert (queued.on, queued.deadline_on, queued.level_id) == (TODAY, None, "thank_you")
    assert [(line.number, line.asked) for line in queued.lines] == [("F1", eur("0.00")), ("F2", eur("0.00"))]
    assert queued.occasion == "i-F1@1,i-F2@1"


@pytest.mark.parametrize(("due", "thanked"), [(date(2026, 3, 19), False), (date(2026, 3, 20), True)])
def test_nobody_is_thanked_while_something_is_overdue(due: date, thanked: bool) -> None:
    assert (thanks(invoice("F9", due_on=due)) is not None) is thanked


def test_a_disputed_overdue_item_is_overdue_all_the_same() -> None:
    open_item = invoice("F9", due_on=date(2026, 3, 2))
    assert thank(case_file([open_item], holds=[held(HoldKind.DISPUTE, item=open_item)]), settled()) is None


def test_credit_on_account_is_nothing_overdue() -> None:
    assert thanks(credit("A1", "20.00")) is not None


@pytest.mark.parametrize(("seen_on", "thanked"), [(date(2026, 3, 11), True), (date(2026, 3, 10), False)])
def test_a_payment_seen_ten_days_ago_is_too_old_to_thank_for(seen_on: date, thanked: bool) -> None:
    assert (thanks(paid=(settled(seen_on=seen_on),)) is not None) is thanked


def test_only_what_was_paid_lately_is_in_the_mail() -> None:
    old = replace(invoice("F0", due_on=date(2026, 1, 5)), balance=eur("0.00"))
    queued = thanks(paid=(settled(), settled(old, seen_on=date(2026, 3, 1))))
    assert queued is not None
    assert [line.number for line in queued.lines] == ["F1"]


def test_an_item_that_is_open_again_is_not_thanked_for() -> None:
    assert thanks(paid=(settled(replace(PAID, balance=eur("1.00"))),)) is None


@pytest.mark.parametrize(
    "customer",
    [
        replace(CUSTOMER, contacts=()),
        replace(CUSTOMER, contacts=(Contact(email="gone@client-un.example", failed=True),)),
        replace(CUSTOMER, do_not_contact=True),
    ],
)
def test_nobody_is_thanked_who_cannot_or_must_not_be_written_to(customer: Customer) -> None:
    assert thanks(customer=customer) is None


def test_a_second_payment_of_the_same_item_is_another_occasion() -> None:
    again = thanks(paid=(settled(times=2),))
    assert again is not None
    assert again.occasion == "i-F1@2"


def test_in_approve_mode_a_person_releases_the_thank_you_too() -> None:
    queued = thank_you(case_file([]), [settled()], TODAY, approve_all=True, rehearsal=True)
    assert queued is not None
    assert (queued.needs_approval, queued.rehearsal) == (True, True)


def test_without_a_payment_there_is_nothing_to_thank_for() -> None:
    assert thanks(paid=()) is None
