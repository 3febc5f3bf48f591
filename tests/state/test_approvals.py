from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import FencedError
from engine.kinds import Channel, Purpose, ReminderState, Tone
from engine.plan import Level
from state.approvals import Outcome
from state.errors import UnknownReminderError, WrongStateError
from tests.builders import credit_note, day, invoice, queued
from tests.state.conftest import C, Desk

if TYPE_CHECKING:
    from engine.records import Reminder

F1, F2 = invoice("F1"), invoice("F2")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.sync(F1, F2, invoice("F3", "C2"))
    return desk


def uncertain(desk: Desk, *, purpose: Purpose = Purpose.LEVEL) -> Reminder:
    desk.queue(queued(F1, purpose=purpose, occasion="" if purpose is Purpose.LEVEL else "o"))
    return desk.store.record_uncertain(desk.handing_over(), "connection reset", desk.owner, desk.later())


def failed(desk: Desk) -> Reminder:
    desk.queue(queued(F1))
    return desk.store.record_refused(desk.handing_over(), "550 no", desk.owner, desk.later())


def resolve(desk: Desk, reminder: Reminder, outcome: Outcome, sent_on: str = "2026-03-09") -> Reminder:
    return desk.store.resolve(reminder.reminder_id, outcome, "anne", day(sent_on), desk.later())


def history(desk: Desk) -> list[tuple[str, str]]:
    case = desk.store.case_file(C, "C1", rehearsal=False)
    return [(line.level_id, line.state.value) for line in case.history]


def test_a_person_releases_what_waited(desk: Desk) -> None:
    waiting = desk.queue(queued(F1, needs_approval=True))
    (approved,) = desk.store.approve(C, [waiting.reminder_id], "anne", desk.later())
    assert (approved.state, approved.approved_by) == (ReminderState.PLANNED, "anne")
    (line,) = desk.store.case_file(C, "C1", rehearsal=False).history
    assert line.approved
    assert desk.claim().reminder_id == waiting.reminder_id


def test_all_of_a_company_or_of_every_company_can_be_released(desk: Desk) -> None:
    desk.sync(F1, company="martin")
    desk.store.set_sender_domain("martin", "martin.example")
    mine = desk.queue(queued(F1, needs_approval=True))
    theirs = desk.queue(queued(F1, needs_approval=True), company="martin")
    desk.queue(queued(F2, needs_approval=True))
    assert len(desk.store.approve(C, None, "anne", desk.later())) == 2
    assert [one.reminder_id for one in desk.store.approve(None, None, "anne", desk.later())] == [theirs.reminder_id]
    assert desk.store.find_reminder(mine.reminder_id).approved_by == "anne"


def test_either_all_that_were_named_are_released_or_none(desk: Desk) -> None:
    first = desk.queue(queued(F1, needs_approval=True))
    planned = desk.queue(queued(F2))
    with pytest.raises(WrongStateError, match=planned.reminder_id):
        desk.store.approve(C, [first.reminder_id, planned.reminder_id], "anne", desk.later())
    with pytest.raises(UnknownReminderError, match="r0000000000"):
        desk.store.approve(C, [first.reminder_id, "r0000000000"], "anne", desk.later())
    with pytest.raises(UnknownReminderError):
        desk.store.approve("martin", [first.reminder_id], "anne", desk.later())
    assert desk.store.find_reminder(first.reminder_id) == first


def test_an_approval_that_nobody_gave_lapses_and_frees_its_level(desk: Desk) -> None:
    waiting = desk.queue(queued(F1, needs_approval=True, on="2026-03-09"))
    later = desk.queue(queued(F2, needs_approval=True, on="2026-03-10"))
    desk.quiet()
    (lapsed,) = desk.store.expire_approvals(C, day("2026-03-10"), desk.later())
    assert (lapsed.reminder_id, lapsed.state) == (waiting.reminder_id, ReminderState.EXPIRED)
    assert desk.due() == ["C1"]
    assert desk.store.find_reminder(later.reminder_id).state is ReminderState.AWAITING_APPROVAL
    assert desk.queue(queued(F1, needs_approval=True)).reminder_id != waiting.reminder_id


def test_what_waits_or_was_released_can_be_withdrawn_and_frees_its_level(desk: Desk) -> None:
    waiting = desk.queue(queued(F1, needs_approval=True))
    released = desk.queue(queued(F2, level="x", needs_approval=True))
    desk.store.approve(C, [released.reminder_id], "anne", desk.later())
    desk.queue(queued(invoice("F3", "C2")))
    desk.quiet()
    found = desk.store.awaiting(C)
    assert [one.reminder_id for one in found] == [waiting.reminder_id, released.reminder_id]
    withdrawn = desk.store.withdraw(found[0], "paid", desk.later())
    assert (withdrawn.state, withdrawn.error) == (ReminderState.CANCELLED, "paid")
    assert desk.due() == ["C1"]
    assert desk.queue(queued(F1)).state is ReminderState.PLANNED
    desk.store.cancel(desk.store.awaiting(C)[0], "x", desk.owner, desk.later())
    with pytest.raises(FencedError):
        desk.store.withdraw(found[1], "paid", desk.later())


def test_what_was_approved_does_not_lapse(desk: Desk) -> None:
    waiting = desk.queue(queued(F1, needs_approval=True))
    desk.store.approve(C, [waiting.reminder_id], "anne", desk.later())
    assert desk.store.expire_approvals(C, day("2026-12-31"), desk.later()) == []


