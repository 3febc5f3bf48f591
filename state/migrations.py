"""How a database reaches the version of this program: each step once, after a backup, never backwards."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlite_utils import Migrations

from state import schema, schema_judgement
from state.backup import copy_to
from state.errors import NewerDatabaseError
from state.values import instant

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import sqlite_utils

    from state.database import Database

MIGRATIONS = Migrations("relance")


@MIGRATIONS()
def m001_first_tables(db: sqlite_utils.Database) -> None:
    """Lay the tables of part 1."""
    for statement in schema.FIRST_TABLES:
        db.execute(statement)


@MIGRATIONS()
def m002_books_over_the_network(db: sqlite_utils.Database) -> None:
    """Lay what cloud books need: versions, payments, notes for each item, budgets of calls, what was fetched."""
    for statement in schema.SECOND_TABLES:
        db.execute(statement)


@MIGRATIONS()
def m003_judgement(db: sqlite_utils.Database) -> None:
    """Lay what judgement needs: more kinds of mail, disputes in part, instalments, letters, what owners were told."""
    for statement in schema_judgement.THIRD_TABLES:
        db.execute(statement)


def migrate(db: Database, now: datetime, migrations: Migrations = MIGRATIONS) -> Path | None:
    """Bring a database to this version; give the backup made before, None where there was nothing to save.

    Raises NewerDatabaseError when a step is recorded that this program does not know.
    """
    known = {step.name for step in migrations._migrations}  # noqa: SLF001 (sqlite-utils lists only pending and applied steps)
    applied = {step.name for step in migrations.applied(db.utils)}
    if unknown := applied - known:
        raise NewerDatabaseError(
            f"{db.path} was written by a newer version of Relance ({', '.join(sorted(unknown))}): "
            "install that version, or restore the backup made before it"
        )
    pending = migrations.pending(db.utils)
    if not pending:
        return None
    saved = None
    if applied:
        stamp = instant(now)[:19].replace("-", "").replace(":", "")
        saved = copy_to(db, db.path.with_name(f"{db.path.name}.before-{pending[0].name}-{stamp}"))
    # The library looks for pending steps outside any transaction; inside ours two processes cannot both find the same.
    with db.tx():
        migrations.apply(db.utils)
        db.write(
            "INSERT INTO meta (key, value) VALUES ('installation', ?), ('owner_epoch', '0'), ('owner', '') "
            "ON CONFLICT (key) DO NOTHING",
            (secrets.token_hex(16),),
        )
    return saved
