"""Reading YAML as a tree of plain values that know their lines; nothing in the text can make us build an object.

YAML 1.1 guesses types that nobody meant: `no` is false, `012` is ten, `12:30` is 750, `12.10` is a float. Here only
`true`, `false`, `null`, whole decimal numbers and ISO dates are typed; everything else stays the text that was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

import yaml

from relance.config.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_Loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_BYTES: Final = 8_000_000
MAX_DEPTH: Final = 40
MAX_VALUES: Final = 400_000

# Longer runs of digits are references, not quantities; they stay text.
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}

Scalar = str | int | bool | date | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
Path_ = tuple[str | int, ...]


@dataclass(slots=True, kw_only=True)
class Node:
    """A value and the line on which it starts; `entries` give each key's own line. `size` counts the values inside."""

    line: int
    scalar: Scalar = None
    items: list[Node] | None = None
    entries: dict[str, tuple[int, Node]] | None = None
    size: int = 1

    def plain(self) -> Plain:
        """Give the bare Python value."""
        if self.entries is not None:
            return {key: node.plain() for key, (_, node) in self.entries.items()}
        if self.items is not None:
            return [node.plain() for node in self.items]
        return self.scalar

    def child(self, part: str | int) -> tuple[int, Node] | None:
        """Give the line and the node of a key or a position, None where there is none."""
        if self.entries is not None:
            return self.entries.get(str(part))
        if self.items is not None and isinstance(part, int) and 0 <= part < len(self.items):
            return self.items[part].line, self.items[part]
        return None


@dataclass(slots=True, kw_only=True)
class Document:
    """A file as read: its tree (None where it could not be read) and what was wrong while reading."""

    file: str
    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


class _UnusableError(Exception):
    """Reading stops here: the rest of the text has no meaning."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(slots=True, kw_only=True)
class _Open:
    """A list or mapping that is still being read, and the key whose value comes next."""

    node: Node
    anchor: str | None
    key: tuple[int, str] | None = None


def read_document(path: Path) -> Document:
    """Read a YAML file; what is wrong with it is in the document's problems, never raised."""
    document = Document(file=str(path))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        message = "there is no such file; `relance init` writes one, --config names another"
        document.problems.append(Problem(file=document.file, key="", line=None, message=message))
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        document.problems.append(Problem(file=document.file, key="", line=None, message=message))
    else:
        parse_document(content, document)
    return document


def parse_document(content: bytes, document: Document) -> None:
    """Parse the bytes of a file into the document."""
    try:
        document.root = _Builder(document).build(_decode(content))
    except _UnusableError as stop:
        document.problems.append(Problem(file=document.file, key="", line=stop.line, message=stop.message))


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _UnusableError(1, f"is larger than {MAX_BYTES // 1_000_000} MB: this is not a configuration file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _UnusableError(line, "is not UTF-8 text; save the file with the encoding UTF-8") from None


class _Builder:
    """Turns the parser's events into nodes, with a stack of its own: depth and size are bounded before memory is."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None
        self._documents = 0

    def build(self, text: str) -> Node:
        for event in _events(text):
            self._take(event)
        if self._root is None or (self._root.entries is None and self._root.scalar is None and not self._root.items):
            raise _UnusableError(1, "is empty; `relance init` writes a first configuration")
        return self._root

    def _take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _UnusableError(line, "holds a second document (a line ---); keep one in a file")
        elif isinstance(event, yaml.AliasEvent):
            known = self._anchors.get(event.anchor or "")
            if known is None:
                raise _UnusableError(
                    line, "a reference (*) names nothing above it; put text that starts with * in quotes"
                )
            self._place(line, known)
        elif isinstance(event, yaml.ScalarEvent):
            self._check_tag(event, line)
            node = Node(line=line, scalar=_typed(event.value) if event.implicit[0] else event.value)
            self._keep(event.anchor, node)
            if self._expects_key():
                self._stack[-1].key = (line, event.value)
            else:
                self._place(line, node)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(event, Node(line=line, items=[]))
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(event, Node(line=line, entries={}))
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            closed = self._stack.pop()
            self._keep(closed.anchor, closed.node)
            self._place(closed.node.line, closed.node)

    def _open(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, node: Node) -> None:
        self._check_tag(event, node.line)
        if self._expects_key():
            raise _UnusableError(node.line, "a key must be a word; put text that starts with { or [ in quotes")
        if len(self._stack) >= MAX_DEPTH:
            raise _UnusableError(node.line, f"is nested more than {MAX_DEPTH} levels deep")
        self._stack.append(_Open(node=node, anchor=event.anchor))

    def _keep(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _expects_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].node.entries is not None and self._stack[-1].key is None

    def _place(self, line: int, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        top.node.size += node.size
        if top.node.size > MAX_VALUES:
            raise _UnusableError(line, f"holds more than {MAX_VALUES} values once its references are written out")
        if top.node.items is not None:
            top.node.items.append(node)
        elif top.node.entries is not None:
            if top.key is None:
                raise _UnusableError(line, "a key must be a word, not a reference")
            key_line, key = top.key
            top.key = None
            if key in top.node.entries:
                self._complain(key_line, key, f"is written twice (first on line {top.node.entries[key][0]}); keep one")
            else:
                top.node.entries[key] = (key_line, node)

    def _check_tag(self, event: yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent, line: int) -> None:
        if event.tag is not None:
            key = self._stack[-1].key if self._stack else None
            self._complain(
                line, key[1] if key else "", "a type mark (!) is not read here; put text that starts with ! in quotes"
            )

    def _complain(self, line: int, key: str, message: str) -> None:
        parents = [str(part) for part in self._position()]
        place = ".".join([*parents, key] if key else parents)
        self._document.problems.append(Problem(file=self._document.file, key=place, line=line, message=message))

    def _position(self) -> Sequence[str]:
        """Name the containers that are open, as keys are named in problems."""
        parts: list[str] = []
        for level in self._stack[:-1]:
            if level.key is not None:
                parts.append(level.key[1])
            elif level.node.items is not None and parts:
                parts[-1] += f"[#{len(level.node.items) + 1}]"
        return parts


def _events(text: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _UnusableError(line, f"is not valid YAML here: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _UnusableError(line, "holds a control character that YAML does not allow") from None
    except yaml.YAMLError:
        raise _UnusableError(1, "is not valid YAML") from None


def _typed(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text
