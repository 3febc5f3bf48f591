"""A scripted SMTP server on loopback (RFC 5321); its own log of what it accepted is the oracle of the sending tests.

In a test::

    with SmtpServer(faults=[answer(Step.RCPT, "550 5.1.1 no such user")]) as server: ...

For another process: ``python -m tests.fakes.smtp_server --port-file F --log DIR``. Each accepted message is then a
file in DIR, on disk before its 250 is sent; ``DIR/log.jsonl`` tells the envelopes.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import contextlib
import json
import os
import re
import signal
import socket
import socketserver
import struct
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

# A handler never outlives a forgotten client by more than this.
_PATIENCE_SECONDS = 20.0


class Step(StrEnum):
    """Where a fault strikes."""

    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"  # after the 220 to STARTTLS, or at once on a TLS port
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"  # the first bytes of the message have come
    DOT = "dot"  # the whole message has come, the answer has not been given
    RSET = "rset"
    NOOP = "noop"
    QUIT = "quit"


class Act(StrEnum):
    """What a fault does."""

    ANSWER = "answer"
    RESET = "reset"
    ACCEPT_RESET = "accept-reset"  # DOT only: the message is taken, then the link breaks before the answer
    CLOSE_AFTER = "close-after"  # answer as usual, then close
    SILENCE = "silence"
    ACCEPT_SILENCE = "accept-silence"
    DRIP = "drip"  # an endless answer, one byte now and then
    LATE = "late"  # the usual answer, after `seconds`


@dataclass(slots=True, kw_only=True)
class Fault:
    """One misbehaviour: at which step, after how many good passes, how often, and (RCPT) for which address."""

    step: Step
    act: Act
    reply: bytes = b""
    skip: int = 0
    times: int = 1_000_000
    match: bytes = b""
    seconds: float = 0.0


def answer(step: Step, reply: str, *, skip: int = 0, times: int = 1_000_000, match: str = "") -> Fault:
    """Answer so, whatever would be right; a 4xx or 5xx to the dot means not accepted, a 2xx accepted."""
    return Fault(
        step=step, act=Act.ANSWER, reply=reply.encode("latin-1"), skip=skip, times=times, match=match.encode("ascii")
    )


def misbehave(act: Act, step: Step, *, skip: int = 0, times: int = 1_000_000, seconds: float = 0.0) -> Fault:
    """Break in some other way."""
    return Fault(step=step, act=act, skip=skip, times=times, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A message the server took the responsibility for; `content` is byte-exact, dot-stuffing undone."""

    session: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    parameters: str
    tls: bool
    user: str


@dataclass(slots=True, kw_only=True)
class Session:
    """One connection: the lines sent as commands, the part of a content that never ended, and whether the client closed."""

    number: int
    commands: list[str] = field(default_factory=list)
    unfinished: bytes = b""
    client_left: bool = False
    tls: bool = False
    user: str = ""

    def verbs(self) -> list[str]:
        """List the verbs only."""
        return [line.split(" ", 1)[0].upper() for line in self.commands]


class _HangUpError(Exception):
    """Stop serving this connection."""


