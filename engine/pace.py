"""A slower pace for one customer: levels after the due date come some days later, until a day that a person named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from engine.model import Customer, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many days later a level after the due date comes, and the last day on which that holds."""

    days: int = 0
    until: date | None = None

    def day(self, usual: date, *, before_due: bool) -> date:
        """Give the day of a level that would usually come on `usual`.

        The order of the levels stays: the day rises with the usual one. What the pace would move past its end comes on
        the day after the end, unless it is due later anyway.
        """
        if before_due or self.until is None or self.days <= 0:
            return usual
        return min(usual + timedelta(days=self.days), max(usual, self.until + timedelta(days=1)))

    def facts(self, usual: date, *, before_due: bool) -> Facts:
        """Give what explains the day, nothing where the pace does not change it."""
        if self.until is None or self.day(usual, before_due=before_due) == usual:
            return ()
        return (("pace_days", str(self.days)), ("pace_until", self.until.isoformat()))


USUAL: Final = Pace()


def pace_of(customer: Customer) -> Pace:
    """Give the pace that a person has set for a customer; one without an end is none."""
    return Pace(days=customer.pace_days, until=customer.pace_until)
