"""What happened to an invoice, in the words a bookkeeper reads."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.history_words import Happening, has_words, history_words, task_name
from engine.kinds import Channel, HoldKind, HoldReason, Purpose, ReminderState
from engine.task_words import WORDED

STATE = Path(__file__).resolve().parents[2] / "state"
# Rows of the store have a kind of their own that is no event's.
NO_EVENTS = {"document", "payment_url"}
MAIL = {
    "purpose": "level", "level": "first", "channel": "email", "to": "ap@client.example", "asked": "1200.00 EUR",
    "occasion": "", "sent_on": "", "rehearsal": "",
}  # fmt: skip
FULL: dict[str, Any] = {
    "number": "F1", "seen_on": "2026-02-16", "on": "2026-03-09", "kind": "dispute", "reason": "il manque deux portes.",
    "until": "2026-03-20", "promised_on": "2026-03-13", "promised": "600.00 EUR", "received": "100.00 EUR",
    "disputed": "100.00 EUR", "judgment_on": "2026-03-02", "judged_on": "2026-03-18", "missed_on": "2026-04-20",
    "missing": "20.00 EUR", "credit_note": "A7", "payer": "C9", "deadline_on": "2026-03-28", "why": "unclaimed",
    "key": "plan_finished:F1", "title": "F1", "to": "yes", "error": "450 busy", "address": "ap@client.example",
    "reasons": ["stale_books"], "levels": ["first"], "as_of": "2026-03-09", "level_id": "first",
    "planned_on": "2026-03-09", "note": "vue au salon", "left": {"F2": "dispute"}, "hold_id": "h1", "sha256": "00ff",
    "changes": {"balance": ["1200.00 EUR", "700.00 EUR"], "due_on": ["2026-03-02", "2026-03-20"]},
}  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def said(kind: str, language: str = "fr", **around: Any) -> str:
    detail = around.pop("detail", {})
    return plain(history_words(Happening(kind=kind, detail=detail, **around), language))


def written_in_the_sources() -> set[str]:
    """Find every kind of event that the store writes: what stands after `kind=`, or is handed on as a kind."""
    found: set[str] = set()
    for path in sorted(STATE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in _TELLERS:
                found |= _texts(node)
            elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "kind" for t in node.targets):
                found |= _strings(node.value)
    return found - NO_EVENTS


_TELLERS = {"Event", "HistoryEntry", "_tell", "_follow"}


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _texts(call: ast.Call) -> set[str]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
    return {one for value in named or call.args for one in _strings(value)}


def _strings(value: ast.expr) -> set[str]:
    if isinstance(value, ast.IfExp):
        return _strings(value.body) | _strings(value.orelse)
    return {value.value} if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value else set()


KINDS = sorted(
    written_in_the_sources()
    | {f"reminder_{state.value}" for state in ReminderState}
    | {"reminder_approved", "reminder_revised", "reminder_taken", "decided_remind", "decided_hold"}
)


def test_the_sources_were_read() -> None:
    assert len(KINDS) > 40
    assert {"hold_recorded", "letter_posted", "noted", "promise_broken", "item_changed", "quarantined"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_the_store_writes_has_words_in_both_languages(kind: str) -> None:
    assert has_words(kind)
    for language in ("fr", "en", "de"):
        for detail in ({}, FULL):
            words = history_words(Happening(kind=kind, detail=detail, author="claire", mail=MAIL), language)
            assert words.endswith(".")
            assert words[0] == words[0].upper()
            assert not re.search(r"None|[{}_]|  |\(\)|\.\.| [,.]|\d{4}-\d\d-\d\d|\bEUR\b|:\.", plain(words)), words


@pytest.mark.parametrize("kind", list(HoldKind))
def test_every_kind_of_hold_has_its_own_words(kind: HoldKind) -> None:
    for event in ("hold_recorded", "hold_released", "hold_ended"):
        french, english = (said(event, tongue, detail={"kind": kind.value}) for tongue in ("fr", "en"))
        assert french != english
        if kind is not HoldKind.HOLD:
            assert french != said(event, detail={"kind": "hold"})


@pytest.mark.parametrize("reason", list(HoldReason))
def test_every_reason_of_a_decision_is_in_words(reason: HoldReason) -> None:
    for language in ("fr", "en"):
        assert "_" not in said("decided_hold", language, detail={"reason": reason.value})
    if reason is not HoldReason.NOT_DUE:
        assert said("decided_hold", detail={"reason": reason.value}) != "Décision : en attente."


@pytest.mark.parametrize("purpose", list(Purpose))
def test_every_mail_is_called_what_it_is(purpose: Purpose) -> None:
    named = {said("reminder_sent", tongue, mail={**MAIL, "purpose": purpose.value}) for tongue in ("fr", "en")}
    assert len(named) == 2
    assert not any(one.startswith("Message") for one in named)


@pytest.mark.parametrize("channel", list(Channel))
def test_a_sent_reminder_says_how_it_went(channel: Channel) -> None:
    by_a_person = channel not in {Channel.EMAIL, Channel.PROVIDER}
    told = said("reminder_sent", mail={**MAIL, "channel": channel.value})
    assert ("confiée à une personne" in told) is by_a_person
    assert told.startswith("Relance « first »")
    assert "1 200,00 €" in told


@pytest.mark.parametrize(
    ("kind", "around", "french", "english"),
    [
        ("item_changed", {"detail": {"number": "F1", "changes": {"balance": ["1200.00 EUR", "700.00 EUR"]}}},
         "Les comptes ont changé : reste dû 700,00 € (avant : 1 200,00 €).",
         "The books changed: left to pay €700.00 (before: €1,200.00)."),
        ("hold_recorded", {"author": "claire", "detail": FULL},
         "Litige noté par claire sur 100,00 € jusqu’au 20 mars 2026 inclus (il manque deux portes) ; le reste est toujours demandé.",
         "Dispute recorded by claire about €100.00 until 20 March 2026 included (il manque deux portes); the rest is still asked for."),
        ("hold_recorded", {"scope": "company", "author": "relance", "detail": {"kind": "hold"}},
         "Relances suspendues pour toute la société.", "Reminders paused for the whole company."),
        ("promise_broken", {"detail": {"promised": "600.00 EUR", "received": "0.00 EUR", "judged_on": "2026-03-18"}},
         "Promesse non tenue : rien reçu sur 600,00 €, constaté le 18 mars 2026.",
         "Promise not kept: nothing of €600.00 came in, as found on 18 March 2026."),
        ("reminder_sent", {"mail": MAIL},
         "Relance « first » envoyée par e-mail à ap@client.example, 1 200,00 €.",
         "Reminder “first” sent by e-mail to ap@client.example, €1,200.00."),
        ("reminder_sent", {"mail": {**MAIL, "purpose": "thank_you", "asked": ""}},
         "Remerciement envoyé par e-mail à ap@client.example.", "Thank-you sent by e-mail to ap@client.example."),
        ("reminder_cancelled", {"mail": MAIL, "detail": {"reason": "started again by claire"}},
         "Relance « first » annulée avant l’envoi : plan repris par claire.",
         "Reminder “first” cancelled before it left: plan started again by claire."),
        ("reminder_revised", {"mail": MAIL, "detail": {"left": {"F2": "dispute", "F3": ""}}},
         "Relance « first » revue juste avant l’envoi ; en sort : F2 (litige en cours) et F3.",
         "Reminder “first” revised just before it left; no longer in it: F2 (dispute under way) and F3."),
        ("letter_posted", {"author": "claire", "detail": {"on": "2026-03-10", "number": "1A 2", "deadline_on": "2026-03-18"}},
         "Lettre postée le 10 mars 2026 par claire, recommandé n° 1A 2, délai jusqu’au 18 mars 2026.",
         "Letter posted on 10 March 2026 by claire, registered no. 1A 2, deadline 18 March 2026."),
        ("customer_set", {"author": "claire", "detail": {"key": "language", "to": "en"}},
         "Fiche du client modifiée par claire : langue, désormais anglais.",
         "Customer’s record changed by claire: language, now English."),
        ("decided_hold", {"detail": {"reason": "interval", "cause": "owner_first", "until": "2026-03-12"}},
         "Décision : en attente, le responsable du compte peut encore intervenir (jusqu’au 12 mars 2026).",
         "Decision: waiting, the account owner can still step in (until 12 March 2026)."),
        ("task_closed", {"author": "claire", "detail": {"key": "plan_finished:F1"}},
         "Tâche faite par claire : plan terminé, à vous de décider.",
         "Task done by claire: plan finished, for you to decide."),
        ("payer_changed", {"detail": {"payer": "C9"}, "payer": "Holding Exemple"},
         "Les relances s’adressent désormais à Holding Exemple, qui paie pour ce client.",
         "Reminders now go to Holding Exemple, who pays for this customer."),
    ],
)  # fmt: skip
def test_an_entry_is_one_good_sentence(kind: str, around: dict[str, Any], french: str, english: str) -> None:
    assert said(kind, "fr", **around) == french
    assert said(kind, "en", **around) == english


def test_a_test_mail_is_told_as_a_test() -> None:
    assert "le client n’a rien reçu" in said("reminder_sent", mail={**MAIL, "rehearsal": "yes"})
    assert "rien reçu" not in said("reminder_sent", mail=MAIL)


def test_an_unknown_kind_is_shown_as_it_is_written() -> None:
    assert said("moon_rose", detail={"phase": "full"}) == "moon_rose phase: full"
    assert not has_words("moon_rose")


def test_every_task_that_is_not_a_reminder_has_a_short_name() -> None:
    for kind in sorted(WORDED):
        assert task_name(kind, "fr")
        assert task_name(kind, "fr") != task_name(kind, "en")


_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=30),
    st.sampled_from(["2026-02-30", "0000-00-00", "9999-12-31", "1.005 EUR", "99999999999999 ZZZ", "{what}", "a{", "}"]),
)  # fmt: skip
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=60)
@given(
    kind=st.sampled_from([*KINDS, "unheard_of"]),
    detail=st.dictionaries(st.one_of(st.sampled_from(sorted(FULL)), st.text(max_size=8)), _VALUES, max_size=8),
    author=st.text(max_size=20),
    mail=st.dictionaries(st.sampled_from(sorted(MAIL)), st.text(max_size=20)),
    scope=st.text(max_size=8),
    language=st.sampled_from(["fr", "en", "de", "fr-CA", "zz"]),
)
def test_words_never_fail_whatever_was_recorded(
    kind: str, detail: dict[str, Any], author: str, mail: dict[str, str], scope: str, language: str
) -> None:
    words = history_words(Happening(kind=kind, detail=detail, author=author, mail=mail, scope=scope), language)
    assert words.strip()
    assert "\n" not in words
