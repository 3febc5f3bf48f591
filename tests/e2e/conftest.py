"""A fresh installation for each situation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.replay import Replay

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """An empty folder in which the command runs inside this process."""
    return Replay(folder=tmp_path)


@pytest.fixture
def real_replay(tmp_path: Path) -> Replay:
    """An empty folder in which the installed command runs as a process of its own."""
    return Replay(folder=tmp_path, real=True)
