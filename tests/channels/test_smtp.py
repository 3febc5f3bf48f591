"""The SMTP channel against every fault of reliability.md §8, rows 17 and 18; the server's log says what is true."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from engine.channels.connection import Timeouts, UnprotectedConnectionError
from engine.channels.smtp import SmtpChannel, UnfitContentError
from engine.errors import (
    DefinitelyRefusedError,
    DeliveryError,
    NotHandedOverError,
    OutcomeUnknownError,
    RecipientRefusedError,
    TemporarilyRefusedError,
)
from tests.fakes.mails import CUSTOMER, SENDER, Barrier, BarrierError, an_envelope
from tests.fakes.smtp_server import Act, Fault, SmtpServer, Step, answer, misbehave

if TYPE_CHECKING:
    from collections.abc import Iterator

# For a server that answers; and for one that never will.
PATIENT = Timeouts(connect=5, reply=5, content=5, final=5)
QUICK = Timeouts(connect=0.2, reply=0.2, content=0.2, final=0.2)


def a_channel(server: SmtpServer, **changes: Any) -> SmtpChannel:
    settings: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeouts": PATIENT}
    return SmtpChannel(**(settings | changes))


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


def deliver(server: SmtpServer, barrier: Barrier, **changes: Any) -> DeliveryError | None:
    """Deliver over one fresh connection and give the error, with the server's log complete."""
    channel = a_channel(server, timeouts=QUICK if any(fault.act in SILENT for fault in server.faults) else PATIENT)
    try:
        channel.deliver(an_envelope(**changes), barrier)
    except DeliveryError as error:
        return error
    finally:
        channel.close()
        server.settle()
    return None


def test_a_mail_arrives_byte_for_byte_with_its_envelope(server: SmtpServer) -> None:
    channel = a_channel(server)
    barrier = Barrier()
    receipt = channel.deliver(an_envelope(), barrier)
    channel.close()
    server.settle()
    [message] = server.accepted
    assert message.content == an_envelope().content
    assert (message.sender, message.recipients) == (SENDER, (CUSTOMER,))
    assert receipt.reply == "250 2.0.0 ok: queued as T000001"
    assert barrier.servers == [receipt.server] == [f"127.0.0.1:{server.port}"]
    assert server.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_the_barrier_stands_between_the_354_and_the_first_byte_of_content(server: SmtpServer) -> None:
    barrier = Barrier(look=lambda: (server.verbs()[-1], len(server.accepted), server.sessions[0].unfinished))
    assert deliver(server, barrier) is None
    assert barrier.seen == [("DATA", 0, b"")]