class SmtpServer:
    """The server: construct, enter, point a client at `port`, leave; then read `accepted` and `sessions`."""

    def __init__(
        self,
        *,
        faults: Iterable[Fault] = (),
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        offer_starttls: bool = True,
        users: dict[str, str] | None = None,
        mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN"),
        size: int | None = None,
        eight_bit: bool = True,
        smtputf8: bool = False,
        log: Path | None = None,
        port: int = 0,
    ) -> None:
        self.faults = list(faults)
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.offer_starttls = offer_starttls
        self.users = users
        self.mechanisms = mechanisms
        self.size = size
        self.eight_bit = eight_bit
        self.smtputf8 = smtputf8
        self.log = log
        self.accepted: list[Accepted] = []
        self.sessions: list[Session] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._passes: dict[int, int] = {}
        self._live: list[tuple[threading.Thread, socket.socket]] = []
        self._stored = 0
        if log is not None:
            log.mkdir(parents=True, exist_ok=True)
            self._stored = len(list(log.glob("*.eml")))
        self._listener = _Listener(("127.0.0.1", port), self)
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop listening, break what is still connected, wait for the handlers to have written their log."""
        self.stopping.set()
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
        for _, sock in self._live:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.settle()

    def settle(self) -> None:
        """Wait until every connection that the client has left is wholly logged."""
        for thread, _ in list(self._live):
            thread.join(_PATIENCE_SECONDS)

    def verbs(self) -> list[str]:
        """List the verbs of all sessions in order."""
        return [verb for session in self.sessions for verb in session.verbs()]

    def due_fault(self, step: Step, line: bytes) -> Fault | None:
        """Find the fault that strikes now, counting the passes of each."""
        with self._lock:
            for number, fault in enumerate(self.faults):
                if fault.step is not step or fault.match.lower() not in line.lower():
                    continue
                seen = self._passes.get(number, 0)
                self._passes[number] = seen + 1
                if fault.skip <= seen < fault.skip + fault.times:
                    return fault
        return None

    def open_session(self, sock: socket.socket) -> Session:
        """Begin the log of a connection."""
        with self._lock:
            self._live.append((threading.current_thread(), sock))
            session = Session(number=len(self.sessions) + 1)
            self.sessions.append(session)
        return session

    def accept(self, message: Accepted) -> None:
        """Take a message: durable first where there is a folder, then in the log."""
        with self._lock:
            self._stored += 1
            if self.log is not None:
                _store(self.log, self._stored, message)
            self.accepted.append(message)


def _store(folder: Path, number: int, message: Accepted) -> None:
    """Write a message so that it survives anything once this returns."""
    partial, final = folder / f".{number:06d}.part", folder / f"{number:06d}.eml"
    with partial.open("wb") as file:
        file.write(message.content)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(final)
    envelope = {"file": final.name, "from": message.sender, "to": message.recipients, "user": message.user}
    with (folder / "log.jsonl").open("a", encoding="ascii") as file:
        file.write(json.dumps(envelope) + "\n")
        file.flush()
        os.fsync(file.fileno())
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], owner: SmtpServer) -> None:
        self.owner = owner
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet: a client that vanishes is what these tests are about."""


class _Handler(socketserver.BaseRequestHandler):
    """One connection."""

    def handle(self) -> None:
        listener = self.server
        assert isinstance(listener, _Listener)
        sock = self.request
        assert isinstance(sock, socket.socket)
        sock.settimeout(_PATIENCE_SECONDS)
        conversation = _Conversation(listener.owner, sock)
        with contextlib.suppress(_HangUpError, OSError):
            conversation.run()
        conversation.finish()


