"""What a mail says, as plain words and figures: from a notice to the strings that templates may print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.colors import palette
from engine.content import (
    ChargesText,
    CompanyText,
    CreditText,
    CustomerText,
    LineText,
    MailContent,
    PaymentText,
    TableText,
)
from engine.model import AddressForm, Channel, Charges, CustomerKind, DueSource, ItemKind, ReminderState, Tone
from engine.money import Money, totals
from engine.qr import reference_text, rf_reference, transfer_payload
from engine.wording import (
    clean,
    date_text,
    days_text,
    iban_text,
    join,
    money_text,
    payment_url,
    percent_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.creditor import Creditor
    from engine.model import Contact, CreditLine, Customer, HistoryLine, Notice, NoticeLine, OpenItem

THANK_YOU: Final = "thank_you"
BEFORE_DUE: Final = "before_due"

# A sentence names invoices up to this many; beyond it, it counts them.
_NAMED: Final = 4
# Of the earlier reminders, it names the latest.
_DAYS_NAMED: Final = 3
_MAILED: Final = frozenset({Channel.EMAIL, Channel.PROVIDER})
# Where a reader can hold a telephone before a code.
_SCANNED: Final = frozenset({Channel.EMAIL, Channel.LETTER, Channel.REGISTERED_LETTER})


def message_of(notice: Notice) -> str:
    """Name the message a notice speaks: before_due, or its tone's."""
    return BEFORE_DUE if notice.offset < 0 else notice.tone.value


def address_form_of(message: str, customer: Customer, creditor: Creditor) -> AddressForm:
    """Tell how a customer is addressed: the last amicable reminder says "vous" unless asked otherwise, a formal notice always does."""
    wanted = customer.address_form or creditor.address_form
    if message == Tone.FORMAL or (message == Tone.FINAL and not creditor.tu_when_final):
        return AddressForm.VOUS
    return wanted


def compose_notice(
    notice: Notice,
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    *,
    history: Sequence[HistoryLine] = (),
    attached: int = 0,
) -> MailContent:
    """Put a notice into words: what is asked, line by line, and all that a text may refer to."""
    items = [line.item for line in notice.lines]
    past = _reminded(history, items)
    chased = [i for i in items if any(line.item_id == i.item_id for line in past)]
    fresh = [i for i in items if i not in chased]
    top = [line.item for line in notice.lines if line.level_id == notice.level_id]
    days = sorted({line.sent_on for line in past})
    return MailContent(
        level=message_of(notice),
        language=language,
        form=address_form.value,
        today=date_text(as_of, language),
        channel=notice.channel.value,
        by_mail=notice.channel in _MAILED,
        company=_company(company, language),
        customer=_customer(customer, notice.to),
        count=len(items),
        one=len(items) == 1,
        numbers=_numbers(items, language),
        due_on=date_text(min(i.due_on for i in items), language),
        total=join([money_text(total, language) for total in notice.totals.values()], language),
        deadline=date_text(notice.deadline_on, language) if notice.deadline_on else "",
        tables=_tables(notice, company, language, as_of),
        also_open_count=len(notice.also_open),
        chased=_numbers(chased, language),
        chased_count=len(chased),
        fresh=_numbers(fresh, language),
        fresh_count=len(fresh),
        previous_days=tuple(date_text(day, language) for day in days[-_DAYS_NAMED:]),
        top=_numbers(top, language),
        top_count=len(top),
        is_mixed=len(top) < len(items),
        promise_on=date_text(notice.broken_promise_on, language) if notice.broken_promise_on else "",
        payment=_payment(items, company, language, code=_transfer(notice, customer, company, as_of)),
        charges=_charges(notice.lines, customer, company, language),
        attached=attached,
    )


def compose_thanks(
    settled: Sequence[OpenItem],
    customer: Customer,
    company: Creditor,
    language: str,
    address_form: AddressForm,
    as_of: date,
    *,
    to: Contact | None = None,
) -> MailContent:
    """Put a thank-you into words; its table shows what was invoiced and that nothing is left."""
    sums = totals([item.total for item in settled])
    return MailContent(
        level=THANK_YOU,
        language=language,
        form=address_form.value,
        today=date_text(as_of, language),
        channel=Channel.EMAIL.value,
        by_mail=True,
        company=_company(company, language),
        customer=_customer(customer, to),
        count=len(settled),
        one=len(settled) == 1,
        numbers=_numbers(settled, language),
        due_on="",
        total=join([money_text(total, language) for total in sums.values()], language),
        deadline="",
        tables=tuple(
            TableText(
                currency=currency,
                lines=tuple(_line(i, company, language, as_of) for i in settled if i.currency == currency),
                credits=(),
                total=money_text(Money.zero(currency), language),
                also_open=(),
                statement="",
            )
            for currency in sums
        ),
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
        payment=PaymentText(iban="", bic="", holder="", reference="", link="", has_links=False),
        charges=ChargesText(law="", claimed=False, numbers="", one=False, late_rate=""),
        attached=0,
    )


def _reminded(history: Sequence[HistoryLine], items: Sequence[OpenItem]) -> list[HistoryLine]:
    """Keep what has certainly reached the customer about these items after their due date."""
    ids = {item.item_id for item in items}
    return [line for line in history if line.item_id in ids and line.offset >= 0 and line.state is ReminderState.SENT]


