"""Which commands go with a task, ready to copy."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from engine.kinds import LETTERS, Channel, HoldReason
from engine.wording import locale_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from state.tasks import Task

_NUMBER: Final = {"fr": "NUMÉRO", "en": "NUMBER"}
_CLOSED_AS: Final = ("handed-over", "written-off", "stopped")
_ADDRESS: Final = {"fr": "ADRESSE", "en": "ADDRESS"}
_DAY: Final = {"fr": "AAAA-MM-JJ", "en": "YYYY-MM-DD"}
_TALKED: Final = frozenset({Channel.CALL, Channel.TEXT_MESSAGE, Channel.TASK})
_POSTED: Final = frozenset({one.value for one in LETTERS} | {"letter_not_posted"})


def commands_of(task: Task, number: str, customer_id: str, language: str, *, company: str = "") -> list[str]:
    """List the commands that answer a task; `number` is its item's, "" for none. `company` narrows them to one."""
    tongue = "fr" if locale_of(language).language == "fr" else "en"
    relance = _relance(company)
    number = shlex.quote(number) if number else ""
    return [f"{relance} {answer}" for answer in _answers(task, number, shlex.quote(customer_id), tongue)]


def done_command(task: Task, *, company: str = "") -> str:
    """Give the command that says a task is done."""
    return f"{_relance(company)} tasks --done {shlex.quote(task.key)}"


def _relance(company: str) -> str:
    return f"relance --company {shlex.quote(company)}" if company else "relance"


def _answers(task: Task, number: str, customer_id: str, tongue: str) -> Iterator[str]:
    facts = dict(task.facts)
    kind = task.kind
    address = f"customer {customer_id} --set email={_ADDRESS[tongue]}"
    if kind in _POSTED:
        number_of_post = f" --registered {_NUMBER[tongue]}" if kind == Channel.REGISTERED_LETTER else ""
        yield "letters"
        yield f"posted {task.key.partition(':')[2]} --on {_DAY[tongue]}{number_of_post}"
    elif kind in _TALKED and number:
        yield f"promise {number} --on {_DAY[tongue]}"
        yield f"dispute {number}"
    elif kind == HoldReason.NO_ADDRESS:
        yield address
    elif kind == HoldReason.ADDRESS_FAILED:
        yield address
        if facts.get("reminder"):
            yield f"resolve {shlex.quote(facts['reminder'])} again"
    elif kind == HoldReason.TOO_OLD:
        yield f"release {number}"
        yield from (f"close {number} {how}" for how in _CLOSED_AS)
    elif kind in {HoldReason.PLAN_FINISHED, HoldReason.UNSEEN}:
        yield from (f"close {number} {how}" for how in _CLOSED_AS)
    elif kind == "debit_rejected":
        yield f"customer {customer_id} --set payment_method=transfer"
    elif kind == "limitation" and facts.get("hold_kind"):
        yield f"customer {customer_id} --set kind=business"
