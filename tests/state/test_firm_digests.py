"""What the firm's own people are told: owners' digests as reminders of no customer, daily ones in a table of their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.digest import DigestState
from engine.errors import FencedError
from engine.kinds import Purpose
from engine.records import QueuedLine, Receipt
from state.approvals import Outcome
from tests.builders import customer, day, envelope, eur, invoice, queued
from tests.state.conftest import C, Desk

if TYPE_CHECKING:
    from engine.records import Queued, Reminder

ANNE = "anne@cabinet.example"
MONDAY = day("2026-03-09")


def wanted(owner: str = ANNE, on: str = "2026-03-09") -> Queued:
    usual = queued(invoice("F1"), purpose=Purpose.DIGEST, occasion=f"{owner} {on}", on=on, deadline=None)
    return replace(usual, customer_id="", lines=())


def line(number: str = "F1", level: str = "first") -> QueuedLine:
    return QueuedLine(
        item_id=number, number=number, level_id=level, offset=5, asked=eur("1200.00"), balance=eur("1200.00")
    )


def sent(desk: Desk, on: str = "2026-03-09") -> Reminder:
    claimed = desk.store.keep_digest_lines(desk.claim(on), [line()], desk.owner)
    mail = envelope(claimed, to=ANNE)
    barrier = desk.store.pass_barrier(claimed, mail, "smtp.example", desk.owner, desk.later())
    receipt = Receipt(server="smtp.example", reply="250")
    return desk.store.record_sent(barrier, mail, receipt, day(on), desk.owner, desk.later())


@pytest.fixture
def owned(desk: Desk) -> Desk:
    desk.sync(invoice("F1"), customers=(customer(),))
    desk.store.set_customer(C, "C1", "owner_email", ANNE.upper(), "a", desk.later())
    return desk


def test_what_a_digest_told_counts_once_it_was_sent(owned: Desk) -> None:
    owned.queue(wanted())
    assert owned.store.case_file(C, "C1", rehearsal=False).owner_told == ()
    told = sent(owned)
    assert [one.number for one in told.lines] == ["F1"]
    (known,) = owned.store.case_file(C, "C1", rehearsal=False).owner_told
    assert (known.item_id, known.level_id, known.told_on) == ("F1", "first", MONDAY)


def test_a_digest_takes_no_level_is_no_contact_and_leaves_no_note(owned: Desk) -> None:
    owned.queue(wanted())
    owned.quiet()
    sent(owned)
    case = owned.store.case_file(C, "C1", rehearsal=False)
    assert (case.history, case.last_contact_on) == ((), None)
    assert owned.store.notes_of(C).todo == 0
    assert owned.due() == ["C1"]
    assert owned.queue(queued(invoice("F1"))).level_id == "first"


def test_an_owner_gets_one_digest_of_a_day(owned: Desk) -> None:
    owned.queue(wanted())
    assert owned.store.queue(C, "", [wanted()], owned.later()) == []
    sent(owned)
    assert owned.store.queue(C, "", [wanted()], owned.later()) == []


def test_who_gets_yesterdays_digest_today_gets_no_second_one(owned: Desk) -> None:
    owned.queue(wanted(on="2026-03-06"))
    assert owned.store.owners_written_to(C, MONDAY, rehearsal=False) == {ANNE}
    sent(owned)
    assert owned.store.owners_written_to(C, MONDAY, rehearsal=False) == {ANNE}
    assert owned.store.owners_written_to(C, day("2026-03-10"), rehearsal=False) == set()


def test_a_digest_that_a_person_drops_counts_as_told_and_one_to_be_sent_again_does_not(owned: Desk) -> None:
    for outcome, count in ((Outcome.AGAIN, 0), (Outcome.DROP, 1)):
        owned.queue(wanted())
        claimed = owned.store.keep_digest_lines(owned.claim(), [line()], owned.owner)
        failed = owned.store.record_refused(claimed, "550", owned.owner, owned.later())
        assert owned.store.owners_written_to(C, day("2026-03-20"), rehearsal=False) == {ANNE}
        owned.store.resolve(failed.reminder_id, outcome, "a", MONDAY, owned.later())
        assert len(owned.store.case_file(C, "C1", rehearsal=False).owner_told) == count
    # Neither freed the level for a second sending.
    assert owned.queue(queued(invoice("F1"))).lines[0].attempt == 0


def test_a_plan_begun_again_tells_the_owner_again(owned: Desk) -> None:
    owned.queue(wanted())
    sent(owned)
    owned.store.release(C, author="a", now=owned.later(), item_ids=["F1"], restart=True)
    assert owned.store.case_file(C, "C1", rehearsal=False).owner_told == ()


def test_the_lines_of_a_digest_that_moved_on_stay(owned: Desk) -> None:
    owned.queue(wanted())
    claimed = owned.claim()
    owned.store.raise_epoch("other", owned.later())
    with pytest.raises(FencedError):
        owned.store.keep_digest_lines(claimed, [line()], owned.owner)


def test_a_daily_digest_that_stopped_while_it_was_handed_over_is_uncertain_for_ever(desk: Desk) -> None:
    row = desk.store.claim_daily_digest(ANNE, MONDAY, "cabinet.example", desk.owner, desk.later())
    assert row is not None
    desk.store.move_daily_digest(row, DigestState.HANDING_OVER, desk.owner, desk.later())
    desk.owner = desk.store.raise_epoch("again", desk.later())
    for _ in range(2):
        assert desk.store.claim_daily_digest(ANNE.upper(), MONDAY, "x.example", desk.owner, desk.later()) is None
        known = desk.store.daily_digest(ANNE, MONDAY)
        assert known is not None
        assert known.state is DigestState.UNCERTAIN


def test_a_daily_digest_that_stopped_before_is_taken_up_again_under_the_same_identity(desk: Desk) -> None:
    first = desk.store.claim_daily_digest(ANNE, MONDAY, "cabinet.example", desk.owner, desk.later())
    desk.owner = desk.store.raise_epoch("again", desk.later())
    second = desk.store.claim_daily_digest(ANNE, MONDAY, "cabinet.example", desk.owner, desk.later())
    assert first is not None
    assert second is not None
    assert first.message_id == second.message_id
    with pytest.raises(FencedError):
        desk.store.move_daily_digest(first, DigestState.HANDING_OVER, desk.owner, desk.later())


def test_a_daily_digest_that_waits_is_tried_again_from_its_instant_on(desk: Desk) -> None:
    row = desk.store.claim_daily_digest(ANNE, MONDAY, "cabinet.example", desk.owner, desk.later())
    assert row is not None
    at = desk.now + timedelta(minutes=15)
    desk.store.move_daily_digest(row, DigestState.PLANNED, desk.owner, desk.later(), error="451", retry_at=at)
    assert desk.store.claim_daily_digest(ANNE, MONDAY, "cabinet.example", desk.owner, at - timedelta(1)) is None
    again = desk.store.claim_daily_digest(ANNE, MONDAY, "cabinet.example", desk.owner, at)
    assert again is not None
    assert again.covers_until == at


def test_who_no_longer_owns_the_store_moves_no_daily_digest(desk: Desk) -> None:
    row = desk.store.claim_daily_digest(ANNE, MONDAY, "cabinet.example", desk.owner, desk.later())
    assert row is not None
    desk.store.raise_epoch("other", desk.later())
    with pytest.raises(FencedError):
        desk.store.move_daily_digest(row, DigestState.HANDING_OVER, desk.owner, desk.later())
