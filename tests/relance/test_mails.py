"""The mails as their readers get them, word for word; RELANCE_UPDATE_GOLDEN=1 writes them anew, to be read in the diff."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache

import pytest

from engine.kinds import Channel, ItemKind, Purpose
from engine.money import Money
from tests.fakes.golden import compare
from tests.fakes.letterbox import NOW, TODAY, VOICES, Voice, case_file, invoice, reminder, renderer, scenes

SCENES = scenes()
# The HTML is the same layout throughout: a few of each voice show it whole.
WITH_HTML = {"friendly-1", "mixed", "credits", "also-open", "two-currencies", "formal-3"}
FORBIDDEN = re.compile(r"huissier|saisie|dernier avis|poursuites|contentieux|avis d'échéance dépassée", re.IGNORECASE)


@cache
def written(voice: Voice, scene: str) -> tuple[str, str, str]:
    """Give subject or title, text and HTML ("" for a task)."""
    notice, history = SCENES[scene]
    desk, case = renderer(voice.creditor()), case_file(voice.customer(), history)
    envelope = desk.notice(reminder(notice.channel), notice, case, TODAY, NOW)
    mailed = notice.channel is Channel.EMAIL
    return envelope.title, envelope.text, desk.html(notice, case, TODAY) if mailed else ""


@cache
def thanked(voice: Voice, count: int) -> tuple[str, str, str]:
    settled = [replace(invoice(number), balance=Money.zero("EUR")) for number in ("F-2026-0042", "F-2026-0043")[:count]]
    desk, case = renderer(voice.creditor()), case_file(voice.customer())
    envelope = desk.thank_you(reminder(purpose=Purpose.THANK_YOU), settled, case, TODAY, NOW)
    return envelope.title, envelope.text, parts(envelope.content)[1]


def parts(content: bytes) -> tuple[str, str]:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
@pytest.mark.parametrize("scene", SCENES)
def test_a_mail_reads_as_it_was_agreed(voice: Voice, scene: str) -> None:
    title, text, html = written(voice, scene)
    compare(f"{voice.name}/{scene}.txt", f"{title}\n\n{text}")
    if scene in WITH_HTML:
        compare(f"{voice.name}/{scene}.html", html)


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
@pytest.mark.parametrize("count", [1, 2])
def test_a_thank_you_reads_as_it_was_agreed(voice: Voice, count: int) -> None:
    title, text, _ = thanked(voice, count)
    compare(f"{voice.name}/thank_you-{count}.txt", f"{title}\n\n{text}")


def every_text(voice: Voice) -> dict[str, str]:
    texts = {scene: "\n".join(written(voice, scene)) for scene in SCENES}
    return texts | {f"thanks-{count}": "\n".join(thanked(voice, count)) for count in (1, 2)}


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_no_mail_leaks_a_placeholder_or_threatens(voice: Voice) -> None:
    for scene, text in every_text(voice).items():
        assert not re.search(r"None|\{\{|\{%|\bTrue\b|\bFalse\b|Undefined", text), scene
        assert not FORBIDDEN.search(text), scene


@pytest.mark.parametrize("voice", VOICES[:2], ids=lambda voice: voice.name)
def test_french_punctuation_has_its_narrow_spaces(voice: Voice) -> None:
    for scene in SCENES:
        _, prose, _ = written(voice, scene)
        assert not re.search(r"[^\u202f\s][;!?»]|[^\u202f\d]:(?!//)| [;:!?»]|« |«[^\u202f]", prose), scene
        assert "'" not in prose, scene
        assert not re.search(r"\S  +\S", prose), scene
        assert not re.search(r"\d €", prose), scene


def test_vous_and_tu_never_mix() -> None:
    for scene, text in every_text(VOICES[0]).items():
        assert not re.search(r"\b(?:tu|te|ton|ta|tes|toi)\b|\bt’", text, re.IGNORECASE), scene
    for scene, text in every_text(VOICES[1]).items():
        if not scene.startswith(("formal", "letter")):
            assert not re.search(r"\b(?:vous|votre|vos)\b", text, re.IGNORECASE), scene


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_every_mail_holds_what_a_reader_needs(voice: Voice) -> None:
    for scene, (notice, _) in SCENES.items():
        title, text, html = written(voice, scene)
        if notice.channel is Channel.CALL:
            continue
        for needed in [*(line.item.number for line in notice.lines), "FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP",
                       "Claire Dupont", "Dupont Menuiserie", "912 345 678", "RCS Lyon", "12 rue des Ateliers"]:  # fmt: skip
            assert needed in text, (scene, needed)
            assert not html or needed in html, (scene, needed)
        if notice.deadline_on:
            assert re.search(r"24 mars 2026|24 March 2026", re.sub(r"\s+", " ", text)), scene
        assert title, scene


def test_a_notice_before_the_due_date_knows_no_arrears() -> None:
    for voice in VOICES[:2]:
        for scene in ("before_due-1", "before_due-3"):
            assert not re.search(
                r"impay|retard|pénalit|relance|rappel :", "\n".join(written(voice, scene)[:2]), re.IGNORECASE
            )


def test_a_payment_that_books_know_only_by_its_day_is_called_by_its_day() -> None:
    notice, history = SCENES["credits"]
    numbered = next(line for line in notice.credits if line.item.kind is ItemKind.PAYMENT)
    unnumbered = replace(numbered.item, number=numbered.item.issued_on.isoformat())
    lines = tuple(replace(line, item=unnumbered) if line is numbered else line for line in notice.credits)
    voice = VOICES[0]
    case = case_file(voice.customer(), history)
    envelope = renderer(voice.creditor()).notice(
        reminder(notice.channel), replace(notice, credits=lines), case, TODAY, NOW
    )
    assert "Règlement reçu du 8 février 2026" in envelope.text
    assert unnumbered.number not in envelope.text
