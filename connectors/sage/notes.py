"""Our block of lines in the notes of a contact; pure. The user's own text is never touched.

The block stands between two lines of its own, newest line first:

    what the user wrote
    --- Relance: reminders, newest first ---
    2026-11-22 First reminder by e-mail for SI-12 [rem:0123456789ab]
    --- Relance: end ---
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

BEGIN: Final = "--- Relance: reminders, newest first ---"
END: Final = "--- Relance: end ---"
_MARKER: Final = re.compile(r"\[rem:[0-9a-f]{12}\]")
_SHORTEST_LINE: Final = 24
_CUT: Final = "… "


class NoRoomError(ValueError):
    """The user's own text leaves no room for a single line of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """A contact's notes taken apart: what stands above our block, its lines, and what stands below."""

    above: str
    lines: tuple[str, ...] = ()
    below: str = ""

    @property
    def own(self) -> str:
        """The user's own text, in a form that can be compared whatever became of line ends."""
        return "\n".join(" ".join(part.split()) for part in (self.above, self.below)).strip()


def taken_apart(text: str) -> Notes:
    """Find our block; where its end was lost, it ends before the first line without a marker."""
    kept = text.splitlines(keepends=True)
    begins = next((place for place, each in enumerate(kept) if each.strip() == BEGIN), None)
    if begins is None:
        return Notes(above=text)
    after = kept[begins + 1 :]
    ends = next((place for place, each in enumerate(after) if each.strip() == END), None)
    if ends is None:
        ends = next((place for place, each in enumerate(after) if not _MARKER.search(each)), len(after))
        rest = after[ends:]
    else:
        rest = after[ends + 1 :]
    ours = after[:ends]
    # A line that somebody typed inside our block is theirs, and moves below it.
    typed = [each for each in ours if each.strip() and not _MARKER.search(each)]
    return Notes(
        above="".join(kept[:begins]),
        lines=tuple(each.strip() for each in ours if _MARKER.search(each)),
        below="".join((*typed, *rest)),
    )


def merged(text: str, line: str, marker: str, limit: int) -> str:
    """Give the notes with a line at the top of our block, as long as `limit` characters allow.

    The oldest of our lines are dropped first, then the new line itself is cut, its marker kept; raises NoRoomError.
    """
    notes = taken_apart(text)
    ours = [" ".join(line.split()), *(each for each in notes.lines if marker not in each)]
    while len(ours) > 1 and len(_put_together(notes, ours)) > limit:
        ours.pop()
    excess = len(_put_together(notes, ours)) - limit
    if excess > 0:
        ours = [_shorter(ours[0], marker, len(ours[0]) - excess)]
    return _put_together(notes, ours)


def _put_together(notes: Notes, lines: list[str]) -> str:
    above = notes.above
    if above and not above.endswith(("\n", "\r")):
        above += "\n"
    block = "\n".join((BEGIN, *lines, END))
    return f"{above}{block}\n{notes.below}" if notes.below else above + block


def _shorter(line: str, marker: str, length: int) -> str:
    if length < max(_SHORTEST_LINE, len(marker) + len(_CUT)):
        raise NoRoomError
    words = line.replace(marker, "").strip()
    return words[: length - len(marker) - len(_CUT)].rstrip() + _CUT + marker
