"""The query language of QuickBooks Online as the sandbox understands it."""

from __future__ import annotations

import pytest

from tests.fakes.quickbooks_company import REALM, Company, fault_of, open_company


@pytest.fixture
def company() -> Company:
    return open_company()


# ---- the query language ----


def test_nothing_found_is_an_empty_object(company: Company) -> None:
    answer = company.get("query", query="select * from Invoice")
    assert answer["QueryResponse"] == {}
    assert "time" in answer


def test_a_query_may_be_posted_as_text_only(company: Company) -> None:
    company.invoice(number="1")
    statement = b"SELECT * FROM Invoice MAXRESULTS 5"
    told = company.ask("POST", "query", body=statement, content_type="application/text")
    assert [row["DocNumber"] for row in told.get_json()["QueryResponse"]["Invoice"]] == ["1"]
    assert company.ask("POST", "query", body=statement, content_type="application/json").status_code == 400


def test_pages_are_cut_by_startposition_and_maxresults(company: Company) -> None:
    party = company.party()
    for number in range(1, 6):
        company.later(seconds=1)
        company.invoice(party, number=str(number))
    ordered = "orderby MetaData.LastUpdatedTime"
    assert company.numbers(f"{ordered} startposition 2 maxresults 2") == ["2", "3"]
    assert company.numbers(f"{ordered} desc startposition 1 maxresults 1") == ["5"]
    assert company.numbers("ORDER BY DocNumber ASC STARTPOSITION 5") == ["5"]
    assert company.rows("Invoice", f"{ordered} startposition 6") == []
    page = company.query("select * from Invoice orderby MetaData.LastUpdatedTime startposition 4 maxresults 1000")
    assert (page["startPosition"], page["maxResults"]) == (4, 2)
    assert company.query("select * from Invoice startposition 6") == {}


def test_a_page_holds_100_rows_unless_asked_and_never_more_than_1000(company: Company) -> None:
    party = company.party()
    for _ in range(1001):
        company.invoice(party)
    assert company.query("select * from Invoice")["maxResults"] == 100
    assert company.query("select * from Invoice maxresults 5000")["maxResults"] == 1000
    assert company.query("select count(*) from Invoice") == {"totalCount": 1001}


def test_without_an_order_the_newest_come_first(company: Company) -> None:
    party = company.party()
    for number in ("1", "2", "3"):
        company.invoice(party, number=number)
    assert company.numbers("") == ["3", "2", "1"]


def test_conditions_compare_by_the_kind_of_the_property(company: Company) -> None:
    small = company.party("Small Ltd")
    large = company.party("Large Ltd")
    company.invoice(small, total="9.00", number="A-1")
    company.invoice(large, total="100.00", number="A-2")
    company.invoice(large, total="10.00", number="B-3")
    order = "orderby DocNumber"
    assert company.numbers(f"where Balance > '9.5' {order}") == ["A-2", "B-3"]
    assert company.numbers(f"where Balance <= 10 {order}") == ["A-1", "B-3"]
    assert company.numbers(f"where TotalAmt < '10.00' {order}") == ["A-1"]
    assert company.numbers(f"where DocNumber like 'A-%' {order}") == ["A-1", "A-2"]
    assert company.numbers(f"where DocNumber in ('B-3', 'A-1') {order}") == ["A-1", "B-3"]
    assert company.numbers(f"where CustomerRef = '{large.id}' AND Balance = '100.0'") == ["A-2"]
    assert company.numbers(f"where TxnDate >= '2026-04-07' and DueDate < '2026-05-08' {order}") == ["A-1", "A-2", "B-3"]
    assert company.numbers("where TxnDate > '2026-04-07'") == []


def test_an_order_may_have_several_keys_and_takes_ids_as_numbers(company: Company) -> None:
    party = company.party()
    for number, total in (("1", "5.00"), ("2", "9.00"), ("3", "5.00"), ("4", "9.00")):
        company.invoice(party, total=total, number=number)
    assert company.numbers("orderby TotalAmt desc, DocNumber asc") == ["2", "4", "1", "3"]
    for _ in range(8):
        company.invoice(party, number="many")
    ids = [int(row["Id"]) for row in company.rows("Invoice", "orderby Id")]
    assert ids == sorted(ids)
    assert len(str(ids[0])) < len(str(ids[-1]))


def test_like_takes_any_case_and_any_rest(company: Company) -> None:
    company.party("Bill's Windsurf Shop")
    assert len(company.rows("Customer", "where DisplayName like '%WINDSURF%'")) == 1
    assert company.rows("Customer", "where DisplayName like 'windsurf%'") == []


