"""What a person allowed an application at a provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Connection:
    """One organisation that a consent reaches."""

    id: str
    organisation: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Consent:
    """What a person allowed an application."""

    id: str
    provider: str
    client_id: str
    scopes: tuple[str, ...]
    connections: list[Connection]
    at: datetime
    revoked: bool = False

    @property
    def reach(self) -> list[str]:
        """The organisations it reaches, in the order in which they were granted."""
        return [connection.organisation for connection in self.connections]
