"""Two promises about every statement that the store sends, proved by listening to all of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import state
from engine.digest import DigestState
from engine.kinds import TAKEN, Channel, HoldKind, HoldReason, Purpose, ReminderState
from engine.model import Hold as HoldDecision
from engine.records import Attachment, Completed, NotesOn, Page, PaymentSeen
from engine.setup import Wanted
from state.approvals import Approvals, Outcome
from state.backup import Backups
from state.calls import Calls
from state.cases import Cases
from state.companies import Companies
from state.customers import Customers
from state.daily_digests import DailyDigests
from state.decisions import Decisions
from state.fetched import Fetched
from state.holds import Holds
from state.instalments import Instalments
from state.notes import Notes
from state.outbox import Outbox
from state.owner_digests import OwnerDigests
from state.queueing import Queueing
from state.schema import FIRST_TABLES, SECOND_TABLES
from state.statements import StatementsSent
from state.stop_events import StopEvents
from state.store import Store
from state.syncs import Syncs
from state.taking import Taking
from state.tasks import Tasks
from state.views import Views
from tests.builders import NOW, credit_note, customer, day, envelope, eur, invoice, queued
from tests.state.conftest import C, Desk
from tests.state.test_approvals import levels
from tests.state.test_outbox import line, notice

if TYPE_CHECKING:
    from collections.abc import Callable


PARTS = (
    Approvals, Backups, Calls, Cases, Companies, Customers, Decisions, Fetched, Holds, Instalments, Notes, Outbox, Queueing, StopEvents, Syncs,
    StatementsSent, Tasks, Views, DailyDigests, OwnerDigests, Taking,
)  # fmt: skip
TABLES = frozenset(re.findall(r"CREATE TABLE (\w+)", " ".join(FIRST_TABLES + SECOND_TABLES))) - {"meta"} | {
    "daily_digests",
    "instalments",
    "payers",
}
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b", re.IGNORECASE)


PAID = invoice("F1", balance="0.00")
BOOKS = (invoice("F1"), invoice("F2"), invoice("F3"), credit_note("A1"), invoice("F4", "C2"), invoice("F5", "C2"))


def set_up(desk: Desk) -> None:
    s = desk.store
    s.set_sender_domain("martin", "martin.example")
    s.raise_epoch("a", desk.later())
    desk.owner = s.raise_epoch("b", desk.later())
    desk.sync(*BOOKS, customers=(customer(), customer("C2")))
    s.company_state(C)
    s.companies()
    s.refresh_planning(C, "p")
    s.set_quarantine(C, ["x"], desk.later())
    s.accept_quarantine(C, "a", desk.later())
    s.accept_backlog(C, "a", desk.later(), accepted_on=day("2026-03-09"), earlier=levels(5))


def know_customers(desk: Desk) -> None:
    s = desk.store
    s.has_customer(C, "C1")
    s.known_customers(C, ["C1"])
    for key, value in (("plan", "x"), ("plan", ""), ("email", "b@client.example"), ("email", "")):
        s.set_customer(C, "C1", key, value, "a", desk.later())
    s.import_contacts(C, [customer("C2", name="N")], "a", desk.later())
    s.mark_address_failed(C, "ap@client.example", "550", desk.later())


def plan(desk: Desk) -> None:
    s = desk.store
    s.customers_due(C, day("2026-03-09"))
    s.customers_open(C)
    s.case_file(C, "C1", rehearsal=True)
    s.balance_of(C, "F1")
    s.payments_of(C, ["F1"])
    for _ in range(2):
        s.remember_day(C, day("2026-03-09"))
    s.customers_without_statement(C, "2026-03", day("2026-03-02"), rehearsal=False)
    for reason in (HoldReason.NOT_DUE, HoldReason.INTERVAL):
        decision = HoldDecision(item_id="F1", reason=reason, until=None, held=eur("1.00"), covered=eur("0.00"))
        s.record_decisions(C, day("2026-03-09"), [(decision, None)], desk.later())
    with s.together():
        s.record_decisions(C, day("2026-03-10"), [(decision, None)], desk.later())


def send(desk: Desk) -> None:
    s, owner = desk.store, desk.owner
    both = (invoice("F1"), invoice("F2"))
    s.queue(C, "C1", [queued(*both, on="2026-03-08")], desk.later())
    s.queue(C, "C1", [queued(*both)], desk.later())
    s.release_claim(desk.claim(), "x", owner, desk.later(), retry_at=desk.now)
    s.postpone(desk.claim(), day("2026-03-09"), owner, desk.later())
    revised = s.revise(desk.claim(), [line("F1")], notice(on="2026-03-09"), owner)
    s.release_claim(revised, "x", owner, desk.later(), retry_at=desk.now)
    s.handed_over_at(desk.sent())
    desk.queue(queued(invoice("F2")))
    s.cancel(desk.claim(), "x", owner, desk.later())


def fail(desk: Desk) -> None:
    s, owner = desk.store, desk.owner
    desk.queue(queued(invoice("F2")))
    s.record_try_later(desk.handing_over(), "451", desk.now, owner, desk.later())
    refused = s.record_refused(desk.handing_over(), "550", owner, desk.later())
    s.resolve(refused.reminder_id, Outcome.AGAIN, "a", day("2026-03-09"), desk.later())
    desk.queue(queued(invoice("F2")))
    unknown = s.record_uncertain(desk.handing_over(), "x", owner, desk.later())
    s.resolve_sent(unknown, "found", day("2026-03-09"), desk.later())
    desk.queue(queued(invoice("F3")))
    desk.handing_over()
    s.recover(owner, desk.later())
    (uncertain,) = s.reminders(C, [ReminderState.UNCERTAIN])
    s.resolve(uncertain.reminder_id, Outcome.DROP, "a", day("2026-03-09"), desk.later())


def approve(desk: Desk) -> None:
    s = desk.store
    waiting = desk.queue(queued(invoice("F4", "C2"), level="x", needs_approval=True))
    s.approve(C, [waiting.reminder_id], "a", desk.later())
    desk.sent()
    desk.queue(queued(invoice("F5", "C2"), level="x", needs_approval=True))
    s.approve(None, None, "a", desk.later())
    desk.sent()
    desk.queue(queued(invoice("F5", "C2"), level="y", needs_approval=True))
    s.expire_approvals(C, day("2026-12-31"), desk.later())
    desk.queue(queued(invoice("F5", "C2"), level="z", needs_approval=True))
    s.withdraw(s.awaiting(C)[0], "paid", desk.later())


def hold(desk: Desk) -> None:
    s = desk.store
    for given in ("F1", "F2"):
        s.add_hold(
            C,
            kind=HoldKind.PROMISE,
            reason="",
            author="a",
            now=desk.later(),
            item_ids=[given],
            promised_on=day("2026-03-05"),
        )
    for promise, kept in zip(s.promises(C, day("2026-03-09")), (True, False), strict=True):
        s.judge_promise(C, promise.hold_id, kept=kept, judged_on=day("2026-03-09"), now=desk.later())
    s.promises_judged(C)
    desk.send(invoice("F2"), level="second", offset=15)
    s.add_hold(C, kind=HoldKind.HOLD, reason="", author="a", now=desk.later(), customer_id="C2")
    s.add_hold(C, kind=HoldKind.HOLD, reason="", author="a", now=desk.later())
    s.close_item(C, "F3", HoldKind.STOPPED, "a", desk.later())
    desk.queue(queued(invoice("F3"), level="t"))
    s.release(C, author="a", now=desk.later(), item_ids=["F3"], restart=True)
    s.release(C, author="a", now=desk.later(), customer_id="C2", restart=True)
    s.release(C, author="a", now=desk.later(), whole_company=True)


def leave_work_to_people(desk: Desk) -> None:
    s = desk.store
    s.add_task(C, "t", kind="call", title="", text="", now=desk.later())
    s.has_task(C, "t")
    s.close_task(C, "t", "a", desk.later())
    desk.queue(queued(invoice("F3"), channel=Channel.LETTER, level="z"))
    s.open_task(envelope(desk.handing_over(), content=b""))
    s.task_of("<x>")
    wanted = Wanted(key="k", kind="k", customer_id="C1", item_id="F1")
    for tasks in ([wanted], [], [wanted]):
        s.want_tasks(C, "C1", tasks, desk.later())
    s.open_tasks()


def be_paid(desk: Desk) -> None:
    desk.sync(PAID, *BOOKS[1:], on="2026-03-10")
    desk.store.settled(C, day("2026-03-11"), rehearsal=False)
    desk.queue(queued(PAID, purpose=Purpose.THANK_YOU, occasion="o"))
    desk.sent()
    desk.sync(*BOOKS[:3], on="2026-03-12")


def write_notes(desk: Desk) -> None:
    s = desk.store
    taken = [note for _ in range(4) if (note := s.claim_note(C, desk.later()))]
    s.record_noted(taken[0], desk.later())
    s.fail_note(taken[1], "x", desk.later())
    s.put_back_note(taken[2], "x", desk.now, tried=True)
    s.notes_of(C)
    s.set_notes_on("martin", NotesOn.CUSTOMER)


def read_over_the_network(desk: Desk) -> None:
    s = desk.store
    budget = s.call_budget(C, 5)
    budget.before_call(NOW)
    budget.after_call(NOW, 4)
    budget.park(NOW, "x")
    s.calls_made(C, NOW)
    s.look_next(C, NOW, failed=True)
    s.due_at(C)
    s.failures_of(C)
    s.keep_document(C, "F1", "v", Attachment(filename="f", content=b"x", media_type="application/pdf"), NOW)
    s.document_of(C, "F1", "v")
    s.keep_payment_url(C, "F1", "u", NOW)
    s.payment_url_of(C, "F1")
    s.forget_fetched(C, desk.later())
    sync_id = s.begin_sync(C, desk.later())
    seen = PaymentSeen(payment_id="p", item_id="F2", paid_on=day("2026-03-10"), amount=eur("1.00"))
    s.apply_page(
        C,
        sync_id,
        Page(items=(invoice("F2", balance="1.00"),), voided=("F3",), payments=(seen,)),
        seen_on=day("2026-03-12"),
        now=desk.later(),
    )
    s.not_shown(C, sync_id)
    s.complete_sync(C, sync_id, Completed(full=False), seen_on=day("2026-03-12"), now=desk.later())
    s.apply_refresh(C, ["F4"], Page(), seen_on=day("2026-03-12"), now=desk.later())


def agree(desk: Desk) -> None:
    s = desk.store
    desk.sync(invoice("F6", "C3"), customers=(customer("C3"),), full=False)
    for missed in ((), (("missing", "1.00 EUR"),)):
        plan_id = s.agree_instalments(
            C,
            item_ids=["F6"],
            given_to="item",
            lines=[(day("2026-03-20"), eur("1200.00"))],
            reason="",
            author="anne",
            now=desk.later(),
        )
        s.agreed_plans(C)
        s.end_plan(C, plan_id, missed=missed, judged_on=day("2026-03-25"), now=desk.later())
    s.add_hold(
        C,
        kind=HoldKind.HOLD,
        reason="",
        author="anne",
        now=desk.later(),
        item_ids=["F6"],
        until=day("2026-03-02"),
    )
    s.tell_ended_holds(C, day("2026-03-03"), desk.later())
    s.tell_ended_holds(C, day("2026-03-30"), desk.later())
    s.end_tasks_of_settled(C, desk.later())
    s.ask_for_claim(C, "C3", facts=(), judgment_on=None, due_on=day("2026-05-20"), now=desk.later())
    s.set_customer(C, "C2", "payer", "C3", "anne", desk.later())
    s.case_file(C, "C2", rehearsal=False)


def tell_the_firm(desk: Desk) -> None:
    s, owner = desk.store, desk.owner
    desk.sync(invoice("F7", "C4"), customers=(customer("C4"),), full=False)
    for key, value in (("owner_email", "anne@dupont.example"), ("pace", "+7"), ("pace_until", "2026-03-01")):
        s.set_customer(C, "C4", key, value, "anne", desk.later())
    s.paces_ended(C, day("2026-03-09"))
    told = replace(
        queued(invoice("F7", "C4"), purpose=Purpose.DIGEST, occasion="anne@dupont.example 2026-03-09"),
        customer_id="",
        lines=(),
    )
    s.queue(C, "", [told], desk.later())
    s.owners_written_to(C, day("2026-03-09"), rehearsal=False)
    s.keep_digest_lines(desk.claim(), [line("F7")], owner)
    s.case_file(C, "C4", rehearsal=False)
    taken = replace(queued(invoice("F7", "C4"), channel=Channel.CALL, approved_by="anne"), occasion=TAKEN)
    s.take(C, taken, "anne", "", day("2026-03-09"), desk.later())
    row = s.claim_daily_digest("anne@dupont.example", day("2026-03-09"), "dupont.example", owner, desk.later())
    assert row is not None
    s.move_daily_digest(row, DigestState.SENT, owner, desk.later())
    s.daily_digest("anne@dupont.example", day("2026-03-09"))
    s.last_daily_digest("anne@dupont.example", day("2026-03-10"))
    s.received_since(C, NOW, day("2026-03-09"))
    s.sent_by_level(C, day("2026-03-09"))
    s.largest_overdue(C, day("2026-03-09"), 5)


def look(desk: Desk, folder: Path) -> None:
    s = desk.store
    s.items(C)
    s.find_items("F1", C, "C1")
    s.item_history(C, "F1")
    s.latest_decision(C, "F1")
    s.stats_rows(C)
    s.observed_payments(C)
    s.levels_sent(C)
    s.counts(C, day("2026-03-09"))
    s.backup(folder, NOW)


class Life:
    """A store's whole life: what was called, and every statement with whether a transaction was open when it came."""

    def __init__(self) -> None:
        self.called: set[str] = set()
        self.heard: list[tuple[bool, str]] = []

    def record(self, name: str, method: Callable[..., object]) -> Callable[..., object]:
        def recorded(*given: object, **named: object) -> object:
            self.called.add(name)
            return method(*given, **named)

        return recorded


