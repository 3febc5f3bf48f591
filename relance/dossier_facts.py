"""What a dossier tells of an item, as figures and days that a program can read: the JSON document inside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.charge_words import reason_text
from engine.charging import charges_for
from engine.choosing import chosen_plan
from engine.kinds import Charges
from engine.model import NoticeLine
from engine.money import Money
from engine.rates import MissingRateError
from relance.config.build import creditor_of
from relance.history import history_of
from relance.rates import rates_with
from relance.wiring import setup_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from engine.calendar import BusinessCalendar
    from engine.claims import Statement
    from engine.creditor import Creditor
    from engine.model import Customer, OpenItem
    from engine.plan import Plan
    from engine.records import PaymentSeen
    from relance.config import CompanyConfig
    from relance.finding import Found
    from relance.installation import Installation
    from state.dossiers import HoldPassed, SentAbout
    from state.letters import Letter, Proof
    from state.store import Store

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of an item on a day; `statement` is None where its interest could not be reckoned (`unreckoned` says why)."""

    company: CompanyConfig
    creditor: Creditor
    customer: Customer
    item: OpenItem
    as_of: date
    calendar: BusinessCalendar
    sent: tuple[SentAbout, ...]
    letters: dict[str, Letter]
    proofs: dict[str, tuple[Proof, ...]]
    stops: tuple[HoldPassed, ...]
    payments: tuple[PaymentSeen, ...]
    history: tuple[Document, ...]
    statement: Statement | None
    unreckoned: str

    def local_day(self, at: datetime) -> date:
        """Give the company's own day of an instant."""
        return self.calendar.local(at).date()


def facts_of(installation: Installation, store: Store, found: Found, as_of: date) -> Facts:
    """Read all that is known of an item."""
    company_id, item = found.company_id, found.item
    company = installation.company(company_id)
    setup = setup_of(installation.config, company)
    customer = store.customer(company_id, item.customer_id)
    creditor = creditor_of(company, installation.config.firm)
    sent = tuple(store.sent_about(company_id, item.item_id))
    payments = tuple(store.payments_of(company_id, [item.item_id]))
    case = store.case_file(company_id, item.customer_id, rehearsal=False)
    noticed = _noticed_on(sent, chosen_plan(setup, store, customer, case.items, as_of).plan)
    statement, unreckoned = _reckoned(installation, creditor, customer, item, as_of, payments, noticed)
    about = {one.reminder_id for one in sent}
    letters = {one.reminder_id: one for one in store.letters(company_id) if one.reminder_id in about}
    return Facts(
        company=company,
        creditor=creditor,
        customer=customer,
        item=item,
        as_of=as_of,
        calendar=setup.calendar,
        sent=sent,
        letters=letters,
        proofs={key: tuple(store.proofs(company_id, key)) for key in letters},
        stops=tuple(store.holds_passed(company_id, item)),
        payments=payments,
        history=tuple(_in_earnest(history_of(store, found, company.language, setup.calendar), store, company_id)),
        statement=statement,
        unreckoned=unreckoned,
    )


def _in_earnest(history: Sequence[Document], store: Store, company_id: str) -> list[Document]:
    """Leave out what was only rehearsed: the customer received nothing of it, so it proves nothing."""
    known = {entry["reminder"] for entry in history if entry["reminder"]}
    rehearsed = {one for one in known if store.find_reminder(one, company_id).rehearsal}
    return [
        entry
        for entry in history
        if rehearsed.isdisjoint({entry["reminder"], str(entry["detail"].get("key", "")).partition(":")[2]})
    ]


