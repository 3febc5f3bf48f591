"""What every test lives under: reproducible examples, no network but loopback, no thread left behind."""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# In CI the same examples every time, so that a red run is red again; on a desk new ones each time.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

# How long a thread that was told to end may take to do so.
_PATIENCE_SECONDS: Final = 5.0


class NetworkForbiddenError(RuntimeError):
    """A test reached for a machine other than this one; serve a stand-in on loopback instead."""


def _is_loopback(host: object) -> bool:
    if host in {None, "", "localhost", b"localhost"}:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_strangers(family: int, address: Any) -> None:
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return
    if not _is_loopback(address[0]):
        raise NetworkForbiddenError(f"a test wanted to connect to {address[0]}:{address[1]}")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to, and look-ups of, every machine but this one."""
    connect, connect_ex, send_to = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    look_up = socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_strangers(self.family, address)
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_strangers(self.family, address)
        return connect_ex(self, address)

    def guarded_send_to(self: socket.socket, data: Any, *rest: Any) -> int:
        _refuse_strangers(self.family, rest[-1])
        return send_to(self, data, *rest)

    def guarded_look_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_loopback(host):
            raise NetworkForbiddenError(f"a test wanted to look up {host}")
        return look_up(host, port, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket.socket, "sendto", guarded_send_to)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread running: the next one would meet its server, its file or its lock."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(_PATIENCE_SECONDS)
    still = [thread.name for thread in left if thread.is_alive()]
    if still:
        pytest.fail(f"threads still running after the test: {', '.join(still)}")
