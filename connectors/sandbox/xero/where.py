"""The ``where`` and ``order`` parameters: a small part of the .NET expressions that Xero reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Row = Mapping[str, object]
    Condition = Callable[[Row], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"[^"]*")|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>==|!=|>=|<=|>|<|=|&&|\|\||\(|\)|,)"""
    r"""|(?P<name>[A-Za-z_][A-Za-z0-9_.]*))"""
)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": eq,
    "=": eq,
    "!=": ne,
    ">=": ge,
    "<=": le,
    ">": gt,
    "<": lt,
}
_CONSTANTS: Final[Mapping[str, object]] = {"true": True, "false": False, "null": None}


class WhereError(ValueError):
    """The expression cannot be read."""


def condition(expression: str) -> Condition:
    """Read an expression: comparisons of fields, joined by AND, OR and brackets; raise WhereError."""
    tokens = _tokens(expression)
    reader = _Reader(tokens)
    read = reader.either()
    if reader.at < len(tokens):
        raise WhereError(f"unexpected {tokens[reader.at][1]!r}")
    return read


def ordering(expression: str) -> Callable[[Sequence[Row]], list[Row]]:
    """Read an order: field names with ASC or DESC, split by commas; raise WhereError."""
    keys: list[tuple[str, bool]] = []
    for part in expression.split(","):
        name, *direction = part.split()
        if [word.upper() for word in direction] not in ([], ["ASC"], ["DESC"]):
            raise WhereError(f"cannot order by {part.strip()!r}")
        keys.append((name, [word.upper() for word in direction] == ["DESC"]))

    def ordered(rows: Sequence[Row]) -> list[Row]:
        result = list(rows)
        for name, falling in reversed(keys):
            if result and name not in result[0]:
                raise WhereError(f"no field {name}")
            result.sort(key=lambda row, name=name: _rank(row[name]), reverse=falling)  # type: ignore[misc]
        return result

    return ordered


def _rank(value: object) -> tuple[bool, Any]:
    return (value is not None, 0 if value is None else value)


def _tokens(expression: str) -> list[tuple[str, str]]:
    found = []
    at = 0
    text = expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise WhereError(f"cannot read {text[at:]!r}")
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        at = match.end()
    return found


class _Reader:
    """Read tokens from left to right; AND binds closer than OR."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self.at = 0

    def either(self) -> Condition:
        parts = [self._both()]
        while self._word() in {"OR", "||"}:
            self.at += 1
            parts.append(self._both())
        return lambda row: any(part(row) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._word() in {"AND", "&&"}:
            self.at += 1
            parts.append(self._one())
        return lambda row: all(part(row) for part in parts)

    def _one(self) -> Condition:
        if self._word() == "(":
            self.at += 1
            inner = self.either()
            self._expect(")")
            return inner
        left = self._value()
        sign = self._take()[1]
        if sign not in _COMPARE:
            raise WhereError(f"{sign!r} compares nothing")
        compare, right = _COMPARE[sign], self._value()
        return lambda row: _compared(compare, left(row), right(row))

    def _value(self) -> Callable[[Row], object]:
        kind, word = self._take()
        if kind == "text":
            return lambda _: word[1:-1]
        if kind == "number":
            return lambda _: Decimal(word)
        if kind != "name":
            raise WhereError(f"unexpected {word!r}")
        if word.lower() in _CONSTANTS:
            return lambda _: _CONSTANTS[word.lower()]
        if self._word() == "(":
            constant = self._call(word)
            return lambda _: constant
        return lambda row: _field(row, word)

    def _call(self, name: str) -> object:
        self._expect("(")
        given = [self._take()]
        while self._word() == ",":
            self.at += 1
            given.append(self._take())
        self._expect(")")
        values = [word.strip('"') for _, word in given]
        try:
            if name.lower() == "guid":
                return values[0].lower()
            if name == "DateTime":
                year, month, day, hour, minute, second = [*map(int, values), 0, 0, 0][:6]
                return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise WhereError(str(error)) from None
        raise WhereError(f"no function {name}")

    def _word(self) -> str | None:
        return self._tokens[self.at][1].upper() if self.at < len(self._tokens) else None

    def _take(self) -> tuple[str, str]:
        if self.at >= len(self._tokens):
            raise WhereError("the expression ends too soon")
        self.at += 1
        return self._tokens[self.at - 1]

    def _expect(self, word: str) -> None:
        if self._take()[1] != word:
            raise WhereError(f"{word!r} is missing")


def _field(row: Row, name: str) -> object:
    try:
        return row[name]
    except KeyError:
        raise WhereError(f"No property or field '{name}' exists") from None


def _compared(compare: Callable[[Any, Any], bool], left: object, right: object) -> bool:
    try:
        return compare(left, right)
    except TypeError:
        # Nothing is smaller or greater than a date that is not there.
        return False
