from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.kinds import Channel, Purpose, ReminderState
from state.errors import SenderDomainUnknownError, UnknownItemError
from state.store import Store
from tests.builders import NOW, day, eur, invoice, page, queued
from tests.state.conftest import C, Desk

F1, F2 = invoice("F1"), invoice("F2")


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.sync(F1, F2, invoice("F3", "C2"))
    return desk


def states(desk: Desk) -> list[str]:
    return [one.state.value for one in desk.store.reminders(C, list(ReminderState))]


def test_a_reminder_has_an_identity_before_it_is_a_mail(desk: Desk) -> None:
    reminder = desk.queue(queued(F1, F2))
    assert reminder.state is ReminderState.PLANNED
    assert re.fullmatch(r"r[0-9a-f]{10}", reminder.reminder_id)
    assert re.fullmatch(r"<r-[0-9a-f]{32}@dupont\.example>", reminder.message_id)
    assert (reminder.on, reminder.deadline_on, reminder.channel) == (
        day("2026-03-09"),
        day("2026-03-17"),
        Channel.EMAIL,
    )
    assert [(line.item_id, line.level_id, line.offset, line.cycle, line.attempt) for line in reminder.lines] == [
        ("F1", "first", 5, 1, 0),
        ("F2", "first", 5, 1, 0),
    ]
    assert reminder.lines[0].asked == eur("1200.00")
    assert reminder.created_at == desk.now


def test_what_is_there_already_stays_as_it_is(desk: Desk) -> None:
    reminder = desk.queue(queued(F1, F2))
    assert desk.store.queue(C, "C1", [queued(F2, F1)], desk.later()) == []
    assert desk.store.find_reminder(reminder.reminder_id) == reminder


@pytest.mark.parametrize(
    "other",
    [
        queued(F1),
        queued(F1, F2, on="2026-03-10"),
        queued(F1, F2, deadline="2026-03-18"),
        queued(F1, F2, level="second"),
        queued(F1, F2, channel=Channel.CALL),
        queued(invoice("F1", balance="700.00"), F2),
        queued(F1, F2, needs_approval=True),
    ],
)
def test_a_plan_that_differs_takes_the_place_of_the_old_one(desk: Desk, other: object) -> None:
    first = desk.queue(queued(F1, F2))
    cancelled, created = desk.store.queue(C, "C1", [other], desk.later())  # type: ignore[list-item]  # parametrised values are objects
    assert (cancelled.reminder_id, cancelled.state) == (first.reminder_id, ReminderState.CANCELLED)
    assert created.reminder_id != first.reminder_id
    assert created.state in {ReminderState.PLANNED, ReminderState.AWAITING_APPROVAL}


def test_a_reminder_planned_anew_keeps_its_message_id_and_gets_an_id_of_its_own(desk: Desk) -> None:
    first = desk.queue(queued(F1))
    second = desk.store.queue(C, "C1", [queued(F1, on="2026-03-10")], desk.later())[-1]
    assert second.message_id == first.message_id
    assert second.reminder_id != first.reminder_id


def test_with_nothing_wanted_everything_planned_goes(desk: Desk) -> None:
    desk.queue(queued(F1))
    other = desk.queue(queued(invoice("F3", "C2")))
    (cancelled,) = desk.store.queue(C, "C1", [], desk.later())
    assert cancelled.lines[0].item_id == "F1"
    assert desk.store.find_reminder(other.reminder_id).state is ReminderState.PLANNED
    desk.queue(queued(F1, rehearsal=True))
    assert len(desk.store.queue(C, "C1", [], desk.later())) == 1


@pytest.mark.parametrize("step", ["approval", "approved", "claimed", "handing_over", "sent"])
def test_what_is_on_its_way_is_neither_touched_nor_doubled(desk: Desk, step: str) -> None:
    reminder = desk.queue(queued(F1, needs_approval=step.startswith("appro")))
    if step == "approved":
        desk.store.approve(C, [reminder.reminder_id], "anne", desk.later())
    moves = {"claimed": desk.claim, "handing_over": desk.handing_over, "sent": desk.sent}
    if step in moves:
        moves[step]()
    before = states(desk)
    assert (
        desk.store.queue(C, "C1", [queued(F1), queued(F2, on="2026-03-10")], desk.later())[-1].lines[0].number == "F2"
    )
    assert sorted(states(desk)) == sorted([*before, "planned"])


def test_a_notice_of_which_one_line_is_taken_is_not_written(desk: Desk) -> None:
    desk.send(F1)
    assert desk.store.queue(C, "C1", [queued(F1, F2)], desk.later()) == []


def test_a_cancelled_reminder_frees_its_lines(desk: Desk) -> None:
    desk.queue(queued(F1))
    desk.store.cancel(desk.claim(), "disputed", desk.owner, desk.later())
    assert desk.queue(queued(F1)).state is ReminderState.PLANNED


def test_the_same_level_can_never_be_sent_twice(desk: Desk) -> None:
    desk.send(F1)
    for _ in range(3):
        assert desk.store.queue(C, "C1", [queued(F1, on="2026-04-01")], desk.later()) == []


def test_a_level_that_needs_approval_waits_unless_a_person_asked_for_it(desk: Desk) -> None:
    assert desk.queue(queued(F1, needs_approval=True)).state is ReminderState.AWAITING_APPROVAL
    asked = desk.queue(queued(F2, needs_approval=True, approved_by="anne"))
    assert (asked.state, asked.approved_by) == (ReminderState.PLANNED, "anne")


