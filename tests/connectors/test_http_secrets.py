from __future__ import annotations

import base64
import logging
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from connectors.http import Answer, DayLimitError, Settings
from connectors.http_redact import Bearer, clean, one_line
from engine.errors import BooksError
from tests.fakes.http_calls import TOKEN, PlainManners, Tokens, World
from tests.fakes.http_server import Act, HttpServer, Reply, reply

if TYPE_CHECKING:
    from datetime import datetime

ONCE = Settings(attempts=1, read_seconds=0.05, total_seconds=0.1)
# In base64 and in an address this one looks different.
ODD = "tok/with+odd=signs"
# All that can go wrong, with the token thrown back wherever the provider may put it.
WRONG = [
    reply(act=Act.RESET_READ),
    reply(act=Act.SILENCE),
    reply(f"you said Bearer {TOKEN}", status=400),
    reply(f"you said {TOKEN}", status=400, headers={"X-Request-Id": f"{TOKEN}"}),
    reply(f"<html>{TOKEN}</html>"),
    reply("", status=401),
    reply("", status=429, headers={"X-Problem": "day"}),
    reply("", status=503),
    reply(act=Act.RAW, raw=f"HTTP/1.1 {TOKEN}\r\n\r\n".encode()),
    reply(act=Act.RAW, raw=f"{TOKEN}\r\n\r\n".encode()),
]


def whole_story(error: BaseException) -> str:
    """All that any logger could write of an error: every frame below the test's own, with its variables."""
    below = error.__traceback__.tb_next if error.__traceback__ else None
    told = traceback.TracebackException(type(error), error, below, capture_locals=True)
    chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
    return "".join(told.format(chain=True)) + repr(chain)


class Faithful(Tokens):
    """Gives the same token again."""

    def renew(self, refused: str) -> str:
        return refused


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("verb", ["read", "write"])
def test_no_trouble_tells_the_token(wrong: Reply, verb: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    call: dict[str, Any] = {"method": "POST", "body": b"{}", "repeatable": True} if verb == "write" else {}
    with (
        HttpServer(wrong) as server,
        World(tokens=Faithful()).transport(ONCE) as transport,
        pytest.raises(BooksError) as caught,
    ):
        getattr(transport, verb)(url=f"{server.url}/Invoices", **call)
    assert caplog.text
    for text in (str(caught.value), whole_story(caught.value), caplog.text):
        assert TOKEN not in text


def test_what_was_raised_by_libraries_hangs_on_nothing_that_is_raised() -> None:
    with (
        HttpServer(reply(act=Act.RESET_READ)) as server,
        World().transport(ONCE) as transport,
        pytest.raises(BooksError) as caught,
    ):
        transport.read(server.url)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_error_names_the_number_that_support_asks_for_and_the_log_does_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="relance.http")
    with (
        HttpServer(reply("no", status=400, headers={"X-Request-Id": "1-abc"}), reply({})) as server,
        World().transport() as transport,
    ):
        with pytest.raises(BooksError, match=r"ledgerly says: no \[X-Request-Id 1-abc\]"):
            transport.read(f"{server.url}/Invoices", params={"sendTo": "jo@client.example"})
        transport.read(f"{server.url}/Invoices", params={"sendTo": "jo@client.example"})
    refused, good = [record for record in caplog.records if record.name == "relance.http"]
    assert refused.levelno == logging.WARNING
    assert refused.getMessage().endswith("127.0.0.1/Invoices: 400, 2 bytes in 0.0 s, request id 1-abc")
    assert good.levelno == logging.DEBUG
    assert good.getMessage().endswith("request id none")
    # Customers' addresses stand in queries.
    assert "client.example" not in refused.getMessage() + good.getMessage()


def test_a_request_id_cannot_forge_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    long = "x\x1b[2K\t" + "y" * 5000
    with HttpServer(reply({}, headers={"X-Request-Id": long})) as server, World().transport() as transport:
        caplog.set_level(logging.DEBUG, logger="relance.http")
        transport.read(server.url)
    (record,) = [record for record in caplog.records if record.name == "relance.http"]
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 300


def test_warnings_reach_stderr_only_if_someone_asks() -> None:
    assert logging.getLogger("relance.http").handlers


def test_the_reason_of_a_parked_connection_holds_no_secret() -> None:
    class Chatty(PlainManners):
        def judge(self, answer: Answer, now: datetime) -> None:
            raise DayLimitError(f"limit of Bearer {TOKEN}: {answer.status}", retry_at=now)

    world = World(manners=Chatty())
    with (
        HttpServer(reply("")) as server,
        world.transport() as transport,
        pytest.raises(BooksError, match=r"limit of Bearer \[secret\]: 200"),
    ):
        transport.read(server.url)
    assert [why for _, why in world.budget.parked] == ["limit of Bearer [secret]: 200"]


@pytest.mark.parametrize(
    "text",
    [
        f"token {ODD}",
        f"token {quote(ODD, safe='')}",
        f"token {base64.b64encode(ODD.encode()).decode()}",
    ],
)
def test_a_known_secret_is_found_in_every_dress(text: str) -> None:
    assert clean(text, [ODD]) == "token [secret]"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [secret]"),
        ("bearer abc.def-ghi", "bearer [secret]"),
        ("GET /cb?code=4%2F0AX4XfWh&state=1", "GET /cb?code=[secret]&state=1"),
        ('{"refresh_token": "RT1-78-H0"}', '{"refresh_token": "[secret]"}'),
        ("client_secret=s3cr3t&grant_type=x", "client_secret=[secret]&grant_type=x"),
        ("http://jo:pass@proxy.example:3128", "http://[secret]@proxy.example:3128"),
        ("Set-Cookie: sid=1a2b", "Set-Cookie: [secret]"),
        (
            "Authorization code=5010, errorCode=003001; code: 6210",
            "Authorization code=5010, errorCode=003001; code: 6210",
        ),
        ("error code 5010: Stale Object Error", "error code 5010: Stale Object Error"),
        ("mail to jo@client.example", "mail to jo@client.example"),
    ],
)
def test_what_looks_like_a_secret_is_left_out_and_the_rest_stays(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_an_empty_or_tiny_secret_does_not_blank_the_text() -> None:
    assert clean("a text", ["", "a"]) == "a text"


def test_the_token_on_its_way_shows_itself_to_nobody() -> None:
    assert TOKEN not in repr(Bearer(TOKEN))


def test_what_another_machine_wrote_becomes_one_short_line() -> None:
    assert one_line("a\r\nb\x00c \u202e d" + "e" * 999) == ("a b c d" + "e" * 999)[:120]
