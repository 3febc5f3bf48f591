"""What a level may ask for itself: bounds, whom it goes to, another channel after silence; and a plan that changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kinds import AttachmentKind, Channel, ContactRole, HoldKind, HoldReason, Tone
from engine.model import Contact, HistoryLine, Remind
from engine.money import Money
from engine.plan import AfterSilence, Plan
from engine.records import PaymentSeen
from tests.fakes.case_builders import FRANCE, credit, decided, decision_of, held, hold_of, promise, sent
from tests.fakes.customer_life import CUSTOMER, STANDARD, Life, case_file, invoice, level

DUE = date(2026, 3, 2)
FIRMNESS = list(Tone)


def plan(**changes: dict[str, Any]) -> Plan:
    """Give the standard plan with some levels changed."""
    levels = tuple(replace(one, **changes.get(one.level_id, {})) for one in STANDARD.levels)
    return replace(STANDARD, levels=levels)


def asked(found: object) -> str:
    assert isinstance(found, Remind)
    return found.level_id


# Bounds on the amount.


@pytest.mark.parametrize(
    ("amount", "level_id"), [("499.99", "second"), ("500.00", "first"), ("1000.00", "first"), ("1000.01", "second")]
)
def test_a_level_outside_its_amounts_is_skipped_to_the_next_at_its_own_offset(amount: str, level_id: str) -> None:
    bounded = plan(first={"min_amount": Decimal(500), "max_amount": Decimal(1000)})
    case = case_file([invoice("F1", due_on=DUE, amount=amount)])
    # On Mon 9 March the first level is due; the second only on the 17th.
    if level_id == "second":
        hold = hold_of(decided(case, date(2026, 3, 9), plan=bounded), "F1", HoldReason.NOT_DUE)
        assert (hold.until, hold.level_id, dict(hold.facts)["skipped"]) == (date(2026, 3, 17), "second", "first")
    assert asked(decision_of(decided(case, date(2026, 3, 17), plan=bounded), "F1")) == level_id


def test_bounds_look_at_what_is_left_after_credit() -> None:
    bounded = plan(first={"min_amount": Decimal(500)})
    items = [invoice("F1", due_on=DUE, amount="600.00"), credit("A1", "150.00", reduces="F1")]
    found = decided(case_file(items), date(2026, 3, 9), plan=bounded)
    assert hold_of(found, "F1", HoldReason.NOT_DUE).level_id == "second"


def test_bounds_count_in_the_invoices_own_currency() -> None:
    bounded = plan(first={"min_amount": Decimal(500)})
    case = case_file([invoice("F1", due_on=DUE, amount="600", currency="JPY")])
    assert asked(decision_of(decided(case, date(2026, 3, 9), plan=bounded), "F1")) == "first"


def test_when_every_level_left_is_skipped_the_plan_is_finished() -> None:
    bounded = plan(formal={"min_amount": Decimal(1000)})
    item = invoice("F1", due_on=DUE)
    case = case_file([item], history=[sent(item, "third", date(2026, 4, 1), deadline=date(2026, 4, 9))])
    hold = hold_of(decided(case, date(2026, 4, 20), plan=bounded), "F1", HoldReason.PLAN_FINISHED)
    assert dict(hold.facts)["skipped"] == "formal"


# Whom a level goes to.


def test_of_several_roles_the_first_that_has_an_address_is_written_to() -> None:
    directed = plan(first={"to": (ContactRole.DIRECTOR, ContactRole.OTHER)})
    boss = Contact(email="boss@client.example", role=ContactRole.DIRECTOR)
    other = Contact(email="other@client.example", role=ContactRole.OTHER)

    def to(*contacts: Contact) -> str:
        customer = replace(CUSTOMER, contacts=(*CUSTOMER.contacts, *contacts))
        case = case_file([invoice("F1", due_on=DUE)], customer=customer)
        (notice,) = decided(case, date(2026, 3, 9), plan=directed).notices
        assert notice.to is not None
        return notice.to.email

    assert to(other, boss) == "boss@client.example"
    assert to(other) == "other@client.example"
    assert to(replace(boss, failed=True), other) == "other@client.example"
    assert to() == "ap@client-un.example"


def test_a_notice_carries_what_its_highest_level_asks_for() -> None:
    kinds = (AttachmentKind.INVOICE, AttachmentKind.STATEMENT)
    signed = plan(second={"signatory": "direction", "copy_owner": True, "attachments": kinds})
    old = invoice("F1", due_on=DUE)
    items = [old, invoice("F2", due_on=date(2026, 3, 14))]
    case = case_file(items, history=[sent(old, "first", date(2026, 3, 9), deadline=date(2026, 3, 17))])
    (notice,) = decided(case, date(2026, 3, 19), plan=signed).notices
    assert [line.level_id for line in notice.lines] == ["second", "first"]
    assert (notice.signatory, notice.copy_owner, notice.attachments) == ("direction", True, kinds)
    # F2 reached its first level on the 19th, F1 its second on the 18th, after its deadline.
    assert notice.due_since == date(2026, 3, 18)


# Another channel after silence.

SILENT = plan(third={"after_silence": AfterSilence(channel=Channel.CALL, levels=2)})
ITEM = invoice("F1", due_on=DUE)
CHASED = [
    sent(ITEM, "first", date(2026, 3, 9), deadline=date(2026, 3, 17)),
    sent(ITEM, "second", date(2026, 3, 18), deadline=date(2026, 3, 26)),
]
THIRD = date(2026, 4, 1)


def test_after_two_levels_without_an_answer_the_next_goes_by_the_other_channel() -> None:
    outcome = decided(case_file([ITEM], history=CHASED), THIRD, plan=SILENT)
    remind = decision_of(outcome, "F1")
    assert isinstance(remind, Remind)
    assert (remind.level_id, remind.channel, dict(remind.facts)["unanswered"]) == ("third", Channel.CALL, "2")
    assert [notice.channel for notice in outcome.notices] == [Channel.CALL]


def test_a_payment_a_promise_or_a_dispute_since_breaks_the_silence() -> None:
    at = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
    seen = PaymentSeen(
        payment_id="p", item_id="i-F1", paid_on=date(2026, 3, 20), amount=Money.of(Decimal("10.00"), "EUR")
    )
    silent = case_file([ITEM], history=CHASED)
    broken = replace(promise(ITEM, date(2026, 3, 24), broken_on=date(2026, 3, 30)), recorded_at=at)
    ended = replace(held(HoldKind.DISPUTE, item=ITEM, until=date(2026, 3, 25)), recorded_at=at)
    for case in (replace(silent, payments=(seen,)), replace(silent, holds=(broken,)), replace(silent, holds=(ended,))):
        remind = decision_of(decided(case, THIRD, plan=SILENT), "F1")
        assert isinstance(remind, Remind)
        assert remind.channel is Channel.EMAIL


def test_money_that_was_taken_back_and_what_came_before_the_first_level_is_no_reaction() -> None:
    seen = PaymentSeen(
        payment_id="p", item_id="i-F1", paid_on=date(2026, 3, 5), amount=Money.of(Decimal("10.00"), "EUR")
    )
    taken = replace(seen, paid_on=date(2026, 3, 20), amount=Money.of(Decimal("-10.00"), "EUR"))
    case = replace(case_file([ITEM], history=CHASED), payments=(seen, taken))
    remind = decision_of(decided(case, THIRD, plan=SILENT), "F1")
    assert isinstance(remind, Remind)
    assert remind.channel is Channel.CALL


def test_one_level_is_not_yet_silence() -> None:
    soon = plan(second={"after_silence": AfterSilence(channel=Channel.TEXT_MESSAGE, levels=2)})
    remind = decision_of(decided(case_file([ITEM], history=CHASED[:1]), date(2026, 3, 18), plan=soon), "F1")
    assert isinstance(remind, Remind)
    assert remind.channel is Channel.EMAIL


# A plan that changes in the middle of a chase.

BRISK = Plan(
    plan_id="brisk",
    levels=(
        level("due", 0, Tone.FRIENDLY, deadline=None),
        level("first", 8, Tone.FIRM, deadline=5),
        level("second", 15, Tone.FINAL),
        level("formal", 30, Tone.FORMAL, channel=Channel.REGISTERED_LETTER),
    ),
)
GENTLE = Plan(
    plan_id="gentle",
    levels=(
        level("first", 7, Tone.FRIENDLY),
        level("second", 15, Tone.FRIENDLY),
        level("third", 30, Tone.FIRM),
        level("fourth", 45, Tone.FINAL),
    ),
)


@pytest.mark.parametrize(
    ("last", "before", "after", "follows"),
    [
        ("second", BRISK, STANDARD, "third"),  # final at +15: no firm level any more
        ("first", BRISK, GENTLE, "third"),  # firm at +8
        ("first", STANDARD, BRISK, "first_or_later"),
        ("second", STANDARD, GENTLE, "third"),
        ("third", STANDARD, GENTLE, "fourth"),
        ("formal", BRISK, GENTLE, ""),  # nothing follows a formal notice
        ("formal", BRISK, STANDARD, ""),
    ],
)
def test_another_plan_goes_on_above_what_was_sent(last: str, before: Plan, after: Plan, follows: str) -> None:
    line = _as_sent(last, before)
    rank = after.rank(line)
    rest = [one.level_id for one in after.levels[rank + 1 :]]
    if follows == "first_or_later":
        assert rest == ["second", "formal"]
    else:
        assert (rest[0] if rest else "") == follows


def test_a_level_that_was_edited_is_never_sent_a_second_time() -> None:
    line = _as_sent("first", STANDARD)
    edited = plan(first={"offset": 9, "tone": Tone.FIRM})
    assert edited.rank(line) == 1


def test_a_line_of_unknown_tone_stands_where_its_id_and_offset_put_it() -> None:
    line = replace(_as_sent("second", STANDARD), tone=None)
    assert STANDARD.rank(line) == 2
    assert BRISK.rank(replace(line, level_id="gone")) == 2


@settings(max_examples=30)
@given(
    order=st.permutations([STANDARD, BRISK, GENTLE]),
    switches=st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_whatever_plans_follow_each_other_no_lower_level_comes_after_a_higher_one(
    order: list[Plan], switches: tuple[int, int]
) -> None:
    life = Life(case=case_file([ITEM]), plan=order[0], calendar=FRANCE)
    start = DUE - timedelta(days=10)
    for following, lasting in zip([*order[1:], order[0]], (*switches, 90), strict=True):
        life.run_daily(start, start + timedelta(days=lasting))
        start += timedelta(days=lasting + 1)
        life.plan = following
    tones = [FIRMNESS.index(one.notice.tone) for one in life.contacts]
    offsets = [one.notice.offset for one in life.contacts]
    assert tones == sorted(tones)
    assert offsets == sorted(offsets)
    sent_levels = [one.levels["i-F1"] for one in life.contacts]
    assert len(sent_levels) == len(set(sent_levels))


def _as_sent(level_id: str, of: Plan) -> HistoryLine:
    found = of.level(level_id)
    assert found is not None
    return replace(sent(ITEM, level_id, THIRD, plan=of), tone=found.tone)
