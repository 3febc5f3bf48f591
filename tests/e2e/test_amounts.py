"""What is asked: credit, receipts, small balances, currencies. All due dates Mon 2 Mar 2026 unless told otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.replay import credit, invoice

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

DUE = "2026-03-02"  # a Monday: -5 is Wed 25 Feb; +5 is Sat 7, so Mon 9 Mar, printing Tue 17; +15 then Wed 18 Mar


def test_a_credit_note_reduces_the_invoice_that_it_names(replay: Replay) -> None:
    # N1 1000 and N2 400 are due together; the credit note names N2, not the first in line: N2 is covered, N1 asked whole.
    replay.books(
        invoice("N1", "E", due=DUE, total="1000.00"),
        invoice("N2", "E", due=DUE, total="400.00"),
        credit("AV1", "E", on="2026-02-10", amount="-400.00", reference="N2"),
    )
    replay.accept("2026-02-24")
    replay.near("2026-02-25", "2026-03-09")
    assert replay.sent == [
        "2026-02-25 E pre_due: N1 pre_due: 1000.00 EUR",
        "2026-03-09 E first: N1 first: 1000.00 EUR",
    ]
    assert replay.why("2026-03-09", "N2") == "covered_by_credit"


def test_a_free_credit_note_covers_the_oldest_due_date_first(replay: Replay) -> None:
    # 1200 of credit: P1 (1000, due 2 Mar) is covered whole, P2 (500, due Fri 20 Mar) for 200. Only P2 is asked, for 300:
    # -5 is Sun 15, Mon 16 Mar; +5 is Wed 25 Mar, printing Thu 2 Apr; +15 is Sat 4 Apr, and Mon 6 is Easter Monday: Tue 7.
    replay.books(
        invoice("P1", "F", due=DUE, total="1000.00"),
        invoice("P2", "F", due="2026-03-20", total="500.00"),
        credit("AV1", "F", on="2026-02-10", amount="-1200.00"),
    )
    replay.accept("2026-02-24")
    replay.near("2026-02-25", "2026-03-09", "2026-03-16", "2026-03-25", "2026-04-04", "2026-04-07")
    assert replay.sent == [
        "2026-03-16 F pre_due: P2 pre_due: 300.00 EUR",
        "2026-03-25 F first: P2 first: 300.00 EUR",
        "2026-04-07 F second: P2 second: 300.00 EUR",
    ]
    assert replay.why("2026-04-08", "P1") == "covered_by_credit"


def test_a_customer_in_credit_is_never_written_to(replay: Replay) -> None:
    replay.books(invoice("P1", "G", due=DUE, total="1000.00"), credit("AV1", "G", on="2026-02-10", amount="-1000.01"))
    replay.accept("2026-02-24")
    replay.near("2026-02-25", "2026-03-09", "2026-03-18", "2026-04-01", "2026-04-20")
    assert not replay.sent
    assert not replay.waiting
    assert replay.why("2026-03-09", "P1") == "covered_by_credit"


def test_a_receipt_that_nobody_allocated_and_that_covers_all_is_a_task_not_a_reminder(replay: Replay) -> None:
    # The customer has paid; only the books do not know for what. Once it is allocated the rest of life goes on: U2 is
    # another invoice, due Fri 20 Mar, first asked (+5) on Wed 25 Mar.
    replay.books(
        invoice("U1", "H", due=DUE, total="1000.00"),
        credit("VIR1", "H", on="2026-02-20", amount="-1000.00", kind="payment"),
    )
    replay.accept("2026-02-24")
    replay.near("2026-02-25", "2026-03-09", "2026-03-18")
    assert not replay.sent
    assert replay.why("2026-03-09", "U1") == "payment_to_allocate"
    replay.balance("U1", "0.00")
    replay.balance("VIR1", "0.00")
    replay.books(*replay.rows, invoice("U2", "H", due="2026-03-20", total="80.00", issued="2026-03-10"))
    replay.near("2026-03-25")
    assert replay.sent == ["2026-03-25 H first: U2 first: 80.00 EUR"]


def test_a_balance_under_the_minimum_is_not_asked_and_one_at_the_minimum_is(replay: Replay) -> None:
    # The minimum is 5.00. J1 (4.99) is never asked. K1 and K2 (3.20 and 1.80, both due) make 5.00 together: asked.
    # L1 is paid down to 2.00 after its first reminder: the chase stops there.
    replay.books(
        invoice("J1", "J", due=DUE, total="4.99"),
        invoice("K1", "K", due=DUE, total="3.20"),
        invoice("K2", "K", due=DUE, total="1.80"),
        invoice("L1", "L", due=DUE, total="500.00"),
    )
    replay.accept("2026-03-02")
    replay.near("2026-03-09")
    replay.balance("L1", "2.00")
    replay.near("2026-03-18", "2026-04-01")
    assert sorted(replay.sent) == [
        "2026-03-09 K first: K1 first, K2 first: 5.00 EUR",
        "2026-03-09 L first: L1 first: 500.00 EUR",
        "2026-03-18 K second: K1 second, K2 second: 5.00 EUR",
        "2026-04-01 K third: K1 third, K2 third: 5.00 EUR",
    ]
    assert replay.why("2026-04-02", "L1") == "below_minimum"
    assert replay.why("2026-04-02", "J1") == "below_minimum"


def test_two_currencies_share_a_notice_and_nothing_else(replay: Replay) -> None:
    # W1 in EUR and W2 in USD leave together, one total each. The credit in USD covers W2 for 100, and never W1.
    # W3 is 3.00 GBP: under the minimum in its own currency, whatever the others add up to.
    # W4, USD, due Thu 5 Mar: +5 is Tue 10 Mar; the gap from Mon 9 ends on Sat 14: Mon 16. The gap knows no currency.
    replay.books(
        invoice("W1", "M", due=DUE, total="1000.00"),
        invoice("W2", "M", due=DUE, total="500.00", currency="USD"),
        invoice("W3", "M", due=DUE, total="3.00", currency="GBP"),
        invoice("W4", "M", due="2026-03-05", total="60.00", currency="USD"),
        credit("AV1", "M", on="2026-02-10", amount="-100.00", currency="USD"),
    )
    replay.accept("2026-03-02")
    replay.near("2026-03-09", "2026-03-16")
    assert replay.sent == [
        "2026-03-09 M first: W1 first, W2 first: 1000.00 EUR, 400.00 USD",
        "2026-03-16 M first: W4 first: 60.00 USD",
    ]


def test_a_formal_notice_waits_while_credit_is_unallocated(replay: Replay) -> None:
    # Due 2 Mar: first Mon 9 (Tue 17), second Wed 18 (Thu 26), third Wed 1 Apr (Thu 9). Formal, +45: Thu 16 Apr, but a
    # credit of 10 is open: it waits until the books have allocated it, on Mon 20 Apr.
    replay.books(invoice("B1", "N", due=DUE, total="900.00"), credit("AV1", "N", on="2026-02-10", amount="-10.00"))
    replay.accept("2026-03-02")
    replay.near("2026-03-09", "2026-03-18", "2026-04-01", "2026-04-16")
    assert [line.split()[0] for line in replay.sent] == ["2026-03-09", "2026-03-18", "2026-04-01"]
    assert all(line.endswith(": 890.00 EUR") for line in replay.sent)
    assert not replay.waiting
    replay.balance("AV1", "0.00")
    replay.balance("B1", "890.00")
    replay.near("2026-04-21")
    assert replay.waiting == ["2026-04-20 N formal: B1 formal: 890.00 EUR"]