@pytest.mark.parametrize("error", [BarrierError("disk full"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_barrier_that_raises_cuts_the_link_so_that_nothing_is_accepted(
    server: SmtpServer, error: BaseException
) -> None:
    channel = a_channel(server)
    with pytest.raises(type(error)):
        channel.deliver(an_envelope(), Barrier(refuse=error))
    server.settle()
    assert server.accepted == []
    assert server.sessions[0].unfinished == b""
    assert server.sessions[0].client_left
    assert server.verbs()[-1] == "DATA"
    # The next mail finds a fresh connection.
    channel.deliver(an_envelope(), Barrier())
    channel.close()
    assert len(server.accepted) == 1


BEFORE = [Step.BANNER, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA]
BREAKS = [Act.RESET, Act.SILENCE, Act.DRIP, Act.CLOSE_AFTER]
SILENT = {Act.SILENCE, Act.ACCEPT_SILENCE, Act.DRIP}


@pytest.mark.parametrize(
    ("step", "act"),
    # To close after the 354 is to close after the barrier.
    [(step, act) for step in BEFORE for act in BREAKS if (step, act) != (Step.DATA, Act.CLOSE_AFTER)],
    ids=str,
)
def test_a_link_that_breaks_before_the_barrier_means_nothing_was_handed_over(step: Step, act: Act) -> None:
    barrier = Barrier()
    with SmtpServer(faults=[misbehave(act, step)]) as server:
        error = deliver(server, barrier)
    assert isinstance(error, NotHandedOverError)
    # What comes before the sender is known would meet every mail; later it may be this mail alone.
    assert error.company_wide is (step in {Step.BANNER, Step.EHLO} and (step, act) != (Step.EHLO, Act.CLOSE_AFTER))
    assert barrier.servers == []
    assert server.accepted == []


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        (misbehave(Act.CLOSE_AFTER, Step.DATA), 0),
        (misbehave(Act.RESET, Step.CONTENT), 0),
        (misbehave(Act.SILENCE, Step.CONTENT), 0),
        (misbehave(Act.DRIP, Step.CONTENT), 0),
        (misbehave(Act.RESET, Step.DOT), 0),
        (misbehave(Act.SILENCE, Step.DOT), 0),
        (misbehave(Act.DRIP, Step.DOT), 0),
        (misbehave(Act.ACCEPT_RESET, Step.DOT), 1),
        (misbehave(Act.ACCEPT_SILENCE, Step.DOT), 1),
        (answer(Step.DOT, "2"), 1),
        (answer(Step.DOT, "hello there"), 0),
        (answer(Step.DOT, "354 again?"), 0),
        (answer(Step.DOT, "250-first\r\n550 second"), 1),
        (answer(Step.DOT, "250 " + "x" * 5000), 1),
        (answer(Step.DOT, "\r\n".join(["250-x"] * 200) + "\r\n250 x"), 1),
    ],
    ids=lambda value: f"{value.step}-{value.act}-{value.reply[:12]!r}" if isinstance(value, Fault) else str(value),
)
def test_a_link_that_breaks_after_the_barrier_is_unknown_whether_or_not_the_server_took_it(
    fault: Fault, taken: int
) -> None:
    barrier = Barrier()
    with SmtpServer(faults=[fault]) as server:
        error = deliver(server, barrier)
    assert isinstance(error, OutcomeUnknownError)
    assert len(barrier.servers) == 1
    assert len(server.accepted) == taken


@pytest.mark.parametrize(
    ("fault", "expected", "company_wide"),
    [
        (answer(Step.BANNER, "421 4.3.2 too busy"), NotHandedOverError, True),
        (answer(Step.BANNER, "554 5.3.2 no"), NotHandedOverError, True),
        (answer(Step.EHLO, "421 4.3.2 too busy"), NotHandedOverError, True),
        (answer(Step.EHLO, "550 5.7.1 who are you"), NotHandedOverError, True),
        (answer(Step.MAIL, "421 4.3.2 closing"), NotHandedOverError, True),
        (answer(Step.MAIL, "451 4.3.0 later"), NotHandedOverError, True),
        (answer(Step.MAIL, "550 5.7.60 SendAsDenied"), NotHandedOverError, True),
        (answer(Step.MAIL, "530 5.7.57 not authenticated"), NotHandedOverError, True),
        (answer(Step.MAIL, "552 5.3.4 too big"), DefinitelyRefusedError, None),
        (answer(Step.RCPT, "421 4.7.0 closing"), NotHandedOverError, False),
        (answer(Step.RCPT, "450 4.2.0 greylisted"), NotHandedOverError, False),
        (answer(Step.RCPT, "550 5.1.1 no such user"), RecipientRefusedError, None),
        (answer(Step.RCPT, "501 5.1.3 bad address"), RecipientRefusedError, None),
        (answer(Step.RCPT, "530 5.7.0 log in first"), NotHandedOverError, True),
        (answer(Step.RCPT, "550 5.7.30 Basic authentication is not supported"), NotHandedOverError, True),
        (answer(Step.RCPT, "503 5.5.1 bad sequence"), NotHandedOverError, True),
        (answer(Step.DATA, "421 4.3.2 closing"), TemporarilyRefusedError, None),
        (answer(Step.DATA, "451 4.3.0 later"), TemporarilyRefusedError, None),
        (answer(Step.DATA, "554 5.5.1 no"), DefinitelyRefusedError, None),
        (answer(Step.DATA, "250 already?"), NotHandedOverError, False),
    ],
    ids=lambda value: f"{value.step}-{value.reply[:3].decode()}" if isinstance(value, Fault) else None,
)
def test_a_refusal_before_the_barrier_sends_nothing(
    fault: Fault, expected: type[DeliveryError], company_wide: bool | None
) -> None:
    barrier = Barrier()
    with SmtpServer(faults=[fault]) as server:
        error = deliver(server, barrier)
    assert type(error) is expected
    assert getattr(error, "company_wide", None) is company_wide
    assert fault.reply.decode()[4:12] in str(error)
    assert barrier.servers == []
    assert server.accepted == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("421 4.3.2 closing", TemporarilyRefusedError),
        ("451 4.3.0 later", TemporarilyRefusedError),
        ("452 4.3.1 full", TemporarilyRefusedError),
        ("550 5.7.1 spam", DefinitelyRefusedError),
        ("554 5.7.26 unauthenticated", DefinitelyRefusedError),
    ],
)
def test_a_refusal_of_the_final_dot_is_definite(reply: str, expected: type[DeliveryError]) -> None:
    barrier = Barrier()
    with SmtpServer(faults=[answer(Step.DOT, reply)]) as server:
        error = deliver(server, barrier)
    assert type(error) is expected
    assert reply in str(error)
    assert len(barrier.servers) == 1
    assert server.accepted == []


