"""What happens in the demonstration: who owes what, who pays when, who disputes and who promises."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from relance.demo.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

# A Monday; sixty days from it hold Easter Monday.
FIRST_DAY: Final = date(2026, 3, 2)
DAYS: Final = 60

DELMAS: Final = ("CDELMAS", "Boulangerie Delmas")
GARAGE: Final = ("CGARAGE", "Garage du Vieux Pont")
HOTEL: Final = ("CPINS", "Hôtel des Pins")
ECOLE: Final = ("CECOLE", "École de musique Les Tilleuls")

CSV_COLUMNS: Final = [
    "number",
    "customer_id",
    "customer",
    "email",
    "kind",
    "issued_on",
    "due_on",
    "currency",
    "total",
    "balance",
    "language",
]


@dataclass(slots=True, kw_only=True)
class Row:
    """A row of the second company's CSV; amounts in cents, the balance changes as days pass."""

    number: str
    customer: tuple[str, str, str, str]
    issued: int
    due: int
    cents: int
    kind: str = "invoice"
    paid_on: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happens on a day (0 is the first): told to the reader, and typed as a command where it is one."""

    day: int
    told: str
    command: tuple[str, ...] = ()


LUMEN: Final = ("LUMEN", "Atelier Lumen", "lea@lumen.example", "fr")
HARBOUR: Final = ("HARBOUR", "Harbour Books Ltd", "accounts@harbour-books.example", "en")
OLIVE: Final = ("OLIVE", "Épicerie Olive", "compta@olive.example", "fr")


def _rows() -> list[Row]:
    return [
        Row(number="2026-101", customer=LUMEN, issued=-32, due=-2, cents=84000, paid_on=11),
        Row(number="2026-102", customer=HARBOUR, issued=-20, due=10, cents=156050, paid_on=44),
        Row(number="2026-103", customer=OLIVE, issued=-40, due=-10, cents=62000),
        Row(number="AV-2026-04", customer=OLIVE, issued=14, due=14, cents=-62000, kind="credit_note"),
        Row(number="2026-104", customer=LUMEN, issued=6, due=36, cents=45500, paid_on=35),
    ]


def _happenings(day: Callable[[int], str]) -> list[Happening]:
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
            told=f"{HOTEL[1]} promet au téléphone de payer F2026-024 le {day(28)}.",
            command=("promise", "F2026-024", "--on", day(28), "--reason", "au téléphone, la comptable"),
        ),
        Happening(day=46, told=f"{HOTEL[1]} règle enfin F2026-024."),
        Happening(day=11, told=f"{LUMEN[1]} règle 2026-101."),
        Happening(day=14, told=f"Un avoir de 620,00 € est établi pour {OLIVE[1]} : AV-2026-04."),
        Happening(day=35, told=f"{LUMEN[1]} règle 2026-104 avant l'échéance."),
        Happening(day=44, told=f"{HARBOUR[1]} règle 2026-102."),
    ]


@dataclass(slots=True, kw_only=True)
class Story:
    """The demonstration's world on any of its days."""

    first: date
    ledger: Ledger = field(default_factory=Ledger)
    rows: list[Row] = field(default_factory=_rows)
    happenings: list[Happening] = field(default_factory=list)

    @classmethod
    def starting(cls, first: date) -> Story:
        """Lay out the world so that the story begins on a day."""
        story = cls(first=first)
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
        story.happenings = _happenings(lambda days: at(days).isoformat())
        return story

    def at(self, days: int) -> date:
        """Give a day of the story."""
        return self.first + timedelta(days=days)

    def today(self, days: int) -> list[Happening]:
        """List what happens on a day."""
        return [one for one in self.happenings if one.day == days]

    def fec(self, days: int) -> str:
        """Give the first company's export of a day."""
        return self.ledger.export(self.at(days))

    def csv(self, days: int) -> str:
        """Give the second company's export of a day."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(CSV_COLUMNS)
        for row in self.rows:
            if row.issued > days:
                continue
            customer_id, name, address, language = row.customer
            paid = row.paid_on is not None and row.paid_on <= days
            writer.writerow(
                [
                    row.number,
                    customer_id,
                    name,
                    address,
                    row.kind,
                    self.at(row.issued).isoformat(),
                    self.at(row.due).isoformat(),
                    "EUR",
                    _amount(row.cents),
                    _amount(0 if paid else row.cents),
                    language,
                ]
            )
        return out.getvalue()

    @property
    def last_day(self) -> int:
        """Number of the last simulated day."""
        return DAYS - 1


def _amount(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"
