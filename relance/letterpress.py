"""The press: a letter's words set by typst into a PDF; the same words on the same day give the same bytes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, cast

import typst

from engine.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

# No letter is anywhere near it; a mail server or a print shop would refuse more.
LARGEST_LETTER: Final = 10_000_000

# One compiler keeps what it has read of the layout and the fonts; it sets one letter at a time.
_ONE_AT_A_TIME: Final = Lock()


def print_letter(layout: Mapping[str, object], day: date) -> bytes:
    """Set a letter of a day; raise RenderError where typst cannot.

    The words go in as one JSON text, which the layout only prints: nothing in them is ever read as markup. The fonts
    are typst's own, whatever the machine has, and no clock is read.
    """
    dated = datetime.combine(day, time(), tzinfo=UTC)
    try:
        return _set(layout, dated)
    except typst.TypstError as error:
        if layout.get("logo") is None:
            raise RenderError(f"the letter could not be set: {error.message}") from error
    # A picture that says it is one and is none: the name alone heads the letter then.
    try:
        return _set({**layout, "logo": None}, dated)
    except typst.TypstError as error:
        raise RenderError(f"the letter could not be set: {error.message}") from error


def _set(layout: Mapping[str, object], dated: datetime) -> bytes:
    words = json.dumps(layout, ensure_ascii=False, separators=(",", ":"))
    with _ONE_AT_A_TIME:
        made = _compiler().compile(format="pdf", sys_inputs={"data": words}, timestamp=dated)
    pdf = cast("bytes", made)
    if len(pdf) > LARGEST_LETTER:
        raise RenderError(f"the letter has more than {LARGEST_LETTER // 1_000_000} MB: make the logo smaller")
    return pdf


@cache
def _compiler() -> typst.Compiler:
    layout = Path(str(files("templates") / "letter" / "letter.typ"))
    return typst.Compiler(layout, root=layout.parent, ignore_system_fonts=True)
