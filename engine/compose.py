"""What a mail says, as plain words and figures: from a notice to the strings that templates may print."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engine.compose_charges import charges_text
from engine.compose_parts import company_text, credit_text, customer_text, line_text, plain_content, promises_text
from engine.compose_payment import numbers_text, payment_text, transfer_code
from engine.content import ContactText, ContestedText, CreditText, MailContent, TableText
from engine.credits import oldest_first
from engine.holds import contested, dispute_of
from engine.kinds import AddressForm, Channel, ReminderState, Tone
from engine.money import Money, totals
from engine.wording import clean, date_text, join, money_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.creditor import Creditor
    from engine.model import Contact, CreditLine, Customer, HistoryLine, Notice, NoticeLine, OpenItem
    from engine.rates import Rates
    from engine.records import CaseFile, PaymentSeen

THANK_YOU: Final = "thank_you"
BEFORE_DUE: Final = "before_due"
BROKEN_PROMISE: Final = "broken_promise"

# Of the earlier reminders, it names the latest.
_DAYS_NAMED: Final = 3
_MAILED: Final = frozenset({Channel.EMAIL, Channel.PROVIDER})


def message_of(notice: Notice) -> str:
    """Name the message a notice speaks: before_due, its tone's, or where all it asks was promised, broken_promise."""
    promised = {promise.item_id for promise in notice.broken_promises}
    amicable = notice.offset >= 0 and notice.tone is not Tone.FORMAL
    if amicable and promised and promised.issuperset(line.item.item_id for line in notice.lines):
        return BROKEN_PROMISE
    return tone_of(notice)


def tone_of(notice: Notice) -> str:
    """Name how a notice speaks, whatever it says: before_due, or its tone."""
    return BEFORE_DUE if notice.offset < 0 else notice.tone.value


def _days_from_presentation(notice: Notice) -> int:
    """Give the days that a formal notice by registered letter leaves, which count from its first presentation."""
    posted = notice.channel is Channel.REGISTERED_LETTER and notice.tone is Tone.FORMAL
    return (notice.deadline_days or 0) if posted else 0


def address_form_of(tone: str, customer: Customer, creditor: Creditor) -> AddressForm:
    """Tell how a customer is addressed: the last amicable reminder says "vous" unless asked otherwise, a formal notice always does."""
    wanted = customer.address_form or creditor.address_form
    if tone == Tone.FORMAL or (tone == Tone.FINAL and not creditor.tu_when_final):
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
    papers: int = 0,
    rates: Rates | None = None,
    payments: Sequence[PaymentSeen] = (),
) -> MailContent:
    """Put a notice into words: what is asked, line by line, and all that a text may refer to.

    With `rates` interest and indemnity are reckoned, with the payments received so far; raises MissingRateError where
    sums that are claimed need a rate that the table lacks.
    """
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
        company=company_text(company, language),
        customer=customer_text(customer, notice.to),
        count=len(items),
        one=len(items) == 1,
        numbers=numbers_text(items, language),
        due_on=date_text(min(i.due_on for i in items), language),
        total=join([money_text(total, language) for total in notice.totals.values()], language),
        deadline=date_text(notice.deadline_on, language) if notice.deadline_on else "",
        deadline_days=_days_from_presentation(notice),
        tables=_tables(notice, company, language, as_of),
        also_open_count=len(notice.also_open),
        chased=numbers_text(chased, language),
        chased_count=len(chased),
        fresh=numbers_text(fresh, language),
        fresh_count=len(fresh),
        previous_days=tuple(date_text(day, language) for day in days[-_DAYS_NAMED:]),
        top=numbers_text(top, language),
        top_count=len(top),
        is_mixed=len(top) < len(items),
        promise_on=date_text(notice.broken_promise_on, language) if notice.broken_promise_on else "",
        payment=payment_text(items, company, language, code=transfer_code(notice, customer, company, as_of)),
        charges=charges_text(notice, customer, company, language, as_of, rates=rates, payments=payments),
        attached=attached,
        papers=papers,
        promises=promises_text(notice.broken_promises, items, language),
        tone=notice.tone.value,
        contacts=_contacts(past, language),
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
    payments: Sequence[PaymentSeen] = (),
) -> MailContent:
    """Put a thank-you into words; its table shows what was invoiced and that nothing is left."""
    sums = totals([item.total for item in settled])
    ids = {item.item_id for item in settled}
    days = [one.paid_on for one in payments if one.item_id in ids and one.amount.minor > 0 and not one.undone]
    plain = plain_content(THANK_YOU, settled, customer, company, language, address_form, as_of, to=to)
    return replace(
        plain,
        paid_on=date_text(max(days), language) if days else "",
        total=join([money_text(total, language) for total in sums.values()], language),
        tables=tuple(
            TableText(
                currency=currency,
                lines=tuple(line_text(i, company, language, as_of) for i in settled if i.currency == currency),
                credits=(),
                total=money_text(Money.zero(currency), language),
                also_open=(),
                statement="",
            )
            for currency in sums
        ),
    )


