"""The vault: who may read it, what stands in it, what its keys can and cannot do."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from engine.errors import BooksError
from state.database import Database
from state.store import Store
from state.vault import Binding, ConnectionChangedError, Vault, VaultExposedError, VaultUnusableError
from state.vault_cipher import VaultKeyError
from state.vault_schema import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

    from state.vault import Connection

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
OLD, NEW = Fernet.generate_key(), Fernet.generate_key()
BOUND = Binding(provider="xero", organisation_id="org-1", organisation="Dupont Menuiserie SARL")


def vault(folder: Path, *keys: bytes) -> Vault:
    return Vault(folder / "vault.db", lambda: keys or (OLD,))


def fill(one: Vault, company: str = "dupont", bound: Binding = BOUND, **more: Any) -> None:
    given: dict[str, Any] = {
        "scopes": "offline_access",
        "access": f"access-of-{company}",
        "refresh": f"refresh-of-{company}",
        "access_expires_at": NOW + timedelta(minutes=30),
        "refresh_expires_at": NOW + timedelta(days=60),
        "consent_ends_at": None,
        "now": NOW,
    }
    one.connect(company, bound, **{**given, **more})


def read(one: Vault, company: str = "dupont") -> Connection:
    kept = one.connection(company)
    assert kept is not None
    return kept


def save(one: Vault, version: int, mark: str, now: datetime = NOW, company: str = "dupont") -> int:
    return one.save_tokens(
        company,
        version,
        access=f"access-{mark}",
        refresh=f"refresh-{mark}",
        access_expires_at=now + timedelta(minutes=30),
        refresh_expires_at=now + timedelta(days=60),
        consent_ends_at=None,
        now=now,
    )


def raw(folder: Path, column: str, company: str = "dupont") -> Any:
    db = Database(folder / "vault.db")
    try:
        return db.value(f"SELECT {column} FROM connections WHERE company_id = ?", (company,))  # noqa: S608 (the test's own words)
    finally:
        db.close()


def change(folder: Path, column: str, value: object, company: str = "dupont") -> None:
    db = Database(folder / "vault.db")
    try:
        with db.tx():
            db.write(f"UPDATE connections SET {column} = ? WHERE company_id = ?", (value, company))  # noqa: S608 (see above)
    finally:
        db.close()


# -- what it keeps -----------------------------------------------------------------------------------------------------


def test_what_was_connected_is_read_back_whole(tmp_path: Path) -> None:
    fill(vault(tmp_path), consent_ends_at=NOW + timedelta(days=5 * 365))
    kept = read(vault(tmp_path))
    assert (kept.provider, kept.organisation_id, kept.organisation) == ("xero", "org-1", "Dupont Menuiserie SARL")
    assert (kept.access, kept.refresh) == ("access-of-dupont", "refresh-of-dupont")
    assert (kept.version, kept.connected_at, kept.problem, kept.scopes) == (1, NOW, "", "offline_access")
    assert kept.access_expires_at == NOW + timedelta(minutes=30)
    assert kept.consent_ends_at == NOW + timedelta(days=5 * 365)


def test_looking_makes_no_vault_and_asks_for_no_key(tmp_path: Path) -> None:
    def no_key() -> list[bytes]:
        raise AssertionError

    empty = Vault(tmp_path / "vault.db", no_key)
    assert (empty.connection("dupont"), empty.overview("dupont"), empty.binding("dupont")) == (None, None, None)
    assert not empty.forget("dupont")
    assert empty.drop_previous(NOW) == 0
    assert list(tmp_path.iterdir()) == []
    fill(vault(tmp_path))
    overview = empty.overview("dupont")
    assert overview is not None
    assert overview.organisation == "Dupont Menuiserie SARL"


def test_a_company_sees_nothing_of_another(tmp_path: Path) -> None:
    both = vault(tmp_path)
    fill(both)
    fill(both, "martin", replace(BOUND, organisation_id="org-2"))
    assert read(both, "martin").refresh == "refresh-of-martin"
    both.needs_consent("martin", 1, "revoked")
    assert both.forget("martin")
    assert both.connection("martin") is None
    assert (read(both).problem, read(both).refresh) == ("", "refresh-of-dupont")


def test_what_a_company_was_bound_to_outlives_its_connection(tmp_path: Path) -> None:
    one = vault(tmp_path)
    fill(one)
    assert one.forget("dupont")
    assert not one.forget("dupont")
    assert one.binding("dupont") == BOUND


def test_a_new_consent_ends_the_old_ones_renewal_and_its_problem(tmp_path: Path) -> None:
    one = vault(tmp_path)
    fill(one)
    one.mark_refresh("dupont", 1, started_at=NOW, repeats=1)
    one.needs_consent("dupont", 1, "invalid_grant")
    fill(one, access="a2", refresh="r2")
    kept = read(one)
    assert (kept.version, kept.problem, kept.refresh_started_at, kept.refresh_repeats) == (2, "", None, 0)
    with pytest.raises(ConnectionChangedError):
        save(one, 1, "late")
    assert read(one).refresh == "r2"


def test_a_replaced_refresh_token_is_kept_half_an_hour_and_no_longer(tmp_path: Path) -> None:
    one = vault(tmp_path)
    fill(one)
    assert save(one, 1, "second") == 2
    sealed = raw(tmp_path, "previous")
    assert b"refresh-of-dupont" not in sealed
    assert b"refresh-of-dupont" in Fernet(OLD).decrypt(sealed)
    assert one.drop_previous(NOW + timedelta(minutes=29)) == 0
    assert one.drop_previous(NOW + timedelta(minutes=30)) == 1
    assert raw(tmp_path, "previous") is None


def test_a_renewal_of_one_company_drops_what_was_replaced_long_ago_in_any(tmp_path: Path) -> None:
    one = vault(tmp_path)
    fill(one)
    fill(one, "martin")
    save(one, 1, "second")
    save(one, 1, "second", NOW + timedelta(hours=1), company="martin")
    assert raw(tmp_path, "previous") is None
    assert raw(tmp_path, "previous", "martin") is not None


def test_the_mark_of_a_renewal_belongs_to_one_token(tmp_path: Path) -> None:
    one = vault(tmp_path)
    fill(one)
    one.mark_refresh("dupont", 1, started_at=NOW, repeats=1)
    assert (read(one).refresh_started_at, read(one).refresh_repeats) == (NOW, 1)
    # A vault that was put together by hand: the mark is another token's.
    change(tmp_path, "fingerprint", "0" * 64)
    assert (read(one).refresh_started_at, read(one).refresh_repeats) == (None, 0)


# -- who may read it ---------------------------------------------------------------------------------------------------


def test_the_file_is_its_owners_alone_and_holds_no_token_in_the_clear(tmp_path: Path) -> None:
    one = vault(tmp_path / "data")
    fill(one)
    save(one, 1, "second")
    assert stat.S_IMODE((tmp_path / "data" / "vault.db").stat().st_mode) == 0o600
    for path in (tmp_path / "data").iterdir():
        assert not re.search(rb"(access|refresh)-(of|second)", path.read_bytes()), path


def test_a_vault_that_others_can_read_is_refused(tmp_path: Path) -> None:
    fill(vault(tmp_path))
    (tmp_path / "vault.db").chmod(0o640)
    with pytest.raises(VaultExposedError, match="chmod 600"):
        vault(tmp_path).connection("dupont")


def test_the_store_and_its_backups_hold_nothing_of_the_vault(tmp_path: Path) -> None:
    fill(vault(tmp_path))
    with Store.open(tmp_path / "relance.db", now=NOW) as store:
        tables = {row["name"] for row in store.db.all("SELECT name FROM sqlite_master")}
        copy = store.backup(tmp_path / "backups", NOW)
    assert "connections" not in tables
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_new_key_is_used_from_now_on_while_the_old_one_still_opens(tmp_path: Path) -> None:
    fill(vault(tmp_path, OLD))
    vault(tmp_path, OLD).mark_refresh("dupont", 1, started_at=NOW, repeats=0)
    both = vault(tmp_path, NEW, OLD)
    assert read(both).refresh == "refresh-of-dupont"
    assert read(both).refresh_started_at == NOW
    save(both, 1, "second")
    assert read(vault(tmp_path, NEW)).refresh == "refresh-second"


def test_another_key_opens_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    fill(vault(tmp_path, OLD))
    with pytest.raises(VaultKeyError, match=r"put back the key .* relance connect dupont"):
        vault(tmp_path, NEW).connection("dupont")


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 44])
def test_what_is_no_key_is_refused_without_being_quoted(tmp_path: Path, key: bytes) -> None:
    fill(vault(tmp_path))
    with pytest.raises(VaultKeyError) as caught:
        Vault(tmp_path / "vault.db", lambda: (key,)).connection("dupont")
    assert not key or key.decode() not in str(caught.value)


@pytest.mark.parametrize(("column", "company"), [("tokens", "dupont"), ("provider", "martin")])
def test_tokens_put_under_another_company_or_provider_are_refused(tmp_path: Path, column: str, company: str) -> None:
    one = vault(tmp_path)
    fill(one)
    fill(one, "martin")
    if column == "tokens":
        change(tmp_path, "tokens", raw(tmp_path, "tokens", "martin"))
    else:
        change(tmp_path, "provider", "sage", company)
    with pytest.raises(VaultKeyError, match="belongs to another company or provider"):
        one.connection(company)


def test_changed_bytes_are_noticed(tmp_path: Path) -> None:
    fill(vault(tmp_path))
    sealed = bytearray(raw(tmp_path, "tokens"))
    sealed[40] ^= 1
    change(tmp_path, "tokens", bytes(sealed))
    with pytest.raises(VaultKeyError):
        vault(tmp_path).connection("dupont")


# -- the file ----------------------------------------------------------------------------------------------------------


def test_every_trouble_of_the_file_is_an_error_of_the_books(tmp_path: Path) -> None:
    (tmp_path / "vault.db").write_bytes(b"no database" * 200)
    (tmp_path / "vault.db").chmod(0o600)
    with pytest.raises(VaultUnusableError) as caught:
        vault(tmp_path).connection("dupont")
    assert isinstance(caught.value, BooksError)


def test_a_vault_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    fill(vault(tmp_path))
    db = Database(tmp_path / "vault.db")
    with db.tx():
        db.write(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, 'm999_later', '2030-01-01')",
            (MIGRATIONS.name,),
        )
    db.close()
    with pytest.raises(VaultUnusableError, match="newer version"):
        vault(tmp_path).connection("dupont")


def test_every_write_is_on_disk_when_it_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[bool, str]] = []
    settle = Database._settle

    def listening(self: Database) -> None:
        settle(self)
        self.conn.set_trace_callback(lambda said: heard.append((self.conn.in_transaction, said)))

    one = vault(tmp_path)
    fill(one, "martin")
    monkeypatch.setattr(Database, "_settle", listening)
    fill(one)
    one.mark_refresh("dupont", 1, started_at=NOW, repeats=0)
    save(one, 1, "second")
    one.needs_consent("dupont", 2, "x")
    one.drop_previous(NOW)
    one.forget("dupont")
    writes = [said for inside, said in heard if re.match(r"\s*(INSERT|UPDATE|DELETE)", said) and inside]
    assert len(writes) >= 7
    assert [said for inside, said in heard if re.match(r"\s*(INSERT|UPDATE|DELETE)", said) and not inside] == []
    assert not any("synchronous" in said for _, said in heard)
    assert all("company_id" in said or "previous_until" in said for said in writes)
