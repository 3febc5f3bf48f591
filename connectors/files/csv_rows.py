"""One row of a CSV export to one open item and what it says of its customer; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from connectors.files.contacts import address_of, contacts_of, country_of, language_of
from connectors.files.reading import one_line, plain
from connectors.files.terms import due_date
from connectors.files.values import (
    CUSTOMER_KIND_WORDS,
    KIND_WORDS,
    UnreadableValueError,
    parse_day,
    parse_money,
)
from engine.kinds import DueSource, ItemKind
from engine.model import Customer, OpenItem
from engine.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.files.terms import Terms

COLUMNS: Final = (
    "number",
    "customer_id",
    "customer",
    "email",
    "kind",
    "issued_on",
    "due_on",
    "currency",
    "total",
    "balance",
    "reference",
    "language",
    "country",
    "customer_kind",
    "phone",
    "address",
    "owner",
    "owner_email",
    "payment_url",
    "document",
)
REQUIRED: Final = ("number", "customer_id", "issued_on", "balance")
_CURRENCY_SIGNS: Final = {"€": "EUR", "£": "GBP", "$": "USD"}
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """How the rows of a file are read."""

    default_currency: str
    date_format: str
    default_terms: Terms
    terms: Mapping[str, Terms]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """The items of a row (an overpaid invoice is two), its customer, and remarks."""

    items: tuple[OpenItem, ...]
    customer: Customer
    remarks: tuple[str, ...]


def item_key(customer_id: str, kind: ItemKind, number: str) -> str:
    """Give an item's identity: customer, kind and number; stable for ever, whatever row it stands on."""
    return ":".join(part.replace("%", "%25").replace(":", "%3A") for part in ("csv", customer_id, kind, number))


def read_row(row: Mapping[str, str], rules: RowRules) -> RowResult:
    """Read a row; raise UnreadableValueError with the reason why it cannot be used."""
    customer_id = one_line(row["customer_id"])
    if not customer_id:
        raise UnreadableValueError("no customer_id")
    kind = _kind(row.get("kind", ""))
    currency = _currency(row.get("currency", ""), rules.default_currency)
    total, balance, kind = _amounts(row, kind, currency)
    issued_on = parse_day(row["issued_on"], rules.date_format)
    number = one_line(row["number"]) or _number_of_credit(kind, issued_on.isoformat(), total)
    due_on, source = (
        (parse_day(row["due_on"], rules.date_format), DueSource.STATED) if row.get("due_on") else (None, None)
    )
    if due_on is None or source is None:
        agreed = rules.terms.get(customer_id)
        due_on = due_date(agreed or rules.default_terms, issued_on).due_on if kind is ItemKind.INVOICE else issued_on
        source = DueSource.AGREED if agreed else DueSource.ASSUMED
    remarks: list[str] = []
    item = OpenItem(
        item_id=item_key(customer_id, kind, number),
        customer_id=customer_id,
        number=number,
        kind=kind,
        issued_on=issued_on,
        due_on=due_on,
        due_source=source,
        total=total,
        balance=balance,
        reference=one_line(row.get("reference", "")),
        payment_url=_web_address(row.get("payment_url", ""), number, remarks),
        document=row.get("document", ""),
    )
    return RowResult(items=_apart(item), customer=_customer(customer_id, row, remarks), remarks=tuple(remarks))


def _kind(word: str) -> ItemKind:
    if not word:
        return ItemKind.INVOICE
    kind = KIND_WORDS.get(plain(word))
    if kind is None:
        raise UnreadableValueError(f"kind {word!r} is none of invoice, credit_note, payment")
    return kind


def _currency(text: str, default: str) -> str:
    code = _CURRENCY_SIGNS.get(text, text.upper()) or default
    if not _CURRENCY.fullmatch(code):
        raise UnreadableValueError(f"currency {text!r} is no ISO 4217 code such as EUR")
    return code


def _amounts(row: Mapping[str, str], kind: ItemKind, currency: str) -> tuple[Money, Money, ItemKind]:
    """Read total and balance with their signs: credits negative, and a negative invoice is a credit note."""
    if not row["balance"]:
        raise UnreadableValueError("no balance")
    balance = parse_money(row["balance"], currency)
    total = parse_money(row["total"], currency) if row.get("total") else balance
    if kind is not ItemKind.INVOICE:
        return _negative(total), _negative(balance), kind
    if total.minor < 0:
        if balance.minor > 0:
            raise UnreadableValueError(f"total {total} and balance {balance} have opposite signs")
        return total, balance, ItemKind.CREDIT_NOTE
    if balance.minor > total.minor:
        raise UnreadableValueError(f"the balance {balance} is larger than the total {total}: is total without VAT?")
    return total, balance, kind


def _negative(money: Money) -> Money:
    return -money if money.minor > 0 else money


def _number_of_credit(kind: ItemKind, issued_on: str, total: Money) -> str:
    if kind is ItemKind.INVOICE:
        raise UnreadableValueError("no number")
    return f"{issued_on} {-total}"


def _apart(item: OpenItem) -> tuple[OpenItem, ...]:
    """Show an overpaid invoice as what it is: a paid invoice, and money to allocate."""
    if item.kind is not ItemKind.INVOICE or item.balance.minor >= 0:
        return (item,)
    surplus = replace(
        item,
        item_id=item_key(item.customer_id, ItemKind.PAYMENT, item.number),
        kind=ItemKind.PAYMENT,
        total=item.balance,
        payment_url="",
        document="",
    )
    return replace(item, balance=Money.zero(item.currency)), surplus


def _web_address(text: str, number: str, remarks: list[str]) -> str:
    if not text or text.startswith(("https://", "http://")):
        return text
    remarks.append(f"payment_url of {number} is no web address and is left out")
    return ""


def _customer(customer_id: str, row: Mapping[str, str], remarks: list[str]) -> Customer:
    kind = CUSTOMER_KIND_WORDS.get(plain(row.get("customer_kind", "")))
    if kind is None:
        raise UnreadableValueError(
            f"customer_kind {row['customer_kind']!r} is none of business, consumer, public, unknown"
        )
    contacts, refused = contacts_of(row.get("email", ""), phone=row.get("phone", ""))
    remarks += [f"{address!r} of customer {customer_id} is no e-mail address" for address in refused]
    return Customer(
        customer_id=customer_id,
        name=one_line(row.get("customer", "")),
        kind=kind,
        language=language_of(row.get("language", "")),
        country=country_of(row.get("country", "")),
        postal_address=address_of(row.get("address", "")),
        owner=one_line(row.get("owner", "")),
        owner_email=row.get("owner_email", ""),
        contacts=contacts,
    )
