"""Kill -9 at the n-th line of a run, run again, and let the mail server's own log judge.

What it does for one kill point: copies a prepared installation, forks a child that runs the real `relance run` inside
itself, and counts the lines that it executes in our code and in smtplib; at the n-th the child sends itself SIGKILL.
Then a clean `relance run` follows, as the timer would start it. The server runs in a process of its own and writes each
message to its disk before it answers 250: its log, not our database, says how many mails went out.

To add a situation: build another `Template` (other rows, another day) and call `Killer.judge` for some of its points.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tests.e2e.replay import Replay, company, invoice, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from tests.e2e.replay import Row

ROOT = Path(__file__).resolve().parents[2]
TRACED = (*(f"{ROOT / name}{os.sep}" for name in ("engine", "state", "relance", "connectors")), f"{os.sep}smtplib.py")
SENDER = "compta@dupont.example"
DAY = "2026-03-09"


@cache
def is_traced(filename: str) -> bool:
    """Tell whether a line of this file is a moment at which the run may be killed."""
    return filename.startswith(TRACED[:-1]) or filename.endswith(TRACED[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A line that a run executes: its number in the run, and where it is."""

    number: int
    file: str
    line: int
    function: str

    def __str__(self) -> str:
        """Give the place as a traceback would."""
        return f"moment {self.number} ({self.file}:{self.line} in {self.function})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of each customer after the kill and the clean run."""

    moment: Moment
    states: dict[str, list[str]]
    mails: dict[str, int]
    code: int

    @property
    def doubles(self) -> list[str]:
        """List the customers that got the same level twice."""
        return sorted(customer for customer, count in self.mails.items() if count > 1)

    @property
    def faults(self) -> list[str]:
        """List what may never be, as sentences."""
        found = [f"{self.moment}: {customer} got {self.mails[customer]} mails" for customer in self.doubles]
        for customer, states in self.states.items():
            mails = self.mails.get(customer, 0)
            if states not in (["sent"], ["uncertain"]):
                found.append(f"{self.moment}: {customer} ended {states}, with {mails} mails")
            elif states == ["sent"] and mails != 1:
                found.append(f"{self.moment}: {customer} is sent, with {mails} mails")
        uncertain = ["uncertain"] in self.states.values()
        if self.code != int(uncertain):
            found.append(f"{self.moment}: the clean run ended {self.code}, uncertain: {uncertain}")
        return found


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[int, Path]]:
    """Serve SMTP in a process of its own; yield its port and the folder of its log."""
    port_file, log = folder / "port", folder / "accepted"
    log.mkdir()
    command = [sys.executable, "-m", "tests.fakes.smtp_server", "--port-file", str(port_file), "--log", str(log)]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        while not port_file.exists():
            assert server.poll() is None, "the mail server did not start"
            os.sched_yield()
        yield int(port_file.read_text()), log
    finally:
        server.terminate()
        server.wait()


def template(folder: Path, port: int, *rows: Row) -> Path:
    """Prepare an installation whose backlog is accepted and whose customers are all due on DAY."""
    smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
    replay = Replay(folder=folder)
    replay.configure(company(mail={"from": SENDER, "smtp": smtp}), plans={"standard": plan()})
    replay.books(
        *(
            rows
            or (
                invoice("F1", "A", due="2026-03-02", total="10.00"),
                invoice("F2", "B", due="2026-03-02", total="20.00"),
            )
        )
    )
    replay.accept("2026-03-06")
    return folder


