"""What customers read besides reminders, word for word; RELANCE_UPDATE_GOLDEN=1 writes it anew, to be read in the diff."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from engine.creditor import Signatory
from engine.errors import RenderError
from engine.kinds import Channel, CustomerKind, HoldKind, ItemKind, Purpose
from engine.model import HoldRecord, Instalment
from engine.records import Confirmation
from tests.fakes.golden import compare
from tests.fakes.letterbox import (
    DUPONT,
    MARTIN,
    NOW,
    TODAY,
    VOICES,
    Voice,
    case_file,
    credit,
    invoice,
    line,
    money,
    notice,
    reminded,
    reminder,
    renderer,
)
from tests.relance.test_mails import parts

if TYPE_CHECKING:
    from pathlib import Path

    from engine.model import Notice, OpenItem
    from engine.records import CaseFile, Envelope

FIRST = invoice(late=16)
SECOND = invoice("F-2026-0051", late=3, total="96.00", paid="46.00")
COMING = invoice("F-2026-0060", late=-20, total="640.00")
CREDITS = (credit(), credit("2026-02-08", "34.50", ItemKind.PAYMENT))
ANSWER_ON = date(2026, 3, 26)
SOON = date(2026, 3, 27)
# The HTML is the same layout throughout: the pages that have tables of their own show it whole.
WITH_HTML = {"instalments", "statement", "statement-two-currencies"}


def hold(kind: HoldKind, item: OpenItem, **more: Any) -> HoldRecord:
    record = HoldRecord(
        hold_id=f"h-{item.item_id}",
        kind=kind,
        reason="il manque deux portes et une poignée.",
        author="marie",
        recorded_at=NOW,
        item_id=item.item_id,
        balance_then=item.balance,
    )
    return replace(record, **more)


def promised(item: OpenItem, **more: Any) -> HoldRecord:
    return hold(HoldKind.PROMISE, item, **{"promised_on": date(2026, 3, 10), "promised": item.balance, **more})


def file_of(voice: Voice, *items: OpenItem) -> CaseFile:
    return replace(case_file(voice.customer(), reminded(FIRST, 10)), items=items)


def confirmed(voice: Voice, kind: HoldKind, *holds: HoldRecord, channel: Channel = Channel.EMAIL) -> Envelope:
    items = tuple(item for item in (FIRST, SECOND) if any(one.item_id == item.item_id for one in holds))
    plan = tuple(
        Instalment(plan_id="i1", due_on=date(2026, month, 1), amount=money("411.50"), received=money("0.00"))
        for month in (4, 5, 6)
    )
    given = Confirmation(
        kind=kind,
        holds=holds,
        items=items,
        instalments=plan if kind is HoldKind.INSTALMENTS else (),
        answer_on=ANSWER_ON,
    )
    asked = reminder(channel, purpose=Purpose.CONFIRMATION)
    return renderer(voice.creditor()).confirmation(asked, given, file_of(voice, *items), TODAY, NOW)


def stated(voice: Voice, *items: OpenItem) -> Envelope:
    return renderer(voice.creditor()).statement(reminder(purpose=Purpose.STATEMENT), file_of(voice, *items), TODAY, NOW)


def spoken(voice: Voice, given: Notice, **more: Any) -> Envelope:
    case = replace(file_of(voice, FIRST, SECOND, COMING), **more)
    return renderer(voice.creditor()).notice(reminder(given.channel), given, case, TODAY, NOW)


def broken(*items: OpenItem, level: str = "firm", channel: Channel = Channel.EMAIL, received: str = "") -> Notice:
    came = money(received) if received else None
    given = notice(*(line(item, level) for item in items), channel=channel, broken_promise_on=date(2026, 3, 10))
    return replace(given, broken_promises=tuple(promised(item, received=came) for item in items))


@cache
def written(voice: Voice) -> dict[str, Envelope]:
    """Give every message of a voice."""
    dollars = invoice("F-2026-0077", late=2, total="980.00", currency="USD")
    disputed = hold(HoldKind.DISPUTE, FIRST, disputed=money("200.00"))
    text = notice(line(FIRST, "firm"), channel=Channel.TEXT_MESSAGE)
    consumer = replace(file_of(voice).customer, kind=CustomerKind.CONSUMER)
    return {
        "dispute": confirmed(voice, HoldKind.DISPUTE, hold(HoldKind.DISPUTE, FIRST)),
        "dispute-part": confirmed(voice, HoldKind.DISPUTE, disputed),
        "dispute-2": confirmed(
            voice, HoldKind.DISPUTE, *(hold(HoldKind.DISPUTE, item, reason="") for item in (FIRST, SECOND))
        ),
        "promise": confirmed(voice, HoldKind.PROMISE, promised(FIRST, promised=money("800.00"), promised_on=SOON)),
        "promise-2": confirmed(
            voice, HoldKind.PROMISE, promised(FIRST, promised_on=SOON), promised(SECOND, promised_on=SOON)
        ),
        "instalments": confirmed(voice, HoldKind.INSTALMENTS, hold(HoldKind.INSTALMENTS, FIRST)),
        "statement": stated(voice, FIRST, SECOND, COMING, *CREDITS),
        "statement-two-currencies": stated(voice, FIRST, dollars, CREDITS[0]),
        "statement-credits-only": stated(voice, *CREDITS),
        "broken_promise-1": spoken(voice, broken(FIRST)),
        "broken_promise-2": spoken(voice, broken(FIRST, SECOND, received="100.00")),
        "broken_promise-final": spoken(voice, broken(FIRST, level="final")),
        "text_message": spoken(voice, text),
        "text_message-promise": spoken(voice, broken(FIRST, channel=Channel.TEXT_MESSAGE)),
        "text_message-consumer": spoken(voice, text, customer=consumer),
        "call-told": spoken(
            voice,
            replace(broken(FIRST, channel=Channel.CALL), also_open=(SECOND,)),
            holds=(hold(HoldKind.DISPUTE, COMING),),
        ),
    }


NAMES = tuple(written(VOICES[0]))


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
@pytest.mark.parametrize("name", NAMES)
def test_a_message_reads_as_it_was_agreed(voice: Voice, name: str) -> None:
    envelope = written(voice)[name]
    compare(f"{voice.name}/{name}.txt", f"{envelope.title}\n\n{envelope.text}")
    if name in WITH_HTML:
        compare(f"{voice.name}/{name}.html", parts(envelope.content)[1].replace("\r\n", "\n"))


def everything(voice: Voice) -> dict[str, str]:
    return {name: f"{one.title}\n{one.text}" for name, one in written(voice).items()}


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_no_message_admits_argues_threatens_or_waives_anything(voice: Voice) -> None:
    never = re.compile(
        r"None|\{\{|Undefined|huissier|saisie|poursuites|renon[cç]|waive|forgo|nous reconnaissons|we admit|"
        r"à tort|wrongly claim",
        re.IGNORECASE,
    )
    for name, text in everything(voice).items():
        assert not never.search(text), name


def test_vous_and_tu_never_mix() -> None:
    for name, text in everything(VOICES[0]).items():
        assert not re.search(r"\b(?:tu|te|ton|ta|tes|toi)\b|\bt’", text, re.IGNORECASE), name
    for name, text in everything(VOICES[1]).items():
        assert not re.search(r"\b(?:vous|votre|vos)\b", text, re.IGNORECASE), name


@pytest.mark.parametrize("voice", VOICES[:2], ids=lambda voice: voice.name)
def test_french_punctuation_has_its_narrow_spaces(voice: Voice) -> None:
    for name, envelope in written(voice).items():
        text = envelope.text
        if name.startswith("text_message"):
            continue
        assert not re.search(r"[^\u202f\s][;!?»]|[^\u202f\d]:(?!//)| [;:!?»]|« |«[^\u202f]", text), name
        assert "'" not in text, name
        assert not re.search(r"\d €", text), name


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_a_text_message_is_short_and_plain(voice: Voice) -> None:
    for name in ("text_message", "text_message-promise", "text_message-consumer"):
        text = written(voice)[name].text.splitlines()[-1]
        assert len(text) <= 300
        assert not re.search("[\xa0\u202f\u2019\u201c\u201d]", text), name


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
@pytest.mark.parametrize("kind", [CustomerKind.CONSUMER, CustomerKind.UNKNOWN])
def test_a_text_message_to_a_person_holds_no_sum_no_date_and_nothing_of_a_debt(
    voice: Voice, kind: CustomerKind
) -> None:
    given = notice(line(FIRST, "final"), channel=Channel.TEXT_MESSAGE, broken_promise_on=date(2026, 3, 10))
    text = spoken(voice, given, customer=replace(voice.customer(), kind=kind)).text.splitlines()[-1]
    assert "F-2026-0042" in text
    rest = text.replace("F-2026-0042", "").replace("04 78 00 00 00", "")
    assert not re.search(r"\d|€|EUR|impay|unpaid|échu|due|régl|pay", rest)


@pytest.mark.parametrize("number", ["N" * 200, "F-1"])
@pytest.mark.parametrize("name", ["Menuiserie " * 18, "M"])
@pytest.mark.parametrize("count", [1, 4, 50])
def test_a_text_message_stays_short_whatever_the_names(number: str, name: str, count: int) -> None:
    items = [invoice(f"{number}{index}", late=16, total="123456789.01") for index in range(count)]
    given = notice(*(line(item, "firm") for item in items), channel=Channel.TEXT_MESSAGE)
    desk = renderer(replace(DUPONT, name=name.strip()))
    case = case_file(replace(MARTIN, kind=CustomerKind.BUSINESS))
    text = desk.notice(reminder(Channel.TEXT_MESSAGE), given, case, TODAY, NOW).text.splitlines()[-1]
    assert len(text) <= 300
    assert "04 78 00 00 00" in text


def test_a_text_message_of_ones_own_that_is_too_long_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "mail" / "fr" / "vous" / "text_message.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{% block text %}" + "bla " * 80 + "{% endblock %}", encoding="utf-8")
    desk = renderer(overrides=(tmp_path,))
    given = notice(line(FIRST, "firm"), channel=Channel.TEXT_MESSAGE)
    with pytest.raises(RenderError, match="300 at most"):
        desk.notice(reminder(Channel.TEXT_MESSAGE), given, case_file(), TODAY, NOW)


def test_a_mixed_notice_keeps_its_tones_own_words_and_names_the_promise() -> None:
    both = replace(broken(FIRST), lines=(line(FIRST, "firm"), line(SECOND, "firm")))
    envelope = spoken(VOICES[0], both)
    assert envelope.title.startswith("Relance")
    assert "Vous nous aviez annoncé un règlement pour le" in " ".join(envelope.text.split())


def test_a_formal_notice_is_never_softened_into_a_broken_promise() -> None:
    given = broken(FIRST, level="formal")
    assert "mise en demeure" in spoken(VOICES[0], given).title.lower()


def test_the_last_amicable_reminder_says_vous_about_a_broken_promise_too() -> None:
    voice = VOICES[1]
    case = file_of(voice, FIRST)
    envelope = renderer(DUPONT).notice(reminder(), broken(FIRST, level="final"), case, TODAY, NOW)
    assert "Vous nous aviez annoncé" in envelope.text
    assert "mise en demeure" in envelope.text


def test_a_customer_without_an_address_makes_a_task_with_the_whole_text() -> None:
    voice = VOICES[0]
    envelope = confirmed(voice, HoldKind.DISPUTE, hold(HoldKind.DISPUTE, FIRST), channel=Channel.TASK)
    assert envelope.content == b""
    assert envelope.recipients == ()
    assert "Litige à confirmer" in envelope.title
    assert "deux portes" in envelope.text


def test_the_undisputed_part_can_be_paid_and_the_contested_one_is_not_asked() -> None:
    text = written(VOICES[0])["dispute-part"].text.replace("\xa0", " ").replace("\u202f", " ")
    assert "soit 1 034,50 €, reste à régler" in " ".join(text.split())
    assert "FR76" in text
    assert "FR76" not in written(VOICES[0])["dispute"].text


def test_a_level_may_have_a_signatory_of_its_own() -> None:
    desk = renderer(replace(DUPONT, signatories=(("direction", Signatory(name="Anne Dupont", title="Présidente")),)))
    given = replace(notice(line(FIRST, "final")), signatory="direction")
    text = desk.notice(reminder(), given, case_file(), TODAY, NOW).text
    assert "Anne Dupont, Présidente" in text
    assert "Claire Dupont" not in text
    unknown = desk.notice(reminder(), replace(given, signatory="autre"), case_file(), TODAY, NOW).text
    assert "Claire Dupont" in unknown


def test_a_statement_of_many_invoices_lists_each_once() -> None:
    items = [invoice(f"F-{number:03}", late=number, total="10.00") for number in range(-20, 30)]
    text = stated(VOICES[0], *items).text.replace("\xa0", " ").replace("\u202f", " ")
    assert all(text.count(f"Facture {item.number} ") == 1 for item in items)
    assert "Total des factures : 500,00 €" in text
    assert "dont échu : 290,00 €" in text
    assert "dont à échoir : 210,00 €" in text


@pytest.mark.parametrize(
    ("currency", "total", "shown"),
    [("JPY", "12500", "12 500 JPY"), ("TND", "12.345", "12,345 TND"), ("USD", "0.50", "0,50 $US")],
)
def test_amounts_have_the_decimals_of_their_currency(currency: str, total: str, shown: str) -> None:
    text = stated(VOICES[0], invoice(total=total, currency=currency)).text.replace("\xa0", " ").replace("\u202f", " ")
    assert f"Reste à régler : {shown}" in text


def test_nothing_of_doubt_is_on_a_statement() -> None:
    unseen, opening = replace(SECOND, unseen=True), replace(COMING, is_opening=True)
    text = stated(VOICES[0], FIRST, unseen, opening).text
    assert FIRST.number in text
    assert SECOND.number not in text
    assert COMING.number not in text


@pytest.mark.parametrize(("kind", "protocol"), [(CustomerKind.BUSINESS, False), (CustomerKind.CONSUMER, True)])
def test_a_british_formal_notice_is_a_letter_before_action(kind: CustomerKind, protocol: bool) -> None:
    desk = renderer(replace(DUPONT, country="GB", language="en"))
    given = notice(line(FIRST, "formal"), channel=Channel.REGISTERED_LETTER)
    case = case_file(replace(MARTIN, kind=kind, language="en"))
    text = " ".join(desk.notice(reminder(given.channel), given, case, TODAY, NOW).text.split())
    assert "Letter before action: invoice F-2026-0042" in text
    assert "formal notice to pay" in text
    assert ("Pre-Action Protocol" in text) is protocol
