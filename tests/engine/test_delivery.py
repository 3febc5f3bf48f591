"""The sending loop over an outbox in memory: what is recorded before and after each thing that can happen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.calendar import BusinessCalendar
from engine.delivery import RETRY_AFTER, CompanyStoppedError, Desk, deliver_all, deliver_next
from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksUnreachableError,
    DefinitelyRefusedError,
    DeliveryError,
    FencedError,
    ModeForbidsError,
    NotHandedOverError,
    OutcomeUnknownError,
    RecipientRefusedError,
    TemporarilyRefusedError,
)
from engine.kinds import HoldKind, Mode, Purpose, ReminderState
from engine.records import CaseFile, CompanyState, Owner, Page, Reminder
from engine.setup import CompanySetup
from tests.builders import eur
from tests.fakes.case_builders import DUE, TheirWorkingDays, held, payment, promise, sent
from tests.fakes.customer_life import CUSTOMER, STANDARD, case_file, invoice
from tests.fakes.outbox import MemoryOutbox, PlainRenderer, ScriptedSender, StoppedClock, planned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.model import OpenItem

DUPONT = "dupont"
TODAY = date(2026, 3, 9)
NOW = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
F1, F2 = invoice("F1", due_on=DUE), invoice("F2", due_on=DUE, amount="40.00")
PAID = replace(F1, balance=eur("0.00"))


@dataclass(slots=True, kw_only=True)
class Office:
    """A desk with its fakes at hand."""

    desk: Desk
    store: MemoryOutbox
    sender: ScriptedSender
    renderer: PlainRenderer

    def row(self, reminder_id: str = "r1") -> Reminder:
        return self.store.rows[reminder_id]

    def texts(self) -> list[str]:
        return [envelope.text for envelope in self.sender.delivered_envelopes]


@dataclass(slots=True, kw_only=True)
class OnceMore:
    """Books that answer every question for items in one way."""

    answer: Page | BooksError

    def refresh(self, item_ids: Sequence[str]) -> Page:
        assert item_ids
        if isinstance(self.answer, BooksError):
            raise self.answer
        return self.answer


def office(
    case: CaseFile,
    *reminders: Reminder,
    mode: Mode = Mode.AUTO,
    on: date = TODAY,
    state: CompanyState | None = None,
    before: DeliveryError | None = None,
    after: DeliveryError | None = None,
    books: tuple[OpenItem, ...] = (),
    again: Page | BooksError | None = None,
) -> Office:
    fresh = CompanyState(company_id=DUPONT, backlog_accepted=True, synced_at=NOW, sync_complete=True, known_until=on)
    store = MemoryOutbox(state=state or fresh, case=case, books={item.item_id: item for item in books})
    for reminder in reminders:
        store.add(reminder)
    sender = ScriptedSender(told=store.told, before=before, after=after)
    renderer = PlainRenderer(told=store.told)
    desk = Desk(
        setup=CompanySetup(
            company_id=DUPONT,
            mode=mode,
            plans={"standard": STANDARD},
            default_plan="standard",
            calendar=BusinessCalendar(),
            max_age_days=5,
            fingerprint="f",
        ),
        store=store,
        sender=lambda _: sender,
        renderer=renderer,
        clock=StoppedClock(instant=NOW),
        owner=Owner(name="test", epoch=1),
        as_of=on,
        books=None if again is None else OnceMore(answer=again),
    )
    return Office(desk=desk, store=store, sender=sender, renderer=renderer)


def first(*items: OpenItem) -> Reminder:
    return planned(DUPONT, *items, on=TODAY)


def one(at: Office) -> tuple[Reminder, str]:
    step = deliver_next(at.desk)
    assert step is not None
    return step


# The order of things


def test_a_reminder_is_claimed_read_again_written_and_recorded_before_and_after_its_content_leaves() -> None:
    at = office(case_file([F1]), first(F1))
    reminder, problem = one(at)
    assert at.store.told == ["claim", "read", "revise", "write", "barrier", "content", "sent on 2026-03-09"]
    assert (reminder.state, reminder.reply, problem) == (ReminderState.SENT, "250 taken", "")
    assert at.row() == reminder
    assert at.texts() == ["first: F1 100.00"]


def test_when_nothing_is_planned_nothing_is_done() -> None:
    at = office(case_file([F1]))
    assert deliver_next(at.desk) is None
    assert at.store.told == []


def test_a_reminder_for_a_later_day_waits() -> None:
    at = office(case_file([F1]), planned(DUPONT, F1, on=date(2026, 3, 10)))
    assert deliver_next(at.desk) is None


def test_the_deadline_printed_is_that_of_the_day_it_leaves() -> None:
    at = office(case_file([F1]), first(F1), on=date(2026, 3, 11))
    one(at)
    assert at.row().deadline_on == date(2026, 3, 19)


def test_delivering_all_goes_on_until_nothing_is_left() -> None:
    # Two reminders of one customer: the second stays for the gap, in the real store its case then shows the first.
    at = office(case_file([F1, F2]), first(F1), replace(first(F2), reminder_id="r2"))
    moved, problems = deliver_all(at.desk)
    assert [one.reminder_id for one in moved] == ["r1", "r2"]
    assert problems == []
    assert at.texts() == ["first: F1 100.00", "first: F2 40.00"]


# The decision is taken again


def test_an_item_that_was_paid_leaves_the_notice() -> None:
    at = office(case_file([F2]), first(F1, F2))
    one(at)
    assert at.texts() == ["first: F2 40.00"]
    assert [line.number for line in at.row().lines] == ["F2"]


def test_a_part_payment_changes_what_is_asked() -> None:
    at = office(case_file([replace(F1, balance=eur("60.00"))]), first(F1))
    one(at)
    assert at.texts() == ["first: F1 60.00"]
    assert at.row().lines[0].asked == eur("60.00")


@pytest.mark.parametrize("kind", [HoldKind.DISPUTE, HoldKind.HOLD, HoldKind.INSTALMENTS])
def test_an_item_that_was_stopped_meanwhile_leaves_the_notice(kind: HoldKind) -> None:
    at = office(case_file([F1, F2], holds=[held(kind, item=F1)]), first(F1, F2))
    one(at)
    assert at.texts() == ["first: F2 40.00"]


def test_when_a_firmer_item_left_the_tone_is_that_of_what_remains() -> None:
    old = invoice("OLD", due_on=date(2026, 2, 2))
    line = replace(planned(DUPONT, old, on=TODAY).lines[0], level_id="second", offset=15)
    both = replace(first(F1), level_id="second", lines=(line, *first(F1).lines))
    history = [sent(old, "first", date(2026, 2, 9), deadline=date(2026, 2, 17))]
    at = office(case_file([old, F1], history=history), both)
    one(at)
    assert at.texts() == ["second: OLD 100.00, F1 100.00"]
    at = office(case_file([F1]), both)
    one(at)
    assert (at.texts(), at.row().level_id) == (["first: F1 100.00"], "first")


def test_an_item_that_became_due_meanwhile_does_not_join_a_notice_already_planned() -> None:
    at = office(case_file([F1, F2]), first(F1))
    one(at)
    assert at.texts() == ["first: F1 100.00"]


@pytest.mark.parametrize(("on", "left"), [(date(2026, 6, 5), False), (date(2026, 6, 8), True)])
def test_a_promise_is_judged_right_before_the_reminder_leaves_by_the_customers_calendar(on: date, left: bool) -> None:
    # Two working days after Tue 2 Jun 2026: Thu 4 in France, Fri 5 in Bavaria, where Corpus Christi is a holiday.
    bavarian = replace(CUSTOMER, country="DE", subdivision="BY")
    case = case_file([F1], customer=bavarian, holds=[promise(F1, date(2026, 6, 2))])
    at = office(case, planned(DUPONT, F1, on=on), on=on)
    desk = replace(at.desk, setup=replace(at.desk.setup, calendar=TheirWorkingDays()))
    deliver_next(desk)
    assert at.row().state is (ReminderState.SENT if left else ReminderState.CANCELLED)


def test_its_own_place_in_history_does_not_stop_a_reminder() -> None:
    own = sent(F1, "first", TODAY, state=ReminderState.CLAIMED, reminder_id="r1")
    at = office(replace(case_file([F1], history=[own]), last_contact_on=None), first(F1))
    one(at)
    assert at.row().state is ReminderState.SENT


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (case_file([]), "nothing is open any more"),
        (case_file([F1], holds=[held(HoldKind.DISPUTE, item=F1)]), "dispute"),
        (case_file([F1], holds=[promise(F1, date(2026, 3, 20))]), "promise"),
        (case_file([replace(F1, unseen=True)]), "unseen"),
        (case_file([F1, payment("R1", "100.00")]), "payment_to_allocate"),
        (case_file([F1], customer=replace(CUSTOMER, do_not_contact=True)), "do_not_contact"),
        (case_file([replace(F1, balance=eur("4.00"))]), "below_minimum"),
    ],
)
def test_a_reminder_of_which_nothing_may_be_asked_any_more_ends(case: CaseFile, reason: str) -> None:
    at = office(case, first(F1))
    assert one(at)[1] == ""
    assert at.store.told == ["claim", "read", f"cancel: {reason}"]
    assert at.row().state is ReminderState.CANCELLED


@pytest.mark.parametrize(
    ("case", "until"),
    [
        # A contact on the 6th: the gap ends on the 11th.
        (replace(case_file([F1]), last_contact_on=date(2026, 3, 6)), "2026-03-11"),
        # The due date moved to the 5th: the first level is due on the 10th.
        (case_file([replace(F1, due_on=date(2026, 3, 5))]), "2026-03-10"),
    ],
)
def test_what_only_has_to_wait_waits(case: CaseFile, until: str) -> None:
    at = office(case, first(F1))
    assert one(at)[1] == ""
    assert at.store.told == ["claim", "read", f"postpone to {until}"]
    assert at.row().state is ReminderState.PLANNED


def stopped_company(**changes: object) -> CompanyState:
    state = CompanyState(company_id=DUPONT, backlog_accepted=True, synced_at=NOW, sync_complete=True, known_until=TODAY)
    return replace(state, **changes)  # type: ignore[arg-type]  # (a table of one changed field each)


STOPPED = [
    stopped_company(quarantine=("sums differ",)),
    stopped_company(sync_complete=False),
    stopped_company(known_until=date(2026, 3, 3)),
    stopped_company(backlog_accepted=False),
]


@pytest.mark.parametrize("state", STOPPED)
def test_a_company_that_may_not_send_keeps_its_reminders_for_the_next_day(state: CompanyState) -> None:
    at = office(case_file([F1]), first(F1), state=state)
    assert one(at)[1] == ""
    assert at.store.told == ["claim", "read", "postpone to 2026-03-10"]


def test_on_a_day_without_sending_a_reminder_waits_for_the_next_one() -> None:
    at = office(case_file([F1]), first(F1), on=date(2026, 3, 14))
    one(at)
    assert at.store.told == ["claim", "read", "postpone to 2026-03-16"]


def test_what_was_planned_in_another_mode_ends() -> None:
    at = office(case_file([F1]), replace(first(F1), rehearsal=True))
    assert one(at)[0].state is ReminderState.CANCELLED
    at = office(case_file([F1]), first(F1), mode=Mode.REDIRECT)
    assert one(at)[0].state is ReminderState.CANCELLED
    at = office(case_file([F1]), replace(first(F1), rehearsal=True), mode=Mode.REDIRECT)
    assert one(at)[0].state is ReminderState.SENT
    assert "read rehearsal" in at.store.told


# What the other side may answer


def refused(error: DeliveryError, *, after: bool) -> Office:
    return office(case_file([F1]), first(F1), before=None if after else error, after=error if after else None)


def test_an_error_before_the_barrier_returns_the_reminder_and_stops_the_company() -> None:
    at = refused(NotHandedOverError("log-in refused"), after=False)
    at.store.add(replace(first(F2), reminder_id="r2"))
    with pytest.raises(CompanyStoppedError, match="log-in refused"):
        deliver_next(at.desk)
    assert at.store.told == ["claim", "read", "revise", "write", "release_claim"]
    assert (at.row().state, at.row().error) == (ReminderState.PLANNED, "log-in refused")
    assert at.store.retry_at == {"r1": NOW + RETRY_AFTER}
    assert at.row("r2").state is ReminderState.PLANNED


def test_an_error_of_one_mail_before_the_barrier_lets_the_others_go_on() -> None:
    at = refused(NotHandedOverError("too big", company_wide=False), after=False)
    reminder, problem = one(at)
    assert reminder.state is ReminderState.PLANNED
    assert "too big" in problem


def test_a_refused_recipient_fails_and_the_address_is_remembered() -> None:
    at = refused(RecipientRefusedError("550 no such user", address="ap@client-un.example"), after=False)
    reminder, problem = one(at)
    assert at.store.told[-1] == "refused"
    assert "barrier" not in at.store.told
    assert (reminder.state, at.store.failed_addresses) == (ReminderState.FAILED, ["ap@client-un.example"])
    assert "no such user" in problem


def test_a_definite_no_to_the_message_fails_and_blames_no_address() -> None:
    at = refused(DefinitelyRefusedError("554 looks like spam"), after=True)
    assert one(at)[0].state is ReminderState.FAILED
    assert at.store.told[-3:] == ["barrier", "content", "refused"]
    assert at.store.failed_addresses == []


def test_a_temporary_no_is_tried_again_later() -> None:
    at = refused(TemporarilyRefusedError("451 try later"), after=True)
    reminder, problem = one(at)
    assert (reminder.state, reminder.error) == (ReminderState.PLANNED, "451 try later")
    assert at.store.retry_at == {"r1": NOW + timedelta(minutes=15)}
    assert at.store.told[-1] == "try later"
    assert "tried again" in problem
    assert deliver_next(at.desk) is None


def test_an_unknown_outcome_is_uncertain_and_never_sent_again() -> None:
    at = refused(OutcomeUnknownError("the line went dead"), after=True)
    reminder, problem = one(at)
    assert (reminder.state, at.store.told[-1]) == (ReminderState.UNCERTAIN, "uncertain")
    assert "is uncertain" in problem
    at.sender.after = None
    assert deliver_all(at.desk) == ([], [])
    assert at.texts() == []


def test_what_the_mode_forbids_at_the_wire_ends() -> None:
    at = refused(ModeForbidsError("the company is in preview"), after=False)
    reminder, problem = one(at)
    assert reminder.state is ReminderState.CANCELLED
    assert "preview" in problem


def test_a_reminder_that_another_owner_took_leaves_nothing_and_stops_the_run() -> None:
    at = office(case_file([F1]), first(F1))

    def stolen() -> None:
        at.store.rows["r1"] = replace(at.row(), generation=at.row().generation + 1)

    at.sender.at_barrier = stolen
    moved, problems = deliver_all(at.desk)
    assert moved == []
    assert ["left alone" in problem for problem in problems] == [True]
    assert "content" not in at.store.told
    assert at.texts() == []


def test_an_owner_whose_time_is_over_passes_no_barrier() -> None:
    at = office(case_file([F1]), first(F1))

    def recovered() -> None:
        at.store.epoch = 2

    at.sender.at_barrier = recovered
    with pytest.raises(CompanyStoppedError):
        deliver_next(at.desk)
    assert "content" not in at.store.told


def test_a_fence_met_while_claiming_is_no_silent_end() -> None:
    at = office(case_file([F1]), first(F1))
    at.store.epoch = 2
    with pytest.raises(FencedError):
        deliver_next(at.desk)


def test_a_text_that_cannot_be_written_waits_a_day_and_the_others_go_on() -> None:
    at = office(case_file([F1]), first(F1))
    at.renderer.fails = True
    reminder, problem = one(at)
    assert at.store.told[-2:] == ["write", "postpone to 2026-03-10"]
    assert reminder.state is ReminderState.PLANNED
    assert "could not be written: unknown word in the template" in problem


# Other mails


def extra(*items: OpenItem) -> Reminder:
    return planned(DUPONT, *items, on=TODAY, purpose=Purpose.EXTRA, level="extra")


def test_an_extra_reminder_leaves_in_spite_of_gap_and_deadline() -> None:
    history = [sent(F1, "first", date(2026, 3, 6), deadline=date(2026, 3, 16))]
    at = office(case_file([F1], history=history), extra(F1))
    one(at)
    assert at.texts() == ["first: F1 100.00"]
    assert at.row().level_id == "extra"


def test_an_extra_reminder_of_a_disputed_item_ends() -> None:
    at = office(case_file([F1], holds=[held(HoldKind.DISPUTE, item=F1)]), extra(F1))
    assert one(at)[0].state is ReminderState.CANCELLED


def test_an_extra_reminder_on_stale_books_waits() -> None:
    at = office(case_file([F1]), extra(F1), state=stopped_company(known_until=date(2026, 2, 1)))
    one(at)
    assert at.store.told[-1] == "postpone to 2026-03-10"


def test_an_extra_reminder_on_a_day_without_sending_waits() -> None:
    at = office(case_file([F1]), extra(F1), on=date(2026, 3, 14))
    one(at)
    assert at.store.told[-1] == "postpone to 2026-03-16"
    assert at.texts() == []


def thanks(*items: OpenItem) -> Reminder:
    return planned(DUPONT, *items, on=TODAY, purpose=Purpose.THANK_YOU, level="thank_you")


def test_a_thank_you_leaves_while_all_is_still_paid() -> None:
    at = office(case_file([]), thanks(PAID), books=(PAID,))
    assert one(at)[0].state is ReminderState.SENT
    assert at.texts() == ["thanks: F1"]
    assert at.store.told == ["claim", "read", "write", "barrier", "content", "sent on 2026-03-09"]


@pytest.mark.parametrize(
    ("case", "books"),
    [
        (case_file([F2]), (PAID,)),  # another item became overdue
        (case_file([F1]), (F1,)),  # the payment was returned
        (case_file([]), ()),  # the item is gone
    ],
)
def test_a_thank_you_is_cancelled_when_something_is_overdue_again(case: CaseFile, books: tuple[OpenItem, ...]) -> None:
    at = office(case, thanks(PAID), books=books)
    assert one(at)[0].state is ReminderState.CANCELLED
    assert at.store.told == ["claim", "read", "cancel: something is overdue again"]


@pytest.mark.parametrize("state", STOPPED)
def test_a_company_that_may_not_send_sends_no_thank_you_either(state: CompanyState) -> None:
    at = office(case_file([]), thanks(PAID), books=(PAID,), state=state)
    one(at)
    assert at.store.told == ["claim", "read", "postpone to 2026-03-10"]


def test_a_thank_you_waits_for_a_sending_day() -> None:
    at = office(case_file([]), thanks(PAID), books=(PAID,), on=date(2026, 3, 14))
    one(at)
    assert at.store.told == ["claim", "read", "postpone to 2026-03-15"]
    assert at.texts() == []


# The books are read again


def test_the_books_are_read_again_right_before_a_reminder_leaves() -> None:
    at = office(case_file([F1]), first(F1), again=Page(items=(F1,)))
    one(at)
    assert at.store.told[:5] == ["claim", "read", "read again i-F1", "read", "revise"]
    assert at.texts() == ["first: F1 100.00"]


def test_an_invoice_paid_since_the_sync_leaves_its_notice_and_the_other_goes_on() -> None:
    at = office(case_file([F1, F2]), first(F1, F2), again=Page(items=(PAID, F2)))
    one(at)
    assert at.texts() == ["first: F2 40.00"]


def test_an_invoice_voided_since_the_sync_is_never_asked_for() -> None:
    at = office(case_file([F1]), first(F1), again=Page(voided=("i-F1",)))
    reminder, _ = one(at)
    assert (reminder.state, at.texts()) == (ReminderState.CANCELLED, [])


def test_an_invoice_that_the_books_no_longer_show_is_never_asked_for() -> None:
    at = office(case_file([F1]), first(F1), again=Page())
    reminder, _ = one(at)
    assert (reminder.state, reminder.error, at.texts()) == (ReminderState.CANCELLED, "unseen", [])


def test_what_else_the_customer_has_open_is_read_in_the_same_call() -> None:
    at = office(case_file([F1, F2]), first(F1), again=Page(items=(F1, F2)))
    one(at)
    assert at.store.told[2] == "read again i-F1 i-F2"


@pytest.mark.parametrize(
    ("error", "retry_at"),
    [
        (BooksUnreachableError("no route"), NOW + RETRY_AFTER),
        (BooksBusyError("used up", retry_at=NOW + timedelta(hours=7)), NOW + timedelta(hours=7)),
    ],
)
def test_where_the_books_cannot_be_read_again_nothing_leaves(error: BooksError, retry_at: datetime) -> None:
    at = office(case_file([F1]), first(F1), again=error)
    with pytest.raises(CompanyStoppedError, match=str(error)):
        deliver_next(at.desk)
    assert (at.row().state, at.store.retry_at["r1"], at.texts()) == (ReminderState.PLANNED, retry_at, [])


def test_a_thank_you_looks_at_the_books_again_too() -> None:
    at = office(case_file([F1]), thanks(PAID), books=(PAID,), again=Page(items=(F1,)))
    reminder, _ = one(at)
    assert (reminder.state, at.texts()) == (ReminderState.CANCELLED, [])


def test_a_stop_asked_for_between_two_reminders_leaves_the_second_planned() -> None:
    at = office(case_file([F1, F2]), first(F1), replace(first(F2), reminder_id="r2"))
    desk = replace(at.desk, stopping=lambda: bool(at.texts()))
    moved, problems = deliver_all(desk)
    assert ([one.reminder_id for one in moved], problems) == (["r1"], [])
    assert at.row("r2").state is ReminderState.PLANNED
