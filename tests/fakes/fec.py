"""FEC exports written by hand from the law: 18 columns of article A47 A-1, and what packages make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from engine.model import OpenItem
    from engine.ports import Books
    from engine.records import Completed

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
CASH_COLUMNS = ("DateRglt", "ModeRglt", "NatOp", "IdClient")
JOURNALS = {"VE": "Ventes", "BQ": "Banque", "OD": "Opérations diverses", "AN": "A nouveaux", "AC": "Achats"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; `amount` as "1200,00", a credit with a minus sign in front."""

    journal: str
    account: str
    amount: str
    day: str = "20260105"
    number: str = "1"
    account_name: str = ""
    customer: str = ""
    customer_name: str = ""
    ref: str = ""
    piece_day: str | None = None
    label: str = ""
    letter: str = ""
    currency: str = ""

    @property
    def fields(self) -> list[str]:
        is_credit = self.amount.startswith("-")
        debit, credit = ("0,00", self.amount[1:]) if is_credit else (self.amount, "0,00")
        piece_day = self.day if self.piece_day is None else self.piece_day
        return [
            self.journal, JOURNALS.get(self.journal, self.journal), self.number, self.day, self.account,
            self.account_name or "Compte", self.customer, self.customer_name or self.customer, self.ref, piece_day,
            self.label, debit, credit, self.letter, self.day if self.letter else "", self.day, "", self.currency,
        ]  # fmt: skip


def negated(amount: str) -> str:
    return amount[1:] if amount.startswith("-") else "-" + amount


def sale(
    ref: str,
    customer: str,
    amount: str,
    *,
    day: str = "20260105",
    letter: str = "",
    label: str = "Vente",
    account: str = "411000",
    piece_day: str | None = None,
) -> list[Line]:
    """An invoice of a customer; a negative amount is a credit note in the sales journal."""
    return [
        Line(journal="VE", account=account, amount=amount, day=day, customer=customer, ref=ref, label=label, letter=letter, piece_day=piece_day),
        Line(journal="VE", account="706000", amount=negated(amount), day=day, ref=ref, label=label),
    ]  # fmt: skip


def receipt(
    ref: str, customer: str, amount: str, *, day: str = "20260220", letter: str = "", label: str = "VIR"
) -> list[Line]:
    """Money received from a customer."""
    return [
        Line(journal="BQ", account="512000", amount=amount, day=day, ref=ref, label=label),
        Line(journal="BQ", account="411000", amount=negated(amount), day=day, customer=customer, ref=ref, label=label, letter=letter),
    ]  # fmt: skip


def opening(
    customer: str,
    amount: str,
    *,
    ref: str = "RAN",
    day: str = "20270101",
    piece_day: str | None = None,
    letter: str = "",
    label: str = "Report à nouveau",
) -> list[Line]:
    """A balance brought forward."""
    return [
        Line(journal="AN", account="411000", amount=amount, day=day, customer=customer, ref=ref, label=label, letter=letter, piece_day=piece_day),
        Line(journal="AN", account="120000", amount=negated(amount), day=day, ref="RAN", label=label),
    ]  # fmt: skip


def fec_text(lines: Iterable[Line], *, separator: str = "\t", ending: str = "\r\n", trailing: bool = False) -> str:
    rows = [list(COLUMNS), *(line.fields for line in lines)]
    return "".join(separator.join(row) + (separator if trailing else "") + ending for row in rows)


def with_sense(lines: Sequence[Line], *, debit: str = "D", credit: str = "C") -> str:
    """The variant of the decree with Montant and Sens in place of Debit and Credit."""
    header = [*COLUMNS[:11], "Montant", "Sens", *COLUMNS[13:]]
    rows = [header]
    for line in lines:
        fields = line.fields
        is_credit = line.amount.startswith("-")
        rows.append([*fields[:11], line.amount.removeprefix("-"), credit if is_credit else debit, *fields[13:]])
    return "".join("\t".join(row) + "\n" for row in rows)


def written(path: Path, lines: Iterable[Line]) -> Path:
    path.write_bytes(fec_text(lines).encode())
    return path


def read(books: Books) -> tuple[list[OpenItem], Completed]:
    pull = books.pull("")
    items = [item for page in pull.pages() for item in page.items]
    return items, pull.completed()


def balances(items: Iterable[OpenItem]) -> dict[str, str]:
    """Open items by number, as "1200.00"."""
    return {item.number: str(item.balance) for item in items if item.balance.minor}
