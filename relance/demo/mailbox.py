"""A mail server on loopback that keeps what it takes as files: one .eml and one .html a mail."""

from __future__ import annotations

import email
import email.policy
import re
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

_HOST = "127.0.0.1"
_UNSAFE = re.compile(r"[^a-z0-9.@-]+")


class Mailbox:
    """Files each mail it is handed; `day` is the simulated day that the file's name carries.

    `message_ids` are those of the mails taken, in order: what the mail server itself saw.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.day = ""
        self.message_ids: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        """File one mail and accept it."""
        to = _UNSAFE.sub("-", envelope.rcpt_tos[0].lower())
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        mail = email.message_from_bytes(content, policy=email.policy.default)
        self.message_ids.append(str(mail["Message-ID"]))
        name = f"{len(self.message_ids):03d}-{self.day}-{to}"
        (self.folder / f"{name}.eml").write_bytes(content)
        html = mail.get_body(("html",))
        if html is not None:
            (self.folder / f"{name}.html").write_text(html.get_content(), encoding="utf-8")
        return f"250 2.0.0 filed as {name}"


@contextmanager
def open_mailbox(folder: Path) -> Iterator[tuple[Mailbox, int]]:
    """Run the server while the demonstration lasts; give the mailbox and its port."""
    mailbox = Mailbox(folder)
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port = int(probe.getsockname()[1])
    controller = Controller(mailbox, hostname=_HOST, port=port, ready_timeout=10)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()
