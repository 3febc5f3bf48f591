from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import FencedError
from engine.kinds import Channel, Purpose, ReminderState, Tone
from engine.model import Notice
from engine.records import Owner, QueuedLine, Receipt, Reminder
from state.errors import EnvelopeMismatchError
from state.store import Store
from tests.builders import NOW, day, envelope, eur, invoice, queued
from tests.state.conftest import C, Desk

if TYPE_CHECKING:
    from collections.abc import Callable

F1, F2 = invoice("F1"), invoice("F2")
RECEIPT = Receipt(server="smtp.example", reply="250 queued as 42")
LATER = timedelta(minutes=15)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.sync(F1, F2, invoice("F3", "C2"))
    return desk


def notice(*, level: str = "first", offset: int = 5, deadline: str = "2026-03-18", on: str = "2026-03-10") -> Notice:
    return Notice(
        customer_id="C1",
        level_id=level,
        offset=offset,
        channel=Channel.EMAIL,
        tone=Tone.FRIENDLY,
        on=day(on),
        lines=(),
        credits=(),
        totals={},
        also_open=(),
        deadline_on=day(deadline),
        needs_approval=False,
        is_formal=False,
        to=None,
    )


def line(number: str, asked: str = "1200.00", *, level: str = "first", offset: int = 5) -> QueuedLine:
    return QueuedLine(
        item_id=number, number=number, level_id=level, offset=offset, asked=eur(asked), balance=eur(asked)
    )


# Every arrow that an owner may draw: its name, the states it starts from, where it ends, how it is drawn.
Arrow = tuple[str, set[ReminderState], ReminderState, "Callable[[Desk, Reminder, Owner], Reminder]"]
S = ReminderState
ARROWS: list[Arrow] = [
    ("revise", {S.CLAIMED}, S.CLAIMED, lambda d, r, o: d.store.revise(r, [line("F1")], notice(), o)),
    ("release", {S.CLAIMED}, S.PLANNED, lambda d, r, o: d.store.release_claim(r, "x", o, d.later(), retry_at=d.now)),
    ("postpone", {S.CLAIMED}, S.PLANNED, lambda d, r, o: d.store.postpone(r, day("2026-03-20"), o, d.later())),
    (
        "cancel",
        {S.PLANNED, S.AWAITING_APPROVAL, S.CLAIMED},
        S.CANCELLED,
        lambda d, r, o: d.store.cancel(r, "x", o, d.later()),
    ),
    ("withdraw", {S.PLANNED, S.AWAITING_APPROVAL}, S.CANCELLED, lambda d, r, _: d.store.withdraw(r, "x", d.later())),
    ("barrier", {S.CLAIMED}, S.HANDING_OVER, lambda d, r, o: d.store.pass_barrier(r, envelope(r), "s", o, d.later())),
    (
        "sent",
        {S.HANDING_OVER},
        S.SENT,
        lambda d, r, o: d.store.record_sent(r, envelope(r), RECEIPT, day("2026-03-09"), o, d.later()),
    ),
    (
        "refused",
        {S.CLAIMED, S.HANDING_OVER},
        S.FAILED,
        lambda d, r, o: d.store.record_refused(r, "550", o, d.later()),
    ),
    (
        "later",
        {S.CLAIMED, S.HANDING_OVER},
        S.PLANNED,
        lambda d, r, o: d.store.record_try_later(r, "451", d.now + LATER, o, d.later()),
    ),
    ("uncertain", {S.HANDING_OVER}, S.UNCERTAIN, lambda d, r, o: d.store.record_uncertain(r, "x", o, d.later())),
]