def use_cases() -> set[str]:
    return {name for part in PARTS for name in vars(part) if not name.startswith("_")}


@pytest.fixture
def life(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Life:
    life = Life()
    for name in use_cases():
        monkeypatch.setattr(Store, name, life.record(name, getattr(Store, name)))
    conn = desk.store.db.conn
    conn.set_trace_callback(lambda statement: life.heard.append((conn.in_transaction, statement)))
    for step in (
        set_up,
        know_customers,
        plan,
        send,
        fail,
        approve,
        hold,
        leave_work_to_people,
        write_notes,
        be_paid,
        read_over_the_network,
        tell_the_firm,
        agree,
    ):
        step(desk)
    look(desk, tmp_path)
    return life


def test_the_life_that_is_listened_to_uses_every_use_case(life: Life) -> None:
    assert use_cases() - life.called == set()


def test_no_write_happens_outside_a_unit_of_work(life: Life) -> None:
    writes = [(inside, statement) for inside, statement in life.heard if WRITES.match(statement)]
    assert len(writes) > 100
    assert [statement for inside, statement in writes if not inside] == []
    begun = {statement for _, statement in life.heard if statement.startswith("BEGIN")}
    assert begun <= {"BEGIN", "BEGIN IMMEDIATE"}


def test_only_what_can_be_had_again_does_not_wait_for_the_disk(life: Life) -> None:
    # A reminder's state that a power cut took back would be a second mail.
    hurried, written = False, set()
    for _, statement in life.heard:
        if statement.startswith("PRAGMA synchronous="):
            hurried = statement.endswith("NORMAL")
        elif hurried and WRITES.match(statement):
            written |= set(re.findall(r"\w+", statement)) & TABLES
    assert not hurried
    assert written - {"companies"} == {"decisions", "items", "calls", "fetched", "contents"}


def test_every_statement_on_a_companys_rows_names_the_company(life: Life) -> None:
    touched = set()
    for _, statement in life.heard:
        tables = set(re.findall(r"\w+", statement)) & TABLES
        if not tables or "sqlite_master" in statement or statement.startswith(("PRAGMA", "-- ")):
            continue
        touched |= tables
        assert "company_id" in statement, statement
    assert touched == TABLES


def test_a_snapshot_only_reads(life: Life) -> None:
    reading = False
    for _, statement in life.heard:
        if statement in {"BEGIN", "BEGIN IMMEDIATE"}:
            reading = statement == "BEGIN"
        assert not (reading and WRITES.match(statement)), statement


def test_sql_stands_nowhere_but_in_the_store() -> None:
    root = Path(state.__file__).parent.parent
    named = re.compile(r"\b(SELECT .* FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET) ")
    guilty = [
        path.relative_to(root).as_posix()
        for folder in ("engine", "connectors", "relance")
        for path in (root / folder).rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    ]
    assert guilty == []
