"""The SMTP channel: hands a frozen message over by the low-level verbs, the barrier between the 354 and the content."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final, NoReturn

from engine.channels.addresses import is_wire_address
from engine.channels.connection import CLOSING, Answer, Auth, Connector, Security, Timeouts
from engine.channels.wire import LINK_LOST, ReplyError, StrictReplies, refuse_unfit, stuff
from engine.errors import (
    DefinitelyRefusedError,
    NotHandedOverError,
    OutcomeUnknownError,
    RecipientRefusedError,
    TemporarilyRefusedError,
)
from engine.records import Receipt

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from engine.ports import Sender
    from engine.records import Envelope

_BLOCK: Final = 64 * 1024
_TOO_LARGE: Final = 552
# A 5xx to RCPT that is not about the recipient: a bad sequence of verbs, or a log-in wanted.
_NOT_THE_RECIPIENT: Final = frozenset({500, 502, 503, 504, 530, 534, 535, 538})
# RFC 3463 statuses of the same kind.
_LOG_IN_WANTED: Final = (" 5.7.30 ", " 5.7.57 ", " 5.7.139 ")


class UnfitContentError(NotHandedOverError):
    """The message breaks the rules of mail and was not offered to the server; its template needs mending."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the message cannot be sent as it is: {why}", company_wide=False)


class _ClosingError(Exception):
    """The server said 421: it closes the connection, whatever the verb."""

    def __init__(self, verb: str, said: str) -> None:
        super().__init__(said)
        self.verb = verb


