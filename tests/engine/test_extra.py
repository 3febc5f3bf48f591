"""An extra reminder, now, because a person asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from engine.extra import extra_notice
from engine.holds import Stop
from engine.kinds import DueSource, HoldKind, HoldReason, ReminderState
from engine.model import CompanyBlock, Notice, OpenItem
from engine.plan import Plan
from tests.builders import eur
from tests.fakes.case_builders import DUE, FRANCE, credit, held, payment, sent
from tests.fakes.customer_life import CUSTOMER, STANDARD, case_file, invoice

if TYPE_CHECKING:
    from engine.records import CaseFile

TODAY = date(2026, 3, 10)
F1 = invoice("F1", due_on=DUE)


def extra(
    case: CaseFile, on: date = TODAY, *, plan: Plan = STANDARD, block: CompanyBlock | None = None, number: str = "F1"
) -> Notice | Stop:
    return extra_notice(case, plan, FRANCE, on, f"i-{number}", block)


def written(case: CaseFile, on: date = TODAY) -> Notice:
    notice = extra(case, on)
    assert isinstance(notice, Notice), notice
    return notice


def refused(
    case: CaseFile, on: date = TODAY, *, block: CompanyBlock | None = None, plan: Plan = STANDARD
) -> HoldReason:
    stop = extra(case, on, block=block, plan=plan)
    assert isinstance(stop, Stop), stop
    return stop.reason


def test_neither_offset_deadline_nor_gap_stands_in_the_way_of_a_person() -> None:
    case = case_file([F1], history=[sent(F1, "first", date(2026, 3, 9), deadline=date(2026, 3, 17))])
    notice = written(case)
    assert (notice.level_id, notice.on, notice.totals) == ("first", TODAY, {"EUR": eur("100.00")})
    assert notice.deadline_on == date(2026, 3, 18)


def test_it_speaks_in_the_words_of_the_last_level_sent() -> None:
    history = [sent(F1, "first", date(2026, 3, 9)), sent(F1, "second", date(2026, 3, 18))]
    assert written(case_file([F1], history=history), date(2026, 3, 20)).level_id == "second"


def test_without_any_it_speaks_in_the_words_of_the_first_level_after_the_due_date() -> None:
    assert written(case_file([F1], history=[sent(F1, "pre_due", date(2026, 2, 25))])).level_id == "first"


def test_it_never_repeats_a_formal_notice() -> None:
    history = [sent(F1, "third", date(2026, 4, 1)), sent(F1, "formal", date(2026, 4, 16))]
    notice = written(case_file([F1], history=history), date(2026, 5, 4))
    assert (notice.level_id, notice.is_formal) == ("third", False)


def test_it_is_about_one_item_and_lists_the_others() -> None:
    notice = written(case_file([F1, invoice("F2", due_on=DUE)]))
    assert [line.item.number for line in notice.lines] == ["F1"]
    assert [item.number for item in notice.also_open] == ["F2"]


def test_it_leaves_on_the_next_sending_day() -> None:
    assert written(case_file([F1]), date(2026, 3, 14)).on == date(2026, 3, 16)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (case_file([F1], holds=[held(HoldKind.DISPUTE, item=F1)]), HoldReason.DISPUTE),
        (case_file([F1], holds=[held(HoldKind.HOLD, customer_id="C1")]), HoldReason.HOLD),
        (case_file([replace(F1, unseen=True)]), HoldReason.UNSEEN),
        (case_file([F1], customer=replace(CUSTOMER, do_not_contact=True)), HoldReason.DO_NOT_CONTACT),
        (case_file([F1], customer=replace(CUSTOMER, contacts=())), HoldReason.NO_ADDRESS),
        (case_file([F1, credit("A1", "100.00")]), HoldReason.COVERED_BY_CREDIT),
        (case_file([F1, payment("R1", "100.00")]), HoldReason.PAYMENT_TO_ALLOCATE),
        (case_file([]), HoldReason.COVERED_BY_CREDIT),
        (
            case_file([F1], history=[sent(F1, "first", date(2026, 3, 9), state=ReminderState.UNCERTAIN)]),
            HoldReason.HOLD,
        ),
    ],
)
def test_everything_that_stops_the_chasing_stops_it_too(case: CaseFile, reason: HoldReason) -> None:
    assert refused(case) is reason


def test_a_company_that_may_not_send_sends_no_extra_reminder() -> None:
    assert refused(case_file([F1]), block=CompanyBlock(reason=HoldReason.STALE_BOOKS)) is HoldReason.STALE_BOOKS


def test_credit_and_receipts_are_taken_off_what_it_asks() -> None:
    notice = written(case_file([F1, credit("A1", "30.00"), payment("R1", "20.00")]))
    assert notice.totals == {"EUR": eur("50.00")}
    assert {line.item.number: line.used for line in notice.credits} == {"A1": eur("30.00"), "R1": eur("20.00")}


def test_a_plan_of_formal_notices_only_has_no_words_for_it() -> None:
    plan = Plan(plan_id="p", levels=STANDARD.levels[-1:])
    assert refused(case_file([F1]), plan=plan) is HoldReason.PLAN_FINISHED


def assumed(item: OpenItem) -> OpenItem:
    return replace(item, due_source=DueSource.ASSUMED)


def test_on_an_assumed_due_date_it_is_the_first_level_or_what_was_sent() -> None:
    item = assumed(F1)
    assert written(case_file([item])).level_id == "first"
    assert written(case_file([item], history=[sent(item, "second", date(2026, 3, 9))])).level_id == "second"
