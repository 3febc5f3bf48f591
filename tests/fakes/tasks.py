"""A list of tasks in memory, once for each reminder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.channels.task import Tasks
    from engine.records import Envelope


@dataclass(slots=True)
class TaskList:
    """Keeps envelopes by reminder; fails as it is told: before recording, after it, or when asked."""

    tasks: dict[str, Envelope] = field(default_factory=dict)
    fail_before: Exception | None = None
    fail_after: Exception | None = None
    fail_asked: Exception | None = None

    def open_task(self, envelope: Envelope) -> str:
        if self.fail_before is not None:
            raise self.fail_before
        self.tasks.setdefault(envelope.reminder_id, envelope)
        if self.fail_after is not None:
            raise self.fail_after
        return f"task-{envelope.reminder_id}"

    def task_of(self, message_id: str) -> str | None:
        if self.fail_asked is not None:
            raise self.fail_asked
        return next((f"task-{key}" for key, one in self.tasks.items() if one.message_id == message_id), None)


_conforms: type[Tasks] = TaskList
