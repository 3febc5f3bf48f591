from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.http import Answer, Settings
from engine.errors import BooksBusyError, BooksError, BooksRefusedError, ConsentNeededError, WriteUnknownError
from tests.fakes.http_calls import Tokens, World
from tests.fakes.http_server import Act, HttpServer, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=255), max_size=20)
_HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Content-Type",
            "Content-Encoding",
            "Content-Length",
            "Transfer-Encoding",
            "Connection",
            "Location",
            "Retry-After",
            "Set-Cookie",
            "X-Left",
            "X-Problem",
            "X-Request-Id",
        ]
    ),
    st.one_of(
        st.sampled_from(["gzip", "deflate", "br", "chunked", "close", "day", "-1", "5", "1e9", "/else", "identity"]),
        _WORDS,
    ),
    max_size=4,
)
_BODIES = st.one_of(
    st.sampled_from([b"", b"{}", b"[]", b'{"a": 1', b"<html>", b"NaN", b"[" * 5000, gzip.compress(b"{}"), b"5\r\n{}"]),
    st.binary(max_size=60),
)
_ORDERLY = st.builds(
    Reply,
    act=st.sampled_from([Act.ANSWER, Act.TRUNCATE, Act.RESET_BODY, Act.RESET_READ, Act.CLOSE_READ]),
    status=st.one_of(st.integers(100, 999), st.sampled_from([200, 204, 304, 401, 429])),
    headers=_HEADERS,
    body=_BODIES,
    most=st.integers(0, 30),
    announced=st.booleans(),
)
_DISORDERLY = st.builds(
    Reply,
    act=st.just(Act.RAW),
    raw=st.one_of(
        st.binary(max_size=80),
        st.builds(
            lambda line, headers, body: b"HTTP/1.1 " + line + b"\r\n" + headers + b"\r\n\r\n" + body,
            st.sampled_from([b"200 OK", b"200", b"20", b"-1 x", b"999 y", b"200 \xff", b"100 Continue", b""]),
            st.sampled_from(
                [
                    b"Content-Length: -5",
                    b"Content-Length: 1, 2",
                    b"Content-Length: 9999999999999999999999",
                    b"Content-Length: ",
                    b"Transfer-Encoding: chunked",
                    b"Transfer-Encoding: chunked\r\nContent-Length: 3",
                    b"Content-Encoding: gzip",
                    b": nothing",
                    b" folded",
                    b"A" * 70_000,
                    b"\r\n".join(b"H%d: x" % n for n in range(200)),
                    b"Content-Type: \xff\xfe",
                ]
            ),
            st.one_of(_BODIES, st.sampled_from([b"zz\r\n{}", b"2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}", b"-2\r\n{}"])),
        ),
    ),
)
_ANSWERS = st.lists(st.one_of(_ORDERLY, _DISORDERLY), min_size=1, max_size=4)
_FAST = Settings(connect_seconds=1.0, read_seconds=0.5, total_seconds=0.5, attempts=3)
_QUIET = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class _Many(Tokens):
    def renew(self, refused: str) -> str:
        self.refused.append(refused)
        return "another token"


def outcome(call: Callable[[str], Answer], server: HttpServer) -> Answer | BooksError:
    try:
        return call(server.url)
    except BooksError as error:
        return error


@_QUIET
@given(_ANSWERS)
def test_whatever_a_server_answers_a_reading_is_an_answer_or_an_error_of_the_family(script: list[Reply]) -> None:
    with HttpServer(*script) as server, World(tokens=_Many()).transport(_FAST) as transport:
        came = outcome(transport.read, server)
    if isinstance(came, Answer):
        assert came.status == 304 or 200 <= came.status < 300
        if came.status == 200:
            try:
                came.json()
            except BooksError:
                # Whole JSON, and yet doubtful: a key twice, a number beyond all measure.
                assert came.body
    else:
        assert not isinstance(came, WriteUnknownError)
        assert str(came)


@_QUIET
@given(_ANSWERS, st.booleans())
def test_whatever_a_server_answers_a_write_says_done_not_done_or_unknown(script: list[Reply], repeatable: bool) -> None:
    def write(url: str) -> Any:
        return transport.write("POST", url, body=b"{}", repeatable=repeatable)

    with HttpServer(*script) as server, World(tokens=_Many()).transport(_FAST) as transport:
        came = outcome(write, server)
    known = Answer | BooksBusyError | BooksRefusedError | ConsentNeededError | WriteUnknownError
    assert isinstance(came, known)
    # Another arrival is an answer to a definite no: a refused token, or a repeat that was allowed.
    if not repeatable:
        assert len(server.received) <= 2
