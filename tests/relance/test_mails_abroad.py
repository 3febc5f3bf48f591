"""German, Spanish, Italian and Dutch mails as their readers get them, word for word, and what none of them may say."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.charge_law_names import LAW_NAMES
from engine.kinds import AddressForm, Channel, CustomerKind
from relance.template_samples import samples
from relance.texts import wording_of
from tests.fakes.foreign_mails import FORMAL, INFORMAL, LANGUAGES, VOICES, WITH_TU, messages, text_about
from tests.fakes.golden import compare
from tests.fakes.letterbox import DUPONT, Voice, invoice, line, notice, reminded, scenes

RULE = "\n" + "=" * 76 + "\n\n"

# The informal form is checked in what is spoken to everybody; who is told of a formal notice is addressed formally.
HOME = "fr"
PACKAGE = wording_of(()).templates.loader.places()[-1]

# Law and decency: nothing that looks like an act of a bailiff or a court, and no last word before the last levels.
BAILIFF = {
    "de": r"gerichtsvollzieher|pfänd|vollstreck|zwangs",
    "es": r"embargo|procurador|agente judicial|alguacil",
    "it": r"ufficiale giudiziario|pignora|precetto",
    "nl": r"deurwaarder|beslag|dwangbevel",
}
LAST = {
    "de": r"letzte\w* (?:mahnung|erinnerung|warnung)|letztmalig",
    "es": r"último (?:aviso|recordatorio)|requerimiento formal",
    "it": r"ultim[oa] (?:avviso|sollecito)|diffid|messa in mora",
    "nl": r"laatste (?:aanmaning|herinnering|waarschuwing)|ingebreke|in gebreke|sommatie",
}
ARREARS = {
    "de": r"mahnung|verzug|überfällig|säumig",
    "es": r"impagad|demora|retraso|reclamación",
    "it": r"insolut|mora\b|ritardo|sollecit",
    "nl": r"aanmaning|te laat|achterstallig|rente",
}
COURT = {
    "de": r"gericht|anwalt|inkasso|klage",
    "es": r"judicial|tribunal|abogad",
    "it": r"giudizi|tribunal|avvocat",
    "nl": r"rechter|rechtbank|advoca|incasso",
}

# What is said to those addressed formally, never to friends, and the other way round. In German and Italian the formal
# word is a capital inside a sentence: at its beginning it may mean "they" or "the".
SAID_TO_FRIENDS = {
    "de": r"\b(?:du|dir|dich|dein\w*)\b",
    "es": r"\b(?:tú|te|ti|tu|tus)\b",
    "it": r"\b(?:tu|ti|tuo|tua|tue|tuoi)\b",
    "nl": r"\b(?:je|jij|jou|jouw)\b",
}
SAID_FORMALLY = {
    "de": r"\b(?:Ihnen|Ihre?[mnrs]?)\b|[a-zäöü,] Sie\b",
    "es": r"\b(?:usted|le|les|díganos\w*|responda|llame)\b",
    "it": r"[a-zàèéìòù,] (?:La|Le|Lei|Suo|Sua|Sue)\b|\b(?:risponda|chiami)\b",
    "nl": r"\b(?:u|uw)\b",
}


def prose(text: str) -> str:
    """Give a mail's text without what stands under the signature, on one line."""
    return re.sub(r"[ \n]+", " ", text.partition("\n-- \n")[0])


@pytest.mark.slow
@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_a_mail_abroad_reads_as_it_was_agreed(voice: Voice) -> None:
    for name, mails in messages(voice).items():
        compare(f"{voice.name}/{name}.txt", RULE.join(f"{title}\n\n{text}" for title, text, _ in mails))


