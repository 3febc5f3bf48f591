"""smtplib's verbs over a reader that trusts no server: a deadline for each whole reply, and strict reply codes."""

from __future__ import annotations

import io
import re
import smtplib
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from _typeshed import WriteableBuffer

# RFC 5321 §4.5.3.1.5 allows 512 octets a reply line; servers write more.
_LONGEST_LINE = 4096
_MOST_LINES = 100
_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


class ReplyError(Exception):
    """What the server said is not a reply of SMTP, so that it means neither yes nor no."""


# What shows that the link cannot be used any more (smtplib's own exceptions are OSErrors too).
LINK_LOST = (OSError, ReplyError)


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until an instant; a server that drips a byte a second cannot hold a run for ever."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self.sock = sock
        self.deadline = 0.0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        remaining = self.deadline - monotonic()
        if remaining <= 0:
            raise TimeoutError("no answer in time")
        self.sock.settimeout(remaining)
        return self.sock.recv_into(buffer)


class StrictReplies(smtplib.SMTP):
    """An SMTP client whose replies come whole, well-formed and in time, or not at all.

    Until `within` is called, the constructor's timeout covers connecting, each write and the whole greeting.
    """

    _reply_timeout: float | None = None
    _raw: _DeadlineReader | None = None
    _lines: io.BufferedReader | None = None

    def within(self, seconds: float) -> None:
        """Give each write, and each whole reply, this long from now on."""
        self._reply_timeout = seconds
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply; raise SMTPServerDisconnected (link broken, or too late) or ReplyError (nonsense)."""
        sock = self.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("the connection broke")
        if self._raw is None or self._lines is None or self._raw.sock is not sock:
            # A new socket has a new reader: what came in clear is never taken for TLS (RFC 3207 §4.2).
            self._raw = _DeadlineReader(sock)
            self._lines = io.BufferedReader(self._raw)
        limit = self.timeout if self._reply_timeout is None else self._reply_timeout
        self._raw.deadline = monotonic() + limit
        try:
            reply = _read_reply(self._lines)
        except ReplyError:
            self.close()
            raise
        except TimeoutError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("no answer in time") from error
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected("the connection broke") from error
        sock.settimeout(limit)
        return reply


def _read_reply(stream: io.BufferedReader) -> tuple[int, bytes]:
    code: bytes | None = None
    texts: list[bytes] = []
    while len(texts) < _MOST_LINES:
        line = stream.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            if len(line) >= _LONGEST_LINE:
                break
            raise ConnectionError("the server closed the connection")
        found = _REPLY.fullmatch(line.rstrip(b"\r\n"))
        if found is None or (code is not None and found[1] != code):
            raise ReplyError("the server's answer is not one of SMTP")
        code = found[1]
        texts.append((found[3] or b"").strip())
        if found[2] != b"-":
            return int(code), b"\n".join(texts)
    raise ReplyError("the server's answer has no end")


class PlainClient(StrictReplies):
    """A connection that begins in clear."""


class TlsClient(StrictReplies, smtplib.SMTP_SSL):
    """A connection that is TLS from its first byte (RFC 8314)."""


def refuse_unfit(content: bytes) -> str:
    """Say why a message may not go over SMTP as it is (RFC 5321 §2.3.8, §4.5.3.1.6), or ""."""
    if not content:
        return "it is empty"
    if content.count(b"\n") != content.count(b"\r\n") or content.count(b"\r") != content.count(b"\r\n"):
        return "it has a line that does not end with CR LF"
    if b"\0" in content:
        return "it has a NUL character"
    if any(len(line) > _LONGEST_CONTENT_LINE for line in content.split(b"\r\n")):
        return f"it has a line of more than {_LONGEST_CONTENT_LINE} characters"
    return ""


_LONGEST_CONTENT_LINE = 998


def stuff(content: bytes) -> bytes:
    """Double the dots that begin a line (RFC 5321 §4.5.2) and end the last line; the final dot is not added."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"