def document_of(facts: Facts, *, how: str, reason: str) -> Document:
    """Give the dossier as JSON: ISO days, amounts as text beside their currency."""
    item, customer, creditor = facts.item, facts.customer, facts.creditor
    return {
        "format": "relance-dossier-1",
        "made_on": facts.as_of.isoformat(),
        "closed": {"how": how, "reason": reason} if how else None,
        "company": {
            "id": creditor.company_id,
            "name": creditor.name,
            **{name: getattr(creditor.legal, name) for name in ("form", "capital", "siren", "rcs", "vat", "address")},
        },
        "customer": {
            "id": customer.customer_id,
            "name": customer.name,
            "kind": customer.kind.value,
            "country": customer.country,
            "address": list(customer.postal_address),
            "contacts": [
                {"name": one.name, "email": one.email, "phone": one.phone, "role": one.role.value}
                for one in customer.contacts
            ],
        },
        "item": {
            "id": item.item_id,
            "number": item.number,
            "reference": item.reference,
            "kind": item.kind.value,
            "issued_on": item.issued_on.isoformat(),
            "due_on": item.due_on.isoformat(),
            "due_source": item.due_source.value,
            "currency": item.currency,
            "total": str(item.total),
            "balance": str(item.balance),
        },
        "sent": [_sent(one, facts) for one in facts.sent],
        "payments": [
            {
                "on": one.paid_on.isoformat(),
                "amount": str(one.amount),
                "currency": one.amount.currency,
                "undone": one.undone,
            }
            for one in facts.payments
        ],
        "interest": _interest(facts),
        "stops": [_stop(one) for one in facts.stops],
        "history": list(facts.history),
    }


def _sent(one: SentAbout, facts: Facts) -> Document:
    letter = facts.letters.get(one.reminder_id)
    return {
        "id": one.reminder_id,
        "purpose": one.purpose.value,
        "level": one.level_id,
        "channel": one.channel.value,
        "sent_on": one.sent_on.isoformat(),
        "sent_at": _instant(one.sent_at),
        "deadline_on": _day(one.deadline_on),
        "subject": one.subject,
        "to": one.recipients,
        "message_id": one.message_id,
        "answer": one.reply,
        "approved_by": one.approved_by or None,
        "bounced_at": _instant(one.bounced_at),
        "sha256": one.sha256,
        "letter": None
        if letter is None
        else {
            "state": letter.state,
            "posted_on": _day(letter.posted_on),
            "registered_number": letter.number or None,
            "presented_on": _day(letter.presented_on),
            "returned": letter.returned.value if letter.returned else None,
            "proofs": [
                {"kind": proof.kind.value, "sha256": proof.sha256} for proof in facts.proofs.get(one.reminder_id, ())
            ],
        },
    }


def _stop(one: HoldPassed) -> Document:
    return {
        "kind": one.kind.value,
        "reason": one.reason,
        "author": one.author,
        "recorded_at": one.recorded_at.isoformat(),
        "until": _day(one.until),
        "promised_on": _day(one.promised_on),
        "promised": str(one.promised) if one.promised else None,
        "disputed": str(one.disputed) if one.disputed else None,
        "released_at": _instant(one.released_at),
        "outcome": one.outcome or None,
    }


def _interest(facts: Facts) -> Document | None:
    found = facts.statement
    if found is None:
        return {"as_of": facts.as_of.isoformat(), "reason": facts.unreckoned}
    return {
        "as_of": facts.as_of.isoformat(),
        "law": found.law,
        "reason": found.reason.value if found.reason else None,
        "principal": str(found.principal),
        "interest": str(found.interest),
        "indemnity": str(found.indemnity),
        "total": str(found.total),
        "currency": found.principal.currency,
        "imputation": found.imputation.value,
        "day_count": found.day_count.value,
        "segments": [
            {
                "from": one.first.isoformat(),
                "to": one.last.isoformat(),
                "days": one.days,
                "base": str(one.base),
                "rate": str(one.rate),
                "amount": str(one.amount),
            }
            for one in found.segments
        ],
        "sources": list(found.sources),
    }


def _reckoned(
    installation: Installation,
    creditor: Creditor,
    customer: Customer,
    item: OpenItem,
    as_of: date,
    payments: tuple[PaymentSeen, ...],
    noticed_on: date | None,
) -> tuple[Statement | None, str]:
    line = NoticeLine(
        item=item, level_id="", asked=item.balance, credit=Money.zero(item.currency), charges=Charges.CLAIM
    )
    notices = {item.item_id: noticed_on} if noticed_on else {}
    rates = rates_with(installation.config.rates)
    try:
        found = charges_for([line], customer, creditor, rates, as_of, payments, formal_notices=notices)
    except MissingRateError as error:
        return None, str(error)
    if not found:
        return None, ""
    statement = found[0].statement
    return statement, reason_text(statement.reason, creditor.language) if statement.reason else ""


def _noticed_on(sent: tuple[SentAbout, ...], plan: Plan) -> date | None:
    """Give the day of the first formal notice about the item."""
    formal = {level.level_id for level in plan.levels if level.is_formal}
    return next((one.sent_on for one in sent if one.level_id in formal), None)


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _instant(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
