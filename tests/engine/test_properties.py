"""What holds for any customer, plan, calendar and day: the rules of the core as properties, written from the rules alone.

The strategies are in `tests/fakes/generated_cases.py`, the simulated life in `tests/fakes/customer_life.py`. To add a
property: take a `world`, decide (or `live` it through), and assert one sentence of the design.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.calendar import BusinessCalendar
from engine.decide import decide, next_action_on
from engine.kinds import Channel, HoldKind, HoldReason, ItemKind, PaymentMethod, ReminderState
from engine.model import CompanyBlock, HistoryLine, Hold, HoldRecord, Remind
from engine.money import Money, totals
from tests.fakes.customer_life import CUSTOMER, STANDARD, Life, case_file, days, invoice
from tests.fakes.generated_cases import FIRST_DAY, World, calendars, plans, worlds

if TYPE_CHECKING:
    from random import Random

    from engine.model import CustomerOutcome, OpenItem
    from engine.plan import Plan

# RELANCE_PROVE=20 draws twenty times as many cases; tests/conftest.py says when they are the same each time.
EFFORT: Final = int(os.environ.get("RELANCE_PROVE", "1"))
_COMMON: Final[dict[str, Any]] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
prove = settings(max_examples=40 * EFFORT, **_COMMON)
prove_slowly = settings(max_examples=10 * EFFORT, **_COMMON)


def outcome_of(world: World) -> CustomerOutcome:
    return decide(world.case, world.plan, world.calendar, world.day)


def item(world: World, item_id: str) -> OpenItem:
    return next(i for i in world.case.items if i.item_id == item_id)


def reminds(outcome: CustomerOutcome) -> list[Remind]:
    return [d for d in outcome.decisions if isinstance(d, Remind)]


def is_stopped(world: World, it: OpenItem) -> bool:
    """Whether something recorded stops the item on the world's day; a promise, until two working days after it."""
    for hold in world.case.holds:
        if not hold.covers(it) or (hold.kind is HoldKind.DISPUTE and not contests_all(hold, it)):
            continue
        if hold.kind is HoldKind.PROMISE:
            assert hold.promised_on is not None
            if world.day <= world.calendar.add_working_days(hold.promised_on, 2):
                return True
        elif hold.until is None or world.day <= hold.until:
            return True
    return False


def contests_all(hold: HoldRecord, it: OpenItem) -> bool:
    return hold.disputed is None or hold.disputed.currency != it.currency or hold.disputed >= it.balance


def contested_of(world: World, it: OpenItem) -> int:
    """How much of an item, in minor units, the customer contests on the world's day."""
    disputes = [
        h
        for h in world.case.holds
        if h.kind is HoldKind.DISPUTE and h.covers(it) and (h.until is None or world.day <= h.until)
    ]
    parts = [it.balance.minor if contests_all(h, it) or h.disputed is None else h.disputed.minor for h in disputes]
    return max(parts, default=0)


def is_disputed(world: World, it: OpenItem) -> bool:
    """Whether the customer contests all that is open of an item."""
    return 0 < it.balance.minor <= contested_of(world, it)


def sent_ranks(plan: Plan, history: tuple[HistoryLine, ...], item_id: str) -> list[int]:
    """Positions among the levels after the due date of what was sent for an item."""
    after_due = [lv.level_id for lv in plan.levels if not lv.before_due]
    return [after_due.index(h.level_id) for h in history if h.item_id == item_id and h.level_id in after_due]


# What may be asked at all


@prove
@given(worlds())
def test_nothing_that_is_paid_held_disputed_or_vanished_is_ever_asked(world: World) -> None:
    for remind in reminds(outcome_of(world)):
        asked = item(world, remind.item_id)
        assert asked.kind is ItemKind.INVOICE
        assert asked.balance.minor > 0
        assert remind.asked.minor > 0
        assert not asked.unseen
        assert not asked.is_opening
        assert not is_stopped(world, asked)


