"""Playing the demonstration: sixty simulated days through the same use cases as the commands."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from connectors.http_gates import Gates
from engine.errors import RelanceError
from engine.kinds import Channel, HoldKind, Purpose, ReminderState
from relance import stops
from relance.accepting import accept_backlog
from relance.demo.judging import doubles, notes_in, write_books
from relance.demo.mailbox import open_mailbox
from relance.demo.providers import (
    CLIENT_ID,
    CLIENT_SECRET,
    SimulatedWaiting,
    begin_trouble,
    calls_told_in,
    connect_all,
    met,
    open_providers,
)
from relance.demo.settings import CONFIG, CONTACTS, SECRET_FILE, VAULT_KEY_FILE, books_keys
from relance.demo.story import DAYS, FecStory
from relance.demo.telling import day_told, reminder_told
from relance.installation import open_installation
from relance.running import run_company, sync_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.server import Sandbox
    from engine.records import Owner
    from relance.config import CompanyConfig
    from relance.demo.cloud_story import CloudStory
    from relance.demo.mailbox import Mailbox
    from relance.demo.story import CompanyStory, Happening
    from relance.documents import Document
    from relance.installation import Installation
    from relance.running import CompanyRun
    from state.store import Store

# Says that a folder is ours to replace.
MARKER: Final = ".relance-demo"
# When each company is looked at, by its own clock: inside the hours in which it writes.
_AT_WORK: Final = time(9, 30)
_LATER: Final = timedelta(minutes=40)
_FEC_COMPANY: Final = "menuiserie"


class FolderTakenError(RelanceError):
    """The folder exists and was not made by a demonstration; name another one with --folder."""


@dataclass(slots=True, kw_only=True)
class Played:
    """What one company did, for the summary."""

    sent: int = 0
    by_provider: int = 0
    thanked: int = 0
    synced: int = 0
    noted: int = 0
    problems: list[str] = field(default_factory=list)


def play(folder: Path, first: date, tell: Callable[[str], None]) -> Document:
    """Play the story into a folder; return the summary document. Raises FolderTakenError."""
    _prepare(folder)
    with open_mailbox(folder / "mails") as (mailbox, port), open_providers(first) as (sandbox, clouds):
        _configure(folder, sandbox, clouds, port)
        opened = open_installation(folder / "config.yaml", None, sandbox.clock)
        installation = replace(opened, stopping=SimulatedWaiting(sandbox.clock))
        connect_all(installation, sandbox)
        stories: dict[str, CompanyStory] = {one.company_id: one for one in clouds}
        stories[_FEC_COMPANY] = FecStory.starting(_FEC_COMPANY, first, folder / _FEC_COMPANY)
        with calls_told_in(folder / "calls.log", sandbox.clock), installation.owned_store() as (store, owner):
            theatre = _Theatre(
                installation=installation,
                store=store,
                owner=owner,
                sandbox=sandbox,
                stories=stories,
                mailbox=mailbox,
                tell=tell,
            )
            theatre.play(first)
        write_books(folder / "books", clouds)
        return _summary(folder, theatre, clouds)


def _prepare(folder: Path) -> None:
    if folder.exists():
        if not (folder / MARKER).is_file():
            raise FolderTakenError(f"{folder} exists and was not made by a demonstration; name another with --folder")
        shutil.rmtree(folder)
    (folder / _FEC_COMPANY).mkdir(parents=True)
    (folder / MARKER).write_text("made by relance demo; it may be deleted\n", encoding="utf-8")


def _configure(folder: Path, sandbox: Sandbox, clouds: list[CloudStory], port: int) -> None:
    from cryptography.fernet import Fernet  # noqa: PLC0415 (slow to load)

    for name, text in ((VAULT_KEY_FILE, Fernet.generate_key().decode()), (SECRET_FILE, CLIENT_SECRET)):
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{text}\n")
    books = {
        cloud.scene.provider: books_keys(cloud.scene.organisation.id, CLIENT_ID, sandbox.urls(cloud.scene.provider))
        for cloud in clouds
    }
    (folder / "config.yaml").write_text(CONFIG.format(port=port, **books), encoding="utf-8")
    (folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")


@dataclass(slots=True, kw_only=True)
class _Theatre:
    """Everything that playing needs; each company is looked at once a day, at half past nine by its own clock."""

    installation: Installation
    store: Store
    owner: Owner
    sandbox: Sandbox
    stories: dict[str, CompanyStory]
    mailbox: Mailbox
    tell: Callable[[str], None]
    played: dict[str, Played] = field(default_factory=dict)

    @property
    def clock(self) -> SandboxClock:
        """The time of this world."""
        return self.sandbox.clock

    def play(self, first: date) -> None:
        """Connect on the eve, accept what is open, then let the days pass."""
        for story in self.stories.values():
            story.morning(-1)
        sync_all(self.installation, self.store, first)
        for company in self.installation.companies:
            accept_backlog(self.installation, self.store, company, None)
            self.played[company.company_id] = Played()
        for number in range(DAYS):
            self._day(number, first + timedelta(days=number))

    def _day(self, number: int, today: date) -> None:
        self.mailbox.day = today.isoformat()
        # A night lies between: the minutes of yesterday count no more.
        self.installation = replace(self.installation, gates=Gates())
        told: list[str] = []
        for company in self.installation.companies:
            self._go_to(datetime.combine(today, _AT_WORK, ZoneInfo(company.timezone or "UTC")))
            told += self._company(company, number)
        if told:
            self.tell(day_told(today))
            for line in told:
                self.tell(line)

    def _go_to(self, instant: datetime) -> None:
        self.clock.set(max(instant, self.clock.now()))

    def _company(self, company: CompanyConfig, number: int) -> list[str]:
        story = self.stories[company.company_id]
        told = self._happened(story.morning(number))
        troubles = begin_trouble(self.sandbox, company.company_id, number)
        run = self._run(company, number, told)
        told += [f"  ~ {one}" for one in met(self.sandbox, troubles)]
        if run.problems and troubles:
            # The trouble passes; whoever runs Relance by its service need not do anything.
            self.sandbox.faults.clear()
            self.clock.advance(_LATER)
            told.append(f"  ~ {_LATER.seconds // 60} minutes plus tard, Relance réessaie.")
            run = self._run(company, number, told)
        played = self.played[company.company_id]
        played.problems += run.problems
        return [*told, *(f"  ! {problem}" for problem in run.problems)]

    def _run(self, company: CompanyConfig, number: int, told: list[str]) -> CompanyRun:
        story, played = self.stories[company.company_id], self.played[company.company_id]

        def meanwhile() -> bool:
            """Asked before each reminder: the world does not wait for us."""
            planned = self.store.reminders(company.company_id, [ReminderState.PLANNED])
            told.extend(self._happened(story.meanwhile(number, planned)))
            return False

        run = run_company(self.installation, self.store, self.owner, company, stopping=meanwhile)
        played.synced += run.synced is not None and not run.synced.error
        played.noted += run.notes
        for reminder in run.moved.values():
            told += reminder_told(company.name, reminder)
            if reminder.state is ReminderState.SENT:
                played.sent += 1
                played.by_provider += reminder.channel is Channel.PROVIDER
                played.thanked += reminder.purpose is Purpose.THANK_YOU
                story.reminded(number, reminder)
        return run

    def _happened(self, happenings: list[Happening]) -> list[str]:
        for happening in happenings:
            _do(self.installation, self.store, happening)
        return [f"  · {one.told}" for one in happenings]


def _do(installation: Installation, store: Store, happening: Happening) -> None:
    """Do what a person would type."""
    if not happening.command:
        return
    verb, number, *options = happening.command
    named = stops.Named(number=number)
    given = dict(zip(options[::2], options[1::2], strict=True))
    if verb == "release":
        stops.release(installation, store, named, restart=False)
        return
    promised_on = date.fromisoformat(given["--on"]) if "--on" in given else None
    stops.record(installation, store, HoldKind(verb), named, reason=given.get("--reason", ""), promised_on=promised_on)


def _summary(folder: Path, theatre: _Theatre, clouds: list[CloudStory]) -> Document:
    noted = {cloud.company_id: len(notes_in(cloud)) for cloud in clouds}
    by_company = [
        {
            "company": company.company_id,
            "name": company.name,
            "provider": company.books.provider,
            "synced": played.synced,
            "sent": played.sent,
            "by_provider": played.by_provider,
            "thanked": played.thanked,
            "notes": noted.get(company.company_id, 0),
        }
        for company in theatre.installation.companies
        for played in [theatre.played[company.company_id]]
    ]
    played = theatre.played.values()
    received = theatre.mailbox.message_ids
    return {
        "days": DAYS,
        "companies": len(by_company),
        "synced": sum(one.synced for one in played),
        "sent": sum(one.sent for one in played),
        # What stands in the books, whatever the program says it wrote.
        "notes": sum(noted.values()),
        "thanked": sum(one.thanked for one in played),
        "received": len(received),
        "by_provider": sum(len(cloud.ledger.mails) for cloud in clouds),
        "doubles": doubles(clouds, received),
        "mailbox": str(folder / "mails"),
        "books": str(folder / "books"),
        "config": str(folder / "config.yaml"),
        "calls": str(folder / "calls.log"),
        "last_day": theatre.mailbox.day,
        "by_company": by_company,
        "problems": [problem for one in played for problem in one.problems],
    }
