"""What connecting needs of this machine: the vault's key, the redirect's listener, the app as the configuration has it."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from connectors.oauth import ConsentDeniedError, Question
from connectors.oauth_lock import FileLock
from engine.errors import BooksError, BooksUnreachableError, ConsentNeededError
from relance.config.secrets import Secret, SecretSource
from relance.connecting import NotConnectableError, app_of, keeper_of, organisation_of
from relance.connecting_listener import Listener, ListenError, NobodyCameError, is_here
from relance.installation import open_installation
from relance.vault_key import key_file, make_key_file, vault_keys
from state.vault_cipher import VaultKeyError
from tests.fakes.config_files import company_text, config, config_text, plan_text, write_config

if TYPE_CHECKING:
    from pathlib import Path

    from relance.config import Config

ONE, TWO = Fernet.generate_key().decode(), Fernet.generate_key().decode()
QUESTION = Question(state="s", verifier="v", url="")


def put(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    return path


# -- the key -----------------------------------------------------------------------------------------------------------


def test_the_first_place_that_is_in_use_gives_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(4)]
    monkeypatch.setenv("OWN_KEY", keys[0])
    put(tmp_path / "credentials" / "relance-vault-key", keys[1] + "\n", 0o440)
    put(tmp_path / "xdg" / "relance" / "vault.key", keys[3] + "\n")
    environment = {
        "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
        "RELANCE_VAULT_KEY": keys[2],
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "HOME": str(tmp_path),
    }
    found = []
    for gone in (None, "CREDENTIALS_DIRECTORY", "RELANCE_VAULT_KEY", "XDG_CONFIG_HOME"):
        configured = Secret(source=SecretSource.ENV, name="OWN_KEY") if gone is None else None
        # Without the configured key the credential is next, and so on.
        given = vault_keys(configured, environment)
        found.append(given.keys[0].decode() if given else None)
        if gone is not None:
            del environment[gone]
    assert found == keys
    assert vault_keys(None, environment) is None


def test_several_keys_are_separated_by_spaces_lines_or_commas() -> None:
    for text in (f"{ONE} {TWO}", f"{ONE}\n{TWO}\n", f"{ONE}, {TWO}"):
        found = vault_keys(None, {"RELANCE_VAULT_KEY": text})
        assert found is not None
        assert found.keys == (ONE.encode(), TWO.encode())
        assert ONE not in repr(found)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    put(tmp_path / ".config" / "relance" / "vault.key", ONE, mode)
    with pytest.raises(VaultKeyError, match="chmod 600"):
        vault_keys(None, {"HOME": str(tmp_path)})
    own = put(tmp_path / "key", ONE, mode)
    with pytest.raises(VaultKeyError, match="chmod 600"):
        vault_keys(Secret(source=SecretSource.FILE, name=str(own)), {})


def test_a_credential_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "relance-vault-key", ONE, 0o444)
    with pytest.raises(VaultKeyError, match="chmod 600"):
        vault_keys(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_a_configured_key_that_is_missing_is_not_replaced_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OWN_KEY", raising=False)
    with pytest.raises(VaultKeyError, match="OWN_KEY is not set"):
        vault_keys(Secret(source=SecretSource.ENV, name="OWN_KEY"), {"RELANCE_VAULT_KEY": ONE})


@pytest.mark.parametrize("text", [" ", "\n", "clé"])
def test_what_holds_no_key_is_said_to(text: str) -> None:
    with pytest.raises(VaultKeyError, match="holds no key"):
        vault_keys(None, {"RELANCE_VAULT_KEY": text})


def test_a_key_is_made_once_and_read_back(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": "relative/is/ignored"}
    made = make_key_file(environment)
    assert key_file(environment) == tmp_path / ".config" / "relance" / "vault.key"
    read = vault_keys(None, environment)
    assert read is not None
    assert read.keys == made.keys
    with pytest.raises(VaultKeyError, match="File exists"):
        make_key_file(environment)
    with pytest.raises(VaultKeyError, match=r"vault\.key"):
        make_key_file({})


# -- the listener ------------------------------------------------------------------------------------------------------


def free() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}/callback"


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (loopback only)
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("uri", "here"),
    [
        ("http://localhost:8765/callback", True),
        ("http://127.0.0.1:8765/callback", True),
        ("http://127.9.9.9/x", True),
        ("http://[::1]:8765/", True),
        ("https://localhost:8765/callback", False),
        ("https://relance.example/callback", False),
        ("http://localhost.example/callback", False),
    ],
)
def test_only_a_plain_address_of_this_machine_can_be_listened_at(uri: str, here: bool) -> None:
    assert is_here(uri) == here


def test_one_answer_is_taken_and_no_second_one() -> None:
    uri = free()
    with Listener(QUESTION, uri, "fr") as listener:
        assert get(f"{uri}?code=a&state=other")[0] == 400
        assert get(uri.replace("callback", "favicon.ico"))[0] == 404
        status, page = get(f"{uri}?code=first&state=s")
        assert (status, "fermer cette page" in page, '<html lang="fr">' in page) == (200, True, True)
        assert get(f"{uri}?code=second&state=s")[0] == 409
        assert listener.wait(5).code == "first"


def test_a_page_repeats_nothing_of_what_was_asked_for() -> None:
    uri = free()
    with Listener(QUESTION, uri, "en") as listener:
        _, page = get(f"{uri}?code=canary&state=%3Cscript%3E")
        assert "script" not in page
        assert "canary" not in page
        _, page = get(f"{uri}?code=canary&state=s")
        assert "canary" not in page
        listener.wait(5)


def test_a_no_is_an_answer() -> None:
    uri = free()
    with Listener(QUESTION, uri, "de") as listener:
        assert "Access was not granted" in get(f"{uri}?error=access_denied&state=s")[1]
        with pytest.raises(ConsentDeniedError):
            listener.wait(5)


def test_nobody_coming_is_told_with_the_other_way() -> None:
    with Listener(QUESTION, free(), "fr") as listener, pytest.raises(NobodyCameError, match="--paste"):
        listener.wait(0.01)


def test_only_this_machine_is_listened_to() -> None:
    uri = free()
    with Listener(QUESTION, uri.replace("127.0.0.1", "localhost"), "fr") as listener:
        assert listener._server.server_address[0] == "127.0.0.1"
        with pytest.raises(ListenError):
            Listener(QUESTION, uri, "fr")


# -- the lock ----------------------------------------------------------------------------------------------------------


def test_a_lock_that_is_not_let_go_of_is_told_after_a_while(tmp_path: Path) -> None:
    pauses: list[float] = []
    lock = FileLock(tmp_path / "locks" / "dupont.lock", pauses.append, patience=1.0)
    with lock.held(), pytest.raises(BooksUnreachableError, match="does not let go"), lock.held():
        pass
    assert sum(pauses) == pytest.approx(1.0)
    with lock.held():
        assert (tmp_path / "locks" / "dupont.lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_is_free_again_when_its_holder_fails(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "dupont.lock", lambda _: None)

    def fail() -> None:
        with lock.held():
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with lock.held():
        pass


def test_who_waits_for_a_lock_gets_it_as_soon_as_it_is_free(tmp_path: Path) -> None:
    path, got, first = tmp_path / "dupont.lock", threading.Event(), threading.Event()
    waiting = threading.Event()

    def second() -> None:
        first.wait(10)

        def pause(_: float) -> None:
            waiting.set()
            got.wait(0.01)

        with FileLock(path, pause).held():
            got.set()

    thread = threading.Thread(target=second)
    thread.start()
    with FileLock(path, lambda _: None).held():
        first.set()
        assert waiting.wait(10)
        assert not got.is_set()
    thread.join(10)
    assert got.is_set()


# -- the app -----------------------------------------------------------------------------------------------------------


def written(folder: Path, *, head: str = "", provider: str = "xero", **books: str) -> Config:
    given = {"provider": provider, "client_id": "app", "client_secret": "{env: APP_SECRET}"} | books
    line = "books: {" + ", ".join(f"{key}: {value}" for key, value in given.items()) + "}"
    return config(folder, config_text(company_text(line), head=head))


def test_an_app_asks_the_provider_itself_unless_the_configuration_says_otherwise(tmp_path: Path) -> None:
    usual = written(tmp_path)
    facts = app_of(usual, usual.companies[0]).provider
    assert facts.token_url == "https://identity.xero.com/connect/token"
    assert facts.revoke_url == "https://identity.xero.com/connect/revocation"
    assert facts.connections_url == "https://api.xero.com/connections"
    other = written(tmp_path, token_url="http://127.0.0.1:9/t", connections_url="http://127.0.0.1:9/c")
    facts = app_of(other, other.companies[0]).provider
    assert (facts.token_url, facts.connections_url, facts.revoke_url) == (
        "http://127.0.0.1:9/t",
        "http://127.0.0.1:9/c",
        "",
    )


@pytest.mark.parametrize(
    ("notes", "channel", "scope"),
    [
        ("true", "email", "accounting.invoices"),
        ("false", "email", "accounting.invoices.read"),
        ("false", "provider", "accounting.invoices"),
    ],
)
def test_no_more_is_asked_for_than_notes_and_provider_mail_need(
    tmp_path: Path, notes: str, channel: str, scope: str
) -> None:
    head = plan_text(f"{{id: first, offset: 5, channel: {channel}, tone: friendly}}")
    read = written(tmp_path, head=head, notes=notes)
    scopes = app_of(read, read.companies[0]).scopes
    assert [one for one in scopes if one.startswith("accounting.invoices")] == [scope]


def test_a_missing_client_secret_stops_its_company_as_the_books_errors_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APP_SECRET", raising=False)
    read = written(tmp_path)
    with pytest.raises(ConsentNeededError, match="APP_SECRET is not set"):
        app_of(read, read.companies[0]).identify()


def test_a_company_on_files_has_no_app(tmp_path: Path) -> None:
    read = config(tmp_path, config_text())
    with pytest.raises(NotConnectableError, match="csv files"):
        app_of(read, read.companies[0])


def test_a_company_that_was_never_connected_is_told_so_without_a_vault_being_made(tmp_path: Path) -> None:
    line = "books: {provider: sage, client_id: app, client_secret: {env: APP_SECRET}}"
    path = write_config(tmp_path, config_text(company_text(line)))
    installation = open_installation(path, None)
    with pytest.raises(ConsentNeededError, match="relance connect dupont"):
        organisation_of(installation, installation.companies[0])
    with pytest.raises(BooksError, match="dupont is not connected to Sage Accounting"):
        keeper_of(installation, installation.companies[0]).access_token()
    assert not (installation.data_dir / "vault.db").exists()
