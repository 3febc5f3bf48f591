"""A fictional company's FEC of any length, the same for the same seed: sales, purchases, bank, lettering."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
_FIRST = (
    "Menuiserie",
    "Boulangerie",
    "Garage",
    "Librairie",
    "Atelier",
    "Cave",
    "Ferme",
    "Imprimerie",
    "Hôtel",
    "Serrurerie",
)
_LAST = (
    "des Tilleuls",
    "du Moulin",
    "Saint-Éloi",
    "de la Gare",
    "du Vieux Pont",
    "des Lilas",
    "du Château",
    "de l'Étang",
)
_YEAR = 2025


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A fictional debtor."""

    code: str
    name: str


def customers(count: int) -> list[Customer]:
    """Invent customers with codes C00001 and up."""
    return [
        Customer(code=f"C{index:05}", name=f"{_FIRST[index % 10]} {_LAST[index // 10 % 8]} {index}")
        for index in range(1, count + 1)
    ]


def lines(count: int, *, seed: int = 1, customer_count: int = 2000) -> Iterator[tuple[str, ...]]:
    """Yield `count` lines (at most 9 more to finish an entry), in the order of the law's 18 columns, debit equal to credit.

    Of 100 lines about 17 are of customers: each sale is an invoice with revenue and VAT; nine in ten are paid and
    lettered, one in thirty in part; purchases with their payment and VAT make up the rest.
    """
    random = Random(seed)  # noqa: S311 (figures that repeat, no secrets)
    debtors = customers(customer_count)
    letters = dict.fromkeys((debtor.code for debtor in debtors), 0)
    written = number = 0
    while written < count:
        number += 1
        day = date(_YEAR, 1, 1) + timedelta(days=min(364, 365 * written // count))
        entry = (
            _sale(random, number, day, debtors, letters) if random.random() < 0.35 else _purchase(random, number, day)
        )
        for line in entry:
            written += 1
            yield line


def write(path: Path, count: int, *, seed: int = 1, separator: str = "\t") -> None:
    """Write a file with a header line and `count` lines."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(separator.join(HEADER) + "\r\n")
        for line in lines(count, seed=seed):
            file.write(separator.join(line) + "\r\n")


def _line(
    journal: tuple[str, str],
    number: int,
    day: date,
    account: tuple[str, str],
    amount: int,
    *,
    ref: str,
    label: str,
    party: tuple[str, str] = ("", ""),
    letter: str = "",
) -> tuple[str, ...]:
    figure = f"{abs(amount) // 100},{abs(amount) % 100:02}"
    debit, credit = (figure, "0,00") if amount >= 0 else ("0,00", figure)
    stamp = f"{day:%Y%m%d}"
    return (
        *journal, str(number), stamp, *account, *party, ref, stamp, label, debit, credit, letter, stamp if letter else "",
        stamp, "", "",
    )  # fmt: skip


def _letters(index: int) -> str:
    """Count AA, AB, … ZZ, AAA."""
    code = ""
    index += 26
    while index:
        code = chr(65 + index % 26) + code
        index //= 26
    return code


def _sale(
    random: Random, number: int, day: date, debtors: list[Customer], letters: dict[str, int]
) -> list[tuple[str, ...]]:
    debtor = random.choice(debtors)
    net = random.randrange(2_000, 500_000)
    vat = net // 5
    ref, party = f"FA{_YEAR}-{number:07}", (debtor.code, debtor.name)
    fate = random.random()
    letter = ""
    if fate < 0.93:
        letter = _letters(letters[debtor.code])
        letters[debtor.code] += 1
    sales, bank = ("VE", "Ventes"), ("BQ", "Banque")
    entry = [
        _line(
            sales, number, day, ("411000", "Clients"), net + vat, ref=ref, label=debtor.name, party=party, letter=letter
        ),
        _line(sales, number, day, ("706000", "Prestations de services"), -net, ref=ref, label=debtor.name),
        _line(sales, number, day, ("445710", "TVA collectée"), -vat, ref=ref, label=debtor.name),
    ]
    if letter:
        paid = net + vat if fate < 0.9 else (net + vat) // 2
        paid_on = min(day + timedelta(days=random.randrange(5, 60)), date(_YEAR, 12, 31))
        text = f"VIR {debtor.name}"
        entry += [
            _line(bank, number, paid_on, ("512000", "Banque"), paid, ref=f"R{number}", label=text),
            _line(
                bank,
                number,
                paid_on,
                ("411000", "Clients"),
                -paid,
                ref=f"R{number}",
                label=text,
                party=party,
                letter=letter,
            ),
        ]
    return entry


def _purchase(random: Random, number: int, day: date) -> list[tuple[str, ...]]:
    net = random.randrange(500, 200_000)
    vat = net // 5
    supplier = random.randrange(1, 400)
    party, ref = (f"F{supplier:04}", f"Fournisseur fictif {supplier}"), f"A{number}"
    buy, bank = ("AC", "Achats"), ("BQ", "Banque")
    return [
        _line(buy, number, day, ("606400", "Fournitures"), net * 2 // 3, ref=ref, label="Fournitures"),
        _line(buy, number, day, ("615500", "Entretien"), net - net * 2 // 3, ref=ref, label="Entretien"),
        _line(buy, number, day, ("445660", "TVA déductible"), vat, ref=ref, label="TVA"),
        _line(
            buy,
            number,
            day,
            ("401000", "Fournisseurs"),
            -(net + vat),
            ref=ref,
            label="Facture",
            party=party,
            letter="A",
        ),
        _line(
            bank, number, day, ("401000", "Fournisseurs"), net + vat, ref=ref, label="Virement", party=party, letter="A"
        ),
        _line(bank, number, day, ("512000", "Banque"), -(net + vat), ref=ref, label="Virement"),
    ]
