"""Money, days, names and links as a reader meets them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.colors import contrast, palette
from engine.wording import (
    clean,
    date_text,
    days_text,
    elided,
    iban_text,
    join,
    money_text,
    payment_url,
    percent_text,
    told_in,
    typeset,
)
from tests.fakes.letterbox import money


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("1234.50", "EUR", "fr", "1\u202f234,50\xa0€"),
        ("1234.50", "EUR", "en", "€1,234.50"),
        ("-200.00", "EUR", "fr", "-200,00\xa0€"),
        ("1234.50", "EUR", "de", "1.234,50\xa0€"),
        ("1234.50", "EUR", "es", "1.234,50\xa0€"),
        ("1234.50", "EUR", "it", "1.234,50\xa0€"),
        ("1234.50", "EUR", "nl", "€\xa01.234,50"),
        ("-200.00", "EUR", "nl", "€\xa0-200,00"),
        ("1234", "JPY", "en-US", "¥1,234"),
        ("1234.567", "TND", "fr", "1\u202f234,567\xa0TND"),
        # CLDR would round these two to whole units; ISO 4217 gives them decimals.
        ("12.34", "ALL", "en", "ALL12.34"),
        ("1.234", "IQD", "en", "IQD1.234"),
    ],
)
def test_an_amount_has_its_currencys_decimals(amount: str, currency: str, language: str, written: str) -> None:
    assert money_text(money(amount, currency), language) == written


def test_days_read_as_in_a_letter() -> None:
    assert date_text(date(2026, 3, 9), "fr") == "9 mars 2026"
    assert date_text(date(2026, 3, 1), "fr") == "1er mars 2026"
    assert date_text(date(2026, 3, 11), "fr") == "11 mars 2026"
    assert date_text(date(2026, 3, 1), "en") == "1 March 2026"
    assert date_text(date(2026, 3, 9), "en-US") == "March 9, 2026"
    assert date_text(date(2026, 3, 9), "xx") == "9 March 2026"
    assert date_text(date(2026, 3, 1), "de") == "1.\xa0März 2026"
    assert date_text(date(2026, 3, 1), "es") == "1 de marzo de 2026"
    assert date_text(date(2026, 3, 1), "it") == "1º marzo 2026"
    assert date_text(date(2026, 3, 11), "it") == "11 marzo 2026"
    assert date_text(date(2026, 3, 1), "nl") == "1 maart 2026"
    assert [days_text(n, "fr") for n in (1, 2)] == ["1 jour", "2 jours"]
    assert [days_text(n, "en") for n in (1, 2)] == ["1 day", "2 days"]
    assert [days_text(n, "de") for n in (1, 400)] == ["1 Tag", "400 Tage"]
    assert [days_text(n, "es") for n in (1, 2)] == ["1 día", "2 días"]
    assert [days_text(n, "it") for n in (1, 2)] == ["1 giorno", "2 giorni"]
    assert [days_text(n, "nl") for n in (1, 2)] == ["1 dag", "2 dagen"]


def test_an_italian_article_is_shortened_before_a_day_that_begins_with_a_vowel() -> None:
    assert elided("scaduta il 8 marzo 2026", "it") == "scaduta l\u20198 marzo 2026"
    assert elided("Il 11 aprile 2026, del\n8 marzo 2026", "it") == "L\u201911 aprile 2026, dell\u20198 marzo 2026"
    for whole in ("il 18 marzo 2026", "il 1 marzo 2026", "il 8 per cento"):
        assert elided(whole, "it") == whole
    assert elided("il 8 marzo 2026", "fr") == "il 8 marzo 2026"


def test_those_who_chase_are_told_in_french_or_english() -> None:
    told = {language: told_in(language) for language in ("fr", "fr-CH", "en-US", "de", "nl-BE", "xx")}
    assert told == {"fr": "fr", "fr-CH": "fr-CH", "en-US": "en-US", "de": "en", "nl-BE": "en", "xx": "xx"}


def test_small_words() -> None:
    assert join(["A", "B", "C"], "fr") == "A, B et C"
    assert join([], "fr") == ""
    assert percent_text(Decimal("12.40"), "fr") == "12,4"
    assert iban_text("fr76 30006000011234567890189") == "FR76 3000 6000 0112 3456 7890 189"


def test_our_own_words_are_set_as_printers_do() -> None:
    assert typeset("C'est \u00ab là \u00bb : oui ?", "fr") == "C\u2019est «\u202flà\u202f»\u202f: oui\u202f?"
    assert typeset('It\'s "so": 40 €, article L. 441', "en") == "It\u2019s \u201cso\u201d: 40\xa0€, article L.\xa0441"
    assert typeset('"So": 9 % nach § 288', "de") == "\u201eSo\u201c: 9\xa0% nach §\xa0288"
    assert typeset('"Así": 8 % y 40 €', "es") == "«Así»: 8\xa0% y 40\xa0€"
    assert typeset('"Ecco": l\'art. 5', "it") == "«Ecco»: l\u2019art.\xa05"
    assert typeset('"Zo": € 40', "nl") == "\u201cZo\u201d: €\xa040"


@given(st.text(max_size=400))
def test_a_cleaned_name_is_one_line_without_marks_that_reorder(text: str) -> None:
    found = clean(text)
    assert len(found) <= 200
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", found)
    assert clean(found) == found


@given(st.text(max_size=60))
def test_a_link_is_https_with_the_number_inside_one_segment(number: str) -> None:
    found = payment_url("https://pay.example/i/{number}?v=1", number)
    assert re.fullmatch(r"https://pay\.example/i/[A-Za-z0-9._~%-]*\?v=1", found)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_brand_colour_becomes_readable(rgb: tuple[int, int, int]) -> None:
    shades = palette("#{:02x}{:02x}{:02x}".format(*rgb))
    for shade, background in ((shades.accent, (255, 255, 255)), (shades.accent_dark, (28, 30, 34))):
        part = (int(shade[1:3], 16), int(shade[3:5], 16), int(shade[5:7], 16))
        assert contrast(part, background) >= 4.5


def test_a_colour_that_is_none_is_not_printed() -> None:
    assert palette("red; background: url(x)") == palette("")
