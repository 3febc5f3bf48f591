"""How to pay, as a message says it: the account, the reference, the page, the code for a transfer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.content import PaymentText
from engine.kinds import Channel
from engine.qr import reference_text, rf_reference, transfer_payload
from engine.wording import clean, iban_text, join, payment_url

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.creditor import Creditor
    from engine.model import Customer, Notice, OpenItem

NO_PAYMENT: Final = PaymentText(iban="", bic="", holder="", reference="", link="", has_links=False)
# A sentence names invoices up to this many; beyond it, it counts them.
_NAMED: Final = 4
# Where a reader can hold a telephone before a code.
_SCANNED: Final = frozenset({Channel.EMAIL, Channel.LETTER, Channel.REGISTERED_LETTER})


def numbers_text(items: Sequence[OpenItem], language: str) -> str:
    """Name invoices in a sentence, "" when there are too many to name."""
    if len(items) > _NAMED:
        return ""
    return join([clean(item.number) for item in items], language)


def payment_link(item: OpenItem, company: Creditor) -> str:
    """Give the page on which an invoice can be paid, "" where there is none."""
    return payment_url(item.payment_url, "") or payment_url(company.payment_link, item.number)


def payment_text(items: Sequence[OpenItem], company: Creditor, language: str, *, code: str = "") -> PaymentText:
    """Say how to pay these invoices."""
    links = [payment_link(item, company) for item in items]
    alike = len(set(links)) == 1
    bank = company.bank
    return PaymentText(
        iban=iban_text(bank.iban) if bank else "",
        bic=clean(bank.bic) if bank else "",
        holder=_holder(company),
        reference=_rf(items, company) or numbers_text(items, language),
        link=links[0] if alike else "",
        has_links=not alike and any(links),
        code=code,
        means=_means(company, language),
    )


def _holder(company: Creditor) -> str:
    return (clean(company.bank.holder) or clean(company.name)) if company.bank else ""


def _rf(items: Sequence[OpenItem], company: Creditor) -> str:
    """Give the RF reference of the one invoice that is asked, "" where the company asks for none."""
    wanted = company.bank is not None and company.bank.rf_reference and len(items) == 1
    return rf_reference(items[0].number) if wanted else ""


def _means(company: Creditor, language: str) -> tuple[str, ...]:
    given = dict(company.payment_means)
    return tuple(clean(line) for line in given.get(language[:2].lower(), given.get("", ())))


def transfer_code(notice: Notice, customer: Customer, company: Creditor, as_of: date) -> str:
    """Give the code for exactly what a notice asks; "" where one sum, at one time, is not what is asked."""
    bank, items = company.bank, [line.item for line in notice.lines]
    if bank is None or not bank.qr_code or notice.channel not in _SCANNED or len(notice.totals) != 1:
        return ""
    if notice.offset < 0 and len({item.due_on for item in items}) > 1:
        return ""
    words = "{count} factures, relevé du {day}" if company.language.startswith("fr") else "{count} invoices on {day}"
    counted = words.format(count=len(items), day=f"{as_of:%d/%m/%Y}")
    return transfer_payload(
        holder=_holder(company),
        iban=bank.iban,
        bic=bank.bic,
        amount=next(iter(notice.totals.values())),
        text=reference_text([item.number for item in items], f"{customer.name}, {counted}"),
        reference=_rf(items, company),
    )
