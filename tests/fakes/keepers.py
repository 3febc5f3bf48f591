"""Token keepers on a real vault, and a clock that tests move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

from connectors.oauth_answers import tokens_of
from connectors.oauth_lock import FileLock
from connectors.tokens import TokenKeeper
from state.vault import Binding, Vault

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from connectors.tokens import TokenStore
    from tests.fakes.token_server import TokenServer

KEY = b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PLENTY = 1 << 40


@dataclass(slots=True)
class Moving:
    """A clock that stands until it is moved."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def advance(self, **span: float) -> None:
        self.instant += timedelta(**span)


def vault_in(folder: Path, *keys: bytes) -> Vault:
    return Vault(folder / "vault.db", lambda: keys or (KEY,))


def connect(vault: Vault, server: TokenServer, now: datetime, company_id: str = "dupont") -> None:
    """Connect a company as its person would have."""
    tokens = tokens_of(server.grant(), server.facts(), asked_at=now)
    organisation_id, organisation = next(iter(server.organisations.items()))
    vault.connect(
        company_id,
        Binding(provider=server.provider, organisation_id=organisation_id, organisation=organisation),
        scopes=tokens.scopes,
        access=tokens.access,
        refresh=tokens.refresh,
        access_expires_at=tokens.access_expires_at,
        refresh_expires_at=tokens.refresh_expires_at,
        consent_ends_at=tokens.consent_ends_at,
        now=now,
    )


def keeper(
    store: TokenStore,
    server: TokenServer,
    clock: Moving,
    folder: Path,
    *,
    company_id: str = "dupont",
    free_bytes: Callable[[], int] = lambda: PLENTY,
) -> TokenKeeper:
    return TokenKeeper(
        company_id=company_id,
        app=server.app(),
        store=store,
        lock=FileLock(folder / "locks" / f"{company_id}.lock", Event().wait),
        clock=clock,
        free_bytes=free_bytes,
    )