@prove
@given(worlds())
def test_asked_held_and_covered_add_up_to_the_open_items(world: World) -> None:
    decisions = {d.item_id: d for d in outcome_of(world).decisions}
    for it in world.case.items:
        if it.balance.minor <= 0:
            continue
        decision = decisions[it.item_id]
        rest = decision.asked if isinstance(decision, Remind) else decision.held
        if isinstance(decision, Remind) and decision.disputed is not None:
            rest += decision.disputed
            assert 0 < decision.disputed.minor <= contested_of(world, it)
        assert rest + decision.covered == it.balance
        assert rest.minor >= 0
        assert decision.covered.minor >= 0
    assert len(decisions) == len(outcome_of(world).decisions)


@prove
@given(worlds())
def test_credit_covers_no_more_than_there_is_and_what_it_covers_whole_is_not_asked(world: World) -> None:
    outcome = outcome_of(world)
    for currency in {it.currency for it in world.case.items}:
        here = [it for it in world.case.items if it.currency == currency]
        ids = {it.item_id for it in here}
        available = -sum(it.balance.minor for it in here if it.balance.minor < 0)
        covered = sum(d.covered.minor for d in outcome.decisions if d.item_id in ids)
        assert covered <= available
        named = {it.reduces for it in here if it.balance.minor < 0}
        for decision in outcome.decisions:
            contested = contested_of(world, item(world, decision.item_id)) if decision.item_id in ids else 0
            if contested and item(world, decision.item_id).number not in named:
                assert decision.covered.minor <= item(world, decision.item_id).balance.minor - contested
        free = -sum(it.balance.minor for it in here if it.balance.minor < 0 and not it.reduces)
        open_undisputed = sum(it.balance.minor - contested_of(world, it) for it in here if it.balance.minor > 0)
        if free >= open_undisputed:
            assert not [r for r in reminds(outcome) if r.item_id in ids]


@prove
@given(worlds())
def test_a_customer_in_credit_is_never_written_to(world: World) -> None:
    sums = totals([it.balance for it in world.case.items])
    in_credit = {currency for currency, balance in sums.items() if balance.minor < 0}
    outcome = outcome_of(world)
    assert not [n for n in outcome.notices if in_credit & set(n.totals)]
    assert not [r for r in reminds(outcome) if r.asked.currency in in_credit]


@prove
@given(worlds())
def test_nobody_is_mailed_who_cannot_or_must_not_be(world: World) -> None:
    customer = world.case.customer
    outcome = outcome_of(world)
    if customer.do_not_contact:
        assert not outcome.notices
    for remind in reminds(outcome):
        debtor = world.case.debtor(item(world, remind.item_id))
        assert not debtor.do_not_contact
        method = debtor.payment_method or customer.payment_method
        assert method not in {PaymentMethod.DIRECT_DEBIT, PaymentMethod.CARD}
    if not customer.with_role(CUSTOMER.contacts[0].role):
        assert not [n for n in outcome.notices if n.channel.value == "email"]


@prove
@given(worlds(), st.sampled_from([HoldReason.STALE_BOOKS, HoldReason.QUARANTINED, HoldReason.MODE_OFF]))
def test_a_blocked_company_asks_nothing_and_says_why(world: World, reason: HoldReason) -> None:
    free = outcome_of(world)
    blocked = decide(world.case, world.plan, world.calendar, world.day, CompanyBlock(reason=reason))
    assert not blocked.notices
    assert not reminds(blocked)
    stopped = {d.item_id: d for d in blocked.decisions if isinstance(d, Hold)}
    assert all(stopped[r.item_id].reason is reason for r in reminds(free))


@prove
@given(worlds())
def test_what_is_contested_is_never_asked_and_its_release_gives_back_the_whole(world: World) -> None:
    for remind in reminds(outcome_of(world)):
        it = item(world, remind.item_id)
        assert remind.asked.minor <= it.balance.minor - contested_of(world, it)
    without = replace(world.case, holds=tuple(h for h in world.case.holds if h.kind is not HoldKind.DISPUTE))
    for remind in reminds(decide(without, world.plan, world.calendar, world.day)):
        assert remind.disputed is None
        assert remind.asked + remind.covered == item(world, remind.item_id).balance


