"""The fields that are read of Sage's answers: one struct for each kind of row; everything else is skipped unread.

Names and types are those of the Swagger file of API v3.1; amounts come as numbers or as strings.
"""

from __future__ import annotations

from datetime import date as Day  # noqa: N812, TC003 (fields are called `date`; msgspec reads the annotations)
from decimal import Decimal  # noqa: TC003 (msgspec reads the annotations)

import msgspec


class Ref(msgspec.Struct, kw_only=True, gc=False):
    """Something else that is named: by id, and by a path that says what it is."""

    id: str = ""
    displayed_as: str | None = None
    path: str | None = msgspec.field(default=None, name="$path")


class Row(msgspec.Struct, kw_only=True):
    """What every row has; the three fields that are always there, and the stamps."""

    id: str
    displayed_as: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class DocumentRow(Row, kw_only=True):
    """A sales invoice or a sales credit note."""

    invoice_number_prefix: str | None = None
    invoice_number: str | None = None
    credit_note_number_prefix: str | None = None
    credit_note_number: str | None = None
    reference: str | None = None
    date: Day | None = None
    due_date: Day | None = None
    total_amount: Decimal | None = None
    outstanding_amount: Decimal | None = None
    currency: Ref | None = None
    status: Ref | None = None
    contact: Ref | None = None
    contact_name: str | None = None
    void_reason: str | None = None


class AllocatedRow(msgspec.Struct, kw_only=True):
    """What a payment or an allocation gives to one artefact."""

    id: str | None = None
    artefact: Ref | None = None
    amount: Decimal | None = None


class OnAccountRow(Row, kw_only=True):
    """The part of a payment that is allocated to nothing yet."""

    total_amount: Decimal | None = None
    outstanding_amount: Decimal | None = None


class PaymentRow(Row, kw_only=True):
    """Money that came in or went out; customers and vendors share the list."""

    transaction_type: Ref | None = None
    contact: Ref | None = None
    date: Day | None = None
    total_amount: Decimal | None = None
    currency: Ref | None = None
    reference: str | None = None
    allocated_artefacts: list[AllocatedRow] | None = None
    payment_on_account: OnAccountRow | None = None


class AllocationRow(Row, kw_only=True):
    """A credit note or a payment on account given to invoices."""

    transaction_type: Ref | None = None
    contact: Ref | None = None
    date: Day | None = None
    allocated_artefacts: list[AllocatedRow] | None = None


class AddressRow(Row, kw_only=True):
    """An address; its contact where it belongs to one."""

    address_line_1: str | None = None
    address_line_2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: Ref | None = None
    contact: Ref | None = None


class PersonRow(Row, kw_only=True):
    """A person at one address of a contact."""

    name: str | None = None
    email: str | None = None
    telephone: str | None = None
    contact_person_types: list[Ref] | None = None
    is_main_contact: bool | None = None
    is_preferred_contact: bool | None = None
    address: Ref | None = None


class ContactRow(Row, kw_only=True):
    """A customer, a vendor, or both."""

    name: str | None = None
    email: str | None = None
    contact_types: list[Ref] | None = None
    main_contact_person: PersonRow | None = None
    main_address: AddressRow | None = None
    delivery_address: Ref | None = None
    credit_days: int | None = None
    credit_terms: str | None = None
    locale: str | None = None
    system: bool | None = None
    gdpr_obfuscated: bool | None = None
    notes: str | None = None


class SubscriptionRow(msgspec.Struct, kw_only=True):
    """A subscription of a business."""

    active: bool | None = None
    status: str | None = None


class BusinessRow(Row, kw_only=True):
    """A business that the connected user reaches."""

    name: str | None = None
    country: Ref | None = None
    subscriptions: list[SubscriptionRow] | None = None


class FinancialSettingsRow(msgspec.Struct, kw_only=True):
    """What the books are kept by."""

    base_currency: Ref | None = None
    year_end_lockdown_date: str | None = None
