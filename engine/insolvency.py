"""The time in which a claim is filed when proceedings are opened against a customer (C. com. R. 622-24)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.day_count import months_later

if TYPE_CHECKING:
    from datetime import date

    from engine.model import Facts

# Months after the publication in the BODACC; the second for creditors who are not in metropolitan France.
_MONTHS: Final = 2
_MONTHS_FROM_AFAR: Final = 4
# Where French law opens the proceedings: the mainland and what ISO 3166 gives a code of its own.
_FRENCH: Final = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """By when a claim is to be filed: `due_on` is the last day where it is known, else a day that cannot be too late.

    `basis` says what the day rests on: `published`, `judgment` (the publication never comes before it), `unknown`, or
    `abroad` (proceedings that French law does not rule). `months` is 0 where no French term applies.
    """

    due_on: date
    basis: str
    months: int

    def facts(self) -> Facts:
        """Give what tells the term."""
        return (("basis", self.basis), ("months", str(self.months)), ("file_by", self.due_on.isoformat()))


def claim_of(
    *, creditor: str, debtor: str, judgment_on: date | None, published_on: date | None, recorded_on: date
) -> Claim:
    """Give the term of a claim; countries are ISO codes, "" where the debtor's is not known (then taken as French).

    The last day is not moved over week-ends and holidays: whoever is early loses nothing. Where no date is known, the
    task is for the day on which the proceedings were recorded.
    """
    if debtor and debtor not in _FRENCH:
        return Claim(due_on=recorded_on, basis="abroad", months=0)
    months = _MONTHS if creditor == "FR" else _MONTHS_FROM_AFAR
    if published_on is not None:
        return Claim(due_on=months_later(published_on, months), basis="published", months=months)
    if judgment_on is not None:
        return Claim(due_on=months_later(judgment_on, months), basis="judgment", months=months)
    return Claim(due_on=recorded_on, basis="unknown", months=months)
