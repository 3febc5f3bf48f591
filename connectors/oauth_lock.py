"""The lock of one connection: whoever renews its tokens, in any process, is alone."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engine.errors import BooksUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PAUSE_SECONDS: Final = 0.05
# Longer than one renewal may take (connectors.oauth_wire.Limits), with as much again for the disk.
_PATIENCE_SECONDS: Final = 75.0


class FileLock:
    """An advisory lock on a file, which dies with its process; `wait` pauses for a number of seconds.

    The file stays behind on purpose: to remove it would let two processes lock two files of the same name.
    """

    def __init__(self, path: Path, wait: Callable[[float], object], patience: float = _PATIENCE_SECONDS) -> None:
        self._path = path
        self._wait = wait
        self._tries = max(1, round(patience / _PAUSE_SECONDS))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; raises BooksUnreachableError where another process does not let go of it."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise BooksUnreachableError(f"{self._path} cannot be locked: {error.strerror}") from None
        try:
            self._take(handle)
            yield
        finally:
            os.close(handle)

    def _take(self, handle: int) -> None:
        for _ in range(self._tries):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._wait(_PAUSE_SECONDS)
            else:
                return
        raise BooksUnreachableError(f"another process of Relance does not let go of {self._path}: end it, or wait")
