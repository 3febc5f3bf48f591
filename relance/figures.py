"""The figures of each company, as `stats` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.aging import Ledgered, LevelSent, PromiseJudged, Received, company_stats
from engine.setup import business_time
from relance.documents import day
from relance.wiring import setup_of

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from engine.aging import CompanyStats, CurrencyStats, LevelEffect
    from relance.documents import Document
    from relance.installation import Installation
    from state.store import Store


def stats_document(installation: Installation, store: Store, today: date | None) -> Document:
    """Give what `stats` reports, as of a day."""
    companies: list[Document] = []
    days: list[date] = []
    for company in installation.companies:
        calendar = setup_of(installation.config, company).calendar
        as_of = business_time(calendar, installation.clock.now(), today).as_of
        days.append(as_of)
        figures = _figures(store, company.company_id, as_of)
        companies.append({"company": company.company_id, "currencies": [_currency(one) for one in figures.currencies]})
    return {"as_of": day(min(days, default=None)), "companies": companies}


def _figures(store: Store, company_id: str, as_of: date) -> CompanyStats:
    items = [
        Ledgered(
            item_id=row.item_id,
            issued_on=row.issued_on,
            due_on=row.due_on,
            kind=row.kind,
            total=row.total,
            balance=row.balance,
            settled_on=row.settled_on,
        )
        for row in store.stats_rows(company_id)
    ]
    payments = [
        Received(on=one.seen_on, amount=one.amount, item_id=one.item_id) for one in store.observed_payments(company_id)
    ]
    levels = [
        LevelSent(item_id=one.item_id, level_id=one.level_id, sent_on=one.sent_on)
        for one in store.levels_sent(company_id)
    ]
    promises = [
        PromiseJudged(promised_on=one.promised_on, amount=one.amount, kept=one.kept, received=one.received)
        for one in store.promises_judged(company_id)
    ]
    return company_stats(as_of, items, payments, levels, promises)


def _currency(figures: CurrencyStats) -> Document:
    aged = figures.aging
    return {
        "currency": figures.currency,
        "aging": {
            "buckets": [{"name": one.name, "count": one.count, "amount": str(one.amount)} for one in aged.buckets],
            "receivable": str(aged.receivable),
            "overdue": str(aged.overdue),
            "credits": str(aged.credits),
            "unallocated": str(aged.unallocated),
            "net": str(aged.net),
        },
        "sales": str(figures.sales),
        "dso": _text(figures.dso),
        "dso_count_back": str(figures.dso_count_back),
        "best_dso": _text(figures.best_dso),
        "average_days_late": _text(figures.average_delay),
        "days_beyond_terms": _text(figures.days_beyond_terms),
        "days_to_pay": _text(figures.days_to_pay),
        "cei": _text(figures.collection_effectiveness),
        "promises": _promises(figures),
        "levels": [_level(one) for one in figures.levels],
    }


def _promises(figures: CurrencyStats) -> Document:
    kept = figures.promises
    return {
        "fallen_due": kept.fallen_due,
        "kept": kept.kept,
        "partly_kept": kept.partly,
        "percent_by_number": _text(kept.by_number),
        "percent_by_amount": _text(kept.by_amount),
    }


def _level(effect: LevelEffect) -> Document:
    return {
        "level": effect.level_id,
        "cases": effect.cases,
        "answered": effect.answered,
        "asked": str(effect.asked),
        "collected": str(effect.collected),
        "percent": _text(effect.rate),
        "too_few": effect.too_few,
    }


def _text(figure: Decimal | None) -> str | None:
    return None if figure is None else f"{figure:f}"
