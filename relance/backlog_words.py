"""What a person may do about a first connection's backlog, in words and with the command; French and English."""

from __future__ import annotations

from typing import Final

# Each proposal: its sentence, and the command that carries it out ("" for none).
PROPOSALS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "fr": {
        "quarantine": (
            "La dernière lecture des comptes paraît fausse : rien ne part avant qu'elle soit mise au point ou acceptée telle quelle.",
            "relance accept {company} --quarantine",
        ),
        "too_old": (
            "Factures trop anciennes pour un premier contact sans vous : {too_old}. Décidez de chacune : relancer, ou clore.",
            "relance release NUMÉRO   |   relance close NUMÉRO written-off",
        ),
        "no_address": (
            "Factures dont le client n'a pas d'adresse e-mail : {no_address}.",
            "relance customers import contacts.csv",
        ),
        "to_allocate": (
            "Factures que des règlements non affectés couvrent : {to_allocate}. Affectez-les d'abord dans les comptes, puis relisez-les.",
            "relance sync",
        ),
        "assumed": (
            "Factures dont l'échéance n'est que supposée : {assumed}. Donnez les délais convenus (books.terms.by_customer).",
            "",
        ),
        "spread": (
            "{reminders} relances partiraient d'un coup : étalez-les, par exemple avec send: {{per_day: 10}} ou send: {{per_day: 20, ramp: {{start: 5, step: 5}}}}.",
            "",
        ),
        "earlier_tool": (
            "Si un autre outil, ou vous-même, avez déjà relancé ce qui est en retard (factures : {late}, {amount} ; clients : {customers}), dites jusqu'à quel niveau : rien ne repartira au même.",
            "relance accept {company} --backlog --sent NIVEAU",
        ),
        "accept": (
            "Sinon, acceptez : chaque facture en retard commence au premier niveau après l'échéance (relances au premier passage : {reminders}).",
            "relance accept {company} --backlog",
        ),
    },
    "en": {
        "quarantine": (
            "The last reading of the books looks wrong: nothing leaves until it is put right or accepted as it is.",
            "relance accept {company} --quarantine",
        ),
        "too_old": (
            "Invoices too old for a first contact without you: {too_old}. Decide each of them: remind, or close.",
            "relance release NUMBER   |   relance close NUMBER written-off",
        ),
        "no_address": (
            "Invoices whose customer has no e-mail address: {no_address}.",
            "relance customers import contacts.csv",
        ),
        "to_allocate": (
            "Invoices that unallocated payments cover: {to_allocate}. Allocate them in the books first, then read those again.",
            "relance sync",
        ),
        "assumed": (
            "Invoices whose due date is only assumed: {assumed}. Give the terms agreed (books.terms.by_customer).",
            "",
        ),
        "spread": (
            "{reminders} reminders would leave at once: spread them, for example with send: {{per_day: 10}} or send: {{per_day: 20, ramp: {{start: 5, step: 5}}}}.",
            "",
        ),
        "earlier_tool": (
            "If another tool, or you yourself, have already reminded what is late (invoices: {late}, {amount}; customers: {customers}), say up to which level: nothing leaves at it again.",
            "relance accept {company} --backlog --sent LEVEL",
        ),
        "accept": (
            "Otherwise accept: each late invoice begins at the first level after its due date (reminders on the first run: {reminders}).",
            "relance accept {company} --backlog",
        ),
    },
}
