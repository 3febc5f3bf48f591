"""Reading a file of rates: JSON whose rates are written as text, so that none of them was ever a float."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.errors import RelanceError
from engine.rates import HalfYear, RateEntry, Rates, Series

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_BYTES: Final = 2_000_000
_RATE: Final = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,4})?")
# No rate of interest for late payment was ever beyond these; a figure that is lacks its decimal point.
_LOWEST: Final = Decimal(-5)
_HIGHEST: Final = Decimal(60)
_TOP_KEYS: Final = frozenset({"about", "compiled", "series"})
_SHARED_KEYS: Final = frozenset({"source", "confidence", "valid_until"})
_SERIES_KEYS: Final = _SHARED_KEYS | {"rule", "entries"}
_ENTRY_KEYS: Final = _SHARED_KEYS | {"rate", "corrects"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateProblem:
    """One thing to mend in a file of rates: `where` is the path to it, such as series.ecb_mro.2027-S1."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class RatesFileError(RelanceError):
    """A file of rates cannot be used; `problems` say what is wrong with it."""

    def __init__(self, path: str, problems: Iterable[RateProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{path}: {problem}" for problem in self.problems))

    @classmethod
    def unreadable(cls, path: Path, error: OSError) -> RatesFileError:
        """Say that there is no such file, or that it cannot be read."""
        return cls(str(path), [RateProblem(where="", message=f"cannot be read: {error.strerror}")])


@dataclass(slots=True, kw_only=True)
class TableFile:
    """What a file of rates holds, as far as it could be read, and what is wrong with it.

    `corrects` are the earlier figures that entries say they replace.
    """

    rates: Rates = field(default_factory=lambda: Rates(series={}))
    corrects: dict[tuple[str, HalfYear], Decimal] = field(default_factory=dict)
    problems: list[RateProblem] = field(default_factory=list)

    def complain(self, where: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(RateProblem(where=where, message=message))


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def read_table(path: Path) -> TableFile:
    """Read a file of rates; what is wrong with it is in the answer, never raised."""
    table = TableFile()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        table.complain("", f"cannot be read: {error.strerror}")
        return table
    if len(content) > MAX_BYTES:
        table.complain("", f"is larger than {MAX_BYTES // 1_000_000} MB: this is not a file of rates")
        return table
    return parse_table(content, str(path))


def parse_table(content: bytes, _name: str = "") -> TableFile:
    """Read the bytes of a file of rates."""
    table = TableFile()
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_float=Decimal, object_pairs_hook=_once)
    except UnicodeDecodeError:
        table.complain("", "is not UTF-8 text")
        return table
    except _TwiceError as error:
        table.complain("", str(error))
        return table
    except (ValueError, RecursionError):
        table.complain("", "is not valid JSON")
        return table
    listed = document.get("series") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(listed, dict):
        table.complain("", 'must hold {"series": {…}}; see docs/commands.md')
        return table
    _refuse_unknown(table, "", document, _TOP_KEYS)
    series = {name: found for name, raw in listed.items() if (found := _series(table, name, raw)) is not None}
    table.rates = Rates(series=series)
    return table


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(f"{key} is written twice; keep one")
        found[key] = value
    return found


def _series(table: TableFile, name: str, raw: object) -> Series | None:
    where = f"series.{name}"
    if not isinstance(raw, dict) or not isinstance(raw.get("entries"), dict):
        table.complain(where, 'must hold {"entries": {"2027-S1": {"rate": "2.40", "source": "…"}}}')
        return None
    _refuse_unknown(table, where, raw, _SERIES_KEYS)
    shared = {key: raw[key] for key in _SHARED_KEYS if key in raw}
    entries: dict[HalfYear, RateEntry] = {}
    for written, one in raw["entries"].items():
        place = f"{where}.{written}"
        try:
            half_year = HalfYear.parse(written)
        except ValueError as error:
            table.complain(place, str(error))
            continue
        entry = _entry(table, place, one, shared)
        if entry is not None:
            entries[half_year] = entry
            corrects = _rate(one.get("corrects"))
            if corrects is not None:
                table.corrects[name, half_year] = corrects
            elif "corrects" in one:
                table.complain(place, 'corrects must be the earlier rate as text, such as "2.40"')
    rule = raw.get("rule", "")
    return Series(name=name, rule=rule if isinstance(rule, str) else "", entries=entries)


def _entry(table: TableFile, where: str, raw: object, shared: dict[str, Any]) -> RateEntry | None:
    if not isinstance(raw, dict):
        table.complain(where, 'must be {"rate": "2.40", "source": "…"}')
        return None
    _refuse_unknown(table, where, raw, _ENTRY_KEYS)
    values = shared | raw
    rate = _rate(values.get("rate"))
    if rate is None:
        table.complain(where, 'rate must be text with a decimal point, in percent a year, such as "2.40"')
        return None
    if not _LOWEST <= rate <= _HIGHEST:
        table.complain(where, f"a rate of {rate} % a year is not believable")
        return None
    source, confidence = values.get("source"), values.get("confidence", "")
    if not isinstance(source, str) or not source.strip():
        table.complain(where, "says no source: the address or the text where the rate was read")
        return None
    valid_until = _day(values.get("valid_until"))
    if valid_until is None and values.get("valid_until") is not None:
        table.complain(where, "valid_until must be a date such as 2027-01-01")
        return None
    return RateEntry(
        rate=rate,
        source=source.strip(),
        confidence=confidence if isinstance(confidence, str) else "",
        valid_until=valid_until,
    )


def _rate(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, str) and _RATE.fullmatch(value) else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _refuse_unknown(table: TableFile, where: str, raw: dict[str, Any], known: frozenset[str]) -> None:
    for key in raw:
        if key not in known:
            table.complain(f"{where}.{key}".strip("."), f"is not known here; there is {', '.join(sorted(known))}")
