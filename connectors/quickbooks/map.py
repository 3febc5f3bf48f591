"""What QuickBooks shows, in the words of the trade: pure functions over rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from connectors.quickbooks.rows import lines_of
from engine.kinds import DueSource, ItemKind
from engine.model import OpenItem
from engine.money import InexactAmountError, Money, exponent
from engine.records import PaymentSeen

if TYPE_CHECKING:
    from connectors.quickbooks.rows import CreditMemoRow, Document, InvoiceRow, PaymentRow

_ASSUMED_DAYS: Final = 30
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
# What the binary floats behind QuickBooks' figures may leave beyond the last decimal: 1094.1300000000001.
_NOISE: Final = Decimal("0.000001")


class UnusableRowError(ValueError):
    """A row that says something no open item can hold; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """A payment's money that is allocated to one invoice."""

    invoice_id: str
    amount: Money


def invoice_item(row: InvoiceRow, version: str, home: str, remarks: list[str]) -> OpenItem:
    """Map an invoice that is not void; `home` is the currency of a row without one. UnusableRowError says why not."""
    currency = currency_of(row, home)
    issued = _day(row.txn_date, "TxnDate")
    source = DueSource.STATED
    if row.due_date:
        due = _day(row.due_date, "DueDate")
        if due < issued:
            remarks.append(f"invoice {_number(row)} is due on {due}, before its own date; {issued} is used")
            due = issued
    else:
        due, source = issued + timedelta(days=_ASSUMED_DAYS), DueSource.ASSUMED
        remarks.append(f"invoice {_number(row)} has no due date; {due} is assumed")
    total = _money(row.total_amt, currency, "TotalAmt")
    # Most invoices are paid or not: then there is nothing to convert a second time.
    balance = total if row.balance == row.total_amt else _money(row.balance, currency, "Balance")
    if not 0 <= balance.minor <= total.minor:
        raise UnusableRowError(f"{balance} is left of {total}")
    return OpenItem(
        item_id=f"invoice:{row.id}",
        customer_id=_customer_id(row),
        number=_number(row),
        kind=ItemKind.INVOICE,
        issued_on=issued,
        due_on=due,
        due_source=source,
        total=total,
        balance=balance,
        payment_url=https_only(row.invoice_link),
        version=version,
    )


def credit_item(row: CreditMemoRow, version: str, home: str) -> OpenItem:
    """Map a credit memo that is not void; what is left of it is RemainingCredit, else Balance."""
    left = row.balance if row.remaining_credit is None else row.remaining_credit
    return _credit(
        row,
        item_id=f"credit_note:{row.id}",
        kind=ItemKind.CREDIT_NOTE,
        number=_number(row),
        version=version,
        home=home,
        total=row.total_amt,
        left=left,
    )


def payment_item(row: PaymentRow, version: str, home: str) -> OpenItem:
    """Map what is left unapplied of a payment, 0 included."""
    left = row.unapplied_amt or Decimal(0)
    # Credit that was applied may leave more unapplied than came in as money.
    total = max(row.total_amt or Decimal(0), left)
    # QuickBooks numbers no payments of itself; what a customer knows is the day.
    number = (row.payment_ref_num or row.doc_number or "").strip() or _day(row.txn_date, "TxnDate").isoformat()
    return _credit(
        row,
        item_id=f"payment:{row.id}",
        kind=ItemKind.PAYMENT,
        number=number,
        version=version,
        home=home,
        total=total,
        left=left,
    )


def _credit(
    row: Document,
    *,
    item_id: str,
    kind: ItemKind,
    number: str,
    version: str,
    home: str,
    total: Decimal | None,
    left: Decimal | None,
) -> OpenItem:
    currency = currency_of(row, home)
    issued = _day(row.txn_date, "TxnDate")
    whole, rest = _money(total, currency, "TotalAmt"), _money(left, currency, "what is left")
    if not 0 <= rest.minor <= whole.minor:
        raise UnusableRowError(f"{rest} is left of {whole}")
    return OpenItem(
        item_id=item_id,
        customer_id=_customer_id(row),
        number=number,
        kind=kind,
        issued_on=issued,
        due_on=issued,
        due_source=DueSource.STATED,
        total=-whole,
        balance=-rest,
        version=version,
    )


