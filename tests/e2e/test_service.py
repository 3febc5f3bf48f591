"""The service's tick: which companies it looks at, when it looks again, and how it stops."""

from __future__ import annotations

import random
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from relance.installation import open_installation
from relance.service import Service
from tests.e2e.cloud import PROVIDERS, Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY_AND_NIGHT = {
    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "between": ["00:00", "23:59"],
    "holidays": False,
}


@pytest.fixture
def cloud(folder: Path) -> Iterator[Cloud]:
    with Cloud(folder=folder, provider=PROVIDERS["xero"]) as one:
        yield one


class Evenly(random.Random):
    """Chance that always gives the least."""

    def uniform(self, a: float, b: float) -> float:
        del b
        return a


@contextmanager
def serving(cloud: Cloud) -> Iterator[Service]:
    """Give the service as it would run at the sandbox's instant."""
    with cloud.at_its_instant():
        installation = open_installation(cloud.folder / "config.yaml", None)
        with installation.owned_store() as (_store, owner):
            yield Service(installation=installation, owner=owner, jitter=Evenly())


def due_in(cloud: Cloud, service: Service) -> timedelta:
    """Give how long the service leaves the company alone."""
    with service.installation.store() as store:
        due = store.due_at("dupont")
    assert due is not None
    return due - cloud.now


def test_a_company_is_looked_at_when_its_time_has_come_and_not_before(cloud: Cloud) -> None:
    cloud.ready(cloud.company(books={"poll_minutes": 20}))
    with serving(cloud) as service:
        assert service.tick() == ["dupont"]
        cloud.advance(minutes=19)
        assert service.tick() == []
        cloud.advance(minutes=2)
        assert service.tick() == ["dupont"]


def test_a_service_that_starts_again_keeps_to_what_was_due(cloud: Cloud) -> None:
    cloud.ready()
    with serving(cloud) as service:
        assert service.tick() == ["dupont"]
    with serving(cloud) as service:
        assert service.tick() == []
        cloud.advance(minutes=70)
        assert service.tick() == ["dupont"]


def test_patience_doubles_while_the_provider_is_out_of_reach_and_ends_with_it(cloud: Cloud) -> None:
    cloud.ready()
    with serving(cloud) as service:
        service.tick()
        cloud.advance(minutes=61)
        cloud.fault("status", status=503, times=1000)
        waits = []
        for _ in range(5):
            assert service.tick() == ["dupont"]
            wait = due_in(cloud, service)
            waits.append(round(wait.total_seconds() / 60))
            cloud.advance(seconds=wait.total_seconds())
        assert waits == [5, 10, 20, 40, 60]
        cloud.sandbox.faults.clear()
        assert service.tick() == ["dupont"]
        with service.installation.store() as store:
            assert store.company_state("dupont").quarantine == ()
        assert due_in(cloud, service) == timedelta(minutes=60)


def test_a_provider_that_says_when_is_asked_then_and_not_before(cloud: Cloud) -> None:
    cloud.ready()
    with serving(cloud) as service:
        service.tick()
        cloud.advance(minutes=61)
        cloud.fault("day_limit", times=1)
        service.tick()
        # Longer than any patience of ours.
        assert due_in(cloud, service) > timedelta(minutes=60)
        with cloud.watching() as made:
            assert service.tick() == []
        assert made == []


def test_what_is_due_leaves_and_the_history_is_written_without_anybody_asking(cloud: Cloud) -> None:
    cloud.ready(cloud.company(mode="auto", send=DAY_AND_NIGHT))
    cloud.bill("F1", "Rowan", due="2026-02-01", issued="2026-01-01", total="120.00")
    with serving(cloud) as service:
        service.tick()
    assert cloud.letters() == []
    cloud.do("accept", "dupont", "--backlog")
    cloud.advance(minutes=70)
    with serving(cloud) as service:
        service.tick()
    assert [letter["To"] for letter in cloud.letters()] == ["ap@rowan.example"]
    assert len(cloud.notes("F1")) == 1


def test_one_companys_trouble_delays_no_other(cloud: Cloud) -> None:
    cloud.ready(cloud.company("aubin"), cloud.company("dupont"))
    cloud.revoke("aubin")
    with serving(cloud) as service:
        assert service.tick() == ["aubin", "dupont"]
        with service.installation.store() as store:
            assert store.company_state("dupont").sync_complete
            assert not store.company_state("aubin").sync_complete


def test_told_to_stop_it_begins_no_further_company(cloud: Cloud) -> None:
    cloud.ready(cloud.company("aubin"), cloud.company("dupont"))
    with serving(cloud) as service:
        service.installation.stopping.set()
        assert service.tick() == []
