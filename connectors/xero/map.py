"""Xero's documents as open items and payments; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from connectors.xero.dates import day, version
from engine.kinds import DueSource, ItemKind
from engine.model import OpenItem
from engine.money import InexactAmountError, Money
from engine.records import BadLine, PaymentSeen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date
    from decimal import Decimal

    from connectors.xero.rows import (
        Allocation,
        Credit,
        CreditNoteRow,
        Document,
        InvoiceRow,
        OverpaymentRow,
        PaymentRow,
        PrepaymentRow,
        RowT,
    )

INVOICE: Final = "invoice:"
CREDIT_NOTE: Final = "credit_note:"
OVERPAYMENT: Final = "overpayment:"
PREPAYMENT: Final = "prepayment:"

_OUR_INVOICE: Final = "ACCREC"
_OUR_CREDIT_NOTE: Final = "ACCRECCREDIT"
_OUR_OVERPAYMENTS: Final = frozenset({"RECEIVE-OVERPAYMENT", "AROVERPAYMENT"})
_OUR_PREPAYMENTS: Final = frozenset({"RECEIVE-PREPAYMENT", "ARPREPAYMENT"})
_OUR_PAYMENT: Final = "ACCRECPAYMENT"
_NOT_YET: Final = frozenset({"DRAFT", "SUBMITTED"})
_VOID: Final = frozenset({"VOIDED", "DELETED"})
_PAID: Final = "PAID"
_STANDING: Final = frozenset({"AUTHORISED", _PAID})
_ASSUMED_TERM: Final = timedelta(days=30)
# No amount of money has more digits before its point.
_MOST_DIGITS: Final = 15
_CODE_LETTERS: Final = 3
# What CurrencyRate is where no currency was converted; it is read for nothing else.
_NO_RATE: Final = (None, 0, 1)


class UnusableRowError(ValueError):
    """A row says something that cannot be true, or lacks what an item must have."""


@dataclass(slots=True, kw_only=True)
class Mapped:
    """What a page's rows came to.

    `names` are the customers' names as the documents carry them; `assumed` and `reversed` the numbers of invoices
    without a due date, and of those due before they were issued.
    """

    items: list[OpenItem] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    payments: list[PaymentSeen] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    reversed: list[str] = field(default_factory=list)


def invoices(rows: Iterable[tuple[int, InvoiceRow]], *, base_currency: str) -> Mapped:
    """Read invoices; whatever is not a sales invoice is dropped, drafts too."""

    def read(row: InvoiceRow, to: Mapped) -> None:
        if row.type != _OUR_INVOICE or row.status in _NOT_YET:
            return
        identity = _identity(INVOICE, row.invoice_id)
        if row.status in _VOID:
            to.voided.append(identity)
        else:
            to.items.append(_invoice(row, identity, base_currency, to))

    return _each("Invoices", rows, read, lambda row: row.invoice_number or row.invoice_id)


def credit_notes(rows: Iterable[tuple[int, CreditNoteRow]], *, base_currency: str) -> Mapped:
    """Read our own credit notes."""

    def read(row: CreditNoteRow, to: Mapped) -> None:
        if row.type != _OUR_CREDIT_NOTE or row.status in _NOT_YET:
            return
        identity = _identity(CREDIT_NOTE, row.credit_note_id)
        if row.status in _VOID:
            to.voided.append(identity)
            return
        number = row.credit_note_number or row.reference or _short(identity)
        to.items.append(_credit(row, identity, number, ItemKind.CREDIT_NOTE, base_currency, to))

    return _each("CreditNotes", rows, read, lambda row: row.credit_note_number or row.credit_note_id)


def overpayments(rows: Iterable[tuple[int, OverpaymentRow]], *, base_currency: str) -> Mapped:
    """Read what customers paid beyond what they owed."""

    def read(row: OverpaymentRow, to: Mapped) -> None:
        if row.type in _OUR_OVERPAYMENTS and row.status not in _NOT_YET:
            identity = _identity(OVERPAYMENT, row.overpayment_id)
            _money_on_account(row, identity, row.reference or "", base_currency, to)

    return _each("Overpayments", rows, read, lambda row: row.reference or row.overpayment_id)


def prepayments(rows: Iterable[tuple[int, PrepaymentRow]], *, base_currency: str) -> Mapped:
    """Read what customers paid beforehand."""

    def read(row: PrepaymentRow, to: Mapped) -> None:
        if row.type in _OUR_PREPAYMENTS and row.status not in _NOT_YET:
            identity = _identity(PREPAYMENT, row.prepayment_id)
            number = row.invoice_number or row.reference or ""
            _money_on_account(row, identity, number, base_currency, to)

    return _each("Prepayments", rows, read, lambda row: row.invoice_number or row.prepayment_id)


def payments(rows: Iterable[tuple[int, PaymentRow]], *, base_currency: str, foreign: Mapping[str, str]) -> Mapped:
    """Read payments of sales invoices; refunds and what we pay ourselves are dropped.

    `foreign` gives the currency of invoices that are not in the base currency, for rows that do not say it.
    """

    def read(row: PaymentRow, to: Mapped) -> None:
        invoice = row.invoice
        ours = row.payment_type == _OUR_PAYMENT or (
            row.payment_type is None and invoice is not None and invoice.type == _OUR_INVOICE
        )
        if not ours:
            return
        if invoice is None or not invoice.invoice_id:
            raise UnusableRowError("a payment without its invoice")
        paid_on = day(row.date_string, row.date)
        if paid_on is None:
            raise UnusableRowError("it has no date")
        if not row.payment_id:
            raise UnusableRowError("it has no id")
        item_id = INVOICE + invoice.invoice_id
        code = invoice.currency_code or foreign.get(item_id) or base_currency
        if code == base_currency and not invoice.currency_code and row.currency_rate not in _NO_RATE:
            raise UnusableRowError("its currency is not said")
        seen = PaymentSeen(
            payment_id=row.payment_id,
            item_id=item_id,
            paid_on=paid_on,
            amount=_money(row.amount, code, "Amount"),
            undone=row.status in _VOID,
        )
        to.payments.append(seen)

    return _each("Payments", rows, read, lambda row: row.payment_id)


def _each(
    endpoint: str,
    rows: Iterable[tuple[int, RowT]],
    read: Callable[[RowT, Mapped], None],
    label: Callable[[RowT], str | None],
) -> Mapped:
    mapped = Mapped()
    for ordinal, row in rows:
        try:
            read(row, mapped)
        except (UnusableRowError, InexactAmountError, ValueError) as error:
            reason = f"{label(row) or 'row without a number'}: {error}"
            mapped.bad.append(BadLine(file=endpoint, line=ordinal, reason=reason))
    return mapped


def _invoice(row: InvoiceRow, identity: str, base_currency: str, to: Mapped) -> OpenItem:
    code = _currency(row, base_currency)
    total = _money(row.total, code, "Total")
    balance = _left(row, row.amount_due, code, "AmountDue")
    _check(balance, total)
    issued_on = _issued_on(row)
    number = row.invoice_number or row.reference or _short(identity)
    due_on, source = _due(row, issued_on, number, to)
    # A sales invoice below zero is credit by another name.
    kind = ItemKind.INVOICE if total.minor >= 0 else ItemKind.CREDIT_NOTE
    return OpenItem(
        item_id=identity,
        customer_id=_customer(row, to),
        # Money on account has no number of its own; what a customer knows of it is the day.
        number=number or issued_on.isoformat(),
        kind=kind,
        issued_on=issued_on,
        due_on=due_on if kind is ItemKind.INVOICE else issued_on,
        due_source=source if kind is ItemKind.INVOICE else DueSource.STATED,
        total=total,
        balance=balance,
        reference=row.reference or "",
        version=version(row.updated_date_utc, row.updated_date_utc_string),
    )


def _due(row: InvoiceRow, issued_on: date, number: str, to: Mapped) -> tuple[date, DueSource]:
    due_on = day(row.due_date_string, row.due_date)
    if due_on is None:
        to.assumed.append(number)
        return issued_on + _ASSUMED_TERM, DueSource.ASSUMED
    if due_on < issued_on:
        to.reversed.append(number)
        return issued_on, DueSource.STATED
    return due_on, DueSource.STATED


def _credit(row: Credit, identity: str, number: str, kind: ItemKind, base_currency: str, to: Mapped) -> OpenItem:
    code = _currency(row, base_currency)
    total = -_money(row.total, code, "Total")
    balance = -_left(row, row.remaining_credit, code, "RemainingCredit")
    if total.minor > 0:
        raise UnusableRowError(f"a credit of {-total} adds to what is owed")
    _check(balance, total)
    issued_on = _issued_on(row)
    return OpenItem(
        item_id=identity,
        customer_id=_customer(row, to),
        # Money on account has no number of its own; what a customer knows of it is the day.
        number=number or issued_on.isoformat(),
        kind=kind,
        issued_on=issued_on,
        due_on=issued_on,
        due_source=DueSource.STATED,
        total=total,
        balance=balance,
        reference=row.reference or "",
        reduces=_only_invoice(_in_force(row)),
        version=version(row.updated_date_utc, row.updated_date_utc_string),
    )


def _money_on_account(row: Credit, identity: str, number: str, base_currency: str, to: Mapped) -> None:
    """Read an over- or prepayment; what of it was set against invoices is money that paid them."""
    undone = row.status in _VOID
    if undone:
        to.voided.append(identity)
    else:
        to.items.append(_credit(row, identity, number, ItemKind.PAYMENT, base_currency, to))
    code = _currency(row, base_currency)
    for allocation in row.allocations or ():
        invoice = allocation.invoice
        paid_on = day(None, allocation.date) or day(row.date_string, row.date)
        if invoice is None or not invoice.invoice_id or paid_on is None or allocation.amount is None:
            continue
        to.payments.append(
            PaymentSeen(
                payment_id=allocation.allocation_id or f"{identity}/{invoice.invoice_id}",
                item_id=INVOICE + invoice.invoice_id,
                paid_on=paid_on,
                amount=_money(allocation.amount, code, "Amount"),
                undone=undone or bool(allocation.is_deleted),
            )
        )


def _in_force(row: Credit) -> list[Allocation]:
    return [each for each in row.allocations or () if not each.is_deleted and each.invoice is not None]


def _only_invoice(allocations: Iterable[Allocation]) -> str:
    numbers = {each.invoice.invoice_number or "" for each in allocations if each.invoice is not None}
    return numbers.pop() if len(numbers) == 1 else ""


def _left(row: Document, amount: Decimal | None, code: str, name: str) -> Money:
    if row.status not in _STANDING:
        raise UnusableRowError(f"its status {row.status!r} is not known")
    # What is paid is settled, whatever rounding left in the figure beside it.
    return _nothing(code) if row.status == _PAID else _money(amount, code, name)


def _check(balance: Money, total: Money) -> None:
    if balance.minor and (balance.minor > 0) != (total.minor > 0):
        raise UnusableRowError(f"{balance} left of {total}: one owes and the other is owed")
    if abs(balance.minor) > abs(total.minor):
        raise UnusableRowError(f"{balance} left of {total}: more than there was")


def _money(amount: Decimal | None, code: str, name: str) -> Money:
    if amount is None:
        raise UnusableRowError(f"it has no {name}")
    if not amount.is_finite() or amount.adjusted() > _MOST_DIGITS:
        raise UnusableRowError(f"{name} is no amount of money")
    return Money.of(amount, code)


@lru_cache(maxsize=256)
def _nothing(code: str) -> Money:
    return Money.zero(code)


def _currency(row: Document, base_currency: str) -> str:
    return _code(row.currency_code or base_currency)


@lru_cache(maxsize=256)
def _code(code: str) -> str:
    if len(code) != _CODE_LETTERS or not (code.isascii() and code.isupper()):
        raise UnusableRowError(f"{code!r} is no currency")
    return code


def _issued_on(row: Document) -> date:
    issued_on = day(row.date_string, row.date)
    if issued_on is None:
        raise UnusableRowError("it has no date")
    return issued_on


def _customer(row: Document, to: Mapped) -> str:
    contact = row.contact
    if contact is None or not contact.contact_id:
        raise UnusableRowError("it has no contact")
    to.names[contact.contact_id] = contact.name or ""
    return contact.contact_id


def _identity(prefix: str, found: str | None) -> str:
    if not found:
        raise UnusableRowError("it has no id")
    return prefix + found


def _short(identity: str) -> str:
    """Give something to call a document by that has no number."""
    return identity.partition(":")[2][:8]
