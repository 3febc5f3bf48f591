"""Xero played by a stand-in that nobody here wrote: prism serves the official documents and refuses what they do not allow.

Its answers are the documents' own examples, which fit together only by chance: an invoice of a contact that the list of
contacts does not show, another organisation behind each id. Two things are joined in the copy that it serves: the name of
the connection, and the contact of the one open invoice. All else stays as strange as it is.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import pytest

from tests.e2e.replay import Replay, company, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

SPECS: Final = Path(__file__).resolve().parents[2] / "../shared/specs"
BOOKS, IDENTITY = SPECS / "xero_accounting_trimmed.yaml", SPECS / "xero-identity.yaml"
# Of the examples: the connection, what the organisation calls itself, the customer of the open invoice, a listed contact.
TENANT: Final = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
CONNECTION, ORGANISATION = "Demo Company (NZ)", "Dev Evangelist - Sid Test 3 (NZ-2016-02)"
CUSTOMER, LISTED = "a3675fc4-f8dd-4f03-ba5b-f1870566bcd7", "5cc8cf28-567e-4d43-b287-687cfcaec47c"
LISTED_EMAIL: Final = "kat.warren@clampett.com"
VAULT_KEY: Final = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
_REFUSED: Final = re.compile(r"\[VALIDATOR\].*error|UNPROCESSABLE_ENTITY|NO_PATH_MATCHED|NO_METHOD_MATCHED|VIOLATIONS")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec,
    pytest.mark.skipif(not BOOKS.exists(), reason="the official documents do not lie beside the checkout"),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm, which brings prism, is not installed here"),
]


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prism")
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "@stoplight/prism-cli@5"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    except subprocess.TimeoutExpired:
        pytest.skip("npm does not bring prism here: it takes more than ten minutes")
    if done.returncode:
        pytest.skip(f"npm does not bring prism here: {done.stderr.strip()[:300]}")
    return folder / "node_modules" / ".bin" / "prism"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A document that prism serves, and what it says of the requests."""

    url: str
    log: Path

    @property
    def requests(self) -> list[str]:
        """The requests as they came: `get /Invoices`."""
        return re.findall(r"\[HTTP SERVER\] (\w+ \S+) .*Request received", self.log.read_text())

    @property
    def refusals(self) -> list[str]:
        """What the document does not allow."""
        return [line for line in self.log.read_text().splitlines() if _REFUSED.search(line)]


def serve(prism: Path, document: Path, text: str, folder: Path, held: ExitStack) -> Served:
    """Serve a copy of a document; every request that it does not allow is an error."""
    copy = folder / document.name
    copy.write_text(text, encoding="utf-8")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / f"{document.stem}.log"
    out = held.enter_context(log.open("w"))
    command = [str(prism), "mock", "--errors", "-h", "127.0.0.1", "-p", str(port), str(copy)]
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    held.callback(process.wait, timeout=30)
    held.callback(process.terminate)
    for _ in range(240):
        if "Prism is listening" in log.read_text():
            return Served(url=f"http://127.0.0.1:{port}", log=log)
        try:
            process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"prism does not serve {document.name}: {log.read_text()[-600:]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One company whose Xero is prism."""

    replay: Replay
    books: Served
    identity: Served

    def connect(self, organisation: str) -> Any:
        tokens = {"access_token": "a-token", "refresh_token": "r-token", "expires_in": 1800, "token_type": "Bearer"}
        typed = io.TextIOWrapper(io.BytesIO(json.dumps(tokens).encode()), "utf-8")
        with patch.object(sys, "stdin", typed):
            return self.replay.command("connect", "dupont", "--tokens", "-", "--organisation", organisation, "--json")

    def sync(self) -> dict[str, Any]:
        found: dict[str, Any] = self.replay.command("sync", "--json").data["companies"][0]
        return found


@pytest.fixture
def names() -> str:
    """What the connection is called; the organisation's own name unless a test says otherwise."""
    return ORGANISATION