@prove
@given(worlds())
def test_a_member_of_a_group_never_gets_a_mail_of_its_own(world: World) -> None:
    case, outcome = world.case, outcome_of(world)
    for notice in outcome.notices:
        assert notice.customer_id == case.customer.customer_id
        written_to = [one for one in (notice.to, *notice.cc) if one is not None]
        assert all(one in case.customer.contacts for one in written_to)
        for line in notice.lines:
            ours = line.item.customer_id == case.customer.customer_id
            assert line.debtor == ("" if ours else "Filiale")


@prove
@given(st.integers(1, 20_000), st.integers(-10, 10))
def test_free_credit_passes_a_disputed_invoice_by(credit: int, later: int) -> None:
    contested = invoice("F1", due_on=FIRST_DAY - timedelta(days=8))
    other = invoice("F2", due_on=contested.due_on + timedelta(days=later))
    money = Money(minor=-credit, currency="EUR")
    note = replace(invoice("AV1", due_on=contested.due_on), kind=ItemKind.CREDIT_NOTE, total=money, balance=money)
    dispute = HoldRecord(
        hold_id="h1",
        kind=HoldKind.DISPUTE,
        reason="quantity",
        author="test",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        item_id=contested.item_id,
    )
    case = case_file([contested, other, note], holds=[dispute])
    covered = {d.item_id: d.covered.minor for d in decide(case, STANDARD, BusinessCalendar(), FIRST_DAY).decisions}
    assert covered[contested.item_id] == 0
    assert covered[other.item_id] == min(credit, other.balance.minor)


@prove
@given(st.sampled_from([HoldKind.HOLD, HoldKind.DISPUTE, HoldKind.INSTALMENTS]), st.integers(0, 30))
def test_what_stops_an_item_until_a_day_includes_that_day_and_not_the_next(kind: HoldKind, lasts: int) -> None:
    last = FIRST_DAY + timedelta(days=lasts)
    hold = HoldRecord(
        hold_id="h1",
        kind=kind,
        reason="drawn",
        author="test",
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        item_id="i-F1",
        until=last,
    )
    case = case_file([invoice("F1", due_on=FIRST_DAY - timedelta(days=8))], holds=[hold])
    (on_the_last_day,) = decide(case, STANDARD, BusinessCalendar(), last).decisions
    (on_the_next,) = decide(case, STANDARD, BusinessCalendar(), last + timedelta(days=1)).decisions
    assert isinstance(on_the_last_day, Hold)
    assert next_action_on(on_the_last_day) == last + timedelta(days=1)
    assert isinstance(on_the_next, Remind)


# How notices are made


@prove
@given(worlds())
def test_notices_hold_exactly_the_reminded_items_and_their_totals_add_up(world: World) -> None:
    outcome = outcome_of(world)
    lines = {line.item.item_id: line for notice in outcome.notices for line in notice.lines}
    assert len(lines) == sum(len(notice.lines) for notice in outcome.notices)
    assert {r.item_id: (r.level_id, r.asked) for r in reminds(outcome)} == {
        item_id: (line.level_id, line.asked) for item_id, line in lines.items()
    }
    for notice in outcome.notices:
        assert notice.totals == totals([line.asked for line in notice.lines])
        assert all(total >= world.plan.minimum(currency) for currency, total in notice.totals.items())
        ranks = {lv.level_id: number for number, lv in enumerate(world.plan.levels)}
        assert ranks[notice.level_id] == max(ranks[line.level_id] for line in notice.lines)


@prove
@given(worlds())
def test_a_formal_notice_goes_alone_and_is_always_approved(world: World) -> None:
    for notice in outcome_of(world).notices:
        formal = [line for line in notice.lines if line.level_id == "formal"]
        assert notice.is_formal == bool(formal)
        assert not formal or len(formal) == len(notice.lines)
        assert notice.needs_approval or not notice.is_formal


@prove
@given(worlds())
def test_levels_before_the_due_date_never_share_a_notice_with_overdue_items(world: World) -> None:
    before = {lv.level_id for lv in world.plan.levels if lv.before_due}
    for notice in outcome_of(world).notices:
        kinds = {line.level_id in before for line in notice.lines}
        assert len(kinds) == 1
        if kinds == {True}:
            assert all(notice.on < line.item.due_on for line in notice.lines)
            assert all((notice.on - line.item.issued_on).days >= 10 for line in notice.lines)
            assert notice.deadline_on is None


