"""What a notice's lines are charged: only what their levels speak of, and always the lower claim."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.charge_law import Unclaimed
from engine.charging import Charged, charges_for
from engine.creditor import Creditor
from engine.kinds import Charges, CustomerKind, DueSource, Imputation
from engine.model import NoticeLine, OpenItem
from engine.rates import MissingRateError
from engine.records import PaymentSeen
from relance.rates import packaged_rates
from tests.builders import customer, day, eur, invoice

RATES = packaged_rates()
UNTIL = day("2026-09-01")
CREDITOR = Creditor(company_id="dupont", name="Dupont")


def line(item: OpenItem, charges: Charges = Charges.CLAIM, credit: str = "0.00") -> NoticeLine:
    return NoticeLine(
        item=item, level_id="formal", asked=item.balance - eur(credit), credit=eur(credit), charges=charges
    )


def owed(number: str = "F1", total: str = "10000.00", balance: str | None = None, **changes: Any) -> OpenItem:
    return replace(invoice(number, due="2026-05-01", total=total, balance=balance), **changes)


def seen(amount: str, on: str, *, number: str = "F1", undone: bool = False) -> PaymentSeen:
    return PaymentSeen(payment_id=f"{number} {on}", item_id=number, paid_on=day(on), amount=eur(amount), undone=undone)


def charged(
    *lines: NoticeLine,
    kind: CustomerKind = CustomerKind.BUSINESS,
    creditor: Creditor = CREDITOR,
    payments: tuple[PaymentSeen, ...] = (),
    home: str = "",
    **options: Any,
) -> tuple[Charged, ...]:
    debtor = replace(customer(kind=kind), country=home)
    return charges_for(lines, debtor, creditor, RATES, UNTIL, payments, **options)


def only(*lines: NoticeLine, **options: Any) -> Any:
    (one,) = charged(*lines, **options)
    return one.statement


def test_each_line_whose_level_speaks_of_charges_has_its_own_statement() -> None:
    lines = (line(owed("F1")), line(owed("F2"), Charges.NONE), line(owed("F3", "100.00"), Charges.SHOW))
    found = charged(*lines)
    assert [(one.line.item.number, str(one.statement.interest)) for one in found] == [("F1", "413.76"), ("F3", "4.14")]
    assert [str(one.statement.indemnity) for one in found] == ["40.00", "40.00"]


def test_what_credit_takes_off_and_what_is_contested_never_bears_interest() -> None:
    assert only(line(owed(), credit="4000.00")).segments[0].base == eur("6000.00")
    contested = replace(line(owed()), asked=eur("2500.00"))
    statement = only(contested)
    assert (statement.segments[0].base, statement.principal) == (eur("2500.00"), eur("2500.00"))


def test_a_payment_bears_interest_until_its_day() -> None:
    statement = only(line(owed(balance="6000.00")), payments=(seen("4000.00", "2026-05-31"),))
    assert [(str(one.last), one.base) for one in statement.segments][:2] == [
        ("2026-05-31", eur("10000.00")),
        ("2026-06-30", eur("6000.00")),
    ]
    assert statement.principal == eur("6000.00")


def test_what_lowered_the_balance_on_a_day_that_nobody_knows_counts_from_the_beginning() -> None:
    assert {one.base for one in only(line(owed(balance="6000.00"))).segments} == {eur("6000.00")}


def test_payments_of_other_invoices_undone_ones_and_later_ones_do_not_count() -> None:
    others = (
        seen("4000.00", "2026-05-31", number="F9"),
        seen("4000.00", "2026-05-31", undone=True),
        seen("4000.00", "2026-09-02"),
    )
    assert {one.base for one in only(line(owed(balance="6000.00")), payments=others).segments} == {eur("6000.00")}


def test_money_that_came_and_went_never_makes_more_than_was_invoiced() -> None:
    twice = (seen("4000.00", "2026-05-31"), seen("4000.00", "2026-06-10"))
    statement = only(line(owed(balance="6000.00")), payments=twice)
    assert max(one.base.minor for one in statement.segments) == 10000_00


def test_the_imputation_can_be_chosen() -> None:
    paid = (seen("4000.00", "2026-05-31"),)
    creditor = replace(CREDITOR, imputation=Imputation.INTEREST)
    (found,) = charged(line(owed(balance="6000.00")), creditor=creditor, payments=paid)
    statement = found.statement
    assert (str(statement.interest_paid), str(statement.principal)) == ("99.86", "6099.86")
    # Beside the books' 6 000.00 all of the interest is owed: the books took the payment off the invoice.
    assert found.interest == statement.interest
    assert found.line.asked + found.charges == statement.total


def test_the_contracts_rate_binds_businesses_alone() -> None:
    creditor = replace(CREDITOR, late_rate=Decimal(15))
    assert {one.rate for one in only(line(owed()), creditor=creditor).segments} == {Decimal(15)}
    notices = {"F1": day("2026-06-20")}
    consumer = only(line(owed()), creditor=creditor, kind=CustomerKind.CONSUMER, formal_notices=notices)
    assert [str(one.rate) for one in consumer.segments] == ["2.62", "2.75"]
    assert only(line(owed()), creditor=creditor, kind=CustomerKind.CONSUMER).segments == ()
    public = only(line(owed()), creditor=creditor, kind=CustomerKind.PUBLIC)
    assert [str(one.rate) for one in public.segments] == ["10.15"]


@pytest.mark.parametrize(
    ("kind", "country", "home", "reason"),
    [
        (CustomerKind.UNKNOWN, "FR", "", Unclaimed.UNKNOWN_KIND),
        (CustomerKind.CONSUMER, "FR", "", Unclaimed.CONSUMER),
        (CustomerKind.CONSUMER, "FR", "BE", Unclaimed.CONSUMER_ABROAD),
        (CustomerKind.CONSUMER, "DE", "", Unclaimed.CONSUMER),
        (CustomerKind.CONSUMER, "NL", "NL", Unclaimed.CONSUMER),
        (CustomerKind.BUSINESS, "US", "", Unclaimed.UNKNOWN_COUNTRY),
    ],
)
def test_where_the_law_or_the_books_do_not_say_enough_nothing_is_claimed(
    kind: CustomerKind, country: str, home: str, reason: Unclaimed
) -> None:
    statement = only(line(owed()), kind=kind, home=home, creditor=replace(CREDITOR, country=country))
    assert (statement.reason, statement.law, statement.segments) == (reason, statement.law, ())
    assert statement.total == eur("10000.00")


def test_an_assumed_due_date_claims_nothing() -> None:
    assumed = owed(due_source=DueSource.ASSUMED)
    assert only(line(assumed)).reason is Unclaimed.DUE_DATE_ASSUMED


def test_a_rate_that_is_missing_is_an_error() -> None:
    with pytest.raises(MissingRateError, match="2027-S1"):
        charges_for([line(owed())], customer(kind=CustomerKind.BUSINESS), CREDITOR, RATES, day("2027-01-05"))
