"""connect and disconnect as a person meets them: browser, pasted address, tokens; one organisation; no secret anywhere."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import socket
import sys
import threading
import traceback
import urllib.error
import urllib.request
import webbrowser
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from relance.connecting import keeper_of, organisation_of
from relance.installation import open_installation
from state.store import Store
from state.vault import Vault
from tests.builders import completed, invoice, page
from tests.e2e.replay import Replay, company
from tests.fakes.token_server import CANARY, CLIENT_ID, SECRET, TokenServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.replay import Finished

THREE = {"org-1": "Dupont Menuiserie SARL", "org-2": "Martin Plomberie", "org-3": "Dupont  Ménuiserie (essai)"}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def visit(url: str) -> str:
    """Open a page as a browser does, through its redirects; give what is shown."""
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 (loopback only)
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())


@dataclass
class Desk:
    """An installation whose company keeps its books at the stand-in; a person with a browser."""

    replay: Replay
    server: TokenServer
    monkeypatch: pytest.MonkeyPatch
    port: int = field(default_factory=free_port)
    shown: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    visits: list[threading.Thread] = field(default_factory=list)

    def configure(self, *more: dict[str, Any], head: dict[str, Any] | None = None, **books: Any) -> None:
        self.replay.configure(self.company(**books), *more, **(head or {}))

    def company(self, company_id: str = "dupont", language: str = "fr", **books: Any) -> dict[str, Any]:
        given = {
            "provider": self.server.provider,
            "client_id": CLIENT_ID,
            "client_secret": {"env": "APP_SECRET"},
            "redirect_uri": f"http://localhost:{self.port}/callback",
            **self.server.addresses(),
        }
        usual = {key: value for key, value in (given | books).items() if value is not None}
        return company(company_id, language=language, mode="preview", books=usual)

    def browser(self, *, before: str = "") -> None:
        """Have a browser that opens what it is told, after a stray page where one is given."""

        def opened(url: str) -> bool:
            def go() -> None:
                if before:
                    self.shown.append(visit(f"http://127.0.0.1:{self.port}{before}"))
                self.shown.append(visit(url))

            self.visits.append(threading.Thread(target=go))
            self.visits[-1].start()
            return True

        self.monkeypatch.setattr(webbrowser, "open", opened)

    def typed(self, text: str) -> None:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))

    def command(self, *arguments: str) -> Finished:
        done = self.replay.command(*arguments)
        for one in self.visits:
            one.join()
        self.said += [done.out, done.err]
        return done

    def tokens(self, *arguments: str, **change: Any) -> Finished:
        self.typed(json.dumps(self.server.grant() | change))
        return self.command("connect", "dupont", "--tokens", "-", *arguments)

    def installation(self) -> Any:
        return open_installation(self.replay.folder / "config.yaml", None)

    def works(self, company_id: str = "dupont") -> bool:
        """Whether what is kept opens the books."""
        installation = self.installation()
        access = keeper_of(installation, installation.company(company_id)).access_token()
        return self.server.reached(f"Bearer {access}") is not None


def make_desk(folder: Path, server: TokenServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    home = folder / "home"
    home.mkdir()
    for name in ("CREDENTIALS_DIRECTORY", "RELANCE_VAULT_KEY", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("APP_SECRET", SECRET)
    desk = Desk(replay=Replay(folder=folder), server=server, monkeypatch=monkeypatch)
    desk.configure()
    return desk


@pytest.fixture(params=["xero", "quickbooks", "sage"])
def desk(request: pytest.FixtureRequest, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    organisation_id = "9341" if request.param == "quickbooks" else "org-1"
    with TokenServer(provider=request.param, organisations={organisation_id: "Dupont Menuiserie SARL"}) as server:
        yield make_desk(folder, server, monkeypatch)


@pytest.fixture
def xero(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with TokenServer() as server:
        yield make_desk(folder, server, monkeypatch)


@pytest.fixture
def sage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with TokenServer(provider="sage", organisations=dict(THREE)) as server:
        yield make_desk(folder, server, monkeypatch)


# -- in the browser ----------------------------------------------------------------------------------------------------


def test_a_person_connects_a_company_in_the_browser(desk: Desk) -> None:
    desk.browser()
    done = desk.command("connect", "dupont", "--json")
    assert (done.code, done.data["company"], done.data["provider"], done.data["organisation"]) == (
        0,
        "dupont",
        desk.server.provider,
        "Dupont Menuiserie SARL",
    )
    assert done.data["organisation_id"] == next(iter(desk.server.organisations))
    assert "fermer cette page" in desk.shown[0]
    assert desk.works()
    installation = desk.installation()
    assert organisation_of(installation, installation.companies[0]) == done.data["organisation_id"]


def test_the_provider_is_asked_for_the_least_and_in_its_own_manner(desk: Desk) -> None:
    desk.browser()
    desk.command("connect", "dupont")
    asked = desk.server.asked
    assert asked["response_type"] == "code"
    assert ("code_challenge" in asked) == (desk.server.provider != "quickbooks")
    assert asked.get("code_challenge_method", "S256") == "S256"
    assert {"accounting.invoices", "com.intuit.quickbooks.accounting", "full_access"} & set(asked["scope"].split())
    assert "accounting.attachments" not in asked["scope"]


def test_without_notes_and_provider_mail_xero_is_asked_to_let_us_read_only(xero: Desk) -> None:
    xero.configure(notes=False)
    xero.browser()
    xero.command("connect", "dupont")
    assert "accounting.invoices.read" in xero.server.asked["scope"].split()
    assert "accounting.invoices" not in xero.server.asked["scope"].split()


def test_the_configurations_scopes_are_asked_for_as_they_are(xero: Desk) -> None:
    xero.configure(scopes=["offline_access", "accounting.transactions"])
    xero.browser()
    xero.command("connect", "dupont")
    assert xero.server.asked["scope"] == "offline_access accounting.transactions"


def test_a_xero_app_without_a_secret_connects_by_pkce_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TokenServer(secret=None) as server:
        desk = make_desk(folder, server, monkeypatch)
        desk.configure(client_secret=None)
        desk.browser()
        assert desk.command("connect", "dupont").code == 0
        assert desk.works()


def test_a_page_that_is_not_the_answer_is_turned_away_and_waited_past(xero: Desk) -> None:
    xero.browser(before="/callback?code=stolen&state=guessed")
    assert xero.command("connect", "dupont").code == 0
    assert "pas la réponse" in xero.shown[0]
    assert "a reçu la réponse" in xero.shown[1]


def test_who_does_not_agree_is_told_that_nothing_was_connected(xero: Desk) -> None:
    xero.server.deny = "access_denied"
    xero.browser()
    done = xero.command("connect", "dupont")
    assert done.code == 2
    assert "access was not granted" in done.err
    assert "pas été accordé" in xero.shown[0]
    assert Vault(xero.replay.folder / "relance-data" / "vault.db", list).overview("dupont") is None


def test_the_page_speaks_the_companys_language(xero: Desk) -> None:
    xero.replay.configure(xero.company(language="en"))
    xero.browser()
    xero.command("connect", "dupont")
    assert "You can close this page" in xero.shown[0]


def test_a_port_that_is_taken_is_told_with_a_way_out(xero: Desk) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", xero.port))
        other.listen()
        done = xero.command("connect", "dupont")
    assert done.code == 2
    assert "--paste" in done.err


@pytest.mark.slow
def test_the_installed_command_opens_the_browser_of_the_environment(xero: Desk) -> None:
    script = xero.replay.folder / "browser.py"
    script.write_text("import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()\n", encoding="utf-8")
    xero.replay.real = True
    xero.replay.environment["BROWSER"] = f"{sys.executable} {script} %s"
    done = xero.command("connect", "dupont", "--json")
    assert (done.code, done.data["organisation"]) == (0, "Dupont Menuiserie SARL")
    assert xero.works()


# -- without a browser -------------------------------------------------------------------------------------------------


class Pasting:
    """A person who opens the printed address elsewhere and pastes what the browser shows then."""

    def __init__(self, desk: Desk, change: str = "") -> None:
        self.desk, self.change = desk, change
        self.printed = ""

    def __call__(self, text: str) -> None:
        self.printed += text

    def readline(self) -> str:
        url = next(word for word in self.printed.split() if "/authorize" in word)
        query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        address = self.desk.server.authorize(query)
        return (address.replace("state=", f"state={self.change}") if self.change else address) + "\n"


@pytest.mark.parametrize(("change", "code"), [("", 0), ("x", 2)])
def test_a_person_pastes_the_address_that_the_browser_was_sent_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, change: str, code: int
) -> None:
    person = Pasting(desk, change)
    monkeypatch.setattr("relance.cli.connecting.warn", person)
    monkeypatch.setattr(sys, "stdin", person)
    done = desk.command("connect", "dupont", "--paste", "--json")
    assert done.code == code
    if code:
        assert "another one" in done.err
    else:
        assert desk.works()
        assert done.out.strip().startswith("{")


def test_a_redirect_address_elsewhere_is_pasted_without_being_asked_for(
    xero: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    xero.configure(redirect_uri="https://relance.example/callback")
    person = Pasting(xero)
    monkeypatch.setattr("relance.cli.connecting.warn", person)
    monkeypatch.setattr(sys, "stdin", person)
    assert xero.command("connect", "dupont").code == 0
    assert xero.server.asked["redirect_uri"] == "https://relance.example/callback"


def test_tokens_at_hand_are_taken_from_the_standard_input(desk: Desk) -> None:
    more = ["--organisation", "9341"] if desk.server.provider == "quickbooks" else []
    done = desk.tokens("--json", *more)
    assert (done.code, done.data["organisation"]) == (0, "Dupont Menuiserie SARL")
    assert desk.works()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"access_token": "canary-a"}', '{"refresh_token": "canary-r"}'])
def test_what_is_no_token_answer_is_refused_without_being_repeated(xero: Desk, text: str) -> None:
    xero.typed(text)
    done = xero.command("connect", "dupont", "--tokens", "-")
    assert done.code == 2
    assert "no token answer" in done.err
    assert CANARY not in done.err


def test_quickbooks_tokens_need_the_companys_id(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TokenServer(provider="quickbooks", organisations={"9341": "Dupont Menuiserie SARL"}) as server:
        done = make_desk(folder, server, monkeypatch).tokens()
    assert done.code == 2
    assert "--organisation" in done.err


def test_tokens_that_ran_out_are_refused(xero: Desk) -> None:
    done = xero.tokens(access_token="canary-a-of-yesterday")
    assert done.code == 2
    assert "get fresh ones" in done.err


# -- which organisation ------------------------------------------------------------------------------------------------


def test_several_organisations_are_listed_and_none_is_bound(sage: Desk) -> None:
    done = sage.tokens()
    assert done.code == 2
    for key, name in THREE.items():
        assert key in done.err
        assert " ".join(name.split()) in done.err
    assert not (sage.replay.folder / "relance-data" / "vault.db").exists()


@pytest.mark.parametrize("word", ["org-2", "Martin Plomberie", "martin  PLOMBERIE"])
def test_an_organisation_is_chosen_by_name_or_id(sage: Desk, word: str) -> None:
    done = sage.tokens("--organisation", word, "--json")
    assert (done.code, done.data["organisation_id"]) == (0, "org-2")


def test_the_configurations_organisation_is_the_one_that_is_bound(sage: Desk) -> None:
    sage.configure(organisation="Martin Plomberie")
    assert sage.tokens("--json").data["organisation_id"] == "org-2"


def test_an_organisation_that_the_configuration_does_not_name_is_refused(sage: Desk) -> None:
    sage.configure(organisation="Martin Plomberie")
    done = sage.tokens("--organisation", "org-1")
    assert done.code == 2
    assert "books.organisation 'Martin Plomberie'" in done.err
    sage.configure(organisation="Personne SARL")
    assert sage.tokens().code == 2


def test_of_xeros_connections_only_organisations_count(xero: Desk) -> None:
    assert xero.tokens("--json").data["organisation_id"] == "org-1"


def stored_items(desk: Desk) -> None:
    """Have read the company's books once."""
    now = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    with Store.open(desk.replay.folder / "relance-data" / "relance.db", now=now) as store:
        sync = store.begin_sync("dupont", now)
        store.apply_page("dupont", sync, page(invoice("F1")), seen_on=now.date(), now=now)
        store.complete_sync("dupont", sync, completed(), seen_on=now.date(), now=now)


