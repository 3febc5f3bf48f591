"""Spreading: never more than a day's limit, nobody forgotten, and the same reminders as without it, only later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decide import next_action_on
from engine.kinds import HoldReason
from engine.model import Contact, Customer, Hold, Remind
from engine.spread import Ramp, Spread, spread
from tests.fakes.case_builders import FRANCE, decided, sent
from tests.fakes.customer_life import STANDARD, Life, case_file, days, invoice

MONDAY = date(2026, 3, 9)


def customer(number: int) -> Customer:
    return Customer(
        customer_id=f"C{number}", name=f"Client {number}", contacts=(Contact(email=f"ap@c{number}.example"),)
    )


def life(number: int, due: date) -> Life:
    item = replace(invoice(f"F{number}", due_on=due), customer_id=f"C{number}")
    return Life(case=case_file([item], customer=customer(number)), plan=STANDARD, calendar=FRANCE)


def today(*lives: Life, limit: int, taken: int = 0, on: date = MONDAY) -> list[str]:
    """Name the items that leave, those that wait with a star."""
    found = spread([one.decide(on) for one in lives], on, limit=limit, taken=taken)
    return [f"{one.item_id}{'' if isinstance(one, Remind) else '*'}" for outcome in found for one in outcome.decisions]


@pytest.mark.parametrize(
    ("rule", "used", "limit"),
    [
        (Spread(per_day=20), 0, 20),
        (Spread(ramp=Ramp(start=10, step=10)), 0, 10),
        (Spread(ramp=Ramp(start=10, step=10)), 3, 40),
        (Spread(per_day=25, ramp=Ramp(start=10, step=10)), 1, 20),
        (Spread(per_day=25, ramp=Ramp(start=10, step=10)), 2, 25),
        (Spread(), 0, None),
    ],
)
def test_the_ramp_rises_with_each_day_of_use_up_to_the_limit(rule: Spread, used: int, limit: int | None) -> None:
    assert rule.limit(used) == limit


def test_what_has_been_due_the_longest_goes_first() -> None:
    # +5 of these: Mon 9, Sat 7 and Sun 8 March.
    lives = [life(1, date(2026, 3, 4)), life(2, date(2026, 3, 2)), life(3, date(2026, 3, 3))]
    assert today(*lives, limit=2) == ["i-F1*", "i-F2", "i-F3"]
    assert today(*lives, limit=1) == ["i-F1*", "i-F2", "i-F3*"]
    assert today(*lives, limit=3) == ["i-F1", "i-F2", "i-F3"]


def test_a_soft_level_that_has_waited_longer_goes_before_a_firmer_one() -> None:
    # F1 reached its first level on Sat 7 March; F2 its second on Mon 9, the day after the deadline of its first.
    soft, firm = life(1, date(2026, 3, 2)), life(2, date(2026, 2, 20))
    old = firm.case.items[0]
    firm.case = replace(firm.case, history=(sent(old, "first", date(2026, 2, 27), deadline=date(2026, 3, 8)),))
    assert today(soft, firm, limit=1) == ["i-F1", "i-F2*"]
    # The second comes 15 days after 20 February, Sat 7 March, once no deadline holds it: as long, and the firmer goes.
    firm.case = replace(firm.case, history=(replace(firm.case.history[0], deadline_on=date(2026, 3, 4)),))
    assert today(soft, firm, limit=1) == ["i-F1*", "i-F2"]


def test_of_two_that_have_waited_as_long_the_older_invoice_goes_and_then_the_customer_decides() -> None:
    lives = [life(2, date(2026, 3, 2)), life(1, date(2026, 3, 2))]
    assert today(*lives, limit=1) == ["i-F2*", "i-F1"]
    assert today(*reversed(lives), limit=1) == ["i-F1", "i-F2*"]


def test_what_left_already_and_what_waits_for_a_person_takes_its_place() -> None:
    lives = [life(1, date(2026, 3, 2)), life(2, date(2026, 3, 3))]
    assert today(*lives, limit=2, taken=1) == ["i-F1", "i-F2*"]
    assert today(*lives, limit=2, taken=5) == ["i-F1*", "i-F2*"]


def test_what_waits_says_how_many_go_before_it_and_is_looked_at_again_by_the_next_run() -> None:
    lives = [life(number, date(2026, 3, 2)) for number in range(4)]
    outcome = spread([one.decide(MONDAY) for one in lives], MONDAY, limit=2, taken=1)[2]
    (hold,) = outcome.decisions
    assert isinstance(hold, Hold)
    assert (hold.reason, hold.level_id, outcome.notices) == (HoldReason.CAP_REACHED, "first", ())
    assert (dict(hold.facts)["per_day"], dict(hold.facts)["ahead"]) == ("2", "3")
    assert next_action_on(hold) == date.min


def test_what_leaves_on_another_day_takes_no_place() -> None:
    saturday = date(2026, 3, 7)
    lives = [life(1, date(2026, 3, 2)), life(2, date(2026, 3, 1))]
    assert today(*lives, limit=0, on=saturday) == ["i-F1", "i-F2"]


def test_everything_else_of_the_customer_is_left_as_it_is() -> None:
    other = replace(invoice("F9", due_on=date(2026, 4, 1)), customer_id="C1")
    one = life(1, date(2026, 3, 2))
    case = replace(one.case, items=(*one.case.items, other))
    before = decided(case, MONDAY)
    (after,) = spread([before], MONDAY, limit=0, taken=0)
    assert after.decisions[1] == before.decisions[1]


@settings(max_examples=8)
@given(dues=st.lists(st.integers(0, 12), min_size=1, max_size=5), limit=st.integers(1, 3))
def test_spreading_changes_when_levels_after_the_due_date_go_and_never_which(dues: list[int], limit: int) -> None:
    first = date(2026, 3, 2)
    last = first + timedelta(days=120)
    alone = [life(number, first + timedelta(days=due)) for number, due in enumerate(dues)]
    together = [life(number, first + timedelta(days=due)) for number, due in enumerate(dues)]
    for one in alone:
        one.run_daily(first, last)
    for day in days(first, last):
        outcomes = spread([one.decide(day) for one in together], day, limit=limit, taken=0)
        for one, outcome in zip(together, outcomes, strict=True):
            for notice in outcome.notices:
                if notice.on == day:
                    one.leave(notice, day)
        assert sum(contact.on == day for one in together for contact in one.contacts) <= limit
    for number, (usual, later) in enumerate(zip(alone, together, strict=True)):
        chased = [name for name in later.levels_of(f"i-F{number}") if name != "pre_due"]
        assert chased == [name for name in usual.levels_of(f"i-F{number}") if name != "pre_due"]
        for name in chased:
            assert _on(later, name) >= _on(usual, name)


def _on(lived: Life, level_id: str) -> date:
    return next(one.on for one in lived.contacts if level_id in one.levels.values())
