"""Reading Sage's books whole, as they change, and while they change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import responses

from connectors.sage.cursor import cursor_of
from engine.errors import BooksRefusedError, BooksUnreadableError, ConsentNeededError, WrongOrganisationError
from engine.kinds import DueSource
from engine.money import Money
from tests.fakes.http_calls import RENEWED, Time
from tests.fakes.sage_rows import allocation, contact, credit_note, invoice, payment, person, ref
from tests.fakes.sage_service import BUSINESS, Answer, Call, SageService

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sage.books import SageBooks
    from engine.model import Customer, OpenItem
    from engine.records import Completed, PaymentSeen

NOON = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Read:
    """All that one pull gave, in the order in which it came."""

    items: list[OpenItem]
    customers: list[Customer]
    voided: list[str]
    payments: list[PaymentSeen]
    completed: Completed

    @property
    def newest(self) -> dict[str, OpenItem]:
        return {item.item_id: item for item in self.items}


def read(books: SageBooks, cursor: str = "", *, reconcile: bool = False) -> Read:
    pull = books.pull(cursor, reconcile=reconcile)
    pages = list(pull.pages())
    return Read(
        items=[item for page in pages for item in page.items],
        customers=[customer for page in pages for customer in page.customers],
        voided=[key for page in pages for key in page.voided],
        payments=[seen for page in pages for seen in page.payments],
        completed=pull.completed(),
    )


def pounds(text: str) -> Money:
    return Money.of(Decimal(text), "GBP")


@pytest.fixture(name="service")
def _service() -> Iterator[SageService]:
    service = SageService(time=Time(NOON))
    service.put("contacts", contact("c1"))
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        service.serve(mock)
        yield service


def later(service: SageService, resource: str, key: str, **changes: Any) -> None:
    """Change a row as somebody does in Sage, at the service's present stamp."""
    service.rows[resource][key] |= {"updated_at": service.stamp, **changes}


