from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Answer, Gates, Settings, TokenRefused, Transport, judge, retry_at
from connectors.http_gates import WINDOW, Gate
from engine.errors import BooksBusyError, BooksError
from tests.fakes.http_calls import MORNING, PlainManners, Time, World
from tests.fakes.http_server import HttpServer, reply

GOOD = reply({})


def asked(text: str) -> timedelta:
    return retry_at(Answer(status=429, headers={"retry-after": text}), MORNING) - MORNING


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("17", 17),
        (" 17 ", 17),
        ("0.5", 0.5),
        ("Mon, 23 Nov 2026 08:00:42 GMT", 42),
        ("Monday, 23-Nov-26 08:00:42 GMT", 42),
        ("Mon Nov 23 08:00:42 2026", 42),
        ("Mon, 23 Nov 2026 09:00:42 +0100", 42),
        # Missing, unreadable, past: a minute.
        ("", 60),
        ("soon", 60),
        ("0", 60),
        ("-5", 60),
        ("nan", 60),
        ("-inf", 60),
        ("Mon, 23 Nov 2026 07:59:59 GMT", 60),
        ("Mon, 99 Nov 2026 07:59:59 GMT", 60),
        # Absurd: a day.
        ("1e99", 86400),
        ("inf", 86400),
        ("99999999999999999999", 86400),
        ("Mon, 23 Nov 2099 08:00:42 GMT", 86400),
    ],
)
def test_retry_after_is_understood(text: str, seconds: float) -> None:
    assert asked(text) == timedelta(seconds=seconds)


@given(st.text(max_size=40))
def test_whatever_retry_after_says_it_is_between_now_and_a_day(text: str) -> None:
    assert timedelta(0) < asked(text) <= timedelta(days=1)


def test_a_connector_knows_better_what_no_retry_after_means() -> None:
    midnight = timedelta(hours=16)
    assert retry_at(Answer(status=429), MORNING, otherwise=midnight) == datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize("status", [200, 201, 204, 304])
def test_a_success_is_no_trouble(status: int) -> None:
    judge(Answer(status=status), MORNING, "ledgerly")


def test_every_other_status_is_a_trouble_of_the_family() -> None:
    for status in {*range(100, 600)} - {*range(200, 300), 304}:
        with pytest.raises(TokenRefused if status == 401 else BooksError):
            judge(Answer(status=status), MORNING, "ledgerly")


@given(
    st.integers(min_value=1, max_value=20),
    st.lists(st.floats(min_value=0, max_value=90), max_size=80),
)
def test_no_minute_sees_more_calls_than_allowed(per_minute: int, pauses: list[float]) -> None:
    time = Time()
    gate = Gate(per_minute=per_minute, concurrent=1, monotonic=time.monotonic)
    starts = []
    for pause in pauses:
        time.passed += pause
        time.passed += gate.turn()
        starts.append(time.passed)
    for first, later in zip(starts, starts[per_minute:], strict=False):
        assert later - first >= WINDOW - 1e-6


@given(
    st.integers(min_value=1, max_value=10),
    st.lists(st.floats(min_value=0, max_value=3), max_size=60),
)
def test_no_second_sees_more_calls_than_allowed(per_second: int, pauses: list[float]) -> None:
    time = Time()
    gate = Gate(per_minute=1000, per_second=per_second, concurrent=1, monotonic=time.monotonic)
    starts = []
    for pause in pauses:
        time.passed += pause
        time.passed += gate.turn()
        starts.append(time.passed)
    for first, later in zip(starts, starts[per_second:], strict=False):
        assert later - first >= 1


def test_a_provider_that_does_not_count_by_the_second_is_not_held_up_by_it() -> None:
    time = Time()
    gate = Gate(per_minute=50, concurrent=1, monotonic=time.monotonic)
    assert [gate.turn() for _ in range(50)] == [0.0] * 50


def test_a_full_minute_is_waited_for_before_a_call_leaves() -> None:
    world = World(manners=PlainManners(per_minute=3))
    with HttpServer(GOOD) as server, world.transport() as transport:
        for _ in range(7):
            transport.read(server.url)
    assert world.time.waits == [WINDOW, WINDOW]
    assert len(server.received) == 7


def test_callers_at_once_each_get_a_turn_of_their_own() -> None:
    time = Time()
    gate = Gate(per_minute=2, concurrent=1, monotonic=time.monotonic)
    assert [gate.turn() for _ in range(5)] == [0, 0, WINDOW, WINDOW, 2 * WINDOW]


def test_two_transports_of_one_organisation_share_its_minute_and_others_do_not() -> None:
    world = World(manners=PlainManners(per_minute=1))
    with (
        HttpServer(GOOD) as server,
        world.transport(organisation="a") as one,
        world.transport(organisation="a") as two,
        world.transport(organisation="b") as other,
    ):
        one.read(server.url)
        other.read(server.url)
        assert world.time.waits == []
        two.read(server.url)
    assert world.time.waits == [WINDOW]


def test_a_full_minute_holds_the_other_callers_as_well() -> None:
    world = World()
    with (
        HttpServer(reply("", status=429, headers={"Retry-After": "30"}), GOOD) as server,
        world.transport(Settings(attempts=1)) as one,
        world.transport() as two,
    ):
        with pytest.raises(BooksBusyError):
            one.read(server.url)
        two.read(server.url)
    assert world.time.waits == [30.0]


def test_no_more_calls_run_at_once_than_allowed() -> None:
    world = World(manners=PlainManners(concurrent=2))
    with HttpServer(reply({}, seconds=0.05)) as server, world.transport() as transport:
        callers = [threading.Thread(target=transport.read, args=(server.url,)) for _ in range(6)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert len(server.received) == 6
    assert server.most_running == 2


def test_a_place_that_never_comes_free_is_said_to_be_busy() -> None:
    gates = Gates()
    world = World(manners=PlainManners(concurrent=1), gates=gates)
    gate = gates.gate("ledgerly", "", per_minute=1, concurrent=1, monotonic=world.time.monotonic)
    with (
        HttpServer(GOOD) as server,
        world.transport(Settings(total_seconds=0.05)) as transport,
        gate.place(1.0),
        pytest.raises(BooksBusyError, match="under way"),
    ):
        transport.read(server.url)
    assert not server.received


def test_a_place_is_free_again_after_every_kind_of_end() -> None:
    world = World(manners=PlainManners(concurrent=1))
    with (
        HttpServer(reply("", status=400), reply("", status=503), reply("<html>"), reply("<html>"), GOOD) as server,
        world.transport(Settings(attempts=1, total_seconds=1.0)) as transport,
    ):
        for _ in range(4):
            with pytest.raises(BooksError):
                transport.read(server.url)
        transport.read(server.url)


def test_a_transport_without_gates_of_others_has_its_own() -> None:
    world = World(manners=PlainManners(per_minute=1))
    with HttpServer(GOOD) as server:
        for _ in range(2):
            with Transport(
                manners=world.manners,
                tokens=world.tokens,
                clock=world.time,
                budget=world.budget,
                wait=world.time.wait,
                monotonic=world.time.monotonic,
            ) as transport:
                transport.read(server.url)
    assert world.time.waits == []
