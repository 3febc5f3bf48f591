"""The plans that need not be written: each a text like those of the configuration, used by its name or derived from."""

from __future__ import annotations

from typing import Any, Final

STANDARD: Final = "standard"


def _mail(level_id: str, offset: int, tone: str, **more: object) -> dict[str, Any]:
    return {"id": level_id, "offset": offset, "channel": "email", "tone": tone, **more}


def _formal(offset: int, **more: object) -> dict[str, Any]:
    return {
        "id": "formal", "offset": offset, "channel": "registered_letter", "tone": "formal", "approval": True,
        "deadline_days": 8, **more,
    }  # fmt: skip


_GENTLE: Final = {
    "min_gap_days": 7,
    "levels": [
        _mail("pre_due", -5, "friendly"),
        _mail("first", 7, "friendly", deadline_days=7),
        _mail("second", 15, "friendly", deadline_days=10),
        _mail("third", 30, "firm", deadline_days=10),
        _mail("fourth", 45, "final", deadline_days=10, cc=["director"]),
    ],
}
_STANDARD: Final = {
    "levels": [
        _mail("pre_due", -5, "friendly"),
        _mail("first", 5, "friendly", deadline_days=8),
        _mail("second", 15, "firm", deadline_days=8),
        _mail("third", 30, "final", deadline_days=8, charges="show", cc=["director"]),
        _formal(45, charges="claim"),
    ],
}
_BRISK: Final = {
    "levels": [
        _mail("due", 0, "friendly"),
        _mail("first", 8, "firm", deadline_days=5),
        _mail("second", 15, "final", deadline_days=8, charges="show", cc=["director"]),
        _formal(30, charges="claim"),
    ],
}
# A person first: with a large account it is most often an invoice that never reached the right desk.
_BIG_ACCOUNTS: Final = {
    "min_gap_days": 7,
    "levels": [
        {"id": "call", "offset": 3, "channel": "call", "tone": "friendly"},
        _mail("first", 10, "friendly", deadline_days=10, copy_owner=True),
        _mail("second", 25, "firm", deadline_days=10, copy_owner=True, attachments=["invoice", "statement"]),
        _mail(
            "third", 40, "final", deadline_days=10, charges="show", to=["director", "billing"], approval=True,
            copy_owner=True,
        ),
        _formal(60, charges="claim"),
    ],
}  # fmt: skip
# Public buyers pay by mandate, 30 days after receipt; nothing is announced that the law bars against them (law.md §1.2).
_PUBLIC: Final = {
    "min_gap_days": 10,
    "levels": [
        _mail("first", 10, "friendly", deadline_days=15),
        _mail("second", 30, "firm", deadline_days=15, charges="show"),
        _mail("third", 50, "final", deadline_days=15, charges="show"),
        {
            "id": "formal", "offset": 75, "channel": "registered_letter", "tone": "formal", "deadline_days": 15,
            "charges": "claim", "approval": True,
        },
    ],
}  # fmt: skip
# A consumer owes no indemnity, and interest only by a clause or after the formal notice (law.md §1.3): no charges.
_CONSUMER: Final = {
    "min_gap_days": 7,
    "levels": [
        _mail("pre_due", -5, "friendly"),
        _mail("first", 7, "friendly", deadline_days=8),
        _mail("second", 20, "firm", deadline_days=8),
        _mail("third", 35, "final", deadline_days=8),
        _formal(50, deadline_days=15),
    ],
}

PRESETS: Final[dict[str, dict[str, Any]]] = {
    "gentle": _GENTLE,
    STANDARD: _STANDARD,
    "brisk": _BRISK,
    "big_accounts": _BIG_ACCOUNTS,
    "public": _PUBLIC,
    "consumer": _CONSUMER,
}
