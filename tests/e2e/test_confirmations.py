"""Telling a customer in writing of what was recorded; F1 is due Mon 2 Mar 2026, reminded on Mon 9 Mar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.replay import company, invoice, text_of

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.e2e.replay import Finished, Replay

DUE = "2026-03-02"


def started(replay: Replay, **settings: Any) -> None:
    """Let F1 be reminded once, on Mon 9 Mar."""
    replay.configure(company(**settings))
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-06")
    replay.run("2026-03-09")
    assert replay.sent == ["2026-03-09 A first: F1 first: 1200.00 EUR"]


def run(replay: Replay, day: str) -> Finished:
    """Run the tool without counting its mails: confirmations are no reminders."""
    return replay.command("run", "--today", day, "--json")


def told(replay: Replay, *, after: int = 1) -> list[EmailMessage]:
    """Give the mails that are no reminder of F1's first level."""
    mails = replay.read_mails()
    assert len(mails) >= after
    return [mail for mail in mails if not str(mail["Subject"]).startswith("Rappel")]


def states(done: Finished) -> list[tuple[str, str]]:
    return [(one["level"], one["state"]) for one in done.data["reminders"]]


def test_a_dispute_that_is_to_be_confirmed_makes_one_mail_which_answers_the_last_reminder(replay: Replay) -> None:
    started(replay)
    reminded = replay.read_mails()[0]
    done = replay.command("dispute", "F1", "--reason", "deux portes manquent", "--confirm", "--json")
    assert done.data["changed"] == 1
    assert [one["state"] for one in done.data["confirmations"]] == ["planned"]
    assert states(run(replay, "2026-03-10")) == [("confirmation", "sent")]
    for day in ("2026-03-10", "2026-03-11", "2026-03-23"):
        assert states(run(replay, day)) == []
    (mail,) = told(replay)
    assert mail["To"] == "ap@a.example"
    assert mail["In-Reply-To"] == reminded["Message-ID"]
    assert "« deux portes manquent »" in text_of(mail).replace("\u202f", " ")
    # Ten days from 10 Mar.
    assert "20 mars 2026" in text_of(mail).replace("\xa0", " ")


def test_nothing_is_confirmed_unless_it_is_asked_for(replay: Replay) -> None:
    started(replay)
    done = replay.command("dispute", "F1", "--reason", "deux portes manquent", "--json")
    assert done.data == {"changed": 1}
    assert states(run(replay, "2026-03-10")) == []
    assert not told(replay)


def test_a_dispute_that_was_released_meanwhile_is_not_confirmed(replay: Replay) -> None:
    started(replay)
    replay.do("dispute", "F1", "--confirm")
    replay.do("release", "F1")
    for day in ("2026-03-10", "2026-03-11"):
        assert states(run(replay, day)) == []
    assert not told(replay)
    history = replay.command("explain", "F1", "--today", "2026-03-11", "--json").data["history"]
    assert any("not in force any more" in str(one) for one in history)


def test_a_disputed_invoice_that_was_paid_meanwhile_is_not_confirmed(replay: Replay) -> None:
    started(replay)
    replay.do("dispute", "F1", "--confirm")
    replay.balance("F1", "0.00")
    assert states(run(replay, "2026-03-10")) == []
    assert not told(replay)


def test_whoever_asked_meanwhile_not_to_be_contacted_gets_no_confirmation(replay: Replay) -> None:
    started(replay)
    replay.do("dispute", "F1", "--confirm")
    replay.do("customer", "A", "--set", "do_not_contact=yes")
    assert states(run(replay, "2026-03-10")) == []
    assert not told(replay)


