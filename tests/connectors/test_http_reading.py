from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.http import Settings
from engine.errors import (
    BooksBusyError,
    BooksRefusedError,
    BooksUnreachableError,
    BooksUnreadableError,
    ConsentNeededError,
)
from tests.fakes.http_calls import MORNING, RENEWED, TOKEN, Budget, Tokens, World
from tests.fakes.http_server import Act, HttpServer, Reply, reply

if TYPE_CHECKING:
    from connectors.http import Answer

GOOD = reply({"Invoices": []})


def read(world: World, server: HttpServer, **options: Any) -> Answer:
    with world.transport() as transport:
        return transport.read(f"{server.url}/Invoices", **options)


def test_a_reading_carries_the_token_and_what_was_asked() -> None:
    with HttpServer(GOOD) as server:
        answer = read(
            World(), server, params={"where": 'Type=="ACCREC"', "since": "+01:00"}, headers={"X-Tenant": "t1"}
        )
    (request,) = server.received
    assert answer.json() == {"Invoices": []}
    assert (request.method, request.path) == ("GET", "/Invoices")
    assert request.query == {"where": 'Type=="ACCREC"', "since": "+01:00"}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert (request.headers["accept"], request.headers["x-tenant"]) == ("application/json", "t1")


def test_pages_of_one_pull_share_a_connection() -> None:
    with HttpServer(GOOD) as server, World().transport() as transport:
        for _ in range(3):
            transport.read(server.url)
    assert (len(server.received), server.connections) == (3, 1)


@pytest.mark.parametrize(
    "trouble",
    [
        reply("down", status=500),
        reply("down", status=502),
        reply("down", status=503),
        reply("down", status=504),
        reply("slow", status=408),
        reply(act=Act.RESET_READ),
        reply(act=Act.RESET_UNREAD),
        reply(act=Act.CLOSE_READ),
        reply({"a": "b" * 50}, act=Act.RESET_BODY, most=10),
        reply("full", status=429, headers={"Retry-After": "2"}),
        reply({"a": "b" * 50}, act=Act.TRUNCATE, most=10),
        reply(b'{"Invoices": [', announced=False),
        reply(b'{"Invoices": [{"AmountDue": 10.00, "AmountDue": 0.01}]}'),
        reply("<html>Sign in to the hotel's network</html>"),
        reply(b""),
        reply(act=Act.RAW, raw=b"SSH-2.0-dropbear\r\n"),
    ],
)
def test_a_passing_trouble_is_read_over(trouble: Reply) -> None:
    with HttpServer(trouble, GOOD) as server:
        assert read(World(), server).json() == {"Invoices": []}


def test_a_lasting_trouble_ends_after_five_attempts_with_growing_patience() -> None:
    world = World()
    with HttpServer(reply("down", status=503)) as server, pytest.raises(BooksUnreachableError, match="503"):
        read(world, server)
    assert len(server.received) == 5
    assert len(world.time.waits) == 4
    assert all(0 <= wait <= 20 for wait in world.time.waits)


def test_no_attempt_begins_after_the_time_for_all_of_them() -> None:
    world = World()
    settings = Settings(read_retry_seconds=100.0)
    with (
        HttpServer(reply("down", status=503, headers={"Retry-After": "60"})) as server,
        world.transport(settings) as transport,
        pytest.raises(BooksUnreachableError),
    ):
        transport.read(server.url)
    assert len(server.received) == 2
    assert world.time.waits == [60.0]


def test_no_connection_is_told_as_such() -> None:
    with HttpServer(GOOD) as server:
        url = server.url
    with World().transport(Settings(attempts=1)) as transport, pytest.raises(BooksUnreachableError) as caught:
        transport.read(url)
    assert str(caught.value) == "ledgerly (127.0.0.1): the connection is refused"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply("<!DOCTYPE html><p>Maintenance"), "HTML page"),
        (reply("<Fault/>"), "XML"),
        (reply(b'{"Invoices": [{"a": 1}', announced=False), "cut short"),
        (reply(b'{"Invoices": [{"a": 1}, {"b": 2}', act=Act.TRUNCATE, most=20), "cut short"),
        (reply(b""), "empty"),
        (reply(b'{"a": NaN}'), "JSON"),
        (reply(b"\x00\x01\x02"), "3 bytes of text/plain"),
    ],
)
def test_what_is_unreadable_twice_is_not_read_a_third_time(answer: Reply, words: str) -> None:
    with HttpServer(answer) as server, pytest.raises(BooksUnreadableError, match=words):
        read(World(), server)
    assert len(server.received) == 2


def test_unreadable_twice_counts_over_other_troubles_between() -> None:
    html = reply("<html>")
    with HttpServer(html, reply("", status=503), html, GOOD) as server, pytest.raises(BooksUnreadableError):
        read(World(), server)
    assert len(server.received) == 3


def test_a_document_need_not_be_json() -> None:
    with HttpServer(reply(b"%PDF-1.7 ...")) as server:
        assert read(World(), server, accept="application/pdf").body == b"%PDF-1.7 ..."


def test_nothing_new_is_an_answer() -> None:
    with HttpServer(Reply(status=304, announced=False)) as server:
        answer = read(World(), server)
    assert (answer.status, answer.body) == (304, b"")


