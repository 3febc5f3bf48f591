"""What a person does with reminders and tasks: the use cases behind the commands and the pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.casework import judged, queued_lines
from engine.choosing import chosen_plan
from engine.errors import RelanceError
from engine.explain import explain
from engine.extra import extra_notice
from engine.freshness import known_until
from engine.holds import Stop
from engine.kinds import HoldReason, Mode, Purpose, Tone
from engine.model import Hold
from engine.money import Money
from engine.records import Queued
from engine.run import block_of
from engine.setup import business_time
from engine.task_words import WORDED, task_words
from relance.config.identity import identity_advice
from relance.finding import find_item
from relance.installation import author
from relance.lock import AnotherInstanceError
from relance.running import deliver_company
from relance.task_commands import commands_of, done_command
from relance.wiring import setup_of
from state.approvals import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.records import Reminder
    from relance.documents import Document
    from relance.finding import Found
    from relance.installation import Installation
    from state.store import Store
    from state.tasks import Task


class CannotRemindError(RelanceError):
    """An extra reminder is not possible now; the text says what stops it."""


class NoSuchTaskError(RelanceError):
    """No open task has this key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A reminder after a person's action, with problems that still need one."""

    reminder: Reminder
    problems: list[str] = field(default_factory=list)


def approve_reminders(installation: Installation, store: Store, ids: Sequence[str] | None) -> list[Reminder]:
    """Release what waits: the reminders named, or all (None) of the companies asked for."""
    now = installation.clock.now()
    if ids is not None:
        return store.approve(None, ids, author(), now)
    return [
        reminder
        for company in installation.companies
        for reminder in store.approve(company.company_id, None, author(), now)
    ]


def approval_advice(installation: Installation, approved: Sequence[Reminder]) -> list[str]:
    """Say what the formal notices among them lack of the sender's legal identity, once for each company."""
    plans = installation.config.plans
    formal = {level.level_id for plan in plans.values() for level in plan.levels if level.tone is Tone.FORMAL}
    of_companies = dict.fromkeys(one.company_id for one in approved if one.level_id in formal)
    found = [(one, identity_advice(installation.company(one), plans.values())) for one in of_companies]
    return [f"{company_id}: {message}" for company_id, message in found if message]


def resolve_reminder(installation: Installation, store: Store, reminder_id: str, outcome: str) -> Reminder:
    """Record what became of an uncertain or failed reminder; one that went counts from the day it was planned for."""
    reminder = store.find_reminder(reminder_id)
    now = installation.clock.now()
    return store.resolve(reminder_id, Outcome(outcome), author(), reminder.on, now)


def remind_now(installation: Installation, number: str) -> Done:
    """Queue an extra reminder for one item, and send it at once unless another instance is running (which then does)."""
    with installation.store() as store:
        found = find_item(installation, store, number)
        queued = _queue_extra(installation, store, found)
    try:
        with installation.owned_store() as (store, owner):
            run = deliver_company(installation, store, owner, installation.company(found.company_id))
    except AnotherInstanceError:
        return Done(reminder=queued)
    return Done(reminder=run.moved.get(queued.reminder_id, queued), problems=run.problems)


def _queue_extra(installation: Installation, store: Store, found: Found) -> Reminder:
    company = installation.company(found.company_id)
    setup = setup_of(installation.config, company)
    if setup.mode in {Mode.OFF, Mode.PREVIEW}:
        raise CannotRemindError(f"{found.company_id} is in mode {setup.mode.value}: nothing leaves")
    now = installation.clock.now()
    as_of = business_time(setup.calendar, now, None).as_of
    rehearsal = setup.mode is Mode.REDIRECT
    case = store.case_file(found.company_id, found.item.customer_id, rehearsal=rehearsal)
    plan = chosen_plan(setup, store, case.customer, case.items, as_of).plan
    calendar = setup.calendar_for(case.customer)
    case = judged(case, plan, calendar, as_of, known_until(store.company_state(found.company_id), as_of, now))
    block = block_of(setup, store, as_of, now)
    notice = extra_notice(case, plan, calendar, as_of, found.item.item_id, block)
    if isinstance(notice, Stop):
        raise CannotRemindError(f"{found.item.number} cannot be reminded now: {notice.reason.value}")
    queued = store.queue(
        found.company_id,
        case.customer.customer_id,
        [
            Queued(
                customer_id=case.customer.customer_id,
                purpose=Purpose.EXTRA,
                level_id=Purpose.EXTRA.value,
                channel=notice.channel,
                on=as_of,
                deadline_on=notice.deadline_on,
                lines=queued_lines(notice, plan),
                needs_approval=False,
                occasion=f"{found.item.item_id}@{as_of.isoformat()}",
                rehearsal=rehearsal,
                approved_by=author(),
            )
        ],
        now,
    )
    if not queued:
        raise CannotRemindError(f"{found.item.number} has had an extra reminder today")
    return queued[-1]


