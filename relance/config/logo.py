"""The company's logo, read as mails embed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.creditor import Logo
from engine.errors import RelanceError

if TYPE_CHECKING:
    from pathlib import Path

MAX_LOGO_BYTES: Final = 500_000

_PICTURES: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


class LogoError(RelanceError):
    """The company's logo cannot be used: the file is missing, too large, or no picture that mail programs show."""


def read_logo(path: Path) -> Logo:
    """Read a logo; raise LogoError when it is missing, larger than MAX_LOGO_BYTES, or not a PNG, JPEG or GIF."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_LOGO_BYTES + 1)
    except OSError as error:
        raise LogoError(f"the logo {path} cannot be read: {error.strerror}") from error
    if len(content) > MAX_LOGO_BYTES:
        raise LogoError(f"the logo {path} is larger than {MAX_LOGO_BYTES // 1000} kB: make it smaller")
    for beginning, media_type in _PICTURES.items():
        if content.startswith(beginning):
            return Logo(content=content, media_type=media_type)
    raise LogoError(f"the logo {path} is not a PNG, JPEG or GIF picture")
