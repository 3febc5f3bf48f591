"""The sending loop: claim one reminder, look at the books again, hand it over, record what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from engine.casework import judged, queued_lines, without_reminder
from engine.choosing import chosen_plan
from engine.confirming import confirmable
from engine.decide import decide
from engine.errors import (
    BooksBusyError,
    BooksError,
    DefinitelyRefusedError,
    FencedError,
    ModeForbidsError,
    NotHandedOverError,
    OutcomeUnknownError,
    RecipientRefusedError,
    RenderError,
    TemporarilyRefusedError,
)
from engine.extra import extra_notice
from engine.freshness import company_block, known_until
from engine.kinds import Channel, HoldReason, Mode, Purpose
from engine.model import Hold, Notice
from engine.owner_copy import copied
from engine.owner_digests import owner_digest
from engine.telling import on_statement
from engine.thanks import may_thank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from engine.holds import Stop
    from engine.model import CompanyBlock
    from engine.plan import Plan
    from engine.ports import Clock, Renderer, Sender
    from engine.records import CaseFile, Envelope, Owner, Page, Reminder
    from engine.setup import CompanySetup
    from engine.store_ports import DeliveryStore, DigestStore

# A server that answers 4xx is asked again after this; greylisting lasts minutes.
RETRY_AFTER: Final = timedelta(minutes=15)
# Why an item is asked for no more that owes nothing by now, be it paid, void or credited.
NOTHING_LEFT: Final = "nothing is open any more"
# Why a confirmation is not sent any more.
NOT_IN_FORCE: Final = "what it confirms is not in force any more"
# Items that every provider gives in one call, or in few.
_TOGETHER: Final = 40
# What keeps a planned reminder for some days only: it waits, it is not dropped.
_WAITS: Final = frozenset(
    {
        HoldReason.INTERVAL,
        HoldReason.STALE_BOOKS,
        HoldReason.QUARANTINED,
        HoldReason.MODE_OFF,
        HoldReason.BACKLOG_NOT_ACCEPTED,
        HoldReason.DEADLINE_RUNNING,
        HoldReason.NOT_DUE,
        HoldReason.CLOSED_PERIOD,
        HoldReason.CAP_REACHED,
    }
)


class RereadBooks(Protocol):
    """What sending needs of the books."""

    def refresh(self, item_ids: Sequence[str]) -> Page:
        """Read items as they stand now; raises one of the BooksError family."""
        ...


class CompanyStoppedError(Exception):
    """No further reminder of this company can leave in this run; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that delivering one company's reminders needs.

    `books` are None where an item cannot be asked for by id (a file). `limit` is how many notices of the company may
    leave on the day in all, whoever sends them. `stopping` is asked between two reminders. `digests` is the store for
    whoever tells account owners first.
    """

    setup: CompanySetup
    store: DeliveryStore
    sender: Callable[[Reminder], Sender]
    renderer: Renderer
    clock: Clock
    owner: Owner
    as_of: date
    books: RereadBooks | None = None
    limit: int | None = None
    stopping: Callable[[], bool] = lambda: False
    digests: DigestStore | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    reminder: Reminder
    envelope: Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unwritable:
    """A reminder whose text could not be written, as it stands in the store by then."""

    reminder: Reminder
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _StillAsked:
    """A notice as it is decided now; `why` says by item id for what reason the others left it."""

    notice: Notice
    why: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _NotNow:
    """Why a claimed reminder does not leave: `until` is the last day it waits, None ends it."""

    reason: str
    until: date | None


def deliver_all(desk: Desk) -> tuple[list[Reminder], list[str]]:
    """Deliver until nothing is left to claim; return the reminders moved, and the problems that need a person."""
    moved: list[Reminder] = []
    problems: list[str] = []
    try:
        while not desk.stopping() and (step := deliver_next(desk)) is not None:
            reminder, problem = step
            moved.append(reminder)
            problems += [problem] if problem else []
    except CompanyStoppedError as stopped:
        problems.append(str(stopped))
    return moved, problems


def deliver_next(desk: Desk) -> tuple[Reminder, str] | None:
    """Take one reminder all the way; return it with a problem to tell ("" for none), or None when none is left.

    1. Claim it, in one transaction, so that no other owner works on it.
    2. Read its items in the books again; where that cannot be done nothing leaves.
    3. Decide again on what is known now: a paid, held or disputed item leaves the notice, or the notice waits.
    4. Write it: from here on its bytes do not change.
    5. Hand it over. The channel calls back right before the first byte of content; that barrier is recorded durably.
    6. Record what the other side answered. What is unknown after the barrier stays visible, and is never sent again
       without a person.

    Raises CompanyStoppedError when the next reminder of this company would fail in the same way.
    """
    reminder = desk.store.claim_next(desk.setup.company_id, desk.as_of, desk.owner, desk.clock.now(), limit=desk.limit)
    if reminder is None:
        return None
    try:
        _read_again(desk, reminder)
        written = _write(desk, reminder)
        if isinstance(written, _NotNow):
            return _put_away(desk, reminder, written), ""
        if isinstance(written, _Unwritable):
            # A text that cannot be written today may be mended by tomorrow; the others go on.
            waits = desk.store.postpone(written.reminder, desk.as_of + timedelta(days=1), desk.owner, desk.clock.now())
            return waits, f"reminder {reminder.reminder_id} could not be written: {written.error}"
        return _hand_over(desk, written.reminder, written.envelope)
    except FencedError as fenced:
        raise CompanyStoppedError(f"reminder {reminder.reminder_id} was left alone: {fenced}") from fenced


def _read_again(desk: Desk, reminder: Reminder) -> None:
    """Ask the books for what the reminder asks for, and for what else its customer has open as far as one call reaches."""
    if desk.books is None or reminder.purpose is Purpose.DIGEST:
        return
    asked = [line.item_id for line in reminder.lines]
    case = desk.store.case_file(desk.setup.company_id, reminder.customer_id, rehearsal=reminder.rehearsal)
    others = [item.item_id for item in case.items if item.item_id not in asked]
    wanted = [*asked, *others[: max(_TOGETHER - len(asked), 0)]]
    try:
        page = desk.books.refresh(wanted)
    except BooksError as error:
        raise _put_back(desk, reminder, error) from error
    desk.store.apply_refresh(desk.setup.company_id, wanted, page, seen_on=desk.as_of, now=desk.clock.now())


def _put_back(desk: Desk, reminder: Reminder, error: BooksError) -> CompanyStoppedError:
    """Give a reminder back whose books cannot be read: nothing leaves on what was known yesterday."""
    now = desk.clock.now()
    retry_at = error.retry_at if isinstance(error, BooksBusyError) else now + RETRY_AFTER
    desk.store.release_claim(reminder, str(error), desk.owner, now, retry_at=retry_at)
    return CompanyStoppedError(f"reminder {reminder.reminder_id} waits, and the others with it: {error}")


def _put_away(desk: Desk, reminder: Reminder, not_now: _NotNow) -> Reminder:
    now = desk.clock.now()
    if not_now.until is None:
        return desk.store.cancel(reminder, not_now.reason, desk.owner, now)
    return desk.store.postpone(reminder, not_now.until + timedelta(days=1), desk.owner, now)


def _write(desk: Desk, reminder: Reminder) -> _Written | _Unwritable | _NotNow:
    rehearsal = desk.setup.mode is Mode.REDIRECT
    if rehearsal is not reminder.rehearsal:
        return _NotNow(reason="the company's mode has changed since it was planned", until=None)
    if reminder.purpose is Purpose.DIGEST and copied(reminder.occasion):
        return _write_copy(desk, reminder, copied(reminder.occasion))
    if reminder.purpose is Purpose.DIGEST:
        return _write_digest(desk, reminder)
    case = desk.store.case_file(desk.setup.company_id, reminder.customer_id, rehearsal=rehearsal)
    if reminder.purpose is Purpose.THANK_YOU:
        return _write_thanks(desk, reminder, case)
    if reminder.purpose in {Purpose.CONFIRMATION, Purpose.STATEMENT}:
        return _write_told(desk, reminder, case)
    asked = _notice_now(desk, reminder, case)
    if isinstance(asked, _NotNow):
        return asked
    notice = asked.notice
    lines = queued_lines(notice, _plan(desk, case))
    revised = desk.store.revise(reminder, lines, notice, desk.owner, asked.why)
    return _rendered(desk, revised, lambda: desk.renderer.notice(revised, notice, case, desk.as_of, desk.clock.now()))


def _plan(desk: Desk, case: CaseFile) -> Plan:
    return chosen_plan(desk.setup, desk.store, case.customer, case.items, desk.as_of).plan


def _rendered(desk: Desk, reminder: Reminder, render: Callable[[], Envelope]) -> _Written | _Unwritable:
    try:
        return _Written(reminder=reminder, envelope=render())
    except BooksError as error:
        raise _put_back(desk, reminder, error) from error
    except RenderError as error:
        return _Unwritable(reminder=reminder, error=str(error))


def _block_now(desk: Desk) -> CompanyBlock | None:
    state = desk.store.company_state(desk.setup.company_id)
    now = desk.clock.now()
    return company_block(state, desk.setup.mode, max_age_days=desk.setup.max_age_days, as_of=desk.as_of, now=now)


def _write_thanks(desk: Desk, reminder: Reminder, case: CaseFile) -> _Written | _Unwritable | _NotNow:
    block = _block_now(desk)
    if block is not None:
        return _NotNow(reason=block.reason.value, until=desk.as_of)
    if not desk.setup.calendar_for(case.customer).is_sending_day(desk.as_of):
        return _NotNow(reason="no sending day", until=desk.as_of)
    found = [desk.store.balance_of(desk.setup.company_id, line.item_id) for line in reminder.lines]
    items = [item for item in found if item is not None]
    if len(items) != len(found) or not may_thank(case, items, desk.as_of):
        return _NotNow(reason="something is overdue again", until=None)
    paid = replace(case, payments=tuple(desk.store.payments_of(desk.setup.company_id, [i.item_id for i in items])))
    return _rendered(
        desk, reminder, lambda: desk.renderer.thank_you(reminder, items, paid, desk.as_of, desk.clock.now())
    )


def _write_told(desk: Desk, reminder: Reminder, case: CaseFile) -> _Written | _Unwritable | _NotNow:
    """Write a confirmation or a statement as things stand now; what is over by then is not told any more."""
    block, now = _block_now(desk), desk.clock.now
    if block is not None:
        return _NotNow(reason=block.reason.value, until=desk.as_of)
    if not desk.setup.calendar_for(case.customer).is_sending_day(desk.as_of):
        return _NotNow(reason="no sending day", until=desk.as_of)
    if case.customer.do_not_contact and reminder.channel is Channel.EMAIL:
        return _NotNow(reason=HoldReason.DO_NOT_CONTACT.value, until=None)
    if reminder.purpose is Purpose.STATEMENT:
        if not on_statement(case.items):
            return _NotNow(reason=NOTHING_LEFT, until=None)
        return _rendered(desk, reminder, lambda: desk.renderer.statement(reminder, case, desk.as_of, now()))
    days = desk.setup.confirmations.answer_days
    given = confirmable(reminder.occasion, case, desk.setup.calendar, desk.as_of, answer_days=days)
    if given is None:
        return _NotNow(reason=NOT_IN_FORCE, until=None)
    return _rendered(desk, reminder, lambda: desk.renderer.confirmation(reminder, given, case, desk.as_of, now()))


def _write_digest(desk: Desk, reminder: Reminder) -> _Written | _Unwritable | _NotNow:
    """Write what an account owner is told, on what is known now; its lines are kept before anything leaves."""
    block = _block_now(desk)
    if block is not None:
        return _NotNow(reason=block.reason.value, until=desk.as_of)
    if not desk.setup.calendar.is_sending_day(desk.as_of):
        return _NotNow(reason="no sending day", until=desk.as_of)
    found = None
    if desk.digests is not None:
        found = owner_digest(desk.setup, desk.digests, reminder, desk.as_of, desk.clock.now())
    if desk.digests is None or found is None:
        return _NotNow(reason=NOTHING_LEFT, until=None)
    digest, lines = found
    kept = desk.digests.keep_digest_lines(reminder, lines, desk.owner)
    return _rendered(desk, kept, lambda: desk.renderer.owner_digest(kept, digest, desk.as_of, desk.clock.now()))


def _write_copy(desk: Desk, reminder: Reminder, original_id: str) -> _Written | _Unwritable | _NotNow:
    """Write the account owner's copy of a reminder that has left; nothing is decided again, for it says what was sent."""
    company_id = desk.setup.company_id
    to = desk.store.copy_address(company_id, original_id)
    original = desk.store.sent_content(company_id, original_id)
    if not to or not original:
        return _NotNow(reason="there is nothing to copy", until=None)
    case = desk.store.case_file(company_id, reminder.customer_id, rehearsal=reminder.rehearsal)
    return _rendered(desk, reminder, lambda: desk.renderer.owner_copy(reminder, original, case, to, desk.clock.now()))


