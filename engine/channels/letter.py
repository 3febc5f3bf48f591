"""Letters: a task for a person, and beside it the PDF as a file that a person can print."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Final

from engine.kinds import LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from engine.ports import Sender
    from engine.records import Envelope, Receipt

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_PART: Final = 40
TEST_PREFIX: Final = "TEST-"


class LetterFolder:
    """Where letters lie to be printed: one folder a company, one file a letter, readable by the owner alone.

    The store keeps the letters themselves; a file that is lost or changed is written again from there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def place(self, company_id: str, day: date, customer_id: str, reminder_id: str, *, test: bool = False) -> Path:
        """Give the place of a letter: day, customer and reminder make its name."""
        parts = [day.isoformat(), *(safe_part(one) for one in (customer_id, reminder_id))]
        return self._folder / safe_part(company_id) / f"{TEST_PREFIX if test else ''}{'-'.join(parts)}.pdf"

    def put(self, place: Path, content: bytes) -> None:
        """Write a letter whole or not at all, unless it is there already; raises OSError."""
        if place.is_file() and place.read_bytes() == content:
            return
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        waiting = place.with_name(f".{place.name}.{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            waiting.unlink()
        with os.fdopen(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(place)


def safe_part(text: str) -> str:
    """Make a part of a file's name that no system reads as a path or a command."""
    return _UNSAFE.sub("-", text).strip("-")[:_LONGEST_PART] or "x"


class LetterChannel:
    """Opens the task of a letter, then puts the PDF beside it."""

    def __init__(self, tasks: Sender, folder: LetterFolder) -> None:
        self._tasks = tasks
        self._folder = folder

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        """Hand over to the tasks.

        A file that cannot be written changes nothing: the letter is frozen in the store by then, and whoever lists the
        letters finds it written again.
        """
        receipt = self._tasks.deliver(envelope, barrier)
        if envelope.channel in LETTERS and envelope.content and envelope.due_on is not None:
            place = self._folder.place(
                envelope.company_id,
                envelope.due_on,
                envelope.customer_id,
                envelope.reminder_id,
                test=envelope.title.startswith("[TEST"),
            )
            with contextlib.suppress(OSError):
                self._folder.put(place, envelope.content)
        return receipt

    def delivered(self, message_id: str) -> bool | None:
        """Say for certain whether the task was opened."""
        return self._tasks.delivered(message_id)

    def close(self) -> None:
        """Nothing stays open."""


_conforms: Callable[..., Sender] = LetterChannel