@pytest.fixture
def user(prism: Path, folder: Path, tmp_path: Path, names: str) -> Iterator[Installation]:
    with ExitStack() as held:
        accounting = BOOKS.read_text(encoding="utf-8")
        assert LISTED in accounting
        joined = accounting.replace(LISTED, CUSTOMER).replace(LISTED_EMAIL, "ap@rowan.example")
        # Xero's pages write this header without a zone, in UTC, and so do we; the document's date-time has one.
        joined, told = re.subn(
            r"(name: If-Modified-Since\n(?: +.*\n)*? +type: string\n) +format: date-time\n", r"\1", joined
        )
        assert told == 1
        books = serve(prism, BOOKS, joined, tmp_path, held)
        connections = IDENTITY.read_text(encoding="utf-8")
        assert CONNECTION in connections
        # The example breaks its own document, and prism would refuse to give it: a text in the place of a list, and
        # instants without a zone.
        connections = re.sub(r"example: '(\[.*\])'", r"example: \1", connections)
        connections = re.sub(r'(DateUtc": "[^"]+)"', r'\1Z"', connections)
        identity = serve(prism, IDENTITY, connections.replace(CONNECTION, names), tmp_path, held)
        replay = Replay(folder=folder)
        replay.environment |= {"RELANCE_VAULT_KEY": VAULT_KEY, "HOME": str(folder), "CREDENTIALS_DIRECTORY": ""}
        settings = {
            "provider": "xero",
            "client_id": "an-app",
            "base_url": books.url,
            "connections_url": f"{identity.url}/Connections",
            "token_url": f"{identity.url}/connect/token",
        }
        levels = [
            {"id": "first", "offset": 5, "channel": "email", "tone": "friendly", "deadline_days": 8},
            {"id": "second", "offset": 15, "channel": "provider", "tone": "firm"},
        ]
        replay.configure(company(books=settings), plans={"standard": plan(levels=levels)})
        yield Installation(replay=replay, books=books, identity=identity)


def test_books_of_the_official_examples_are_read_reminded_noted_and_mailed_without_one_request_against_the_document(
    user: Installation,
) -> None:
    # INV-0003, 115.00 NZD, due Wed 7 Nov 2018: +5 is Mon 12 Nov. Its deadline is Tue 20 Nov, +15 is Thu 22 Nov.
    assert user.connect(TENANT).code == 0
    synced = user.sync()
    assert (synced["mode"], synced["quarantine"]) == ("full", None), synced
    items = {item["number"]: item for item in user.replay.command("items", "--json").data["items"]}
    assert (items["INV-0003"]["balance"], items["INV-0003"]["currency"], items["INV-0003"]["due_on"]) == (
        "115.00",
        "NZD",
        "2018-11-07",
    )
    assert {"INV-0001", "INV-0002"}.isdisjoint(items)
    user.replay.accept("2018-11-09")
    first = user.replay.run("2018-11-12")
    assert [(one["level"], one["state"]) for one in first.data["reminders"]] == [("first", "sent")], json.dumps(
        first.data, indent=0
    )
    assert [mail["To"] for mail in user.replay.read_mails()] == ["Katherine Warren <ap@rowan.example>"]
    second = user.replay.command("run", "--today", "2018-11-22", "--json").data
    assert [(one["level"], one["state"]) for one in second["reminders"]] == [("second", "sent")], second
    requests = user.books.requests
    key = "7ef31b20-de17-4312-8382-412f869b1510"
    assert requests.count(f"post /Invoices/{key}/Email") == 1
    assert requests.count(f"put /Invoices/{key}/History") == 2
    assert user.books.refusals == []
    assert user.identity.refusals == []


def test_the_doctor_asks_nothing_that_the_document_does_not_allow(user: Installation) -> None:
    assert user.connect(ORGANISATION).code == 0
    checks = {one["name"]: one for one in user.replay.command("doctor", "--json").data["checks"]}
    assert ORGANISATION in checks["dupont: books"]["message"]
    assert checks["dupont: own reminders"]["ok"]
    # The bare address, which says what time it is there, is in no document.
    assert [line for line in user.books.refusals if " get / " not in line] == []


@pytest.mark.parametrize("names", [CONNECTION])
def test_an_organisation_of_another_id_and_another_name_is_another_organisation(user: Installation) -> None:
    assert user.connect(TENANT).code == 0
    found = user.sync()
    assert f"the books of '{ORGANISATION}'" in found["quarantine"]["reasons"][0]
    assert user.books.requests == ["get /Organisation"]
