"""Commands that stop and resume the chasing: hold, dispute, promise, release, close."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeVar

import click

from engine.errors import RelanceError
from engine.model import HoldKind
from relance.cli.context import Asked, ExitStatus, as_json_option, pass_asked, print_json, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from engine.money import Money
    from relance.installation import Installation
    from state.store import Store

F = TypeVar("F", bound="Callable[..., object]")


class TargetError(RelanceError):
    """Name exactly one target: NUMBER, --customer ID or --all-of COMPANY."""


class AmountError(RelanceError):
    """An amount is written like 1234.50."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a hold is recorded against: one item, one customer, or a whole company."""

    company_id: str
    item_id: str | None = None
    customer_id: str | None = None
    currency: str = "EUR"


def _target_options(command: F) -> F:
    command = click.argument("number", required=False)(command)
    command = click.option("--customer", "customer_id", metavar="ID", help="All items of a customer.")(command)
    return click.option("--all-of", "all_of", metavar="COMPANY", help="All items of a company.")(command)


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@_target_options
@click.option("--until", type=_DAY, callback=_day, help="The last day of the hold; without it, until released.")
@click.option("--reason", default="", help="Why; shown wherever the hold is.")
@as_json_option
@pass_asked
def hold(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    all_of: str | None,
    until: date | None,
    reason: str,
    *,
    as_json: bool,
) -> ExitStatus:
    """Stop reminding an item, a customer or a company."""
    return _record(asked, HoldKind.HOLD, (number, customer_id, all_of), until=until, reason=reason, as_json=as_json)


@click.command()
@_target_options
@click.option("--until", type=_DAY, callback=_day, help="The last day; without it, until released.")
@click.option("--reason", default="", help="What the customer contests.")
@as_json_option
@pass_asked
def dispute(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    all_of: str | None,
    until: date | None,
    reason: str,
    *,
    as_json: bool,
) -> ExitStatus:
    """Record that the customer contests an item: it is not reminded, nor does credit go to it."""
    return _record(asked, HoldKind.DISPUTE, (number, customer_id, all_of), until=until, reason=reason, as_json=as_json)


@click.command()
@_target_options
@click.option("--on", "promised_on", type=_DAY, callback=_day, required=True, help="The day the customer promised.")
@click.option("--amount", help="What was promised; without it, the whole balance.")
@click.option("--reason", default="", help="Who said it, and how.")
@as_json_option
@pass_asked
def promise(
    asked: Asked,
    number: str | None,
    customer_id: str | None,
    all_of: str | None,
    promised_on: date,
    amount: str | None,
    reason: str,
    *,
    as_json: bool,
) -> ExitStatus:
    """Record a promise to pay: nothing is sent until it is judged, two working days after its day."""
    return _record(
        asked,
        HoldKind.PROMISE,
        (number, customer_id, all_of),
        promised_on=promised_on,
        amount=amount,
        reason=reason,
        as_json=as_json,
    )


@click.command()
@_target_options
@click.option("--restart", is_flag=True, help="Start the plan again from its first level.")
@as_json_option
@pass_asked
def release(
    asked: Asked, number: str | None, customer_id: str | None, all_of: str | None, *, restart: bool, as_json: bool
) -> ExitStatus:
    """End what stops the chasing; it goes on at the next level."""
    from relance.installation import author  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        target = _target(installation, store, number, customer_id, all_of)
        changed = store.release(
            target.company_id,
            item_ids=[target.item_id] if target.item_id else None,
            customer_id=target.customer_id,
            whole_company=all_of is not None,
            restart=restart,
            author=author(),
            now=installation.clock.now(),
        )
    return _changed(changed, as_json=as_json)


@click.command()
@click.argument("number")
@click.argument("how", type=click.Choice(["handed-over", "written-off", "stopped"]))
@click.option("--reason", default="", help="To whom, or why.")
@as_json_option
@pass_asked
def close(asked: Asked, number: str, how: str, reason: str, *, as_json: bool) -> ExitStatus:
    """End the chasing of an item for good: handed over, written off, or stopped."""
    kind = HoldKind(how.replace("-", "_"))
    return _record(asked, kind, (number, None, None), reason=reason, as_json=as_json)


def _record(
    asked: Asked,
    kind: HoldKind,
    names: tuple[str | None, str | None, str | None],
    *,
    as_json: bool,
    reason: str,
    until: date | None = None,
    promised_on: date | None = None,
    amount: str | None = None,
) -> ExitStatus:
    from relance.installation import author  # noqa: PLC0415 (loaded when called)

    installation = asked.installation()
    with installation.store() as store:
        target = _target(installation, store, *names)
        changed = store.add_hold(
            target.company_id,
            kind,
            reason=reason,
            author=author(),
            now=installation.clock.now(),
            item_ids=[target.item_id] if target.item_id else None,
            customer_id=target.customer_id,
            until=until,
            promised_on=promised_on,
            promised=_money(amount, target.currency),
        )
    return _changed(changed, as_json=as_json)


def _money(amount: str | None, currency: str) -> Money | None:
    from engine.money import InexactAmountError, Money  # noqa: PLC0415 (loaded when called)

    if amount is None:
        return None
    try:
        value = Decimal(amount.replace(",", "."))
        money = Money.of(value, currency)
    except (InvalidOperation, InexactAmountError, ValueError, OverflowError):
        raise AmountError(f"{amount!r} is not an amount in {currency}; write it like 1234.50") from None
    if money.minor <= 0:
        raise AmountError(f"{amount!r} is not a positive amount")
    return money


def _target(
    installation: Installation, store: Store, number: str | None, customer_id: str | None, all_of: str | None
) -> Target:
    if sum(name is not None for name in (number, customer_id, all_of)) != 1:
        raise TargetError("name exactly one of NUMBER, --customer ID and --all-of COMPANY")
    if all_of is not None:
        return Target(company_id=installation.company(all_of).company_id)
    if customer_id is not None:
        from relance.customer_file import find_customer  # noqa: PLC0415 (loaded when called)

        return Target(company_id=find_customer(installation, store, customer_id), customer_id=customer_id)
    from relance.finding import find_item  # noqa: PLC0415 (loaded when called)

    found = find_item(installation, store, number or "")
    return Target(company_id=found.company_id, item_id=found.item.item_id, currency=found.item.currency)


def _changed(changed: int, *, as_json: bool) -> ExitStatus:
    if as_json:
        print_json({"changed": changed})
    else:
        say(f"{changed} changed")
    return ExitStatus.DONE
