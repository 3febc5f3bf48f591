from __future__ import annotations

from engine.kinds import Channel
from engine.setup import Wanted
from tests.builders import day, envelope, invoice, queued
from tests.state.conftest import C, Desk


def keys(desk: Desk) -> list[str]:
    return [task.key for task in desk.store.open_tasks(C)]


def wanted(item_id: str, kind: str = "no_address") -> Wanted:
    return Wanted(
        key=f"{kind}:{item_id}", kind=kind, customer_id="C1", item_id=item_id, facts=(("cause", "opening_line"),)
    )


def want(desk: Desk, *tasks: Wanted) -> None:
    desk.store.want_tasks(C, "C1", list(tasks), desk.later())


def test_a_task_is_opened_once_and_closed_once(desk: Desk) -> None:
    def add(due: str | None = None, key: str = "a") -> bool:
        return desk.store.add_task(
            C, key, kind="call", title="Call", text="…", now=desk.later(), due_on=day(due) if due else None
        )

    assert add()
    assert not add()
    assert add("2026-03-09", "b")
    assert keys(desk) == ["b", "a"]
    assert desk.store.close_task(C, "a", "anne", desk.later())
    assert not desk.store.close_task(C, "a", "anne", desk.later())
    assert not desk.store.close_task(C, "never", "anne", desk.later())
    assert not add()
    assert keys(desk) == ["b"]
    assert (desk.store.has_task(C, "a"), desk.store.has_task(C, "never")) == (True, False)
    assert [task.key for task in desk.store.open_tasks()] == ["b"]


def test_tasks_of_planning_follow_what_is_wanted(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2"))
    want(desk, wanted("F1"), wanted("F2"))
    want(desk, wanted("F1"), wanted("F2"))
    (first, _) = desk.store.open_tasks(C)
    assert (first.kind, first.title, first.item_id, first.facts) == (
        "no_address",
        "F1",
        "F1",
        (("cause", "opening_line"),),
    )
    want(desk, wanted("F2"))
    assert keys(desk) == ["no_address:F2"]
    want(desk)
    assert keys(desk) == []
    assert desk.events() == ["task_opened"] * 2 + ["task_closed"] * 2


def test_a_task_that_a_person_closed_comes_again_only_with_a_new_situation(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    want(desk, wanted("F1"))
    desk.store.close_task(C, "no_address:F1", "anne", desk.later())
    want(desk, wanted("F1"))
    assert keys(desk) == []
    want(desk)
    want(desk, wanted("F1"))
    assert keys(desk) == ["no_address:F1"]


def test_planning_leaves_other_tasks_and_other_customers_alone(desk: Desk) -> None:
    desk.sync(invoice("F1"), invoice("F2", "C2"))
    desk.store.add_task(C, "mine", kind="call", title="", text="", now=desk.later(), customer_id="C1")
    desk.store.want_tasks(
        C, "C2", [Wanted(key="too_old:F2", kind="too_old", customer_id="C2", item_id="F2")], desk.later()
    )
    want(desk)
    assert keys(desk) == ["mine", "too_old:F2"]


def test_a_letter_makes_one_task_that_its_message_id_finds(desk: Desk) -> None:
    desk.sync(invoice("F1"))
    desk.queue(queued(invoice("F1"), channel=Channel.REGISTERED_LETTER))
    handed = desk.handing_over()
    letter = envelope(handed, content=b"")
    assert desk.store.task_of(handed.message_id) is None
    key = desk.store.open_task(letter)
    assert desk.store.open_task(letter) == key
    assert desk.store.task_of(handed.message_id) == key
    (task,) = desk.store.open_tasks(C)
    assert (task.kind, task.title, task.text, task.customer_id) == ("registered_letter", "Rappel", "Bonjour", "C1")
    assert task.opened_at == desk.now
