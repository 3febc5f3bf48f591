"""The query language: a statement read into a value, or refused as the service's own parser refuses it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connectors.sandbox.quickbooks.refusals import Refusal, RefusedError

DEFAULT_ROWS = 100
MOST_ROWS = 1000

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>'(?:[^'\\]|\\.)*')
  | (?P<sign><=|>=|=|<|>|\(|\)|,|\*)
  | (?P<word>[A-Za-z0-9_.:+\-]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = ("=", "<", ">", "<=", ">=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token: its kind (text, sign, word, end), what it says, and the column it begins in (from 1)."""

    kind: str
    value: str
    column: int

    def says(self, word: str) -> bool:
        """Tell whether this is that keyword or sign, in whatever case."""
        return self.kind in {"word", "sign"} and self.value.lower() == word


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison: a property's dotted path, =, <, >, <=, >=, in or like, and the values on its right."""

    path: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """One key of the order."""

    path: str
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A query: rows or their number, of one entity; ``start`` counts from 1."""

    entity: str
    count: bool
    conditions: tuple[Condition, ...]
    order: tuple[Ordering, ...]
    start: int
    rows: int


def parse(text: str) -> Statement:
    """Read a select statement.

    Raises RefusedError (4000) for what the grammar does not hold: OR, joins, projections, an unescaped quote.
    More rows than the service gives at once are no error: it gives what it gives.
    """
    if not text.strip():
        raise _refused("QueryParserError: The query provided was empty")
    return _Parser(_tokens(text)).statement()


def _refused(detail: str) -> RefusedError:
    return RefusedError(Refusal(code="4000", message="Error parsing query", detail=detail, element=None))


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _refused(
                f"QueryParserError: Invalid content. Lexical error at line 1, column {at + 1}.  "
                f'Encountered: "{text[at]}" ({ord(text[at])}), after : ""'
            )
        if match.lastgroup and match.lastgroup != "space":
            value = match.group()
            if match.lastgroup == "text":
                value = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
            found.append(Token(kind=match.lastgroup, value=value, column=at + 1))
        at = match.end()
    found.append(Token(kind="end", value="<EOF>", column=len(text) + 1))
    return found


class _Parser:
    """Recursive descent over the tokens; each method reads one clause."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def statement(self) -> Statement:
        self._keyword("select")
        count = self._what()
        self._keyword("from")
        entity = self._word()
        conditions = self._where()
        order = self._order()
        start, rows = self._window()
        if self._here.kind != "end":
            raise self._unexpected()
        return Statement(entity=entity, count=count, conditions=conditions, order=order, start=start, rows=rows)

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _unexpected(self) -> RefusedError:
        token = self._here
        return _refused(f'QueryParserError: Encountered " {token.value} " at line 1, column {token.column}.')

    def _next(self) -> Token:
        token = self._here
        if token.kind == "end":
            raise self._unexpected()
        self._at += 1
        return token

    def _took(self, word: str) -> bool:
        if not self._here.says(word):
            return False
        self._at += 1
        return True

    def _keyword(self, word: str) -> None:
        if not self._took(word):
            raise self._unexpected()

    def _word(self) -> str:
        if self._here.kind != "word":
            raise self._unexpected()
        return self._next().value

    def _what(self) -> bool:
        if self._took("count"):
            for sign in ("(", "*", ")"):
                self._keyword(sign)
            return True
        self._keyword("*")
        return False

    def _where(self) -> tuple[Condition, ...]:
        if not self._took("where"):
            return ()
        conditions = [self._condition()]
        while self._took("and"):
            conditions.append(self._condition())
        return tuple(conditions)

    def _condition(self) -> Condition:
        path = self._word()
        if self._took("in"):
            return Condition(path=path, operator="in", values=self._values())
        if self._took("like"):
            return Condition(path=path, operator="like", values=(self._value(),))
        if self._here.kind != "sign" or self._here.value not in _OPERATORS:
            raise self._unexpected()
        operator = self._next().value
        return Condition(path=path, operator=operator, values=(self._value(),))

    def _values(self) -> tuple[str, ...]:
        self._keyword("(")
        values = [self._value()]
        while self._took(","):
            values.append(self._value())
        self._keyword(")")
        return tuple(values)

    def _value(self) -> str:
        if self._here.kind not in {"text", "word"}:
            raise self._unexpected()
        return self._next().value

    def _order(self) -> tuple[Ordering, ...]:
        if self._took("order"):
            self._keyword("by")
        elif not self._took("orderby"):
            return ()
        keys = [self._key()]
        while self._took(","):
            keys.append(self._key())
        return tuple(keys)

    def _key(self) -> Ordering:
        path = self._word()
        descending = self._took("desc")
        if not descending:
            self._took("asc")
        return Ordering(path=path, descending=descending)

    def _window(self) -> tuple[int, int]:
        start, rows = 1, DEFAULT_ROWS
        if self._took("startposition"):
            start = self._number()
        if self._took("maxresults"):
            rows = self._number()
        return start, min(rows, MOST_ROWS)

    def _number(self) -> int:
        if not re.fullmatch(r"[1-9][0-9]*", self._here.value):
            raise self._unexpected()
        return int(self._next().value)
