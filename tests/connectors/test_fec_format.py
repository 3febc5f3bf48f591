"""An FEC as bytes: every separator, line end and encoding that the law allows or packages write, and damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.files.fec import FecBooks
from connectors.files.fec_layout import hundredths, parse_day
from engine.errors import BooksUnreadableError
from tests.builders import eur
from tests.fakes.fec import (
    CASH_COLUMNS,
    COLUMNS,
    Line,
    balances,
    fec_text,
    opening,
    read,
    receipt,
    sale,
    with_sense,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

NAME = "123456789FEC20261231.txt"
LINES = [
    *sale("F1", "CMARTIN", "1200,00", label="Hôtel d'Été"),
    *sale("F2", "CMARTIN", "80,50", letter="A"),
    *receipt("R1", "CMARTIN", "80,50", letter="A"),
]


def books(tmp_path: Path, content: bytes, name: str = NAME) -> FecBooks:
    path = tmp_path / name
    path.write_bytes(content)
    return FecBooks(company_id="dupont", path=path)


def name_of_the_customer(found: FecBooks) -> str:
    (page,) = found.pull("").pages()
    (customer,) = page.customers
    return customer.name


@pytest.mark.parametrize("separator", ["\t", "|"])
@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n", "\r\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso8859-15", "cp1252", "utf-16"])
@pytest.mark.parametrize("trailing", [False, True])
def test_every_form_of_the_same_books_gives_the_same_items(
    tmp_path: Path, separator: str, ending: str, encoding: str, trailing: bool
) -> None:
    named = [Line(journal="VE", account="411000", amount="0,00", customer="CMARTIN", customer_name="Hôtel Cœur €")]
    text = fec_text([*LINES, *named], separator=separator, ending=ending, trailing=trailing)
    found = books(tmp_path, text.encode(encoding))
    items, completed = read(found)
    assert balances(items) == {"F1": "1200.00"}
    assert (completed.bad_lines, completed.suspicions, completed.lines) == ((), (), 7)
    assert name_of_the_customer(found) in {"Hôtel Cœur €", "CMARTIN"}


@pytest.mark.parametrize("encoding", ["utf-8", "iso8859-15", "cp1252"])
def test_accents_of_names_survive_each_encoding(tmp_path: Path, encoding: str) -> None:
    named = [Line(journal="VE", account="411000", amount="5,00", customer="C1", customer_name="Hôtel Cœur €", ref="F1")]
    assert name_of_the_customer(books(tmp_path, fec_text(named).encode(encoding))) == "Hôtel Cœur €"


@pytest.mark.parametrize("shift", range(-3, 4))
@pytest.mark.parametrize("ending", ["\r\n", "\r\r\n", "\r", "\n"])
def test_a_line_end_may_fall_between_two_blocks_of_the_file(tmp_path: Path, shift: int, ending: str) -> None:
    block = 1 << 20
    head = fec_text(LINES, ending=ending)
    empty = fec_text(sale("F3", "C3", "10,00", label="")[:1], ending=ending).split(ending, 1)[1]
    label = "x" * (block + shift - len(head) - len(empty))
    long_line = fec_text(sale("F3", "C3", "10,00", label=label)[:1], ending=ending).split(ending, 1)[1]
    assert len(head + long_line) == block + shift
    rest = fec_text(sale("F4", "C3", "20,00"), ending=ending).split(ending, 1)[1]
    items, completed = read(books(tmp_path, (head + long_line + "broken" + ending + rest).encode("iso8859-15")))
    assert balances(items) == {"F1": "1200.00", "F3": "10.00", "F4": "20.00"}
    assert [bad.line for bad in completed.bad_lines] == [9]
    assert completed.lines == 10


def test_padded_fields_are_read_without_their_padding(tmp_path: Path) -> None:
    rows = [list(COLUMNS)]
    for line in LINES:
        fields = [field.ljust(14) for field in line.fields]
        fields[11], fields[12] = line.fields[11].rjust(13, "0"), line.fields[12].rjust(13, "0")
        rows.append(fields)
    items, completed = read(books(tmp_path, "".join("|".join(row) + "|\r\n" for row in rows).encode()))
    assert balances(items) == {"F1": "1200.00"}
    assert {item.customer_id for item in items} == {"CMARTIN"}
    assert completed.bad_lines == ()


def test_the_four_columns_of_cash_accounting_may_follow(tmp_path: Path) -> None:
    rows = [[*COLUMNS, *CASH_COLUMNS], *([*line.fields, "20260105", "VIR", "", ""] for line in LINES)]
    items, completed = read(books(tmp_path, "".join("\t".join(row) + "\n" for row in rows).encode()))
    assert balances(items) == {"F1": "1200.00"}
    assert completed.bad_lines == ()


@pytest.mark.parametrize(("debit", "credit"), [("D", "C"), ("+1", "-1"), ("1", "-1"), ("d", "c")])
def test_montant_and_sens_may_replace_debit_and_credit(tmp_path: Path, debit: str, credit: str) -> None:
    found = books(tmp_path, with_sense(LINES, debit=debit, credit=credit).encode())
    items, completed = read(found)
    assert balances(items) == {"F1": "1200.00"}
    assert completed.suspicions == ()
    assert found.report is not None
    assert found.report.total_debit == found.report.total_credit == eur("1361.00")


@pytest.mark.parametrize("separator", ["|", "\t"])
@pytest.mark.parametrize("trailing", [False, True])
def test_a_label_may_hold_the_separator_itself(tmp_path: Path, separator: str, trailing: bool) -> None:
    lines = [
        *sale("F1", "C1", "100,00", label=f"Vente{separator}bois{separator}vis"),
        *sale("F2", "C1", "50,00", label="Vente"),
        Line(
            journal="VE",
            account="411000",
            amount="7,00",
            customer="C2",
            customer_name=f"Durand{separator}Fils",
            ref="F3",
        ),
    ]
    items, completed = read(books(tmp_path, fec_text(lines, separator=separator, trailing=trailing).encode()))
    assert balances(items) == {"F1": "100.00", "F2": "50.00", "F3": "7.00"}
    assert completed.bad_lines == ()


def test_trailing_empty_fields_may_be_missing(tmp_path: Path) -> None:
    rows = [list(COLUMNS), *(line.fields[:13] for line in sale("F1", "C1", "100,00"))]
    items, completed = read(books(tmp_path, "".join("\t".join(row) + "\n" for row in rows).encode()))
    assert balances(items) == {"F1": "100.00"}
    assert completed.bad_lines == ()


def test_the_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    order = [*range(9, 18), *range(9)]
    rows = [list(COLUMNS), *(line.fields for line in LINES)]
    text = "".join("\t".join(row[index] for index in order) + "\n" for row in rows)
    assert balances(read(books(tmp_path, text.encode()))[0]) == {"F1": "1200.00"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"1234,56", 123456),
        (b"0000001234,56", 123456),
        (b"1234.56", 123456),
        (b"1234,5", 123450),
        (b"1234", 123400),
        (b"1234,5600", 123456),
        (b"-12,34", -1234),
        (b"+12,34", 1234),
        (b" 12,34 ", 1234),
        (b"1 234,56", 123456),
        ("1\u00a0234,56".encode(), 123456),
        (b",56", 56),
        (b"", 0),
        (b"   ", 0),
    ],
)
def test_amounts_are_read_in_hundredths(text: bytes, expected: int) -> None:
    assert hundredths(text) == expected


@pytest.mark.parametrize("text", [b"abc", b"1,234,56", b"1234,567", b"-", b",", b"12,3x", "12,٣".encode()])
def test_what_is_no_amount_is_none(text: bytes) -> None:
    assert hundredths(text) is None


@pytest.mark.parametrize("text", [b"", b"00000000", b"20261301", b"20260230", b"2026", b"31/12/2026", b"02261231"])
def test_what_is_no_day_is_none(text: bytes) -> None:
    assert parse_day(text) is None


@pytest.mark.parametrize("piece_day", ["", "00000000", "0", "20261399"])
def test_without_a_piece_date_the_entry_date_counts(tmp_path: Path, piece_day: str) -> None:
    lines = sale("F1", "C1", "100,00", day="20260310", piece_day=piece_day)
    (item,), _ = read(books(tmp_path, fec_text(lines).encode()))
    assert item.issued_on.isoformat() == "2026-03-10"


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda fields: fields[:9], "9 fields where the first line names 18"),
        (lambda fields: [*fields[:3], "soon", *fields[4:]], "EcritureDate 'soon' is no date"),
        (lambda fields: [*fields[:11], "12,3x", *fields[12:]], "cannot be read as amounts"),
        (lambda fields: [*fields[:11], "12,345", *fields[12:]], "cannot be read as amounts"),
    ],
)
def test_a_broken_line_is_reported_with_file_line_and_reason_and_the_rest_is_read(
    tmp_path: Path, damage: object, reason: str
) -> None:
    rows = [list(COLUMNS), *(line.fields for line in LINES)]
    rows.insert(3, damage(sale("F9", "C9", "9,00")[0].fields))  # type: ignore[operator]  # each case is a function
    items, completed = read(books(tmp_path, "".join("\t".join(row) + "\r\r\n" for row in rows).encode()))
    assert balances(items) == {"F1": "1200.00"}
    (bad,) = completed.bad_lines
    assert (bad.file, bad.line) == (NAME, 4)
    assert reason in bad.reason
    assert "more than 1 %" in completed.suspicions[-1]


def test_blank_lines_and_the_end_mark_of_dos_are_no_bad_lines(tmp_path: Path) -> None:
    text = fec_text(LINES[:2]) + "\r\n  \r\n" + fec_text(LINES[2:]).split("\r\n", 1)[1] + "\x1a"
    items, completed = read(books(tmp_path, text.encode()))
    assert balances(items) == {"F1": "1200.00"}
    assert (completed.bad_lines, completed.lines) == ((), 6)


def test_a_debit_that_is_not_the_credit_is_a_reason_for_quarantine(tmp_path: Path) -> None:
    _, completed = read(books(tmp_path, fec_text(LINES[:-1]).encode()))
    assert any("total debit" in suspicion for suspicion in completed.suspicions)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (fec_text([]).encode(), "no entry"),
        (fec_text(LINES).encode()[:300] + b"\0" * 8, "NUL bytes"),
        (fec_text(LINES).encode("utf-16-le"), "NUL bytes"),
        (b"number,customer_id,balance\nF1,C1,12.00\n", "is no FEC"),
        (b"%PDF-1.7 \xe2\xe3\xcf\xd3\n1 0 obj\n", "is no FEC"),
        (fec_text(LINES).encode("cp037"), "is no FEC"),
        (fec_text(LINES).replace("\t", ";").encode(), "separated by ';'"),
        ("\t".join(COLUMNS[:11]).encode() + b"\n", "is no FEC"),
    ],
)
def test_a_wrong_file_is_a_clear_error(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BooksUnreadableError, match=message):
        read(books(tmp_path, content))


def test_a_file_without_line_ends_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    with pytest.raises(BooksUnreadableError, match="no line ends"):
        read(books(tmp_path, b"x" * (18 << 20)))


def test_a_missing_path_and_an_empty_folder_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BooksUnreadableError, match="does not exist"):
        read(FecBooks(company_id="dupont", path=tmp_path / "nowhere.txt"))
    with pytest.raises(BooksUnreadableError, match="export the FEC into this folder"):
        read(FecBooks(company_id="dupont", path=tmp_path))


def test_other_files_of_the_folder_are_not_taken_for_books(tmp_path: Path) -> None:
    written(tmp_path / NAME, LINES)
    (tmp_path / "contacts.csv").write_text("customer_id,email\nCMARTIN,ap@martin.example\n", encoding="utf-8")
    (tmp_path / ".hidden.txt").write_text("x", encoding="utf-8")
    (tmp_path / "facture.pdf").write_bytes(b"%PDF")
    assert balances(read(FecBooks(company_id="dupont", path=tmp_path))[0]) == {"F1": "1200.00"}


def test_books_of_a_currency_without_decimals_hold_whole_amounts(tmp_path: Path) -> None:
    path = written(tmp_path / NAME, sale("F1", "C1", "12000,00"))
    (item,), _ = read(FecBooks(company_id="dupont", path=path, currency="XPF"))
    assert (item.balance.minor, item.currency) == (12000, "XPF")
    written(path, sale("F1", "C1", "12000,50"))
    with pytest.raises(BooksUnreadableError, match="XPF"):
        read(FecBooks(company_id="dupont", path=path, currency="XPF"))


def test_opening_lines_are_found_by_journal_whatever_its_code(tmp_path: Path) -> None:
    lines = opening("C1", "10,00", ref="7")
    text = fec_text(lines).replace("AN\tA nouveaux", "X1\tReport à nouveau")
    (item,), _ = read(books(tmp_path, text.encode()))
    assert item.number == "7"