def task_documents(installation: Installation, store: Store) -> list[Document]:
    """List the open tasks of the companies asked for, each with the commands that answer it."""
    return [
        _task_document(installation, store, task)
        for company in installation.companies
        for task in store.open_tasks(company.company_id)
    ]


def _task_document(installation: Installation, store: Store, task: Task) -> Document:
    title, text = _words(installation, store, task)
    item = store.balance_of(task.company_id, task.item_id or "")
    customer_id = task.customer_id or (item.customer_id if item else "")
    known = bool(customer_id) and store.has_customer(task.company_id, customer_id)
    number = item.number if item else _only_number(store, task)
    language = installation.company(task.company_id).language
    narrowed = task.company_id if len(installation.config.companies) > 1 else ""
    return {
        "company": task.company_id,
        "key": task.key,
        "kind": task.kind,
        "title": title,
        "text": text,
        "number": number or None,
        "customer_id": task.customer_id or None,
        "customer": store.customer(task.company_id, customer_id).name if known else None,
        "due_on": task.due_on.isoformat() if task.due_on else None,
        "commands": commands_of(task, number, customer_id, language, company=narrowed),
        "done": done_command(task, company=narrowed),
    }


def _only_number(store: Store, task: Task) -> str:
    """Give the number of the one invoice of a reminder that a person carries out, "" where there are several."""
    kind, _, reminder_id = task.key.partition(":")
    lines = store.find_reminder(reminder_id, task.company_id).lines if kind == "reminder" else ()
    return lines[0].number if len(lines) == 1 else ""


def _words(installation: Installation, store: Store, task: Task) -> tuple[str, str]:
    """Give title and text of a task: its own, or in words for what was found out without anybody's writing it down."""
    if task.kind not in WORDED or task.text:
        return task.title, task.text or _why(installation, store, task)
    item = store.balance_of(task.company_id, task.item_id or "")
    customer_id = task.customer_id or (item.customer_id if item else "")
    customer = store.customer(task.company_id, customer_id) if customer_id else None
    facts = dict(task.facts)
    if task.kind == HoldReason.ADDRESS_FAILED and not (customer and any(one.failed for one in customer.contacts)):
        # Refused for another reason than its address.
        return task.title, _why(installation, store, task)
    known = {"number": task.title, "customer_id": customer_id, "customer": customer.name if customer else ""}
    if item is not None:
        known["balance"] = f"{item.balance} {item.currency}"
    if customer is not None:
        known["phones"] = ", ".join(
            f"{one.name or customer.name} {one.phone}" for one in customer.contacts if one.phone
        )
        known["failed"] = ", ".join(one.email for one in customer.contacts if one.failed)
    if facts.get("basis") == "abroad" and customer is not None:
        known["abroad"] = customer.country
    return task_words(task.kind, {**known, **facts}, installation.company(task.company_id).language)


def _why(installation: Installation, store: Store, task: Task) -> str:
    """Word a task that planning asked for, on the data it was asked on; "" where its item is known no more."""
    item = store.balance_of(task.company_id, task.item_id or "")
    if item is None:
        return ""
    company = installation.company(task.company_id)
    customer = store.customer(task.company_id, item.customer_id)
    hold = Hold(
        item_id=item.item_id,
        reason=HoldReason(task.kind) if task.kind in set(HoldReason) else HoldReason.HOLD,
        until=None,
        held=item.balance,
        covered=Money.zero(item.currency),
        level_id=dict(task.facts).get("level", ""),
        facts=task.facts,
    )
    setup = setup_of(installation.config, company)
    plan = setup.plans.get(dict(task.facts).get("plan", "")) or setup.plans[setup.default_plan]
    return explain(hold, item, plan, customer, company.language)


def close_task(installation: Installation, store: Store, key: str) -> None:
    """Close a task that a person has done."""
    for company in installation.companies:
        if any(task.key == key for task in store.open_tasks(company.company_id)):
            store.close_task(company.company_id, key, author(), installation.clock.now())
            return
    raise NoSuchTaskError(f"no open task has the key {key!r}")