def test_a_rehearsal_uses_up_no_level(desk: Desk) -> None:
    rehearsal = desk.queue(queued(F1, rehearsal=True))
    desk.sent()
    real = desk.queue(queued(F1))
    assert rehearsal.rehearsal
    assert not real.rehearsal
    assert rehearsal.message_id != real.message_id
    # Rehearsed once, it is not rehearsed again.
    assert desk.store.queue(C, "C1", [queued(F1, rehearsal=True)], desk.later()) == []


def test_a_rehearsal_planned_does_not_disturb_what_is_planned_for_real(desk: Desk) -> None:
    desk.queue(queued(F1))
    (added,) = desk.store.queue(C, "C1", [queued(F1, rehearsal=True)], desk.later())
    assert added.rehearsal
    assert states(desk) == ["planned", "planned"]


def test_an_extra_reminder_uses_up_no_level_and_leaves_the_plan_alone(desk: Desk) -> None:
    desk.queue(queued(F1))
    wanted = queued(F1, purpose=Purpose.EXTRA, occasion="F1@2026-03-09", approved_by="anne")
    extra = desk.queue(wanted)
    assert (extra.level_id, extra.lines[0].level_id) == ("extra", "extra:F1@2026-03-09")
    assert states(desk) == ["planned", "planned"]
    assert desk.store.queue(C, "C1", [wanted], desk.later()) == []
    next_day = desk.queue(queued(F1, purpose=Purpose.EXTRA, occasion="F1@2026-03-10"))
    assert next_day.message_id != extra.message_id


def test_a_thank_you_is_written_once_for_its_occasion(desk: Desk) -> None:
    wanted = queued(F1, purpose=Purpose.THANK_YOU, occasion="F1@1", deadline=None)
    thanks = desk.queue(wanted)
    assert thanks.level_id == "thank_you"
    desk.sent()
    assert desk.store.queue(C, "C1", [wanted], desk.later()) == []
    assert desk.queue(replace(wanted, occasion="F1@2")).message_id != thanks.message_id


@pytest.mark.parametrize("purpose", [Purpose.STATEMENT, Purpose.CONFIRMATION])
def test_what_is_told_is_told_once_for_its_occasion_whatever_is_open_by_then(desk: Desk, purpose: Purpose) -> None:
    told = replace(queued(F1), purpose=purpose, occasion="2026-04")
    (first,) = desk.store.queue(C, "C1", [told], desk.later())
    assert first.purpose is purpose
    assert desk.store.queue(C, "C1", [replace(told, lines=queued(F2).lines)], desk.later()) == []
    (another,) = desk.store.queue(C, "C1", [replace(told, occasion="2026-05")], desk.later())
    assert another.message_id != first.message_id


def test_whoever_had_the_months_statement_is_not_listed_again(desk: Desk) -> None:
    def without(month: str, on: str = "2026-03-31", *, rehearsal: bool = False) -> list[str]:
        return desk.store.customers_without_statement(C, month, day(on), rehearsal=rehearsal)

    assert without("2026-04") == ["C1", "C2"]
    desk.store.queue(C, "C1", [replace(queued(F1), purpose=Purpose.STATEMENT, occasion="2026-04")], desk.later())
    assert without("2026-04") == ["C2"]
    assert without("2026-05") == ["C1", "C2"]
    assert without("2026-04", rehearsal=True) == ["C1", "C2"]
    assert without("2026-04", on="2020-01-01") == []


def test_the_day_that_a_run_worked_for_is_remembered(desk: Desk) -> None:
    assert desk.store.company_state(C).business_day is None
    for on in ("2026-03-09", "2026-03-10"):
        desk.store.remember_day(C, day(on))
        assert desk.store.company_state(C).business_day == day(on)


def test_a_mail_answers_the_customers_earlier_ones_oldest_first(desk: Desk) -> None:
    sent = [desk.send(F1, level=f"l{count}", offset=count).message_id for count in range(12)]
    desk.queue(queued(invoice("F3", "C2"), level="l0"))
    desk.sent()
    desk.queue(queued(F1, level="test", rehearsal=True))
    desk.sent()
    fresh = desk.queue(queued(F2))
    assert fresh.previous_message_ids == tuple(sent[-10:])
    second = desk.store.reminders(C, [ReminderState.SENT])[1]
    assert second.previous_message_ids == (sent[0],)


def test_the_message_id_follows_from_the_identity_not_from_the_day(desk: Desk) -> None:
    first = desk.queue(queued(F1, on="2026-03-09"))
    desk.store.queue(C, "C1", [], desk.later())
    assert desk.queue(queued(F1, on="2026-06-01")).message_id == first.message_id
    desk.sync(invoice("F1", total="10.00"), company="martin")
    desk.store.set_sender_domain("martin", "dupont.example")
    assert desk.queue(queued(F1), company="martin").message_id != first.message_id


def test_two_installations_never_write_the_same_message_id(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Store.open(tmp_path_factory.mktemp("other") / "relance.db", now=NOW) as other:
        other.set_sender_domain(C, "dupont.example")
        other.apply_page(C, other.begin_sync(C, NOW), page(F1), seen_on=day("2026-03-02"), now=NOW)
        (theirs,) = other.queue(C, "C1", [queued(F1)], NOW)
    assert theirs.message_id != desk.queue(queued(F1)).message_id


def test_a_company_without_a_domain_writes_nothing(desk: Desk) -> None:
    desk.sync(F1, company="martin")
    with pytest.raises(SenderDomainUnknownError, match="martin"):
        desk.store.queue("martin", "C1", [queued(F1)], desk.later())
    assert desk.store.reminders("martin", list(ReminderState)) == []


def test_a_reminder_of_an_item_that_is_not_there_is_refused_whole(desk: Desk) -> None:
    with pytest.raises(UnknownItemError):
        desk.store.queue(C, "C1", [queued(F1), queued(invoice("F404"))], desk.later())
    assert states(desk) == []
