"""The next step of one item, without the rules of the notice: used levels, what is under way, and the words of the hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from engine.holds import Stop
from engine.kinds import HoldReason, ReminderState
from engine.offsets import LevelDue, next_step, reminded_after_due, under_way, used
from engine.plan import Plan
from tests.fakes.case_builders import DUE, FRANCE, decided, said, sent
from tests.fakes.customer_life import STANDARD, case_file, invoice

if TYPE_CHECKING:
    from engine.model import HistoryLine, OpenItem

F1 = invoice("F1", due_on=DUE)


def step(
    on: date, *history: HistoryLine, item: OpenItem = F1, plan: Plan = STANDARD, in_chase: bool = False
) -> LevelDue | Stop:
    return next_step(item, plan, history, FRANCE, on, in_chase=in_chase, age_accepted=False)


def reached(on: date, *history: HistoryLine, plan: Plan = STANDARD) -> str:
    result = step(on, *history, plan=plan)
    return result.level.level_id if isinstance(result, LevelDue) else f"{result.reason.value} until {result.until}"


@pytest.mark.parametrize(
    "state", [ReminderState.SENT, ReminderState.UNCERTAIN, ReminderState.HANDING_OVER, ReminderState.CLAIMED]
)
def test_a_level_that_left_or_may_have_left_is_used(state: ReminderState) -> None:
    assert [line.level_id for line in used([sent(F1, "first", date(2026, 3, 9), state=state)], F1)] == ["first"]


@pytest.mark.parametrize(
    "state", [ReminderState.PLANNED, ReminderState.AWAITING_APPROVAL, ReminderState.FAILED, ReminderState.EXPIRED]
)
def test_a_level_that_certainly_did_not_leave_is_not_used(state: ReminderState) -> None:
    assert used([sent(F1, "first", date(2026, 3, 9), state=state)], F1) == []


def test_a_level_that_a_person_dropped_is_passed_over() -> None:
    dropped = sent(F1, "first", date(2026, 3, 9), state=ReminderState.CANCELLED)
    assert reached(date(2026, 3, 17), dropped) == "second"


def test_only_levels_after_the_due_date_count_as_reminders_after_it() -> None:
    assert not reminded_after_due([sent(F1, "pre_due", date(2026, 2, 25))], F1)
    assert reminded_after_due([sent(F1, "first", date(2026, 3, 9))], F1)
    other = invoice("F2", due_on=DUE)
    assert not reminded_after_due([sent(other, "first", date(2026, 3, 9))], F1)


def test_a_level_on_the_due_date_itself_comes_after_it() -> None:
    plan = Plan(plan_id="p", levels=(replace(STANDARD.levels[1], level_id="today", offset=0),))
    assert reached(DUE, plan=plan) == "today"
    assert reached(date(2026, 3, 1), plan=plan) == "not_due until 2026-03-02"


def test_a_courtesy_that_was_sent_does_not_come_again_and_the_first_level_follows() -> None:
    assert reached(date(2026, 2, 26), sent(F1, "pre_due", date(2026, 2, 25))) == "not_due until 2026-03-07"


def test_a_running_deadline_is_told_only_once_the_level_itself_is_due() -> None:
    first = sent(F1, "first", date(2026, 3, 9), deadline=date(2026, 3, 20))
    # The second level is due on 17 March, and waits for the deadline from then on.
    assert reached(date(2026, 3, 16), first) == "not_due until 2026-03-21"
    assert reached(date(2026, 3, 17), first) == "deadline_running until 2026-03-20"
    assert reached(date(2026, 3, 21), first) == "second"


def test_a_level_without_a_printed_deadline_makes_the_next_wait_for_its_offset_only() -> None:
    assert reached(date(2026, 3, 17), sent(F1, "first", date(2026, 3, 9))) == "second"


def test_the_deadline_of_the_last_reminder_counts_not_that_of_an_earlier_one() -> None:
    first = sent(F1, "first", date(2026, 3, 9), deadline=date(2026, 5, 29))
    second = sent(F1, "second", date(2026, 3, 18), deadline=date(2026, 3, 26))
    assert reached(date(2026, 4, 1), first, second) == "third"


def test_while_another_item_is_chased_the_courtesy_is_left_out() -> None:
    result = step(date(2026, 2, 25), in_chase=True)
    assert isinstance(result, Stop)
    assert (result.reason, result.until) == (HoldReason.NOT_DUE, date(2026, 3, 7))


def test_what_is_under_way_is_told_with_its_reminder() -> None:
    line = sent(F1, "first", date(2026, 3, 9), state=ReminderState.AWAITING_APPROVAL, reminder_id="r7")
    stop = under_way([line], F1)
    assert stop is not None
    assert stop.facts == (("reminder", "r7"), ("level", "first"))
    assert under_way([line], invoice("F2", due_on=DUE)) is None
    assert under_way([sent(F1, "first", date(2026, 3, 9))], F1) is None


def test_a_plan_without_levels_is_finished() -> None:
    assert reached(date(2026, 3, 9), plan=Plan(plan_id="empty", levels=())) == "plan_finished until None"


def test_an_item_once_reminded_after_its_due_date_gets_no_courtesy_even_under_a_plan_that_was_turned_round() -> None:
    # `first` left five days after the due date; today's plan has moved it, and one more level, before the due date.
    early = replace(STANDARD.levels[1], offset=-10)
    courtesy = replace(STANDARD.levels[0], level_id="courtesy", offset=-3)
    plan = Plan(plan_id="turned", levels=(early, courtesy, *STANDARD.levels[2:]))
    item = replace(F1, due_on=date(2026, 4, 20))
    line = sent(F1, "first", date(2026, 3, 9))
    result = step(date(2026, 4, 17), line, item=item, plan=plan)
    assert isinstance(result, Stop)
    assert (result.reason, result.until) == (HoldReason.NOT_DUE, date(2026, 5, 5))


def test_an_extra_reminder_takes_no_level_and_its_deadline_is_waited_for() -> None:
    """First on 9 March (until the 17th), an extra on the 16th that prints the 24th: the second waits for the 25th."""
    f1 = invoice("F1", due_on=DUE)
    first = sent(f1, "first", date(2026, 3, 9), deadline=date(2026, 3, 17))
    extra = replace(
        first, level_id="extra:x", sent_on=date(2026, 3, 16), deadline_on=date(2026, 3, 24), takes_level=False
    )
    case = case_file([f1], history=[first, extra])
    assert said(decided(case, date(2026, 3, 24))) == {"F1": "hold:deadline_running"}
    assert said(decided(case, date(2026, 3, 25))) == {"F1": "second"}
