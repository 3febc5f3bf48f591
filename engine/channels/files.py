"""Files that go with a mail: only kinds that are expected, that are what they say, under a harmless name."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from engine.channels.addresses import clean_line
from engine.errors import RenderError

if TYPE_CHECKING:
    from engine.records import Attachment

LARGEST_ATTACHMENT: Final = 10_000_000
_LARGEST_IMAGE: Final = 500_000
_LONGEST_STEM: Final = 80
_PDF: Final = "application/pdf"
_IMAGES: Final = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
}
_IMAGE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,40}(@[A-Za-z0-9.-]{1,60})?")


class UnusableAttachmentError(RenderError):
    """This file is not attached, so the mail is not sent without it; replace the file."""


def attachable_name(filename: str) -> str:
    """Make a file name that no system reads as a path, a command or another type; it ends in .pdf."""
    name = clean_line(unicodedata.normalize("NFC", filename), 10 * _LONGEST_STEM)
    name = re.sub(r'[/\\:*?"<>|;%]+', "-", name)
    stem = re.sub(r"\.pdf$", "", name, flags=re.IGNORECASE).strip(" .-")[:_LONGEST_STEM].rstrip(" .-")
    return f"{stem or 'document'}.pdf"


def check_attachment(attachment: Attachment) -> tuple[str, str]:
    """Give the type and subtype of a document; raise UnusableAttachmentError unless it is a PDF of sane size."""
    if attachment.media_type != _PDF or not attachment.content.startswith(b"%PDF-"):
        raise UnusableAttachmentError(f"{attachment.filename!r} is not a PDF file")
    if len(attachment.content) > LARGEST_ATTACHMENT:
        raise UnusableAttachmentError(f"{attachment.filename!r} has more than {LARGEST_ATTACHMENT // 1_000_000} MB")
    return "application", "pdf"


def check_image(media_type: str, content: bytes, name: str) -> tuple[str, str]:
    """Give the type and subtype of a picture; raise UnusableAttachmentError unless it is what it says."""
    start = _IMAGES.get(media_type)
    if start is None or not content.startswith(start):
        raise UnusableAttachmentError(f"the picture {name!r} is not the PNG, JPEG or GIF that it says it is")
    if len(content) > _LARGEST_IMAGE:
        raise UnusableAttachmentError(f"the picture {name!r} has more than {_LARGEST_IMAGE // 1000} kB")
    if not _IMAGE_NAME.fullmatch(name):
        raise UnusableAttachmentError(f"{name!r} is not a name that HTML can refer to")
    return "image", media_type.partition("/")[2]
