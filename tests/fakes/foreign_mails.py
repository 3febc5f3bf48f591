"""The mails to customers abroad: every message in every language and form of address that it is written in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from engine.compose_account import compose_statement
from engine.compose_answers import compose_dispute, compose_instalments, compose_promise
from engine.kinds import AddressForm, CustomerKind, HoldKind, Purpose
from engine.model import HoldRecord, Instalment
from engine.money import Money
from relance.texts import wording_of
from tests.fakes.letterbox import (
    DUPONT,
    MARTIN,
    NOW,
    TODAY,
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
    scenes,
)

if TYPE_CHECKING:
    from engine.content import MailContent
    from engine.creditor import Creditor
    from engine.model import HistoryLine, Notice, OpenItem

LANGUAGES = ("de", "es", "it", "nl")
FORMAL = tuple(Voice(name=f"{one}-vous", language=one, form=AddressForm.VOUS) for one in LANGUAGES)
INFORMAL = tuple(Voice(name=f"{one}-tu", language=one, form=AddressForm.TU) for one in LANGUAGES)
VOICES = (*FORMAL, *INFORMAL)

LEVELS = ("before_due", "friendly", "firm", "final", "formal")
# What says "du", "tú", "tu" or "je" to those who are spoken to like this; the others say Sie, usted, Lei and u.
WITH_TU = (
    "before_due",
    "friendly",
    "firm",
    "broken_promise",
    "thank_you",
    "dispute",
    "promise",
    "instalments",
    "statement",
)
_SCENES = scenes()
_FIRST = invoice(late=16)
_ITEMS = (_FIRST, invoice("F-2026-0043", late=5, total="96.00", paid="46.00"), invoice("F-2026-0051", late=-9))

Mail = tuple[str, str, str]


def messages(voice: Voice) -> dict[str, list[Mail]]:
    """Give subject, text and HTML of each message: about one invoice, about several, and what else it can say."""
    names = [*LEVELS, "broken_promise", "thank_you", "dispute", "promise", "instalments", "statement"]
    return {name: message(voice, name) for name in names if voice.form is AddressForm.VOUS or name in WITH_TU}


@cache
def message(voice: Voice, name: str) -> list[Mail]:
    if name in LEVELS:
        return [*(text_about(voice, *_SCENES[f"{name}-{count}"]) for count in (1, 3)), *_to_a_consumer(voice, name)]
    if name == "broken_promise":
        return [text_about(voice, _broken(one), reminded(_FIRST, 12)) for one in (None, money("400.00"))]
    if name == "thank_you":
        return [_thanks(voice, count) for count in (1, 2)]
    return [_answer(content, name, voice) for content in _answers(voice, name)]


def text_about(
    voice: Voice,
    given: Notice,
    history: tuple[HistoryLine, ...],
    *,
    kind: CustomerKind = CustomerKind.BUSINESS,
    creditor: Creditor = DUPONT,
) -> Mail:
    """Give the mail of a notice to a customer of some kind."""
    desk = renderer(creditor)
    case = case_file(replace(voice.customer(), kind=kind), history)
    envelope = desk.notice(reminder(given.channel), given, case, TODAY, NOW)
    return envelope.title, envelope.text, desk.html(given, case, TODAY)


def _to_a_consumer(voice: Voice, name: str) -> list[Mail]:
    return [text_about(voice, *_SCENES["formal-1"], kind=CustomerKind.CONSUMER)] if name == "formal" else []


def _broken(received: Money | None) -> Notice:
    promise = replace(_hold(HoldKind.PROMISE), promised_on=TODAY - timedelta(days=6), promised=_FIRST.balance)
    given = notice(line(_FIRST, "firm"), broken_promise_on=promise.promised_on)
    return replace(given, broken_promises=(replace(promise, broken_on=TODAY, received=received),))


def _thanks(voice: Voice, count: int) -> Mail:
    settled = [replace(invoice(one), balance=Money.zero("EUR")) for one in ("F-2026-0042", "F-2026-0043")[:count]]
    given = reminder(purpose=Purpose.THANK_YOU)
    envelope = renderer(DUPONT).thank_you(given, settled, case_file(voice.customer()), TODAY, NOW)
    return envelope.title, envelope.text, ""


def _hold(kind: HoldKind) -> HoldRecord:
    return HoldRecord(
        hold_id="h1",
        kind=kind,
        reason="2 × 4711",
        author="claire",
        recorded_at=NOW,
        item_id=_FIRST.item_id,
        balance_then=_FIRST.balance,
    )


def _answers(voice: Voice, name: str) -> list[MailContent]:
    told = (voice.customer(), DUPONT, voice.language, voice.form, TODAY)
    to, later = MARTIN.contacts[0], TODAY + timedelta(days=8)
    one, three = [_FIRST], list(_ITEMS)
    if name == "dispute":
        holds = (_hold(HoldKind.DISPUTE), replace(_hold(HoldKind.DISPUTE), disputed=money("200.00")))
        return [compose_dispute(one, [hold], *told, answer_on=later, to=to) for hold in holds] + [
            compose_dispute(three, [replace(holds[0], reason="")], *told, answer_on=later, to=to)
        ]
    if name == "promise":
        promise = replace(_hold(HoldKind.PROMISE), promised_on=later)
        return [compose_promise(items, [promise], *told, to=to) for items in (one, three)]
    if name == "instalments":
        return [compose_instalments(items, _plan(items), *told, agree_on=later, to=to) for items in (one, three)]
    return [compose_statement([*three, credit(), _dollars()], *told, to=to), compose_statement(one, *told, to=to)]


def _plan(items: list[OpenItem]) -> list[Instalment]:
    zero = Money.zero("EUR")
    days = (TODAY + timedelta(days=15 + 30 * count) for count in range(2 * len(items)))
    return [Instalment(plan_id="p1", due_on=day, amount=money("400.00"), received=zero) for day in days]


def _dollars() -> OpenItem:
    return invoice("F-2026-0060", late=3, currency="USD")


def _answer(content: MailContent, name: str, voice: Voice) -> Mail:
    wording = wording_of(())
    data = wording.data(content, wording.message(voice.language, voice.form, name))
    parts = data["parts"]
    assert isinstance(parts, dict)
    return parts["subject"], wording.text(data), wording.html(data)
