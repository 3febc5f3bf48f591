"""Where a text says what it says: the file and the line of a block, through all that a text builds on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from jinja2 import TemplateNotFound, nodes

from relance.config.problems import Problem
from relance.templating import PACKAGE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from relance.templating import Templates

_BLOCK: Final = re.compile(r"\{%-?\s*block\s+(\w+)")
_FRAME_ENDINGS: Final = (".txt.j2", ".html.j2")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """One file: its name below `mail/`, its blocks with the line of each, and the texts that it builds on."""

    name: str
    path: str
    source: str
    blocks: dict[str, int]
    parent: str
    referred: frozenset[str]


class Places:
    """Finds places in a company's texts and in the package's own under them."""

    def __init__(self, templates: Templates, overrides: Sequence[Path]) -> None:
        self._templates = templates
        self._overrides = overrides
        self._read: dict[str, TextFile] = {}

    def problem(self, template: str, block: str, message: str, words: str = "") -> Problem:
        """Make a problem point at the line of some words, else of a block, else at the message's own file."""
        chain = [*self._chain(template)]
        searched = [file for file in chain if block in file.blocks] or chain
        wanted = re.compile(r"\s+".join(re.escape(word) for word in words.split()), re.IGNORECASE) if words else None
        for file in searched:
            plain = file.source.replace("'", "\u2019")
            found = wanted.search(plain, _start_of(plain, file.blocks.get(block, 1))) if wanted else None
            if found:
                line = plain.count("\n", 0, found.start()) + 1
                return Problem(file=file.path, key="", line=line, message=message)
        file = searched[0]
        return Problem(file=file.path, key="", line=file.blocks.get(block, 1), message=message)

    def own_files(self) -> list[TextFile]:
        """List the files of the overrides."""
        roots = [folder / "mail" for folder in self._overrides]
        paths = [(root, path) for root in roots for path in sorted(root.rglob("*.j2"))]
        return [self._parsed(path.relative_to(root).as_posix(), path) for root, path in paths]

    def is_own(self, name: str) -> bool:
        """Tell whether an override takes the place of one of the package's files."""
        return any((folder / "mail" / name).is_file() for folder in self._overrides)

    def file_of(self, name: str) -> str:
        """Give the file that a template is read from."""
        return self._file(name).path

    def packaged_blocks(self) -> set[str]:
        """List every block that one of the package's texts has."""
        return {block for _, source in self._packaged for block in _BLOCK.findall(source)}

    def packaged_names(self) -> set[str]:
        """List the names of the package's own files, without folder and ending."""
        return {name.rpartition("/")[2].removesuffix(".j2") for name, _ in self._packaged}

    def referred(self) -> set[str]:
        """List the names of texts that an override builds on or includes, without folder and ending."""
        names = {name for file in self.own_files() for name in file.referred}
        return {name.rpartition("/")[2].removesuffix(".j2") for name in names}

    def frames(self) -> str:
        """Give the sources of all frames, one after the other."""
        every = [*self._packaged, *((file.name, file.source) for file in self.own_files())]
        return "\n".join(source for name, source in every if name.endswith(_FRAME_ENDINGS))

    @cached_property
    def _packaged(self) -> list[tuple[str, str]]:
        root = files("templates") / "mail"
        return [(name, found.read_text(encoding="utf-8")) for name, found in _below(root, "")]

    def _chain(self, template: str) -> Iterator[TextFile]:
        """Go from a message through all that it extends."""
        seen: set[str] = set()
        name = template
        while name and name not in seen:
            seen.add(name)
            file = self._file(name)
            yield file
            name = file.parent

    def _file(self, name: str) -> TextFile:
        if name not in self._read:
            for place in self._places(name):
                if place.is_file():
                    self._read[name] = self._parsed(name.removeprefix(PACKAGE_PREFIX), place)
                    break
            else:
                raise TemplateNotFound(name)
        return self._read[name]

    def _places(self, name: str) -> list[Traversable]:
        parts = name.removeprefix(PACKAGE_PREFIX).split("/")
        every = self._templates.loader.places()
        return [folder.joinpath(*parts) for folder in (every[-1:] if name.startswith(PACKAGE_PREFIX) else every)]

    def _parsed(self, name: str, place: Traversable) -> TextFile:
        source = place.read_text(encoding="utf-8")
        tree = self._templates.parse(source, name)
        extended = [_named(node) for node in tree.find_all(nodes.Extends)]
        included = [_named(node) for node in tree.find_all(nodes.Include)]
        return TextFile(
            name=name,
            path=str(place),
            source=source,
            blocks={node.name: node.lineno for node in tree.find_all(nodes.Block)},
            parent=extended[0] if extended else "",
            referred=frozenset({*extended, *included}),
        )


def _named(node: nodes.Extends | nodes.Include) -> str:
    return str(node.template.value) if isinstance(node.template, nodes.Const) else ""


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".j2"):
            yield f"{prefix}{entry.name}", entry


def _start_of(source: str, line: int) -> int:
    return sum(len(one) + 1 for one in source.split("\n")[: line - 1])
