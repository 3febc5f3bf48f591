"""What the first connection found: what is late already, what a first run would send, and what a person may do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.aging import Ledgered, aging
from engine.freshness import known_until
from engine.kinds import HoldReason, ItemKind
from engine.model import Hold
from engine.money import Money, totals
from engine.run import block_of, plan_customer
from engine.setup import business_time
from engine.wording import join, locale_of, money_text
from relance.backlog_words import PROPOSALS
from relance.documents import day
from relance.wiring import setup_of

if TYPE_CHECKING:
    from datetime import date

    from engine.model import Decision, Notice, OpenItem
    from relance.config import CompanyConfig
    from relance.documents import Document
    from relance.installation import Installation
    from state.store import Store

# More reminders than this in a first run are better spread over days: a bookkeeper answers what comes back.
_MANY: Final = 20
# Proposals for what only a person can settle, in the order in which they are told.
_ASKED: Final = (
    (HoldReason.TOO_OLD, "too_old"),
    (HoldReason.NO_ADDRESS, "no_address"),
    (HoldReason.PAYMENT_TO_ALLOCATE, "to_allocate"),
    (HoldReason.DUE_DATE_ASSUMED, "assumed"),
)


@dataclass(slots=True, kw_only=True)
class _Found:
    """What a first run would decide."""

    late: list[OpenItem] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    held: Counter[HoldReason] = field(default_factory=Counter)
    customers: set[str] = field(default_factory=set)


def backlog_document(installation: Installation, store: Store, company: CompanyConfig, today: date | None) -> Document:
    """Give what `accept COMPANY` shows before anything is accepted; writes nothing."""
    setup = setup_of(installation.config, company)
    now = installation.clock.now()
    as_of = business_time(setup.calendar, now, today).as_of
    state = store.company_state(company.company_id)
    block = block_of(setup, store, as_of, now)
    waits = block is not None and block.reason is HoldReason.BACKLOG_NOT_ACCEPTED
    found = _Found()
    known = known_until(state, as_of, now)
    for customer_id in store.customers_open(company.company_id):
        planned = plan_customer(setup, store, customer_id, as_of, None, known)
        found.notices += planned.outcome.notices
        _count(found, planned.case.items, planned.outcome.decisions, as_of)
    return {
        "company": company.company_id,
        "today": day(as_of),
        "backlog": {
            "accepted": state.backlog_accepted,
            "late": len(found.late),
            "customers": len(found.customers),
            "amounts": {code: str(sum_) for code, sum_ in _sums(found.late).items()},
            "aging": _aging(found.late, as_of),
            "held": {reason.value: count for reason, count in sorted(found.held.items())},
            "first_run": {
                "reminders": len(found.notices),
                "per_level": dict(Counter(notice.level_id for notice in found.notices)),
                "per_channel": dict(Counter(notice.channel.value for notice in found.notices)),
            },
        },
        "quarantine": list(state.quarantine),
        "blocked": None if block is None or waits else block.reason.value,
        "proposals": _proposals(found, company, accepted=state.backlog_accepted, quarantine=bool(state.quarantine)),
    }


def _count(found: _Found, items: tuple[OpenItem, ...], decisions: tuple[Decision, ...], as_of: date) -> None:
    late = [item for item in items if item.kind is ItemKind.INVOICE and item.balance.minor > 0 and item.due_on < as_of]
    found.late += late
    found.customers |= {item.customer_id for item in late}
    # What is in the customer's favour is held too, and no invoice.
    found.held.update(one.reason for one in decisions if isinstance(one, Hold) and ("credit", "yes") not in one.facts)


def _sums(items: list[OpenItem]) -> dict[str, Money]:
    return totals([item.balance for item in items])


def _aging(late: list[OpenItem], as_of: date) -> Document:
    lives = [
        Ledgered(
            item_id=item.item_id,
            kind=item.kind,
            issued_on=item.issued_on,
            due_on=item.due_on,
            total=item.total,
            balance=item.balance,
        )
        for item in late
    ]
    return {
        currency: {
            bucket.name: {"count": bucket.count, "amount": str(bucket.amount)}
            for bucket in aging(as_of, lives, currency).buckets
        }
        for currency in _sums(late)
    }


def _proposals(found: _Found, company: CompanyConfig, *, accepted: bool, quarantine: bool) -> list[Document]:
    """Say what a person may do, what is to be settled first before what accepts."""
    language = locale_of(company.language).language
    words = PROPOSALS.get(language, PROPOSALS["en"])
    facts = {
        "company": company.company_id,
        "late": str(len(found.late)),
        "customers": str(len(found.customers)),
        "amount": join([money_text(sum_, company.language) for sum_ in _sums(found.late).values()], company.language),
        "reminders": str(len(found.notices)),
    }
    codes = ["quarantine"] if quarantine else []
    if not accepted:
        codes += [code for reason, code in _ASKED if found.held[reason]]
        facts |= {code: str(found.held[reason]) for reason, code in _ASKED}
        many = len(found.notices) > _MANY and company.send.per_day is None
        codes += [*(["spread"] if many else []), *(["earlier_tool"] if found.late else []), "accept"]
    return [
        {"code": code, "text": words[code][0].format(**facts), "command": words[code][1].format(**facts) or None}
        for code in codes
    ]
