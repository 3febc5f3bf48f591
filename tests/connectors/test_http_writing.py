from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from connectors.http import Settings, encode
from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksRefusedError,
    BooksUnreachableError,
    ConsentNeededError,
    WriteUnknownError,
)
from tests.fakes.http_calls import RENEWED, TOKEN, Budget, Tokens, World
from tests.fakes.http_server import Act, HttpServer, Reply, reply

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.http import Answer

BODY = encode({"HistoryRecords": [{"Details": "Reminder 1 sent"}]})
DONE = reply({"Status": "OK"})
# The request arrived, and what became of it cannot be known here.
LOST = [
    reply("down", status=500),
    reply("down", status=503),
    reply("slow", status=504),
    reply("slow", status=408),
    reply(act=Act.RESET_READ),
    reply(act=Act.CLOSE_READ),
    reply(act=Act.RESET_UNREAD),
    reply({"a": "b" * 50}, act=Act.TRUNCATE, most=10),
    reply({"a": "b" * 50}, act=Act.RESET_BODY, most=10),
    reply(b'{"Status": ', announced=False),
    reply("<html>Sign in to the hotel's network</html>"),
    reply("", status=302, headers={"Location": "https://portal.example/"}),
    reply(act=Act.RAW, raw=b"SSH-2.0-dropbear\r\n"),
]


def write(world: World, server: HttpServer, **options: Any) -> Answer:
    with world.transport() as transport:
        return transport.write("PUT", f"{server.url}/History", body=BODY, **options)


def test_a_write_carries_its_bytes_as_they_are() -> None:
    with HttpServer(DONE) as server:
        answer = write(World(), server, headers={"Idempotency-Key": "k1"}, params={"minorversion": "75"})
    (request,) = server.received
    assert answer.json() == {"Status": "OK"}
    assert (request.method, request.target, request.body) == ("PUT", "/History?minorversion=75", BODY)
    assert request.headers["content-type"] == request.headers["accept"] == "application/json"
    assert request.headers["idempotency-key"] == "k1"


def test_a_write_without_a_body_has_no_type_and_one_with_an_empty_body_has() -> None:
    with HttpServer(Reply(status=204)) as server, World().transport() as transport:
        transport.write("POST", server.url, body=None)
        transport.write("POST", server.url, body=b"", content_type="application/octet-stream")
    without, empty = server.received
    assert "content-type" not in without.headers
    assert empty.headers["content-type"] == "application/octet-stream"
    assert without.headers["content-length"] == empty.headers["content-length"] == "0"


def test_done_without_a_word_is_done() -> None:
    with HttpServer(reply(b"")) as server:
        assert write(World(), server).body == b""


@pytest.mark.parametrize("lost", LOST)
def test_a_write_whose_answer_is_lost_is_not_sent_twice(lost: Reply) -> None:
    world = World()
    with HttpServer(lost) as server, pytest.raises(WriteUnknownError, match="is not known"):
        write(world, server)
    assert len(server.received) == (0 if lost.act is Act.RESET_UNREAD else 1)
    assert server.connections == 1
    assert not world.time.waits


@pytest.mark.parametrize("lost", LOST)
def test_a_write_with_a_key_is_sent_again_with_the_same_bytes(lost: Reply) -> None:
    with HttpServer(lost, DONE) as server:
        assert write(World(), server, repeatable=True, headers={"Idempotency-Key": "k1"}).json() == {"Status": "OK"}
    assert {(request.body, request.headers["idempotency-key"]) for request in server.received} == {(BODY, "k1")}


def test_a_write_with_a_key_is_given_up_within_a_minute() -> None:
    world = World()
    with (
        HttpServer(reply("", status=503, headers={"Retry-After": "25"})) as server,
        pytest.raises(WriteUnknownError),
    ):
        write(world, server, repeatable=True)
    assert len(server.received) == 3
    assert world.time.passed == 50.0


@pytest.mark.parametrize("repeatable", [False, True])
def test_a_write_that_found_no_server_changed_nothing(repeatable: bool) -> None:
    with HttpServer(DONE) as server:
        url = server.url
    with World().transport() as transport, pytest.raises(BooksUnreachableError, match="refused"):
        transport.write("PUT", url, body=BODY, repeatable=repeatable)


