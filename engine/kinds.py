"""The closed lists of the trade: what an item, a channel, a hold, a reminder can be."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ItemKind(StrEnum):
    """What an open item is; credits carry negative amounts."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"


class DueSource(StrEnum):
    """Where a due date comes from: printed in the books, agreed with the customer, or a default assumed by us."""

    STATED = "stated"
    AGREED = "agreed"
    ASSUMED = "assumed"


class CustomerKind(StrEnum):
    """What the debtor is in law; unknown claims nothing."""

    BUSINESS = "business"
    CONSUMER = "consumer"
    PUBLIC = "public"
    UNKNOWN = "unknown"


class AddressForm(StrEnum):
    """How the customer is addressed in languages that tell the two apart."""

    VOUS = "vous"
    TU = "tu"


class ContactRole(StrEnum):
    """What a contact is written to about."""

    BILLING = "billing"
    DIRECTOR = "director"
    OTHER = "other"


class Channel(StrEnum):
    """How a level reaches the customer; the last five are carried out by a person."""

    EMAIL = "email"
    PROVIDER = "provider"
    LETTER = "letter"
    REGISTERED_LETTER = "registered_letter"
    CALL = "call"
    TEXT_MESSAGE = "text_message"
    TASK = "task"


# What a person prints and posts.
LETTERS: Final = frozenset({Channel.LETTER, Channel.REGISTERED_LETTER})


class Tone(StrEnum):
    """How firmly a level speaks."""

    FRIENDLY = "friendly"
    FIRM = "firm"
    FINAL = "final"
    FORMAL = "formal"


class Charges(StrEnum):
    """What a level says of statutory interest and indemnity."""

    NONE = "none"
    SHOW = "show"
    CLAIM = "claim"


class Imputation(StrEnum):
    """What a part payment settles first: what was invoiced, or the interest that has run (C. civ. 1343-1)."""

    PRINCIPAL = "principal"
    INTEREST = "interest"


class AttachmentKind(StrEnum):
    """What a level encloses: the invoices, the terms, the account, and what else there is of each invoice."""

    INVOICE = "invoice"
    TERMS = "terms"
    STATEMENT = "statement"
    DOCUMENTS = "documents"


class Mode(StrEnum):
    """What may leave for a company; enforced right before the wire."""

    OFF = "off"
    PREVIEW = "preview"
    REDIRECT = "redirect"
    APPROVE = "approve"
    AUTO = "auto"


class Grouping(StrEnum):
    """Whether a customer's due items share a notice or each has its own."""

    CUSTOMER = "customer"
    INVOICE = "invoice"


class PaymentMethod(StrEnum):
    """How a customer pays; a direct debit is never chased by mail."""

    TRANSFER = "transfer"
    CHEQUE = "cheque"
    CARD = "card"
    DIRECT_DEBIT = "direct_debit"
    OTHER = "other"


class HoldReason(StrEnum):
    """Why an open item is not asked today: a closed list, each explained in French and English by `engine.explain`."""

    NOT_DUE = "not_due"
    INTERVAL = "interval"
    UNSEEN = "unseen"
    DEADLINE_RUNNING = "deadline_running"
    BELOW_MINIMUM = "below_minimum"
    COVERED_BY_CREDIT = "covered_by_credit"
    PAYMENT_TO_ALLOCATE = "payment_to_allocate"
    DISPUTE = "dispute"
    PROMISE = "promise"
    INSTALMENTS = "instalments"
    HOLD = "hold"
    DO_NOT_CONTACT = "do_not_contact"
    INSOLVENCY = "insolvency"
    DIRECT_DEBIT = "direct_debit"
    FACTORED = "factored"
    INTERCOMPANY = "intercompany"
    HANDED_OVER = "handed_over"
    NO_ADDRESS = "no_address"
    ADDRESS_FAILED = "address_failed"
    STALE_BOOKS = "stale_books"
    QUARANTINED = "quarantined"
    MODE_OFF = "mode_off"
    BACKLOG_NOT_ACCEPTED = "backlog_not_accepted"
    TOO_OLD = "too_old"
    AWAITING_APPROVAL = "awaiting_approval"
    PLAN_FINISHED = "plan_finished"
    DUE_DATE_ASSUMED = "due_date_assumed"
    CLOSED_PERIOD = "closed_period"
    CAP_REACHED = "cap_reached"
    OWN_REMINDERS = "own_reminders"
    COLLECTING = "collecting"


class HoldKind(StrEnum):
    """What a person (or the books) recorded against an item, a customer or a whole company."""

    HOLD = "hold"
    DISPUTE = "dispute"
    PROMISE = "promise"
    INSTALMENTS = "instalments"
    INSOLVENCY = "insolvency"
    FACTORED = "factored"
    INTERCOMPANY = "intercompany"
    HANDED_OVER = "handed_over"
    WRITTEN_OFF = "written_off"
    STOPPED = "stopped"


class ReminderState(StrEnum):
    """Where a reminder is on its way; `reliability.md` §2 names each arrow."""

    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Purpose(StrEnum):
    """What a reminder is for: a level of the plan, or one of the other mails with a key of their own."""

    LEVEL = "level"
    EXTRA = "extra"
    THANK_YOU = "thank_you"
    BROKEN_PROMISE = "broken_promise"
    CONFIRMATION = "confirmation"
    INSTALMENT = "instalment"
    STATEMENT = "statement"
    DIGEST = "digest"


# The occasion of a level's reminder that a person carried out in place of the plan.
TAKEN: Final = "taken"
