"""The JSON documents of the command line: a public contract, one function a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.decide import is_due
from engine.digest_text import largest_of
from engine.explain import explain
from engine.kinds import ReminderState
from engine.model import Hold, Remind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from engine.digest import DailyDigest
    from engine.model import Decision, Notice, OpenItem
    from engine.money import Money
    from engine.records import Reminder
    from engine.run import Planned
    from engine.syncing import SyncReport
    from relance.daily_sending import Told
    from relance.running import CompanyRun

Document = dict[str, Any]

# A reminder that ended without leaving: replaced, paid meanwhile, lapsed.
_ENDED = frozenset({ReminderState.CANCELLED, ReminderState.EXPIRED})


def day(value: date | None) -> str | None:
    """Give a day as ISO text."""
    return value.isoformat() if value else None


def amounts(totals: dict[str, Money]) -> dict[str, str]:
    """Give sums for each currency as strings with the currency's decimals."""
    return {currency: str(money) for currency, money in totals.items()}


def sync_document(reports: Iterable[SyncReport]) -> Document:
    """Give what `sync` reports."""
    return {"companies": [_synced(report) for report in reports]}


def _synced(report: SyncReport) -> Document:
    changes, completed = report.changes, report.completed
    return {
        "company": report.company_id,
        "provider": report.provider,
        "mode": report.mode,
        "changed": changes.changed if changes else 0,
        "open": {
            "count": changes.open_items if changes else 0,
            "amounts": amounts(changes.open_amounts) if changes else {},
        },
        "unseen": changes.unseen if changes else 0,
        "lines": completed.lines if completed else 0,
        "bad_lines": [
            {"file": bad.file, "line": bad.line, "reason": bad.reason}
            for bad in (completed.bad_lines if completed else ())
        ],
        "remarks": list(completed.remarks) if completed else [],
        "quarantine": {"reasons": list(report.quarantine)} if report.quarantine else None,
        "error": report.error or None,
        "seconds": round(report.seconds, 3),
    }


def plan_document(runs: Sequence[CompanyRun], *, everything: bool) -> Document:
    """Give what `plan` reports: decisions of what is due (or of everything open), and the notices they make."""
    first = min((run.as_of for run in runs), default=None)
    return {
        "today": day(first),
        "decisions": [
            _decision(run, one, decision, items[decision.item_id])
            for run in runs
            for one in run.planned
            for items in [{item.item_id: item for item in one.case.items}]
            for decision in one.outcome.decisions
            if everything or is_due(decision)
        ],
        "notices": [_notice(run, one, notice) for run in runs for one in run.planned for notice in one.outcome.notices],
    }


def _decision(run: CompanyRun, one: Planned, decision: Decision, item: OpenItem) -> Document:
    hold = decision if isinstance(decision, Hold) else None
    debtor = one.case.debtor(item)
    return {
        "company": run.company.company_id,
        "customer_id": debtor.customer_id,
        "customer": debtor.name,
        "number": item.number,
        "action": "hold" if hold else "remind",
        "level": decision.level_id or None,
        "channel": decision.channel.value if decision.channel else None,
        "on": day(decision.on) if isinstance(decision, Remind) else None,
        "until": day(hold.until) if hold else None,
        "reason": hold.reason.value if hold else None,
        "explanation": explain(decision, item, one.plan, debtor, run.company.language),
    }


def _notice(run: CompanyRun, one: Planned, notice: Notice) -> Document:
    return {
        "company": run.company.company_id,
        "customer_id": notice.customer_id,
        "customer": one.case.customer.name,
        "level": notice.level_id,
        "channel": notice.channel.value,
        "on": day(notice.on),
        "to": notice.to.email if notice.to else None,
        "subject": run.subject(notice, one.case),
        "items": [
            {
                "number": line.item.number,
                "level": line.level_id,
                "currency": line.asked.currency,
                "asked": str(line.asked),
            }
            for line in notice.lines
        ],
        "totals": amounts(notice.totals),
        "also_open": [item.number for item in notice.also_open],
    }


def run_document(runs: Sequence[CompanyRun]) -> Document:
    """Give what `run` reports."""
    moved = [reminder for run in runs for reminder in run.moved.values()]
    ended = [reminder for reminder in moved if reminder.state in _ENDED]
    counted = {
        state.value: sum(run.count(state) for run in runs)
        for state in (
            ReminderState.SENT,
            ReminderState.FAILED,
            ReminderState.UNCERTAIN,
            ReminderState.AWAITING_APPROVAL,
        )
    }
    return {
        **plan_document(runs, everything=False),
        "companies": [_synced(run.synced) for run in runs if run.synced is not None],
        "reminders": [reminder_document(reminder) for reminder in moved if reminder.state not in _ENDED],
        "ended": [reminder_document(reminder) for reminder in ended],
        **counted,
        "notes": sum(run.notes for run in runs),
        "problems": [{"company": run.company.company_id, "message": text} for run in runs for text in run.problems],
    }


def reminder_document(reminder: Reminder) -> Document:
    """Give one reminder."""
    currencies = sorted({line.asked.currency for line in reminder.lines})
    return {
        "id": reminder.reminder_id,
        "company": reminder.company_id,
        "customer_id": reminder.customer_id,
        "level": reminder.level_id,
        "channel": reminder.channel.value,
        "state": reminder.state.value,
        "on": day(reminder.on),
        "items": [
            {
                "number": line.number,
                "level": line.level_id,
                "currency": line.asked.currency,
                "asked": str(line.asked),
            }
            for line in reminder.lines
        ],
        "totals": {
            currency: str(_sum([line.asked for line in reminder.lines if line.asked.currency == currency]))
            for currency in currencies
        },
        "message_id": reminder.message_id,
        "to": reminder.to or None,
        "test": reminder.rehearsal,
        "error": reminder.error or None,
    }


def digest_document(digest: DailyDigest) -> Document:
    """Give what a collaborator's digest says."""
    return {
        "name": digest.collaborator.name or None,
        "to": digest.collaborator.email or None,
        "on": day(digest.on),
        "since": day(digest.since),
        "nothing_to_do": digest.nothing_to_do,
        "companies": [
            {
                "company": one.company_id,
                "name": one.name,
                "to_go": dict(one.to_go),
                "awaiting_approval": one.awaiting_approval,
                "tasks": one.tasks,
                "uncertain": one.uncertain,
                "failed": one.failed,
                "blocked": one.block or None,
                "received": {currency: str(money) for currency, money in one.received.items()},
            }
            for one in digest.companies
        ],
        "largest": [
            {
                "company": one.company,
                "customer": one.customer,
                "number": one.item.number,
                "days_late": one.item.days_late(digest.on),
                "currency": one.item.currency,
                "balance": str(one.item.balance),
            }
            for one in largest_of(digest.companies)
        ],
    }


def told_document(told: Told) -> Document:
    """Give what became of a collaborator's digest in a run."""
    return {"to": told.email, "on": day(told.on), "state": told.state.value, "problem": told.problem or None}


def _sum(amounts_of_one_currency: list[Money]) -> Money:
    first, *others = amounts_of_one_currency
    for other in others:
        first += other
    return first
