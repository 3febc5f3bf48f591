"""The stand-in server itself, by raw sockets: what it calls accepted must be right, for it judges the channel."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.smtp_server import Act, SmtpServer, Step, answer, misbehave, read_fault

ROOT = Path(__file__).resolve().parents[2]
OPENING = b"EHLO me\r\nMAIL FROM:<a@dupont.example>\r\nRCPT TO:<b@client.example>\r\nDATA\r\n"


def talk(port: int, *sent: bytes) -> bytes:
    """Say all this, close our side, and give what the server said."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as sock:
        for part in sent:
            sock.sendall(part)
        sock.shutdown(socket.SHUT_WR)
        answers = b""
        while chunk := sock.recv(4096):
            answers += chunk
    return answers


def test_a_message_is_accepted_byte_for_byte_with_dot_stuffing_undone() -> None:
    with SmtpServer() as server:
        answers = talk(server.port, OPENING, b"Subject: x\r\n\r\n..\r\n..hello\r\nend\r\n.\r\nQUIT\r\n")
    assert answers.splitlines()[-2:] == [b"250 2.0.0 ok: queued as T000001", b"221 2.0.0 bye"]
    [message] = server.accepted
    assert message.content == b"Subject: x\r\n\r\n.\r\n.hello\r\nend\r\n"
    assert (message.sender, message.recipients) == ("a@dupont.example", ("b@client.example",))


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b""], ids=repr)
def test_only_a_dot_alone_between_cr_lf_ends_a_message(end: bytes) -> None:
    with SmtpServer() as server:
        talk(server.port, OPENING, b"Subject: x\r\n\r\nhello" + end)
    assert server.accepted == []
    assert server.sessions[0].unfinished == b"Subject: x\r\n\r\nhello" + end


def test_verbs_out_of_order_are_refused() -> None:
    with SmtpServer() as server:
        answers = talk(
            server.port,
            b"MAIL FROM:<a@b.example>\r\nEHLO me\r\nRCPT TO:<b@c.example>\r\nDATA\r\nMAIL FROM:<a@b.example>\r\nDATA\r\nHUH\r\n",
        )
    codes = [line[:3] for line in answers.splitlines() if line[3:4] == b" "]
    assert codes == [b"220", b"503", b"250", b"503", b"503", b"250", b"503", b"500"]


def test_reset_forgets_the_recipients() -> None:
    with SmtpServer() as server:
        answers = talk(server.port, OPENING.removesuffix(b"DATA\r\n") + b"RSET\r\nDATA\r\n")
    assert answers.splitlines()[-1].startswith(b"503")


def test_a_scripted_refusal_strikes_after_its_good_passes_and_then_ends() -> None:
    with SmtpServer(faults=[answer(Step.NOOP, "451 later", skip=1, times=1)]) as server:
        answers = talk(server.port, b"NOOP\r\nNOOP\r\nNOOP\r\n")
    assert [line[:3] for line in answers.splitlines()] == [b"220", b"250", b"451", b"250"]


def test_a_refused_dot_is_not_accepted_and_a_lost_answer_is() -> None:
    content = b"x\r\n.\r\n"
    with SmtpServer(faults=[answer(Step.DOT, "554 no")]) as server:
        assert talk(server.port, OPENING, content).splitlines()[-1] == b"554 no"
    assert server.accepted == []
    for act, kept in ((Act.RESET, 0), (Act.ACCEPT_RESET, 1)):
        with SmtpServer(faults=[misbehave(act, Step.DOT)]) as server, pytest.raises(ConnectionResetError):
            talk(server.port, OPENING, content)
        assert len(server.accepted) == kept


def test_as_a_process_it_writes_each_message_to_disk_before_its_answer(tmp_path: Path) -> None:
    port_file, log = tmp_path / "port", tmp_path / "log"
    command = [sys.executable, "-m", "tests.fakes.smtp_server", "--port-file", str(port_file), "--log", str(log)]
    with subprocess.Popen([*command, "--fault", "dot:accept-reset"], cwd=ROOT) as process:
        while not port_file.exists():
            assert process.poll() is None
        port = int(port_file.read_text(encoding="ascii"))
        with pytest.raises(ConnectionResetError):
            talk(port, OPENING, b"Subject: kept\r\n\r\n.\r\n")
        # The reset came after the message was on disk.
        assert [file.read_bytes() for file in log.glob("*.eml")] == [b"Subject: kept\r\n\r\n"]
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_faults_can_be_told_on_the_command_line() -> None:
    assert read_fault("dot:accept-reset").act is Act.ACCEPT_RESET
    refusal = read_fault("rcpt:550 5.1.1 no such user")
    assert (refusal.step, refusal.reply) == (Step.RCPT, b"550 5.1.1 no such user")
