"""Made-up contents that walk through what a message can say, so that a template's mistake is found before it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.charge_law import DE_BASE, FR_BUSINESS, GB_BANK, MRO
from engine.compose import BROKEN_PROMISE, THANK_YOU, compose_notice, compose_thanks
from engine.creditor import BankAccount, Brand, Creditor, Desk, LegalIdentity, Logo, Signatory
from engine.kinds import Channel, Charges, CustomerKind, DueSource, ItemKind, ReminderState, Tone
from engine.model import Contact, CreditLine, Customer, HistoryLine, Notice, NoticeLine, OpenItem
from engine.money import Money, totals
from engine.rates import HalfYear, RateEntry, Rates, Series
from engine.records import PaymentSeen
from relance.template_answers import ANSWERS, answer_samples, broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.content import MailContent
    from engine.kinds import AddressForm

_TODAY: Final = date(2026, 3, 16)
_CONTACT: Final = Contact(email="compta@client.example", name="Camille Martin", phone="01 23 45 67 89")
_FULL: Final = Creditor(
    company_id="sample",
    name="Exemple",
    legal=LegalIdentity(
        form="SARL", capital="10 000 €", siren="000 000 000", rcs="RCS Paris", vat="FR00", address="1 rue de l'Exemple"
    ),
    signatory=Signatory(name="Camille Exemple", title="Comptable"),
    contact=Desk(name="Dominique", phone="01 00 00 00 00", email="compta@exemple.example"),
    bank=BankAccount(iban="FR7630006000011234567890189", bic="AGRIFRPP"),
    payment_link="https://pay.example/{number}",
    brand=Brand(color="#1f5fa8", logo=Logo(content=b"", media_type="image/png")),
    firm_name="Cabinet",
    mandate_signed_on=date(2026, 1, 5),
)
_MANY: Final = 6
_SPOKEN: Final = {"call": Channel.CALL, "text_message": Channel.TEXT_MESSAGE}
# Law, rates and a part payment for what is said of interest; the figures mean nothing.
_OTHERS: Final = (
    replace(_FULL, late_rate=Decimal(9)),
    replace(_FULL, country="DE"),
    replace(_FULL, country="GB"),
    replace(_FULL, country="GB", late_rate=Decimal(9)),
)
_RATES: Final = Rates(
    series={
        name: Series(
            name=name,
            rule="",
            entries={HalfYear(2026, 1): RateEntry(rate=Decimal(10), source="made up")},
        )
        for name in (FR_BUSINESS, MRO, DE_BASE, GB_BANK)
    }
)
_PAID: Final = (
    PaymentSeen(payment_id="p1", item_id="i1", paid_on=date(2026, 3, 2), amount=Money(minor=10_00, currency="EUR")),
)
# With nothing but what every company has, and outside France.
_BARE: Final = Creditor(company_id="bare", name="Exemple", country="GB")
_CUSTOMER: Final = Customer(
    customer_id="C1",
    name="Client",
    kind=CustomerKind.BUSINESS,
    contacts=(_CONTACT,),
    postal_address=("1 place", "Ville"),
)


def samples(message: str, language: str, form: AddressForm) -> Iterator[MailContent]:
    """Give contents for a message: one invoice and several, everything set and nothing, each kind of customer."""
    if message == THANK_YOU:
        for creditor, count in ((_FULL, 1), (_FULL, 3), (_BARE, 1)):
            settled = [replace(item, balance=Money.zero("EUR")) for item in _items(count)]
            yield compose_thanks(settled, _CUSTOMER, creditor, language, form, _TODAY, to=_CONTACT)
        return
    if message in ANSWERS:
        for kind in CustomerKind:
            customer = replace(_CUSTOMER, kind=kind)
            yield from answer_samples(message, _items(3), customer, (_FULL, _BARE), language, form, _TODAY)
        return
    for count in (1, 3):
        notice, history = _notice(message, count, rich=True), _history(count)
        for attached, given, past in (
            (0, _notice(message, count, rich=False), ()),
            (1, notice, history),
            (2, notice, ()),
        ):
            yield compose_notice(
                given,
                _CUSTOMER,
                _FULL,
                language,
                form,
                _TODAY,
                history=past,
                attached=attached,
                rates=_RATES if attached else None,
                payments=_PAID,
            )
    for kind in CustomerKind:
        customer = replace(_CUSTOMER, kind=kind)
        yield compose_notice(_notice(message, 1, rich=True), customer, _FULL, language, form, _TODAY, rates=_RATES)
    for creditor in _OTHERS:
        yield compose_notice(_notice(message, 1, rich=True), _CUSTOMER, creditor, language, form, _TODAY, rates=_RATES)
    # A consumer's mail, whose subject anybody may see.
    consumer = replace(_CUSTOMER, kind=CustomerKind.CONSUMER)
    yield compose_notice(_notice(message, 1, rich=False), consumer, _FULL, language, form, _TODAY)
    # More invoices than a sentence names, and no more than every company has.
    many = _notice(message, _MANY, rich=True)
    for past in (_history(1), _history(_MANY - 1), _history(_MANY)):
        yield compose_notice(many, _CUSTOMER, _FULL, language, form, _TODAY, history=past)
    bare = replace(_CUSTOMER, contacts=(), postal_address=())
    yield compose_notice(_notice(message, 1, rich=False), bare, _BARE, language, form, _TODAY)


def _history(count: int) -> tuple[HistoryLine, ...]:
    """Let the first invoices have been reminded before."""
    return tuple(_sent(item) for item in _items(count))


def _items(count: int) -> list[OpenItem]:
    return [
        OpenItem(
            item_id=f"i{number}",
            customer_id="C1",
            number=f"F-{number}",
            kind=ItemKind.INVOICE,
            issued_on=date(2026, 1, 10),
            due_on=date(2026, 2, 9),
            due_source=DueSource.STATED,
            total=Money(minor=100_00, currency="EUR"),
            balance=Money(minor=90_00, currency="EUR"),
            reference="" if number % 2 else "CMD-1",
        )
        for number in range(1, count + 1)
    ]


def _notice(message: str, count: int, *, rich: bool) -> Notice:
    """Make a notice; a rich one has credits, a broken promise, other open items, mixed levels, charges and goes by post."""
    items = _items(count)
    zero, taken = Money.zero("EUR"), Money(minor=10_00, currency="EUR")
    charges = Charges.CLAIM if message == Tone.FORMAL else Charges.SHOW
    lines = tuple(
        NoticeLine(
            item=item,
            level_id="low" if rich and index else "top",
            asked=item.balance - (taken if rich and not index else zero),
            credit=taken if rich and not index else zero,
            charges=charges if rich else Charges.NONE,
        )
        for index, item in enumerate(items)
    )
    credit = replace(items[0], number="A-1", kind=ItemKind.CREDIT_NOTE, total=-taken, balance=-taken)
    told = rich or message == BROKEN_PROMISE
    by_post = rich and message in {Tone.FINAL, Tone.FORMAL}
    return Notice(
        customer_id="C1",
        level_id="top",
        offset=-5 if message == "before_due" else 15,
        channel=_SPOKEN.get(message) or (Channel.REGISTERED_LETTER if by_post else Channel.EMAIL),
        tone=Tone(message) if message in list(Tone) else Tone.FRIENDLY,
        on=_TODAY,
        lines=lines,
        credits=(CreditLine(item=credit, used=taken),) if rich else (),
        totals=totals([line.asked for line in lines]),
        also_open=(replace(items[0], item_id="other", number="F-99"),) if rich else (),
        deadline_on=_TODAY + timedelta(days=8) if rich else None,
        needs_approval=False,
        is_formal=message == Tone.FORMAL,
        to=_CONTACT if rich else None,
        broken_promise_on=date(2026, 3, 10) if told else None,
        broken_promises=broken(items, taken if rich else None) if told else (),
    )


def _sent(item: OpenItem) -> HistoryLine:
    return HistoryLine(
        item_id=item.item_id,
        level_id="low",
        offset=5,
        channel=Channel.EMAIL,
        state=ReminderState.SENT,
        sent_on=date(2026, 3, 2),
        deadline_on=None,
        reminder_id="r1",
    )
