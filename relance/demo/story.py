"""What happens in the demonstration: who owes what, who pays when, who disputes and who promises.

Here are the words that all its companies share, and the company whose books come as an FEC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from relance.demo.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.records import Reminder

# A Monday; sixty days from it hold Easter Monday.
FIRST_DAY: Final = date(2026, 3, 2)
DAYS: Final = 60

DELMAS: Final = ("CDELMAS", "Boulangerie Delmas")
GARAGE: Final = ("CGARAGE", "Garage du Vieux Pont")
HOTEL: Final = ("CPINS", "Hôtel des Pins")
ECOLE: Final = ("CECOLE", "École de musique Les Tilleuls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happens on a day (0 is the first): told to the reader, and typed as a command where it is one."""

    day: int
    told: str
    command: tuple[str, ...] = ()


class CompanyStory(Protocol):
    """The world around one company of the firm."""

    def morning(self, day: int) -> list[Happening]:
        """Let a day begin: the books show what it brought; give what there is to tell and to type."""
        ...

    def meanwhile(self, day: int, planned: Sequence[Reminder]) -> list[Happening]:
        """Let something happen after the books were read and before anything has left; asked more than once a day."""
        ...

    def reminded(self, day: int, reminder: Reminder) -> None:
        """Let a customer know that it was reminded."""
        ...


def _happenings(day: Callable[[int], date]) -> list[Happening]:
    return [
        Happening(day=17, told=f"{DELMAS[1]} règle F2026-021 par virement."),
        Happening(
            day=14,
            told=f"{GARAGE[1]} conteste F2026-022 : deux heures facturées en trop. La facture est mise en litige.",
            command=("dispute", "F2026-022", "--reason", "deux heures facturées en trop"),
        ),
        Happening(
            day=38,
            told="Le litige est levé : F2026-022 reprend à son prochain niveau.",
            command=("release", "F2026-022"),
        ),
        Happening(day=50, told=f"{GARAGE[1]} règle F2026-022."),
        Happening(day=25, told=f"{GARAGE[1]} règle F2026-023."),
        Happening(
            day=21,
            told=f"{HOTEL[1]} promet au téléphone de payer F2026-024 le {day(28):%d/%m}.",
            command=("promise", "F2026-024", "--on", day(28).isoformat(), "--reason", "au téléphone, la comptable"),
        ),
        Happening(day=46, told=f"{HOTEL[1]} règle enfin F2026-024."),
    ]


@dataclass(slots=True, kw_only=True)
class FecStory:
    """A joinery whose accounting package exports an FEC; nothing is written back into it."""

    company_id: str
    first: date
    folder: Path
    ledger: Ledger = field(default_factory=Ledger)
    happenings: list[Happening] = field(default_factory=list)

    @classmethod
    def starting(cls, company_id: str, first: date, folder: Path) -> FecStory:
        """Lay out the company's world so that the story begins on a day; its exports go into a folder."""
        story = cls(company_id=company_id, first=first, folder=folder)
        at = story.at
        books = story.ledger
        books.bank_fees(at(-60), DAYS + 62)
        books.invoice(at(-33), DELMAS, "F2026-021", 120000)
        books.payment(at(17), DELMAS, "F2026-021", 120000)
        books.invoice(at(-30), GARAGE, "F2026-022", 96000)
        books.invoice(at(-28), GARAGE, "F2026-023", 34050)
        books.payment(at(25), GARAGE, "F2026-023", 34050)
        books.payment(at(50), GARAGE, "F2026-022", 96000)
        books.invoice(at(-36), HOTEL, "F2026-024", 278000)
        books.payment(at(46), HOTEL, "F2026-024", 278000)
        books.invoice(at(-25), ECOLE, "F2026-025", 51000)
        books.payment(at(3), ECOLE, "F2026-025", 51000)
        story.happenings = _happenings(at)
        return story

    def at(self, day: int) -> date:
        """Give a day of the story."""
        return self.first + timedelta(days=day)

    def morning(self, day: int) -> list[Happening]:
        """Export the day's FEC, under its final name in one step."""
        path = self.folder / f"732829320FEC{self.first.year}1231.txt"
        written = path.with_suffix(".new")
        written.write_text(self.ledger.export(self.at(day)), encoding="utf-8", newline="")
        written.replace(path)
        return [one for one in self.happenings if one.day == day]

    def meanwhile(self, day: int, planned: Sequence[Reminder]) -> list[Happening]:
        """Nothing: a file is as it was when it was exported."""
        del day, planned
        return []

    def reminded(self, day: int, reminder: Reminder) -> None:
        """Nothing: these customers pay on the days that are written above."""
