"""When a level is due, on the exact days that the design gives.

The invoice that most tests use is due on Monday 2 March 2026 and issued thirty days before. Under the standard plan its
levels are due on 25 February, 7 March (a Saturday: it leaves on the 9th), 17 March, 1 April and 16 April.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.calendar import BusinessCalendar, Period
from engine.decide import decide, is_due, next_action_on
from engine.kinds import Channel, DueSource, HoldKind, HoldReason, ReminderState
from engine.model import CompanyBlock, Hold, OpenItem, Remind
from tests.builders import eur
from tests.fakes.case_builders import DUE, FRANCE, credit, decided, decision_of, held, hold_of, only_notice, said, sent
from tests.fakes.customer_life import CUSTOMER, STANDARD, Life, case_file, invoice

EVERY_DAY = BusinessCalendar(send_days=frozenset(range(7)), keep_holidays=False)


def march(day: int) -> date:
    return date(2026, 3, day)


def contacts(life: Life) -> list[tuple[str, dict[str, str]]]:
    return [(c.on.isoformat(), {k.removeprefix("i-"): v for k, v in c.levels.items()}) for c in life.contacts]


def lived(*items: OpenItem, first: date, last: date, calendar: BusinessCalendar = FRANCE) -> Life:
    life = Life(case=case_file(items), plan=STANDARD, calendar=calendar)
    life.run_daily(first, last)
    return life


# One level at a time


def test_an_unpaid_invoice_climbs_the_plan_one_level_at_a_time() -> None:
    life = lived(invoice("F1", due_on=DUE), first=date(2026, 2, 16), last=date(2026, 5, 29))
    assert contacts(life) == [
        ("2026-02-25", {"F1": "pre_due"}),
        ("2026-03-09", {"F1": "first"}),  # 7 March is a Saturday
        ("2026-03-18", {"F1": "second"}),  # the deadline of the first was the 17th
        ("2026-04-01", {"F1": "third"}),
        ("2026-04-16", {"F1": "formal"}),
    ]


def test_a_level_is_due_on_its_very_day_and_not_the_day_before() -> None:
    item = invoice("F1", due_on=DUE)
    case = case_file([item])
    before = hold_of(decided(case, march(6), calendar=EVERY_DAY), "F1", HoldReason.NOT_DUE)
    assert before.until == march(7)
    assert said(decided(case, march(7), calendar=EVERY_DAY)) == {"F1": "first"}


def test_how_often_it_runs_never_matters() -> None:
    item = invoice("F1", due_on=DUE)
    once = Life(case=case_file([item]), plan=STANDARD, calendar=FRANCE)
    often = Life(case=case_file([item]), plan=STANDARD, calendar=FRANCE)
    once.run(march(9))
    for _ in range(5):
        often.run(march(9))
    assert contacts(once) == contacts(often) == [("2026-03-09", {"F1": "first"})]


def test_catching_up_after_an_outage_climbs_one_by_one_and_skips_nothing() -> None:
    # First seen 60 days late: each next level still waits for the printed deadline.
    life = lived(invoice("F1", due_on=DUE), first=date(2026, 5, 4), last=date(2026, 6, 30))
    assert contacts(life) == [
        ("2026-05-04", {"F1": "first"}),  # deadline Tuesday 12 May
        ("2026-05-13", {"F1": "second"}),  # deadline Thursday 21 May
        ("2026-05-22", {"F1": "third"}),  # deadline Saturday 30 May, moved to Monday 1 June
        ("2026-06-02", {"F1": "formal"}),
    ]


def test_a_month_without_runs_skips_no_level() -> None:
    life = Life(case=case_file([invoice("F1", due_on=DUE)]), plan=STANDARD, calendar=FRANCE)
    life.run_daily(march(2), march(10))
    life.run_daily(date(2026, 4, 13), date(2026, 4, 24))
    assert contacts(life) == [
        ("2026-03-09", {"F1": "first"}),
        ("2026-04-13", {"F1": "second"}),
        ("2026-04-22", {"F1": "third"}),  # the second's deadline was Tuesday 21 April
    ]


def test_a_first_contact_on_an_old_backlog_starts_at_the_first_level_after_the_due_date() -> None:
    case = case_file([invoice("F1", due_on=date(2026, 1, 5))])
    assert said(decided(case, march(9))) == {"F1": "first"}


# Before the due date


def test_a_level_before_the_due_date_leaves_until_the_day_before_it() -> None:
    case = case_file([invoice("F1", due_on=DUE)])
    assert said(decided(case, march(1), calendar=EVERY_DAY)) == {"F1": "pre_due"}
    on_the_day = hold_of(decided(case, DUE, calendar=EVERY_DAY), "F1", HoldReason.NOT_DUE)
    assert on_the_day.level_id == "first"


def test_a_level_before_the_due_date_is_dropped_when_it_could_leave_only_on_the_due_date() -> None:
    # Saturday 28 February: the next sending day is Monday 2 March, the due date itself.
    hold = hold_of(decided(case_file([invoice("F1", due_on=DUE)]), date(2026, 2, 28)), "F1", HoldReason.NOT_DUE)
    assert (hold.level_id, hold.until) == ("first", march(7))


@pytest.mark.parametrize(("issued", "expected"), [(date(2026, 2, 15), "pre_due"), (date(2026, 2, 16), None)])
def test_a_level_before_the_due_date_does_not_leave_within_ten_days_of_the_issue(
    issued: date, expected: str | None
) -> None:
    item = invoice("F1", due_on=DUE, issued_on=issued)
    (decision,) = decided(case_file([item]), date(2026, 2, 25)).decisions
    assert (decision.level_id if isinstance(decision, Remind) else None) == expected


def test_a_short_invoice_has_no_level_before_its_due_date_at_all() -> None:
    item = invoice("F1", due_on=DUE, issued_on=date(2026, 2, 20))
    life = lived(item, first=date(2026, 2, 20), last=march(8))
    assert contacts(life) == []


def test_a_level_before_the_due_date_is_dropped_when_the_item_was_reminded_after_a_due_date_before() -> None:
    # The due date was moved from January to April after the first reminder.
    item = invoice("F1", due_on=date(2026, 4, 30), issued_on=date(2026, 1, 1))
    case = case_file([item], history=[sent(item, "first", date(2026, 2, 9))])
    hold = hold_of(decided(case, date(2026, 4, 27)), "F1", HoldReason.NOT_DUE)
    assert (hold.level_id, hold.until) == ("second", date(2026, 5, 15))


def test_a_level_before_the_due_date_is_dropped_while_another_item_is_chased_and_open() -> None:
    old, new = invoice("OLD", due_on=date(2026, 1, 30)), invoice("NEW", due_on=DUE)
    history = [sent(old, "first", date(2026, 2, 4), deadline=date(2026, 2, 12))]
    chased = decided(case_file([old, new], history=history), date(2026, 2, 25))
    assert hold_of(chased, "NEW", HoldReason.NOT_DUE).level_id == "first"
    paid = decided(case_file([new], history=history), date(2026, 2, 25))
    assert said(paid) == {"NEW": "pre_due"}


def test_another_item_that_had_only_a_courtesy_before_its_due_date_is_no_chase() -> None:
    old, new = invoice("OLD", due_on=date(2026, 2, 26)), invoice("NEW", due_on=DUE)
    case = case_file([old, new], history=[sent(old, "pre_due", date(2026, 2, 20))])
    assert said(decided(case, date(2026, 2, 25)))["NEW"] == "pre_due"


# The first level after the due date, deadlines, gap


def test_the_first_level_after_the_due_date_waits_ten_days_from_the_issue() -> None:
    # Due at receipt: issued and due on Monday 2 March. Offset 5 gives the 7th, ten days give the 12th.
    item = invoice("F1", due_on=DUE, issued_on=DUE)
    assert hold_of(decided(case_file([item]), march(11)), "F1", HoldReason.NOT_DUE).until == march(12)
    assert said(decided(case_file([item]), march(12))) == {"F1": "first"}


def test_the_next_level_waits_for_the_first_sending_day_after_the_printed_deadline() -> None:
    item = invoice("F1", due_on=DUE)
    case = case_file([item], history=[sent(item, "first", march(9), deadline=march(20))])
    running = hold_of(decided(case, march(20)), "F1", HoldReason.DEADLINE_RUNNING)
    assert running.until == march(20)
    assert next_action_on(running) == march(21)
    # 20 March is a Friday: the next sending day is Monday the 23rd.
    remind = decision_of(decided(case, march(21)), "F1")
    assert isinstance(remind, Remind)
    assert (remind.level_id, remind.on) == ("second", march(23))


def test_a_deadline_counts_calendar_days_from_the_sending_day() -> None:
    assert only_notice(decided(case_file([invoice("F1", due_on=DUE)]), march(9))).deadline_on == march(17)


def test_a_deadline_moves_to_the_next_working_day() -> None:
    # Wednesday 6 May 2026 + 8 = Thursday 14 May, Ascension: the deadline is Friday the 15th.
    notice = only_notice(decided(case_file([invoice("F1", due_on=date(2026, 4, 20))]), date(2026, 5, 6)))
    assert notice.deadline_on == date(2026, 5, 15)


def test_the_deadline_counts_from_the_day_on_which_sending_is_allowed() -> None:
    notice = only_notice(decided(case_file([invoice("F1", due_on=DUE)]), march(7)))
    assert (notice.on, notice.deadline_on) == (march(9), march(17))


def test_a_deadline_that_was_recorded_later_holds_longer() -> None:
    # A registered letter's deadline runs from its first presentation: history then carries the later day.
    item = invoice("F1", due_on=DUE)
    case = case_file([item], history=[sent(item, "formal", date(2026, 4, 16), deadline=date(2026, 5, 4))])
    assert hold_of(decided(case, date(2026, 5, 4)), "F1", HoldReason.DEADLINE_RUNNING).until == date(2026, 5, 4)
    hold_of(decided(case, date(2026, 5, 5)), "F1", HoldReason.PLAN_FINISHED)


@pytest.mark.parametrize(("on", "allowed"), [(march(12), False), (march(13), True)])
def test_a_contact_is_allowed_once_five_calendar_days_have_passed_since_the_last_one(on: date, allowed: bool) -> None:
    # The customer was written to on 8 March for something else.
    case = replace(case_file([invoice("F1", due_on=DUE)]), last_contact_on=march(8))
    outcome = decided(case, on, calendar=EVERY_DAY)
    if allowed:
        assert said(outcome) == {"F1": "first"}
    else:
        hold = hold_of(outcome, "F1", HoldReason.INTERVAL)
        assert (hold.until, next_action_on(hold)) == (march(12), march(13))


def test_the_gap_is_counted_to_the_day_on_which_the_reminder_would_leave() -> None:
    # Asked on Sunday the 8th, it leaves on Monday the 9th: five days after the 4th.
    case = replace(case_file([invoice("F1", due_on=DUE)]), last_contact_on=march(4))
    remind = decision_of(decided(case, march(8)), "F1")
    assert isinstance(remind, Remind)
    assert remind.on == march(9)


def test_the_gap_is_per_customer_and_in_any_currency() -> None:
    euro, dollar = invoice("EUR1", due_on=DUE), invoice("USD1", due_on=march(5), currency="USD")
    case = case_file([euro, dollar], history=[sent(euro, "first", march(9), deadline=march(17))])
    hold = hold_of(decided(case, march(10)), "USD1", HoldReason.INTERVAL)
    assert hold.until == march(13)


def test_two_invoices_a_few_days_apart_never_make_two_contacts_within_the_gap() -> None:
    first, second = invoice("F1", due_on=DUE), invoice("F2", due_on=march(6))
    life = lived(first, second, first=march(2), last=march(20))
    assert contacts(life) == [
        ("2026-03-02", {"F2": "pre_due"}),  # due on Sunday the 1st
        ("2026-03-09", {"F1": "first"}),
        ("2026-03-16", {"F2": "first"}),  # due on the 11th, the gap ends on Saturday the 14th
        # F1's second level is due on the 18th: the gap after the 16th is still running.
    ]


# Sending days


def test_sending_moves_to_the_next_allowed_day_and_the_due_date_does_not() -> None:
    item = invoice("F1", due_on=DUE)
    remind = decision_of(decided(case_file([item]), march(7)), "F1")
    assert isinstance(remind, Remind)
    assert remind.on == march(9)
    assert dict(remind.facts)["due_on"] == "2026-03-02"
    assert dict(remind.facts)["days_late"] == "5"


def test_over_a_long_week_end_a_reminder_is_remind_with_the_next_sending_day() -> None:
    # Due Monday 30 March + 5 = Saturday 4 April; Easter Monday is the 6th.
    remind = decision_of(decided(case_file([invoice("F1", due_on=march(30))]), date(2026, 4, 4)), "F1")
    assert isinstance(remind, Remind)
    assert remind.on == date(2026, 4, 7)
    assert next_action_on(remind) == date(2026, 4, 7)


def test_a_closed_period_moves_sending_to_its_end() -> None:
    closed = BusinessCalendar(closed=(Period(first=march(9), last=march(20)),))
    remind = decision_of(decided(case_file([invoice("F1", due_on=DUE)]), march(9), calendar=closed), "F1")
    assert isinstance(remind, Remind)
    assert remind.on == march(23)


def test_a_company_closed_without_end_holds_with_closed_period() -> None:
    closed = BusinessCalendar(closed=(Period(first=march(1), last=date(2040, 1, 1)),))
    hold_of(decided(case_file([invoice("F1", due_on=DUE)]), march(9), calendar=closed), "F1", HoldReason.CLOSED_PERIOD)


def test_an_item_whose_level_is_not_due_yet_says_on_which_day_it_will_be() -> None:
    hold = hold_of(decided(case_file([invoice("F1", due_on=DUE)]), date(2026, 2, 3)), "F1", HoldReason.NOT_DUE)
    assert (hold.until, hold.level_id, hold.channel) == (date(2026, 2, 25), "pre_due", Channel.EMAIL)
    assert next_action_on(hold) == date(2026, 2, 25)


# Old items, moved due dates, the end of the plan


@pytest.mark.parametrize(("late", "expected"), [(180, "first"), (181, "hold:too_old")])
def test_an_item_more_than_180_days_late_at_its_first_contact_is_held_for_a_person(late: int, expected: str) -> None:
    item = invoice("F1", due_on=march(9) - timedelta(days=late))
    assert said(decided(case_file([item]), march(9))) == {"F1": expected}


def test_an_old_item_that_a_person_released_starts_at_the_first_level() -> None:
    item = invoice("F1", due_on=date(2025, 1, 6))
    case = replace(case_file([item]), age_accepted=frozenset({item.item_id}))
    assert said(decided(case, march(9))) == {"F1": "first"}


def test_an_item_already_reminded_goes_on_however_old_it_is() -> None:
    item = invoice("F1", due_on=date(2025, 1, 6))
    assert said(decided(case_file([item], history=[sent(item, "first", date(2025, 1, 13))]), march(9))) == {
        "F1": "second"
    }


def test_a_due_date_moved_back_is_never_followed_by_a_lower_level() -> None:
    # Second was sent; the due date then moved a month on: neither pre_due nor first nor second comes again.
    item = invoice("F1", due_on=date(2026, 4, 2), issued_on=date(2026, 1, 31))
    case = case_file([item], history=[sent(item, "first", march(9)), sent(item, "second", march(18))])
    hold = hold_of(decided(case, march(30)), "F1", HoldReason.NOT_DUE)
    assert (hold.level_id, hold.until) == ("third", date(2026, 5, 2))


def test_a_level_taken_out_of_the_plan_still_counts_as_reached() -> None:
    # `second` (offset 15) was sent, then taken out: the next is `third`, not `first`.
    item = invoice("F1", due_on=DUE)
    shorter = replace(STANDARD, levels=tuple(lv for lv in STANDARD.levels if lv.level_id != "second"))
    case = case_file([item], history=[sent(item, "second", march(18), deadline=march(26))])
    assert said(decided(case, date(2026, 4, 1), plan=shorter)) == {"F1": "third"}


def test_after_the_formal_notice_an_item_is_plan_finished() -> None:
    item = invoice("F1", due_on=DUE)
    case = case_file([item], history=[sent(item, "formal", date(2026, 4, 16), deadline=date(2026, 4, 24))])
    hold_of(decided(case, date(2026, 4, 24)), "F1", HoldReason.DEADLINE_RUNNING)
    hold = hold_of(decided(case, date(2026, 4, 27)), "F1", HoldReason.PLAN_FINISHED)
    assert next_action_on(hold) is None


def test_a_returned_payment_resumes_after_its_last_sent_level() -> None:
    item = invoice("F1", due_on=DUE)
    life = Life(case=case_file([item]), plan=STANDARD, calendar=FRANCE)
    life.run_daily(march(2), march(18))
    life.case = replace(life.case, items=())  # paid
    life.run_daily(march(19), date(2026, 4, 10))
    life.case = replace(life.case, items=(item,))  # and returned
    life.run_daily(date(2026, 4, 13), date(2026, 4, 14))
    assert contacts(life)[-1] == ("2026-04-13", {"F1": "third"})


# Assumed due dates


def assumed(number: str, due: date) -> OpenItem:
    return replace(invoice(number, due_on=due), due_source=DueSource.ASSUMED)


def test_an_assumed_due_date_gets_no_level_before_it() -> None:
    hold = hold_of(decided(case_file([assumed("F1", DUE)]), date(2026, 2, 25)), "F1", HoldReason.NOT_DUE)
    assert hold.level_id == "first"


def test_an_assumed_due_date_gets_no_formal_notice() -> None:
    item = assumed("F1", DUE)
    case = case_file([item], history=[sent(item, "third", date(2026, 4, 1), deadline=date(2026, 4, 9))])
    hold_of(decided(case, date(2026, 4, 16)), "F1", HoldReason.DUE_DATE_ASSUMED)


def test_an_agreed_due_date_is_as_good_as_a_printed_one() -> None:
    item = replace(invoice("F1", due_on=DUE), due_source=DueSource.AGREED)
    assert said(decided(case_file([item]), date(2026, 2, 25))) == {"F1": "pre_due"}


# What is under way


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (ReminderState.AWAITING_APPROVAL, HoldReason.AWAITING_APPROVAL),
        (ReminderState.UNCERTAIN, HoldReason.HOLD),
        (ReminderState.HANDING_OVER, HoldReason.HOLD),
        (ReminderState.FAILED, HoldReason.ADDRESS_FAILED),
    ],
)
def test_an_item_whose_reminder_is_not_finished_is_not_asked_again(state: ReminderState, reason: HoldReason) -> None:
    item = invoice("F1", due_on=DUE)
    case = case_file([item], history=[sent(item, "first", march(9), deadline=march(17), state=state)])
    assert hold_of(decided(case, date(2026, 4, 20)), "F1", reason).held == eur("100.00")


def test_a_planned_reminder_that_nobody_sent_yet_is_decided_again() -> None:
    item = invoice("F1", due_on=DUE)
    case = case_file([item], history=[sent(item, "first", march(9), state=ReminderState.PLANNED)])
    assert said(decided(replace(case, last_contact_on=None), march(10))) == {"F1": "first"}


def test_a_planned_reminder_that_a_person_approved_is_left_to_the_sending_side() -> None:
    item = invoice("F1", due_on=DUE)
    line = sent(item, "first", march(9), state=ReminderState.PLANNED, approved=True)
    hold_of(
        decided(replace(case_file([item], history=[line]), last_contact_on=None), march(10)),
        "F1",
        HoldReason.AWAITING_APPROVAL,
    )


# What stops a whole company


@pytest.mark.parametrize(
    "reason",
    [HoldReason.MODE_OFF, HoldReason.QUARANTINED, HoldReason.STALE_BOOKS, HoldReason.BACKLOG_NOT_ACCEPTED],
)
def test_a_company_that_may_not_send_holds_what_it_would_have_asked_and_is_looked_at_again(reason: HoldReason) -> None:
    due, later = invoice("F1", due_on=DUE), invoice("F2", due_on=date(2026, 6, 1))
    disputed = invoice("F3", due_on=DUE)
    case = case_file([due, later, disputed], holds=[held(HoldKind.DISPUTE, item=disputed)])
    outcome = decided(case, march(9), block=CompanyBlock(reason=reason, detail="why"))
    hold = hold_of(outcome, "F1", reason)
    assert (hold.level_id, dict(hold.facts)["detail"]) == ("first", "why")
    assert next_action_on(hold) == date.min
    assert said(outcome) == {"F1": f"hold:{reason.value}", "F2": "hold:not_due", "F3": "hold:dispute"}
    assert outcome.notices == ()


# Explaining


def test_a_decision_names_the_data_it_was_taken_on() -> None:
    item = invoice("F1", due_on=DUE)
    case = case_file([item], history=[sent(item, "first", march(9), deadline=march(17))])
    remind = decision_of(decided(case, march(18)), "F1")
    assert dict(remind.facts) == {
        "due_on": "2026-03-02",
        "due_source": "stated",
        "days_late": "16",
        "balance": "100.00 EUR",
        "last_level": "first",
        "last_sent": "2026-03-09",
        "deadline": "2026-03-17",
        "level": "second",
    }


def test_every_open_item_gets_exactly_one_decision_credits_included() -> None:
    items = [invoice("F1", due_on=DUE), invoice("F2", due_on=date(2026, 6, 1)), credit("A1", "10.00")]
    outcome = decided(case_file(items), march(9))
    assert sorted(one.item_id for one in outcome.decisions) == ["i-A1", "i-F1", "i-F2"]


def test_a_days_plan_leaves_out_only_what_is_not_due() -> None:
    outcome = decided(
        case_file([invoice("F1", due_on=DUE), invoice("F2", due_on=date(2026, 6, 1)), credit("A1", "1.00")]), march(9)
    )
    assert [one.item_id for one in outcome.decisions if is_due(one)] == ["i-A1", "i-F1"]


def test_a_notice_about_to_leave_is_decided_for_its_own_items_only() -> None:
    due, other = invoice("F1", due_on=DUE), invoice("F2", due_on=DUE)
    outcome = decide(case_file([due, other]), STANDARD, FRANCE, march(9), only=frozenset({due.item_id}))
    assert [line.item.number for line in only_notice(outcome).lines] == ["F1"]
    assert isinstance(decision_of(outcome, "F2"), Hold)
    assert [item.number for item in only_notice(outcome).also_open] == ["F2"]


def test_a_customer_that_only_a_change_can_move_is_not_looked_at_every_day() -> None:
    item = invoice("F1", due_on=DUE)
    hold = hold_of(
        decided(case_file([item], holds=[held(HoldKind.DISPUTE, item=item)]), march(9)), "F1", HoldReason.DISPUTE
    )
    assert next_action_on(hold) is None
    assert CUSTOMER.customer_id == decided(case_file([item]), march(9)).customer_id


def test_a_courtesy_that_is_not_written_is_looked_at_again_on_the_due_date() -> None:
    # 4.00 is under the minimum before the due date; after it, the item may share a notice with others.
    item = invoice("F1", due_on=DUE, amount="4.00")
    hold = hold_of(decided(case_file([item]), date(2026, 2, 25)), "F1", HoldReason.BELOW_MINIMUM)
    assert (hold.until, next_action_on(hold)) == (date(2026, 3, 1), DUE)
    overdue = hold_of(decided(case_file([item]), march(9)), "F1", HoldReason.BELOW_MINIMUM)
    assert (overdue.until, next_action_on(overdue)) == (None, None)
