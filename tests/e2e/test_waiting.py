"""What waits for a person does not outlive its reason. Due dates are Mon 2 Mar 2026: first on Mon 9 Mar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.replay import company, invoice

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

DUE = "2026-03-02"


def _ended(data: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(one["level"], one["state"]) for one in data["ended"]]


def test_a_reminder_that_waits_is_withdrawn_once_its_invoice_is_paid(replay: Replay) -> None:
    replay.configure(company(mode="approve"))
    replay.books(invoice("A1", "A", due=DUE, total="150.00"))
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    replay.balance("A1", "0.00")
    assert _ended(replay.run("2026-03-10").data) == [("first", "cancelled")]
    assert replay.command("approve", "--all", "--json").data["changed"] == 0


def test_a_reminder_that_waits_is_withdrawn_once_its_invoice_is_disputed_and_asked_again_after(replay: Replay) -> None:
    replay.configure(company(mode="approve"))
    replay.books(invoice("A1", "A", due=DUE, total="150.00"))
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    replay.do("dispute", "A1")
    assert _ended(replay.run("2026-03-10").data) == [("first", "cancelled")]
    replay.do("release", "A1")
    (again,) = replay.run("2026-03-11").data["reminders"]
    assert (again["level"], again["state"]) == ("first", "awaiting_approval")


def test_a_reminder_that_waits_stays_while_one_of_its_invoices_is_still_asked(replay: Replay) -> None:
    replay.configure(company(mode="approve"))
    replay.books(invoice("A1", "A", due=DUE, total="150.00"), invoice("A2", "A", due=DUE, total="50.00"))
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    replay.balance("A1", "0.00")
    assert _ended(replay.run("2026-03-10").data) == []
    replay.do("approve", "--all")
    replay.run("2026-03-11")
    assert replay.sent == ["2026-03-11 A first: A2 first: 50.00 EUR"]


def test_an_approved_formal_notice_is_withdrawn_once_its_invoice_is_paid(replay: Replay) -> None:
    """Z1 is due on 15 January: the formal notice comes up on Mon 2 March and is approved over the week-end's payment."""
    replay.books(invoice("Z1", "A", due="2026-01-15", total="5000.00"))
    replay.accept("2026-01-05")
    for day in ("2026-01-12", "2026-01-20", "2026-01-30", "2026-02-16", "2026-03-02"):
        replay.run(day)
    replay.do("approve", "--all")
    replay.balance("Z1", "0.00")
    assert ("formal", "cancelled") in _ended(replay.run("2026-03-03").data)
    assert replay.command("tasks", "--json").data["tasks"] == []
