"""Kill -9 at the n-th line of a run on cloud books, run again, and let the provider's ledger and the mail server judge.

What it does for one kill point: forks a world. That is this process as it stood when the situation was prepared, so that
nothing of it must be undone, with a copy of the installation, a sandbox and a mail server on ports of their own. The
world forks the run, which counts the lines of our code and of smtplib that it executes; at the n-th it sends itself
SIGKILL. Once both servers have dealt with everything it had sent, the world runs again, as the timer would, until nothing
is left to do, looks at the ledger, at the mail server's log and at what is stored, and hands its findings over.

Time stands still, at the sandbox and in the runs, until the world moves it between two runs: both sides of a fork go on
with the instant of its moment.

To add a situation: prepare another `Cloud` and call `CloudKiller.judge` for some of its points.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import sys
import threading
import traceback
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from engine.money import Money
from tests.e2e.cloud import Cloud, Provider
from tests.e2e.replay import LEVELS, plan
from tests.fakes.smtp_server import SmtpServer
from tests.faults.killing import Moment, is_traced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, FrameType

    from tests.e2e.replay import Finished

# The state of a reminder, and the numbers it asks for.
Reminded: TypeAlias = tuple[str, list[str]]
Tracer: TypeAlias = "Callable[[FrameType, str, object], Any]"

DAY: Final = "2026-03-09"
# Longer than what a note or a mail waits after trouble, shorter than Xero lets a refresh token be posted again.
_PATIENCE: Final = {"minutes": 16}
_MOST_RUNS: Final = 5
_AT_A_TIME: Final = min(os.cpu_count() or 1, 4)
_ANSWER: Final = "answer.json"
_MARKER: Final = re.compile(r"\[rem:[0-9a-f]{12}\]")
# What a run never takes back once it is stored.
_KEPT: Final = {
    "customers": ("company_id", "customer_id"),
    "items": ("company_id", "item_id"),
    "reminders": ("company_id", "reminder_id"),
    "attempts": ("company_id", "item_id", "level_id", "attempt"),
    "notes": ("company_id", "reminder_id", "item_id"),
    "payments": ("company_id", "payment_id"),
    "events": ("company_id", "sequence", "kind", "at"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """The n-th time that a run enters, or leaves, a function: `file` is the module with its package, state/vault.py."""

    file: str
    function: str
    leaving: bool = False
    nth: int = 1

    def __str__(self) -> str:
        """Say where it is."""
        return f"{'leaving' if self.leaving else 'entering'} {self.file}:{self.function} for the {self.nth}. time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a world ended: what left, what was noted, and how far the store agrees.

    `states` are the reminders of each customer as stored, with the numbers they ask for. `letters` counts the mails by
    customer and `provider_mails` by invoice, `notes` the notes by invoice. `reconnected`: a person had to consent again.
    """

    states: dict[str, list[Reminded]]
    letters: dict[str, int]
    message_ids: list[str]
    provider_mails: dict[str, int]
    notes: dict[str, list[str]]
    markers: list[str]
    waiting_notes: int
    stored: dict[str, str]
    owed: dict[str, str]
    lost: list[str]
    reported_uncertain: int
    code: int
    problems: list[str]
    reconnected: bool
    refreshed_unsaved: bool
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A kill point and what came of it."""

    moment: Moment | At
    ending: Ending
    provider: Provider

    @property
    def faults(self) -> list[str]:
        """List what may never be, as sentences."""
        end = self.ending
        found = [*self._mails(), *self._notes()]
        found += [f"{what} was lost" for what in end.lost]
        if end.stored != end.owed:
            found.append(f"stored are {end.stored}, the books say {end.owed}")
        if end.reconnected and not (self.provider.one_refresh and end.refreshed_unsaved):
            found.append("the connection was lost")
        uncertain = sum(state == "uncertain" for states in end.states.values() for state, _ in states)
        if (end.reported_uncertain, end.code) != (uncertain, int(uncertain > 0)):
            found.append(
                f"{uncertain} uncertain, {end.reported_uncertain} reported, the last run ended {end.code}: {end.problems}"
            )
        return [f"{self.moment}: {each}" for each in found]

    def _mails(self) -> list[str]:
        end = self.ending
        found = [f"Message-ID {each} left twice" for each, n in Counter(end.message_ids).items() if n > 1]
        for customer in LATE:
            sent, by_provider = end.letters.get(customer, 0), end.provider_mails.get(PROVIDERS_OWN, 0)
            count = by_provider if customer == CEDAR and self.provider.mail else sent
            states = [state for state, _ in end.states.get(customer, [])]
            if count > 1:
                found.append(f"{customer} got {count} mails")
            if states not in (["sent"], ["uncertain"]):
                found.append(f"{customer} ended {states}, with {count} mails")
            elif states == ["sent"] and count != 1:
                found.append(f"{customer} is sent, with {count} mails")
        strangers = set(end.letters) - set(LATE) | set(end.provider_mails) - {PROVIDERS_OWN}
        return [*found, *(f"{each} got a mail" for each in sorted(strangers))]

    def _notes(self) -> list[str]:
        end = self.ending
        found = [f"{end.waiting_notes} notes are left"] if end.waiting_notes else []
        for states in end.states.values():
            for state, numbers in states:
                for number in numbers:
                    notes = end.notes.get(number, [])
                    if len(notes) != int(state == "sent"):
                        found.append(f"{number} is {state}, with {len(notes)} notes")
        return [*found, *(f"{marker} stands {n} times" for marker, n in Counter(end.markers).items() if n > 1)]


# Rowan's two invoices go in one mail with two notes; Cedar's goes by the provider's own mail, where there is one.
CEDAR: Final = "Cedar"
PROVIDERS_OWN: Final = "F3"
LATE: Final = ("Rowan", CEDAR)


def plans_of(provider: Provider) -> dict[str, Any]:
    """Give the plans: one level by mail, and where the provider mails by itself the same level by its own mail."""
    plans = {"standard": plan(levels=[LEVELS[1]])}
    if provider.mail:
        plans["own"] = plan(levels=[{**LEVELS[1], "channel": "provider"}])
    return plans


def prepare(folder: Path, provider: Provider) -> Cloud:
    """Prepare an installation with a past, on the morning on which two reminders and some changes are due."""
    with Cloud(folder=folder, provider=provider) as cloud:
        cloud.ready(plans=plans_of(provider))
        # Due Mon 23 Feb: +5 is Sat 28, so Mon 2 Mar. Due Mon 2 Mar: +5 is Sat 7, so Mon 9 Mar.
        cloud.bill("F0", "Willow", due="2026-02-23", total="75.00")
        cloud.bill("F1", "Rowan", due="2026-03-02", total="1200.00")
        cloud.bill("F2", "Rowan", due="2026-03-02", total="80.00")
        cloud.bill(PROVIDERS_OWN, CEDAR, due="2026-03-02", total="50.00")
        cloud.bill("F4", "Birch", due="2026-04-30", total="60.00")
        cloud.accept("2026-02-27")
        if provider.mail:
            (customer,) = {item["customer_id"] for item in cloud.items() if item["number"] == PROVIDERS_OWN}
            cloud.do("customer", customer, "--set", "plan=own")
        cloud.run("2026-03-02")
        assert cloud.sent == ["2026-03-02 Willow first: F0 first: 75.00 EUR"]
        assert len(cloud.notes("F0")) == 1
        cloud.morning_of(DAY)
        cloud.pay("F0", "25.00")
        cloud.pay("F4")
        cloud.bill("F5", "Oak", due="2026-04-30", total="90.00")
        cloud.ledger.edit_party(cloud.party("Birch").id, email="accounts@birch.example")
        cloud.advance(minutes=1)
    return cloud


@dataclass(slots=True, kw_only=True)
class CloudKiller:
    """Kills runs of copies of a prepared installation; see the module's docstring."""

    cloud: Cloud
    room: Path
    _copies: int = field(default=0, init=False)

    def moments(self) -> list[Moment]:
        """Run once to the end and list every moment at which it could have been killed."""

        def recorded(cloud: Cloud) -> Any:
            record = cloud.folder / "moments.jsonl"
            pid = _run_apart(cloud, record=record)
            status = os.waitpid(pid, 0)[1]
            assert os.waitstatus_to_exitcode(status) == 0, "the run did not do well without being killed"
            return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]

        (places,) = self._worlds([recorded])
        return [Moment(number=n, **place) for n, place in enumerate(places, 1)]

    def judge(
        self, moments: Sequence[Moment | At], *, between: Callable[[Cloud], object] = lambda _: None
    ) -> list[Verdict]:
        """Kill a run at each moment, do something `between`, and run again until nothing is left to do."""

        def living(moment: Moment | At) -> Callable[[Cloud], Any]:
            return lambda cloud: asdict(_live_through(cloud, moment, between))

        ends = self._worlds([living(moment) for moment in moments])
        return [
            Verdict(moment=moment, ending=Ending(**end), provider=self.cloud.provider)
            for moment, end in zip(moments, ends, strict=True)
        ]

    def _worlds(self, lives: Sequence[Callable[[Cloud], Any]]) -> list[Any]:
        """Live each in a world of its own, some at a time; give what each found."""
        found: list[Any] = []
        for start in range(0, len(lives), _AT_A_TIME):
            found += [
                self._found(*world) for world in [self._begun(live) for live in lives[start : start + _AT_A_TIME]]
            ]
        return found

    def _begun(self, live: Callable[[Cloud], Any]) -> tuple[int, Path]:
        self._copies += 1
        copy = self.room / f"world{self._copies}"
        shutil.copytree(self.cloud.folder, copy)
        pid = os.fork()
        if pid == 0:
            _be_a_world(self.cloud, copy, live)
        return pid, copy

    def _found(self, pid: int, copy: Path) -> Any:
        status = os.waitpid(pid, 0)[1]
        answer = (copy / _ANSWER).read_text(encoding="utf-8")
        assert os.waitstatus_to_exitcode(status) == 0, answer
        shutil.rmtree(copy)
        return json.loads(answer)


