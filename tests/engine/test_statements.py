"""Statements of account: when a round is due, who is in it, and figures that add up."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import BusinessCalendar, Period
from engine.compose_account import compose_statement
from engine.creditor import Creditor
from engine.kinds import AddressForm, HoldKind, ItemKind, PaymentMethod, Purpose
from engine.model import Contact, OpenItem
from engine.money import Money
from engine.setup import Statements
from engine.statements import Due, due_round, is_wanted, statement
from tests.builders import eur
from tests.fakes.case_builders import FRANCE, credit, held
from tests.fakes.customer_life import CUSTOMER, case_file, invoice

APRIL = Due(month="2026-04", day=date(2026, 4, 1))
# Overdue on 1 April, and not due yet.
LATE = invoice("F1", due_on=date(2026, 3, 10), amount="80.00")
COMING = invoice("F2", due_on=date(2026, 4, 20), amount="300.00")


def wanted(*items: OpenItem, settings: Statements | None = None, as_of: date = APRIL.day, **more: object) -> bool:
    case = replace(case_file(items), **more)  # type: ignore[arg-type]  # fields by their names
    return is_wanted(case, settings or Statements(), FRANCE, APRIL, as_of)


@pytest.mark.parametrize(
    ("day", "as_of", "due"),
    [
        (1, "2026-04-01", Due(month="2026-04", day=date(2026, 4, 1))),
        (1, "2026-03-31", None),
        # 1 May is a holiday and a Friday; a delay of some days still counts as that round.
        (1, "2026-05-01", None),
        (1, "2026-05-04", Due(month="2026-05", day=date(2026, 5, 4))),
        (1, "2026-05-07", Due(month="2026-05", day=date(2026, 5, 4))),
        (1, "2026-05-11", None),
        # The last day of a short month; 28 Feb 2026 is a Saturday, so the round of February leaves on 2 March.
        (31, "2026-02-27", None),
        (31, "2026-03-02", Due(month="2026-02", day=date(2026, 3, 2))),
        (31, "2026-03-31", Due(month="2026-03", day=date(2026, 3, 31))),
        (15, "2026-06-15", Due(month="2026-06", day=date(2026, 6, 15))),
    ],
)
def test_a_round_leaves_on_the_first_sending_day_from_its_day_on(day: int, as_of: str, due: Due | None) -> None:
    assert due_round(Statements(day=day), FRANCE, date.fromisoformat(as_of)) == due


@given(
    day=st.integers(min_value=1, max_value=31),
    send_days=st.frozensets(st.integers(min_value=0, max_value=6), min_size=1),
    closed=st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 1)),
)
def test_every_month_has_one_round_that_begins_on_one_day(day: int, send_days: frozenset[int], closed: date) -> None:
    calendar = BusinessCalendar(send_days=send_days, closed=(Period(first=closed, last=closed + timedelta(days=9)),))
    first, rounds = date(2026, 1, 1), Counter[tuple[str, date]]()
    for offset in range(400):
        due = due_round(Statements(day=day), calendar, first + timedelta(days=offset))
        if due is not None:
            assert due.day <= first + timedelta(days=offset) <= due.day + timedelta(days=6)
            assert calendar.is_sending_day(due.day)
            rounds[due.month, due.day] += 1
    months = [month for month, _ in rounds]
    assert len(months) == len(set(months))
    assert {f"2026-{month:02}" for month in range(2, 12)} <= set(months)


def test_only_customers_with_something_overdue_are_in_it_unless_asked_otherwise() -> None:
    assert wanted(LATE, COMING)
    assert not wanted(COMING)
    assert wanted(COMING, settings=Statements(only_overdue=False))


def test_what_was_not_overdue_on_the_day_of_the_round_is_not_by_a_late_run() -> None:
    on_the_edge = invoice("F3", due_on=date(2026, 4, 1))
    assert not wanted(on_the_edge, as_of=date(2026, 4, 3))
    issued_after = invoice("F4", due_on=date(2026, 4, 2), issued_on=date(2026, 4, 2))
    assert not wanted(issued_after, settings=Statements(only_overdue=False), as_of=date(2026, 4, 3))


def test_nobody_is_written_to_about_less_than_the_minimum() -> None:
    assert wanted(LATE, settings=Statements(min_balance=Decimal("80.00")))
    assert not wanted(LATE, settings=Statements(min_balance=Decimal("80.01")))


@pytest.mark.parametrize(
    "kind", [HoldKind.INSOLVENCY, HoldKind.FACTORED, HoldKind.INTERCOMPANY, HoldKind.HANDED_OVER, HoldKind.HOLD]
)
def test_nobody_gets_one_of_whom_an_invoice_is_in_other_hands_or_held(kind: HoldKind) -> None:
    assert not wanted(LATE, COMING, holds=(held(kind, item=COMING),))
    assert not wanted(LATE, holds=(held(kind, customer_id="C1"),))


@pytest.mark.parametrize("kind", [HoldKind.DISPUTE, HoldKind.PROMISE, HoldKind.INSTALMENTS])
def test_a_dispute_or_a_promise_does_not_keep_the_statement_back(kind: HoldKind) -> None:
    assert wanted(LATE, holds=(held(kind, item=LATE),))


@pytest.mark.parametrize(
    "customer",
    [
        replace(CUSTOMER, do_not_contact=True),
        replace(CUSTOMER, contacts=()),
        replace(CUSTOMER, contacts=(Contact(email="a@b.example", failed=True),)),
        replace(CUSTOMER, payment_method=PaymentMethod.DIRECT_DEBIT),
    ],
)
def test_some_customers_are_never_sent_one(customer: object) -> None:
    assert not wanted(LATE, customer=customer)


def test_books_in_doubt_make_no_statement() -> None:
    assert not wanted(LATE, replace(COMING, unseen=True))


def test_a_statement_asks_for_nothing_and_names_all_that_is_open() -> None:
    case = case_file([COMING, LATE, credit("A1", "20.00")])
    queued = statement(case, APRIL.day, APRIL.month, needs_approval=False, rehearsal=False)
    assert (queued.purpose, queued.occasion, queued.deadline_on) == (Purpose.STATEMENT, "2026-04", None)
    assert [line.number for line in queued.lines] == ["A1", "F1", "F2"]
    assert {line.asked for line in queued.lines} == {eur("0.00")}


def cents(text: str) -> int:
    """Read what an amount in pounds says, in pence."""
    digits = int(re.sub(r"[^0-9]", "", text) or 0)
    return -digits if "-" in text else digits


@given(
    amounts=st.lists(
        st.tuples(st.integers(min_value=1, max_value=10**9), st.integers(min_value=-60, max_value=60), st.booleans()),
        max_size=12,
    )
)
def test_the_figures_of_a_statement_add_up(amounts: list[tuple[int, int, bool]]) -> None:
    today = date(2026, 4, 1)
    items = []
    for index, (minor, late, is_credit) in enumerate(amounts):
        money = Money(minor=minor, currency="GBP")
        item = invoice(f"F{index}", due_on=today - timedelta(days=late), currency="GBP")
        if is_credit:
            item = replace(item, kind=ItemKind.CREDIT_NOTE, total=-money, balance=-money)
        else:
            item = replace(item, total=money, balance=money)
        items.append(item)
    creditor = Creditor(company_id="c", name="C", language="en")
    content = compose_statement(items, CUSTOMER, creditor, "en", AddressForm.VOUS, today)
    assert len(content.accounts) == (1 if items else 0)
    for account in content.accounts:
        assert sum(cents(line.remaining) for line in account.lines) == cents(account.total)
        assert cents(account.overdue) + cents(account.coming) == cents(account.total)
        assert sum(cents(line.amount) for line in account.credits) == cents(account.credits_total)
        assert cents(account.total) + cents(account.credits_total) == cents(account.balance)
        assert sum(line.days_late > 0 for line in account.lines) == account.overdue_count
