"""Letters as they are printed, read back by another library: what they say, where it stands, and what cannot break them."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfparser import PDFParser

from engine.creditor import Brand, Logo
from engine.kinds import Channel, CustomerKind
from relance.letter_check import check_letter_words
from relance.letter_layout import town_of
from relance.pictures import is_printable, picture_size
from tests.fakes.letterbox import (
    DUPONT,
    MARTIN,
    NOW,
    TODAY,
    case_file,
    invoice,
    line,
    notice,
    reminded,
    reminder,
    renderer,
)
from tests.fakes.pdfs import fonts_of, lines_of, pages_of, picture_of, words_of

if TYPE_CHECKING:
    from engine.creditor import Creditor
    from engine.model import Customer, OpenItem

REGISTERED = Channel.REGISTERED_LETTER
# What shows through both usual French windows however the sheet slides in its envelope (see relance/letter_layout.py).
SEEN_RIGHT = (100.0, 55.0, 190.0, 79.0)
# The address zone of DIN 5008 form B, from its left text edge.
SEEN_LEFT = (20.0, 62.7, 105.0, 90.0)
FIRST_FOLD = 99.0


def pdf(
    *items: OpenItem,
    level: str = "formal",
    customer: Customer = MARTIN,
    creditor: Creditor = DUPONT,
    channel: Channel = REGISTERED,
    rehearsal: bool = False,
) -> bytes:
    """Write the letter of a notice about some invoices (one by default)."""
    asked = items or (invoice(late=46),)
    given = replace(notice(*(line(one, level) for one in asked), channel=channel), deadline_days=8)
    past = tuple(row for one in asked[:1] for row in reminded(one, 30, 15))
    writer = renderer(creditor, redirect_to="test@dupont.example" if rehearsal else None)
    return writer.notice(reminder(channel, rehearsal=rehearsal), given, case_file(customer, past), TODAY, NOW).content


def png(width: int, height: int, *, bits: int = 8, rows: bytes = b"") -> bytes:
    """Draw a picture of one colour, or of grey dots packed in `rows`."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, bits, 0 if rows else 2, 0, 0, 0)
    drawn = rows or zlib.compress(b"".join(b"\x00" + b"\x1f\x5f\xa8" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", drawn) + chunk(b"IEND", b"")


def branded(picture: bytes, media_type: str = "image/png") -> bytes:
    """Write a letter under a logo."""
    return pdf(creditor=replace(DUPONT, brand=Brand(logo=Logo(content=picture, media_type=media_type))))


# the formal notice


def test_a_formal_notice_to_a_business_says_all_that_law_asks_of_it() -> None:
    said = words_of(pdf(invoice(late=46), invoice("F-2026-0043", late=45, total="96.00", paid="46.00")))
    for words in (
        "Mise en demeure",
        "nous vous mettons en demeure de payer à Dupont Menuiserie",
        "Dupont Menuiserie · SARL au capital de 10 000 € · SIREN 912 345 678 · RCS Lyon 912 345 678 · TVA FR40 912345678",
        "12 rue des Ateliers",
        "Martin Rénovation",
        "3 place du Marché",
        "69100 Villeurbanne",
        "Lyon, le 16 mars 2026",
        "F-2026-0042",
        "29 janvier 2026",
        "96,00 €",
        "46,00 €",
        "50,00 €",
        "1 284,50 €",
        "dans un délai de 8 jours à compter de la première présentation de cette lettre",
        "L. 441-10",
        "40 €",
        "FR76 3000 6000 0112 3456 7890 189",
        "injonction de payer",
        "article 1344 du Code civil",
        "Paul Lenoir",
        "Claire Dupont",
        "Gérante",
        "Lettre recommandée avec avis de réception n° ....",
    ):
        assert words in said, words


def test_the_annex_reckons_the_interest_line_by_line_on_a_page_of_its_own() -> None:
    # 1 234,50 € due 29 January 2026, 46 days to 16 March at 12.15 %: 1234.50 * 0.1215 * 46 / 365 = 18.90.
    *_, last = pages_of(pdf(invoice(late=46)))
    assert last.startswith("Mise en demeure de payer")
    for words in (
        "Annexe : décompte des intérêts et indemnités de retard",
        "Facture F-2026-0042",
        "30 janvier 2026",
        "16 mars 2026",
        "46 jours",
        "12,15 %",
        "18,90 €",
        "40,00 €",
        "58,90 €",
        "nombre de jours / 365",
    ):
        assert words in last, words


def test_a_public_buyer_is_threatened_neither_with_an_order_for_payment_nor_with_an_officer() -> None:
    said = words_of(pdf(customer=replace(MARTIN, kind=CustomerKind.PUBLIC)))
    for words in (
        "mettons en demeure",
        "intérêts moratoires",
        "réclamation",
        "référé-provision",
        "mandatement d’office",
    ):
        assert words in said, words
    for words in ("injonction", "commissaire de justice", "huissier", "saisie"):
        assert words not in said.lower(), words


def test_a_consumer_is_asked_for_no_fixed_sum_and_for_legal_interest_from_the_notice_only() -> None:
    said = words_of(pdf(customer=replace(MARTIN, kind=CustomerKind.CONSUMER)))
    assert "au taux légal" in said
    assert "1231-6 et 1344-1" in said
    for words in ("40", "441-10", "12,15", "Annexe"):
        assert words not in said.replace("F-2026-0042", "").replace("FR40", "").replace("912345678", ""), words


def test_a_customer_of_unknown_kind_is_asked_for_nothing_more() -> None:
    said = words_of(pdf(customer=replace(MARTIN, kind=CustomerKind.UNKNOWN)))
    assert "40 €" not in said
    assert "Annexe" not in said


def test_no_letter_looks_like_an_act_of_justice() -> None:
    for kind in CustomerKind:
        said = words_of(pdf(customer=replace(MARTIN, kind=kind))).lower()
        for words in ("huissier", "saisie", "sommation", "dernier avis", "poursuites", "république"):
            assert words not in said, (kind, words)


def test_an_english_customer_reads_the_same_in_english() -> None:
    said = words_of(pdf(customer=replace(MARTIN, language="en", kind=CustomerKind.BUSINESS)))
    for words in (
        "Formal notice",
        "We hereby give you formal notice to pay",
        "within 8 days of the first presentation of this letter",
        "€1,234.50",
        "Annex: interest and compensation for late payment",
        "Page 1 / ",
    ):
        assert words in said, words


def test_a_simple_letter_prints_its_day_and_no_number_to_fill_in() -> None:
    said = words_of(pdf(invoice(late=20), level="firm", channel=Channel.LETTER))
    assert "24 mars 2026" in said
    assert "première présentation" not in said
    assert "recommandée" not in said
    assert len(pages_of(pdf(invoice(late=20), level="firm", channel=Channel.LETTER))) == 1


# the sheet


@pytest.mark.parametrize(
    ("country", "seen"), [("FR", SEEN_RIGHT), ("BE", SEEN_RIGHT), ("DE", SEEN_LEFT), ("GB", SEEN_LEFT)]
)
def test_the_address_shows_through_the_window_and_nothing_else_does(
    country: str, seen: tuple[float, float, float, float]
) -> None:
    six = replace(
        MARTIN,
        name="SOCIETE ANONYME DES ETABLISSEMENTS MARTIN",
        country=country,
        postal_address=(
            "SERVICE COMPTABILITE FOURNISSEURS",
            "BATIMENT B",
            "3 PLACE DU MARCHE",
            "BP 12",
            "69100 VILLEURBANNE",
        ),
    )
    on_first = [one for one in lines_of(pdf(customer=six, creditor=replace(DUPONT, country=country))) if one.page == 1]
    left, top, right, bottom = seen
    address = {six.name, *six.postal_address}
    shown = [one for one in on_first if one.right > left and one.left < right and one.bottom > top and one.top < bottom]
    assert {one.text for one in shown} == address
    for one in shown:
        assert left <= one.left < one.right <= right, one
        assert top <= one.top + 0.5 < one.bottom <= bottom + 4, one


def test_the_text_begins_below_the_first_fold() -> None:
    lines = [one for one in lines_of(pdf()) if one.page == 1]
    heading = next(one for one in lines if one.text == "Mise en demeure")
    assert heading.top > FIRST_FOLD
    between = [one for one in lines if 88 < one.top < FIRST_FOLD]
    assert between == []


def test_a_company_may_have_envelopes_of_the_other_kind() -> None:
    from relance.letter_layout import LEFT, RIGHT, window_for  # noqa: PLC0415 (only here)

    assert [window_for("FR"), window_for("DE"), window_for("FR", "left"), window_for("DE", "right")] == [
        RIGHT,
        LEFT,
        LEFT,
        RIGHT,
    ]


def test_an_ordinary_formal_notice_is_one_page_and_its_annex() -> None:
    assert len(pages_of(pdf(invoice(late=46), invoice("F-2026-0043", late=45)))) == 2


@pytest.mark.parametrize(
    ("language", "formula"),
    [
        ("fr", "salutations distinguées"),
        ("en", "Yours faithfully"),
        ("de", "Mit freundlichen Grüßen"),
        ("es", "Atentamente"),
        ("it", "Distinti saluti"),
        ("nl", "Hoogachtend"),
    ],
)
def test_in_every_language_a_notice_about_one_invoice_is_signed_on_its_page(language: str, formula: str) -> None:
    customer = replace(MARTIN, language=language)
    first, *others = pages_of(pdf(customer=customer))
    assert len(others) == 1
    assert formula in first
    assert "Claire Dupont" in first
    # However many invoices there are, who signs stands under the closing words.
    for count in (2, 3, 4, 5):
        pages = pages_of(pdf(*(invoice(f"F-{number}", late=46) for number in range(count)), customer=customer))
        assert sum("Claire Dupont" in page and formula in page for page in pages) == 1


def test_sixty_invoices_take_several_pages_each_with_the_head_of_the_table_and_its_number() -> None:
    many = [invoice(f"F-{number:04d}", late=46, total=f"{number}.00") for number in range(1, 61)]
    said = pages_of(pdf(*many, customer=replace(MARTIN, kind=CustomerKind.UNKNOWN)))
    assert len(said) == 3
    for number, page in enumerate(said, start=1):
        assert f"Page {number} / 3" in page
        assert "SIREN 912 345 678" in page
    assert all("Reste à régler" in page for page in said if "F-00" in page)
    together = " ".join(said)
    assert all(one.number in together for one in many)
    assert "1 830,00 €" in together


def test_every_font_lies_in_the_file() -> None:
    fonts = fonts_of(pdf())
    assert fonts
    assert all(fonts.values()), fonts


def test_a_long_name_or_number_never_leaves_the_sheet() -> None:
    long = replace(MARTIN, name="W" * 180, postal_address=tuple(f"{'Z' * 60} {count}" for count in range(12)))
    for one in lines_of(pdf(replace(invoice(late=46), number="N" * 120), customer=long)):
        assert one.right < 205, one
        assert one.left > 3, one


# hostile words


HOSTILE = (
    '#eval("1+1")',
    "#set text(red)",
    '#import "@preview/x:0.1.0"',
    "$ x^2 $",
    "*gras* _italique_ `code`",
    "\\ \\u{41} \\n",
    "<label> @ref // commentaire /* bloc */",
    "= Titre",
    '"}], "tables": [{"',
    "https://evil.example/#a",
    "Łódź Ελλάς Москва — «é»",
)  # fmt: skip


@pytest.mark.parametrize(
    "words", [*HOSTILE[:3], *(pytest.param(words, marks=pytest.mark.slow) for words in HOSTILE[3:])]
)
def test_whatever_a_name_holds_is_printed_as_it_is(words: str) -> None:
    hostile = replace(
        MARTIN,
        name=words,
        postal_address=(words, "69100 Villeurbanne"),
        contacts=(replace(MARTIN.contacts[0], name=words),),
    )
    number = replace(invoice(late=46), number=words[:30], reference=words)
    said = words_of(pdf(number, customer=hostile, creditor=replace(DUPONT, name=words)))
    assert said.count(" ".join(words.split())) >= 3


def test_marks_that_reorder_text_and_control_characters_do_not_reach_the_sheet() -> None:
    said = words_of(pdf(customer=replace(MARTIN, name="Martin\u202e\x07\x00\nSARL")))
    assert "Martin" in said
    assert not set("\u202e\x07\x00") & set(said)


# the logo


def test_a_logo_stands_at_the_head_of_the_letter() -> None:
    assert b"/Subtype/Image" in branded(png(60, 20)).replace(b" ", b"")
    assert b"/Subtype/Image" not in pdf().replace(b" ", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n not a picture",
        png(3, 3)[:-30],
        b"\xff\xd8\xff\xe0 not a picture",
        b"GIF89a\x01\x00\x01\x00 not a picture",
        # Twelve thousand by twelve thousand dots, in a handful of bytes.
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
        + struct.pack(">II", 12_000, 12_000)
        + b"\x08\x02\x00\x00\x00\x00\x00\x00\x00",
    ],
)
def test_a_picture_that_is_none_or_would_fill_the_memory_is_left_out(content: bytes) -> None:
    media_type = {b"\x89P": "image/png", b"\xff\xd8": "image/jpeg", b"GI": "image/gif"}[content[:2]]
    assert "Dupont Menuiserie" in words_of(branded(content, media_type))


def test_a_picture_of_more_dots_than_a_letter_needs_is_left_out() -> None:
    # Black and white, so small as a file; unfolded, each of its 16 million dots takes four bytes.
    side = 4001
    large = png(side, side, bits=1, rows=zlib.compress(b"\x00" * (side * (1 + (side + 7) // 8))))
    assert len(large) < 10_000
    assert b"/Subtype/Image" not in branded(large).replace(b" ", b"")


def test_a_picture_says_its_size_in_its_first_bytes() -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x11\x08\x00\x14\x00\x3c" + b"\x00" * 20
    assert picture_size(png(60, 20)) == (60, 20)
    assert picture_size(b"GIF89a" + struct.pack("<HH", 60, 20)) == (60, 20)
    assert picture_size(jpeg) == (60, 20)
    assert picture_size(b"\xff\xd8\xff\xd9") is None
    assert picture_size(b"BM") is None
    assert not is_printable(b"GIF89a" + struct.pack("<HH", 0, 20))


# the same bytes


@pytest.mark.slow
def test_the_same_words_on_the_same_day_give_the_same_bytes_in_another_process() -> None:
    script = (
        "import hashlib, sys; from tests.relance.test_letter_pdf import pdf; "
        "sys.stdout.write(hashlib.sha256(pdf()).hexdigest())"
    )
    other = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).resolve().parents[2],
        env={"TZ": "Pacific/Auckland", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout == hashlib.sha256(pdf()).hexdigest() == hashlib.sha256(pdf()).hexdigest()


def test_a_letter_bears_its_own_day() -> None:
    (about,) = PDFDocument(PDFParser(BytesIO(pdf()))).info
    assert about["CreationDate"].startswith(b"D:20260316000000")


def test_a_test_letter_says_so_across_the_sheet() -> None:
    assert "TEST" in words_of(pdf(rehearsal=True))
    assert "TEST" not in words_of(pdf())


def test_the_town_is_what_stands_behind_the_postcode() -> None:
    assert town_of("12 rue des Ateliers, 69007 Lyon") == "Lyon"
    assert town_of("12 rue des Ateliers\n69007 Lyon Cedex 07\nFrance") == "Lyon Cedex 07"
    assert town_of("Saw Mill Lane, Exampleton") == ""


# words of one's own


def own_words(folder: Path, name: str, text: str) -> Path:
    place = folder / "letter" / name
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    return folder


def test_words_of_ones_own_stand_on_the_sheet_and_what_they_leave_out_is_ours(tmp_path: Path) -> None:
    folder = own_words(tmp_path, "fr/labels.j2", "{% block page %}Feuille{% endblock %}")
    given = notice(line(invoice(late=46), "formal"), channel=REGISTERED)
    said = words_of(renderer(overrides=(folder,)).notice(reminder(REGISTERED), given, case_file(), TODAY, NOW).content)
    assert "Feuille 1 / " in said
    assert "Déjà réglé" in said
    assert check_letter_words([folder]) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("fr/labels.j2", "{% block page %}{{ nothing }}{% endblock %}", "nothing"),
        ("fr/annex.j2", "{% block title %}", "endblock"),
        ("fr/tasks.j2", "{{ [].__class__ }}", "not"),
        ("fr/words.j2", "", "no such words"),
        ("labels.j2", "", "no such words"),
    ],
)
def test_mistakes_in_words_of_ones_own_show_at_check(tmp_path: Path, name: str, text: str, said: str) -> None:
    (problem,) = check_letter_words([own_words(tmp_path, name, text)])
    assert said in problem.message
    assert problem.file.endswith(name)


# the code for the transfer


def test_a_phone_reads_the_exact_sum_off_the_printed_sheet() -> None:
    (found,) = zxingcpp.read_barcodes(
        picture_of(pdf(invoice(late=46))), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    head, payload = found.text.split("\n")[:4], found.text
    assert head == ["BCD", "002", "1", "SCT"]
    for words in ("AGRIFRPP", "Dupont Menuiserie", "FR7630006000011234567890189", "EUR1234.5", "F-2026-0042"):
        assert words in payload, words
