"""Sage's documents and payments in our terms: pure, row by row (Swagger of API v3.1, providers' samples)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from connectors.sage.values import UnusableRowError, currency_of, line, minor_of, money, version_of
from engine.kinds import DueSource, ItemKind
from engine.model import OpenItem
from engine.money import Money
from engine.records import PaymentSeen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sage.rows import AllocatedRow, AllocationRow, DocumentRow, PaymentRow, Ref

INVOICES: Final = "sales_invoices"
CREDIT_NOTES: Final = "sales_credit_notes"
PAYMENTS: Final = "contact_payments"
ALLOCATIONS: Final = "contact_allocations"
PREFIXES: Final = {INVOICES: "invoice", CREDIT_NOTES: "credit_note", PAYMENTS: "payment"}

ASSUMED_DAYS: Final = 30
# Where clocks and calendars begin to count: a field that was empty before somebody converted it.
_NO_DAY: Final = date(1970, 1, 1)
# What owes nothing and is owed nothing. A draft is no item; one that was sent back to draft is none any more.
_NO_ITEM: Final = frozenset({"VOID", "VOIDED", "DELETED", "DRAFT"})
_SETTLED: Final = frozenset({"PAID"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed with a contact: credit days, and what they are counted from (`credit_terms`)."""

    days: int | None = None
    counted: str = ""

    @property
    def known(self) -> bool:
        """Whether a due date can be reckoned from this."""
        return self.days is not None or self.counted.startswith("immediate")

    def due_on(self, issued_on: date) -> date:
        """Reckon a due date; `month_end_*` counts from the end of the month, `immediate_*` is at once."""
        if self.counted.startswith("immediate"):
            return issued_on
        start = issued_on
        if self.counted.startswith("month_end"):
            start = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        return start + timedelta(days=max(self.days or 0, 0))


NO_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """An item, and what a person should know of how it was read."""

    item: OpenItem
    remark: str = ""


def item_id(resource: str, key: str) -> str:
    """Give the identity of an item for ever."""
    return f"{PREFIXES[resource]}:{key}"


def id_of(ref: Ref | None) -> str:
    """Give the id that a reference names, "" where there is none."""
    return ref.id if ref else ""


def is_no_item(row: DocumentRow) -> bool:
    """Tell whether a document is void, deleted or a draft."""
    status = id_of(row.status).upper()
    return bool(row.deleted_at) or status in _NO_ITEM or (not status and bool(row.void_reason))


def number_of(row: DocumentRow) -> str:
    """Give the number that people know; the prefix may come apart from it or within."""
    number = line(row.invoice_number or row.credit_note_number)
    prefix = line(row.invoice_number_prefix or row.credit_note_number_prefix)
    shown = line(row.displayed_as)
    if not number or (not prefix and shown.endswith(number)):
        return shown or number
    return number if number.startswith(prefix) else prefix + number


def document_item(resource: str, row: DocumentRow, terms: Terms = NO_TERMS) -> Mapped:
    """Map an invoice or a credit note; raises UnusableRowError. What `is_no_item` is not asked here."""
    number = number_of(row)
    who = number or f"{PREFIXES[resource]} {row.id}"
    if not row.id or not id_of(row.contact):
        raise UnusableRowError(f"{who} has no {'contact' if row.id else 'id'}")
    if row.date is None:
        raise UnusableRowError(f"{who} has no date")
    if row.total_amount is None:
        raise UnusableRowError(f"{who} has no total")
    currency = currency_of(row.currency, who)
    total = minor_of(row.total_amount, currency, who)
    outstanding = row.outstanding_amount
    if outstanding is None:
        if id_of(row.status).upper() not in _SETTLED:
            raise UnusableRowError(f"{who} does not say what is outstanding")
        outstanding = Decimal(0)
    is_invoice = resource == INVOICES and total >= 0
    left, remark = _left(total, minor_of(outstanding, currency, who), currency, who)
    sign = 1 if is_invoice else -1
    due_on, source = row.date, DueSource.STATED
    if is_invoice:
        due_on, source, assumed = _due(row, terms, who)
        remark = remark or assumed
    return Mapped(
        item=OpenItem(
            item_id=item_id(resource, row.id),
            customer_id=id_of(row.contact),
            number=who,
            kind=ItemKind.INVOICE if is_invoice else ItemKind.CREDIT_NOTE,
            issued_on=row.date,
            due_on=due_on,
            due_source=source,
            total=Money(minor=sign * abs(total), currency=currency),
            balance=Money(minor=sign * left, currency=currency),
            reference=line(row.reference),
            version=version_of(row.updated_at or row.created_at),
        ),
        remark=remark,
    )


def _left(total: int, outstanding: int, currency: str, who: str) -> tuple[int, str]:
    """Give what is left without its sign; it never exceeds the total nor goes the other way."""
    left = 0 if outstanding * total < 0 else min(abs(outstanding), abs(total))
    if left == abs(outstanding):
        return left, ""
    said, whole, taken = (Money(minor=minor, currency=currency) for minor in (outstanding, total, left))
    return left, f"{who}: {said} outstanding of {whole} cannot be; {taken} is taken"


