"""The text message that a person sends from a telephone: short enough, and in letters that every telephone knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from engine.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.content import MailContent
    from relance.texts import Wording

LIMIT: Final = 300
LAYOUT: Final = "text_message.txt.j2"
# Typographic signs make each part of a text message less than half as long.
_PLAIN: Final = str.maketrans({"\xa0": " ", "\u202f": " ", "\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"'})
# What names and numbers are cut to, one after the other, until the message is short enough; None leaves them whole.
_CUTS: Final = (None, 60, 30, 16)


def short_text(wording: Wording, content: MailContent, template: str) -> str:
    """Write a text message of at most 300 characters, names and numbers cut where they are too long.

    Raises RenderError where the text is too long all the same.
    """
    text = ""
    for cut in _CUTS:
        text = cast("dict[str, str]", wording.data(_cut(content, cut), template)["parts"])["text"].translate(_PLAIN)
        if len(text) <= LIMIT:
            return text
    raise RenderError(f"template {template}: the text message has {len(text)} characters, {LIMIT} at most")


def task_text(wording: Wording, data: Mapping[str, object], text: str, titles: Mapping[str, str]) -> str:
    """Give what the person reads who sends it: to which numbers, and the text on a line of its own."""
    return wording.templates.page(LAYOUT, {**data, "parts": {"text": text}, "titles": dict(titles)}).strip("\n") + "\n"


def _cut(content: MailContent, most: int | None) -> MailContent:
    if most is None:
        return content
    company = replace(content.company, name=_shortened(content.company.name, most))
    numbers = content.numbers if len(content.numbers) <= most else _shortened(content.numbers, most)
    return replace(content, company=company, numbers=numbers if content.one or numbers == content.numbers else "")


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3].rstrip()}..."