@prove
@given(worlds())
def test_what_is_also_open_is_overdue_undisputed_and_not_asked(world: World) -> None:
    for notice in outcome_of(world).notices:
        asked = {line.item.item_id for line in notice.lines}
        for other in notice.also_open:
            assert other.item_id not in asked
            assert other.balance.minor > 0
            assert other.days_late(notice.on) > 0
            whole = item(world, other.item_id)
            assert other.balance.minor <= whole.balance.minor - contested_of(world, whole)


@prove
@given(worlds(), st.randoms(use_true_random=False))
def test_the_same_facts_in_another_order_give_the_same_decision(world: World, chance: Random) -> None:
    once, again = outcome_of(world), outcome_of(world)
    assert once == again
    case = replace(
        world.case,
        items=tuple(chance.sample(world.case.items, len(world.case.items))),
        history=tuple(chance.sample(world.case.history, len(world.case.history))),
        holds=tuple(chance.sample(world.case.holds, len(world.case.holds))),
    )
    other = decide(case, world.plan, world.calendar, world.day)
    assert sorted(other.decisions, key=lambda d: d.item_id) == sorted(once.decisions, key=lambda d: d.item_id)
    assert other.notices == once.notices


@prove
@given(
    calendars(), st.integers(5, 14), st.integers(45, 90), st.sampled_from([Channel.EMAIL, Channel.REGISTERED_LETTER])
)
def test_a_formal_notice_and_an_ordinary_one_come_up_on_the_same_day(
    calendar: BusinessCalendar, late: int, long_late: int, channel: Channel
) -> None:
    plan = replace(STANDARD, levels=(*STANDARD.levels[:-1], replace(STANDARD.levels[-1], channel=channel)))
    old = invoice("OLD", due_on=FIRST_DAY - timedelta(days=long_late))
    ordinary = invoice("NEW", due_on=FIRST_DAY - timedelta(days=late))
    third = HistoryLine(
        item_id=old.item_id,
        level_id="third",
        offset=30,
        channel=Channel.EMAIL,
        state=ReminderState.SENT,
        sent_on=FIRST_DAY - timedelta(days=12),
        deadline_on=FIRST_DAY - timedelta(days=3),
        reminder_id="r0",
    )
    outcome = decide(case_file([old, ordinary], history=[third]), plan, calendar, FIRST_DAY)
    assert {(r.item_id, r.level_id) for r in reminds(outcome)} == {("i-OLD", "formal"), ("i-NEW", "first")}
    assert {n.is_formal: [line.item.number for line in n.lines] for n in outcome.notices} == {
        True: ["OLD"],
        False: ["NEW"],
    }


@prove
@given(calendars(), st.integers(5, 60), st.integers(1, 5))
def test_a_first_reminder_does_not_carry_a_courtesy_that_is_due_the_same_day(
    calendar: BusinessCalendar, late: int, due_in: int
) -> None:
    old = invoice("OLD", due_on=FIRST_DAY - timedelta(days=late))
    coming = invoice("NEW", due_on=FIRST_DAY + timedelta(days=due_in))
    outcome = decide(case_file([old, coming]), STANDARD, calendar, FIRST_DAY)
    assert [[line.item.number for line in notice.lines] for notice in outcome.notices] == [["OLD"]]


# How levels follow one another, whenever the tool runs