def _be_a_world(cloud: Cloud, copy: Path, live: Callable[[Cloud], Any]) -> NoReturn:
    code, answer = 70, copy / _ANSWER
    try:
        cloud.folder, cloud.smtp = copy, SmtpServer()
        cloud.environment["HOME"] = str(copy)
        # The servers' threads die with this process: to stop them properly would cost more than the runs.
        cloud.__enter__()
        cloud.configure(plans=plans_of(cloud.provider))
        answer.write_text(json.dumps(live(cloud)), encoding="utf-8")
        code = 0
    except BaseException:  # noqa: BLE001 (told to the process that waits)
        answer.write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def _live_through(cloud: Cloud, moment: Moment | At, between: Callable[[Cloud], object]) -> Ending:
    before = _kept(cloud)
    refreshes, version = len(cloud.sandbox.oauth.exchanges), _token_version(cloud)
    status = os.waitpid(_run_apart(cloud, kill_at=moment), 0)[1]
    # Runs are not quite the same line for line: one that got by was too short for its moment.
    got_by = isinstance(moment, Moment) and os.WIFEXITED(status) and os.WEXITSTATUS(status) in {0, 1}
    assert os.WIFSIGNALED(status) or got_by, f"{moment} never came"
    _settle(cloud)
    refreshed = len(cloud.sandbox.oauth.exchanges) - refreshes
    unsaved = refreshed > 0 and version == _token_version(cloud)
    # By then the provider's own short memory of keys is gone, and Xero still takes the refresh token once more.
    cloud.advance(**_PATIENCE)
    between(cloud)
    done, runs, reconnected = cloud.command("run", "--today", DAY, "--json"), 1, False
    while runs < _MOST_RUNS and (reconnects := _asks_for_consent(done)) + _waits(cloud):
        if reconnects:
            cloud.connect()
            reconnected = True
        cloud.advance(**_PATIENCE)
        done, runs = cloud.command("run", "--today", DAY, "--json"), runs + 1
    assert not cloud.sandbox.crashes, cloud.sandbox.crashes[0]
    after = _kept(cloud)
    numbers = {item.id: item.number for item in cloud.ledger.documents.values()}
    return Ending(
        states=_states(cloud),
        letters=dict(Counter(to[0].partition("@")[2].partition(".")[0].title() for to in cloud.recipients())),
        message_ids=[str(letter["Message-ID"]) for letter in cloud.letters()],
        provider_mails=dict(Counter(number for number, _ in cloud.provider_mails())),
        notes={number: cloud.notes(number) for number in numbers.values()},
        markers=_MARKER.findall(
            "\n".join(
                [*(note.text for note in cloud.ledger.notes), *(one.notes for one in cloud.ledger.parties.values())]
            )
        ),
        waiting_notes=_waiting_notes(cloud),
        stored=_open_items(cloud),
        owed={one.number: str(cloud.ledger.balance(one.id)) for one in cloud.ledger.open_documents()},
        lost=[f"{row} of {table}" for table in _KEPT for row in sorted(before[table] - after[table])],
        reported_uncertain=done.data["uncertain"],
        code=done.code,
        problems=[problem["message"] for problem in done.data["problems"]],
        reconnected=reconnected,
        refreshed_unsaved=unsaved,
        runs=runs,
    )


