"""The task channel: letters, registered letters, calls, text messages and other tasks become one piece of work for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from engine.errors import FencedError, NotHandedOverError, OutcomeUnknownError, TemporarilyRefusedError
from engine.kinds import Channel
from engine.records import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.ports import Sender
    from engine.records import Envelope

SERVER: Final = "task"
_FOR_PEOPLE: Final = frozenset(
    {Channel.LETTER, Channel.REGISTERED_LETTER, Channel.CALL, Channel.TEXT_MESSAGE, Channel.TASK}
)


class Tasks(Protocol):
    """Where tasks are kept."""

    def open_task(self, envelope: Envelope) -> str:
        """Record a task in one transaction and give its id; for a reminder that already has one, give that one's id.

        What counts are reminder, company, customer, channel, title, text, due day and message id of the envelope.
        """
        ...

    def task_of(self, message_id: str) -> str | None:
        """Give the id of the task that was opened for this message, None where there is none."""
        ...


class TaskChannel:
    """Opens a task for each reminder that a person carries out."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self.server = SERVER

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        """Pass the barrier, then open the task.

        Raises TemporarilyRefusedError where the store could not record it (that is certain: it can be asked).
        """
        if envelope.channel not in _FOR_PEOPLE:
            raise NotHandedOverError(f"a reminder for {envelope.channel} is no task for a person", company_wide=False)
        if not envelope.title.strip():
            raise NotHandedOverError("a task needs a title: correct the template", company_wide=False)
        barrier(SERVER)
        try:
            task_id = self._tasks.open_task(envelope)
        except FencedError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever the store raised, it can be asked what is true
            return self._after_failure(envelope, error)
        return Receipt(server=SERVER, reply=task_id)

    def delivered(self, message_id: str) -> bool | None:
        """Say for certain whether the task was opened."""
        return self._tasks.task_of(message_id) is not None

    def close(self) -> None:
        """Nothing stays open."""

    def _after_failure(self, envelope: Envelope, error: Exception) -> Receipt:
        try:
            task_id = self._tasks.task_of(envelope.message_id)
        except Exception as second:
            raise OutcomeUnknownError(
                f"whether the task was recorded is not known ({error}): look into the tasks, then resolve the reminder"
            ) from second
        if task_id is None:
            raise TemporarilyRefusedError(f"the task could not be recorded, it is tried again: {error}") from error
        return Receipt(server=SERVER, reply=task_id)


_conforms: type[Sender] = TaskChannel
