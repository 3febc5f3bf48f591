"""Reading one FEC as a stream: totals of all its lines, and the lines of customer accounts."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from connectors.files.fec_layout import ZEROES, find_layout, parse_day
from connectors.files.fec_words import ACCOUNT_PREFIXES, AccountClass, account_class
from connectors.files.reading import UTF16_MARKS, lenient_text, one_line, refuse_nul
from engine.errors import BooksUnreadableError
from engine.records import BadLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from connectors.files.fec_layout import Layout

_CHUNK: Final = 1 << 20
# A line of 18 fields is some hundred bytes; what has no line end for this long is no FEC.
_LONGEST_LINE: Final = 16 << 20
_BLANK: Final = b" \t|\x1a"
_COMMA: Final = ord(",")
# What tells a journal's purpose: sales; cheques and banks, cash, transfers between them.
_TELLING: Final = frozenset((b"70", b"51", b"53", b"58"))
_DATED_NAME: Final = re.compile(r"FEC(\d{8})", re.IGNORECASE)


@dataclass(slots=True, kw_only=True, eq=False)
class FecLine:
    """A line of a customer account. `amount` is in hundredths, debit positive. `issued` is PieceDate, else EcritureDate.

    `customer_id` is CompAuxNum, else CompteNum (`has_auxiliary` tells which). Never changed once made, and not frozen
    because there are hundreds of thousands of them: a frozen one takes three times as long to make.
    """

    account: str
    customer_id: str
    has_auxiliary: bool
    kind: AccountClass
    journal: str
    ref: str
    issued: date
    posted: date
    amount: int
    letter: str
    label: str


@dataclass(slots=True, kw_only=True)
class FecFile:
    """What one file holds. Amounts are in hundredths; `journals` counts lines by (journal code, first digits)."""

    path: Path
    lines: int = 0
    debit: int = 0
    credit: int = 0
    receivables: list[FecLine] = field(default_factory=list)
    customer_names: dict[str, str] = field(default_factory=dict)
    account_names: dict[str, str] = field(default_factory=dict)
    journal_names: dict[str, str] = field(default_factory=dict)
    journals: dict[tuple[str, str], int] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    first_day: date | None = None
    last_day: date | None = None
    last_bank_day: date | None = None
    bad_lines: list[BadLine] = field(default_factory=list)

    @property
    def dated(self) -> date | None:
        """The date in the file's name (SirenFECAAAAMMJJ), else the day of its last entry."""
        found = _DATED_NAME.search(self.path.name)
        return (parse_day(found.group(1).encode()) if found else None) or self.last_day


def read_fec(path: Path) -> FecFile:
    """Read one FEC; raise BooksUnreadableError where it is none, and collect the lines that cannot be used.

    Memory is that of the customer accounts' lines: all others only add to the totals and are dropped at once.
    """
    try:
        return _read(path)
    except FileNotFoundError as error:
        raise BooksUnreadableError(f"{path} does not exist: export the FEC there, or correct the path") from error
    except OSError as error:
        raise BooksUnreadableError(
            f"{path} cannot be read ({error.strerror}): check the path and its rights"
        ) from error


def _read(path: Path) -> FecFile:
    found = FecFile(path=path)
    collector = _Collector(file=found)
    layout: Layout | None = None
    number = 0
    for chunk in _line_chunks(path):
        rows = chunk
        if layout is None:
            skipped = next((index for index, raw in enumerate(chunk) if raw.strip(_BLANK)), None)
            if skipped is None:
                number += len(chunk)
                continue
            layout = find_layout(chunk[skipped], path.name)
            number += skipped + 1
            rows = chunk[skipped + 1 :]
        number = collector.take(rows, number, layout)
    if layout is None:
        raise BooksUnreadableError(f"{path.name} is empty: export the FEC again")
    if not found.lines:
        raise BooksUnreadableError(
            f"{path.name} holds a first line with names and no entry: export the FEC again, of a period with entries"
        )
    collector.finish()
    return found


def _line_chunks(path: Path) -> Iterator[list[bytes]]:
    """Yield the file's lines a megabyte at a time, whether they end in CR, LF, CR LF or CR CR LF."""
    with path.open("rb") as file:
        mark = file.read(2)
        decoder = codecs.getincrementaldecoder("utf-16")() if mark in UTF16_MARKS else None
        file.seek(0)
        rest, first = b"", True
        while block := file.read(_CHUNK):
            data = block
            if decoder is not None:
                try:
                    data = decoder.decode(block).encode()
                except UnicodeDecodeError as error:
                    raise BooksUnreadableError(f"{path.name} says it is UTF-16 and is not: export it again") from error
            refuse_nul(data, path)
            if first:
                data, first = data.removeprefix(codecs.BOM_UTF8), False
            data = rest + data
            # A CR at the very end may be the first half of CR LF: it waits for the next block.
            held = len(data) - len(data.rstrip(b"\r"))
            *lines, rest = _split(data[: len(data) - held] if held else data)
            rest += b"\r" * held
            if len(rest) > _LONGEST_LINE:
                raise BooksUnreadableError(f"{path.name} has no line ends: it is no FEC; export it again as text")
            yield lines
        yield [line for line in _split(rest) if line]


