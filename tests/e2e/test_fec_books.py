"""Books kept as FEC exports: a new financial year, and books that are too old. Terms of CMARTIN: 30 days, agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.fec import Ledger
from tests.e2e.replay import company, plan

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

YEAR_1, YEAR_2 = "000000001FEC20261231.txt", "000000001FEC20271231.txt"
BOOKS = {
    "provider": "fec",
    "path": "exports/",
    "terms": {"default": "30 jours", "by_customer": {"CMARTIN": "30 jours"}},
    "contacts": "contacts.csv",
    "max_age_days": 5,
}


def install(replay: Replay) -> None:
    replay.configure(company(books=BOOKS), plans={"standard": plan(thank_you=True)})
    (replay.folder / "contacts.csv").write_text(
        "customer_id,name,email\nCMARTIN,Martin SA,ap@cmartin.example\nCDURAND,Durand SA,ap@cdurand.example\n",
        encoding="utf-8",
    )


@pytest.mark.parametrize("old_file_stays", [True, False])
def test_an_invoice_that_comes_back_as_an_opening_entry_goes_on_at_its_next_level(
    replay: Replay, *, old_file_stays: bool
) -> None:
    # FA-100 of Mon 16 Nov 2026, 30 days: due Wed 16 Dec. -5: Fri 11 Dec. +5: Mon 21 Dec, printing Tue 29. +15: Thu 31,
    # printing Fri 8 Jan 2027. From 4 Jan the new year's file opens with it (same PieceRef and PieceDate): +30 is
    # Fri 15 Jan, and no level comes twice. Paid on Tue 19 Jan: thanked.
    install(replay)
    exports = replay.folder / "exports"
    old = Ledger()
    old.sale("2026-11-16", "CMARTIN", "FA-100", "1200.00")

    def run_in_2026(*days: str) -> None:
        for day in days:
            old.bank(day)
            old.write(exports, YEAR_1)
            replay.run(day)

    old.bank("2026-12-07")
    old.write(exports, YEAR_1)
    replay.accept("2026-12-07")
    run_in_2026("2026-12-10", "2026-12-11", "2026-12-14", "2026-12-18", "2026-12-21", "2026-12-22", "2026-12-31")
    new = Ledger()
    new.opening("2027-01-01", "CMARTIN", ("FA-100", "2026-11-16"), "1200.00")
    if not old_file_stays:
        (exports / YEAR_1).unlink()
    for day in ("2027-01-04", "2027-01-08", "2027-01-11", "2027-01-14", "2027-01-15", "2027-01-18"):
        new.bank(day)
        new.write(exports, YEAR_2)
        replay.run(day)
    assert replay.do("items", "--json").data["items"][0]["number"] == "FA-100"
    assert len(replay.do("items", "--json").data["items"]) == 1
    new.receipt("2027-01-19", "CMARTIN", "1200.00", pays="FA-100")
    new.write(exports, YEAR_2)
    replay.run("2027-01-19")
    assert replay.sent == [
        "2026-12-11 CMARTIN pre_due: FA-100 pre_due: 1200.00 EUR",
        "2026-12-21 CMARTIN first: FA-100 first: 1200.00 EUR",
        "2026-12-31 CMARTIN second: FA-100 second: 1200.00 EUR",
        "2027-01-15 CMARTIN third: FA-100 third: 1200.00 EUR",
    ]
    assert replay.thanked == ["2027-01-19 CMARTIN"]


def test_books_whose_last_bank_entry_is_too_old_send_nothing_and_tell_a_person(replay: Replay) -> None:
    # Due Wed 16 Dec, first level on Mon 21 Dec. The bank is known up to Tue 15: six days old, one more than allowed.
    # A new sale makes no difference. A bank entry of Wed 16 (five days old) does.
    install(replay)
    ledger = Ledger()
    ledger.sale("2026-11-16", "CMARTIN", "FA-100", "1200.00")
    ledger.bank("2026-12-15")
    ledger.sale("2026-12-18", "CDURAND", "FA-101", "50.00")
    ledger.write(replay.folder / "exports", YEAR_1)
    replay.accept("2026-12-15")
    assert replay.run("2026-12-21").code == 1
    assert not replay.sent
    assert replay.why("2026-12-21", "FA-100") == "stale_books"
    ledger.bank("2026-12-16")
    ledger.write(replay.folder / "exports", YEAR_1)
    replay.run("2026-12-21")
    assert replay.sent == ["2026-12-21 CMARTIN first: FA-100 first: 1200.00 EUR"]


def test_an_assumed_due_date_gets_no_level_before_it_and_no_formal_notice(replay: Replay) -> None:
    # CDURAND's terms are the default: assumed. FA-7 of Tue 1 Sep 2026: due Thu 1 Oct. No -5 (Sat 26, Mon 28 Sep).
    # +5: Tue 6 Oct (Wed 14). +15: Fri 16 (Sat 24, Mon 26). +30: Sat 31, and Sun 1 Nov: Mon 2 Nov (Tue 10). +45 would be
    # Sun 15, Mon 16 Nov: never.
    install(replay)
    ledger = Ledger()
    ledger.sale("2026-09-01", "CDURAND", "FA-7", "300.00")
    ledger.bank("2026-09-24")
    ledger.write(replay.folder / "exports", YEAR_1)
    replay.accept("2026-09-24")
    for day in (
        "2026-09-28",
        "2026-10-05",
        "2026-10-06",
        "2026-10-16",
        "2026-10-30",
        "2026-11-02",
        "2026-11-16",
        "2026-11-30",
    ):
        ledger.bank(day)
        ledger.write(replay.folder / "exports", YEAR_1)
        replay.run(day)
    assert replay.sent == [
        "2026-10-06 CDURAND first: FA-7 first: 300.00 EUR",
        "2026-10-16 CDURAND second: FA-7 second: 300.00 EUR",
        "2026-11-02 CDURAND third: FA-7 third: 300.00 EUR",
    ]
    assert not replay.waiting
    assert replay.why("2026-11-30", "FA-7") == "due_date_assumed"
