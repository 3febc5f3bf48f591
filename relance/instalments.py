"""Agreeing a plan in instalments: the file that a person gives, checked against what the invoices owe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.files.table import open_table
from connectors.files.values import UnreadableValueError, parse_day, parse_money
from engine.choosing import chosen_plan
from engine.credits import is_claim
from engine.errors import RelanceError
from engine.holds import tolerance
from engine.instalments import objection
from relance.installation import author
from relance.stops import TargetError, target_of
from relance.wiring import setup_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from engine.model import OpenItem
    from engine.money import Money
    from engine.records import BadLine
    from relance.installation import Installation
    from relance.stops import Named
    from state.store import Store


class InstalmentsError(RelanceError):
    """The instalments cannot be agreed: the file cannot be read, or it does not fit what is owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A plan that was recorded, and the invoices it is for."""

    plan_id: str
    numbers: tuple[str, ...]
    lines: tuple[tuple[date, Money], ...]


def agree(installation: Installation, store: Store, named: Named, file: Path, *, reason: str) -> list[Agreed]:
    """Record the plans of a file: one for all open invoices named, or one for each invoice where its lines name them.

    Nothing is recorded where a line cannot be used, or a plan does not come to what its invoices owe; raises
    InstalmentsError with every reason.
    """
    target = target_of(installation, store, named)
    if named.all_of is not None:
        raise TargetError("a plan in instalments is agreed for NUMBER or with --customer ID")
    invoices = _invoices(store, target.company_id, target.customer_id, target.item_id)
    lines = _read(file, invoices)
    plans = _shared_out(lines, invoices, file)
    _check(installation, store, target.company_id, plans, file)
    now = installation.clock.now()
    with store.together():
        return [
            Agreed(
                plan_id=store.agree_instalments(
                    target.company_id,
                    item_ids=[item.item_id for item in items],
                    given_to="customer" if target.customer_id else "item",
                    lines=[(line.due_on, line.amount) for line in agreed],
                    reason=reason,
                    author=author(),
                    now=now,
                ),
                numbers=tuple(item.number for item in items),
                lines=tuple((line.due_on, line.amount) for line in agreed),
            )
            for items, agreed in plans
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    due_on: date
    amount: Money
    number: str


_Plans = list[tuple[list["OpenItem"], list[_Line]]]


def _invoices(store: Store, company_id: str, customer_id: str | None, item_id: str | None) -> list[OpenItem]:
    if item_id is not None:
        item = store.balance_of(company_id, item_id)
        found = [] if item is None else [item]
    else:
        found = [row.item for row in store.items(company_id, customer_id=customer_id)]
    invoices = [item for item in found if is_claim(item) and not item.unseen]
    if not invoices:
        raise InstalmentsError("no invoice with something left to pay")
    if len({item.currency for item in invoices}) > 1:
        listed = ", ".join(f"{item.number} ({item.currency})" for item in invoices)
        raise InstalmentsError(f"a plan is in one currency: name one invoice of {listed}")
    return invoices


def _read(file: Path, invoices: Sequence[OpenItem]) -> list[_Line]:
    """Read due_on, amount and, where there is one, number; every line that cannot be used is told with its place."""
    table = open_table(file, canonical=("due_on", "amount", "number"), required=("due_on", "amount"))
    numbers = {item.number for item in invoices}
    lines: list[_Line] = []
    for place, row in table.rows():
        number = row.get("number", "")
        try:
            due_on, amount = parse_day(row["due_on"]), parse_money(row["amount"], invoices[0].currency)
        except UnreadableValueError as error:
            table.bad(place, str(error))
            continue
        if amount.minor <= 0:
            table.bad(place, f"{row['amount']!r} is not a positive amount")
        elif number and number not in numbers:
            table.bad(place, f"{number!r} is none of the open invoices {', '.join(sorted(numbers))}")
        else:
            lines.append(_Line(due_on=due_on, amount=amount, number=number))
    if table.bad_lines:
        raise InstalmentsError("nothing was recorded\n" + "\n".join(map(_place, table.bad_lines)))
    return lines


def _place(bad: BadLine) -> str:
    return f"{bad.file}:{bad.line}: {bad.reason}"


def _shared_out(lines: Sequence[_Line], invoices: Sequence[OpenItem], file: Path) -> _Plans:
    """Give each plan its invoices: the ones its lines name, or all of them where no line names any."""
    numbers = dict.fromkeys(line.number for line in lines)
    if not any(numbers):
        return [(list(invoices), list(lines))]
    if not all(numbers):
        raise InstalmentsError(f"{file.name}: either every line names its invoice, or none does")
    return [
        (
            [item for item in invoices if item.number == number],
            [line for line in lines if line.number == number],
        )
        for number in numbers
    ]


def _check(installation: Installation, store: Store, company_id: str, plans: _Plans, file: Path) -> None:
    """Refuse plans that do not fit what their invoices owe."""
    setup = setup_of(installation.config, installation.company(company_id))
    today = setup.calendar.local(installation.clock.now()).date()
    reasons: list[str] = []
    for items, lines in plans:
        balance = sum((item.balance for item in items[1:]), start=items[0].balance)
        case = store.case_file(company_id, items[0].customer_id, rehearsal=False)
        plan = chosen_plan(setup, store, case.customer, case.items, today).plan
        enough = tolerance(plan, balance.currency)
        reason = objection([(line.due_on, line.amount) for line in lines], balance, enough)
        if reason:
            reasons.append(f"{file.name}, {', '.join(item.number for item in items)}: {reason}")
    if reasons:
        raise InstalmentsError("nothing was recorded\n" + "\n".join(reasons))