def contested_text(case: CaseFile, language: str, as_of: date) -> tuple[ContestedText, ...]:
    """List the customer's open invoices in dispute: how much of each, and what was noted."""
    found: list[ContestedText] = []
    for item in sorted(case.items, key=oldest_first):
        dispute = dispute_of(case.holds, item, as_of) if item.balance.minor > 0 else None
        if dispute is not None:
            amount = contested(case.holds, [item], as_of)[item.item_id]
            found.append(
                ContestedText(
                    number=clean(item.number), amount=money_text(amount, language), reason=clean(dispute.reason)
                )
            )
    return tuple(found)


def _contacts(past: Sequence[HistoryLine], language: str) -> tuple[ContactText, ...]:
    """Name the latest contacts about what is asked, one for each day and channel."""
    known = sorted({(line.sent_on, line.channel.value) for line in past})
    return tuple(ContactText(on=date_text(day, language), channel=channel) for day, channel in known[-_DAYS_NAMED:])


def _reminded(history: Sequence[HistoryLine], items: Sequence[OpenItem]) -> list[HistoryLine]:
    """Keep what has certainly reached the customer about these items after their due date."""
    ids = {item.item_id for item in items}
    return [line for line in history if line.item_id in ids and line.offset >= 0 and line.state is ReminderState.SENT]


def _tables(notice: Notice, company: Creditor, language: str, as_of: date) -> tuple[TableText, ...]:
    """Make one table a currency; the currencies of which nothing is asked come last, as information only."""
    currencies = dict.fromkeys([*notice.totals, *(item.currency for item in notice.also_open)])
    return tuple(_table(currency, notice, company, language, as_of) for currency in currencies)


def _table(currency: str, notice: Notice, company: Creditor, language: str, as_of: date) -> TableText:
    lines = [line for line in notice.lines if line.item.currency == currency]
    also_open = [item for item in notice.also_open if item.currency == currency]
    debtors = dict(notice.debtors)
    zero = Money.zero(currency)
    asked = notice.totals.get(currency, zero)
    statement = sum((item.balance for item in also_open), start=asked)
    return TableText(
        currency=currency,
        lines=tuple(
            line_text(line.item, company, language, as_of, disputed=line.disputed, debtor=line.debtor) for line in lines
        ),
        credits=_credits([c for c in notice.credits if c.item.currency == currency], lines, language),
        total=money_text(asked, language) if lines else "",
        also_open=tuple(
            line_text(item, company, language, as_of, debtor=debtors.get(item.customer_id, "")) for item in also_open
        ),
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
    return tuple(credit_text(credit.item, -credit.used, language) for credit in credits_used)


def _sum(amounts: Iterable[Money]) -> Money | None:
    return next(iter(totals(list(amounts)).values()), None)