@dataclass(slots=True, kw_only=True)
class Killer:
    """Runs copies of a template and kills them; `log` is the server's folder."""

    template: Path
    log: Path
    room: Path
    _copies: int = 0

    def moments(self) -> list[Moment]:
        """Run once to the end and list every moment at which it could have been killed."""
        copy = self._copy()
        self._child(copy, record=copy / "moments.jsonl")
        lines = (copy / "moments.jsonl").read_text(encoding="utf-8").splitlines()
        return [Moment(number=n, **json.loads(line)) for n, line in enumerate(lines, 1)]

    def judge(self, moment: Moment, *, between: Callable[[Path], None] = lambda _: None) -> Judgement:
        """Kill a run at a moment, do something `between`, run again, and see what became of each customer."""
        copy = self._copy()
        status = self._child(copy, kill_at=moment.number)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) in {0, 1}
        between(copy)
        again = self._child(copy)
        assert os.WIFEXITED(again)
        judgement = Judgement(
            moment=moment,
            states=self._states(copy),
            mails=self.mails(copy),
            code=os.WEXITSTATUS(again),
        )
        if not judgement.faults:
            shutil.rmtree(copy)
        return judgement

    def mails(self, copy: Path) -> dict[str, int]:
        """Count what the server accepted from a copy, for each customer; one Message-ID never stands for two."""
        counts: dict[str, int] = {}
        for envelope in self._accepted():
            if envelope["from"] == _sender(copy):
                (to,) = envelope["to"]
                customer = str(to).partition("@")[2].partition(".")[0].upper()
                counts[customer] = counts.get(customer, 0) + 1
        return counts

    def message_ids(self) -> list[tuple[str, str]]:
        """List the sender and Message-ID of everything that the server accepted."""
        found = []
        for envelope in self._accepted():
            message = message_from_bytes((self.log / envelope["file"]).read_bytes())
            found.append((envelope["from"], str(message["Message-ID"])))
        return found

    def _accepted(self) -> list[dict[str, Any]]:
        log = self.log / "log.jsonl"
        if not log.exists():
            return []
        # The last line may still be on its way.
        return [json.loads(line) for line in log.read_text(encoding="ascii").split("\n")[:-1]]

    def _copy(self) -> Path:
        self._copies += 1
        copy = self.room / f"copy{self._copies}"
        shutil.copytree(self.template, copy)
        config = copy / "config.yaml"
        config.write_text(config.read_text(encoding="utf-8").replace(SENDER, _sender(copy)), encoding="utf-8")
        # The copy's file of invoices is as fresh as the template's was.
        (copy / "invoices.csv").touch()
        return copy

    def _states(self, copy: Path) -> dict[str, list[str]]:
        (database,) = (path for path in copy.rglob("*.db") if "vault" not in path.name)
        connection = sqlite3.connect(database)
        try:
            rows = connection.execute(
                "SELECT customer_id, state FROM reminders WHERE state NOT IN ('cancelled', 'expired')"
            ).fetchall()
        finally:
            connection.close()
        customers = {row[0] for row in rows} | {"A", "B"}
        return {customer: sorted(state for owner, state in rows if owner == customer) for customer in customers}

    def _child(self, copy: Path, *, kill_at: int = 0, record: Path | None = None) -> int:
        pid = os.fork()
        if pid == 0:
            _live(copy, kill_at=kill_at, record=record)
        return os.waitpid(pid, 0)[1]


def _sender(copy: Path) -> str:
    return f"compta-{copy.name}@dupont.example"


def _live(copy: Path, *, kill_at: int, record: Path | None) -> NoReturn:
    code = 70
    try:
        count = 0
        places: list[str] = []

        def at_line(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal count
            if event == "line":
                count += 1
                if count == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                if record is not None:
                    file, function = Path(frame.f_code.co_filename), frame.f_code.co_name
                    place = {"file": f"{file.parent.name}/{file.name}", "line": frame.f_lineno, "function": function}
                    places.append(json.dumps(place))
            return at_line

        def at_call(frame: FrameType, _event: str, _argument: object) -> Any:
            return at_line if is_traced(frame.f_code.co_filename) else None

        if kill_at or record is not None:
            sys.settrace(at_call)
        done = Replay(folder=copy).command("run", "--today", DAY, "--json")
        sys.settrace(None)
        (copy / "last-run.txt").write_text(f"{done.code}\n{done.out}\n{done.err}", encoding="utf-8")
        if record is not None:
            record.write_text("\n".join(places), encoding="utf-8")
        code = done.code
    finally:
        os._exit(code)
