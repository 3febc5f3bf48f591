"""The strings, booleans and whole numbers that a template may print, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyText:
    """Who writes."""

    name: str
    legal: tuple[str, ...]
    address: str
    country: str
    phone: str
    email: str
    contact: str
    signatory: str
    title: str
    on_behalf: str
    mandate: str
    accent: str
    accent_dark: str
    has_logo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerText:
    """Who is written to; `phones` are (name, number) pairs for a caller."""

    name: str
    contact: str
    address: tuple[str, ...]
    phones: tuple[tuple[str, str], ...]
    is_business: bool
    is_consumer: bool
    is_public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineText:
    """An invoice in the table: `remaining` is its balance before the credits that the table shows as lines.

    `disputed` says which part of it is contested and not asked here, "" for none; `debtor` names the customer of an
    invoice that somebody else pays, else "".
    """

    number: str
    reference: str
    issued_on: str
    due_on: str
    total: str
    paid: str
    remaining: str
    days_late: int
    late: str
    link: str
    disputed: str = ""
    debtor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditText:
    """A credit in the table, or several summed up in one line (`is_sum`). `amount` is negative.

    `number` is "" for a sum, and for a payment that nobody knows by more than its day.
    """

    number: str
    issued_on: str
    is_payment: bool
    amount: str
    is_sum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableText:
    """What is asked in one currency, and what is open besides, as information."""

    currency: str
    lines: tuple[LineText, ...]
    credits: tuple[CreditText, ...]
    total: str
    also_open: tuple[LineText, ...]
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentText:
    """How to pay: `reference` is what to quote; `link` is the one page for all lines, "" where each has its own.

    `code` is what the code for banking applications says (EPC069-12), "" where there is none to show; `means` are other
    ways to pay, a line each, in the company's own words.
    """

    iban: str
    bic: str
    holder: str
    reference: str
    link: str
    has_links: bool
    code: str = ""
    means: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeSegmentText:
    """A run of days with one rate on one sum, both days included."""

    first: str
    last: str
    days: str
    base: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRowText:
    """The reckoning of one invoice: its segments, and what they come to; `indemnity` is "" where there is none."""

    number: str
    due_on: str
    segments: tuple[ChargeSegmentText, ...]
    interest: str
    indemnity: str
    total: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargesText:
    """What the law gives the creditor, for the lines whose level says so.

    `law` names the rule that applies: fr_business, fr_public, fr_civil, de_business, es_business, it_business,
    nl_business, be_business, uk_business, eu_business, or "" to say nothing; `law_name` its texts in the language.
    `claimed` says that the level claims them, else it only shows them. `has_amounts` says that they were reckoned, to
    `as_of`: then `interest`, `indemnity` ("" for none) and `total` are their sums, and `grand_total` is all that is asked
    with them. `mention` names the law in the same way where it is only to be named, without a figure: then `law` is "",
    and `law_name` is of the mention. `indemnity_apart` is a fixed sum in another currency, in no total. `rates` lists the rates in percent a
    year; `imputation` is principal or interest where part payments came after the due date, else "".
    """

    law: str
    claimed: bool
    numbers: str
    one: bool
    late_rate: str
    law_name: str = ""
    mention: str = ""
    has_amounts: bool = False
    as_of: str = ""
    interest: str = ""
    indemnity: str = ""
    indemnity_apart: str = ""
    total: str = ""
    grand_total: str = ""
    rates: str = ""
    imputation: str = ""
    rows: tuple[ChargeRowText, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseText:
    """A payment that the customer promised for a day; `numbers` names its invoices.

    `amount` is what was promised, `received` what has come in since ("" for nothing).
    """

    on: str
    amount: str
    numbers: str
    received: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeText:
    """A disagreement as it was recorded: `reason` is what was understood, "" where nobody wrote it down.

    `disputed` is the amount contested, `undisputed` what is payable all the same ("" where the whole is contested).
    `answered_by` names who answers ("" for nobody in particular), `answer_on` the last day on which they will.
    """

    is_whole: bool
    reason: str
    disputed: str
    undisputed: str
    answered_by: str
    answer_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentText:
    """One payment of a plan in instalments; `position` counts from 1, `left` is what remains after it."""

    position: int
    on: str
    amount: str
    left: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalmentsText:
    """A plan in instalments; `agree_on` is the day by which the customer's written agreement is asked for."""

    lines: tuple[InstalmentText, ...]
    count: int
    total: str
    agree_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountText:
    """All that is open in one currency: invoices with what is overdue of them, credits and payments apart.

    `lines` are the invoices, oldest due date first; `total` their sum, `overdue` the part past its due date ("" for
    none) of `overdue_count` invoices, `coming` the part not due yet ("" for none). `credits_total` is negative ("" without
    credits), `balance` what is left of `total` after them.
    """

    currency: str
    lines: tuple[LineText, ...]
    total: str
    overdue: str
    overdue_count: int
    coming: str
    credits: tuple[CreditText, ...]
    credits_total: str
    balance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactText:
    """An earlier contact about what is asked: its day, and the channel by its name in the configuration."""

    on: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestedText:
    """An open invoice that the customer contests, wholly or for `amount`; `reason` is what was noted, or ""."""

    number: str
    amount: str
    reason: str