def test_a_definite_no_is_not_asked_again() -> None:
    with HttpServer(reply("no such tenant", status=400)) as server, pytest.raises(BooksRefusedError, match="no such"):
        read(World(), server)
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [403, 404, 405, 410, 422])
def test_what_the_manners_let_pass_is_judged_by_its_status(status: int) -> None:
    with HttpServer(reply("no", status=status)) as server, pytest.raises(BooksRefusedError, match=str(status)):
        read(World(), server)
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_the_token_goes_nowhere_else(status: int) -> None:
    with (
        HttpServer(GOOD) as elsewhere,
        HttpServer(reply("", status=status, headers={"Location": f"{elsewhere.url}/steal"})) as server,
        pytest.raises(BooksUnreadableError, match=str(status)),
    ):
        read(World(), server)
    assert not elsewhere.received


def test_a_refused_token_is_renewed_once_and_the_call_repeated_at_once() -> None:
    world = World()
    with HttpServer(reply("expired", status=401), GOOD) as server:
        assert read(world, server).json() == {"Invoices": []}
    assert [request.headers["authorization"] for request in server.received] == [f"Bearer {TOKEN}", f"Bearer {RENEWED}"]
    assert world.tokens.refused == [TOKEN]
    assert not world.time.waits


def test_a_renewed_token_that_is_refused_too_needs_consent() -> None:
    with HttpServer(reply("expired", status=401)) as server, pytest.raises(ConsentNeededError, match="connect"):
        read(World(), server)
    assert len(server.received) == 2


def test_every_attempt_asks_for_the_token_of_that_moment() -> None:
    world = World()
    with HttpServer(reply("", status=503), reply("", status=503), GOOD) as server:
        read(world, server)
    assert world.tokens.asked == 3


def test_a_revoked_consent_ends_the_reading_at_once() -> None:
    class Revoked(Tokens):
        def access_token(self) -> str:
            raise ConsentNeededError("connect again")

    with HttpServer(GOOD) as server, pytest.raises(ConsentNeededError):
        read(World(tokens=Revoked()), server)
    assert not server.received


def test_a_token_server_out_of_reach_is_not_asked_in_a_loop() -> None:
    class Away(Tokens):
        def access_token(self) -> str:
            self.asked += 1
            raise BooksUnreachableError("the token server is away")

    world = World(tokens=Away())
    with HttpServer(GOOD) as server, pytest.raises(BooksUnreachableError, match="token server"):
        read(world, server)
    assert world.tokens.asked == 1


def test_retry_after_is_waited_for_in_seconds_and_as_a_date() -> None:
    world = World()
    date = reply("full", status=429, headers={"Retry-After": "Mon, 23 Nov 2026 08:01:17 GMT"})
    with HttpServer(reply("full", status=429, headers={"Retry-After": "17"}), date, GOOD) as server:
        read(world, server)
    # The first wait stretches to 17 s; the date is then one minute ahead.
    assert world.time.waits[0] == 17.0
    assert sum(world.time.waits) == 77.0


def test_a_busy_minute_that_lasts_says_when_to_come_back() -> None:
    world = World()
    full = reply("full", status=429, headers={"Retry-After": "60"})
    with HttpServer(full) as server, pytest.raises(BooksBusyError) as caught:
        read(world, server)
    assert caught.value.retry_at == world.time.now() + timedelta(seconds=60)
    assert len(server.received) == 4
    assert not world.budget.parked


def test_a_limit_of_the_day_parks_and_never_waits_however_short_it_is() -> None:
    world = World()
    full = reply("", status=429, headers={"Retry-After": "5", "X-Problem": "day"})
    with HttpServer(full) as server, pytest.raises(BooksBusyError) as caught:
        read(world, server)
    assert caught.value.retry_at == MORNING + timedelta(seconds=5)
    assert [until for until, _ in world.budget.parked] == [MORNING + timedelta(seconds=5)]
    assert not world.time.waits
    assert len(server.received) == 1


def test_a_minute_that_lasts_hours_parks_too() -> None:
    world = World()
    with (
        HttpServer(reply("", status=429, headers={"Retry-After": "40000"})) as server,
        pytest.raises(BooksBusyError) as caught,
    ):
        read(world, server)
    assert caught.value.retry_at == MORNING + timedelta(seconds=40000)
    assert world.budget.parked
    assert not world.time.waits


def test_trouble_that_the_provider_expects_to_last_is_not_waited_for() -> None:
    world = World()
    with (
        HttpServer(reply("", status=503, headers={"Retry-After": "120"})) as server,
        pytest.raises(BooksUnreachableError),
    ):
        read(world, server)
    assert (len(server.received), world.time.waits) == (1, [])


def test_a_parked_connection_makes_no_call() -> None:
    world = World(budget=Budget(parked=[(MORNING + timedelta(seconds=1), "day")]))
    with HttpServer(GOOD) as server, pytest.raises(BooksBusyError):
        read(world, server)
    assert not server.received
    assert not world.time.waits


def test_the_days_budget_hears_of_every_call_and_what_is_left() -> None:
    world = World()
    with HttpServer(
        reply("", status=503, headers={"X-Left": "4998"}),
        reply(act=Act.RESET_READ),
        reply({}, headers={"X-Left": "4996"}),
    ) as server:
        read(world, server)
    assert len(world.budget.before) == 3
    assert world.budget.after == [4998, None, 4996]


@pytest.mark.parametrize(
    "url",
    ["http://api.ledgerly.example/x", "ftp://localhost/x", "https://", "https://u:p@api.example/", "https://[::1", "x"],
)
def test_no_token_is_sent_over_an_open_line_or_to_an_odd_address(url: str) -> None:
    world = World()
    with world.transport() as transport, pytest.raises(BooksRefusedError, match="no token is sent"):
        transport.read(url)
    assert not world.tokens.asked
