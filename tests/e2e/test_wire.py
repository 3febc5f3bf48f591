"""The command line against a real SMTP conversation; the server's own log of what it took is the judge.

F1 is due on Mon 2 Mar 2026: first on Mon 9 Mar (printing Tue 17), second on Wed 18 Mar.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from relance.clock import SystemClock
from tests.e2e.replay import company, invoice, plan
from tests.fakes.smtp_server import Act, SmtpServer, Step, answer, misbehave

if TYPE_CHECKING:
    import pytest

    from tests.e2e.replay import Finished, Replay

DUE = "2026-03-02"


def over(server: SmtpServer, **settings: Any) -> dict[str, Any]:
    smtp = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    return company(mail={"from": "Compta <compta@dupont.example>", "smtp": smtp}, **settings)


def start(replay: Replay, server: SmtpServer, **settings: Any) -> None:
    replay.configure(over(server, **settings))
    replay.books(invoice("F1", "A", due=DUE, total="120.00"))
    assert replay.command("run", "--today", "2026-03-02", "--json").code == 1
    replay.do("accept", "dupont", "--backlog")


def run(replay: Replay, day: str) -> Finished:
    done = replay.command("run", "--today", day, "--json")
    assert done.data is not None, done.err
    return done


def states(done: Finished) -> list[tuple[str, str]]:
    return [(one["level"], one["state"]) for one in done.data["reminders"]]


def taken(server: SmtpServer) -> list[tuple[str, ...]]:
    server.settle()
    return [message.recipients for message in server.accepted]


def test_a_reminder_whose_answer_was_lost_is_never_sent_again_by_itself(replay: Replay) -> None:
    with SmtpServer(faults=[misbehave(Act.ACCEPT_RESET, Step.DOT, times=1)]) as server:
        start(replay, server)
        first = run(replay, "2026-03-09")
        assert (first.code, states(first), first.data["uncertain"]) == (1, [("first", "uncertain")], 1)
        for day in ("2026-03-10", "2026-03-18", "2026-04-01"):
            assert run(replay, day).data["sent"] == 0
        assert taken(server) == [("ap@a.example",)]


def test_a_person_says_that_it_went_and_the_chase_goes_on(replay: Replay) -> None:
    with SmtpServer(faults=[misbehave(Act.ACCEPT_RESET, Step.DOT, times=1)]) as server:
        start(replay, server)
        (uncertain,) = run(replay, "2026-03-09").data["reminders"]
        replay.do("resolve", uncertain["id"], "sent")
        assert run(replay, "2026-03-17").data["sent"] == 0
        assert states(run(replay, "2026-03-18")) == [("second", "sent")]
        assert len(taken(server)) == 2


def test_a_person_has_it_sent_again_under_an_identity_of_its_own(replay: Replay) -> None:
    with SmtpServer(faults=[misbehave(Act.RESET, Step.DOT, times=1)]) as server:
        start(replay, server)
        (uncertain,) = run(replay, "2026-03-09").data["reminders"]
        replay.do("resolve", uncertain["id"], "again")
        (again,) = run(replay, "2026-03-10").data["reminders"]
        assert (again["level"], again["state"]) == ("first", "sent")
        assert again["message_id"] != uncertain["message_id"]
        assert taken(server) == [("ap@a.example",)]


def test_a_person_drops_it_and_the_next_level_comes(replay: Replay) -> None:
    with SmtpServer(faults=[misbehave(Act.RESET, Step.DOT, times=1)]) as server:
        start(replay, server)
        (uncertain,) = run(replay, "2026-03-09").data["reminders"]
        replay.do("resolve", uncertain["id"], "drop")
        assert run(replay, "2026-03-17").data["sent"] == 0
        assert states(run(replay, "2026-03-18")) == [("second", "sent")]


def test_a_refused_address_stops_the_item_and_asks_a_person(replay: Replay) -> None:
    with SmtpServer(faults=[answer(Step.RCPT, "550 5.1.1 no such user", times=1)]) as server:
        start(replay, server)
        first = run(replay, "2026-03-09")
        assert (first.code, states(first)) == (1, [("first", "failed")])
        assert run(replay, "2026-03-10").data["sent"] == 0
        assert replay.why("2026-03-10", "F1") == "address_failed"
        assert [task["kind"] for task in replay.do("tasks", "--json").data["tasks"]] == ["address_failed"]
        assert taken(server) == []
        # A person gives another address and has it sent.
        replay.do("customer", "A", "--set", "email=compta@a.example")
        replay.do("resolve", first.data["reminders"][0]["id"], "again")
        assert states(run(replay, "2026-03-11")) == [("first", "sent")]
        assert taken(server) == [("compta@a.example",)]


def test_a_refused_address_gets_no_other_mail_either(replay: Replay) -> None:
    with SmtpServer(faults=[answer(Step.RCPT, "550 5.1.1 no such user", times=1)]) as server:
        start(replay, server)
        run(replay, "2026-03-09")
        replay.books(replay.row("F1"), invoice("F2", "A", due="2026-03-16", total="80.00"))
        # F2 is due on Mon 16 March: +5 is Sat 21, so Mon 23.
        assert run(replay, "2026-03-23").data["sent"] == 0
        assert replay.why("2026-03-23", "F2") == "address_failed"
        assert taken(server) == []


def test_a_server_that_is_down_loses_nothing_and_consumes_nothing(replay: Replay) -> None:
    with SmtpServer(faults=[answer(Step.BANNER, "554 5.3.2 closed for today")]) as server:
        start(replay, server)
        down = run(replay, "2026-03-09")
        assert (down.code, down.data["sent"]) == (1, 0)
        assert down.data["problems"]
        server.faults.clear()
        assert states(run(replay, "2026-03-10")) == [("first", "sent")]
        assert taken(server) == [("ap@a.example",)]


def test_a_server_that_asks_to_come_back_is_not_pressed_in_the_same_run(replay: Replay) -> None:
    with SmtpServer(faults=[answer(Step.DOT, "451 4.7.1 greylisted", times=1)]) as server:
        start(replay, server)
        later = run(replay, "2026-03-09")
        assert states(later) == [("first", "planned")]
        assert taken(server) == []


def test_an_extra_reminder_leaves_at_once_and_takes_no_level(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    # A person asks for it on Thu 12 March at noon in Paris: three days after the first, whatever the gap says.
    monkeypatch.setattr(SystemClock, "now", lambda _self: datetime(2026, 3, 12, 11, 0, tzinfo=UTC))
    with SmtpServer() as server:
        start(replay, server)
        assert states(run(replay, "2026-03-09")) == [("first", "sent")]
        done = replay.do("remind", "F1", "--json").data
        assert [(one["level"], one["state"]) for one in done["reminders"]] == [("extra", "sent")]
        assert len(taken(server)) == 2
        history = replay.do("explain", "F1", "--json").data["history"]
        assert any("extra" in entry["text"] for entry in history)
        item = replay.do("items", "--json").data["items"][0]
        assert item["level"] == "first"


def test_a_stop_file_keeps_every_mail_until_it_is_removed(replay: Replay) -> None:
    with SmtpServer() as server:
        start(replay, server)
        stop = replay.folder / "relance-data" / "STOP"
        stop.touch()
        held = run(replay, "2026-03-09")
        assert (held.code, held.data["sent"]) == (1, 0)
        assert any("STOP" in problem["message"] for problem in held.data["problems"])
        stop.unlink()
        assert states(run(replay, "2026-03-10")) == [("first", "sent")]
        assert taken(server) == [("ap@a.example",)]


def test_the_next_reminder_answers_the_one_before(replay: Replay) -> None:
    with SmtpServer() as server:
        start(replay, server)
        (first,) = run(replay, "2026-03-09").data["reminders"]
        run(replay, "2026-03-18")
        server.settle()
        heads = [message.content.split(b"\r\n\r\n", 1)[0].decode("ascii") for message in server.accepted]
        assert "In-Reply-To" not in heads[0]
        assert f"In-Reply-To: {first['message_id']}" in heads[1].replace("\r\n ", " ")
        assert all("Auto-Submitted: auto-generated" in head for head in heads)


def test_a_task_says_why_it_is_asked(replay: Replay) -> None:
    with SmtpServer(faults=[answer(Step.RCPT, "550 5.1.1 no such user", times=1)]) as server:
        start(replay, server)
        run(replay, "2026-03-09")
        run(replay, "2026-03-10")
        (task,) = replay.do("tasks", "--json").data["tasks"]
        assert task["kind"] == "address_failed"
        assert task["title"].replace("\u202f", " ") == "Nouveau contact de facturation à demander : Client A (F1)"
        assert "F1" in task["text"]
        assert "120,00" in task["text"]


def test_a_level_by_the_providers_own_mail_is_refused_aloud_for_books_that_are_a_file(replay: Replay) -> None:
    level = {"id": "first", "offset": 5, "channel": "provider", "tone": "friendly", "deadline_days": 8}
    plans = {"standard": plan(), "cloud": plan(levels=[level])}
    with SmtpServer() as server:
        replay.configure(over(server), plans=plans)
        replay.books(invoice("F1", "A", due=DUE, total="120.00"), invoice("F2", "B", due=DUE, total="50.00"))
        replay.command("run", "--today", "2026-03-02", "--json")
        replay.do("accept", "dupont", "--backlog")
        replay.do("customer", "A", "--set", "plan=cloud")
        done = run(replay, "2026-03-09")
        assert (done.code, done.data["sent"]) == (1, 1)
        assert any("provider's own mail" in problem["message"] for problem in done.data["problems"])
        assert taken(server) == [("ap@b.example",)]


def test_a_confirmation_crosses_the_wire_once_in_the_thread_of_the_last_reminder(replay: Replay) -> None:
    with SmtpServer() as server:
        start(replay, server)
        (first,) = run(replay, "2026-03-09").data["reminders"]
        replay.do("dispute", "F1", "--reason", "deux portes manquent", "--confirm")
        for day in ("2026-03-10", "2026-03-10", "2026-03-11"):
            run(replay, day)
        assert taken(server) == [("ap@a.example",), ("ap@a.example",)]
        head = server.accepted[1].content.split(b"\r\n\r\n", 1)[0].decode("ascii").replace("\r\n ", " ")
        assert f"In-Reply-To: {first['message_id']}" in head


def test_a_confirmation_whose_answer_was_lost_is_never_sent_again_by_itself(replay: Replay) -> None:
    with SmtpServer(faults=[misbehave(Act.ACCEPT_RESET, Step.DOT, times=1)]) as server:
        start(replay, server)
        replay.do("dispute", "F1", "--confirm")
        assert states(run(replay, "2026-03-03")) == [("confirmation", "uncertain")]
        for day in ("2026-03-04", "2026-03-09", "2026-03-18"):
            assert run(replay, day).data["sent"] == 0
        assert len(taken(server)) == 1
