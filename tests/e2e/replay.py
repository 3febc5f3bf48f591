"""Replays: the installed command, a folder, a file of invoices that changes, one `run --today` a day.

A situation takes ten lines::

    def test_a_plain_life(replay: Replay) -> None:
        # Due Mon 2 Mar. -5: Wed 25 Feb. +5 is Sat 7: Mon 9 Mar.          <- always work the days out by hand
        replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
        replay.accept("2026-02-16")
        replay.daily("2026-02-16", "2026-03-12")
        replay.balance("F1", "0.00")
        replay.daily("2026-03-13", "2026-04-30")
        assert replay.sent == [
            "2026-02-25 A pre_due: F1 pre_due: 1200.00 EUR",
            "2026-03-09 A first: F1 first: 1200.00 EUR",
        ]

`sent` tells what the command reported as sent, one line a notice: day, customer, level of the notice, each item with
its own level, the amounts asked. After every run the library counts the files of the maildir against it, so a mail that
nobody reported, or a report without a mail, fails the situation by itself.

Expectations come from the design, never from what the program happened to print. Public holidays of France in 2026:
1 Jan, 6 Apr, 1 May, 8 May, 14 May, 25 May, 14 Jul, 15 Aug, 1 Nov, 11 Nov, 25 Dec.

The command runs inside this process for speed; `Replay(folder, real=True)` and RELANCE_E2E_SUBPROCESS=1 start the
installed command instead.
"""

from __future__ import annotations

import contextlib
import csv
import email
import email.policy
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import EmailMessage
    from pathlib import Path

COLUMNS = (
    "number", "customer_id", "customer", "email", "kind", "issued_on", "due_on", "currency", "total", "balance",
    "reference",
)  # fmt: skip

LEVELS: tuple[dict[str, Any], ...] = (
    {"id": "pre_due", "offset": -5, "channel": "email", "tone": "friendly"},
    {"id": "first", "offset": 5, "channel": "email", "tone": "friendly", "deadline_days": 8},
    {"id": "second", "offset": 15, "channel": "email", "tone": "firm", "deadline_days": 8},
    {"id": "third", "offset": 30, "channel": "email", "tone": "final", "deadline_days": 8},
    {
        "id": "formal", "offset": 45, "channel": "registered_letter", "tone": "formal", "deadline_days": 8,
        "approval": True,
    },
)  # fmt: skip


def plan(*, thank_you: bool = False, **settings: Any) -> dict[str, Any]:
    """Build the standard plan of the design, without its thank-you unless asked for."""
    standard = {"group": "customer", "min_gap_days": 5, "min_balance": "5.00", "levels": list(LEVELS)}
    return {**standard, "thank_you": thank_you, **settings}


def company(company_id: str = "dupont", **settings: Any) -> dict[str, Any]:
    """Build a company on a CSV file that sends on its own into a maildir."""
    usual: dict[str, Any] = {
        "id": company_id,
        "name": f"{company_id.title()} Menuiserie SARL",
        "legal": {"form": "SARL", "capital": "10 000 €", "address": "1 rue des Essais, 69003 Lyon"},
        "signatory": {"name": "Claire Exemple", "title": "Comptable"},
        "contact": {"name": "Claire Exemple", "phone": "04 00 00 00 00", "email": f"compta@{company_id}.example"},
        "country": "FR",
        "timezone": "Europe/Paris",
        "language": "fr",
        "mode": "auto",
        "plan": "standard",
        "books": {"provider": "csv", "invoices": "invoices.csv", "max_age_days": 5},
        "mail": {"from": f"Compta <compta@{company_id}.example>", "maildir": "outbox/"},
    }
    return {**usual, **settings}


@dataclass(slots=True, kw_only=True)
class Row:
    """A line of the file of invoices."""

    number: str
    customer: str
    kind: str
    issued: str
    due: str
    total: str
    balance: str
    currency: str = "EUR"
    reference: str = ""
    file: str = "invoices.csv"

    def cells(self) -> list[str]:
        """Give the cells in the order of COLUMNS."""
        return [
            self.number, self.customer, f"Client {self.customer}", f"ap@{self.customer.lower()}.example", self.kind,
            self.issued, self.due, self.currency, self.total, self.balance, self.reference,
        ]  # fmt: skip


def invoice(number: str, customer: str, *, due: str, total: str, issued: str = "", **more: str) -> Row:
    """Build an unpaid invoice, issued thirty days before it is due unless told otherwise."""
    issued = issued or (date.fromisoformat(due) - timedelta(days=30)).isoformat()
    return Row(
        number=number, customer=customer, kind="invoice", issued=issued, due=due, total=total, balance=total, **more
    )


