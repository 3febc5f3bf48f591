"""Recording what stops the chasing, and ending it: the use cases behind the commands and the pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from engine.errors import RelanceError
from engine.insolvency import claim_of
from engine.kinds import HoldKind
from engine.money import InexactAmountError, Money
from relance.customer_file import find_customer
from relance.finding import find_item
from relance.installation import author
from relance.wiring import setup_of

if TYPE_CHECKING:
    from datetime import date

    from relance.installation import Installation
    from state.store import Store


class TargetError(RelanceError):
    """Name exactly one target: NUMBER, --customer ID or --all-of COMPANY."""


class AmountError(RelanceError):
    """An amount is written like 1234.50."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a person named: an item's number, a customer's id, or a company."""

    number: str | None = None
    customer_id: str | None = None
    all_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a hold is recorded against: one item, one customer, or a whole company."""

    company_id: str
    item_id: str | None = None
    customer_id: str | None = None
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceedings:
    """Insolvency proceedings: the day of the judgment that opens them, and that of its publication."""

    judgment_on: date | None = None
    published_on: date | None = None


def target_of(installation: Installation, store: Store, named: Named) -> Target:
    """Find what a person named; raise TargetError unless it is exactly one thing."""
    if sum(name is not None for name in (named.number, named.customer_id, named.all_of)) != 1:
        raise TargetError("name exactly one of NUMBER, --customer ID and --all-of COMPANY")
    if named.all_of is not None:
        return Target(company_id=installation.company(named.all_of).company_id)
    if named.customer_id is not None:
        company_id = find_customer(installation, store, named.customer_id)
        return Target(company_id=company_id, customer_id=named.customer_id)
    found = find_item(installation, store, named.number or "")
    return Target(company_id=found.company_id, item_id=found.item.item_id, currency=found.item.currency)


def record(
    installation: Installation,
    store: Store,
    kind: HoldKind,
    named: Named,
    *,
    reason: str,
    until: date | None = None,
    promised_on: date | None = None,
    amount: str | None = None,
    credit_note_to_come: bool = False,
    proceedings: Proceedings | None = None,
) -> int:
    """Record a hold, dispute, promise or closing; return how many records it made.

    `amount` is what was promised, or the part that is contested. `proceedings` are those of an insolvency: the task of
    filing the claim is opened with it.
    """
    target = target_of(installation, store, named)
    money = _money(amount, target.currency)
    opened = proceedings or Proceedings()
    with store.together():
        changed = store.add_hold(
            target.company_id,
            kind=kind,
            reason=reason,
            author=author(),
            now=installation.clock.now(),
            item_ids=[target.item_id] if target.item_id else (),
            customer_id=target.customer_id,
            until=until,
            promised_on=promised_on,
            promised=money if kind is HoldKind.PROMISE else None,
            disputed=money if kind is HoldKind.DISPUTE else None,
            credit_note_to_come=credit_note_to_come,
            judgment_on=opened.judgment_on,
        )
        if kind is HoldKind.INSOLVENCY and target.customer_id is not None:
            _ask_for_claim(installation, store, target.company_id, target.customer_id, opened)
    return changed


def _ask_for_claim(
    installation: Installation, store: Store, company_id: str, customer_id: str, opened: Proceedings
) -> None:
    """Open the dated task of filing the claim, with what the customer owes from before the judgment."""
    company = installation.company(company_id)
    debtor = store.customer(company_id, customer_id)
    now = installation.clock.now()
    claim = claim_of(
        creditor=company.country,
        debtor=debtor.country,
        judgment_on=opened.judgment_on,
        published_on=opened.published_on,
        recorded_on=setup_of(installation.config, company).calendar.local(now).date(),
    )
    dates = (("judgment_on", opened.judgment_on), ("published_on", opened.published_on))
    store.ask_for_claim(
        company_id,
        customer_id,
        facts=(*claim.facts(), *((name, day.isoformat()) for name, day in dates if day is not None)),
        judgment_on=opened.judgment_on,
        due_on=claim.due_on,
        now=now,
    )


def release(installation: Installation, store: Store, named: Named, *, restart: bool) -> int:
    """End what stops the chasing; return how much was ended."""
    target = target_of(installation, store, named)
    return store.release(
        target.company_id,
        item_ids=[target.item_id] if target.item_id else (),
        customer_id=target.customer_id,
        whole_company=named.all_of is not None,
        restart=restart,
        author=author(),
        now=installation.clock.now(),
    )


def _money(amount: str | None, currency: str) -> Money | None:
    if amount is None:
        return None
    try:
        money = Money.of(Decimal(amount.replace(",", ".")), currency)
    except (InvalidOperation, InexactAmountError, ValueError, OverflowError):
        raise AmountError(f"{amount!r} is not an amount in {currency}; write it like 1234.50") from None
    if money.minor <= 0:
        raise AmountError(f"{amount!r} is not a positive amount")
    return money
