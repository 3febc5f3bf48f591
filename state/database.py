"""The one SQLite file: how it is opened, and the unit of work around every write."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import sqlite_utils

from state.errors import NotADatabaseError, OutsideTransactionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlite_utils.db import Table

_BUSY_SECONDS: Final = 30
# Well below SQLite's limit of bound values in one statement.
_CHUNK: Final = 5000


class Database:
    """A connection of our own: WAL, every commit on disk, every write inside `tx()`.

    One connection serves one thread. Reads may stand alone or inside `snapshot()`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_new = _create_private(path)
        self.conn = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            self._settle()
        except sqlite3.DatabaseError as error:
            self.conn.close()
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise NotADatabaseError(f"{path} is not a database: {error}") from error
        # How often each item had asked to be looked at when its case was read last; see decisions.record_decisions.
        self.touched_when_read: dict[tuple[str, str], int] = {}
        # Plug-ins of other installations have no business in this file.
        self.utils = sqlite_utils.Database(self.conn, execute_plugins=False)

    def _settle(self) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "trusted_schema=OFF",
            "cache_size=-32000",
        ):
            self.conn.execute(f"PRAGMA {pragma}")

    def close(self) -> None:
        """Close the connection."""
        self.conn.close()

    def in_unit(self) -> bool:
        """Tell whether a transaction is open on this connection."""
        return self.conn.in_transaction

    @contextmanager
    def tx(self) -> Iterator[None]:
        """Run a unit of work: all of it is durable at the end, or none of it happened; a unit inside a unit joins it."""
        if self.in_unit():
            yield
            return
        with self._begun():
            yield

    @contextmanager
    def tx_of_what_can_be_worked_out_again(self) -> Iterator[None]:
        """Run a unit of work that a power cut may undo, because the next run would do it again: a plan's decisions.

        It waits for no disk. What is committed after it takes it along, so that the file never holds a later unit
        without an earlier one. Inside another unit it is as durable as that one.
        """
        if self.in_unit():
            yield
            return
        self.conn.execute("PRAGMA synchronous=NORMAL")
        try:
            with self._begun():
                yield
        finally:
            self.conn.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def _begun(self) -> Iterator[None]:
        """Begin and end a transaction.

        `BEGIN IMMEDIATE` takes the write lock first and waits for it: a deferred transaction that reads and then writes
        fails at once when another writer came between.
        """
        self.conn.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A full disk has already rolled back by itself.
            if self.in_unit():
                self.conn.execute("ROLLBACK")
            raise
        try:
            self.conn.execute("COMMIT")
        except BaseException:
            if self.in_unit():
                self.conn.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read several things as they stand at one moment."""
        if self.in_unit():
            yield
            return
        self.conn.execute("BEGIN")
        try:
            yield
        finally:
            if self.in_unit():
                self.conn.execute("ROLLBACK")

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Read rows."""
        cursor = self.conn.cursor()
        cursor.row_factory = sqlite3.Row
        return cursor.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Read the first row, None where there is none."""
        cursor = self.conn.cursor()
        cursor.row_factory = sqlite3.Row
        return cast("sqlite3.Row | None", cursor.execute(sql, values).fetchone())

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Read the first column of the first row, None where there is none."""
        row = self.conn.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def chosen(self, sql: str, values: Sequence[Any], ids: Sequence[str]) -> Iterator[sqlite3.Row]:
        """Read the rows of many ids: `{ids}` in the statement stands for them, after the other values."""
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            yield from self.all(sql.replace("{ids}", ",".join("?" * len(part))), (*values, *part))

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Write inside a unit of work; give the number of rows changed."""
        self._inside()
        return self.conn.execute(sql, values).rowcount

    def write_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Write many rows by one statement; give the number of rows changed."""
        self._inside()
        return max(self.conn.executemany(sql, rows).rowcount, 0)

    def insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Add an ordinary row."""
        self._inside()
        self._table(table).insert(dict(row))

    def upsert(self, table: str, row: Mapping[str, Any], key: Sequence[str]) -> None:
        """Add an ordinary row, or change the one of the same key."""
        self._inside()
        self._table(table).upsert(dict(row), pk=tuple(key))

    def _table(self, name: str) -> Table:
        return self.utils.table(name)

    def _inside(self) -> None:
        if not self.in_unit():
            raise OutsideTransactionError("a write outside a unit of work")


def _create_private(path: Path) -> bool:
    """Create the file for its owner alone, before SQLite opens it: the -wal and -shm files take over its rights."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return path.stat().st_size == 0
    return True


class Part:
    """A part of the store, over the one connection."""

    def __init__(self, db: Database) -> None:
        self.db = db
