"""What a person reads of an invoice's life and of what is left to do, in French and in English."""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from engine.history_words import has_words
from tests.e2e.replay import LEVELS, company, invoice, plan

if TYPE_CHECKING:
    from tests.e2e.replay import Replay

CALL = {"id": "call", "offset": 30, "channel": "call", "tone": "firm"}
LETTER = {"id": "letter", "offset": 45, "channel": "letter", "tone": "firm", "deadline_days": 8}
# What only a machine reads: ids of rows, names of fields, instants in UTC, days as numbers.
CRYPTIC = re.compile(
    r"\bh[0-9a-f]{12}\b|\d{4}-\d\d-\d\d|\d\dT\d\d|\+00:00|\w+_id\b|None|[{}]|\bEUR\b|hold_recorded|csv:"
)


def lived(replay: Replay, language: str) -> None:
    """F1: reminded, paid in part, disputed in part, a promise broken, called, a letter posted. F2 settled; F3 too old."""
    replay.configure(
        company(language=language, timezone="Pacific/Auckland"),
        plans={"standard": plan(levels=[LEVELS[1], LEVELS[2], CALL, LETTER])},
    )
    replay.books(
        invoice("F1", "A", due="2026-03-02", total="1200.00"),
        invoice("F2", "B", due="2026-03-02", total="80.00"),
        invoice("F3", "C", due="2024-03-04", total="300.00"),
    )
    replay.accept("2026-02-16")
    replay.run("2026-03-09")
    replay.balance("F1", "700.00")
    replay.balance("F2", "0.00")
    replay.run("2026-03-10")
    replay.do("dispute", "F1", "--amount", "100", "--reason", "il manque deux portes")
    replay.do("promise", "F1", "--on", "2026-03-13", "--amount", "600")
    replay.run("2026-03-16")
    replay.run("2026-03-18")
    replay.do("customer", "A", "--set", "kind=business")
    for day in ("2026-04-01", "2026-04-17"):
        replay.command("run", "--today", day)
    (letter,) = replay.do("letters", "--json").data["letters"]
    replay.do("posted", letter["id"])


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ").replace("\u2019", "'")


def in_order(text: str, *parts: str) -> None:
    """Hold that these parts stand in a text, one after the other."""
    place = 0
    for part in parts:
        found = text.find(part, place)
        assert found >= 0, f"{part!r} is missing after {text[:place][-80:]!r} in:\n{text}"
        place = found + len(part)


def test_a_french_bookkeeper_reads_the_whole_life_of_an_invoice(replay: Replay) -> None:
    lived(replay, "fr")
    text = plain(replay.do("explain", "F1", "--today", "2026-04-18").out)
    in_order(
        text,
        "Facture F1 · Client A",
        "échéance le 2 mars 2026, total 1 200,00 €, reste dû 700,00 €.",
        "Décision du 18 avril 2026",
        "Facture F1 (Client A) : 700,00 € à régler",
        "Plan « standard », celui de la société",
        "Comptes lus jusqu'au",
        "Prescription",
        "La créance se prescrit le 2 mars 2031",
        "Historique",
        "Vue pour la première fois dans les comptes, le 16 février 2026.",
        "Retards de la première connexion acceptés par",
        "Relance « first » envoyée le 9 mars 2026 par e-mail à ap@a.example, 1 200,00 €.",
        "Les comptes ont changé : reste dû 700,00 € (avant : 1 200,00 €).",
        "Litige noté par",
        "sur 100,00 € (il manque deux portes) ; le reste est toujours demandé.",
        "Promesse de règlement notée par",
        "600,00 € pour le 13 mars 2026.",
        "Promesse non tenue : rien reçu sur 600,00 €",
        "Relance « second » envoyée",
        "La promesse non tenue a été rappelée au client",
        "Fiche du client modifiée par",
        "nature, désormais entreprise.",
        "Relance « call » par téléphone, 600,00 € : tâche confiée à une personne.",
        "Relance « letter » par lettre, 600,00 € : tâche confiée à une personne.",
        "Lettre postée le",
    )
    assert not CRYPTIC.search(text)
    # What has left needs neither the steps on its way nor the decision that led to it, nor the task that it became.
    for passing in ("en préparation", "en cours d'envoi", "préparée", "à relancer le 9 mars", "Tâche ouverte : Appel"):
        assert passing not in text
    assert "six mois" not in text


def test_an_english_bookkeeper_reads_the_same_life(replay: Replay) -> None:
    lived(replay, "en")
    text = plain(replay.do("explain", "F1", "--today", "2026-04-18").out)
    in_order(
        text,
        "Invoice F1 · Client A",
        "due on 2 March 2026, total €1,200.00, €700.00 to pay.",
        "Decision of 18 April 2026",
        "Limitation",
        "History",
        "First seen in the books on 16 February 2026.",
        "Reminder “first” sent on 9 March 2026 by e-mail to ap@a.example, €1,200.00.",
        "The books changed: left to pay €700.00 (before: €1,200.00).",
        "Dispute recorded by",
        "about €100.00 (il manque deux portes); the rest is still asked for.",
        "Promise not kept: nothing of €600.00 came in",
        "Reminder “second” sent",
        "The customer was reminded of the broken promise.",
        "Reminder “call” by phone, €600.00: handed to a person as a task.",
        "Letter posted on",
    )
    assert not CRYPTIC.search(text)


