"""What is wrong with texts beyond their grammar: mentions that are missing, words that are forbidden, links that lead astray."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from engine.compose import BEFORE_DUE
from relance.config.problems import Problem
from relance.config.values import closest
from relance.template_audit import audit_page, foreign_links
from relance.template_check import (
    MESSAGES,
    check_everything,
    check_templates,
    languages_of,
    touched,
    with_texts,
)
from relance.template_mentions import missing_mentions
from relance.template_phrases import AGAINST_PUBLIC, BETWEEN_BUSINESSES, DEBT_WORDS, PHRASES, SHOUTED
from relance.template_places import Places
from relance.texts import HTML_LAYOUT, Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.content import MailContent
    from relance.template_check import Rendered

# Said by whoever calls, never read by the customer.
_SPOKEN: Final = frozenset({"call"})
# What frames show of a message without naming each block.
_OPEN: Final = re.compile(r"\b(?:parts|paragraphs)\.([a-z_]+)")
_LABEL: Final = "label_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What is wrong (`errors`, found by `relance check` too), and what a careful writer would mend (`advice`)."""

    errors: tuple[Problem, ...]
    advice: tuple[Problem, ...] = ()


def lint_texts(
    overrides: Sequence[Path] = (),
    wanted: Iterable[str] = (),
    *,
    hosts: frozenset[str] | None = None,
    languages: set[str] | None = None,
) -> Linted:
    """Lint a company's texts, in some languages or all (None), the package's own under them included.

    `wanted` are the templates that levels name; `hosts` the hosts that a text may link to (None: any). Where texts do
    not compile or render, that is told alone.
    """
    wanted = sorted(set(wanted) - {""})
    wording = Wording(overrides)
    places = Places(wording.templates, overrides)
    found: list[tuple[bool, Problem]] = []
    longest: dict[str, int] = {}

    def read(rendered: Rendered) -> None:
        found.extend(_read(places, rendered))
        # The longest page of a message says the most; the shorter ones have nothing that it has not.
        if len(rendered.page) > longest.get(rendered.template, 0):
            longest[rendered.template] = len(rendered.page)
            found.extend(_page(places, rendered.page))

    broken = check_everything(overrides, wanted, languages=languages, read=read)
    if broken:
        return Linted(errors=tuple(broken))
    errors = [*_strange_blocks(wording, places), *_astray(places, hosts), *(one for is_error, one in found if is_error)]
    advice = [*_unread(wording, places, wanted), *(one for is_error, one in found if not is_error)]
    return Linted(errors=_in_order(errors), advice=_in_order(advice))


def check_texts(
    overrides: Sequence[Path] = (), wanted: Iterable[str] = (), *, hosts: frozenset[str] | None = None
) -> tuple[Problem, ...]:
    """Give the errors alone, in the languages that the overrides touch: the package's own texts were linted when it was made."""
    own, named = with_texts(overrides), set(wanted) - {"", *MESSAGES}
    if not own:
        return tuple(check_templates((), named))
    return lint_texts(own, named, hosts=hosts, languages=None if named else touched(own)).errors


def _in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.line or 0, one.message)))


def _read(places: Places, rendered: Rendered) -> Iterator[tuple[bool, Problem]]:
    """Read a message as its customer would."""
    content, template = rendered.content, rendered.template
    blocks = cast("dict[str, str]", rendered.data["parts"])
    yield from _phrases(blocks, places, template, rendered.name, content)
    if rendered.text and rendered.name not in _SPOKEN:
        yield from _missing(rendered.text, blocks, places, template, content)


def _page(places: Places, page: str) -> Iterator[tuple[bool, Problem]]:
    for message in audit_page(page):
        yield True, Problem(file=places.file_of(HTML_LAYOUT), key="", line=1, message=message)


def _phrases(
    blocks: Mapping[str, str], places: Places, template: str, name: str, content: MailContent
) -> Iterator[tuple[bool, Problem]]:
    told = {block: text for block, text in blocks.items() if not block.startswith(_LABEL)}
    if name == BEFORE_DUE:
        # No plan has charges there; the made-up content has.
        told.pop("charges", None)
    for block, text in told.items():
        for phrase in PHRASES.get(template.partition("/")[0], ()):
            found = phrase.words.search(text)
            if found and (not phrase.messages or name in phrase.messages):
                message = f"“{found[0]}” {phrase.reason}"
                yield True, places.problem(template, block, message, found[0])
        if found := SHOUTED.search(text):
            yield False, places.problem(template, block, f"“{found[0]}” shouts", found[0])
    if content.customer.is_consumer and content.by_mail and (found := DEBT_WORDS.search(blocks.get("subject", ""))):
        message = f"“{found[0]}” in the subject of a mail to a consumer tells of the debt"
        yield True, places.problem(template, "subject", message, found[0])
    for applies, words, reason in (
        (content.customer.is_public, AGAINST_PUBLIC, "does not exist against a public body"),
        (content.customer.is_consumer, BETWEEN_BUSINESSES, "is owed between businesses only, never by a consumer"),
    ):
        for block, text in told.items() if applies else ():
            if found := words.search(text):
                yield True, places.problem(template, block, f"“{found[0]}” {reason}", found[0])


def _missing(
    text: str, blocks: Mapping[str, str], places: Places, template: str, content: MailContent
) -> Iterator[tuple[bool, Problem]]:
    for mention in missing_mentions(text, blocks, content):
        frame = mention.frame if mention.frame and places.is_own(mention.frame) else ""
        if frame:
            yield mention.needed, Problem(file=places.file_of(frame), key="", line=1, message=mention.message)
        else:
            yield mention.needed, places.problem(template, mention.block, mention.message)


def _strange_blocks(wording: Wording, places: Places) -> Iterator[Problem]:
    """Find blocks that nothing shows: a slip in a name loses a whole paragraph without a word."""
    known = places.packaged_blocks() | set(_OPEN.findall(places.frames()))
    for file in places.own_files():
        for block, line in file.blocks.items():
            if block not in known and not wording.templates.loader.has(f"relance/{file.name}"):
                advice = closest(block, known)
                yield Problem(file=file.path, key="", line=line, message=f"nothing shows the block {block}{advice}")


def _astray(places: Places, hosts: frozenset[str] | None) -> Iterator[Problem]:
    for file in places.own_files():
        for line, message in foreign_links(file.source, hosts):
            yield Problem(file=file.path, key="", line=line, message=message)


def _unread(wording: Wording, places: Places, wanted: Sequence[str]) -> Iterator[Problem]:
    """Find files that no message ever reads."""
    languages = set(languages_of(wording))
    known = {*MESSAGES, *wanted} | places.packaged_names() | places.referred()
    for file in places.own_files():
        language, _, rest = file.name.partition("/")
        if rest and language not in languages:
            message = f"nobody is written to in {language}: add mail/{language}/labels.j2, or correct the folder's name"
        elif file.name.rpartition("/")[2].removesuffix(".j2") not in known:
            message = "no level names this text, and no other text builds on it"
        else:
            continue
        yield Problem(file=file.path, key="", line=None, message=message)
