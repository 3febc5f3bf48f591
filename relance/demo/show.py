"""Playing the demonstration: sixty simulated days through the same use cases as the commands."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from engine.errors import RelanceError
from engine.model import HoldKind, Purpose, ReminderState
from relance import stops
from relance.accepting import accept_backlog
from relance.demo.mailbox import open_mailbox
from relance.demo.settings import CONFIG, CONTACTS
from relance.demo.story import DAYS, Story
from relance.installation import open_installation
from relance.running import run_all, sync_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.records import Owner, Reminder
    from relance.demo.mailbox import Mailbox
    from relance.demo.story import Happening
    from relance.documents import Document
    from relance.installation import Installation
    from relance.running import CompanyRun
    from state.store import Store

# Says that a folder is ours to replace.
MARKER = ".relance-demo"
_WEEKDAYS = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."]
_LEVELS = {
    "pre_due": "un mot avant l'échéance",
    "first": "1re relance",
    "second": "2e relance",
    "third": "dernière relance amiable",
    "formal": "mise en demeure",
    "thank_you": "remerciement",
}
_STATES = {
    ReminderState.AWAITING_APPROVAL: "attend l'accord d'une personne",
    ReminderState.FAILED: "refusé par le serveur",
    ReminderState.UNCERTAIN: "issue inconnue",
}


class FolderTakenError(RelanceError):
    """The folder exists and was not made by a demonstration; name another one with --folder."""


@dataclass(slots=True, kw_only=True)
class Played:
    """What the demonstration did, for its summary."""

    sent: int = 0
    thanked: int = 0
    synced: int = 0
    problems: list[str] = field(default_factory=list)


def play(folder: Path, first: date, tell: Callable[[str], None]) -> Document:
    """Play the story into a folder; return the summary document. Raises FolderTakenError."""
    _prepare(folder)
    story = Story.starting(first)
    with open_mailbox(folder / "mails") as (mailbox, port):
        (folder / "config.yaml").write_text(CONFIG.format(port=port), encoding="utf-8")
        (folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
        _write_books(folder, story, 0)
        installation = open_installation(folder / "config.yaml", None)
        with installation.owned_store() as (store, owner):
            played = _play_days(installation, store, owner, story, mailbox, tell)
    return {
        "days": DAYS,
        "companies": len(installation.companies),
        "synced": played.synced,
        "sent": played.sent,
        # Books that come as files take no notes.
        "notes": 0,
        "thanked": played.thanked,
        "received": len(mailbox.message_ids),
        "doubles": len(mailbox.message_ids) - len(set(mailbox.message_ids)),
        "mailbox": str(folder / "mails"),
        "problems": played.problems,
    }


def _prepare(folder: Path) -> None:
    if folder.exists():
        if not (folder / MARKER).is_file():
            raise FolderTakenError(f"{folder} exists and was not made by a demonstration; name another with --folder")
        shutil.rmtree(folder)
    (folder / "menuiserie").mkdir(parents=True)
    (folder / MARKER).write_text("made by relance demo; it may be deleted\n", encoding="utf-8")


def _write_books(folder: Path, story: Story, days: int) -> None:
    """Write both companies' exports as of a day, each under its final name in one step."""
    fec = folder / "menuiserie" / f"732829320FEC{story.first.year}1231.txt"
    for path, text in ((fec, story.fec(days)), (folder / "studio.csv", story.csv(days))):
        written = folder / f"{path.name}.new"
        written.write_text(text, encoding="utf-8", newline="")
        written.replace(path)


def _play_days(
    installation: Installation,
    store: Store,
    owner: Owner,
    story: Story,
    mailbox: Mailbox,
    tell: Callable[[str], None],
) -> Played:
    played = Played()
    sync_all(installation, store, story.first)
    for company in installation.companies:
        accept_backlog(installation, store, company, None)
    for number in range(DAYS):
        today = story.at(number)
        mailbox.day = today.isoformat()
        _write_books(installation.config_path.parent, story, number)
        told = [f"  · {one.told}" for one in story.today(number)]
        for happening in story.today(number):
            _do(installation, store, happening)
        for run in run_all(installation, store, owner, today):
            played.synced += run.synced is not None and not run.synced.error
            told += _tell_run(run, played)
        if told:
            tell(f"{_WEEKDAYS[today.weekday()]} {today:%d/%m/%Y}")
            for line in told:
                tell(line)
    return played


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


def _tell_run(run: CompanyRun, played: Played) -> list[str]:
    told = []
    for reminder in run.moved.values():
        sent = reminder.state is ReminderState.SENT
        played.sent += sent
        played.thanked += sent and reminder.purpose is Purpose.THANK_YOU
        told += _tell_reminder(run, reminder)
    played.problems += run.problems
    return [*told, *(f"  ! {problem}" for problem in run.problems)]


def _tell_reminder(run: CompanyRun, reminder: Reminder) -> list[str]:
    numbers = ", ".join(line.number for line in reminder.lines)
    level = _LEVELS.get(reminder.level_id, reminder.level_id)
    if reminder.state is ReminderState.SENT:
        where = reminder.to or reminder.channel.value
        return [f"  → {run.company.name} écrit à {where} : {level} ({numbers})"]
    state = _STATES.get(reminder.state)
    return [f"  … {run.company.name}, {level} ({numbers}) : {state}"] if state else []
