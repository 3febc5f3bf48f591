from __future__ import annotations

import sqlite3
import stat
import threading
from typing import TYPE_CHECKING

import pytest
from sqlite_utils import Database as Utils
from sqlite_utils import Migrations

from state.backup import check
from state.database import Database
from state.errors import DamagedCopyError, NewerDatabaseError, NotADatabaseError, OutsideTransactionError
from state.migrations import MIGRATIONS, migrate
from state.notes import NoteCount
from state.store import Store
from tests.builders import NOW, eur, invoice
from tests.state.conftest import C, Desk

if TYPE_CHECKING:
    from pathlib import Path


def test_every_commit_is_on_disk_and_foreign_keys_hold(desk: Desk) -> None:
    found = {
        name: desk.store.db.value(f"PRAGMA {name}")
        for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
    }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}


def test_only_the_owner_of_the_account_can_read_the_data(desk: Desk) -> None:
    folder = desk.store.db.path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "relance.db": 0o600,
        "relance.db-wal": 0o600,
        "relance.db-shm": 0o600,
    }


def test_every_table_is_strict_and_its_key_begins_with_the_company(desk: Desk) -> None:
    tables = [
        (row["name"], row["strict"])
        for row in desk.store.db.all("PRAGMA table_list")
        if row["schema"] == "main" and not row["name"].startswith(("sqlite_", "_sqlite_"))
    ]
    assert tables
    for name, strict in tables:
        assert strict == 1, name
        first = desk.store.db.value("SELECT name FROM pragma_table_info(?) WHERE pk = 1", (name,))
        assert first == ("key" if name == "meta" else "company_id"), name


def test_a_write_outside_a_unit_of_work_is_refused(desk: Desk) -> None:
    with pytest.raises(OutsideTransactionError):
        desk.store.db.write("UPDATE meta SET value = 'x' WHERE key = 'owner'")


def test_a_unit_of_work_that_fails_leaves_nothing_behind(desk: Desk) -> None:
    db = desk.store.db

    def fail() -> None:
        with db.tx(), db.tx():
            db.write("UPDATE meta SET value = 'x' WHERE key = 'owner'")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert db.value("SELECT value FROM meta WHERE key = 'owner'") != "x"
    assert not db.in_unit()


def test_durability_is_back_even_when_a_hurried_unit_fails(desk: Desk) -> None:
    db = desk.store.db

    def fail() -> None:
        with db.tx_of_what_can_be_worked_out_again():
            assert db.value("PRAGMA synchronous") == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert db.value("PRAGMA synchronous") == 2
    with db.tx(), db.tx_of_what_can_be_worked_out_again():
        assert db.value("PRAGMA synchronous") == 2


