"""Sentences on the plan itself: why this one, what it counts from, which levels it skips; in French and English.

A sentence is the first of its variants for which every name in braces is known, or nothing when none is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.wording import percent_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "business": "une entreprise",
        "consumer": "un particulier",
        "public": "un acheteur public",
        "unknown": "de nature inconnue",
    },
    "en": {
        "business": "a business",
        "consumer": "a consumer",
        "public": "a public buyer",
        "unknown": "of unknown kind",
    },
}

SENTENCES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "fr": (
        (
            "Ce client paie à jour fixe : le plan compte à partir du {pay_day} ; intérêts et prescription courent, eux, depuis l'échéance.",
        ),
        ("L'envoi est porté au {preferred}, jour d'envoi préféré.",),
        ("Le client n'a pas réagi aux {unanswered} niveaux précédents : celui-ci passe par un autre canal.",),
        ("Niveau sauté, ce qui reste dû sortant de ses montants : {skipped}.",),
        (
            "Plan « {plan} », selon la règle n° {plan_rule} de plan_rules :",
            "Plan « {plan} », choisi pour ce client par une personne.",
        ),
        ("le client porte l'étiquette « {plan_tag} » ;",),
        ("il est {plan_kind} ;",),
        ("son pays est {plan_country} ;",),
        ("il a des factures ouvertes en {plan_currency} ;",),
        (
            "son encours est de {plan_open}, entre {plan_over} et {plan_under} ;",
            "son encours est de {plan_open}, plus de {plan_over} ;",
            "son encours est de {plan_open}, moins de {plan_under} ;",
        ),
        (
            "ses factures échues s'élèvent à {plan_overdue}, entre {plan_over} et {plan_under} ;",
            "ses factures échues s'élèvent à {plan_overdue}, plus de {plan_over} ;",
            "ses factures échues s'élèvent à {plan_overdue}, moins de {plan_under} ;",
        ),
        (
            "{plan_paid} factures payées en un an, {plan_days} jours de retard en tout, soit {plan_average} jours de retard en moyenne, plus de {plan_late_over} ;",
        ),
    ),
    "en": (
        (
            "This customer pays on fixed days: the plan counts from {pay_day}; interest and limitation run from the due date all the same.",
        ),
        ("Sending is moved to {preferred}, a preferred day.",),
        ("The customer did not react to the {unanswered} levels before: this one goes by another channel.",),
        ("Level skipped, since what is left to pay lies outside its amounts: {skipped}.",),
        (
            'Plan "{plan}", by rule {plan_rule} of plan_rules:',
            'Plan "{plan}", chosen for this customer by a person.',
        ),
        ('the customer has the tag "{plan_tag}";',),
        ("it is {plan_kind};",),
        ("its country is {plan_country};",),
        ("it has invoices open in {plan_currency};",),
        (
            "what it owes is {plan_open}, between {plan_over} and {plan_under};",
            "what it owes is {plan_open}, more than {plan_over};",
            "what it owes is {plan_open}, less than {plan_under};",
        ),
        (
            "its overdue invoices come to {plan_overdue}, between {plan_over} and {plan_under};",
            "its overdue invoices come to {plan_overdue}, more than {plan_over};",
            "its overdue invoices come to {plan_overdue}, less than {plan_under};",
        ),
        (
            "{plan_paid} invoices paid within a year, {plan_days} days late in all, {plan_average} days late on average, more than {plan_late_over};",
        ),
    ),
}


def readable(facts: Mapping[str, str], tongue: str) -> dict[str, str]:
    """Give, in words of French or English, the facts that are no plain text, day or amount."""
    words: dict[str, str] = {}
    if kind := _KINDS[tongue].get(facts.get("plan_kind", "")):
        words["plan_kind"] = kind
    if average := facts.get("plan_average"):
        words["plan_average"] = percent_text(Decimal(average), tongue)
    return words


def finished(text: str) -> str:
    """End a list of reasons as a sentence ends."""
    return f"{text[:-1].rstrip()}." if text.endswith(";") else text
