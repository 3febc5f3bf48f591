"""The guards that every test lives under."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# RFC 5737: addresses for documentation, which nobody has.
NOBODY = ("192.0.2.1", 25)


def test_a_connection_to_another_machine_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        sock.connect(NOBODY)


def test_a_datagram_to_another_machine_is_refused() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        sock.sendto(b"", NOBODY)


def test_a_name_of_another_machine_is_not_looked_up() -> None:
    with pytest.raises(RuntimeError, match=r"smtp\.example"):
        socket.create_connection(("smtp.example", 25), timeout=1)


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()[:2], timeout=5) as client:
            assert client.getpeername() == server.getsockname()
        with socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client:
            assert client.getpeername() == server.getsockname()


def test_a_socket_file_is_no_network(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
