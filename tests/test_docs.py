"""The guides say everything that a user can type or read: each command, each hold reason, each key of the file."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import pytest

from engine.kinds import Channel, HoldReason, Mode, ReminderState
from relance.cli import cli
from relance.config.base import Section
from relance.config.schema import RootConfig
from relance.config.schema_books import CSV_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[1]
_FENCED: Final = re.compile(r"^( *)(```+|~~~+)[^\n]*\n(.*?)^\1\2", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"(`+)(.+?)\1")


def guides() -> list[Path]:
    """The pages for users: the README and docs/, without the records of decisions."""
    return [ROOT / "README.md", *sorted(p for p in (ROOT / "docs").rglob("*.md") if "adr" not in p.parts)]


def code() -> str:
    """What the guides print as code; a word of prose that happens to be a key documents nothing."""
    found: list[str] = []
    for page in guides():
        text = page.read_text(encoding="utf-8")
        found += [block[2] for block in _FENCED.findall(text)]
        found += [span[1] for span in _INLINE.findall(_FENCED.sub("", text))]
    return "\n".join(found)


@pytest.fixture(scope="module", name="printed")
def _printed() -> str:
    return code()


def missing(words: Iterator[str] | list[str], pattern: str, printed: str) -> list[str]:
    """List the words that the guides never print as code in the shape `pattern` ({} stands for the word)."""
    return sorted({w for w in words if not re.search(pattern.format(re.escape(w)), printed, re.MULTILINE)})


def sections(base: type[Section]) -> Iterator[type[Section]]:
    for section in base.__subclasses__():
        yield section
        yield from sections(section)


def commands(group: click.Group) -> Iterator[str]:
    """List the commands of a group as they are typed, with those of its own groups."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if command.hidden:
            continue
        yield name
        if isinstance(command, click.Group):
            yield from (f"{name} {inner}" for inner in commands(command))


def test_each_command_is_in_the_guides(printed: str) -> None:
    assert missing(list(commands(cli)), r"\brelance (?:--\S+ \S+ )*{}(?![\w-])", printed) == []


def test_each_hold_reason_is_in_the_guides(printed: str) -> None:
    assert missing([reason.value for reason in HoldReason], r"^{}$", printed) == []


def test_each_key_of_the_configuration_is_in_the_guides(printed: str) -> None:
    assert RootConfig in set(sections(Section))
    keys = list(chain.from_iterable(section.keys() for section in sections(Section)))
    assert len(keys) > 50
    assert missing(keys, r"(?<![\w.]){}(?=:|$)", printed) == []


def test_each_column_of_a_csv_is_in_the_guides(printed: str) -> None:
    assert missing(list(CSV_COLUMNS), r"(?<![\w.]){}(?!\w)", printed) == []


@pytest.mark.parametrize("words", [Mode, Channel, ReminderState], ids=lambda words: words.__name__)
def test_each_word_that_a_script_reads_is_in_the_guides(
    words: type[Mode | Channel | ReminderState], printed: str
) -> None:
    assert missing([word.value for word in words], r"(?<![\w.]){}(?!\w)", printed) == []


def test_each_link_of_the_guides_leads_to_a_file() -> None:
    pages = [*guides(), *(ROOT / "docs" / "adr").glob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    targets = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", _FENCED.sub("", page.read_text(encoding="utf-8")))
        if "://" not in target and not target.startswith("mailto:")
    ]
    assert [f"{page.name}: {target}" for page, target in targets if not (page.parent / target).exists()] == []
