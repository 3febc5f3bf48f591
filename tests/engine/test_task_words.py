"""Tasks that are no reminder, in the words a bookkeeper reads."""

from __future__ import annotations

import re

import pytest

from engine.task_words import WORDED, task_words

ALL = {
    "customer": "Martin Rénovation", "customer_id": "CMARTIN", "number": "F-2026-0042", "amount": "1234.50 EUR; 30 JPY",
    "judgment_on": "2026-03-20", "published_on": "2026-03-27", "months": "2", "file_by": "2026-05-27",
    "basis": "published", "returned": "90.00 EUR", "returned_on": "2026-03-12", "position": "2",
    "missed_on": "2026-04-20", "missing": "20.00 EUR", "author": "claire", "reason": "attend un avoir.",
    "until": "2026-03-11", "hold_kind": "hold",
    "lapses_on": "2028-03-02", "balance": "1234.50 EUR", "article": "C. com., art. L. 110-4",
}  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize("language", ["fr", "en", "de"])
@pytest.mark.parametrize("kind", sorted(WORDED))
def test_every_kind_reads_well_whatever_is_known(kind: str, language: str) -> None:
    nothing: set[str] = set()
    for left_out in (nothing, {"reason"}, {"judgment_on"}, {"published_on"}, {"published_on", "judgment_on"}):
        facts = {name: value for name, value in ALL.items() if name not in left_out}
        title, text = task_words(kind, facts, language)
        assert title
        assert text.endswith(".")
        assert not re.search(r"None|[{}]|  |\(\)|\.\.|2026-0[3-5]-|\bEUR\b", f"{title} {text}"), text


def test_a_claim_says_how_much_and_by_when_and_what_the_day_rests_on() -> None:
    title, text = map(plain, task_words("claim_to_file", ALL, "fr"))
    assert title == "Déclarer la créance : Martin Rénovation, 1 234,50 € et 30 JPY"
    assert "au plus tard le 27 mai 2026 : 2 mois après la publication au BODACC du 27 mars 2026" in text
    unpublished = {name: value for name, value in ALL.items() if name != "published_on"}
    assert "compté depuis le jugement du 20 mars 2026" in task_words("claim_to_file", unpublished, "fr")[1]
    unknown = {name: value for name, value in unpublished.items() if name != "judgment_on"}
    assert "Cherchez sans attendre la date de publication" in task_words("claim_to_file", unknown, "fr")[1]
    assert "opened outside France (DE)" in task_words("claim_to_file", ALL | {"abroad": "DE"}, "en")[1]


def test_a_dispute_that_ended_is_called_a_dispute() -> None:
    title, text = map(plain, task_words("hold_ended", ALL | {"hold_kind": "dispute"}, "fr"))
    assert title == "Fin du litige : F-2026-0042"
    assert "Le litige noté par claire (attend un avoir) a pris fin le 11 mars 2026." in text
    assert plain(task_words("hold_ended", ALL, "fr")[0]) == "Fin de la suspension : F-2026-0042"


def test_in_a_language_without_words_days_and_amounts_are_english_too() -> None:
    assert task_words("claim_to_file", ALL, "de") == task_words("claim_to_file", ALL, "en")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["", "kind_unknown"])
def test_a_claim_whose_time_is_over_is_never_said_to_lapse_some_day(kind: str, language: str) -> None:
    facts = ALL | {"hold_kind": kind, "lapses_on": "2026-03-02", "lapsed": "2026-03-02"}
    title, text = map(plain, task_words("limitation", facts, language))
    day = "2 mars 2026" if language == "fr" else "2 March 2026"
    assert day in title
    assert day in text
    assert not re.search(r"se prescrit|lapses|arrêtent|stops this time|Prescription le|Time-barred", f"{title} {text}")
    assert re.search("prenez conseil" if language == "fr" else "take advice", text)
    assert ("kind=business" in text) is bool(kind)
