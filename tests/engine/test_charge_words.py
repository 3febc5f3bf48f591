"""Every law, reason and remark can be said in French and English, with figures as the language writes them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from engine.charge_law import EU_COUNTRIES, Law, Unclaimed, law_for
from engine.charge_words import law_name, reason_text, remark_text
from engine.claims import Remark, RemarkCode
from engine.kinds import CustomerKind

FACTS = (
    ("rate", "8"),
    ("floor", "8.25"),
    ("half_year", "2026-S2"),
    ("amount", "40.00"),
    ("currency", "EUR"),
    ("until", "2026-09-01"),
    ("on", "2027-01-01"),
    ("days", "14"),
    ("country", "PL"),
)


@pytest.mark.parametrize("language", ["fr", "en", "de", "es", "it", "nl", "pt"])
def test_every_law_has_a_name_in_every_language(language: str) -> None:
    laws = {law_for(country, kind) for country in [*EU_COUNTRIES, "GB"] for kind in CustomerKind}
    names = [law_name(law.law_id, language) for law in laws if isinstance(law, Law)]
    assert len(names) > 10
    assert all(names)
    assert law_name("", language) == ""


def test_a_law_is_named_in_its_own_country_by_its_own_name() -> None:
    assert re.fullmatch(r"§\s288\sBGB", law_name("de_business", "de"))
    assert "Burgerlijk Wetboek" in law_name("nl_business", "nl-BE")
    assert law_name("fr_business", "fr") == "articles L.\xa0441-10 et D.\xa0441-5 du Code de commerce"


@pytest.mark.parametrize("code", RemarkCode)
def test_every_remark_is_said_whole_in_both_languages(code: RemarkCode) -> None:
    french, english = (remark_text(Remark(code=code, facts=FACTS), language) for language in ("fr", "en"))
    assert french != english
    for said in (french, english):
        assert not re.search(r"[{}]|'|  ", said)


@pytest.mark.parametrize("reason", Unclaimed)
def test_every_reason_is_said_in_both_languages(reason: Unclaimed) -> None:
    assert reason_text(reason, "fr") != reason_text(reason, "en")


def test_figures_are_written_as_the_language_writes_them() -> None:
    facts = (("rate", str(Decimal(8))), ("floor", "8.25"), ("half_year", "2026-S2"))
    below = Remark(code=RemarkCode.BELOW_FLOOR, facts=facts)
    assert "8,00\u202f%" in remark_text(below, "fr")
    assert "2e semestre 2026, 8,25\u202f%" in remark_text(below, "fr")
    assert "8.25% in the second half of 2026" in remark_text(below, "en")
    after = Remark(code=RemarkCode.PAYMENT_AFTER, facts=(("until", "2026-09-01"),))
    assert "1er septembre 2026" in remark_text(after, "fr")
