"""A plan replayed over the stored past of each company, beside what was really sent."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from engine.backtest import backtest
from engine.errors import RelanceError
from engine.setup import business_time
from relance.wiring import setup_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from engine.backtest import Backtest
    from engine.model import Customer
    from engine.plan import Plan
    from engine.setup import CompanySetup
    from engine.standing import Standing
    from relance.config import CompanyConfig
    from relance.documents import Document
    from relance.installation import Installation
    from state.past import KnownPast, PastSend
    from state.store import Store

# A replay looks back this far unless told otherwise.
_LOOKS_BACK: Final = timedelta(days=365)
# Money that comes within this many days after a reminder is told beside it.
FOLLOWS_WITHIN_DAYS: Final = 7
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class UnknownPlanError(RelanceError):
    """No plan has this id; `relance check` lists what the configuration holds."""


class BackwardsError(RelanceError):
    """A replay goes from an earlier day to a later one: mend --from and --until."""


def backtest_document(
    installation: Installation,
    store: Store,
    *,
    plan_id: str | None = None,
    first: date | None = None,
    last: date | None = None,
    lag_days: int | None = None,
    today: date | None = None,
) -> Document:
    """Give what `backtest` reports; `plan_id` replays one plan for every customer instead of each one's own.

    Raises UnknownPlanError, BackwardsError.
    """
    companies = [
        _company(installation, store, company, plan_id, first, last, lag_days, today)
        for company in installation.companies
    ]
    per_level: Counter[str] = Counter()
    per_day: Counter[str] = Counter()
    for one in companies:
        per_level.update(one["per_level"])
        per_day.update(one["per_day"])
    return {
        "reminders": sum(one["reminders"] for one in companies),
        "after_payment": sum(one["after_payment"] for one in companies),
        "per_level": dict(per_level),
        "per_day": dict(sorted(per_day.items())),
        "companies": companies,
    }


def _company(
    installation: Installation,
    store: Store,
    company: CompanyConfig,
    plan_id: str | None,
    first: date | None,
    last: date | None,
    lag_days: int | None,
    today: date | None,
) -> Document:
    setup = setup_of(installation.config, company)
    as_of = business_time(setup.calendar, installation.clock.now(), today).as_of
    last = last or as_of
    first = first or last - _LOOKS_BACK
    if first > last:
        raise BackwardsError(f"{first} comes after {last}: give --from an earlier day than --until")
    known = store.past(company.company_id, company.timezone, lag_days)
    found = backtest(known.pasts, _plan_of(setup, plan_id), setup.calendar_for, first, last)
    sends = store.past_sends(company.company_id, FOLLOWS_WITHIN_DAYS)
    return _document(company, setup, plan_id, known, found, sends)


def _plan_of(setup: CompanySetup, plan_id: str | None) -> Callable[[Customer, Standing], Plan]:
    if plan_id is None:
        return setup.plan_of
    if plan_id not in setup.plans:
        raise UnknownPlanError(f"there is no plan {plan_id}; there are: {', '.join(sorted(setup.plans))}")
    return lambda _customer, _standing: setup.plans[plan_id]


def _document(
    company: CompanyConfig,
    setup: CompanySetup,
    plan_id: str | None,
    known: KnownPast,
    found: Backtest,
    sends: list[PastSend],
) -> Document:
    local = [(setup.calendar.local(one.sent_at), one) for one in sends]
    inside = [(at, one) for at, one in local if found.first <= at.date() <= found.last]
    return {
        "company": company.company_id,
        "plan": plan_id,
        "from": found.first.isoformat(),
        "until": found.last.isoformat(),
        "reminders": found.reminders,
        "after_payment": found.after_payment,
        "payment_days_known": known.pay_days_known,
        "lag_days": known.lag_days,
        "lag_measured": known.lag_measured,
        "items": sum(len(past.items) for past in known.pasts),
        "items_left_out": known.left_out,
        "per_level": dict(found.per_level),
        "per_channel": dict(found.per_channel),
        "per_day": {day.isoformat(): count for day, count in sorted(found.per_day.items())},
        "really_sent": {
            "reminders": len(inside),
            "followed_within_days": FOLLOWS_WITHIN_DAYS,
            "by_weekday": _by((_WEEKDAYS[at.weekday()], one) for at, one in inside),
            "by_hour": _by((f"{at.hour:02}", one) for at, one in inside),
        },
    }


def _by(sends: Iterable[tuple[str, PastSend]]) -> dict[str, dict[str, int]]:
    """Count reminders, their items, and the items that money followed, under each name."""
    sums: dict[str, dict[str, int]] = {}
    for name, one in sends:
        row = sums.setdefault(name, {"reminders": 0, "items": 0, "followed": 0})
        row["reminders"] += 1
        row["items"] += one.items
        row["followed"] += one.followed
    return dict(
        sorted(sums.items(), key=lambda pair: (_WEEKDAYS.index(pair[0]) if pair[0] in _WEEKDAYS else 0, pair[0]))
    )
