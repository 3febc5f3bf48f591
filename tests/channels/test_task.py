from __future__ import annotations

import pytest

from engine.channels.task import TaskChannel
from engine.errors import FencedError, NotHandedOverError, OutcomeUnknownError, TemporarilyRefusedError
from engine.kinds import Channel
from tests.fakes.mails import Barrier, an_envelope
from tests.fakes.tasks import TaskList

FOR_PEOPLE = [Channel.LETTER, Channel.REGISTERED_LETTER, Channel.CALL, Channel.TASK]


@pytest.mark.parametrize("channel", FOR_PEOPLE)
def test_a_letter_or_a_call_becomes_a_task_for_a_person(channel: Channel) -> None:
    tasks = TaskList()
    barrier = Barrier()
    receipt = TaskChannel(tasks).deliver(an_envelope(channel=channel, content=b"", recipients=()), barrier)
    assert (receipt.server, receipt.reply) == ("task", "task-r1")
    assert barrier.servers == ["task"]
    assert tasks.tasks["r1"].channel is channel


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.PROVIDER])
def test_a_mail_is_no_task(channel: Channel) -> None:
    tasks = TaskList()
    with pytest.raises(NotHandedOverError):
        TaskChannel(tasks).deliver(an_envelope(channel=channel), Barrier())
    assert tasks.tasks == {}


def test_a_task_without_a_title_is_refused_before_the_barrier() -> None:
    barrier = Barrier()
    with pytest.raises(NotHandedOverError, match="title"):
        TaskChannel(TaskList()).deliver(an_envelope(channel=Channel.CALL, title=" "), barrier)
    assert barrier.servers == []


def test_a_store_that_failed_is_asked_what_is_true() -> None:
    call = an_envelope(channel=Channel.CALL)
    with pytest.raises(TemporarilyRefusedError, match="disk full"):
        TaskChannel(TaskList(fail_before=OSError("disk full"))).deliver(call, Barrier())
    recorded = TaskList(fail_after=OSError("odd"))
    assert TaskChannel(recorded).deliver(call, Barrier()).reply == "task-r1"
    with pytest.raises(OutcomeUnknownError):
        TaskChannel(TaskList(fail_before=OSError("x"), fail_asked=OSError("y"))).deliver(call, Barrier())


def test_a_fenced_owner_opens_nothing_and_hears_so() -> None:
    with pytest.raises(FencedError):
        TaskChannel(TaskList(fail_before=FencedError("another owner"))).deliver(
            an_envelope(channel=Channel.CALL), Barrier()
        )
