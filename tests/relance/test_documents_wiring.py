"""Invoice PDFs: the configuration's pattern starts from the configuration's folder, wherever the books lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.replay import Replay, company, invoice

if TYPE_CHECKING:
    from pathlib import Path

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def test_the_invoice_goes_with_its_reminder(tmp_path: Path) -> None:
    (tmp_path / "factures").mkdir()
    (tmp_path / "factures" / "F1.pdf").write_bytes(PDF)
    (tmp_path / "livres").mkdir()
    replay = Replay(folder=tmp_path)
    books = {"provider": "csv", "invoices": "livres/invoices.csv", "documents": "factures/{number}.pdf"}
    replay.configure(company(books=books))
    replay.books(
        invoice("F1", "A", due="2026-03-02", total="10.00", file="livres/invoices.csv"),
        invoice("F2", "B", due="2026-03-02", total="10.00", file="livres/invoices.csv"),
    )
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    enclosed = {
        str(mail["To"]): [part.get_content() for part in mail.iter_attachments()] for mail in replay.read_mails()
    }
    assert enclosed == {"ap@a.example": [PDF], "ap@b.example": []}
