"""Our lines in a document's memo (PrivateNote): below the user's own text, newest first, never in its way."""

from __future__ import annotations

import re
from typing import Final

# Intuit: PrivateNote holds at most 4000 characters.
MOST: Final = 4000
HEADING: Final = "-- Relance --"
_MARKED: Final = re.compile(r"\[rem:[0-9a-f]{12}\]")


class MemoFullError(Exception):
    """The user's own text leaves no room for a note."""


def with_note(memo: str, note: str, *, most: int = MOST) -> str:
    """Give the memo with a note on top of our lines; the oldest of ours make room, the user's text never does."""
    users, ours = split(memo)
    line = " ".join(note.split())
    kept = [line, *ours]
    while len(text := _joined(users, kept)) > most and len(kept) > 1:
        kept.pop()
    if len(text) > most:
        raise MemoFullError
    return text


def split(memo: str) -> tuple[str, list[str]]:
    """Take a memo apart: the user's own text, and our lines; what a user wrote below our heading stays theirs."""
    before, heading, after = memo.partition(HEADING)
    if not heading:
        return memo.rstrip(), []
    lines = after.splitlines()
    ours = [line for line in lines if _MARKED.search(line)]
    theirs = [line for line in lines if line.strip() and not _MARKED.search(line)]
    return "\n".join(part for part in (before.rstrip(), *theirs) if part), ours


def _joined(users: str, ours: list[str]) -> str:
    return "\n".join([*([users, ""] if users else []), HEADING, *ours])
