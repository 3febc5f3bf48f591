"""Tasks that are not a reminder, in words: what happened, what to do, by when; in French and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.reading import readable, told
from engine.wording import locale_of, told_in

if TYPE_CHECKING:
    from collections.abc import Mapping

_Sentences = tuple[tuple[str, ...], ...]

# Title first, then sentences; of each, the first variant whose names in braces are all known, or nothing. A kind of hold
# may have an entry of its own, after the colon.
_WORDS: Final[dict[str, dict[str, _Sentences]]] = {
    "fr": {
        "claim_to_file": (
            ("Déclarer la créance : {customer}, {amount}", "Déclarer la créance : {customer}"),
            (
                "Une procédure collective est ouverte pour {customer} (jugement du {judgment_on}).",
                "Une procédure collective est ouverte pour {customer}.",
            ),
            (
                "La procédure est ouverte hors de France ({abroad}) : vérifiez sans attendre dans quel délai et sous quelle forme déclarer {amount}.",
                "Déclarez {amount} au mandataire judiciaire au plus tard le {file_by} : {months} mois après la publication au BODACC du {published_on} (C. com., art. R. 622-24).",
                "Déclarez {amount} au mandataire judiciaire dans les {months} mois de la publication au BODACC (C. com., art. R. 622-24) ; sa date n'est pas connue, et le {file_by} est compté depuis le jugement du {judgment_on}, donc au plus tôt.",
                "Cherchez sans attendre la date de publication au BODACC : {amount} sont à déclarer au mandataire judiciaire dans les {months} mois qui la suivent (C. com., art. R. 622-24). Notez-la avec relance hold --customer {customer_id} --kind insolvency --published-on.",
            ),
            ("Hors délai, la créance ne serait plus admise.",),
        ),
        "debit_rejected": (
            ("Prélèvement rejeté : {number} ({customer}), {returned}", "Prélèvement rejeté : {number} ({customer})"),
            (
                "Le paiement de {returned} prélevé pour la facture {number} a été repris ; nous l'avons vu le {returned_on}.",
            ),
            (
                "Représentez-le, ou changez le mode de paiement du client (relance customer {customer_id} --set payment_method=transfer) : les relances partiront alors. Jusque-là, aucun message ne part.",
            ),
        ),
        "instalment_missed": (
            ("Échéancier non tenu : {number} ({customer})",),
            ("Échéance n° {position}, {amount} au {missed_on} : il manquait {missing}.",),
            (
                "L'échéancier a pris fin et les relances reprennent au niveau suivant. Si le client le demande, convenez d'un nouvel échéancier avec relance instalments.",
            ),
        ),
        "address_failed": (
            ("Nouveau contact de facturation à demander : {customer} ({number})",),
            (
                "L'adresse {failed} ne fonctionne pas : la relance de la facture {number} ({balance}) attend.",
                "L'adresse {failed} ne fonctionne pas : les relances de ce client attendent.",
                "L'adresse e-mail de ce client ne fonctionne pas : ses relances attendent.",
            ),
            (
                "Appelez pour demander à qui écrire au sujet des factures : {phones}.",
                "Demandez-lui à qui écrire au sujet des factures.",
            ),
            (
                "Corrigez ensuite l'adresse dans les comptes ou avec relance customer {customer_id} --set email=ADRESSE, puis reprenez : relance resolve {reminder} again.",
                "Corrigez ensuite l'adresse dans les comptes ou avec relance customer {customer_id} --set email=ADRESSE : les relances reprendront.",
            ),
        ),
        "no_address": (
            ("Contact de facturation à demander : {customer} ({number})",),
            (
                "Ce client n'a pas d'adresse e-mail : la relance de la facture {number} ({balance}) attend.",
                "Ce client n'a pas d'adresse e-mail : ses relances attendent.",
            ),
            (
                "Appelez pour demander à qui écrire au sujet des factures : {phones}.",
                "Demandez-lui à qui écrire au sujet des factures.",
            ),
            (
                "Ajoutez ensuite l'adresse dans les comptes ou avec relance customer {customer_id} --set email=ADRESSE : les relances reprendront.",
            ),
        ),
        "limitation": (
            (
                "Délai de prescription passé le {lapsed} : {number} ({customer})",
                "Prescription le {lapses_on} : {number} ({customer})",
            ),
            (
                "Le délai pour réclamer la créance ({balance}) en justice s'est achevé le {lapsed} ({article}), sauf s'il a été suspendu ou interrompu d'ici là.",
                "La créance ({balance}) se prescrit le {lapses_on} ({article}).",
            ),
            (
                "Une reconnaissance écrite de la dette, une demande en justice ou une mesure d'exécution antérieure au {lapsed} aurait interrompu ce délai (C. civ., art. 2240, 2241 et 2244) : vérifiez-le, et prenez conseil avant toute démarche.",
                "Ni relance ni mise en demeure n'arrêtent ce délai : il y faut une reconnaissance écrite de la dette (un échéancier signé, par exemple), une demande en justice ou une mesure d'exécution (C. civ., art. 2240, 2241 et 2244).",
            ),
        ),
        "limitation:kind_unknown": (
            (
                "Délai de prescription peut-être passé depuis le {lapsed} : {number} ({customer})",
                "Prescription le {lapses_on} au plus tôt : {number} ({customer})",
            ),
            (
                "Personne n'a dit si ce client est une entreprise, un consommateur ou un organisme public ; au plus court, le délai pour réclamer la créance ({balance}) en justice s'est achevé le {lapsed} ({article}).",
                "Personne n'a dit si ce client est une entreprise, un consommateur ou un organisme public ; au plus court, la créance ({balance}) se prescrit le {lapses_on} ({article}).",
            ),
            ("Précisez-le : relance customer {customer_id} --set kind=business (ou consumer, public).",),
            (
                "Si le délai est passé, seule une reconnaissance écrite de la dette, une demande en justice ou une mesure d'exécution antérieure au {lapsed} l'aurait interrompu (C. civ., art. 2240, 2241 et 2244) : vérifiez-le, et prenez conseil avant toute démarche.",
                "Ni relance ni mise en demeure n'arrêtent ce délai : il y faut une reconnaissance écrite de la dette, une demande en justice ou une mesure d'exécution (C. civ., art. 2240, 2241 et 2244).",
            ),
        ),
        "pace_ended": (
            ("Fin du rythme ralenti : {customer}",),
            ("{customer} était suivi plus lentement jusqu'au {until} inclus.",),
            (
                "Les relances reprennent le rythme du plan ; pour le ralentir encore : relance customer {customer_id} --set pace=+7 --set pace_until=AAAA-MM-JJ.",
            ),
        ),
        "hold_ended": (
            ("Fin de la suspension : {number}",),
            (
                "La suspension posée par {author} ({reason}) a pris fin le {until}.",
                "La suspension posée par {author} a pris fin le {until}.",
            ),
            ("Les relances reprennent ; pour les arrêter encore, posez-en une nouvelle avec relance hold.",),
        ),
        "hold_ended:dispute": (
            ("Fin du litige : {number}",),
            (
                "Le litige noté par {author} ({reason}) a pris fin le {until}.",
                "Le litige noté par {author} a pris fin le {until}.",
            ),
            ("Les relances reprennent ; s'il n'est pas réglé, notez-le de nouveau avec relance dispute.",),
        ),
    },
    "en": {
        "claim_to_file": (
            ("File the claim: {customer}, {amount}", "File the claim: {customer}"),
            (
                "Insolvency proceedings were opened against {customer} (judgment of {judgment_on}).",
                "Insolvency proceedings were opened against {customer}.",
            ),
            (
                "They were opened outside France ({abroad}): find out at once by when and in which form {amount} must be filed.",
                "File {amount} with the mandataire judiciaire by {file_by} at the latest: {months} months after the publication in the BODACC on {published_on} (French Commercial Code, art. R. 622-24).",
                "File {amount} with the mandataire judiciaire within {months} months of the publication in the BODACC (French Commercial Code, art. R. 622-24); its date is not known, and {file_by} is counted from the judgment of {judgment_on}, so it is the earliest it can be.",
                "Find the date of the publication in the BODACC at once: {amount} must be filed with the mandataire judiciaire within {months} months of it (French Commercial Code, art. R. 622-24). Record it with relance hold --customer {customer_id} --kind insolvency --published-on.",
            ),
            ("After that time the claim would no longer be admitted.",),
        ),
        "debit_rejected": (
            ("Debit returned: {number} ({customer}), {returned}", "Debit returned: {number} ({customer})"),
            ("The payment of {returned} collected for invoice {number} was taken back; we saw it on {returned_on}.",),
            (
                "Collect it again, or change the customer's payment method (relance customer {customer_id} --set payment_method=transfer): reminders then leave. Until then no message does.",
            ),
        ),
        "instalment_missed": (
            ("Instalment plan not kept: {number} ({customer})",),
            ("Instalment no. {position}, {amount} by {missed_on}: {missing} was missing.",),
            (
                "The plan has ended and the reminders resume at the next level. If the customer asks for it, agree a new plan with relance instalments.",
            ),
        ),
        "address_failed": (
            ("New billing contact to ask for: {customer} ({number})",),
            (
                "The address {failed} does not work: the reminder of invoice {number} ({balance}) waits.",
                "The address {failed} does not work: this customer's reminders wait.",
                "This customer's e-mail address does not work: their reminders wait.",
            ),
            ("Call to ask whom to write to about invoices: {phones}.", "Ask them whom to write to about invoices."),
            (
                "Then correct the address in the books or with relance customer {customer_id} --set email=ADDRESS, and resume: relance resolve {reminder} again.",
                "Then correct the address in the books or with relance customer {customer_id} --set email=ADDRESS: the reminders resume.",
            ),
        ),
        "no_address": (
            ("Billing contact to ask for: {customer} ({number})",),
            (
                "This customer has no e-mail address: the reminder of invoice {number} ({balance}) waits.",
                "This customer has no e-mail address: their reminders wait.",
            ),
            ("Call to ask whom to write to about invoices: {phones}.", "Ask them whom to write to about invoices."),
            (
                "Then add the address in the books or with relance customer {customer_id} --set email=ADDRESS: the reminders resume.",
            ),
        ),
        "limitation": (
            (
                "Past its time limit since {lapsed}: {number} ({customer})",
                "Time-barred from {lapses_on}: {number} ({customer})",
            ),
            (
                "The time to bring the claim ({balance}) before a court ended on {lapsed} ({article}), unless it was suspended or interrupted before.",
                "The claim ({balance}) lapses on {lapses_on} ({article}).",
            ),
            (
                "A written acknowledgement of the debt, a claim in court or enforcement before {lapsed} would have interrupted it (French Civil Code, art. 2240, 2241 and 2244): look for one, and take advice before you do anything.",
                "Neither a reminder nor a formal notice stops this time: it takes a written acknowledgement of the debt (a signed instalment plan, for example), a claim in court or enforcement (French Civil Code, art. 2240, 2241 and 2244).",
            ),
        ),
        "limitation:kind_unknown": (
            (
                "Perhaps past its time limit since {lapsed}: {number} ({customer})",
                "Time-barred from {lapses_on} at the earliest: {number} ({customer})",
            ),
            (
                "Nobody has said whether this customer is a business, a consumer or a public body; at the shortest, the time to bring the claim ({balance}) before a court ended on {lapsed} ({article}).",
                "Nobody has said whether this customer is a business, a consumer or a public body; at the shortest, the claim ({balance}) lapses on {lapses_on} ({article}).",
            ),
            ("Say it: relance customer {customer_id} --set kind=business (or consumer, public).",),
            (
                "If that time is over, only a written acknowledgement of the debt, a claim in court or enforcement before {lapsed} would have interrupted it (French Civil Code, art. 2240, 2241 and 2244): look for one, and take advice before you do anything.",
                "Neither a reminder nor a formal notice stops this time: it takes a written acknowledgement of the debt, a claim in court or enforcement (French Civil Code, art. 2240, 2241 and 2244).",
            ),
        ),
        "pace_ended": (
            ("End of the slower pace: {customer}",),
            ("{customer} was chased more slowly until {until} included.",),
            (
                "The reminders resume the plan's pace; to slow it down again: relance customer {customer_id} --set pace=+7 --set pace_until=YYYY-MM-DD.",
            ),
        ),
        "hold_ended": (
            ("End of the hold: {number}",),
            (
                "The hold recorded by {author} ({reason}) ended on {until}.",
                "The hold recorded by {author} ended on {until}.",
            ),
            ("The reminders resume; to stop them again, record a new one with relance hold.",),
        ),
        "hold_ended:dispute": (
            ("End of the dispute: {number}",),
            (
                "The dispute recorded by {author} ({reason}) ended on {until}.",
                "The dispute recorded by {author} ended on {until}.",
            ),
            ("The reminders resume; if it is not settled, record it again with relance dispute.",),
        ),
    },
}

WORDED: Final = frozenset(kind for kind in _WORDS["fr"] if ":" not in kind)


def task_words(kind: str, facts: Mapping[str, str], language: str) -> tuple[str, str]:
    """Give title and text of a task of one of the kinds in WORDED; what is not known is left out."""
    tongue = locale_of(language).language
    words = _WORDS.get(tongue, _WORDS["en"])
    tongue = tongue if tongue in _WORDS else "en"
    known = {name: readable(value, told_in(language)) for name, value in facts.items() if value}
    sentences = words.get(f"{kind}:{facts.get('hold_kind', '')}", words[kind])
    title, *text = (told(variants, known, tongue) for variants in sentences)
    return title, " ".join(sentence for sentence in text if sentence)