def in_state(desk: Desk, state: ReminderState) -> Reminder:
    """Bring a reminder for F1 into a state by the arrows that lead there."""
    awaiting = state in {S.AWAITING_APPROVAL, S.EXPIRED}
    planned = desk.queue(queued(F1, needs_approval=awaiting))
    if state in {S.PLANNED, S.AWAITING_APPROVAL}:
        return planned
    if state is S.EXPIRED:
        return desk.store.expire_approvals(C, day("2026-04-01"), desk.later())[0]
    claimed = desk.claim()
    if state is S.CLAIMED:
        return claimed
    if state is S.CANCELLED:
        return desk.store.cancel(claimed, "x", desk.owner, desk.later())
    barrier = desk.store.pass_barrier(claimed, envelope(claimed), "smtp.example", desk.owner, desk.later())
    if state is S.FAILED:
        return desk.store.record_refused(barrier, "550", desk.owner, desk.later())
    if state is S.UNCERTAIN:
        return desk.store.record_uncertain(barrier, "reset", desk.owner, desk.later())
    if state is S.SENT:
        return desk.store.record_sent(barrier, envelope(barrier), RECEIPT, day("2026-03-09"), desk.owner, desk.later())
    return barrier


@pytest.mark.parametrize("state", list(ReminderState))
@pytest.mark.parametrize("arrow", ARROWS, ids=[name for name, *_ in ARROWS])
def test_each_arrow_starts_only_where_the_machine_says(desk: Desk, arrow: Arrow, state: ReminderState) -> None:
    _, allowed, to, draw = arrow
    reminder = in_state(desk, state)
    assert reminder.state is state
    told = desk.events()
    if state in allowed:
        moved = draw(desk, reminder, desk.owner)
        assert (moved.state, moved.generation) == (to, reminder.generation + 1)
        assert moved == desk.store.find_reminder(reminder.reminder_id)
        assert len(desk.events()) > len(told)
    else:
        with pytest.raises(FencedError):
            draw(desk, reminder, desk.owner)
        assert desk.store.find_reminder(reminder.reminder_id) == reminder
        assert desk.events() == told


@pytest.mark.parametrize("arrow", ARROWS, ids=[name for name, *_ in ARROWS])
def test_no_arrow_is_drawn_twice_from_one_reading(desk: Desk, arrow: Arrow) -> None:
    _, allowed, _, draw = arrow
    reminder = in_state(desk, max(allowed))
    draw(desk, reminder, desk.owner)
    with pytest.raises(FencedError):
        draw(desk, reminder, desk.owner)


def test_a_reading_that_lies_about_the_state_moves_nothing(desk: Desk) -> None:
    planned = desk.queue(queued(F1))
    pretended = replace(planned, state=ReminderState.CLAIMED)
    with pytest.raises(FencedError):
        desk.store.pass_barrier(pretended, envelope(pretended), "smtp.example", desk.owner, desk.later())
    assert desk.store.find_reminder(planned.reminder_id) == planned


# Planning withdraws beside a running owner, fenced by the generation alone.
OWNED = [arrow for arrow in ARROWS if arrow[0] != "withdraw"]


@pytest.mark.parametrize("arrow", OWNED, ids=[name for name, *_ in OWNED])
def test_an_owner_who_was_replaced_draws_no_arrow(desk: Desk, arrow: Arrow) -> None:
    _, allowed, _, draw = arrow
    reminder = in_state(desk, max(allowed))
    desk.store.raise_epoch("the next one", desk.later())
    told = desk.events()
    with pytest.raises(FencedError):
        draw(desk, reminder, desk.owner)
    assert desk.store.find_reminder(reminder.reminder_id) == reminder
    assert desk.events() == told


def test_an_owner_who_was_replaced_claims_and_recovers_nothing(desk: Desk) -> None:
    desk.queue(queued(F1))
    desk.store.raise_epoch("the next one", desk.later())
    with pytest.raises(FencedError):
        desk.claim()
    with pytest.raises(FencedError):
        desk.store.recover(desk.owner, desk.later())


