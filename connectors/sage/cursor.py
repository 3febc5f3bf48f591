"""How far the books are read: a change stamp for each list, and the payments on account that were open."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from connectors.sage.values import earlier, instant_of, stamp_of

if TYPE_CHECKING:
    from datetime import datetime

_FORM: Final = 1
# What Sage stamped before we began may become visible a little later.
OVERLAP: Final = timedelta(minutes=10)
# Even where the clock here is ahead of Sage's by as much as the overlap.
_LONG_PAST: Final = 2 * OVERLAP
_SECOND: Final = timedelta(seconds=1)
# Sage remembers deletions from about then on, and refuses to be asked for earlier ones (announcement of July 2019).
_FIRST_DELETION: Final = "2019-06-13T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where the next incremental pull starts. `since` and `deleted` are by list, `on_account` payment id to its id on account."""

    organisation: str = ""
    since: dict[str, str] = field(default_factory=dict)
    deleted: dict[str, str] = field(default_factory=dict)
    on_account: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Write it for the store."""
        return json.dumps(
            {
                "form": _FORM,
                "organisation": self.organisation,
                "since": self.since,
                "deleted": self.deleted,
                "on_account": self.on_account,
            },
            separators=(",", ":"),
        )


def cursor_of(text: str, organisation: str) -> Cursor | None:
    """Read a cursor; None (so that everything is read) where it is empty, not ours, or of another business."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    if not isinstance(value, dict) or value.get("form") != _FORM or value.get("organisation") != organisation:
        return None
    maps = [value.get(name) for name in ("since", "deleted", "on_account")]
    since, deleted, on_account = (
        {str(k): str(v) for k, v in each.items()} if isinstance(each, dict) else {} for each in maps
    )
    if any(instant_of(stamp) is None for stamp in (*since.values(), *deleted.values())):
        return None
    return Cursor(organisation=organisation, since=since, deleted=deleted, on_account=on_account)


def next_mark(latest: str, began: datetime, before: str) -> str:
    """Give the stamp that the next pull starts from.

    It is the latest stamp seen, but no later than a while before this pull began: Sage's stamps decide, and the clock
    here only holds back. Once a stamp is long past, nothing more comes under its second, and the next pull starts after
    it: the filter includes the second it names, under which a whole import may stand. It never goes back behind
    `before`.
    """
    instant = instant_of(latest)
    if instant is None:
        return before
    if instant < began - _LONG_PAST:
        instant += _SECOND
    return max(stamp_of(min(instant, began - OVERLAP)), before)


def deleted_mark(latest: str, began: datetime, before: str) -> str:
    """Give the same for deletions, whose filter leaves out the very second it names."""
    instant = instant_of(latest)
    if instant is None:
        return before
    return max(earlier(stamp_of(min(instant, began - OVERLAP)), 1), before, _FIRST_DELETION)
