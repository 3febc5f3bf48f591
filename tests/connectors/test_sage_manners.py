"""How Sage says no, and what the connector makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.http import Answer, DayLimitError, TokenRefused, judge
from connectors.sage.manners import NotThereError, SageManners
from engine.errors import BooksBusyError, BooksRefusedError, BooksUnreachableError, ConsentNeededError

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
EXPIRED = [
    {"$severity": "error", "$dataCode": "AuthorizationFailure", "$message": "The access token expired.", "$source": ""}
]
LAPSED = [
    {
        "$severity": "error",
        "$dataCode": "AuthorizationFailure",
        "$message": "No active subscription. (MSE)",
        "$source": "",
    }
]


def answer(status: int, body: object = b"", **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=content
    )


def judged(status: int, body: object = b"", **headers: str) -> None:
    SageManners().judge(answer(status, body, **headers), NOW)


def test_a_success_is_none_of_its_business() -> None:
    judged(200, {"id": "1"})


@pytest.mark.parametrize("body", [EXPIRED, EXPIRED[0], b"", {"error": "invalid_token"}, b"<html></html>"])
def test_an_expired_token_is_renewed_whatever_the_body_says(body: object) -> None:
    with pytest.raises(TokenRefused):
        judged(401, body)


@pytest.mark.parametrize("body", [LAPSED, LAPSED[0], {"errors": LAPSED}])
def test_a_lapsed_subscription_is_no_matter_of_the_token(body: object) -> None:
    with pytest.raises(BooksRefusedError, match="subscription"):
        judged(401, body)


def test_a_user_without_access_is_told_what_to_do() -> None:
    said = [
        {"$dataCode": "MultiUserAccessDenied", "$message": "The current user is not allowed to access that resource."}
    ]
    with pytest.raises(ConsentNeededError, match=r"MultiUserAccessDenied.*resource\): give that user the access"):
        judged(403, said)


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_told_apart(status: int) -> None:
    with pytest.raises(NotThereError, match="RecordNotFound"):
        judged(status, {"$dataCode": "RecordNotFound", "$message": "The resource does not exist."})


def test_an_invalid_record_is_refused_in_sages_own_words() -> None:
    said = [
        {
            "$severity": "error",
            "$dataCode": "RecordInvalid",
            "$message": "This is too long.",
            "$source": "contact.notes",
        }
    ]
    with pytest.raises(BooksRefusedError, match=r"RecordInvalid: This is too long\. \(contact\.notes\)"):
        judged(422, said)


@pytest.mark.parametrize("body", [b"", b"slow down", b"<html>", [], [None, 3], {"$message": ["odd"]}])
@pytest.mark.parametrize(
    ("asked", "seconds"), [("", 60), ("17", 17), ("Mon, 23 Nov 2026 08:00:30 GMT", 30), ("soon", 60)]
)
def test_too_many_calls_wait_whatever_the_body(body: Any, asked: str, seconds: int) -> None:
    with pytest.raises(BooksBusyError) as caught:
        judged(429, body, Retry_After=asked)
    assert caught.value.retry_at == NOW + timedelta(seconds=seconds)
    assert not isinstance(caught.value, DayLimitError)


def test_hours_of_waiting_are_a_limit_of_the_day() -> None:
    with pytest.raises(DayLimitError) as caught:
        judged(429, Retry_After="20000")
    assert caught.value.retry_at == NOW + timedelta(seconds=20000)


def test_a_server_in_trouble_is_left_to_the_status() -> None:
    for status in (408, 500, 503):
        judged(status, b"<html>")
        with pytest.raises(BooksUnreachableError):
            judge(answer(status), NOW, "sage")


def test_long_and_many_complaints_stay_short() -> None:
    said = [{"$dataCode": "RecordInvalid", "$message": "x" * 500}] * 50
    with pytest.raises(BooksRefusedError) as caught:
        judged(400, said)
    assert len(str(caught.value)) < 400


def test_sage_does_not_count_aloud() -> None:
    assert SageManners().budget_left(answer(200)) is None
