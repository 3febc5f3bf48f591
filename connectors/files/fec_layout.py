"""The columns of one FEC, and its lines, amounts and dates where they are not as they should be; bytes, pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from connectors.files.reading import lenient_text, plain
from connectors.files.values import FIRST_YEAR, LAST_YEAR
from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from collections.abc import Sequence

_REQUIRED: Final = (
    "journalcode",
    "ecrituredate",
    "comptenum",
    "compauxnum",
    "pieceref",
    "piecedate",
    "ecriturelib",
    "ecriturelet",
)
_EXPORT_AGAIN: Final = (
    'Export the "fichier des écritures comptables" (FEC) from the accounting package, as text, and do not open and save'
    " it with a spreadsheet"
)
ZEROES: Final = frozenset((b"0,00", b"", b"0.00", b"0", b"0000000000,00"))
_AMOUNT: Final = re.compile(rb"([+-]?)(\d*)(?:[,.](\d*))?")
_AMOUNT_SPACES: Final = re.compile(rb"[\s\xa0]|\xc2\xa0|\xe2\x80\xaf")
_DEBIT_WORDS: Final = frozenset((b"D", b"+1", b"1", b"+", b"DEBIT"))
_CREDIT_WORDS: Final = frozenset((b"C", b"-1", b"-", b"CREDIT"))
_DAY: Final = re.compile(rb"(\d{4})[-/]?(\d{2})[-/]?(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the columns of a file are; -1 for an optional one that it lacks.

    `width` counts the named columns, `raw_width` the fields of the header line with what a trailing separator adds.
    With `Montant` and `Sens` in place of `Debit` and `Credit`, `debit` is the amount, `credit` the sense.
    """

    separator: bytes
    width: int
    raw_width: int
    journal: int
    journal_name: int
    entry_date: int
    account: int
    account_name: int
    customer: int
    customer_name: int
    ref: int
    piece_date: int
    label: int
    debit: int
    credit: int
    letter: int
    currency: int
    has_sense: bool

    @property
    def plain_fields(self) -> int:
        """Count the fields up to the last that every line is looked at for: splitting further is left until needed."""
        return max(self.journal, self.entry_date, self.account, self.debit, self.credit) + 1

    def amounts(self, fields: Sequence[bytes]) -> tuple[int, int] | None:
        """Give (debit, credit) in hundredths, None where they cannot be read."""
        first, second = fields[self.debit], fields[self.credit]
        debit = 0 if first in ZEROES else hundredths(first)
        if debit is None:
            return None
        if self.has_sense:
            sense = second.strip().upper()
            if sense in _DEBIT_WORDS:
                return debit, 0
            return (0, debit) if sense in _CREDIT_WORDS else None
        credit = 0 if second in ZEROES else hundredths(second)
        return None if credit is None else (debit, credit)

    def mended(self, fields: list[bytes]) -> list[bytes] | None:
        """Give a line's fields in their columns where separators are too many or trailing ones too few, else None.

        A label may hold the separator itself: the surplus fields are joined again in the first column of text in which
        dates and amounts then fall where they belong.
        """
        if len(fields) < self.width:
            if len(fields) <= max(self.debit, self.credit):
                return None
            padded = fields + [b""] * (self.raw_width - len(fields))
            return padded if self._fits(padded) else None
        for candidate in self._candidates(fields):
            if self._fits(candidate):
                return candidate
        return None

    def _candidates(self, fields: list[bytes]) -> list[list[bytes]]:
        found = []
        if not b"".join(fields[self.width :]).strip():
            found.append(fields[: self.width])
        text_columns = (self.label, self.customer_name, self.account_name, self.journal_name, self.ref)
        for width in dict.fromkeys((self.raw_width, self.width)):
            surplus = len(fields) - width
            if surplus <= 0:
                continue
            found += [
                [
                    *fields[:column],
                    self.separator.join(fields[column : column + surplus + 1]),
                    *fields[column + surplus + 1 :],
                ]
                for column in text_columns
                if column >= 0
            ]
        return found

    def _fits(self, fields: Sequence[bytes]) -> bool:
        return (
            self.amounts(fields) is not None
            and parse_day(fields[self.entry_date]) is not None
            and fields[self.account].strip()[:1].isdigit()
            and (not fields[self.piece_date].strip(b" 0") or parse_day(fields[self.piece_date]) is not None)
        )


def find_layout(header: bytes, name: str) -> Layout:
    """Find the columns in a file's first line; raise BooksUnreadableError where it is no FEC."""
    separator = max((b"\t", b"|", b";", b","), key=header.count)
    names = [plain(lenient_text(part)) for part in header.split(separator)]
    places = {each: index for index, each in reversed(list(enumerate(names))) if each}
    missing = [each for each in _REQUIRED if each not in places]
    has_amounts = {"debit", "credit"} <= places.keys()
    has_sense = {"montant", "sens"} <= places.keys()
    if missing or not (has_amounts or has_sense):
        raise BooksUnreadableError(
            f"{name} is no FEC: its first line must name JournalCode, EcritureDate, CompteNum and the other columns of"
            f" the law, and reads {lenient_text(header[:80])!r}. {_EXPORT_AGAIN}"
        )
    if separator not in (b"\t", b"|"):
        raise BooksUnreadableError(
            f"{name} is separated by {separator.decode()!r} where the law says tab or '|': it was saved again by another"
            f" program. {_EXPORT_AGAIN}"
        )
    return Layout(
        separator=separator,
        width=max(places.values()) + 1,
        raw_width=len(names),
        journal=places["journalcode"],
        journal_name=places.get("journallib", -1),
        entry_date=places["ecrituredate"],
        account=places["comptenum"],
        account_name=places.get("comptelib", -1),
        customer=places["compauxnum"],
        customer_name=places.get("compauxlib", -1),
        ref=places["pieceref"],
        piece_date=places["piecedate"],
        label=places["ecriturelib"],
        debit=places["debit"] if has_amounts else places["montant"],
        credit=places["credit"] if has_amounts else places["sens"],
        letter=places["ecriturelet"],
        currency=places.get("idevise", -1),
        has_sense=not has_amounts,
    )


def hundredths(text: bytes) -> int | None:
    """Read an amount in hundredths: digits, a comma (or a point), decimals; None where it is none."""
    if text[-3:-2] == b",":
        digits = text[:-3] + text[-2:]
        if digits.isdigit():
            return int(digits)
    found = _AMOUNT.fullmatch(_AMOUNT_SPACES.sub(b"", text))
    if found is None:
        return None
    sign, whole, fraction = found.group(1), found.group(2), found.group(3) or b""
    if not whole and not fraction:
        return None if text.strip() else 0
    if fraction[2:].strip(b"0"):
        return None
    value = int(whole or b"0") * 100 + int(fraction[:2].ljust(2, b"0"))
    return -value if sign == b"-" else value


def parse_day(text: bytes) -> date | None:
    """Read AAAAMMJJ (separators between are tolerated); None where it is no day of the calendar."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
