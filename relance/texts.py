"""Composed content put through a company's templates: paragraphs, plain text, HTML."""

from __future__ import annotations

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Final, cast

from css_inline import CSSInliner, InlineError

from engine.content import as_data
from engine.errors import RenderError
from engine.kinds import Channel
from engine.wording import elided
from relance.templating import PACKAGE_PREFIX, WRITTEN, Templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from engine.content import MailContent
    from engine.digest_text import DailyDigestText, OwnerDigestText
    from engine.kinds import AddressForm

FALLBACK_LANGUAGE: Final = "en"

HTML_LAYOUT: Final = "layout.html.j2"

# What a person posts or says has a layout of its own.
LAYOUTS: Final = {
    Channel.LETTER: "letter.txt.j2",
    Channel.REGISTERED_LETTER: "letter.txt.j2",
    Channel.CALL: "call.txt.j2",
}

# What a folder of a company's own texts may hold.
_KINDS: Final = ("mail", "letter")

_TEXT_WIDTH: Final = 76
# Only plain white space folds: a no-break space is there to stay.
_FOLDABLE: Final = re.compile(r"[ \t\r\n]+")
# What a reader copies into a terminal.
_COMMAND: Final = re.compile(r"\s+relance ")
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")


class Wording:
    """Puts composed content through the templates of one company."""

    def __init__(self, overrides: Sequence[Path] = ()) -> None:
        self.templates = Templates(overrides)
        self.letters = Templates(overrides, "letter")
        self._inliner = CSSInliner(load_remote_stylesheets=False)

    def language_for(self, wanted: str) -> str:
        """Give the language a customer is written to in: theirs where there are texts in it, else English."""
        known = self.templates.loader.has(f"{_base(wanted)}/labels.j2")
        return wanted if known else FALLBACK_LANGUAGE

    def language_of(self, wanted: str, name: str) -> str:
        """Give the language of one message: the customer's where it is written in it, else English."""
        language = self.language_for(wanted)
        base = _base(language)
        written = (f"{base}/vous/{name}.j2", f"{base}/{name}.j2")
        return language if any(map(self.templates.loader.has, written)) else FALLBACK_LANGUAGE

    def message(self, language: str, form: AddressForm, name: str) -> str:
        """Find a message's template: for the form of address, else the one with "vous", else the language's own."""
        base = _base(language)
        candidates = (f"{base}/{form.value}/{name}.j2", f"{base}/vous/{name}.j2", f"{base}/{name}.j2")
        found = next((one for one in candidates if self.templates.loader.has(one)), None)
        if found is None:
            raise RenderError(f"there is no template {name} in the language {base}: add mail/{candidates[0]}")
        return found

    def data(self, content: MailContent | OwnerDigestText | DailyDigestText, template: str) -> dict[str, object]:
        """Render a message's blocks and put them beside the content, as the layouts need both."""
        plain = cast("dict[str, object]", as_data(content))
        blocks = self.templates.parts(template, plain)
        return {
            **plain,
            "parts": {name: elided(_folded(text), content.language) for name, text in blocks.items()},
            "paragraphs": {
                name: [elided(paragraph, content.language) for paragraph in _paragraphs(text)]
                for name, text in blocks.items()
            },
        }

    def text(self, data: Mapping[str, object], layout: str = "layout.txt.j2") -> str:
        """Lay the plain text out, wrapped for any screen."""
        return _wrapped(elided(self.templates.page(layout, data), str(data.get("language", ""))))

    def html(self, data: Mapping[str, object], layout: str = HTML_LAYOUT) -> str:
        """Lay the HTML out, its styles inlined since many mail programs drop style sheets."""
        page = elided(self.templates.page(layout, data), str(data.get("language", "")))
        try:
            return self._inliner.inline(page)
        except InlineError as error:
            raise RenderError(f"{layout}: {error}") from error

    def letter_words(self, name: str, data: Mapping[str, object]) -> dict[str, str]:
        """Render the words that only letters need: `labels` on the sheet, `tasks` for who posts it; English where a language has none."""
        base = _base(str(data["language"]))
        found = base if self.letters.loader.has(f"{base}/{name}.j2") else FALLBACK_LANGUAGE
        ours = f"{PACKAGE_PREFIX}{base if base in WRITTEN else FALLBACK_LANGUAGE}/{name}.j2"
        # Words of a company's own may leave some out: a letter never lacks one.
        blocks = {**self.letters.parts(ours, data), **self.letters.parts(f"{found}/{name}.j2", data)}
        return {block: _folded(text) for block, text in blocks.items()}

    def task_titles(self, content: MailContent) -> dict[str, str]:
        """Say what a person is to do, for each channel; "formal" is a formal notice's."""
        return self.task_words(content.language, cast("dict[str, object]", as_data(content)))

    def task_words(self, language: str, data: Mapping[str, object]) -> dict[str, str]:
        """Give the words of a task in a language; what a folder of texts does not say yet, in English."""
        words: dict[str, str] = {}
        for known in dict.fromkeys((FALLBACK_LANGUAGE, _base(language))):
            blocks = self.templates.parts(f"{known}/tasks.j2", data)
            words |= {name: elided(_folded(text), known) for name, text in blocks.items()}
        return words


@cache
def _packaged() -> Wording:
    """Share the package's own texts among companies; unlike a folder, they cannot change while the process runs."""
    return Wording()


def wording_of(overrides: Sequence[Path]) -> Wording:
    """Give the texts of a company whose folders may or may not exist."""
    own = [folder for folder in overrides if any((folder / kind).is_dir() for kind in _KINDS)]
    return Wording(own) if own else _packaged()


def _base(language: str) -> str:
    return re.split(r"[-_]", language.lower(), maxsplit=1)[0]


def _folded(text: str) -> str:
    return _FOLDABLE.sub(" ", text).strip(" ")


def _paragraphs(text: str) -> list[str]:
    return [folded for part in _PARAGRAPH.split(text) if (folded := _folded(part))]


def _wrapped(page: str) -> str:
    lines = [wrapped for line in page.splitlines() for wrapped in _fit(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def _fit(line: str) -> Iterable[str]:
    """Wrap one line under its own indent; an address stays whole, a command too, and the mark above a signature."""
    if line == "-- ":
        return [line]
    bare = line.rstrip(" ")
    if len(bare) <= _TEXT_WIDTH or "https://" in bare or _COMMAND.match(bare):
        return [bare]
    start = bare[: len(bare) - len(bare.lstrip(" "))]
    hanging = f"{start}  " if start or bare.startswith("- ") else start
    return textwrap.wrap(bare, _TEXT_WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
