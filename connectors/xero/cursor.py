"""Where an incremental pull starts; opaque to everything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from connectors.xero.dates import modified_since

if TYPE_CHECKING:
    from datetime import datetime

_FORM: Final = 1
# What was changed by a transaction that began before the pull and ended after it is stamped before it.
OVERLAP: Final = timedelta(minutes=10)


class _Written(msgspec.Struct):
    form: int
    organisation: str
    since: str
    refused: list[str] = []
    answers_as: str = ""
    contact_pages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`since` is the text of If-Modified-Since, "" to read everything; `refused` are lists that were not allowed then.

    `answers_as` is the id that the organisation gave itself when it was first read, "" where that is the connection's.
    `contact_pages` is how long the list of all contacts was when it was read last, 0 where that is not known.
    """

    organisation: str
    since: str = ""
    refused: frozenset[str] = frozenset()
    answers_as: str = ""
    contact_pages: int = 0

    @classmethod
    def read(cls, text: str, organisation: str) -> Cursor:
        """Read a cursor; one that is unreadable, of another form or another organisation reads everything."""
        try:
            found = msgspec.json.decode(text, type=_Written)
        except (msgspec.DecodeError, UnicodeError):
            return cls(organisation=organisation)
        if found.form != _FORM or found.organisation != organisation:
            return cls(organisation=organisation)
        return cls(
            organisation=organisation,
            since=found.since,
            refused=frozenset(found.refused),
            answers_as=found.answers_as,
            contact_pages=found.contact_pages,
        )

    @classmethod
    def after(cls, began: datetime, organisation: str, refused: frozenset[str], answers_as: str = "") -> Cursor:
        """Give where to go on after a pull that began at an instant."""
        return cls(
            organisation=organisation,
            since=modified_since(began - OVERLAP),
            refused=refused,
            answers_as=answers_as,
        )

    def since_for(self, endpoint: str) -> str:
        """Give If-Modified-Since for a list: everything, where it could not be read the last time."""
        return "" if endpoint in self.refused else self.since

    def write(self) -> str:
        """Write the cursor."""
        written = _Written(
            form=_FORM,
            organisation=self.organisation,
            since=self.since,
            refused=sorted(self.refused),
            answers_as=self.answers_as,
            contact_pages=self.contact_pages,
        )
        return msgspec.json.encode(written).decode()