def is_void(row: InvoiceRow | CreditMemoRow) -> bool:
    """Tell whether a document was voided; QuickBooks has no status for it.

    Nothing is left and nothing was invoiced, and either the memo begins with the word that QuickBooks puts there or all
    lines are 0. An invoice that a discount brought to 0 has lines that are not.
    """
    if row.total_amt is None or row.total_amt != 0 or (row.balance or 0) != 0:
        return False
    if (row.private_note or "").lstrip().lower().startswith("voided"):
        return True
    try:
        return all(not line.amount for line in lines_of(row))
    except ValueError:
        return False


def allocations(row: PaymentRow, home: str) -> tuple[Allocation, ...]:
    """Give the money of a payment by invoice, in the order of its lines.

    A payment also carries credit memos and journal entries that it applies: its own money is TotalAmt less what is
    unapplied, and no more than that is paid with money.
    """
    currency = currency_of(row, home)
    cash = (
        _money(row.total_amt, currency, "TotalAmt").minor
        - _money(row.unapplied_amt or Decimal(0), currency, "UnappliedAmt").minor
    )
    given: dict[str, int] = {}
    try:
        lines = lines_of(row)
    except ValueError as error:
        raise UnusableRowError(str(error)) from None
    for line in lines:
        invoice_id = next((link.txn_id for link in line.linked_txn or () if link.txn_type == "Invoice"), None)
        if invoice_id and line.amount is not None:
            part = min(_money(line.amount, currency, "Line.Amount").minor, cash)
            if part > 0:
                given[invoice_id] = given.get(invoice_id, 0) + part
                cash -= part
    return tuple(
        Allocation(invoice_id=key, amount=Money(minor=minor, currency=currency)) for key, minor in given.items()
    )


def payment_seen(
    payment_id: str, invoice_id: str, paid_on: date, amount: Money, *, undone: bool = False
) -> PaymentSeen:
    """Name an allocation by payment and invoice."""
    return PaymentSeen(
        payment_id=f"payment:{payment_id}:{invoice_id}",
        item_id=f"invoice:{invoice_id}",
        paid_on=paid_on,
        amount=amount,
        undone=undone,
    )


def paid_on(row: PaymentRow) -> date:
    """Give a payment's date."""
    return _day(row.txn_date, "TxnDate")


def currency_of(row: Document, home: str) -> str:
    """Give the document's currency, else the company's own."""
    currency = (row.currency_ref.value if row.currency_ref else None) or home
    if not _is_code(currency):
        raise UnusableRowError(f"{currency!r} is no currency code" if currency else "it has no currency")
    return currency


@lru_cache(maxsize=64)
def _is_code(currency: str) -> bool:
    return _CURRENCY.fullmatch(currency) is not None


def https_only(url: str | None) -> str:
    """Give an address at which a customer pays, "" where it is none over TLS."""
    if not url:
        return ""
    text = url.strip()
    return text if text.lower().startswith("https://") and not any(each.isspace() for each in text) else ""


def _number(row: Document) -> str:
    """Give the number people know; QuickBooks' own id where the document has none."""
    return (row.doc_number or "").strip() or f"#{row.id}"


def _customer_id(row: Document) -> str:
    if row.customer_ref is None or not row.customer_ref.value:
        raise UnusableRowError("it names no customer")
    return row.customer_ref.value


def _day(text: str | None, field: str) -> date:
    try:
        # "2026-05-07", or "2026-05-07-07:00" as XML writes a date.
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        raise UnusableRowError(f"{field} is {text!r}" if text else f"it has no {field}") from None


def _money(amount: Decimal | None, currency: str, field: str) -> Money:
    if amount is None:
        raise UnusableRowError(f"it has no {field}")
    if not amount.is_finite() or abs(amount.adjusted()) > 20:  # noqa: PLR2004 (no amount of money is that long)
        raise UnusableRowError(f"{field} is {amount}")
    try:
        return Money.of(amount, currency)
    except InexactAmountError:
        rounded = amount.quantize(Decimal(1).scaleb(-exponent(currency)))
        if abs(rounded - amount) < _NOISE:
            return Money.of(rounded, currency)
        raise UnusableRowError(f"{field} is {amount}, which has more decimals than {currency} has") from None
