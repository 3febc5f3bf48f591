"""What people say: accept, hold, dispute, promise, approve, do not contact. Due dates are Mon 2 Mar 2026 unless told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.replay import company, invoice, plan, text_of

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

DUE = "2026-03-02"  # +5 is Sat 7: first on Mon 9 Mar, printing Tue 17; second Wed 18 (Thu 26); third Wed 1 Apr (Thu 9)
THE_PROMISED_DAY = re.compile(r"20\s+mars|20/03/2026")


def test_an_accepted_backlog_starts_at_the_first_level_after_the_due_date(replay: Replay) -> None:
    # On Wed 1 Apr 2026: B1 is 76 days late, B2 212 days (over 180: for a person), B3 due Mon 20 Apr is not late.
    # Nothing before accept. B1 first on 1 Apr, printing Thu 9; second Fri 10, printing Sat 18, Mon 20; third Tue 21.
    # B3 -5: Wed 15 Apr. B2 is released on 10 Apr and starts at the first level too.
    replay.books(
        invoice("B1", "A", due="2026-01-15", total="10.00"),
        invoice("B2", "B", due="2025-09-01", total="20.00"),
        invoice("B3", "C", due="2026-04-20", total="30.00"),
    )
    assert replay.run("2026-04-01").code == 1
    assert not replay.sent
    assert replay.why("2026-04-01", "B1") == "backlog_not_accepted"
    replay.accept("2026-04-01")
    for day in ("2026-04-01", "2026-04-02", "2026-04-09"):
        replay.run(day)
    assert replay.why("2026-04-09", "B2") == "too_old"
    replay.do("release", "B2")
    for day in ("2026-04-10", "2026-04-15", "2026-04-20", "2026-04-21"):
        replay.run(day)
    assert sorted(replay.sent) == [
        "2026-04-01 A first: B1 first: 10.00 EUR",
        "2026-04-10 A second: B1 second: 10.00 EUR",
        "2026-04-10 B first: B2 first: 20.00 EUR",
        "2026-04-15 C pre_due: B3 pre_due: 30.00 EUR",
        "2026-04-21 A third: B1 third: 10.00 EUR",
        "2026-04-21 B second: B2 second: 20.00 EUR",
    ]


def test_levels_that_an_earlier_tool_sent_are_not_sent_again(replay: Replay) -> None:
    # 76 days late and reminded once by an earlier tool: the second level is next, at once; then Fri 10 Apr (9 + 1).
    replay.books(invoice("B1", "A", due="2026-01-15", total="10.00"))
    replay.accept("2026-04-01", "--sent", "first")
    replay.daily("2026-04-01", "2026-04-13")
    assert replay.sent == ["2026-04-01 A second: B1 second: 10.00 EUR", "2026-04-10 A third: B1 third: 10.00 EUR"]


def test_a_dispute_on_one_of_two_leaves_the_other_in_chase(replay: Replay) -> None:
    # Both due Wed 2 Sep 2026. -5: Fri 28 Aug; +5: Mon 7 Sep, printing Tue 15. D1 is disputed on 10 Sep: +15 (Thu 17 Sep)
    # asks for D2 alone, printing Fri 25, and does not list D1. Released on Mon 21: D1's own second waits for the gap
    # (17 + 5): Tue 22, printing Wed 30. Both thirds (+30) leave together on Fri 2 Oct.
    replay.books(
        invoice("D1", "K", due="2026-09-02", total="600.00"), invoice("D2", "K", due="2026-09-02", total="250.00")
    )
    replay.accept("2026-08-17")
    replay.daily("2026-08-26", "2026-09-09")
    assert replay.do("dispute", "D1", "--reason", "quantity", "--json").data["changed"]
    replay.daily("2026-09-10", "2026-09-16")
    (notice,) = replay.run("2026-09-17").data["notices"]
    assert notice["also_open"] == []
    assert replay.why("2026-09-17", "D1") == "dispute"
    replay.daily("2026-09-18", "2026-09-20")
    assert replay.do("release", "D1", "--json").data["changed"]
    replay.daily("2026-09-21", "2026-10-05")
    assert replay.sent == [
        "2026-08-28 K pre_due: D1 pre_due, D2 pre_due: 850.00 EUR",
        "2026-09-07 K first: D1 first, D2 first: 850.00 EUR",
        "2026-09-17 K second: D2 second: 250.00 EUR",
        "2026-09-22 K second: D1 second: 600.00 EUR",
        "2026-10-02 K third: D1 third, D2 third: 850.00 EUR",
    ]


def test_a_hold_ends_after_its_last_day(replay: Replay) -> None:
    # Held until Wed 11 Mar, which is included: the first level leaves on Thu 12 instead of Mon 9.
    replay.books(invoice("H1", "A", due=DUE, total="75.00"))
    replay.accept("2026-03-02")
    replay.do("hold", "H1", "--until", "2026-03-11", "--reason", "we owe an answer")
    replay.near("2026-03-09", "2026-03-11")
    assert replay.sent == ["2026-03-12 A first: H1 first: 75.00 EUR"]


def test_a_hold_on_a_customer_stops_all_its_items_until_released(replay: Replay) -> None:
    replay.books(
        invoice("H1", "A", due=DUE, total="75.00"),
        invoice("H2", "A", due=DUE, total="25.00"),
        invoice("H3", "B", due=DUE, total="30.00"),
    )
    replay.accept("2026-03-02")
    assert replay.do("hold", "--customer", "A", "--reason", "new contact", "--json").data["changed"]
    replay.near("2026-03-09")
    assert replay.sent == ["2026-03-09 B first: H3 first: 30.00 EUR"]
    assert replay.do("release", "--customer", "A", "--json").data["changed"]
    replay.run("2026-03-11")
    assert replay.sent[1:] == ["2026-03-11 A first: H1 first, H2 first: 100.00 EUR"]


def test_a_customer_that_must_not_be_contacted_is_not(replay: Replay) -> None:
    replay.books(invoice("H1", "A", due=DUE, total="75.00"))
    replay.accept("2026-03-02")
    replay.do("customer", "A", "--set", "do_not_contact=true")
    replay.near("2026-03-09")
    assert not replay.sent
    assert replay.why("2026-03-10", "H1") == "do_not_contact"
    replay.do("customer", "A", "--set", "do_not_contact=false")
    replay.run("2026-03-11")
    assert replay.sent == ["2026-03-11 A first: H1 first: 75.00 EUR"]


def test_a_broken_promise_resumes_at_the_next_level_and_says_so(replay: Replay) -> None:
    # First on Mon 9 Mar. On 11 Mar the customer promises Fri 20: the second, else due on Wed 18, waits. Two working days
    # after the 20th is Tue 24; the first run after it, on Wed 25, finds the promise broken: 600 of 1200 had come in.
    replay.books(invoice("Q1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    assert replay.do("promise", "Q1", "--on", "2026-03-20", "--json").data["changed"]
    replay.daily("2026-03-11", "2026-03-19")
    assert replay.why("2026-03-19", "Q1") == "promise"
    replay.balance("Q1", "600.00")
    replay.daily("2026-03-20", "2026-03-26")
    assert replay.sent == ["2026-03-09 A first: Q1 first: 1200.00 EUR", "2026-03-25 A second: Q1 second: 600.00 EUR"]
    assert sum(1 for mail in replay.read_mails() if THE_PROMISED_DAY.search(text_of(mail))) == 1


def test_a_promise_kept_in_part_as_promised_goes_on_without_reproach(replay: Replay) -> None:
    # 700 of 1200 promised for Fri 20 Mar, 699.50 come in: within the tolerance of 1.00, kept. The rest is asked for at
    # the next level on Wed 25 Mar, and the mail does not speak of the promise.
    replay.books(invoice("Q1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    replay.do("promise", "Q1", "--on", "2026-03-20", "--amount", "700.00")
    replay.daily("2026-03-11", "2026-03-19")
    replay.balance("Q1", "500.50")
    replay.daily("2026-03-20", "2026-03-26")
    assert replay.sent == ["2026-03-09 A first: Q1 first: 1200.00 EUR", "2026-03-25 A second: Q1 second: 500.50 EUR"]
    assert not [mail for mail in replay.read_mails() if THE_PROMISED_DAY.search(text_of(mail))]


def test_a_promise_kept_whole_is_thanked(replay: Replay) -> None:
    replay.configure(plans={"standard": plan(thank_you=True)})
    replay.books(invoice("Q1", "A", due=DUE, total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    replay.do("promise", "Q1", "--on", "2026-03-20")
    replay.balance("Q1", "0.00")
    replay.daily("2026-03-20", "2026-03-27")
    assert replay.sent == ["2026-03-09 A first: Q1 first: 1200.00 EUR"]
    assert replay.thanked == ["2026-03-20 A"]


def test_in_mode_approve_nothing_leaves_before_a_person_releases_it(replay: Replay) -> None:
    # First on Mon 9 Mar waits; released on Tue 10, it leaves with the next run, that day, and prints Wed 18. The second
    # comes up on Thu 19 and waits in its turn.
    replay.configure(company(mode="approve"))
    replay.books(invoice("A1", "A", due=DUE, total="150.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    assert not replay.sent
    assert replay.waiting == ["2026-03-09 A first: A1 first: 150.00 EUR"]
    assert replay.why("2026-03-10", "A1") == "awaiting_approval"
    replay.do("approve", "--all")
    replay.run("2026-03-10")
    replay.near("2026-03-19")
    assert replay.sent == ["2026-03-10 A first: A1 first: 150.00 EUR"]
    assert replay.waiting[1:] == ["2026-03-19 A second: A1 second: 150.00 EUR"]


def test_what_was_paid_before_it_was_approved_never_leaves(replay: Replay) -> None:
    replay.configure(company(mode="approve"))
    replay.books(invoice("A1", "A", due=DUE, total="150.00"))
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    replay.do("approve", "--all")
    replay.balance("A1", "0.00")
    replay.near("2026-03-10")
    assert not replay.sent


def test_an_approval_lapses_after_fifteen_days_and_is_asked_again(replay: Replay) -> None:
    # Waiting since Mon 9 Mar; 300 of 400 come in on 20 Mar. On Thu 26 Mar the old one has lapsed: approving it is no
    # longer possible, the new one asks for 100, still at the first level.
    replay.configure(company(mode="approve"))
    replay.books(invoice("A1", "A", due=DUE, total="400.00"))
    replay.accept("2026-03-02")
    (old,) = replay.run("2026-03-09").data["reminders"]
    replay.balance("A1", "100.00")
    replay.near("2026-03-26")
    assert replay.waiting[-1].endswith(" A first: A1 first: 100.00 EUR")
    replay.command("approve", str(old["id"]))
    replay.run("2026-03-30")
    assert not replay.sent


def test_a_formal_notice_is_approved_by_a_person_and_blocks_nothing(replay: Replay) -> None:
    # Z1 due Thu 15 Jan 2026: -5 Sat 10, Mon 12; first Tue 20 (Wed 28); second Fri 30 (Sat 7, Mon 9 Feb); third: +30 is
    # Sat 14, Mon 16 Feb (Tue 24); formal: +45 is Sun 1, Mon 2 Mar, waiting for a person.
    # Z2 due Wed 4 Mar: -5 (Fri 27 Feb) is dropped, Z1 is in chase; first Mon 9 Mar (Tue 17), second Thu 19.
    replay.books(
        invoice("Z1", "A", due="2026-01-15", total="5000.00"), invoice("Z2", "A", due="2026-03-04", total="40.00")
    )
    replay.accept("2026-01-05")
    replay.near("2026-01-12", "2026-01-20", "2026-01-30", "2026-02-16", "2026-02-27", "2026-03-02", "2026-03-09")
    assert replay.waiting == ["2026-03-02 A formal: Z1 formal: 5000.00 EUR"]
    replay.near("2026-03-19")
    assert replay.sent == [
        "2026-01-12 A pre_due: Z1 pre_due: 5000.00 EUR",
        "2026-01-20 A first: Z1 first: 5000.00 EUR",
        "2026-01-30 A second: Z1 second: 5000.00 EUR",
        "2026-02-16 A third: Z1 third: 5000.00 EUR",
        "2026-03-09 A first: Z2 first: 40.00 EUR",
        "2026-03-19 A second: Z2 second: 40.00 EUR",
    ]


def test_after_an_approved_formal_notice_the_plan_is_finished(replay: Replay) -> None:
    # Formal approved on Mon 2 Mar: a letter, so a task and no mail. No level is left whatever the deadline.
    replay.books(invoice("Z1", "A", due="2026-01-15", total="5000.00"))
    replay.accept("2026-01-05")
    replay.near("2026-01-12", "2026-01-20", "2026-01-30", "2026-02-16")
    replay.run("2026-03-02")
    replay.do("approve", "--all")
    replay.near("2026-03-03", "2026-03-12", "2026-04-01")
    assert len(replay.mails()) == 4
    assert replay.why("2026-04-02", "Z1") == "plan_finished"


@pytest.mark.parametrize("how", ["handed-over", "written-off", "stopped"])
def test_a_closed_item_is_never_asked_again(replay: Replay, how: str) -> None:
    replay.books(invoice("Z1", "A", due=DUE, total="500.00"))
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    replay.do("close", "Z1", how)
    replay.near("2026-03-18", "2026-04-01")
    assert len(replay.sent) == 1
    assert replay.decision("2026-04-02", "Z1")["action"] == "hold"
