"""Who pays for whom: one file for all of a group, and what follows when it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.kinds import HoldKind, PaymentMethod
from engine.setup import Wanted
from state.errors import CustomerSettingError
from tests.builders import contact, credit_note, customer, day, eur, invoice, queued
from tests.state.conftest import C

if TYPE_CHECKING:
    from engine.records import CaseFile
    from tests.state.conftest import Desk

GROUP = (customer("P", name="Holding"), customer("M", name="Filiale"), customer("N"), customer("O"))


def case(desk: Desk, customer_id: str = "P") -> CaseFile:
    return desk.store.case_file(C, customer_id, rehearsal=False)


def pays(desk: Desk, customer_id: str, payer: str) -> None:
    desk.store.set_customer(C, customer_id, "payer", payer, "anne", desk.later())


@pytest.fixture
def group(desk: Desk) -> Desk:
    desk.sync(invoice("F1", "P"), invoice("F2", "M"), credit_note("A1", "N"), invoice("F4", "O"), customers=GROUP)
    pays(desk, "M", "P")
    pays(desk, "N", "P")
    return desk


def test_the_payers_file_holds_the_items_of_all_whom_they_pay_for(group: Desk) -> None:
    found = case(group)
    assert {item.item_id: found.debtor(item).customer_id for item in found.items} == {"F1": "P", "F2": "M", "A1": "N"}
    assert (found.customer.customer_id, [one.customer_id for one in found.members]) == ("P", ["M", "N"])
    assert case(group, "M") == found
    assert [one.customer_id for one in case(group, "O").items] == ["O"]


def test_only_the_payer_is_decided(group: Desk) -> None:
    assert group.store.customers_open(C) == ["O", "P"]
    assert group.due() == ["O", "P"]
    group.quiet()
    group.sync(invoice("F1", "P"), invoice("F2", "M", balance="10.00"), credit_note("A1", "N"), invoice("F4", "O"))
    assert group.due() == ["P"]
    rows = group.store.db.all("SELECT item_id FROM items WHERE next_action_on IS NOT NULL ORDER BY item_id")
    assert [row["item_id"] for row in rows] == ["A1", "F1", "F2"]


def test_contacts_and_history_are_the_payers(group: Desk) -> None:
    group.queue(replace(queued(invoice("F1", "P"), invoice("F2", "M")), customer_id="P"))
    group.sent("2026-03-09")
    found = case(group, "M")
    assert found.last_contact_on == day("2026-03-09")
    assert {line.item_id for line in found.history} == {"F1", "F2"}
    assert group.due() == ["O", "P"]


def test_a_hold_on_a_member_covers_its_own_items_one_on_the_payer_all_of_them(group: Desk) -> None:
    items = {item.item_id: item for item in case(group).items}
    group.store.add_hold(C, kind=HoldKind.HOLD, reason="x", author="anne", now=group.later(), customer_id="M")
    (on_member,) = case(group).holds
    assert [item_id for item_id, item in items.items() if on_member.covers(item)] == ["F2"]
    group.store.release(C, customer_id="M", author="anne", now=group.later())
    group.store.add_hold(C, kind=HoldKind.HOLD, reason="x", author="anne", now=group.later(), customer_id="P")
    (on_payer,) = case(group).holds
    assert all(on_payer.covers(item) for item in items.values())
    assert not on_payer.covers(invoice("F4", "O"))


def test_a_hold_on_the_company_is_told_once(group: Desk) -> None:
    group.store.add_hold(C, kind=HoldKind.HOLD, reason="x", author="anne", now=group.later())
    assert len(case(group).holds) == 1


def test_whoever_pays_is_thanked(group: Desk) -> None:
    group.queue(replace(queued(invoice("F1", "P"), invoice("F2", "M")), customer_id="P"))
    group.sent("2026-03-09")
    group.sync(
        invoice("F1", "P", balance="0.00"),
        invoice("F2", "M", balance="0.00"),
        credit_note("A1", "N"),
        invoice("F4", "O"),
        on="2026-03-12",
    )
    settled = group.store.settled(C, day("2026-03-12"), rehearsal=False)
    assert {payer: sorted(one.item.item_id for one in found) for payer, found in settled.items()} == {"P": ["F1", "F2"]}


def test_a_payer_of_a_payer_pays_for_all(group: Desk) -> None:
    pays(group, "P", "O")
    assert group.store.customers_open(C) == ["O"]
    assert [one.customer_id for one in case(group, "M").members] == ["M", "N", "P"]
    pays(group, "P", "")
    assert group.store.customers_open(C) == ["O", "P"]


def test_who_no_longer_pays_is_looked_at_again_too(group: Desk) -> None:
    group.quiet()
    pays(group, "M", "")
    assert group.due() == ["M", "P"]


def test_a_payer_is_known_and_never_paid_for_by_whom_they_pay_for(group: Desk) -> None:
    with pytest.raises(CustomerSettingError, match="no customer ZZ"):
        pays(group, "O", "ZZ")
    with pytest.raises(CustomerSettingError, match="P is paid for by M, who is paid for by P"):
        pays(group, "P", "M")
    pays(group, "O", "M")
    with pytest.raises(CustomerSettingError, match="nobody would pay in the end"):
        pays(group, "P", "O")
    assert group.store.customers_open(C) == ["P"]


def test_a_circle_that_the_books_tell_leaves_everybody_paying_for_themselves(desk: Desk) -> None:
    a, b = replace(customer("A"), payer_id="B"), replace(customer("B"), payer_id="A")
    desk.sync(invoice("F1", "A"), invoice("F2", "B"), customers=(a, b))
    assert desk.store.customers_open(C) == ["A", "B"]
    desk.sync(invoice("F1", "A"), invoice("F2", "B"), customers=(a, replace(b, payer_id="")))
    assert desk.store.customers_open(C) == ["B"]
    desk.sync(invoice("F1", "A"), invoice("F2", "B"), customers=(replace(a, payer_id="GONE"), customer("B")))
    assert desk.store.customers_open(C) == ["A", "B"]


def test_what_was_planned_or_asked_for_under_another_payer_ends(desk: Desk) -> None:
    desk.sync(invoice("F1", "P"), invoice("F2", "M"), customers=GROUP)
    planned = desk.queue(queued(invoice("F2", "M")))
    waiting = desk.queue(queued(invoice("F1", "P"), needs_approval=True))
    asked = Wanted(key="no_address:F2", kind="no_address", customer_id="M", item_id="F2")
    desk.store.want_tasks(C, "M", [asked], desk.later())
    desk.quiet()
    pays(desk, "M", "P")
    assert {desk.store.find_reminder(one.reminder_id).state.value for one in (planned, waiting)} == {
        "cancelled",
        "awaiting_approval",
    }
    assert desk.store.open_tasks(C) == []
    assert desk.due() == ["P"]
    # Of a situation that lasts it is asked again, of the payer now.
    desk.store.want_tasks(C, "P", [replace(asked, customer_id="P")], desk.later())
    assert [task.key for task in desk.store.open_tasks(C)] == ["no_address:F2"]


def test_money_taken_back_is_told_of_whoever_is_collected_from(group: Desk) -> None:
    group.store.set_customer(C, "M", "payment_method", PaymentMethod.DIRECT_DEBIT.value, "anne", group.later())
    for balance in ("0.00", "1200.00"):
        group.sync(invoice("F2", "M", balance=balance), full=False, on="2026-03-05")
    assert [(one.item_id, one.amount) for one in case(group).returned] == [("F2", eur("-1200.00"))]
    group.store.set_customer(C, "M", "payment_method", "", "anne", group.later())
    assert case(group).returned == ()


def test_a_barred_contact_stays_barred_whatever_its_case(desk: Desk) -> None:
    desk.sync(invoice("F1", "P"), customers=(replace(customer("P"), contacts=(contact("AP@Client.example"),)),))
    desk.store.set_customer(C, "P", "do_not_write_to", "ap@client.EXAMPLE", "anne", desk.later())
    (one,) = case(desk).customer.contacts
    assert one.barred
