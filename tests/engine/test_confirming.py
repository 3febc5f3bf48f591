"""Confirmations: what stands on the day they leave, by when somebody answers, and plans that add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compose_answers import instalments_text
from engine.confirming import confirmable, confirmation, occasion_of
from engine.kinds import Channel, HoldKind, Purpose
from engine.model import Instalment
from engine.money import Money
from tests.builders import eur
from tests.fakes.case_builders import FRANCE, held, promise
from tests.fakes.customer_life import CUSTOMER, case_file, invoice

if TYPE_CHECKING:
    from engine.model import HoldRecord
    from engine.records import CaseFile, Confirmation

TODAY = date(2026, 3, 10)
F1 = invoice("F1", due_on=date(2026, 3, 2))
F2 = invoice("F2", due_on=date(2026, 3, 5))


def confirmed(case: CaseFile, *holds: HoldRecord, on: date = TODAY) -> Confirmation | None:
    return confirmable(occasion_of(holds[0].kind, holds), case, FRANCE, on, answer_days=10)


def test_a_dispute_in_force_is_confirmed_with_its_open_invoices() -> None:
    dispute = held(HoldKind.DISPUTE, customer_id="C1")
    given = confirmed(case_file([F1, F2], holds=[dispute]), dispute)
    assert given is not None
    assert [item.number for item in given.items] == ["F1", "F2"]
    # Ten days from Tue 10 March.
    assert given.answer_on == date(2026, 3, 20)


def test_an_answer_never_falls_on_a_day_without_work() -> None:
    dispute = held(HoldKind.DISPUTE, item=F1)
    given = confirmed(case_file([F1], holds=[dispute]), dispute, on=date(2026, 3, 11))
    assert given is not None
    assert given.answer_on == date(2026, 3, 23)


def test_a_dispute_with_an_end_is_answered_until_then() -> None:
    dispute = held(HoldKind.DISPUTE, item=F1, until=date(2026, 4, 3))
    given = confirmed(case_file([F1], holds=[dispute]), dispute)
    assert given is not None
    assert given.answer_on == date(2026, 4, 3)


@pytest.mark.parametrize(
    "case",
    [
        case_file([F1]),
        case_file([F1], holds=[held(HoldKind.DISPUTE, item=F1, hold_id="another")]),
        case_file([F1], holds=[held(HoldKind.DISPUTE, item=F1, until=TODAY - timedelta(days=1))]),
        case_file([F1], holds=[held(HoldKind.HOLD, item=F1)]),
        case_file([replace(F1, unseen=True)], holds=[held(HoldKind.DISPUTE, item=F1)]),
        case_file([], holds=[held(HoldKind.DISPUTE, item=F1)]),
    ],
    ids=["released", "another", "over", "of another kind", "unseen", "paid"],
)
def test_what_does_not_stand_any_more_is_not_confirmed(case: CaseFile) -> None:
    assert confirmed(case, held(HoldKind.DISPUTE, item=F1)) is None


@pytest.mark.parametrize(("on", "stands"), [(TODAY, True), (TODAY - timedelta(days=1), False)])
def test_a_promise_is_confirmed_until_its_day(on: date, stands: bool) -> None:
    given = promise(F1, on)
    assert (confirmed(case_file([F1], holds=[given]), given) is not None) is stands


def test_a_broken_promise_is_not_confirmed() -> None:
    given = promise(F1, date(2026, 3, 20), broken_on=TODAY)
    assert confirmed(case_file([F1], holds=[given]), given) is None


def test_a_plan_is_agreed_to_before_its_first_payment() -> None:
    plan = replace(held(HoldKind.INSTALMENTS, item=F1), plan_id="i1")
    lines = (
        Instalment(plan_id="i1", due_on=date(2026, 3, 16), amount=eur("50.00"), received=eur("0.00")),
        Instalment(plan_id="i1", due_on=date(2026, 4, 16), amount=eur("50.00"), received=eur("0.00")),
        Instalment(plan_id="i2", due_on=date(2026, 3, 11), amount=eur("9.00"), received=eur("0.00")),
    )
    given = confirmed(replace(case_file([F1], holds=[plan]), instalments=lines), plan)
    assert given is not None
    assert given.instalments == lines[:2]
    assert given.answer_on == date(2026, 3, 16)


def test_a_confirmation_is_a_task_where_nobody_can_be_written_to() -> None:
    dispute = held(HoldKind.DISPUTE, item=F1)
    for customer, channel in (
        (CUSTOMER, Channel.EMAIL),
        (replace(CUSTOMER, contacts=()), Channel.TASK),
        (replace(CUSTOMER, do_not_contact=True), Channel.TASK),
    ):
        case = case_file([F1], holds=[dispute], customer=customer)
        given = confirmed(case, dispute)
        assert given is not None
        queued = confirmation(given, case, TODAY, needs_approval=True, rehearsal=False)
        assert (queued.channel, queued.purpose, queued.needs_approval) == (channel, Purpose.CONFIRMATION, True)
        assert queued.occasion == "dispute:h1"


@given(
    amounts=st.lists(st.integers(min_value=1, max_value=10**9), min_size=1, max_size=24),
    order=st.randoms(use_true_random=False),
)
def test_a_written_plan_counts_down_to_nothing_whatever_the_order_of_its_lines(
    amounts: list[int], order: object
) -> None:
    lines = [
        Instalment(
            plan_id="i1",
            due_on=TODAY + timedelta(days=30 * index),
            amount=Money(minor=minor, currency="JPY"),
            received=Money.zero("JPY"),
        )
        for index, minor in enumerate(amounts)
    ]
    order.shuffle(lines)  # type: ignore[attr-defined]  # a Random
    written = instalments_text(lines, "en", agree_on=None)
    left = [int("".join(c for c in line.left if c.isdigit())) for line in written.lines]
    assert left == [sum(amounts[index + 1 :]) for index in range(len(amounts))]
    assert [line.position for line in written.lines] == list(range(1, len(amounts) + 1))
    assert int("".join(c for c in written.total if c.isdigit())) == sum(amounts)
