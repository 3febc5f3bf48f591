"""What is sent on which day: levels, deadlines, gap, week-ends and holidays, worked out by hand from the design."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tests.e2e.replay import company, invoice, plan

if TYPE_CHECKING:
    from tests.e2e.replay import Replay


def test_a_plain_life_with_a_payment_between_two_levels_and_a_thank_you(replay: Replay) -> None:
    # Due Wed 4 Feb 2026. -5: Fri 30 Jan. +5: Mon 9 Feb, which prints Tue 17. +15: Thu 19, which prints Fri 27.
    # 700 of 1200 come in on 24 Feb: +30 is Fri 6 Mar and asks for the rest. The rest comes on Wed 11 Mar: thanked then.
    # Two runs a day, for a while, send what one would.
    replay.configure(plans={"standard": plan(thank_you=True)})
    replay.books(invoice("F1", "A", due="2026-02-04", total="1200.00"))
    replay.accept("2026-01-19")
    replay.daily("2026-01-19", "2026-02-08")
    replay.daily("2026-02-09", "2026-02-19", times=2)
    replay.daily("2026-02-20", "2026-02-23")
    replay.balance("F1", "500.00")
    replay.daily("2026-02-24", "2026-03-10")
    assert not replay.thanked
    replay.balance("F1", "0.00")
    replay.daily("2026-03-11", "2026-03-31")
    assert replay.sent == [
        "2026-01-30 A pre_due: F1 pre_due: 1200.00 EUR",
        "2026-02-09 A first: F1 first: 1200.00 EUR",
        "2026-02-19 A second: F1 second: 1200.00 EUR",
        "2026-03-06 A third: F1 third: 500.00 EUR",
    ]
    assert replay.thanked == ["2026-03-11 A"]


def test_long_week_ends_move_the_sending_and_the_deadline_but_never_the_due_date(replay: Replay) -> None:
    # Due Sat 9 May 2026. -5: Mon 4. +5: Thu 14 is Ascension, so Fri 15 (a bridge is a working day); it prints Sat 23,
    # moved over Whit Monday (25) to Tue 26. +15: Sun 24, but the deadline must have passed: Wed 27, printing Thu 4 Jun.
    # +30: Mon 8 Jun, printing Tue 16. +45: Tue 23 Jun, for a person to approve.
    replay.books(invoice("G1", "B", due="2026-05-09", total="800.00"))
    replay.accept("2026-04-27")
    replay.daily("2026-04-27", "2026-05-13")
    assert replay.decision("2026-05-14", "G1")["action"] == "remind"
    assert replay.decision("2026-05-14", "G1")["on"] == "2026-05-15"
    replay.daily("2026-05-14", "2026-06-24")
    assert replay.sent == [
        "2026-05-04 B pre_due: G1 pre_due: 800.00 EUR",
        "2026-05-15 B first: G1 first: 800.00 EUR",
        "2026-05-27 B second: G1 second: 800.00 EUR",
        "2026-06-08 B third: G1 third: 800.00 EUR",
    ]
    assert replay.waiting == ["2026-06-23 B formal: G1 formal: 800.00 EUR"]


def test_a_closed_bridge_day_moves_the_sending_on_to_monday(replay: Replay) -> None:
    # As above, but the company is closed on Fri 15 May: the first level leaves on Mon 18 and prints Tue 26 (18 + 8).
    # The second waits for Wed 27 as before.
    replay.configure(company(closed=[{"from": date(2026, 5, 15), "to": date(2026, 5, 15)}]))
    replay.books(invoice("G1", "B", due="2026-05-09", total="800.00"))
    replay.accept("2026-05-11")
    replay.daily("2026-05-11", "2026-05-28")
    assert replay.sent == [
        "2026-05-18 B first: G1 first: 800.00 EUR",
        "2026-05-27 B second: G1 second: 800.00 EUR",
    ]


def test_two_invoices_a_few_days_apart_share_the_gap_and_keep_their_own_deadlines(replay: Replay) -> None:
    # X1 due Wed 4 Mar, X2 due Sat 7 Mar 2026. X1 -5: Fri 27 Feb. X2 -5: Mon 2 Mar, but 5 days after 27 Feb is Wed 4 Mar
    # (still before its due date). X1 +5: Mon 9 Mar = 4 + 5, prints Tue 17; X2 is listed below, not asked.
    # X2 +5: Thu 12, gap until Sat 14: Mon 16, prints Tue 24. X1 +15: Thu 19, gap from 16: Sat 21: Mon 23, prints Tue 31.
    # X2 +15: Sun 22, its deadline Tue 24, gap from 23: Sat 28: Mon 30, prints Tue 7 Apr.
    # X1 +30: Fri 3 Apr, gap from 30 Mar: Sat 4; Mon 6 is Easter Monday: Tue 7 Apr. X2 +30: Mon 6 Apr, its deadline is
    # Tue 7, gap from 7: Sun 12: Mon 13 Apr.
    replay.books(
        invoice("X1", "C", due="2026-03-04", total="400.00"), invoice("X2", "C", due="2026-03-07", total="60.00")
    )
    replay.accept("2026-02-20")
    replay.daily("2026-02-20", "2026-03-08")
    (notice,) = replay.run("2026-03-09").data["notices"]
    assert notice["also_open"] == ["X2"]
    assert notice["totals"] == {"EUR": "400.00"}
    replay.daily("2026-03-09", "2026-04-16")
    assert replay.sent == [
        "2026-02-27 C pre_due: X1 pre_due: 400.00 EUR",
        "2026-03-04 C pre_due: X2 pre_due: 60.00 EUR",
        "2026-03-09 C first: X1 first: 400.00 EUR",
        "2026-03-16 C first: X2 first: 60.00 EUR",
        "2026-03-23 C second: X1 second: 400.00 EUR",
        "2026-03-30 C second: X2 second: 60.00 EUR",
        "2026-04-07 C third: X1 third: 400.00 EUR",
        "2026-04-13 C third: X2 third: 60.00 EUR",
    ]


def test_items_at_different_levels_share_one_notice_in_the_tone_of_the_highest(replay: Replay) -> None:
    # M1 due Wed 11 Feb, M2 due Sun 8 Mar 2026. M1 -5: Fri 6 Feb; +5: Mon 16 Feb prints Tue 24; +15: Thu 26 prints
    # Fri 6 Mar; +30: Fri 13 Mar. M2 -5 would be Tue 3 Mar: dropped, M1 is being chased. M2 +5: Fri 13 Mar too: together,
    # printing Sat 21, moved to Mon 23. M1 is paid on 20 Mar; M2 +15: Mon 23, deadline passed on Tue 24 Mar, prints
    # Wed 1 Apr. M2 +30: Tue 7 Apr. M2 is paid on Thu 9 Apr: thanked for M2 alone, M1's payment is 20 days old.
    replay.configure(plans={"standard": plan(thank_you=True)})
    replay.books(
        invoice("M1", "D", due="2026-02-11", total="2000.00"), invoice("M2", "D", due="2026-03-08", total="250.00")
    )
    replay.accept("2026-02-02")
    replay.near("2026-02-06", "2026-02-16", "2026-02-26", "2026-03-03", "2026-03-09", "2026-03-13")
    replay.balance("M1", "0.00")
    replay.near("2026-03-20", "2026-03-24", "2026-04-07")
    assert not replay.thanked
    replay.balance("M2", "0.00")
    replay.near("2026-04-10")
    assert replay.sent == [
        "2026-02-06 D pre_due: M1 pre_due: 2000.00 EUR",
        "2026-02-16 D first: M1 first: 2000.00 EUR",
        "2026-02-26 D second: M1 second: 2000.00 EUR",
        "2026-03-13 D third: M1 third, M2 first: 2250.00 EUR",
        "2026-03-24 D second: M2 second: 250.00 EUR",
        "2026-04-07 D third: M2 third: 250.00 EUR",
    ]
    assert replay.thanked == ["2026-04-09 D"]


def test_a_month_without_runs_is_caught_up_level_by_level(replay: Replay) -> None:
    # Due Wed 4 Feb. -5 leaves on Fri 30 Jan; then nothing runs until Mon 16 Mar, 40 days late: +5, +15 and +30 have all
    # passed, and only the first leaves, printing Tue 24. Second on Wed 25 Mar, printing Thu 2 Apr. Third on Fri 3 Apr
    # (Good Friday is no holiday in Lyon), printing Sat 11, moved to Mon 13. Formal on Tue 14 Apr, for a person.
    replay.books(invoice("H1", "A", due="2026-02-04", total="90.00"))
    replay.accept("2026-01-29")
    replay.daily("2026-01-29", "2026-02-01")
    replay.daily("2026-03-16", "2026-04-15")
    assert replay.sent == [
        "2026-01-30 A pre_due: H1 pre_due: 90.00 EUR",
        "2026-03-16 A first: H1 first: 90.00 EUR",
        "2026-03-25 A second: H1 second: 90.00 EUR",
        "2026-04-03 A third: H1 third: 90.00 EUR",
    ]
    assert replay.waiting == ["2026-04-14 A formal: H1 formal: 90.00 EUR"]


def test_a_level_before_the_due_date_is_dropped_while_the_customer_is_in_chase(replay: Replay) -> None:
    # V1 due Mon 2 Mar: first on Mon 9 Mar. V2 due Fri 20 Mar: -5 is Sun 15, Mon 16 Mar: dropped, V1 is open and chased.
    # V1 is paid on Wed 18 Mar (its second would have left that day). V2's window is not over: Wed 18 and Thu 19 are
    # before its due date, and nothing else of the customer is in chase: it leaves on Wed 18.
    # V3 due Mon 6 Apr: -5 is Wed 1 Apr, but V2's first left on Wed 25 Mar (+5) and V2 is open: dropped until the end.
    replay.books(
        invoice("V1", "A", due="2026-03-02", total="100.00"),
        invoice("V2", "A", due="2026-03-20", total="200.00"),
        invoice("V3", "A", due="2026-04-06", total="300.00"),
    )
    replay.accept("2026-03-02")
    replay.near("2026-03-09", "2026-03-16")
    assert replay.sent == ["2026-03-09 A first: V1 first: 100.00 EUR"]
    replay.balance("V1", "0.00")
    replay.near("2026-03-19", "2026-03-25", "2026-04-01", "2026-04-04")
    assert replay.sent[1:] == [
        "2026-03-18 A pre_due: V2 pre_due: 200.00 EUR",
        "2026-03-25 A first: V2 first: 200.00 EUR",
        # V2 +15 is Sat 4 Apr; 25 Mar printed Thu 2 Apr. Mon 6 Apr is Easter Monday: nothing until Tue 7.
    ]


def test_a_postponed_due_date_never_brings_a_lower_level_back(replay: Replay) -> None:
    # Due Mon 2 Mar; Relance starts on Tue 3: first on Mon 9 Mar. On 12 Mar the books say Wed 15 Apr. Its -5 (Fri 10 Apr)
    # is dropped: the item was reminded after a due date before. +15: Thu 30 Apr, printing Fri 8 May (holiday), Mon 11.
    # +30: Fri 15 May, the day after Ascension.
    replay.books(invoice("P1", "A", due="2026-03-02", total="70.00"))
    replay.accept("2026-03-03")
    replay.near("2026-03-09")
    replay.row("P1").due = "2026-04-15"
    replay.books(*replay.rows)
    replay.near("2026-03-18", "2026-04-10", "2026-04-20", "2026-04-30", "2026-05-11", "2026-05-15")
    assert replay.sent == [
        "2026-03-09 A first: P1 first: 70.00 EUR",
        "2026-04-30 A second: P1 second: 70.00 EUR",
        "2026-05-15 A third: P1 third: 70.00 EUR",
    ]


def test_a_fresh_invoice_waits_ten_days_from_its_issue(replay: Replay) -> None:
    # Issued Mon 2 Mar, payable at once. +5 is Sat 7, Mon 9 Mar, but ten days from its issue is Thu 12 Mar.
    replay.books(invoice("Q1", "A", issued="2026-03-02", due="2026-03-02", total="45.00"))
    replay.accept("2026-03-02")
    replay.daily("2026-03-02", "2026-03-13")
    assert replay.sent == ["2026-03-12 A first: Q1 first: 45.00 EUR"]


def test_a_returned_payment_resumes_after_the_last_sent_level(replay: Replay) -> None:
    # Due Mon 2 Mar: first Mon 9, printing Tue 17; second Wed 18, printing Thu 26. Paid on 20 Mar, open again on 27 Mar:
    # the third, +30, on Wed 1 Apr.
    replay.books(invoice("R1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09", "2026-03-18")
    replay.balance("R1", "0.00")
    replay.daily("2026-03-20", "2026-03-23")
    replay.balance("R1", "1200.00")
    replay.near("2026-03-27", "2026-04-01")
    assert replay.sent == [
        "2026-03-09 A first: R1 first: 1200.00 EUR",
        "2026-03-18 A second: R1 second: 1200.00 EUR",
        "2026-04-01 A third: R1 third: 1200.00 EUR",
    ]


def test_a_returned_payment_that_was_thanked_is_held_for_a_person(replay: Replay) -> None:
    # As above, but the payment was thanked on Fri 20 Mar: nothing leaves before a person says so.
    replay.configure(plans={"standard": plan(thank_you=True)})
    replay.books(invoice("R1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09", "2026-03-18")
    replay.balance("R1", "0.00")
    replay.run("2026-03-20")
    assert replay.thanked == ["2026-03-20 A"]
    replay.balance("R1", "1200.00")
    replay.near("2026-03-27", "2026-04-01", "2026-04-08")
    assert len(replay.sent) == 2
    assert replay.decision("2026-04-09", "R1")["action"] == "hold"
    replay.do("release", "R1")
    replay.run("2026-04-10")
    assert replay.sent[2:] == ["2026-04-10 A third: R1 third: 1200.00 EUR"]


def test_a_row_that_leaves_the_file_is_held_and_never_called_paid(replay: Replay) -> None:
    # Due Mon 2 Mar: first Mon 9 Mar, printing Tue 17. The row is gone from 10 to 19 Mar: held as unseen, nobody is
    # thanked. It is back on Fri 20 Mar: the second (+15: Tue 17) leaves that day. Twelve other rows keep the file whole.
    replay.configure(plans={"standard": plan(thank_you=True)})
    others = [invoice(f"Z{n}", f"Z{n}", due="2026-12-31", total="10.00", issued="2026-02-20") for n in range(12)]
    row = invoice("U1", "A", due="2026-03-02", total="310.00")
    replay.books(row, *others)
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    replay.books(*others)
    replay.near("2026-03-11", "2026-03-18")
    assert replay.why("2026-03-19", "U1") == "unseen"
    replay.books(row, *others)
    replay.near("2026-03-21")
    assert replay.sent == ["2026-03-09 A first: U1 first: 310.00 EUR", "2026-03-20 A second: U1 second: 310.00 EUR"]
    assert not replay.thanked
