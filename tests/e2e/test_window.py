"""Without --today the real hour counts: nothing leaves outside the send window. Paris is at UTC+1 in March."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from relance.clock import SystemClock
from tests.e2e.replay import Replay, invoice

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the machine's clock, in UTC."""

    def put(instant: str) -> None:
        now = datetime.fromisoformat(instant).replace(tzinfo=UTC)
        monkeypatch.setattr(SystemClock, "now", lambda _self: now)

    return put


def test_outside_the_send_window_what_is_due_stays_planned_and_leaves_when_it_opens(
    replay: Replay, at: Callable[[str], None]
) -> None:
    # F1 is due on Mon 2 Mar: first on Mon 9 Mar, whose window opens at 9:00 in Paris, 8:00 UTC.
    at("2026-03-02T10:00")
    replay.books(invoice("F1", "A", due="2026-03-02", total="10.00"))
    replay.do("sync")
    replay.do("accept", "dupont", "--backlog")
    at("2026-03-09T07:59")
    early = replay.do("run", "--json").data
    assert [(one["level"], one["state"]) for one in early["reminders"]] == [("first", "planned")]
    assert not replay.mails()
    at("2026-03-09T08:00")
    opened = replay.do("run", "--json").data
    assert [(one["level"], one["state"]) for one in opened["reminders"]] == [("first", "sent")]
    assert len(replay.mails()) == 1


def test_a_reminder_that_missed_its_window_leaves_on_the_next_sending_day(
    replay: Replay, at: Callable[[str], None]
) -> None:
    # First falls on Fri 13 Mar; the only run of that day comes at 17:00 in Paris, when the window has closed.
    at("2026-03-02T10:00")
    replay.books(invoice("F1", "A", due="2026-03-08", total="10.00"))
    replay.do("sync")
    replay.do("accept", "dupont", "--backlog")
    for instant in ("2026-03-13T16:00", "2026-03-14T10:00", "2026-03-15T10:00"):
        at(instant)
        assert replay.do("run", "--json").data["sent"] == 0
    at("2026-03-16T10:00")
    assert replay.do("run", "--json").data["sent"] == 1
    assert len(replay.mails()) == 1