NO_DISPUTE: Final = DisputeText(is_whole=True, reason="", disputed="", undisputed="", answered_by="", answer_on="")
NO_INSTALMENTS: Final = InstalmentsText(lines=(), count=0, total="", agree_on="")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailContent:
    """All that a template may print: strings, booleans, whole numbers, and tuples of them.

    `level` is the message: before_due, friendly, firm, final, formal, broken_promise, thank_you, dispute, promise,
    instalments or statement. `numbers` names the invoices ("" when
    there are more than a sentence can bear), `one` says that there is one. `chased` are those that were reminded after
    their due date before, on `previous_days`; `fresh` the others; `top` those of the highest level. `deadline`
    is "" where no date is asked. `by_mail` says that the reader can simply answer. `promise_on` is the day of a broken promise, else "".
    `promises` are the promises spoken of: those that were broken, or in `promise` the ones noted. `dispute`,
    `instalments` and `accounts` are of the message of that name (`accounts` of `statement`), empty in every other.
    `deadline_days` are the days that a registered letter gives from its first presentation, 0 for every other.
    `tone` is the level's (friendly, firm, final, formal; "" where there is no level). `contacts` are the latest contacts
    and `contested` the invoices in dispute: for whoever calls. `paid_on` is the day on which the last payment that a
    thank-you is for was recorded ("" where that is not known). `shows_total` says that the table ends with what is to be paid, `shows_payment` that means of payment are given.
    `attached` counts the invoices that are enclosed, `papers` the other files.
    """

    level: str
    language: str
    form: str
    today: str
    channel: str
    by_mail: bool
    company: CompanyText
    customer: CustomerText
    count: int
    one: bool
    numbers: str
    due_on: str
    total: str
    deadline: str
    tables: tuple[TableText, ...]
    also_open_count: int
    chased: str
    chased_count: int
    fresh: str
    fresh_count: int
    previous_days: tuple[str, ...]
    top: str
    top_count: int
    is_mixed: bool
    promise_on: str
    payment: PaymentText
    charges: ChargesText
    attached: int
    promises: tuple[PromiseText, ...] = ()
    dispute: DisputeText = NO_DISPUTE
    instalments: InstalmentsText = NO_INSTALMENTS
    accounts: tuple[AccountText, ...] = ()
    tone: str = ""
    deadline_days: int = 0
    contacts: tuple[ContactText, ...] = ()
    contested: tuple[ContestedText, ...] = ()
    paid_on: str = ""
    shows_total: bool = True
    shows_payment: bool = True
    papers: int = 0


def as_data(value: object) -> object:
    """Turn a content tree into plain dicts and lists; nothing else reaches a template."""
    if is_dataclass(value):
        return {field.name: as_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [as_data(part) for part in value]
    return value
