"""Reading contacts with their persons, in bulk or one by one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from connectors.sage.lists import SINCE, Walk
from connectors.sage.map import id_of
from connectors.sage.people import customer_of, is_customer, terms_of
from connectors.sage.rows import AddressRow, ContactRow, PersonRow, Row
from connectors.sage.values import addresses_in, version_of
from engine.errors import BooksRefusedError, ConsentNeededError
from engine.model import Customer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from connectors.sage.client import SageClient
    from connectors.sage.map import Terms
    from engine.records import BadLine

# Persons hang on addresses, and addresses on contacts: up to here they are asked for contact by contact.
_FEW: Final = 20
_Row = TypeVar("_Row", bound=Row)


@dataclass(slots=True, kw_only=True)
class People:
    """The contacts of one pull or one re-reading: each is told once, with its persons and terms.

    `latest_contact` and `latest_person` are the newest change stamps seen in the lists.
    """

    client: SageClient
    page_size: int = 200
    terms: dict[str, Terms] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    bad_lines: list[BadLine] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    latest_contact: str = ""
    latest_person: str = ""
    _by_address: dict[str, list[PersonRow]] | None = field(default=None, init=False)
    _by_contact: dict[str, list[PersonRow]] = field(default_factory=dict, init=False)

    def everybody(self) -> Iterator[tuple[Customer, ...]]:
        """Tell every customer, page by page."""
        self._read_all_persons()
        shown: set[str] = set()
        for _ in range(2):
            announced = 0
            for batch in self._walk("contacts", ContactRow).batches():
                self.bad_lines += batch.bad
                shown.update(row.id for row in batch.rows)
                self._note_stamps(batch.rows)
                announced = max(announced, batch.total or 0)
                yield self._tell(row for row in batch.rows if is_customer(row))
            # This list cannot be sorted: a row that vanished meanwhile may have moved another one over a page border.
            if len(shown) + len(self.bad_lines) >= announced:
                break

    def changed(self, since: str, persons_since: str) -> Iterator[tuple[Customer, ...]]:
        """Tell the customers that changed, or of whom a person changed."""
        addresses = self._addresses_of_changed_persons(persons_since)
        for batch in self._walk("contacts", ContactRow, {SINCE: since} if since else {}).batches():
            self.bad_lines += batch.bad
            self._note_stamps(batch.rows)
            if batch.count > _FEW and self._by_address is None:
                self._read_all_persons()
            yield self._tell(row for row in batch.rows if is_customer(row))
            # Who is told already is not looked for; a contact's change often stamps its persons too.
            addresses -= {id_of_address(row.main_address) for row in batch.rows}
        yield self.missing(self._contacts_at(addresses))

    def missing(self, ids: Iterable[str], names: dict[str, str] | None = None) -> tuple[Customer, ...]:
        """Tell those of these contacts that were not told yet; one that Sage no longer shows keeps its name only."""
        found: list[Customer] = []
        for key in dict.fromkeys(ids):
            if not key or key in self.told:
                continue
            row = self.client.single("contacts", key, ContactRow)
            if row is not None and row.id == key:
                found += self._tell([row])
            else:
                self.told.add(key)
                found.append(Customer(customer_id=key, name=(names or {}).get(key) or f"contact {key}"))
        return tuple(found)

    def _tell(self, rows: Iterable[ContactRow]) -> tuple[Customer, ...]:
        found = []
        for row in rows:
            if row.id in self.told:
                continue
            self.told.add(row.id)
            if (terms := terms_of(row)).known:
                self.terms[row.id] = terms
            found.append(customer_of(row, self._persons(row)))
        return tuple(found)

    def _note_stamps(self, rows: Iterable[ContactRow]) -> None:
        self.latest_contact = max((self.latest_contact, *(version_of(row.updated_at) for row in rows)))

    def _persons(self, row: ContactRow) -> list[PersonRow]:
        if self._by_address is None:
            batches = self._walk("contact_persons", PersonRow, {"contact_id": row.id}).batches()
            return [person for batch in batches for person in batch.rows]
        found = list(self._by_contact.get(row.id, ()))
        for address in dict.fromkeys((id_of_address(row.main_address), id_of(row.delivery_address))):
            found += [person for person in self._by_address.get(address, ()) if person not in found]
        return found

    def _read_all_persons(self) -> None:
        """Read every person once, and whose address each one is at."""
        by_address: dict[str, list[PersonRow]] = defaultdict(list)
        for batch in self._walk("contact_persons", PersonRow).batches():
            self.bad_lines += batch.bad
            for person in batch.rows:
                self.latest_person = max(self.latest_person, version_of(person.updated_at))
                if addresses_in(person.email) and not person.deleted_at and person.address:
                    by_address[person.address.id].append(person)
        self._by_address = dict(by_address)
        # The main persons come with their contacts; only others need to be looked for by address.
        wanted = {key for key, persons in by_address.items() if any(not person.is_main_contact for person in persons)}
        if wanted:
            self._find_contacts(wanted)

    def _find_contacts(self, wanted: set[str]) -> None:
        found: dict[str, list[PersonRow]] = defaultdict(list)
        persons = self._by_address or {}
        try:
            for batch in self._walk("addresses", AddressRow).batches():
                for address in batch.rows:
                    if address.id in wanted and address.contact:
                        found[address.contact.id] += persons[address.id]
        except (BooksRefusedError, ConsentNeededError) as error:
            self.remarks.append(f"contact persons at further addresses are not known: {error}")
        self._by_contact = dict(found)

    def _addresses_of_changed_persons(self, since: str) -> set[str]:
        """Give where a person changed; where there was no person before, each one is new."""
        found: set[str] = set()
        for batch in self._walk("contact_persons", PersonRow, {SINCE: since} if since else {}).batches():
            self.bad_lines += batch.bad
            for person in batch.rows:
                self.latest_person = max(self.latest_person, version_of(person.updated_at))
                if person.address:
                    found.add(person.address.id)
        return found

    def _contacts_at(self, addresses: set[str]) -> list[str]:
        """Give whose addresses these are."""
        rows: Iterable[AddressRow | None]
        if len(addresses) > _FEW:
            listed = (row for batch in self._walk("addresses", AddressRow).batches() for row in batch.rows)
            rows = (row for row in listed if row.id in addresses)
        else:
            rows = (self.client.single("addresses", key, AddressRow) for key in sorted(addresses))
        return [row.contact.id for row in rows if row is not None and row.contact]

    def _walk(self, resource: str, row: type[_Row], params: dict[str, str] | None = None) -> Walk[_Row]:
        return Walk(client=self.client, resource=resource, row=row, params=params or {}, page_size=self.page_size)


def id_of_address(address: AddressRow | None) -> str:
    """Give the id of an address, "" where there is none."""
    return address.id if address else ""
