"""Notices as the decision makes them, for the texts' tests: a carpenter, a customer, and what is owed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.creditor import BankAccount, Brand, Creditor, Desk, LegalIdentity, Signatory
from engine.kinds import AddressForm, Channel, Charges, CustomerKind, DueSource, ItemKind, Purpose, ReminderState, Tone
from engine.model import Contact, CreditLine, Customer, HistoryLine, Notice, NoticeLine, OpenItem
from engine.money import Money, totals
from engine.records import CaseFile, Reminder
from relance.rates import packaged_rates
from relance.render import MailRenderer

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 16, 8, 30, tzinfo=UTC)
TODAY = date(2026, 3, 16)

# Offset, tone and what is said of charges, as in the standard plan.
LEVELS = {
    "before_due": (-5, Tone.FRIENDLY, Charges.NONE),
    "friendly": (5, Tone.FRIENDLY, Charges.NONE),
    "firm": (15, Tone.FIRM, Charges.NONE),
    "final": (30, Tone.FINAL, Charges.SHOW),
    "formal": (45, Tone.FORMAL, Charges.CLAIM),
}
ORDER = list(LEVELS)

DUPONT = Creditor(
    company_id="dupont",
    name="Dupont Menuiserie",
    legal=LegalIdentity(
        form="SARL",
        capital="10 000 €",
        siren="912 345 678",
        rcs="RCS Lyon 912 345 678",
        vat="FR40 912345678",
        address="12 rue des Ateliers, 69007 Lyon",
    ),
    signatory=Signatory(name="Claire Dupont", title="Gérante"),
    contact=Desk(name="Paul Lenoir", phone="04 78 00 00 00", email="compta@dupont.example"),
    bank=BankAccount(iban="FR7630006000011234567890189", bic="AGRIFRPP"),
    brand=Brand(color="#1f5fa8"),
)

MARTIN = Customer(
    customer_id="CMARTIN",
    name="Martin Rénovation",
    kind=CustomerKind.BUSINESS,
    contacts=(Contact(email="compta@martin.example", name="Madame Martin", phone="04 72 00 00 00"),),
    postal_address=("3 place du Marché", "69100 Villeurbanne"),
)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money.of(Decimal(amount), currency)


def invoice(
    number: str = "F-2026-0042", *, late: int = 6, total: str = "1234.50", paid: str = "0.00", currency: str = "EUR"
) -> OpenItem:
    due_on = TODAY - timedelta(days=late)
    return OpenItem(
        item_id=number,
        customer_id="CMARTIN",
        number=number,
        kind=ItemKind.INVOICE,
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        due_source=DueSource.STATED,
        total=money(total, currency),
        balance=money(total, currency) - money(paid, currency),
    )


def credit(number: str = "A-2026-0003", amount: str = "200.00", kind: ItemKind = ItemKind.CREDIT_NOTE) -> OpenItem:
    return replace(invoice(number, total=amount), kind=kind, total=-money(amount), balance=-money(amount))


def line(item: OpenItem, level: str, *, taken: str = "0.00") -> NoticeLine:
    off = money(taken, item.currency)
    return NoticeLine(item=item, level_id=level, asked=item.balance - off, credit=off, charges=LEVELS[level][2])


def notice(
    *lines: NoticeLine,
    credits_used: tuple[CreditLine, ...] = (),
    also_open: tuple[OpenItem, ...] = (),
    channel: Channel = Channel.EMAIL,
    to: Contact = MARTIN.contacts[0],
    broken_promise_on: date | None = None,
    template: str = "",
) -> Notice:
    top = max((one.level_id for one in lines), key=ORDER.index)
    offset, tone, _ = LEVELS[top]
    return Notice(
        customer_id="CMARTIN",
        level_id=top,
        offset=offset,
        channel=channel,
        tone=tone,
        on=TODAY,
        lines=lines,
        credits=credits_used,
        totals=totals([one.asked for one in lines]),
        also_open=also_open,
        deadline_on=None if offset < 0 else date(2026, 3, 24),
        needs_approval=tone is Tone.FORMAL,
        is_formal=tone is Tone.FORMAL,
        to=to if channel is Channel.EMAIL else None,
        template=template,
        broken_promise_on=broken_promise_on,
    )


def reminded(item: OpenItem, *days_ago: int) -> tuple[HistoryLine, ...]:
    return tuple(
        HistoryLine(
            item_id=item.item_id,
            level_id=f"level-{ago}",
            offset=5,
            channel=Channel.EMAIL,
            state=ReminderState.SENT,
            sent_on=TODAY - timedelta(days=ago),
            deadline_on=None,
            reminder_id=f"r-{ago}",
        )
        for ago in days_ago
    )


def case_file(customer: Customer = MARTIN, history: tuple[HistoryLine, ...] = ()) -> CaseFile:
    return CaseFile(customer=customer, items=(), history=history, holds=(), last_contact_on=None)


def reminder(
    channel: Channel = Channel.EMAIL, *, rehearsal: bool = False, purpose: Purpose = Purpose.LEVEL
) -> Reminder:
    return Reminder(
        reminder_id="r-1",
        company_id="dupont",
        customer_id="CMARTIN",
        purpose=purpose,
        level_id="first",
        channel=channel,
        state=ReminderState.CLAIMED,
        generation=1,
        on=TODAY,
        deadline_on=None,
        message_id="<r-0123456789abcdef@dupont.example>",
        lines=(),
        rehearsal=rehearsal,
    )


def renderer(
    creditor: Creditor = DUPONT, *, redirect_to: str | None = None, overrides: tuple[Path, ...] = ()
) -> MailRenderer:
    sender = "Dupont Menuiserie <compta@dupont.example>"
    return MailRenderer(
        creditor=creditor, sender=sender, redirect_to=redirect_to, overrides=overrides, rates=packaged_rates()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A language and, where it has two, a form of address."""

    name: str
    language: str
    form: AddressForm

    def creditor(self) -> Creditor:
        return replace(DUPONT, tu_when_final=True)

    def customer(self) -> Customer:
        return replace(MARTIN, language=self.language, address_form=self.form)


