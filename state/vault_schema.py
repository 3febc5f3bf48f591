"""The tables of the vault, and how its file reaches the version of this program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlite_utils import Migrations

from state.errors import NewerDatabaseError

if TYPE_CHECKING:
    import sqlite_utils

    from state.database import Database

MIGRATIONS = Migrations("relance-vault")

# problem: '' or why a person must consent again. refresh_started_at and fingerprint: a refresh token was posted whose
# answer is not recorded. tokens and previous are encrypted.
_CONNECTIONS: Final = """
CREATE TABLE connections (
  company_id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  organisation TEXT NOT NULL,
  scopes TEXT NOT NULL,
  version INTEGER NOT NULL,
  connected_at TEXT NOT NULL,
  renewed_at TEXT NOT NULL,
  access_expires_at TEXT NOT NULL,
  refresh_expires_at TEXT NOT NULL,
  consent_ends_at TEXT,
  refresh_started_at TEXT,
  refresh_repeats INTEGER NOT NULL DEFAULT 0,
  fingerprint TEXT NOT NULL DEFAULT '',
  tokens BLOB NOT NULL,
  previous BLOB,
  previous_until TEXT,
  status TEXT NOT NULL DEFAULT 'ok' CHECK (status IN ('ok', 'needs_consent')),
  problem TEXT NOT NULL DEFAULT '',
  CHECK ((previous IS NULL) = (previous_until IS NULL)),
  CHECK ((status = 'ok') = (problem = ''))
) STRICT"""

# Which organisation a company's items come from; it outlives the connection, as the items do.
_BINDINGS: Final = """
CREATE TABLE bindings (
  company_id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  organisation_id TEXT NOT NULL,
  organisation TEXT NOT NULL,
  bound_at TEXT NOT NULL
) STRICT"""


@MIGRATIONS()
def m001_connections(db: sqlite_utils.Database) -> None:
    """Lay the first tables."""
    db.execute(_CONNECTIONS)
    db.execute(_BINDINGS)


def migrate(db: Database) -> None:
    """Bring the vault to this version; raises NewerDatabaseError where a newer one wrote it.

    No copy is made before: tokens change with every renewal, and an older file would hold dead ones.
    """
    known = {step.name for step in MIGRATIONS._migrations}  # noqa: SLF001 (sqlite-utils lists only pending and applied steps)
    if unknown := {step.name for step in MIGRATIONS.applied(db.utils)} - known:
        raise NewerDatabaseError(
            f"{db.path} was written by a newer version of Relance ({', '.join(sorted(unknown))}): install that version"
        )
    if MIGRATIONS.pending(db.utils):
        with db.tx():
            MIGRATIONS.apply(db.utils)
