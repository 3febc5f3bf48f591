"""What `explain` and `tasks` show a person: plain paragraphs in the company's language, from the documents they print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from babel.dates import format_time

from engine.history_words import task_name
from engine.kinds import LETTERS
from engine.money import Money
from engine.wording import clean, date_text, locale_of, money_text, told_in, typeset
from relance.history import for_a_reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from relance.documents import Document

_WORDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "invoice": "Facture {number} · {customer}",
        "credit_note": "Avoir {number} · {customer}",
        "payment": "Règlement {number} · {customer}",
        "settled": "Soldée : plus rien n'est demandé.",
        "unknown": "Aucune décision n'est prise pour cette pièce.",
        "issued": "Émise le {issued_on}, échéance le {due_on}, total {total}, reste dû {balance}.",
        "credit": "Datée du {issued_on}, total {total}, reste à imputer {balance}.",
        "decision": "Décision du {today}",
        "plan": "Plan « {plan} », celui de la société : aucune règle ni aucune personne n'en a choisi un autre.",
        "known": "Comptes lus jusqu'au {known} inclus.",
        "limitation": "Prescription",
        "lapses": "La créance se prescrit le {lapses_on} ({article}) : passé ce jour, elle ne peut plus être réclamée en justice.",
        "lapses_unknown": "La créance se prescrit le {lapses_on} au plus tôt ({article}) : c'est le délai le plus court, car personne n'a dit si ce client est une entreprise, un particulier ou un organisme public. Précisez-le :",
        "warns": "Il reste six mois ou moins. Ni relance ni mise en demeure n'arrêtent ce délai : demandez une reconnaissance écrite de la dette, ou saisissez le juge.",
        "lapsed": "Ce jour est passé : prenez conseil avant toute démarche.",
        "history": "Historique",
        "no_tasks": "Rien à faire : aucune tâche n'est ouverte.",
        "one_task": "1 tâche à faire",
        "tasks": "{count} tâches à faire",
        "due": "À faire au plus tard le {due_on}.",
        "past_due": "À faire sans attendre : c'était pour le {due_on}.",
        "commands": "Commandes :",
        "command": "Commande :",
        "done": "Une fois faite :",
        "letter": "La lettre est prête, en PDF : relance letters dit où elle se trouve. Une fois postée, notez-le.",
    },
    "en": {
        "invoice": "Invoice {number} · {customer}",
        "credit_note": "Credit note {number} · {customer}",
        "payment": "Payment {number} · {customer}",
        "settled": "Settled: nothing is asked for any more.",
        "unknown": "No decision is taken on this document.",
        "issued": "Issued on {issued_on}, due on {due_on}, total {total}, {balance} to pay.",
        "credit": "Dated {issued_on}, total {total}, {balance} to allocate.",
        "decision": "Decision of {today}",
        "plan": 'Plan "{plan}", the company\'s own: no rule and nobody has chosen another.',
        "known": "The books are known up to {known} included.",
        "limitation": "Limitation",
        "lapses": "The claim lapses on {lapses_on} ({article}): after that day it can no longer be brought before a court.",
        "lapses_unknown": "The claim lapses on {lapses_on} at the earliest ({article}): this is the shortest time, since nobody has said whether the customer is a business, a consumer or a public body. Say it:",
        "warns": "Six months or less are left. Neither a reminder nor a formal notice stops this time: ask for a written acknowledgement of the debt, or go to court.",
        "lapsed": "That day has passed: take advice before you do anything.",
        "history": "History",
        "no_tasks": "Nothing to do: no task is open.",
        "one_task": "1 task to do",
        "tasks": "{count} tasks to do",
        "due": "To do by {due_on} at the latest.",
        "past_due": "To do at once: it was for {due_on}.",
        "commands": "Commands:",
        "command": "Command:",
        "done": "Once done:",
        "letter": "The letter is ready, as a PDF: relance letters says where it is. Once it is posted, record it.",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A paragraph on the screen; `label` stands before it in a column of its own. A `command` is never folded."""

    text: str
    label: str = ""
    is_heading: bool = False
    is_command: bool = False
    indent: int = 0


class _Told:
    """The words of one language, with its days and amounts."""

    def __init__(self, language: str) -> None:
        tongue = locale_of(language).language
        self.tongue = tongue if tongue in _WORDS else "en"
        self.language = told_in(language)

    def say(self, name: str, **known: str) -> str:
        return typeset(_WORDS[self.tongue][name], self.tongue).format(**known)

    def day(self, iso: str) -> str:
        return date_text(date.fromisoformat(iso), self.language)

    def money(self, amount: str, currency: str, *, sign: int = 1) -> str:
        money = Money.of(Decimal(amount), currency)
        return money_text(money if sign > 0 else -money, self.language)

    def moment(self, iso: str, zone: ZoneInfo) -> str:
        at = datetime.fromisoformat(iso).astimezone(zone)
        return f"{date_text(at.date(), self.language)}, {format_time(at, 'HH:mm', locale=locale_of(self.language))}"