def test_a_quote_in_a_value_is_escaped_by_a_backslash(company: Company) -> None:
    company.party("Bill's Windsurf Shop")
    found = company.query(r"select * from Customer where DisplayName = 'Bill\'s Windsurf Shop'")
    assert [row["DisplayName"] for row in found["Customer"]] == ["Bill's Windsurf Shop"]
    refused = company.ask("GET", "query", {"query": "select * from Customer where DisplayName = 'Bill's'"})
    assert (refused.status_code, fault_of(refused)["code"]) == (400, "4000")


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "delete from Invoice",
        "select * from Invoice where Balance > '0' or Balance < '0'",
        "select * from Invoice where",
        "select * from Invoice where Balance in ()",
        "select * from Invoice startposition 0",
        "select * from Invoice maxresults many",
        "select * from Invoice, Customer",
        "select Id from Invoice",
        "select * from Invoice where DocNumber % 2",
        "select * from Invoice limit 5",
    ],
)
def test_what_the_grammar_does_not_hold_is_refused(company: Company, statement: str) -> None:
    refused = company.ask("GET", "query", {"query": statement})
    fault = fault_of(refused)
    assert (refused.status_code, fault["code"], fault["type"]) == (400, "4000", "ValidationFault")
    assert fault["Detail"].startswith("QueryParserError")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from Spaceship",
        "select * from Invoice where PrivateNote = 'x'",
        "select * from Invoice where Wings = '2'",
        "select * from Invoice where Balance = 'much'",
        "select * from Invoice where MetaData.LastUpdatedTime > 'yesterday'",
        "select * from Invoice orderby Line",
    ],
)
def test_a_property_or_value_that_cannot_be_asked_for_is_refused(company: Company, statement: str) -> None:
    company.invoice()
    refused = company.ask("GET", "query", {"query": statement})
    assert (refused.status_code, fault_of(refused)["code"]) == (400, "4001")


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ("2026-05-05T03:13:29-07:00", True),
        ("2026-05-05T10:13:29Z", True),
        ("2026-05-05T12:13:29+02:00", True),
        ("2026-05-05T03:13:30-07:00", False),
        # Without an offset it is the company's own time: 10:13 in Los Angeles is seven hours from now.
        ("2026-05-05T10:13:29", False),
        ("2026-05-05T03:13:29", True),
        ("2026-05-05", True),
    ],
)
def test_modification_times_compare_as_instants(company: Company, since: str, *, found: bool) -> None:
    company.invoice(number="7")
    assert company.numbers(f"where MetaData.LastUpdatedTime >= '{since}'") == (["7"] if found else [])


def test_a_plus_that_is_not_encoded_becomes_a_space_and_the_time_is_refused(company: Company) -> None:
    statement = "select+*+from+Invoice+where+MetaData.LastUpdatedTime+>=+'2026-05-05T12:13:29+02:00'"
    refused = company.ask("GET", f"query?query={statement}")
    assert fault_of(refused)["code"] == "4001"


def test_inactive_customers_are_found_only_when_asked_for_and_are_called_deleted(company: Company) -> None:
    company.party("Present Ltd")
    gone = company.party("Gone Ltd")
    company.books.edit_party(gone.id, active=False)

    def names(condition: str) -> set[str]:
        return {row["DisplayName"] for row in company.rows("Customer", condition)}

    assert names("") == {"Present Ltd"}
    assert names("where Active in (true,false)") == {"Present Ltd", "Gone Ltd (deleted)"}
    assert names("where Active IN (true, false) and MetaData.LastUpdatedTime > '2026-01-01T00:00:00Z'") == {
        "Present Ltd",
        "Gone Ltd (deleted)",
    }
    assert names("where Active = false") == {"Gone Ltd (deleted)"}
    assert company.get(f"customer/{gone.id}")["Customer"]["Active"] is False


def test_the_company_and_its_settings_can_be_read_and_queried(company: Company) -> None:
    info = company.get(f"companyinfo/{REALM}")["CompanyInfo"]
    assert (info["CompanyName"], info["Country"], info["Id"]) == ("Example Joiners", "US", "1")
    assert company.query("select * from CompanyInfo")["CompanyInfo"] == [info]
    settings = company.get("preferences")["Preferences"]
    assert settings["CurrencyPrefs"]["HomeCurrency"] == {"value": "USD"}
    assert company.query("select * from Preferences")["Preferences"] == [settings]
    assert fault_of(company.ask("GET", "companyinfo/999"))["code"] == "610"