def test_an_error_at_quit_changes_nothing() -> None:
    for fault in (misbehave(Act.RESET, Step.QUIT), misbehave(Act.SILENCE, Step.QUIT), answer(Step.QUIT, "500 what")):
        with SmtpServer(faults=[fault]) as server:
            assert deliver(server, Barrier()) is None
        assert len(server.accepted) == 1


def test_one_refused_recipient_stops_the_mail_for_all() -> None:
    both = (CUSTOMER, "director@client.example")
    with SmtpServer(faults=[answer(Step.RCPT, "550 5.1.1 no such user", match="director@")]) as server:
        channel = a_channel(server)
        with pytest.raises(RecipientRefusedError) as refused:
            channel.deliver(an_envelope(recipients=both), Barrier())
        assert refused.value.address == "director@client.example"
        assert "director@client.example" in str(refused.value)
        assert server.verbs()[-3:] == ["RCPT", "RCPT", "RSET"]
        # The connection is still good, for the next mail.
        channel.deliver(an_envelope(), Barrier())
        channel.close()
        server.settle()
    assert [message.recipients for message in server.accepted] == [(CUSTOMER,)]
    assert len(server.sessions) == 1


def test_several_mails_share_a_connection_with_a_reset_between(server: SmtpServer) -> None:
    channel = a_channel(server)
    for _ in range(3):
        channel.deliver(an_envelope(), Barrier())
    channel.close()
    server.settle()
    assert len(server.accepted) == 3
    assert server.verbs().count("EHLO") == 1
    assert server.verbs().count("RSET") == 2


@pytest.mark.parametrize(
    "fault",
    [
        misbehave(Act.CLOSE_AFTER, Step.DOT, times=1),  # the server left after the first mail
        misbehave(Act.RESET, Step.RSET, times=1),
        misbehave(Act.SILENCE, Step.RSET, times=1),
        answer(Step.RSET, "421 4.4.2 idle too long", times=1),
        answer(Step.MAIL, "421 4.7.0 enough mails on this connection", skip=1, times=1),
        misbehave(Act.RESET, Step.MAIL, skip=1, times=1),
        misbehave(Act.RESET, Step.RCPT, skip=1, times=1),
        misbehave(Act.RESET, Step.DATA, skip=1, times=1),
    ],
    ids=lambda fault: f"{fault.step}-{fault.act}",
)
def test_a_kept_connection_that_died_is_opened_once_more(fault: Fault) -> None:
    second = Barrier()
    with SmtpServer(faults=[fault]) as server:
        channel = a_channel(server, timeouts=QUICK if fault.act in SILENT else PATIENT)
        channel.deliver(an_envelope(), Barrier())
        channel.deliver(an_envelope(), second)
        channel.close()
        server.settle()
    assert len(server.accepted) == 2
    assert len(server.sessions) == 2
    assert len(second.servers) == 1


