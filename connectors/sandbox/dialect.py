"""What a provider's dialect must answer, and what the server lends it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from werkzeug.wrappers import Request, Response

    from connectors.sandbox.clock import SandboxClock
    from connectors.sandbox.consent import Consent
    from connectors.sandbox.faults import Fault, Faults
    from connectors.sandbox.ledger import Ledger


class Refusal(Enum):
    """Why a request goes no further than the door, before any dialect reads it."""

    NO_TOKEN = "no_token"  # noqa: S105 (a reason, not a secret)
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 (a reason, not a secret)
    NOT_CONNECTED = "not_connected"
    MINUTE_LIMIT = "minute_limit"
    DAY_LIMIT = "day_limit"
    CONCURRENT_LIMIT = "concurrent_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left of the limits after this request; None where the provider has no such limit."""

    minute: int | None
    day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a dialect may use besides the request. The lock of every ledger it reaches is held."""

    clock: SandboxClock
    # What a person allowed; its scopes say whether the request may write.
    consent: Consent
    # The organisation the request is about (what `organisation_of` said), None where it names none.
    organisation: str | None
    # All books of this provider, by organisation.
    ledgers: Mapping[str, Ledger]
    # Take a fault by its name if one is on for this request; it counts as used.
    fault: Callable[[str], Fault | None]
    faults: Faults
    # Take organisations out of the consent (a connection deleted, the application disconnected).
    disconnect: Callable[[str], None]
    # The address of this sandbox with the provider's prefix, for links in answers: http://127.0.0.1:8765/xero
    root: str

    @property
    def reach(self) -> Sequence[str]:
        """The organisations which the request's consent reaches, in the order in which they were granted."""
        return self.consent.reach

    @property
    def ledger(self) -> Ledger:
        """The books the request is about; LookupError where it names none (the dialect refuses before)."""
        if self.organisation is None:
            raise LookupError("the request names no organisation")
        return self.ledgers[self.organisation]


class Dialect(Protocol):
    """One provider's way to speak of the ledger. Paths come without the provider's prefix."""

    provider: str

    def new_id(self, organisation_id: str, sequence: int) -> str:
        """Make an id in the provider's form, the same for the same arguments."""
        ...

    def organisation_of(self, request: Request, reach: Sequence[str]) -> str | None:
        """Say which organisation a request is about; None when it needs none or names none."""
        ...

    def refuse(self, refusal: Refusal, retry_after: str | None, clock: SandboxClock) -> Response:
        """Word a refusal as the provider does. ``retry_after``: seconds, or an HTTP date."""
        ...

    def handle(self, request: Request, context: Context) -> Response:
        """Answer a request that may pass."""
        ...

    def headers(self, remaining: Remaining, context: Context) -> Mapping[str, str]:
        """Give what every answer of the provider carries: remaining calls, a request id."""
        ...

    def rows_of(self, payload: Any) -> list[Any] | None:
        """Give the rows of a list answer (the list itself, so that a fault may change it), else None."""
        ...

    def emptied(self, payload: Any) -> Any:
        """Give the list answer as the provider words it when nothing is found."""
        ...
