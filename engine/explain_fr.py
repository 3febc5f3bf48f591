"""French sentences that explain decisions; engine.explain chooses among them.

Each entry is a list of sentences; a sentence is the first of its variants for which every name in braces is known, or
nothing when none is.
"""

from __future__ import annotations

from typing import Final

CHANNELS: Final = {
    "email": "par e-mail",
    "provider": "depuis le logiciel comptable",
    "letter": "par lettre",
    "registered_letter": "par lettre recommandée",
    "call": "par téléphone",
    "text_message": "par SMS",
    "task": "par une tâche",
}

LEAD: Final = {
    "late": "Facture {number} ({customer}) : {balance} à régler, échue le {due}, {late} de retard.",
    "open": "Facture {number} ({customer}) : {balance} à régler, échéance le {due}.",
    "credit": "{number} ({customer}) : {balance} en faveur du client.",
}

ASSUMED: Final = "Cette échéance est supposée : les comptes n'en donnent pas."

REMIND: Final = (
    ("À relancer le {on} {channel}, niveau « {level} », pour {asked}.", "À relancer le {on}, pour {asked}."),
    (
        "Le niveau « {last_level} » est parti le {last_sent} et le délai qu'il donnait, jusqu'au {deadline}, est passé.",
        "Le niveau « {last_level} » est parti le {last_sent}.",
        "C'est le premier niveau de cette facture.",
    ),
    ("Ce client est suivi plus lentement : {pace} de plus à chaque niveau, jusqu'au {pace_until} inclus.",),
    ("Des avoirs ou règlements en couvrent déjà {covered}.",),
    ("Le client en conteste {disputed}, qui ne sont pas demandés.",),
    (
        "Le client avait promis {broken_promised} pour le {broken_promise_on} : seuls {promise_received} sont arrivés.",
        "Le client avait promis {broken_promised} pour le {broken_promise_on} : rien n'est arrivé.",
    ),
    ("L'échéancier convenu n'a pas été tenu ; on l'a constaté le {instalments_missed_on}.",),
    ("La relance est adressée à {payer}, qui paie pour ce client.",),
    ("Un règlement, un litige ou une promesse enregistrés d'ici là arrêteraient cette relance.",),
)