def _numbers(items: Sequence[OpenItem], language: str) -> str:
    if len(items) > _NAMED:
        return ""
    return join([clean(item.number) for item in items], language)


def _company(company: Creditor, language: str) -> CompanyText:
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


def _customer(customer: Customer, to: Contact | None) -> CustomerText:
    return CustomerText(
        name=clean(customer.name),
        contact=clean(to.name if to else ""),
        address=tuple(clean(line) for line in customer.postal_address if clean(line)),
        phones=tuple((clean(c.name or customer.name), _phone(c.phone)) for c in customer.contacts if clean(c.phone)),
        is_business=customer.kind is CustomerKind.BUSINESS,
        is_consumer=customer.kind is CustomerKind.CONSUMER,
        is_public=customer.kind is CustomerKind.PUBLIC,
    )


def _tables(notice: Notice, company: Creditor, language: str, as_of: date) -> tuple[TableText, ...]:
    """Make one table a currency; the currencies of which nothing is asked come last, as information only."""
    currencies = dict.fromkeys([*notice.totals, *(item.currency for item in notice.also_open)])
    return tuple(_table(currency, notice, company, language, as_of) for currency in currencies)


def _table(currency: str, notice: Notice, company: Creditor, language: str, as_of: date) -> TableText:
    lines = [line for line in notice.lines if line.item.currency == currency]
    also_open = [item for item in notice.also_open if item.currency == currency]
    zero = Money.zero(currency)
    asked = notice.totals.get(currency, zero)
    statement = sum((item.balance for item in also_open), start=asked)
    return TableText(
        currency=currency,
        lines=tuple(_line(line.item, company, language, as_of) for line in lines),
        credits=_credits([c for c in notice.credits if c.item.currency == currency], lines, language),
        total=money_text(asked, language) if lines else "",
        also_open=tuple(_line(item, company, language, as_of) for item in also_open),
        statement=money_text(statement, language) if also_open else "",
    )


def _credits(credits_used: Sequence[CreditLine], lines: Sequence[NoticeLine], language: str) -> tuple[CreditText, ...]:
    """Show each credit as a line, or their sum as one where they do not add up to what was taken off."""
    taken = _sum(line.credit for line in lines)
    named = _sum(credit.used for credit in credits_used)
    if taken is None or taken.minor == 0:
        return ()
    if named != taken:
        amount = money_text(-taken, language)
        return (CreditText(number="", issued_on="", is_payment=False, amount=amount, is_sum=True),)
    return tuple(
        CreditText(
            number="" if _known_by_its_day(credit.item) else clean(credit.item.number),
            issued_on=date_text(credit.item.issued_on, language),
            is_payment=credit.item.kind is ItemKind.PAYMENT,
            amount=money_text(-credit.used, language),
        )
        for credit in credits_used
    )


def _known_by_its_day(item: OpenItem) -> bool:
    """Tell whether books that number no payments call one by its day."""
    return item.kind is ItemKind.PAYMENT and item.number == item.issued_on.isoformat()


def _sum(amounts: Iterable[Money]) -> Money | None:
    return next(iter(totals(list(amounts)).values()), None)


def _line(item: OpenItem, company: Creditor, language: str, as_of: date) -> LineText:
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
        link=_link(item, company),
    )


def _link(item: OpenItem, company: Creditor) -> str:
    return payment_url(item.payment_url, "") or payment_url(company.payment_link, item.number)


def _payment(items: Sequence[OpenItem], company: Creditor, language: str, *, code: str = "") -> PaymentText:
    links = [_link(item, company) for item in items]
    alike = len(set(links)) == 1
    bank = company.bank
    return PaymentText(
        iban=iban_text(bank.iban) if bank else "",
        bic=clean(bank.bic) if bank else "",
        holder=_holder(company),
        reference=_rf(items, company) or _numbers(items, language),
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


def _transfer(notice: Notice, customer: Customer, company: Creditor, as_of: date) -> str:
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


def _charges(lines: Sequence[NoticeLine], customer: Customer, company: Creditor, language: str) -> ChargesText:
    """Say what may be claimed: only for lines whose own level says so, and never on a due date that we assumed."""
    charged = [
        line for line in lines if line.charges is not Charges.NONE and line.item.due_source is not DueSource.ASSUMED
    ]
    claimed = any(line.charges is Charges.CLAIM for line in charged)
    numbers = _numbers([line.item for line in charged], language)
    return ChargesText(
        law=_law(customer.kind, company.country, claimed=claimed) if charged else "",
        claimed=claimed,
        numbers=numbers if len(charged) < len(lines) else "",
        one=len(charged) == 1,
        late_rate=percent_text(company.late_rate, language) if company.late_rate is not None else "",
    )


def _law(kind: CustomerKind, country: str, *, claimed: bool) -> str:
    """Name the law that applies; between businesses the commercial one, for the others what a formal notice starts."""
    if country == "FR":
        if kind is CustomerKind.BUSINESS:
            return "fr_business"
        if kind is CustomerKind.PUBLIC:
            return "fr_public"
        return "fr_civil" if claimed else ""
    return "uk_business" if country == "GB" and kind is CustomerKind.BUSINESS else ""
