"""What a message says of interest and indemnity: the law, the sums, and the reckoning line by line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.charge_law import Law, law_for
from engine.charge_words import law_name
from engine.charging import charges_for
from engine.compose_payment import numbers_text
from engine.content import ChargeRowText, ChargeSegmentText, ChargesText
from engine.kinds import Charges, CustomerKind, DueSource, Tone
from engine.money import totals
from engine.rates import MissingRateError
from engine.wording import clean, date_text, days_text, join, money_text, percent_text, rate_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.charging import Charged
    from engine.claims import Segment
    from engine.creditor import Creditor
    from engine.model import Customer, Notice
    from engine.money import Money
    from engine.rates import Rates
    from engine.records import PaymentSeen

_FR_CIVIL: Final = "fr_civil"


def charges_text(
    notice: Notice,
    customer: Customer,
    company: Creditor,
    language: str,
    as_of: date,
    *,
    rates: Rates | None = None,
    payments: Sequence[PaymentSeen] = (),
) -> ChargesText:
    """Say what may be claimed: only for lines whose own level says so, and never on a due date that we assumed.

    A firm reminder whose levels show nothing still names the law, without a figure. Without `rates` nothing is reckoned. Where the table lacks a rate, sums that are only shown are left out; those that
    are claimed raise MissingRateError.
    """
    charged = [
        line
        for line in notice.lines
        if line.charges is not Charges.NONE and line.item.due_source is not DueSource.ASSUMED
    ]
    claimed = any(line.charges is Charges.CLAIM for line in charged)
    law = _law(customer, company, claimed=claimed) if charged else ""
    mention = _law(customer, company, claimed=False) if _only_named(notice) else ""
    numbers = numbers_text([line.item for line in charged], language)
    text = ChargesText(
        law=law,
        claimed=claimed,
        numbers=numbers if len(charged) < len(notice.lines) else "",
        one=len(charged) == 1,
        late_rate=percent_text(company.late_rate, language) if company.late_rate is not None else "",
        law_name=law_name(law or mention, language),
        mention=mention,
    )
    if not law or rates is None:
        return text
    try:
        found = charges_for(charged, customer, company, rates, as_of, payments)
    except MissingRateError:
        if claimed:
            raise
        return text
    owing = [one for one in found if one.statement.segments]
    return _with_amounts(text, owing, notice, language, as_of) if owing else text


def _only_named(notice: Notice) -> bool:
    """Tell whether a reminder names the law alone: a firm one after the due date, all of whose days are stated or agreed."""
    return (
        notice.tone is Tone.FIRM
        and notice.offset >= 0
        and all(line.charges is Charges.NONE for line in notice.lines)
        and all(line.item.due_source is not DueSource.ASSUMED for line in notice.lines)
    )


def _law(customer: Customer, company: Creditor, *, claimed: bool) -> str:
    """Name the rule that applies; with a consumer it is what a formal notice starts in France, elsewhere none."""
    if customer.kind is CustomerKind.CONSUMER:
        at_home = customer.country in {"", company.country}
        return _FR_CIVIL if company.country == "FR" and claimed and at_home else ""
    law = law_for(company.country, customer.kind)
    return law.law_id if isinstance(law, Law) else ""


def _with_amounts(
    text: ChargesText, owing: Sequence[Charged], notice: Notice, language: str, as_of: date
) -> ChargesText:
    """Put the sums into the text: for each currency, in the order in which the total names them."""
    statements = [one.statement for one in owing]
    interest = totals([one.interest for one in owing])
    indemnity = totals([one.indemnity - one.indemnity_paid for one in statements])
    together = totals([one.charges for one in owing])
    grand = totals([*notice.totals.values(), *together.values()])
    apart = totals([one.indemnity_apart for one in statements if one.indemnity_apart is not None])
    late = any(len({segment.base for segment in one.segments}) > 1 or one.interest_paid.minor for one in statements)
    rates = dict.fromkeys(segment.rate for one in statements for segment in one.segments)
    return replace(
        text,
        has_amounts=True,
        as_of=date_text(as_of, language),
        interest=_sums(interest, language),
        indemnity=_sums({currency: sum_ for currency, sum_ in indemnity.items() if sum_.minor}, language),
        indemnity_apart=_sums(apart, language),
        total=_sums(together, language),
        grand_total=_sums(grand, language),
        rates=join([rate_text(rate, language) for rate in rates], language),
        imputation=statements[0].imputation.value if late else "",
        rows=tuple(_row(one, language) for one in owing),
    )


def _sums(sums: dict[str, Money], language: str) -> str:
    return join([money_text(one, language) for one in sums.values()], language) if sums else ""


def _row(one: Charged, language: str) -> ChargeRowText:
    item, statement = one.line.item, one.statement
    return ChargeRowText(
        number=clean(item.number),
        due_on=date_text(item.due_on, language),
        segments=tuple(_segment(segment, language) for segment in statement.segments),
        interest=money_text(one.interest, language),
        indemnity=money_text(statement.indemnity, language) if statement.indemnity.minor else "",
        total=money_text(one.charges, language),
    )


def _segment(segment: Segment, language: str) -> ChargeSegmentText:
    return ChargeSegmentText(
        first=date_text(segment.first, language),
        last=date_text(segment.last, language),
        days=days_text(segment.days, language),
        base=money_text(segment.base, language),
        rate=rate_text(segment.rate, language),
        amount=money_text(segment.amount, language),
    )
