"""Customers on their way into pages: each with or before its first item, and with an address wherever there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.quickbooks.client import MOST_ROWS, listed
from connectors.quickbooks.people import addresses, contacts_of, customer
from connectors.quickbooks.rows import CUSTOMER, INVOICE
from engine.errors import BooksRefusedError
from engine.kinds import ContactRole
from engine.model import Contact, Customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.quickbooks.client import Client
    from connectors.quickbooks.rows import CustomerRow, InvoiceRow

# A query travels in the address of a call: 200 ids make about 3 kB.
BATCH: Final = 200
_FEW: Final = 30
# QuickBooks allows jobs of jobs, five deep.
_GENERATIONS: Final = 5


@dataclass(slots=True, kw_only=True)
class CustomerDesk:
    """Who was told in this pull, and whose address is still to be found.

    A customer without an address of its own waits for its first item: then the address on its newest invoice is
    looked for, then its parent's.
    """

    client: Client
    told: set[str] = field(default_factory=set)
    waiting: dict[str, CustomerRow] = field(default_factory=dict)

    def arrived(self, rows: Iterable[CustomerRow]) -> tuple[Customer, ...]:
        """Take customers in; give those that need nothing more."""
        ready = []
        for row in rows:
            if contacts_of(row):
                self.waiting.pop(row.id, None)
                self.told.add(row.id)
                ready.append(customer(row))
            else:
                self.waiting[row.id] = row
        return tuple(ready)

    def of(self, wanted: Mapping[str, str], written_to: Mapping[str, str]) -> tuple[Customer, ...]:
        """Give the customers among `wanted` (id to the name on the document) that were not told yet.

        `written_to` are the addresses on invoices at hand; they serve where QuickBooks does not let us look for more.
        """
        missing = [each for each in wanted if each not in self.told]
        found = {each: self.waiting.pop(each) for each in missing if each in self.waiting}
        found.update(self._fetch([each for each in missing if each not in found]))
        self.told.update(missing)
        completed = {each.customer_id: each for each in self._complete(found, written_to)}
        return tuple(
            completed.get(each) or Customer(customer_id=each, name=wanted[each] or f"#{each}") for each in missing
        )

    def rest(self) -> tuple[Customer, ...]:
        """Give those that still wait: they changed, and no item of theirs came."""
        rows, self.waiting = self.waiting, {}
        self.told.update(rows)
        return tuple(self._complete(rows, {}))

    def _fetch(self, ids: Sequence[str]) -> dict[str, CustomerRow]:
        found = {}
        for batch in batches(ids, BATCH):
            found.update({row.id: row for row in self.client.by_ids(CUSTOMER, batch).rows})
        return found

    def _complete(self, rows: Mapping[str, CustomerRow], written_to: Mapping[str, str]) -> list[Customer]:
        bare = [key for key, row in rows.items() if not contacts_of(row)]
        contacts = {
            key: tuple(Contact(email=each, role=ContactRole.BILLING) for each in addresses(address)[:1])
            for key, address in {**written_to, **self._written_to(bare)}.items()
        }
        orphans = {key: row for key, row in rows.items() if key in bare and not contacts.get(key)}
        contacts.update(self._of_parents(orphans))
        return [customer(row, contacts.get(key)) for key, row in rows.items()]

    def _of_parents(self, rows: Mapping[str, CustomerRow]) -> dict[str, tuple[Contact, ...]]:
        """Give jobs the addresses of the customer they are a job of."""
        found: dict[str, tuple[Contact, ...]] = {}
        climbing = {key: _parent(row) for key, row in rows.items()}
        for _ in range(_GENERATIONS):
            climbing = {key: parent for key, parent in climbing.items() if parent}
            if not climbing:
                break
            parents = self._fetch(list(dict.fromkeys(climbing.values())))
            for key, parent_id in tuple(climbing.items()):
                parent = parents.get(parent_id)
                own = contacts_of(parent) if parent else ()
                if own:
                    found[key] = own
                climbing[key] = "" if own or parent is None else _parent(parent)
        return found

    def _written_to(self, customer_ids: Sequence[str]) -> dict[str, str]:
        """Give the address on each customer's newest invoice that has one."""
        found: dict[str, str] = {}
        for batch in batches(customer_ids, _FEW):
            try:
                found.update(self._newest(batch))
            except BooksRefusedError:
                # Not every stand-in can look for invoices by customer; what is at hand must serve.
                break
        return found

    def _newest(self, customer_ids: Sequence[str]) -> dict[str, str]:
        where = (f"CustomerRef in ({listed(customer_ids)})",)
        rows = self.client.select(INVOICE, where, order="TxnDate desc", most=MOST_ROWS).rows
        found = newest_addresses(rows)
        missing = [each for each in customer_ids if each not in found]
        if len(rows) == MOST_ROWS and missing and len(customer_ids) > 1:
            # One with very many invoices hides the others: ask for fewer at a time.
            for part in batches(missing, max(1, len(customer_ids) // 2)):
                found.update(self._newest(part))
        return found


def newest_addresses(rows: Iterable[InvoiceRow]) -> dict[str, str]:
    """Give the address on the newest of these invoices, by customer."""
    newest: dict[str, tuple[str, int, str]] = {}
    for row in rows:
        if row.bill_email and row.customer_ref and row.customer_ref.value and addresses(row.bill_email.address):
            age = (row.txn_date or "", int(row.id) if row.id.isdecimal() else 0, row.bill_email.address or "")
            newest[row.customer_ref.value] = max(newest.get(row.customer_ref.value, age), age)
    return {key: address for key, (_, _, address) in newest.items()}


def batches(ids: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    """Cut into parts of at most `size`."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _parent(row: CustomerRow) -> str:
    return row.parent_ref.value or "" if row.parent_ref else ""
