"""The demonstration in words, for the person who watches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.kinds import Channel, ReminderState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from engine.records import Reminder
    from relance.documents import Document

_WEEKDAYS: Final = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."]
_LEVELS: Final = {
    "pre_due": "un mot avant l'échéance",
    "copy": "la facture, par le courriel de Xero",
    "first": "1re relance",
    "second": "2e relance",
    "third": "dernière relance amiable",
    "formal": "mise en demeure",
    "thank_you": "remerciement",
}
_STATES: Final = {
    ReminderState.AWAITING_APPROVAL: "attend l'accord d'une personne",
    ReminderState.FAILED: "refusé par le serveur",
    ReminderState.UNCERTAIN: "issue inconnue",
}
_BOOKS: Final = {
    "fec": "FEC",
    "csv": "CSV",
    "xero": "Xero",
    "quickbooks": "QuickBooks Online",
    "sage": "Sage",
}


def day_told(day: date) -> str:
    """Give a day as the story's heading has it."""
    return f"{_WEEKDAYS[day.weekday()]} {day:%d/%m/%Y}"


def reminder_told(company: str, reminder: Reminder) -> list[str]:
    """Tell what became of a reminder, where there is something to tell."""
    numbers = ", ".join(line.number for line in reminder.lines)
    level = _LEVELS.get(reminder.level_id, reminder.level_id)
    if reminder.state is ReminderState.SENT:
        where = reminder.to or reminder.channel.value
        verb = "fait écrire" if reminder.channel is Channel.PROVIDER else "écrit"
        return [f"  → {company} {verb} à {where} : {level} ({numbers})"]
    state = _STATES.get(reminder.state)
    return [f"  … {company}, {level} ({numbers}) : {state}"] if state else []


def summary_told(document: Document, say: Callable[[str], None]) -> None:
    """Say at the end what happened, company by company, and where to look."""
    say("")
    say(f"{document['days']} jours, {document['companies']} sociétés, {document['synced']} lectures des livres :")
    for one in document["by_company"]:
        say(f"  {one['name']} ({_BOOKS[one['provider']]}) : {_counts(one)}")
    say("")
    say(f"{document['sent']} messages envoyés, dont {document['thanked']} remerciements.")
    say(
        f"Le serveur de messagerie en a reçu {document['received']}, les fournisseurs en ont envoyé "
        f"{document['by_provider']}, les livres ont reçu {document['notes']} notes : "
        f"{document['doubles'] or 'rien'} en double."
    )
    for problem in document["problems"]:
        say(f"  ! {problem}")
    say("")
    say(f"Les messages : {document['mailbox']} (.eml, et .html pour un navigateur ; les factures y sont jointes)")
    say(f"Les livres avec leurs notes, facture par facture : {document['books']}")
    say(f"Les appels qui ont échoué en chemin : {document['calls']}")
    config, last = document["config"], document["last_day"]
    say("Les fournisseurs de la démonstration sont fermés ; ces commandes n'en ont pas besoin :")
    for command in ("items", "tasks", f"stats --today {last}", f"explain INV-1042 --today {last}"):
        say(f"  relance --config {config} {command}")


def _counts(one: Document) -> str:
    among = []
    if one["by_provider"]:
        among.append(f"{one['by_provider']} par {_BOOKS[one['provider']]} même")
    if one["thanked"]:
        among.append(f"{one['thanked']} remerciement{'s' if one['thanked'] > 1 else ''}")
    counted = f"{one['sent']} messages" + (f" (dont {' et '.join(among)})" if among else "")
    return f"{counted}, " + (f"{one['notes']} notes dans les livres" if one["notes"] else "pas de notes : un fichier")
