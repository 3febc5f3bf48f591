"""The same pages into the same tables with nothing between: `python -m bench.sync_floor BASE_URL FILE STAGE`.

A kept connection, msgspec Structs of the fields, `executemany` upserts, a durable transaction for each page. No retries, no
checks, no comparison with what is stored, no events: what no sync into these tables can do without, and nothing else.
"""

from __future__ import annotations

import sqlite3
import sys
from decimal import Decimal  # noqa: TC003 (msgspec reads the annotations when it decodes)
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from bench.cost import costing, tell
from bench.xero_ledger import FIRST_AT, PAGE
from state.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

_ITEM = (
    "company_id", "item_id", "customer_id", "number", "kind", "issued_on", "due_on", "due_source", "currency", "total",
    "balance", "reference", "reduces", "payment_url", "document", "is_opening", "first_sync_no", "first_seen_on",
    "seen_sync_no", "next_action_on", "version",
)  # fmt: skip
_CUSTOMER = ("company_id", "customer_id", "name", "facts")
_CONTACT = ("company_id", "customer_id", "layer", "position", "role", "email", "name", "phone")
_PAYMENT = ("company_id", "payment_id", "item_id", "paid_on", "currency", "amount", "undone", "sync_no")


class _Row(msgspec.Struct, rename="pascal", gc=False):
    pass


class _Of(_Row):
    contact_id: str = msgspec.field(name="ContactID")


class _Invoice(_Row):
    contact: _Of
    total: Decimal
    amount_due: Decimal
    invoice_number: str
    reference: str
    date_string: str
    due_date_string: str
    currency_code: str
    invoice_id: str = msgspec.field(name="InvoiceID")
    updated: str = msgspec.field(name="UpdatedDateUTC")


class _Invoices(_Row):
    invoices: list[_Invoice]


class _Paid(_Row):
    currency_code: str
    invoice_id: str = msgspec.field(name="InvoiceID")


class _Payment(_Row):
    invoice: _Paid
    amount: Decimal
    date: str
    payment_id: str = msgspec.field(name="PaymentID")


class _Payments(_Row):
    payments: list[_Payment]


class _Person(_Row):
    first_name: str
    last_name: str
    email_address: str


class _Address(_Row):
    address_line1: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""


class _Phone(_Row):
    phone_number: str
    phone_area_code: str
    phone_country_code: str


class _Contact(_Row):
    name: str
    first_name: str
    last_name: str
    email_address: str
    contact_persons: list[_Person]
    addresses: list[_Address]
    phones: list[_Phone]
    contact_id: str = msgspec.field(name="ContactID")


class _Contacts(_Row):
    contacts: list[_Contact]


def _upsert(table: str, names: tuple[str, ...], key: int) -> str:
    told = ", ".join(f"{name} = excluded.{name}" for name in names[key:])
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES (?{', ?' * (len(names) - 1)}) "  # noqa: S608 (our own names)
        f"ON CONFLICT ({', '.join(names[:key])}) DO UPDATE SET {told}"
    )


_PUT_ITEM = _upsert("items", _ITEM, 2)
_PUT_CUSTOMER = _upsert("customers", _CUSTOMER, 2)
_PUT_CONTACT = _upsert("contacts", _CONTACT, 4)
_PUT_PAYMENT = _upsert("payments", _PAYMENT, 2)
_ENCODE = msgspec.json.Encoder().encode


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def _items(rows: list[_Invoice]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        balance = _cents(row.amount_due)
        yield (
            "bench", "invoice:" + row.invoice_id, row.contact.contact_id, row.invoice_number, "invoice",
            row.date_string[:10], row.due_date_string[:10], "stated", row.currency_code, _cents(row.total), balance,
            row.reference, "", "", "", 0, 1, "2026-03-10", 1, "0001-01-01" if balance else None, "00" + row.updated[6:19],
        )  # fmt: skip


def _customers(rows: list[_Contact]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        to = row.addresses[1]
        lines = [to.address_line1, f"{to.postal_code} {to.city}", to.country]
        yield "bench", row.contact_id, row.name, _ENCODE({"country": to.country, "postal_address": lines}).decode()


def _people(rows: list[_Contact]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        phone = row.phones[3]
        number = f"{phone.phone_country_code} {phone.phone_area_code} {phone.phone_number}"
        name = f"{row.first_name} {row.last_name}"
        yield "bench", row.contact_id, "books", 0, "billing", row.email_address, name, number
        for place, person in enumerate(row.contact_persons, 1):
            name = f"{person.first_name} {person.last_name}"
            yield "bench", row.contact_id, "books", place, "other", person.email_address, name, ""


def _payments(rows: list[_Payment]) -> Iterator[tuple[Any, ...]]:
    # Days by their number: 80,000 payments fall on few days.
    for row in rows:
        day = _DAY(int(row.date[6:19]) // 86_400_000)
        yield (
            "bench", row.payment_id, "invoice:" + row.invoice.invoice_id, day, row.invoice.currency_code,
            _cents(row.amount), 0, 1,
        )  # fmt: skip


class _Days(dict[int, str]):
    def __missing__(self, number: int) -> str:
        from datetime import date  # noqa: PLC0415 (once for each day)

        self[number] = date.fromordinal(719_163 + number).isoformat()
        return self[number]


_DAY = _Days().__getitem__


def sync(url: str, path: Path, stage: str) -> None:
    """Read contacts, invoices and payments to their end."""
    Store.open(path, now=FIRST_AT).close()
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000"):
        db.execute(f"PRAGMA {pragma}")
    db.execute("INSERT INTO companies (company_id) VALUES ('bench') ON CONFLICT DO NOTHING")
    headers = {"If-Modified-Since": "2026-03-10T09:00:00"} if stage == "changed" else {}
    contacts, invoices = msgspec.json.Decoder(_Contacts), msgspec.json.Decoder(_Invoices)
    payments = msgspec.json.Decoder(_Payments)
    with costing() as cost, requests.Session() as session:

        def bodies(name: str) -> Iterator[bytes]:
            page, more = 1, True
            while more:
                query = f"page={page}&pageSize={PAGE}"
                body = session.get(f"{url}/{stage}/{name}?{query}", headers=headers).content
                # The envelope stands before the rows.
                more = page < int(body[: body.index(b"}")].partition(b'"pageCount":')[2].partition(b",")[0])
                page += 1
                yield body

        for body in bodies("Contacts"):
            people = contacts.decode(body).contacts
            db.execute("BEGIN IMMEDIATE")
            db.executemany(_PUT_CUSTOMER, _customers(people))
            db.executemany(_PUT_CONTACT, _people(people))
            db.execute("COMMIT")
        for body in bodies("Invoices"):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(_PUT_ITEM, _items(invoices.decode(body).invoices))
            db.execute("COMMIT")
        for body in bodies("Payments"):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(_PUT_PAYMENT, _payments(payments.decode(body).payments))
            db.execute("COMMIT")
    db.close()
    tell(cost)


if __name__ == "__main__":
    sync(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
