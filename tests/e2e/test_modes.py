"""What a company's mode lets leave, and what keeps companies apart. Due dates are Mon 2 Mar 2026 unless told."""

from __future__ import annotations

import os
from email.utils import getaddresses
from typing import TYPE_CHECKING

from tests.e2e.replay import company, day_after, invoice

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

DUE = "2026-03-02"  # -5: Wed 25 Feb; +5 is Sat 7: first on Mon 9 Mar


def test_preview_shows_everything_sends_nothing_and_consumes_no_level(replay: Replay) -> None:
    replay.configure(company(mode="preview"))
    replay.books(invoice("P1", "A", due=DUE, total="99.00"))
    for day in ("2026-03-09", "2026-03-10"):
        data = replay.run(day).data
        assert data["reminders"] == []
        assert [(n["level"], n["totals"]) for n in data["notices"]] == [("first", {"EUR": "99.00"})]
    assert not replay.mails()
    # The next day a person turns it on: the first level leaves then, as if nothing had been.
    replay.configure(company(mode="auto"))
    replay.accept("2026-03-11")
    replay.run("2026-03-11")
    assert replay.sent == ["2026-03-11 A first: P1 first: 99.00 EUR"]


def test_mode_off_decides_nothing_to_send(replay: Replay) -> None:
    replay.configure(company(mode="off"))
    replay.books(invoice("P1", "A", due=DUE, total="99.00"))
    replay.near("2026-03-09")
    assert not replay.mails()
    assert replay.why("2026-03-10", "P1") == "mode_off"


def test_redirect_writes_only_to_the_address_given_and_consumes_no_level(replay: Replay) -> None:
    replay.configure(company(mode="redirect", redirect_to="essai@dupont.example"))
    replay.books(invoice("P1", "A", due=DUE, total="99.00"))
    for day in ("2026-02-25", "2026-02-26"):
        assert replay.command("run", "--today", day, "--json").data is not None
    rehearsed = replay.read_mails()
    assert rehearsed
    for mail in rehearsed:
        headers = [str(value) for name in ("To", "Cc", "Bcc") for value in mail.get_all(name, [])]
        assert [address for _, address in getaddresses(headers)] == ["essai@dupont.example"]
    # In earnest: -5 has not been used up by the rehearsal, and the rehearsal was no contact. Still before the due date.
    replay.configure(company(mode="auto"))
    assert replay.command("run", "--today", "2026-02-26", "--json").code == 1
    replay.do("accept", "dupont", "--backlog")
    for day in ("2026-02-26", "2026-03-09"):
        data = replay.command("run", "--today", day, "--json").data
        assert [r["state"] for r in data["reminders"] if r["state"] != "cancelled"] == ["sent"]
    earnest = [mail for mail in replay.read_mails() if "ap@a.example" in str(mail["To"])]
    assert len(earnest) == 2
    assert len(replay.mails()) == len(rehearsed) + 2


def test_two_companies_with_the_same_customers_and_numbers_stay_apart(replay: Replay) -> None:
    # Alpha's F1 is due Mon 2 Mar (-5: Wed 25 Feb), beta's F1 Wed 4 Mar (-5: Fri 27 Feb, inside alpha's gap). Both first
    # levels fall on Mon 9 Mar (+5 is Sat 7, Mon 9). Beta's customer A is held after that: alpha's second still leaves on
    # Wed 18 Mar.
    replay.configure(
        company(
            "alpha",
            books={"provider": "csv", "invoices": "a.csv"},
            mail={"from": "a@alpha.example", "maildir": "out-a/"},
        ),
        company(
            "beta", books={"provider": "csv", "invoices": "b.csv"}, mail={"from": "b@beta.example", "maildir": "out-b/"}
        ),
    )
    replay.books(
        invoice("F1", "A", due=DUE, total="100.00", file="a.csv"),
        invoice("F1", "A", due="2026-03-04", total="70.00", file="b.csv"),
    )
    assert replay.command("sync", "--json").code in {0, 1}
    replay.do("accept", "alpha", "--backlog")
    replay.do("accept", "beta", "--backlog")

    def live(first: str, last: str) -> list[tuple[str, int, int]]:
        left, day = [], first
        while day <= last:
            before = len(replay.mails("out-a")), len(replay.mails("out-b"))
            assert replay.command("run", "--today", day, "--json").data is not None
            new = len(replay.mails("out-a")) - before[0], len(replay.mails("out-b")) - before[1]
            if any(new):
                left.append((day, *new))
            day = day_after(day)
        return left

    assert live("2026-02-23", "2026-03-10") == [("2026-02-25", 1, 0), ("2026-02-27", 0, 1), ("2026-03-09", 1, 1)]
    replay.do("--company", "beta", "hold", "--customer", "A")
    assert live("2026-03-16", "2026-03-20") == [("2026-03-18", 1, 0)]
    assert {str(mail["From"]) for mail in replay.read_mails("out-a")} == {"a@alpha.example"}
    assert {str(mail["From"]) for mail in replay.read_mails("out-b")} == {"b@beta.example"}
    items = replay.do("items", "--json").data["items"]
    assert sorted((i["company"], i["customer_id"], i["balance"]) for i in items) == [
        ("alpha", "A", "100.00"),
        ("beta", "A", "70.00"),
    ]


def test_books_that_are_too_old_send_nothing(replay: Replay) -> None:
    # A CSV is as old as its file, by the real clock: the day that the command is told does not make it fresher.
    replay.books(invoice("S1", "A", due=DUE, total="99.00"))
    replay.accept("2026-03-02")
    file = replay.folder / "invoices.csv"
    os.utime(file, (file.stat().st_mtime - 6 * 86_400,) * 2)
    replay.near("2026-03-09")
    assert not replay.sent
    assert replay.why("2026-03-10", "S1") == "stale_books"
    replay.books(*replay.rows)
    replay.run("2026-03-11")
    assert replay.sent == ["2026-03-11 A first: S1 first: 99.00 EUR"]
