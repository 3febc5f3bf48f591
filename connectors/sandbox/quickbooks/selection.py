"""Answering a statement: which properties may be asked for, and how their values compare."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeAlias

from connectors.sandbox.quickbooks.refusals import Refusal, RefusedError
from connectors.sandbox.quickbooks.stamps import read_instant

if TYPE_CHECKING:
    from connectors.sandbox.quickbooks.language import Condition, Statement

Row: TypeAlias = Mapping[str, object]
Comparable: TypeAlias = "datetime | date | Decimal | int | bool | str"

_COMMON = {"Id": "id", "MetaData.CreateTime": "instant", "MetaData.LastUpdatedTime": "instant"}
_SALE = {**_COMMON, "DocNumber": "text", "TxnDate": "day", "TotalAmt": "amount", "CustomerRef": "reference"}

# Property -> kind of its values. What is not here is either no property or one that may not stand in a condition.
QUERYABLE: Mapping[str, Mapping[str, str]] = {
    "Invoice": {**_SALE, "DueDate": "day", "Balance": "amount"},
    "CreditMemo": {**_SALE, "Balance": "amount"},
    "Payment": {**_COMMON, "TxnDate": "day", "TotalAmt": "amount", "CustomerRef": "reference"},
    "Customer": {
        **_COMMON,
        "DisplayName": "text",
        "CompanyName": "text",
        "FullyQualifiedName": "text",
        "Active": "flag",
        "Balance": "amount",
    },
    "Attachable": {
        **_COMMON,
        "Note": "text",
        "FileName": "text",
        "AttachableRef.EntityRef.Type": "kind",
        "AttachableRef.EntityRef.Value": "id",
    },
    "CompanyInfo": dict(_COMMON),
    "Preferences": dict(_COMMON),
}
_UNQUERYABLE = frozenset(
    {
        "BillEmail",
        "BillEmailCc",
        "CurrencyRef",
        "DeliveryInfo",
        "EmailStatus",
        "InvoiceLink",
        "Line",
        "LinkedTxn",
        "Notes",
        "PrimaryEmailAddr",
        "PrivateNote",
        "RemainingCredit",
        "SyncToken",
        "UnappliedAmt",
    }
)
_COMPARISONS: Mapping[str, Callable[[Comparable, Comparable], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def entity_named(name: str) -> str:
    """Give an entity its own spelling; a statement may write it in whatever case.

    Raises RefusedError (4001) for one that the service does not keep.
    """
    for entity in QUERYABLE:
        if entity.lower() == name.lower():
            return entity
    raise _invalid(f"QueryValidationError: Metadata not found for Entity {name}")


def select(statement: Statement, rows: Sequence[Row], zone: str) -> list[Row]:
    """Give all rows that meet the conditions, in order: the caller counts them or cuts its window.

    Without an order the newest ids come first, which no reader of pages may rely on. Inactive names are left
    out unless the statement speaks of Active. Raises RefusedError (4001) for a property or a value that the
    service refuses.
    """
    entity = entity_named(statement.entity)
    tests = [_test(entity, condition, zone) for condition in statement.conditions]
    found = [row for row in rows if all(test(row) for test in tests)]
    if entity == "Customer" and not any(each.path.lower() == "active" for each in statement.conditions):
        found = [row for row in found if row["Active"]]
    found.sort(key=lambda row: int(str(row["Id"])), reverse=True)
    for key in reversed(statement.order):
        path, kind = _property(entity, key.path)
        found.sort(key=_sort_key(path, kind, zone), reverse=key.descending)
    return found


def _invalid(detail: str) -> RefusedError:
    return RefusedError(Refusal(code="4001", message="Invalid query", detail=detail, element=None))


def _property(entity: str, path: str) -> tuple[str, str]:
    for known, kind in QUERYABLE[entity].items():
        if known.lower() == path.lower():
            return known, kind
    if any(known.lower() == path.lower() for known in _UNQUERYABLE):
        raise _invalid(f"QueryValidationError: property '{path}' is not queryable")
    raise _invalid(f"QueryValidationError: Property {path} not found for Entity {entity}")


def _test(entity: str, condition: Condition, zone: str) -> Callable[[Row], bool]:
    path, kind = _property(entity, condition.path)
    if condition.operator == "like":
        pattern = _like(condition.values[0])
        return lambda row: any(pattern.fullmatch(str(value)) for value in _values(row, path))
    wanted = [_typed(value, kind, zone, path) for value in condition.values]
    if condition.operator == "in":
        return lambda row: any(_typed(value, kind, zone, path) in wanted for value in _values(row, path))
    compare = _COMPARISONS[condition.operator]
    return lambda row: any(compare(_typed(value, kind, zone, path), wanted[0]) for value in _values(row, path))


def _like(pattern: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in pattern.split("%"))
    return re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)


def _values(row: Row, path: str) -> list[object]:
    """Give the values at a dotted path: none where the row lacks it, several where it passes through a list."""
    present: list[object] = [row]
    for name in path.split("."):
        present = [_child(each, name) for one in present for each in (one if isinstance(one, list) else [one])]
    values = [each.get("value") if isinstance(each, Mapping) else each for each in present]
    return [value for value in values if value is not None]


def _child(parent: object, name: str) -> object:
    if not isinstance(parent, Mapping):
        return None
    return next((value for key, value in parent.items() if key.lower() == name.lower()), None)


def _typed(value: object, kind: str, zone: str, path: str) -> Comparable:
    text = str(value)
    try:
        match kind:
            case "instant":
                return read_instant(text, zone)
            case "day":
                return date.fromisoformat(text[: len("2026-05-05")])
            case "amount":
                return Decimal(text)
            case "flag":
                return {"true": True, "false": False}[text.lower()]
            case "kind":
                return text.lower()
            case _:
                return text
    except (ValueError, KeyError, InvalidOperation):
        raise _invalid(f"QueryValidationError: value {text} is not valid for property {path}") from None


def _sort_key(path: str, kind: str, zone: str) -> Callable[[Row], tuple[bool, Comparable]]:
    def key(row: Row) -> tuple[bool, Comparable]:
        values = _values(row, path)
        if not values:
            return (False, 0)
        if kind in {"id", "reference"} and str(values[0]).isdigit():
            return (True, int(str(values[0])))
        return (True, _typed(values[0], kind, zone, path))

    return key