def live_and_check(world: World, run_days: list[date], *, approves: bool) -> Life:
    """Live a customer through these runs, and check each contact against all that went before it."""
    life = Life(case=world.case, plan=world.plan, calendar=world.calendar, approves=approves)
    before_due = {lv.level_id for lv in world.plan.levels if lv.before_due}
    after_due = [lv.level_id for lv in world.plan.levels if not lv.before_due]
    open_items = [it for it in world.case.items if it.balance.minor > 0]
    for day in run_days:
        known, last_contact = life.case.history, life.case.last_contact_on
        outcome = life.run(day)
        left = [notice for notice in outcome.notices if notice.on == day]
        at_once = [notice for notice in left if not notice.needs_approval]
        assert not left or world.calendar.is_sending_day(day)
        assert all(notice.on == world.calendar.next_sending_day(day) for notice in outcome.notices)
        assert len(at_once) <= 1
        if left and (at_once or approves) and last_contact is not None:
            assert (day - last_contact).days >= world.plan.min_gap_days
        for notice in left:
            for line in notice.lines:
                past = [h for h in known if h.item_id == line.item.item_id]
                ranks = sent_ranks(world.plan, known, line.item.item_id)
                assert line.level_id not in {h.level_id for h in past}
                assert all(h.deadline_on is None or day > h.deadline_on for h in past)
                if line.level_id in before_due:
                    assert not ranks
                    # Nor while another open item of the customer has been reminded after its due date.
                    assert not [it for it in open_items if sent_ranks(world.plan, known, it.item_id)]
                else:
                    assert after_due.index(line.level_id) == max(ranks, default=-1) + 1
                if notice.deadline_on is not None:
                    assert world.calendar.is_working_day(notice.deadline_on)
    return life


@prove_slowly
@given(worlds(), st.lists(st.integers(0, 40), min_size=1, max_size=25), st.booleans())
def test_however_rarely_it_runs_levels_climb_by_one_and_wait_for_gap_and_deadline(
    world: World, gaps: list[int], approves: bool
) -> None:
    # A gap of 0 is a second run on the same day, 40 an outage of more than a month.
    run_days, day = [], world.day
    for gap in gaps:
        day += timedelta(days=gap)
        run_days.append(day)
    live_and_check(world, run_days, approves=approves)


@prove_slowly
@given(worlds())
def test_running_every_hour_sends_exactly_what_running_once_a_day_sends(world: World) -> None:
    span = list(days(world.day, world.day + timedelta(days=45)))
    daily = live_and_check(world, span, approves=True)
    hourly = live_and_check(world, [day for day in span for _ in range(3)], approves=True)
    assert [(c.on, c.levels) for c in daily.contacts] == [(c.on, c.levels) for c in hourly.contacts]


@prove_slowly
@given(worlds(quiet=True))
def test_every_plain_invoice_climbs_the_whole_plan_in_the_end(world: World) -> None:
    life = live_and_check(world, list(days(world.day, world.day + timedelta(days=240))), approves=True)
    after_due = [lv.level_id for lv in world.plan.levels if not lv.before_due]
    for it in world.case.items:
        assert [lv for lv in life.levels_of(it.item_id) if lv in after_due] == after_due


@prove_slowly
@given(worlds(quiet=True))
def test_a_formal_notice_that_nobody_approves_keeps_no_other_item_waiting(world: World) -> None:
    life = live_and_check(world, list(days(world.day, world.day + timedelta(days=240))), approves=False)
    ordinary = [lv.level_id for lv in world.plan.levels if not lv.before_due and not lv.is_formal]
    for it in world.case.items:
        assert [lv for lv in life.levels_of(it.item_id) if lv in ordinary] == ordinary


@prove
@given(calendars(), st.integers(1, 25), st.integers(8, 12))
def test_courtesy_before_the_due_date_is_dropped_exactly_while_another_item_is_chased(
    calendar: BusinessCalendar, due_in: int, chased_for: int
) -> None:
    coming = invoice("NEW", due_on=FIRST_DAY + timedelta(days=due_in))
    chased = invoice("OLD", due_on=FIRST_DAY - timedelta(days=20))
    first = HistoryLine(
        item_id=chased.item_id,
        level_id="first",
        offset=5,
        channel=Channel.EMAIL,
        state=ReminderState.SENT,
        sent_on=FIRST_DAY - timedelta(days=chased_for),
        deadline_on=FIRST_DAY + timedelta(days=30),  # nothing else is asked meanwhile
        reminder_id="r0",
    )
    span = list(days(FIRST_DAY, coming.due_on - timedelta(days=1)))
    together = [decide(case_file([chased, coming], history=[first]), STANDARD, calendar, day) for day in span]
    assert not [r for outcome in together for r in reminds(outcome) if r.item_id == coming.item_id]
    paid = replace(chased, balance=Money.zero("EUR"))
    alone = [decide(case_file([paid, coming], history=[first]), STANDARD, calendar, day) for day in span]
    asked_on = [r.on for outcome in alone for r in reminds(outcome)]
    window = [day for day in span if day >= coming.due_on - timedelta(days=5) and calendar.is_sending_day(day)]
    assert set(asked_on) == set(window)


