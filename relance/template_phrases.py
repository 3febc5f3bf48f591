"""Words that a reminder must not use, and those that it cannot do without, for each language that we know.

Facts: C. pén. 433-13 (nothing that looks like an act of a court), CPCE L111-8, C. conso L121-6 (no pressure), and the
order of the levels: what the last one says, the first does not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that are refused in some messages (none named: in all) of a language, and why."""

    words: re.Pattern[str]
    reason: str
    messages: frozenset[str] = frozenset()


_ACT: Final = "imitates the act of a court or a bailiff"
_SHAME: Final = "threatens with third persons or a bad name"
_EARLY: Final = "comes too early: only later levels speak of it"
_COURT: Final = "names courts or lawyers in an amicable message"
_HELP: Final = "speaks of arrears before the due date"
_WAIVER: Final = "gives up what the company is owed"
_ADMITS: Final = "takes a side in a dispute that is being looked into"

_FIRST: Final = frozenset({"before_due", "friendly", "firm", "broken_promise"})
_AMICABLE: Final = _FIRST | {"final"}


def _phrase(words: str, reason: str, messages: frozenset[str] | set[str] = frozenset()) -> Phrase:
    """Read words with free white space and either apostrophe."""
    pattern = words.replace(" ", r"\s+").replace("'", "['\u2019]")
    return Phrase(words=re.compile(rf"\b(?:{pattern})", re.IGNORECASE), reason=reason, messages=frozenset(messages))


PHRASES: Final[dict[str, tuple[Phrase, ...]]] = {
    "fr": (
        _phrase(r"huissiers?\b|saisies?\b|saisir vos|commandement de payer|au nom de la loi|république française", _ACT),
        _phrase(r"dernier avis avant|avant poursuites|poursuites (?:immédiates|judiciaires)", _ACT),
        _phrase(r"votre employeur|vos voisins|votre famille|liste noire|ficher?\b|fichage|votre réputation|police\b", _SHAME),
        _phrase(r"dernier (?:avis|rappel)|dernière relance|ultime|mis(?:e|es|ons)? en demeure|mettons en demeure", _EARLY, _FIRST),
        _phrase(r"tribuna|injonction|avocat|commissaire de justice|en justice|contentieux", _COURT, _AMICABLE),
        _phrase(r"impayé|pénalité|relance|(?:de|en) retard|indemnité", _HELP, {"before_due"}),
        _phrase(r"renon(?:çons|ce|cerons) (?:aux|à (?:nos|toute|l'indemnité|l'intérêt))", _WAIVER, {"promise", "instalments", "broken_promise"}),
        _phrase(r"vous avez raison|tu as raison|nous reconnaissons|nous admettons|je reconnais", _ADMITS, {"dispute"}),
    ),
    "en": (
        _phrase(r"bailiffs?\b|seiz(?:e|ure)|enforcement officer|warrant|in the name of the law|high court", _ACT),
        _phrase(r"final notice before|notice of (?:intended )?(?:legal|court) (?:action|proceedings)", _ACT),
        _phrase(r"your employer|your neighbours|your family|blacklist|credit (?:rating|score|file)|police\b", _SHAME),
        _phrase(r"(?:final|last) (?:notice|warning|reminder|demand)|formal notice|letter before action", _EARLY, _FIRST),
        _phrase(r"courts?\b|solicitors?\b|lawyers?\b|legal (?:action|proceedings)|debt collect", _COURT, _AMICABLE),
        _phrase(r"overdue|unpaid|late payment|penalt|arrears", _HELP, {"before_due"}),
        _phrase(r"(?:waive|give up|forgo) (?:any|all|our|the)", _WAIVER, {"promise", "instalments", "broken_promise"}),
        _phrase(r"you are right|we (?:admit|acknowledge that|accept that)", _ADMITS, {"dispute"}),
    ),
    "de": (
        _phrase(r"gerichtsvollzieher|pfänd|vollstreck|im namen des (?:volkes|gesetzes)", _ACT),
        _phrase(r"arbeitgeber|nachbarn|ihre familie|deine familie|schufa|schwarze liste|polizei", _SHAME),
        _phrase(r"letzte (?:mahnung|erinnerung|warnung)|letztmalig", _EARLY, _FIRST),
        _phrase(r"gericht|anwalt|anwält|klage|inkasso", _COURT, _AMICABLE),
        _phrase(r"überfällig|verzug|mahnung|mahngebühr", _HELP, {"before_due"}),
        _phrase(r"verzichten (?:wir )?auf", _WAIVER, {"promise", "instalments", "broken_promise"}),
        _phrase(r"sie haben recht|du hast recht|wir geben zu", _ADMITS, {"dispute"}),
    ),
    "es": (
        _phrase(r"embarg|alguacil|agente judicial|procurador|en nombre de la ley", _ACT),
        _phrase(r"su empleador|sus vecinos|su familia|lista negra|asnef|fichero de morosos|morosos|policía", _SHAME),
        _phrase(r"último (?:aviso|recordatorio)|última reclamación|requerimiento", _EARLY, _FIRST),
        _phrase(r"juzgado|tribunal|abogad|acciones (?:legales|judiciales)|vía judicial|demanda judicial", _COURT, _AMICABLE),
        _phrase(r"impagad|moroso|demora|retraso", _HELP, {"before_due"}),
        _phrase(r"renunciamos a", _WAIVER, {"promise", "instalments", "broken_promise"}),
        _phrase(r"tiene (?:usted )?razón|tienes razón|reconocemos que", _ADMITS, {"dispute"}),
    ),
    "it": (
        _phrase(r"ufficiale giudiziario|pignor|precetto|in nome della legge", _ACT),
        _phrase(r"datore di lavoro|vicini di casa|sua famiglia|lista nera|crif|polizia", _SHAME),
        _phrase(r"ultim[oa] (?:avviso|sollecito|richiesta)|messa in mora|costituzione in mora", _EARLY, _FIRST),
        _phrase(r"tribunal|avvocat|vie legali|decreto ingiuntivo|azion[ei] legal|recupero crediti", _COURT, _AMICABLE),
        _phrase(r"insolut|moroso|interessi di mora|in ritardo", _HELP, {"before_due"}),
        _phrase(r"rinunciamo a", _WAIVER, {"promise", "instalments", "broken_promise"}),
        _phrase(r"ha ragione|hai ragione|riconosciamo che", _ADMITS, {"dispute"}),
    ),
    "nl": (
        _phrase(r"deurwaarder|beslag|dwangbevel|in naam der wet", _ACT),
        _phrase(r"uw werkgever|je werkgever|uw buren|uw familie|zwarte lijst|bkr\b|politie\b", _SHAME),
        _phrase(r"laatste (?:aanmaning|herinnering|waarschuwing)|ingebrekestelling|in gebreke", _EARLY, _FIRST),
        _phrase(r"rechter|rechtbank|advoca|incasso|gerechtelijk|juridische stappen", _COURT, _AMICABLE),
        _phrase(r"achterstallig|aanmaning|verzuim|te laat", _HELP, {"before_due"}),
        _phrase(r"zien (?:wij |we )?af van", _WAIVER, {"promise", "instalments", "broken_promise"}),
        _phrase(r"u hebt gelijk|u heeft gelijk|je hebt gelijk|wij erkennen", _ADMITS, {"dispute"}),
    ),
}  # fmt: skip

