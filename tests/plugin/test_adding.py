"""The connector that connectors/ADDING.md shows: taken out of it, built, installed and used as anybody would."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import pytest

from connectors.contract import BooksContract
from connectors.http import Transport
from connectors.registry import PluginSettings, StaticToken
from tests.fakes.http_calls import Budget, Time
from tests.plugin.acme_service import KEY, Acme, furnished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.http import Manners, TokenSource
    from engine.ports import Books

ROOT: Final = Path(__file__).resolve().parents[2]
_FILE: Final = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the connector in it, installed without an index from the wheel that it builds."""
    place = tmp_path_factory.mktemp("plugin")
    tree = place / "tree"
    tree.mkdir()
    files = _FILE.findall((ROOT / "connectors" / "ADDING.md").read_text(encoding="utf-8"))
    assert [name for name, _ in files] == ["pyproject.toml", "relance_acme.py"]
    for name, text in files:
        (tree / name).write_text(text, encoding="utf-8")
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(place / "dist"), cwd=tree)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (place / "dist").glob("*.whl")
    target = place / "packages"
    pip = (sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet", "--target", str(target))
    done = run(*pip, str(wheel), cwd=place)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def acme() -> Iterator[Acme]:
    with furnished() as served:
        yield served


# -- as a user meets it ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Relance beside the connector, with one company at Acme."""

    folder: Path
    packages: Path

    def command(self, *arguments: str) -> tuple[int, Any]:
        done = run(
            sys.executable, "-m", "relance", *arguments, "--json",
            cwd=self.folder, PYTHONPATH=os.pathsep.join([str(self.packages), str(ROOT)]), ACME_KEY=KEY,
        )  # fmt: skip
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def sync(self) -> dict[str, Any]:
        _, said = self.command("sync")
        found: dict[str, Any] = said["companies"][0]
        return found


@pytest.fixture
def user(tmp_path: Path, installed: Path, acme: Acme) -> Installed:
    (tmp_path / "config.yaml").write_text(
        f"""companies:
  - id: dupont
    name: Dupont Menuiserie
    books: {{provider: acme, options: {{url: "{acme.url}", key: {{env: ACME_KEY}}}}}}
    mail: {{from: compta@dupont.example, maildir: outbox/}}
"""
    )
    return Installed(folder=tmp_path, packages=installed)


@pytest.mark.slow
def test_a_company_is_synced_and_changes_alone_come_the_next_time(user: Installed, acme: Acme) -> None:
    first = user.sync()
    assert (first["provider"], first["mode"], first["open"]["count"]) == ("acme", "full", 5), first
    acme.put(1, open="0.00")
    acme.asked.clear()
    second = user.sync()
    assert (second["mode"], second["changed"], second["open"]["count"]) == ("incremental", 1, 4), second
    assert [unquote(asked) for asked in acme.asked] == ["GET /documents?page=1&changed_since=2026-11-23T08:00:13Z"]
    _, listed = user.command("items")
    assert {item["number"]: item["balance"] for item in listed["items"]} == {
        "A-2": "120.00",
        "A-3": "20.00",
        "A-6": "-15.00",
        "A-7": "120.00",
    }


@pytest.mark.slow
def test_the_doctor_names_the_connector_and_whose_books_it_reads(user: Installed) -> None:
    _, said = user.command("doctor")
    checks = {one["name"]: one for one in said["checks"]}
    assert checks["connectors"] == {
        "name": "connectors",
        "ok": True,
        "message": "acme by relance-acme 1.0",
        "advice": "",
    }
    assert "acme is read by relance-acme 1.0" in checks["dupont: connector"]["message"]
    assert "Example Joinery Ltd (EUR)" in checks["dupont: books"]["message"]
    status, checked = user.command("check")
    assert (status, checked["ok"], checked["problems"]) == (0, True, [])


# -- as the engine meets it --------------------------------------------------------------------------------------------


class TestAcmeBooks(BooksContract):
    @pytest.fixture
    def opened(
        self, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Callable[[str], Books]]:
        monkeypatch.syspath_prepend(installed)
        connector = importlib.import_module("relance_acme").CONNECTOR
        time, transports = Time(), []

        def connect(manners: Manners, tokens: TokenSource, organisation: str) -> Transport:
            assert tokens == StaticToken(token=KEY, provider="acme")
            made = Transport(
                manners=manners,
                tokens=tokens,
                clock=time,
                budget=Budget(),
                wait=time.wait,
                organisation=organisation,
            )
            transports.append(made)
            return made

        def opened(url: str) -> Books:
            books: Books = connector.open(
                PluginSettings(
                    company_id="dupont",
                    provider="acme",
                    options={"url": url, "key": KEY},
                    base=tmp_path,
                    folder=tmp_path,
                    clock=time,
                    connect=connect,
                )
            )
            return books

        yield opened
        for transport in transports:
            transport.close()

    @pytest.fixture
    def books(self, opened: Callable[[str], Books], acme: Acme) -> Books:
        return opened(acme.url)

    @pytest.fixture
    def void(self, acme: Acme) -> Callable[[str], None]:
        return lambda item_id: acme.put(int(item_id.partition(":")[2]), void=True)

    @pytest.fixture
    def pay(self, acme: Acme) -> Callable[[str], None]:
        return lambda item_id: acme.put(int(item_id.partition(":")[2]), open="0.00")

    @pytest.fixture
    def notes_kept(self, acme: Acme) -> Callable[[str], int]:
        return lambda marker: sum(marker in text for text in acme.notes.values())

    @pytest.fixture
    def garbled(self, opened: Callable[[str], Books], acme: Acme) -> Callable[[bytes], Books]:
        def made(content: bytes) -> Books:
            acme.instead = content
            return opened(acme.url)

        return made