# The exact days of a lone invoice, by a second reading of the rules


def days_by_the_rules(it: OpenItem, plan: Plan, calendar: BusinessCalendar, start: date) -> list[tuple[date, str]]:
    """Work out the contacts of a lone invoice from the sentences of the design (plans with at most one early level)."""
    contacts: list[tuple[date, str]] = []
    free = start
    for lv in plan.levels:
        wish = max(free, it.due_on + timedelta(days=lv.offset))
        if all(name in {"before", "pre_due"} for _, name in contacts):
            wish = max(wish, it.issued_on + timedelta(days=10))
        on = calendar.next_sending_day(wish)
        assert on is not None
        if lv.before_due and on >= it.due_on:
            continue
        contacts.append((on, lv.level_id))
        free = on + timedelta(days=plan.min_gap_days)
        if lv.deadline_days is not None and not lv.before_due:
            printed = calendar.next_working_day(on + timedelta(days=lv.deadline_days))
            free = max(free, printed + timedelta(days=1))
    return contacts


@prove_slowly
@given(plans(), calendars(), st.integers(-50, 60), st.sampled_from([0, 3, 9, 10, 30]), st.integers(0, 30))
def test_a_lone_invoice_is_asked_on_exactly_the_days_that_the_rules_give(
    plan: Plan, calendar: BusinessCalendar, due_in: int, terms: int, start_in: int
) -> None:
    due_on = FIRST_DAY + timedelta(days=due_in)
    it = invoice("F1", due_on=due_on, issued_on=due_on - timedelta(days=terms))
    start = FIRST_DAY + timedelta(days=start_in)
    life = Life(case=case_file([it]), plan=plan, calendar=calendar)
    life.run_daily(start, start + timedelta(days=300))
    assert [(c.on, c.levels[it.item_id]) for c in life.contacts] == days_by_the_rules(it, plan, calendar, start)
    for contact in life.contacts:
        lv = plan.level(contact.levels[it.item_id])
        assert lv is not None
        if lv.deadline_days is None:
            assert contact.deadline_on is None
        else:
            wanted = calendar.next_working_day(contact.on + timedelta(days=lv.deadline_days))
            assert contact.deadline_on == wanted


@prove
@example(180)
@example(181)
@given(st.integers(0, 400))
def test_a_first_contact_more_than_180_days_late_is_held_for_a_person_and_an_accepted_one_starts_over(
    late: int,
) -> None:
    it = invoice("F1", due_on=FIRST_DAY - timedelta(days=late))
    case = case_file([it])
    calendar = BusinessCalendar(send_days=frozenset(range(7)), keep_holidays=False)
    (decision,) = decide(case, STANDARD, calendar, FIRST_DAY).decisions
    assert (isinstance(decision, Hold) and decision.reason is HoldReason.TOO_OLD) == (late > 180)
    if late > 180:
        accepted = replace(case, age_accepted=frozenset({it.item_id}))
        (decision,) = decide(accepted, STANDARD, calendar, FIRST_DAY).decisions
        assert isinstance(decision, Remind)
        assert decision.level_id == "first"


@prove
@given(st.integers(0, 4), st.integers(-20, 60))
def test_a_due_date_moved_back_is_never_followed_by_a_lower_level(reached: int, moved_by: int) -> None:
    it = invoice("F1", due_on=FIRST_DAY)
    life = Life(case=case_file([it]), plan=STANDARD, calendar=BusinessCalendar())
    day = FIRST_DAY - timedelta(days=10)
    while len(life.contacts) < reached:
        life.run(day)
        day += timedelta(days=1)
    sent = len(life.contacts)
    moved = replace(it, due_on=day + timedelta(days=moved_by))
    life.case = replace(life.case, items=(moved,))
    life.run_daily(day, moved.due_on + timedelta(days=120))
    ranks = [[lv.level_id for lv in STANDARD.levels].index(level) for level in life.levels_of(it.item_id)]
    assert ranks == sorted(set(ranks))
    assert len(ranks) > sent or sent == len(STANDARD.levels)
    if sent >= 2:
        assert ranks[sent:] == list(range(ranks[sent - 1] + 1, len(STANDARD.levels)))


