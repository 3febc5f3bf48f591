"""A protected, logged-in connection to one mail server, and the server's answers in words without secrets."""

from __future__ import annotations

import base64
import binascii
import contextlib
import ipaddress
import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from engine.channels.addresses import clean_line
from engine.channels.advice import advice
from engine.channels.wire import LINK_LOST, PlainClient, StrictReplies, TlsClient
from engine.errors import NotHandedOverError, RelanceError

if TYPE_CHECKING:
    from collections.abc import Callable

Security = Literal["starttls", "tls", "none"]
Auth = Literal["password", "xoauth2"]

CLOSING: Final = 421
_CHALLENGE: Final = 334
_LONGEST_REPLY: Final = 300


class UnprotectedConnectionError(NotHandedOverError):
    """Mail goes over an unprotected connection only to this machine itself; set security: starttls or tls."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is not this machine, so the connection must be protected and the certificate checked: set security: "
            "starttls (port 587) or security: tls (port 465) under mail.smtp"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A reply as RFC 5321 §4.2.1 classes it; `text` holds its code, its words and what the user can do."""

    code: int
    text: str

    @property
    def yes(self) -> bool:
        """Done."""
        return 200 <= self.code <= 299  # noqa: PLR2004  # the class of replies that RFC 5321 calls 2yz

    @property
    def go_on(self) -> bool:
        """The server waits for the rest."""
        return 300 <= self.code <= 399  # noqa: PLR2004  # 3yz

    @property
    def later(self) -> bool:
        """Not done; another time it may be."""
        return 400 <= self.code <= 499  # noqa: PLR2004  # 4yz

    @property
    def no(self) -> bool:
        """Not done, and not another time either."""
        return 500 <= self.code <= 599  # noqa: PLR2004  # 5yz


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait (RFC 5321 §4.5.3.2).

    `connect` up to the greeting, `reply` for each verb, `content` for each block written, `final` for the answer to
    the final dot: a short one makes uncertain reminders out of slow servers.
    """

    connect: float = 60.0
    reply: float = 60.0
    content: float = 180.0
    final: float = 300.0


class Connector:
    """Opens connections to one server with one log-in.

    `password` gives the secret when it is needed (an access token for xoauth2). Raises UnprotectedConnectionError at
    once where the settings would send in clear over a network.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security,
        username: str,
        password: Callable[[], str] | None,
        auth: Auth,
        timeouts: Timeouts,
        ssl_context: ssl.SSLContext | None,
        helo: str,
    ) -> None:
        if security == "none" and not _is_loopback(host):
            raise UnprotectedConnectionError(host)
        self._host = host
        self._port = port
        self._security = security
        self._username = username
        self._password = password
        self._auth = auth
        self._timeouts = timeouts
        self._context = ssl_context
        self._helo = helo
        self._hidden: tuple[str, ...] = ()
        self.server = f"{host}:{port}"

    def open(self) -> StrictReplies:
        """Connect, protect, log in.

        Raises NotHandedOverError: every further mail of the company would meet the same.
        """
        client: StrictReplies | None = None
        try:
            client = self._dial()
            client.within(self._timeouts.reply)
            self._greet(client)
            if self._security == "starttls":
                self._start_tls(client)
            self._log_in(client)
        except BaseException as error:
            if client is not None:
                client.close()
            if isinstance(error, (*LINK_LOST, UnicodeError)):
                raise NotHandedOverError(f"{self._why(error)}. Nothing was sent") from error
            raise
        return client

    def _dial(self) -> StrictReplies:
        wait = self._timeouts.connect
        if self._security == "tls":
            context = self._tls_context()
            return TlsClient(self._host, self._port, local_hostname=self._helo, timeout=wait, context=context)
        return PlainClient(self._host, self._port, local_hostname=self._helo, timeout=wait)

    def _greet(self, client: StrictReplies) -> None:
        answer = self.answer(*client.ehlo())
        if not answer.yes:
            raise NotHandedOverError(f"{self.server} refuses our greeting: {answer.text}. Nothing was sent")

    def _start_tls(self, client: StrictReplies) -> None:
        if not client.has_extn("starttls"):
            raise NotHandedOverError(
                f"{self.server} does not offer STARTTLS, so the connection cannot be protected (or something on the way "
                "removes the offer). Nothing was sent. Set security: tls with port 465, or ask the mail host"
            )
        try:
            client.starttls(context=self._tls_context())
        except smtplib.SMTPResponseException as error:
            said = self._quoted(error).text
            raise NotHandedOverError(
                f"{self.server} offers STARTTLS but refuses it: {said}. Nothing was sent"
            ) from error
        self._greet(client)

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
        context = self._context
        if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
            raise UnprotectedConnectionError(self._host)
        context.minimum_version = max(context.minimum_version, ssl.TLSVersion.TLSv1_2)
        return context

    def _log_in(self, client: StrictReplies) -> None:
        if not isinstance(client.sock, ssl.SSLSocket):
            # The name said this machine; the address must say so too.
            peer = client.sock.getpeername()[0] if client.sock is not None else ""
            if not _is_loopback(str(peer)):
                raise UnprotectedConnectionError(self._host)
        if not self._username:
            return
        secret = self._secret()
        offered = client.esmtp_features.get("auth", "").upper().split()
        usable = ["XOAUTH2"] if self._auth == "xoauth2" else ["PLAIN", "LOGIN"]
        mechanism = next((one for one in usable if one in offered), None)
        if mechanism is None:
            ways = ", ".join(offered) or "no log-in"
            hint = "set auth: xoauth2" if "XOAUTH2" in offered else "check port, security and auth under mail.smtp"
            raise NotHandedOverError(
                f"{self.server} offers {ways} where {' or '.join(usable)} is needed. Nothing was sent: {hint}"
            )
        answer = self.answer(*_authenticate(client, mechanism, self._username, secret))
        if answer.later:
            raise NotHandedOverError(f"{self.server} cannot check the log-in now: {answer.text}. Nothing was sent")
        if not answer.yes:
            raise NotHandedOverError(
                f"{self.server} refuses the log-in of {self._username}: {answer.text}. Nothing was sent"
            )

    def _secret(self) -> str:
        if self._password is None:
            raise NotHandedOverError(f"there is a username but no password for {self.server}: set one under mail.smtp")
        try:
            secret = self._password()
        except RelanceError as error:
            raise NotHandedOverError(f"the password for {self.server} cannot be read: {error}") from error
        # A server may quote what it was sent; none of these forms may reach a log.
        forms = [secret, base64.b64encode(secret.encode()).decode("ascii")]
        forms += [_response(mechanism, self._username, secret) for mechanism in ("PLAIN", "XOAUTH2")]
        self._hidden = tuple(sorted(filter(None, forms), key=len, reverse=True))
        return secret

    def clean(self, text: str) -> str:
        """Give a text of the server, or of a library, as one line without our secrets."""
        for form in self._hidden:
            text = text.replace(form, "[password]")
        return clean_line(text, _LONGEST_REPLY)

    def answer(self, code: int, reply: bytes) -> Answer:
        """Read a reply; a refusal that is known gets the advice that goes with it."""
        text = f"{code} {self.clean(reply.decode('utf-8', 'replace'))}".strip()
        hint = advice(code, text)
        return Answer(code=code, text=f"{text} ({hint})" if hint else text)

    def _quoted(self, error: smtplib.SMTPResponseException) -> Answer:
        said = error.smtp_error
        return self.answer(error.smtp_code, said if isinstance(said, bytes) else said.encode())

    def _why(self, error: BaseException) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            return f"{self.server} does not take connections: {self._quoted(error).text}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"the certificate of {self.server} is not valid for it ({error.verify_message}): mail.smtp.host must be "
                "the name on the certificate, and its authority must be known to this machine"
            )
        if isinstance(error, ssl.SSLError):
            return (
                f"{self.server} and this machine found no common TLS ({error.reason or 'handshake failed'}): "
                "security: tls goes with port 465, starttls with 587; TLS 1.2 or later is needed"
            )
        if isinstance(error, (socket.gaierror, UnicodeError)):
            return f"the mail server {self._host} is not known: check mail.smtp.host and the network"
        if isinstance(error, ConnectionRefusedError):
            return f"nothing answers at {self.server}: check mail.smtp.host and port"
        hint = "port 465 needs security: tls, port 587 security: starttls; or a firewall is in between"
        return f"the connection to {self.server} failed ({self.clean(str(error))}): {hint}"


def _authenticate(client: StrictReplies, mechanism: str, username: str, secret: str) -> tuple[int, bytes]:
    """Log in by RFC 4954; smtplib's own login takes only ASCII secrets and tries a wrong one several times."""
    if mechanism == "LOGIN":
        code, reply = client.docmd("AUTH", "LOGIN")
        for part in (username, secret):
            if code == _CHALLENGE:
                code, reply = client.docmd(base64.b64encode(part.encode()).decode("ascii"))
        return code, reply
    code, reply = client.docmd("AUTH", f"{mechanism} {_response(mechanism, username, secret)}")
    if code == _CHALLENGE:
        # XOAUTH2 tells its error as a challenge; an empty answer brings the refusal.
        explained = reply
        code, reply = client.docmd("")
        with contextlib.suppress(binascii.Error):
            reply += b" " + base64.b64decode(explained, validate=True)
    return code, reply


def _response(mechanism: str, username: str, secret: str) -> str:
    text = f"\0{username}\0{secret}" if mechanism == "PLAIN" else f"user={username}\1auth=Bearer {secret}\1\1"
    return base64.b64encode(text.encode()).decode("ascii")


def _is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by its name or number."""
    if host.lower() in {"localhost", "ip6-localhost"}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