def test_a_confirmation_is_no_contact_and_delays_no_level(replay: Replay) -> None:
    started(replay)
    replay.rows.append(invoice("F2", "A", due="2026-03-05", total="80.00"))
    replay.books(*replay.rows)
    replay.do("dispute", "F1", "--confirm")
    # F2 has been late for five days on 10 Mar; the gap of five days since the 9th ends on Sat 14.
    assert states(run(replay, "2026-03-13")) == [("confirmation", "sent")]
    assert states(run(replay, "2026-03-16")) == [("first", "sent")]


def test_a_company_may_have_its_confirmations_released_by_a_person(replay: Replay) -> None:
    started(replay, confirmations={"dispute": "ask"})
    done = replay.command("dispute", "F1", "--json")
    ((identifier, state),) = [(one["id"], one["state"]) for one in done.data["confirmations"]]
    assert state == "awaiting_approval"
    assert states(run(replay, "2026-03-10")) == []
    assert not told(replay)
    replay.do("approve", identifier)
    assert states(run(replay, "2026-03-11")) == [("confirmation", "sent")]
    assert len(told(replay)) == 1


def test_in_mode_approve_a_confirmation_waits_for_a_person(replay: Replay) -> None:
    replay.configure(company(mode="approve", confirmations={"promise": "send"}))
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-06")
    done = replay.command("promise", "F1", "--on", "2026-03-20", "--json")
    assert [one["state"] for one in done.data["confirmations"]] == ["awaiting_approval"]


def test_what_a_company_always_confirms_is_left_out_for_once(replay: Replay) -> None:
    started(replay, confirmations={"promise": "send"})
    assert replay.command("promise", "F1", "--on", "2026-03-20", "--no-confirm", "--json").data == {"changed": 1}
    assert replay.command("promise", "F1", "--on", "2026-03-23", "--json").data["confirmations"]
    assert states(run(replay, "2026-03-10")) == [("confirmation", "sent")]
    (mail,) = told(replay)
    text = text_of(mail).replace("\xa0", " ").replace("\u202f", " ")
    assert "1 200,00 €" in text
    assert "23 mars 2026" in text
    assert "renon" not in text


def test_instalments_are_put_down_in_writing(replay: Replay) -> None:
    started(replay)
    (replay.folder / "plan.csv").write_text(
        "due_on,amount\n2026-04-01,400.00\n2026-05-04,400.00\n2026-06-01,400.00\n", encoding="utf-8"
    )
    done = replay.command("instalments", "F1", "--file", "plan.csv", "--confirm", "--json")
    assert len(done.data["confirmations"]) == 1
    assert states(run(replay, "2026-03-10")) == [("confirmation", "sent")]
    text = text_of(told(replay)[0]).replace("\xa0", " ").replace("\u202f", " ")
    for one in ("1er avril 2026", "4 mai 2026", "1er juin 2026", "400,00 €", "1 200,00 €", "article 2240"):
        assert one in text, one


def test_whoever_must_not_be_written_to_is_told_by_a_person(replay: Replay) -> None:
    replay.configure(company())
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-06")
    replay.do("customer", "A", "--set", "do_not_contact=yes")
    done = replay.command("dispute", "F1", "--confirm", "--json")
    assert [one["state"] for one in done.data["confirmations"]] == ["planned"]
    run(replay, "2026-03-10")
    (task,) = [one for one in replay.command("tasks", "--json").data["tasks"] if one["kind"] == "task"]
    assert task["title"] == "Litige à confirmer par vos soins, sans e-mail : Client A"
    assert "F1" in task["text"]


def test_in_preview_a_confirmation_that_is_asked_for_is_refused_and_nothing_is_recorded(replay: Replay) -> None:
    replay.configure(company(mode="preview"))
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.command("sync")
    done = replay.command("dispute", "F1", "--confirm")
    assert done.code == 2
    assert "preview" in done.err
    assert replay.why("2026-03-09", "F1") == "remind"


def test_a_whole_companys_hold_is_confirmed_to_nobody(replay: Replay) -> None:
    started(replay)
    assert replay.command("dispute", "--all-of", "dupont", "--confirm").code == 2
