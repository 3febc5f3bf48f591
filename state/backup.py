"""Backups: a consistent copy of the live database, checked before it takes its name."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from state.database import Part
from state.errors import DamagedCopyError
from state.values import instant

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from state.database import Database


def copy_to(db: Database, target: Path) -> Path:
    """Copy the live database to a new file.

    1. VACUUM INTO a temporary name beside the target. 2. Check the copy's integrity. 3. Make it durable.
    4. Give it its name. A crash leaves at most a temporary file; a copy that fails the check is removed.
    """
    temporary = target.with_name(f".{target.name}.partial")
    temporary.unlink(missing_ok=True)
    # SQLite writes into an empty file of ours, which only its owner may read.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        db.conn.execute("VACUUM INTO ?", (str(temporary),))
        check(temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_to_disk(temporary)
    temporary.replace(target)
    _sync_to_disk(target.parent)
    return target


def check(path: Path) -> None:
    """Raise DamagedCopyError unless the file passes SQLite's integrity and foreign-key checks."""
    conn = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        answer = conn.execute("PRAGMA integrity_check").fetchall()
        orphans = conn.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        raise DamagedCopyError(f"the copy {path.name} cannot be read: {error}") from error
    finally:
        conn.close()
    if answer != [("ok",)] or orphans:
        raise DamagedCopyError(f"the copy {path.name} is damaged: {answer[:1] or orphans[:1]}")


def _sync_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Backups(Part):
    """Backups of the live database."""

    def backup(self, target_dir: Path, now: datetime) -> Path:
        """Write a checked copy into a folder, named by the instant; give its path."""
        target_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp = instant(now)[:19].replace("-", "").replace(":", "")
        target = target_dir / f"relance-{stamp}Z.db"
        count = 2
        while target.exists():
            target = target_dir / f"relance-{stamp}Z-{count}.db"
            count += 1
        return copy_to(self.db, target)
