"""Statements of account: once a customer and month on schedule, and on demand. April 2026 begins on a Wednesday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.replay import company, credit, invoice, text_of

if TYPE_CHECKING:
    from tests.e2e.replay import Finished, Replay


def run(replay: Replay, day: str) -> list[tuple[str, str, str]]:
    """Run the tool as of a day; give the statements that it moved."""
    done: Finished = replay.command("run", "--today", day, "--json")
    assert done.data is not None, done.err
    return [
        (one["customer_id"], one["level"], one["state"])
        for one in done.data["reminders"]
        if one["level"] == "statement"
    ]


def started(replay: Replay, **settings: Any) -> None:
    """Three customers: A overdue, B with something open that is not due, C in dispute."""
    replay.configure(company(**settings))
    replay.books(
        invoice("F1", "A", due="2026-02-20", total="1200.00"),
        invoice("F2", "A", due="2026-04-20", total="80.00", issued="2026-03-20"),
        credit("V1", "A", on="2026-03-01", amount="-50.00", kind="payment"),
        invoice("F3", "B", due="2026-04-27", total="300.00", issued="2026-03-27"),
        invoice("F4", "C", due="2026-03-20", total="70.00"),
    )
    replay.command("run", "--today", "2026-03-30", "--json")
    replay.do("accept", "dupont", "--backlog")
    replay.do("dispute", "F4")


def test_a_statement_leaves_once_a_month_whatever_the_number_of_runs(replay: Replay) -> None:
    started(replay, statements={"day": 1})
    assert run(replay, "2026-03-31") == []
    assert run(replay, "2026-04-01") == [("A", "statement", "sent"), ("C", "statement", "sent")]
    for day in ("2026-04-01", "2026-04-02", "2026-04-07", "2026-04-14", "2026-04-30"):
        assert run(replay, day) == []
    # 1 May is a public holiday, and a Friday: the next sending day is Mon 4.
    assert run(replay, "2026-05-01") == []
    assert [who for who, _, _ in run(replay, "2026-05-04")] == ["A", "B", "C"]


def test_another_open_invoice_does_not_make_another_statement_of_the_month(replay: Replay) -> None:
    started(replay, statements={"day": 1})
    assert ("A", "statement", "sent") in run(replay, "2026-04-01")
    replay.books(invoice("F9", "A", due="2026-03-25", total="900.00", issued="2026-02-25"))
    assert run(replay, "2026-04-02") == []


def test_statements_are_off_unless_a_company_asks_for_them(replay: Replay) -> None:
    started(replay)
    assert run(replay, "2026-04-01") == []


def test_a_statement_shows_what_is_overdue_and_keeps_credits_apart(replay: Replay) -> None:
    started(replay, statements={"day": 1})
    run(replay, "2026-04-01")
    (mail,) = [one for one in replay.read_mails() if "relevé" in str(one["Subject"]) and one["To"] == "ap@a.example"]
    text = " ".join(text_of(mail).split())
    for line in (
        "Total des factures : 1 280,00 €",
        "dont échu : 1 200,00 €",
        "dont à échoir : 80,00 €",
        "Règlement reçu V1 du 1er mars 2026 : -50,00 €",
        "Solde du compte : 1 230,00 €",
        "arrêté au 1er avril 2026",
    ):
        assert line in text, line


def test_everybody_with_something_open_gets_one_where_the_company_says_so(replay: Replay) -> None:
    started(replay, statements={"day": 1, "only_overdue": False, "min_balance": "100.00"})
    assert [who for who, _, _ in run(replay, "2026-04-01")] == ["A", "B"]


def test_nobody_who_must_not_be_written_to_gets_a_statement(replay: Replay) -> None:
    started(replay, statements={"day": 1})
    replay.do("customer", "A", "--set", "do_not_contact=yes")
    replay.do("hold", "--customer", "C", "--kind", "insolvency", "--reason", "redressement")
    assert run(replay, "2026-04-01") == []


def test_in_mode_approve_a_statement_waits_for_a_person(replay: Replay) -> None:
    started(replay, mode="approve", statements={"day": 1})
    assert {state for _, _, state in run(replay, "2026-04-01")} == {"awaiting_approval"}
    assert not [one for one in replay.read_mails() if "relevé" in str(one["Subject"])]


def test_a_month_that_an_outage_missed_goes_without(replay: Replay) -> None:
    started(replay, statements={"day": 1})
    assert run(replay, "2026-04-09") == []


def test_a_statement_is_shown_on_demand_and_sends_nothing(replay: Replay) -> None:
    started(replay, mode="preview")
    shown = replay.command("statement", "A", "--json").data
    assert shown["customer"] == "Client A"
    assert shown["accounts"] == {
        "EUR": {"invoices": "1280.00", "overdue": "1280.00", "credits": "-50.00", "balance": "1230.00"}
    }
    assert "F1" in shown["text"]
    assert "F2" in replay.do("statement", "A").out
    assert not replay.mails()


def test_a_statement_cannot_be_sent_in_preview(replay: Replay) -> None:
    started(replay, mode="preview")
    done = replay.command("statement", "A", "--send")
    assert done.code == 2
    assert "preview" in done.err
