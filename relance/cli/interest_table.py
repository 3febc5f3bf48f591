"""The reckoning of interest as a person reads it, in French or English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.wording import date_text, money_text, rate_text
from relance.cli.context import print_table, say

if TYPE_CHECKING:
    from engine.claims import Claim, Statement
    from engine.money import Money
    from relance.documents import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    columns: tuple[str, ...]
    principal: str
    interest: str
    indemnity: str
    paid: str
    total: str
    apart: str
    surplus: str
    imputation: str
    principal_first: str
    interest_first: str
    sources: str
    remark: str
    colon: str


_FRENCH: Final = _Words(
    columns=("du", "au", "jours", "base", "taux %", "intérêts"),
    principal="Reste du principal",
    interest="Intérêts",
    indemnity="Indemnité forfaitaire",
    paid="Déjà réglé sur ces sommes",
    total="Total dû",
    apart="Indemnité forfaitaire, à part",
    surplus="Réglé en trop",
    imputation="Règlements partiels imputés",
    principal_first="d’abord sur le principal",
    interest_first="d’abord sur les intérêts",
    sources="Sources",
    remark="À noter",
    colon="\u00a0:",
)
_ENGLISH: Final = _Words(
    columns=("from", "to", "days", "base", "rate %", "interest"),
    principal="Principal left",
    interest="Interest",
    indemnity="Fixed sum",
    paid="Already paid of these",
    total="Total owed",
    apart="Fixed sum, apart",
    surplus="Paid beyond",
    imputation="Part payments settle",
    principal_first="the principal first",
    interest_first="interest first",
    sources="Sources",
    remark="Note",
    colon=":",
)


def show_interest(claim: Claim, statement: Statement, document: Document, language: str) -> None:
    """Print the law, the lines of the reckoning, the sums, and what should be known of them."""
    words = _FRENCH if language == "fr" else _ENGLISH
    name = document["law_name"]
    if name:
        say(name[0].upper() + name[1:])
    if statement.segments:
        _show_lines(statement, words, language)
    for label, money in _sums(statement, words):
        say(f"{label}{words.colon} {money_text(money, language)}")
    if claim.payments:
        first = words.principal_first if statement.imputation.value == "principal" else words.interest_first
        say(f"{words.imputation}{words.colon} {first}")
    remarks = [document["reason"]] if document["reason"] else []
    for one in [*remarks, *document["warnings"]]:
        say(f"{words.remark}{words.colon} {one['message']}")
    if document["sources"]:
        say("\n".join([f"{words.sources}{words.colon}", *(f"  {source}" for source in document["sources"])]))


def _show_lines(statement: Statement, words: _Words, language: str) -> None:
    rows = [
        [
            date_text(one.first, language),
            date_text(one.last, language),
            str(one.days),
            money_text(one.base, language),
            rate_text(one.rate, language),
            money_text(one.amount, language),
        ]
        for one in statement.segments
    ]
    print_table("", words.columns, rows, right=words.columns[2:])


def _sums(statement: Statement, words: _Words) -> list[tuple[str, Money]]:
    sums = [
        (words.principal, statement.principal),
        (words.interest, statement.interest),
        (words.indemnity, statement.indemnity),
    ]
    paid = statement.interest_paid + statement.indemnity_paid
    if paid.minor:
        sums.append((words.paid, -paid))
    sums.append((words.total, statement.total))
    if statement.indemnity_apart is not None:
        sums.append((words.apart, statement.indemnity_apart))
    if statement.surplus.minor:
        sums.append((words.surplus, statement.surplus))
    return sums
