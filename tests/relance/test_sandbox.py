"""`relance sandbox` as its first user meets it: one command, its addresses, settings that can be pasted."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import yaml

from relance.checking import check_all
from relance.config.starter import StarterAnswers, starter_config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PROVIDERS = ("xero", "quickbooks", "sage")
_PATIENCE = 30


def _started(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "relance", "sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _stopped(running: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
    running.send_signal(how)
    out, err = running.communicate(timeout=_PATIENCE)
    assert running.returncode == 0, err
    return out, err


def _first_line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline()


@pytest.fixture(scope="module", name="told")
def _told() -> Iterator[dict[str, Any]]:
    running = _started("--json", "--start", "2026-11-23")
    try:
        yield json.loads(_first_line(running))
    finally:
        out, err = _stopped(running)
    # Nothing but the one document on stdout, and no log of requests.
    assert (out, err) == ("", "")


def _state(told: dict[str, Any], provider: str) -> dict[str, Any]:
    organisation = told["organisations"][provider][0]["id"]
    state: dict[str, Any] = requests.get(f"{told['control']}/state/{provider}/{organisation}", timeout=_PATIENCE).json()
    return state


def _token(told: dict[str, Any], provider: str) -> str:
    answer = requests.post(f"{told['control']}/grant", json={"provider": provider}, timeout=_PATIENCE).json()
    return str(answer["access_token"])


def test_it_tells_the_addresses_of_the_three_services_on_this_machine(told: dict[str, Any]) -> None:
    assert tuple(told["urls"]) == _PROVIDERS
    for urls in told["urls"].values():
        assert set(urls) == {"base_url", "token_url", "authorize_url", "connections_url", "revoke_url"}
        assert all(url.startswith("http://127.0.0.1:") for url in urls.values())
    assert told["urls"]["xero"]["base_url"].endswith("/xero/api.xro/2.0")
    assert told["urls"]["sage"]["base_url"].endswith("/sage/v3.1")


@pytest.mark.parametrize("provider", _PROVIDERS)
def test_each_has_the_same_open_items_of_fictional_customers(told: dict[str, Any], provider: str) -> None:
    state = _state(told, provider)
    assert {party["email"].rpartition(".")[2] for party in state["parties"]} == {"example", ""}
    left = {one["number"]: Decimal(one["balance"]) for one in state["documents"] if Decimal(one["balance"])}
    assert left == {
        "INV-1002": Decimal("1250.00"),
        "INV-1003": Decimal("460.40"),
        "INV-1004": Decimal("450.00"),
        "INV-1006": Decimal("312.75"),
        "INV-1007": Decimal("75.00"),
        "INV-1009": Decimal("480.00"),
        "INV-1010": Decimal("66.00"),
        "INV-1011": Decimal("40.00"),
    }


def test_its_time_begins_on_the_day_that_was_named_and_its_history_lies_before(told: dict[str, Any]) -> None:
    state = _state(told, "xero")
    opening = datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert datetime.fromisoformat(state["now"]).date() == opening.date()
    stamps = [datetime.fromisoformat(one["updated_at"]) for one in state["documents"]]
    assert max(stamps) < opening
    assert len({stamp.date() for stamp in stamps}) > 8


def test_the_services_answer_a_plain_client(told: dict[str, Any]) -> None:
    urls = told["urls"]
    where = {provider: told["organisations"][provider][0]["id"] for provider in _PROVIDERS}

    def get(provider: str, path: str, **headers: str) -> dict[str, Any]:
        sent = {"Authorization": f"Bearer {_token(told, provider)}", "Accept": "application/json", **headers}
        answer = requests.get(urls[provider]["base_url"] + path, headers=sent, timeout=_PATIENCE)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    numbers = "INV-1002"
    xero = get("xero", "/Invoices?page=1", **{"xero-tenant-id": where["xero"]})["Invoices"]
    assert numbers in {one["InvoiceNumber"] for one in xero}
    query = f"/v3/company/{where['quickbooks']}/query?query=select%20*%20from%20Invoice&minorversion=75"
    quickbooks = get("quickbooks", query)["QueryResponse"]["Invoice"]
    assert numbers in {one["DocNumber"] for one in quickbooks}
    sage = get("sage", "/sales_invoices", **{"X-Business": where["sage"]})["$items"]
    assert numbers in {one["displayed_as"] for one in sage}


@pytest.mark.parametrize("provider", ["xero", "sage"])
def test_the_organisations_of_a_consent_are_listed_where_it_says(told: dict[str, Any], provider: str) -> None:
    url = told["urls"][provider]["connections_url"]
    answer = requests.get(url, headers={"Authorization": f"Bearer {_token(told, provider)}"}, timeout=_PATIENCE)
    assert answer.status_code == 200
    assert told["organisations"][provider][0]["id"] in answer.text


def test_consent_is_given_at_once_and_the_code_is_worth_tokens(told: dict[str, Any]) -> None:
    back = "http://127.0.0.1:1/callback"
    asked = {
        "response_type": "code",
        "client_id": told["client_id"],
        "redirect_uri": back,
        "scope": "com.intuit.quickbooks.accounting",
        "state": "s-1",
    }
    urls = told["urls"]["quickbooks"]

    def exchanged(secret: str) -> requests.Response:
        answer = requests.get(urls["authorize_url"], params=asked, allow_redirects=False, timeout=_PATIENCE)
        given = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
        assert (given["state"], given["realmId"]) == ("s-1", told["organisations"]["quickbooks"][0]["id"])
        form = {"grant_type": "authorization_code", "code": given["code"], "redirect_uri": back}
        return requests.post(urls["token_url"], data=form, auth=(told["client_id"], secret), timeout=_PATIENCE)

    assert exchanged(told["client_secret"]).json()["token_type"] == "bearer"
    assert exchanged("another").status_code in {400, 401}


def test_a_person_gets_settings_that_pass_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = _started()
    text = _first_line(running)
    assert "http://127.0.0.1:" in text
    # Settings end with the way to let time pass.
    assert running.stdout is not None
    for line in running.stdout:
        text += line
        if "/_sandbox/advance" in line:
            break
    _stopped(running, signal.SIGINT)
    blocks = [block for block in text.split("\n\n") if "books:" in block]
    books = [yaml.safe_load(block)["books"] for block in blocks]
    assert [one["provider"] for one in books] == list(_PROVIDERS)
    for one in books:
        assert {"base_url", "token_url", "authorize_url", "connections_url", "revoke_url"} < set(one)
    variable, _, secret = text.partition("export ")[2].partition("\n")[0].partition("=")
    monkeypatch.setenv(variable, secret)
    for one in books:
        config = yaml.safe_load(starter_config(StarterAnswers()))
        config["companies"][0]["books"] = one
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        assert [str(problem) for problem in check_all(path)] == []


def test_empty_books_hold_nothing() -> None:
    running = _started("--json", "--seed", "empty")
    told = json.loads(_first_line(running))
    assert [_state(told, provider)["documents"] for provider in _PROVIDERS] == [[], [], []]
    _stopped(running)


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "relance", "sandbox", "--port", port],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"relance: port {port} of 127.0.0.1 cannot be used")
    assert len(done.stderr.splitlines()) == 1
