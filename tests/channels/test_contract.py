"""One contract, all channels: what `engine.ports.Sender` promises, whatever carries the reminder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from engine.channels.guard import ModeGuard
from engine.channels.maildir import MaildirChannel
from engine.channels.smtp import SmtpChannel
from engine.channels.task import TaskChannel
from engine.errors import FencedError, NotHandedOverError
from engine.kinds import Channel, Mode
from tests.fakes.mails import CUSTOMER, Barrier, BarrierError, an_envelope
from tests.fakes.smtp_server import SmtpServer
from tests.fakes.tasks import TaskList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engine.ports import Sender
    from engine.records import Envelope


@dataclass(slots=True, kw_only=True)
class Rig:
    """A channel, what can be seen of it from outside, and what it can say of the past."""

    channel: Sender
    visible: Callable[[], int]
    knows: bool
    wanted: Channel = Channel.EMAIL
    made: list[Envelope] = field(default_factory=list)

    def envelope(self, number: int = 1) -> Envelope:
        return an_envelope(channel=self.wanted, reminder_id=f"r{number}", message_id=f"<r-{number}@dupont.example>")


def smtp_rig(_: Path) -> Iterator[Rig]:
    with SmtpServer() as server:
        channel = SmtpChannel(host="localhost", port=server.port, security="none")
        yield Rig(channel=channel, visible=lambda: len(server.accepted), knows=False)
        channel.close()


def maildir_rig(folder: Path) -> Iterator[Rig]:
    channel = MaildirChannel(folder / "outbox")
    yield Rig(channel=channel, visible=lambda: files_in(folder), knows=True)
    channel.close()


def task_rig(_: Path) -> Iterator[Rig]:
    tasks = TaskList()
    channel = TaskChannel(tasks)
    yield Rig(channel=channel, visible=lambda: len(tasks.tasks), knows=True, wanted=Channel.CALL)
    channel.close()


def guarded_rig(folder: Path) -> Iterator[Rig]:
    guard = ModeGuard(
        MaildirChannel(folder / "outbox"),
        mode=Mode.AUTO,
        allowed=frozenset({CUSTOMER}),
        rehearsal=False,
        needs_approval=False,
        approved=False,
        stop_file=folder / "STOP",
    )
    yield Rig(channel=guard, visible=lambda: files_in(folder), knows=True)


def files_in(folder: Path) -> int:
    """Count what a mail program, or a person, would find; what is being written in tmp is not there yet."""
    return sum(1 for path in folder.rglob("*") if path.is_file() and path.parent.name != "tmp")


@pytest.fixture(params=[smtp_rig, maildir_rig, task_rig, guarded_rig], ids=["smtp", "maildir", "task", "guarded"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    yield from request.param(tmp_path)


def test_the_barrier_is_passed_once_before_anything_can_be_seen(rig: Rig) -> None:
    barrier = Barrier(look=rig.visible)
    receipt = rig.channel.deliver(rig.envelope(), barrier)
    assert barrier.seen == [0]
    assert barrier.servers == [receipt.server]
    assert receipt.server
    assert receipt.reply
    assert rig.visible() == 1


@pytest.mark.parametrize(
    "error", [BarrierError("disk full"), FencedError("taken over"), KeyboardInterrupt()], ids=lambda e: type(e).__name__
)
def test_where_the_barrier_raises_nothing_is_delivered_and_its_error_comes_through(
    rig: Rig, error: BaseException
) -> None:
    with pytest.raises(type(error)) as raised:
        rig.channel.deliver(rig.envelope(), Barrier(refuse=error))
    assert raised.value is error
    assert rig.visible() == 0
    assert rig.channel.delivered(rig.envelope().message_id) in (None, False)


def test_after_a_barrier_that_raised_the_same_reminder_can_be_delivered(rig: Rig) -> None:
    with pytest.raises(BarrierError):
        rig.channel.deliver(rig.envelope(), Barrier(refuse=BarrierError()))
    rig.channel.deliver(rig.envelope(), Barrier())
    assert rig.visible() == 1


def test_evidence_of_the_past_is_true_or_withheld(rig: Rig) -> None:
    assert rig.channel.delivered(rig.envelope().message_id) is (False if rig.knows else None)
    rig.channel.deliver(rig.envelope(), Barrier())
    assert rig.channel.delivered(rig.envelope().message_id) is (True if rig.knows else None)
    assert rig.channel.delivered(rig.envelope(2).message_id) is (False if rig.knows else None)


def test_a_channel_that_knows_the_past_delivers_a_reminder_once_only(rig: Rig) -> None:
    if not rig.knows:
        # SMTP hands over what it is given; the store's compare-and-set is what makes it once.
        return
    first = rig.channel.deliver(rig.envelope(), Barrier())
    barrier = Barrier()
    assert rig.channel.deliver(rig.envelope(), barrier) == first
    assert len(barrier.servers) == 1
    assert rig.visible() == 1


def test_several_reminders_go_one_after_the_other(rig: Rig) -> None:
    for number in range(1, 4):
        rig.channel.deliver(rig.envelope(number), Barrier())
    assert rig.visible() == 3


def test_what_cannot_be_carried_is_refused_before_the_barrier(rig: Rig) -> None:
    barrier = Barrier()
    if rig.wanted is Channel.EMAIL and not rig.knows:
        with pytest.raises(NotHandedOverError):
            rig.channel.deliver(an_envelope(content=b"bare\n"), barrier)
    elif rig.wanted is Channel.CALL:
        with pytest.raises(NotHandedOverError):
            rig.channel.deliver(an_envelope(channel=Channel.EMAIL), barrier)
    assert barrier.servers == []
    assert rig.visible() == 0
