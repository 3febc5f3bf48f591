"""A claim that comes close to lapsing is told in time, whatever else is decided of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.replay import company, invoice

if TYPE_CHECKING:
    from typing import Any

    from tests.e2e.replay import Replay

# Two years for a consumer (C. conso. L218-2): from 1 July 2024 to 1 July 2026, told from 1 January 2026.
DUE = "2024-07-01"


def _tasks(replay: Replay) -> list[dict[str, Any]]:
    tasks = replay.command("tasks", "--json").data["tasks"]
    return [task for task in tasks if task["kind"] == "limitation"]


@pytest.fixture
def old(replay: Replay) -> Replay:
    """F1 of a consumer, who promised to pay one day; nothing is due to happen before."""
    replay.configure(company(books={"provider": "csv", "invoices": "invoices.csv", "max_age_days": 9999}))
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2025-12-15")
    replay.do("customer", "A", "--set", "kind=consumer")
    replay.do("hold", "F1", "--until", "2026-12-31", "--reason", "on en parle")
    return replay


def test_a_claim_is_told_six_months_before_it_lapses_even_while_it_is_held(old: Replay) -> None:
    old.run("2025-12-31")
    assert _tasks(old) == []
    old.run("2026-01-02")
    (task,) = _tasks(old)
    assert "1 juillet 2026" in task["title"].replace("\xa0", " ").replace("1er", "1")
    assert "L218-2" in task["text"]
    assert "Ni relance ni mise en demeure" in task["text"]


def test_a_run_that_was_missed_loses_no_warning(old: Replay) -> None:
    old.run("2025-12-20")
    old.run("2026-05-04")
    assert len(_tasks(old)) == 1


def test_it_is_told_once_and_is_over_with_the_payment(old: Replay) -> None:
    for day in ("2026-01-02", "2026-01-05", "2026-02-02"):
        old.run(day)
    assert len(_tasks(old)) == 1
    old.balance("F1", "0.00")
    old.run("2026-02-03")
    assert _tasks(old) == []


def test_a_customer_of_whom_nobody_said_what_they_are_is_warned_by_the_shortest_time(replay: Replay) -> None:
    replay.configure(company(books={"provider": "csv", "invoices": "invoices.csv", "max_age_days": 9999}))
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-01-05")
    replay.run("2026-01-05")
    (task,) = _tasks(replay)
    assert "au plus tôt" in task["title"]
    assert "kind=business" in task["text"]
    replay.do("customer", "A", "--set", "kind=business")
    replay.run("2026-01-06")
    assert _tasks(replay) == []


def test_a_creditor_outside_france_is_told_nothing_that_its_law_does_not_say(replay: Replay) -> None:
    books = {"provider": "csv", "invoices": "invoices.csv", "max_age_days": 9999}
    replay.configure(company(country="DE", books=books))
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-06-01")
    replay.run("2026-06-02")
    assert _tasks(replay) == []
    assert replay.command("explain", "F1", "--json").data["limitation"] is None


def test_explain_says_when_the_claim_lapses_and_by_which_article(old: Replay) -> None:
    told = old.command("explain", "F1", "--today", "2025-12-16", "--json").data["limitation"]
    assert told == {"lapses_on": "2026-07-01", "article": "C. conso. L218-2", "kind_known": True, "warns": False}


@pytest.mark.parametrize(("day", "over"), [("2026-07-01", False), ("2026-07-02", True)])
def test_from_the_day_after_the_task_says_that_the_time_is_over(old: Replay, day: str, over: bool) -> None:
    old.run("2026-06-30")
    old.run(day)
    (task,) = _tasks(old)
    assert ("Délai de prescription passé" in task["title"]) is over
    assert ("prenez conseil" in task["text"]) is over
    assert ("se prescrit le" in task["text"]) is not over


def test_who_has_done_with_the_warning_is_told_once_more_when_the_time_is_over(old: Replay) -> None:
    old.run("2026-01-02")
    (warning,) = _tasks(old)
    old.do("tasks", "--done", warning["key"])
    old.run("2026-07-01")
    assert _tasks(old) == []
    old.run("2026-07-03")
    (over,) = _tasks(old)
    assert "2 juillet" not in over["title"]
    old.do("tasks", "--done", over["key"])
    old.run("2026-07-06")
    assert _tasks(old) == []
