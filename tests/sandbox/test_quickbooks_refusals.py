"""How QuickBooks Online refuses, in all the forms the sandbox knows."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.fakes.quickbooks_company import REALM, Company, fault_of, open_company

XML = "{http://schema.intuit.com/finance/v3}"


@pytest.fixture
def company() -> Company:
    return open_company()


# ---- refusals in all their forms ----


def test_every_answer_bears_its_own_tid_and_the_minor_version_is_recorded(company: Company) -> None:
    answers = [company.ask("GET", "query", {"query": "select * from Invoice", "minorversion": "75"}) for _ in "ab"]
    answers.append(company.ask("GET", "invoice/99999"))
    tids = {answer.headers["intuit_tid"] for answer in answers}
    company.later(hours=2)
    tids.add(company.ask("GET", "preferences").headers["intuit_tid"])
    assert len(tids) == 4
    assert company.sandbox.calls.of("quickbooks", "/query")[0].query["minorversion"] == "75"


def test_a_token_that_is_not_valid_is_told_by_the_gateway_in_small_letters(company: Company) -> None:
    company.later(hours=2)
    expired = company.ask("GET", "preferences")
    assert expired.status_code == 401
    fault = expired.get_json()["fault"]
    assert fault["type"] == "AUTHENTICATION"
    assert fault["error"][0]["code"] == "3200"
    assert fault["error"][0]["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"


def test_a_company_that_the_consent_does_not_reach_is_forbidden(company: Company) -> None:
    headers = {"Authorization": f"Bearer {company.token}", "Accept": "application/json"}
    answer = company.client.get("/quickbooks/v3/company/123/preferences", headers=headers)
    assert (answer.status_code, answer.get_json()["fault"]["error"][0]["code"]) == (403, "3100")


def test_another_company_may_answer_in_its_place(company: Company) -> None:
    company.sandbox.faults.add("wrong_organisation")
    assert company.get(f"companyinfo/{REALM}")["CompanyInfo"]["CompanyName"] == "Somebody Else"
    assert company.get(f"companyinfo/{REALM}")["CompanyInfo"]["CompanyName"] == "Example Joiners"


def test_a_limit_may_name_a_time_when_a_fault_asks_for_one(company: Company) -> None:
    company.sandbox.faults.add("limit_date")
    assert company.ask("GET", "preferences").headers["Retry-After"].endswith("GMT")
    company.sandbox.faults.add("minute_limit")
    assert "Retry-After" not in company.ask("GET", "preferences").headers


def test_any_refusal_may_come_in_the_other_casing(company: Company) -> None:
    company.sandbox.faults.add("other_casing")
    refused = company.ask("GET", "invoice/99999").get_json()
    assert refused["fault"]["error"][0]["code"] == "610"
    assert "Fault" in company.ask("GET", "invoice/99999").get_json()


def test_a_fault_may_stand_in_a_good_answer(company: Company) -> None:
    company.sandbox.faults.add("fault_in_200")
    answer = company.ask("GET", "query", {"query": "select * from Invoice"})
    assert (answer.status_code, fault_of(answer)["code"]) == (200, "6190")


@pytest.mark.parametrize("status", [403, 429])
def test_throttling_may_come_as_xml_to_a_client_that_wants_json(company: Company, status: int) -> None:
    company.sandbox.faults.add("xml_fault", status=status)
    answer = company.ask("GET", "query", {"query": "select * from Invoice"})
    assert answer.status_code == status
    error = ET.fromstring(answer.text).find(f"{XML}Fault/{XML}Error")  # noqa: S314 (our own sandbox's text)
    assert error is not None
    assert error.get("code") == "3001"
    assert error.findtext(f"{XML}Message") == f"message=ThrottleExceeded; errorCode=003001; statusCode={status}"


def test_throttling_by_the_limit_says_no_time_to_wait(company: Company) -> None:
    company.sandbox.limits.minute = 2
    for _ in range(2):
        company.get("preferences")
    refused = company.ask("GET", "preferences")
    fault = fault_of(refused)
    assert (refused.status_code, fault["code"], fault["type"]) == (429, "3001", "SERVICE")
    assert fault["Message"] == "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    assert "Retry-After" not in refused.headers
    company.later(minutes=1)
    assert company.ask("GET", "preferences").status_code == 200


def test_a_limit_of_the_second_passes_with_the_second(company: Company) -> None:
    company.sandbox.limits.second = 1
    company.get("preferences")
    assert company.ask("GET", "preferences").status_code == 429
    company.later(seconds=1)
    assert company.ask("GET", "preferences").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "bill/1"), ("DELETE", "invoice/1"), ("POST", "customer"), ("GET", "invoice"), ("GET", "")],
)
def test_what_the_sandbox_does_not_know_is_refused_as_unsupported(company: Company, method: str, path: str) -> None:
    refused = company.ask(method, path)
    assert (refused.status_code, fault_of(refused)["code"]) == (400, "500")
    assert company.sandbox.crashes == []


def test_lists_can_be_emptied_and_rows_doubled_by_faults(company: Company) -> None:
    party = company.party()
    for number in ("1", "2"):
        company.invoice(party, number=number)
    company.sandbox.faults.add("empty_list")
    assert company.query("select * from Invoice") == {}
    order = "orderby DocNumber"
    assert company.numbers(f"{order} startposition 1 maxresults 1") == ["1"]
    company.sandbox.faults.add("duplicate_rows")
    assert company.numbers(f"{order} startposition 2 maxresults 1") == ["1", "2"]
