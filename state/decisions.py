"""Decision records: stored when they change, with what they were made on; and each item's next day of action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.model import Remind
from state.database import Part
from state.values import day, instant, to_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from engine.model import Decision

# What makes two decisions differ; the day they were made on and the facts alone do not.
_COMPARED = ("action", "level_id", "reason", "until", "planned_on", "asked")


class Decisions(Part):
    """The store's side of deciding."""

    def together(self) -> AbstractContextManager[None]:
        """Make one unit of work of the writes inside."""
        return self.db.tx()

    def record_decisions(
        self, company_id: str, as_of: date, decided: Sequence[tuple[Decision, date | None]], now: datetime
    ) -> None:
        """Store each decision that differs from the last one stored, and each item's next day of action.

        Where something changed since the case was read here (a hold, a sync), the item keeps its request to be looked
        at again: the decision was made without knowing of it.
        """
        with self.db.tx_of_what_can_be_worked_out_again():
            latest = {
                row["item_id"]: row
                for row in self.db.chosen(
                    "SELECT item_id, sequence, action, level_id, reason, until, planned_on, asked FROM decisions "
                    "WHERE company_id = ? AND latest = 1 AND item_id IN ({ids})",
                    (company_id,),
                    [decision.item_id for decision, _ in decided],
                )
            }
            rows = [_row(decision) for decision, _ in decided]
            differ = [row for row in rows if _differs(row, latest.get(row["item_id"]))]
            self.db.write_many(
                "UPDATE decisions SET latest = 0 WHERE company_id = ? AND item_id = ? AND latest = 1",
                ((company_id, row["item_id"]) for row in differ if row["item_id"] in latest),
            )
            columns = ("item_id", *_COMPARED, "channel", "currency", "held", "covered", "facts")
            self.db.write_many(
                f"INSERT INTO decisions (company_id, as_of, at, latest, sequence, {', '.join(columns)}) "  # noqa: S608 (our own column names)
                f"VALUES (?, ?, ?, 1, ?{', ?' * len(columns)})",
                (
                    (
                        company_id,
                        as_of.isoformat(),
                        instant(now),
                        latest[row["item_id"]]["sequence"] + 1 if row["item_id"] in latest else 1,
                        *(row[name] for name in columns),
                    )
                    for row in differ
                ),
            )
            self.db.write_many(
                "UPDATE items SET next_action_on = ? WHERE company_id = ? AND item_id = ? AND balance <> 0 "
                "AND touched = coalesce(?, touched) AND next_action_on IS NOT ?",
                (
                    (
                        day(next_action_on),
                        company_id,
                        decision.item_id,
                        self.db.touched_when_read.pop((company_id, decision.item_id), None),
                        day(next_action_on),
                    )
                    for decision, next_action_on in decided
                ),
            )


def _row(decision: Decision) -> dict[str, Any]:
    shared = {"item_id": decision.item_id, "level_id": decision.level_id, "covered": decision.covered.minor}
    facts = to_json([list(pair) for pair in decision.facts])
    if isinstance(decision, Remind):
        return shared | {
            "action": "remind",
            "reason": "",
            "until": None,
            "planned_on": day(decision.on),
            "asked": decision.asked.minor,
            "channel": decision.channel.value,
            "currency": decision.asked.currency,
            "held": 0,
            "facts": facts,
        }
    return shared | {
        "action": "hold",
        "reason": decision.reason.value,
        "until": day(decision.until),
        "planned_on": None,
        "asked": 0,
        "channel": decision.channel.value if decision.channel else "",
        "currency": decision.held.currency,
        "held": decision.held.minor,
        "facts": facts,
    }


def _differs(row: dict[str, Any], last: sqlite3.Row | None) -> bool:
    return last is None or any(row[name] != last[name] for name in _COMPARED)