@pytest.mark.parametrize("begin", [uncertain, failed])
def test_a_person_says_that_it_went(desk: Desk, begin: object) -> None:
    assert callable(begin)
    sent = resolve(desk, begin(desk), Outcome.SENT, "2026-03-10")
    assert (sent.state, sent.sent_on, sent.reply) == (ReminderState.SENT, day("2026-03-10"), "anne says it went")
    assert history(desk) == [("first", "sent")]
    assert desk.store.case_file(C, "C1", rehearsal=False).last_contact_on == day("2026-03-10")
    assert desk.store.db.value("SELECT count(*) FROM notes") == 1


@pytest.mark.parametrize("begin", [uncertain, failed])
def test_sent_again_a_reminder_is_another_attempt_with_a_message_id_of_its_own(desk: Desk, begin: object) -> None:
    assert callable(begin)
    first = begin(desk)
    desk.quiet()
    ended = resolve(desk, first, Outcome.AGAIN)
    assert (ended.state, history(desk), desk.due()) == (ReminderState.CANCELLED, [], ["C1"])
    again = desk.queue(queued(F1))
    assert again.lines[0].attempt == first.lines[0].attempt + 1
    assert again.message_id != first.message_id
    desk.sent()
    assert history(desk) == [("first", "sent")]


def test_only_a_person_frees_an_uncertain_level(desk: Desk) -> None:
    uncertain(desk)
    for _ in range(2):
        assert desk.store.queue(C, "C1", [queued(F1)], desk.later()) == []


def test_an_uncertain_thank_you_may_be_sent_again(desk: Desk) -> None:
    resolve(desk, uncertain(desk, purpose=Purpose.THANK_YOU), Outcome.AGAIN)
    again = desk.queue(queued(F1, purpose=Purpose.THANK_YOU, occasion="o"))
    assert again.lines[0].attempt == 1


def test_a_dropped_reminder_counts_as_passed_and_is_never_asked_again(desk: Desk) -> None:
    desk.quiet()
    dropped = resolve(desk, uncertain(desk), Outcome.DROP)
    assert dropped.state is ReminderState.CANCELLED
    assert history(desk) == [("first", "cancelled")]
    assert desk.store.case_file(C, "C1", rehearsal=False).last_contact_on is None
    assert desk.store.queue(C, "C1", [queued(F1)], desk.later()) == []
    assert desk.due() == ["C1"]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_there_is_nothing_to_resolve_in_a_reminder_whose_outcome_is_known(desk: Desk, outcome: Outcome) -> None:
    sent = desk.send(F1)
    with pytest.raises(WrongStateError):
        resolve(desk, sent, outcome)
    first = uncertain(desk, purpose=Purpose.EXTRA)
    resolve(desk, first, outcome)
    with pytest.raises(WrongStateError):
        resolve(desk, first, outcome)
    with pytest.raises(FencedError):
        desk.store.resolve_sent(first, "found", day("2026-03-09"), desk.later())


def levels(*offsets: int) -> list[Level]:
    return [
        Level(level_id=f"l{offset}", offset=offset, channel=Channel.EMAIL, tone=Tone.FRIENDLY) for offset in offsets
    ]


def test_an_accepted_backlog_may_be_reminded(desk: Desk) -> None:
    desk.quiet()
    assert not desk.store.company_state(C).backlog_accepted
    assert desk.store.accept_backlog(C, "anne", desk.later(), accepted_on=day("2026-03-20")) == 0
    assert desk.store.company_state(C).backlog_accepted
    assert desk.due() == ["C1", "C2"]
    assert history(desk) == []


def test_what_an_earlier_tool_sent_is_marked_as_far_as_its_day_has_come(desk: Desk) -> None:
    desk.sync(
        invoice("F1", due="2026-01-02"),
        invoice("F2", due="2026-03-10"),
        invoice("F4", due="2026-03-18"),
        invoice("F5", due="2026-05-01"),
        invoice("F6", due="2026-01-02", balance="0.00"),
        credit_note("A1"),
    )
    marked = desk.store.accept_backlog(
        C, "anne", desk.later(), accepted_on=day("2026-03-20"), earlier=levels(5, 15, 30)
    )
    # F3 (of C2, due 2 March) is overdue too; F4 is late by two days only: nothing can have been sent for it.
    assert marked == 3
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert {(line.item_id, line.level_id) for line in case.history} == {
        ("F1", "l5"),
        ("F1", "l15"),
        ("F1", "l30"),
        ("F2", "l5"),
    }
    assert all((line.sent_on, line.deadline_on) == (day("2026-03-20"), None) for line in case.history)
    assert case.last_contact_on is None
    assert desk.store.reminders(C, list(ReminderState)) == []
    assert desk.store.levels_sent(C) == []


def test_levels_of_an_earlier_tool_are_not_sent_again_and_not_marked_twice(desk: Desk) -> None:
    for expected in (3, 0):
        marked = desk.store.accept_backlog(
            C, "anne", desk.later(), accepted_on=day("2026-03-20"), earlier=levels(5, 15)
        )
        assert marked == expected
    assert desk.store.queue(C, "C1", [queued(F1, level="l15", offset=15)], desk.later()) == []
    assert desk.queue(queued(F1, level="l30", offset=30)).previous_message_ids == ()


def test_what_was_reminded_here_is_not_marked_as_an_earlier_tools(desk: Desk) -> None:
    desk.send(F1)
    assert desk.store.accept_backlog(C, "a", desk.later(), accepted_on=day("2026-03-20"), earlier=levels(5)) == 2
    assert history(desk) == [("first", "sent"), ("l5", "sent")]