@pytest.mark.parametrize("repeatable", [False, True])
def test_a_refused_write_is_refused(repeatable: bool) -> None:
    world = World()
    with HttpServer(reply("too long", status=400)) as server, pytest.raises(BooksRefusedError, match="too long"):
        write(world, server, repeatable=repeatable)
    assert len(server.received) == 1


def test_a_busy_provider_wrote_nothing_and_is_not_asked_twice() -> None:
    with (
        HttpServer(reply("", status=429, headers={"Retry-After": "3"})) as server,
        pytest.raises(BooksBusyError),
    ):
        write(World(), server)
    assert len(server.received) == 1


def test_a_busy_provider_is_asked_again_for_a_write_with_a_key() -> None:
    world = World()
    with HttpServer(reply("", status=429, headers={"Retry-After": "3"}), DONE) as server:
        write(world, server, repeatable=True)
    assert world.time.passed == 3.0


def test_a_token_refused_before_a_write_is_renewed_and_the_write_is_sent_then() -> None:
    world = World()
    with HttpServer(reply("", status=401), DONE) as server:
        write(world, server)
    assert [request.headers["authorization"] for request in server.received] == [f"Bearer {TOKEN}", f"Bearer {RENEWED}"]
    assert {request.body for request in server.received} == {BODY}


def test_a_write_with_a_token_nobody_takes_needs_consent() -> None:
    with HttpServer(reply("", status=401)) as server, pytest.raises(ConsentNeededError):
        write(World(), server)


@pytest.mark.parametrize(
    "then",
    [
        reply("", status=429, headers={"X-Problem": "day"}),
        reply("", status=400),
        reply("", status=401),
    ],
)
def test_a_write_once_lost_stays_unknown_whatever_stops_its_repeats(then: Reply) -> None:
    with HttpServer(reply(act=Act.RESET_READ), then) as server, pytest.raises(WriteUnknownError):
        write(World(), server, repeatable=True)
    assert len(server.received) >= 2


def test_a_write_once_lost_stays_unknown_when_its_budget_or_consent_ends() -> None:
    class UsedUp(Budget):
        def before_call(self, now: datetime) -> None:
            if self.before:
                raise BooksBusyError("used up", retry_at=now)
            self.before.append(now)

    class Revoked(Tokens):
        def access_token(self) -> str:
            self.asked += 1
            if self.asked > 1:
                raise ConsentNeededError("connect again")
            return self.current

    for world in (World(budget=UsedUp()), World(tokens=Revoked())):
        with HttpServer(reply(act=Act.RESET_READ)) as server, pytest.raises(WriteUnknownError):
            write(world, server, repeatable=True)
        assert len(server.received) == 1


def test_a_write_never_takes_a_connection_that_was_kept() -> None:
    with HttpServer(reply({})) as server, World().transport() as transport:
        transport.read(server.url)
        for _ in range(2):
            transport.write("POST", server.url, body=b"{}")
        transport.read(server.url)
    assert [request.connection for request in server.received] == [1, 2, 3, 1]


def test_a_write_to_a_silent_server_is_unknown() -> None:
    settings = Settings(read_seconds=0.05, total_seconds=0.2)
    with (
        HttpServer(reply(act=Act.SILENCE)) as server,
        World().transport(settings) as transport,
        pytest.raises(WriteUnknownError, match=r"0\.05 s of silence"),
    ):
        transport.write("POST", server.url, body=BODY)
    assert len(server.received) == 1


def test_a_write_to_an_open_line_is_not_made() -> None:
    with World().transport() as transport, pytest.raises(BooksError, match="not https"):
        transport.write("POST", "http://api.ledgerly.example/", body=BODY)


@responses.activate
def test_what_a_stub_of_the_wire_raises_is_unknown_unless_it_proves_that_nothing_left() -> None:
    url = "https://api.ledgerly.example/notes"
    with World().transport() as transport:
        responses.add(responses.POST, url, body=requests.ConnectionError("reset"))
        with pytest.raises(WriteUnknownError):
            transport.write("POST", url, body=BODY)
        responses.replace(responses.POST, url, body=requests.ConnectTimeout("nobody"))
        with pytest.raises(BooksUnreachableError):
            transport.write("POST", url, body=BODY)
        responses.replace(responses.POST, url, json={"Status": "OK"})
        assert transport.write("POST", url, body=BODY).json() == {"Status": "OK"}