def _due(row: DocumentRow, terms: Terms, who: str) -> tuple[date, DueSource, str]:
    issued_on = row.date
    if issued_on is None:
        raise UnusableRowError(f"{who} has no date")
    if row.due_date is not None and row.due_date > _NO_DAY:
        return max(row.due_date, issued_on), DueSource.STATED, ""
    if terms.known:
        return terms.due_on(issued_on), DueSource.AGREED, ""
    remark = f"{who} has no due date: {ASSUMED_DAYS} days are assumed"
    return issued_on + timedelta(days=ASSUMED_DAYS), DueSource.ASSUMED, remark


def is_receipt(row: PaymentRow | AllocationRow) -> bool:
    """Tell money that customers pay (and its allocations) from refunds and from what vendors are paid."""
    kind = id_of(row.transaction_type).upper()
    return not kind.startswith(("VENDOR", "SUPPLIER")) and not kind.endswith("REFUND")


def allocated(rows: Iterable[AllocatedRow] | None) -> dict[str, tuple[str, Decimal]]:
    """Sum up what goes to each artefact: id to its kind (the path's resource, "" unknown) and its amount."""
    sums: dict[str, tuple[str, Decimal]] = {}
    for row in rows or ():
        key = id_of(row.artefact)
        if key and row.amount is not None and row.artefact is not None:
            kind, before = sums.get(key, (_resource(row.artefact.path), Decimal(0)))
            sums[key] = (kind, before + row.amount)
    return sums


def _resource(path: str | None) -> str:
    """Give what a path leads to: `/v3.1/sales_invoices/0d40…` is of sales_invoices."""
    parts = [part for part in (path or "").split("/") if part]
    return parts[-2] if len(parts) > 1 else ""


def payments_seen(row: PaymentRow, *, undone: bool = False) -> tuple[PaymentSeen, ...]:
    """List the invoices that a receipt pays, one entry for each; raises UnusableRowError."""
    if not is_receipt(row):
        return ()
    who = line(row.reference or row.displayed_as) or f"payment {row.id}"
    paid = {
        key: amount
        for key, (kind, amount) in allocated(row.allocated_artefacts).items()
        if kind in {INVOICES, ""} and amount > 0
    }
    if paid and row.date is None:
        raise UnusableRowError(f"{who} has no date")
    currency = currency_of(row.currency, who) if paid else ""
    return tuple(
        PaymentSeen(
            payment_id=f"{row.id}:{key}",
            item_id=item_id(INVOICES, key),
            paid_on=row.date,
            amount=money(amount, currency, who),
            undone=undone or bool(row.deleted_at),
        )
        for key, amount in paid.items()
        if row.date is not None
    )


def money_allocated(row: AllocationRow, on_account: frozenset[str]) -> dict[str, Decimal]:
    """Give what an allocation pays of each invoice with money that was on account; credit notes are no money.

    `on_account` are the ids known to be payments on account, for books that name no path.
    """
    if not is_receipt(row):
        return {}
    sums = allocated(row.allocated_artefacts)
    left = sum(
        (abs(amount) for key, (kind, amount) in sums.items() if key in on_account or _is_on_account(kind)), Decimal(0)
    )
    paid: dict[str, Decimal] = {}
    for key, (kind, amount) in sums.items():
        is_invoice = kind == INVOICES or (not kind and amount > 0 and key not in on_account)
        if is_invoice and left > 0 and amount:
            paid[key] = min(abs(amount), left)
            left -= paid[key]
    return paid


def _is_on_account(kind: str) -> bool:
    return "payment" in kind


def on_account_item(row: PaymentRow, used: Decimal | None = None) -> OpenItem | None:
    """Map the unapplied part of a receipt, None where there is none; raises UnusableRowError.

    `used` is what allocations took of it, needed only where Sage does not say what is outstanding.
    """
    account = row.payment_on_account
    if account is None or not account.id or not is_receipt(row):
        return None
    who = line(row.reference or account.displayed_as or row.displayed_as) or f"payment {row.id}"
    if row.date is None or not id_of(row.contact):
        raise UnusableRowError(f"{who} has no {'contact' if row.date else 'date'}")
    currency = currency_of(row.currency, who)
    whole = account.total_amount
    if whole is None:
        if row.total_amount is None:
            raise UnusableRowError(f"{who} has no total")
        whole = row.total_amount - sum(
            (amount for _, amount in allocated(row.allocated_artefacts).values()), start=Decimal(0)
        )
    left = account.outstanding_amount
    if left is None:
        left = max(abs(whole) - (used or Decimal(0)), Decimal(0))
    total = minor_of(abs(whole), currency, who)
    balance, _ = _left(total, minor_of(abs(left), currency, who), currency, who)
    return OpenItem(
        item_id=item_id(PAYMENTS, row.id),
        customer_id=id_of(row.contact),
        number=who,
        kind=ItemKind.PAYMENT,
        issued_on=row.date,
        due_on=row.date,
        due_source=DueSource.STATED,
        total=Money(minor=-total, currency=currency),
        balance=Money(minor=-balance, currency=currency),
        reference=line(row.reference),
        version=version_of(row.updated_at or row.created_at, account.updated_at),
    )