def test_reminders_are_claimed_in_the_order_of_their_days_once_each(desk: Desk) -> None:
    late = desk.queue(queued(F1, on="2026-03-09", purpose=Purpose.EXTRA, occasion="a"))
    early = desk.queue(queued(F1, on="2026-03-05", purpose=Purpose.EXTRA, occasion="b"))
    desk.queue(queued(F1, on="2026-03-10", purpose=Purpose.EXTRA, occasion="c"))
    assert [desk.claim().reminder_id, desk.claim().reminder_id] == [early.reminder_id, late.reminder_id]
    assert desk.store.claim_next(C, day("2026-03-09"), desk.owner, desk.later()) is None
    assert desk.store.claim_next("martin", day("2026-03-10"), desk.owner, desk.later()) is None


def test_what_waits_for_approval_is_not_claimed(desk: Desk) -> None:
    desk.queue(queued(F1, needs_approval=True))
    assert desk.store.claim_next(C, day("2026-03-09"), desk.owner, desk.later()) is None


def test_two_connections_never_claim_the_same_reminder(desk: Desk) -> None:
    wanted = [queued(F1, purpose=Purpose.EXTRA, occasion=str(count)) for count in range(20)]
    desk.store.queue(C, "C1", wanted, desk.later())
    claimed: list[str] = []

    def claim_all() -> None:
        with Store.open(desk.store.db.path, now=NOW) as store:
            while (one := store.claim_next(C, day("2026-03-09"), desk.owner, NOW)) is not None:
                claimed.append(one.reminder_id)

    threads = [threading.Thread(target=claim_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 20


def test_a_temporary_refusal_waits_for_its_instant(desk: Desk) -> None:
    desk.queue(queued(F1))
    barrier = desk.handing_over()
    retry_at = desk.now + timedelta(minutes=15)
    back = desk.store.record_try_later(barrier, "451 greylisted", retry_at, desk.owner, desk.later())
    assert (back.state, back.error) == (ReminderState.PLANNED, "451 greylisted")
    assert desk.store.claim_next(C, day("2026-03-09"), desk.owner, retry_at - timedelta(seconds=1)) is None
    again = desk.store.claim_next(C, day("2026-03-09"), desk.owner, retry_at)
    assert again is not None
    assert again.message_id == barrier.message_id


def test_a_postponed_reminder_comes_on_its_new_day(desk: Desk) -> None:
    desk.queue(queued(F1))
    desk.store.postpone(desk.claim(), day("2026-03-12"), desk.owner, desk.later())
    assert desk.store.claim_next(C, day("2026-03-11"), desk.owner, desk.later()) is None
    assert desk.claim("2026-03-12").on == day("2026-03-12")


def test_a_line_that_leaves_before_sending_is_free_again(desk: Desk) -> None:
    desk.queue(queued(F1, F2))
    claimed = desk.claim()
    revised = desk.store.revise(claimed, [line("F1", "700.00")], notice(), desk.owner, {"F2": "dispute"})
    assert [(one.item_id, one.asked) for one in revised.lines] == [("F1", eur("700.00"))]
    assert (revised.deadline_on, revised.on) == (day("2026-03-18"), day("2026-03-10"))
    assert revised.message_id == claimed.message_id
    assert desk.queue(queued(F2)).state is ReminderState.PLANNED
    assert desk.events().count("reminder_revised") == 1
    (told,) = [entry for entry in desk.store.item_history(C, "F2") if entry.kind == "reminder_revised"]
    assert dict(told.detail)["left"] == {"F2": "dispute"}


def test_what_is_asked_at_last_is_what_history_says(desk: Desk) -> None:
    desk.queue(queued(F1))
    kept = line("F1", level="second", offset=15)
    revised = desk.store.revise(desk.claim(), [kept], notice(level="second", offset=15), desk.owner)
    assert (revised.level_id, revised.lines[0].level_id, revised.lines[0].offset) == ("second", "second", 15)


def test_a_revision_never_takes_a_level_that_is_used(desk: Desk) -> None:
    desk.send(F1, level="second", offset=15)
    desk.queue(queued(F1))
    claimed = desk.claim()
    with pytest.raises(FencedError, match="already holds"):
        desk.store.revise(claimed, [line("F1", level="second")], notice(), desk.owner)
    assert desk.store.find_reminder(claimed.reminder_id) == claimed


@pytest.mark.parametrize("lines", [[], [line("F9")], [line("F1"), line("F9")]])
def test_a_revision_can_only_take_lines_away(desk: Desk, lines: list[QueuedLine]) -> None:
    desk.queue(queued(F1, F2))
    with pytest.raises(FencedError):
        desk.store.revise(desk.claim(), lines, notice(), desk.owner)


def test_the_exact_bytes_are_kept_before_they_leave(desk: Desk) -> None:
    desk.queue(queued(F1))
    claimed = desk.claim()
    mail = envelope(claimed, content=b"Subject: Rappel\r\n\r\n\xc3\xa9\r\n")
    barrier = desk.store.pass_barrier(claimed, mail, "smtp.example", desk.owner, desk.later())
    assert (barrier.to, barrier.subject) == ("ap@client.example", "Rappel")
    row = desk.store.db.one(
        "SELECT m.*, r.server, r.sha256 AS noted FROM frozen_mails m JOIN reminders r USING (reminder_id)"
    )
    assert row is not None
    assert row["content"] == mail.content
    assert row["sha256"] == row["noted"] == hashlib.sha256(mail.content).hexdigest()
    assert row["server"] == "smtp.example"


@pytest.mark.parametrize(
    "change",
    [
        {"reminder_id": "r0000000000"},
        {"company_id": "martin"},
        {"customer_id": "C2"},
        {"message_id": "<other@dupont.example>"},
        {"recipients": ()},
    ],
)
def test_no_envelope_but_the_reminders_own_passes_the_barrier(desk: Desk, change: dict[str, str]) -> None:
    desk.queue(queued(F1))
    claimed = desk.claim()
    with pytest.raises(EnvelopeMismatchError):
        desk.store.pass_barrier(claimed, replace(envelope(claimed), **change), "s", desk.owner, desk.later())  # type: ignore[arg-type]  # one change of several types
    assert desk.store.find_reminder(claimed.reminder_id) == claimed


def test_an_acceptance_is_recorded_with_all_that_follows(desk: Desk) -> None:
    desk.queue(queued(F1))
    desk.quiet()
    sent = desk.sent("2026-03-09")
    assert (sent.state, sent.sent_on, sent.sent_at) == (ReminderState.SENT, day("2026-03-09"), desk.now)
    assert (sent.reply, sent.error) == ("250 queued as 42", "")
    assert [tuple(row) for row in desk.store.db.all("SELECT company_id, reminder_id, state FROM notes")] == [
        (C, sent.reminder_id, "todo")
    ]
    assert desk.due() == ["C1"]
    case = desk.store.case_file(C, "C1", rehearsal=False)
    assert (case.last_contact_on, [one.state for one in case.history]) == (day("2026-03-09"), [ReminderState.SENT])


def test_a_rehearsal_changes_nothing_but_itself(desk: Desk) -> None:
    desk.queue(queued(F1, rehearsal=True))
    desk.queue(queued(F2, rehearsal=True, purpose=Purpose.THANK_YOU, occasion="F2@1"))
    desk.quiet()
    before = [tuple(row) for row in desk.store.db.all("SELECT * FROM items ORDER BY item_id")]
    desk.sent()
    desk.sent()
    assert [tuple(row) for row in desk.store.db.all("SELECT * FROM items ORDER BY item_id")] == before
    assert desk.store.db.value("SELECT count(*) FROM notes") == 0
    assert desk.store.case_file(C, "C1", rehearsal=False).history == ()
    assert len(desk.store.case_file(C, "C1", rehearsal=True).history) == 1


def test_a_thank_you_marks_its_items_and_writes_no_note(desk: Desk) -> None:
    desk.send(F1)
    desk.sync(invoice("F1", balance="0.00"), F2, invoice("F3", "C2"), on="2026-03-10", full=False)
    desk.queue(queued(F1, purpose=Purpose.THANK_YOU, occasion="F1@1"))
    desk.sent("2026-03-10")
    assert desk.store.db.value("SELECT thanked_on FROM items WHERE item_id = 'F1'") == "2026-03-10"
    assert desk.store.db.value("SELECT count(*) FROM notes") == 1
    assert desk.store.case_file(C, "C1", rehearsal=False).last_contact_on == day("2026-03-09")


def test_after_a_restart_nothing_is_lost_and_nothing_is_sent_again(desk: Desk) -> None:
    desk.queue(queued(F1))
    handed = desk.handing_over()
    desk.queue(queued(F2))
    claimed = desk.claim()
    desk.sync(F1, company="martin")
    desk.store.set_sender_domain("martin", "martin.example")
    desk.queue(queued(F1), company="martin")
    other = desk.claim(company="martin")
    owner = desk.store.raise_epoch("after the crash", desk.later())
    moved = {one.reminder_id: one.state for one in desk.store.recover(owner, desk.later())}
    assert moved == {
        handed.reminder_id: ReminderState.UNCERTAIN,
        claimed.reminder_id: ReminderState.PLANNED,
        other.reminder_id: ReminderState.PLANNED,
    }
    assert desk.store.recover(owner, desk.later()) == []
    # The one that was paused and wakes up finds that it is no longer its own.
    with pytest.raises(FencedError):
        desk.store.record_sent(handed, envelope(handed), RECEIPT, day("2026-03-09"), desk.owner, desk.later())
    assert desk.store.queue(C, "C1", [queued(F1, on="2026-03-20"), queued(F2)], desk.later()) == []


def test_evidence_turns_an_uncertain_reminder_into_a_sent_one(desk: Desk) -> None:
    uncertain = in_state(desk, ReminderState.UNCERTAIN)
    sent = desk.store.resolve_sent(uncertain, "found in the Sent folder", day("2026-03-09"), desk.later())
    assert (sent.state, sent.reply, sent.sent_on) == (
        ReminderState.SENT,
        "found in the Sent folder",
        day("2026-03-09"),
    )
    assert desk.store.db.value("SELECT count(*) FROM notes") == 1
    with pytest.raises(FencedError):
        desk.store.resolve_sent(uncertain, "again", day("2026-03-09"), desk.later())


def test_when_a_reminder_was_handed_over_is_known_and_of_one_that_was_not_nothing(desk: Desk) -> None:
    desk.queue(queued(F1))
    claimed = desk.claim()
    assert desk.store.handed_over_at(claimed) is None
    handed = desk.store.pass_barrier(claimed, envelope(claimed), "smtp.example", desk.owner, desk.later())
    assert desk.store.handed_over_at(handed) == desk.now


def test_reminders_are_listed_by_state_and_since_when_they_moved(desk: Desk) -> None:
    first = desk.send(F1)
    since = desk.later()
    second = desk.queue(queued(F2))
    everything = desk.store.reminders(C, list(ReminderState))
    assert [one.reminder_id for one in everything] == [first.reminder_id, second.reminder_id]
    assert [one.reminder_id for one in desk.store.reminders(C, [ReminderState.SENT])] == [first.reminder_id]
    assert [one.reminder_id for one in desk.store.reminders(C, list(ReminderState), since=since)] == [
        second.reminder_id
    ]
    assert desk.store.reminders("martin", list(ReminderState)) == []


def test_every_arrow_is_told_without_the_content_of_the_mail(desk: Desk) -> None:
    desk.send(F1)
    assert [kind for kind in desk.events() if kind.startswith("reminder")] == [
        "reminder_planned",
        "reminder_claimed",
        "reminder_handing_over",
        "reminder_sent",
    ]
    details = " ".join(row["detail"] for row in desk.store.db.all("SELECT detail FROM events"))
    assert "Bonjour" not in details
    assert "ap@client.example" not in details