def credit(number: str, customer: str, *, on: str, amount: str, kind: str = "credit_note", **more: str) -> Row:
    """Build a credit note (or, with kind="payment", a receipt that nobody allocated); the amount is negative."""
    return Row(number=number, customer=customer, kind=kind, issued=on, due=on, total=amount, balance=amount, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a command left behind; `data` is its JSON document, None where none was asked for."""

    code: int
    out: str
    err: str
    data: Any = None


def _inside(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> Finished:
    from relance.cli import main  # noqa: PLC0415 (the command is loaded only where it runs inside this process)

    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    code: str | int | None = 0
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", ["relance", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code
    texts = []
    for stream in (out, err):
        stream.flush()
        buffer = stream.buffer
        assert isinstance(buffer, io.BytesIO)
        texts.append(buffer.getvalue().decode())
    return Finished(code=code if isinstance(code, int) else int(code is not None), out=texts[0], err=texts[1])


def _installed(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> Finished:
    done = subprocess.run(
        [sys.executable, "-m", "relance", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Finished(code=done.returncode, out=done.stdout, err=done.stderr)


def calendar_days(first: str, last: str) -> Iterator[str]:
    """Count the days from first to last, both included."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day.isoformat()
        day += timedelta(days=1)


def day_after(day: str, count: int = 1) -> str:
    """Count days on (or back, with a negative count)."""
    return (date.fromisoformat(day) + timedelta(days=count)).isoformat()


@dataclass(slots=True, kw_only=True)
class Replay:
    """An installation in a folder; see the module's docstring.

    `sent` are notices as lines; `waiting` the formal notices and approvals the same way, on the first day each was
    seen; `thanked` "day customer". `environment` is added to the commands' environment.
    """

    folder: Path
    real: bool = False
    rows: list[Row] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    thanked: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    _letters: int = 0

    def configure(self, *companies: dict[str, Any], plans: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Write config.yaml: these companies (one usual company when none is given) on these plans."""
        document = {
            "firm": {"name": "Cabinet Exemple"},
            "plans": dict(plans or {"standard": plan()}),
            "companies": list(companies or [company()]),
            **more,
        }
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
        (self.folder / "config.yaml").write_text(text, encoding="utf-8")

    def books(self, *rows: Row) -> None:
        """Write the file (or files) of invoices anew with these rows; a usual config.yaml is written where none is."""
        if not (self.folder / "config.yaml").exists():
            self.configure()
        for name in {row.file for row in self.rows} | {row.file for row in rows}:
            with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(COLUMNS)
                writer.writerows(row.cells() for row in rows if row.file == name)
        self.rows = list(rows)

    def row(self, number: str) -> Row:
        """Find a row by its number."""
        return next(row for row in self.rows if row.number == number)

    def balance(self, number: str, amount: str) -> None:
        """Let the next file show another balance."""
        self.row(number).balance = amount
        self.books(*self.rows)

    def command(self, *arguments: str) -> Finished:
        """Run the command; with --json its standard output must be exactly one JSON document."""
        real = self.real or os.environ.get("RELANCE_E2E_SUBPROCESS") == "1"
        done = (_installed if real else _inside)(list(arguments), self.folder, self.environment)
        if "--json" not in arguments or done.code not in {0, 1}:
            return done
        assert done.out, f"{arguments} printed nothing on standard output: {done.err}"
        return Finished(code=done.code, out=done.out, err=done.err, data=json.loads(done.out))

    def do(self, *arguments: str) -> Finished:
        """Run a command that must succeed."""
        done = self.command(*arguments)
        assert done.code == 0, f"{arguments} ended {done.code}: {done.err or done.out}"
        return done

    def accept(self, day: str, *more: str, company_id: str = "dupont") -> None:
        """Read the books, and accept what was open before Relance came; nothing may have left until then."""
        before = self.run(day)
        assert before.code == 1, "a backlog that nobody accepted needs a person"
        assert not self.mails()
        self.do("accept", company_id, "--backlog", *more)

    def run(self, day: str, *arguments: str) -> Finished:
        """Run the tool as of a day, and note what it sent."""
        done = self.command(*arguments, "run", "--today", day, "--json")
        assert done.data is not None, f"run --today {day} ended {done.code}: {done.err or done.out}"
        for reminder in done.data["reminders"]:
            self._note(day, reminder)
        counted = len(self.sent) + len(self.thanked) - self._letters
        assert len(self.mails()) == counted, f"{day}: {len(self.mails())} mails, {counted} reported as sent"
        return done

    def daily(self, first: str, last: str, *, times: int = 1) -> None:
        """Run every day from first to last, `times` times a day."""
        for day in calendar_days(first, last):
            for _ in range(times):
                self.run(day)

    def near(self, *days: str) -> None:
        """Run on each of these days, on the day before and on the day after: nothing may come early or twice."""
        for day in sorted({day_after(day, n) for day in days for n in (-1, 0, 1)}):
            self.run(day)

    def decision(self, day: str, number: str) -> dict[str, Any]:
        """Give the decision of `plan --all` for an item on a day."""
        done = self.command("plan", "--all", "--today", day, "--json")
        assert done.data is not None, done.err
        data = done.data
        found = [one for one in data["decisions"] if one["number"] == number]
        assert len(found) == 1, found
        decision: dict[str, Any] = found[0]
        return decision

    def why(self, day: str, number: str) -> str:
        """Give the reason for which an item is held on a day, "remind" where it is not."""
        decision = self.decision(day, number)
        return str(decision["reason"] if decision["action"] == "hold" else decision["action"])

    def mails(self, outbox: str = "outbox") -> list[Path]:
        """List the files of a maildir, in the order of their names."""
        return sorted(path for path in (self.folder / outbox).rglob("*") if path.is_file())

    def read_mails(self, outbox: str = "outbox") -> list[EmailMessage]:
        """Parse the mails of a maildir, oldest Date first."""
        read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in self.mails(outbox)]
        return sorted(read, key=lambda mail: str(mail["Message-ID"]))

    def _note(self, day: str, reminder: Mapping[str, Any]) -> None:
        state, level, customer = reminder["state"], reminder["level"], reminder["customer_id"]
        if level == "thank_you" and state == "sent":
            self.thanked.append(f"{day} {customer}")
            return
        items = ", ".join(sorted(f"{item['number']} {item['level']}" for item in reminder["items"]))
        amounts = ", ".join(f"{amount} {currency}" for currency, amount in sorted(reminder["totals"].items()))
        line = f"{customer} {level}: {items}: {amounts}"
        if state == "sent":
            self._letters += level in {"formal", "letter"}
            self.sent.append(f"{day} {line}")
        elif state == "awaiting_approval" and line not in {old.partition(" ")[2] for old in self.waiting}:
            self.waiting.append(f"{day} {line}")


def text_of(mail: EmailMessage) -> str:
    """Give the plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
