"""A real store on a real file, and the few steps by which its tests bring it to where they begin."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from engine.records import Completed, NotesOn, Owner, Receipt
from state.store import Store
from tests.builders import NOW, completed, day, envelope, page, queued

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from engine.model import Customer, OpenItem
    from engine.records import Queued, Reminder, SyncChanges

C = "dupont"


@dataclass(slots=True)
class Desk:
    """A store, its owner, and the instant that moves on by a minute with each step."""

    store: Store
    owner: Owner
    now: datetime = field(default=NOW)

    def later(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now

    def sync(
        self,
        *items: OpenItem,
        on: str = "2026-03-02",
        full: bool = True,
        customers: tuple[Customer, ...] = (),
        company: str = C,
        done: Completed | None = None,
    ) -> SyncChanges:
        sync_id = self.store.begin_sync(company, self.later())
        self.store.apply_page(company, sync_id, page(*items, customers=customers), seen_on=day(on), now=self.later())
        return self.store.complete_sync(
            company, sync_id, done or completed(full=full), seen_on=day(on), now=self.later()
        )

    def queue(self, wanted: Queued, *, company: str = C) -> Reminder:
        (reminder,) = self.store.queue(company, wanted.customer_id, [wanted], self.later())
        return reminder

    def claim(self, on: str = "2026-03-09", *, company: str = C) -> Reminder:
        claimed = self.store.claim_next(company, day(on), self.owner, self.later())
        assert claimed is not None
        return claimed

    def handing_over(self, on: str = "2026-03-09", *, company: str = C) -> Reminder:
        claimed = self.claim(on, company=company)
        return self.store.pass_barrier(claimed, envelope(claimed), "smtp.example", self.owner, self.later())

    def sent(self, on: str = "2026-03-09", *, company: str = C) -> Reminder:
        barrier = self.handing_over(on, company=company)
        receipt = Receipt(server="smtp.example", reply="250 queued as 42")
        return self.store.record_sent(barrier, envelope(barrier), receipt, day(on), self.owner, self.later())

    def send(self, *items: OpenItem, level: str = "first", offset: int = 5, on: str = "2026-03-09") -> Reminder:
        self.queue(queued(*items, level=level, offset=offset, on=on))
        return self.sent(on)

    def quiet(self) -> None:
        """Let every item wait, as after a run that decided them all."""
        with self.store.db.tx():
            self.store.db.write("UPDATE items SET next_action_on = NULL WHERE company_id = ?", (C,))

    def due(self) -> list[str]:
        return list(self.store.customers_due(C, day("0001-01-01")))

    def events(self, company: str = C) -> list[str]:
        rows = self.store.db.all("SELECT kind FROM events WHERE company_id = ? ORDER BY sequence", (company,))
        return [row["kind"] for row in rows]


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an empty database once: the tests begin on copies of it."""
    path = tmp_path_factory.mktemp("fresh") / "relance.db"
    Store.open(path, now=NOW).close()
    return path


@pytest.fixture
def desk(tmp_path: Path, fresh_database: Path) -> Iterator[Desk]:
    (tmp_path / "data").mkdir(mode=0o700)
    shutil.copy(fresh_database, tmp_path / "data" / "relance.db")
    with Store.open(tmp_path / "data" / "relance.db", now=NOW) as store:
        store.set_sender_domain(C, "dupont.example")
        store.set_notes_on(C, NotesOn.ITEM)
        yield Desk(store=store, owner=store.raise_epoch("test", NOW))
