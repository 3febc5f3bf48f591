"""Bad input: each mistake is told with its place, and never costs a mail too many. Due dates are Mon 2 Mar 2026."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.fec import Ledger
from tests.e2e.replay import company, invoice, plan

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

DUE = "2026-03-02"  # first on Mon 9 Mar


def break_line(replay: Replay, number: int, old: str, new: str) -> None:
    """Put something else into a line of the file of invoices (the header is line 1)."""
    file = replay.folder / "invoices.csv"
    lines = file.read_text(encoding="utf-8").split("\n")
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    file.write_text("\n".join(lines), encoding="utf-8")


def test_a_bad_line_among_many_is_reported_and_the_rest_is_chased(replay: Replay) -> None:
    # One line in 150 is under one percent: told with its place, the others live on.
    replay.books(*(invoice(f"F{n}", f"C{n}", due=DUE, total="10.00") for n in range(150)))
    break_line(replay, 4, "2026-03-02", "2026-02-31")
    done = replay.command("sync", "--json")
    assert re.search(r"invoices\.csv\W+(?:line\W+)?4\b", done.out + done.err)
    assert done.data["companies"][0]["open"]["count"] == 149
    assert done.data["companies"][0]["quarantine"] is None


def test_more_than_one_percent_of_bad_lines_puts_the_company_into_quarantine(replay: Replay) -> None:
    rows = [invoice(f"F{n}", f"C{n}", due=DUE, total="10.00") for n in range(20)]
    replay.books(*rows)
    replay.accept("2026-03-02")
    break_line(replay, 5, "10.00,10.00", "10.00,ten")
    assert replay.run("2026-03-09").code == 1
    assert not replay.sent
    assert replay.why("2026-03-09", "F0") == "quarantined"
    # The next whole file lifts it, or a person does; then the first level leaves.
    replay.books(*rows)
    replay.command("sync")
    replay.command("accept", "dupont", "--quarantine")
    replay.run("2026-03-10")
    assert len(replay.sent) == 20


@pytest.mark.parametrize(
    ("what", "content"),
    [
        ("an empty file", b""),
        ("NUL bytes", b"number,customer_id\n\x00\x00\x00\x00\n"),
        (
            "an unclosed quote",
            b'number,customer_id,customer,email,kind,issued_on,due_on,currency,total,balance\n"F1,A,A,a@a.example,invoice\n',
        ),
        ("another file", b"%PDF-1.7\n\x93\x8c\x8b\n"),
        ("no column that we know", b"a;b;c\n1;2;3\n"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_nothing_stored_is_lost(
    replay: Replay, what: str, content: bytes
) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="10.00"), invoice("F2", "B", due=DUE, total="20.00"))
    replay.accept("2026-03-02")
    (replay.folder / "invoices.csv").write_bytes(content)
    done = replay.run("2026-03-09")
    assert done.code == 1, what
    assert not replay.sent
    assert "invoices.csv" in done.out + done.err
    assert "Traceback" not in done.err
    balances = {i["number"]: i["balance"] for i in replay.do("items", "--json").data["items"]}
    assert balances == {"F1": "10.00", "F2": "20.00"}


def test_a_file_that_vanished_is_told(replay: Replay) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="10.00"))
    replay.accept("2026-03-02")
    (replay.folder / "invoices.csv").unlink()
    done = replay.run("2026-03-09")
    assert done.code == 1
    assert not replay.sent
    assert "invoices.csv" in done.out + done.err


def test_a_file_that_shrank_sends_nothing_before_a_person_has_looked(replay: Replay) -> None:
    # 30 of 40 rows are gone overnight: more likely a broken export than 30 payments.
    rows = [invoice(f"F{n}", f"C{n}", due=DUE, total="10.00") for n in range(40)]
    replay.books(*rows)
    replay.accept("2026-03-02")
    replay.books(*rows[:10])
    assert replay.run("2026-03-09").code == 1
    assert not replay.sent
    assert replay.why("2026-03-09", "F0") == "quarantined"


def test_a_bad_line_of_an_fec_is_reported_with_its_place(replay: Replay) -> None:
    books = {"provider": "fec", "path": "exports/", "terms": {"default": "30 jours"}, "max_age_days": 5}
    replay.configure(company(books=books), plans={"standard": plan()})
    ledger = Ledger()
    for n in range(60):
        ledger.sale("2026-02-02", f"C{n}", f"FA-{n}", "120.00")
    ledger.bank("2026-03-02")
    ledger.lines[6][11] = "1O2,00"  # a letter O: line 8 of the file
    ledger.write(replay.folder / "exports", "000000001FEC20261231.txt")
    done = replay.command("sync", "--json")
    assert re.search(r"FEC20261231\.txt\W+(?:line\W+)?8\b", done.out + done.err)
    assert done.data["companies"][0]["open"]["count"] >= 59


def line_of(text: str, wanted: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if wanted in line)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("min_gap_days: 5", "min_gap_dayz: 5", "min_gap_dayz"),
        ("min_gap_days: 5", "min_gap_days: soon", "min_gap_days"),
        ("mode: auto", "mode: loud", "mode"),
        ("plan: standard", "plan: nowhere", "plan"),
        ("country: FR", "country: France", "country"),
        ("timezone: Europe/Paris", "timezone: Europe/Lyon", "timezone"),
    ],
)
def test_a_mistake_in_the_config_names_key_and_line_and_nothing_is_done(
    replay: Replay, old: str, new: str, key: str
) -> None:
    replay.books(invoice("F1", "A", due=DUE, total="10.00"))
    config = replay.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    line = line_of(config.read_text(encoding="utf-8"), new)
    done = replay.command("run", "--today", "2026-03-09", "--json")
    assert done.code == 2
    assert key in done.err
    assert str(line) in done.err
    checked = replay.command("check", "--json")
    assert checked.code != 0


def test_a_literal_secret_is_refused_with_the_way_to_fix_it_and_never_repeated(replay: Replay) -> None:
    smtp = {
        "host": "smtp.dupont.example",
        "port": 587,
        "security": "starttls",
        "username": "compta",
        "password": "Tr0ub4dor",
    }
    replay.configure(company(mail={"from": "compta@dupont.example", "smtp": smtp}))
    done = replay.command("check")
    assert done.code != 0
    said = done.out + done.err
    assert "password" in said
    assert "env" in said
    assert "Tr0ub4dor" not in said
    assert str(line_of((replay.folder / "config.yaml").read_text(encoding="utf-8"), "Tr0ub4dor")) in said


def test_a_missing_config_is_told(replay: Replay) -> None:
    done = replay.command("run", "--json")
    assert done.code == 2
    assert "config.yaml" in done.err