def test_a_kept_connection_is_opened_once_more_and_not_twice() -> None:
    with SmtpServer(faults=[misbehave(Act.RESET, Step.MAIL, skip=1)]) as server:
        channel = a_channel(server)
        channel.deliver(an_envelope(), Barrier())
        with pytest.raises(NotHandedOverError):
            channel.deliver(an_envelope(), Barrier())
        server.settle()
    assert len(server.sessions) == 2


@pytest.mark.parametrize("act", [Act.RESET, Act.ACCEPT_RESET], ids=str)
def test_a_kept_connection_that_dies_after_the_barrier_is_never_tried_again(act: Act) -> None:
    with SmtpServer(faults=[misbehave(act, Step.DOT, skip=1, times=1)]) as server:
        channel = a_channel(server)
        channel.deliver(an_envelope(), Barrier())
        with pytest.raises(OutcomeUnknownError):
            channel.deliver(an_envelope(), Barrier())
        server.settle()
    assert len(server.sessions) == 1


def test_after_a_refused_mail_the_next_one_goes_over_the_same_connection() -> None:
    for fault in (answer(Step.DOT, "554 5.7.1 spam", times=1), answer(Step.DATA, "451 later", times=1)):
        with SmtpServer(faults=[fault]) as server:
            channel = a_channel(server)
            with pytest.raises((DefinitelyRefusedError, TemporarilyRefusedError)):
                channel.deliver(an_envelope(), Barrier())
            channel.deliver(an_envelope(), Barrier())
            channel.close()
            server.settle()
        assert (len(server.accepted), len(server.sessions)) == (1, 1)


def test_a_slow_answer_to_the_final_dot_has_a_longer_wait_than_the_verbs() -> None:
    with SmtpServer(faults=[misbehave(Act.LATE, Step.DOT, seconds=0.3)]) as server:
        channel = a_channel(server, timeouts=Timeouts(connect=0.1, reply=0.1, content=0.1, final=5))
        channel.deliver(an_envelope(), Barrier())
        channel.close()
    assert len(server.accepted) == 1


def test_the_default_waits_are_those_of_the_standard_for_the_final_dot() -> None:
    assert Timeouts().final >= 300


def test_nothing_listens_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        channel = SmtpChannel(host="127.0.0.1", port=taken.getsockname()[1], security="none", timeouts=QUICK)
        with pytest.raises(NotHandedOverError, match="nothing answers at") as refused:
            channel.deliver(an_envelope(), Barrier())
    assert refused.value.company_wide


def test_a_host_that_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    channel = SmtpChannel(host="smtp.example", port=465, security="tls", timeouts=QUICK)
    with pytest.raises(NotHandedOverError, match=r"check mail\.smtp\.host"):
        channel.deliver(an_envelope(), Barrier())


@pytest.mark.parametrize("host", ["smtp.example", "192.0.2.1", "10.0.0.1", "localhost.example"])
def test_an_unprotected_connection_is_for_this_machine_only(host: str) -> None:
    with pytest.raises(UnprotectedConnectionError, match="security: starttls"):
        SmtpChannel(host=host, port=25, security="none")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"])
