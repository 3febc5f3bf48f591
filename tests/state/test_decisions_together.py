"""What several use cases write together is durable together, or not at all."""

from __future__ import annotations

import pytest

from tests.builders import day, invoice, queued
from tests.state.conftest import C, Desk

F1, F2 = invoice("F1"), invoice("F2", "C2")


def test_what_is_written_together_is_one_unit_of_work(desk: Desk) -> None:
    desk.sync(F1, F2)
    commits: list[str] = []
    desk.store.db.conn.set_trace_callback(lambda said: commits.append(said) if said.startswith("COMMIT") else None)
    with desk.store.together():
        desk.store.queue(C, "C1", [queued(F1, on="2026-03-09")], desk.later())
        desk.store.queue(C, "C2", [queued(F2, on="2026-03-09")], desk.later())
    assert len(commits) == 1
    assert desk.store.counts(C, day("2026-03-09")).reminders == {"planned": 2}


def test_a_failure_inside_undoes_all_of_it(desk: Desk) -> None:
    desk.sync(F1, F2)

    def fail() -> None:
        with desk.store.together():
            desk.store.queue(C, "C1", [queued(F1, on="2026-03-09")], desk.later())
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fail()
    assert desk.store.counts(C, day("2026-03-09")).reminders == {}
