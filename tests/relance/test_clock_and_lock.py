from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from relance.clock import SystemClock
from relance.lock import LOCK_FILE, AnotherInstanceError, DataDirectoryError, instance_lock

ROOT: Final = Path(__file__).resolve().parents[2]
HOLDER: Final = """
import sys
from pathlib import Path
from relance.lock import instance_lock
with instance_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(data_dir: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_clock_gives_instants_in_utc_that_do_not_go_back() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.tzinfo is UTC
    assert datetime(2026, 1, 1, tzinfo=UTC) < first <= second


def test_a_second_instance_is_refused_at_once_and_told_which_process_is_first(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        with pytest.raises(AnotherInstanceError) as caught, instance_lock(tmp_path):
            pytest.fail("two instances at once")
        assert str(caught.value) == f"another instance (process {first.pid}) is running on {tmp_path}"
        first.kill()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        first.kill()
        first.wait()
    with instance_lock(tmp_path):
        pass


def test_two_parts_of_one_process_cannot_both_hold_the_lock(tmp_path: Path) -> None:
    with instance_lock(tmp_path), pytest.raises(AnotherInstanceError), instance_lock(tmp_path):
        pytest.fail("held twice")


def test_the_lock_is_free_again_after_use_and_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="within"), instance_lock(tmp_path):
        raise RuntimeError("within")
    with instance_lock(tmp_path):
        pass
    with instance_lock(tmp_path):
        pass
    assert (tmp_path / LOCK_FILE).exists()


def test_the_data_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "new" / "relance-data"
    with instance_lock(data_dir):
        assert data_dir.stat().st_mode & 0o777 == 0o700
        assert (data_dir / LOCK_FILE).stat().st_mode & 0o777 == 0o600


def test_two_data_directories_do_not_hinder_each_other(tmp_path: Path) -> None:
    with instance_lock(tmp_path / "a"), instance_lock(tmp_path / "b"):
        pass


def test_a_data_directory_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = pytest.raises(DataDirectoryError, match="file cannot be used as data directory")
    with refused, instance_lock(tmp_path / "file"):
        pytest.fail("a file holds no lock")
