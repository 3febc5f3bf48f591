"""What the law gives a creditor for lateness: which series of rates, how many points on top, and the fixed sum.

France: C. com. L441-10 and D441-5 (between businesses), Code de la commande publique L2192-13, R2192-31 and D2192-35
(public buyers), C. civ. 1231-6 and 1344-1 (consumers, from the formal notice). European Union: Directive 2011/7/EU and the
national acts. United Kingdom: Late Payment of Commercial Debts (Interest) Act 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from engine.kinds import CustomerKind
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable

MRO: Final = "ecb_mro"
FR_BUSINESS: Final = "fr_business"
FR_LEGAL: Final = "fr_legal_other"
DE_BASE: Final = "de_base"
GB_BANK: Final = "gb_bank_rate"

# The contract's rate between businesses may not lie below this many times the French legal interest.
FLOOR_TIMES: Final = 3
# After the letter that gives a Dutch consumer fourteen days; they run from the day after it arrived, which none of us knows.
WIK_DAYS: Final = 15

_NONE: Final = Decimal(0)
_EIGHT: Final = Decimal(8)

EU_COUNTRIES: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905 (a list of codes reads best as words)
)
# A debt below so many pence, and the fixed sum in pounds (1998 Act, s. 5A).
_BRITISH_BANDS: Final = ((1_000_00, 40), (10_000_00, 70), (None, 100))
# Of so much of the principal in cents (None: of the rest), so many thousandths.
_DUTCH_BANDS: Final = ((2_500_00, 150), (2_500_00, 100), (5_000_00, 50), (190_000_00, 10), (None, 5))

# Where the euro is not the currency, the Directive refers to the national central bank's rate, which we do not have.
OWN_REFERENCE: Final = frozenset({"CZ", "DK", "HU", "PL", "RO", "SE"})


class Start(StrEnum):
    """What interest waits for: the due date alone, or the formal notice too."""

    DUE_DATE = "due_date"
    FORMAL_NOTICE = "formal_notice"


class Unclaimed(StrEnum):
    """Why nothing is claimed."""

    UNKNOWN_KIND = "unknown_kind"
    DUE_DATE_ASSUMED = "due_date_assumed"
    UNKNOWN_COUNTRY = "unknown_country"
    CONSUMER = "consumer"
    CONSUMER_ABROAD = "consumer_abroad"
    NOT_LATE = "not_late"
    NOTHING_OWED = "nothing_owed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The rule for one country and kind of customer.

    `series` is None where only a contract gives interest. The rate is the series' plus `points`. `splits` says that each
    day bears the rate of its half-year; else the one in which interest began holds to the end. `fixed` gives the fixed sum
    for a principal (None: no such sum). `takes_contract` says whether the contract's rate replaces the law's, and
    `fixed_with_contract` whether the fixed sum is due beside it. `sources` are the articles.
    """

    law_id: str
    series: str | None
    points: Decimal = _NONE
    splits: bool = True
    start: Start = Start.DUE_DATE
    fixed: Callable[[Money], Money | None] | None = None
    takes_contract: bool = True
    fixed_with_contract: bool = True
    sources: tuple[str, ...] = ()


def _forty_euros(_principal: Money) -> Money:
    return Money(minor=4000, currency="EUR")


def _british_sum(principal: Money) -> Money | None:
    """Give 40, 70 or 100 pounds by the size of the debt; a debt in another currency has no band of its own."""
    if principal.currency != "GBP":
        return None
    pounds = next(fixed for below, fixed in _BRITISH_BANDS if below is None or principal.minor < below)
    return Money(minor=pounds * 100, currency="GBP")


