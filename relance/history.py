"""An item's history with the words for each entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.history_words import Happening, history_words
from engine.kinds import LETTERS, Purpose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from engine.calendar import BusinessCalendar
    from engine.records import Reminder
    from relance.documents import Document
    from relance.finding import Found
    from state.store import Store
    from state.views import HistoryEntry

# Steps of a sending on which whoever reads the history needs no word once the next one has come.
_PASSING: Final = frozenset({"reminder_planned", "reminder_claimed", "reminder_revised", "reminder_handing_over"})
_FROM_DECISION: Final = frozenset({"reminder_sent", "reminder_awaiting_approval"})
# What these tell of an invoice is not a sum that they ask for.
_ASKING: Final = frozenset({Purpose.LEVEL, Purpose.EXTRA})


def history_of(store: Store, found: Found, language: str, calendar: BusinessCalendar) -> list[Document]:
    """Give all that happened to an item, in order: the raw entry, its `text`, and `words` in a language."""
    around = _Around(store=store, found=found, calendar=calendar)
    return [around.entry(entry, language) for entry in store.item_history(found.company_id, found.item.item_id)]


def for_a_reader(history: list[Document]) -> list[Document]:
    """Leave out what only a machine asks for: the steps of a sending that went on, and what says the same once more."""
    last = {entry["reminder"]: index for index, entry in enumerate(history) if _of_reminder(entry)}
    shown: list[Document] = []
    for index, entry in enumerate(history):
        if entry["kind"] in _PASSING and index < last[entry["reminder"]] and not _tells(entry["detail"]):
            continue
        if _is_of_another(entry, last.keys()):
            continue
        before = shown[-1] if shown else None
        if before is not None and _says_no_more(entry, before):
            continue
        if before is not None and _is_overtaken(before, entry):
            shown.pop()
        shown.append(entry)
    return shown


def _is_of_another(entry: Document, reminders: Collection[str]) -> bool:
    """Tell whether a task carries out a reminder that is told itself, or one that is of other invoices."""
    kind, _, reminder_id = str(entry["detail"].get("key", "")).partition(":")
    if kind != "reminder":
        return False
    return bool(entry["kind"] == "task_opened" or reminder_id not in reminders)


def _says_no_more(entry: Document, before: Document) -> bool:
    """Tell whether an entry adds nothing to the one before: the same words, or the balance of what was just settled."""
    changes = entry["detail"].get("changes") or {}
    settled = before["kind"] == "item_settled" and entry["kind"] == "item_changed" and changes.keys() == {"balance"}
    return bool(settled or before["words"] == entry["words"])


def _is_overtaken(before: Document, entry: Document) -> bool:
    """Tell whether a decision has become its reminder, or gave way to one that differs in its day alone."""
    if before["kind"] == "decided_remind" and entry["kind"] in _FROM_DECISION:
        return True
    same = before["kind"] == entry["kind"] and str(entry["kind"]).startswith("decided_")
    return same and all(before["detail"].get(name) == entry["detail"].get(name) for name in ("reason", "level_id"))


def _of_reminder(entry: Document) -> bool:
    return bool(entry["reminder"]) and str(entry["kind"]).startswith("reminder_")


def _tells(detail: Mapping[str, object]) -> bool:
    """Tell whether a passing step says something of its own: an error, or invoices that left the notice."""
    return bool(detail.get("error") or detail.get("left"))


class _Around:
    """What is known around the entries of one item's history; reminders are read once."""

    def __init__(self, *, store: Store, found: Found, calendar: BusinessCalendar) -> None:
        self._store = store
        self._found = found
        self._calendar = calendar
        self._reminders: dict[str, Reminder] = {}
        self._titles: dict[str, str] = {}

    def entry(self, entry: HistoryEntry, language: str) -> Document:
        """Give an entry as a document."""
        detail = dict(entry.detail)
        key = str(detail.get("key", ""))
        if detail.get("title"):
            self._titles[key] = str(detail["title"])
        here = self._calendar.local(entry.at).date().isoformat()
        # The day of a decision is told only where it is not the day on which it was made.
        told = {name: value for name, value in detail.items() if not (name == "as_of" and value == here)}
        happening = Happening(
            kind=entry.kind,
            detail=told,
            author=entry.author,
            scope=entry.scope,
            mail=self._mail(entry.reminder_id, here) if entry.reminder_id else {},
            task=self._titles.get(key, ""),
            payer=self._payer(str(detail.get("payer", ""))) if entry.kind == "payer_changed" else "",
        )
        return {
            "at": entry.at.isoformat(),
            "kind": entry.kind,
            "author": entry.author or None,
            "reminder": entry.reminder_id,
            "detail": detail,
            "text": ", ".join(f"{name}: {value}" for name, value in detail.items()),
            "words": history_words(happening, language),
        }

    def _mail(self, reminder_id: str, here: str) -> dict[str, str]:
        reminder = self._reminders.get(reminder_id)
        if reminder is None:
            reminder = self._store.find_reminder(reminder_id, self._found.company_id)
            self._reminders[reminder_id] = reminder
        line = next((one for one in reminder.lines if one.item_id == self._found.item.item_id), None)
        sent_on = reminder.sent_on.isoformat() if reminder.sent_on else ""
        return {
            "purpose": reminder.purpose.value,
            "occasion": reminder.occasion,
            "level": line.level_id if line else reminder.level_id,
            "channel": reminder.channel.value,
            "to": "" if reminder.channel in LETTERS else reminder.to,
            "asked": f"{line.asked} {line.asked.currency}" if line and reminder.purpose in _ASKING else "",
            "sent_on": "" if sent_on == here else sent_on,
            "rehearsal": "yes" if reminder.rehearsal else "",
        }

    def _payer(self, customer_id: str) -> str:
        """Give the name of who pays, "" where it is the customer."""
        if customer_id in {"", self._found.item.customer_id}:
            return ""
        if not self._store.has_customer(self._found.company_id, customer_id):
            return customer_id
        return self._store.customer(self._found.company_id, customer_id).name
