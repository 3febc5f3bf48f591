"""Calls to a provider: troubles told with their request id, every call on demand, never a secret, and only so many a day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.cloud import PROVIDERS, SECRET, VAULT_KEY, Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=sorted(PROVIDERS))
def cloud(request: pytest.FixtureRequest, folder: Path) -> Iterator[Cloud]:
    with Cloud(folder=folder, provider=PROVIDERS[request.param]) as one:
        one.ready()
        one.bill("F1", "Rowan", due="2026-03-02", total="120.00")
        yield one


def lines(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_call_that_went_well_is_not_worth_a_line(cloud: Cloud) -> None:
    assert lines(cloud.command("sync", "--json").err) == []


def test_a_call_that_failed_is_told_with_the_id_that_the_providers_support_asks_for(cloud: Cloud) -> None:
    cloud.fault("status", status=503, times=1, path=cloud.provider.invoices)
    told = lines(cloud.command("sync", "--json").err)
    assert len(told) == 1
    assert (told[0]["level_of_call"], "503" in told[0]["event"]) == ("warning", True)
    assert "request id " in told[0]["event"]


def test_every_call_is_told_on_demand_and_no_secret_with_it(cloud: Cloud) -> None:
    cloud.environment["RELANCE_LOG"] = "debug"
    with cloud.watching() as made:
        done = cloud.command("sync", "--json")
    told = lines(done.err)
    assert len(told) >= len(made) > 0
    granted = cloud.tokens["dupont"]
    for secret in (SECRET, VAULT_KEY, granted["access_token"], granted["refresh_token"]):
        assert secret not in done.err + done.out


def test_the_calls_of_a_day_that_the_configuration_allows_are_the_most_that_are_made(folder: Path) -> None:
    with Cloud(folder=folder, provider=PROVIDERS["xero"]) as cloud:
        cloud.ready(cloud.company(books={"calls_per_day": 50}))
        reports = [cloud.sync() for _ in range(9)]
        assert len(cloud.calls()) == 50
        assert "50 calls of this day are used up" in reports[-1]["error"]
        # That is nobody's fault, and tomorrow it goes on.
        assert reports[-1]["quarantine"] is None
        cloud.advance(days=1)
        assert cloud.sync()["error"] is None