# When to look again


def looks_of(outcome: CustomerOutcome) -> list[date | None]:
    """The days on which the store looks at a customer again, by time alone."""
    return [*map(next_action_on, outcome.decisions), outcome.recheck_on]


@prove_slowly
@given(worlds())
def test_a_customer_is_looked_at_no_later_than_the_day_on_which_one_of_its_items_would_be_asked(world: World) -> None:
    # Looking is by customer: a small item may become askable only because another one's level is due with it.
    outcome = outcome_of(world)
    looks = [on for on in looks_of(outcome) if on is not None]
    assert all(looked is None or looked <= r.on for r in reminds(outcome) for looked in [next_action_on(r)])
    known = {r.item_id for r in reminds(outcome)}
    for day in days(world.day + timedelta(days=1), world.day + timedelta(days=70)):
        asked = {r.item_id for r in reminds(decide(world.case, world.plan, world.calendar, day))}
        if asked - known:
            assert looks
            assert min(looks) <= day
            return


@prove_slowly
@given(worlds())
def test_looking_only_on_the_days_of_action_sends_what_looking_daily_sends(world: World) -> None:
    last = world.day + timedelta(days=90)
    daily = Life(case=world.case, plan=world.plan, calendar=world.calendar)
    daily.run_daily(world.day, last)
    lazy = Life(case=world.case, plan=world.plan, calendar=world.calendar)
    look_on: date | None = world.day
    for day in days(world.day, last):
        if look_on is None or look_on > day:
            continue
        lazy.run(day)
        # What was just sent is history now: the store looks again at what that history gives.
        outcome = lazy.decide(day)
        looks = [on for on in looks_of(outcome) if on is not None]
        look_on = min((max(on, day + timedelta(days=1)) for on in looks), default=None)
    assert [(c.on, c.levels) for c in lazy.contacts] == [(c.on, c.levels) for c in daily.contacts]


def test_a_small_item_passed_over_before_its_due_date_is_looked_at_again_when_its_level_comes() -> None:
    # F0 (4.99, due 5 Jan) stays under the minimum alone. F1 (0.01, due 16 Jan) is under it too on Mon 12 Jan, its level
    # before the due date. On Wed 21 Jan both are at the first level and make 5.00: somebody must look on that day.
    case = case_file(
        [
            invoice("F0", due_on=date(2026, 1, 5), amount="4.99"),
            invoice("F1", due_on=date(2026, 1, 16), amount="0.01"),
        ]
    )
    looks = [next_action_on(d) for d in decide(case, STANDARD, BusinessCalendar(), date(2026, 1, 12)).decisions]
    outcome = decide(case, STANDARD, BusinessCalendar(), date(2026, 1, 21))
    assert {r.item_id for r in reminds(outcome)} == {"i-F0", "i-F1"}
    assert min(look for look in looks if look is not None) <= date(2026, 1, 21)


def test_the_standard_plan_is_lived_through_to_the_formal_notice() -> None:
    # Due Mon 2 Mar 2026. -5: Wed 25 Feb. +5 is Sat 7: Mon 9, which prints Tue 17. +15 is Tue 17: Wed 18 prints Thu 26.
    # +30: Wed 1 Apr prints Thu 9. +45: Thu 16 Apr prints Fri 24.
    life = Life(case=case_file([invoice("F1", due_on=date(2026, 3, 2))]), plan=STANDARD, calendar=BusinessCalendar())
    life.run_daily(date(2026, 2, 2), date(2026, 5, 29))
    assert [
        (c.on.isoformat(), c.levels["i-F1"], c.deadline_on and c.deadline_on.isoformat()) for c in life.contacts
    ] == [
        ("2026-02-25", "pre_due", None),
        ("2026-03-09", "first", "2026-03-17"),
        ("2026-03-18", "second", "2026-03-26"),
        ("2026-04-01", "third", "2026-04-09"),
        ("2026-04-16", "formal", "2026-04-24"),
    ]
