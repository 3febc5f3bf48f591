from __future__ import annotations

from typing import TYPE_CHECKING

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from relance.config import Secret, SecretMissingError, check_config
from relance.config.secrets import SecretSource
from tests.fakes.config_files import company, company_text, config_text, plan_text, write_config

if TYPE_CHECKING:
    from pathlib import Path


XERO = "books: {provider: xero, client_id: x, client_secret: %s}"


class OneEntry(KeyringBackend):
    """A keyring that holds one entry."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def get_password(self, service: str, username: str) -> str | None:
        return "from the keyring" if (service, username) == ("relance", "xero") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


class Locked(OneEntry):
    """A keyring that nobody has opened."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"{service}/{username}")


def env(name: str) -> Secret:
    return Secret(source=SecretSource.ENV, name=name)


def test_a_secret_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELANCE_TEST_SECRET", "Sesame-42")
    assert env("RELANCE_TEST_SECRET").reveal() == "Sesame-42"


def test_a_secret_is_looked_up_again_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = env("RELANCE_TEST_SECRET")
    monkeypatch.setenv("RELANCE_TEST_SECRET", "old")
    assert secret.reveal() == "old"
    monkeypatch.setenv("RELANCE_TEST_SECRET", "new")
    assert secret.reveal() == "new"


def test_a_secret_file_loses_its_last_line_end_only(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" Sesame 42 \r\n", encoding="utf-8")
    assert Secret(source=SecretSource.FILE, name=str(tmp_path / "secret")).reveal() == " Sesame 42 "


def test_a_secret_is_found_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", OneEntry())
    assert Secret(source=SecretSource.KEYRING, name="xero").reveal() == "from the keyring"


def test_a_keyring_entry_that_is_missing_or_locked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", OneEntry())
    with pytest.raises(SecretMissingError, match=r"keyring entry sage .* does not exist"):
        Secret(source=SecretSource.KEYRING, name="sage").reveal()
    monkeypatch.setattr(keyring.core, "_keyring_backend", Locked())
    with pytest.raises(SecretMissingError, match="cannot be opened"):
        Secret(source=SecretSource.KEYRING, name="sage").reveal()


def test_an_empty_secret_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELANCE_TEST_SECRET", "")
    with pytest.raises(SecretMissingError, match="RELANCE_TEST_SECRET is empty"):
        env("RELANCE_TEST_SECRET").reveal()


def test_printing_a_secret_shows_where_it_is_and_not_what(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RELANCE_TEST_SECRET", "Sesame-42")
    found = company(tmp_path, XERO % "{env: RELANCE_TEST_SECRET}")
    assert "RELANCE_TEST_SECRET" in repr(found)
    assert "Sesame" not in repr(found) + str(found) + str(env("RELANCE_TEST_SECRET"))


def test_a_missing_secret_does_not_stop_the_file_from_loading(tmp_path: Path) -> None:
    assert company(tmp_path, XERO % "{env: RELANCE_NOWHERE}").company_id == "dupont"


def test_check_names_key_and_line_of_every_missing_secret(tmp_path: Path) -> None:
    text = config_text(
        company_text(XERO % "{env: RELANCE_NOWHERE}"),
        company_text(
            "books: {provider: fec, path: .}",
            "mail:",
            "  from: a@b.example",
            "  smtp: {host: s.example, username: u, password: {file: gone}}",
            company_id="martin",
        ),
    )
    found = check_config(write_config(tmp_path, text))
    assert [(p.key, p.line) for p in found] == [
        ("companies[dupont].books.client_secret", 4),
        ("companies[martin].mail.smtp.password", 11),
    ]
    assert "RELANCE_NOWHERE is not set" in found[0].message
    assert f"{tmp_path}/gone cannot be read" in found[1].message


def test_check_looks_at_a_company_whatever_is_wrong_with_another(tmp_path: Path) -> None:
    text = config_text(
        company_text("mode: atuo"),
        company_text(XERO % "{env: RELANCE_NOWHERE}", company_id="martin"),
    )
    assert [p.key for p in check_config(write_config(tmp_path, text))] == [
        "companies[dupont].mode",
        "companies[martin].books.client_secret",
    ]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_check_warns_of_a_secret_file_that_others_can_read(mode: int, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Sesame-42\n", encoding="utf-8")
    path = write_config(tmp_path, config_text(company_text(XERO % "{file: secret}")))
    secret.chmod(mode)
    (problem,) = check_config(path)
    assert (problem.key, problem.line) == ("companies[dupont].books.client_secret", 4)
    assert "chmod 600" in problem.message
    secret.chmod(0o600)
    assert check_config(path) == []


@pytest.mark.parametrize("folder", ["/run/secrets", "/run/credentials/relance.service"])
def test_a_credential_of_the_container_or_service_manager_is_private_already(folder: str) -> None:
    assert not Secret(source=SecretSource.FILE, name=f"{folder}/smtp").exposed()


def test_check_names_books_contacts_and_logo_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_text("no picture", encoding="utf-8")
    text = config_text(
        company_text("books: {provider: fec, path: exports, contacts: c.csv}", "brand: {logo: logo.png}"),
        company_text(company_id="martin"),
    )
    assert [(p.key, p.line) for p in check_config(write_config(tmp_path, text))] == [
        ("companies[dupont].books.contacts", 4),
        ("companies[dupont].books.path", 4),
        ("companies[dupont].brand.logo", 5),
        ("companies[martin].books.invoices", 9),
    ]


def test_check_asks_for_a_first_company(tmp_path: Path) -> None:
    (problem,) = check_config(write_config(tmp_path, "firm: {name: Cabinet}\n"))
    assert (problem.key, problem.line) == ("companies", 1)


def test_check_of_a_right_file_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").touch()
    assert check_config(write_config(tmp_path, config_text())) == []


def test_check_refuses_provider_mail_for_books_that_come_as_files(tmp_path: Path) -> None:
    level = "{id: first, offset: 5, channel: provider, tone: friendly, deadline_days: 8}"
    (tmp_path / "invoices.csv").write_text("", encoding="utf-8")
    books = "books: {provider: csv, invoices: invoices.csv}"
    text = plan_text(level) + config_text(company_text("plan: standard", books))
    (problem,) = check_config(write_config(tmp_path, text))
    assert (problem.key, problem.line) == ("companies[dupont].plan", 8)
    assert "level first of plan standard has channel provider" in problem.message
