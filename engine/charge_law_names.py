"""What the laws on late payment are called in German, Spanish, Italian and Dutch, so that they fit between brackets."""

from __future__ import annotations

from typing import Final

_ACT: Final = "Late Payment of Commercial Debts (Interest) Act 1998"

LAW_NAMES: Final = {
    "de": {
        "fr_business": "Artikel L. 441-10 und D. 441-5 des französischen Code de commerce",
        "fr_public": "Artikel L. 2192-13, R. 2192-31 und D. 2192-35 des französischen Code de la commande publique",
        "fr_civil": "Artikel 1231-6 und 1344-1 des französischen Code civil",
        "de_business": "§ 288 BGB",
        "de_consumer": "§ 288 BGB",
        "es_business": "spanisches Gesetz 3/2004 vom 29. Dezember",
        "it_business": "italienisches Decreto legislativo 231/2002",
        "nl_business": "Artikel 6:119a und 6:96 des niederländischen Bürgerlichen Gesetzbuchs",
        "nl_consumer": "Artikel 6:119 und 6:96 des niederländischen Bürgerlichen Gesetzbuchs",
        "be_business": "belgisches Gesetz vom 2. August 2002",
        "uk_business": f"britischer {_ACT}",
        "eu_business": "Richtlinie 2011/7/EU",
        "contract": "Vertragsklausel",
    },
    "es": {
        "fr_business": "artículos L. 441-10 y D. 441-5 del Code de commerce francés",
        "fr_public": "artículos L. 2192-13, R. 2192-31 y D. 2192-35 del Code de la commande publique francés",
        "fr_civil": "artículos 1231-6 y 1344-1 del Code civil francés",
        "de_business": "§ 288 del Código Civil alemán (BGB)",
        "de_consumer": "§ 288 del Código Civil alemán (BGB)",
        "es_business": "Ley 3/2004, de 29 de diciembre",
        "it_business": "Decreto Legislativo italiano 231/2002",
        "nl_business": "artículos 6:119a y 6:96 del Código Civil neerlandés",
        "nl_consumer": "artículos 6:119 y 6:96 del Código Civil neerlandés",
        "be_business": "Ley belga de 2 de agosto de 2002",
        "uk_business": f"{_ACT} británica",
        "eu_business": "Directiva 2011/7/UE",
        "contract": "cláusula del contrato",
    },
    "it": {
        "fr_business": "articoli L. 441-10 e D. 441-5 del Code de commerce francese",
        "fr_public": "articoli L. 2192-13, R. 2192-31 e D. 2192-35 del Code de la commande publique francese",
        "fr_civil": "articoli 1231-6 e 1344-1 del Code civil francese",
        "de_business": "§ 288 del codice civile tedesco (BGB)",
        "de_consumer": "§ 288 del codice civile tedesco (BGB)",
        "es_business": "legge spagnola 3/2004 del 29 dicembre",
        "it_business": "D.Lgs. 231/2002",
        "nl_business": "articoli 6:119a e 6:96 del codice civile olandese",
        "nl_consumer": "articoli 6:119 e 6:96 del codice civile olandese",
        "be_business": "legge belga del 2 agosto 2002",
        "uk_business": f"{_ACT} britannico",
        "eu_business": "direttiva 2011/7/UE",
        "contract": "clausola del contratto",
    },
    "nl": {
        "fr_business": "artikelen L. 441-10 en D. 441-5 van de Franse Code de commerce",
        "fr_public": "artikelen L. 2192-13, R. 2192-31 en D. 2192-35 van de Franse Code de la commande publique",
        "fr_civil": "artikelen 1231-6 en 1344-1 van de Franse Code civil",
        "de_business": "§ 288 van het Duitse burgerlijk wetboek (BGB)",
        "de_consumer": "§ 288 van het Duitse burgerlijk wetboek (BGB)",
        "es_business": "Spaanse wet 3/2004 van 29 december",
        "it_business": "Italiaans wetsbesluit 231/2002",
        "nl_business": "artikelen 6:119a en 6:96 van het Burgerlijk Wetboek",
        "nl_consumer": "artikelen 6:119 en 6:96 van het Burgerlijk Wetboek",
        "be_business": "Belgische wet van 2 augustus 2002",
        "uk_business": f"Britse {_ACT}",
        "eu_business": "Richtlijn 2011/7/EU",
        "contract": "beding in het contract",
    },
}
