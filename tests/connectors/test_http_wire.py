from __future__ import annotations

import gzip
import time
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from connectors.http import Settings
from connectors.http_body import CHUNK, GZIP, inflated
from connectors.http_wire import _Call
from engine.errors import BooksUnreachableError, BooksUnreadableError
from tests.fakes.certificates import Authority, make_authority
from tests.fakes.http_calls import World
from tests.fakes.http_server import Act, HttpServer, Reply, bomb, gzipped, reply

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.http import Answer

GOOD = reply({"ok": True})
HASTY = Settings(connect_seconds=1.0, read_seconds=0.2, total_seconds=0.3, attempts=1)
# A drip comes far within the patience for silence, so that only the end of the whole exchange can stop it.
DRIPPED = Settings(connect_seconds=1.0, read_seconds=5.0, total_seconds=0.2, attempts=1)


def read(server: HttpServer, settings: Settings | None = None, **options: Any) -> Answer:
    with World().transport(settings, monotonic=time.monotonic) as transport:
        return transport.read(server.url, **options)


def trust(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = authority.folder / "authorities.pem"
    bundle.write_text(authority.pem())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


def test_a_black_hole_is_left() -> None:
    with HttpServer(reply(act=Act.SILENCE)) as server, pytest.raises(BooksUnreachableError, match=r"0\.2 s of silence"):
        read(server, HASTY)


@pytest.mark.parametrize(
    "raw",
    [b"", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000, b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000],
    ids=["body", "head", "continue"],
)
def test_a_drip_is_left_at_the_end_of_the_time_for_the_whole(raw: bytes) -> None:
    with (
        HttpServer(reply(act=Act.DRIP, seconds=0.005, raw=raw)) as server,
        pytest.raises(BooksUnreachableError, match=r"0\.2 s in all"),
    ):
        read(server, DRIPPED)


def test_no_single_wait_is_longer_than_what_is_left_of_the_whole() -> None:
    assert _Call(monotonic=lambda: 100.0, ends=101.5, read=60.0).patience() == 1.5
    assert _Call(monotonic=lambda: 100.0, ends=220.0, read=60.0).patience() == 60.0


def test_an_answer_that_comes_fast_and_never_ends_is_left_too() -> None:
    hurried = replace(DRIPPED, total_seconds=0.02)
    with (
        HttpServer(reply(act=Act.ENDLESS)) as server,
        pytest.raises(BooksUnreachableError, match=r"0\.02 s in all"),
    ):
        read(server, hurried, most_bytes=2**32)


def test_a_drip_over_tls_is_left_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = make_authority(tmp_path)
    trust(authority, monkeypatch)
    with (
        HttpServer(reply(act=Act.DRIP, seconds=0.005), tls=authority.server_context()) as server,
        pytest.raises(BooksUnreachableError, match=r"0\.2 s in all"),
    ):
        read(server, DRIPPED)


def test_a_body_is_taken_up_to_its_bound_and_no_further() -> None:
    body = b'"' + b"x" * 998 + b'"'
    with HttpServer(reply(body)) as server:
        assert read(server, most_bytes=1000).body == body
        with pytest.raises(BooksUnreadableError, match="bigger than"):
            read(server, most_bytes=999)
    # What is too big is too big the second time as well.
    assert len(server.received) == 2


def test_a_bomb_comes_out_in_small_pieces() -> None:
    assert max(len(piece) for piece in inflated([bomb(10).body], GZIP)) == CHUNK


@pytest.mark.parametrize("answer", [bomb(100), reply(act=Act.ENDLESS)])
def test_neither_a_bomb_nor_an_endless_answer_fills_the_memory(answer: Reply) -> None:
    with HttpServer(answer) as server, pytest.raises(BooksUnreadableError, match="bigger than 64 MiB"):
        read(server)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("x-gzip", gzip.compress(b'{"a": 1}', mtime=0)),
        ("GZIP", gzip.compress(b'{"a"', mtime=0) + gzip.compress(b": 1}", mtime=0)),
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0) + bytes(512)),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("identity", b'{"a": 1}'),
    ],
)
def test_what_is_compressed_comes_out_as_it_was(coding: str, packed: bytes) -> None:
    with HttpServer(Reply(headers={"Content-Encoding": coding}, body=packed)) as server:
        assert read(server).json() == {"a": 1}
    assert server.received[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(b'{"a": 1}' * 99, mtime=0)[:-9]),
        ("gzip", gzip.compress(b'{"a": 1}', mtime=0)[:5]),
        ("gzip", b'{"a": 1}'),
        ("br", b"\x8b\x03\x80"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
    ],
)
def test_what_cannot_be_unpacked_is_unreadable(coding: str, packed: bytes) -> None:
    answer = Reply(headers={"Content-Encoding": coding}, body=packed, announced=False)
    with HttpServer(answer) as server, pytest.raises(BooksUnreadableError, match="the answer is broken"):
        read(server, accept="application/pdf")


def test_an_empty_answer_said_to_be_compressed_is_empty() -> None:
    with HttpServer(replace(gzipped(b""), status=304, body=b"")) as server:
        assert read(server).body == b""


def test_a_byte_order_mark_is_no_part_of_an_answer() -> None:
    with HttpServer(reply(b"\xef\xbb\xbf{}")) as server:
        assert read(server).body == b"{}"


def test_no_cookie_is_kept() -> None:
    with (
        HttpServer(reply({}, headers={"Set-Cookie": "session=s3cret; Path=/"})) as server,
        World().transport() as transport,
    ):
        transport.read(server.url)
        transport.read(server.url)
    assert "cookie" not in server.received[1].headers


def test_netrc_replaces_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with HttpServer(GOOD) as server:
        read(server)
    assert server.received[0].headers["authorization"].startswith("Bearer ")


def test_a_stranger_goes_through_the_environments_proxy_and_this_machine_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with HttpServer(reply("no", status=407)) as proxy, HttpServer(GOOD) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        read(server)
        assert not proxy.received
        with World().transport(HASTY) as transport, pytest.raises(BooksUnreachableError, match="proxy"):
            transport.write("POST", "https://api.ledgerly.example/", body=b"{}")
    assert [(request.method, request.target) for request in proxy.received] == [("CONNECT", "api.ledgerly.example:443")]
    assert "authorization" not in proxy.received[0].headers


def test_a_certificate_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = make_authority(tmp_path)
    with HttpServer(GOOD, tls=authority.server_context()) as server:
        with pytest.raises(BooksUnreachableError, match="certificate is not trusted"):
            read(server, HASTY)
        assert not server.received
        # Nothing left before the certificate was refused, so a write changed nothing.
        with World().transport(HASTY) as transport, pytest.raises(BooksUnreachableError, match="not trusted"):
            transport.write("POST", server.url, body=b"{}")
        trust(authority, monkeypatch)
        assert read(server).json() == {"ok": True}


def test_a_connection_that_went_dead_between_two_readings_is_replaced() -> None:
    with HttpServer(GOOD, reply(act=Act.CLOSE_READ), GOOD) as server, World().transport() as transport:
        assert [transport.read(server.url).json() for _ in range(2)] == [{"ok": True}] * 2