def _notice_now(desk: Desk, reminder: Reminder, case: CaseFile) -> _StillAsked | _NotNow:
    """Decide a claimed reminder again, as if it had never been planned."""
    now = desk.clock.now()
    state = desk.store.company_state(desk.setup.company_id)
    plan = _plan(desk, case)
    calendar = desk.setup.calendar_for(case.customer)
    block = _block_now(desk)
    fresh = without_reminder(case, reminder.reminder_id)
    fresh = judged(fresh, plan, calendar, desk.as_of, known_until(state, desk.as_of, now))
    if reminder.purpose is Purpose.EXTRA:
        extra = extra_notice(fresh, plan, calendar, desk.as_of, reminder.lines[0].item_id, block)
        return _on_its_day(desk, extra, {}) if isinstance(extra, Notice) else _waits_or_ends([extra], desk.as_of)
    ids = frozenset(line.item_id for line in reminder.lines)
    levels = {line.item_id: line.level_id for line in reminder.lines}
    outcome = decide(fresh, plan, calendar, desk.as_of, block, only=ids)
    held = [decision for decision in outcome.decisions if isinstance(decision, Hold) and decision.item_id in ids]
    for notice in outcome.notices:
        same = all(levels.get(line.item.item_id) == line.level_id for line in notice.lines)
        if same and notice.channel is reminder.channel:
            # What has no decision owes nothing any more.
            why = dict.fromkeys(ids, NOTHING_LEFT) | {hold.item_id: hold.reason.value for hold in held}
            return _on_its_day(desk, notice, why)
    return _waits_or_ends(held, desk.as_of)


