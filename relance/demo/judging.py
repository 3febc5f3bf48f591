"""What came of it, by those who would know: the mailbox and the providers' own books; not what the program says."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from relance.demo.cloud_story import CloudStory

_MARKER: Final = re.compile(r"\[rem:[0-9a-f]+\]")


def notes_in(story: CloudStory) -> list[str]:
    """Give every note of ours that stands in a company's books (Sage has them with the customer)."""
    ledger = story.ledger
    texts = [note.text for note in ledger.notes]
    texts += [line for party in ledger.parties.values() for line in party.notes.splitlines()]
    return [text for text in texts if _MARKER.search(text)]


def doubles(stories: Iterable[CloudStory], received: Iterable[str]) -> int:
    """Count what came twice: mails in the mailbox, notes in the books, invoices that a provider mailed."""
    seen: Counter[tuple[str, str]] = Counter(("mail", message_id) for message_id in received)
    for story in stories:
        for note in notes_in(story):
            seen["note", _MARKER.findall(note)[-1]] += 1
        for mail in story.ledger.mails:
            seen["provider", mail.document_id] += 1
    return sum(count - 1 for count in seen.values())


def write_books(folder: Path, stories: Iterable[CloudStory]) -> None:
    """Leave on paper what stands in the providers' books at the end, invoice by invoice with its notes."""
    folder.mkdir(parents=True, exist_ok=True)
    for story in stories:
        (folder / f"{story.company_id}-{story.scene.provider}.txt").write_text(_told(story), encoding="utf-8")


def _told(story: CloudStory) -> str:
    ledger, organisation = story.ledger, story.ledger.organisation
    lines = [f"{organisation.name} ({story.scene.provider}), as its books stand at the end", ""]
    notes = notes_in(story)
    for document in ledger.documents.values():
        kind = "Invoice" if document.kind == "invoice" else "Credit note"
        left = "void" if document.status == "void" else f"{ledger.balance(document.id)} left"
        party = ledger.party(document.party_id)
        lines.append(f"{kind} {document.number}, {party.name}: {document.total} {document.currency}, {left}")
        lines += [
            f"  {mail.at:%Y-%m-%d}  mailed by the provider to {', '.join(mail.recipients)}"
            for mail in ledger.mails
            if mail.document_id == document.id
        ]
        # At Sage each note names its invoice, elsewhere it hangs on it.
        own = [note.text for note in ledger.notes_of(document.id)]
        own += [note for note in reversed(notes) if note in party.notes and document.number in note]
        lines += [f"  note: {note}" for note in own]
        lines.append("")
    return "\n".join(lines)
