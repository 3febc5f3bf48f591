"""One sync of the ledger by the real path, in a process of its own: `python -m bench.sync_ours BASE_URL FILE STAGE`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cost import costing, tell
from bench.xero_ledger import AGAIN_AT, FIRST_AT, ORGANISATION
from connectors.http import Transport
from connectors.xero.books import XeroBooks
from connectors.xero.manners import XeroManners
from engine.syncing import sync_company
from engine.trusted import TrustedBooks
from state.store import Store

if TYPE_CHECKING:
    from datetime import datetime

COMPANY = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class _At:
    """A clock that stands."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


@dataclass(frozen=True, slots=True)
class _Token:
    def access_token(self) -> str:
        return "fictional"

    def renew(self, refused: str) -> str:
        return refused


def _unwanted(seconds: float) -> None:
    raise AssertionError(f"a wait of {seconds} s that is no work of ours")


def sync(url: str, path: Path, stage: str) -> None:
    """Sync and tell the cost; opening the store is not in it."""
    clock = _At(instant=FIRST_AT if stage == "first" else AGAIN_AT)
    with Store.open(path, now=clock.now()) as store:
        with costing() as cost:
            transport = Transport(
                # Xero's 60 calls a minute are waiting, not work.
                manners=XeroManners(per_minute=1_000_000),
                tokens=_Token(),
                clock=clock,
                budget=store.call_budget(COMPANY),
                wait=_unwanted,
            )
            books = XeroBooks(
                company_id=COMPANY,
                organisation=ORGANISATION,
                transport=transport,
                clock=clock,
                base_url=f"{url}/{stage}",
                knows=partial(store.known_customers, COMPANY),
            )
            report = sync_company(COMPANY, TrustedBooks(inner=books), store, seen_on=clock.now().date(), clock=clock)
            transport.close()
        assert not report.error, report.error
        assert not report.quarantine, report.quarantine
        tell(cost)


if __name__ == "__main__":
    sync(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
