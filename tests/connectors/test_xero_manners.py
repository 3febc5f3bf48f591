from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.http import Answer, DayLimitError, TokenRefused
from connectors.xero.manners import XeroManners, XeroMissingError, XeroScopeError
from engine.errors import (
    BooksBusyError,
    BooksError,
    BooksRefusedError,
    BooksUnreachableError,
    BooksUnreadableError,
    ConsentNeededError,
)
from tests.fakes.http_calls import MORNING

MANNERS = XeroManners()
VALIDATION = {
    "ErrorNumber": 10,
    "Type": "ValidationException",
    "Message": "A validation exception occurred",
    "Elements": [{"InvoiceID": "i-1", "ValidationErrors": [{"Message": "The contact has no email address."}]}],
}


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}, body=content)


def judged(status: int, body: object = b"", **headers: str) -> Exception:
    with pytest.raises((BooksError, TokenRefused)) as raised:
        MANNERS.judge(answer(status, body, **headers), MORNING)
    return raised.value


@pytest.mark.parametrize("status", [200, 201, 204, 304])
def test_a_success_is_let_pass(status: int) -> None:
    MANNERS.judge(answer(status), MORNING)


@pytest.mark.parametrize(
    "body",
    [
        {"Type": None, "Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired: token expired at 10:00"},
        b"oauth_problem=token_expired",
        b"",
    ],
)
def test_an_expired_token_is_renewed(body: object) -> None:
    assert isinstance(judged(401, body), TokenRefused)


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_scope_is_no_matter_of_the_token(status: int) -> None:
    error = judged(status, {"Title": "Unauthorized", "Status": status, "Detail": "AuthorizationUnsuccessful"})
    assert isinstance(error, XeroScopeError)
    assert "scope" in str(error)
    header = judged(status, b"", WWW_Authenticate='Bearer error="insufficient_scope"')
    assert isinstance(header, XeroScopeError)


@pytest.mark.parametrize(
    "body", [{"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}, b"<html>", b""]
)
def test_an_organisation_that_is_no_longer_connected_needs_a_person(body: object) -> None:
    error = judged(403, body)
    assert isinstance(error, ConsentNeededError)
    assert "connect it again" in str(error)


def test_a_validation_error_is_given_in_xeros_own_words() -> None:
    error = judged(400, VALIDATION)
    assert isinstance(error, BooksRefusedError)
    assert "The contact has no email address." in str(error)
    assert "A validation exception occurred" not in str(error)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"Message": "Invalid filter", "Elements": []}, "Invalid filter"),
        ({"Title": "Bad", "Detail": "No such thing"}, "No such thing"),
        (b"plain\r\n text", "plain text"),
        (b"", "an empty body"),
        (b"<html><body>x", "an HTML page"),
        ([1], "no reason given"),
        ({"Elements": [None, {"ValidationErrors": [None, {}]}]}, "no reason given"),
        (b"x" * 9000, "xxx"),
    ],
)
def test_any_shape_of_refusal_is_put_into_words(body: object, words: str) -> None:
    error = judged(400, body)
    assert words in str(error)
    assert len(str(error)) < 400


def test_what_is_not_there_is_a_refusal_of_its_own() -> None:
    assert isinstance(judged(404, b"The resource cannot be found"), XeroMissingError)


@pytest.mark.parametrize("problem", ["minute", "appminute", "concurrent", "Minute"])
def test_a_full_minute_says_when_to_come_back_and_parks_nothing(problem: str) -> None:
    error = judged(429, b"", X_Rate_Limit_Problem=problem, Retry_After="17", X_DayLimit_Remaining="1200")
    assert isinstance(error, BooksBusyError)
    assert not isinstance(error, DayLimitError)
    assert error.retry_at == MORNING + timedelta(seconds=17)


def test_a_full_day_parks_until_its_time() -> None:
    error = judged(429, b"quota", X_Rate_Limit_Problem="day", Retry_After="40000")
    assert isinstance(error, DayLimitError)
    assert error.retry_at == MORNING + timedelta(seconds=40000)


def test_a_full_day_without_a_time_parks_for_an_hour() -> None:
    error = judged(429, b"", X_Rate_Limit_Problem="Daily")
    assert not isinstance(error, DayLimitError)
    error = judged(429, b"", X_Rate_Limit_Problem="day")
    assert isinstance(error, DayLimitError)
    assert error.retry_at == MORNING + timedelta(hours=1)


def test_a_day_that_is_used_up_is_known_without_its_name() -> None:
    assert isinstance(judged(429, b"", X_DayLimit_Remaining="0"), DayLimitError)
    assert not isinstance(judged(429, b"", X_DayLimit_Remaining="1"), DayLimitError)


@pytest.mark.parametrize("status", [408, 425, 500, 501, 502, 503, 504])
def test_trouble_at_xero_is_trouble_at_xero(status: int) -> None:
    assert isinstance(judged(status, b"<html>Maintenance"), BooksUnreachableError)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_no_answer(status: int) -> None:
    assert isinstance(judged(status), BooksUnreadableError)


@pytest.mark.parametrize(("text", "left"), [("4999", 4999), ("0", 0), ("", None), ("many", None)])
def test_the_days_calls_left_are_read_of_the_header(text: str, left: int | None) -> None:
    assert MANNERS.budget_left(answer(200, b"", X_DayLimit_Remaining=text)) == left
