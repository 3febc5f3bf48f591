"""What a customer who pays for others reads of the invoices that are open besides: whose each of them is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.kinds import Channel
from tests.fakes.letterbox import MARTIN, NOW, TODAY, case_file, invoice, line, notice, reminder, renderer
from tests.fakes.pdfs import words_of

OWN = invoice("F-2026-0050", late=3)
THEIRS = replace(invoice("F-2026-0051", late=2, total="80.00"), customer_id="CFILIALE")
ASKED = replace(
    notice(line(invoice(), "friendly"), also_open=(OWN, THEIRS)), debtors=(("CFILIALE", "Filiale\u202e Nord <SARL>"),)
)


def read(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.CALL])
@pytest.mark.parametrize(("language", "due"), [("fr", "échéance 14 mars 2026"), ("en", "due date 14 March 2026")])
def test_an_invoice_that_is_open_besides_names_the_customer_whose_it_is(
    language: str, due: str, channel: Channel
) -> None:
    case = case_file(replace(MARTIN, language=language))
    asked = replace(ASKED, channel=channel, to=ASKED.to if channel is Channel.EMAIL else None)
    written = read(renderer().notice(reminder(channel), asked, case, TODAY, NOW).text)
    assert f"{due} – Filiale Nord <SARL>" in written
    assert written.count("Filiale Nord") == 1
    assert " – " not in written.partition("F-2026-0050")[2].partition("F-2026-0051")[0]


def test_a_letter_names_it_too() -> None:
    posted = replace(ASKED, channel=Channel.LETTER, to=None)
    written = renderer().notice(reminder(Channel.LETTER), posted, case_file(), TODAY, NOW)
    assert "échéance 14 mars 2026 – Filiale Nord" in words_of(written.content)


def test_the_html_names_it_beneath_the_number() -> None:
    page = renderer().html(ASKED, case_file(), TODAY)
    assert 'F-2026-0051<span class="note"' in page
    assert page.count("Filiale Nord &lt;SARL&gt;") == 1
