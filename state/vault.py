"""The vault: the tokens by which companies reach their books, encrypted, in a file of their own.

Apart from the store, so that its backups and copies hold no access to anybody's books.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.errors import BooksUnreachableError, ConsentNeededError
from state.database import Database
from state.errors import StoreError
from state.values import instant, read_instant
from state.vault_cipher import VaultCipher
from state.vault_schema import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

VAULT: Final = "vault.db"
# How long a refresh token that was replaced is kept (reliability: OAuth; Xero takes it for as long).
_PREVIOUS_KEPT: Final = timedelta(minutes=30)


class VaultUnusableError(BooksUnreachableError):
    """The vault's file cannot be read or written now; nothing was changed."""


class VaultExposedError(ConsentNeededError):
    """Other users of the machine can read the vault: close it to them first."""


class ConnectionChangedError(BooksUnreachableError):
    """The connection was renewed, replaced or removed meanwhile; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """The organisation that a company's items come from."""

    provider: str
    organisation_id: str
    organisation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What can be said of a connection without the key. `problem`: "", or why a person must consent again."""

    company_id: str
    provider: str
    organisation_id: str
    organisation: str
    scopes: str
    version: int
    connected_at: datetime
    renewed_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime
    consent_ends_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(Overview):
    """A connection with its tokens.

    `refresh_started_at` is None unless this very refresh token was posted and no answer was recorded;
    `refresh_repeats` is how often it was posted again after the provider's grace.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    refresh_started_at: datetime | None
    refresh_repeats: int


