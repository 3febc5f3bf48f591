"""From the configuration to the engine's values: plans, calendars, the company as its customers read it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from engine.calendar import BusinessCalendar, Period, french_area
from engine.creditor import BankAccount, Brand, Creditor, Desk, LegalIdentity, Signatory
from engine.plan import AfterSilence, CustomerCap, Level, Plan
from engine.rules import AmountBound, Condition, PlanRule
from engine.setup import Confirmations, Statements
from engine.spread import Ramp, Spread
from relance.config.logo import read_logo
from relance.config.places import HOME
from relance.config.schema_rules import Owed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relance.config.load import Config
    from relance.config.schema import CompanyConfig
    from relance.config.schema_pay import BankConfig
    from relance.config.schema_people import FirmConfig
    from relance.config.schema_plan import LevelConfig, PlanConfig
    from relance.config.schema_rules import RuleCondition

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def plan_of(plan_id: str, written: PlanConfig) -> Plan:
    """Turn a plan as written into the engine's plan."""
    return Plan(
        plan_id=plan_id,
        levels=tuple(_level_of(level) for level in written.levels),
        group=written.group,
        min_gap_days=written.min_gap_days,
        min_balance=written.min_balance,
        thank_you=written.thank_you,
        ask_after_days_late=written.ask_after_days_late,
        promise_tolerance=written.promise_tolerance,
        customer_cap=(
            CustomerCap(contacts=written.customer_cap.contacts, days=written.customer_cap.days)
            if written.customer_cap is not None
            else None
        ),
    )


def plans_of(config: Config, company: CompanyConfig | None = None) -> dict[str, Plan]:
    """Give all plans by their id; for a company, with what it says of its account owners."""
    plans = {plan_id: plan_of(plan_id, written) for plan_id, written in config.plans.items()}
    if company is None or company.account_owner is None:
        return plans
    days = company.account_owner.days_before
    return {plan_id: replace(plan, owner_days=days) for plan_id, plan in plans.items()}


def rules_of(company: CompanyConfig) -> tuple[PlanRule, ...]:
    """Give the rules that choose a customer's plan, in their order."""
    return tuple(PlanRule(condition=_condition_of(rule.condition), plan_id=rule.plan) for rule in company.plan_rules)


def spread_of(company: CompanyConfig) -> Spread | None:
    """Say how many notices of a company may leave in a day; None for as many as there are."""
    send = company.send
    if send.per_day is None and send.ramp is None:
        return None
    ramp = Ramp(start=send.ramp.start, step=send.ramp.step) if send.ramp is not None else None
    return Spread(per_day=send.per_day, ramp=ramp)


def confirmations_of(company: CompanyConfig) -> Confirmations:
    """Say what a company confirms to its customers."""
    return Confirmations(**company.confirmations.model_dump())


def statements_of(company: CompanyConfig) -> Statements | None:
    """Say when a company's customers get a statement of account; None where none leave on schedule."""
    return None if company.statements is None else Statements(**company.statements.model_dump())


def calendar_of(company: CompanyConfig) -> BusinessCalendar:
    """Say when a company may write; its postcode stands for the French area where no subdivision is given."""
    subdivision = company.subdivision
    if subdivision is None and company.country == HOME and company.postcode is not None:
        subdivision = french_area(company.postcode)
    opens, closes = company.send.between
    return BusinessCalendar(
        country=company.country,
        subdivision=subdivision,
        timezone=company.timezone,
        send_days=frozenset(_WEEKDAYS.index(day) for day in company.send.days),
        opens=opens,
        closes=closes,
        keep_holidays=company.send.holidays,
        closed=tuple(Period(first=period.first, last=period.last) for period in company.closed),
        prefer=frozenset(_WEEKDAYS.index(day) for day in company.send.prefer),
        prefer_within=company.send.prefer_within,
        bridge_days=company.send.bridge_days,
        customer_holidays=company.send.customer_holidays,
    )


def creditor_of(company: CompanyConfig, firm: FirmConfig) -> Creditor:
    """Give the company as its customers read it; raise LogoError when its logo cannot be used."""
    bank, contact = company.bank, company.contact
    return Creditor(
        company_id=company.company_id,
        name=company.name,
        legal=LegalIdentity(**company.legal.model_dump()),
        signatory=Signatory(**company.signatory.model_dump()),
        signatories=tuple((name, Signatory(**one.model_dump())) for name, one in company.signatories.items()),
        contact=Desk(name=contact.name, phone=contact.phone, email=contact.email or ""),
        bank=_account_of(bank),
        payment_link=company.payment_link or "",
        brand=Brand(
            color=company.brand.color or "",
            logo=read_logo(company.brand.logo) if company.brand.logo is not None else None,
        ),
        country=company.country,
        language=company.language,
        address_form=company.address,
        firm_name=firm.name,
        mandate_signed_on=company.mandate.signed_on,
        late_rate=company.late_rate,
        imputation=company.imputation,
        payment_means=tuple(company.payment_means.items()),
    )


def _account_of(bank: BankConfig) -> BankAccount | None:
    if bank.iban is None:
        return None
    return BankAccount(iban=bank.iban, bic=bank.bic or "", qr_code=bank.qr_code, rf_reference=bank.reference == "rf")


def planning_fingerprint(company: CompanyConfig, plans: Mapping[str, Plan]) -> str:
    """Give a figure that changes when anything does that decisions follow from: plans, rules, mode, calendar.

    All plans count, since a rule or a person may give a customer any of them.
    """
    basis = {
        "plans": {plan_id: _plain(plan) for plan_id, plan in plans.items()},
        "plan": company.plan,
        "plan_rules": [rule.model_dump(mode="json", by_alias=True) for rule in company.plan_rules],
        "mode": company.mode.value,
        "calendar": _plain(calendar_of(company)),
        "spread": _plain(spread_of(company)),
    }
    text = json.dumps(basis, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _condition_of(written: RuleCondition) -> Condition:
    amount = written.amount
    return Condition(
        tag=written.tag or "",
        kind=written.kind,
        country=written.country or "",
        currency=written.currency or "",
        amount=(
            AmountBound(
                currency=amount.currency, over=amount.over, under=amount.under, overdue=amount.of is Owed.OVERDUE
            )
            if amount is not None
            else None
        ),
        days_late_over=written.days_late_over,
    )


def _level_of(level: LevelConfig) -> Level:
    return Level(
        level_id=level.level_id,
        offset=level.offset,
        channel=level.channel,
        tone=level.tone,
        deadline_days=level.deadline_days,
        charges=level.charges,
        approval=level.approval,
        to=level.to,
        cc=level.cc,
        template=level.template or "",
        min_amount=level.min_amount,
        max_amount=level.max_amount,
        signatory=level.signatory or "",
        copy_owner=level.copy_owner,
        attachments=tuple(dict.fromkeys(level.attachments)),
        after_silence=(
            AfterSilence(channel=level.after_silence.channel, levels=level.after_silence.levels)
            if level.after_silence is not None
            else None
        ),
    )


def _plain(value: object) -> Any:
    """Reduce a value of the engine to what JSON can hold, always in the same order and spelling."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(entry) for entry in value)
    if isinstance(value, (tuple, list)):
        return [_plain(entry) for entry in value]
    return value