def _asks_for_consent(done: Finished) -> bool:
    return any("relance connect" in problem["message"] for problem in done.data["problems"])


def _run_apart(cloud: Cloud, *, kill_at: Moment | At | None = None, record: Path | None = None) -> int:
    """Start the run of the day in a process of its own; give its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    places: list[tuple[CodeType, int]] = []
    try:
        match kill_at:
            case At():
                sys.settrace(_killed_there(kill_at))
            case Moment():
                sys.settrace(_killed_then(kill_at.number))
            case None:
                sys.settrace(_watched(places))
        done = cloud.command("run", "--today", DAY, "--json")
        sys.settrace(None)
        if record is not None:
            record.write_text("\n".join(_place(*place) for place in places), encoding="utf-8")
        code = done.code
    finally:
        os._exit(code)


def _killed_then(number: int) -> Tracer:
    count = 0

    def at_line(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        if event == "line":
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return at_line

    return lambda frame, _event, _argument: at_line if _is_ours(frame.f_code.co_filename) else None


def _killed_there(at: At) -> Tracer:
    count = 0

    def at_end(_frame: FrameType, event: str, _argument: object) -> Any:
        if event == "return":
            os.kill(os.getpid(), signal.SIGKILL)
        return at_end

    def at_call(frame: FrameType, _event: str, _argument: object) -> Any:
        nonlocal count
        if frame.f_code.co_name != at.function or not frame.f_code.co_filename.endswith(f"{os.sep}{at.file}"):
            return None
        count += 1
        if count != at.nth:
            return None
        if not at.leaving:
            os.kill(os.getpid(), signal.SIGKILL)
        return at_end

    return at_call


def _watched(places: list[tuple[CodeType, int]]) -> Tracer:
    def at_line(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            places.append((frame.f_code, frame.f_lineno))
        return at_line

    return lambda frame, _event, _argument: at_line if _is_ours(frame.f_code.co_filename) else None


@cache
def _is_ours(filename: str) -> bool:
    """Tell whether a line of this file is a moment; the sandbox is on the other side of the wire."""
    return is_traced(filename) and f"{os.sep}sandbox{os.sep}" not in filename


@cache
def _place(code: CodeType, line: int) -> str:
    file = Path(code.co_filename)
    return json.dumps({"file": f"{file.parent.name}/{file.name}", "line": line, "function": code.co_name})


def _settle(cloud: Cloud) -> None:
    """Wait until both servers have dealt with whatever the dead process had sent, be it accepted yet or not."""
    for url in (cloud.sandbox.url.removeprefix("http://"), f"127.0.0.1:{cloud.smtp.port}"):
        host, _, port = url.partition(":")
        # Connections are accepted in their order: once this one is answered, those before it have their threads.
        with socket.create_connection((host, int(port))) as wire:
            if int(port) != cloud.smtp.port:
                wire.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert wire.recv(1)
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join()


def _tables(cloud: Cloud, name: str = "relance.db") -> sqlite3.Connection:
    (database,) = cloud.folder.rglob(name)
    return sqlite3.connect(database)


def _kept(cloud: Cloud) -> dict[str, set[tuple[Any, ...]]]:
    with closing(_tables(cloud)) as tables:
        return {
            table: set(tables.execute(f"SELECT {', '.join(columns)} FROM {table}"))  # noqa: S608 (our own names)
            for table, columns in _KEPT.items()
        }


def _token_version(cloud: Cloud) -> int:
    with closing(_tables(cloud, "vault.db")) as tables:
        return int(tables.execute("SELECT version FROM connections").fetchone()[0])


def _waiting_notes(cloud: Cloud) -> int:
    with closing(_tables(cloud)) as tables:
        return int(tables.execute("SELECT count(*) FROM notes WHERE state IN ('todo', 'claimed')").fetchone()[0])


def _open_items(cloud: Cloud) -> dict[str, str]:
    with closing(_tables(cloud)) as tables:
        rows = tables.execute(
            "SELECT number, balance, currency FROM items WHERE balance <> 0 AND unseen = 0"
        ).fetchall()
    return {number: str(Money(minor=balance, currency=currency)) for number, balance, currency in rows}


def _waits(cloud: Cloud) -> bool:
    """Tell whether something is left that a later run would do."""
    on_their_way = any(
        state in {"planned", "claimed", "handing_over"} for states in _states(cloud).values() for state, _ in states
    )
    return on_their_way or _waiting_notes(cloud) > 0


def _states(cloud: Cloud) -> dict[str, list[Reminded]]:
    """Give the reminders by customer, with what they ask for, without those that were given up."""
    with closing(_tables(cloud)) as tables:
        rows = tables.execute(
            "SELECT r.customer_id, r.state, group_concat(i.number) FROM reminders r "
            "JOIN reminder_lines l USING (company_id, reminder_id) JOIN items i USING (company_id, item_id) "
            "WHERE r.state NOT IN ('cancelled', 'expired') GROUP BY r.reminder_id ORDER BY r.reminder_id"
        ).fetchall()
    found: dict[str, list[Reminded]] = {}
    for customer_id, state, numbers in rows:
        name = next(one.name for one in cloud.ledger.parties.values() if str(customer_id).endswith(one.id))
        found.setdefault(name, []).append((state, sorted(numbers.split(","))))
    return found
