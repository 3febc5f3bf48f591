"""Any ledger and any bytes: the items add up to the lines, and nothing but a BooksError comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.fec_generator import lines as generated
from bench.fec_generator import write
from connectors.files.fec import FecBooks
from engine.errors import BooksError
from engine.kinds import ItemKind
from tests.fakes.fec import COLUMNS, Line, fec_text, read

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

AMOUNTS = st.integers(-999_999, 999_999).map(
    lambda minor: f"{'-' if minor < 0 else ''}{abs(minor) // 100},{abs(minor) % 100:02}"
)
DAYS = st.dates().map(lambda day: f"{2024 + day.year % 3}{day.month:02}{min(day.day, 28):02}")


@st.composite
def ledger_lines(draw: st.DrawFn) -> list[Line]:
    """Lines of customer accounts with a counterpart each, so that debit equals credit."""
    found: list[Line] = []
    for _ in range(draw(st.integers(1, 12))):
        amount, day = draw(AMOUNTS), draw(DAYS)
        journal = draw(st.sampled_from(["VE", "BQ", "OD", "AN"]))
        line = Line(
            journal=journal,
            account=draw(
                st.sampled_from(["411000", "411000", "411000", "41170", "413000", "416000", "419100", "419800"])
            ),
            amount=amount,
            day=day,
            customer=draw(st.sampled_from(["", "C1", "C2", "C3"])),
            ref=draw(st.sampled_from(["", "RAN", "F1", "F2", "F3", "0000"])),
            piece_day=draw(st.sampled_from([day, "", "20240115", "20250115"])),
            letter=draw(st.sampled_from(["", "", "A", "B", "a"])),
            label=draw(st.sampled_from(["", "Vente", "Avoir", "Report à nouveau", "a|b"])),
        )
        other = {"VE": "706000", "BQ": "512000"}.get(journal, "108000")
        counterpart = amount[1:] if amount.startswith("-") else "-" + amount
        found += [line, Line(journal=journal, account=other, amount=counterpart, day=day)]
    return found


def holds(found: FecBooks) -> None:
    items, completed = read(found)
    report = found.report
    assert report is not None
    assert report.holds
    assert not any("DIFFER" in suspicion or "total debit" in suspicion for suspicion in completed.suspicions)
    told = sum(each.lines_sum.minor for each in report.by_class.values() if each.items_sum is not None)
    assert sum(item.balance.minor for item in items) == told
    assert len({item.item_id for item in items}) == len(items)
    for item in items:
        assert abs(item.balance.minor) <= abs(item.total.minor)
        assert item.balance.minor * item.total.minor >= 0
        assert (item.kind is ItemKind.INVOICE) == (item.total.minor > 0) or not item.total.minor


@given(ledger_lines())
def test_the_items_of_any_ledger_add_up_to_its_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Line]
) -> None:
    path = tmp_path_factory.mktemp("fec") / "123456789FEC20261231.txt"
    path.write_bytes(fec_text(lines, separator="|").encode("iso8859-15"))
    holds(FecBooks(company_id="dupont", path=path))


@settings(max_examples=50)
@given(ledger_lines(), ledger_lines(), ledger_lines(), st.booleans())
def test_the_items_of_any_three_files_add_up_to_the_one_ledger_they_make(
    tmp_path_factory: pytest.TempPathFactory, first: list[Line], second: list[Line], third: list[Line], shared: bool
) -> None:
    folder = tmp_path_factory.mktemp("fec")
    for name, lines in (("a", first), ("b", [*first, *second] if shared else second), ("c", third)):
        (folder / f"{name}.txt").write_bytes(fec_text(lines).encode())
    holds(FecBooks(company_id="dupont", path=folder))


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_are_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, headed: bool
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "x.txt"
    path.write_bytes(("|".join(COLUMNS).encode() + b"\n" if headed else b"") + junk)
    try:
        read(FecBooks(company_id="dupont", path=path))
    except BooksError:
        return


@settings(max_examples=60)
@given(ledger_lines(), st.data())
def test_a_damaged_file_is_read_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Line], data: st.DataObject
) -> None:
    content = bytearray(fec_text(lines, separator="|").encode())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b"|", b"\n", b"\r", b"\xe9", b'"', b"9", b",", b"-"])
        )
    path = tmp_path_factory.mktemp("fuzz") / "x.txt"
    path.write_bytes(bytes(content))
    try:
        _, completed = read(FecBooks(company_id="dupont", path=path))
    except BooksError:
        return
    assert all(bad.reason and bad.line > 1 for bad in completed.bad_lines)


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_the_generated_benchmark_file_is_a_sound_fec(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = tmp_path_factory.mktemp("bench") / "123456789FEC20251231.txt"
    write(path, 2000, seed=seed)
    holds(FecBooks(company_id="dupont", path=path))


def test_the_generator_repeats_itself_for_a_seed(tmp_path: Path) -> None:
    assert list(generated(500, seed=3)) == list(generated(500, seed=3))
    assert list(generated(500, seed=3)) != list(generated(500, seed=4))
    write(tmp_path / "x.txt", 500)
    assert (tmp_path / "x.txt").read_bytes().count(b"\r\n") >= 501
