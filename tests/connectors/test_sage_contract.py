"""The contract of every connector, over Sage's books: lists with and without the envelope, one page and several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import responses

from connectors.contract import BooksContract
from tests.fakes.sage_rows import allocation, contact, credit_note, invoice, payment, person, ref
from tests.fakes.sage_service import BUSINESS, SageService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.ports import Books


def furnished() -> SageService:
    """A business with everything that the connector reads."""
    service = SageService()
    for number in range(12):
        service.put("contacts", contact(f"c{number}", name=f"Customer {number}", credit_days=number or None))
        service.put("addresses", {"id": f"a-c{number}", "contact": ref(f"c{number}")})
        service.put("contact_persons", person(f"p{number}", f"c{number}", "ACCOUNTS"))
    service.put("businesses", {"id": BUSINESS, "name": "Example Joinery Ltd"})
    service.put("contacts", contact("v1", contact_types=[ref("VENDOR")]))
    for number in range(60):
        key = f"{number:03}"
        changed = f"2026-10-{number % 28 + 1:02}T08:00:00Z"
        service.put(
            "sales_invoices",
            invoice(
                key,
                contact=ref(f"c{number % 12}"),
                updated_at=changed,
                due_date=None if number % 5 == 0 else "2026-10-31",
                total_amount="110.0" if number % 7 == 0 else 120.5,
                outstanding_amount=[0, 20.25, "110.0"][number % 3] if number % 5 else 0,
                status=ref(["PAID", "PART_PAID", "UNPAID", "DRAFT", "VOID"][number % 5]),
            ),
        )
    for number in range(5):
        service.put("sales_credit_notes", credit_note(f"n{number}", contact=ref("v1" if number == 4 else "c1")))
    service.put(
        "contact_payments",
        payment(
            "r1", ("001", 20.25), payment_on_account={"id": "oa1", "total_amount": 50, "outstanding_amount": "30.00"}
        ),
    )
    service.put("contact_payments", payment("r2", ("002", 1), payment_on_account=ref("oa2")))
    service.put(
        "contact_allocations", allocation("x1", ("payments_on_account", "oa2", -19.0), ("sales_invoices", "002", 19.0))
    )
    return service


@pytest.fixture(name="mock")
def _mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


class _Sage(BooksContract):
    @pytest.fixture
    def service(self, mock: responses.RequestsMock) -> SageService:
        service = furnished()
        service.serve(mock)
        return service

    @pytest.fixture
    def later(self, service: SageService) -> Callable[[], None]:
        return lambda: service.time.wait(3600)

    @pytest.fixture
    def notes_kept(self, service: SageService) -> Callable[[str], int]:
        return lambda marker: sum(str(row.get("notes")).count(marker) for row in service.rows["contacts"].values())


class TestSageBooks(_Sage):
    @pytest.fixture
    def books(self, service: SageService) -> Books:
        return service.books()

    @pytest.fixture
    def garbled(self, service: SageService) -> Callable[[bytes], Books]:
        def made(content: bytes) -> Books:
            headers = {"Content-Type": "application/json", "X-Business": BUSINESS}
            service.instead = lambda _: (200, headers, content)
            return service.books()

        return made


@pytest.mark.slow
class TestSageBooksOfSeveralPages(_Sage):
    @pytest.fixture
    def books(self, service: SageService) -> Books:
        service.next_prefix = "/v3.1"
        return service.books(page_size=7)


class TestSageBooksWithoutTheEnvelope(_Sage):
    @pytest.fixture
    def books(self, service: SageService) -> Books:
        service.bare = True
        return service.books(page_size=7)
