"""A fictional company's double-entry ledger, written as the FEC that its accounting package would export."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

HEADER: Final = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
]
_VAT: Final = 20
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True, kw_only=True)
class _Line:
    day: date
    journal: tuple[str, str]
    entry: int
    account: tuple[str, str]
    customer: tuple[str, str]
    piece: str
    label: str
    debit: int = 0
    credit: int = 0
    letter: str = ""
    lettered_on: date | None = None


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Entries in cents; a line is in the file from its day on, its lettering from the day of the payment on."""

    lines: list[_Line] = field(default_factory=list)
    entries: int = 0
    letters: dict[str, int] = field(default_factory=dict)

    def invoice(self, day: date, customer: tuple[str, str], number: str, cents: int) -> None:
        """Book a sale of `cents`, VAT included."""
        self.entries += 1
        sales, name = ("VE", "Ventes"), customer[1]
        net = cents * 100 // (100 + _VAT)
        self._add(day, sales, ("411000", "Clients"), customer, number, f"Facture {number} {name}", debit=cents)
        self._add(day, sales, ("706000", "Prestations de services"), ("", ""), number, name, credit=net)
        self._add(day, sales, ("445710", "TVA collectée"), ("", ""), number, name, credit=cents - net)

    def payment(self, day: date, customer: tuple[str, str], number: str, cents: int) -> None:
        """Book a bank transfer and letter it with the invoice it pays."""
        self.entries += 1
        bank = ("BQ", "Banque")
        self._add(day, bank, ("512000", "Banque"), ("", ""), number, f"VIR {customer[1]}", debit=cents)
        self._add(day, bank, ("411000", "Clients"), customer, number, f"VIR {customer[1]}", credit=cents)
        count = self.letters.get(customer[0], 0)
        self.letters[customer[0]] = count + 1
        letter = _LETTERS[count // 26] + _LETTERS[count % 26]
        for line in self.lines:
            if line.customer == customer and line.piece == number and not line.letter:
                line.letter, line.lettered_on = letter, day

    def bank_fees(self, first: date, days: int) -> None:
        """Book small bank fees every two days: a living bank account, which is how fresh the books are."""
        bank = ("BQ", "Banque")
        for ahead in range(0, days, 2):
            self.entries += 1
            day = first + timedelta(days=ahead)
            self._add(day, bank, ("627000", "Frais bancaires"), ("", ""), "FRAIS", "Frais bancaires", debit=120)
            self._add(day, bank, ("512000", "Banque"), ("", ""), "FRAIS", "Frais bancaires", credit=120)

    def export(self, until: date) -> str:
        """Write the FEC as the accounting package would on a day."""
        lines = sorted((line for line in self.lines if line.day <= until), key=lambda line: (line.day, line.entry))
        rows = ["\t".join(HEADER), *("\t".join(_fields(line, until)) for line in lines)]
        return "\r\n".join(rows) + "\r\n"

    def _add(
        self,
        day: date,
        journal: tuple[str, str],
        account: tuple[str, str],
        customer: tuple[str, str],
        piece: str,
        label: str,
        *,
        debit: int = 0,
        credit: int = 0,
    ) -> None:
        self.lines.append(
            _Line(
                day=day,
                journal=journal,
                entry=self.entries,
                account=account,
                customer=customer,
                piece=piece,
                label=label,
                debit=debit,
                credit=credit,
            )
        )


def _fields(line: _Line, until: date) -> list[str]:
    lettered = line.lettered_on is not None and line.lettered_on <= until
    day = f"{line.day:%Y%m%d}"
    return [
        *line.journal,
        str(line.entry),
        day,
        *line.account,
        *line.customer,
        line.piece,
        day,
        line.label,
        _amount(line.debit),
        _amount(line.credit),
        line.letter if lettered else "",
        f"{line.lettered_on:%Y%m%d}" if lettered else "",
        day,
        "",
        "",
    ]


def _amount(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}"
