"""Which resources there are, which parameters each takes (as the Swagger lists them), and their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.sage import money, people, shapes
from connectors.sandbox.sage.asked import flag
from connectors.sandbox.sage.listing import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from connectors.sandbox.entries import Document, DocumentKind, Party, Receipt, Tombstone
    from connectors.sandbox.ledger import Ledger

_PAGED: Final = frozenset({"items_per_page", "page", "attributes"})
_SINCE: Final = frozenset({"updated_or_created_since", "deleted_since"})
_ARTEFACTS: Final = frozenset(
    {"show_payments_allocations", "search", "contact_id", "status_id", "from_date", "to_date", "has_attachments"}
)
_ARTEFACT: Final = frozenset(
    {"show_payments_allocations", "nested_attributes", "mark_as_sent", "show_analysis_types", "attributes"}
)
_CONTACT: Final = frozenset(
    {
        "nested_attributes",
        "show_balance",
        "context_date",
        "show_unfinished_recurring_invoices_status",
        "attributes",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One collection: the parameters of the list and of one entry, the attributes it sorts by, and its rows."""

    parameters: frozenset[str]
    key_parameters: frozenset[str]
    sorts: tuple[str, ...] = ()
    rows: Callable[[Ledger, Mapping[str, str]], Iterator[Row]]


def _documents(kind: DocumentKind) -> Callable[[Ledger, Mapping[str, str]], Iterator[Row]]:
    def rows(ledger: Ledger, query: Mapping[str, str]) -> Iterator[Row]:
        payments = flag(query, "show_payments_allocations", default=False)
        for entry in ledger.documents.values():
            if entry.kind == kind and entry.side == "sale":
                yield _document_row(ledger, entry, payments=payments)
        collection = "sales_invoices" if kind == "invoice" else "sales_credit_notes"
        yield from (_gone(collection, stone) for stone in ledger.tombstones if stone.kind == kind)

    return rows


def _document_row(ledger: Ledger, entry: Document, *, payments: bool) -> Row:
    return Row(
        key=entry.id,
        created_at=entry.created_at,
        updated_at=entry.updated_at,
        deleted_at=entry.updated_at if entry.status == "deleted" else None,
        on=entry.issued_on,
        due_on=entry.due_on,
        fits={
            "contact_id": lambda: (entry.party_id,),
            "status_id": lambda: (shapes.status_of(ledger, entry),),
            "has_attachments": lambda: ("false",),
        },
        texts=(entry.reference, ledger.party(entry.party_id).name),
        show=lambda: shapes.document(ledger, entry, payments=payments),
    )


def _gone(collection: str, stone: Tombstone) -> Row:
    """Show what is left of an entry that was deleted outright: its id and when."""
    at = shapes.instant(stone.at)
    return Row(
        key=stone.id,
        created_at=stone.at,
        updated_at=stone.at,
        deleted_at=stone.at,
        fits={},
        show=lambda: {**shapes.base(collection, stone.id, ""), "updated_at": at, "deleted_at": at},
    )


def _contacts(ledger: Ledger, query: Mapping[str, str]) -> Iterator[Row]:
    balance = flag(query, "show_balance", default=False)
    only_active = flag(query, "filter_inactive_contacts", default=False)
    for party in ledger.parties.values():
        if party.active or not only_active:
            yield _contact_row(ledger, party, balance=balance)
    yield from (_gone("contacts", stone) for stone in ledger.tombstones if stone.kind == "party")


def _contact_row(ledger: Ledger, party: Party, *, balance: bool) -> Row:
    return Row(
        key=party.id,
        created_at=party.created_at,
        updated_at=party.updated_at,
        fits={
            "contact_type_id": lambda: people.contact_types(ledger, party),
            "email": lambda: (party.email, *(person.email for person in party.cc_people)),
        },
        texts=(party.name,),
        show=lambda: people.contact(ledger, party, balance=balance),
    )


def _contact_persons(ledger: Ledger, _query: Mapping[str, str]) -> Iterator[Row]:
    for party in ledger.parties.values():
        yield from (_person_row(party, shown) for shown in people.persons(party))


