"""Connectors of other distributions: who may register what, what goes wrong with them, and whom that stops."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from textwrap import dedent
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from connectors import registry
from connectors.registry import (
    BUILT_IN,
    BrokenConnectorError,
    NoSuchProviderError,
    ProviderClashError,
    StaticToken,
    find,
    providers,
)
from engine.errors import BooksError, ConsentNeededError
from relance.config import schema_books
from relance.config.load import load_config
from relance.config.schema_books import PluginBooks
from tests.e2e.replay import Replay, company, invoice
from tests.fakes.config_files import company_text, config_text, problems_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = '''
from connectors.files.csvbooks import CsvBooks

class Ledgerly:
    """Books of a CSV, under another name."""
    def __init__(self, settings):
        self.settings = settings
        self.inner = CsvBooks(company_id=settings.company_id, invoices=settings.base / settings.options["file"])
    provider = "ledgerly"
    def __getattr__(self, name):
        return getattr(self.inner, name)

class CONNECTOR:
    @staticmethod
    def open(settings):
        (settings.folder / "seen").write_text(str(settings.options))
        return Ledgerly(settings)
'''


@dataclass(slots=True, kw_only=True)
class Packages:
    """A folder of installed distributions."""

    folder: Path
    modules: list[str] = field(default_factory=list)

    def install(self, name: str, code: str, *points: str, version: str = "1.0") -> None:
        """Install a distribution of one module that registers these entry points."""
        module = name.replace("-", "_")
        self.modules.append(module)
        (self.folder / f"{module}.py").write_text(dedent(code))
        facts = self.folder / f"{module}-{version}.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = "\n".join(f"{point} = {module}:CONNECTOR" for point in points)
        (facts / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{lines}\n")
        registry.registered.cache_clear()


@pytest.fixture
def packages(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    installed = Packages(folder=tmp_path_factory.mktemp("packages"))
    monkeypatch.syspath_prepend(installed.folder)
    registry.registered.cache_clear()
    yield installed
    registry.registered.cache_clear()
    for module in installed.modules:
        sys.modules.pop(module, None)


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    made = Replay(folder=tmp_path)
    made.books(invoice("F1", "A", due="2026-03-02", total="120.00"))
    return made


def plugged(**books: Any) -> dict[str, Any]:
    return company(
        "martin", mode="preview", books={"provider": "ledgerly", "options": {"file": "invoices.csv"}, **books}
    )


def synced(replay: Replay) -> dict[str, dict[str, Any]]:
    return {one["company"]: one for one in replay.command("sync", "--json").data["companies"]}


# -- who may register what ---------------------------------------------------------------------------------------------


def test_the_words_of_the_configuration_are_those_of_the_registry() -> None:
    assert schema_books._OURS == BUILT_IN
    tags = [get_args(one)[1].tag for one in get_args(get_args(schema_books.Books)[0])]
    assert (*BUILT_IN, "plugin") == tuple(tags)


def test_what_is_installed_is_listed_after_our_own_and_found_with_its_distribution(packages: Packages) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly", version="2.3")
    assert providers() == (*BUILT_IN, "ledgerly")
    assert str(find("ledgerly")) == "ledgerly-books 2.3"
    # Nothing of it was loaded for that.
    assert "ledgerly_books" not in sys.modules
    with pytest.raises(
        NoSuchProviderError, match="no provider sap; there is fec, csv, xero, quickbooks, sage, ledgerly"
    ):
        find("sap")


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_provider_cannot_be_replaced(packages: Packages, name: str) -> None:
    packages.install("shadow", FILES, name)
    assert providers() == BUILT_IN
    with pytest.raises(ProviderClashError, match=f"shadow 1.0 registers the provider {name}, which is built in"):
        find(name)


def test_a_replacement_of_a_built_in_provider_is_not_loaded_and_the_doctor_names_it(
    packages: Packages, replay: Replay
) -> None:
    packages.install("shadow", "raise RuntimeError('loaded')", "csv")
    assert synced(replay)["dupont"]["open"]["count"] == 1
    done = replay.command("doctor", "--json")
    (found,) = [one for one in done.data["checks"] if one["name"] == "connectors"]
    assert (found["ok"], "shadow 1.0 registers the provider csv" in found["message"]) == (False, True)
    assert "shadow" not in sys.modules


def test_two_distributions_of_one_provider_are_both_refused(packages: Packages, replay: Replay) -> None:
    packages.install("one-ledgerly", FILES, "ledgerly")
    packages.install("two-ledgerly", FILES, "ledgerly", version="2.0")
    sentence = "one-ledgerly 1.0 and two-ledgerly 2.0 both register the provider ledgerly"
    with pytest.raises(ProviderClashError, match=sentence):
        find("ledgerly")
    replay.configure(company(), plugged())
    found = synced(replay)
    assert sentence in found["martin"]["quarantine"]["reasons"][0]
    assert found["dupont"]["quarantine"] is None
    assert sentence in replay.command("check", "--json").data["problems"][0]["message"]


@pytest.mark.parametrize("name", ["Ledgerly", "../ledgerly", "9lives", "a" * 33, "é"])
def test_a_name_that_is_no_word_of_a_configuration_is_refused(packages: Packages, name: str) -> None:
    packages.install("odd", FILES, name)
    assert providers() == BUILT_IN
    with pytest.raises(ProviderClashError, match="no usable name"):
        find(name)


# -- what goes wrong, and whom it stops --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_library", "cannot be loaded: ModuleNotFoundError"),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit"),
        ("CONNECTOR = 7", "has no method open"),
        ("", "cannot be loaded: AttributeError"),
        ("class CONNECTOR:\n    def open(settings): return 1 / 0", "does not open: ZeroDivisionError"),
        ("class CONNECTOR:\n    def open(settings): return object()", "lacks provider, capabilities, pull"),
        (FILES.replace('provider = "ledgerly"', 'provider = "csv"'), "says that its provider is 'csv'"),
    ],
)
def test_a_connector_that_cannot_be_used_stops_its_own_company_and_no_other(
    packages: Packages, replay: Replay, code: str, said: str
) -> None:
    packages.install("ledgerly-books", code, "ledgerly")
    replay.configure(plugged(), company())
    found = synced(replay)
    assert said in found["martin"]["quarantine"]["reasons"][0]
    assert "ledgerly-books 1.0" in found["martin"]["quarantine"]["reasons"][0]
    assert found["dupont"]["open"]["count"] == 1


def test_an_error_of_the_family_passes_as_it_is(packages: Packages, replay: Replay) -> None:
    code = """
    from engine.errors import BooksRefusedError
    class CONNECTOR:
        def open(settings): raise BooksRefusedError("ledgerly needs the option file")
    """
    packages.install("ledgerly-books", code, "ledgerly")
    replay.configure(plugged())
    assert synced(replay)["martin"]["quarantine"]["reasons"] == ["ledgerly needs the option file"]


def test_a_connector_that_cannot_be_loaded_is_an_error_of_the_books() -> None:
    assert issubclass(BrokenConnectorError, BooksError)


# -- the configuration -------------------------------------------------------------------------------------------------


def test_a_provider_that_nobody_brings_is_refused_with_all_that_there_is(packages: Packages, tmp_path: Path) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly")
    (problem,) = problems_in(tmp_path, config_text(company_text("books: {provider: legderly}")))
    assert problem[1] == "companies[dupont].books.provider"
    assert problem[3] == "must be one of fec, csv, xero, quickbooks, sage, ledgerly; did you mean ledgerly?"


def test_options_are_plain_and_their_secrets_are_fetched_when_the_books_are_opened(
    packages: Packages, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly")
    options = {
        "file": "invoices.csv",
        "key": {"env": "LEDGERLY_KEY"},
        "deep": {"list": [1, {"env": "LEDGERLY_KEY"}], "password": {"file": "word.txt"}},
    }
    (replay.folder / "word.txt").write_text("sesame\n")
    (replay.folder / "word.txt").chmod(0o600)
    replay.configure(plugged(options=options))
    monkeypatch.delenv("LEDGERLY_KEY", raising=False)
    assert "LEDGERLY_KEY is not set" in synced(replay)["martin"]["quarantine"]["reasons"][0]
    problems = replay.command("check", "--json").data["problems"]
    assert {one["message"] for one in problems} == {"the environment variable LEDGERLY_KEY is not set"}
    assert len(problems) == 2
    monkeypatch.setenv("LEDGERLY_KEY", "k-1")
    assert synced(replay)["martin"]["open"]["count"] == 1
    folder = replay.folder / "relance-data" / "connectors" / "ledgerly" / "martin"
    assert (folder / "seen").read_text() == str(
        {"file": "invoices.csv", "key": "k-1", "deep": {"list": [1, "k-1"], "password": "sesame"}}
    )
    assert folder.stat().st_mode & 0o077 == 0
    assert replay.command("check").code == 0


@pytest.mark.parametrize("name", ["password", "api_key", "apikey", "client-secret", "Token", "acme_access_token"])
def test_an_option_named_like_a_secret_is_no_literal(packages: Packages, tmp_path: Path, name: str) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly")
    text = config_text(company_text(f"books: {{provider: ledgerly, options: {{deep: {{{name}: Sesame-42}}}}}}"))
    (problem,) = problems_in(tmp_path, text)
    assert problem[1] == f"companies[dupont].books.options.deep.{name}"
    assert "never written in the configuration" in problem[3]
    assert "Sesame" not in str(problem)


@pytest.mark.parametrize("secret", ["{env: not a name}", "{file: 7}", "{keyring: ''}"])
def test_a_secret_that_says_no_place_is_refused_where_it_stands(
    packages: Packages, tmp_path: Path, secret: str
) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly")
    text = config_text(company_text(f"books: {{provider: ledgerly, options: {{key: {secret}}}}}"))
    (problem,) = problems_in(tmp_path, text)
    assert (problem[1], "use {env: NAME}" in problem[3]) == ("companies[dupont].books.options.key", True)


def test_an_option_beside_the_options_is_an_unknown_key(packages: Packages, tmp_path: Path) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly")
    (problem,) = problems_in(tmp_path, config_text(company_text("books: {provider: ledgerly, optons: {a: b}}")))
    assert (problem[1], "did you mean options" in problem[3]) == ("companies[dupont].books.optons", True)


def test_the_common_settings_have_the_defaults_of_the_providers(packages: Packages, tmp_path: Path) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly")
    path = tmp_path / "config.yaml"
    path.write_text(
        yaml.safe_dump({"companies": [plugged(options={"url": "https://a.example", "token_url": "x", "n": 3})]})
    )
    (books,) = (one.books for one in load_config(path).companies)
    assert isinstance(books, PluginBooks)
    assert (books.poll_minutes, books.notes, books.attach_invoices) == (60, True, True)
    assert books.options == {"url": "https://a.example", "token_url": "x", "n": 3}


def test_there_is_nothing_to_connect(packages: Packages, replay: Replay) -> None:
    packages.install("ledgerly-books", FILES, "ledgerly")
    replay.configure(plugged())
    done = replay.command("connect", "martin")
    assert (done.code, "whose connector keeps its own keys: there is nothing to connect" in done.err) == (2, True)


# -- the token that never changes --------------------------------------------------------------------------------------


def test_a_static_token_is_given_and_never_renewed_or_shown() -> None:
    token = StaticToken(token="k-1", provider="ledgerly")
    assert token.access_token() == "k-1"
    with pytest.raises(ConsentNeededError, match="ledgerly does not take the token"):
        token.renew("k-1")
    assert "k-1" not in repr(token)
