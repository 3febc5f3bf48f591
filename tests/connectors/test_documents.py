"""Invoice PDFs by a pattern: found beside the books, and never anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connectors.files.documents import LARGEST_BYTES, document_or_remark, document_path

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = "factures/{number}.pdf"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    base = tmp_path / "books"
    (base / "factures").mkdir(parents=True)
    return base


def test_the_pdf_of_a_number_is_found(base: Path) -> None:
    (base / "factures" / "F1.pdf").write_bytes(b"%PDF-1.7 ...")
    assert document_path(base, PATTERN, "F1") == (base / "factures" / "F1.pdf").resolve()


def test_an_absolute_pattern_may_lead_to_another_folder_than_the_books(base: Path) -> None:
    elsewhere = base.parent / "factures"
    elsewhere.mkdir()
    (elsewhere / "F1.pdf").write_bytes(b"%PDF-1.7 ...")
    pattern = f"{elsewhere}/{{number}}.pdf"
    assert document_path(base, pattern, "F1") == (elsewhere / "F1.pdf").resolve()
    (base.parent / "secret.pdf").write_bytes(b"%PDF-1.7")
    (elsewhere / "F2.pdf").symlink_to(base.parent / "secret.pdf")
    assert document_path(base, pattern, "F2") is None


def test_a_missing_pdf_is_none_and_no_remark(base: Path) -> None:
    assert document_or_remark(base, PATTERN, "F2") == (None, "")


@pytest.mark.parametrize("number", ["../secret", "..", "a/b", "a\\b", "", ".hidden", "a\0b", "/etc/passwd"])
def test_a_number_never_leads_out_of_the_folder(base: Path, number: str) -> None:
    (base.parent / "secret.pdf").write_bytes(b"%PDF-1.7")
    path, remark = document_or_remark(base, PATTERN, number)
    assert path is None
    assert remark


def test_a_link_that_leads_out_is_refused(base: Path) -> None:
    (base.parent / "secret.pdf").write_bytes(b"%PDF-1.7")
    (base / "factures" / "F3.pdf").symlink_to(base.parent / "secret.pdf")
    assert document_path(base, PATTERN, "F3") is None


def test_what_is_no_pdf_or_too_large_is_left_out_with_a_remark(base: Path) -> None:
    (base / "factures" / "F4.pdf").write_bytes(b"PK\x03\x04")
    with (base / "factures" / "F5.pdf").open("wb") as file:
        file.write(b"%PDF-1.7")
        file.truncate(LARGEST_BYTES + 1)
    assert "no PDF" in document_or_remark(base, PATTERN, "F4")[1]
    assert "larger than 10 MiB" in document_or_remark(base, PATTERN, "F5")[1]
