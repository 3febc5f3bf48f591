"""A small ledger that grows, written as the FEC files that French accounting packages export.

ledger = Ledger()
ledger.sale("2026-11-16", "CMARTIN", "FA-100", "1200.00")
ledger.bank("2026-12-08")                       # any entry on 512 shows that the bank is known up to that day
ledger.write(folder / "exports", "000000001FEC20261231.txt")
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip


def _day(iso: str) -> str:
    return iso.replace("-", "")


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


@dataclass(slots=True)
class Ledger:
    """One financial year's entries, in the order in which they were made."""

    lines: list[list[str]] = field(default_factory=list)
    _number: int = 0

    def entry(self, journal: str, on: str, piece: tuple[str, str], *lines: tuple[str, str, str, str]) -> None:
        """Add an entry: (account, auxiliary account, signed amount in debit, lettering) for each line."""
        self._number += 1
        ref, piece_on = piece
        for account, auxiliary, signed, letters in lines:
            amount = Decimal(signed)
            debit, credit = (amount, Decimal(0)) if amount >= 0 else (Decimal(0), -amount)
            self.lines.append(
                [
                    journal, f"Journal {journal}", f"{self._number:06d}", _day(on), account, f"Compte {account}",
                    auxiliary, f"Client {auxiliary}" if auxiliary else "", ref, _day(piece_on), f"{journal} {ref}",
                    _amount(debit), _amount(credit), letters, _day(on) if letters else "", _day(on), "", "",
                ]
            )  # fmt: skip

    def sale(self, on: str, customer: str, ref: str, total: str) -> None:
        """Invoice a customer, 20 % VAT included."""
        net = (Decimal(total) / Decimal("1.2")).quantize(Decimal("0.01"))
        vat = Decimal(total) - net
        lines = (("411000", customer, total, ""), ("706000", "", f"-{net}", ""), ("445710", "", f"-{vat}", ""))
        self.entry("VE", on, (ref, on), *lines)

    def opening(self, on: str, customer: str, piece: tuple[str, str], balance: str) -> None:
        """Carry an unpaid invoice over into a new financial year."""
        self.entry("AN", on, piece, ("411000", customer, balance, ""), ("890000", "", f"-{balance}", ""))

    def receipt(self, on: str, customer: str, amount: str, *, pays: str) -> None:
        """Receive a transfer and letter it with the invoice that it pays."""
        letters = f"L{self._number:03d}"
        for line in self.lines:
            if line[4] == "411000" and line[6] == customer and line[8] == pays:
                line[13], line[14] = letters, _day(on)
        self.entry(
            "BQ",
            on,
            (f"VIR{self._number}", on),
            ("512000", "", amount, ""),
            ("411000", customer, f"-{amount}", letters),
        )

    def bank(self, on: str) -> None:
        """Pay a small bank charge."""
        self.entry("BQ", on, (f"FR{self._number}", on), ("627000", "", "1.00", ""), ("512000", "", "-1.00", ""))

    def write(self, folder: Path, name: str) -> None:
        """Write the file, tab-separated, ISO 8859-15, CR LF."""
        folder.mkdir(exist_ok=True)
        text = "\r\n".join("\t".join(line) for line in [list(COLUMNS), *self.lines]) + "\r\n"
        (folder / name).write_bytes(text.encode("iso8859-15"))
