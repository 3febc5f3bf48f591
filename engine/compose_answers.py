"""Answers to what a customer said: a dispute acknowledged, a promise noted, instalments put down in writing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.compose_parts import amounts_text, line_text, plain_content, promises_text
from engine.compose_payment import payment_text
from engine.content import DisputeText, InstalmentsText, InstalmentText, TableText
from engine.money import totals
from engine.wording import clean, date_text, money_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.content import MailContent
    from engine.creditor import Creditor
    from engine.kinds import AddressForm
    from engine.model import Contact, Customer, HoldRecord, Instalment, OpenItem

DISPUTE: Final = "dispute"
PROMISE: Final = "promise"
INSTALMENTS: Final = "instalments"


def compose_dispute(
    items: Sequence[OpenItem],
    disputes: Sequence[HoldRecord],
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    *,
    answer_on: date,
    to: Contact | None = None,
) -> MailContent:
    """Acknowledge a dispute: what was understood, what is paused, who answers by when; nothing is admitted or argued.

    `items` are the open invoices that the records concern.
    """
    plain = _about(DISPUTE, items, customer, company, language, address_form, as_of, to)
    parts = [one.disputed for one in disputes]
    open_now = totals([item.balance for item in items])
    partly = len(items) == 1 and parts and parts[0] is not None and parts[0] < items[0].balance
    contested = {parts[0].currency: parts[0]} if partly and parts[0] is not None else open_now
    rest = [money - contested[currency] for currency, money in open_now.items()]
    undisputed = [money for money in rest if money.minor > 0]
    return replace(
        plain,
        dispute=DisputeText(
            is_whole=not undisputed,
            reason=_quoted(disputes[0].reason) if disputes else "",
            disputed=amounts_text(list(contested.values()), language),
            undisputed=amounts_text(undisputed, language),
            answered_by=clean(company.contact.name),
            answer_on=date_text(answer_on, language),
        ),
        payment=payment_text(items, company, language),
        shows_payment=bool(undisputed),
    )


def compose_promise(
    items: Sequence[OpenItem],
    promises: Sequence[HoldRecord],
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    *,
    to: Contact | None = None,
) -> MailContent:
    """Confirm a promise: its amount, its day, the reference to quote, what happens without it."""
    plain = _about(PROMISE, items, customer, company, language, address_form, as_of, to)
    return replace(
        plain,
        promises=promises_text(promises, items, language),
        payment=payment_text(items, company, language),
        shows_payment=True,
    )


def compose_instalments(
    items: Sequence[OpenItem],
    instalments: Sequence[Instalment],
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    *,
    agree_on: date | None,
    to: Contact | None = None,
) -> MailContent:
    """Write a plan in instalments down, so that the customer can agree to it in writing."""
    plain = _about(INSTALMENTS, items, customer, company, language, address_form, as_of, to)
    return replace(
        plain,
        instalments=instalments_text(instalments, language, agree_on=agree_on),
        payment=payment_text(items, company, language),
        shows_payment=True,
    )


def instalments_text(instalments: Sequence[Instalment], language: str, *, agree_on: date | None) -> InstalmentsText:
    """Show the payments of a plan, each with what remains of the plan after it."""
    ordered = sorted(instalments, key=lambda one: one.due_on)
    sums = totals([one.amount for one in ordered])
    left = dict(sums)
    lines: list[InstalmentText] = []
    for position, one in enumerate(ordered, start=1):
        left[one.amount.currency] -= one.amount
        lines.append(
            InstalmentText(
                position=position,
                on=date_text(one.due_on, language),
                amount=money_text(one.amount, language),
                left=money_text(left[one.amount.currency], language),
            )
        )
    return InstalmentsText(
        lines=tuple(lines),
        count=len(lines),
        total=amounts_text(list(sums.values()), language),
        agree_on=date_text(agree_on, language) if agree_on else "",
    )


def _about(
    message: str,
    items: Sequence[OpenItem],
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    to: Contact | None,
) -> MailContent:
    """Give a message about invoices that are listed, with nothing asked below them."""
    plain = plain_content(message, items, customer, company, language, address_form, as_of, to=to)
    return replace(
        plain,
        total=amounts_text(list(totals([item.balance for item in items]).values()), language),
        tables=tuple(
            TableText(
                currency=currency,
                lines=tuple(
                    # How late it is has nothing to do with what is answered here.
                    replace(line_text(i, company, language, as_of), late="")
                    for i in items
                    if i.currency == currency
                ),
                credits=(),
                total="",
                also_open=(),
                statement="",
            )
            for currency in totals([item.balance for item in items])
        ),
    )


def _quoted(reason: str) -> str:
    """Make a reason ready to stand between quotation marks and before a full stop."""
    return clean(reason).rstrip(" .;,").strip('«»"“” ')
