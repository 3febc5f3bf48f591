"""Delimited text with a header line, read strictly: what CSV exports and contact lists have in common."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from connectors.files.reading import file_text, plain
from engine.errors import BooksUnreadableError
from engine.records import BadLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(slots=True, kw_only=True)
class Table:
    """Rows of a file by canonical column name; `bad_lines` fills while `rows()` is read, `lines` counts records.

    `lost` counts the physical lines that a quote which was never closed properly swallowed, beyond the first of each.
    """

    path: Path
    delimiter: str
    columns: Mapping[str, int]
    width: int
    text: str
    bad_lines: list[BadLine] = field(default_factory=list)
    lines: int = 0
    lost: int = 0

    def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield (line number, {column: stripped text}); a record that cannot be read goes to `bad_lines`."""
        self.bad_lines, self.lines, self.lost = [], 0, 0
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter, strict=True)
        header_seen = False
        while True:
            start = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._unreadable(start, reader.line_num, error)
                header_seen = True
                continue
            if not any(text.strip() for text in fields):
                continue
            if not header_seen:
                header_seen = True
                continue
            self.lines += 1
            if len(fields) < self.width or any(text.strip() for text in fields[self.width :]):
                self.bad(
                    start,
                    f"{len(fields)} fields where the header has {self.width}: is a {self.delimiter!r} inside a field without quotes?",
                )
                continue
            yield start, {name: fields[index].strip() for name, index in self.columns.items()}

    def bad(self, line: int, reason: str) -> None:
        """Note a line that cannot be used."""
        self.bad_lines.append(BadLine(file=self.path.name, line=line, reason=reason))

    def _unreadable(self, start: int, end: int, error: csv.Error) -> None:
        if "unexpected end of data" in str(error):
            raise BooksUnreadableError(
                f"{self.path.name}: a quote that opens on line {start} is never closed, so nothing after it can be"
                " read; correct that line or export the file again"
            ) from error
        self.lines += end - start + 1
        self.lost += end - start
        swallowed = f"; lines {start} to {end} are lost" if end > start else ""
        self.bad(start, f"{error}{swallowed}")


def open_table(
    path: Path,
    *,
    canonical: Sequence[str],
    required: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    delimiter: str = "auto",
    encoding: str = "auto",
) -> Table:
    """Read a file's header and find its columns.

    `mapping` gives a file's own header for a canonical name. Headers are compared without case, accents or punctuation.
    Raises BooksUnreadableError that names what was looked for and what the file has.
    """
    text = file_text(path, encoding)
    wanted = {name: (mapping or {}).get(name, name) for name in canonical}
    unknown = sorted(set(mapping or {}) - set(canonical))
    if unknown:
        raise BooksUnreadableError(
            f"mapping names {', '.join(unknown)}, which is no column; columns are {', '.join(canonical)}"
        )
    tried = DELIMITERS if delimiter == "auto" else (delimiter,)
    headers = {each: _header(text, each) for each in tried}
    best = max(headers, key=lambda each: (len(_found(headers[each], wanted)), len(headers[each])))
    columns = _found(headers[best], wanted)
    missing = [
        wanted[name] for name in canonical if name not in columns and (name in required or name in (mapping or {}))
    ]
    if missing:
        shown = ", ".join(repr(name) for name in headers[best][:20])
        raise BooksUnreadableError(
            f"{path.name} has no column {', '.join(repr(name) for name in missing)}; its first line holds {shown}."
            " Name the file's own headers under `mapping`, or check that this is the right file"
        )
    names = [plain(header) for header in headers[best]]
    twice = sorted({wanted[name] for name in columns if names.count(plain(wanted[name])) > 1})
    if twice:
        raise BooksUnreadableError(
            f"{path.name} has the column {twice[0]!r} more than once: rename or drop one of them"
        )
    return Table(path=path, delimiter=best, columns=columns, width=_width(headers[best]), text=text)


def _header(text: str, delimiter: str) -> list[str]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return next((fields for fields in reader if any(field.strip() for field in fields)), [])
    except csv.Error:
        return []


def _width(header: list[str]) -> int:
    """Count the header's fields without the empty ones that a trailing separator leaves."""
    width = len(header)
    while width and not header[width - 1].strip():
        width -= 1
    return width


def _found(header: list[str], wanted: Mapping[str, str]) -> dict[str, int]:
    places = {plain(name): index for index, name in reversed(list(enumerate(header))) if name.strip()}
    return {name: places[plain(own)] for name, own in wanted.items() if plain(own) in places}
