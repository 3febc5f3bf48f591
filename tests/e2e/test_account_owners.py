"""Account owners first, day by day: F1 is due Mon 2 Mar 2026, so its first level leaves on Mon 9 Mar (+5 is Sat 7).

Its owner is told two sending days before: on Thu 5 Mar. The second level (+15) follows on Wed 18 Mar, told on Mon 16.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from tests.e2e.replay import company, invoice, plan, text_of
from tests.fakes.smtp_server import Act, SmtpServer, Step, answer, misbehave

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.e2e.replay import Replay, Row

OWNER = "anne@cabinet.example"
DUE = "2026-03-02"


def start(replay: Replay, *rows: Row, on: str = "2026-03-03", **settings: Any) -> None:
    replay.configure(company(account_owner={"days_before": 2}, **settings))
    replay.books(*(rows or (invoice("F1", "A", due=DUE, total="1200.00"),)))
    # Only what may reach customers has a backlog to accept.
    if settings.get("mode", "auto") in {"auto", "approve"}:
        replay.accept(on)
    else:
        replay.run(on)
    replay.do("customer", "A", "--set", "owner=Anne Roux", "--set", f"owner_email={OWNER}")


def digests(replay: Replay, outbox: str = "outbox") -> list[EmailMessage]:
    return [mail for mail in replay.read_mails(outbox) if OWNER in str(mail["To"])]


def test_the_owner_is_told_two_sending_days_before_each_level_and_the_plan_keeps_its_days(replay: Replay) -> None:
    start(replay, invoice("F1", "A", due=DUE, total="1200.00"), invoice("F2", "B", due=DUE, total="50.00"))
    replay.daily("2026-03-03", "2026-03-20", times=2)
    assert replay.sent == [
        "2026-03-05  digest: F1 first: 1200.00 EUR",
        "2026-03-09 A first: F1 first: 1200.00 EUR",
        "2026-03-09 B first: F2 first: 50.00 EUR",
        "2026-03-16  digest: F1 second: 1200.00 EUR",
        "2026-03-18 A second: F1 second: 1200.00 EUR",
        "2026-03-18 B second: F2 second: 50.00 EUR",
    ]
    assert {str(mail["To"]) for mail in digests(replay)} == {f"Anne Roux <{OWNER}>"}
    assert all(mail["In-Reply-To"] is None and mail["Cc"] is None for mail in digests(replay))


def test_the_digest_names_what_leaves_and_its_commands_do_what_they_say(replay: Replay) -> None:
    start(replay)
    replay.daily("2026-03-03", "2026-03-05")
    (mail,) = digests(replay)
    text = text_of(mail)
    for words in ("Client A", "F1", "1\u202f200,00\xa0€", "9 mars 2026", "échue le 2 mars 2026"):
        assert words in text
    (hold,) = [line.strip() for line in text.splitlines() if line.strip().startswith("relance") and " hold " in line]
    assert hold == "relance --company dupont hold F1 --until 2026-03-16"
    replay.do(*shlex.split(hold)[1:])
    replay.daily("2026-03-06", "2026-03-16")
    assert len(replay.sent) == 1
    # The hold ends on Mon 16; the owner knew of this level since the 5th.
    replay.run("2026-03-17")
    assert replay.sent[1:] == ["2026-03-17 A first: F1 first: 1200.00 EUR"]


def test_a_missed_run_never_means_a_mail_without_notice(replay: Replay) -> None:
    # Nothing runs from Wed 4 to Mon 9 Mar: the owner is told on the 9th, and the first level leaves on Wed 11.
    start(replay)
    replay.daily("2026-03-03", "2026-03-03")
    decision = replay.decision("2026-03-09", "F1")
    assert (decision["reason"], decision["until"]) == ("interval", "2026-03-10")
    assert "Anne Roux" in decision["explanation"]
    replay.daily("2026-03-09", "2026-03-12")
    assert replay.sent == [
        "2026-03-09  digest: F1 first: 1200.00 EUR",
        "2026-03-11 A first: F1 first: 1200.00 EUR",
    ]


def test_another_owner_is_told_anew(replay: Replay) -> None:
    start(replay)
    replay.daily("2026-03-03", "2026-03-06")
    replay.do("customer", "A", "--set", "owner=Bob", "--set", "owner_email=bob@cabinet.example")
    replay.daily("2026-03-09", "2026-03-11")
    assert replay.sent == [
        "2026-03-05  digest: F1 first: 1200.00 EUR",
        "2026-03-09  digest: F1 first: 1200.00 EUR",
        "2026-03-11 A first: F1 first: 1200.00 EUR",
    ]


def test_what_is_paid_before_it_leaves_is_not_told_of_again_and_does_not_leave(replay: Replay) -> None:
    start(replay)
    replay.daily("2026-03-03", "2026-03-05")
    replay.balance("F1", "0.00")
    replay.daily("2026-03-06", "2026-03-20")
    assert replay.sent == ["2026-03-05  digest: F1 first: 1200.00 EUR"]


def test_in_mode_redirect_the_digest_is_a_test_and_tells_no_real_owner(replay: Replay) -> None:
    start(replay, mode="redirect", redirect_to="essai@cabinet.example")
    replay.daily("2026-03-03", "2026-03-09")
    assert len(replay.sent) == 2
    mails = replay.read_mails()
    assert {str(mail["To"]) for mail in mails} == {"essai@cabinet.example"}
    assert all(str(mail["Subject"]).startswith("[TEST") for mail in mails)
    # What a test told nobody counts for nothing once mails are real.
    replay.configure(company(account_owner={"days_before": 2}))
    replay.do("accept", "dupont", "--backlog")
    assert replay.why("2026-03-10", "F1") == "interval"


def test_in_mode_approve_the_digest_needs_no_approval_and_the_reminder_does(replay: Replay) -> None:
    start(replay, mode="approve")
    replay.daily("2026-03-03", "2026-03-09")
    assert replay.sent == ["2026-03-05  digest: F1 first: 1200.00 EUR"]
    assert replay.waiting == ["2026-03-09 A first: F1 first: 1200.00 EUR"]
    replay.do("approve", "--all")
    replay.run("2026-03-10")
    assert replay.sent[1:] == ["2026-03-10 A first: F1 first: 1200.00 EUR"]


def test_in_mode_preview_nobody_is_told(replay: Replay) -> None:
    start(replay, mode="preview")
    replay.daily("2026-03-03", "2026-03-09")
    assert replay.sent == []
    assert replay.mails() == []


def test_who_takes_a_reminder_over_has_contacted_the_customer_and_the_next_level_waits(replay: Replay) -> None:
    # Told on Thu 5 Mar, the owner calls on Fri 6: nothing leaves on the 9th. The level's own time runs until Sat 14,
    # moved to Mon 16; the second level (+15) comes on Tue 17, told on Fri 13.
    start(replay)
    replay.daily("2026-03-03", "2026-03-05")
    done = replay.do("take", "F1", "--on", "2026-03-06", "--note", "règle lundi", "--json")
    assert (done.data["reminders"][0]["level"], done.data["reminders"][0]["channel"]) == ("first", "call")
    replay.daily("2026-03-06", "2026-03-18")
    assert replay.sent[1:] == [
        "2026-03-13  digest: F1 second: 1200.00 EUR",
        "2026-03-17 A second: F1 second: 1200.00 EUR",
    ]
    history = replay.do("explain", "F1", "--json").data["history"]
    (taken,) = [entry for entry in history if entry["kind"] == "reminder_taken"]
    assert taken["detail"]["note"] == "règle lundi"
    assert taken["author"]


def test_the_next_level_waits_until_the_day_that_was_named(replay: Replay) -> None:
    start(replay)
    replay.daily("2026-03-03", "2026-03-05")
    replay.do("take", "--customer", "A", "--on", "2026-03-06", "--until", "2026-03-31")
    decision = replay.decision("2026-03-20", "F1")
    assert (decision["reason"], decision["until"]) == ("deadline_running", "2026-03-31")
    assert "a pris ce client en charge le 6 mars 2026" in decision["explanation"]
    replay.daily("2026-03-06", "2026-04-01")
    assert [line for line in replay.sent if "digest" not in line] == ["2026-04-01 A second: F1 second: 1200.00 EUR"]


def test_a_reminder_that_waits_for_approval_ends_when_it_is_taken_over(replay: Replay) -> None:
    start(replay, mode="approve")
    replay.daily("2026-03-03", "2026-03-09")
    replay.do("take", "F1", "--on", "2026-03-09")
    assert replay.run("2026-03-10").data["awaiting_approval"] == 0
    assert replay.run("2026-03-11").data["sent"] == 0


def test_what_has_reached_no_level_cannot_be_taken_over(replay: Replay) -> None:
    start(replay)
    done = replay.command("take", "F1", "--on", "2026-03-03")
    assert done.code == 2
    assert "no level after the due date has come" in done.err
    assert replay.command("take", "F1", "--customer", "A").code == 2
    assert replay.command("take", "F1", "--on", "2026-03-09", "--until", "2026-03-08").code == 2


def over(server: SmtpServer) -> dict[str, Any]:
    smtp = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    return company(account_owner={"days_before": 2}, mail={"from": "Compta <compta@dupont.example>", "smtp": smtp})


def begin(replay: Replay, server: SmtpServer) -> None:
    replay.configure(over(server))
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.command("run", "--today", "2026-03-03", "--json")
    replay.do("accept", "dupont", "--backlog")
    replay.do("customer", "A", "--set", f"owner_email={OWNER}")


def states(replay: Replay, day: str) -> list[tuple[str, str]]:
    done = replay.command("run", "--today", day, "--json")
    assert done.data is not None, done.err
    return [(one["level"], one["state"]) for one in done.data["reminders"]]


def test_a_digest_of_unknown_outcome_is_not_sent_again_and_holds_the_reminder_until_a_person_says_so(
    replay: Replay,
) -> None:
    with SmtpServer(faults=[misbehave(Act.ACCEPT_RESET, Step.DOT, times=1)]) as server:
        begin(replay, server)
        assert states(replay, "2026-03-05") == [("digest", "uncertain")]
        for day in ("2026-03-06", "2026-03-09", "2026-03-10"):
            assert ("digest", "sent") not in states(replay, day)
        (stuck,) = replay.command("run", "--today", "2026-03-11", "--json").data["reminders"]
        replay.do("resolve", stuck["id"], "sent")
        assert states(replay, "2026-03-12") == [("first", "sent")]
        server.settle()
        assert [message.recipients for message in server.accepted] == [(OWNER,), ("ap@a.example",)]


def test_an_owner_whose_address_is_refused_holds_the_reminder_until_a_person_acts(replay: Replay) -> None:
    with SmtpServer(faults=[answer(Step.RCPT, "550 no such user", match=OWNER)]) as server:
        begin(replay, server)
        assert states(replay, "2026-03-05") == [("digest", "failed")]
        assert states(replay, "2026-03-09") == []
        assert replay.why("2026-03-09", "F1") == "interval"
        replay.do("customer", "A", "--set", "owner_email=")
        assert states(replay, "2026-03-10") == [("first", "sent")]
        server.settle()
        assert [message.recipients for message in server.accepted] == [("ap@a.example",)]


def test_a_customers_slower_pace_moves_the_levels_until_its_end_which_is_told_once(replay: Replay) -> None:
    # +5 and seven days more: Sat 14, so Mon 16 Mar, printing Tue 24. The pace ends on Fri 20: the second (+15: Tue 17,
    # with the pace Sat 21 at the latest) waits for the deadline: Wed 25 Mar, printing Thu 2 Apr; third Fri 3 Apr.
    replay.configure(company(), plans={"standard": plan()})
    replay.books(invoice("F1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-03")
    assert replay.command("customer", "A", "--set", "pace=+7").code == 2
    replay.do("customer", "A", "--set", "pace=+7", "--set", "pace_until=2026-03-20")
    assert "7 jours de plus" in replay.decision("2026-03-09", "F1")["explanation"]
    replay.daily("2026-03-03", "2026-04-03", times=1)
    assert replay.sent == [
        "2026-03-16 A first: F1 first: 1200.00 EUR",
        "2026-03-25 A second: F1 second: 1200.00 EUR",
        "2026-04-03 A third: F1 third: 1200.00 EUR",
    ]
    (task,) = replay.do("tasks", "--json").data["tasks"]
    assert (task["kind"], task["customer_id"]) == ("pace_ended", "A")
    replay.do("tasks", "--done", task["key"])
    replay.run("2026-04-06")
    assert replay.do("tasks", "--json").data["tasks"] == []
