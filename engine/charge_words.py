"""What laws, reasons and remarks are called, in French and English; the laws in the languages of the mails too."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.charge_law import Unclaimed
from engine.charge_law_names import LAW_NAMES
from engine.claims import RemarkCode
from engine.rates import HalfYear
from engine.wording import date_text, rate_text, typeset

if TYPE_CHECKING:
    from engine.claims import Remark

_LAWS: Final = {
    "fr_business": (
        "articles L. 441-10 et D. 441-5 du Code de commerce",
        "articles L. 441-10 and D. 441-5 of the French Code de commerce",
    ),
    "fr_public": (
        "articles L. 2192-13, R. 2192-31 et D. 2192-35 du Code de la commande publique",
        "articles L. 2192-13, R. 2192-31 and D. 2192-35 of the French Code de la commande publique",
    ),
    "fr_civil": (
        "articles 1231-6 et 1344-1 du Code civil",
        "articles 1231-6 and 1344-1 of the French Code civil",
    ),
    "de_business": ("§ 288 du Code civil allemand (BGB)", "section 288 of the German Civil Code (BGB)"),
    "de_consumer": ("§ 288 du Code civil allemand (BGB)", "section 288 of the German Civil Code (BGB)"),
    "es_business": ("loi espagnole 3/2004 du 29 décembre", "Spanish Law 3/2004 of 29 December"),
    "it_business": ("décret législatif italien nᵒ 231/2002", "Italian Legislative Decree 231/2002"),
    "nl_business": (
        "articles 6:119a et 6:96 du Code civil néerlandais",
        "articles 6:119a and 6:96 of the Dutch Civil Code",
    ),
    "nl_consumer": (
        "articles 6:119 et 6:96 du Code civil néerlandais",
        "articles 6:119 and 6:96 of the Dutch Civil Code",
    ),
    "be_business": ("loi belge du 2 août 2002", "Belgian law of 2 August 2002"),
    "uk_business": (
        "Late Payment of Commercial Debts (Interest) Act 1998",
        "Late Payment of Commercial Debts (Interest) Act 1998",
    ),
    "eu_business": ("directive 2011/7/UE", "Directive 2011/7/EU"),
    "contract": ("clause du contrat", "the contract's own clause"),
}

_REASONS: Final = {
    Unclaimed.UNKNOWN_KIND: (
        "rien n'est réclamé : la nature du client (professionnel, particulier, acheteur public) n'est pas connue",
        "nothing is claimed: what the customer is in law (business, consumer, public buyer) is not known",
    ),
    Unclaimed.DUE_DATE_ASSUMED: (
        "rien n'est réclamé : la date d'échéance est supposée, elle n'est ni sur la facture ni convenue",
        "nothing is claimed: the due date is assumed, neither stated on the invoice nor agreed",
    ),
    Unclaimed.UNKNOWN_COUNTRY: (
        "rien n'est réclamé : les règles de ce pays ne sont pas connues ici",
        "nothing is claimed: the rules of this country are not known here",
    ),
    Unclaimed.CONSUMER: (
        "rien n'est réclamé à un consommateur sans clause acceptée ni mise en demeure",
        "nothing is claimed from a consumer without an accepted clause or a formal notice",
    ),
    Unclaimed.CONSUMER_ABROAD: (
        "rien n'est réclamé : le consommateur réside dans un autre pays, dont la loi peut s'appliquer",
        "nothing is claimed: the consumer lives in another country, whose law may apply",
    ),
    Unclaimed.NOT_LATE: ("rien n'est dû : pas de retard à cette date", "nothing is owed: not late on this day"),
    Unclaimed.NOTHING_OWED: (
        "rien n'est dû : la somme était payée avant que les intérêts ne commencent",
        "nothing is owed: the sum was paid before interest began",
    ),
}

_REMARKS: Final = {
    RemarkCode.BELOW_FLOOR: (
        "le taux du contrat, {rate} %, est inférieur au minimum légal du {half_year}, {floor} % (trois fois le taux de l'intérêt légal) ; il est appliqué tel quel",
        "the contract's rate of {rate}% is below the legal minimum of {floor}% in {half_year} (three times the legal interest); it is applied as it is",
    ),
    RemarkCode.FLOOR_UNKNOWN: (
        "le minimum légal du {half_year} n'est pas connu : le taux du contrat n'y a pas été comparé",
        "the legal minimum of {half_year} is not known: the contract's rate was not compared with it",
    ),
    RemarkCode.RATE_NOT_USED: (
        "le taux du contrat, {rate} %, n'est pas appliqué à un acheteur public : la loi fixe le taux",
        "the contract's rate of {rate}% is not applied to a public buyer: the law fixes the rate",
    ),
    RemarkCode.INDEMNITY_APART: (
        "l'indemnité forfaitaire de {amount} {currency} est due à part : elle n'est pas convertie",
        "the fixed sum of {amount} {currency} is due apart: it is not converted",
    ),
    RemarkCode.INDEMNITY_IN_OWN_CURRENCY: (
        "l'indemnité forfaitaire dépend du montant en {currency} : elle n'est pas calculée dans une autre monnaie",
        "the fixed sum depends on the amount in {currency}: it is not reckoned in another currency",
    ),
    RemarkCode.NO_INDEMNITY_WITH_CONTRACT: (
        "pas d'indemnité forfaitaire : elle accompagne l'intérêt légal, et un taux convenu le remplace",
        "no fixed sum: it goes with statutory interest, which an agreed rate replaces",
    ),
    RemarkCode.PAYMENT_AFTER: (
        "les règlements postérieurs au {until} ne sont pas comptés",
        "payments after {until} are not counted",
    ),
    RemarkCode.DIRECTIVE_MINIMUM: (
        "minimum de la directive 2011/7/UE : la loi nationale ({country}) peut donner davantage",
        "the minimum of Directive 2011/7/EU: the national law ({country}) may give more",
    ),
    RemarkCode.OWN_REFERENCE_RATE: (
        "{country} n'a pas l'euro : la directive renvoie au taux de sa propre banque centrale, ici celui de la BCE est appliqué",
        "{country} does not have the euro: the Directive refers to its own central bank's rate; the ECB's is used here",
    ),
    RemarkCode.CONSUMER_CLAUSE: (
        "la clause doit avoir été acceptée par le consommateur et ne pas être abusive (C. conso. L212-1, C. civ. 1231-5)",
        "the consumer must have accepted the clause, and it must not be unfair (C. conso. L212-1, C. civ. 1231-5)",
    ),
    RemarkCode.CONSUMER_TOLD: (
        "un consommateur n'est en retard de plein droit que s'il en a été averti (BGB § 286 al. 3) ou mis en demeure",
        "a consumer is in default without a reminder only if told so beforehand (BGB § 286 (3))",
    ),
    RemarkCode.CONSUMER_LETTER: (
        "les frais ne sont dus qu'après une lettre donnant {days} jours et nommant leur montant (BW 6:96 al. 6)",
        "costs are owed only after a letter that gives {days} days and names their amount (BW 6:96 (6))",
    ),
    RemarkCode.LAW_CHANGES: (
        "le texte de loi change le {on} : vérifier que la règle reste la même",
        "the text of the law changes on {on}: check that the rule is still the same",
    ),
}


def law_name(law_id: str, language: str) -> str:
    """Give the name of the texts that a rule stands in, in the language of a mail; "" for no rule."""
    if not law_id:
        return ""
    tongue = language[:2].lower()
    named = LAW_NAMES.get(tongue, {}).get(law_id)
    return typeset(named, tongue) if named else _in(_LAWS[law_id], language)


def reason_text(reason: Unclaimed, language: str) -> str:
    """Say why nothing is claimed."""
    return _in(_REASONS[reason], language)


def remark_text(remark: Remark, language: str) -> str:
    """Say a remark with its figures, written as the language does."""
    spoken = "fr" if language[:2].lower() == "fr" else "en"
    facts = {name: _FIGURES.get(name, _as_it_is)(value, spoken) for name, value in remark.facts}
    return _in(_REMARKS[remark.code], language).format(**facts)


def _half_year(written: str, language: str) -> str:
    half_year = HalfYear.parse(written)
    if language == "fr":
        return f"{'1er' if half_year.half == 1 else '2e'} semestre {half_year.year}"
    return f"the {'first' if half_year.half == 1 else 'second'} half of {half_year.year}"


def _rate(written: str, language: str) -> str:
    return rate_text(Decimal(written), language)


def _day(written: str, language: str) -> str:
    return date_text(date.fromisoformat(written), language)


def _as_it_is(written: str, _language: str) -> str:
    return written


_FIGURES: Final = {"half_year": _half_year, "rate": _rate, "floor": _rate, "on": _day, "until": _day}


def _in(pair: tuple[str, str], language: str) -> str:
    french, english = pair
    return typeset(french, "fr") if language[:2].lower() == "fr" else typeset(english, "en")