def explained(document: Document, language: str, zone: ZoneInfo) -> Iterator[Line]:
    """Show one item: what it is, what was decided and why, when the claim lapses, and all that happened to it."""
    told = _Told(language)
    yield from _item(document, told)
    yield from _limitation(document, told)
    yield Line(text=told.say("history"), is_heading=True)
    for entry in for_a_reader(document["history"]):
        yield Line(text=entry["words"], label=told.moment(entry["at"], zone), indent=1)


def _item(document: Document, told: _Told) -> Iterator[Line]:
    item, decision, inputs = document["item"], document["decision"], document["inputs"]
    named = told.say(item["kind"], number=clean(item["number"]), customer=clean(item["customer"]))
    yield Line(text=named, is_heading=True)
    sign = -1 if item["kind"] != "invoice" else 1
    yield Line(
        text=told.say(
            "credit" if sign < 0 else "issued",
            issued_on=told.day(item["issued_on"]),
            due_on=told.day(item["due_on"]),
            total=told.money(item["total"], item["currency"], sign=sign),
            balance=told.money(item["balance"], item["currency"], sign=sign),
        ),
        indent=1,
    )
    if decision is None:
        yield Line(text=told.say("unknown" if Decimal(item["balance"]) else "settled"), indent=1)
        return
    yield Line(text=told.say("decision", today=told.day(inputs["today"])), is_heading=True)
    yield Line(text=decision["explanation"], indent=1)
    if sign > 0 and not {"plan_by", "plan_rule"} & inputs["facts"].keys():
        yield Line(text=told.say("plan", plan=clean(inputs["plan"])), indent=1)
    if inputs["books_known_until"]:
        yield Line(text=told.say("known", known=told.day(inputs["books_known_until"])), indent=1)


def _limitation(document: Document, told: _Told) -> Iterator[Line]:
    clock = document["limitation"]
    if clock is None:
        return
    yield Line(text=told.say("limitation"), is_heading=True)
    name = "lapses" if clock["kind_known"] else "lapses_unknown"
    yield Line(text=told.say(name, lapses_on=told.day(clock["lapses_on"]), article=clean(clock["article"])), indent=1)
    if not clock["kind_known"]:
        customer = document["item"]["customer_id"]
        yield Line(text=f"relance customer {customer} --set kind=business", is_command=True, indent=2)
    if document["inputs"]["today"] > clock["lapses_on"]:
        yield Line(text=told.say("lapsed"), indent=1)
    elif clock["warns"]:
        yield Line(text=told.say("warns"), indent=1)


def tasks_shown(tasks: list[Document], language: str, today: date, *, company: str = "") -> Iterator[Line]:
    """Show what there is to do, one task after the other, each with the commands that go with it.

    `company` is named first where there are several.
    """
    told = _Told(language)
    if not tasks:
        yield Line(text=told.say("no_tasks"))
        return
    count = len(tasks)
    counted = told.say("one_task") if count == 1 else told.say("tasks", count=str(count))
    yield Line(text=f"{clean(company)} · {counted}" if company else counted, is_heading=True)
    for place, task in enumerate(tasks, start=1):
        yield Line(text=f"{place}. {_title(task, told)}", is_heading=True)
        if task["due_on"]:
            due = "past_due" if date.fromisoformat(task["due_on"]) < today else "due"
            yield Line(text=told.say(due, due_on=told.day(task["due_on"])), indent=1)
        for paragraph in _paragraphs(task, told):
            yield Line(text=paragraph, indent=1)
        for number, command in enumerate(task["commands"]):
            if number == 0:
                yield Line(text=told.say("command" if len(task["commands"]) == 1 else "commands"), indent=1)
            yield Line(text=command, is_command=True, indent=2)
        yield Line(text=told.say("done"), indent=1)
        yield Line(text=task["done"], is_command=True, indent=2)


def _title(task: Document, told: _Told) -> str:
    """Say what a task is about; one whose title is but a number is called by its kind."""
    title, number = clean(task["title"]), clean(task["number"] or "")
    name = task_name(task["kind"], told.language)
    if title not in {number, ""} or not name:
        return title
    customer = f" ({clean(task['customer'])})" if task["customer"] else ""
    colon = typeset(" :", "fr") if told.tongue == "fr" else ":"
    return f"{name[:1].upper()}{name[1:]}{colon} {number or title}{customer}"


def _paragraphs(task: Document, told: _Told) -> Iterator[str]:
    """Give what to do, line by line; a letter is read in its file, only what is remarked on it is told."""
    text = str(task["text"])
    if task["kind"] in LETTERS:
        first = text.split("\n\n", 1)[0].splitlines()
        # A remark is one line of its own; the letter begins with the lines of its sender.
        yield from first if len(first) == 1 else ()
        yield told.say("letter")
    else:
        yield from (line.rstrip() for line in text.splitlines() if line.strip())
