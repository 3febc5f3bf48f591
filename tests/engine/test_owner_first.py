"""Account owners first: nothing after the due date leaves before its owner has known of it for their days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.calendar import BusinessCalendar, Period
from engine.decide import decide
from engine.foresight import foreseen
from engine.kinds import Channel, HoldKind, HoldReason, ReminderState
from engine.model import HistoryLine, Hold, HoldRecord, OwnerTold, Remind
from engine.owner_first import add_sending_days
from engine.pace import Pace
from tests.builders import NOW, day
from tests.fakes.customer_life import CUSTOMER, STANDARD, case_file, days, invoice
from tests.fakes.generated_cases import calendars, plans

if TYPE_CHECKING:
    from engine.model import CustomerOutcome, Notice
    from engine.plan import Plan
    from engine.records import CaseFile

OWNED = replace(CUSTOMER, owner="Anne", owner_email="anne@cabinet.example")
PLAN = replace(STANDARD, owner_days=2)
WEEK = BusinessCalendar()


def owned(*numbers: str, due: str = "2026-03-02") -> CaseFile:
    return case_file([invoice(number, due_on=day(due)) for number in numbers], customer=OWNED)


def told(number: str, level: str, on: str) -> OwnerTold:
    return OwnerTold(item_id=f"i-{number}", level_id=level, told_on=day(on))


def only(outcome: CustomerOutcome) -> Remind | Hold:
    (decision,) = outcome.decisions
    return decision


def test_a_level_whose_owner_was_never_told_waits_for_their_days_from_the_next_sending_day() -> None:
    # Due Mon 2 Mar: the first level has come on Sat 7. Told on Mon 9 at the earliest, it leaves on Wed 11.
    for today in ("2026-03-07", "2026-03-09"):
        decision = only(decide(owned("F1"), PLAN, WEEK, day(today)))
        assert isinstance(decision, Hold)
        assert (decision.reason, decision.until) == (HoldReason.INTERVAL, day("2026-03-10"))
        assert {("cause", "owner_first"), ("owner", "Anne")} <= set(decision.facts)


def test_a_level_whose_owner_was_told_leaves_after_their_days_and_not_before() -> None:
    # Told on Fri 6 Mar, it leaves two sending days later: Tue 10.
    case = replace(owned("F1"), owner_told=(told("F1", "first", "2026-03-06"),))
    waits = only(decide(case, PLAN, WEEK, day("2026-03-09")))
    assert isinstance(waits, Hold)
    assert (waits.until, dict(waits.facts)["told_on"]) == (day("2026-03-09"), "2026-03-06")
    assert only(decide(case, PLAN, WEEK, day("2026-03-10"))) == replace(
        only(decide(case, STANDARD, WEEK, day("2026-03-10")))
    )


def test_to_have_been_told_of_one_level_says_nothing_of_the_next() -> None:
    sent = HistoryLine(
        item_id="i-F1",
        level_id="first",
        offset=5,
        channel=Channel.EMAIL,
        state=ReminderState.SENT,
        sent_on=day("2026-03-09"),
        deadline_on=day("2026-03-17"),
        reminder_id="r1",
    )
    case = replace(owned("F1"), history=(sent,), owner_told=(told("F1", "first", "2026-03-05"),))
    decision = only(decide(case, PLAN, WEEK, day("2026-03-18")))
    assert isinstance(decision, Hold)
    assert (decision.level_id, dict(decision.facts)["cause"]) == ("second", "owner_first")


def test_a_customer_whose_owner_cannot_be_written_to_is_reminded_as_usual() -> None:
    for customer in (CUSTOMER, replace(OWNED, owner_email="")):
        case = replace(owned("F1"), customer=customer)
        assert isinstance(only(decide(case, PLAN, WEEK, day("2026-03-09"))), Remind)


def test_a_level_before_the_due_date_asks_no_owner() -> None:
    assert isinstance(only(decide(owned("F1"), PLAN, WEEK, day("2026-02-25"))), Remind)


def test_what_hinders_a_reminder_anyway_is_told_rather_than_the_wait_for_its_owner() -> None:
    # Whoever is never foreseen is never told: a customer without an address would otherwise wait for ever.
    case = replace(owned("F1"), customer=replace(OWNED, contacts=()))
    decision = only(decide(case, PLAN, WEEK, day("2026-03-09")))
    assert isinstance(decision, Hold)
    assert decision.reason is HoldReason.NO_ADDRESS


def test_of_two_invoices_the_one_that_was_told_of_leaves_alone() -> None:
    case = replace(owned("F1", "F2"), owner_told=(told("F1", "first", "2026-03-05"),))
    outcome = decide(case, PLAN, WEEK, day("2026-03-09"))
    (notice,) = outcome.notices
    assert [line.item.number for line in notice.lines] == ["F1"]
    assert notice.totals["EUR"].minor == 10_000
    held = outcome.decisions[1]
    assert isinstance(held, Hold)
    assert dict(held.facts)["cause"] == "owner_first"


def test_what_would_be_too_small_alone_waits_for_what_was_not_told_of() -> None:
    small = invoice("F1", due_on=day("2026-03-02"), amount="4.00")
    case = case_file([small, invoice("F2", due_on=day("2026-03-02"))], customer=OWNED)
    case = replace(case, owner_told=(told("F1", "first", "2026-03-05"),))
    outcome = decide(case, PLAN, WEEK, day("2026-03-09"))
    assert outcome.notices == ()
    assert {d.reason for d in outcome.decisions if isinstance(d, Hold)} == {
        HoldReason.BELOW_MINIMUM,
        HoldReason.INTERVAL,
    }


def leaving(case: CaseFile, today: str) -> list[tuple[str, str]]:
    return [
        (f"{one.notice.on}", line.item.number)
        for one in foreseen(case, PLAN, WEEK, day(today), None)
        for line in one.notice.lines
    ]


def test_an_owner_is_told_two_sending_days_before_the_day_of_the_plan() -> None:
    # +5 is Sat 7 Mar: it leaves on Mon 9, so its owner is told on Thu 5.
    found = {today: leaving(owned("F1"), today) for today in ("2026-03-04", "2026-03-05", "2026-03-06")}
    assert found == {"2026-03-04": [], "2026-03-05": [("2026-03-09", "F1")], "2026-03-06": [("2026-03-10", "F1")]}


def test_what_the_owner_knows_of_already_is_not_told_again() -> None:
    case = replace(owned("F1"), owner_told=(told("F1", "first", "2026-03-05"),))
    assert leaving(case, "2026-03-06") == []


def test_the_gap_after_a_reminder_that_leaves_meanwhile_is_foreseen() -> None:
    # F1 leaves on Tue 10, as its owner knows; F2 reaches its level on Wed 11, but the gap of five days lasts until
    # Sat 14: on Mon 9 nothing is to be told of it.
    case = case_file([invoice("F1", due_on=day("2026-03-05")), invoice("F2", due_on=day("2026-03-06"))], customer=OWNED)
    case = replace(case, owner_told=(told("F1", "first", "2026-03-06"),))
    assert leaving(case, "2026-03-09") == []
    assert leaving(replace(case, owner_told=()), "2026-03-09") == [("2026-03-11", "F1"), ("2026-03-11", "F2")]


def test_a_hold_that_ends_before_the_day_is_foreseen_and_one_that_does_not_is_not() -> None:
    def held(until: str) -> CaseFile:
        record = HoldRecord(
            hold_id="h",
            kind=HoldKind.HOLD,
            reason="",
            author="a",
            recorded_at=NOW,
            customer_id=CUSTOMER.customer_id,
            until=day(until),
        )
        return replace(owned("F1"), holds=(record,))

    assert leaving(held("2026-03-08"), "2026-03-05") == [("2026-03-09", "F1")]
    assert leaving(held("2026-03-09"), "2026-03-05") == []


def test_what_waits_for_a_persons_approval_is_told_of_if_its_owner_does_not_know() -> None:
    waiting = HistoryLine(
        item_id="i-F1",
        level_id="first",
        offset=5,
        channel=Channel.EMAIL,
        state=ReminderState.AWAITING_APPROVAL,
        sent_on=day("2026-03-09"),
        deadline_on=None,
        reminder_id="r1",
    )
    assert leaving(replace(owned("F1"), history=(waiting,)), "2026-03-10") == [("2026-03-12", "F1")]


class Lived:
    """One customer lived through with their owner: each sending day a digest, if anything is foreseen; some are missed."""

    def __init__(self, case: CaseFile, plan: Plan, calendar: BusinessCalendar, missed: frozenset[date]) -> None:
        self.case, self.plan, self.calendar, self.missed = case, plan, calendar, missed
        self.left: list[tuple[date, Notice]] = []

    def live(self, first: date, last: date) -> None:
        for today in days(first, last):
            if today in self.missed or not self.calendar.is_sending_day(today):
                continue
            for notice in decide(self.case, self.plan, self.calendar, today).notices:
                if notice.on == today:
                    self._leaves(notice, today)
            found = foreseen(self.case, self.plan, self.calendar, today, None)
            pairs = {pair for one in found for pair in one.untold}
            self.case = replace(
                self.case,
                owner_told=(
                    *self.case.owner_told,
                    *(OwnerTold(item_id=item, level_id=level, told_on=today) for item, level in sorted(pairs)),
                ),
            )

    def _leaves(self, notice: Notice, today: date) -> None:
        self.left.append((today, notice))
        lines = tuple(
            HistoryLine(
                item_id=line.item.item_id,
                level_id=line.level_id,
                offset=next(level.offset for level in self.plan.levels if level.level_id == line.level_id),
                channel=notice.channel,
                state=ReminderState.SENT,
                sent_on=today,
                deadline_on=notice.deadline_on,
                reminder_id=f"r{len(self.left)}",
            )
            for line in notice.lines
        )
        self.case = replace(self.case, history=(*self.case.history, *lines), last_contact_on=today)


@st.composite
def lives(draw: st.DrawFn) -> Lived:
    first = date(2026, 1, 5)
    items = [
        invoice(f"F{number}", due_on=first + timedelta(days=draw(st.integers(-20, 40))))
        for number in range(draw(st.integers(1, 3)))
    ]
    plan = replace(draw(plans()), owner_days=draw(st.integers(1, 4)))
    missed = draw(st.frozensets(st.integers(0, 90).map(lambda ahead: first + timedelta(days=ahead)), max_size=25))
    return Lived(case_file(items, customer=OWNED), plan, draw(calendars()), missed)


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(lives())
def test_no_reminder_ever_leaves_before_its_owner_has_known_of_it_for_their_days(life: Lived) -> None:
    life.live(date(2026, 1, 5), date(2026, 4, 5))
    known: dict[tuple[str, str], date] = {}
    for one in life.case.owner_told:
        known.setdefault((one.item_id, one.level_id), one.told_on)
    for today, notice in life.left:
        for line in notice.lines:
            if notice.offset < 0:
                continue
            first = known[line.item.item_id, line.level_id]
            allowed = add_sending_days(life.calendar, first, life.plan.owner_days or 0)
            assert allowed is not None
            assert allowed <= today


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(lives())
def test_an_owner_never_stops_a_chase_for_good(life: Lived) -> None:
    # Whatever is missed, every level after the due date leaves in the end.
    usual = Lived(
        replace(life.case, customer=CUSTOMER), replace(life.plan, owner_days=None), life.calendar, life.missed
    )
    for one in (life, usual):
        one.live(date(2026, 1, 5), date(2026, 10, 1))
    assert after_due(life) == after_due(usual)


def after_due(life: Lived) -> list[tuple[str, str]]:
    return sorted(
        (line.item.number, line.level_id) for _, notice in life.left if notice.offset >= 0 for line in notice.lines
    )


def test_a_closed_period_counts_no_sending_days() -> None:
    calendar = BusinessCalendar(closed=(Period(first=day("2026-03-10"), last=day("2026-03-13")),))
    assert add_sending_days(calendar, day("2026-03-09"), 2) == day("2026-03-17")


def test_a_slower_pace_moves_levels_after_the_due_date_until_its_end() -> None:
    pace = Pace(days=7, until=day("2026-03-20"))
    usual = {
        "2026-03-07": "2026-03-14",  # well before the end: seven days later
        "2026-03-17": "2026-03-21",  # the pace ends on the 20th: the next day
        "2026-03-25": "2026-03-25",  # after the end: as usual
    }
    assert {day: f"{pace.day(date.fromisoformat(day), before_due=False)}" for day in usual} == usual
    assert pace.day(day("2026-03-07"), before_due=True) == day("2026-03-07")
    assert Pace(days=7).day(day("2026-03-07"), before_due=False) == day("2026-03-07")


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(1, 90),
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_a_pace_never_lets_a_lower_level_follow_a_higher_one(one: date, other: date, count: int, until: date) -> None:
    pace = Pace(days=count, until=until)
    first, second = sorted((one, other))
    assert pace.day(first, before_due=False) <= pace.day(second, before_due=False)
    assert timedelta(0) <= pace.day(one, before_due=False) - one <= timedelta(days=count)


def test_a_paced_customer_is_told_of_the_pace_and_its_end() -> None:
    customer = replace(CUSTOMER, pace_days=7, pace_until=day("2026-03-20"))
    case = case_file([invoice("F1", due_on=day("2026-03-02"))], customer=customer)
    decision = only(decide(case, STANDARD, WEEK, day("2026-03-09")))
    assert isinstance(decision, Hold)
    assert (decision.reason, decision.until) == (HoldReason.NOT_DUE, day("2026-03-14"))
    assert {("pace_days", "7"), ("pace_until", "2026-03-20")} <= set(decision.facts)
