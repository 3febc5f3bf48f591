"""Values of the trade with defaults, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from engine.kinds import Channel, ContactRole, CustomerKind, DueSource, ItemKind, Purpose
from engine.model import Contact, Customer, OpenItem
from engine.money import Money
from engine.records import Completed, Envelope, Page, Queued, QueuedLine

if TYPE_CHECKING:
    from engine.records import Reminder

# A Monday morning, in the time zone of the store.
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money.of(Decimal(amount), currency)


def eur(amount: str) -> Money:
    return money(amount)


def item(
    number: str,
    *,
    kind: ItemKind,
    total: str,
    balance: str | None = None,
    customer_id: str = "C1",
    due: str = "2026-03-02",
    issued: str = "2026-02-01",
    currency: str = "EUR",
    reduces: str = "",
    item_id: str | None = None,
    due_source: DueSource = DueSource.STATED,
) -> OpenItem:
    return OpenItem(
        item_id=item_id or number,
        customer_id=customer_id,
        number=number,
        kind=kind,
        issued_on=day(issued),
        due_on=day(due),
        due_source=due_source,
        total=money(total, currency),
        balance=money(total if balance is None else balance, currency),
        reduces=reduces,
    )


def invoice(
    number: str = "F1",
    customer_id: str = "C1",
    *,
    due: str = "2026-03-02",
    issued: str = "2026-02-01",
    total: str = "1200.00",
    balance: str | None = None,
    currency: str = "EUR",
    item_id: str | None = None,
) -> OpenItem:
    return item(
        number,
        kind=ItemKind.INVOICE,
        customer_id=customer_id,
        due=due,
        issued=issued,
        total=total,
        balance=balance,
        currency=currency,
        item_id=item_id,
    )


def credit_note(
    number: str = "A1",
    customer_id: str = "C1",
    *,
    total: str = "-200.00",
    balance: str | None = None,
    reduces: str = "",
    currency: str = "EUR",
) -> OpenItem:
    return item(
        number,
        kind=ItemKind.CREDIT_NOTE,
        customer_id=customer_id,
        total=total,
        balance=balance,
        reduces=reduces,
        currency=currency,
    )


def payment(number: str = "V1", customer_id: str = "C1", *, total: str = "-500.00") -> OpenItem:
    return item(number, kind=ItemKind.PAYMENT, customer_id=customer_id, total=total)


def contact(email: str = "ap@client.example", role: ContactRole = ContactRole.BILLING) -> Contact:
    return Contact(email=email, role=role)


def customer(
    customer_id: str = "C1",
    *,
    name: str = "Client Un",
    contacts: tuple[Contact, ...] = (Contact(email="ap@client.example"),),
    kind: CustomerKind = CustomerKind.UNKNOWN,
) -> Customer:
    return Customer(customer_id=customer_id, name=name, contacts=contacts, kind=kind)


def page(*items: OpenItem, customers: tuple[Customer, ...] = ()) -> Page:
    return Page(items=items, customers=customers)


def completed(*, full: bool = True) -> Completed:
    return Completed(full=full)


def queued(
    *items: OpenItem,
    level: str = "first",
    offset: int = 5,
    on: str = "2026-03-09",
    deadline: str | None = "2026-03-17",
    purpose: Purpose = Purpose.LEVEL,
    channel: Channel = Channel.EMAIL,
    needs_approval: bool = False,
    rehearsal: bool = False,
    occasion: str = "",
    approved_by: str = "",
) -> Queued:
    return Queued(
        customer_id=items[0].customer_id,
        purpose=purpose,
        level_id=level if purpose is Purpose.LEVEL else purpose.value,
        channel=channel,
        on=day(on),
        deadline_on=day(deadline) if deadline else None,
        lines=tuple(
            QueuedLine(
                item_id=one.item_id,
                number=one.number,
                level_id=level,
                offset=offset,
                asked=one.balance,
                balance=one.balance,
            )
            for one in items
        ),
        needs_approval=needs_approval,
        occasion=occasion,
        rehearsal=rehearsal,
        approved_by=approved_by,
    )


def envelope(reminder: Reminder, *, to: str = "ap@client.example", content: bytes = b"Subject: x\r\n\r\nx") -> Envelope:
    return Envelope(
        reminder_id=reminder.reminder_id,
        company_id=reminder.company_id,
        customer_id=reminder.customer_id,
        channel=reminder.channel,
        sender="compta@dupont.example",
        recipients=(to,),
        title="Rappel",
        text="Bonjour",
        message_id=reminder.message_id,
        content=content,
    )