@pytest.mark.parametrize("voice", FORMAL, ids=lambda voice: voice.name)
def test_a_mail_abroad_looks_as_it_was_agreed(voice: Voice) -> None:
    compare(f"{voice.name}/mixed.html", text_about(voice, *scenes()["mixed"])[2])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_that_french_says(language: str) -> None:
    """Each message, each block of it, and the titles of tasks: whatever French has."""
    wording = wording_of(())
    named = sorted(one.name for one in (PACKAGE / HOME / "vous").iterdir())
    for name in named:
        assert wording.templates.loader.has(f"{language}/vous/{name}"), name
    for name in (one.removesuffix(".j2") for one in named if one != "base.j2"):
        for form in AddressForm:
            content = next(iter(samples(name, language, form)))
            ours, theirs = (
                wording.data(content, wording.message(one, form, name))["parts"] for one in (language, HOME)
            )
            assert isinstance(ours, dict)
            assert isinstance(theirs, dict)
            assert sorted(ours) == sorted(theirs), (name, form)
            assert sorted(key for key, text in theirs.items() if text and not ours[key]) == [], (name, form)
    blocks = [
        set(re.findall(r"block (\w+)", (PACKAGE / one / "tasks.j2").read_text("utf-8"))) for one in (language, HOME)
    ]
    assert blocks[0] == blocks[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_friends_are_written_to_as_friends(language: str) -> None:
    loader = wording_of(()).templates.loader
    assert [name for name in WITH_TU if not loader.has(f"{language}/tu/{name}.j2")] == []
    assert not loader.has(f"{language}/tu/formal.j2")


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_the_two_forms_of_address_never_mix(voice: Voice) -> None:
    refused = SAID_TO_FRIENDS if voice.form is AddressForm.VOUS else SAID_FORMALLY
    flags = re.IGNORECASE if voice.form is AddressForm.VOUS or voice.language in {"es", "nl"} else 0
    for name, mails in messages(voice).items():
        for title, text, _ in mails:
            found = re.search(refused[voice.language], f"{title}. {prose(text)}", flags)
            assert not found, (name, found)


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_no_mail_abroad_imitates_a_bailiff_or_threatens_early(voice: Voice) -> None:
    tongue = voice.language
    amicable = {"before_due", "friendly", "firm", "final", "broken_promise", "thank_you", "dispute", "promise"}
    for name, mails in messages(voice).items():
        for title, text, html in mails:
            whole = f"{title} {prose(text)} {html}"
            assert not re.search(BAILIFF[tongue], whole, re.IGNORECASE), name
            if name in amicable:
                assert not re.search(COURT[tongue], whole, re.IGNORECASE), name
            if name in amicable - {"final"}:
                assert not re.search(LAST[tongue], whole, re.IGNORECASE), name
            if name == "before_due":
                assert not re.search(ARREARS[tongue], f"{title} {prose(text)}", re.IGNORECASE), name


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_nothing_is_left_open_in_a_mail_abroad(voice: Voice) -> None:
    for name, mails in messages(voice).items():
        for title, text, html in mails:
            for part in (title, text, html):
                assert not re.search(r"None|\{\{|\{%|\bTrue\b|\bFalse\b|Undefined|duration-day", part), name
            assert not re.search(r"\S  +\S| [,.;]|[(] | [)]|\.\.|[,;:] ?[.]", prose(text)), name
            assert not re.search(r"'|(?<!=)\"", text), name
            assert not re.search(r"\d €|€ \d|§ \d|L\. \d", re.sub(r"[\n]", " ", text)), name


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_amounts_and_days_are_written_as_at_home(voice: Voice) -> None:
    amount, day = {
        "de": ("1.234,50\xa0€", "24.\xa0März 2026"),
        "es": ("1.234,50\xa0€", "24 de marzo de 2026"),
        "it": ("1.234,50\xa0€", "24 marzo 2026"),
        "nl": ("€\xa01.234,50", "24 maart 2026"),
    }[voice.language]
    for name in ("friendly", "firm"):
        for _, text, _ in messages(voice)[name]:
            assert amount in text
            assert day in prose(text)


def test_one_day_late_is_one_day() -> None:
    late = {
        "de": "(1 Tag überfällig)",
        "es": "(1 día de retraso)",
        "it": "(1 giorno di ritardo)",
        "nl": "(1 dag te laat)",
    }
    for voice in FORMAL:
        _, text, _ = text_about(voice, notice(line(invoice(late=1), "friendly")), ())
        assert late[voice.language] in text


@pytest.mark.parametrize("voice", FORMAL, ids=lambda voice: voice.name)
@pytest.mark.parametrize("country", ["FR", "DE", "ES", "IT", "NL", "BE", "AT", "GB"])
def test_the_law_of_the_creditor_is_named_in_the_language_of_the_reader(voice: Voice, country: str) -> None:
    law = {"FR": "fr", "GB": "uk", "AT": "eu"}.get(country, country.lower()) + "_business"
    named = prose(LAW_NAMES[voice.language][law]).replace("\xa0", " ")
    creditor = replace(DUPONT, country=country)
    for level in ("final", "formal"):
        item = invoice(late=60)
        _, text, _ = text_about(voice, notice(line(item, level)), reminded(item, 30), creditor=creditor)
        plain = prose(text).replace("\xa0", " ")
        assert f"({named})" in plain, level
        assert ("1344" in plain) == (country == "FR" and level == "formal")
        fixed = re.search(r"\b40(?:,00)? €|€ 40\b", plain)
        assert bool(fixed) == (country != "GB"), level


@pytest.mark.parametrize("voice", FORMAL, ids=lambda voice: voice.name)
@pytest.mark.parametrize("kind", [CustomerKind.CONSUMER, CustomerKind.UNKNOWN])
def test_a_consumer_abroad_is_asked_for_no_fixed_sum(voice: Voice, kind: CustomerKind) -> None:
    for country in ("FR", "DE", "NL"):
        for level in ("final", "formal"):
            given = notice(line(invoice(late=60), level))
            _, text, _ = text_about(voice, given, (), kind=kind, creditor=replace(DUPONT, country=country))
            assert not re.search(r"\b40(?:,00)?\xa0€|€\xa040\b|441", text), (country, level)


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_a_consumers_subject_abroad_tells_no_debt(voice: Voice) -> None:
    said = {
        "de": ("Ihre Rechnung F-2026-0042", "Deine Rechnung F-2026-0042"),
        "es": ("Su factura F-2026-0042", "Tu factura F-2026-0042"),
        "it": ("La Sua fattura F-2026-0042", "La tua fattura F-2026-0042"),
        "nl": ("Uw factuur F-2026-0042", "Je factuur F-2026-0042"),
    }[voice.language]
    for level in ("before_due", "friendly", "firm", "final", "formal"):
        late = -4 if level == "before_due" else 40
        given = notice(line(invoice(late=late), level))
        title, _, _ = text_about(voice, given, (), kind=CustomerKind.CONSUMER)
        assert title == said[0 if level in {"final", "formal"} else INFORMAL.count(voice)], level


def test_a_public_body_abroad_is_told_of_no_order_to_pay() -> None:
    for voice in FORMAL:
        _, text, _ = text_about(voice, notice(line(invoice(late=60), "formal")), (), kind=CustomerKind.PUBLIC)
        assert "injonction" not in text
        assert "2192-13" in text


@pytest.mark.parametrize(
    ("language", "term", "by_then"),
    [
        ("de", "innerhalb von 8 Tagen ab dem ersten Zustellversuch", r"bis dahin|vor diesem Tag|spätestens zum"),
        ("es", "en un plazo de 8 días a partir de la primera presentación", r"esa fecha|a más tardar"),
        ("it", "entro 8 giorni dalla prima presentazione", r"tale data|entro il"),
        ("nl", "binnen 8 dagen na de eerste aanbieding", r"die datum|uiterlijk op"),
    ],
)
def test_a_registered_formal_notice_abroad_gives_days_and_no_date(language: str, term: str, by_then: str) -> None:
    voice = next(one for one in FORMAL if one.language == language)
    given = replace(notice(line(invoice(late=46), "formal"), channel=Channel.REGISTERED_LETTER), deadline_days=8)
    for kind in (CustomerKind.BUSINESS, CustomerKind.PUBLIC):
        for creditor in (DUPONT, replace(DUPONT, country="AT")):
            written = prose(text_about(voice, given, (), kind=kind, creditor=creditor)[1])
            assert term in written
            assert not re.search(by_then, written), re.search(by_then, written)
            assert not re.search(r"24[. ]|24 de marzo", written)
