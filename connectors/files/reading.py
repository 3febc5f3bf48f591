"""Bytes of exported files: encodings, damage that makes a file unreadable, and plain words to compare by."""

from __future__ import annotations

import codecs
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from engine.errors import BooksUnreadableError

if TYPE_CHECKING:
    from pathlib import Path

UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_C1_CONTROLS: Final = re.compile(rb"[\x80-\x9f]")
_NOT_ALNUM: Final = re.compile(r"[^0-9a-z]+")


def legacy_text(data: bytes) -> str:
    """Decode bytes that are not UTF-8: Windows-1252 where a byte says so, else ISO 8859-15 (arrêté of 29 July 2013).

    ISO 8859-15 has only control characters from 80 to 9F; Windows-1252 puts its euro, its oe and its quotes there.
    """
    if _C1_CONTROLS.search(data):
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            pass
    return data.decode("iso8859-15")


def lenient_text(data: bytes) -> str:
    """Decode a field as UTF-8, else as what French accounting packages write before UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return legacy_text(data)


def file_text(path: Path, encoding: str = "auto") -> str:
    """Read a whole text file; raise BooksUnreadableError with what to do where it is no text in a known encoding."""
    data = file_bytes(path)
    if data.startswith(UTF16_MARKS):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    refuse_nul(data if encoding != "utf-16" else b"", path)
    try:
        if encoding == "auto":
            return lenient_text(data)
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BooksUnreadableError(
            f"{path.name} is not {error.encoding} at byte {error.start}: export it again, as UTF-8 where you can choose"
        ) from error
    except LookupError as error:
        raise BooksUnreadableError(f"{encoding!r} is no encoding; use auto, utf-8, cp1252 or iso8859-15") from error


def file_bytes(path: Path) -> bytes:
    """Read a file, or say why it cannot be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BooksUnreadableError(f"{path} does not exist: export it there, or correct the path in config") from error
    except OSError as error:
        raise BooksUnreadableError(
            f"{path} cannot be read ({error.strerror}): check the path and its rights"
        ) from error
    if not data.strip(b"\r\n\t \x1a"):
        raise BooksUnreadableError(f"{path.name} is empty: export it again")
    return data


def refuse_nul(data: bytes, path: Path) -> None:
    """Raise BooksUnreadableError where there are NUL bytes, which no text export has."""
    if b"\0" in data:
        raise BooksUnreadableError(
            f"{path.name} holds NUL bytes: it is damaged, or no text file (a spreadsheet, an archive, UTF-16 without"
            " its mark); export it again as text"
        )


def plain(text: str) -> str:
    """Give lower-case letters and digits only, without accents: what two spellings of a word have in common."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return _NOT_ALNUM.sub("", decomposed)


def one_line(text: str) -> str:
    """Strip, and make every run of spaces of any kind one space."""
    return " ".join(text.split())
