"""The code for a transfer, read back by a decoder that shares nothing with what wrote it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import segno.helpers
import zxingcpp
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from engine.compose import compose_notice
from engine.creditor import BankAccount, Creditor
from engine.kinds import AddressForm, Channel
from engine.money import Money
from engine.qr import LONGEST_PAYLOAD, code_png, code_svg, reference_text, rf_reference, transfer_payload
from tests.fakes.letterbox import DUPONT, MARTIN, TODAY, invoice, line, notice

if TYPE_CHECKING:
    from engine.model import Notice, OpenItem

IBAN = "FR7630006000011234567890189"


def payload(amount: str = "12.30", currency: str = "EUR", **changes: str) -> str:
    given = {"holder": "Dupont", "iban": IBAN, "bic": "", "text": "F-1"} | changes
    return transfer_payload(amount=Money.of(Decimal(amount), currency), **given)


def read(png: bytes) -> str:
    # A reader that looks for every kind of code takes some corners of one for another: it looks as a bank's does.
    (found,) = zxingcpp.read_barcodes(
        Image.open(io.BytesIO(png)), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    )
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    assert found.ec_level == "M", "the guideline's level, no more and no less"
    return found.bytes.decode("utf-8")


def of(given: Notice, company: Creditor = DUPONT) -> str:
    return compose_notice(given, MARTIN, company, "fr", AddressForm.VOUS, TODAY).payment.code


# EPC069-12 v2.1, examples 1 and 2, without the optional purpose and in UTF-8 throughout.
GUIDELINE = (
    (
        {"holder": "Franz Mustermänn", "bic": "BHBLDEHHXXX", "iban": "DE71110220330123456789",
         "reference": "RF18539007547034", "text": ""},
        "BCD\n002\n1\nSCT\nBHBLDEHHXXX\nFranz Mustermänn\nDE71110220330123456789\nEUR12.3\n\nRF18539007547034",
    ),
    (
        {"holder": "François D'Alsace S.A.", "iban": "FR1420041010050500013M02606",
         "text": "Client:Marie Louise La Lune"},
        "BCD\n002\n1\nSCT\n\nFrançois D'Alsace S.A.\nFR1420041010050500013M02606\nEUR12.3\n\n\nClient:Marie Louise La Lune",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), GUIDELINE, ids=["structured", "free text"])
def test_the_guidelines_examples_are_written_and_read_back(changes: dict[str, str], expected: str) -> None:
    written = payload(**changes)
    assert written == expected
    assert read(code_png(written)) == expected


@pytest.mark.parametrize("changes", [changes for changes, _ in GUIDELINE], ids=["structured", "free text"])
def test_another_librarys_code_says_the_same(changes: dict[str, str]) -> None:
    theirs = segno.helpers.make_epc_qr(
        changes["holder"],
        changes["iban"],
        Decimal("12.30"),
        text=changes["text"] or None,
        reference=changes.get("reference"),
        bic=changes.get("bic"),
        encoding="utf-8",
    )
    buffer = io.BytesIO()
    theirs.save(buffer, kind="png", scale=6)
    assert read(buffer.getvalue()) == payload(**changes)


# Anything that a person, a company or a stranger may write, but no half characters: those are no text.
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=90)
amounts = st.integers(min_value=-10, max_value=100_000_000_000)


@given(holder=names, text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200), cents=amounts)
@example(holder="🏠" * 90, text="🧾" * 200, cents=99_999_999_999)
@example(holder="é" * 70, text="é" * 140, cents=1)
@example(holder="10ge AccountYng", text="Ò·\U0003dea9", cents=16)
@example(holder="Dupont\nIT60X0542811101000000123456", text="F-1\nEUR9999", cents=100)
def test_whatever_it_is_called_a_code_says_who_where_and_how_much(holder: str, text: str, cents: int) -> None:
    amount = Money(minor=cents, currency="EUR")
    written = transfer_payload(holder=holder, iban=IBAN, bic="AGRIFRPP", amount=amount, text=text)
    if not written:
        assert cents < 1 or cents > 99_999_999_999 or not re.sub(r"[\W_]", "", holder)
        return
    assert len(written.encode()) <= LONGEST_PAYLOAD
    back = read(code_png(written, scale=4))
    assert back == written
    lines = back.split("\n")
    assert lines[:5] == ["BCD", "002", "1", "SCT", "AGRIFRPP"]
    assert lines[6] == IBAN
    assert Decimal(lines[7].removeprefix("EUR")) == amount.amount
    assert len(lines) <= 11
    assert len(lines[5]) <= 70
    assert back == back.rstrip("\n")


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "GBP"},
        {"amount": "0.00"},
        {"amount": "-1.00"},
        {"amount": "1000000000.00"},
        {"holder": " \n "},
        {"iban": "AE070331234567890123456"},
        {"iban": "GB82WEST12345698765432"},
        {"iban": "CH9300762011623852957"},
    ],
    ids=lambda changes: "-".join(changes.values()).strip(),
)
def test_there_is_no_code_where_no_transfer_of_the_scheme_can_be(changes: dict[str, str]) -> None:
    assert payload(**changes) == ""


def test_an_account_outside_the_economic_area_needs_its_bic() -> None:
    assert payload(iban="CH9300762011623852957", bic="POFICHBEXXX").split("\n")[4] == "POFICHBEXXX"


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        ("FA20260042", "RF83FA20260042"),
        ("INV1", "RF47INV1"),
        ("2026001234", "RF222026001234"),
        ("F-2026-118", "RF71F2026118"),
        ("f/2026/118", "RF71F2026118"),
        ("é-—", ""),
        ("A" * 22, ""),
    ],
)
def test_an_rf_reference_is_made_of_the_number(number: str, reference: str) -> None:
    assert rf_reference(number) == reference


def test_a_reference_names_every_invoice_or_the_account() -> None:
    assert reference_text(["F-1", "F-2", "F-3", "F-4", "F-5"], "Client") == "F-1, F-2, F-3, F-4, F-5"
    assert reference_text([f"F-2026-{n:04}" for n in range(20)], "Martin, 20 factures") == "Martin, 20 factures"


def test_the_picture_is_black_on_white_with_its_quiet_zone() -> None:
    picture = Image.open(io.BytesIO(code_png(payload()))).convert("L")
    width, height = picture.size
    assert width == height
    border = {picture.getpixel((x, y)) for x in range(width) for y in range(24)}
    assert border == {255}
    drawn = ET.fromstring(code_svg(payload()))  # noqa: S314 (our own SVG)
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"


def test_a_notice_asks_by_its_code_for_exactly_its_sum() -> None:
    three = [invoice(f"F-{n}", total="10.10") for n in (1, 2, 3)]
    lines = of(notice(*(line(one, "friendly", taken="0.10") for one in three))).split("\n")
    assert (lines[5], lines[6], lines[7], lines[-1]) == ("Dupont Menuiserie", IBAN, "EUR30", "F-1, F-2, F-3")


def test_many_invoices_are_told_as_the_customers_account() -> None:
    many = [invoice(f"FACTURE-2026-{n:05}", total="1.00") for n in range(30)]
    text = of(notice(*(line(one, "friendly") for one in many))).split("\n")[-1]
    assert text == "Martin Rénovation, 30 factures, relevé du 16/03/2026"


def rf_asked() -> Creditor:
    return replace(DUPONT, bank=BankAccount(iban=IBAN, rf_reference=True))


def test_with_rf_one_invoice_has_a_reference_and_several_their_numbers() -> None:
    one, two = invoice("F-2026-118"), invoice("F-2026-119")
    alone = compose_notice(notice(line(one, "friendly")), MARTIN, rf_asked(), "fr", AddressForm.VOUS, TODAY)
    assert alone.payment.reference == "RF71F2026118"
    assert alone.payment.code.split("\n")[-1] == "RF71F2026118"
    assert len(alone.payment.code.split("\n")) == 10
    both = of(notice(line(one, "friendly"), line(two, "friendly")), rf_asked())
    assert both.split("\n")[9:] == ["", "F-2026-118, F-2026-119"]


def test_no_code_without_an_account_in_several_currencies_or_where_nobody_scans() -> None:
    given = notice(line(invoice(), "friendly"))
    assert of(given) != ""
    assert of(given, replace(DUPONT, bank=None)) == ""
    assert of(given, replace(DUPONT, bank=BankAccount(iban=IBAN, qr_code=False))) == ""
    assert of(notice(line(invoice(), "friendly"), line(invoice("F-9", currency="USD"), "friendly"))) == ""
    assert of(notice(line(invoice(currency="GBP"), "friendly"))) == ""
    assert of(replace(given, channel=Channel.CALL)) == ""
    assert of(replace(given, channel=Channel.LETTER)) != ""


def test_invoices_that_fall_due_on_different_days_are_not_paid_by_one_scan() -> None:
    def before(*items: OpenItem) -> str:
        return of(notice(*(line(one, "before_due") for one in items)))

    same = invoice("F-1", late=-5), invoice("F-2", late=-5)
    assert before(*same) != ""
    assert before(invoice("F-1", late=-5), invoice("F-2", late=-6)) == ""


def test_the_account_never_comes_from_the_books() -> None:
    hostile = replace(invoice(), number="IT60X0542811101000000123456", reference="IT60X0542811101000000123456")
    assert of(notice(line(hostile, "friendly"))).split("\n")[6] == IBAN


def test_other_ways_to_pay_are_told_in_the_readers_language() -> None:
    means = (("", ("Par chèque",)), ("en", ("By cheque",)))
    company = replace(DUPONT, payment_means=means)
    for language, expected in (("fr", ("Par chèque",)), ("en-GB", ("By cheque",)), ("de", ("Par chèque",))):
        content = compose_notice(
            notice(line(invoice(), "friendly")), MARTIN, company, language, AddressForm.VOUS, TODAY
        )
        assert content.payment.means == expected


def test_credit_that_is_taken_off_is_not_asked_by_the_code() -> None:
    given = notice(line(invoice(total="1000.00"), "friendly", taken="234.50"))
    assert of(given).split("\n")[7] == "EUR765.5"
