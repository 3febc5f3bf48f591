"""An answer's body taken off the wire: decompressed while it comes, and never more of it than allowed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK: Final = 64 * 1024
# The window of gzip (RFC 1952), and of gzip or zlib whichever comes: some call zlib "deflate", as RFC 9110 does.
GZIP: Final = 16 + zlib.MAX_WBITS
_ZLIB: Final = 32 + zlib.MAX_WBITS
_WINDOWS: Final = {"gzip": GZIP, "x-gzip": GZIP, "deflate": _ZLIB}
_MAGIC: Final = b"\x1f\x8b"


class TooBigError(Exception):
    """The body is bigger than allowed."""


class BrokenBodyError(Exception):
    """The body cannot be decompressed, ends too early, or is coded in a way that nobody asked for."""


def whole(chunks: Iterable[bytes], coding: str, most: int) -> bytes:
    """Join a body; raises TooBigError beyond `most` bytes, counted after decompression, and BrokenBodyError."""
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        parts: Iterable[bytes] = chunks
    elif coding in _WINDOWS:
        parts = inflated(chunks, _WINDOWS[coding])
    else:
        raise BrokenBodyError("it is coded in a way that was not asked for")
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > most:
            raise TooBigError
    return bytes(body)


def inflated(chunks: Iterable[bytes], window: int) -> Iterator[bytes]:
    """Decompress in pieces of at most CHUNK bytes, whatever a small piece swells to; `window` as zlib means it."""
    inflating = zlib.decompressobj(window)
    begun = False
    for chunk in chunks:
        begun = begun or bool(chunk)
        rest = chunk
        while rest:
            if inflating.eof:
                # A file of several members (RFC 1952 §2.2); anything else behind the end is padding.
                if window != GZIP or not rest.startswith(_MAGIC):
                    return
                inflating = zlib.decompressobj(window)
            try:
                yield inflating.decompress(rest, CHUNK)
            except zlib.error:
                raise BrokenBodyError("it cannot be decompressed") from None
            rest = inflating.unconsumed_tail or inflating.unused_data
    if begun and not inflating.eof:
        raise BrokenBodyError("it ends before its end")