# What the subject of a mail to a consumer must not tell whoever looks over their shoulder.
DEBT_WORDS: Final = re.compile(
    r"\b(?:relance|rappel|impayé|mise en demeure|dette|reminder|overdue|unpaid|formal notice|final notice|mahnung|"
    r"zahlungserinnerung|inkasso|recordatorio|impagad|requerimiento|sollecito|insolut|messa in mora|diffida|"
    r"aanmaning|betalingsherinnering|herinnering|ingebrekestelling)",
    re.IGNORECASE,
)
# No order to pay and no bailiff exists against a public body.
AGAINST_PUBLIC: Final = re.compile(
    r"injonction\s+de\s+payer|commissaire\s+de\s+justice|(?<!interim )order\s+(?:for|to)\s+payment|payment\s+order|Mahnbescheid|"
    r"(?:procedimiento|proceso)\s+monitorio|decreto\s+ingiuntivo|betalingsbevel|deurwaarder",
    re.IGNORECASE,
)
# What only businesses owe among themselves: never to be asked of a consumer.
BETWEEN_BUSINESSES: Final = re.compile(
    r"441-10|441-5\b|indemnité\s+forfaitaire|\b40[\s\xa0\u202f]?€|€[\s\xa0]?40\b(?![.,]\d)"
)

# The words without which a formal notice is only one more reminder.
FORMAL_WORDS: Final = {
    "fr": re.compile(r"en\s+demeure", re.IGNORECASE),
    "en": re.compile(r"formal(?:ly)?\s+(?:notice|demand|require)|letter\s+before", re.IGNORECASE),
    "de": re.compile(r"Mahnung|Verzug|mahnen", re.IGNORECASE),
    "es": re.compile(r"requer", re.IGNORECASE),
    "it": re.compile(r"mora\b|diffid", re.IGNORECASE),
    "nl": re.compile(r"gebreke|ingebrekestelling|aanmaning|sommeren|sommatie", re.IGNORECASE),
}

# Two words of capitals side by side are shouted; one is an abbreviation.
SHOUTED: Final = re.compile(r"\b[^\W\d_a-z]{4,}\s+[^\W\d_a-z]{4,}\b|[!?]{2,}")