def _on_its_day(desk: Desk, notice: Notice, why: Mapping[str, str]) -> _StillAsked | _NotNow:
    if notice.on > desk.as_of:
        return _NotNow(reason="no sending day", until=notice.on - timedelta(days=1))
    return _StillAsked(notice=notice, why=why)


def _waits_or_ends(held: list[Hold] | list[Stop], as_of: date) -> _NotNow:
    """Give what becomes of a reminder none of whose items is asked now."""
    waiting = [one for one in held if one.reason in _WAITS]
    if not waiting:
        return _NotNow(reason=held[0].reason.value if held else NOTHING_LEFT, until=None)
    last = max((one.until for one in waiting if one.until is not None), default=as_of)
    if waiting[0].reason is HoldReason.NOT_DUE:
        last -= timedelta(days=1)
    return _NotNow(reason=waiting[0].reason.value, until=max(last, as_of))


def _hand_over(desk: Desk, reminder: Reminder, envelope: Envelope) -> tuple[Reminder, str]:
    held = reminder

    def barrier(server: str) -> None:
        nonlocal held
        held = desk.store.pass_barrier(reminder, envelope, server, desk.owner, desk.clock.now())

    store, owner, now = desk.store, desk.owner, desk.clock.now
    who = f"reminder {reminder.reminder_id}"
    try:
        receipt = desk.sender(reminder).deliver(envelope, barrier)
    except NotHandedOverError as error:
        back = store.release_claim(held, str(error), owner, now(), retry_at=now() + RETRY_AFTER)
        if error.company_wide:
            raise CompanyStoppedError(f"{who} did not leave, nor will the others of this run: {error}") from error
        return back, f"{who} did not leave yet: {error}"
    except RecipientRefusedError as error:
        store.mark_address_failed(desk.setup.company_id, error.address, str(error), now())
        return store.record_refused(held, str(error), owner, now()), f"{who} was refused: {error}"
    except DefinitelyRefusedError as error:
        return store.record_refused(held, str(error), owner, now()), f"{who} was refused: {error}"
    except TemporarilyRefusedError as error:
        later = store.record_try_later(held, str(error), now() + RETRY_AFTER, owner, now())
        return later, f"{who} will be tried again: {error}"
    except OutcomeUnknownError as error:
        return store.record_uncertain(held, str(error), owner, now()), f"{who} is uncertain: {error}"
    except ModeForbidsError as error:
        return store.cancel(held, str(error), owner, now()), f"{who} was not sent: {error}"
    return store.record_sent(held, envelope, receipt, desk.as_of, owner, now()), ""
