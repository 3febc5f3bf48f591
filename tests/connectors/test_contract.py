"""The contract of every connector, run over the two file connectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.fec_generator import write
from connectors.contract import BooksContract, must
from connectors.files.csvbooks import CsvBooks
from connectors.files.fec import FecBooks
from tests.fakes.fec import opening, receipt, sale, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.ports import Books


class TestCsvBooks(BooksContract):
    @pytest.fixture
    def books(self, tmp_path: Path) -> Books:
        path = tmp_path / "invoices.csv"
        rows = [
            f"F{i},C{i % 7},Client {i % 7},,invoice,05/01/2026,04/02/2026,EUR,120.00,{i % 121}.00" for i in range(1050)
        ]
        rows += [
            "A1,C1,Client 1,,avoir,05/01/2026,,EUR,50.00,50.00",
            "P1,C1,Client 1,,payment,05/01/2026,,EUR,50.00,5.00",
        ]
        rows += ["F9999,C1,Client 1,,invoice,05/01/2026,04/02/2026,EUR,120.00,-20.00"]
        header = "number,customer_id,customer,email,kind,issued_on,due_on,currency,total,balance"
        path.write_text("\n".join([header, *rows]), encoding="utf-8")
        return CsvBooks(company_id="dupont", invoices=path)

    @pytest.fixture
    def garbled(self, tmp_path: Path) -> Callable[[bytes], Books]:
        def made(content: bytes) -> Books:
            path = tmp_path / "garbage.csv"
            path.write_bytes(content)
            return CsvBooks(company_id="dupont", invoices=path)

        return made


class TestFecBooks(BooksContract):
    @pytest.fixture
    def garbled(self, tmp_path: Path) -> Callable[[bytes], Books]:
        def made(content: bytes) -> Books:
            path = tmp_path / "987654321FEC20261231.txt"
            path.write_bytes(content)
            return FecBooks(company_id="dupont", path=path)

        return made

    @pytest.fixture
    def books(self, tmp_path: Path) -> Books:
        lines = [
            *opening("C1", "500,00", ref="", label=""),
            *sale("F1", "C1", "100,00", letter="A"),
            *receipt("R1", "C1", "150,00", letter="A"),
            *sale("A1", "C2", "-20,00"),
            *sale("F1", "C2", "10,00"),
            *sale("F1", "C2", "10,00"),
            *sale("F3", "", "10,00"),
        ]
        return FecBooks(company_id="dupont", path=written(tmp_path / "123456789FEC20261231.txt", lines))


@pytest.mark.slow
class TestFecBooksOfSeveralPages(BooksContract):
    @pytest.fixture
    def books(self, tmp_path: Path) -> Books:
        write(tmp_path / "123456789FEC20251231.txt", 12_000)
        return FecBooks(company_id="dupont", path=tmp_path)


def test_a_broken_contract_is_told_in_a_sentence() -> None:
    with pytest.raises(AssertionError, match="stands twice"):
        must(holds=False, sentence="an item id stands twice in one pull")