VOICES = (
    Voice(name="fr-vous", language="fr", form=AddressForm.VOUS),
    Voice(name="fr-tu", language="fr", form=AddressForm.TU),
    Voice(name="en", language="en", form=AddressForm.VOUS),
)

Scene = tuple[Notice, tuple[HistoryLine, ...]]


def scenes() -> dict[str, Scene]:
    """List a notice for every level with one and with three invoices, and the turns a notice can take."""
    made: dict[str, Scene] = {}
    for level, (offset, _, _) in LEVELS.items():
        first = invoice(late=offset + 1)
        past = {"firm": (10,), "final": (25, 15), "formal": (40, 30, 15)}.get(level, ())
        part_paid = invoice("F-2026-0043", late=offset, total="96.00", paid="46.00")
        three = [first, part_paid, invoice("F-2026-0044", late=offset, total="18960.00")]
        made[f"{level}-1"] = (notice(line(first, level)), reminded(first, *past))
        made[f"{level}-3"] = (
            notice(*(line(one, level) for one in three)),
            tuple(row for one in three for row in reminded(one, *past)),
        )
    return made | _turns()


def _turns() -> dict[str, Scene]:
    old = invoice("F-2026-0007", late=41, total="840.00")
    ours = invoice(late=16)
    newer = invoice("F-2026-0051", late=3, total="96.00", paid="46.00")
    used = (
        CreditLine(item=credit(), used=money("200.00")),
        CreditLine(item=credit("VIR-88", "34.50", ItemKind.PAYMENT), used=money("34.50")),
    )
    return {
        "mixed": (
            notice(line(old, "final"), line(ours, "firm"), line(newer, "friendly")),
            (*reminded(old, 30, 15), *reminded(ours, 10)),
        ),
        "credits": (notice(line(ours, "friendly", taken="234.50"), credits_used=used), ()),
        "also-open": (notice(line(old, "firm"), also_open=(newer,)), reminded(old, 12)),
        "two-currencies": (
            notice(line(ours, "friendly"), line(invoice("F-2026-0060", currency="USD"), "friendly")),
            (),
        ),
        "broken-promise": (notice(line(ours, "firm"), broken_promise_on=date(2026, 3, 10)), reminded(ours, 12)),
        "letter": (notice(line(old, "formal"), channel=Channel.REGISTERED_LETTER), reminded(old, 30, 15)),
        "call": (notice(line(old, "firm"), line(ours, "firm"), channel=Channel.CALL), reminded(old, 12)),
    }