@pytest.mark.parametrize(
    ("language", "settled", "lapsed", "lapses"),
    [
        ("fr", "Soldée : plus rien n'est demandé.", "Ce jour est passé", "La créance se prescrit le 4 mars 2026 au plus tôt"),
        ("en", "Settled: nothing is asked for any more.", "That day has passed", "The claim lapses on 4 March 2026 at the earliest"),
    ],
)  # fmt: skip
def test_a_settled_invoice_and_a_claim_that_lapsed_say_so(
    replay: Replay, language: str, settled: str, lapsed: str, lapses: str
) -> None:
    lived(replay, language)
    paid = plain(replay.do("explain", "F2", "--today", "2026-04-18").out)
    assert settled in paid
    assert paid.count(" 0,00 €" if language == "fr" else "€0.00") == 1, "said once, not again in the history"
    old = plain(replay.do("explain", "F3", "--today", "2026-04-18").out)
    in_order(old, lapses, "relance customer C --set kind=business", lapsed)


def test_the_tasks_say_what_to_do_by_when_and_with_which_command(replay: Replay) -> None:
    lived(replay, "fr")
    text = plain(replay.do("tasks").out)
    in_order(
        text,
        "3 tâches à faire",
        "1. Appel à passer : Client A, 600,00 €",
        "À faire",
        "relance promise F1 --on AAAA-MM-JJ",
        "relance dispute F1",
        "Une fois faite :",
        "relance tasks --done reminder:",
    )
    in_order(
        text, "Facture ancienne, à vous de décider : F3 (Client C)", "relance release F3", "relance close F3 stopped"
    )
    for command in re.findall(r"relance (tasks --done \S+)", text):
        replay.do(*command.split())
    assert plain(replay.do("tasks").out) == "Rien à faire : aucune tâche n'est ouverte.\n"


def test_a_letter_to_post_names_its_file_and_the_command_that_records_it(replay: Replay) -> None:
    replay.configure(plans={"standard": plan(levels=[LETTER])})
    replay.books(invoice("F1", "A", due="2026-03-02", total="1200.00"))
    replay.accept("2026-02-16")
    replay.command("run", "--today", "2026-04-16")
    (letter,) = replay.do("letters", "--json").data["letters"]
    text = plain(replay.do("tasks").out)
    in_order(text, "Lettre à imprimer et poster : Client A", "relance letters", f"relance posted {letter['id']} --on")
    assert "Dupont Menuiserie SARL" not in text, "a letter is read in its file"


def test_hours_are_those_of_the_company(replay: Replay) -> None:
    lived(replay, "fr")
    (first, *_) = replay.do("explain", "F1", "--json").data["history"]
    at = datetime.fromisoformat(first["at"]).astimezone(ZoneInfo("Pacific/Auckland"))
    text = plain(replay.do("explain", "F1").out)
    assert f", {at:%H:%M}  Vue pour la première fois" in text


def test_words_stand_beside_the_text_that_programs_read(replay: Replay) -> None:
    lived(replay, "fr")
    for entry in replay.do("explain", "F1", "--json").data["history"]:
        assert entry["text"] == ", ".join(f"{name}: {value}" for name, value in entry["detail"].items())
        assert entry["words"].endswith(".")


def test_every_event_of_a_rich_life_has_words(replay: Replay) -> None:
    lived(replay, "fr")
    replay.do("release", "F1", "--restart")
    replay.do("hold", "--all-of", "dupont", "--reason", "congés")
    replay.do("release", "--all-of", "dupont")
    (replay.folder / "lines.csv").write_text("due_on,amount\n2026-05-04,350.00\n2026-06-04,350.00\n", encoding="utf-8")
    replay.do("instalments", "F1", "--file", "lines.csv")
    replay.do("close", "F3", "written-off")
    replay.balance("F2", "80.00")
    replay.command("run", "--today", "2026-04-20")
    (store,) = (replay.folder / "relance-data").glob("*.db")
    with sqlite3.connect(store) as connection:
        kinds = {row[0] for row in connection.execute("SELECT DISTINCT kind FROM events")}
    assert len(kinds) > 15
    assert [kind for kind in sorted(kinds) if not has_words(kind)] == []
    text = plain(replay.do("explain", "F1", "--today", "2026-04-20").out)
    in_order(
        text, "Relances suspendues pour toute la société par", ": congés.", "Fin de la suspension pour toute la société"
    )
    in_order(text, "Plan repris depuis le premier niveau", "Échéancier convenu")


def test_tasks_of_several_companies_stand_under_each_name_with_commands_that_name_it(replay: Replay) -> None:
    books = {"provider": "csv", "invoices": "martin.csv", "max_age_days": 5}
    replay.configure(company(), company("martin", language="en", books=books))
    replay.books(
        invoice("F1", "A", due="2024-03-02", total="1200.00"),
        invoice("F1", "A", due="2024-03-02", total="10.00", file="martin.csv"),
    )
    replay.command("run", "--today", "2026-02-16")
    text = plain(replay.do("tasks").out)
    in_order(text, "Dupont Menuiserie SARL · 2 tâches", "\n\nMartin Menuiserie SARL · 2 tasks", "close F1 stopped")
    for company_id, key in re.findall(r"relance --company (\S+) tasks --done (\S+)", text):
        replay.do("--company", company_id, "tasks", "--done", key)
    assert "Rien à faire" in replay.do("tasks").out
    assert "Nothing to do" in replay.do("--company", "martin", "tasks").out