@pytest.mark.parametrize("disconnected", [False, True])
def test_items_of_one_organisation_are_not_mixed_with_anothers(sage: Desk, disconnected: bool) -> None:
    assert sage.tokens("--organisation", "org-1").code == 0
    stored_items(sage)
    if disconnected:
        assert sage.command("disconnect", "dupont").code == 0
    refused = sage.tokens("--organisation", "org-2")
    assert refused.code == 2
    assert "come from Dupont Menuiserie SARL (org-1)" in refused.err
    assert sage.tokens("--organisation", "org-1").code == 0
    assert sage.tokens("--organisation", "org-2", "--rebind", "--json").data["organisation_id"] == "org-2"


def test_another_company_of_quickbooks_never_takes_over_stored_items(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both have an invoice 103: its reminders would become the other customer's.
    both = {"9341": "Dupont Menuiserie SARL", "9342": "Martin Plomberie"}
    with TokenServer(provider="quickbooks", organisations=both) as server:
        desk = make_desk(folder, server, monkeypatch)
        assert desk.tokens("--organisation", "9341").code == 0
        stored_items(desk)
        refused = desk.tokens("--organisation", "9342", "--rebind")
        assert refused.code == 2
        assert "A company of its own keeps the two apart" in refused.err
        assert "--rebind" not in refused.err


def test_before_anything_was_read_another_organisation_may_be_chosen(sage: Desk) -> None:
    assert sage.tokens("--organisation", "org-1").code == 0
    with sage.installation().store():
        pass
    assert sage.tokens("--organisation", "org-2", "--json").data["organisation_id"] == "org-2"


def test_a_refused_attempt_leaves_the_connection_as_it_was(sage: Desk) -> None:
    assert sage.tokens("--organisation", "org-1").code == 0
    assert sage.tokens("--organisation", "org-9").code == 2
    assert sage.works()


# -- taking it back ----------------------------------------------------------------------------------------------------


def test_disconnecting_gives_the_access_back_and_forgets_it(desk: Desk) -> None:
    more = ["--organisation", "9341"] if desk.server.provider == "quickbooks" else []
    assert desk.tokens(*more).code == 0
    done = desk.command("disconnect", "dupont", "--json")
    assert (done.code, done.data) == (
        0,
        {
            "company": "dupont",
            "provider": desk.server.provider,
            "organisation": "Dupont Menuiserie SARL",
            "remarks": [],
        },
    )
    assert desk.server.grants[0].revoked
    assert ("delete connection" in desk.server.calls) == (desk.server.provider == "xero")
    again = desk.command("disconnect", "dupont")
    assert (again.code, "is not connected" in again.err) == (2, True)


def test_what_the_provider_does_not_take_back_is_forgotten_and_told(xero: Desk) -> None:
    assert xero.tokens().code == 0
    xero.server.secret = "another"
    done = xero.command("disconnect", "dupont")
    assert done.code == 1
    assert "could not be taken back at the provider" in done.err
    assert xero.command("disconnect", "dupont").code == 2


def test_a_stand_ins_token_is_not_shown_to_the_real_provider(sage: Desk) -> None:
    assert sage.tokens("--organisation", "org-1").code == 0
    sage.configure(revoke_url=None)
    done = sage.command("disconnect", "dupont")
    assert (done.code, "revoke_url is not" in done.err) == (1, True)
    assert not sage.server.grants[0].revoked


def test_a_consent_that_other_companies_live_on_is_not_revoked(xero: Desk) -> None:
    xero.configure(xero.company("martin"))
    assert xero.tokens().code == 0
    xero.typed(json.dumps(xero.server.grant()))
    assert xero.command("connect", "martin", "--tokens", "-").code == 0
    done = xero.command("disconnect", "dupont")
    assert (done.code, "martin" in done.err) == (1, True)
    assert not any(grant.revoked for grant in xero.server.grants)
    assert "delete connection" in xero.server.calls
    assert xero.works("martin")


def test_books_in_a_file_have_nothing_to_connect(xero: Desk) -> None:
    xero.replay.configure(company())
    done = xero.command("connect", "dupont")
    assert (done.code, "nothing to connect" in done.err) == (2, True)


# -- the key -----------------------------------------------------------------------------------------------------------


def test_the_first_connect_makes_a_key_for_its_owner_alone_and_says_so_once(xero: Desk) -> None:
    first, second = xero.tokens(), xero.tokens()
    key = xero.replay.folder / "home" / ".config" / "relance" / "vault.key"
    assert str(key) in first.err
    assert str(key) not in second.err
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o077 == 0


def test_no_second_key_is_made_beside_a_vault_that_holds_something(xero: Desk) -> None:
    assert xero.tokens().code == 0
    xero.monkeypatch.setenv("HOME", str(xero.replay.folder / "elsewhere"))
    done = xero.tokens()
    assert done.code == 2
    assert "the key of the vault is missing" in done.err
    assert not (xero.replay.folder / "elsewhere").exists()


def test_what_is_granted_must_have_a_place_before_anybody_is_asked(xero: Desk) -> None:
    xero.monkeypatch.setenv("RELANCE_VAULT_KEY", "too-short")
    done = xero.command("connect", "dupont")
    assert (done.code, "key is not usable" in done.err) == (2, True)
    xero.monkeypatch.delenv("RELANCE_VAULT_KEY")
    xero.monkeypatch.setattr("relance.connecting_flow.free_bytes", lambda _: 0)
    done = xero.command("connect", "dupont")
    assert (done.code, "the disk is nearly full" in done.err) == (2, True)
    assert xero.server.asked == {}


def test_the_vault_changes_under_the_connections_lock_only(xero: Desk) -> None:
    held: list[str] = []

    def watched(name: str) -> None:
        real = getattr(Vault, name)

        def watching(self: Vault, *given: Any, **named: Any) -> Any:
            with (xero.replay.folder / "relance-data" / "locks" / "dupont.lock").open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    held.append(name)
            return real(self, *given, **named)

        xero.monkeypatch.setattr(Vault, name, watching)

    watched("connect")
    watched("forget")
    assert xero.tokens().code == 0
    assert xero.command("disconnect", "dupont").code == 0
    assert held == ["connect", "forget"]


def test_a_client_secret_that_is_missing_is_said_before_anybody_is_asked(xero: Desk) -> None:
    xero.monkeypatch.delenv("APP_SECRET")
    done = xero.command("connect", "dupont")
    assert (done.code, "APP_SECRET" in done.err) == (2, True)
    assert xero.server.asked == {}


# -- secrets -----------------------------------------------------------------------------------------------------------


def test_no_token_and_no_secret_is_in_any_output_file_or_error(
    sage: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    sage.browser()
    sage.command("connect", "dupont", "--organisation", "org-1", "--json")
    sage.command("connect", "dupont")
    sage.tokens("--organisation", "org-3")
    sage.server.faults.extend(["unavailable"])
    sage.command("connect", "dupont", "--organisation", "org-1")
    sage.server.faults.extend(["html"])
    sage.command("connect", "dupont", "--organisation", "org-1")
    sage.server.grants[-1].revoked = True
    installation = sage.installation()
    try:
        keeper = keeper_of(installation, installation.companies[0])
        keeper.renew(keeper.access_token())
    except Exception:  # noqa: BLE001 (whatever it is, its words are looked at)
        sage.said.append(traceback.format_exc())
    sage.command("sync", "--json")
    sage.command("disconnect", "dupont")
    sage.said += [caplog.text, *capfd.readouterr(), *sage.shown]
    files = [path for path in sage.replay.folder.rglob("*") if path.is_file()]
    assert any(path.name == "vault.db" for path in files)
    secrets = [SECRET.encode(), f"{CANARY}-".encode()]
    assert [path.name for path in files if any(secret in path.read_bytes() for secret in secrets)] == []
    assert [text for text in sage.said if CANARY in text] == []
    key = (sage.replay.folder / "home" / ".config" / "relance" / "vault.key").read_text(encoding="ascii").strip()
    assert not any(key in text for text in sage.said)
    assert any(re.search("dupont is connected to", text) for text in sage.said)
    assert os.environ["APP_SECRET"] == SECRET
