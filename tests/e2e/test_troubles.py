"""One company's trouble never stops another's. F1 is due on Mon 2 Mar 2026: first on Mon 9 Mar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import relance.running
from relance.opening import open_books
from tests.e2e.replay import company, invoice

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pytest

    from engine.ports import Books
    from relance.config import CompanyConfig
    from relance.installation import Installation
    from state.store import Store
    from tests.e2e.replay import Replay

DUE = "2026-03-02"


def _two(replay: Replay, **trouble: object) -> None:
    replay.configure(company("aubin", **trouble), company("dupont"))
    replay.books(invoice("F1", "A", due=DUE, total="120.00"))
    replay.command("sync", "--json")
    for one in ("aubin", "dupont"):
        replay.do("accept", one, "--backlog")


def test_books_that_nobody_has_connected_stop_their_company_only(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    xero = {"provider": "xero", "client_id": "id", "client_secret": {"env": "SECRET"}}
    _two(replay, books=xero)
    done = replay.command("run", "--today", "2026-03-09", "--json")
    assert (done.code, done.data["sent"]) == (1, 1)
    (problem,) = done.data["problems"]
    assert problem["company"] == "aubin"
    assert problem["message"].endswith("run: relance connect aubin")
    synced = replay.command("sync", "--json")
    assert synced.code == 1
    assert [bool(one["quarantine"]) for one in synced.data["companies"]] == [True, False]


def test_a_failure_that_nobody_foresaw_stops_its_company_only(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    _two(replay)
    usual = open_books

    def broken(installation: Installation, settings: CompanyConfig, store: Store) -> AbstractContextManager[Books]:
        if settings.company_id == "aubin":
            raise RuntimeError("out of the blue")
        return usual(installation, settings, store)

    monkeypatch.setattr(relance.running, "open_books", broken)
    done = replay.command("run", "--today", "2026-03-09", "--json")
    assert (done.code, done.data["sent"]) == (1, 1)
    (problem,) = done.data["problems"]
    assert (problem["company"], "out of the blue" in problem["message"]) == ("aubin", True)
    assert "a company's run failed" in done.err
    synced = replay.command("sync", "--json")
    assert (synced.code, [bool(one["quarantine"]) for one in synced.data["companies"]]) == (1, [True, False])