def test_the_first_pull_reads_everything_and_asks_for_no_stamp(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", updated_at="2008-12-16T12:00:00Z"))
    service.put("sales_invoices", invoice("2", status=ref("PAID"), outstanding_amount="0.0"))
    service.put("sales_credit_notes", credit_note("n"))
    came = read(service.books())
    assert {key: item.balance for key, item in came.newest.items()} == {
        "invoice:1": pounds("120"),
        "invoice:2": pounds("0"),
        "credit_note:n": pounds("-120"),
    }
    assert came.completed.full
    assert came.completed.known_until == date(2026, 11, 22)
    assert not any({"updated_or_created_since", "deleted_since"} & set(call.query) for call in service.calls)


def test_every_call_names_the_business_and_lists_are_sorted_and_of_200(service: SageService) -> None:
    read(service.books())
    assert {call.headers["x-business"] for call in service.calls} == {BUSINESS}
    assert {call.query["items_per_page"] for call in service.calls} == {"200"}
    for resource in ("sales_invoices", "sales_credit_notes", "contact_payments", "contact_allocations"):
        assert {call.query["sort"] for call in service.asked(resource)} == {"updated_at:asc"}
    assert all("sort" not in call.query for call in service.asked("contacts") + service.asked("contact_persons"))


def test_a_second_pull_with_nothing_changed_is_one_small_request_for_each_list(service: SageService) -> None:
    for number in range(5):
        service.put("sales_invoices", invoice(str(number), updated_at=f"2026-10-0{number + 1}T08:00:00Z"))
    service.put("contact_payments", payment("r1", ("1", 5)))
    books = service.books()
    cursor = read(books).completed.cursor
    service.calls.clear()
    came = read(books, cursor)
    lists = [call for call in service.calls if "contact_id" not in call.query]
    asked = [(call.resource, "deleted_since" in call.query) for call in lists]
    assert len(asked) == len(set(asked)) <= 10
    assert len(service.calls) == len(lists)
    assert not came.completed.full
    # The filter includes the second it names, under which a whole import may stand: what is long past is not asked again.
    assert (came.items, came.customers) == ([], [])
    assert came.completed.cursor == cursor


def test_what_is_younger_than_the_overlap_is_asked_for_again(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", updated_at="2026-11-22T12:12:00Z"))
    books = service.books()
    cursor = read(books).completed.cursor
    # Stamped in the same second, and visible a little later.
    service.put("sales_invoices", invoice("2", updated_at="2026-11-22T12:12:00Z"))
    assert {item.item_id for item in read(books, cursor).items} == {"invoice:1", "invoice:2"}


def test_a_change_is_in_the_next_pull_and_what_came_late_is_too(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", updated_at="2026-11-22T12:29:00Z"))
    service.put("sales_invoices", invoice("2"))
    books = service.books()
    cursor = read(books).completed.cursor
    # Stamped before our last look, visible only now.
    service.put("sales_invoices", invoice("3", updated_at="2026-11-22T12:21:00Z"))
    service.stamp = "2026-11-22T12:40:00Z"
    later(service, "sales_invoices", "2", outstanding_amount=0.0, status=ref("PAID"))
    came = read(books, cursor)
    assert came.newest["invoice:2"].balance == pounds("0")
    assert "invoice:3" in came.newest


def test_a_void_and_a_deletion_settle_what_was_asked(service: SageService) -> None:
    for key in "123":
        service.put("sales_invoices", invoice(key))
    service.put("sales_credit_notes", credit_note("n"))
    service.put("contact_payments", payment("r1", ("1", 20), payment_on_account={"id": "oa", "outstanding_amount": 9}))
    books = service.books()
    first = read(books)
    assert first.voided == []
    service.stamp = "2026-11-22T13:00:00Z"
    later(service, "sales_invoices", "1", status=ref("VOID"), void_reason="mistake", outstanding_amount=0.0)
    later(service, "sales_invoices", "2", deleted_at=service.stamp)
    later(service, "sales_credit_notes", "n", deleted_at=service.stamp)
    later(service, "contact_payments", "r1", deleted_at=service.stamp)
    came = read(books, first.completed.cursor)
    assert set(came.voided) == {"invoice:1", "invoice:2", "credit_note:n", "payment:r1"}
    assert set(came.newest) <= {"invoice:3"}
    assert [(seen.payment_id, seen.undone) for seen in came.payments] == [("r1:1", True)]


def test_a_list_of_deletions_that_shows_what_stands_settles_nothing(service: SageService) -> None:
    # A server that does not know the filter shows everything: what is owed, and what was paid.
    service.put("sales_invoices", invoice("1"))
    service.put("sales_credit_notes", credit_note("n"))
    service.put("contact_payments", payment("r1", ("1", 60.0)))
    books = service.books()
    first = read(books)
    asked: list[str] = []

    def knows_no_deletions(call: Call) -> None:
        if call.query.pop("deleted_since", None):
            asked.append(call.resource)

    service.before = knows_no_deletions
    came = read(books, first.completed.cursor)
    assert asked == ["sales_invoices", "sales_credit_notes", "contact_payments"]
    assert (came.voided, [seen for seen in came.payments if seen.undone]) == ([], [])


def test_deletions_before_sage_remembers_them_are_not_asked_for(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", updated_at="2015-01-01T00:00:00Z"))
    books = service.books()
    read(books, read(books).completed.cursor)
    (asked,) = [call for call in service.asked("sales_invoices") if "deleted_since" in call.query]
    assert asked.query["deleted_since"] > "2019-06-12"


def test_rows_that_move_to_the_end_while_pages_are_read_push_no_other_row_out(service: SageService) -> None:
    for number in range(20):
        service.put("sales_invoices", invoice(f"{number:02}", updated_at=f"2026-10-{number + 1:02}T08:00:00Z"))

    def somebody_works(call: Call) -> None:
        # Before the second page, four rows of the first one change: everything behind moves up.
        if call.resource == "sales_invoices" and len(service.asked("sales_invoices")) == 2:
            for key in ("00", "01", "02", "03"):
                later(service, "sales_invoices", key, outstanding_amount=60.0)

    service.before = somebody_works
    came = read(service.books(page_size=6))
    assert len(came.newest) == 20
    assert came.newest["invoice:02"].balance == pounds("60")


def test_a_long_run_of_one_stamp_is_gone_through_by_page(service: SageService) -> None:
    for number in range(25):
        service.put("sales_invoices", invoice(f"{number:02}"))
    came = read(service.books(page_size=4))
    assert sorted(came.newest) == [f"invoice:{number:02}" for number in range(25)]
    assert len(came.items) == 25


@pytest.mark.parametrize("prefix", ["", "/v3.1", "https://api.accounting.sage.com/v3.1"])
def test_the_next_page_is_found_however_it_is_named(service: SageService, prefix: str) -> None:
    service.next_prefix = prefix
    for number in range(9):
        service.put("contacts", contact(f"k{number}"))
    assert len(read(service.books(page_size=2)).customers) == 10


@pytest.mark.parametrize(
    "prefix",
    ["https://evil.example/v3.1", "http://api.accounting.sage.com/v3.1", "//evil.example", "/v3.1/purchases?x="],
)
def test_a_next_page_at_another_address_is_never_followed(service: SageService, prefix: str) -> None:
    service.next_prefix = prefix
    for number in range(9):
        service.put("contacts", contact(f"k{number}"))
    with pytest.raises(BooksUnreadableError, match="another address"):
        read(service.books(page_size=2))


@pytest.mark.parametrize("following", ["/contacts?page=1", "/contacts?page={}"])
def test_a_list_that_leads_in_a_circle_is_cut(service: SageService, following: str) -> None:
    def circle(call: Call) -> Answer | None:
        if call.resource != "contacts":
            return None
        told = following.format(int(call.query["page"]) + 1)
        return service.reply({"$next": told, "$items": [contact("k1"), contact("k2")]})

    service.instead = circle
    with pytest.raises(BooksUnreadableError, match=r"circle|again and again"):
        read(service.books(page_size=2))
    assert len(service.asked("contacts")) <= 2


def test_a_page_beyond_the_last_one_that_answers_the_last_one_is_the_end(service: SageService) -> None:
    service.put("contacts", contact("c2"))
    service.put("contacts", contact("c3"))

    def deleted_meanwhile(call: Call) -> Answer | None:
        if call.resource != "contacts" or call.query.get("page") != "2":
            return None
        rows = [service.rows["contacts"]["c1"], service.rows["contacts"]["c2"]]
        return service.reply({"$total": 2, "$page": 1, "$next": None, "$back": None, "$items": rows})

    service.instead = deleted_meanwhile
    assert {customer.customer_id for customer in read(service.books(page_size=2)).customers} == {"c1", "c2"}


def test_a_circle_of_two_pages_is_cut(service: SageService) -> None:
    def circle(call: Call) -> Answer | None:
        if call.resource != "contacts":
            return None
        page = int(call.query["page"])
        return service.reply({"$next": f"/contacts?page={3 - page}", "$items": [contact(f"k{page}")]})

    service.instead = circle
    with pytest.raises(BooksUnreadableError, match="circle"):
        read(service.books(page_size=1))
    assert len(service.asked("contacts")) == 2


def test_a_list_without_an_end_is_cut(service: SageService) -> None:
    def endless(call: Call) -> Answer | None:
        if call.resource != "contacts":
            return None
        page = int(call.query["page"])
        rows = [contact(f"{page}-{number}") for number in range(2)]
        return service.reply({"$total": 9, "$next": f"/contacts?page={page + 1}", "$items": rows})

    service.instead = endless
    with pytest.raises(BooksUnreadableError, match="announced"):
        read(service.books(page_size=2))
    assert len(service.calls) < 100


def test_an_announced_list_that_shows_nothing_is_not_taken_for_empty(service: SageService) -> None:
    service.instead = lambda call: (
        service.reply({"$total": 40, "$next": None, "$items": []}) if call.resource == "sales_invoices" else None
    )
    with pytest.raises(BooksUnreadableError, match="announces 40"):
        read(service.books())


@pytest.mark.parametrize("echo", ["49c196153fb1524b7d888cece84e8b12", None, ""])
def test_an_answer_for_another_business_or_for_none_is_not_used(service: SageService, echo: str | None) -> None:
    service.echo = echo
    with pytest.raises(WrongOrganisationError):
        read(service.books())


def test_a_token_that_expires_within_a_long_pull_is_renewed_and_the_pull_goes_on(service: SageService) -> None:
    for number in range(9):
        service.put("sales_invoices", invoice(str(number), updated_at=f"2026-10-0{number + 1}T08:00:00Z"))

    def expire(call: Call) -> Answer | None:
        used = call.headers["authorization"]
        if len(service.calls) > 4 and used != f"Bearer {RENEWED}":
            return service.reply([{"$dataCode": "AuthorizationFailure", "$message": "The token expired."}], 401)
        return None

    service.instead = expire
    came = read(service.books(page_size=2))
    assert len(came.newest) == 9
    # The keeper is asked before every call, and renews once.
    assert service.tokens.asked >= len(service.calls) - 1
    assert len(service.tokens.refused) == 1


def test_a_lapsed_subscription_renews_no_token(service: SageService) -> None:
    service.instead = lambda _call: service.reply(
        [{"$dataCode": "AuthorizationFailure", "$message": "No active subscription. (MSE)"}], 401
    )
    with pytest.raises(BooksRefusedError, match="subscription"):
        read(service.books())
    assert service.tokens.refused == []


def test_a_token_that_stays_refused_needs_a_person(service: SageService) -> None:
    service.instead = lambda _call: service.reply([{"$dataCode": "Unauthorized", "$message": "no"}], 401)
    with pytest.raises(ConsentNeededError):
        read(service.books())


def test_an_interrupted_pull_knows_nothing(service: SageService) -> None:
    service.instead = lambda call: (404, {}, b"") if call.resource == "contact_payments" else None
    pull = service.books().pull("")
    with pytest.raises(BooksRefusedError):
        list(pull.pages())
    with pytest.raises(RuntimeError):
        pull.completed()


def test_an_unusable_row_is_named_and_many_are_a_suspicion(service: SageService) -> None:
    service.put("sales_invoices", invoice("1"))
    service.put("sales_invoices", invoice("2", total_amount=None))
    service.put("sales_invoices", invoice("3", date="soon"))
    completed = read(service.books()).completed
    assert {(bad.file, bad.line) for bad in completed.bad_lines} == {("sales_invoices", 2), ("sales_invoices", 3)}
    assert "SI-2" in " ".join(bad.reason for bad in completed.bad_lines)
    assert completed.suspicions
    assert not read(service.books()).newest.keys() - {"invoice:1"}


@pytest.mark.parametrize("cursor", ["nonsense", "{}", '{"form":1,"organisation":"other","since":{}}', "[]", "7"])
def test_a_cursor_that_is_not_ours_reads_everything(service: SageService, cursor: str) -> None:
    assert read(service.books(), cursor).completed.full


def test_a_cursor_with_a_broken_stamp_reads_everything(service: SageService) -> None:
    books = service.books()
    value = json.loads(read(books).completed.cursor)
    value["since"]["sales_invoices"] = "yesterday"
    assert cursor_of(json.dumps(value), BUSINESS) is None


def test_the_mark_is_never_later_than_the_overlap_before_the_pull_began(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", updated_at="2099-01-01T00:00:00Z"))
    cursor = cursor_of(read(service.books()).completed.cursor, BUSINESS)
    assert cursor is not None
    assert cursor.since["sales_invoices"] == "2026-11-22T12:20:00Z"


def test_reconciling_shows_all_that_is_open_by_two_filtered_lists(service: SageService) -> None:
    statuses = {"1": "UNPAID", "2": "PART_PAID", "3": "PAID", "4": "VOID"}
    for key, status in statuses.items():
        left = 0.0 if status in {"PAID", "VOID"} else 50.0
        service.put("sales_invoices", invoice(key, status=ref(status), outstanding_amount=left))
    service.put(
        "sales_invoices", invoice("9", updated_at="2026-10-30T08:00:00Z", status=ref("PAID"), outstanding_amount=0)
    )
    service.put("sales_credit_notes", credit_note("n"))
    service.put("sales_credit_notes", credit_note("n9", updated_at="2026-10-30T08:00:00Z"))
    service.put("contact_payments", payment("r1", payment_on_account={"id": "oa", "outstanding_amount": 120}))
    service.put("contact_payments", payment("r9", updated_at="2026-10-30T08:00:00Z"))
    books = service.books()
    cursor = read(books).completed.cursor
    service.calls.clear()
    came = read(books, cursor, reconcile=True)
    assert came.completed.full
    assert set(came.newest) == {"invoice:1", "invoice:2", "credit_note:n", "credit_note:n9", "payment:r1"}
    asked = [call.query["status_id"] for call in service.asked("sales_invoices") if "status_id" in call.query]
    assert asked == ["UNPAID", "PART_PAID"]
    # What is open says nothing of how far the changes were read.
    assert came.completed.cursor == cursor


def test_payments_are_seen_and_money_on_account_is_a_credit(service: SageService) -> None:
    service.put("sales_invoices", invoice("1"))
    account = {"id": "oa", "total_amount": "50.0", "outstanding_amount": "30.0"}
    service.put("contact_payments", payment("r1", ("1", "70.0"), payment_on_account=account))
    service.put("contact_payments", payment("v1", ("p1", 9), transaction_type=ref("VENDOR_PAYMENT")))
    came = read(service.books())
    assert [(seen.item_id, seen.amount, seen.paid_on) for seen in came.payments] == [
        ("invoice:1", pounds("70"), date(2026, 10, 20))
    ]
    assert came.newest["payment:r1"].balance == pounds("-30")


def test_money_allocated_later_is_seen_and_leaves_the_account(service: SageService) -> None:
    service.put("sales_invoices", invoice("1"))
    service.put("contact_payments", payment("r1", payment_on_account=ref("oa", "payments_on_account")))
    # The later one keeps the first from coming again just because its second is asked for again.
    service.put("contact_payments", payment("r2", updated_at="2026-10-21T08:00:00Z"))
    books = service.books()
    first = read(books)
    assert first.newest["payment:r1"].balance == pounds("-120")
    parts = [("payments_on_account", "oa", -45.0), ("sales_invoices", "1", 45.0)]
    service.put("contact_allocations", allocation("x", *parts, updated_at="2026-11-22T13:00:00Z"))
    came = read(books, first.completed.cursor)
    assert [(seen.payment_id, seen.item_id, seen.amount) for seen in came.payments if seen.payment_id[0] == "x"] == [
        ("x:1", "invoice:1", pounds("45"))
    ]
    assert came.newest["payment:r1"].balance == pounds("-75")


def test_money_that_is_allocated_while_we_read_leaves_the_account_in_the_same_pull(service: SageService) -> None:
    young = "2026-11-22T12:15:00Z"
    service.put(
        "contact_payments", payment("r1", payment_on_account=ref("oa", "payments_on_account"), updated_at=young)
    )
    books = service.books()
    cursor = read(books).completed.cursor
    parts = [("payments_on_account", "oa", -45.0), ("sales_invoices", "1", 45.0)]

    def somebody_works(call: Call) -> None:
        # What is left on account was reckoned already; the list of allocations is read only now.
        if call.resource == "contact_allocations" and "contact_id" not in call.query:
            service.put("contact_allocations", allocation("x", *parts, updated_at="2026-11-22T13:00:00Z"))

    service.before = somebody_works
    came = read(books, cursor)
    assert [item.balance for item in came.items if item.item_id == "payment:r1"] == [pounds("-120"), pounds("-75")]


def test_a_deletion_in_the_very_second_of_the_last_change_is_seen(service: SageService) -> None:
    service.put("sales_invoices", invoice("1"))
    service.put("sales_invoices", invoice("2"))
    books = service.books()
    cursor = read(books).completed.cursor
    service.rows["sales_invoices"]["2"]["deleted_at"] = service.rows["sales_invoices"]["1"]["updated_at"]
    assert "invoice:2" in read(books, cursor).voided


def test_what_reconciling_shows_hides_no_change_from_the_next_pull(service: SageService) -> None:
    service.put("sales_invoices", invoice("1"))
    service.put("sales_invoices", invoice("2"))
    books = service.books()
    cursor = read(books).completed.cursor

    def somebody_works(call: Call) -> None:
        # Stamped long ago and visible late: one is paid, so that only the list of changes would ever show it.
        if "status_id" in call.query:
            service.rows["sales_invoices"]["1"]["updated_at"] = "2026-11-22T12:10:00Z"
            paid = {"updated_at": "2026-11-22T12:05:00Z", "status": ref("PAID"), "outstanding_amount": 0}
            service.rows["sales_invoices"]["2"] |= paid

    service.before = somebody_works
    cursor = read(books, cursor, reconcile=True).completed.cursor
    service.before = None
    assert read(books, cursor).newest["invoice:2"].balance == pounds("0")


def test_a_credit_note_that_is_allocated_is_no_payment(service: SageService) -> None:
    parts = [("sales_credit_notes", "n", -45.0), ("sales_invoices", "1", 45.0)]
    service.put("contact_allocations", allocation("x", *parts))
    assert read(service.books()).payments == []


def test_missing_due_dates_are_reckoned_from_what_was_agreed(service: SageService) -> None:
    service.put("contacts", contact("c2", credit_days=14))
    service.put("sales_invoices", invoice("1", due_date=None))
    service.put("sales_invoices", invoice("2", due_date=None, contact=ref("c2")))
    came = read(service.books())
    assert came.newest["invoice:1"].due_source is DueSource.ASSUMED
    assert (came.newest["invoice:2"].due_on, came.newest["invoice:2"].due_source) == (
        date(2026, 10, 15),
        DueSource.AGREED,
    )
    assert list(came.completed.remarks) == ["SI-1 has no due date: 30 days are assumed"]


def test_persons_at_every_address_of_a_contact_are_known(service: SageService) -> None:
    service.put("contact_persons", person("pat", "c1", "ACCOUNTS"))
    service.put("contact_persons", {**person("sue", "c1"), "address": ref("a-branch")})
    service.put("addresses", {"id": "a-branch", "contact": ref("c1")})
    (customer,) = read(service.books()).customers
    assert {each.email for each in customer.contacts} >= {"pat@acme.example", "sue@acme.example", "ann@acme.example"}


def test_a_contact_that_comes_on_two_pages_is_told_once(service: SageService) -> None:
    for number in range(5):
        service.put("contacts", contact(f"k{number}"))

    def somebody_works(call: Call) -> None:
        # A new contact at the front pushes the others over the border of the page.
        if call.resource == "contacts" and call.query["page"] == "2":
            service.rows["contacts"] = {"new": contact("new"), **service.rows["contacts"]}

    service.before = somebody_works
    told = [customer.customer_id for customer in read(service.books(page_size=2)).customers]
    assert sorted(told) == ["c1", "k0", "k1", "k2", "k3", "k4", "new"]


def test_a_changed_person_tells_its_customer_again(service: SageService) -> None:
    service.put("contact_persons", person("pat", "c1", "ACCOUNTS"))
    service.put("addresses", {"id": "a-c1", "contact": ref("c1")})
    service.put("contacts", contact("c2", updated_at="2026-10-30T08:00:00Z"))
    books = service.books()
    cursor = read(books).completed.cursor
    later(service, "contact_persons", "pat", email="new@acme.example")
    told = {customer.customer_id: customer for customer in read(books, cursor).customers}
    assert "new@acme.example" in {each.email for each in told["c1"].contacts}


def test_the_very_first_person_tells_its_customer(service: SageService) -> None:
    service.put("addresses", {"id": "a-c1", "contact": ref("c1")})
    service.put("contacts", contact("c2", updated_at="2026-10-30T08:00:00Z"))
    books = service.books()
    cursor = read(books).completed.cursor
    service.put("contact_persons", person("pat", "c1", "ACCOUNTS"))
    told = {customer.customer_id: customer for customer in read(books, cursor).customers}
    assert "pat@acme.example" in {each.email for each in told["c1"].contacts}


def test_the_customer_of_a_changed_invoice_comes_with_it(service: SageService) -> None:
    service.put("contacts", contact("c2", updated_at="2026-10-30T08:00:00Z"))
    service.put("sales_invoices", invoice("1"))
    books = service.books()
    cursor = read(books).completed.cursor
    later(service, "sales_invoices", "1", outstanding_amount=1)
    assert "c1" in {customer.customer_id for customer in read(books, cursor).customers}


def test_a_contact_that_sage_no_longer_shows_keeps_its_name(service: SageService) -> None:
    service.put("sales_invoices", invoice("1", contact=ref("gone"), contact_name="Late Ltd"))
    (told,) = [each for each in read(service.books()).customers if each.customer_id == "gone"]
    assert (told.name, told.contacts) == ("Late Ltd", ())


def test_a_stand_in_that_knows_no_filter_by_stamp_is_read_by_page(service: SageService) -> None:
    for number in range(28):
        service.put("sales_invoices", invoice(str(number), updated_at=f"2026-10-{number + 1:02}T08:00:00Z"))

    def deaf(call: Call) -> None:
        call.query.pop("updated_or_created_since", None)

    service.before = deaf
    assert len(read(service.books(page_size=2)).newest) == 28
    assert len(service.asked("sales_invoices")) == 15