def wik_scale(principal: Money) -> Money | None:
    """Give the Dutch scale for consumers: 15 % of the first 2 500 EUR, 10, 5, 1 and 0.5 % of the next; 40 to 6 775 EUR.

    Besluit vergoeding voor buitengerechtelijke incassokosten, art. 2; half a cent is rounded up.
    """
    if principal.currency != "EUR":
        return None
    left, thousandths = principal.minor, 0
    for width, rate in _DUTCH_BANDS:
        part = left if width is None else min(left, width)
        thousandths += part * rate
        left -= part
    return Money(minor=min(max((thousandths + 500) // 1000, 40_00), 6_775_00), currency="EUR")


_FR_BUSINESS: Final = Law(
    law_id="fr_business",
    series=FR_BUSINESS,
    fixed=_forty_euros,
    sources=(
        "Code de commerce, art. L441-10 II: https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000038414392",
        "Code de commerce, art. D441-5: https://www.legifrance.gouv.fr/codes/article_lc/LEGIARTI000043197457",
    ),
)
_FR_PUBLIC: Final = Law(
    law_id="fr_public",
    series=MRO,
    points=_EIGHT,
    splits=False,
    fixed=_forty_euros,
    takes_contract=False,
    sources=("Code de la commande publique, art. L2192-13, R2192-31, D2192-35",),
)
_FR_CIVIL: Final = Law(
    law_id="fr_civil",
    series=FR_LEGAL,
    start=Start.FORMAL_NOTICE,
    sources=("Code civil, art. 1231-6, 1344-1", "Code monétaire et financier, art. L313-2, D313-1-A"),
)
_DIRECTIVE: Final = "Directive 2011/7/EU, art. 3, 4, 6"
_UK_ACT: Final = (
    "Late Payment of Commercial Debts (Interest) Act 1998, s. 1, 5A, 6",
    "Late Payment of Commercial Debts (Rate of Interest) (No. 3) Order 2002 (SI 2002/1675), art. 4",
)
_BUSINESS: Final = {
    "FR": _FR_BUSINESS,
    "DE": Law(
        law_id="de_business",
        series=DE_BASE,
        points=Decimal(9),
        fixed=_forty_euros,
        sources=("BGB § 288 Abs. 2, 5", "BGB § 247"),
    ),
    "ES": Law(
        law_id="es_business",
        series="es_business",
        fixed=_forty_euros,
        sources=("Ley 3/2004, de 29 de diciembre, art. 7, 8",),
    ),
    "IT": Law(
        law_id="it_business",
        series="it_business",
        fixed=_forty_euros,
        sources=("D.Lgs. 9 ottobre 2002, n. 231, art. 5, 6",),
    ),
    "NL": Law(
        law_id="nl_business",
        series="nl_business",
        fixed=_forty_euros,
        sources=("Burgerlijk Wetboek, art. 6:119a, 6:96",),
    ),
    "BE": Law(
        law_id="be_business",
        series="be_business",
        fixed=_forty_euros,
        sources=("Loi du 2 août 2002, art. 5, 6",),
    ),
    "GB": Law(
        law_id="uk_business",
        series=GB_BANK,
        points=_EIGHT,
        splits=False,
        fixed=_british_sum,
        # The fixed sum of section 5A goes with statutory interest; an agreed rate takes its place.
        fixed_with_contract=False,
        sources=_UK_ACT,
    ),
}
_EU: Final = Law(law_id="eu_business", series=MRO, points=_EIGHT, fixed=_forty_euros, sources=(_DIRECTIVE,))
_CONSUMER: Final = {
    "FR": _FR_CIVIL,
    "DE": Law(
        law_id="de_consumer", series=DE_BASE, points=Decimal(5), sources=("BGB § 288 Abs. 1", "BGB § 247", "BGB § 286")
    ),
    "NL": Law(
        law_id="nl_consumer",
        series="nl_consumer",
        fixed=wik_scale,
        sources=(
            "Burgerlijk Wetboek, art. 6:119, 6:96 lid 6",
            "Besluit vergoeding voor buitengerechtelijke incassokosten, art. 2",
        ),
    ),
}
_CLAUSE: Final = Law(law_id="contract", series=None, sources=("the contract's own clause",))


def law_for(country: str, kind: CustomerKind) -> Law | Unclaimed:
    """Find what applies to a creditor of a country (ISO 3166, GB for the United Kingdom) and a kind of customer.

    Outside France a public buyer owes what a business owes. A consumer of a country without an entry owes interest by an
    accepted clause alone.
    """
    if country not in _BUSINESS and country not in EU_COUNTRIES:
        return Unclaimed.UNKNOWN_COUNTRY
    if kind is CustomerKind.UNKNOWN:
        return Unclaimed.UNKNOWN_KIND
    if kind is CustomerKind.CONSUMER:
        return _CONSUMER.get(country, _CLAUSE)
    if kind is CustomerKind.PUBLIC and country == "FR":
        return _FR_PUBLIC
    return _BUSINESS.get(country, _EU)