class SmtpChannel:
    """Hands mails over to one server with one log-in; belongs to one thread, keeps its connection between mails.

    `security`: starttls and tls require TLS 1.2 and a certificate that names `host`; none is for this machine only
    (UnprotectedConnectionError). `ssl_context` must check certificates and names; None trusts the system's authorities.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security = "starttls",
        username: str = "",
        password: Callable[[], str] | None = None,
        auth: Auth = "password",
        timeouts: Timeouts | None = None,
        ssl_context: ssl.SSLContext | None = None,
        helo: str = "[127.0.0.1]",
    ) -> None:
        self._timeouts = timeouts or Timeouts()
        self._connector = Connector(
            host=host,
            port=port,
            security=security,
            username=username,
            password=password,
            auth=auth,
            timeouts=self._timeouts,
            ssl_context=ssl_context,
            helo=helo,
        )
        self._client: StrictReplies | None = None
        self.server = self._connector.server

    def deliver(self, envelope: Envelope, barrier: Callable[[str], None]) -> Receipt:
        """Hand a mail over.

        1. Announce it: MAIL, every RCPT, DATA up to the 354; on a fresh connection where the kept one has died.
        2. Pass the barrier; where it raises, the connection is cut and the server has nothing.
        3. Send the content and the final dot, and wait for the answer.
        """
        _refuse_unsendable(envelope)
        client = self._announce(envelope)
        try:
            barrier(self.server)
            answer = self._transfer(client, envelope.content)
        except BaseException:
            # Without its final dot a message counts for nothing (RFC 5321 §4.1.1.4).
            self._drop()
            raise
        return self._judge(answer)

    def delivered(self, message_id: str) -> bool | None:  # noqa: ARG002  # the protocol's parameter
        """Give None: SMTP cannot be asked about the past."""
        return None

    def check(self) -> None:
        """Connect and log in, send nothing; raises NotHandedOverError."""
        self._drop()
        self._client = self._connector.open()
        self.close()

    def close(self) -> None:
        """Say QUIT and close; what goes wrong now changes nothing."""
        if self._client is not None:
            self._client.within(self._timeouts.reply)
            with contextlib.suppress(*LINK_LOST):
                self._client.docmd("QUIT")
        self._drop()

    def _drop(self) -> None:
        """Close without a word."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    # --- 1. announce ---------------------------------------------------------------------------------------------

    def _announce(self, envelope: Envelope) -> StrictReplies:
        kept = self._client
        if kept is not None:
            try:
                kept.within(self._timeouts.reply)
                self._ask(kept, "RSET")
                self._offer(kept, envelope)
            except (_ClosingError, *LINK_LOST):
                # A kept connection died while it was idle. Nothing has left, so one fresh try is safe.
                self._drop()
            else:
                return kept
        client = self._client = self._connector.open()
        try:
            self._offer(client, envelope)
        except _ClosingError as error:
            self._drop()
            if error.verb == "DATA":
                raise TemporarilyRefusedError(f"{self.server} answered DATA with: {error}") from error
            # At RCPT it may be about this recipient only.
            raise NotHandedOverError(
                f"{self.server} closed the connection at {error.verb}: {error}. Nothing was sent; it is tried again later",
                company_wide=error.verb == "MAIL",
            ) from error
        except LINK_LOST as error:
            self._drop()
            # The log-in worked, so the next mail may well pass.
            raise NotHandedOverError(
                f"{self.server} broke off before the message was sent ({self._connector.clean(str(error))}). Nothing was "
                "sent; it is tried again later",
                company_wide=False,
            ) from error
        return client

    def _ask(self, client: StrictReplies, verb: str, argument: str = "") -> Answer:
        answer = self._connector.answer(*client.docmd(verb, argument))
        if answer.code == CLOSING:
            raise _ClosingError(verb, answer.text)
        return answer

    def _offer(self, client: StrictReplies, envelope: Envelope) -> None:
        self._offer_sender(client, envelope)
        for address in envelope.recipients:
            answer = self._ask(client, "RCPT", f"TO:<{address}>")
            if not answer.yes:
                self._refuse_recipient(client, address, answer)
        answer = self._ask(client, "DATA")
        if answer.later:
            raise TemporarilyRefusedError(f"{self.server} answered DATA with: {answer.text}")
        if answer.no:
            raise DefinitelyRefusedError(f"{self.server} refuses the message: {answer.text}")
        if not answer.go_on:
            raise ReplyError(f"it answered DATA with {answer.text}")

    def _offer_sender(self, client: StrictReplies, envelope: Envelope) -> None:
        options = ""
        if client.has_extn("size"):
            options += f" SIZE={len(envelope.content)}"
        if not envelope.content.isascii():
            if not client.has_extn("8bitmime"):
                raise UnfitContentError("it has 8-bit characters, and the server takes only 7-bit ones")
            options += " BODY=8BITMIME"
        answer = self._ask(client, "MAIL", f"FROM:<{envelope.sender}>{options}")
        if answer.yes:
            return
        if answer.code == _TOO_LARGE:
            raise DefinitelyRefusedError(f"{self.server} refuses the message: {answer.text}")
        later = "it is tried again later" if answer.later else "check mail.from and the log-in under mail.smtp"
        raise NotHandedOverError(
            f"{self.server} does not take mail from {envelope.sender}: {answer.text}. Nothing was sent; {later}"
        )

    def _refuse_recipient(self, client: StrictReplies, address: str, answer: Answer) -> NoReturn:
        """One address is refused: nobody gets the mail."""
        try:
            self._ask(client, "RSET")
        except (_ClosingError, *LINK_LOST):
            self._drop()
        text = f"{self.server} does not take mail to {address}: {answer.text}. Nothing was sent to anyone"
        if not answer.no:
            raise NotHandedOverError(f"{text}; it is tried again later", company_wide=False)
        if answer.code in _NOT_THE_RECIPIENT or any(status in f"{answer.text} " for status in _LOG_IN_WANTED):
            raise NotHandedOverError(text)
        raise RecipientRefusedError(f"{text}; correct the address or choose another", address=address)

    # --- 3. transfer ---------------------------------------------------------------------------------------------

    def _transfer(self, client: StrictReplies, content: bytes) -> Answer:
        try:
            client.within(self._timeouts.content)
            # The dot goes in the last block: alone, it would wait for the network's delayed acknowledgement.
            whole = stuff(content) + b".\r\n"
            for start in range(0, len(whole), _BLOCK):
                client.send(whole[start : start + _BLOCK])
            client.within(self._timeouts.final)
            return self._connector.answer(*client.getreply())
        except LINK_LOST as error:
            # Which exception it is proves nothing: the same one comes before and after the server took the message.
            raise OutcomeUnknownError(
                f"the link to {self.server} failed while the message was handed over "
                f"({self._connector.clean(str(error))}): whether it went out is not known. Look for it in the Sent "
                "folder or ask the mail host, then resolve the reminder as sent or again"
            ) from error

    def _judge(self, answer: Answer) -> Receipt:
        if answer.code == CLOSING or answer.go_on:
            self._drop()
        if answer.yes:
            return Receipt(server=self.server, reply=answer.text)
        if answer.later:
            raise TemporarilyRefusedError(f"{self.server} did not take the message for now: {answer.text}")
        if answer.no:
            raise DefinitelyRefusedError(f"{self.server} refused the message: {answer.text}")
        raise OutcomeUnknownError(
            f"{self.server} answered the message with {answer.text}, which is neither yes nor no: whether it went out is "
            "not known. Look for it in the Sent folder, then resolve the reminder as sent or again"
        )


def _refuse_unsendable(envelope: Envelope) -> None:
    """Refuse, before any connection, what must not reach the wire."""
    if not is_wire_address(envelope.sender):
        raise NotHandedOverError(f"mail.from is not an address that SMTP takes: {envelope.sender!r}")
    if not envelope.recipients:
        raise UnfitContentError("it has no recipient")
    for address in envelope.recipients:
        if not is_wire_address(address):
            raise RecipientRefusedError(f"{address!r} is not an address that SMTP takes: correct it", address=address)
    why = refuse_unfit(envelope.content)
    if why:
        raise UnfitContentError(why)


_conforms: type[Sender] = SmtpChannel
