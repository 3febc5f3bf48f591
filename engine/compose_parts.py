"""The parts that every message is put together from: who writes, who is written to, invoices, means of payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.colors import palette
from engine.compose_payment import NO_PAYMENT, numbers_text, payment_link
from engine.content import ChargesText, CompanyText, CreditText, CustomerText, LineText, MailContent, PromiseText
from engine.kinds import Channel, CustomerKind, ItemKind
from engine.money import totals
from engine.wording import clean, date_text, days_text, join, locale_of, money_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from engine.creditor import Creditor
    from engine.kinds import AddressForm
    from engine.model import Contact, Customer, HoldRecord, OpenItem
    from engine.money import Money

# Said in the line of an invoice of which a part is contested.
_DISPUTED: Final = {
    "de": "davon {amount} strittig, hier nicht gefordert",
    "en": "of which {amount} disputed, not asked for here",
    "es": "de ellos {amount} en disputa, que aquí no se reclaman",
    "fr": "dont {amount} contestés, non demandés ici",
    "it": "di cui {amount} contestati, qui non richiesti",
    "nl": "waarvan {amount} betwist en hier niet gevraagd",
}

NO_CHARGES: Final = ChargesText(law="", claimed=False, numbers="", one=False, late_rate="")


def plain_content(
    message: str,
    items: Sequence[OpenItem],
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    *,
    to: Contact | None,
) -> MailContent:
    """Give the content of a mail that is no reminder: who writes to whom about which invoices; it asks for nothing."""
    return MailContent(
        level=message,
        language=language,
        form=address_form.value,
        today=date_text(as_of, language),
        channel=Channel.EMAIL.value,
        by_mail=True,
        company=company_text(company, language),
        customer=customer_text(customer, to),
        count=len(items),
        one=len(items) == 1,
        numbers=numbers_text(items, language),
        due_on="",
        total="",
        deadline="",
        tables=(),
        also_open_count=0,
        chased="",
        chased_count=0,
        fresh="",
        fresh_count=0,
        previous_days=(),
        top="",
        top_count=0,
        is_mixed=False,
        promise_on="",
        payment=NO_PAYMENT,
        charges=NO_CHARGES,
        attached=0,
        shows_total=False,
        shows_payment=False,
    )


def credit_text(credit: OpenItem, amount: Money, language: str) -> CreditText:
    """Show a credit note or an unapplied payment as a line; `amount` is negative."""
    return CreditText(
        number="" if _known_by_its_day(credit) else clean(credit.number),
        issued_on=date_text(credit.issued_on, language),
        is_payment=credit.kind is ItemKind.PAYMENT,
        amount=money_text(amount, language),
    )


def company_text(company: Creditor, language: str) -> CompanyText:
    """Say who writes."""
    legal, colors = company.legal, palette(company.brand.color)
    signed = company.mandate_signed_on
    mandated = company.firm_name not in {"", company.name} and signed is not None
    return CompanyText(
        name=clean(company.name),
        legal=tuple(clean(part) for part in _legal_parts(company) if part),
        address=clean(legal.address),
        country=company.country,
        phone=_phone(company.contact.phone),
        email=clean(company.contact.email),
        contact=clean(company.contact.name),
        signatory=clean(company.signatory.name),
        title=clean(company.signatory.title),
        on_behalf=clean(company.firm_name) if mandated else "",
        mandate=date_text(signed, language) if mandated and signed else "",
        accent=colors.accent,
        accent_dark=colors.accent_dark,
        has_logo=company.brand.logo is not None,
    )


def _phone(number: str) -> str:
    """Keep a number on one line."""
    return clean(number).replace(" ", "\xa0")


def _legal_parts(company: Creditor) -> tuple[str, ...]:
    """List the mentions in the order of a French letterhead; a part that already carries its label keeps it."""
    legal, french = company.legal, company.country == "FR"
    sum_of_capital = legal.capital.replace(" ", "\xa0")
    capital = f"au capital de {sum_of_capital}" if french else f"capital {sum_of_capital}"
    form = " ".join(part for part in (legal.form, capital if legal.capital else "") if part)
    return (
        form,
        _labelled("SIREN", legal.siren),
        _labelled("RCS", legal.rcs),
        _labelled("TVA" if french else "VAT", legal.vat),
    )


def _labelled(label: str, value: str) -> str:
    return value if not value or value.upper().startswith(label) else f"{label} {value}"


def customer_text(customer: Customer, to: Contact | None) -> CustomerText:
    """Say who is written to."""
    return CustomerText(
        name=clean(customer.name),
        contact=clean(to.name if to else ""),
        address=tuple(clean(line) for line in customer.postal_address if clean(line)),
        phones=tuple((clean(c.name or customer.name), _phone(c.phone)) for c in customer.contacts if clean(c.phone)),
        is_business=customer.kind is CustomerKind.BUSINESS,
        is_consumer=customer.kind is CustomerKind.CONSUMER,
        is_public=customer.kind is CustomerKind.PUBLIC,
    )


def _known_by_its_day(item: OpenItem) -> bool:
    """Tell whether books that number no payments call one by its day."""
    return item.kind is ItemKind.PAYMENT and item.number == item.issued_on.isoformat()


def line_text(
    item: OpenItem,
    company: Creditor,
    language: str,
    as_of: date,
    *,
    disputed: Money | None = None,
    debtor: str = "",
) -> LineText:
    """Show an invoice as a line of a table; `disputed` is the part of it that is not asked."""
    paid = item.total - item.balance
    late = item.days_late(as_of)
    return LineText(
        number=clean(item.number),
        reference=clean(item.reference),
        issued_on=date_text(item.issued_on, language),
        due_on=date_text(item.due_on, language),
        total=money_text(item.total, language),
        paid=money_text(paid, language) if paid.minor > 0 else "",
        remaining=money_text(item.balance, language),
        days_late=late,
        late=days_text(late, language) if late > 0 else "",
        link=payment_link(item, company),
        disputed=_disputed_text(disputed, language),
        debtor=clean(debtor),
    )


def _disputed_text(disputed: Money | None, language: str) -> str:
    if disputed is None or disputed.minor <= 0:
        return ""
    words = _DISPUTED.get(locale_of(language).language, _DISPUTED["en"])
    return words.format(amount=money_text(disputed, language))


def promises_text(promises: Sequence[HoldRecord], items: Sequence[OpenItem], language: str) -> tuple[PromiseText, ...]:
    """Show promises, those for one day as one: what was promised, for which invoices, what has come since."""
    by_id = {item.item_id: item for item in items}
    by_day: dict[date, list[HoldRecord]] = {}
    for promise in promises:
        if promise.promised_on is not None:
            by_day.setdefault(promise.promised_on, []).append(promise)
    return tuple(
        PromiseText(
            on=date_text(day, language),
            amount=amounts_text(
                list(totals([m for p in given if (m := p.promised or p.balance_then)]).values()), language
            ),
            numbers=numbers_text([by_id[p.item_id] for p in given if p.item_id in by_id], language),
            received=amounts_text(
                [m for m in totals([p.received for p in given if p.received]).values() if m.minor > 0], language
            ),
        )
        for day, given in sorted(by_day.items())
    )


def amounts_text(amounts: Sequence[Money], language: str) -> str:
    """Write amounts in a sentence, "" for none."""
    return join([money_text(amount, language) for amount in amounts], language) if amounts else ""