class _Conversation:
    """The server's side of RFC 5321, with faults."""

    def __init__(self, server: SmtpServer, sock: socket.socket) -> None:
        self.server = server
        self.sock = sock
        self.session = server.open_session(sock)
        self.buffer = b""
        self.greeted = False
        self.sender: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []
        self.content: bytearray | None = None

    def finish(self) -> None:
        """Log what a content without end held, and close."""
        if self.content is not None:
            self.session.unfinished = bytes(self.content)
        with contextlib.suppress(OSError):
            self.sock.close()

    def run(self) -> None:
        if self.server.implicit_tls:
            self.start_tls()
        self.reply(Step.BANNER, b"220 mail.example ESMTP")
        while True:
            line = self.read_line()
            text = line.decode("latin-1").rstrip("\r\n")
            self.session.commands.append(text)
            if not line.endswith(b"\r\n"):
                self.send(b"500 5.5.2 lines end with CR LF")
                continue
            verb, _, rest = text.partition(" ")
            handler = getattr(self, f"do_{verb.lower()}", None)
            if handler is None:
                self.send(b"500 5.5.1 unknown command")
            else:
                handler(rest)

    # --- bytes -------------------------------------------------------------------------------------------------

    def receive(self) -> bytes:
        chunk = self.sock.recv(65536)
        if not chunk:
            self.session.client_left = True
            raise _HangUpError
        return chunk

    def read_line(self) -> bytes:
        while b"\n" not in self.buffer:
            self.buffer += self.receive()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def send(self, reply: bytes) -> None:
        self.sock.sendall(reply.rstrip(b"\r\n") + b"\r\n")

    def hang_up(self) -> None:
        """Break the link so that the client sees a reset."""
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Close by descriptor: TLS must not say good-bye.
            os.close(self.sock.detach())
        raise _HangUpError

    def fault(self, step: Step, line: str = "") -> Fault | None:
        return self.server.due_fault(step, line.encode("latin-1"))

    def reply(self, step: Step, usual: bytes, line: str = "") -> bool:
        """Answer as usual or as scripted; True where the usual answer was given."""
        fault = self.fault(step, line)
        if fault is None:
            self.send(usual)
            return True
        return self.strike(fault, usual)

    def strike(self, fault: Fault, usual: bytes) -> bool:
        match fault.act:
            case Act.ANSWER:
                self.send(fault.reply)
                if fault.reply.startswith(b"421"):
                    raise _HangUpError
                return False
            case Act.CLOSE_AFTER:
                self.send(usual)
                raise _HangUpError
            case Act.LATE:
                self.server.stopping.wait(fault.seconds)
                self.send(usual)
                return True
            case Act.DRIP:
                while not self.server.stopping.wait(0.03):
                    self.sock.sendall(usual[:1])
                raise _HangUpError
            case Act.SILENCE | Act.ACCEPT_SILENCE:
                while True:
                    self.receive()
            case Act.RESET | Act.ACCEPT_RESET:
                self.hang_up()
        return False

    # --- verbs -------------------------------------------------------------------------------------------------

    def do_ehlo(self, _name: str) -> None:
        offers = [b"mail.example"]
        if self.server.tls and self.server.offer_starttls and not self.session.tls:
            offers.append(b"STARTTLS")
        if self.server.users is not None and (self.session.tls or self.server.tls is None):
            offers.append(b"AUTH " + " ".join(self.server.mechanisms).encode("ascii"))
        if self.server.size is not None:
            offers.append(b"SIZE %d" % self.server.size)
        if self.server.eight_bit:
            offers.append(b"8BITMIME")
        if self.server.smtputf8:
            offers.append(b"SMTPUTF8")
        lines = [b"250-" + offer for offer in offers[:-1]] + [b"250 " + offers[-1]]
        self.greeted = self.reply(Step.EHLO, b"\r\n".join(lines))
        self.forget()

    def do_starttls(self, _rest: str) -> None:
        if self.server.tls is None or not self.server.offer_starttls:
            self.send(b"502 5.5.1 not offered")
            return
        if self.reply(Step.STARTTLS, b"220 2.0.0 ready"):
            self.start_tls()

    def start_tls(self) -> None:
        fault = self.fault(Step.HANDSHAKE)
        if fault is not None:
            self.strike(fault, b"\x15")
        assert self.server.tls is not None
        self.sock = self.server.tls.wrap_socket(self.sock, server_side=True)
        self.session.tls, self.greeted, self.buffer = True, False, b""
        self.forget()

    def do_auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        fault = self.fault(Step.AUTH, mechanism)
        if fault is not None:
            self.strike(fault, b"235 2.7.0 ok")
            return
        if self.server.users is None or mechanism.upper() not in self.server.mechanisms:
            self.send(b"504 5.5.4 mechanism not offered")
            return
        if self.server.tls is not None and not self.session.tls:
            self.send(b"530 5.7.0 must issue STARTTLS first")
            return
        try:
            user, secret = self.credentials(mechanism.upper(), initial)
        except (binascii.Error, UnicodeDecodeError, ValueError):
            self.send(b"501 5.5.2 cannot decode")
            return
        if self.server.users.get(user) == secret:
            self.session.user = user
            self.send(b"235 2.7.0 accepted")
        elif mechanism.upper() == "XOAUTH2":
            # RFC 7628 and the two big hosts: an error as a challenge, an empty answer, then the refusal.
            self.ask(base64.b64encode(b'{"status":"401"}'))
            self.send(b"535 5.7.3 Authentication unsuccessful")
        else:
            self.send(b"535 5.7.8 authentication failed")

    def ask(self, challenge: bytes) -> str:
        self.send(b"334 " + challenge)
        line = self.read_line().decode("ascii").strip()
        self.session.commands.append(line)
        return line

    def credentials(self, mechanism: str, initial: str) -> tuple[str, str]:
        """Read user and password as RFC 4616 (PLAIN), LOGIN and XOAUTH2 have them."""
        if mechanism == "LOGIN":
            user = initial or self.ask(base64.b64encode(b"Username:"))
            secret = self.ask(base64.b64encode(b"Password:"))
            return base64.b64decode(user).decode(), base64.b64decode(secret).decode()
        decoded = base64.b64decode(initial or self.ask(b"")).decode()
        if mechanism == "PLAIN":
            _, user, secret = decoded.split("\0")
            return user, secret
        found = re.fullmatch(r"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", decoded)
        if found is None:
            raise ValueError(mechanism)
        return found[1], found[2]

    def do_mail(self, rest: str) -> None:
        found = re.fullmatch(r"FROM:<([^<>]*)>((?: [^ ]+)*)", rest, re.IGNORECASE)
        if not self.greeted or self.sender is not None:
            self.send(b"503 5.5.1 not now")
        elif self.server.users is not None and not self.session.user:
            self.send(b"530 5.7.0 Authentication required")
        elif found is None:
            self.send(b"501 5.5.4 syntax")
        elif self.server.size is not None and _declared_size(found[2]) > self.server.size:
            self.send(b"552 5.3.4 message size exceeds fixed limit")
        elif self.reply(Step.MAIL, b"250 2.1.0 ok", rest):
            self.sender, self.parameters = found[1], found[2].strip()

    def do_rcpt(self, rest: str) -> None:
        found = re.fullmatch(r"TO:<([^<>]+)>", rest, re.IGNORECASE)
        if self.sender is None:
            self.send(b"503 5.5.1 MAIL first")
        elif found is None:
            self.send(b"501 5.5.4 syntax")
        elif self.reply(Step.RCPT, b"250 2.1.5 ok", rest):
            self.recipients.append(found[1])

    def do_data(self, rest: str) -> None:
        if rest or not self.recipients:
            self.send(b"503 5.5.1 RCPT first")
            return
        if not self.reply(Step.DATA, b"354 go ahead"):
            return
        content = self.read_content()
        assert self.sender is not None
        message = Accepted(
            session=self.session.number,
            sender=self.sender,
            recipients=tuple(self.recipients),
            content=content,
            parameters=self.parameters,
            tls=self.session.tls,
            user=self.session.user,
        )
        self.forget()
        if self.server.size is not None and len(content) > self.server.size:
            self.send(b"552 5.3.4 too big")
            return
        fault = self.fault(Step.DOT)
        taking = (Act.ACCEPT_RESET, Act.ACCEPT_SILENCE, Act.CLOSE_AFTER, Act.LATE)
        if fault is None or fault.act in taking or (fault.act is Act.ANSWER and fault.reply.startswith(b"2")):
            self.server.accept(message)
        usual = b"250 2.0.0 ok: queued as T%06d" % len(self.server.accepted)
        if fault is None:
            self.send(usual)
        else:
            self.strike(fault, usual)

    def read_content(self) -> bytes:
        """Read up to <CRLF>.<CRLF> and nothing that only looks like it (a bare LF ends no line)."""
        self.content = bytearray(self.buffer)
        first = True
        while True:
            if first and self.content:
                first = False
                fault = self.fault(Step.CONTENT)
                if fault is not None:
                    self.strike(fault, b"451 4.3.0 broken off")
            if self.content.startswith(b".\r\n"):
                end, after = 0, 3
                break
            end = self.content.find(b"\r\n.\r\n")
            if end >= 0:
                end, after = end + 2, end + 5
                break
            self.content += self.receive()
        raw, self.buffer = bytes(self.content[:end]), bytes(self.content[after:])
        self.content = None
        return raw.removeprefix(b".").replace(b"\r\n.", b"\r\n")

    def forget(self) -> None:
        self.sender, self.parameters, self.recipients = None, "", []

    def do_rset(self, _rest: str) -> None:
        self.forget()
        self.reply(Step.RSET, b"250 2.0.0 flushed")

    def do_noop(self, _rest: str) -> None:
        self.reply(Step.NOOP, b"250 2.0.0 ok")

    def do_quit(self, _rest: str) -> None:
        self.reply(Step.QUIT, b"221 2.0.0 bye")
        raise _HangUpError


def _declared_size(parameters: str) -> int:
    found = re.search(r"\bSIZE=(\d+)", parameters, re.IGNORECASE)
    return int(found[1]) if found else 0


def read_fault(text: str) -> Fault:
    """Read STEP:ACT or STEP:REPLY, as in ``dot:accept-reset`` or ``rcpt:550 5.1.1 no such user``."""
    step, _, what = text.partition(":")
    if what[:1].isdigit():
        return answer(Step(step), what)
    return misbehave(Act(what), Step(step))


def main() -> None:
    """Serve until TERM or INT; the port is in the port file once connections are taken."""
    parser = argparse.ArgumentParser(description="A scripted SMTP server on loopback.")
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--fault", type=read_fault, action="append", default=[])
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with SmtpServer(log=options.log, faults=options.fault) as server:
        partial = options.port_file.with_suffix(".part")
        partial.write_text(f"{server.port}\n", encoding="ascii")
        partial.rename(options.port_file)
        ended.wait()


if __name__ == "__main__":
    main()
