"""Made-up contents of the messages that are no reminders: confirmations and statements, whole and in part, rich and bare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from engine.compose_account import STATEMENT, compose_statement
from engine.compose_answers import DISPUTE, INSTALMENTS, PROMISE, compose_dispute, compose_instalments, compose_promise
from engine.kinds import HoldKind, ItemKind
from engine.model import HoldRecord, Instalment
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.content import MailContent
    from engine.creditor import Creditor
    from engine.kinds import AddressForm
    from engine.model import Customer, OpenItem

ANSWERS: Final = (DISPUTE, PROMISE, INSTALMENTS, STATEMENT)
_NOTED: Final = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


def answer_samples(
    message: str,
    items: Sequence[OpenItem],
    customer: Customer,
    creditors: Sequence[Creditor],
    language: str,
    form: AddressForm,
    today: date,
) -> Iterator[MailContent]:
    """Give contents for a message: of each creditor, about one invoice and about several."""
    to = customer.contacts[0] if customer.contacts else None
    for creditor in creditors:
        for some in (items[:1], items):
            if message == DISPUTE:
                for dispute in (_hold(HoldKind.DISPUTE, some), _part(some), replace(_part(some), reason="")):
                    yield compose_dispute(
                        some, [dispute], customer, creditor, language, form, today, answer_on=today, to=to
                    )
            elif message == PROMISE:
                promises = [replace(_hold(HoldKind.PROMISE, [item]), promised_on=today) for item in some]
                yield compose_promise(some, promises, customer, creditor, language, form, today, to=to)
            elif message == INSTALMENTS:
                for agree_on in (today, None):
                    yield compose_instalments(
                        some, _plan(some, today), customer, creditor, language, form, today, agree_on=agree_on, to=to
                    )
            else:
                yield compose_statement([*some, *_credits(some)], customer, creditor, language, form, today, to=to)
                yield compose_statement(_credits(some), customer, creditor, language, form, today, to=to)


def broken(items: Sequence[OpenItem], received: Money | None = None) -> tuple[HoldRecord, ...]:
    """Give promises for items that were not kept."""
    return tuple(
        replace(
            _hold(HoldKind.PROMISE, [item]),
            promised_on=date(2026, 3, 10),
            promised=item.balance,
            broken_on=date(2026, 3, 13),
            received=received,
        )
        for item in items
    )


def _hold(kind: HoldKind, items: Sequence[OpenItem]) -> HoldRecord:
    return HoldRecord(
        hold_id="h1",
        kind=kind,
        reason="il manque deux portes",
        author="sample",
        recorded_at=_NOTED,
        item_id=items[0].item_id,
        balance_then=items[0].balance,
    )


def _part(items: Sequence[OpenItem]) -> HoldRecord:
    return replace(_hold(HoldKind.DISPUTE, items), disputed=Money(minor=25_00, currency=items[0].currency))


def _plan(items: Sequence[OpenItem], today: date) -> list[Instalment]:
    zero = Money.zero(items[0].currency)
    return [
        Instalment(plan_id="i1", due_on=today + timedelta(days=30 * count), amount=item.balance, received=zero)
        for count, item in enumerate([*items, *items], start=1)
    ]


def _credits(items: Sequence[OpenItem]) -> list[OpenItem]:
    taken = Money(minor=-10_00, currency=items[0].currency)
    note = replace(items[0], item_id="a1", number="A-1", kind=ItemKind.CREDIT_NOTE, total=taken, balance=taken)
    dollars = Money(minor=75_00, currency="USD")
    foreign = replace(items[0], item_id="u1", number="F-77", total=dollars, balance=dollars, due_on=date(2026, 4, 30))
    return [note, replace(note, item_id="p1", number="2026-03-01", kind=ItemKind.PAYMENT), foreign]
