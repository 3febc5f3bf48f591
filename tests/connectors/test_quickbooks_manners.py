from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.http import Answer, TokenRefused
from connectors.quickbooks.manners import QuickBooksManners, QuickBooksRefusedError, faults_of
from engine.errors import BooksBusyError, BooksRefusedError, BooksUnreachableError, ConsentNeededError
from tests.fakes.http_calls import MORNING
from tests.fakes.intuit import RECORDED

if TYPE_CHECKING:
    from collections.abc import Mapping


def judge(body: bytes | str | dict[str, Any], status: int = 400, headers: Mapping[str, str] | None = None) -> None:
    raw = json.dumps(body) if isinstance(body, dict) else body
    answer = Answer(status=status, headers=headers or {}, body=raw if isinstance(raw, bytes) else raw.encode())
    QuickBooksManners().judge(answer, MORNING)


def recorded(name: str) -> bytes:
    return (RECORDED / name).read_bytes()


def fault(code: str, message: str = "m", detail: str = "d") -> dict[str, Any]:
    return {"Fault": {"Error": [{"Message": message, "Detail": detail, "code": code}], "type": "ValidationFault"}}


def test_a_page_of_rows_is_a_success() -> None:
    judge({"QueryResponse": {"Invoice": [{"Id": "1", "PrivateNote": 'He said "Fault" twice'}]}}, status=200)


def test_a_memo_that_speaks_of_a_fault_is_none() -> None:
    judge({"Invoice": {"Id": "1", "CustomField": [{"Fault": "scratch"}]}}, status=200)


@pytest.mark.parametrize("status", [200, 400])
def test_a_fault_is_a_refusal_even_inside_a_200(status: int) -> None:
    with pytest.raises(QuickBooksRefusedError, match=r"at the same moment.*You and root.*5010") as caught:
        judge(recorded("fault_stale.json"), status=status)
    assert caught.value.codes == {"5010"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("fault_throttled.json", 429),
        ("fault_throttled.json", 403),
        ("fault_throttled.xml", 403),
        ("fault_throttled.xml", 200),
    ],
)
def test_throttling_in_every_recorded_shape_asks_for_a_minute(body: str, status: int) -> None:
    with pytest.raises(BooksBusyError) as caught:
        judge(recorded(body), status=status)
    assert caught.value.retry_at == MORNING + timedelta(seconds=60)


def test_throttling_that_is_only_named_is_throttling() -> None:
    with pytest.raises(BooksBusyError):
        judge({"Fault": {"Error": [{"Message": "ThrottleExceeded"}]}}, status=403)


def test_the_code_of_an_xml_fault_stands_in_its_attribute() -> None:
    body = '<IntuitResponse><Fault type="x"><Error code="0610"><Message>gone</Message></Error></Fault></IntuitResponse>'
    with pytest.raises(QuickBooksRefusedError, match="gone") as caught:
        judge(body)
    assert caught.value.codes == {"610"}


def test_a_429_without_words_asks_for_a_minute_and_one_with_retry_after_for_what_it_says() -> None:
    with pytest.raises(BooksBusyError) as plain:
        judge(b"", status=429)
    with pytest.raises(BooksBusyError) as told:
        judge(b"", status=429, headers={"Retry-After": "5"})
    assert plain.value.retry_at - MORNING == timedelta(seconds=60)
    assert told.value.retry_at - MORNING == timedelta(seconds=5)


@pytest.mark.parametrize("status", [200, 401, 403])
def test_the_small_letters_of_the_gateway_say_that_the_token_was_not_taken(status: int) -> None:
    with pytest.raises(TokenRefused):
        judge(recorded("fault_authentication.json"), status=status)


def test_a_401_without_a_body_is_a_refused_token() -> None:
    with pytest.raises(TokenRefused):
        judge(b"", status=401)


def test_a_token_for_another_company_is_said_so() -> None:
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    with pytest.raises(ConsentNeededError, match="connect again"):
        judge({"Fault": {"Error": [{"Message": message, "code": 3100}], "type": "AUTHORIZATION"}}, status=403)


def test_closed_books_are_recognised_by_code_and_by_words_and_say_what_helps() -> None:
    for body in (
        recorded("fault_closed.json"),
        fault("6200", "Business Validation Error"),
        fault(
            "6000", "A business validation error has occurred", "The account period has closed and the account books"
        ),
        fault("6000", "Business", "The books have been closed through 12/31/2025"),
        # Seen with the number of a stale version as well.
        fault("5010", "Account Period Closed", "Please use the website"),
        {"fault": {"error": [{"message": "Account Period Closed", "code": "5010"}]}},
    ):
        with pytest.raises(QuickBooksRefusedError, match=r"closed in QuickBooks.*closing date") as caught:
            judge(body)
        assert caught.value.closed


def test_the_code_of_closed_books_that_once_meant_a_duplicate_is_not_called_closed() -> None:
    with pytest.raises(BooksRefusedError) as caught:
        judge(fault("6210", "Duplicate Document Number Error", "You must specify a different number"))
    assert "closed" not in str(caught.value)


def test_a_lapsed_subscription_says_that_reading_goes_on() -> None:
    with pytest.raises(BooksRefusedError, match="subscription has lapsed; its books can still be read"):
        judge(fault("6190", "Invalid Company Status", "Subscription period has ended or canceled"))


def test_a_missing_permission_says_who_should_connect() -> None:
    with pytest.raises(BooksRefusedError, match="as an administrator"):
        judge(fault("000120", "Authorization Failure"), status=403)


@pytest.mark.parametrize("code", ["610", "0610", 610, "000610"])
def test_codes_are_the_same_as_text_as_numbers_and_with_zeros(code: object) -> None:
    with pytest.raises(QuickBooksRefusedError) as caught:
        judge({"fault": {"error": [{"message": "Object Not Found", "code": code}]}})
    assert caught.value.codes == {"610"}


def test_a_404_without_a_fault_is_not_found() -> None:
    with pytest.raises(QuickBooksRefusedError) as caught:
        judge(b"<html>nothing here</html>", status=404)
    assert caught.value.codes == {"610"}


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"", b"upstream connect error"])
def test_a_gateway_in_trouble_is_unreachable_whatever_it_sends(body: bytes) -> None:
    with pytest.raises(BooksUnreachableError):
        judge(body, status=503)


def test_an_error_of_the_system_is_trouble_of_theirs_and_no_refusal() -> None:
    with pytest.raises(BooksUnreachableError):
        judge(fault("10000", "An application error has occurred while processing your request"), status=400)


def test_one_error_that_is_no_list_and_a_fault_without_errors_are_faults() -> None:
    with pytest.raises(QuickBooksRefusedError, match="2050"):
        judge({"Fault": {"Error": {"Message": "too long", "code": "2050"}}}, status=200)
    with pytest.raises(BooksRefusedError, match="ValidationFault"):
        judge({"Fault": {"type": "ValidationFault"}}, status=200)


def test_several_errors_are_all_told() -> None:
    errors = [{"Message": "one", "code": "2010"}, {"Message": "two", "code": "2020"}]
    with pytest.raises(QuickBooksRefusedError, match=r"one.*two") as caught:
        judge({"Fault": {"Error": errors}})
    assert caught.value.codes == {"2010", "2020"}


def test_what_the_other_side_wrote_is_one_short_line() -> None:
    (found,) = faults_of(Answer(status=400, body=json.dumps(fault("5000", "a\nb\x1b[31m", "x" * 5000)).encode()))
    assert len(found.words) < 300
    assert found.words.isprintable()