def _person_row(party: Party, shown: dict[str, Any]) -> Row:
    return Row(
        key=shown["id"],
        created_at=party.created_at,
        updated_at=party.updated_at,
        fits={"contact_id": lambda: (party.id,), "address_id": lambda: (shown["address"]["id"],)},
        show=lambda: shown,
    )


def _addresses(ledger: Ledger, _query: Mapping[str, str]) -> Iterator[Row]:
    for party in ledger.parties.values():
        yield from (_address_row(party, shown) for shown in people.addresses(party))


def _address_row(party: Party, shown: dict[str, Any]) -> Row:
    return Row(
        key=shown["id"],
        created_at=party.created_at,
        updated_at=party.updated_at,
        fits={"contact_id": lambda: (party.id,), "bank_account_id": lambda: ()},
        show=lambda: shown,
    )


def _contact_payments(ledger: Ledger, _query: Mapping[str, str]) -> Iterator[Row]:
    yield from (_payment_row(ledger, receipt) for receipt in ledger.receipts.values())
    yield from (_gone("contact_payments", stone) for stone in ledger.tombstones if stone.kind == "receipt")


def _payment_row(ledger: Ledger, receipt: Receipt) -> Row:
    return Row(
        key=receipt.id,
        created_at=receipt.created_at,
        updated_at=receipt.updated_at,
        deleted_at=receipt.updated_at if receipt.deleted else None,
        on=receipt.on,
        fits={
            "contact_id": lambda: (receipt.party_id,),
            "transaction_type_id": lambda: ("CUSTOMER_RECEIPT",),
            "bank_account_id": lambda: (shapes.derived_id(ledger.organisation.id, "bank"),),
        },
        show=lambda: money.contact_payment(ledger, receipt),
    )


def _contact_allocations(ledger: Ledger, _query: Mapping[str, str]) -> Iterator[Row]:
    for at, shown in money.contact_allocations(ledger):
        yield _allocation_row(at, shown)


def _allocation_row(at: Any, shown: dict[str, Any]) -> Row:
    return Row(
        key=shown["id"],
        created_at=at,
        updated_at=at,
        fits={
            "contact_id": lambda: (shown["contact"]["id"],),
            "transaction_type_id": lambda: ("CUSTOMER_ALLOCATION",),
        },
        show=lambda: shown,
    )


RESOURCES: Final[Mapping[str, Resource]] = {
    "sales_invoices": Resource(
        parameters=_PAGED | _SINCE | _ARTEFACTS | {"sort"},
        key_parameters=_ARTEFACT | {"show_corrections", "show_recurring_invoice"},
        sorts=("created_at", "updated_at", "date", "due_date"),
        rows=_documents("invoice"),
    ),
    "sales_credit_notes": Resource(
        parameters=_PAGED | _SINCE | _ARTEFACTS | {"sort"},
        key_parameters=_ARTEFACT,
        sorts=("created_at", "updated_at", "date"),
        rows=_documents("credit_note"),
    ),
    "contacts": Resource(
        parameters=_PAGED
        | _SINCE
        | _CONTACT
        | {"contact_type_id", "exclude_system", "search", "email", "filter_inactive_contacts"},
        key_parameters=_CONTACT,
        rows=_contacts,
    ),
    "contact_persons": Resource(
        parameters=_PAGED | _SINCE | {"address_id", "contact_id"},
        key_parameters=frozenset({"nested_attributes", "attributes"}),
        rows=_contact_persons,
    ),
    "addresses": Resource(
        parameters=_PAGED | _SINCE | {"contact_id", "bank_account_id"},
        key_parameters=frozenset({"nested_attributes", "attributes"}),
        rows=_addresses,
    ),
    "contact_payments": Resource(
        parameters=_PAGED
        | _SINCE
        | {"contact_id", "bank_account_id", "transaction_type_id", "from_date", "to_date", "sort"},
        key_parameters=frozenset({"attributes"}),
        sorts=("created_at", "updated_at", "date"),
        rows=_contact_payments,
    ),
    "contact_allocations": Resource(
        parameters=_PAGED | _SINCE | {"contact_id", "transaction_type_id", "sort"},
        key_parameters=frozenset({"attributes"}),
        sorts=("created_at", "updated_at", "date"),
        rows=_contact_allocations,
    ),
}
