"""Interest and indemnity of the invoices in a notice, as far as its levels speak of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.charge_law import Law, Unclaimed, law_for
from engine.charges import statement_of
from engine.claims import Claim, Statement
from engine.kinds import Charges, CustomerKind, ItemKind
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from engine.creditor import Creditor
    from engine.model import Customer, NoticeLine, OpenItem
    from engine.rates import Rates
    from engine.records import PaymentSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """The statement of one line, whose level speaks of charges."""

    line: NoticeLine
    statement: Statement

    @property
    def interest(self) -> Money:
        """Interest that is owed beyond the sum asked: what payments settled of it too, as the books took them off the invoice."""
        from_the_invoice = max(self.statement.principal - self.line.asked, Money.zero(self.line.asked.currency))
        return self.statement.interest - self.statement.interest_paid + from_the_invoice

    @property
    def charges(self) -> Money:
        """Interest and indemnity that are owed beyond the sum asked."""
        return self.interest + self.statement.indemnity - self.statement.indemnity_paid


def charges_for(
    lines: Sequence[NoticeLine],
    customer: Customer,
    creditor: Creditor,
    rates: Rates,
    as_of: date,
    payments: Sequence[PaymentSeen] = (),
    *,
    formal_notices: Mapping[str, date] | None = None,
) -> tuple[Charged, ...]:
    """Reckon each line whose level shows or claims charges, to a day; raise MissingRateError.

    Only what a line asks bears interest to the end. Credit that the notice takes off counts from the beginning, and so do a
    contested part and whatever lowered the balance without a payment that the books tell the day of: the lower claim. `formal_notices` gives the day of a formal notice by item. The
    contract's rate is that between businesses: no consumer is asked for it here.
    """
    noticed = formal_notices or {}
    return tuple(
        Charged(
            line=line,
            statement=_statement(line, customer, creditor, rates, as_of, payments, noticed),
        )
        for line in lines
        if line.charges is not Charges.NONE and line.item.kind is ItemKind.INVOICE
    )


def _statement(
    line: NoticeLine,
    customer: Customer,
    creditor: Creditor,
    rates: Rates,
    as_of: date,
    payments: Sequence[PaymentSeen],
    formal_notices: Mapping[str, date],
) -> Statement:
    item = line.item
    received = _received(item, payments, as_of)
    is_consumer = customer.kind is CustomerKind.CONSUMER
    claim = Claim(
        principal=_owed_at_first(line, received),
        due_on=item.due_on,
        until=as_of,
        country=creditor.country,
        kind=customer.kind,
        due_source=item.due_source,
        contract_rate=None if is_consumer else creditor.late_rate,
        payments=received,
        imputation=creditor.imputation,
        formal_notice_on=formal_notices.get(item.item_id),
    )
    if is_consumer and (refusal := _refused(creditor, customer)):
        # Reckoned as if nobody knew the kind: nothing is claimed, and the reason is the consumer's.
        return replace(statement_of(replace(claim, kind=CustomerKind.UNKNOWN), rates), reason=refusal)
    return statement_of(claim, rates)


def _refused(creditor: Creditor, customer: Customer) -> Unclaimed | None:
    """Tell why a consumer is asked for nothing: another country's law, or conditions that the books cannot know.

    Only French law lets interest run from the notice itself; elsewhere a consumer must have been told before, or sent a
    letter with words of its own, and whether that was done no book says.
    """
    if customer.country and customer.country != creditor.country:
        return Unclaimed.CONSUMER_ABROAD
    law = law_for(creditor.country, CustomerKind.CONSUMER)
    return Unclaimed.CONSUMER if isinstance(law, Law) and law.law_id != "fr_civil" else None


def _received(item: OpenItem, payments: Sequence[PaymentSeen], as_of: date) -> tuple[tuple[date, Money], ...]:
    """List what was received for an invoice until a day."""
    return tuple(
        (one.paid_on, one.amount)
        for one in payments
        if one.item_id == item.item_id
        and not one.undone
        and one.paid_on <= as_of
        and one.amount.currency == item.currency
        and one.amount.minor > 0
    )


def _owed_at_first(line: NoticeLine, received: Sequence[tuple[date, Money]]) -> Money:
    """Give what was owed before those payments: never more than was invoiced, never less than is asked now."""
    before = sum((amount for _, amount in received), start=line.asked)
    return max(min(before, line.item.total), line.asked)
