"""The statement of account in words: what is open on a day, what of it is overdue, and credits apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.compose_parts import credit_text, line_text, plain_content
from engine.compose_payment import payment_text
from engine.content import AccountText
from engine.money import Money
from engine.telling import on_statement
from engine.wording import date_text, money_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.content import MailContent
    from engine.creditor import Creditor
    from engine.kinds import AddressForm
    from engine.model import Contact, Customer, OpenItem

STATEMENT: Final = "statement"


def compose_statement(
    items: Sequence[OpenItem],
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    *,
    to: Contact | None = None,
) -> MailContent:
    """Put a statement of account into words: one account a currency, as things are on a day."""
    shown = on_statement(items)
    invoices = [item for item in shown if item.balance.minor > 0]
    late = [item for item in invoices if item.due_on < as_of]
    plain = plain_content(STATEMENT, invoices, customer, company, language, address_form, as_of, to=to)
    currencies = sorted({item.currency for item in shown})
    return replace(
        plain,
        accounts=tuple(
            _account(currency, [i for i in shown if i.currency == currency], company, language, as_of)
            for currency in currencies
        ),
        due_on=date_text(min(item.due_on for item in late), language) if late else "",
        payment=payment_text(late or invoices, company, language),
        shows_payment=bool(invoices),
    )


def _account(currency: str, items: Sequence[OpenItem], company: Creditor, language: str, as_of: date) -> AccountText:
    invoices = [item for item in items if item.balance.minor > 0]
    credits_open = [item for item in items if item.balance.minor < 0]
    late = [item for item in invoices if item.due_on < as_of]
    total, credited = _sum(invoices, currency), _sum(credits_open, currency)
    overdue = _sum(late, currency)
    coming = total - overdue
    return AccountText(
        currency=currency,
        lines=tuple(line_text(item, company, language, as_of) for item in invoices),
        total=money_text(total, language),
        overdue=money_text(overdue, language) if late else "",
        overdue_count=len(late),
        coming=money_text(coming, language) if coming.minor > 0 else "",
        credits=tuple(credit_text(item, item.balance, language) for item in credits_open),
        credits_total=money_text(credited, language) if credits_open else "",
        balance=money_text(total + credited, language),
    )


def _sum(items: Sequence[OpenItem], currency: str) -> Money:
    return sum((item.balance for item in items), start=Money.zero(currency))
