"""One reading of the books of a Sage business: contacts first, then documents, money, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.sage.contacts import People
from connectors.sage.cursor import Cursor, cursor_of, deleted_mark, next_mark
from connectors.sage.lists import SINCE, Walk
from connectors.sage.map import (
    ALLOCATIONS,
    CREDIT_NOTES,
    INVOICES,
    NO_TERMS,
    PAYMENTS,
    document_item,
    id_of,
    is_no_item,
    item_id,
    payments_seen,
)
from connectors.sage.payments import OnAccount
from connectors.sage.rows import AllocationRow, DocumentRow, PaymentRow, Row
from connectors.sage.values import UnusableRowError, line, version_of
from connectors.sage.wire import Batch, R
from engine.records import BadLine, Completed, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from connectors.sage.client import SageClient
    from engine.model import OpenItem
    from engine.ports import Clock, Pull
    from engine.records import PaymentSeen

_OPEN: Final = ("UNPAID", "PART_PAID")
_CONTACTS, _PERSONS = "contacts", "contact_persons"
_MOST_REMARKS: Final = 100
_ONE_IN_BAD: Final = 100


class PullUnfinishedError(RuntimeError):
    """`completed()` was asked for before the last page was out."""


@dataclass(slots=True, kw_only=True)
class SagePull:
    """Pages of what changed since the cursor, or of everything; with `reconcile` also of all that is open now.

    A row that comes twice unchanged is given once; one that changed in between is given again.
    """

    client: SageClient
    clock: Clock
    cursor: str = ""
    reconcile: bool = False
    page_size: int = 200
    _people: People = field(init=False)
    _money: OnAccount = field(init=False)
    _from: Cursor | None = field(default=None, init=False)
    _seen: set[str] = field(default_factory=set, init=False)
    _latest: dict[str, str] = field(default_factory=dict, init=False)
    _bad: list[BadLine] = field(default_factory=list, init=False)
    _remarks: dict[str, None] = field(default_factory=dict, init=False)
    _lines: int = field(default=0, init=False)
    _completed: Completed | None = field(default=None, init=False)

    def pages(self) -> Iterator[Page]:
        """Yield pages; raises the BooksError family."""
        began = self.clock.now()
        start = self._from = cursor_of(self.cursor, self.client.organisation)
        self._people = People(client=self.client, page_size=self.page_size)
        self._money = OnAccount(
            client=self.client, page_size=self.page_size, open=dict(start.on_account if start else {})
        )
        since = start.since if start else {}
        told = (
            self._people.changed(since.get(_CONTACTS, ""), since.get(_PERSONS, ""))
            if start
            else self._people.everybody()
        )
        for customers in told:
            if customers:
                yield Page(customers=customers)
        for resource in (INVOICES, CREDIT_NOTES):
            yield from self._documents(resource, self._since(resource))
        yield from self._payments(self._since(PAYMENTS))
        yield from self._allocations()
        if start:
            yield from self._deleted(start)
        if self.reconcile and start:
            yield from self._all_open()
        self._completed = self._end(began)

    def completed(self) -> Completed:
        """Say what is known after the last page."""
        if self._completed is None:
            raise PullUnfinishedError("completed() before the last page")
        return self._completed

    def _since(self, resource: str) -> dict[str, str]:
        since = self._from.since.get(resource, "") if self._from else ""
        return {SINCE: since} if since else {}

    def _documents(self, resource: str, params: dict[str, str], *, marks: bool = True) -> Iterator[Page]:
        walk = Walk(
            client=self.client,
            resource=resource,
            row=DocumentRow,
            params=params,
            by_change=True,
            page_size=self.page_size,
        )
        for batch in walk.batches():
            self._take(resource, batch, marks=marks)
            yield self._document_page(resource, batch)

    def _document_page(self, resource: str, batch: Batch[DocumentRow]) -> Page:
        alive = [row for row in batch.rows if not is_no_item(row)]
        names = {id_of(row.contact): line(row.contact_name) for row in alive}
        customers = self._people.missing(names, names)
        items: list[OpenItem] = []
        for ordinal, row in enumerate(batch.rows, start=1):
            if is_no_item(row):
                continue
            try:
                mapped = document_item(resource, row, self._people.terms.get(id_of(row.contact), NO_TERMS))
            except UnusableRowError as error:
                self._bad.append(BadLine(file=resource, line=ordinal, reason=str(error)))
                continue
            if mapped.remark:
                self._remark(mapped.remark)
            items.append(mapped.item)
        voided = tuple(item_id(resource, row.id) for row in batch.rows if row.id and is_no_item(row))
        return Page(items=self._new(items), customers=customers, voided=voided)

    def _payments(self, params: dict[str, str], *, marks: bool = True) -> Iterator[Page]:
        walk = Walk(
            client=self.client,
            resource=PAYMENTS,
            row=PaymentRow,
            params=params,
            by_change=True,
            page_size=self.page_size,
        )
        for batch in walk.batches():
            self._take(PAYMENTS, batch, marks=marks)
            yield self._payment_page(batch)

    def _payment_page(self, batch: Batch[PaymentRow]) -> Page:
        items: list[OpenItem] = []
        seen: list[PaymentSeen] = []
        voided: list[str] = []
        for ordinal, row in enumerate(batch.rows, start=1):
            try:
                seen += payments_seen(row)
                if row.deleted_at:
                    voided.append(item_id(PAYMENTS, row.id))
                elif item := self._money.on_account(row):
                    items.append(item)
            except UnusableRowError as error:
                self._bad.append(BadLine(file=PAYMENTS, line=ordinal, reason=str(error)))
        customers = self._people.missing(item.customer_id for item in items)
        return Page(items=self._new(items), customers=customers, voided=tuple(voided), payments=tuple(seen))

    def _allocations(self) -> Iterator[Page]:
        """Read what was allocated later: it pays invoices, and takes from what was on account."""
        walk = Walk(
            client=self.client,
            resource=ALLOCATIONS,
            row=AllocationRow,
            params=self._since(ALLOCATIONS),
            by_change=True,
            page_size=self.page_size,
        )
        for batch in walk.batches():
            self._take(ALLOCATIONS, batch)
            seen: list[PaymentSeen] = []
            touched: dict[str, None] = {}
            for ordinal, row in enumerate(batch.rows, start=1):
                touched |= dict.fromkeys(self._money.touched_by(row) if self._from else ())
                try:
                    seen += self._money.paid_by(row)
                except UnusableRowError as error:
                    self._bad.append(BadLine(file=ALLOCATIONS, line=ordinal, reason=str(error)))
            again = [paid for key in touched if (paid := self.client.single(PAYMENTS, key, PaymentRow))]
            page = self._payment_page(Batch(rows=again))
            yield Page(items=page.items, customers=page.customers, voided=page.voided, payments=tuple(seen))

    def _deleted(self, start: Cursor) -> Iterator[Page]:
        """Read what was deleted; Sage lists that apart.

        A row that does not say of itself that it is gone stays: a server that does not know the filter shows everything.
        """
        for resource in (INVOICES, CREDIT_NOTES):
            for documents in self._gone(resource, DocumentRow, start):
                yield Page(voided=_ids(resource, documents))
        for payments in self._gone(PAYMENTS, PaymentRow, start):
            undone = tuple(payment for row in payments.rows for payment in self._undone(row))
            yield Page(voided=_ids(PAYMENTS, payments), payments=undone)

    def _gone(self, resource: str, row: type[R], start: Cursor) -> Iterator[Batch[R]]:
        since = start.deleted.get(resource, "")
        if not since:
            return
        walk = Walk(
            client=self.client,
            resource=resource,
            row=row,
            params={"deleted_since": since},
            page_size=self.page_size,
        )
        name = f"deleted {resource}"
        for batch in walk.batches():
            self._lines += batch.count
            self._latest[name] = max((self._latest.get(name, ""), *(version_of(row.deleted_at) for row in batch.rows)))
            yield Batch(rows=[row for row in batch.rows if _is_gone(row)])

    def _undone(self, row: PaymentRow) -> tuple[PaymentSeen, ...]:
        self._money.open.pop(row.id, None)
        try:
            return payments_seen(row, undone=True)
        except UnusableRowError:
            # A deleted payment need not be whole; what it paid shows in the invoices' own balances.
            return ()

    def _all_open(self) -> Iterator[Page]:
        """Read all that is open now. Money on account cannot be filtered by status: all payments are read for it."""
        for resource in (INVOICES, CREDIT_NOTES):
            for status in _OPEN:
                yield from self._documents(resource, {"status_id": status}, marks=False)
        yield from self._payments({}, marks=False)

    def _take(
        self, resource: str, batch: Batch[DocumentRow] | Batch[PaymentRow] | Batch[AllocationRow], *, marks: bool = True
    ) -> None:
        self._bad += batch.bad
        self._lines += batch.count
        if marks:
            rows: list[Row] = [*batch.rows]
            self._latest[resource] = max(
                (self._latest.get(resource, ""), *(version_of(row.updated_at) for row in rows))
            )

    def _new(self, items: list[OpenItem]) -> tuple[OpenItem, ...]:
        """Leave out what an earlier page showed just so; of two versions on one page the later stands."""
        found: dict[str, OpenItem] = {}
        for item in items:
            key = f"{item.item_id} {item.version} {item.balance.minor}"
            if key not in self._seen:
                self._seen.add(key)
                found[item.item_id] = item
        return tuple(found.values())

    def _remark(self, text: str) -> None:
        if len(self._remarks) < _MOST_REMARKS:
            self._remarks[text] = None

    def _end(self, began: datetime) -> Completed:
        start = self._from or Cursor()
        latest = {**self._latest, _CONTACTS: self._people.latest_contact, _PERSONS: self._people.latest_person}
        listed = (_CONTACTS, _PERSONS, INVOICES, CREDIT_NOTES, PAYMENTS, ALLOCATIONS)
        since = {name: next_mark(latest.get(name, ""), began, start.since.get(name, "")) for name in listed}
        deleted = {
            name: deleted_mark(
                latest.get(f"deleted {name}", "") if name in start.deleted else latest.get(name, ""),
                began,
                start.deleted.get(name, ""),
            )
            for name in (INVOICES, CREDIT_NOTES, PAYMENTS)
        }
        cursor = Cursor(
            organisation=self.client.organisation,
            since={name: stamp for name, stamp in since.items() if stamp},
            deleted={name: stamp for name, stamp in deleted.items() if stamp},
            on_account=self._money.open,
        )
        bad = (*self._people.bad_lines, *self._bad)
        suspicion = f"{len(bad)} of {self._lines} rows from Sage cannot be used, more than 1 %"
        return Completed(
            full=self._from is None or self.reconcile,
            cursor=cursor.text(),
            known_until=began.date(),
            bad_lines=bad,
            suspicions=(suspicion,) if len(bad) * _ONE_IN_BAD > self._lines else (),
            remarks=(*self._people.remarks, *self._remarks),
        )


def _is_gone(row: Row) -> bool:
    return is_no_item(row) if isinstance(row, DocumentRow) else bool(row.deleted_at)


def _ids(resource: str, batch: Batch[R]) -> tuple[str, ...]:
    return tuple(item_id(resource, row.id) for row in batch.rows if row.id)


if TYPE_CHECKING:
    _: type[Pull] = SagePull
