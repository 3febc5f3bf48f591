"""A fresh installation for each situation."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterator

# Scenarios that several test modules share are as talkative as a test when they fail.
pytest.register_assert_rewrite("tests.e2e.cloud", "tests.e2e.cloud_scenarios")

# Of a provider's own test with many variants, so many run by default.
_VARIANTS = 1

# Replays prove what is decided and sent, not what survives a power cut: in memory a day costs no wait for the disk.
_MEMORY = Path("/dev/shm")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Share out what runs by default; the rest is a slow proof.

    A scenario common to all providers runs with one of them in turn. What a provider's own module says of it runs in its
    first variant.
    """
    # Imported here, since its assertions are rewritten from the line above on.
    from tests.e2e.cloud import PROVIDERS  # noqa: PLC0415 (see above)
    from tests.e2e.cloud_scenarios import CloudScenarios  # noqa: PLC0415 (see above)

    common = [name for name in vars(CloudScenarios) if name.startswith("test_")]
    variants: Counter[tuple[object, str]] = Counter()
    for item in items:
        if not isinstance(item, pytest.Function) or item.cls is None or not issubclass(item.cls, CloudScenarios):
            continue
        variants[item.cls, item.originalname] += 1
        if variants[item.cls, item.originalname] > _VARIANTS:
            item.add_marker(pytest.mark.slow)
        if item.originalname in common and item.originalname not in vars(item.cls):
            turn = sorted(PROVIDERS)[common.index(item.originalname) % len(PROVIDERS)]
            if item.cls.provider.name != turn:
                item.add_marker(pytest.mark.slow)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder, in memory where the system has such a place."""
    in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="relance-replay-", dir=_MEMORY if in_memory else None) as path:
        yield Path(path)


@pytest.fixture
def replay(folder: Path) -> Replay:
    """An empty folder in which the command runs inside this process."""
    return Replay(folder=folder)


@pytest.fixture
def real_replay(folder: Path) -> Replay:
    """An empty folder in which the installed command runs as a process of its own."""
    return Replay(folder=folder, real=True)
