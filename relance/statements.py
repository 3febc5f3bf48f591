"""A customer's statement of account on demand: shown, or sent at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.errors import RelanceError
from engine.kinds import Mode
from engine.money import totals
from engine.setup import business_time
from engine.statements import statement
from engine.telling import addressee, on_statement
from relance.customer_file import find_customer
from relance.installation import author
from relance.lock import AnotherInstanceError
from relance.running import deliver_company
from relance.wiring import renderer_of, setup_of

if TYPE_CHECKING:
    from datetime import date

    from engine.records import CaseFile, Reminder
    from engine.setup import CompanySetup
    from relance.documents import Document
    from relance.installation import Installation
    from state.store import Store


class CannotStateError(RelanceError):
    """A statement cannot be sent; the text says what stops it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A statement that a person sent, with problems that still need one."""

    reminder: Reminder
    problems: list[str] = field(default_factory=list)


def statement_document(installation: Installation, store: Store, customer_id: str) -> Document:
    """Give a customer's statement as of today, as words and as figures."""
    setup, case, today = _read(installation, store, customer_id)
    company = installation.company(setup.company_id)
    subject, text = renderer_of(installation, company).statement_text(case, today)
    return {
        "company": setup.company_id,
        "customer_id": case.customer.customer_id,
        "customer": case.customer.name,
        "as_of": today.isoformat(),
        "subject": subject,
        "text": text,
        "accounts": _accounts(case, today),
    }


def send_statement(installation: Installation, customer_id: str) -> Sent:
    """Queue a customer's statement, and send it at once unless another instance is running (which then does)."""
    with installation.store() as store:
        queued = _queue(installation, store, customer_id)
    try:
        with installation.owned_store() as (store, owner):
            run = deliver_company(installation, store, owner, installation.company(queued.company_id))
    except AnotherInstanceError:
        return Sent(reminder=queued)
    return Sent(reminder=run.moved.get(queued.reminder_id, queued), problems=run.problems)


def _queue(installation: Installation, store: Store, customer_id: str) -> Reminder:
    setup, case, today = _read(installation, store, customer_id)
    name = case.customer.name
    if setup.mode in {Mode.OFF, Mode.PREVIEW}:
        raise CannotStateError(f"{setup.company_id} is in mode {setup.mode.value}: nothing leaves")
    if case.customer.do_not_contact:
        raise CannotStateError(f"{name} must not be contacted")
    if addressee(case.customer) is None:
        raise CannotStateError(f"{name} has no address to write to")
    if not on_statement(case.items):
        raise CannotStateError(f"{name} has nothing open")
    wanted = statement(
        case,
        today,
        f"asked:{today.isoformat()}",
        needs_approval=False,
        rehearsal=setup.mode is Mode.REDIRECT,
        approved_by=author(),
    )
    queued = store.queue(setup.company_id, case.customer.customer_id, [wanted], installation.clock.now())
    if not queued:
        raise CannotStateError(f"{name} has had a statement today")
    return queued[-1]


def _read(installation: Installation, store: Store, customer_id: str) -> tuple[CompanySetup, CaseFile, date]:
    """Read a customer's file: the payer's, where another pays for them."""
    company_id = find_customer(installation, store, customer_id)
    setup = setup_of(installation.config, installation.company(company_id))
    rehearsal = setup.mode is Mode.REDIRECT
    payer_id = store.customer(company_id, customer_id).payer_id
    case = store.case_file(company_id, payer_id or customer_id, rehearsal=rehearsal)
    return setup, case, business_time(setup.calendar, installation.clock.now(), None).as_of


def _accounts(case: CaseFile, today: date) -> dict[str, dict[str, str]]:
    shown = on_statement(case.items)
    invoices = [item for item in shown if item.balance.minor > 0]
    asked = totals([item.balance for item in invoices])
    overdue = totals([item.balance for item in invoices if item.due_on < today])
    credited = totals([item.balance for item in shown if item.balance.minor < 0])
    balance = totals([item.balance for item in shown])
    return {
        currency: {
            name: str(sums[currency]) if currency in sums else str(total - total)
            for name, sums in (("invoices", asked), ("overdue", overdue), ("credits", credited), ("balance", balance))
        }
        for currency, total in balance.items()
    }
