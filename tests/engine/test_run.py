"""The planning half of a run: what is written for a day, by mode, and what a person is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from engine.calendar import BusinessCalendar
from engine.kinds import Channel, HoldReason, Mode, Purpose
from engine.model import Customer, Hold, Instalment, Remind
from engine.records import AgreedPlan, CaseFile, CompanyState, Settled
from engine.run import plan_company, queue_company
from engine.setup import CompanySetup, business_time
from tests.builders import eur
from tests.fakes.case_builders import DUE, TheirWorkingDays, payment, promise, sent
from tests.fakes.customer_life import CUSTOMER, STANDARD, case_file, invoice
from tests.fakes.plan_store import PlanNotes

TODAY = date(2026, 3, 9)
NOW = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
F1 = invoice("F1", due_on=DUE)
PAID = replace(F1, balance=eur("0.00"))


def store(*cases: CaseFile, known: date = TODAY, **more: bool) -> PlanNotes:
    state = CompanyState(
        company_id="dupont", backlog_accepted=more.get("accepted", True), sync_complete=True, known_until=known
    )
    return PlanNotes(state=state, cases={case.customer.customer_id: case for case in cases})


def setup(mode: Mode = Mode.AUTO, *, thank_you: bool = True) -> CompanySetup:
    return CompanySetup(
        company_id="dupont",
        mode=mode,
        plans={"standard": replace(STANDARD, thank_you=thank_you)},
        default_plan="standard",
        calendar=BusinessCalendar(),
        max_age_days=5,
        fingerprint="f7",
    )


def run(notes: PlanNotes, mode: Mode = Mode.AUTO, *, on: date = TODAY, thank_you: bool = True) -> PlanNotes:
    queue_company(setup(mode, thank_you=thank_you), notes, on, NOW)
    return notes


def test_a_run_refreshes_lapses_judges_decides_and_queues_in_this_order() -> None:
    case = case_file([F1], holds=[promise(F1, date(2026, 2, 20))])
    assert run(store(case)).told == [
        "refresh f7",
        "expire before 2026-02-22",
        "promise p1 broken on 2026-03-09",
        "decisions",
        "queue C1: first",
    ]


def test_an_approval_lapses_after_fifteen_days() -> None:
    assert "expire before 2026-02-22" in run(store(case_file([F1]))).told


def test_what_is_queued_carries_level_amount_and_deadline() -> None:
    (queued,) = run(store(case_file([F1]))).queued
    assert (queued.purpose, queued.level_id, queued.on) == (Purpose.LEVEL, "first", TODAY)
    assert queued.deadline_on == date(2026, 3, 17)
    assert [(line.number, line.level_id, line.offset, line.asked) for line in queued.lines] == [
        ("F1", "first", 5, eur("100.00"))
    ]
    assert (queued.needs_approval, queued.rehearsal) == (False, False)


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.PREVIEW])
def test_in_preview_everything_is_computed_and_no_outbox_row_is_written(mode: Mode) -> None:
    notes = run(store(case_file([F1])), mode)
    assert notes.queued == []
    assert not [line for line in notes.told if line.startswith("queue")]
    assert list(notes.decisions) == ["i-F1"]


def test_in_approve_mode_every_reminder_waits_for_a_person() -> None:
    (queued,) = run(store(case_file([F1])), Mode.APPROVE).queued
    assert queued.needs_approval


def test_no_test_mail_stands_for_the_providers_own() -> None:
    levels = tuple(replace(level, channel=Channel.PROVIDER) for level in STANDARD.levels)
    by_provider = replace(STANDARD, levels=levels, thank_you=False)
    for mode, queued in ((Mode.REDIRECT, 0), (Mode.AUTO, 1)):
        notes = store(case_file([F1]))
        queue_company(replace(setup(mode), plans={"standard": by_provider}), notes, TODAY, NOW)
        assert len(notes.queued) == queued


def test_redirect_is_a_rehearsal() -> None:
    notes = run(store(case_file([F1])), Mode.REDIRECT)
    assert [one.rehearsal for one in notes.queued] == [True]
    assert notes.rehearsals[0] is True


def test_a_reminder_for_a_later_sending_day_is_decided_and_not_queued() -> None:
    notes = run(store(case_file([F1])), on=date(2026, 3, 7))
    decision, look_on = notes.decisions["i-F1"]
    assert isinstance(decision, Remind)
    assert look_on == decision.on == date(2026, 3, 9)
    assert notes.queued == []


def test_only_the_customers_that_are_due_are_looked_at() -> None:
    notes = store(case_file([F1]))
    notes.due = ()
    assert run(notes).decisions == {}
    everything = list(plan_company(setup(), notes, TODAY, NOW, everything=True))
    assert [one.outcome.customer_id for one in everything] == ["C1"]


def test_a_plan_shows_promises_as_they_will_be_judged_and_writes_nothing() -> None:
    notes = store(case_file([F1], holds=[promise(F1, date(2026, 2, 20))]))
    (planned,) = plan_company(setup(), notes, TODAY, NOW)
    assert isinstance(planned.outcome.decisions[0], Remind)
    assert notes.told == []


def test_a_promise_is_judged_kept_although_its_item_has_left_the_open_items() -> None:
    notes = store(case_file([], holds=[promise(F1, date(2026, 2, 20))]))
    notes.paid = {PAID.item_id: PAID}
    assert "promise p1 kept on 2026-03-09" in run(notes).told


def test_old_books_judge_no_promise() -> None:
    notes = run(store(case_file([F1], holds=[promise(F1, date(2026, 3, 3))]), known=date(2026, 3, 4)))
    assert not [line for line in notes.told if line.startswith("promise")]
    assert notes.decisions["i-F1"][0].facts[0] == ("kind", "promise")


@pytest.mark.parametrize(("on", "told"), [(date(2026, 6, 5), []), (date(2026, 6, 8), ["2026-06-08"])])
def test_promises_and_instalments_are_judged_by_the_calendar_that_the_decision_uses(on: date, told: list[str]) -> None:
    # Two working days after Tue 2 Jun 2026: Thu 4 in France, Fri 5 in Bavaria, where Corpus Christi is a holiday.
    day = date(2026, 6, 2)
    bavarian = replace(CUSTOMER, country="DE", subdivision="BY")
    missed = Instalment(plan_id="p9", due_on=day, amount=eur("50.00"), received=eur("0.00"))
    agreed = AgreedPlan(plan_id="p9", customer_id="C1", item_ids=(F1.item_id,), lines=(missed,))
    notes = store(case_file([F1], customer=bavarian, holds=[promise(F1, day)]), known=on)
    notes.agreed = [agreed]
    theirs = replace(setup(), calendar=TheirWorkingDays())
    (planned,) = plan_company(theirs, notes, on, NOW)
    held = [one for one in planned.outcome.decisions if isinstance(one, Hold)]
    assert [one.until for one in held] == ([] if told else [date(2026, 6, 5)])
    queue_company(theirs, notes, on, NOW)
    judged = [line for line in notes.told if line.startswith(("promise", "plan"))]
    assert judged == [said for day in told for said in (f"promise p1 broken on {day}", f"plan p9 missed on {day}")]


def without_address() -> Customer:
    return replace(CUSTOMER, contacts=())


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        (case_file([F1], customer=without_address()), HoldReason.NO_ADDRESS),
        (case_file([replace(F1, unseen=True)]), HoldReason.UNSEEN),
        (case_file([invoice("F1", due_on=date(2025, 1, 6))]), HoldReason.TOO_OLD),
        (case_file([F1], history=[sent(F1, "formal", date(2026, 2, 20))]), HoldReason.PLAN_FINISHED),
    ],
)
def test_what_only_a_person_can_do_becomes_a_task(case: CaseFile, kind: HoldReason) -> None:
    (task,) = run(store(case)).tasks["C1"]
    assert (task.kind, task.key, task.item_id) == (kind.value, f"{kind.value}:i-F1", "i-F1")


def test_a_receipt_to_allocate_is_a_task() -> None:
    tasks = run(store(case_file([F1, payment("R1", "100.00")]))).tasks["C1"]
    assert {task.kind for task in tasks} == {"payment_to_allocate"}


def test_an_opening_line_is_a_task_and_an_ordinary_hold_is_none() -> None:
    (task,) = run(store(case_file([replace(F1, is_opening=True)]))).tasks["C1"]
    assert task.kind == "opening_line"
    assert run(store(case_file([F1]))).tasks["C1"] == []


# Thank-yous


def thanked(mode: Mode = Mode.AUTO, *, on: date = TODAY, thank_you: bool = True, **more: bool) -> list[str]:
    notes = store(case_file([]), known=on, **more)
    notes.due = ()
    notes.settled_items = {"C1": (Settled(item=PAID, seen_on=on, times=1),)}
    return [one.level_id for one in run(notes, mode, on=on, thank_you=thank_you).queued]


def test_a_thank_you_is_queued_by_the_first_run_on_a_sending_day() -> None:
    assert thanked() == ["thank_you"]
    assert thanked(on=date(2026, 3, 14)) == []
    assert thanked(on=date(2026, 3, 16)) == ["thank_you"]


def test_a_plan_without_thank_you_thanks_nobody() -> None:
    assert thanked(thank_you=False) == []


def test_a_company_that_may_not_send_thanks_nobody() -> None:
    assert thanked(accepted=False) == []
    assert thanked(Mode.PREVIEW) == []


# The business day


def test_the_business_day_is_the_local_day_unless_one_is_given() -> None:
    late = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)
    assert business_time(BusinessCalendar(), late, None).as_of == date(2026, 3, 9)
    assert business_time(BusinessCalendar(), late, None).open is False
    given = business_time(BusinessCalendar(), late, date(2026, 3, 13))
    assert (given.as_of, given.open) == (date(2026, 3, 13), True)
    assert business_time(BusinessCalendar(), NOW, date(2026, 3, 14)).open is False
    assert business_time(BusinessCalendar(), NOW, None).open is True
