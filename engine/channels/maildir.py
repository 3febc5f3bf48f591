"""The maildir channel: one file a mail, each message once; for trying out, for tests and for hosts with their own mailer."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from typing import TYPE_CHECKING, Final

from engine.errors import NotHandedOverError, OutcomeUnknownError, TemporarilyRefusedError
from engine.records import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.ports import Sender
    from engine.records import Envelope

# Only files of ours are ever removed: the folder may be shared with a mail program.
_OURS: Final = re.compile(r"[0-9a-f]{40}\.eml")
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class MaildirChannel:
    """Writes mails into a maildir (tmp, new, cur), made where it is missing.

    A message's file is named by its Message-ID, so a second hand-over of the same message finds the first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.server = f"maildir:{path.name}"

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        """Hand a mail over.

        1. Write it into tmp, on disk for good.
        2. Pass the barrier; where it raises, nothing remains.
        3. Link it into new: from here on it is visible. A link never replaces a file.
        4. Put the folder's entry on disk.
        """
        name = _name(envelope.message_id)
        waiting = self._path / "tmp" / name
        try:
            self._prepare()
            _write(waiting, envelope.content)
        except OSError as error:
            with contextlib.suppress(OSError):
                waiting.unlink(missing_ok=True)
            raise NotHandedOverError(
                f"the mail could not be written into {self._path} ({error.strerror}): check the folder and the free space"
            ) from error
        try:
            barrier(self.server)
            return self._show(waiting, name)
        finally:
            with contextlib.suppress(OSError):
                waiting.unlink(missing_ok=True)

    def delivered(self, message_id: str) -> bool | None:
        """Say for certain whether the folder holds this message; what a crash left of it in tmp is removed."""
        name = _name(message_id)
        with contextlib.suppress(OSError):
            (self._path / "tmp" / name).unlink(missing_ok=True)
        return self._holds(name)

    def close(self) -> None:
        """Nothing stays open."""

    def _prepare(self) -> None:
        for part in ("tmp", "new", "cur"):
            (self._path / part).mkdir(parents=True, exist_ok=True)
        for left in (self._path / "tmp").iterdir():
            if _OURS.fullmatch(left.name):
                left.unlink(missing_ok=True)
        _sync_folder(self._path)

    def _holds(self, name: str) -> bool:
        # A mail program that has shown a mail moves it to cur and adds ":2," and flags.
        return (self._path / "new" / name).exists() or any((self._path / "cur").glob(f"{name}*"))

    def _show(self, waiting: Path, name: str) -> Receipt:
        receipt = Receipt(server=self.server, reply=name)
        if self._holds(name):
            return receipt
        shown = self._path / "new" / name
        try:
            _link(waiting, shown)
        except FileExistsError:
            return receipt
        except OSError as error:
            raise TemporarilyRefusedError(
                f"the mail could not be put into {shown.parent} ({error.strerror}): check the folder and the free space"
            ) from error
        try:
            _sync_folder(shown.parent)
        except OSError as error:
            raise OutcomeUnknownError(
                f"{shown} was written, but the disk did not confirm it ({error.strerror}): look for the file, then resolve"
            ) from error
        return receipt


def _name(message_id: str) -> str:
    return f"{hashlib.sha256(message_id.encode()).hexdigest()[:40]}.eml"


def _link(waiting: Path, shown: Path) -> None:
    try:
        os.link(waiting, shown)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # Some file systems know no links; the caller has just seen that the place is free.
        waiting.rename(shown)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_conforms: type[Sender] = MaildirChannel
