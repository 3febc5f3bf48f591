"""`relance preview`: any message about any item, as files, and nothing sent, stored or asked."""

from __future__ import annotations

import email
import email.policy
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from PIL import Image

from tests.e2e.replay import Replay, company, credit, invoice, text_of

if TYPE_CHECKING:
    from email.message import EmailMessage

TODAY = "2026-03-09"
IBAN = "FR7630006000011234567890189"


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    replay = Replay(folder=tmp_path)
    replay.configure(company(bank={"iban": IBAN}))
    replay.books(
        invoice("F1", "A", due="2026-03-02", total="1200.00"),
        invoice("F2", "A", due="2026-04-20", total="80.00"),
        invoice("B/../7", "B", due="2026-03-02", total="50.00"),
    )
    replay.accept("2026-03-02")
    return replay


def preview(replay: Replay, number: str, *more: str) -> dict[str, Any]:
    done = replay.do("preview", number, "--today", TODAY, "--json", *more)
    data: dict[str, Any] = done.data
    return data


def mail(files: list[str]) -> EmailMessage:
    (path,) = [Path(one) for one in files if one.endswith(".eml")]
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def test_what_the_plan_sends_today_is_shown_as_it_is(replay: Replay) -> None:
    replay.books(*replay.rows, invoice("F3", "A", due="2026-03-02", total="30.00"))
    replay.do("sync")
    shown = preview(replay, "F1")
    assert (shown["message"], shown["to"], shown["problems"]) == ("first", "ap@a.example", [])
    replay.run(TODAY)
    (sent,) = [one for one in replay.read_mails() if one["To"] == "ap@a.example"]
    assert text_of(mail(shown["files"])) == text_of(sent)
    assert shown["subject"] == sent["Subject"]
    assert "F3" in text_of(sent)


def test_a_level_that_is_far_off_is_shown_as_of_today(replay: Replay) -> None:
    shown = preview(replay, "F2", "--level", "third")
    assert shown["message"] == "third"
    text = text_of(mail(shown["files"]))
    assert "80,00" in text.split("Comment régler")[0]
    assert "F1" not in text.split("Comment régler")[0], "a level that nobody decided asks for the one invoice"
    assert "mise en demeure" in text


def test_nothing_is_sent_stored_or_changed(replay: Replay) -> None:
    before = replay.command("explain", "F1", "--today", TODAY, "--json").data
    for level in ("first", "formal", "thank_you", "dispute", "statement"):
        preview(replay, "F1", "--level", level)
    assert replay.mails() == []
    assert replay.command("explain", "F1", "--today", TODAY, "--json").data == before
    assert replay.command("tasks", "--json").data["tasks"] == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("thank_you", "bien reçu"),
        ("broken_promise", "annoncé"),
        ("dispute", "désaccord"),
        ("promise", "est noté"),
        ("instalments", "échéancier"),
        ("statement", "F2"),
        ("call", "appelle"),
        ("text_message", "F1"),
    ],
)
def test_each_message_can_be_looked_at_for_any_item(replay: Replay, message: str, words: str) -> None:
    shown = preview(replay, "F1", "--level", message)
    (text,) = [Path(one).read_text(encoding="utf-8") for one in shown["files"] if one.endswith(".txt")]
    assert words in text.replace("\n", " ")


def test_language_and_form_are_tried_on(replay: Replay) -> None:
    english = text_of(mail(preview(replay, "F1", "--language", "en")["files"]))
    assert "Unless we are mistaken" in english
    friendly = text_of(mail(preview(replay, "F1", "--form", "tu")["files"]))
    assert "Peux-tu" in friendly or "Tu peux" in friendly


def test_the_page_shows_by_itself_and_its_code_asks_the_exact_sum(replay: Replay) -> None:
    shown = preview(replay, "F1")
    (page,) = [Path(one).read_text(encoding="utf-8") for one in shown["files"] if one.endswith(".html")]
    assert "cid:" not in page
    assert 'src="data:image/png;base64,' in page
    pictures = [part for part in mail(shown["files"]).walk() if part["Content-ID"] == "<payment-code>"]
    (read,) = zxingcpp.read_barcodes(
        Image.open(io.BytesIO(pictures[0].get_content())),
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
    )
    lines = read.text.split("\n")
    assert (lines[6], lines[7], lines[-1]) == (IBAN, "EUR1200", "F1")


def test_a_preview_shows_what_the_customer_gets_even_where_mails_are_redirected(tmp_path: Path) -> None:
    replay = Replay(folder=tmp_path)
    replay.configure(company(mode="redirect", redirect_to="essai@dupont.example"))
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.do("sync")
    shown = preview(replay, "F1", "--level", "first")
    assert shown["to"] == "ap@a.example"
    assert "TEST" not in shown["subject"]


def test_a_letter_is_a_pdf(replay: Replay) -> None:
    shown = preview(replay, "F1", "--level", "formal")
    (path,) = [Path(one) for one in shown["files"] if one.endswith(".pdf")]
    assert path.read_bytes().startswith(b"%PDF-")
    assert not any(one.endswith((".eml", ".html")) for one in shown["files"])


def test_files_stay_in_their_folder_whatever_the_invoice_is_called(replay: Replay, tmp_path: Path) -> None:
    shown = preview(replay, "B/../7", "--out", "essai")
    assert {Path(one).parent for one in shown["files"]} == {tmp_path / "essai"}
    assert sorted(path.name for path in (tmp_path / "essai").iterdir()) == [
        "B-..-7-first.eml",
        "B-..-7-first.html",
        "B-..-7-first.txt",
    ]


def test_what_had_to_be_assumed_is_told(replay: Replay) -> None:
    replay.books(*replay.rows, credit("A1", "A", on="2026-03-02", amount="-1280.00"))
    replay.do("sync")
    shown = preview(replay, "F1", "--level", "second")
    assert shown["problems"] == ["credit covers the invoice: it is shown as if there were none"]


def test_a_level_that_does_not_exist_is_refused_with_those_that_do(replay: Replay) -> None:
    done = replay.command("preview", "F1", "--level", "sixth")
    assert done.code == 2
    assert "pre_due, first, second, third, formal, thank_you" in done.err
