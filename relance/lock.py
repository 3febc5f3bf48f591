"""One instance at a time on one data directory: an advisory lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engine.errors import RelanceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_FILE: Final = "instance.lock"


class AnotherInstanceError(RelanceError):
    """Another instance of Relance is running on this data directory; wait for it to end, or stop it."""


class DataDirectoryError(RelanceError):
    """The data directory cannot be created or written; see `data_dir` in the configuration."""


@contextmanager
def instance_lock(data_dir: Path) -> Iterator[None]:
    """Hold the single-instance lock of a data directory, which is created (for its owner alone) where it is missing.

    Raises AnotherInstanceError at once when another process, or another part of this one, holds it. The file stays
    behind on purpose: to remove it would let two processes lock two files of the same name.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataDirectoryError(f"{data_dir} cannot be used as data directory: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            who = f" (process {holder})" if holder else ""
            raise AnotherInstanceError(f"another instance{who} is running on {data_dir}") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        yield
    finally:
        os.close(handle)