class Vault:
    """The tokens of all companies. Every method opens the file for itself: any thread may call any.

    `keys` fetches the keys when something must be encrypted or decrypted. Methods raise VaultUnusableError,
    VaultExposedError, VaultKeyError, ConnectionChangedError, all of them errors of the books.
    """

    def __init__(self, path: Path, keys: Callable[[], Sequence[bytes]]) -> None:
        self._path = path
        self._keys = keys
        self._cipher: VaultCipher | None = None

    def connection(self, company_id: str) -> Connection | None:
        """Give a company's connection with its tokens, None where there is none."""
        with self._reading() as db:
            row = db.one("SELECT * FROM connections WHERE company_id = ?", (company_id,)) if db is not None else None
        if row is None:
            return None
        tokens = self._sealing().decrypt(company_id, row["provider"], row["tokens"])
        refresh = tokens["refresh"]
        # A mark of another token says nothing of this one: it was connected anew since.
        marked = row["refresh_started_at"] and self._sealing().has_fingerprint(refresh, row["fingerprint"])
        return Connection(
            **_overview(row),
            access=tokens["access"],
            refresh=refresh,
            refresh_started_at=read_instant(row["refresh_started_at"]) if marked else None,
            refresh_repeats=row["refresh_repeats"] if marked else 0,
        )

    def overview(self, company_id: str) -> Overview | None:
        """Give what can be said of a company's connection without the key, None where there is none."""
        with self._reading() as db:
            row = db.one("SELECT * FROM connections WHERE company_id = ?", (company_id,)) if db is not None else None
        return Overview(**_overview(row)) if row is not None else None

    def companies(self) -> list[str]:
        """List the companies that have a connection."""
        with self._reading() as db:
            rows = db.all("SELECT company_id FROM connections ORDER BY company_id") if db is not None else []
        return [row["company_id"] for row in rows]

    def binding(self, company_id: str) -> Binding | None:
        """Give the organisation that a company was bound to last, also after it was disconnected."""
        with self._reading() as db:
            row = db.one("SELECT * FROM bindings WHERE company_id = ?", (company_id,)) if db is not None else None
        if row is None:
            return None
        return Binding(
            provider=row["provider"], organisation_id=row["organisation_id"], organisation=row["organisation"]
        )

    def connect(
        self,
        company_id: str,
        bound: Binding,
        *,
        scopes: str,
        access: str,
        refresh: str,
        access_expires_at: datetime,
        refresh_expires_at: datetime,
        consent_ends_at: datetime | None,
        now: datetime,
    ) -> None:
        """Bind a company to one organisation and keep its first pair of tokens, in place of what there was."""
        sealed = self._sealing().encrypt(company_id, bound.provider, {"access": access, "refresh": refresh})
        names = {
            "provider": bound.provider,
            "organisation_id": bound.organisation_id,
            "organisation": bound.organisation,
        }
        with self._writing() as db:
            # The version goes on rising, so that a renewal of the connection before this one can save nothing over it.
            before = db.value("SELECT version FROM connections WHERE company_id = ?", (company_id,))
            row = {
                "company_id": company_id,
                **names,
                "scopes": scopes,
                "version": (before or 0) + 1,
                "connected_at": instant(now),
                "renewed_at": instant(now),
                "access_expires_at": instant(access_expires_at),
                "refresh_expires_at": instant(refresh_expires_at),
                "consent_ends_at": instant(consent_ends_at) if consent_ends_at else None,
                "refresh_started_at": None,
                "refresh_repeats": 0,
                "fingerprint": "",
                "tokens": sealed,
                "previous": None,
                "previous_until": None,
                "status": "ok",
                "problem": "",
            }
            db.upsert("connections", row, ("company_id",))
            binding = {"company_id": company_id, **names, "bound_at": instant(now)}
            db.upsert("bindings", binding, ("company_id",))

    def mark_refresh(self, company_id: str, version: int, *, started_at: datetime | None, repeats: int) -> None:
        """Record that a connection's refresh token is being posted, or (None) that it was not."""
        kept = self.connection(company_id)
        mark = self._sealing().fingerprint(kept.refresh) if kept is not None and started_at is not None else ""
        with self._writing() as db:
            changed = db.write(
                "UPDATE connections SET refresh_started_at = ?, refresh_repeats = ?, fingerprint = ? "
                "WHERE company_id = ? AND version = ?",
                (instant(started_at) if started_at else None, repeats, mark, company_id, version),
            )
            _must_be_one(changed, company_id)

    def save_tokens(
        self,
        company_id: str,
        version: int,
        *,
        access: str,
        refresh: str,
        access_expires_at: datetime,
        refresh_expires_at: datetime,
        consent_ends_at: datetime | None,
        now: datetime,
    ) -> int:
        """Replace the pair, keep the old refresh token for half an hour, clear the mark; give the new version."""
        kept = self.connection(company_id)
        if kept is None or kept.version != version:
            _must_be_one(0, company_id)
            return version
        cipher = self._sealing()
        sealed = cipher.encrypt(company_id, kept.provider, {"access": access, "refresh": refresh})
        previous = cipher.encrypt(company_id, kept.provider, {"refresh": kept.refresh})
        with self._writing() as db:
            _drop_previous(db, now)
            changed = db.write(
                "UPDATE connections SET version = version + 1, tokens = ?, renewed_at = ?, access_expires_at = ?, "
                "refresh_expires_at = ?, consent_ends_at = coalesce(?, consent_ends_at), previous = ?, "
                "previous_until = ?, refresh_started_at = NULL, refresh_repeats = 0, fingerprint = '', status = 'ok', "
                "problem = '' WHERE company_id = ? AND version = ?",
                (
                    sealed,
                    instant(now),
                    instant(access_expires_at),
                    instant(refresh_expires_at),
                    instant(consent_ends_at) if consent_ends_at else None,
                    previous,
                    instant(now + _PREVIOUS_KEPT),
                    company_id,
                    version,
                ),
            )
            _must_be_one(changed, company_id)
        return version + 1

    def needs_consent(self, company_id: str, version: int, reason: str) -> None:
        """Record that a person must consent again, and why."""
        with self._writing() as db:
            changed = db.write(
                "UPDATE connections SET status = 'needs_consent', problem = ? WHERE company_id = ? AND version = ?",
                (reason, company_id, version),
            )
            _must_be_one(changed, company_id)

    def forget(self, company_id: str) -> bool:
        """Remove a company's tokens, not its binding; tell whether there were any."""
        if not self._path.exists():
            return False
        with self._writing() as db:
            return bool(db.write("DELETE FROM connections WHERE company_id = ?", (company_id,)))

    def drop_previous(self, now: datetime) -> int:
        """Forget the replaced refresh tokens whose half hour is over; give how many."""
        if not self._path.exists():
            return 0
        with self._writing() as db:
            return _drop_previous(db, now)

    def _sealing(self) -> VaultCipher:
        if self._cipher is None:
            self._cipher = VaultCipher(self._keys())
        return self._cipher

    @contextmanager
    def _reading(self) -> Iterator[Database | None]:
        """Open the file, None where there is none yet: looking makes no vault."""
        if not self._path.exists():
            yield None
            return
        with self._opened() as db:
            yield db

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        """Open the file, made where it is missing, and a unit of work that is on disk at its end."""
        with self._opened() as db, db.tx():
            yield db

    @contextmanager
    def _opened(self) -> Iterator[Database]:
        try:
            if self._path.exists():
                _must_be_private(self._path)
            db = Database(self._path)
            try:
                # What is replaced is overwritten, not only let go.
                db.conn.execute("PRAGMA secure_delete=ON")
                migrate(db)
                yield db
            finally:
                db.close()
        except (sqlite3.Error, OSError, StoreError) as error:
            raise VaultUnusableError(f"the vault {self._path} cannot be used: {error}") from None


def _overview(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "company_id": row["company_id"],
        "provider": row["provider"],
        "organisation_id": row["organisation_id"],
        "organisation": row["organisation"],
        "scopes": row["scopes"],
        "version": row["version"],
        "connected_at": read_instant(row["connected_at"]),
        "renewed_at": read_instant(row["renewed_at"]),
        "access_expires_at": read_instant(row["access_expires_at"]),
        "refresh_expires_at": read_instant(row["refresh_expires_at"]),
        "consent_ends_at": read_instant(row["consent_ends_at"]),
        "problem": row["problem"],
    }


def _drop_previous(db: Database, now: datetime) -> int:
    return db.write(
        "UPDATE connections SET previous = NULL, previous_until = NULL WHERE previous_until <= ?", (instant(now),)
    )


def _must_be_private(path: Path) -> None:
    if path.stat().st_mode & 0o077:
        raise VaultExposedError(f"other users of this machine can read {path}: chmod 600 it, then connect again")


def _must_be_one(changed: int, company_id: str) -> None:
    if changed != 1:
        raise ConnectionChangedError(f"the connection of {company_id} was changed meanwhile; try again")
