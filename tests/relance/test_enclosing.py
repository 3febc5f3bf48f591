"""What a mail encloses: what its level names, each file once, nothing from elsewhere, and no more than a mail can carry."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

from engine.kinds import AttachmentKind
from engine.records import Attachment
from relance.checking import check_all
from relance.enclosing import LARGEST_TOTAL, Enclosed, Papers, enclose
from relance.render import MailRenderer
from tests.e2e.replay import Replay, company, plan
from tests.e2e.replay import invoice as row
from tests.fakes.letterbox import DUPONT, NOW, TODAY, case_file, credit, invoice, line, notice, reminder

if TYPE_CHECKING:
    from pathlib import Path

    from engine.model import OpenItem

PDF = b"%PDF-1.7\n"
EVERYTHING = tuple(AttachmentKind)


def pdf(path: Path, content: bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PDF + (content or path.name.encode()))
    return path


def bill(item: OpenItem, size: int = 0) -> Attachment:
    content = PDF + item.number.encode() + b" " * size
    return Attachment(filename=f"{item.number}.pdf", content=content, media_type="application/pdf")


def names(enclosed: Enclosed) -> list[str]:
    return [file.filename for file in enclosed.files]


def test_each_kind_is_enclosed_where_it_is_named_in_one_order(tmp_path: Path) -> None:
    pdf(tmp_path / "commandes" / "CMD-7.pdf")
    pdf(tmp_path / "livraisons" / "BL-F-1.pdf")
    papers = Papers(
        patterns=(
            ("order", str(tmp_path / "commandes" / "{reference}.pdf")),
            ("delivery", str(tmp_path / "livraisons" / "BL-{number}.pdf")),
            ("quote", str(tmp_path / "devis" / "{number}.pdf")),
        ),
        terms=pdf(tmp_path / "conditions.pdf"),
    )
    item = replace(invoice("F-1"), reference="CMD-7")
    every = enclose(EVERYTHING, [item], invoice=bill, papers=papers)
    assert names(every) == ["F-1.pdf", "CMD-7.pdf", "BL-F-1.pdf", "conditions.pdf"]
    assert (every.invoices, every.others) == (1, 3)
    assert names(enclose([AttachmentKind.TERMS], [item], invoice=bill, papers=papers)) == ["conditions.pdf"]
    assert names(enclose([], [item], invoice=bill, papers=papers)) == []


def test_a_file_is_enclosed_once_and_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    pdf(tmp_path / "commandes" / "CMD-7.pdf")
    pdf(tmp_path / "devis" / "CMD-7.pdf", b"another")
    papers = Papers(
        patterns=(
            ("order", str(tmp_path / "commandes" / "{reference}.pdf")),
            ("quote", str(tmp_path / "devis" / "{reference}.pdf")),
        )
    )
    items = [replace(invoice(f"F-{n}"), reference="CMD-7") for n in (1, 2)]
    enclosed = enclose([AttachmentKind.DOCUMENTS], items, invoice=bill, papers=papers)
    assert names(enclosed) == ["CMD-7.pdf", "CMD-7 (2).pdf"]


def test_a_paper_that_is_the_invoice_itself_is_not_enclosed_again(tmp_path: Path) -> None:
    item = invoice("F-1")
    (tmp_path / "F-1.pdf").write_bytes(bill(item).content)
    papers = Papers(patterns=(("order", str(tmp_path / "{number}.pdf")),))
    assert names(enclose(EVERYTHING, [item], invoice=bill, papers=papers)) == ["F-1.pdf"]


@pytest.mark.parametrize("reference", ["../secret", "/etc/passwd", "..", "a\\b", ".hidden", "x\0y", "", "a:b"])
def test_a_name_from_the_books_never_leads_out_of_the_folder(reference: str, tmp_path: Path) -> None:
    pdf(tmp_path / "secret.pdf")
    (tmp_path / "commandes").mkdir()
    papers = Papers(patterns=(("order", str(tmp_path / "commandes" / "{reference}.pdf")),))
    assert papers.of_item(replace(invoice(), reference=reference)) == ()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "commandes").mkdir()
    (tmp_path / "commandes" / "CMD.pdf").symlink_to(pdf(tmp_path / "secret.pdf"))
    papers = Papers(patterns=(("order", str(tmp_path / "commandes" / "{reference}.pdf")),))
    assert papers.of_item(replace(invoice(), reference="CMD")) == ()


@pytest.mark.parametrize("content", [b"MZ\x90\x00", b"<html>%PDF-1.7", b""])
def test_what_is_no_pdf_is_left_out(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "F-1.pdf").write_bytes(content)
    (tmp_path / "conditions.pdf").write_bytes(content)
    papers = Papers(patterns=(("order", str(tmp_path / "{number}.pdf")),), terms=tmp_path / "conditions.pdf")
    assert papers.of_item(invoice("F-1")) == ()
    assert papers.of_company() is None


def test_what_has_no_room_stays_out_and_the_invoices_stay_in(tmp_path: Path) -> None:
    papers = Papers(terms=pdf(tmp_path / "conditions.pdf", b" " * (LARGEST_TOTAL // 2)))
    half = enclose(EVERYTHING, [invoice("F-1")], invoice=lambda item: bill(item, LARGEST_TOTAL // 2), papers=papers)
    assert names(half) == ["F-1.pdf"]
    whole = enclose(EVERYTHING, [invoice("F-1")], invoice=lambda item: bill(item, LARGEST_TOTAL), papers=papers)
    assert names(whole) == ["conditions.pdf"]
    assert whole.invoices == 0


def test_the_mail_says_that_more_than_the_invoice_is_enclosed(tmp_path: Path) -> None:
    papers = Papers(terms=pdf(tmp_path / "conditions.pdf"))
    desk = MailRenderer(creditor=DUPONT, sender="compta@dupont.example", document=bill, papers=papers)
    given = replace(notice(line(invoice(), "friendly")), attachments=EVERYTHING)
    envelope = desk.notice(reminder(), given, case_file(), TODAY, NOW)
    attached = [part.get_filename() for part in message_from_bytes(envelope.content, policy=policy.default).walk()]
    assert [name for name in attached if name] == ["F-2026-0042.pdf", "conditions.pdf"]
    assert "La facture est jointe à ce message. D’autres pièces utiles y sont jointes." in envelope.text
    alone = replace(given, attachments=(AttachmentKind.TERMS,))
    assert "Des pièces utiles sont jointes" in desk.notice(reminder(), alone, case_file(), TODAY, NOW).text


def test_a_statement_is_enclosed_as_a_paper_of_its_own_where_something_is_open() -> None:
    desk = MailRenderer(creditor=DUPONT, sender="compta@dupont.example")
    given = replace(notice(line(invoice(), "friendly")), attachments=(AttachmentKind.STATEMENT,))
    case = replace(case_file(), items=(invoice(), invoice("F-9", late=-10), credit()))
    envelope = desk.notice(reminder(), given, case, TODAY, NOW)
    (paper,) = message_from_bytes(envelope.content, policy=policy.default).iter_attachments()
    assert paper.get_filename() == "Votre relevé de compte Dupont Menuiserie au 16 mars 2026.pdf"
    assert paper.get_content().startswith(b"%PDF-")
    assert envelope == desk.notice(reminder(), given, case, TODAY, NOW), "the same account makes the same bytes"
    nothing = desk.notice(reminder(), given, replace(case, items=()), TODAY, NOW)
    assert [*message_from_bytes(nothing.content, policy=policy.default).iter_attachments()] == []
    assert "jointe" not in nothing.text


def test_a_level_encloses_what_the_configuration_says(tmp_path: Path) -> None:
    pdf(tmp_path / "factures" / "F1.pdf")
    pdf(tmp_path / "commandes" / "CMD-7.pdf")
    pdf(tmp_path / "conditions.pdf")
    levels = [
        {"id": "first", "offset": 5, "channel": "email", "tone": "friendly", "attachments": ["invoice"]},
        {"id": "second", "offset": 15, "channel": "email", "tone": "firm",
         "attachments": ["documents", "terms", "invoice"]},
    ]  # fmt: skip
    books = {
        "provider": "csv",
        "invoices": "invoices.csv",
        "documents": {"invoice": "factures/{number}.pdf", "order": "commandes/{reference}.pdf"},
    }
    replay = Replay(folder=tmp_path)
    replay.configure(company(books=books, terms="conditions.pdf"), plans={"standard": plan(levels=levels)})
    replay.books(row("F1", "A", due="2026-03-02", total="10.00", reference="CMD-7"))
    replay.do("check")
    replay.accept("2026-03-02")
    replay.run("2026-03-09")
    replay.run("2026-03-17")
    enclosed = [[part.get_filename() for part in mail.iter_attachments()] for mail in replay.read_mails()]
    assert sorted(enclosed, key=len) == [["F1.pdf"], ["F1.pdf", "CMD-7.pdf", "conditions.pdf"]]


def test_check_names_papers_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "factures").mkdir()
    (tmp_path / "conditions.pdf").write_bytes(b"no pdf")
    documents = {"invoice": "factures/{number}.pdf", "order": "commandes/{reference}.pdf"}
    books = {"provider": "csv", "invoices": "invoices.csv", "documents": documents}
    replay = Replay(folder=tmp_path)
    replay.configure(company(books=books, terms="conditions.pdf"))
    replay.books(row("F1", "A", due="2026-03-02", total="10.00"))
    found = {problem.key.rpartition("].")[2]: problem.message for problem in check_all(tmp_path / "config.yaml")}
    assert found == {
        "books.documents.order": f"there is no folder {tmp_path}/commandes",
        "terms": "'conditions.pdf' is no PDF",
    }