def test_this_machine_has_several_names(host: str) -> None:
    SmtpChannel(host=host, port=25, security="none")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Subject: x\n\nbare line feeds\n",
        b"Subject: x\r\n\r\nok\r\n.\nQUIT\r\n",
        b"Subject: x\r\n\r\na\rb\r\n",
        b"Subject: x\r\n\r\n" + b"y" * 999 + b"\r\n",
        b"Subject: x\r\n\r\nnul \0\r\n",
    ],
    ids=["empty", "bare-lf", "smuggled-dot", "bare-cr", "long-line", "nul"],
)
def test_content_that_breaks_the_rules_is_refused_before_any_connection(server: SmtpServer, content: bytes) -> None:
    channel = a_channel(server)
    with pytest.raises(UnfitContentError) as refused:
        channel.deliver(an_envelope(content=content), Barrier())
    assert not refused.value.company_wide
    assert server.sessions == []


def test_a_line_of_998_characters_is_allowed(server: SmtpServer) -> None:
    assert deliver(server, Barrier(), content=b"Subject: x\r\n\r\n" + b"y" * 998 + b"\r\n") is None


@pytest.mark.parametrize(
    "body",
    [b".\r\n", b"..\r\n", b".hidden\r\n", b"a\r\n.\r\nMAIL FROM:<x@y.example>\r\n", b"no end", b"\r\n.\r\n\r\n."],
)
def test_dots_and_missing_ends_survive_the_way(server: SmtpServer, body: bytes) -> None:
    content = b"Subject: x\r\n\r\n" + body
    assert deliver(server, Barrier(), content=content) is None
    assert server.accepted[0].content == (content if content.endswith(b"\r\n") else content + b"\r\n")
    assert deliver(server, Barrier(), content=body.lstrip(b"\r\n") or body) is None
    assert server.accepted[1].content.rstrip(b"\r\n") == (body.lstrip(b"\r\n") or body).rstrip(b"\r\n")


def test_a_big_mail_arrives_whole(server: SmtpServer) -> None:
    content = b"Subject: x\r\n\r\n" + (b"." + b"z" * 70 + b"\r\n") * 30_000
    assert deliver(server, Barrier(), content=content) is None
    assert server.accepted[0].content == content


def test_a_mail_over_the_server_s_limit_is_not_even_announced() -> None:
    with SmtpServer(size=200) as server:
        error = deliver(server, Barrier())
    assert isinstance(error, DefinitelyRefusedError)
    assert "fewer or smaller documents" in str(error)
    assert "DATA" not in server.verbs()


def test_eight_bit_content_needs_a_server_that_takes_it() -> None:
    content = "Subject: x\r\n\r\néchéance\r\n".encode()
    with SmtpServer() as server:
        assert deliver(server, Barrier(), content=content) is None
        assert (
            server.accepted[0].parameters.endswith("BODY=8BITMIME") or "BODY=8BITMIME" in server.accepted[0].parameters
        )
    with SmtpServer(eight_bit=False) as server:
        error = deliver(server, Barrier(), content=content)
    assert isinstance(error, UnfitContentError)
    assert server.accepted == []


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example>\r\nRCPT TO:<x@y.example",
        "a@b.example, c@d.example",
        "é@b.example",
        "a b@c.example",
        "",
        "nobody",
        "<a@b.example>",
    ],
)
def test_an_address_that_is_not_exactly_one_never_reaches_the_wire(server: SmtpServer, address: str) -> None:
    error = deliver(server, Barrier(), recipients=(CUSTOMER, address))
    assert isinstance(error, RecipientRefusedError)
    assert error.address == address
    assert isinstance(deliver(server, Barrier(), sender=address), NotHandedOverError)
    assert isinstance(deliver(server, Barrier(), recipients=()), UnfitContentError)
    assert server.sessions == []


def test_the_check_connects_and_sends_nothing(server: SmtpServer) -> None:
    a_channel(server).check()
    server.settle()
    assert server.verbs() == ["EHLO", "QUIT"]
