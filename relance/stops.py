"""Recording what stops the chasing, and ending it: the use cases behind the commands and the pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from engine.errors import RelanceError
from engine.money import InexactAmountError, Money
from relance.customer_file import find_customer
from relance.finding import find_item
from relance.installation import author

if TYPE_CHECKING:
    from datetime import date

    from engine.model import HoldKind
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
) -> int:
    """Record a hold, dispute, promise or closing; return how many records it made."""
    target = target_of(installation, store, named)
    return store.add_hold(
        target.company_id,
        kind=kind,
        reason=reason,
        author=author(),
        now=installation.clock.now(),
        item_ids=[target.item_id] if target.item_id else (),
        customer_id=target.customer_id,
        until=until,
        promised_on=promised_on,
        promised=_money(amount, target.currency),
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