def test_two_connections_that_read_then_write_wait_for_each_other(desk: Desk) -> None:
    # A deferred transaction would fail at once here: its snapshot is stale when it comes to write.
    path, errors = desk.store.db.path, []

    def raise_often() -> None:
        try:
            with Store.open(path, now=NOW) as other:
                for _ in range(25):
                    other.raise_epoch("other", NOW)
        except Exception as error:  # noqa: BLE001 (a thread's error must reach the test)
            errors.append(error)

    threads = [threading.Thread(target=raise_often) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert desk.store.raise_epoch("last", NOW).epoch == desk.owner.epoch + 51


def test_the_installation_keeps_its_name_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "relance.db"
    with Store.open(path, now=NOW) as store:
        first = store.installation_id
    with Store.open(path, now=NOW) as store:
        assert store.installation_id == first
    with Store.open(tmp_path / "other.db", now=NOW) as store:
        assert store.installation_id != first
    assert len(first) == 32


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "relance.db"
    path.write_bytes(b"numero;client;montant\r\n" * 100)
    with pytest.raises(NotADatabaseError, match=r"relance\.db"):
        Store.open(path, now=NOW)


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "relance.db"
    with Store.open(path, now=NOW) as store, store.db.tx():
        store.db.write(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('relance', 'm999_tomorrow', '')"
        )
    with pytest.raises(NewerDatabaseError, match="m999_tomorrow"):
        Store.open(path, now=NOW)
    assert [one.name for one in tmp_path.iterdir()] == ["relance.db"]


def _next_version() -> Migrations:
    later = Migrations("relance")

    @later()
    def m001_first_tables(db: Utils) -> None:
        raise AssertionError(db)

    @later()
    def m002_books_over_the_network(db: Utils) -> None:
        raise AssertionError(db)

    @later()
    def m003_judgement(db: Utils) -> None:
        raise AssertionError(db)

    @later()
    def m004_colours(db: Utils) -> None:
        db.execute("ALTER TABLE companies ADD COLUMN colour TEXT NOT NULL DEFAULT ''")

    return later


def test_a_migration_first_saves_the_database_as_it_was(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    saved = migrate(desk.store.db, NOW, _next_version())
    assert saved is not None
    assert saved.name == "relance.db.before-m004_colours-20260302T080000"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with Store.open(saved, now=NOW) as before:
        assert before.balance_of(C, "F1") is not None
        assert "colour" not in [row["name"] for row in before.db.all("PRAGMA table_info(companies)")]
    assert desk.store.db.value("SELECT colour FROM companies WHERE company_id = ?", (C,)) == ""


def test_a_database_of_the_first_release_keeps_what_it_knows(tmp_path: Path) -> None:
    first = Migrations("relance")
    first()(MIGRATIONS.pending(Utils(memory=True))[0].fn)
    db = Database(tmp_path / "relance.db")
    migrate(db, NOW, first)
    old = Store(db)
    with db.tx():
        db.insert("companies", {"company_id": C})
        db.write(
            "INSERT INTO items (company_id, item_id, customer_id, number, kind, issued_on, due_on, due_source, currency, "
            "total, balance, reference, reduces, payment_url, document, is_opening, first_sync_no, first_seen_on, "
            "seen_sync_no) VALUES (?, 'F1', 'C1', 'F1', 'invoice', '2026-01-05', '2026-02-04', 'stated', 'EUR', 12000, "
            "12000, '', '', '', '', 0, 1, '2026-01-05', 1)",
            (C,),
        )
    old.close()
    with Store.open(tmp_path / "relance.db", now=NOW) as store:
        kept = store.balance_of(C, "F1")
        assert kept is not None
        assert (kept.balance, kept.version) == (eur("120.00"), "")
        assert store.notes_of(C) == NoteCount(todo=0, noted=0, failed=0)


def test_a_database_of_the_second_layout_keeps_its_reminders_with_their_lines_and_mails(tmp_path: Path) -> None:
    second = Migrations("relance")
    for step in MIGRATIONS.pending(Utils(memory=True))[:2]:
        second()(step.fn)
    db = Database(tmp_path / "relance.db")
    migrate(db, NOW, second)
    with db.tx():
        db.insert("companies", {"company_id": C})
        db.write(
            "INSERT INTO items (company_id, item_id, customer_id, number, kind, issued_on, due_on, due_source, currency, "
            "total, balance, reference, reduces, payment_url, document, is_opening, first_sync_no, first_seen_on, "
            "seen_sync_no) VALUES (?, 'F1', 'C1', 'F1', 'invoice', '2026-01-05', '2026-02-04', 'stated', 'EUR', 12000, "
            "12000, '', '', '', '', 0, 1, '2026-01-05', 1)",
            (C,),
        )
        db.write(
            "INSERT INTO reminders (company_id, reminder_id, customer_id, purpose, level_id, key, sequence, channel, state, "
            "rehearsal, planned_on, message_id, created_at, moved_at, sent_on) VALUES (?, 'r1', 'C1', 'level', 'first', "
            "'k1', 1, 'email', 'sent', 0, '2026-02-09', '<m1@x.example>', '2026-02-09', '2026-02-09', '2026-02-09')",
            (C,),
        )
        db.write(
            "INSERT INTO reminder_lines (company_id, reminder_id, position, item_id, number, level_id, level_offset, cycle, "
            "attempt, rehearsal, currency, asked, balance) VALUES (?, 'r1', 0, 'F1', 'F1', 'first', 5, 1, 1, 0, 'EUR', "
            "12000, 12000)",
            (C,),
        )
    db.close()
    with Store.open(tmp_path / "relance.db", now=NOW) as store:
        (line,) = store.case_file(C, "C1", rehearsal=False).history
        assert (line.level_id, line.reminder_id) == ("first", "r1")
        assert store.db.all("PRAGMA foreign_key_check") == []
        with pytest.raises(sqlite3.IntegrityError), store.db.tx():
            store.db.write("DELETE FROM reminders WHERE company_id = ?", (C,))
        with store.db.tx():
            store.db.write("UPDATE reminders SET purpose = 'digest' WHERE company_id = ?", (C,))


def test_a_migration_that_fails_changes_nothing(desk: Desk) -> None:
    later = _next_version()

    @later()
    def m005_broken(db: Utils) -> None:
        db.execute("DROP TABLE tasks")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        migrate(desk.store.db, NOW, later)
    assert desk.store.open_tasks() == []
    assert [one.name for one in later.pending(desk.store.db.utils)] == ["m004_colours", "m005_broken"]


def test_a_backup_is_a_whole_private_copy_named_by_its_instant(desk: Desk, tmp_path: Path) -> None:
    desk.sync(invoice("F1"))
    path = desk.store.backup(tmp_path / "backups", NOW)
    second = desk.store.backup(tmp_path / "backups", NOW)
    assert path.name == "relance-20260302T080000Z.db"
    assert second.name == "relance-20260302T080000Z-2.db"
    assert sorted(one.name for one in path.parent.iterdir()) == sorted([path.name, second.name])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with Store.open(path, now=NOW) as copy:
        assert copy.balance_of(C, "F1") is not None
        assert copy.installation_id == desk.store.installation_id


def test_a_damaged_copy_does_not_pass_for_a_backup(desk: Desk, tmp_path: Path) -> None:
    desk.sync(*(invoice(f"F{count}") for count in range(500)))
    path = desk.store.backup(tmp_path, NOW)
    whole = bytearray(path.read_bytes())
    for place in range(4096, len(whole), 4096):
        whole[place : place + 64] = b"\xff" * 64
    path.write_bytes(bytes(whole))
    with pytest.raises(DamagedCopyError):
        check(path)


def test_what_was_damaged_in_the_live_file_is_not_kept_as_a_backup(desk: Desk, tmp_path: Path) -> None:
    desk.sync(invoice("F1"))
    desk.store.db.value("PRAGMA foreign_keys = OFF")
    with desk.store.db.tx():
        desk.store.db.write("UPDATE items SET company_id = 'nobody' WHERE company_id = ?", (C,))
    with pytest.raises(DamagedCopyError):
        desk.store.backup(tmp_path / "backups", NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_the_columns_refuse_states_that_do_not_exist(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    with pytest.raises(sqlite3.IntegrityError), desk.store.db.tx():
        desk.store.db.write("UPDATE items SET kind = 'gift' WHERE company_id = ?", (C,))
    with pytest.raises(sqlite3.IntegrityError), desk.store.db.tx():
        desk.store.db.write("UPDATE items SET balance = 12.5 WHERE company_id = ?", (C,))


def test_a_full_disk_undoes_the_unit_and_leaves_the_store_readable(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    pages = desk.store.db.value("PRAGMA page_count")
    desk.store.db.value(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        desk.sync(*(invoice(f"G{count}") for count in range(2000)))
    assert not desk.store.db.in_unit()
    assert [row.item.item_id for row in desk.store.items(C)] == ["F1"]
    assert not desk.store.company_state(C).sync_complete
    desk.store.db.value("PRAGMA max_page_count = 1073741823")
    assert desk.sync(invoice("F1"), invoice("G1")).open_items == 2
