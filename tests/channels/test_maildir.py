from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from engine.channels.maildir import MaildirChannel
from engine.errors import NotHandedOverError, OutcomeUnknownError, TemporarilyRefusedError
from tests.fakes.mails import MESSAGE_ID, Barrier, BarrierError, an_envelope


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def refuse(number: int) -> NoReturn:
    raise OSError(number, os.strerror(number))


def test_a_mail_is_one_file_with_the_exact_bytes(tmp_path: Path) -> None:
    MaildirChannel(tmp_path / "a" / "outbox").deliver(an_envelope(), Barrier())
    [file] = files(tmp_path)
    assert file.parent == tmp_path / "a" / "outbox" / "new"
    assert file.suffix == ".eml"
    assert file.read_bytes() == an_envelope().content


def test_at_the_barrier_the_mail_is_whole_in_tmp_and_nowhere_else(tmp_path: Path) -> None:
    barrier = Barrier(look=lambda: [(path.parent.name, path.read_bytes()) for path in files(tmp_path)])
    MaildirChannel(tmp_path).deliver(an_envelope(), barrier)
    assert barrier.seen == [[("tmp", an_envelope().content)]]


def test_nothing_remains_of_a_mail_that_the_barrier_stopped(tmp_path: Path) -> None:
    with pytest.raises(BarrierError):
        MaildirChannel(tmp_path).deliver(an_envelope(), Barrier(refuse=BarrierError()))
    assert files(tmp_path) == []


def a_crash_at_the_barrier(folder: Path, message_id: str = MESSAGE_ID) -> None:
    """Leave what a killed process leaves: the file in tmp."""
    channel = MaildirChannel(folder)

    def crash(_: str) -> None:
        for path in (folder / "tmp").iterdir():
            (folder / f"{path.name}.saved").write_bytes(path.read_bytes())
        raise BarrierError

    with pytest.raises(BarrierError):
        channel.deliver(an_envelope(message_id=message_id), crash)
    for saved in folder.glob("*.saved"):
        saved.rename(folder / "tmp" / saved.stem)
    assert len(files(folder / "tmp")) == 1


def test_what_a_crash_left_goes_with_the_next_mail(tmp_path: Path) -> None:
    a_crash_at_the_barrier(tmp_path)
    MaildirChannel(tmp_path).deliver(an_envelope(message_id="<r-2@dupont.example>"), Barrier())
    assert [file.parent.name for file in files(tmp_path)] == ["new"]


def test_what_a_crash_left_goes_when_its_outcome_is_asked(tmp_path: Path) -> None:
    a_crash_at_the_barrier(tmp_path)
    assert MaildirChannel(tmp_path).delivered(MESSAGE_ID) is False
    assert files(tmp_path) == []


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "1234.other.host").write_bytes(b"another program's")
    MaildirChannel(tmp_path).deliver(an_envelope(), Barrier())
    assert (tmp_path / "tmp" / "1234.other.host").exists()


def test_a_mail_that_was_read_meanwhile_is_still_known(tmp_path: Path) -> None:
    channel = MaildirChannel(tmp_path)
    channel.deliver(an_envelope(), Barrier())
    [file] = files(tmp_path)
    file.rename(tmp_path / "cur" / f"{file.name}:2,S")
    assert channel.delivered(MESSAGE_ID) is True
    channel.deliver(an_envelope(), Barrier())
    assert len(files(tmp_path)) == 1


def test_a_mail_that_another_delivered_during_the_barrier_is_not_replaced(tmp_path: Path) -> None:
    def another(_: str) -> None:
        MaildirChannel(tmp_path).deliver(an_envelope(content=b"first\r\n"), Barrier())

    with pytest.raises(TemporarilyRefusedError):
        # The other one, as the newer owner, has cleared our file away: certain, and nothing is lost.
        MaildirChannel(tmp_path).deliver(an_envelope(message_id="<r-2@dupont.example>"), another)
    MaildirChannel(tmp_path).deliver(an_envelope(), another)
    assert [file.read_bytes() for file in files(tmp_path)] == [b"first\r\n"]


def test_a_folder_that_cannot_be_written_stops_the_company_before_the_barrier(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where a folder should be")
    barrier = Barrier()
    with pytest.raises(NotHandedOverError, match="check the folder") as refused:
        MaildirChannel(tmp_path / "outbox").deliver(an_envelope(), barrier)
    assert refused.value.company_wide
    assert barrier.servers == []


def test_a_full_disk_before_the_barrier_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = MaildirChannel(tmp_path)
    channel.deliver(an_envelope(message_id="<r-0@dupont.example>"), Barrier())
    monkeypatch.setattr(os, "fsync", lambda _: refuse(errno.ENOSPC))
    with pytest.raises(NotHandedOverError, match="free space"):
        channel.deliver(an_envelope(), Barrier())
    assert len(files(tmp_path)) == 1


def test_a_disk_that_fails_after_the_barrier_is_a_definite_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: refuse(errno.ENOSPC))
    with pytest.raises(TemporarilyRefusedError):
        MaildirChannel(tmp_path).deliver(an_envelope(), Barrier())
    assert files(tmp_path) == []


def test_a_folder_entry_that_the_disk_does_not_confirm_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = MaildirChannel(tmp_path)

    def passed(_: str) -> None:
        monkeypatch.setattr(os, "fsync", lambda _: refuse(errno.EIO))

    with pytest.raises(OutcomeUnknownError):
        channel.deliver(an_envelope(), passed)
    assert channel.delivered(MESSAGE_ID) is True


def test_where_files_cannot_be_linked_they_are_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: refuse(errno.EPERM))
    channel = MaildirChannel(tmp_path)
    channel.deliver(an_envelope(), Barrier())
    channel.deliver(an_envelope(), Barrier())
    assert [file.parent.name for file in files(tmp_path)] == ["new"]


def test_what_is_acknowledged_is_on_disk_the_file_before_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    really = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        really(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    barrier = Barrier(look=lambda: list(synced))
    MaildirChannel(tmp_path / "outbox").deliver(an_envelope(), barrier)
    [file] = files(tmp_path)
    assert barrier.seen == [["outbox", file.name]]
    assert synced == ["outbox", file.name, "new"]