HOLDS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "not_due": (
        (
            "Pas encore de relance : le niveau « {level} » est prévu le {until}.",
            "Pas encore de relance : aucun niveau n'est atteint.",
        ),
        ("Le niveau « {last_level} » est parti le {last_sent}.",),
        ("Ce client est suivi plus lentement : {pace} de plus à chaque niveau, jusqu'au {pace_until} inclus.",),
        ("Cette date suit l'échéance, la date de facture et le plan ; les changer la change.",),
    ),
    "interval": (
        (
            "En attente jusqu'au {until} : ce client a été contacté le {last_contact}, et le plan laisse {min_gap_days} jours entre deux contacts.",
            "En attente jusqu'au {until} : ce client vient d'être contacté.",
            "En attente : ce client vient d'être contacté.",
        ),
        (
            "Le niveau « {level} » partira au premier jour d'envoi suivant ; min_gap_days, dans le plan, règle cet intervalle.",
            "La relance partira ensuite ; min_gap_days, dans le plan, règle cet intervalle.",
        ),
    ),
    "interval:owner_first": (
        (
            "En attente jusqu'au {until} inclus : {owner}, responsable du compte, est au courant depuis le {told_on} et peut encore intervenir.",
            "En attente jusqu'au {until} inclus : {owner}, responsable du compte, doit d'abord être mis au courant.",
            "En attente : {owner}, responsable du compte, doit d'abord être mis au courant.",
        ),
        (
            "Le niveau « {level} » partira au premier jour d'envoi suivant, sauf si la relance est suspendue (relance hold) ou prise en charge (relance take).",
        ),
    ),
    "unseen": (
        (
            "En attente : la dernière lecture complète des comptes ne montre plus cette facture, sans que l'on sache si elle est payée.",
        ),
        ("Elle reprendra si elle revient dans les comptes ; sinon, dites ce qu'il en est avec relance close.",),
    ),
    "deadline_running": (
        (
            "En attente : la relance du {last_sent} (niveau « {last_level} ») laisse au client jusqu'au {deadline} pour payer.",
            "En attente : la dernière relance laisse au client jusqu'au {until} pour payer.",
            "En attente : le délai donné par la dernière relance court encore.",
        ),
        (
            "Le niveau « {level} » suivra au premier jour d'envoi après cette date, si rien n'est payé.",
            "La suite viendra au premier jour d'envoi après cette date, si rien n'est payé.",
        ),
    ),
    "deadline_running:taken": (
        (
            "En attente jusqu'au {deadline} inclus : une personne a pris ce client en charge le {last_sent}, à la place du niveau « {last_level} ».",
            "En attente jusqu'au {until} inclus : une personne a pris ce client en charge.",
        ),
        (
            "Le niveau « {level} » suivra au premier jour d'envoi après cette date, si rien n'est payé.",
            "La suite viendra au premier jour d'envoi après cette date, si rien n'est payé.",
        ),
    ),
    "below_minimum": (
        (
            "Pas de relance : le total à demander est inférieur au minimum du plan, {minimum}.",
            "Pas de relance : le total à demander est inférieur au minimum du plan.",
        ),
        ("Elle reviendra si une autre facture s'y ajoute, ou si min_balance baisse dans le plan.",),
    ),
    "covered_by_credit": (
        (
            "Pas de relance : cette facture est couverte en entier par {credits}.",
            "Pas de relance : les avoirs du client couvrent ce qu'il doit.",
        ),
        ("Imputez l'avoir dans les comptes pour solder les deux ; si l'avoir est retiré, la relance reprend.",),
    ),
    "covered_by_credit:credit": (
        ("Un avoir n'est jamais réclamé : il réduit la facture qu'il désigne, sinon les plus anciennes du client.",),
        ("Il disparaîtra d'ici une fois imputé dans les comptes.",),
    ),
    "payment_to_allocate": (
        ("En attente : un règlement reçu et non affecté couvre ce qui serait demandé.",),
        ("Affectez-le à une facture dans les comptes : ce qui resterait dû sera alors relancé.",),
    ),
    "payment_to_allocate:formal": (
        ("La mise en demeure attend : un avoir ou un règlement de ce client n'est pas encore affecté.",),
        ("Affectez-le dans les comptes : une mise en demeure doit porter sur une somme exacte.",),
    ),
    "payment_to_allocate:credit": (
        ("Un règlement reçu n'est jamais réclamé : il attend d'être affecté à une facture.",),
        ("Affectez-le dans les comptes.",),
    ),
    "dispute": (
        (
            "Relances suspendues : un litige est enregistré{by} ({reason}).",
            "Relances suspendues : un litige est enregistré{by}.",
        ),
        ("Il porte sur {disputed} ; le reste de la facture est réglé ou couvert.",),
        ("Il court jusqu'au {until} inclus.",),
        ("Quand il est résolu, relance release reprend au niveau suivant.",),
    ),
    "dispute:credit_note_to_come": (
        (
            "Relances suspendues : un avoir de {disputed} est attendu ({reason}).",
            "Relances suspendues : un avoir de {disputed} est attendu.",
            "Relances suspendues : un avoir est attendu ({reason}).",
            "Relances suspendues : un avoir est attendu.",
        ),
        ("Cette attente court jusqu'au {until} inclus.",),
        ("Elle prend fin d'elle-même quand l'avoir arrive dans les comptes ; relance release la lève plus tôt.",),
    ),
    "promise": (
        (
            "Relances suspendues : le client a promis {promised} pour le {promised_on}.",
            "Relances suspendues : le client a promis de payer le {promised_on}.",
            "Relances suspendues : le client a promis de payer.",
        ),
        ("La promesse sera jugée après le {until}, sur des comptes à jour.",),
        ("Tenue, elle clôt l'affaire ; sinon, la relance reprend au niveau suivant en la rappelant.",),
    ),
    "instalments": (
        (
            "Relances suspendues : un échéancier est convenu{by} ({reason}).",
            "Relances suspendues : un échéancier est convenu{by}.",
        ),
        (
            "La prochaine échéance est de {next_amount} le {next_on} ; elle sera jugée après le {until}, sur des comptes à jour.",
        ),
        (
            "S'il n'est pas tenu, les relances reprennent au niveau suivant et une tâche le signale ; relance release y met fin plus tôt.",
        ),
    ),
    "hold": (
        ("Relances suspendues{by} : {reason}.", "Relances suspendues{by}."),
        ("La suspension court jusqu'au {until} inclus.", "Elle dure jusqu'à ce qu'on la lève."),
        ("relance release la lève plus tôt.",),
    ),
    "hold:written_off": (
        (
            "Plus de relance : cette facture est passée en perte{by} ({reason}).",
            "Plus de relance : cette facture est passée en perte{by}.",
        ),
        ("relance release la remet en relance.",),
    ),
    "hold:stopped": (
        (
            "Plus de relance : on a cessé de réclamer cette facture{by} ({reason}).",
            "Plus de relance : on a cessé de réclamer cette facture{by}.",
        ),
        ("relance release la remet en relance.",),
    ),
    "hold:opening_line": (
        (
            "Pas de relance : c'est une ligne d'à-nouveau sans numéro de facture, que le client ne pourrait pas reconnaître.",
        ),
        ("Retrouvez la facture d'origine ; avec son numéro dans les comptes, elle sera relancée.",),
    ),
    "hold:uncertain_reminder": (
        (
            "En attente : on ne sait pas si la relance {reminder} est arrivée, et elle n'est jamais renvoyée à l'aveugle.",
            "En attente : on ne sait pas si la dernière relance est arrivée.",
        ),
        ("Vérifiez dans la messagerie, puis relance resolve : sent, again ou drop.",),
    ),
    "do_not_contact": (
        ("Pas de relance : ce client est marqué « ne pas contacter ».",),
        ("La fiche du client (relance customer) lève cette marque.",),
    ),
    "insolvency": (
        (
            "Pas de relance : une procédure collective est enregistrée pour ce client{by} ({reason}).",
            "Pas de relance : une procédure collective est enregistrée pour ce client{by}.",
        ),
        (
            "La facture est antérieure au jugement du {judgment_on} : elle ne se relance plus.",
            "Les dettes antérieures au jugement ne se relancent plus.",
        ),
        (
            "La créance se déclare dans les deux mois de la publication au BODACC (quatre depuis l'étranger ou l'outre-mer) : relance tasks donne la date.",
        ),
    ),
    "direct_debit": (
        ("Pas de relance : ce client paie par prélèvement ou par carte enregistrée, et vous encaissez vous-même.",),
        ("Si un paiement est rejeté, une tâche le signalera.",),
    ),
    "direct_debit:debit_rejected": (
        (
            "Pas de relance : ce client paie par prélèvement ou par carte, mais son paiement de {returned} a été repris ; nous l'avons vu le {returned_on}.",
        ),
        (
            "Représentez-le, ou changez le mode de paiement du client (relance customer) : les relances partiront alors.",
        ),
    ),
    "factored": (
        (
            "Pas de relance : cette facture est cédée à un factor{by} ({reason}).",
            "Pas de relance : cette facture est cédée à un factor{by}.",
        ),
        ("C'est lui qui encaisse ; relance release la reprend si elle vous revient.",),
    ),
    "intercompany": (
        ("Pas de relance : ce client appartient au même groupe{by}.",),
        ("relance release lève cette règle pour lui.",),
    ),
    "handed_over": (
        (
            "Plus de relance : l'affaire est confiée à un tiers{by} ({reason}).",
            "Plus de relance : l'affaire est confiée à un tiers (avocat, société de recouvrement ou commissaire de justice){by}.",
        ),
        ("Tout contact passe par lui ; relance release ne la reprend que si elle vous revient.",),
    ),
    "no_address": (
        (
            "Pas de relance : ce client n'a pas d'adresse e-mail pour le niveau « {level} ».",
            "Pas de relance : ce client n'a pas d'adresse e-mail.",
        ),
        ("Ajoutez-en une dans les comptes ou avec relance customer : la relance partira au prochain passage.",),
    ),
    "address_failed": (
        (
            "En attente : l'adresse du client ne fonctionne pas, la relance {reminder} n'a pas pu partir.",
            "En attente : l'adresse e-mail du client ne fonctionne pas.",
        ),
        ("Demandez un contact de facturation au client, corrigez l'adresse, puis reprenez avec relance resolve.",),
    ),
    "stale_books": (
        (
            "En attente : les comptes lus sont trop anciens ({detail}), et le client a peut-être déjà payé.",
            "En attente : les comptes lus sont trop anciens, et le client a peut-être déjà payé.",
        ),
        ("Donnez un export à jour ou relancez la synchronisation.",),
    ),
    "quarantined": (
        (
            "Rien ne part pour cette société : la dernière lecture des comptes paraît fausse ({detail}).",
            "Rien ne part pour cette société : la dernière lecture des comptes paraît fausse.",
        ),
        ("Corrigez les comptes et relisez-les, ou acceptez-les tels quels avec relance accept --quarantine.",),
    ),
    "mode_off": (
        ("Rien ne part : le mode de cette société est « off ».",),
        ("Le mode se change dans la configuration : preview, redirect, approve ou auto.",),
    ),
    "backlog_not_accepted": (
        ("En attente : les factures déjà en retard à la première connexion n'ont pas encore été acceptées.",),
        ("Relisez relance plan, puis relance accept --backlog.",),
    ),
    "too_old": (
        (
            "En attente d'une personne : à {late} de retard, plus de {limit} jours, un premier contact ne part pas seul.",
            "En attente d'une personne : cette facture est trop ancienne pour qu'un premier contact parte seul.",
        ),
        ("relance release la remet en relance ; relance close la sort du plan.",),
    ),
    "awaiting_approval": (
        (
            "Une relance de niveau « {level} » est prête et attend d'être approuvée.",
            "Une relance est prête et attend d'être approuvée.",
        ),
        (
            "Approuvez-la avec relance approve {reminder} ; après 15 jours, elle sera redemandée sur des données fraîches.",
            "Approuvez-la avec relance approve ; après 15 jours, elle sera redemandée sur des données fraîches.",
        ),
    ),
    "plan_finished": (
        (
            "Le plan est terminé : le dernier niveau, « {last_level} », est parti le {last_sent} et son délai est passé.",
            "Le plan est terminé : il n'a plus de niveau pour cette facture.",
        ),
        ("À vous de décider, avec relance close : confier l'affaire, la passer en perte ou cesser de réclamer.",),
    ),
    "due_date_assumed": (
        (
            "En attente : le niveau « {level} » demande une échéance certaine, et celle-ci est supposée.",
            "En attente : ce niveau demande une échéance certaine, et celle-ci est supposée.",
        ),
        (
            "Indiquez les conditions convenues avec ce client (books.terms.by_customer, ou la colonne terms de ses contacts).",
        ),
    ),
    "closed_period": (
        (
            "En attente jusqu'au {until} inclus : la société est fermée jusque-là.",
            "En attente : aucun jour d'envoi n'est ouvert avant longtemps.",
        ),
        ("Les jours d'envoi, les jours fériés et les périodes closed se règlent dans la configuration.",),
    ),
    "cap_reached:company": (
        ("En attente : {per_day} relances par jour au plus pour cette société, et {ahead} passent avant celle-ci.",),
        ("Elle avance chaque jour dans la file ; per_day et ramp, sous send, règlent ce nombre.",),
    ),
    "cap_reached:customer": (
        (
            "En attente jusqu'au {until} inclus : ce client a déjà été contacté {contacts} fois en {cap_days} jours, le plus que le plan permette.",
        ),
        ("La relance partira au premier jour d'envoi suivant ; customer_cap, dans le plan, règle ce nombre.",),
    ),
    "cap_reached": (
        (
            "En attente : le nombre de relances permis est atteint ({detail}).",
            "En attente : le nombre de relances permis est atteint.",
        ),
        ("La relance partira au prochain passage qui en laisse la place.",),
    ),
    "own_reminders": (
        (
            "Rien ne part : le logiciel comptable envoie déjà ses propres relances ({detail}).",
            "Rien ne part : le logiciel comptable envoie déjà ses propres relances.",
        ),
        ("Arrêtez-les là-bas, pour que le client ne soit pas relancé deux fois.",),
    ),
    "collecting": (
        ("En attente : un encaissement est en cours ({detail}).", "En attente : un encaissement est en cours."),
        ("S'il échoue, la relance reprend ; s'il aboutit, la facture est soldée.",),
    ),
}

BY: Final = " par {author}"
BLOCK: Final = "Société {company} : {text}"
