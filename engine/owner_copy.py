"""The copy of a reminder for the customer's account owner: a mail of its own, which no customer sees in any header."""

from __future__ import annotations

from typing import Final

_COPY: Final = "copy:"


def copy_occasion(reminder_id: str) -> str:
    """Name the occasion of the copy of a reminder."""
    return f"{_COPY}{reminder_id}"


def copied(occasion: str) -> str:
    """Give the id of the reminder that an occasion copies, "" where it is another occasion."""
    return occasion.removeprefix(_COPY) if occasion.startswith(_COPY) else ""