def _split(data: bytes) -> list[bytes]:
    if b"\r" in data:
        data = data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.split(b"\n")


class _Use(IntEnum):
    """What a line is looked at for, by its account."""

    TOTALS = 0
    JOURNAL = 1
    BANK = 2
    CUSTOMER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Party:
    """Whose account a line is on."""

    account: str
    customer_id: str
    has_auxiliary: bool
    kind: AccountClass


@dataclass(slots=True, kw_only=True)
class _Collector:
    """The hot loop's state between two blocks of a file."""

    file: FecFile
    days: dict[bytes, date] = field(default_factory=dict)
    bank_days: set[bytes] = field(default_factory=set)
    journals: dict[tuple[bytes, bytes], int] = field(default_factory=dict)
    uses: dict[bytes, _Use] = field(default_factory=dict)
    parties: dict[tuple[bytes, bytes, bytes], _Party] = field(default_factory=dict)
    piece_days: dict[bytes, date | None] = field(default_factory=dict)
    texts: dict[bytes, str] = field(default_factory=dict)
    letters: dict[bytes, str] = field(default_factory=dict)

    def take(self, rows: list[bytes], number: int, layout: Layout) -> int:  # noqa: C901, PLR0912 (one loop: a call for each line would cost as much as the line)
        """Add lines to the totals and keep those of customer accounts; give the number of the last line.

        What is not a customer account costs a partial split, an amount and a few look-ups: nothing is decoded or kept.
        """
        days, journals, bank_days, uses = self.days, self.journals, self.bank_days, self.uses
        separator, splits, separators = layout.separator, layout.plain_fields, layout.raw_width - 1
        i_date, i_account, i_journal, i_debit, i_credit = (
            layout.entry_date, layout.account, layout.journal, layout.debit, layout.credit,
        )  # fmt: skip
        is_plain = not layout.has_sense
        lines = total_debit = total_credit = 0
        for raw in rows:
            number += 1
            # 1. The common case: as many separators as the first line has, a day seen before, one amount with a comma.
            fields = raw.split(separator, splits)
            pair = None
            if is_plain and raw.count(separator) == separators and fields[i_date] in days:
                first, second = fields[i_debit], fields[i_credit]
                try:
                    if second in ZEROES and first[-3] == _COMMA:
                        pair = int(first.replace(b",", b"", 1)), 0
                    elif first in ZEROES and second[-3] == _COMMA:
                        pair = 0, int(second.replace(b",", b"", 1))
                except (ValueError, IndexError):
                    pair = None
            # 2. Anything else is looked at closely: mended where it can be, noted as a bad line where not.
            if pair is None:
                if not raw.strip(_BLANK):
                    continue
                lines += 1
                checked = self._checked(raw.split(separator), number, layout)
                if checked is None:
                    continue
                fields, pair = checked
            else:
                lines += 1
            # 3. Only customer accounts are kept; sales and money lines tell what their journal is for.
            account = fields[i_account]
            use = uses.get(account)
            if use is None:
                use = uses[account] = _use(account)
            if use is _Use.CUSTOMER:
                # Fields that were split only in part end in one that holds the rest of the line.
                whole = fields if len(fields) > splits + 1 else [*fields[:splits], *fields[splits].split(separator)]
                self._keep(whole, pair[0] - pair[1], layout)
            elif use is not _Use.TOTALS:
                key = (fields[i_journal], account.strip()[:2])
                journals[key] = journals.get(key, 0) + 1
                if use is _Use.BANK:
                    bank_days.add(fields[i_date])
            total_debit += pair[0]
            total_credit += pair[1]
        self.file.lines += lines
        self.file.debit += total_debit
        self.file.credit += total_credit
        return number

    def finish(self) -> None:
        """Work out what needs all lines: the period, the last bank entry, the journals."""
        file = self.file
        if self.days:
            file.first_day, file.last_day = min(self.days.values()), max(self.days.values())
        if self.bank_days:
            file.last_bank_day = max(self.days[day] for day in self.bank_days)
        for (journal, prefix), count in self.journals.items():
            key = (self._text(journal), prefix.decode("ascii", "replace"))
            file.journals[key] = file.journals.get(key, 0) + count

    def _checked(self, fields: list[bytes], number: int, layout: Layout) -> tuple[list[bytes], tuple[int, int]] | None:
        """Mend a line that is not plainly right and note a new day, or note a bad line."""
        right = (
            fields if len(fields) == layout.raw_width and layout.amounts(fields) is not None else layout.mended(fields)
        )
        if right is not None and parse_day(right[layout.entry_date]) is None:
            right = layout.mended(fields)
        if right is None:
            self._bad(number, _reason(fields, layout))
            return None
        pair, day = layout.amounts(right), parse_day(right[layout.entry_date])
        if pair is None or day is None:
            self._bad(number, _reason(fields, layout))
            return None
        self.days[right[layout.entry_date]] = day
        return right, pair

    def _bad(self, number: int, reason: str) -> None:
        self.file.bad_lines.append(BadLine(file=self.file.path.name, line=number, reason=reason))

    def _text(self, data: bytes) -> str:
        """Decode a field that recurs, once."""
        text = self.texts.get(data)
        if text is None:
            text = self.texts[data] = one_line(lenient_text(data))
        return text

    def _keep(self, fields: list[bytes], amount: int, layout: Layout) -> None:
        names = fields[layout.customer_name] if layout.customer_name >= 0 else b""
        key = (fields[layout.account], fields[layout.customer], names)
        party = self.parties.get(key)
        if party is None:
            party = self.parties[key] = self._new_party(fields, layout)
        if layout.currency >= 0 and (currency := fields[layout.currency]):
            self.file.currencies.add(self._text(currency).upper())
        posted = self.days[fields[layout.entry_date]]
        piece_day = fields[layout.piece_date]
        if piece_day not in self.piece_days:
            self.piece_days[piece_day] = parse_day(piece_day)
        letter = self.letters.get(fields[layout.letter])
        if letter is None:
            text = one_line(lenient_text(fields[layout.letter]))
            # Packages that pad an empty code with zeros, dots or dashes mean no lettering.
            letter = self.letters[fields[layout.letter]] = text if text.strip("0.-*_ ") else ""
        journal = self._text(fields[layout.journal])
        if journal not in self.file.journal_names:
            name = self._text(fields[layout.journal_name]) if layout.journal_name >= 0 else ""
            self.file.journal_names[journal] = name
        self.file.receivables.append(
            FecLine(
                account=party.account,
                customer_id=party.customer_id,
                has_auxiliary=party.has_auxiliary,
                kind=party.kind,
                journal=journal,
                ref=one_line(lenient_text(fields[layout.ref])),
                issued=self.piece_days[piece_day] or posted,
                posted=posted,
                amount=amount,
                letter=letter,
                label=one_line(lenient_text(fields[layout.label])),
            )
        )

    def _new_party(self, fields: list[bytes], layout: Layout) -> _Party:
        """Note the names of an account and of its customer where they first stand together."""
        account, auxiliary = self._text(fields[layout.account]), self._text(fields[layout.customer])
        if layout.account_name >= 0:
            self.file.account_names[account] = self._text(fields[layout.account_name])
        if auxiliary and layout.customer_name >= 0 and (name := self._text(fields[layout.customer_name])):
            self.file.customer_names[auxiliary] = name
        return _Party(
            account=account,
            customer_id=auxiliary or account,
            has_auxiliary=bool(auxiliary),
            kind=account_class(account),
        )


def _use(account: bytes) -> _Use:
    digits = account.strip()
    if digits[:3] in ACCOUNT_PREFIXES:
        return _Use.CUSTOMER
    if digits[:3] == b"512":
        return _Use.BANK
    return _Use.JOURNAL if digits[:2] in _TELLING else _Use.TOTALS


def _reason(fields: list[bytes], layout: Layout) -> str:
    """Say what is wrong with a line that could not be mended."""
    if len(fields) not in (layout.raw_width, layout.width):
        return f"{len(fields)} fields where the first line names {layout.width}"
    day, debit, credit = (lenient_text(fields[i]).strip() for i in (layout.entry_date, layout.debit, layout.credit))
    if parse_day(fields[layout.entry_date]) is None:
        return f"EcritureDate {day!r} is no date AAAAMMJJ"
    if layout.amounts(fields) is None:
        names = "Montant and Sens" if layout.has_sense else "Debit and Credit"
        return f"{names} {debit!r}, {credit!r} cannot be read as amounts"
    return f"account {lenient_text(fields[layout.account]).strip()!r}, dates and amounts do not fall into their columns"
