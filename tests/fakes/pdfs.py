"""What a PDF says and where, read by a library that knows nothing of how it was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

import pypdfium2
from pdfminer.high_level import extract_pages, extract_text
from pdfminer.layout import LTTextContainer, LTTextLine
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

_MM: Final = 72 / 25.4
_A4_HEIGHT: Final = 297.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text and the box it takes, in millimetres from the top left corner of its page (1 is the first)."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float


def words_of(pdf: bytes) -> str:
    """Give all text with plain single spaces, soft breaks and ligatures undone."""
    return _plain(extract_text(BytesIO(pdf)))


def pages_of(pdf: bytes) -> list[str]:
    """Give the text of each page."""
    return [_plain(page) for page in extract_text(BytesIO(pdf)).split("\f")[:-1]]


def lines_of(pdf: bytes) -> list[Line]:
    """Give every line of text with its place."""
    return [_line(number, line) for number, page in enumerate(extract_pages(BytesIO(pdf)), 1) for line in _lines(page)]


def fonts_of(pdf: bytes) -> dict[str, bool]:
    """Give the fonts that the pages use, and whether each lies in the file."""
    found: dict[str, bool] = {}
    for page in PDFPage.create_pages(PDFDocument(PDFParser(BytesIO(pdf)))):
        fonts = resolve1(resolve1(page.resources)["Font"])
        for one in fonts.values():
            font = resolve1(one)
            for descendant in resolve1(font.get("DescendantFonts", [font])):
                about = resolve1(resolve1(descendant)["FontDescriptor"])
                found[str(about["FontName"])] = any(name in about for name in ("FontFile", "FontFile2", "FontFile3"))
    return found


def picture_of(pdf: bytes, page: int = 1) -> Image:
    """Draw a page as a scanner at 200 dots an inch would see it."""
    document = pypdfium2.PdfDocument(pdf)
    drawn: Image = document[page - 1].render(scale=200 / 72).to_pil()
    document.close()
    return drawn


def _lines(container: object) -> Iterator[LTTextLine]:
    if isinstance(container, LTTextLine):
        yield container
    elif isinstance(container, LTTextContainer) or hasattr(container, "__iter__"):
        for child in container:
            yield from _lines(child)


def _line(page: int, line: LTTextLine) -> Line:
    return Line(
        page=page,
        text=_plain(line.get_text()),
        left=line.x0 / _MM,
        top=_A4_HEIGHT - line.y1 / _MM,
        right=line.x1 / _MM,
        bottom=_A4_HEIGHT - line.y0 / _MM,
    )


def _plain(text: str) -> str:
    for ligature, letters in {"ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "\u200b": ""}.items():
        text = text.replace(ligature, letters)
    return re.sub(r"\s+", " ", text).strip()
