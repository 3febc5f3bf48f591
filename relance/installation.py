"""One installation as its commands see it: configuration, data directory, store, the companies asked for."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Final

from connectors.http_gates import Gates
from engine.channels.addresses import wire_address
from relance.clock import SystemClock
from relance.config import load_config
from relance.lock import instance_lock
from state.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.ports import Clock
    from engine.records import Owner
    from relance.config import CompanyConfig, Config

DATABASE: Final = "relance.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The configuration read, and what to reach through it; `companies` are those the user asked for.

    `gates` count the calls that may leave in a minute; `stopping` is set when the process is told to end: who waits
    then waits no longer.
    """

    config: Config
    config_path: Path
    companies: tuple[CompanyConfig, ...]
    clock: Clock
    gates: Gates = field(default_factory=Gates)
    stopping: Event = field(default_factory=Event)

    @property
    def data_dir(self) -> Path:
        """Where the store lies."""
        return self.config.data_dir

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store beside whatever else runs."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with Store.open(self.data_dir / DATABASE, now=self.clock.now()) as store:
            for company in self.config.companies:
                if company.mail is not None:
                    domain = wire_address(company.mail.sender.address).rpartition("@")[2]
                    store.set_sender_domain(company.company_id, domain)
            yield store

    @contextmanager
    def owned_store(self) -> Iterator[tuple[Store, Owner]]:
        """Open the store as its one owner; raises AnotherInstanceError when there is one."""
        with instance_lock(self.data_dir), self.store() as store:
            yield store, store.raise_epoch(author(), self.clock.now())

    def company(self, company_id: str) -> CompanyConfig:
        """Find a company by id; raise UnknownCompanyError."""
        return self.config.company(company_id)


def open_installation(config_path: Path, company_id: str | None, clock: Clock | None = None) -> Installation:
    """Load the configuration and choose the companies; raises ConfigError or UnknownCompanyError."""
    config = load_config(config_path)
    whole = Installation(
        config=config, config_path=config_path, companies=tuple(config.companies), clock=clock or SystemClock()
    )
    if company_id is None:
        return whole
    chosen = (whole.company(company_id),)
    return Installation(config=config, config_path=config_path, companies=chosen, clock=whole.clock)


def author() -> str:
    """Give who works here: the name of the account, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "relance"
