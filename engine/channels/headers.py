"""Header lines written out by ourselves: folded, encoded, and never read again as if a text from the books were syntax.

The library parses the values it is given: an encoded word inside a customer's name is decoded, and a line end hidden in
it has reached the message as a new header (CVE-2024-6923). Here what is not plain ASCII words is encoded, once.
"""

from __future__ import annotations

import re
from email.header import Header
from typing import TYPE_CHECKING, Final, Self

from engine.channels.addresses import Mailbox, clean_line, wire_address

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.policy import Policy

# RFC 2047 §2 limits lines with encoded words to 76; the others follow.
_WIDTH: Final = 76
_LONGEST_NAME: Final = 120
_NEWLINE: Final = "\r\n"
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


class WrittenHeader(str):
    """A header value that is already folded; the library writes it as it is."""

    __slots__ = ("name",)

    name: str

    @classmethod
    def of(cls, name: str, folded: str) -> Self:
        """Take what stands after ``Name: ``, with CR LF and a space where it is folded."""
        value = cls(folded)
        value.name = name
        return value

    def fold(self, *, policy: Policy) -> str:
        """Give the whole line, in the library's protocol of header objects."""
        return f"{self.name}: {self}{policy.linesep}"


def text_header(name: str, text: str) -> WrittenHeader:
    """Write a header of free text that is one clean line."""
    return WrittenHeader.of(name, _encoded(name, text) if _needs_encoding(text) else _fold(name, text.split(" ")))


def identifiers_header(name: str, identifiers: Iterable[str]) -> WrittenHeader:
    """Write message identifiers one a line; the library would encode a long one, and the thread would break."""
    return WrittenHeader.of(name, f"{_NEWLINE} ".join(identifiers))


def mailboxes_header(name: str, mailboxes: Iterable[Mailbox]) -> WrittenHeader:
    """Write addresses, one a line, with their names.

    Raises UnusableAddressError.
    """
    return WrittenHeader.of(name, f",{_NEWLINE} ".join(_mailbox(name, one) for one in mailboxes))


def _mailbox(header: str, mailbox: Mailbox) -> str:
    address = wire_address(mailbox.address)
    name = clean_line(mailbox.name, _LONGEST_NAME)
    if not name:
        return address
    if _needs_encoding(name):
        phrase = _encoded(header, name)
    elif _ATOMS.fullmatch(name):
        phrase = name
    else:
        phrase = '"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"'))
    last_line = f"{header}: {phrase}".rpartition(_NEWLINE)[2]
    room = len(last_line) + len(address) + len(" <>,") <= _WIDTH
    return f"{phrase}{' ' if room else _NEWLINE + ' '}<{address}>"


def _needs_encoding(text: str) -> bool:
    return not text.isascii() or "=?" in text


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=_WIDTH, header_name=name).encode(linesep=_NEWLINE)


def _fold(name: str, words: list[str]) -> str:
    lines = [""]
    used = len(name) + 1
    for word in words:
        if lines[-1] and used + 1 + len(word) > _WIDTH:
            lines.append(word)
            used = len(word)
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
            used += 1 + len(word)
    return f"{_NEWLINE} ".join(lines)
