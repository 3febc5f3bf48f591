"""What a request's body must be, as the Swagger states it, and the answers remembered for repeated ones."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from connectors.sandbox.sage.wire import RefusedError, invalid
from connectors.sandbox.wire import loads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from werkzeug.wrappers import Request

Body = dict[str, Any]

# Longest texts, from the Swagger's definitions.
_LONGEST: Final = {"notes": 4000, "name": 100, "locale": 10, "reference": 25}
# Attributes of the Swagger's putContacts that the ledger has no place for are accepted and forgotten.
CONTACT: Final = frozenset(
    {
        "name",
        "contact_type_ids",
        "reference",
        "default_sales_ledger_account_id",
        "default_sales_tax_rate_id",
        "default_purchase_ledger_account_id",
        "tax_number",
        "notes",
        "locale",
        "credit_limit",
        "credit_days",
        "credit_terms",
        "credit_terms_and_conditions",
        "product_sales_price_type_id",
        "source_guid",
        "currency_id",
        "aux_reference",
        "registered_number",
        "tax_calculation",
        "auxiliary_account",
        "destination_vat_blocking",
        "main_address",
        "delivery_address",
        "main_contact_person",
        "bank_account_details",
        "tax_treatment",
    }
)
PAYMENT: Final = frozenset(
    {
        "transaction_type_id",
        "contact_id",
        "bank_account_id",
        "date",
        "total_amount",
        "payment_method_id",
        "net_amount",
        "tax_amount",
        "currency_id",
        "exchange_rate",
        "base_currency_net_amount",
        "base_currency_tax_amount",
        "base_currency_total_amount",
        "base_currency_currency_charge",
        "reference",
        "tax_rate_id",
        "allocated_artefacts",
        "payment_on_account",
    }
)
_GUID: Final = re.compile(r"[0-9a-f]{32}")
IDEMPOTENCY: Final = "idempotency_id"
_KEPT: Final = timedelta(days=7)


def body_of(request: Request, wrapper: str, known: frozenset[str]) -> Body:
    """Read `{wrapper: {...}}`; raises RefusedError when the form is not the Swagger's."""
    if request.mimetype != "application/json":
        raise RefusedError(415, "UnsupportedMediaType", "The media type is not supported.")
    try:
        sent = loads(request.get_data())
    except ValueError:
        raise RefusedError(400, "BadRequest", "The request body is not valid JSON.") from None
    inner = sent.get(wrapper) if isinstance(sent, dict) else None
    if not isinstance(inner, dict):
        raise invalid("is missing", wrapper)
    for name in inner:
        if name not in known and name != IDEMPOTENCY:
            raise invalid("is not an attribute of this resource", f"{wrapper}.{name}")
    guid = inner.get(IDEMPOTENCY)
    if guid is not None and not (isinstance(guid, str) and _GUID.fullmatch(guid.lower())):
        raise invalid("is not a GUID without hyphens", f"{wrapper}.{IDEMPOTENCY}")
    return inner


def idempotency_of(request: Request) -> str | None:
    """Find the `idempotency_id` inside the resource of a POST; None without one, or when the body is unreadable."""
    try:
        sent = loads(request.get_data())
    except ValueError:
        return None
    inner = next(iter(sent.values()), None) if isinstance(sent, dict) else None
    guid = inner.get(IDEMPOTENCY) if isinstance(inner, dict) else None
    return guid if isinstance(guid, str) else None


def text_of(body: Mapping[str, Any], name: str, longest: int | None = None) -> str:
    """Read a text of a body, an absent one as empty; raises RefusedError when it is too long."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid("is invalid", name)
    longest = longest or _LONGEST.get(name)
    if longest is not None and len(value) > longest:
        raise invalid(f"is too long (maximum is {longest} characters)", name)
    return value


def require(body: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """Raise RefusedError when one of the names is absent or empty."""
    for name in names:
        if body.get(name) in (None, "", []):
            raise invalid("This field is required.", name)


def amount_of(value: Any, name: str) -> Decimal:
    """Read an amount, a number or a text."""
    # "Floating point representations in JSON can be tricky. Please send decimal values as strings!"
    if isinstance(value, bool):
        raise invalid("is not a number", name)
    try:
        return Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        raise invalid("is not a number", name) from None


def day_of(value: Any, name: str) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise invalid("is not a valid date", name) from None


class Remembered:
    """Answers to POSTs by their `idempotency_id`, kept for seven days of the sandbox's time."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str], tuple[datetime, Body]] = {}

    def answer(self, place: tuple[str, str], guid: str | None, now: datetime, make: Callable[[], Body]) -> Body:
        """Give the first answer again when the same id comes back to the same place (organisation, collection)."""
        if guid is None:
            return make()
        key = (*place, guid.lower())
        kept = self._answers.get(key)
        if kept is None or now - kept[0] > _KEPT:
            kept = (now, make())
            self._answers[key] = kept
        return kept[1]
