"""The sandbox driven from outside: time, faults, books and consents as JSON over HTTP under /_sandbox."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Protocol

from connectors.sandbox.entries import Person
from connectors.sandbox.ledger import Ledger, LedgerError
from connectors.sandbox.wire import json_response, loads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request, Response

    from connectors.sandbox.calls import CallLog
    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.faults import Faults
    from connectors.sandbox.limits import Limits
    from connectors.sandbox.oauth import OAuth

# What may be called from outside: changes of the books, no inner parts.
METHODS: Final = frozenset(
    {
        "add_note",
        "add_party",
        "allocate",
        "apply",
        "credit_note",
        "delete",
        "discard",
        "edit",
        "edit_party",
        "invoice",
        "pay",
        "receive",
        "send",
        "undo",
        "void",
    }
)
_DAYS: Final = frozenset({"on", "issued_on", "due_on"})
_AMOUNTS: Final = frozenset({"amount", "total"})


class ControlError(ValueError):
    """What was asked of the control side cannot be done."""


class Controlled(Protocol):
    """The sandbox, as far as it is driven from here."""

    clock: SandboxClock
    faults: Faults
    limits: Limits
    calls: CallLog
    oauth: OAuth
    ledgers: dict[str, dict[str, Ledger]]

    def books(self, provider: str, organisation: str) -> Ledger:
        """Give the books of an organisation."""
        ...

    def urls(self, provider: str) -> Mapping[str, str]:
        """Give a provider's addresses."""
        ...


def answer(sandbox: Controlled, request: Request, path: str) -> Response:
    """Answer a request to /_sandbox/<path>; what is wrong with it stands in the answer."""
    steps = [step for step in path.split("/") if step]
    try:
        asked = loads(request.get_data()) if request.get_data() else {}
        found = _told(sandbox, steps) if request.method == "GET" else _done(sandbox, request.method, steps, asked)
        return json_response(plain(found))
    except (ControlError, LedgerError, KeyError, TypeError, ValueError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


def _told(sandbox: Controlled, steps: list[str]) -> object:
    match steps:
        case []:
            return {
                "now": sandbox.clock.now(),
                "organisations": {provider: list(books) for provider, books in sandbox.ledgers.items()},
                "urls": {provider: sandbox.urls(provider) for provider in sandbox.ledgers},
            }
        case ["state", provider, organisation]:
            return state(sandbox.books(provider, organisation))
        case ["calls"]:
            return sandbox.calls.of()
    raise ControlError(f"nothing to read at /_sandbox/{'/'.join(steps)}")


def _done(sandbox: Controlled, method: str, steps: list[str], asked: dict[str, Any]) -> object:
    match method, steps:
        case "POST", ["advance"]:
            sandbox.clock.advance(timedelta(**{unit: float(value) for unit, value in asked.items()}))
            return {"now": sandbox.clock.now()}
        case "POST", ["faults"]:
            return {"added": sandbox.faults.add(**asked).name}
        case "DELETE", ["faults"]:
            sandbox.faults.clear()
            return {}
        case "POST", ["ledger", provider, organisation, name]:
            return change(sandbox.books(provider, organisation), name, asked)
        case "POST", ["grant"]:
            provider = asked["provider"]
            reach = asked.get("organisations") or list(sandbox.ledgers[provider])
            return sandbox.oauth.grant(provider, reach, scopes=asked.get("scopes"))
        case "POST", ["revoke"]:
            sandbox.oauth.revoke_all(asked["provider"])
            return {}
        case "POST", ["limits"]:
            sandbox.limits.set(**asked)
            return {}
    raise ControlError(f"nothing to do for {method} /_sandbox/{'/'.join(steps)}")


def change(ledger: Ledger, name: str, args: dict[str, Any]) -> object:
    """Change the books: dates as ISO text, amounts as text or number, people as objects."""
    if name not in METHODS:
        raise ControlError(f"no change {name}; there are {', '.join(sorted(METHODS))}")
    return getattr(ledger, name)(**{key: _value(key, value) for key, value in args.items()})


def state(ledger: Ledger) -> dict[str, object]:
    """Give all that the books know, with what is left of each document."""
    with ledger.lock:
        return {
            "organisation": ledger.organisation,
            "now": ledger.clock.now(),
            "parties": list(ledger.parties.values()),
            "documents": [
                {
                    **asdict(document),
                    "balance": ledger.balance(document.id),
                    "notes": [note.text for note in ledger.notes_of(document.id)],
                }
                for document in ledger.documents.values()
            ],
            "receipts": list(ledger.receipts.values()),
            "notes": list(ledger.notes),
            "mails": list(ledger.mails),
            "tombstones": list(ledger.tombstones),
        }


def plain(value: object) -> Any:
    """Give a value as JSON has it: instants and days as ISO text, amounts as text."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _value(key: str, value: Any) -> Any:
    if key in _DAYS and value is not None:
        return date.fromisoformat(value)
    if key in _AMOUNTS:
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise ControlError(f"{key}: {value!r} is no amount") from None
    if key == "cc_people":
        return tuple(Person(**person) for person in value)
    return value
