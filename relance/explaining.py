"""One item explained: what was decided, on which data, and all that happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.explain import explain
from engine.freshness import known_until
from engine.limitation import limitation_of
from engine.model import Hold
from engine.run import plan_in_turn
from engine.setup import business_time
from relance.documents import day
from relance.finding import find_item
from relance.history import history_of
from relance.wiring import setup_of

if TYPE_CHECKING:
    from datetime import date

    from engine.model import Decision, HoldRecord
    from engine.money import Money
    from engine.run import Planned
    from relance.documents import Document
    from relance.finding import Found
    from relance.installation import Installation
    from state.store import Store


def explain_item(installation: Installation, store: Store, number: str, today: date | None) -> Document:
    """Give what `explain` reports: item, decision of the day, the data it was taken on, and the history."""
    found = find_item(installation, store, number)
    company = installation.company(found.company_id)
    setup = setup_of(installation.config, company)
    now = installation.clock.now()
    as_of = business_time(setup.calendar, now, today).as_of
    known = known_until(store.company_state(found.company_id), as_of, now)
    planned = plan_in_turn(setup, store, found.item.customer_id, as_of, now)
    decision = next((one for one in planned.outcome.decisions if one.item_id == found.item.item_id), None)
    return {
        "item": _item(found, planned, as_of),
        "decision": _decision(found, planned, decision, company.language) if decision else None,
        "inputs": {
            "today": day(as_of),
            "books_known_until": day(known),
            "mode": setup.mode.value,
            "plan": planned.plan.plan_id,
            "min_gap_days": planned.plan.min_gap_days,
            "last_contact_on": day(planned.case.last_contact_on),
            "holds": [_held(hold, planned) for hold in planned.case.holds if hold.covers(found.item)],
            "facts": dict(decision.facts) if decision else {},
        },
        "limitation": _limitation(found, planned, company.country, as_of),
        "history": history_of(store, found, company.language, setup.calendar),
    }


def _held(hold: HoldRecord, planned: Planned) -> Document:
    """Give a record with its author and its end, and what is particular to its kind."""
    more: Document = {
        "promised_on": day(hold.promised_on),
        "promised": _amount(hold.promised or hold.balance_then) if hold.promised_on else None,
        "received": _amount(hold.received),
        "broken_on": day(hold.broken_on),
        "disputed": _amount(hold.disputed),
        "credit_note_to_come": hold.credit_note_to_come or None,
        "judgment_on": day(hold.judgment_on),
        "instalments": [
            {"due_on": day(one.due_on), "amount": _amount(one.amount), "received": _amount(one.received)}
            for one in planned.case.instalments
            if one.plan_id == hold.plan_id
        ]
        or None,
    }
    return {
        "kind": hold.kind.value,
        "reason": hold.reason,
        "author": hold.author,
        "until": day(hold.until),
        **{name: value for name, value in more.items() if value is not None},
    }


def _amount(money: Money | None) -> Document | None:
    return None if money is None else {"amount": str(money), "currency": money.currency}


def _item(found: Found, planned: Planned, as_of: date) -> Document:
    item = found.item
    return {
        "company": found.company_id,
        "item_id": item.item_id,
        "customer_id": item.customer_id,
        "customer": planned.case.debtor(item).name,
        "number": item.number,
        "kind": item.kind.value,
        "issued_on": day(item.issued_on),
        "due_on": day(item.due_on),
        "due_source": item.due_source.value,
        "currency": item.currency,
        "total": str(item.total),
        "balance": str(item.balance),
        "days_late": item.days_late(as_of),
        "unseen": item.unseen,
    }


def _limitation(found: Found, planned: Planned, country: str, as_of: date) -> Document | None:
    """Say when the claim lapses; None where no clock of ours runs."""
    clock = limitation_of(found.item, planned.case.customer, country) if found.item.balance.minor > 0 else None
    if clock is None:
        return None
    return {
        "lapses_on": day(clock.lapses_on),
        "article": clock.article,
        "kind_known": clock.kind_known,
        "warns": clock.warns(as_of),
    }


def _decision(found: Found, planned: Planned, decision: Decision, language: str) -> Document:
    hold = decision if isinstance(decision, Hold) else None
    return {
        "action": "hold" if hold else "remind",
        "level": decision.level_id or None,
        "channel": decision.channel.value if decision.channel else None,
        "on": None if isinstance(decision, Hold) else day(decision.on),
        "until": day(hold.until) if hold else None,
        "reason": hold.reason.value if hold else None,
        "explanation": explain(decision, found.item, planned.plan, planned.case.debtor(found.item), language),
    }
