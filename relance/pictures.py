"""How large a picture is, read from its first bytes: a small file can unfold into more than a memory holds."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# More than any printer makes of a letterhead; unfolded, it takes 64 MB.
LARGEST_PICTURE: Final = 16_000_000

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
# The markers that carry a JPEG's size (every start of frame), and those that stand alone, without a length.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_MARKER: Final = 0xFF


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Give width and height in pixels of a PNG, JPEG or GIF; None where its first bytes do not say."""
    for beginning, read in _READERS.items():
        if content.startswith(beginning):
            try:
                return read(content)
            except (struct.error, IndexError):
                return None
    return None


def is_printable(content: bytes) -> bool:
    """Tell whether a picture says how large it is, and is of a size that a letter can hold."""
    size = picture_size(content)
    return size is not None and 0 < size[0] * size[1] <= LARGEST_PICTURE


def _png(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    while content[at] == _MARKER:
        marker = content[at + 1]
        if marker == _MARKER:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        else:
            at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return None


_READERS: Final[dict[bytes, Callable[[bytes], tuple[int, int] | None]]] = {
    _PNG: _png,
    _JPEG: _jpeg,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
}
